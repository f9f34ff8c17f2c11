"""Frames into cells and back: codes of ours as words, blanks as None, nothing that a spreadsheet would read as more."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd

from xlsales.commands.protocol import Cell, Grid
from xlsales.labels import known, word
from xlsales.schema.model import CODE, DATE, FLAG, NUMERIC, PERIOD, TEXT, Column, Table
from xlsales.udfs.cells import plain_out

TEXT_LIMIT = 32_767  # a cell holds no more
FIRST_DAY = np.datetime64("1900-03-01")  # days before it are off by one in spreadsheets
LITERAL = frozenset({TEXT, CODE, PERIOD})  # kinds whose cells must be formatted as text: 007, 2026-01, 4-4-5


def column_cells(table: Table, column: Column, series: pd.Series, lang: str) -> list[Cell]:
    """The values of one of our columns as cells: numbers, datetimes, texts; None for blank.

    >>> from xlsales.schema import TABLES
    >>> plan = TABLES["plan"]
    >>> column_cells(plan, plan.column("measure"), pd.Series(["sales", None]), "zh")
    ['销售额', None]
    """
    if column.kind in NUMERIC and pd.api.types.is_numeric_dtype(series):
        numbers = series.to_numpy(dtype="float64", na_value=np.nan)
        return [value if np.isfinite(value) else None for value in numbers.tolist()]
    if column.kind == DATE and pd.api.types.is_datetime64_any_dtype(series):
        return _days(series)
    if column.kind == FLAG:
        says = {True: word("value.flag.yes", lang), False: word("value.flag.no", lang)}
        return [says[bool(value)] if isinstance(value, (bool, np.bool_)) else plain(value) for value in series.tolist()]
    spoken: dict[object, Cell] = {}
    shown = column.key if speaks(table, column) else ""
    cells: list[Cell] = []
    for value in series.astype(object).where(series.notna(), None).tolist():
        if value not in spoken:
            spoken[value] = _text(value, shown, lang) if column.kind in LITERAL else plain(value)
        cells.append(spoken[value])
    return cells


def _days(series: pd.Series) -> list[Cell]:
    stamps = series.to_numpy(dtype="datetime64[us]")
    found: list[Cell] = stamps.astype(object).tolist()  # datetimes, None where missing
    for place in np.flatnonzero(stamps < FIRST_DAY):
        found[place] = str(stamps[place].astype("datetime64[D]"))
    return found


def plain(value: object) -> Cell:
    """Any value as a cell."""
    found = plain_out(value)
    return found[:TEXT_LIMIT] if isinstance(found, str) else found


def _text(value: object, column: str, lang: str) -> Cell:
    found = plain(value)
    if found is None:
        return None
    if isinstance(found, float) and found.is_integer():
        found = int(found)  # a code read as 1001.0 is the code 1001
    text = str(found)
    return value_word(column, text, lang) if column else text


def value_word(column: str, value: str, lang: str) -> str:
    """A code of ours in words; a user's own passes as it is."""
    key = f"value.{column}.{value}"
    return word(key, lang) if known(key) else value


def speaks(table: Table, column: Column) -> bool:
    """Whether a column's values may be codes of ours that are shown as words, not names that a user gave."""
    if column.domain:
        return True
    ours = table.role in {"result", "kept"} and column.kind in {CODE, TEXT}
    return ours and not column.refs and column.key not in {"member", "name", "period", "salesperson"}


def raw_frame(headings: Sequence[object], rows: Grid) -> pd.DataFrame:
    """Cells under their headings as a raw table; a heading that is no text is written out."""
    names = ["" if heading is None else str(heading).strip() for heading in headings]
    frame = pd.DataFrame(rows, columns=pd.RangeIndex(len(names)), dtype=object)
    for place in frame.columns:
        values = frame[place].tolist()
        if any(type(value) is Decimal for value in values):  # cells formatted as currency
            frame[place] = pd.Series([_number(value) for value in values], dtype=object)
    return frame.set_axis(names, axis=1)


def _number(value: Any) -> Any:
    return float(value) if isinstance(value, Decimal) else value


def blank(row: Sequence[object]) -> bool:
    """Whether nothing stands in a row of cells."""
    return all(cell is None or (isinstance(cell, str) and not cell.strip()) for cell in row)


def grid_of(value: Any) -> Grid:
    """What a range gave, as rows."""
    return [list(row) for row in value] if value is not None else []


def formulas_of(formulas: Any, values: Grid) -> list[list[str]]:
    """The formulas of a range as rows; "" where a cell holds a plain value, be it a text that looks like a formula."""
    rows = formulas if isinstance(formulas, (list, tuple)) else ((formulas,),)
    return [
        [cell if isinstance(cell, str) and cell.startswith("=") and cell != value else "" for cell, value in pairs]
        for pairs in (zip(row, line, strict=True) for row, line in zip(rows, values, strict=True))
    ]
