"""Cells in and out of Python: what hosts hand over becomes plain rows, what functions return becomes plain cells."""

import datetime as dt
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd

Cell = int | float | str | bool | dt.datetime | None
Rows = list[list[Any]]
SCALAR, FLAT, BLOCK = "scalar", "flat", "block"
LONGEST_TEXT = 255  # some versions of Excel show #VALUE! for longer texts out of a function
MOST_ROWS = 65_535  # and for more rows than this


@dataclass(frozen=True)
class Range:
    """The cells of an argument as rows of one length. shape: how they were given (scalar, flat list, block)."""

    rows: Rows
    shape: str

    @property
    def size(self) -> tuple[int, int]:
        """Rows and columns."""
        return len(self.rows), len(self.rows[0]) if self.rows else 0

    @property
    def empty(self) -> bool:
        """Whether nothing stands in it."""
        return all(cell is None for row in self.rows for cell in row)


def plain_in(value: Any) -> Any:
    """A cell as hosts give it, without the kinds that only libraries know; blank texts and NaN are None.

    An infinity, which no sheet holds, becomes the text "inf", which no reader takes for a number.

    >>> plain_in(Decimal("1.5")), plain_in(float("nan")), plain_in("  ")
    (1.5, None, None)
    """
    if value is None or value is pd.NaT or value is pd.NA:
        return None
    if isinstance(value, (np.datetime64, np.timedelta64)):
        return None if np.isnat(value) else pd.Timestamp(value).to_pydatetime()
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, Decimal):
        value = float(value)
    if isinstance(value, float):
        return None if math.isnan(value) else str(value) if math.isinf(value) else value
    if isinstance(value, pd.Timestamp):
        return value.to_pydatetime()
    if isinstance(value, str):
        return value if value.strip() else None
    return value


def as_range(value: Any) -> Range:
    """An argument as rows; ragged lists keep their lengths (the reader refuses them).

    >>> as_range([10, 30]).rows, as_range(5).shape
    ([[10, 30]], 'scalar')
    """
    if isinstance(value, Range):
        return value
    if isinstance(value, pd.DataFrame):
        return Range(
            [list(value.columns), *([plain_in(cell) for cell in row] for row in value.to_numpy(object))], BLOCK
        )
    if isinstance(value, pd.Series):
        value = value.tolist()
    if isinstance(value, np.ndarray):
        value = value.tolist()
    if isinstance(value, range):
        value = list(value)
    if not isinstance(value, (list, tuple)):
        return Range([[plain_in(value)]], SCALAR)
    if not any(isinstance(row, (list, tuple, np.ndarray)) for row in value):
        return Range([[plain_in(cell) for cell in value]] if value else [], FLAT)
    return Range([[plain_in(cell) for cell in _row(row)] for row in value], BLOCK)


def _row(row: Any) -> Iterable[Any]:
    return row if isinstance(row, (list, tuple, np.ndarray)) else [row]


def plain_out(value: Any) -> Cell:
    """A result as a cell holds it; what is missing, empty or without end is an empty cell.

    >>> plain_out(np.float64(2)), plain_out(pd.NaT), plain_out(np.bool_(True)), plain_out({"b", "a"})
    (2.0, None, True, 'a, b')
    """
    if isinstance(value, float) and math.isinf(value):
        return None
    value = plain_in(value)
    if value is None or isinstance(value, (bool, int, dt.datetime)):
        return value
    if isinstance(value, float):
        return value + 0.0  # no minus zero
    if isinstance(value, dt.date):
        return dt.datetime(value.year, value.month, value.day)  # noqa: DTZ001 - cells know no time zones
    if isinstance(value, (set, frozenset)):
        return ", ".join(sorted(str(item) for item in value)) or None
    if isinstance(value, (list, tuple)):
        return ", ".join(str(item) for item in value) or None
    return str(value) or None


def rows_out(rows: Sequence[Sequence[Any]]) -> list[list[Cell]]:
    """Rows of results as plain cells."""
    return [[plain_out(cell) for cell in row] for row in rows]


def shaped(values: np.ndarray[Any, Any], given: Range) -> Any:
    """Values in the shape of the range they belong to: one value for a value, rows for everything else.

    >>> shaped(np.array([1.0, 2.0]), as_range([[5], [6]]))
    [[1.0], [2.0]]
    """
    if given.shape == SCALAR:
        return plain_out(np.asarray(values).ravel()[0])
    return rows_out(np.asarray(values, dtype=object).reshape(given.size).tolist())


def shortened(result: Any) -> Any:
    """A result whose long texts are cut, so that no version of a spreadsheet refuses them."""
    if isinstance(result, str):
        return result if len(result) <= LONGEST_TEXT else result[: LONGEST_TEXT - 1] + "…"
    if isinstance(result, list):
        return [shortened(item) for item in result]
    return result
