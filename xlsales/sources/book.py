"""A workbook of ours, filled in by hand: its tables are found by name, wherever their sheets were moved or renamed."""

import re
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from xml.etree import ElementTree as ET

from xlsales.schema.origin import Origin
from xlsales.sources.files import frame_from, open_workbook, plain_cells, scanned_frame
from xlsales.sources.large_sheet import read_large
from xlsales.sources.raw import READ, Raw, refuse
from xlsales.sources.workbook_parts import MAIN, links_of, part_of, sheet_parts

if TYPE_CHECKING:
    from xlsales.sources.sheet_columns import LargeSheet

PREFIX = "xs_"
__all__ = ["MAIN", "Area", "areas_of", "links_of", "part_of", "read_book"]
AREA = re.compile(r"\$?([A-Z]{1,3})\$?(\d+):\$?([A-Z]{1,3})\$?(\d+)")


class Area(NamedTuple):
    """Where a table stands: its key, its sheet and the sheet's part, first and last column and row (from 1), and rows
    of totals at its end.
    """

    table: str
    sheet: str
    part: str
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
    large: dict[str, LargeSheet | None] = {}
    sheets: dict[str, list[list[object]]] = {}
    for area in areas:
        if area.sheet not in large:
            large[area.sheet] = read_large(path, area.part)
        scanned = large[area.sheet]
        if scanned is not None:
            frame = scanned_frame(scanned, (area.left, area.right), (area.top, area.bottom - area.totals))
        else:
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
        for sheet, part in sheet_parts(parts, path.name).items():
            for target in links_of(parts, part, path.name).values():
                if "/tables/" in target and target in names:
                    area = _area(part_of(parts, target, path.name), sheet, part)
                    found += [area] if area else []
    return found


def _area(table: ET.Element, sheet: str, part: str) -> Area | None:
    name = table.get("displayName", "")
    place = AREA.fullmatch(table.get("ref", ""))
    if not name.startswith(PREFIX) or not place or table.get("headerRowCount") == "0":
        return None
    totals = int(table.get("totalsRowCount") or 0)
    left, right = _column(place[1]), _column(place[3])
    return Area(name.removeprefix(PREFIX), sheet, part, left, int(place[2]), right, int(place[4]), totals)


def _column(text: str) -> int:
    number = 0
    for letter in text:
        number = number * 26 + ord(letter) - 64
    return number
