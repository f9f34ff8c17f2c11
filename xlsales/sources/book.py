"""A workbook of ours, filled in by hand: its tables are found by name, wherever their sheets were moved or renamed."""

import re
import zipfile
from pathlib import Path, PurePosixPath
from typing import NamedTuple
from xml.etree import ElementTree as ET

from xlsales.schema.origin import Origin
from xlsales.sources.files import frame_from, open_workbook, plain_cells
from xlsales.sources.raw import READ, Raw, refuse

PREFIX = "xs_"
MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
LINK = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
AREA = re.compile(r"\$?([A-Z]{1,3})\$?(\d+):\$?([A-Z]{1,3})\$?(\d+)")


class Area(NamedTuple):
    """Where a table stands: its key, sheet, first and last column and row (from 1), and rows of totals at its end."""

    table: str
    sheet: str
    left: int
    top: int
    right: int
    bottom: int
    totals: int


def read_book(path: Path) -> Raw:
    """The input tables of a workbook of xlsales; results are not read. Origins carry sheet and cell.

    Raises Unreadable: damaged, protected by a password, or none of ours.
    """
    workbook = open_workbook(path)
    areas = [area for area in areas_of(path) if area.table in READ]
    if not areas:
        raise refuse("book_not_ours", path.name)
    raw = Raw()
    sheets: dict[str, list[list[object]]] = {}
    for area in areas:
        if area.sheet not in sheets:
            sheets[area.sheet] = plain_cells(workbook, area.sheet, path.name)
        rows = sheets[area.sheet][area.top - 1 : area.bottom - area.totals]
        first, count = area.left - 1, area.right - area.left + 1
        headings = [*rows[0][first : area.right], *[None] * count][:count] if rows else []
        frame = frame_from(headings, rows[1:], first)
        origin = Origin(path.name, area.sheet, area.top, area.left)
        raw.add(area.table, frame, origin)
    return raw


def areas_of(path: Path) -> list[Area]:
    """Every table object of a workbook whose name begins with xs_."""
    found = []
    with zipfile.ZipFile(path) as parts:
        names = set(parts.namelist())
        book = part_of(parts, "xl/workbook.xml", path.name)
        links = links_of(parts, "xl/workbook.xml", path.name)
        for sheet in book.iter(MAIN + "sheet"):
            part = links.get(sheet.get(LINK, ""), "")
            if part not in names:
                continue
            for target in links_of(parts, part, path.name).values():
                if "/tables/" in target and target in names:
                    area = _area(part_of(parts, target, path.name), sheet.get("name", ""))
                    found += [area] if area else []
    return found


def _area(table: ET.Element, sheet: str) -> Area | None:
    name = table.get("displayName", "")
    place = AREA.fullmatch(table.get("ref", ""))
    if not name.startswith(PREFIX) or not place or table.get("headerRowCount") == "0":
        return None
    totals = int(table.get("totalsRowCount") or 0)
    left, right = _column(place[1]), _column(place[3])
    return Area(name.removeprefix(PREFIX), sheet, left, int(place[2]), right, int(place[4]), totals)


def _column(text: str) -> int:
    number = 0
    for letter in text:
        number = number * 26 + ord(letter) - 64
    return number


def links_of(parts: zipfile.ZipFile, part: str, name: str) -> dict[str, str]:
    """The parts that a part refers to, by their id."""
    folder = PurePosixPath(part).parent
    rels = f"{folder}/_rels/{PurePosixPath(part).name}.rels"
    if rels not in parts.namelist():
        return {}
    found = {}
    for link in part_of(parts, rels, name):
        target = link.get("Target", "")
        whole = target.lstrip("/") if target.startswith("/") else str(folder / target)
        steps: list[str] = []
        for step in whole.split("/"):
            if step == "..":
                steps = steps[:-1]
            else:
                steps.append(step)
        found[link.get("Id", "")] = "/".join(steps)
    return found


def part_of(parts: zipfile.ZipFile, part: str, name: str) -> ET.Element:
    """A part as a tree; one that declares its own entities is no workbook that a spreadsheet program saved."""
    try:
        data = parts.read(part)
        if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
            raise refuse("workbook_broken", name)
        return ET.fromstring(data)  # noqa: S314 - without a document type there are no entities to expand
    except (ET.ParseError, KeyError, zipfile.BadZipFile) as error:
        raise refuse("workbook_broken", name) from error
