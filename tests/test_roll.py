"""The end of a year and the begin of the next: review, close, roll, and what the new workbook holds."""

import datetime as dt
import zipfile

import numpy as np
import pandas as pd
import pytest

from tests.toy_company import cell_of, company, made_small, open_company, rows_of
from xlsales import demo
from xlsales.__main__ import main
from xlsales.commands.rolling import last_closed
from xlsales.commands.running import carry_out
from xlsales.commands.sealing import changed_closings
from xlsales.core.next_cycle import carried, next_year, proposed_targets, with_base
from xlsales.exchange.book_file import read_plan_book
from xlsales.exchange.next_book import VBA, keep_macros, next_path, own_sheets
from xlsales.hosts.open_book import HostBook
from xlsales.labels import word
from xlsales.problems import InputError
from xlsales.validate import validate_all

NOW = dt.datetime(2027, 1, 4, 9, 30)  # noqa: DTZ001 - cells know no time zones
LAST = "2026-12"
DECIDED = 9_000_000.0


def click(book, command, lang="en"):
    carry_out(command, HostBook(book, lang, NOW, "Li"))
    return book.app.impl.said[-1] if book.app.impl.said else ""


def year_end(lang):
    """The small company at the end of its third year."""
    return made_small(demo.continue_company(demo.tables(lang), 3, None, seed=5))


class Rolled:
    """A year closed and rolled by the buttons: the book, the file made, and its tables as they are read back."""

    def __init__(self, folder, lang):
        self.path = folder / "sales-2026.xlsm"
        self.path.write_bytes(b"as it was")
        self.book = open_company(lang, year_end(lang), name=str(self.path))
        self.early = refusal(lambda: click(self.book, "roll", lang))
        click(self.book, "review", lang)
        self.reviewed = rows_of(self.book, "reviews", lang)
        south = self.reviewed.index[(self.reviewed["period"] == LAST) & (self.reviewed["member"] == "SOUTH")][0]
        cell_of(self.book, "reviews", "decision", south, lang).value = "Visit the customers handed over"
        cell_of(self.book, "reviews", "next_target", south, lang).value = DECIDED
        click(self.book, "close_period", lang)
        self.before = self.book.impl.state()
        self.says = click(self.book, "roll", lang)
        self.file = folder / "sales-2027-01.xlsm"
        self.checked = validate_all(read_plan_book(self.file), lang=lang)
        self.tables = self.checked.tables


def refusal(work):
    with pytest.raises(InputError) as raised:
        work()
    return raised.value.problem


@pytest.fixture(scope="module", params=["en", pytest.param("zh", marks=pytest.mark.long)])
def rolled(request, tmp_path_factory):
    made = Rolled(tmp_path_factory.mktemp("roll"), request.param)
    made.lang = request.param
    return made


@pytest.mark.slow
def test_without_a_closed_review_nothing_opens_and_the_way_is_said(rolled):
    assert rolled.early.code == "roll_not_closed"
    assert rolled.early.facts == {"period": LAST}


@pytest.mark.slow
def test_the_new_workbook_is_named_after_the_period_and_the_old_one_stays(rolled):
    assert rolled.file.is_file()
    assert rolled.path.read_bytes() == b"as it was"
    after = rolled.book.impl.state()
    own = word("sheet.log", rolled.lang)
    for name, sheet in rolled.before["sheets"].items():
        assert name == own or after["sheets"][name] == sheet, name
    assert str(rolled.file) in rolled.says
    assert "2027" in rolled.says
    with zipfile.ZipFile(rolled.file) as parts:
        assert VBA in parts.namelist()


@pytest.mark.slow
def test_the_new_year_begins_with_proposed_targets_from_the_closed_review(rolled):
    targets = rolled.tables["targets"]
    new = targets[targets["period"] == "2027"]
    assert set(new["status"]) == {"proposed"}
    assert set(new["measure"]) >= {"sales", "volume", "margin", "profit", "collections"}
    assert new["base"].notna().all()
    assert new["owner"].notna().all()
    decided = targets[(targets["period"] == "2027-01") & (targets["member"] == "SOUTH")]
    assert decided["target"].tolist() == [DECIDED]
    old = targets[~targets["period"].isin(["2027", "2027-01"])]
    assert len(old) == len(company()["targets"])


@pytest.mark.slow
def test_the_plan_of_the_new_year_is_drawn_from_its_targets(rolled):
    plan, targets = rolled.tables["plan"], rolled.tables["targets"]
    mine = plan[plan["version"] == "2027"]
    assert sorted(mine["period"].unique()) == [f"2027-{month:02d}" for month in range(1, 13)]
    goal = targets[
        (targets["period"] == "2027") & (targets["measure"] == "sales") & (targets["scope"] == "salesperson")
    ]
    for person, target in goal[["member", "target"]].itertuples(index=False):
        own = mine[(mine["measure"] == "sales") & (mine["salesperson"] == person)]["value"]
        if len(own):
            assert own.sum() == pytest.approx(target)
    assert rolled.tables["plan_versions"]["version"].tolist()[-1] == "2027"
    assert set(plan["version"]) >= {"base", "2027"}


@pytest.mark.slow
def test_what_starts_empty_is_empty_and_what_goes_on_is_there(rolled):
    tables, before = rolled.tables, year_end(rolled.lang)
    for key in ("ratings", "what_if", "undo"):
        assert tables[key].empty, key
    assert set(tables["actions"]["status"]) <= {"open", "running"}
    assert len(tables["actions"])
    assert not tables["tasks"]["done"].fillna(value=False).any()
    for key in ("orders", "invoices", "receipts", "customers", "products", "prices", "commission_plan", "roles"):
        assert len(tables[key]) == len(before[key]), key
    assert not (tables["orders"]["date"] >= "2027-01-01").any()
    assert (tables["budget"]["period"].str[:4] == "2027").sum() == (before["budget"]["period"].str[:4] == "2026").sum()
    settings = rolled.checked.settings
    assert (str(settings["as_of"]), settings["last_year"]) == ("2027-01-01", 2027)
    assert len(tables["log"]) == 1


@pytest.mark.slow
def test_the_review_of_the_new_period_is_open_and_the_closed_one_stands(rolled):
    reviews = rolled.tables["reviews"]
    new = reviews[reviews["period"] == "2027-01"]
    assert len(new)
    assert new[["decision", "next_target", "sales"]].isna().all(axis=None)
    assert new.loc[new["member"] == "SOUTH", "sales_target"].tolist() == [DECIDED]
    page = rolled.tables["review_page"]
    assert set(page.loc[page["period"] == LAST, "section"]) == {
        *("five", "bridge", "alert", "score", "pay", "action", "decision")
    }
    assert changed_closings(rolled.tables, rolled.checked.settings, {}) == []


@pytest.mark.slow
def test_a_second_roll_waits_for_the_next_closed_review_and_never_overwrites(rolled, tmp_path, capsys):
    later = {**rolled.checked.settings, "as_of": dt.date(2027, 2, 3)}
    assert refusal(lambda: last_closed(rolled.tables, later)).facts == {"period": "2027-01"}
    assert refusal(lambda: click(rolled.book, "roll", rolled.lang)).code == "roll_exists"
    asked = ["roll", str(rolled.file), "--lang", rolled.lang, "--now", "2027-01-04T08:00"]
    assert main(asked) == 2  # beside it stands the workbook itself, which bears that period's name
    again = tmp_path / "again.xlsx"
    assert main([*asked, "--out", str(again)]) == 0
    assert str(again.name) in capsys.readouterr().out.replace("\n", "")
    found = validate_all(read_plan_book(again)).tables
    assert len(found["orders"]) == len(rolled.tables["orders"])
    assert (
        found["targets"]["period"].value_counts().to_dict()
        == rolled.tables["targets"]["period"].value_counts().to_dict()
    )


def test_a_workbook_is_named_after_its_period(tmp_path):
    assert next_path(tmp_path / "a 2026Q4.xlsx", "2027Q1").name == "a-2027Q1.xlsx"
    assert next_path(tmp_path / "2026.xlsx", "2027").name == "2026-2027.xlsx"


def test_a_year_later():
    assert [next_year(key) for key in ("2026", "2026H2", "2026-12")] == ["2027", "2027H2", "2027-12"]


def test_a_plan_base_never_hides_what_was_typed_for_the_new_year():
    rows = pd.DataFrame({"item": ["a", "b"], "period": ["2026-01", "2027-01"], "amount": [1.0, 9.0]})
    assert with_base(rows, "2026", "2027")["amount"].tolist() == [1.0, 9.0]


def test_agreed_and_locked_targets_are_never_replaced_by_proposals():
    rows = pd.DataFrame(
        {"measure": "sales", "scope": "region", "member": list("abc"), "period": "2027", "target": [1.0, 2.0, 3.0],
         "base": np.nan, "owner": "Li", "status": ["agreed", "proposed", "locked"], "reason": None, "source": None}
    )  # fmt: skip
    new = rows.assign(old=0.0, landing=5.0, new=10.4, reason="reached")
    found = proposed_targets(rows, new).set_index("member")["target"]
    assert found.to_dict() == {"a": 1.0, "b": 10.0, "c": 3.0}


def test_a_period_of_the_same_year_keeps_ratings_and_drops_finished_work():
    tables = {
        "ratings": pd.DataFrame({"score": [1.0]}),
        "tasks": pd.DataFrame({"done": pd.array([True, False, None], dtype="boolean")}),
        "contests": pd.DataFrame({"to": pd.to_datetime(["2026-09-30", "2026-10-31"])}),
        "actions": pd.DataFrame({"status": ["done", "done", "open", None], "verdict": ["unclear", None, None, None]}),
    }
    found = carried(tables, pd.Timestamp("2026-10-01"))
    assert {key: len(frame) for key, frame in found.items()} == {"ratings": 1, "tasks": 2, "contests": 1, "actions": 3}
    assert len(tables["actions"]) == 4


def with_macros(path, modules, names):
    """A workbook of nothing but what is looked at: modules of its macros, code names of its sheets."""
    with zipfile.ZipFile(path, "w") as parts:
        parts.writestr(VBA, b"".join(b"Module=" + name + b"\r\n" for name in modules))
        sheets = "".join(f'<sheet name="{name.decode()}" sheetId="1"/>' for name in names)
        parts.writestr("xl/workbook.xml", f"<workbook><sheets>{sheets}</sheets></workbook>")
        for number, name in enumerate(names):
            parts.writestr(f"xl/worksheets/sheet{number}.xml", b'<sheetPr codeName="' + name + b'"/>')
    return path


def test_the_users_own_macros_come_along_where_their_sheets_do(tmp_path):
    old = with_macros(tmp_path / "old.xlsm", [b"xlwings", b"Mine"], [b"Home"])
    assert keep_macros(old, with_macros(tmp_path / "a.xlsm", [b"xlwings"], [b"Home"])) is True
    with zipfile.ZipFile(tmp_path / "a.xlsm") as parts:
        assert b"Mine" in parts.read(VBA)
    assert keep_macros(old, with_macros(tmp_path / "b.xlsm", [b"xlwings"], [b"Home", b"Other"])) is False
    same = with_macros(tmp_path / "same.xlsm", [b"xlwings"], [b"Home"])
    assert keep_macros(same, with_macros(tmp_path / "c.xlsm", [b"xlwings"], [b"Home"])) is None
    assert keep_macros(tmp_path / "none.xlsm", same) is None


def test_the_users_own_sheets_are_named(tmp_path):
    assert own_sheets(with_macros(tmp_path / "o.xlsx", [], [b"Home", b"My notes", b"xs_texts"])) == ("My notes",)
