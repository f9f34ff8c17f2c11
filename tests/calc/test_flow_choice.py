"""Plan by choice in Calc: chosen in cells, shown, typed on, allocated with a preview, held, confirmed, undone."""

import pytest
import xlwings as xw

from tests.calc.flows import body, cells
from tests.calc.window import Window
from xlsales.labels import word

QUARTERS = 4
VALUES = slice(3, 3 + 2 * QUARTERS, 2)


def named(book: xw.Book, name: str) -> xw.Range:
    return book.names[f"xs_{name}_view"].refers_to_range


def choose(book: xw.Book, lang: str, rows: str, grain: str) -> None:
    named(book, "measure").value = word("value.measure.sales", lang)
    named(book, "rows").value = word("plan.rows." + rows, lang)
    named(book, "then").value = None
    named(book, "grain").value = word("plan.grain." + grain, lang)
    named(book, "measure").sheet.activate()


def test_choose_allocate_confirm_undo(window: Window, book: xw.Book, lang: str) -> None:
    matrix = named(book, "plan")
    choose(book, lang, "channel", "quarter")
    said = window.run("show_plan")
    before = cells(matrix)
    names = [line[2] for line in before[1:] if line[2]]
    assert len(names) > 3, said
    assert before[0][VALUES] == [f"{str(before[0][3])[:4]}Q{step}" for step in range(1, QUARTERS + 1)]
    matrix[1, 2].select()  # the first row adds up all others
    said = window.run("allocate")
    assert book.sheets.active.name == word("sheet.preview", lang), said
    assert cells(matrix) == before, "a preview writes nothing"
    window.run("confirm")
    after = cells(matrix)
    goal = after[1][3 + 2 * (QUARTERS + 1)]
    assert sum(after[1][VALUES]) == pytest.approx(goal, abs=0.005)
    leaf = next(
        at for at, line in enumerate(after) if at and line[0] and line[3] and not matrix[at, 3].formula.startswith("=")
    )
    plan = body(book, "plan")
    assert float(plan.loc[plan["channel"].notna(), "value"].astype(float).sum()) == pytest.approx(goal, abs=0.005)
    # what is typed goes into the plan with the next button, and the row above follows by its own formula
    first = float(after[leaf][3])
    matrix[leaf, 3].value = first + 1000.0
    assert matrix[1, 3].value == pytest.approx(after[1][3] + 1000.0)
    window.run("show_plan")
    assert matrix[leaf, 3].value == pytest.approx(first + 1000.0)
    window.run("undo")
    plan = body(book, "plan")
    assert float(plan.loc[plan["channel"].notna(), "value"].astype(float).sum()) == pytest.approx(goal, abs=0.005)
