"""What the formulas of a saved workbook show until a program computes them: fresh values, or none, never stale ones.

A spreadsheet program that trusts the values in a file, a preview on a phone, a reader of values would else show figures
of the day before beside new ones.
"""

import re
import zipfile
from collections.abc import Collection, Mapping
from pathlib import Path

from xlsales.hosts.xlsx_cells import CELL, DATA, FORMULA
from xlsales.hosts.xlsx_parts import attribute, copy_with, related

KIND = re.compile(r"""\st=(?:"[^"]*"|'[^']*')""")
VALUE = re.compile(r"<v\b[^>]*/>|<v\b[^>]*>.*?</v>|<is\b.*?</is>", re.DOTALL)
Shown = dict[str, tuple[str, str, str]]  # by address: the formula, the kind of its value, the value


def with_values(
    book: Path, target: Path, fresh: Path | None, sheets: Collection[str], unlike: Collection[str] = ()
) -> None:
    """Copy a workbook with other values beside the formulas of some sheets; the formulas stay as they are.

    fresh: a workbook whose formulas were computed from the same tables; where it has the same formula at the same
    place, its value is taken, elsewhere none is kept. None: no value is kept. unlike: sheets for which it is no guide.
    """
    with zipfile.ZipFile(book) as parts:
        new = {} if fresh is None else shown_in(fresh)
        changed: dict[str, bytes | None] = {}
        for name, part in sheet_parts(parts).items():
            if name in sheets:
                page = parts.read(part).decode("utf-8")
                like = {} if name in unlike else new.get(name, {})
                changed[part] = revalued(page, like).encode("utf-8")
    copy_with(book, target, changed)


def sheet_parts(parts: zipfile.ZipFile) -> dict[str, str]:
    """The part of each sheet, by the sheet's name."""
    book, links = parts.read("xl/workbook.xml").decode("utf-8"), related(parts, "xl/workbook.xml")
    tags = re.findall(r"<(?:\w+:)?sheet\s[^>]*>", book)
    found = {attribute(tag, "name"): links.get(attribute(tag, r"\w+:id"), "") for tag in tags}
    return {name: part for name, part in found.items() if part in parts.namelist()}


def shown_in(book: Path) -> dict[str, Shown]:
    """The formulas of every sheet with what they show."""
    with zipfile.ZipFile(book) as parts:
        return {name: shown_on(parts.read(part).decode("utf-8")) for name, part in sheet_parts(parts).items()}


def shown_on(page: str) -> Shown:
    """The formulas of a sheet with what they show."""
    found: Shown = {}
    body = DATA.search(page)
    for cell in CELL.finditer(body[1] or "" if body else ""):
        formula = FORMULA.search(cell[2] or "")
        if formula:
            value = VALUE.search(cell[2])
            found[attribute(f"<c {cell[1]}>", "r")] = (
                formula[0], attribute(f"<c {cell[1]}>", "t"), value[0] if value else "",
            )  # fmt: skip
    return found


def revalued(page: str, fresh: Mapping[str, tuple[str, str, str]]) -> str:
    """A sheet whose formulas show the fresh values, where there are any for the same formula.

    >>> old = '<sheetData><row r="1"><c r="A1" s="2"><f>B1+1</f><v>7</v></c><c r="B1"><v>6</v></c></row></sheetData>'
    >>> revalued(old, {"A1": ("<f>B1+1</f>", "str", "<v>x</v>")})[:70]
    '<sheetData><row r="1"><c r="A1" s="2" t="str"><f>B1+1</f><v>x</v></c><'
    >>> "<v>7</v>" in revalued(old, {})
    False
    """

    def one(cell: re.Match[str]) -> str:
        formula = FORMULA.search(cell[2] or "")
        if formula is None:
            return cell[0]
        known, kind, value = fresh.get(attribute(f"<c {cell[1]}>", "r"), ("", "", ""))
        about, typed = KIND.sub("", cell[1]).rstrip(), ""
        if known != formula[0]:
            value = ""
        elif kind:
            typed = f' t="{kind}"'
        return f"<c{about}{typed}>{formula[0]}{value}</c>"

    body = DATA.search(page)
    if body is None or not body[1]:
        return page
    return page[: body.start(1)] + CELL.sub(one, body[1]) + page[body.end(1) :]
