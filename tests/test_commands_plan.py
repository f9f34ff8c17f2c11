"""The plan in the book: matrices folded into the long table, allocation previewed and confirmed, holds, undo."""

import pytest

from tests.toy_company import cell_of, company, open_company, rows_of
from tests.toy_engine import Range, Selection
from xlsales.commands.plan_sheet import plan_sheets
from xlsales.hosts.book import run
from xlsales.hosts.open_book import HostBook
from xlsales.labels import word

FIRST = 8  # the row of the company
JANUARY = 4  # the column of the first month; its hold cell stands beside it
SALES = company()["plan"].query("measure == 'sales'")


@pytest.fixture
def book():
    return open_company()


def plan(book, lang="en"):
    return book.sheets[word("sheet.plan_sales", lang)]


def select(book, *areas, lang="en"):
    sheet = plan(book, lang).impl
    found = [Range(sheet, *area) for area in areas]
    book.app.impl.selected = found[0] if len(found) == 1 else Selection(found)


def said(book):
    return book.app.impl.said.pop()


def north(book):
    """The rows of the region NORTH: its own, then its salespeople's."""
    cells = plan(book).impl.cells_
    rows = [row for (row, column), cell in cells.items() if column == 1 and cell == "NORTH"]
    return min(rows), sorted(rows)[1:]


def month_values(book, row, lang="en"):
    return [plan(book, lang).range((row, JANUARY + 2 * step)).value for step in range(12)]


def total(book, rows):
    return sum(value or 0 for row in rows for value in month_values(book, row))


def target(book, member, measure="Sales"):
    rows = rows_of(book, "targets")
    mine = rows[(rows["measure"] == measure) & (rows["member"] == member) & (rows["period"] == "2026")]
    return mine.index[0], mine["target"].iloc[0]


def preview(book):
    return book.sheets["Preview"].tables[0].range.options(ndim=2).value


def long_values(book, salesperson):
    rows = rows_of(book, "plan")
    return rows[(rows["measure"] == "Sales") & (rows["salesperson"] == salesperson)]["value"].tolist()


# What stands on the matrices


def test_rows_know_what_they_add_up(book):
    sheet = plan_sheets(HostBook(book, "en", None, "me"))["sales"]
    top, people = north(book)
    assert not sheet.rows[0].leaf
    assert sheet.rows[top - FIRST].children == tuple(row - FIRST for row in people)
    assert sheet.leaves(0) == [row.at for row in sheet.rows if row.leaf]
    assert (sheet.version, sheet.year, sheet.months[0]) == ("base", "2026", "2026-01")


def test_a_matrix_that_nobody_touched_leaves_the_long_table_alone(book):
    before = rows_of(book, "plan")
    run("hold", book)
    assert "No cells of a plan are selected" in said(book)
    assert rows_of(book, "plan").equals(before)


def test_a_typed_cell_reaches_the_long_table_with_the_next_command(book):
    _, people = north(book)
    plan(book).range((people[0], JANUARY)).value = 1234.0
    select(book, (people[0], JANUARY + 2, 1, 1), (people[0], JANUARY + 2, 1, 1))
    run("hold", book)
    assert long_values(book, "S02")[0] == 1234.0
    held = rows_of(book, "plan").query("measure == 'Sales' and salesperson == 'S02'")["held"].tolist()
    assert held[:3] == ["No", "Yes", "No"]


def test_a_cleared_cell_takes_its_row_away(book):
    _, people = north(book)
    plan(book).range((people[0], JANUARY)).value = None
    select(book, (people[0], JANUARY + 2, 1, 1), (people[0], JANUARY + 2, 1, 1))
    run("hold", book)
    months = rows_of(book, "plan").query("measure == 'Sales' and salesperson == 'S02'")["period"].tolist()
    assert months == [f"2026-{month:02d}" for month in range(2, 13)]


def test_a_cell_that_is_no_number_is_listed_with_its_address(book):
    _, people = north(book)
    plan(book).range((people[0], JANUARY)).value = "many"
    run("check", book)
    problem = rows_of(book, "problems").iloc[0]
    assert (problem["severity"], problem["value"]) == ("Error", "many")
    assert problem["cell"] == f"Plan sales!D{people[0]}"
    select(book, (people[0], JANUARY, 1, 24))
    run("allocate", book)
    assert "“many” is not a number" in said(book)


# Allocation


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_an_edited_target_is_previewed_confirmed_and_undone(lang):
    book = open_company(lang)
    at = next(
        row for row, line in enumerate(rows_of(book, "targets", lang).to_dict("records"))
        if (line["measure"], line["member"], line["period"]) == (word("value.measure.sales", lang), "S02", "2026")
    )  # fmt: skip
    cell_of(book, "targets", "target", at, lang).value = 24_000_000.0
    row = min(row for (row, column), cell in plan(book, lang).impl.cells_.items() if column == 2 and cell == "S02")
    before, state = month_values(book, row, lang), book.impl.state()["sheets"]
    select(book, (row, 3, 1, 1), lang=lang)
    run("allocate", book)
    assert month_values(book, row, lang) == before
    sheet = word("sheet.preview", lang)
    lines = book.sheets[sheet].tables[0].range.options(ndim=2).value
    assert lines[0][-3:] == [word("said.preview." + key, lang) for key in ("old", "new", "change")]
    assert [line[5] for line in lines[1:]] == before
    assert sum(line[6] for line in lines[1:]) == 24_000_000.0
    assert all(line[7] == pytest.approx(line[6] - line[5]) for line in lines[1:])
    run("confirm", book)
    after = month_values(book, row, lang)
    assert sum(after) == 24_000_000.0
    assert after == [line[6] for line in lines[1:]]
    assert sheet not in [each.name for each in book.sheets]
    rows = rows_of(book, "plan", lang)
    mine = rows[(rows["measure"] == word("value.measure.sales", lang)) & (rows["salesperson"] == "S02")]
    assert mine["value"].tolist() == after
    run("undo", book)
    tab = plan(book, lang).name
    assert book.impl.state()["sheets"][tab] == state[tab]
    assert book.impl.state()["sheets"][word("sheet.plan_data", lang)][0] == state[word("sheet.plan_data", lang)][0]


def test_a_second_click_on_the_preview_confirms(book):
    at, _ = target(book, "S02")
    cell_of(book, "targets", "target", at).value = 24_000_000.0
    _, people = north(book)
    select(book, (people[0], 3, 1, 1))
    run("allocate", book)
    book.app.impl.selected = Range(book.sheets["Preview"].impl, 5, 1, 1, 1)
    run("allocate", book)
    assert sum(month_values(book, people[0])) == 24_000_000.0


def test_a_region_gives_what_its_people_have_no_targets_for(book):
    at, goal = target(book, "NORTH")
    cell_of(book, "targets", "target", at).value = goal + 1_000_000
    top, people = north(book)
    select(book, (top, 1, 1, 3))
    run("allocate", book)
    run("confirm", book)
    own = {row: target(book, plan(book).impl.cells_[row, 2])[1] for row in people
           if (rows_of(book, "targets").query("measure == 'Sales' and period == '2026'")["member"]
               == plan(book).impl.cells_[row, 2]).any()}  # fmt: skip
    for row, figure in own.items():
        assert sum(month_values(book, row)) == pytest.approx(figure, abs=0.01)
    if len(own) < len(people):
        assert total(book, people) == pytest.approx(goal + 1_000_000, abs=0.01)


def test_held_cells_keep_their_values(book):
    at, _ = target(book, "S02")
    cell_of(book, "targets", "target", at).value = 24_000_000.0
    _, people = north(book)
    row = people[0]
    before = month_values(book, row)
    select(book, (row, JANUARY, 1, 2), (row, JANUARY + 4, 1, 2))
    run("hold", book)
    assert said(book) == "2 cells are held now."
    select(book, (row, 3, 1, 1))
    run("allocate", book)
    run("confirm", book)
    after = month_values(book, row)
    assert [after[0], after[2]] == [before[0], before[2]]
    assert sum(after) == 24_000_000.0
    select(book, (row, JANUARY, 1, 24))
    run("release", book)
    assert said(book) == "2 cells may change again."
    assert all(plan(book).impl.cells_.get((row, JANUARY + 1 + 2 * step)) is None for step in range(12))


def test_only_the_selected_months_change(book):
    at, _ = target(book, "S02")
    cell_of(book, "targets", "target", at).value = 24_000_000.0
    _, people = north(book)
    before = month_values(book, people[0])
    select(book, (people[0], JANUARY + 18, 1, 6))
    run("allocate", book)
    run("confirm", book)
    after = month_values(book, people[0])
    assert after[:9] == before[:9]
    assert sum(after) == 24_000_000.0


def test_a_row_that_meets_its_target_is_left_alone(book):
    _, goal = target(book, "S02")
    _, people = north(book)
    months = [round(goal / 12)] * 11
    for step, value in enumerate([*months, goal - sum(months)]):
        plan(book).range((people[0], JANUARY + 2 * step)).value = float(value)
    select(book, (people[0], 3, 1, 1))
    run("allocate", book)
    assert said(book).startswith("The selected cells meet their targets already")


def test_everything_held_is_refused_by_name(book):
    at, _ = target(book, "S02")
    cell_of(book, "targets", "target", at).value = 24_000_000.0
    _, people = north(book)
    select(book, (people[0], JANUARY, 1, 24))
    run("hold", book)
    select(book, (people[0], JANUARY, 1, 24))
    run("allocate", book)
    assert "Every selected cell under S02 is held" in said(book)


def test_a_row_without_any_target_is_refused(book):
    rows = rows_of(book, "targets")
    for at in rows.index[(rows["measure"] == "Sales") & (rows["period"] == "2026")]:
        cell_of(book, "targets", "measure", at).value = "Volume"
        cell_of(book, "targets", "period", at).value = "2025"
    _, people = north(book)
    select(book, (people[0], 3, 1, 1))
    run("allocate", book)
    assert "There is no target of 2026 for S02" in said(book)


def test_an_empty_plan_is_filled_by_last_years_shape(book):
    _, people = north(book)
    for step in range(12):
        plan(book).range((people[0], JANUARY + 2 * step)).value = None
    select(book, (people[0], 3, 1, 1))
    run("allocate", book)
    run("confirm", book)
    _, goal = target(book, "S02")
    after = month_values(book, people[0])
    assert sum(after) == pytest.approx(goal, abs=0.01)
    assert len(set(after)) > 3


def test_a_plan_that_was_changed_after_the_preview_is_not_overwritten(book):
    at, _ = target(book, "S02")
    cell_of(book, "targets", "target", at).value = 24_000_000.0
    _, people = north(book)
    select(book, (people[0], 3, 1, 1))
    run("allocate", book)
    plan(book).range((people[0], JANUARY)).value = 5.0
    before = month_values(book, people[0])
    run("confirm", book)
    assert "The plan was changed after the preview was made" in said(book)
    assert month_values(book, people[0]) == before


def test_a_dropped_preview_changes_nothing(book):
    at, _ = target(book, "S02")
    cell_of(book, "targets", "target", at).value = 24_000_000.0
    _, people = north(book)
    before = month_values(book, people[0])
    select(book, (people[0], 3, 1, 1))
    run("allocate", book)
    run("discard", book)
    assert "Preview" not in [sheet.name for sheet in book.sheets]
    assert month_values(book, people[0]) == before
    run("confirm", book)
    assert said(book).startswith("There is no preview.")
