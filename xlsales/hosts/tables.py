"""Where the tables of an open book stand, and their cells: found by name, else by sheet and headings; bulk only."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import xlwings as xw

from xlsales.commands.headings import places
from xlsales.commands.protocol import Cell, Grid
from xlsales.hosts.cells import blank, formulas_of, grid_of
from xlsales.labels import LANGUAGES, word
from xlsales.problems import InputError, Problem
from xlsales.schema import TABLES

PREFIX = "xs_"
MOST_ROWS = 1_048_576


@dataclass
class Found:
    """A table on its sheet. top: the row of its headings; left, width: its columns; rows: body rows, at least one.

    table: its ListObject, None where only its headings were found. headings: as they stand. totalled: whether it had a
    row of totals when it was found.
    """

    key: str
    sheet: xw.Sheet
    table: xw.main.Table | None
    top: int
    left: int
    width: int
    rows: int
    headings: list[Cell]
    totalled: bool = False

    @property
    def place(self) -> dict[str, int]:
        """Our keys to the places of their columns, from 0."""
        return places(self.key, self.headings)

    @property
    def totals(self) -> bool:
        """Whether a row of totals stands under the body."""
        return self.table is not None and bool(self.table.show_totals)

    def block(self, row: int, column: int, height: int, width: int) -> xw.Range:
        """Cells of the table by their offset from the first body row and column."""
        first = (self.top + 1 + row, self.left + column)
        return self.sheet.range(first, (first[0] + height - 1, first[1] + width - 1))

    def values(self) -> Grid:
        """The cells of the body."""
        return read(self.block(0, 0, self.rows, self.width))

    def computed(self) -> dict[int, str]:
        """The columns that compute, by place, with the formula of their first cell."""
        first = self.block(0, 0, 1, self.width)
        return {at: formula for at, formula in enumerate(formulas_in(first, read(first))[0]) if formula}

    def filled(self) -> int:
        """How many body rows there are up to the last that is filled; a cell that only computes does not count."""
        values = self.values()
        formulas = formulas_in(self.block(0, 0, self.rows, self.width), values)
        for row in range(len(values) - 1, -1, -1):
            if not blank([None if formula else cell for cell, formula in zip(values[row], formulas[row], strict=True)]):
                return row + 1
        return 0

    def resize(self, rows: int) -> None:
        """Make the table so many body rows long; a row of totals moves with its end.

        `rows` is what holds at every moment, so that a resize that was interrupted can be taken back.
        """
        before, rows = self.rows, max(rows, 1)
        try:
            if rows != before and self.totals:  # a program keeps what the totals are while they are switched off
                self.table.show_totals = False
            if rows < before:
                self.block(rows, 0, before - rows, self.width).clear_contents()
            if rows != before and self.table is not None:
                self.table.resize(self.block(-1, 0, rows + 1, self.width))
            self.rows = rows
        finally:
            if self.totalled and not self.totals:
                self.table.show_totals = True
        if rows > before:
            self.block(0, 0, 1, self.width).autofill(self.block(0, 0, rows, self.width), "fill_formats")

    @property
    def capacity(self) -> int:
        """How many rows the table can have before the sheet ends."""
        return MOST_ROWS - self.top - int(self.totals)

    def room(self, rows: int) -> None:
        """Refuse where the table cannot become so long: the sheet ends, or something stands below."""
        totals = int(self.totals)
        if rows > self.capacity:
            raise InputError(Problem("book_too_long", table=self.key, facts={"rows": rows}))
        more = rows - self.rows
        if more > 0:
            below = read(self.block(self.rows + totals, 0, more, self.width))
            for step, cells in enumerate(below):
                if not blank(cells):
                    row = self.top + 1 + self.rows + totals + step
                    facts = {"rows": rows, "below": row}
                    raise InputError(Problem("book_no_room", table=self.key, facts=facts))


def read(cells: xw.Range) -> Grid:
    """The values of cells as rows, in one call; errors as their text, such as #N/A."""
    return grid_of(cells.options(ndim=2, err_to_str=True).value)


def formulas_in(cells: xw.Range, values: Grid) -> list[list[str]]:
    """The formulas of cells as rows, in one call; "" where a cell has none."""
    return formulas_of(cells.formula, values)


class Tables:
    """The tables of one book; looked for once."""

    def __init__(self, book: xw.Book) -> None:
        self.book = book
        self._objects: dict[str, tuple[xw.Sheet, xw.main.Table]] | None = None
        self._found: dict[str, Found | None] = {}

    def objects(self) -> dict[str, tuple[xw.Sheet, xw.main.Table]]:
        """Every ListObject whose name is ours, by key."""
        if self._objects is None:
            self._objects = {
                table.name.removeprefix(PREFIX): (sheet, table)
                for sheet in self.book.sheets
                for table in sheet.tables
                if table.name.startswith(PREFIX)
            }
        return self._objects

    def find(self, key: str) -> Found | None:
        """The table of a key; None where the book does not have it."""
        if key not in self._found:
            named = self.objects().get(key)
            self._found[key] = from_object(key, *named) if named else from_headings(key, self.book)
        return self._found[key]

    def need(self, key: str) -> Found:
        """The table of a key; a sentence where it is missing."""
        found = self.find(key)
        if found is None:
            sheet = TABLES[key].sheet
            names = [word("sheet." + sheet, lang) for lang in LANGUAGES]
            raise InputError(Problem("book_table_missing", table=key, facts={"name": PREFIX + key, "sheets": names}))
        return found


def from_object(key: str, sheet: xw.Sheet, table: xw.main.Table) -> Found:
    """A table that has its name."""
    area = table.range
    height, width = area.shape
    headings = read(area[:1, :])[0]
    totalled = bool(table.show_totals)
    rows = max(height - 1 - int(totalled), 1)
    return Found(key, sheet, table, area.row, area.column, width, rows, headings, totalled)


def from_headings(key: str, book: xw.Book) -> Found | None:
    """A table that lost its name: on the sheet that is called as ours, under our headings."""
    names = {name.casefold() for name in sheet_names(TABLES[key].sheet)}
    for sheet in book.sheets:
        if sheet.name.casefold() in names:
            used = sheet.used_range
            return best_run(key, sheet, read(used), (used.row, used.column))
    return None


@cache
def sheet_names(key: str) -> tuple[str, ...]:
    """What a sheet may be called."""
    return (*(word("sheet." + key, lang) for lang in LANGUAGES), key)


def best_run(key: str, sheet: xw.Sheet, cells: Grid, corner: tuple[int, int]) -> Found | None:
    """The run of headings on a sheet that is most like the table's, with the rows under it."""
    best: tuple[int, int, int, int] | None = None
    for row, line in enumerate(cells):
        for first, last in runs(line):
            known = places(key, line[first : last + 1])
            enough = all(column in known for column in TABLES[key].required) and 2 * len(known) > last - first + 1
            if enough and len(known) >= min(2, len(TABLES[key].columns)) and (best is None or len(known) > best[0]):
                best = (len(known), row, first, last)
    if best is None:
        return None
    _, row, first, last = best
    body = [line[first : last + 1] for line in cells[row + 1 :]]
    rows = next((count for count in range(len(body), 0, -1) if not blank(body[count - 1])), 0)
    top, left = corner[0] + row, corner[1] + first
    return Found(key, sheet, None, top, left, last - first + 1, max(rows, 1), cells[row][first : last + 1])


def runs(line: Sequence[Cell]) -> list[tuple[int, int]]:
    """The first and last place of each run of neighbouring texts in a row.

    >>> runs(["a", "b", None, "c"])
    [(0, 1), (3, 3)]
    """
    found: list[tuple[int, int]] = []
    for place, cell in enumerate(line):
        if isinstance(cell, str) and cell.strip():
            if found and found[-1][1] == place - 1:
                found[-1] = (found[-1][0], place)
            else:
                found.append((place, place))
    return found
