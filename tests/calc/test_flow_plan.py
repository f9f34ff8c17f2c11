"""A target is edited: Allocate shows a preview, Confirm writes it, native totals and check cells agree, Undo."""

import pytest
import xlwings as xw

from tests.calc.company import NOW
from tests.calc.flows import body, cell, cells, table
from tests.calc.window import Window
from xlsales.commands.plan_sheet import rows_of
from xlsales.hosts.open_book import HostBook
from xlsales.labels import word
from xlsales.schema.targets import QUANTITIES

VALUES = slice(3, 27, 2)  # the months of a row of the matrix; holds stand between them
HOLDS = slice(4, 28, 2)


def test_allocate_confirm_undo(window: Window, book: xw.Book, lang: str) -> None:
    matrix = book.names["xs_plan_sales"].refers_to_range
    before = cells(matrix)
    year = str(cells(book.names["xs_year_sales"].refers_to_range)[0][0]).removesuffix(".0")
    raw = body(book, "targets")
    mine = raw[(raw["measure"] == word("value.measure.sales", lang)) & (raw["period"] == year)]
    people = {line[1]: at for at, line in enumerate(before) if at and line[1] and "H" not in line[HOLDS]}
    chosen = mine[mine["valid_from"].isna() & mine["member"].isin(people)].iloc[0]
    goal, at = float(chosen["target"]) * 1.25, people[chosen["member"]]
    cell(table(book, "targets"), "target", int(chosen.name)).value = goal
    matrix.sheet.activate()
    matrix[at, 3].select()  # one cell of the year means the whole year
    said = window.run("allocate")
    assert book.sheets.active.name == word("sheet.preview", lang), said
    assert cells(matrix) == before, "a preview writes nothing"
    said = window.run("confirm")
    assert word("sheet.preview", lang) not in [sheet.name for sheet in book.sheets], said
    after = cells(matrix)
    assert sum(after[at][VALUES]) == pytest.approx(goal, abs=0.005)
    assert sum(after[1][VALUES]) - sum(before[1][VALUES]) == pytest.approx(goal - sum(before[at][VALUES]), abs=0.01)
    children_add_up(book)
    said = window.run("undo")
    assert cells(matrix) == before, said


def children_add_up(book: xw.Book) -> None:
    """The native sums of every plan sheet are right, as Calc computes them."""
    for measure in QUANTITIES:
        matrix = HostBook(book, "en", NOW).area("xs_plan_" + measure)
        assert matrix is not None
        parents = [row for row in rows_of(matrix) if row.children]
        assert parents, measure
        for row in parents:
            for month in range(*VALUES.indices(VALUES.stop)):
                parts = sum(matrix.cells[child + 1][month] or 0.0 for child in row.children)
                assert matrix.cells[row.at + 1][month] == pytest.approx(parts, abs=1e-6)
