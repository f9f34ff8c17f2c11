"""The values of a large worksheet by column, and the cells of any part of them."""

import datetime as dt
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

NUMBER, DAY, TEXT = range(3)


@dataclass
class Column:
    """The cells of a column that hold a value. row: (n,) from 1, rising. what: (n,) NUMBER, DAY or TEXT.

    value: (n,) the number, or the place of a text among all values.
    """

    row: NDArray[np.int32]
    what: NDArray[np.int8]
    value: NDArray[np.float64]


NOTHING = Column(np.zeros(0, np.int32), np.zeros(0, np.int8), np.zeros(0))


@dataclass
class LargeSheet:
    """The columns of a sheet by their numbers, from 1, and all its values that are no numbers; blank ones are None."""

    columns: dict[int, Column]
    values: NDArray[np.object_]

    @property
    def height(self) -> int:
        """The last row in which any cell has a value."""
        return max(int(column.row[-1]) for column in self.columns.values())

    @property
    def width(self) -> int:
        """The last column in which any cell has a value."""
        return max(self.columns)

    def row(self, number: int, first: int, last: int) -> list[object]:
        """The cells of one row, from one column to another; blank ones are None."""
        return [self._cells(self._part(column, number, number), number, 1)[0] for column in range(first, last + 1)]

    def rows(self, number: int, first: int, last: int) -> pd.Series:
        """The cells of a column in some rows, as `files.column_of` gives them, but texts alone as a categorical."""
        count = max(last - first + 1, 0)
        part = self._part(number, first, last)
        place, kinds = part.row - first, set(np.unique(part.what).tolist())
        if kinds == {TEXT}:
            return self._words(part, first, count)
        if kinds == {NUMBER}:
            numbers = np.full(count, np.nan)
            numbers[place] = part.value
            return pd.Series(numbers)
        if kinds == {DAY}:
            days = np.full(count, "NaT", "M8[s]")
            days[place] = _days(part.value)
            return pd.Series(days)
        return pd.Series(self._cells(part, first, count), dtype=object)

    def _part(self, number: int, first: int, last: int) -> Column:
        column = self.columns.get(number, NOTHING)
        begin, end = np.searchsorted(column.row, (first, last + 1))
        return Column(column.row[begin:end], column.what[begin:end], column.value[begin:end])

    def _cells(self, part: Column, first: int, count: int) -> NDArray[np.object_]:
        """Cells of any kinds, as the library gives them."""
        cells = np.full(count, None, dtype=object)
        place = {what: part.row[part.what == what] - first for what in (NUMBER, DAY, TEXT)}
        value = {what: part.value[part.what == what] for what in (NUMBER, DAY, TEXT)}
        cells[place[NUMBER]] = value[NUMBER]
        cells[place[DAY]] = [_day(day) for day in _days(value[DAY]).tolist()]
        cells[place[TEXT]] = self.values[value[TEXT].astype(np.int64)]
        return cells

    def _words(self, part: Column, first: int, count: int) -> pd.Series:
        """Cells that are all texts: a categorical, unless some are truth values or days."""
        value = part.value.astype(np.int64)
        used = np.flatnonzero(np.bincount(value, minlength=len(self.values)))
        used = used[[text is not None for text in self.values[used]]]
        if not len(used) or not all(isinstance(text, str) for text in self.values[used]):
            return pd.Series(self._cells(part, first, count), dtype=object)
        code_of = np.full(len(self.values), -1, np.int32)
        code_of[used] = np.arange(len(used))
        codes = np.full(count, -1, np.int32)
        codes[part.row - first] = code_of[value]
        words = pd.Index(self.values[used], dtype=object)
        return pd.Series(pd.Categorical.from_codes(codes, words))  # type: ignore[arg-type]


def _days(value: NDArray[np.float64]) -> NDArray[np.datetime64]:
    """Serial days as times of day to the second, of which a part below a millisecond is rounded as the library does."""
    return np.datetime64("1899-12-30", "s") + (np.round(value * 86_400_000).astype(np.int64) // 1000).astype("m8[s]")


def _day(time: dt.datetime) -> dt.date | dt.datetime:
    return time if time.time() != dt.time() else time.date()
