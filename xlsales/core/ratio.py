"""A ratio of totals, and days between dates: blank where the denominator is nothing or a date is missing."""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Ints = NDArray[np.int64]
DayArray = NDArray[np.datetime64]
Day = np.datetime64 | pd.Timestamp
Dates = ArrayLike | pd.Series | pd.Timestamp


def day(moment: Day) -> np.datetime64:
    """The day of a moment.

    >>> day(pd.Timestamp("2026-01-31 17:30"))
    np.datetime64('2026-01-31')
    """
    stamp = pd.Timestamp(moment)
    return np.datetime64(stamp.date(), "D")


def days(dates: Dates) -> DayArray:
    """Dates as whole days, NaT where missing.

    >>> days(pd.Series([pd.Timestamp("2026-01-31 17:30"), pd.NaT])).tolist()
    [datetime.date(2026, 1, 31), None]
    """
    return np.asarray(dates, dtype="M8[D]")


def ratio(part: ArrayLike, whole: ArrayLike) -> Floats:
    """Divide part by whole, cell by cell; NaN (shown blank) where whole is 0 or either is missing.

    part, whole: numbers or arrays that broadcast. Returns an array of their common shape.

    >>> ratio([1.0, 1.0], [4.0, 0.0])
    array([0.25,  nan])
    """
    part, whole = np.broadcast_arrays(np.asarray(part, float), np.asarray(whole, float))
    shares: Floats = np.divide(part, whole, out=np.full(part.shape, np.nan), where=whole != 0)
    return shares


def single(part: float, whole: float) -> float:
    """`ratio` of two plain numbers.

    >>> single(1, 0)
    nan
    """
    return float(ratio(part, whole))


def days_between(start: Dates, end: Dates) -> Floats:
    """Days from start to end as numbers, NaN where a date is missing; times of day are cut off.

    >>> days_between(np.array(["2026-01-01", "NaT"], "M8[D]"), np.datetime64("2026-01-31")).tolist()
    [30.0, nan]
    """
    gap = days(end) - days(start)
    counted: Floats = np.where(np.isnat(gap), np.nan, gap.astype(float))
    return counted
