"""Spreading codes in the Plan sheet's command cell: preview, confirm, undo, holds; numbers a person can check."""

import openpyxl
import pytest

from tests.test_commands_plan import FIRST, JANUARY, north, plan, preview, said, select
from tests.toy_company import company, open_company, rows_of
from xlsales.__main__ import main
from xlsales.hosts.book import run
from xlsales.schema.targets import QUANTITIES

MONTHS = 12


@pytest.fixture
def book():
    """The company with 10, 30, 60 in January of the first three people of NORTH, and nothing else there."""
    return typed_in(small())


def small(lang="en"):
    """The company with its masters and its plan of sales, and next to nothing else."""
    kept = {"salespeople", "regions", "org_units", "settings", "plan_versions"}
    frames = {key: frame if key in kept else frame.head(0) for key, frame in company(lang).items()}
    plan_of = company(lang)["plan"]
    frames["plan"] = plan_of[plan_of["measure"] == "sales"].reset_index(drop=True)
    return open_company(lang, frames)


def typed_in(book, lang="en"):
    sheet = plan(book, lang).impl
    _, people = people_of(book, lang)
    for row in people:
        for step in range(2 * MONTHS):
            sheet.cells_.pop((row, JANUARY + step), None)
    for row, value in zip(people, (10.0, 30.0, 60.0), strict=False):
        sheet.cells_[row, JANUARY] = value
    return book


def people_of(book, lang="en"):
    cells = plan(book, lang).impl.cells_
    rows = sorted(row for (row, column), cell in cells.items() if column == 1 and cell == "NORTH")
    return rows[0], rows[1:]


def spread(book, text, *areas, lang="en"):
    plan(book, lang).range("D5").value = text
    select(book, *areas, lang=lang)
    run("spread", book)
    return said(book)


def january(book, lang="en"):
    return [plan(book, lang).range((row, JANUARY)).value for row in people_of(book, lang)[1][:3]]


def confirmed(book, text, *areas, lang="en"):
    """Spread, look at the preview, confirm: old, new and change of each previewed cell."""
    told = spread(book, text, *areas, lang=lang)
    assert "Preview" in [sheet.name for sheet in book.sheets] or lang == "zh", told
    run("confirm", book)
    return said(book)


def column_of(book, first=0, count=3):
    _, people = people_of(book)
    return people[first], JANUARY, count, 1


EXAMPLES = {
    "P300": [30, 90, 180],
    "300": [30, 90, 180],
    "S1200": [400, 400, 400],
    "R50": [50, 50, 50],
    "P%+10": [11, 33, 66],
    "p+100": [20, 60, 120],
    "S~30": [0, 20, 50],
    "SL100:200": [100, 150, 200],
    "GR100:50": [100, 150, 225],
    "LS60": [20, 20, 20],
    "C": [None, None, None],
}


@pytest.mark.parametrize("text", EXAMPLES)
def test_a_code_is_previewed_confirmed_and_undone(book, text):
    told = spread(book, text, column_of(book))
    assert told == "3 cells would change. Click Confirm preview to write them or Drop preview to leave all as it is."
    assert january(book) == [10, 30, 60]  # nothing is written yet
    lines = preview(book)[1:]
    assert [line[5] for line in lines] == [10, 30, 60]
    assert [line[6] for line in lines] == EXAMPLES[text]
    assert [line[7] for line in lines] == [
        (new or 0) - old for new, old in zip(EXAMPLES[text], (10, 30, 60), strict=True)
    ]
    run("confirm", book)
    assert said(book) == "3 cells of the plan were written."
    assert january(book) == EXAMPLES[text]
    run("undo", book)
    said(book)
    assert january(book) == [10, 30, 60]


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_long_table_and_the_log_follow(lang):
    book = typed_in(small(lang), lang)
    _, people = people_of(book, lang)
    spread(book, "P300", (people[0], JANUARY, 3, 1), lang=lang)
    run("confirm", book)
    long = rows_of(book, "plan", lang)
    measure = {"en": "Sales", "zh": "销售额"}[lang]
    mine = long[(long["measure"] == measure) & (long["region"] == "NORTH") & long["salesperson"].notna()]
    assert mine["value"].tolist() == [30, 90, 180]
    log = rows_of(book, "log", lang)
    assert log["parameters"].tolist()[-2:] == ["sales base 2026: P300", "sales base 2026: 100.00 → 300.00"]


def test_a_total_spreads_over_the_leaves_under_it(book):
    region, _ = people_of(book)
    confirmed(book, "P200", (region, JANUARY, 1, 1))
    assert january(book) == [20, 60, 120]


def test_a_single_cell_means_itself_and_a_name_the_whole_year(book):
    _, people = people_of(book)
    confirmed(book, "R7", (people[0], JANUARY + 2, 1, 1))
    values = [plan(book).range((people[0], JANUARY + 2 * step)).value for step in range(MONTHS)]
    assert values == [10, 7] + [None] * 10
    confirmed(book, "R5", (people[0], 3, 1, 1))
    values = [plan(book).range((people[0], JANUARY + 2 * step)).value for step in range(MONTHS)]
    assert values == [5] * 12


def test_directions_reach_from_one_cell(book):
    _, people = people_of(book)
    confirmed(book, "R>9", (people[0], JANUARY + 20, 1, 1))
    values = [plan(book).range((people[0], JANUARY + 2 * step)).value for step in range(MONTHS)]
    assert values == [10] + [None] * 9 + [9, 9]
    told = spread(book, "R>9", column_of(book))
    assert "start from one cell" in told


def test_growth_fills_a_row(book):
    _, people = people_of(book)
    confirmed(book, "GR100:100", (people[0], JANUARY, 1, 6))
    values = [plan(book).range((people[0], JANUARY + 2 * step)).value for step in range(3)]
    assert values == [100, 200, 400]
    assert "not a rectangle" in spread(book, "SL1:2", (people[0], JANUARY, 2, 4))


def test_held_leaves_keep_their_values(book):
    spread(book, "H", column_of(book, 1, 1))
    assert plan(book).range((people_of(book)[1][1], JANUARY + 1)).value == "H"
    confirmed(book, "P170", column_of(book))
    assert january(book) == [20, 30, 120]
    assert "cells may change again" in spread(book, "RH", column_of(book))
    confirmed(book, "S90", column_of(book))
    assert january(book) == [30, 30, 30]


def test_a_held_sum_makes_the_others_give_way(book):
    region, people = people_of(book)
    spread(book, "HC", (region, JANUARY, 1, 1))
    assert plan(book).range((region, JANUARY + 1)).value == "H"
    confirmed(book, "R40", (people[0], JANUARY, 1, 1))
    assert january(book) == [40, 20, 40]  # 60 left over 30 : 60
    assert "is held at 100" in spread(book, "R140", (people[0], JANUARY, 1, 1))
    spread(book, "RC", (region, JANUARY, 1, 1))
    confirmed(book, "R140", (people[0], JANUARY, 1, 1))
    assert january(book) == [140, 20, 40]


def test_all_holds_are_released(book):
    region, _ = people_of(book)
    spread(book, "HC", (region, JANUARY, 1, 1))
    spread(book, "H", column_of(book))
    spread(book, "RA", column_of(book))
    cells = plan(book).impl.cells_
    holds = [cell for (row, column), cell in cells.items() if row > FIRST - 1 and column > JANUARY and cell == "H"]
    assert holds == []


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("", "No spreading code is typed here."),
        ("X12", "is no spreading code"),
        ("SL100", "needs 2 number(s), not 1"),
        ("R%10", "The reference 2025 has no figures"),
        ("HC", "rows that add up"),
    ],
)
def test_a_code_that_cannot_be_followed_changes_nothing(book, text, wanted):
    before = book.impl.state()["sheets"][plan(book).name]
    assert wanted in spread(book, text, column_of(book))
    after = book.impl.state()["sheets"][plan(book).name]
    before[0].pop((5, 4), None)
    after[0].pop((5, 4), None)
    assert after == before
    assert north(book)


def test_what_is_there_already_needs_nothing(book):
    assert spread(book, "P100", column_of(book)).startswith("The selected cells hold these values already")


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_built_workbook_has_the_command_cell_on_every_plan_sheet(tmp_path, lang):
    path = tmp_path / "new.xlsx"
    assert main(["new", str(path), "--lang", lang]) == 0
    made = openpyxl.load_workbook(path)
    for measure in QUANTITIES:
        name, cell = made.defined_names["xs_command_" + measure].attr_text.replace("$", "").rsplit("!", 1)
        page = made[name.strip("'")]
        assert (cell, page[cell].number_format, page[cell].protection.locked) == ("D5", "@", False)
        assert "S1200" in next(rule.prompt for rule in page.data_validations.dataValidation if cell in rule.sqref)
