"""Texts that are numbers: thousands marks, decimal comma, percent, brackets, currency signs, full-width digits."""

import re

import numpy as np
from numpy.typing import NDArray

from xlsales.schema.model import INTEGER, NUMBER, SHARE
from xlsales.validate.cells import NULLS, SHEET_ERRORS, Cells, Mask, narrow

PLAIN = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")
WHOLE = re.compile(r"[+-]?\d+")
CURRENCY = re.compile(
    r"^(?:RMB|CNY|USD|EUR|GBP|JPY|HKD|[¥$€£])\s*|\s*(?:RMB|CNY|USD|EUR|GBP|JPY|HKD|[¥$€£]|元)$", re.IGNORECASE
)
GROUPED = {
    ".": re.compile(r"(?:\d{1,3}(?:,\d{3})+|\d{1,3}(?:[ '’]\d{3})+|\d+)(?:\.\d*)?|\.\d+"),
    ",": re.compile(r"(?:\d{1,3}(?:\.\d{3})+|\d{1,3}(?:[ '’]\d{3})+|\d+)(?:,\d*)?|,\d+"),
}
OTHER = {".": ",", ",": "."}


def read_number(text: str, decimal: str = ".", *, percent: bool = True) -> float | None:
    """The number that a text is; None where it is none, or not one by this decimal mark.

    >>> [read_number(text) for text in ("1,234.50", "(1,234)", "¥12", "12%", "１２３", "5-", "1,5")]
    [1234.5, -1234.0, 12.0, 0.12, 123.0, -5.0, None]
    >>> read_number("1.234,50", ","), read_number("1.5", ",")
    (1234.5, None)
    """
    text = narrow(text).replace("\u2212", "-").replace("￥", "¥").strip()
    brackets = text.startswith("(") and text.endswith(")")
    text, signs = (text[1:-1].strip(), "-") if brackets else _unsigned(text)
    text, more = _unsigned(CURRENCY.sub("", text))  # $-5
    signs += more
    if len(signs) > 1:
        return None
    scale = 1.0
    if text.endswith("%"):
        if not percent:
            return None
        text, scale = text[:-1].strip(), 100.0
    if not GROUPED[decimal].fullmatch(text):
        return None
    for mark in (OTHER[decimal], " ", "'", "’"):
        text = text.replace(mark, "")
    number = float(text.replace(",", ".")) / scale
    return -number if signs == "-" else number


def _unsigned(text: str) -> tuple[str, str]:
    """A text without the signs before or behind it, and these signs."""
    signs = ""
    if text[:1] in {"-", "+"}:
        text, signs = text[1:].strip(), text[0]
    if text[-1:] == "-":
        text, signs = text[:-1].strip(), signs + "-"
    return text, signs


def read_numbers(cells: Cells, kind: str, decimal: str) -> tuple[NDArray[np.float64], dict[str, Mask]]:
    """Numbers of a column, NaN where blank or wrong; and for each code of a problem, which cells have it."""
    fast = PLAIN if decimal == "." else WHOLE
    percent = kind in {NUMBER, SHARE}
    found, wrong = [], []
    for text in cells.texts:
        if fast.fullmatch(text):
            found.append(float(text))
            wrong.append("")
            continue
        value = read_number(text, decimal, percent=percent) if text else None
        found.append(np.nan if value is None else value)
        wrong.append("" if value is not None else _why(text, decimal, percent=percent))
    numbers = cells.numbers.copy()
    worded = cells.code >= 0
    if worded.any():
        numbers[worded] = np.array(found)[cells.code[worded]]
    problems = {code: cells.where_text([why == code for why in wrong]) for code in sorted(set(wrong) - {""})}
    # A date or a truth value where a number belongs is a mistake; so is an infinity.
    odd = ~np.isnat(cells.dates) | (cells.flags >= 0) | np.isinf(numbers)
    if odd.any():
        problems["number_text"] = problems.get("number_text", np.zeros(len(cells), dtype=bool)) | odd
        numbers[odd] = np.nan
    if kind == INTEGER:
        broken = ~np.isnan(numbers) & (numbers != np.round(numbers))
        if broken.any():
            problems["number_not_whole"] = broken
    return numbers, problems


def _why(text: str, decimal: str, *, percent: bool) -> str:
    """The code of what is wrong with a text that is no number; empty where it only says that nothing is there."""
    if not text or text.casefold() in NULLS:
        return ""
    if text.upper() in SHEET_ERRORS:
        return "sheet_error"
    if not percent and read_number(text, decimal) is not None:
        return "number_percent"
    if read_number(text, OTHER[decimal]) is not None:
        return "number_mark"
    return "number_text"
