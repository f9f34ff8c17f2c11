"""A wrong quantity is typed: Check data lists it, with a link to the cell; corrected, it is gone from the list."""

import xlwings as xw

from tests.calc.flows import body, cell, table
from tests.calc.window import Window
from xlsales.labels import word


def test_a_bad_quantity_is_listed_with_a_link(window: Window, book: xw.Book, lang: str) -> None:
    orders = table(book, "orders")
    typed = cell(orders, "quantity", 1)
    right = typed.value
    typed.value = "twelve"
    said = window.run("check")
    assert word("said.checked", lang, errors=1, warnings=0).split("1")[0] in said
    problems = table(book, "problems")
    assert book.sheets.active.name == problems.sheet.name
    address = f"{orders.sheet.name}!{typed.get_address(row_absolute=False, column_absolute=False)}"
    listed = body(book, "problems")["cell"].tolist()
    assert address in listed
    link = cell(problems, "cell", listed.index(address))
    assert link.formula.upper().startswith("=HYPERLINK(")
    window.follow(link, lambda: book.sheets.active.name == orders.sheet.name)
    assert book.app.selection.address == typed.address
    typed.value = right
    window.run("check")
    assert address not in body(book, "problems")["cell"].tolist()
