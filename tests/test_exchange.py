"""Distribute and collect: what went out comes back, and whatever is not as it was sent is said with file and cell."""

import datetime as dt
import shutil

import openpyxl
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from xlsales import validate
from xlsales.__main__ import main
from xlsales.exchange.book_file import moved, read_plan_book
from xlsales.exchange.collecting import collect
from xlsales.exchange.parcels import parcels
from xlsales.exchange.sending import distribute
from xlsales.problems import InputError, sentence

NOW = dt.datetime(2026, 1, 12, 9, 0)  # noqa: DTZ001 - cells know no time zones
MONTHS = ("2026-01", "2026-02", "2026-03")
PEOPLE = pd.DataFrame(
    {
        "salesperson": ["BOSS", "ANN", "BEN", "A1", "A2", "B1"],
        "name": ["Chief", "Ann Lee", "Ben Fox", "Amy", "Al", "Bo"],
        "manager": [None, "BOSS", "BOSS", "ANN", "ANN", "BEN"],
        "region": [None, "N", "S", "N", "N", "S"],
    }
)


def raw_tables(values=(100, 200, 300), **extra):
    rows = [
        {"version": "v1", "measure": "sales", "period": month, "region": region, "salesperson": person, "value": value}
        for region, person in (("N", "A1"), ("N", "A2"), ("S", "B1"))
        for month, value in zip(MONTHS, values, strict=True)
    ]
    plan = pd.DataFrame(rows)
    plan["held"] = (plan["salesperson"] == "A2") & (plan["period"] == "2026-02")
    plan["lower"] = [50.0 if person == "A1" else None for person in plan["salesperson"]]
    plan["upper"] = [1000.0 if person == "A1" else None for person in plan["salesperson"]]
    regions = pd.DataFrame({"region": ["N", "S"], "name": ["North", "South"]})
    targets = pd.DataFrame(
        {"measure": ["sales"], "scope": ["salesperson"], "member": ["A1"], "period": ["2026"], "target": [650.0]}
    )
    return {"plan": plan, "salespeople": PEOPLE, "regions": regions, "targets": targets, **extra}


def checked(lang="en", **kwargs):
    found = validate.validate_all(raw_tables(**kwargs), lang=lang)
    return found.tables, found.settings


def sent(folder, lang="en", by="manager", **kwargs):
    tables, own = checked(lang, **kwargs)
    return tables, distribute(folder, tables, own, (by, ""), (lang, NOW))


def edit(path, cells, finished="Yes", save_as=None):
    """Type like a manager does in her spreadsheet program; cells by address."""
    book = openpyxl.load_workbook(path)
    page = book.worksheets[0]
    if finished:
        page["B3"] = finished
    for address, value in cells.items():
        page[address] = value
    book.save(save_as or path)


def said(collected, lang="en"):
    return [sentence(problem, lang) for problem in collected.problems]


def states(collected):
    return {answer.owner: answer.state for answer in collected.answers}


def test_each_row_goes_to_the_manager_of_its_salesperson_and_to_nobody_else():
    tables, _ = checked()
    found, unowned = parcels(tables, "v1", "manager")
    people = {owner: [key[2] for key in parcel.keys] for owner, parcel in found.items()}
    assert people == {"ANN": ["A1", "A2"], "BEN": ["B1"]}
    assert unowned == 0
    assert {owner: len(parcel.keys) for owner, parcel in parcels(tables, "v1", "region")[0].items()} == {"N": 2, "S": 1}


def test_rows_of_nobody_are_counted():
    raw = raw_tables()
    raw["plan"].loc[raw["plan"]["salesperson"] == "B1", "salesperson"] = None
    found, unowned = parcels(validate.validate_all(raw).tables, "v1", "manager")
    assert (list(found), unowned) == (["ANN"], 1)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_only_the_cells_to_type_in_are_open(tmp_path, lang):
    _, done = sent(tmp_path, lang)
    assert [path.name for path in done.files] == {
        "en": ["plan-v1-ANN.xlsx", "plan-v1-BEN.xlsx"],
        "zh": ["计划-v1-ANN.xlsx", "计划-v1-BEN.xlsx"],
    }[lang]
    book = openpyxl.load_workbook(done.files[0])
    page, hidden = book.worksheets
    assert page.protection.sheet
    assert hidden.sheet_state == "veryHidden"
    open_cells = {cell.coordinate for row in page.iter_rows() for cell in row if not cell.protection.locked}
    assert open_cells == {"B3", "B4", "E7", "F7", "G7", "E8", "G8"}  # F8 is held
    assert [cell.value for cell in page[7]][:8] == [
        {"en": "Sales", "zh": "销售额"}[lang],
        "N North",
        "A1 Amy",
        650,
        100,
        200,
        300,
        "=SUM(E7:G7)",
    ]
    assert page["I7"].value == "=H7-D7"


def test_what_is_typed_comes_back(tmp_path):
    tables, done = sent(tmp_path)
    edit(done.files[0], {"E7": 150, "G8": 310.5, "B4": "More in March"})
    found = collect(tmp_path, tables)
    assert said(found) == []
    assert states(found) == {"ANN": "taken", "BEN": "missing"}
    answer = found.answers[0]
    assert (answer.changed, answer.old, answer.new, answer.comment) == (
        2,
        {"sales": 400.0},
        {"sales": 460.5},
        "More in March",
    )
    plan = found.plan.set_index(["salesperson", "period"])["value"]
    assert plan.loc[("A1", "2026-01")] == 150
    assert plan.loc[("A2", "2026-03")] == 310.5
    assert plan.sum() == 9 * 200 + 50 + 10.5
    assert tables["plan"]["value"].sum() == 1800  # what was given is as it was


def test_collecting_twice_takes_once(tmp_path):
    tables, done = sent(tmp_path)
    edit(done.files[0], {"E7": 150})
    first = collect(tmp_path, tables)
    again = collect(tmp_path, {**tables, "plan": first.plan})
    assert states(again) == {"ANN": "agreed", "BEN": "missing"}
    pd.testing.assert_frame_equal(again.plan, first.plan)


def test_agreed_and_unfinished(tmp_path):
    tables, done = sent(tmp_path)
    edit(done.files[0], {})
    edit(done.files[1], {"E7": 111}, finished="")
    found = collect(tmp_path, tables)
    assert states(found) == {"ANN": "agreed", "BEN": "unfinished"}
    assert said(found) == [
        (
            "file plan-v1-BEN.xlsx: B3: it is not marked as finished, so its 1 changes were not taken. "
            "Choose Yes there, save, and collect again."
        )
    ]
    pd.testing.assert_frame_equal(found.plan, tables["plan"])


WRONG = {
    "text": ({"E7": "12k"}, "E7: “12k” is not a number."),
    "emptied": ({"E7": None}, "E7: it held 100 and is empty now."),
    "above": ({"E7": 1001}, "E7: 1,001 is outside the bounds from 50 to 1,000."),
    "below": ({"E7": 49}, "E7: 49 is outside the bounds from 50 to 1,000."),
    "held": ({"F8": 201}, "F8: a locked cell was changed from “200” to “201”."),
    "target": ({"D7": 600}, "D7: a locked cell was changed from “650” to “600”."),
    "name": ({"C7": "A9"}, "C7: a locked cell was changed from “A1 Amy” to “A9”."),
    "heading": (
        {"E6": "2027-01"},
        "E6: rows or columns were moved, inserted or deleted; here stood “2026-01”, now “2027-01”.",
    ),
    "swapped": ({"C7": "A2 Al", "C8": "A1 Amy"}, "A7: rows or columns were moved"),
    "outside": ({"E12": 5}, "E12: “5” stands outside the cells to fill in."),
    "answer": ({"B3": "perhaps"}, "B3: “perhaps” is neither yes nor no."),
}


@pytest.mark.parametrize("case", WRONG)
def test_whatever_is_not_as_sent_is_said_with_its_cell_and_nothing_of_the_file_is_taken(tmp_path, case):
    tables, done = sent(tmp_path)
    cells, wanted = WRONG[case]
    edit(done.files[0], {"G7": 333, **cells})
    edit(done.files[1], {"E7": 101})
    found = collect(tmp_path, tables)
    assert any(text.startswith("file plan-v1-ANN.xlsx: " + wanted) for text in said(found)), said(found)
    assert states(found) == {"ANN": "refused", "BEN": "taken"}
    assert found.plan["value"].sum() == 1801


def test_an_inserted_row_is_a_changed_structure(tmp_path):
    tables, done = sent(tmp_path)
    book = openpyxl.load_workbook(done.files[0])
    book.worksheets[0].insert_rows(7)
    book.save(done.files[0])
    found = collect(tmp_path, tables)
    assert "A7: rows or columns were moved" in said(found)[0]
    assert states(found)["ANN"] == "refused"


def test_a_renamed_sheet_and_a_damaged_manifest(tmp_path):
    tables, done = sent(tmp_path)
    book = openpyxl.load_workbook(done.files[0])
    book.worksheets[0].title = "Mine"
    book.save(done.files[0])
    other = openpyxl.load_workbook(done.files[1])
    other.worksheets[1]["A2"] = other.worksheets[1]["A2"].value.replace("100.0", "100.5")
    other.save(done.files[1])
    told = said(collect(tmp_path, tables))
    assert told[0].startswith("file plan-v1-BEN.xlsx: the hidden sheet")
    assert told[1].startswith("file plan-v1-ANN.xlsx: the sheet “Plan to fill in” is missing.")


def test_two_files_of_one_manager_are_both_left_out(tmp_path):
    tables, done = sent(tmp_path)
    edit(done.files[0], {"E7": 150}, save_as=tmp_path / "ann final.xlsx")
    found = collect(tmp_path, tables)
    assert said(found)[0].startswith("Ann Lee sent more than one file: ann final.xlsx, plan-v1-ANN.xlsx.")
    assert states(found) == {"ANN": "refused", "BEN": "missing"}
    pd.testing.assert_frame_equal(found.plan, tables["plan"])


def test_a_plan_changed_meanwhile_makes_the_file_stale(tmp_path):
    _, done = sent(tmp_path)
    edit(done.files[0], {"F7": 205})
    tables, _ = checked(values=(110, 200, 300))
    found = collect(tmp_path, tables)
    assert (
        "E7: the plan was changed after the file was sent (2026-01-12 09:00:00): then 100, now 110." in said(found)[0]
    )
    assert states(found)["ANN"] == "refused"


def test_a_cell_held_meanwhile_is_not_overwritten(tmp_path):
    tables, done = sent(tmp_path)
    edit(done.files[0], {"E7": 150})
    plan = tables["plan"].copy()
    plan.loc[(plan["salesperson"] == "A1") & (plan["period"] == "2026-01"), "held"] = True
    found = collect(tmp_path, {**tables, "plan": plan})
    assert "E7: the cell was held after the file was sent" in said(found)[0]


def test_another_version_and_other_rows(tmp_path):
    tables, done = sent(tmp_path)
    edit(done.files[0], {"E7": 150})
    plan = tables["plan"]
    both = pd.concat([plan, plan.assign(version="v2")], ignore_index=True)
    found = collect(tmp_path, {**tables, "plan": both})
    assert "the file belongs to the plan v1, while v2 is collected" in said(found)[0]
    fewer = plan[plan["salesperson"] != "A2"].reset_index(drop=True)
    told = said(collect(tmp_path, {**tables, "plan": fewer}))
    assert "the plan has other rows than on 2026-01-12 09:00:00" in told[0]
    moved_away = tables["salespeople"].assign(manager=["", "", "", "BEN", "BEN", "BEN"])
    told = said(collect(tmp_path, {**tables, "salespeople": moved_away}))
    assert "nobody called ANN has rows in the plan" in told[0]


def test_strangers_in_the_folder(tmp_path):
    tables, done = sent(tmp_path)
    (tmp_path / "~$plan-v1-ANN.xlsx").write_bytes(b"lock")
    (tmp_path / "old.xlsx").write_bytes(b"no zip")
    openpyxl.Workbook().save(tmp_path / "notes.xlsx")
    told = said(collect(tmp_path, tables))
    assert [text.partition(":")[0] for text in told] == ["file notes.xlsx", "file old.xlsx"]
    shutil.copy(sent(tmp_path / "by region", by="region")[1].files[0], tmp_path / "region.xlsx")
    with pytest.raises(InputError, match="their rows may overlap"):
        collect(tmp_path, tables)
    assert done.files[0].exists()


def test_a_sent_file_is_never_overwritten(tmp_path):
    sent(tmp_path)
    with pytest.raises(InputError, match="it may hold an answer"):
        sent(tmp_path)


def test_a_blank_cell_of_a_row_may_be_filled(tmp_path):
    raw = raw_tables()
    raw["plan"] = raw["plan"].drop(index=2).reset_index(drop=True)  # A1 plans no March
    found = validate.validate_all(raw)
    done = distribute(tmp_path, found.tables, found.settings, ("manager", ""), ("en", NOW))
    edit(done.files[0], {"G7": 75})
    collected = collect(tmp_path, found.tables)
    assert said(collected) == []
    assert len(collected.plan) == len(found.tables["plan"]) + 1
    row = collected.plan.iloc[-1]
    assert (row["version"], row["measure"], row["period"], row["region"], row["salesperson"], row["value"]) == (
        "v1", "sales", "2026-03", "N", "A1", 75,
    )  # fmt: skip
    assert pd.isna(row["customer"])


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    values=st.tuples(*[st.floats(-1e12, 1e12, allow_nan=False, allow_subnormal=False)] * 3),
    by=st.sampled_from(["manager", "region", "salesperson"]),
    lang=st.sampled_from(["en", "zh"]),
)
def test_without_edits_nothing_changes(tmp_path_factory, values, by, lang):
    folder = tmp_path_factory.mktemp("sent")
    raw = raw_tables(values)
    raw["plan"][["lower", "upper"]] = None
    found = validate.validate_all(raw, lang=lang)
    done = distribute(folder, found.tables, found.settings, (by, ""), (lang, NOW))
    collected = collect(folder, found.tables)
    assert set(states(collected).values()) == {"missing"}
    assert said(collected) == []
    for path in done.files:
        edit(path, {}, finished="是" if lang == "zh" else "yes")
    collected = collect(folder, found.tables)
    assert set(states(collected).values()) == {"agreed"}
    pd.testing.assert_frame_equal(collected.plan, found.tables["plan"])


def made_book(path, lang="en"):
    """A workbook with a plan of three salespeople, made from CSV files."""
    source = path.parent / "source"
    source.mkdir()
    orders = pd.DataFrame(
        {"order": ["O1"], "line": [1], "date": ["2026-01-05"], "customer": ["C1"], "product": ["P1"], "quantity": [2]}
    ).assign(unit_price=10, region="N", salesperson="A1")
    customers = pd.DataFrame({"customer": ["C1"], "name": ["First"], "region": ["N"], "salesperson": ["A1"]})
    products = pd.DataFrame({"product": ["P1"], "name": ["Pump"], "unit_cost": [6]})
    for key, frame in raw_tables(orders=orders, customers=customers, products=products).items():
        if key != "targets":
            frame.to_csv(source / f"{key}.csv", index=False)
    assert main(["run", str(source), "--out", str(path), "--as-of", "2026-01-12", "--lang", lang]) == 0
    return path


@pytest.fixture
def book(tmp_path):
    """A workbook made from the tables."""
    return made_book(tmp_path / "plan.xlsx")


def test_the_command_line_from_book_to_book(book, tmp_path, capsys):
    out = tmp_path / "out"
    assert main(["distribute", str(book), "--out", str(out), "--lang", "en"]) == 0
    assert "2 workbooks with 3 rows" in capsys.readouterr().out
    edit(out / "plan-v1-ANN.xlsx", {"E7": 150})
    edit(out / "plan-v1-BEN.xlsx", {"E7": "?"})
    new = tmp_path / "new.xlsx"
    before = book.read_bytes()
    assert main(["collect", str(out), "--into", str(book), "--out", str(new), "--lang", "en"]) == 1
    told = capsys.readouterr().out
    assert "1 of 2 answered, 1 cells changed" in told
    assert "plan-v1-BEN.xlsx: E7: “?” is not a number." in told
    assert book.read_bytes() == before
    plan = validate.validate_all(read_plan_book(new)).tables["plan"].set_index(["salesperson", "period"])["value"]
    assert (plan["A1", "2026-01"], plan.sum()) == (150, 1850)
    log = validate.validate_all(read_plan_book(new)).tables["log"]
    assert log["parameters"].tolist() == ["v1: ANN"]


def test_what_was_typed_into_the_matrix_is_sent(book, tmp_path):
    wb = openpyxl.load_workbook(book)
    name = wb.defined_names["xs_plan_sales"].attr_text
    page = wb[name.partition("!")[0].strip("'")]
    cell = next(row[3] for row in page.iter_rows(min_row=8) if row[1].value == "A1")
    assert cell.value == 100
    cell.value = 123
    wb.save(book)
    tables = validate.validate_all(read_plan_book(book)).tables
    plan = tables["plan"].set_index(["salesperson", "period"])["value"]
    assert (plan["A1", "2026-01"], plan.sum()) == (123, 1823)


def test_a_shared_formula_is_written_out():
    assert moved('IF(COUNT(D9:D10)=0,"",SUM($D9:D$10))', "D8", "F12") == 'IF(COUNT(F13:F14)=0,"",SUM($D13:F$10))'
