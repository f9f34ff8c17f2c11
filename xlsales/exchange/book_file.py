"""A workbook of ours as a file: its tables, with what was typed into the plan's matrices folded in."""

import re
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

from xlsales.commands.plan_view_fold import fold_all
from xlsales.commands.protocol import Matrix
from xlsales.problems import InputError
from xlsales.schema.origin import letters
from xlsales.sources import read_book
from xlsales.sources.book import MAIN, links_of, part_of
from xlsales.sources.files import cells_of, open_workbook
from xlsales.sources.raw import Raw

AREA = re.compile(r"='?(.+?)'?!\$([A-Z]{1,3})\$(\d+)(?::\$([A-Z]{1,3})\$(\d+))?")
CELL = re.compile(r"(?<![A-Za-z0-9_\[])(\$?)([A-Z]{1,3})(\$?)(\d+)(?![\w(])")


def read_plan_book(path: Path) -> Raw:
    """The input tables of a workbook, the plan as its matrices show it. Raises Unreadable, or InputError for a matrix
    that holds something other than numbers.
    """
    raw = read_book(path)
    if "plan" not in raw.tables:
        return raw
    problems = fold_all(Areas(path), raw.tables, raw.origins)  # type: ignore[arg-type]
    if problems:
        raise InputError(replace(problems[0], source=path.name))
    return raw


class Areas:
    """The named cells of a file, as far as the plan's matrices need them."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.workbook = open_workbook(path)
        self.cells: dict[str, list[list[Any]]] = {}
        self.formulas: dict[str, dict[str, str]] = {}
        with zipfile.ZipFile(path) as parts:
            book = part_of(parts, "xl/workbook.xml", path.name)
        self.names = {name.get("name", ""): "=" + (name.text or "") for name in book.iter(MAIN + "definedName")}

    def area(self, name: str) -> Matrix | None:
        """The cells of a name; None where it is unknown or its cells were deleted."""
        found = AREA.fullmatch(self.names.get(name, ""))
        if not found:
            return None
        sheet = found[1].replace("''", "'")
        left, top = number_of(found[2]), int(found[3])
        right, bottom = (number_of(found[4]), int(found[5])) if found[4] else (left, top)
        if sheet not in self.cells:
            self.cells[sheet] = cells_of(self.workbook, sheet, self.path.name)
            self.formulas[sheet] = formulas_of(self.path, sheet)
        rows, computed = self.cells[sheet], self.formulas[sheet]
        wide = [(rows[at] if at < len(rows) else []) + [None] * right for at in range(top - 1, bottom)]
        values = [[float(cell) if type(cell) is int else cell for cell in line[left - 1 : right]] for line in wide]
        formulas = [
            [computed.get(f"{letters(column)}{row}", "") for column in range(left, right + 1)]
            for row in range(top, bottom + 1)
        ]
        return Matrix(sheet, top, left, values, formulas)


def number_of(column: str) -> int:
    """A column's number, counted from 1.

    >>> number_of("AB")
    28
    """
    number = 0
    for letter in column:
        number = number * 26 + ord(letter) - 64
    return number


def formulas_of(path: Path, sheet: str) -> dict[str, str]:
    """The formulas of a sheet by address; what cells share is written out for each."""
    with zipfile.ZipFile(path) as parts:
        book = part_of(parts, "xl/workbook.xml", path.name)
        place = links_of(parts, "xl/workbook.xml", path.name)
        link = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
        target = next(place[each.get(link, "")] for each in book.iter(MAIN + "sheet") if each.get("name") == sheet)
        page = part_of(parts, target, path.name)
    found: dict[str, str] = {}
    shared: dict[str, tuple[str, str]] = {}
    for cell in page.iter(MAIN + "c"):
        formula, address = cell.find(MAIN + "f"), cell.get("r", "")
        if formula is not None:
            found[address] = "=" + written_out(formula, address, shared)
    return found


def written_out(formula: ET.Element, address: str, shared: dict[str, tuple[str, str]]) -> str:
    """A cell's own formula. shared: the first cell of each group that shares one, with its formula."""
    text, group = formula.text or "", formula.get("si", "")
    if formula.get("t") != "shared":
        return text
    if text:
        shared[group] = (address, text)
        return text
    first, text = shared.get(group, (address, ""))
    return moved(text, first, address)


def moved(formula: str, first: str, second: str) -> str:
    """A formula of one cell as it reads in another: references without a dollar move along.

    >>> moved("SUM(D9:D$12)", "D8", "E10")
    'SUM(E11:E$12)'
    """
    (column, row), (other, below) = (re.fullmatch(r"([A-Z]+)(\d+)", cell).groups() for cell in (first, second))  # type: ignore[union-attr]
    right, down = number_of(other) - number_of(column), int(below) - int(row)

    def one(found: re.Match[str]) -> str:
        name = found[2] if found[1] else letters(number_of(found[2]) + right)
        return f"{found[1]}{name}{found[3]}{found[4] if found[3] else int(found[4]) + down}"

    return CELL.sub(one, formula)
