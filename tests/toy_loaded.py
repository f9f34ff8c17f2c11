"""A saved workbook in a book of the toy engine, as a spreadsheet program would open it."""

from pathlib import Path

import openpyxl
import xlwings as xw

from tests.toy_engine import Range, Sheet, Table, toy_book


def loaded(path: Path, name: str = "") -> xw.Book:
    """The cells, formulas, tables and names of a file. name: what the open book is called."""
    book = toy_book(name or path.name)
    impl = book.impl
    impl.fullname = str(path.with_name(name or path.name))
    impl.tabs.clear()
    values, formulas = (openpyxl.load_workbook(path, data_only=only, keep_vba=False) for only in (True, False))
    for page in values.worksheets:
        tab = Sheet(impl, page.title)
        impl.tabs.append(tab)
        for line, computing in zip(page.iter_rows(), formulas[page.title].iter_rows(), strict=True):
            for cell, other in zip(line, computing, strict=True):
                put(tab, cell, other)
        for table in page.tables.values():
            left, top, right, bottom = openpyxl.utils.range_boundaries(table.ref)
            listed = Table(tab, table.displayName, Range(tab, top, left, bottom - top + 1, right - left + 1))
            listed.totals = bool(table.totalsRowCount)
            tab.listed.append(listed)
    for defined in values.defined_names.values():
        if defined.name.startswith("xs_") and "!" in defined.attr_text and "," not in defined.attr_text:
            impl.named[defined.name] = "=" + defined.attr_text
    return book


def put(tab: Sheet, cell: openpyxl.cell.Cell, other: openpyxl.cell.Cell) -> None:
    """One cell as the toy engine keeps it."""
    place = (cell.row, cell.column)
    if cell.value is not None:
        tab.cells_[place] = float(cell.value) if type(cell.value) is int else cell.value
    if other.data_type == "f":
        tab.formulas[place] = getattr(other.value, "text", other.value)
    if cell.number_format == "@":
        tab.formats[place] = "@"
