"""The sheet Preview: rows that a command would write, laid out to be read; the book keeps them until a second click."""

from collections.abc import Sequence

import xlwings as xw

from xlsales.commands.protocol import Cell, Grid
from xlsales.hosts.tables import read, sheet_names
from xlsales.labels import word

NAME = "xs_preview"
KEY = "preview"
TITLE_ROW, HELP_ROW, HEADER_ROW = 1, 2, 4
TEXTS = "@"
NUMBERS = "#,##0.00"


def show(book: xw.Book, lang: str, title: str, headings: Sequence[str], rows: Sequence[Sequence[Cell]]) -> None:
    """Make the sheet; texts are kept as texts, numbers shown with thousands apart."""
    taken = {sheet.name.casefold() for sheet in book.sheets}
    name = next(each for each in (word("sheet." + KEY, lang), *sheet_names(KEY), NAME) if each.casefold() not in taken)
    last = len(rows) + HEADER_ROW
    sheet = book.sheets.add(name, after=book.sheets[-1])
    sheet.range((TITLE_ROW, 1)).value = title
    sheet.range((HELP_ROW, 1)).value = word("sheet." + KEY, "help_" + lang)
    for column in range(1, len(headings) + 1):
        number = any(isinstance(row[column - 1], float) for row in rows)
        sheet.range((HEADER_ROW + 1, column), (last, column)).number_format = NUMBERS if number else TEXTS
    cells = sheet.range((HEADER_ROW, 1), (last, len(headings)))
    cells.value = [list(headings), *(list(row) for row in rows)]
    sheet.tables.add(cells, name=NAME, has_headers=True)
    sheet.activate()


def find(book: xw.Book) -> tuple[xw.Sheet, xw.main.Table] | None:
    """The sheet and table of the preview."""
    for sheet in book.sheets:
        for table in sheet.tables:
            if table.name == NAME:
                return sheet, table
    return None


def rows_of(book: xw.Book) -> Grid | None:
    """The rows without the headings; None where there is no preview."""
    found = find(book)
    return None if found is None else read(found[1].range)[1:]


def drop(book: xw.Book) -> None:
    """Remove the sheet without the program asking."""
    found = find(book)
    if found is None:
        return
    before = book.app.display_alerts
    book.app.display_alerts = False
    try:
        found[0].delete()
    finally:
        book.app.display_alerts = before
