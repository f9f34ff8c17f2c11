"""Cells of a saved workbook read without any program: values as they stand, formulas written out, named areas."""

import re
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape, unescape
from math import isclose, isfinite

from xlsales.commands.protocol import Cell, Grid
from xlsales.hosts.calc_formulas import shifted
from xlsales.hosts.calc_values import as_serial
from xlsales.hosts.xlsx_parts import attribute, number_of, related
from xlsales.problems import InputError, Problem

DATA = re.compile(r"<sheetData\s*/>|<sheetData[^>]*>(.*?)</sheetData>", re.DOTALL)
ROW = re.compile(r"<row\b([^>]*?)(?:/>|>(.*?)</row>)", re.DOTALL)
CELL = re.compile(r"<c\b([^>]*?)(?:/>|>(.*?)</c>)", re.DOTALL)
NUMBER, ADDRESS, STYLE = re.compile(r'\br="(\d+)"'), re.compile(r'\br="([A-Z]+)\d+"'), re.compile(r'\bs="(\d+)"')
FORMULA = re.compile(r"<f\b([^>]*?)(?:/>|>(.*?)</f>)", re.DOTALL)
VALUE = re.compile(r"<v\b[^>]*>(.*?)</v>", re.DOTALL)
TEXT = re.compile(r"<t\b[^>]*>(.*?)</t>", re.DOTALL)
SPOKEN = re.compile(r"<rPh\b.*?</rPh>", re.DOTALL)  # how a text is pronounced, not what it says
ITEM = re.compile(r"<si\b[^>]*?(?:/>|>(.*?)</si>)", re.DOTALL)
NAMED = re.compile(r"(?P<sheet>'(?:[^']|'')+'|[^'!]+)!\$([A-Z]{1,3})\$(\d+)(?::\$([A-Z]{1,3})\$(\d+))?")
EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001 - cells have no zone
SECONDS = 86_400
FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
DIGITS = 1e-13  # spreadsheets keep 15 of them
Box = tuple[int, int, int, int]  # first column, first row, last column, last row, from 1


class Formula(str):
    """A cell that computes; the formula as the file holds it, without an equals sign."""

    __slots__ = ()


@dataclass(frozen=True)
class Area:
    """A named area. box: first column, first row, last column, last row, from 1."""

    name: str
    sheet: str
    sheet_part: str
    box: Box


def named_areas(parts: zipfile.ZipFile) -> dict[str, Area]:
    """Every name of the whole book that stands for cells of one sheet."""
    book = parts.read("xl/workbook.xml").decode("utf-8")
    links = related(parts, "xl/workbook.xml")
    sheets = {
        attribute(tag, "name"): links.get(attribute(tag, r"\w+:id"), "")
        for tag in re.findall(r"<(?:\w+:)?sheet\s[^>]*>", book)
    }
    found = {}
    for tag, text in re.findall(r"(<(?:\w+:)?definedName\b[^>]*>)(.*?)</", book, re.DOTALL):
        at = NAMED.fullmatch(unescape(text))
        sheet = at["sheet"].removeprefix("'").removesuffix("'").replace("''", "'") if at else ""
        if at and sheets.get(sheet) and not attribute(tag, "localSheetId"):
            left, top = number_of(at[2]), int(at[3])
            box = (left, top, number_of(at[4]), int(at[5])) if at[4] else (left, top, left, top)
            name = attribute(tag, "name")
            found[name] = Area(name, sheet, sheets[sheet], box)
    return found


def shared_texts(parts: zipfile.ZipFile) -> list[str]:
    """The texts that cells of all sheets share."""
    if "xl/sharedStrings.xml" not in parts.namelist():
        return []
    xml = parts.read("xl/sharedStrings.xml").decode("utf-8")
    return [_text(item[1] or "") for item in ITEM.finditer(xml)]


def _text(xml: str) -> str:
    return "".join(unescape(part) for part in TEXT.findall(SPOKEN.sub("", xml)))


def cells_in(page: str, box: Box, texts: Sequence[str]) -> tuple[Grid, list[list[str]]]:
    """The values and formulas of an area as rows. Dates are the serial numbers that stand there; "" is no formula."""
    left, top, right, bottom = box
    width, height = right - left + 1, bottom - top + 1
    values: Grid = [[None] * width for _ in range(height)]
    formulas = [[""] * width for _ in range(height)]
    body = DATA.search(page)
    shared: dict[str, tuple[str, int, int]] = {}  # a formula that cells share, with the place of its first cell
    for about, cells in ROW.findall(body[1] or "" if body else ""):
        number = NUMBER.search(about)
        if number is None:
            raise InputError(Problem("refresh_sheet"))
        row = int(number[1])
        inside = top <= row <= bottom
        if not inside and 't="shared"' not in cells:
            continue
        for found in CELL.finditer(cells):
            address = ADDRESS.search(found[1])
            if address is None:
                raise InputError(Problem("refresh_sheet"))
            column = number_of(address[1])
            formula = _formula(found[2] or "", (row, column), shared)
            if inside and left <= column <= right:
                values[row - top][column - left] = value_of(found[0], texts)
                formulas[row - top][column - left] = formula
    return values, formulas


def _formula(inside: str, place: tuple[int, int], shared: dict[str, tuple[str, int, int]]) -> str:
    """A cell's formula with its equals sign, that of a group written out for this cell; "" for none."""
    found = FORMULA.search(inside)
    if found is None:
        return ""
    text = unescape(found[2] or "")
    group = attribute("<f" + found[1] + ">", "si")
    if 't="shared"' not in found[1]:
        return "=" + text
    if text:
        shared[group] = (text, *place)
        return "=" + text
    first, row, column = shared.get(group, ("", *place))
    return shifted("=" + first, place[0] - row, place[1] - column)


def value_of(cell: str, texts: Sequence[str]) -> Cell:
    """What a cell holds.

    >>> value_of('<c r="A1" t="s"><v>1</v></c>', ["a", "b"]), value_of('<c r="A1" s="2"><v>1.50</v></c>', [])
    ('b', 1.5)
    """
    start = cell[: cell.index(">") + 1]
    kind = attribute(start, "t")
    if kind == "inlineStr":
        return _text(cell) or None
    found = VALUE.search(cell)
    if found is None or not found[1]:
        return None
    if kind == "s":
        return texts[int(found[1])] or None
    if kind == "b":
        return found[1] == "1"
    return float(found[1]) if kind in {"", "n"} else unescape(found[1]) or None


def same(one: Cell, two: Cell) -> bool:
    """Whether two cells hold the same; a date is its serial number, and a spreadsheet keeps 15 digits.

    >>> from datetime import datetime
    >>> same(45658.0, datetime(2025, 1, 1)), same(None, ""), same(1.0, True), same("1", 1.0)
    (True, True, False, False)
    """
    one, two = (None if cell == "" else cell for cell in (one, two))
    if isinstance(one, bool) or isinstance(two, bool):
        return one is two
    first, second = (cell if isinstance(cell, (str, float)) or cell is None else _number(cell) for cell in (one, two))
    if isinstance(first, float) and isinstance(second, float):
        return isclose(first, second, rel_tol=DIGITS)
    return type(first) is type(second) and first == second


def _number(cell: Cell) -> float:
    return float(cell) if isinstance(cell, int) else as_serial(cell)  # type: ignore[arg-type]


def row_cells(row: str) -> dict[int, str]:
    """The cells of a row by their column."""
    found = {}
    for cell in CELL.finditer(row):
        address = ADDRESS.search(cell[1])
        if address is None:
            raise InputError(Problem("refresh_sheet"))
        found[number_of(address[1])] = cell[0]
    return found


def style_of(cell: str) -> str:
    """The number of a cell's format; "" for none."""
    found = STYLE.search(cell[: cell.index(">")])
    return found[1] if found else ""


def xml_cell(value: Cell, address: str, style: str) -> str:
    """A cell as XML, text as text whatever it looks like.

    >>> xml_cell("=1<2", "B2", "3")
    '<c r="B2" s="3" t="inlineStr"><is><t>=1&lt;2</t></is></c>'
    """
    start = f'<c r="{address}"' + (f' s="{style}"' if style else "")
    if isinstance(value, Formula):
        return f"{start}><f>{value}</f></c>"
    if value is None or (isinstance(value, float) and not isfinite(value)):
        return start + "/>"
    if isinstance(value, bool):
        return f'{start} t="b"><v>{int(value)}</v></c>'
    if isinstance(value, datetime):
        return f"{start}><v>{(value - EPOCH).total_seconds() / SECONDS:.16G}</v></c>"
    if isinstance(value, (int, float)):
        return f"{start}><v>{value:.17G}</v></c>"
    text = escape(FORBIDDEN.sub("", str(value)), quote=False)
    space = ' xml:space="preserve"' if text != text.strip() or "\n" in text else ""
    return f'{start} t="inlineStr"><is><t{space}>{text}</t></is></c>'
