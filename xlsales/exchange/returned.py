"""Read a workbook that came back: what was typed, and everything that is not as it was sent."""

from collections import Counter
from dataclasses import dataclass, field
from math import isclose, isfinite
from pathlib import Path
from typing import Any

from xlsales.exchange.manifest import SHEET, Manifest, Place, unpack
from xlsales.exchange.parcels import Key
from xlsales.labels import LANGUAGES, word
from xlsales.problems import Problem
from xlsales.schema.origin import letters
from xlsales.sources.files import cells_of, open_workbook

MOST = 20  # problems of one kind in one file
Grid = list[list[Any]]


@dataclass
class Returned:
    """A workbook that came back. typed: the numbers that differ from what was sent, with the address of each."""

    path: Path
    manifest: Manifest
    finished: bool = False
    comment: str = ""
    typed: dict[tuple[Key, str], tuple[float, str]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


def read_returned(path: Path) -> Returned | Problem:
    """What came back in a file, or why it is none of those that were sent. Raises Unreadable for a broken file."""
    workbook = open_workbook(path)
    names = list(workbook.sheet_names)
    if SHEET not in names:
        return Problem("exchange_not_ours", "warning", source=path.name)
    parts = [line[0] for line in cells_of(workbook, SHEET, path.name) if line and line[0] is not None]
    manifest = unpack(parts)
    if manifest is None:
        return Problem("exchange_manifest", source=path.name)
    found = Returned(path, manifest)
    if manifest.sheet not in names:
        found.problems.append(problem(found, "exchange_sheet", None, manifest.sheet))
        return found
    cells = cells_of(workbook, manifest.sheet, path.name)
    moved = structure(found, cells)
    if moved is not None:
        found.problems.append(moved)
        return found
    check_locked(found, cells)
    check_outside(found, cells)
    read_answer(found, cells)
    read_numbers(found, cells)
    return found


def problem(found: Returned, code: str, place: Place | None, value: object = None, **facts: object) -> Problem:
    """Something wrong in a file, with its cell."""
    cell = address(place) if place else ""
    return Problem(code, value=value, source=found.path.name, facts={"cell": cell, "file": found.path.name, **facts})


def address(place: Place) -> str:
    """A cell's address; rows and columns count from 0.

    >>> address((6, 3))
    'D7'
    """
    return f"{letters(place[1] + 1)}{place[0] + 1}"


def at(cells: Grid, row: int, column: int) -> Any:
    """A cell's value; None beyond the last one."""
    return cells[row][column] if row < len(cells) and column < len(cells[row]) else None


def alike(one: object, two: object) -> bool:
    """Whether two cells hold the same; a spreadsheet keeps 15 digits of a number."""
    if isinstance(one, bool) or isinstance(two, bool):
        return one is two
    if isinstance(one, (int, float)) and isinstance(two, (int, float)):
        return isclose(one, two, rel_tol=1e-12, abs_tol=1e-9)
    return one == two


def structure(found: Returned, cells: Grid) -> Problem | None:
    """The first heading or row that is not in its place, where rows or columns were inserted, deleted or moved."""
    manifest = found.manifest
    heads = manifest.first[0] - 1
    for row, column, text in manifest.locked:
        if row == heads and not alike(at(cells, row, column), text):
            return problem(found, "exchange_moved", (row, column), at(cells, row, column), was=text)
    names: dict[int, dict[int, str | float]] = {}
    for row, column, text in manifest.locked:
        if row >= manifest.first[0] and column < manifest.first[1] - 1:
            names.setdefault(row, {})[column] = text
    sent = {row: tuple(line.values()) for row, line in names.items()}
    here = {row: tuple(at(cells, row, column) for column in line) for row, line in names.items()}
    known = Counter(sent.values())
    for row, line in sent.items():
        blank = all(part is None for part in here[row])
        if here[row] != line and (here[row] in known or blank):
            return problem(found, "exchange_moved", (row, 0), here[row][0], was=line[0])
    return None


def check_locked(found: Returned, cells: Grid) -> None:
    """Every locked cell as it was sent."""
    for row, column, text in found.manifest.locked:
        now = at(cells, row, column)
        if not alike(now, text) and len(found.problems) < MOST:
            found.problems.append(problem(found, "exchange_locked", (row, column), now, was=text))


def check_outside(found: Returned, cells: Grid) -> None:
    """Nothing where nothing was; the two columns of sums are the sheet's own."""
    manifest = found.manifest
    ours = {(row, column) for row, column, _ in manifest.locked} | {manifest.finished, manifest.comment}
    right = manifest.first[1] + len(manifest.periods) + 2
    bottom = manifest.first[0] + len(manifest.keys)
    for row, line in enumerate(cells):
        for column, value in enumerate(line):
            inside = manifest.first[0] - 1 <= row < bottom and manifest.first[1] <= column < right
            if value is not None and not inside and (row, column) not in ours and len(found.problems) < MOST:
                found.problems.append(problem(found, "exchange_outside", (row, column), value))


def read_answer(found: Returned, cells: Grid) -> None:
    """Whether the owner has finished, and what she remarks."""
    said = at(cells, *found.manifest.finished)
    yes = {word("value.flag.yes", lang).casefold() for lang in LANGUAGES}
    no = {word("value.flag.no", lang).casefold() for lang in LANGUAGES}
    answer = "" if said is None else str(said).strip().casefold()
    if answer and answer not in yes | no:
        found.problems.append(problem(found, "exchange_answer", found.manifest.finished, said))
    found.finished = answer in yes
    found.comment = str(at(cells, *found.manifest.comment) or "").strip()


def read_numbers(found: Returned, cells: Grid) -> None:
    """The numbers that differ from what was sent."""
    manifest = found.manifest
    for row, key in enumerate(manifest.keys):
        for step, period in enumerate(manifest.periods):
            place, old = manifest.place(row, step), manifest.old[row][step]
            now = at(cells, *place)
            if manifest.held[row][step] or (now is None and old is None):
                continue
            if now is None:
                found.problems.append(problem(found, "exchange_emptied", place, old))
            elif isinstance(now, bool) or not isinstance(now, (int, float)) or not isfinite(now):
                found.problems.append(problem(found, "exchange_no_number", place, now))
            elif old is None or not alike(now, old):
                found.typed[tuple(key), period] = (float(now), address(place))
