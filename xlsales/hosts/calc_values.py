"""Cells of Calc as Excel would hand them over, and back: dates, booleans, errors and blanks; in bulk."""

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Any

from xlsales.hosts.calc_uno import struct

# What a number format makes of a number.
PLAIN, DATE, FLAG, TEXT, GENERAL = "number", "date", "flag", "text", "general"
GENERAL_FORMAT = "General"
TYPES = ((1024, FLAG), (256, TEXT), (2 | 4, DATE))  # bits of com.sun.star.util.NumberFormat
DAY_ZERO = dt.datetime(1899, 12, 30)  # noqa: DTZ001 - cells know no time zones
FORMATS = {DATE: "YYYY-MM-DD", FLAG: "BOOLEAN"}

VALUE_FORMULAS, ERROR_FORMULAS = 1, 4  # com.sun.star.sheet.FormulaResult
NOT_AVAILABLE = 32767
ERRORS = {
    502: "#VALUE!",
    503: "#NUM!",
    504: "#REF!",
    508: "#NAME?",
    511: "#VALUE!",
    519: "#VALUE!",
    521: "#NULL!",
    522: "#REF!",  # a circle
    523: "#NUM!",
    524: "#REF!",
    525: "#NAME?",
    532: "#DIV/0!",
    533: "#NULL!",
    NOT_AVAILABLE: "#N/A",
}
OTHER_ERROR = "#VALUE!"
ERROR_TEXTS = frozenset(ERRORS.values())


class ErrorText(str):
    """An error value on its way out of a cell, so that no text that looks like one is taken for it."""

    __slots__ = ()


class Formats:
    """The number formats of one document: what each makes of a number; looked up once."""

    def __init__(self, document: Any) -> None:
        self.formats = document.getNumberFormats()
        self.english = struct("lang.Locale", Language="en", Country="US")
        self._known: dict[int, tuple[str, str]] = {}

    def of(self, key: int) -> tuple[str, str]:
        """What a format makes of a number, and its code in English."""
        if key not in self._known:
            described = self.formats.getByKey(key)
            kinds = described.getPropertyValue("Type")
            code = described.getPropertyValue("FormatString")
            kind = next((kind for bits, kind in TYPES if kinds & bits), PLAIN)
            self._known[key] = (GENERAL, GENERAL_FORMAT) if code in {GENERAL_FORMAT, "Standard"} else (kind, code)
        return self._known[key]

    def key(self, code: str) -> int:
        """The number of a format; it is made if the document does not have it."""
        found = self.formats.queryKey(code, self.english, False)
        return int(self.formats.addNew(code, self.english) if found == -1 else found)


Box = tuple[int, int, int, int]  # first row, first column, last row, last column, from 0


def box_of(address: Any) -> Box:
    """The rectangle of an address of Calc."""
    return address.StartRow, address.StartColumn, address.EndRow, address.EndColumn


def typed(cells: Any, sheet: Any, formats: Formats) -> Sequence[Sequence[Any]]:
    """The values of cells as rows: numbers, texts, datetimes, booleans, ErrorText; "" for blank."""
    data = cells.getDataArray()
    top, left, _, _ = box_of(cells.getRangeAddress())
    rows: list[list[Any]] | None = None
    if any(None in row for row in data):
        rows = [list(row) for row in data]
        _errors(cells, sheet, rows, (top, left))
    groups = cells.getUniqueCellFormatRanges()
    for number in range(groups.getCount()):
        group = groups.getByIndex(number)
        kind = formats.of(group.getPropertyValue("NumberFormat"))[0]
        if kind not in {DATE, FLAG}:
            continue
        rows = rows or [list(row) for row in data]
        convert = as_date if kind == DATE else bool
        for address in group.getRangeAddresses():
            _convert(rows, box_of(address), (top, left), convert)
    rows = _computed_flags(cells, sheet, rows, data, formats)
    return rows or data


def _errors(cells: Any, sheet: Any, rows: list[list[Any]], corner: tuple[int, int]) -> None:
    """Name the errors; Calc tells the kind of an error only cell by cell."""
    for row, column in inside(cells.queryFormulaCells(ERROR_FORMULAS)):
        found = sheet.getCellByPosition(column, row).getError()
        rows[row - corner[0]][column - corner[1]] = ErrorText(ERRORS.get(found, OTHER_ERROR))
    for line in rows:  # an error that no formula made
        for at, value in enumerate(line):
            if value is None:
                line[at] = ErrorText(OTHER_ERROR)


def inside(ranges: Any) -> list[tuple[int, int]]:
    """Every cell of several ranges, as row and column from 0."""
    return [
        (row, column)
        for box in (box_of(address) for address in ranges.getRangeAddresses())
        for row in range(box[0], box[2] + 1)
        for column in range(box[1], box[3] + 1)
    ]


def _convert(rows: list[list[Any]], box: Box, corner: tuple[int, int], convert: Callable[[float], Any]) -> None:
    for row in rows[box[0] - corner[0] : box[2] - corner[0] + 1]:
        for at in range(box[1] - corner[1], box[3] - corner[1] + 1):
            if type(row[at]) is float:
                row[at] = convert(row[at])


def _computed_flags(
    cells: Any, sheet: Any, rows: list[list[Any]] | None, data: Sequence[Sequence[Any]], formats: Formats
) -> list[list[Any]] | None:
    """A formula without a format of its own that gives 1 or 0 may mean a boolean: only what it shows tells."""
    top, left, _, _ = box_of(cells.getRangeAddress())
    for row, column in inside(cells.queryFormulaCells(VALUE_FORMULAS)):
        if data[row - top][column - left] not in {0.0, 1.0}:
            continue
        cell = sheet.getCellByPosition(column, row)
        if formats.of(cell.getPropertyValue("NumberFormat"))[0] == GENERAL and not cell.getString()[:1].isdigit():
            rows = rows or [list(line) for line in data]
            rows[row - top][column - left] = data[row - top][column - left] == 1.0
    return rows


def as_date(serial: float) -> Any:
    """A day's number as a datetime, to the millisecond; a negative one stays a number.

    >>> as_date(45658.25)
    datetime.datetime(2025, 1, 1, 6, 0)
    """
    if serial < 0:
        return serial
    return DAY_ZERO + dt.timedelta(milliseconds=round(serial * 86_400_000))


def as_serial(moment: dt.date) -> float:
    """A date or datetime as a day's number.

    >>> as_serial(dt.date(2025, 1, 1))
    45658.0
    """
    if not isinstance(moment, dt.datetime):
        moment = dt.datetime(moment.year, moment.month, moment.day)  # noqa: DTZ001 - cells know no time zones
    passed = moment.replace(tzinfo=None) - DAY_ZERO
    return passed.days + passed.seconds / 86_400 + passed.microseconds / 86_400_000_000


def ready(rows: Sequence[Sequence[Any]]) -> tuple[tuple[tuple[Any, ...], ...], dict[str, dict[int, list[int]]]]:
    """Rows as Calc takes them, and the places of dates and booleans: kind → column → rows. A text keeps its letters.

    >>> ready([[1, "a", None, True, dt.date(2025, 1, 1)]])
    (((1.0, 'a', '', 1.0, 45658.0),), {'date': {4: [0]}, 'flag': {3: [0]}})
    """
    special: dict[str, dict[int, list[int]]] = {DATE: {}, FLAG: {}}
    out = []
    for number, row in enumerate(rows):
        line = list(row)
        for at, cell in enumerate(row):
            kind = type(cell)
            if kind is float or kind is str:
                continue
            if cell is None:
                line[at] = ""
            elif kind is bool:
                special[FLAG].setdefault(at, []).append(number)
                line[at] = float(cell)
            elif isinstance(cell, dt.date):
                special[DATE].setdefault(at, []).append(number)
                line[at] = as_serial(cell)
            else:
                line[at] = str(cell) if isinstance(cell, str) else float(cell)
        out.append(tuple(line))
    return tuple(out), special
