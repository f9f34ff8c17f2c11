"""What a saved workbook holds, and which of its cells are otherwise than wanted."""

import re
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from xlsales.commands.headings import places as columns_of
from xlsales.commands.protocol import Cell, Grid
from xlsales.hosts.cells import blank
from xlsales.hosts.xlsx_cells import Area, Box, cells_in, named_areas, same, shared_texts
from xlsales.hosts.xlsx_parts import Place, places
from xlsales.hosts.xlsx_write import Edit
from xlsales.problems import InputError, Problem

Formulas = Sequence[Sequence[str]]
Changes = dict[tuple[int, int], Cell]
FUTURE = re.compile(r"_xl(?:fn|ws)\.|\s")  # how files mark newer functions; and blanks between words


@dataclass(frozen=True)
class Held:
    """Cells of a file. place: where they stand. formulas: "" where a cell holds a plain value."""

    place: Place | Area
    cells: Grid
    formulas: list[list[str]]

    @property
    def filled(self) -> int:
        """How many rows there are up to the last that holds something."""
        return filled(self.cells)


class Saved:
    """A workbook on disk; what is asked for is read once. Raises InputError for a damaged file."""

    def __init__(self, book: Path) -> None:
        self.book = book
        self.pages: dict[str, str] = {}
        try:
            with zipfile.ZipFile(book) as parts:
                self.tables, self.areas = places(parts), named_areas(parts)
        except (zipfile.BadZipFile, KeyError, UnicodeDecodeError) as error:
            raise InputError(Problem("workbook_broken", source=book.name)) from error

    def table(self, key: str) -> Held | None:
        """The body of a table; None where the book does not have it."""
        place = self.tables.get(key)
        if place is None:
            return None
        left, top, right, bottom = place.area
        return Held(place, *self._cells(place.sheet_part, (left, top + 1, right, bottom - place.totals)))

    def area(self, name: str) -> Held | None:
        """The cells of a name; None where the book does not have it."""
        area = self.areas.get(name)
        return Held(area, *self._cells(area.sheet_part, area.box)) if area else None

    def _cells(self, part: str, box: Box) -> tuple[Grid, list[list[str]]]:
        try:
            if part not in self.pages:
                with zipfile.ZipFile(self.book) as parts:
                    self.pages[part] = parts.read(part).decode("utf-8")
            return cells_in(self.pages[part], box, self._texts)
        except (zipfile.BadZipFile, KeyError, IndexError, ValueError) as error:
            raise InputError(Problem("workbook_broken", source=self.book.name)) from error

    @cached_property
    def _texts(self) -> list[str]:
        with zipfile.ZipFile(self.book) as parts:
            return shared_texts(parts)


def filled(rows: Sequence[Sequence[Cell]]) -> int:
    """How many rows there are up to the last in which something stands.

    >>> filled([[None], [1.0], ["", None]])
    2
    """
    return next((count for count in range(len(rows), 0, -1) if not blank(rows[count - 1])), 0)


def differing(held: Held, wanted: Sequence[Sequence[Cell]], formulas: Formulas | None = None) -> Changes:
    """The cells that a file must get, so that it holds what is wanted; rows beyond its own are all new.

    formulas: what computes among the wanted cells, as Excel writes it; None where that is not known: a formula of the
    file then stays as long as it gives the same.
    """
    changes: Changes = {}
    for row, line in enumerate(wanted):
        inside = row < len(held.cells)
        for at, cell in enumerate(line):
            old, computes = (held.cells[row][at], held.formulas[row][at]) if inside else (None, "")
            typed = bool(computes) and formulas is not None and not formulas[row][at]
            if computes and formulas is not None and alike(computes, formulas[row][at]):
                continue
            if typed or not same(old, cell):
                changes[row, at] = cell
    return changes


def alike(one: str, two: str) -> bool:
    """Whether two formulas are the same but for their spelling.

    >>> alike("=SUM(a1, B2)", "=sum(A1,B2)"), alike("=_xlfn.IFS(A1,1)", "=IFS(A1,1)"), alike("=A1", "=A2")
    (True, True, False)
    """
    return FUTURE.sub("", one).casefold() == FUTURE.sub("", two).casefold()


def table_edit(saved: Saved, key: str, wanted: Mapping[int, Sequence[Cell]], rows: int) -> Edit | None:
    """What a table must get, so that its columns hold what is wanted; None for nothing. wanted: columns by place.

    Columns that are not there, or that compute in the sheet, stay as they are.
    """
    held = saved.table(key)
    if held is None or not isinstance(held.place, Place):
        raise InputError(Problem("refresh_no_table", table=key, source=saved.book.name))
    own = set(range(len(held.place.headings))) - wanted.keys() | held.place.computed.keys()
    grid = [
        [
            (held.cells[row][at] if row < len(held.cells) else None) if at in own else _at(wanted[at], row)
            for at in range(len(held.place.headings))
        ]
        for row in range(max(rows, len(held.cells)))
    ]
    changes = differing(held, grid)
    size = max(rows, len(held.cells))
    return Edit(key, size, changes) if changes else None


def _at(column: Sequence[Cell], row: int) -> Cell:
    return column[row] if row < len(column) else None


def headings_of(held: Held) -> dict[str, int]:
    """Our keys of a table to the places of their columns."""
    assert isinstance(held.place, Place)
    return columns_of(held.place.key, held.place.headings)
