"""What each button does to a workbook, end to end over the toy engine."""

import datetime as dt
import re
from pathlib import Path

import pandas as pd
import pytest

from tests.toy_company import cell_of, company, open_company, rows_of, write_folder
from tests.toy_engine import Range
from xlsales import steps
from xlsales.commands.differing import differences
from xlsales.commands.reading import load
from xlsales.commands.registry import COMMANDS, GROUPS
from xlsales.hosts.book import run
from xlsales.hosts.open_book import HostBook
from xlsales.labels import LANGUAGES, known, word, words
from xlsales.schema import RESULTS, TABLES

ROOT = Path(__file__).resolve().parent.parent / "xlsales"
NOW = dt.datetime(2026, 10, 1, 9, 30)  # noqa: DTZ001 - cells know no time zones


@pytest.fixture(autouse=True)
def log_file(tmp_path, monkeypatch):
    """Failures are noted in a folder of the test's own."""
    monkeypatch.setattr("xlsales.hosts.book.user_log_path", lambda *_, **__: tmp_path / "log")
    return tmp_path / "log" / "xlsales.log"


@pytest.fixture
def book():
    return open_company()


def said(book):
    return book.app.impl.said.pop()


def click(book, command):
    run(command, book, NOW)


@pytest.fixture(scope="module")
def outcome():
    """What the cycle finds for the company."""
    work = load(HostBook(open_company(), "en", NOW, "me"))
    return steps.run(work.tables, work.settings)


@pytest.fixture
def quick(outcome, monkeypatch):
    """The calculation, done once for the tests that are about what becomes of it."""
    monkeypatch.setattr("xlsales.steps.run", lambda *_, **__: outcome)


def saved(tmp_path, frames=None, lang="en", **settings):
    """A workbook beside a folder of sources."""
    write_folder(tmp_path / "data", company(lang) if frames is None else frames)
    place = tmp_path / "company.xlsx"
    place.write_bytes(b"")
    return open_company(lang, name=str(place), source="data", **settings)


# The list of buttons


def test_every_button_has_words_a_group_and_a_function():
    assert set(COMMANDS) <= {key.removeprefix("command.") for key in words() if key.startswith("command.")}
    assert {command.group for command in COMMANDS.values()} == set(GROUPS)
    for command in COMMANDS.values():
        assert callable(command.function), command.id
        assert command.function.__doc__, command.id
    icons = [command.icon for command in COMMANDS.values()]
    assert len(set(icons)) == len(icons)


def test_what_a_button_reads_and_writes_exists():
    sheets = {"sheet:" + TABLES[key].sheet for key in RESULTS}
    for command in COMMANDS.values():
        assert set(command.reads) | set(command.writes) <= {"all", *TABLES, *sheets}, command.id


def test_buttons_stand_by_groups():
    groups = [command.group for command in COMMANDS.values()]
    assert groups == sorted(groups, key=GROUPS.index)


# Words


def sources():
    return {path: path.read_text("utf-8") for folder in ("commands", "hosts") for path in (ROOT / folder).glob("*.py")}


def test_every_sentence_is_there_in_both_languages_and_none_is_dead():
    text = "\n".join(sources().values())
    own = [line.split(",")[0] for line in (ROOT / "words" / "commands_said.csv").read_text("utf-8").splitlines()[1:]]
    told = {key for key in words() if key.startswith("said.")}  # rooms beside the commands have sentences of their own
    used = set(re.findall(r'"(said\.[a-z_.]+[a-z_])"', text))
    used |= {"said.preview." + key for key in ("old", "new", "change")}
    assert used <= told
    assert {key for key in own if key.startswith("said.")} <= used
    codes = set(re.findall(r'(?:Problem|_warning)\(\s*"([a-z_]+)"', text)) | set(
        re.findall(r'AREA_GONE = "([a-z_]+)"', text)
    )
    assert [code for code in sorted(codes) if not known("problem." + code)] == []
    dead = {key.removeprefix("problem.") for key in own if key.startswith("problem.")} - codes
    assert dead == set()
    assert all(known(key.replace("problem.", "cure.", 1)) for key in own if key.startswith("problem."))


def test_both_languages_name_the_same_facts():
    for key, row in words().items():
        if key.startswith("said."):
            assert set(re.findall(r"{\w+}", row["en"])) == set(re.findall(r"{\w+}", row["zh"])), key


# Check data


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_bad_quantity_is_listed_with_a_link_to_its_cell(lang):
    book = open_company(lang)
    cell_of(book, "orders", "quantity", 4, lang).value = "abc"
    click(book, "check")
    first = rows_of(book, "problems", lang).iloc[0]
    sheet = word("sheet.orders", lang)
    assert (first["severity"], first["value"]) == (word("value.severity.error", lang), "abc")
    assert first["cell"] == f"{sheet}!K12"
    assert first["what"] == word("problem.number_text", lang, value="abc")
    link = cell_of(book, "problems", "cell", 0, lang).formula
    assert link == f'=HYPERLINK("#\'{sheet}\'!K12","{sheet}!K12")'
    assert book.impl.front.name == word("sheet.problems", lang)
    assert said(book).startswith(word("said.checked", lang, errors="1", warnings="#").split("#")[0])
    cell_of(book, "orders", "quantity", 4, lang).value = 3.0
    click(book, "check")
    assert word("value.severity.error", lang) not in rows_of(book, "problems", lang)["severity"].tolist()


def test_check_leaves_what_undo_remembers(book):
    click(book, "language")
    click(book, "check")
    click(book, "undo")
    assert said(book) == word("said.undone", "zh", command="语言")


# Refresh from the source


@pytest.mark.slow
def test_refresh_margin_brings_what_the_folder_holds(tmp_path):
    frames = dict(company())
    book = saved(tmp_path, frames)
    click(book, "refresh_margin")
    assert book.app.impl.asked == []
    before = rows_of(book, "margin_report").set_index(["dimension", "member"])
    orders = frames["orders"].copy()
    best = orders["amount"].idxmax()
    orders.loc[best, "amount"] += 1_000_000.0
    write_folder(tmp_path / "data", {"orders": orders})
    click(book, "refresh_margin")
    question = book.app.impl.asked.pop()
    assert "Order lines: 1 rows changed, 0 removed, 0 new" in question
    assert f"{orders['amount'][best]:,.2f}".removesuffix(".00") in question
    after = rows_of(book, "margin_report").set_index(["dimension", "member"])
    product = orders["product"][best]
    gained = after.loc[("Product", product), "sales"] - before.loc[("Product", product), "sales"]
    assert gained == pytest.approx(1_000_000.0)
    assert rows_of(book, "orders")["amount"].max() == pytest.approx(orders["amount"][best])
    assert book.sheets["Margin"].impl.locked
    click(book, "undo")
    assert rows_of(book, "margin_report").set_index(["dimension", "member"]).equals(before)
    assert rows_of(book, "orders")["amount"].max() < orders["amount"][best]


@pytest.mark.slow
def test_refresh_collections_brings_what_the_folder_holds(tmp_path):
    frames = dict(company("zh"))
    book = saved(tmp_path, frames, "zh")
    invoices = frames["invoices"]
    row = invoices.iloc[-1]
    new = frames["receipts"].iloc[[0]].assign(receipt="R-NEW", customer=row["customer"], date=row["date"], amount=100.0)
    new = new.assign(**{name: None for name in ("invoice", "order") if name in new})
    click(book, "refresh_collections")
    before = rows_of(book, "collections_report", "zh").set_index(["dimension", "member"])["collected"]
    write_folder(tmp_path / "data", {"receipts": pd.concat([frames["receipts"], new], ignore_index=True)})
    click(book, "refresh_collections")
    assert book.app.impl.asked == []  # a row that is new overwrites nothing
    after = rows_of(book, "collections_report", "zh").set_index(["dimension", "member"])["collected"]
    assert after["客户", row["customer"]] - before["客户", row["customer"]] == pytest.approx(100.0)
    assert rows_of(book, "receipts", "zh")["receipt"].iloc[-1] == "R-NEW"
    assert "新增 1 行" in said(book)


def test_what_would_be_overwritten_is_asked_first(tmp_path):
    book = saved(tmp_path)
    cell_of(book, "receipts", "amount", 0).value = 1.0
    before = book.impl.state()
    book.app.impl.answers = ["no"]
    click(book, "refresh_collections")
    assert "Receipts: 1 rows changed" in book.app.impl.asked.pop()
    assert said(book) == "Nothing was written."
    assert book.impl.state()["sheets"] == before["sheets"]


def test_the_users_own_column_follows_its_row(tmp_path):
    frames = dict(company())
    book = saved(tmp_path, frames)
    contracts = next(table for table in book.sheets["Contracts"].tables if table.name == "xs_contracts").impl
    row, column, height, width = contracts.area.place
    contracts.parent.cells_ |= {(row, column + width): "My note", (row + 2, column + width): "call back"}
    contracts.area = Range(contracts.parent, row, column, height, width + 1)
    second = frames["contracts"].iloc[1]["contract"]
    write_folder(tmp_path / "data", {"contracts": frames["contracts"].iloc[1:]})
    click(book, "refresh_collections")
    notes = rows_of(book, "contracts").set_index("contract")["My note"]
    assert notes[second] == "call back"
    assert notes.drop(second).isna().all()


def test_a_source_that_cannot_be_used_leaves_the_book_alone(tmp_path):
    book = saved(tmp_path)
    before = book.impl.state()["sheets"]
    bad = company()["orders"].drop(columns="quantity")
    write_folder(tmp_path / "data", {"orders": bad})
    click(book, "refresh_margin")
    assert "Quantity is missing" in said(book)
    for path in (tmp_path / "data").glob("*.csv"):
        path.unlink()
    click(book, "refresh_margin")
    assert said(book)
    (tmp_path / "data").rmdir()
    click(book, "refresh_margin")
    assert "data" in said(book)
    assert book.impl.state()["sheets"] == before


@pytest.mark.parametrize("lang", LANGUAGES)
def test_no_source_and_a_book_that_was_never_saved(lang):
    book = open_company(lang)
    click(book, "refresh_all")
    assert word("problem.source_unset", lang) in said(book)
    book = open_company(lang, source="data")
    click(book, "refresh_all")
    assert word("problem.source_relative", lang, value="data") in said(book)


def test_sources_lists_what_is_read_from_where(tmp_path):
    book = saved(tmp_path)
    book.app.impl.answers = ["no"]
    click(book, "sources")
    lines = book.app.impl.asked.pop().splitlines()
    assert "Order lines: orders.csv (data), not read yet" in lines
    assert book.impl.front.name == word("sheet.sources", "en")


def test_differences_by_key():
    every = company()["orders"].reindex(columns=[column.key for column in TABLES["orders"].columns])
    old = every.head(5)
    new = pd.concat([old.iloc[1:], every.iloc[5:7]], ignore_index=True)
    new.loc[0, "quantity"] += 1
    found = differences("orders", old, new)
    assert (found.added, found.changed, found.removed) == (2, 1, 1)
    assert "→" in found.examples[0]
    assert differences("orders", old, old.iloc[::-1]).loses is False


# Results


@pytest.mark.slow
def test_refresh_all_fills_every_result(tmp_path):
    book = saved(tmp_path)
    click(book, "refresh_all")
    filled = [key for key in RESULTS if len(rows_of(book, key))]
    assert {"five_quantities", "headline", "margin_report", "bridge", "collections_report", "ageing", "pace", "alerts",
            "forecast", "scores", "commissions", "gaps", "proposed_actions"} <= set(filled)  # fmt: skip
    log = rows_of(book, "log").iloc[-1]
    assert (log["time"], log["command"], log["parameters"]) == (
        "2026-10-01 09:30:00",
        "Refresh all",
        str(tmp_path / "data"),
    )
    assert log["rows"] > 100
    assert book.app.impl.shown[-1] is False
    assert any("Computing" in str(text) for text in book.app.impl.shown)


@pytest.mark.parametrize(("command", "table"), [
    ("pipeline", "funnel"), ("score", "scores"), ("incentives", "commissions"), ("improve", "gaps"),
    ("monitor", "pace"),
])  # fmt: skip
def test_a_button_writes_its_own_results_only(book, quick, command, table):
    click(book, command)
    assert len(rows_of(book, table))
    own = {TABLES[table].sheet, *(("five", "chart_data") if command == "monitor" else ())}
    assert [key for key in RESULTS if len(rows_of(book, key)) and TABLES[key].sheet not in own] == []
    assert book.impl.front.name == word("sheet." + TABLES[table].sheet, "en")


def test_monitor_gives_the_charts_their_data_and_the_alerts_their_links(book, quick):
    click(book, "monitor")
    members, months = rows_of(book, "members"), rows_of(book, "member_months")
    assert len(months) == 12 * len(members) > 0
    alerts = rows_of(book, "alerts")
    links = [cell_of(book, "alerts", "place", at).formula for at in range(len(alerts))]
    assert all(str(link).upper().startswith("=HYPERLINK(") for link in links)
    pace = rows_of(book, "pace")
    first = alerts.iloc[0]
    found = re.search(r"'!([A-Z]+)(\d+):", str(links[0]))
    table = HostBook(book, "en", NOW).tables.find("pace")
    seen = pace.iloc[int(found[2]) - table.top - 1]
    assert (seen["measure"], seen["member"]) == (first["measure"], first["member"])


def test_a_result_that_cannot_be_given_is_emptied(book):
    click(book, "pipeline")
    assert len(rows_of(book, "funnel"))
    deals = next(table for table in book.sheets["Pipeline"].tables if table.name == "xs_opportunities")
    deals.data_body_range.clear_contents()
    click(book, "pipeline")
    assert len(rows_of(book, "funnel")) == 0


# Snapshot, review, closing


def test_a_snapshot_is_taken_once_a_day():
    book = open_company(as_of="2026-09-29")
    before = len(rows_of(book, "opportunity_snapshots"))
    click(book, "snapshot")
    rows = rows_of(book, "opportunity_snapshots").iloc[before:]
    assert len(rows) > 0
    assert set(rows["as_of"]) == {dt.datetime(2026, 9, 29)}  # noqa: DTZ001
    assert set(rows["stage"]) <= {"Prospecting", "Qualified", "Proposal", "Negotiation"} | set(
        company()["stages"]["stage"]
    )
    click(book, "snapshot")
    assert "A snapshot of 2026-09-29 is kept already" in book.app.impl.said[-1]
    assert len(rows_of(book, "opportunity_snapshots")) == before + len(rows)


def test_the_period_in_the_selected_cell_is_closed(book):
    sheet = book.sheets["Reviews"].impl
    sheet.formats[30, 1], sheet.cells_[30, 1] = "@", "2026-08"
    book.app.impl.selected = Range(sheet, 30, 1, 1, 1)
    book.app.impl.answers = ["no"]
    click(book, "close_period")
    assert "2026-08" in book.app.impl.asked.pop()
    assert len(rows_of(book, "closed_periods")) == 0


# The workbook itself


def test_the_language_is_switched_and_switched_back(book):
    click(book, "language")
    assert said(book) == "从现在起，提示和新结果使用中文。"
    assert "中文" in rows_of(book, "settings")["value"].tolist()
    click(book, "help")
    assert book.impl.front.name == "Help"
    click(book, "language")
    assert said(book) == "Messages and new results are in English from now on."
    assert rows_of(book, "log")["command"].tolist() == ["Language", "帮助", "语言"]


def test_the_dashboard_is_saved_beside_the_book(tmp_path):
    book = saved(tmp_path)
    click(book, "export_pdf")
    path, seen = book.impl.pdfs[-1]
    assert (Path(path).name, seen) == ("company-2026-09-30.pdf", ["Dashboard"])
    (tmp_path / "company-2026-09-30.pdf").write_bytes(b"")
    click(book, "export_pdf")
    assert Path(book.impl.pdfs[-1][0]).name == "company-2026-09-30-2.pdf"
    assert book.sheets["Undo"].visible == 2


def test_about_names_the_version(book):
    click(book, "about")
    assert re.search(r"xlsales \d+\.\d+", said(book))


@pytest.mark.parametrize("lang", LANGUAGES)
def test_whatever_goes_wrong_inside_the_user_reads_one_sentence(lang, monkeypatch, log_file):
    book = open_company(lang)
    before = book.impl.state()

    def broken(*_):
        raise ZeroDivisionError("inside")

    monkeypatch.setattr("xlsales.commands.data.load", broken)
    click(book, "check")
    text = said(book)
    assert text == word("said.failed", lang, log=log_file)
    assert "Traceback" not in text
    assert "ZeroDivisionError: inside" in log_file.read_text("utf-8")
    assert book.impl.state() == before


def test_help_opens_even_in_a_book_that_cannot_be_written(book):
    book.impl.api.ReadOnly = True
    click(book, "help")
    assert book.impl.front.name == "Help"
    assert book.app.impl.said == []
    click(book, "check")
    assert "read-only" in said(book)
