"""A workbook as it is opened: a hard recalculation in Calc gives what Python computed when it was built."""

import re
from pathlib import Path

import pytest
import xlwings as xw

from tests.calc.flows import cells
from tests.calc.window import Window
from xlsales.labels import word
from xlsales.udfs import FUNCTIONS

ERROR = re.compile(r"#(N/A|REF!|VALUE!|NAME\?|NUM!|NULL!|DIV/0!)|Err:\d+")
OWN = "XS_"  # as the engine reads formulas, in Excel's spelling


def test_every_cell_is_what_python_computed(window: Window, path: Path, lang: str) -> None:
    book = window.show(path)  # Calc shows what the file holds: Python put it there
    before = {sheet.name: cells(sheet.used_range) for sheet in book.sheets}
    book.app.calculate()
    after = {sheet.name: cells(sheet.used_range) for sheet in book.sheets}
    assert own_functions(book) >= len(FUNCTIONS)
    for name, grid in before.items():
        for row, (old, new) in enumerate(zip(grid, after[name], strict=True), start=1):
            for was, now in zip(old, new, strict=True):
                if isinstance(was, float):
                    assert now == pytest.approx(was, rel=1e-9, abs=1e-9), (name, row)
                else:
                    assert now == was, (name, row)
                told = isinstance(now, str) and ERROR.fullmatch(now)
                assert not told or name == word("sheet.chart_data", lang), (name, row, now)  # a line of it has gaps
    marks = {name: cells(book.names["test_" + name].refers_to_range) for name in FUNCTIONS}
    assert {name: mark for name, mark in marks.items() if mark != [["OK"]]} == {}


def own_functions(book: xw.Book) -> int:
    """How many formulas call one of ours."""
    return sum(OWN in str(cell) for sheet in book.sheets for row in sheet.used_range.formula for cell in row)
