"""Texts and numbers that are dates: ISO, slashes, Chinese, compact, serials; and whether days or months stand first."""

import datetime as dt
import re
from collections.abc import Iterable
from functools import partial

import numpy as np
from numpy.typing import NDArray

from xlsales.validate.cells import NULLS, SHEET_ERRORS, Cells, Mask, narrow

TIME = re.compile(r"(?:[T ]\s*\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?\s*(?:[AaPp][Mm])?\s*(?:Z|[+-]\d{2}:?\d{2})?)$")
YEAR_FIRST = re.compile(r"(\d{4})\s*([-/.年])\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?")
YEAR_LAST = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4})")
SHORT = re.compile(r"\d{1,2}([-/.])\d{1,2}\1\d{2}")
COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})(?:\.0)?")
SERIAL = re.compile(r"\d{5}(?:\.\d+)?")
NAMED = re.compile(r"(?:(\d{1,2})[- ]([A-Za-z]{3,9})[- ,]+(\d{4})|([A-Za-z]{3,9})[- ](\d{1,2})[- ,]+(\d{4}))")
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
ZERO = dt.date(1899, 12, 30)  # day 0 of a spreadsheet's dates
SERIALS = (25569, 109574)  # 1970-01-01 to 2199-12-31: what a person can mean by a serial
MONTH_FIRST, DAY_FIRST, BOTH = "month_first", "day_first", "both"
Read = tuple[dt.date | None, str]


def date_order(columns: Iterable[Cells]) -> str:
    """What the texts of a table's date columns prove about 3/4/2026: month_first, day_first, both, or nothing ("").

    >>> import pandas as pd
    >>> from xlsales.validate.cells import split
    >>> date_order([split(pd.Series(["3/4/2026", "3/13/2026"]))])
    'month_first'
    """
    proofs = set()
    for cells in columns:
        for text in cells.texts:
            found = YEAR_LAST.fullmatch(TIME.sub("", narrow(text)))
            if found and found[2] != ".":
                first, second = int(found[1]), int(found[3])
                if first > 12 >= second:
                    proofs.add(DAY_FIRST)
                elif second > 12 >= first:
                    proofs.add(MONTH_FIRST)
    return BOTH if len(proofs) == 2 else next(iter(proofs), "")


def read_date(text: str, order: str = "") -> Read:
    """The date that a text is, or None and the code of what is wrong.

    >>> read_date("2026年1月5日"), read_date("5/1/2026"), read_date("5/1/2026", "day_first")
    ((datetime.date(2026, 1, 5), ''), (None, 'date_ambiguous'), (datetime.date(2026, 1, 5), ''))
    """
    text = TIME.sub("", narrow(text)).strip()
    if not text or text.casefold() in NULLS:
        return None, ""
    if found := YEAR_FIRST.fullmatch(text):
        return _day(int(found[1]), int(found[3]), int(found[4]))
    if found := YEAR_LAST.fullmatch(text):
        return _year_last(int(found[1]), int(found[3]), int(found[4]), DAY_FIRST if found[2] == "." else order)
    if found := COMPACT.fullmatch(text):
        return _day(int(found[1]), int(found[2]), int(found[3]))
    if SERIAL.fullmatch(text) and SERIALS[0] <= float(text) <= SERIALS[1]:
        return ZERO + dt.timedelta(days=int(float(text))), ""
    if found := NAMED.fullmatch(text):
        day, name, year = found.group(1, 2, 3) if found[1] else found.group(5, 4, 6)
        if name[:3].lower() in MONTHS:
            return _day(int(year), MONTHS.index(name[:3].lower()) + 1, int(day))
    if text.upper() in SHEET_ERRORS:
        return None, "sheet_error"
    return None, "date_short_year" if SHORT.fullmatch(text) else "date_text"


def _day(year: int, month: int, day: int) -> Read:
    try:
        return dt.date(year, month, day), ""
    except ValueError:
        return None, "date_impossible"


def _year_last(first: int, second: int, year: int, order: str) -> Read:
    if first > 12 or order == DAY_FIRST:
        return _day(year, second, first)
    if second > 12 or order == MONTH_FIRST or first == second:
        return _day(year, first, second)
    return None, "date_ambiguous"


def read_dates(cells: Cells, order: str) -> tuple[NDArray[np.datetime64], dict[str, Mask]]:
    """Days of a column, NaT where blank or wrong; and for each code of a problem, which cells have it.

    The key `date_serials` marks numbers that were read as a spreadsheet's day count: no error, but worth saying.
    """
    days = cells.dates.copy()
    read = [read_date(text, order) for text in cells.texts]
    wrong = [code for _, code in read]
    worded = cells.code >= 0
    if worded.any():
        found = np.array([day or "NaT" for day, _ in read], dtype="M8[s]")
        days[worded] = found[cells.code[worded]]
    problems = {code: cells.where_text([why == code for why in wrong]) for code in sorted(set(wrong) - {""})}
    serials = cells.where_text([bool(SERIAL.fullmatch(text)) for text in cells.texts]) & ~np.isnat(days)
    numbers = cells.numbers
    given = ~np.isnan(numbers)
    if given.any():
        serial = given & (numbers >= SERIALS[0]) & (numbers <= SERIALS[1])
        days[serial] = np.datetime64(ZERO, "s") + np.floor(numbers[serial]).astype("m8[D]")
        serials |= serial
        compact = np.flatnonzero(given & (numbers >= 1e7) & (numbers < 1e8) & (numbers == np.round(numbers)))
        parts = list(map(partial(_compact), numbers[compact].astype(int).tolist()))
        days[compact] = np.array([day or "NaT" for day in parts], dtype="M8[s]")
        given &= np.isnat(days)
    odd = given | (cells.flags >= 0)
    if odd.any():
        problems["date_text"] = problems.get("date_text", np.zeros(len(cells), dtype=bool)) | odd
    if serials.any():
        problems["date_serials"] = serials
    return days, problems


def _compact(number: int) -> dt.date | None:
    return _day(number // 10000, number // 100 % 100, number % 100)[0]
