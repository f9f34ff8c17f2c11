"""Rows summed by whole-number codes: what the cube does with a million rows, in blocks that stay in the cache."""

import math
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any, cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from xlsales.core.calendar import Calendar, PeriodLevel, period_keys
from xlsales.core.encoding import Codes, Encoded, Ints
from xlsales.core.quantities import MEASURES, WHOLE_MONTHS
from xlsales.core.ratio import days

Sums = NDArray[np.float64]
Flags = NDArray[np.bool_]
Dates = NDArray[np.datetime64]
Measures = Mapping[str, Sums | None]

BLOCK = 1 << 16  # rows that fit the cache together with their sums
DENSE = 1 << 22  # more cells than this are counted by the combinations that occur
CALENDAR_MONTH = "calendar month"  # as a grain; a month of the calendar may close on another day
A_DAY = {"D": 1, "s": 86_400, "ms": 86_400_000, "us": 86_400_000_000, "ns": 86_400_000_000_000}
NO_DATE = -(1 << 24)  # stands for a missing date: before all of them
NOT_A_TIME = np.iinfo(np.int64).min
MANY = 1 << 17  # rows from which a second thread pays
THREADS = 4


@dataclass(frozen=True)
class Cells:
    """The combinations of some columns and spans of time that occur, in rising order, and their sums."""

    codes: dict[str, Ints]
    time: Ints
    sums: dict[str, Sums]


@dataclass(frozen=True)
class Times:
    """codes: (n,) the span of time of each row; starts: its first day (NaT: rows without a date)."""

    codes: Codes
    starts: Dates


def side_by_side(work: Sequence[Callable[[], Any]], rows: int) -> list[Any]:
    """Do pieces of work on several threads, where rows are many; numpy lets other threads run meanwhile."""
    if len(work) < 2 or rows < MANY:
        return [piece() for piece in work]
    with ThreadPoolExecutor(min(len(work), THREADS)) as pool:
        return [done.result() for done in [pool.submit(piece) for piece in work]]


def day_numbers(*columns: pd.Series) -> Codes:
    """Days since 1970 of each date of the columns, NO_DATE where there is none.

    >>> day_numbers(pd.Series(pd.to_datetime(["1970-01-03 12:00", None]))).tolist() == [2, NO_DATE]
    True
    """
    found = np.empty(sum(map(len, columns)), dtype=np.int32)
    at = 0
    for column in columns:
        raw = column.to_numpy()
        per_day = A_DAY.get(np.datetime_data(raw.dtype)[0], 0) if raw.dtype.kind == "M" else 0
        number = raw.view(np.int64) if per_day else days(column).astype("M8[D]").view(np.int64)
        missing = bool(len(number)) and number.min() == NOT_A_TIME
        for start in range(0, len(number), BLOCK):
            block = number[start : start + BLOCK]
            day = block // (per_day or 1)
            found[at : at + len(block)] = np.where(block == NOT_A_TIME, NO_DATE, day) if missing else day
            at += len(block)
    return found


def times_of(numbers: Codes, grain: str, calendar: Calendar) -> Times:
    """The span of time of each day number: a calendar month, or a period of the calendar."""
    low, high = (int(numbers.min()), int(numbers.max())) if len(numbers) else (0, 0)
    missing = numbers == NO_DATE if low == NO_DATE else None
    if missing is not None:
        known = numbers[~missing]
        low, high = (int(known.min()), int(known.max())) if len(known) else (0, 0)
    table = np.arange(low, high + 1).astype("M8[D]")
    if grain == CALENDAR_MONTH:
        months = table.astype("M8[M]")
        part = (months - months[0]).astype(np.int32)
    else:
        part = pd.factorize(period_keys(table, cast("PeriodLevel", grain), calendar))[0].astype(np.int32)
    starts = table[np.searchsorted(part, np.arange(part[-1] + 1))]
    if grain == CALENDAR_MONTH:
        starts = starts.astype("M8[M]").astype("M8[D]")
    codes = np.empty(len(numbers), dtype=np.int32)
    for start in range(0, len(numbers), BLOCK):
        place = numbers[start : start + BLOCK] - np.int32(low)
        part.take(place, out=codes[start : start + BLOCK], mode="clip")
    if missing is None:
        return Times(codes, starts)
    codes[missing] = len(starts)
    return Times(codes, np.append(starts, np.datetime64("NaT")))


def grain_of_rows(period: str, calendar: Calendar) -> str:
    """The span of time that rows are summed by: calendar months wherever the period is made of them."""
    plain = calendar.month_close_day in {None, 31} and calendar.week_pattern is None
    return CALENDAR_MONTH if period == "none" or (plain and period in WHOLE_MONTHS) else period


def measures_of(lines: pd.DataFrame) -> Measures:
    """Arrays to add up; None stands for a plain count of rows, a name that repeats for the same array."""
    found: dict[str, Sums | None] = {}
    values = {name: lines[name].to_numpy(dtype=np.float64, na_value=np.nan) for name in MEASURES[:4]}
    unknown, uncounted = np.isnan(values["margin"]), np.isnan(values["volume"])
    for name, numbers in values.items():
        bad = unknown if name == "margin" else uncounted if name == "volume" else np.isnan(numbers)
        found[name] = np.where(bad, 0.0, numbers) if bad.any() else numbers
    sales = found["sales"]
    assert sales is not None, "set above"
    found["known_sales"] = np.where(unknown, 0.0, sales) if unknown.any() else sales
    found["known"] = (~unknown).astype(np.float64) if unknown.any() else None
    found["counted"] = (~uncounted).astype(np.float64) if uncounted.any() else None
    found["lines"] = None
    return found


@dataclass(frozen=True)
class Rows:
    """What is added up: the measures of the lines, and of the cash rows that follow them."""

    lines: int
    measures: Measures
    cash: Measures


@dataclass(frozen=True)
class _Keys:
    """The cell of each row, worked out where it is asked for: columns as digits of one number, time last."""

    digits: list[tuple[Codes, int]]
    picked: Ints | None  # rows to take; None: all
    known: Ints | None = None  # cells of the rows to take, where they are numbered by what occurs

    def of(self, start: int, end: int) -> Ints:
        """The cells of the rows taken from start to end."""
        if self.known is not None:
            return self.known[start:end]
        at = slice(start, end) if self.picked is None else self.picked[start:end]
        found = self.digits[0][0][at].astype(np.int64)
        for codes, size in self.digits[1:]:
            found *= size
            found += codes[at]
        return found


def cells_of(rows: Rows, by: Mapping[str, Encoded], times: Times, kept: Flags | None = None) -> Cells:
    """Sum every measure by column codes and span of time over the rows that are kept (None: all)."""
    digits = [(part.codes, part.size) for part in by.values()] + [(times.codes, len(times.starts))]
    picked = None if kept is None else np.flatnonzero(kept)
    total = len(times.codes) if picked is None else len(picked)
    cut = rows.lines if picked is None else int(np.searchsorted(picked, rows.lines))
    keys, cells, present = _Keys(digits, picked), math.prod(size for _, size in digits), None
    if cells > max(DENSE, total):
        known, present = occurring(keys.of(0, total))
        keys, cells = _Keys(digits, picked, known), len(present)
    middle = cut // 2 if cut >= MANY else 0
    spans = [(0, middle), (middle, cut)] if middle else [(0, cut)]
    work = [partial(_add_up, keys, span, cells, rows.measures, 0) for span in spans]
    work.append(partial(_add_up, keys, (cut, total), cells, rows.cash, rows.lines))
    *lines, cash = side_by_side(work, total)
    sums = {name: values + lines[1][name] if len(lines) > 1 else values for name, values in lines[0].items()} | cash
    if present is None:
        some = sums["lines"] > 0
        some |= sums["receipts"] > 0
        present = np.flatnonzero(some)
        if len(present) < cells:
            sums = {name: values[present] for name, values in sums.items()}
    codes, left = {}, present
    left, time = np.divmod(left, len(times.starts))
    for name, part in reversed(list(by.items())):
        left, codes[name] = np.divmod(left, part.size)
    return Cells(codes, time, sums)


def occurring(keys: Ints) -> tuple[Ints, Ints]:
    """Place of each row among the keys that occur, and those keys in rising order.

    >>> place, present = occurring(np.array([7, 3, 7]))
    >>> place.tolist(), present.tolist()
    ([1, 0, 1], [3, 7])
    """
    codes, found = pd.factorize(keys)
    order = np.argsort(found)
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    return rank[codes], np.asarray(found)[order]


def _add_up(keys: _Keys, span: tuple[int, int], cells: int, measures: Measures, before: int) -> dict[str, Sums]:
    """Sums by cell over a span of the rows taken, block by block, so that keys are made once for all measures.

    before: how many rows stand before those that the measures belong to.
    """
    distinct = {id(values): values for values in measures.values()}
    sums = {key: np.zeros(cells) for key in distinct}
    step = BLOCK if cells <= BLOCK else max(span[1] - span[0], 1)
    for start in range(*span, step):
        end = min(start + step, span[1])
        code = keys.of(start, end)
        at = slice(start - before, end - before) if keys.picked is None else keys.picked[start:end] - before
        for key, values in distinct.items():
            sums[key] += np.bincount(code, None if values is None else values[at], cells)
    return {name: sums[id(values)] for name, values in measures.items()}
