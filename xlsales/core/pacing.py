"""Where a target stands part of the way through its period, and where it will land."""

from collections.abc import Callable

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from xlsales.core.ratio import Dates, Day, Floats, day, days, days_between, ratio
from xlsales.core.refusal import Refusal

Workdays = Callable[[np.datetime64, np.datetime64], float]
INPUT = ("target", "actual", "period_start", "period_end")


def attainment(actual: ArrayLike, target: ArrayLike) -> Floats:
    """Actual / target; where the target is negative by difference, 1 + (actual − target)/|target|; where it is 0 blank.

    actual, target: arrays in the same unit. Returns shares (1.0 = reached).
    Source: DEFINITIONS 5, negative base as in 9.

    >>> attainment([90.0, -50.0, 5.0], [100.0, -100.0, 0.0])
    array([0.9, 1.5, nan])
    """
    actual, target = np.asarray(actual, float), np.asarray(target, float)
    return 1.0 + ratio(actual - target, np.abs(target))


def elapsed_weight(
    start: Dates,
    end: Dates,
    as_of: Day,
    weights: ArrayLike | None = None,
) -> Floats:
    """W(t): the share of a period's target that should be reached at the end of the day as_of.

    start, end: dates, both inside the period. weights: one per equal slice of the period (12 for the months of a year
    if months are taken as equal), any scale; None = linear in days. Inside a slice W runs straight. Returns shares in
    [0, 1]: 0 before the start, 1 from the end on.
    Refuses weights that are negative, missing or all zero, and a period that ends before it starts.

    >>> month = np.datetime64("2026-01-01"), np.datetime64("2026-01-30")
    >>> elapsed_weight(*month, np.datetime64("2026-01-15")).item()
    0.5
    >>> elapsed_weight(*month, np.datetime64("2026-01-15"), [1, 3]).item()
    0.25
    """
    length = days_between(start, end) + 1.0
    if np.any(length < 1.0):
        raise Refusal("period_ends_before_start", periods=int(np.sum(length < 1.0)))
    done = np.clip((days_between(start, as_of) + 1.0) / length, 0.0, 1.0)
    if weights is None:
        return np.asarray(done)
    grid = cumulative_weights(weights)
    filled = np.interp(np.nan_to_num(done), np.linspace(0.0, 1.0, len(grid)), grid)
    reached: Floats = np.where(np.isnan(done), np.nan, filled)
    return reached


def cumulative_weights(weights: ArrayLike) -> Floats:
    """Running share of the weights, from 0 to 1: (n,) → (n + 1,).

    Refuses weights that are negative, missing or all zero.

    >>> cumulative_weights([1, 1, 2])
    array([0.  , 0.25, 0.5 , 1.  ])
    """
    parts = np.asarray(weights, float).ravel()
    if not len(parts) or not np.all(np.isfinite(parts)) or np.any(parts < 0) or parts.sum() == 0:
        raise Refusal("pace_weights", weights=[float(part) for part in parts])
    running = np.concatenate([[0.0], np.cumsum(parts)]) / parts.sum()
    running[-1] = 1.0
    shares: Floats = running
    return shares


def month_weight(start: Day, end: Day, as_of: Day, month_index: ArrayLike) -> float:
    """W(t) with real months: each day weighs the index of its calendar month over the days of that month.

    month_index: (12,) seasonal indices, January first, any scale (the sum of a year is what counts). Returns a share.
    Refuses indices that are not 12, negative, missing, or zero over the whole period.

    >>> year = np.datetime64("2026-01-01"), np.datetime64("2026-12-31")
    >>> round(month_weight(*year, np.datetime64("2026-02-28"), [3, 3] + [1] * 10), 9)
    0.375
    """
    index = np.asarray(month_index, float).ravel()
    if len(index) != 12 or not np.all(np.isfinite(index)) or np.any(index < 0):
        raise Refusal("pace_weights", weights=[float(part) for part in index])
    every_day = np.arange(day(start), day(end) + 1)
    if not len(every_day):
        raise Refusal("period_ends_before_start", periods=1)
    months = every_day.astype("M8[M]")
    lengths = ((months + 1).astype("M8[D]") - months.astype("M8[D]")).astype(float)
    weight = index[months.astype(int) % 12] / lengths
    if weight.sum() == 0:
        raise Refusal("pace_weights", weights=[float(part) for part in index])
    return float(weight[every_day <= day(as_of)].sum() / weight.sum())


def pace(frame: pd.DataFrame, as_of: Day, workdays: Workdays | float | None = None) -> pd.DataFrame:
    """Attainment, expectation, pace index, landing and what is left to do, for many targets at once.

    frame: target, actual, period_start, period_end and any further columns (measure, scope, member ...), one row per
    target; optional `elapsed` = W(t) of the row (left out or blank: linear in days); optional `weighted_due` = weighted
    open pipeline due in the period. as_of counts as elapsed. workdays: number of working days left, or a function
    (first, last) → number, both ends counted; None leaves required_per_day blank.
    Returns the frame with elapsed, attainment, expected (target × W), pace_index (actual over expected), landing
    (actual / W), remaining (target − actual), required_per_day, required_uplift ((T − A)/(T(1 − W)), 1 = as planned)
    and, with weighted_due, landing_blended (actual + weighted_due). Blank where a denominator is 0 or an input missing.
    Refuses a frame without the four columns. Source: DEFINITIONS 5.

    >>> row = pd.DataFrame({"target": [300.0], "actual": [120.0], "period_start": [pd.Timestamp("2026-01-01")],
    ...                     "period_end": [pd.Timestamp("2026-01-30")]})
    >>> pace(row, pd.Timestamp("2026-01-15"), 10.0)[["expected", "pace_index", "landing", "required_per_day"]].values
    array([[150. ,   0.8, 240. ,  18. ]])
    """
    missing = [column for column in INPUT if column not in frame]
    if missing:
        raise Refusal("columns_missing", columns=missing)
    target = frame["target"].to_numpy(float)
    actual = frame["actual"].to_numpy(float)
    linear = elapsed_weight(frame["period_start"], frame["period_end"], as_of)
    given = frame["elapsed"].to_numpy(float) if "elapsed" in frame else np.full(len(frame), np.nan)
    elapsed = np.where(np.isnan(given), linear, given)
    if np.any((elapsed < 0) | (elapsed > 1)):
        raise Refusal("elapsed_outside", rows=int(np.sum((elapsed < 0) | (elapsed > 1))))
    expected, remaining = target * elapsed, target - actual
    result = frame.assign(
        elapsed=elapsed,
        attainment=attainment(actual, target),
        expected=expected,
        pace_index=attainment(actual, expected),
        landing=ratio(actual, elapsed),
        remaining=remaining,
        required_per_day=ratio(remaining, _days_left(frame, as_of, workdays)),
        required_uplift=np.where(target > 0, ratio(remaining, target * (1.0 - elapsed)), np.nan),
    )
    if "weighted_due" in frame:
        result["landing_blended"] = actual + frame["weighted_due"].to_numpy(float)
    return result


def _days_left(frame: pd.DataFrame, as_of: Day, workdays: Workdays | float | None) -> Floats:
    """Working days after as_of in each row's period; each distinct period is asked for once."""
    if workdays is None:
        return np.full(len(frame), np.nan)
    if not callable(workdays):
        return np.full(len(frame), float(workdays))
    starts = np.maximum(days(frame["period_start"]), day(as_of) + 1)
    ends = days(frame["period_end"])
    asked: dict[tuple[np.datetime64, np.datetime64], float] = {}
    left = np.full(len(frame), np.nan)
    for row, (first, last) in enumerate(zip(starts, ends, strict=True)):
        if np.isnat(first) or np.isnat(last):
            continue
        if (first, last) not in asked:
            asked[first, last] = float(workdays(first, last)) if first <= last else 0.0
        left[row] = asked[first, last]
    return left
