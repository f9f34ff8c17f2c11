"""Hand what was typed in a book over to another file of ours: inputs, plan matrices with their holds, settings."""

import re
from pathlib import Path
from typing import TYPE_CHECKING

from xlsales.commands.protocol import Cell, Difference, Grid, Handing, Patch
from xlsales.hosts.file import check_target
from xlsales.hosts.kept_copy import replace_keeping
from xlsales.hosts.tables import Found, formulas_in
from xlsales.hosts.xlsx_cells import Area, same
from xlsales.hosts.xlsx_compare import Formulas, Held, Saved, differing, filled, headings_of
from xlsales.hosts.xlsx_parts import Place
from xlsales.hosts.xlsx_write import Edit, write_tables
from xlsales.labels import word
from xlsales.problems import InputError, Problem
from xlsales.schema import TABLES
from xlsales.schema.origin import letters
from xlsales.schema.targets import QUANTITIES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xlsales.hosts.open_book import HostBook

ENDINGS = frozenset({".xlsx", ".xlsm"})
OWN = frozenset({"undo", "problems", "log", "plan_shown"})  # they speak of the book that they stand in
TYPED = tuple(key for key, table in TABLES.items() if table.role != "result" and key not in OWN)
PLANNED = re.compile(rf"xs_(?!hold_|command_)[a-z]+_(?:{'|'.join(QUANTITIES)})")  # holds stand inside of xs_plan_
NAMES = 3  # columns of a matrix that say whose row it is
ERROR = re.compile(r"#(?:N/A|REF!|VALUE!|NAME\?|NUM!|NULL!|DIV/0!)")


def handing(book: "HostBook", path: Path) -> Handing:
    """What a file of ours would get from a book, and how to write it; nothing is written yet.

    Raises InputError: a file that cannot be written, is open elsewhere or none of ours, a table that the book lost, a
    plan with other rows.
    """
    if path.suffix.lower() not in ENDINGS:
        raise InputError(Problem("hand_ending", source=path.name))
    if not path.exists():
        raise InputError(Problem("source_missing", value=str(path)))
    check_target(path, force=True)
    saved = Saved(path)
    if not saved.tables:
        raise InputError(Problem("book_not_ours", source=path.name))
    writes: list[Edit | Patch] = []
    told: list[Difference] = []
    for key in TYPED:
        held = saved.table(key)
        if held is not None:
            edit, difference = _table(book.tables.need(key), held)
            writes += [edit] if edit else []
            told += [difference] if difference.any else []
    for name in sorted(filter(PLANNED.fullmatch, saved.areas)):
        patches, difference = _area(book, name, saved)
        writes += patches
        told += [difference] if difference.any else []

    writes += _logged(book, saved, sum(each.cells for each in told))

    def write() -> Path:
        return replace_keeping(path, lambda target: write_tables(path, target, writes, book.lang) and None)

    return Handing(tuple(told), write)


def _logged(book: "HostBook", saved: Saved, cells: int) -> list[Edit]:
    """A row of the file's log that says where its new inputs come from."""
    held = saved.table("log")
    if held is None:
        return []
    row = {
        "time": f"{book.now:%Y-%m-%d %H:%M:%S}",
        "user": book.user,
        "command": word("command.copy_for_excel", book.lang),
        "parameters": book.book.name,
        "rows": float(cells),
    }
    at = headings_of(held)
    last = held.filled
    cells_of_row: dict[tuple[int, int], Cell] = {(last, at[key]): cell for key, cell in row.items() if key in at}
    return [Edit("log", max(len(held.cells), last + 1), cells_of_row)]


def _table(found: Found, held: Held) -> tuple[Edit | None, Difference]:
    """The cells of a table that the file must get."""
    place = held.place
    assert isinstance(place, Place)
    ours = found.place
    spoken = {str(heading).strip(): at for at, heading in enumerate(found.headings) if at not in ours.values()}
    known = {at: ours.get(key) for key, at in headings_of(held).items()}
    known |= {at: spoken.get(heading.strip()) for at, heading in enumerate(place.headings) if at not in known}
    from_book = {at: source for at, source in known.items() if source is not None and at not in place.computed}
    values = found.values()
    formulas = formulas_in(found.block(0, 0, found.rows, found.width), values)
    typed = [[cell for at, cell in enumerate(line) if at in from_book.values()] for line in values]
    rows = max(filled(typed), min(found.rows, len(held.cells)), 1)
    rows = max(rows, len(held.cells)) if place.totals else rows
    cells, computing = _turned(held, from_book, (values, formulas), max(rows, len(held.cells)))
    changes = differing(held, cells, computing)
    lost = sum(1 for row, at in changes if _computes(held, row, at) or computing[row][at])
    unknown = [name for name, at in spoken.items() if name and at not in from_book.values() and _any(values, at)]
    before, after = held.filled, filled(cells)
    facts = {"added": max(after - before, 0), "removed": max(before - after, 0), "formulas": lost}
    cut = rows < len(held.cells)
    edit = Edit(place.key, rows, {at: cell for at, cell in changes.items() if at[0] < rows}) if changes or cut else None
    return edit, Difference(place.key, len(changes), **facts, unknown=tuple(unknown))


def _turned(
    held: Held, from_book: dict[int, int], book: tuple[Grid, Formulas], rows: int
) -> tuple[Grid, list[list[str]]]:
    """The book's cells and formulas in the order of the file's columns; what it does not have, as the file has it."""
    values, formulas = book
    cells, computing = [], []
    for row in range(rows):
        own: Sequence[Cell] = held.cells[row] if row < len(held.cells) else [None] * len(held.cells[0])
        computes = held.formulas[row] if row < len(held.cells) else [""] * len(held.cells[0])
        line, spelled = list(own), list(computes)
        for at, source in from_book.items():
            line[at] = values[row][source] if row < len(values) else None
            spelled[at] = formulas[row][source] if row < len(values) else ""
            if isinstance(line[at], str) and spelled[at] and ERROR.fullmatch(str(line[at])):
                line[at], spelled[at] = own[at], computes[at]  # what this program cannot compute is no input
        cells.append(line)
        computing.append(spelled)
    return cells, computing


def _computes(held: Held, row: int, at: int) -> bool:
    return row < len(held.formulas) and bool(held.formulas[row][at])


def _any(values: Grid, at: int) -> bool:
    return any(line[at] not in (None, "") for line in values)


def _area(book: "HostBook", name: str, saved: Saved) -> tuple[list[Patch], Difference]:
    """The cells of a plan's area that the file must get; a sum that the file computes stays one."""
    held, matrix = saved.area(name), book.area(name)
    assert held is not None
    sheet = held.place.sheet
    corner = f"{letters(held.place.box[0])}{held.place.box[1]}" if isinstance(held.place, Area) else ""
    if matrix is None:
        raise InputError(Problem("book_area_missing", facts={"name": name}))
    shape = [(len(rows), len(rows[0])) for rows in (held.cells, matrix.cells)]
    alike = shape[0] == shape[1] and (
        not name.startswith("xs_plan_")
        or all(
            same(one, two)
            for mine, theirs in zip(held.cells, matrix.cells, strict=True)
            for one, two in zip(mine[:NAMES], theirs[:NAMES], strict=True)
        )
    )
    if not alike:
        raise InputError(Problem("hand_rows", sheet=sheet, cell=corner, facts={"book": saved.book.name}))
    changes = {
        place: cell
        for place, cell in differing(held, matrix.cells, matrix.formulas).items()
        if not (_computes(held, *place) and matrix.formulas[place[0]][place[1]])
    }
    lost = sum(1 for row, at in changes if _computes(held, row, at) or matrix.formulas[row][at])
    patches = [Patch(name, row, at, [[cell]]) for (row, at), cell in changes.items()]
    return patches, Difference(name, len(changes), 0, 0, lost)
