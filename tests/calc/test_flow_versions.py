"""A plan is kept as a version, changed by a method chosen from a list, compared with it and brought back."""

import pytest
import xlwings as xw

from tests.calc.flows import body, cells
from tests.calc.window import Window
from xlsales.labels import word

VALUES = slice(3, 27, 2)  # the months of a row of the matrix; holds stand between them


def shown(book: xw.Book, name: str) -> xw.Range:
    return book.names[f"xs_{name}_sales"].refers_to_range


def test_save_change_restore(window: Window, book: xw.Book, lang: str) -> None:
    matrix, command = shown(book, "plan"), shown(book, "command")
    before = cells(matrix)
    base = str(cells(shown(book, "version"))[0][0])
    at = next(row for row, line in enumerate(before) if row and line[1] and "H" not in line[4:28:2])
    command.value = f"{'SAVE' if lang == 'en' else '保存'} Spring"
    matrix.sheet.activate()
    matrix[at, 3].select()
    said = window.run("versions")
    assert str(cells(shown(book, "version"))[0][0]) == "Spring", said
    kept = body(book, "plan")
    assert set(kept["version"]) >= {base, "Spring"}
    # the same through a list and a number, without any code
    command.value = None
    shown(book, "method").value = word("plan.method.repeat", lang)
    shown(book, "numbers")[0, 0].value = "1000"
    matrix[at, 2].select()  # the name means the whole year
    said = window.run("spread")
    assert cells(matrix) == before, "a preview writes nothing"
    window.run("confirm")
    assert cells(matrix)[at][VALUES] == [1000.0] * 12, said
    shown(book, "method").value = None
    command.value = f"{'RESTORE' if lang == 'en' else '恢复'} {base}"
    matrix.sheet.activate()
    matrix[at, 3].select()
    said = window.run("versions")
    after = cells(matrix)
    assert after[at][VALUES] == pytest.approx(before[at][VALUES]), said
    assert after[1][VALUES] == pytest.approx(before[1][VALUES])
    window.run("undo")
    assert cells(matrix)[at][VALUES] == [1000.0] * 12
