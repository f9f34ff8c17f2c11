"""Column widths that fit Chinese characters, headings in two lines, and the largest number."""

from typing import Any
from unicodedata import east_asian_width

from xlsales.build.cells import Value
from xlsales.build.styles import SENTENCES
from xlsales.schema.model import DATE, INTEGER, MONEY, NUMBER, NUMERIC, PERIOD, SHARE, TEXT, Column

LEAST, MOST, WIDEST = 7.0, 44.0, 80.0
ONE_LINE_BESIDE = 190.0  # of a sentence in a row that another table shares: a second line would make that row taller
FILTER_BUTTON = 3.0
SAMPLE = 400
EMPTY_TEXT, EMPTY_SENTENCE = 19, 48  # of columns in which nothing stands yet; a time has 19 letters
EMPTY_SUM = 14  # 99,999,999.00
HEADER_LINES = 2
HEADER_SIZE = 0.95  # bold letters of 9 points against plain ones of 10
ONE_LINE = 16  # a Chinese heading up to eight characters is not broken
LATIN = (0.7, 0.85)  # bold Latin letters of 9 points, narrow and wide ones, against a digit of 10


def text_width(text: str) -> int:
    """The number of narrow letters that a text is as wide as.

    >>> text_width("abc"), text_width("销售额")
    (3, 6)
    """
    return sum(2 if east_asian_width(letter) in "WF" else 1 for letter in text)


def heading_width(name: str) -> float:
    """What a heading needs over two lines: Latin words are not broken, Chinese may break anywhere."""
    whole = text_width(name)
    if not name.isascii():
        return (whole if whole <= ONE_LINE else whole / HEADER_LINES + 2) * HEADER_SIZE + FILTER_BUTTON
    longest = max((len(part) for part in name.split()), default=0)
    return max(longest, whole / HEADER_LINES + 1) * HEADER_SIZE + FILTER_BUTTON


def beside_button(name: str, width: float) -> float:
    """A width at which a heading that just fits into one line is not covered by its filter button.

    Spreadsheets break a line where the text is wider than the cell, whatever the button covers of it.

    >>> beside_button("Margin rate", 9.0), beside_button("Margin rate", 7.0), beside_button("Margin rate", 20.0)
    (12.35, 7.0, 20.0)
    """
    letters = text_width(name)
    narrow, wide = LATIN if name.isascii() else (HEADER_SIZE, HEADER_SIZE)
    needs = letters * wide + FILTER_BUTTON
    return needs if letters * narrow <= width < needs else width


def value_width(value: Value, kind: str, unit: int) -> int:
    """What a value needs as it is shown."""
    if value is None:
        return 0
    if isinstance(value, str):
        return text_width(value)
    if kind == DATE:
        return 10
    if kind == SHARE:
        return len(f"{value * 100:.1f}%")
    if kind == INTEGER:
        return len(f"{value:,.0f}")
    return len(f"{value / (unit if kind == MONEY else 1):,.2f}")


def column_width(name: str, column: Column, values: list[Value], unit: int, sentence: float = WIDEST) -> float:
    """The width of a column: of numbers all count, of texts a sample does. sentence: how wide sentences may become."""
    seen = values
    if column.kind in NUMERIC:
        known = [value for value in values if isinstance(value, float)]
        words = [value for value in values[:SAMPLE] if isinstance(value, str)]
        seen = [max(known, default=None), min(known, default=None), *words]
    elif len(values) > SAMPLE:
        seen = values[:: len(values) // SAMPLE]
    widest = max((value_width(value, column.kind, unit) for value in seen), default=0) + 2
    if not any(value is not None for value in values):  # somebody, or a button, writes there later
        if column.kind == TEXT:
            widest = EMPTY_SENTENCE if column.key in SENTENCES else EMPTY_TEXT
        elif column.kind in {MONEY, NUMBER}:
            widest = EMPTY_SUM
    least = 11.5 if column.kind in {DATE, PERIOD} else 13.0 if column.kind == MONEY else LEAST
    most = sentence if column.key in SENTENCES else MOST
    return beside_button(name, min(max(widest * 1.05, heading_width(name), least), most))


def set_widths(page: Any, widths: dict[int, float]) -> None:
    """Set the widths; the gap between two tables is narrow."""
    for column, width in sorted(widths.items()):
        page.set_column(column, column, round(width, 1))
        if column + 1 not in widths:
            page.set_column(column + 1, column + 1, 3)
