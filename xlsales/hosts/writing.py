"""Put frames, cells and images into a book's tables: values only, in bulk; what computes in the sheet is kept."""

import re
from collections.abc import Mapping, Sequence

import pandas as pd
import xlwings as xw

from xlsales.commands.protocol import Append, Cell, Image, Replace
from xlsales.hosts.cells import LITERAL, column_cells, plain
from xlsales.hosts.native import Native
from xlsales.hosts.tables import Found, formulas_in, read
from xlsales.problems import InputError, Problem
from xlsales.schema import TABLES

TEXT = "@"
CONVERTED = re.compile(r"[=+\-@'].*|.*\d.*|true|false", re.IGNORECASE | re.DOTALL)  # a program may read more into it
APOSTROPHE = re.compile(r"'.*", re.DOTALL)


def columns_of(found: Found, frame: pd.DataFrame, lang: str) -> dict[int, list[Cell]]:
    """The columns of a frame as cells, by their place in the table; the user's own by their headings."""
    table, place = TABLES[found.key], found.place
    own = {str(heading): at for at, heading in enumerate(found.headings) if at not in place.values()}
    cells: dict[int, list[Cell]] = {}
    for column in table.columns:
        if column.key in frame and column.key in place:
            cells[place[column.key]] = column_cells(table, column, frame[column.key], lang)
    for name in frame.columns:
        if str(name) in own:
            cells[own[str(name)]] = [plain(value) for value in frame[name].tolist()]
    return cells


def check_headings(found: Found, frame: pd.DataFrame) -> None:
    """Refuse where a heading that the frame needs is merged or gone."""
    header = found.block(-1, 0, 1, found.width)
    if header.merge_cells is not False:
        raise InputError(Problem("book_header_merged", table=found.key, sheet=found.sheet.name, cell=corner(header)))
    for column in TABLES[found.key].columns:
        if column.key in frame and column.key not in found.place and frame[column.key].notna().any():
            raise InputError(Problem("book_header_missing", table=found.key, column=column.key))


def corner(cells: xw.Range) -> str:
    """The address of the first cell, without dollars."""
    return cells[0, 0].get_address(row_absolute=False, column_absolute=False)


def replace(found: Found, write: Replace, lang: str, native: Native) -> None:
    """The rows of a table become those of the frame."""
    cells = columns_of(found, write.frame, lang)
    linked = found.place.get(write.linked) if write.links is not None else None
    computed = {at: formula for at, formula in found.computed().items() if at != linked}
    grown = len(write.frame) > found.rows
    found.resize(len(write.frame))
    kept = {at: column or [None] for at, column in cells.items() if at not in computed}
    if linked is not None:
        kept.pop(linked, None)
    put_columns(found, kept, 0, native)
    if grown:
        for at, formula in computed.items():
            found.block(0, at, found.rows, 1).formula = formula
    if linked is not None:
        links(found, linked, cells[linked], write.links or (), native)


def append(found: Found, write: Append, lang: str, native: Native) -> None:
    """Rows under the last filled row."""
    start = found.filled()
    computed = found.computed()
    found.resize(max(found.rows, start + len(write.frame)))
    cells = columns_of(found, write.frame, lang)
    put_columns(found, {at: column for at, column in cells.items() if at not in computed}, start, native)
    for at, formula in computed.items():
        found.block(0, at, found.rows, 1).formula = formula


def put_columns(found: Found, columns: Mapping[int, Sequence[Cell]], start: int, native: Native) -> None:
    """Columns of one length into the body from a row on; neighbours in one call."""
    literal = {found.place[column.key] for column in TABLES[found.key].columns
               if column.kind in LITERAL and column.key in found.place}  # fmt: skip
    for first, last in neighbours(sorted(columns)):
        height = len(columns[first])
        for at in range(first, last + 1):
            if at in literal:
                as_text(found.block(start, at, height, 1))
        ready = [spelled(columns[at], native, text=at in literal) for at in range(first, last + 1)]
        found.block(start, first, height, last - first + 1).value = [list(row) for row in zip(*ready, strict=True)]


def as_text(cells: xw.Range) -> None:
    """Format cells as text where they are not, so that 007 and 2026-01 stay what they are."""
    if cells.number_format != TEXT:
        cells.number_format = TEXT


def spelled(cells: Sequence[Cell], native: Native, *, text: bool) -> list[Cell]:
    """Texts spelled so that the program takes them as they are. text: whether the cells are formatted as text.

    An apostrophe at the beginning is swallowed everywhere; elsewhere a program reads more into what looks like more.
    """
    read_as_more = APOSTROPHE if text else CONVERTED
    return [native.literal(cell) if isinstance(cell, str) and read_as_more.fullmatch(cell) else cell for cell in cells]


def neighbours(places: Sequence[int]) -> list[tuple[int, int]]:
    """First and last of each run of places that follow each other.

    >>> neighbours([0, 1, 2, 5])
    [(0, 2), (5, 5)]
    """
    found: list[tuple[int, int]] = []
    for place in places:
        if found and found[-1][1] == place - 1:
            found[-1] = (found[-1][0], place)
        else:
            found.append((place, place))
    return found


def links(found: Found, at: int, texts: Sequence[Cell], targets: Sequence[str], native: Native) -> None:
    """A column whose cells lead to other cells, as formulas; bulk, where real hyperlinks go one by one."""
    cells = found.block(0, at, max(len(texts), 1), 1)
    native.drop_links(cells)
    cells.number_format = "General"
    spelled_out = [
        [link(target, str(text)) if target and text else text] for text, target in zip(texts, targets, strict=True)
    ]
    cells.formula = spelled_out or [[None]]


def link(target: str, text: str) -> str:
    r"""A formula that leads to "Sheet!A1" of the same book.

    >>> link("Plan data!F12", "here")
    '=HYPERLINK("#\'Plan data\'!F12","here")'
    """
    sheet, _, cell = target.rpartition("!")
    place = "#'" + sheet.replace("'", "''") + "'!" + cell
    return '=HYPERLINK("{}","{}")'.format(place.replace('"', '""'), text.replace('"', '""'))


def image_of(cells: xw.Range, target: str, offset: tuple[int, int], rows: int | None) -> Image:
    """Values and formulas of cells, to be put back."""
    values = read(cells)
    formulas = {
        (row, column): formula
        for row, line in enumerate(formulas_in(cells, values))
        for column, formula in enumerate(line)
        if formula
    }
    return Image(target, offset[0], offset[1], rows, values, formulas)


def put_values(cells: xw.Range, image: Image, native: Native) -> None:
    """The cells of an image, then its formulas, run by run."""
    width = len(image.cells[0])
    text = [cells[:, at].number_format == TEXT for at in range(width)]
    cells.value = [
        [
            None if (row, at) in image.formulas else spelled([cell], native, text=text[at])[0]
            for at, cell in enumerate(line)
        ]
        for row, line in enumerate(image.cells)
    ]
    for at in sorted({column for _, column in image.formulas}):
        for first, last in neighbours(sorted(row for row, column in image.formulas if column == at)):
            run = [[image.formulas[row, at]] for row in range(first, last + 1)]
            cells[first : last + 1, at].formula = run
