"""The ways to fill a row of cells: straight line, growth, profiles, seasons, patterns, drivers, remainder."""

import re
from collections.abc import Sequence

import numpy as np
import pandas as pd

from xlsales.core.apportion import Cells, allocate, numbers
from xlsales.core.apportion_cells import Segments
from xlsales.core.hierarchy import Floats
from xlsales.core.refusal import Refusal
from xlsales.core.rounding import from_units, largest_remainder, to_units

PATTERNS = {"first": "first", "last": "last", "P !*": "first", "!* P": "last", "bell": "1-2-1", "middle": "0-1-0"}


def straight_line(start: float, end: float, count: int) -> Floats:
    """Equal steps from start to end: a + (b - a)(k - 1)/(n - 1); one cell gets the start.

    >>> straight_line(100, 200, 6)
    array([100., 120., 140., 160., 180., 200.])
    """
    return np.linspace(start, end, count) if count > 1 else np.full(count, float(start))


def growth(start: float, rate: float, count: int) -> Floats:
    """Compound growth a(1 + g)^(k - 1); rate 0.25 is 25 %.

    >>> growth(300, 0.25, 3)
    array([300.  , 375.  , 468.75])
    """
    return np.asarray(start * (1.0 + rate) ** np.arange(count))


def percent(values: Cells, rate: float) -> Floats:
    """Each value changed by a rate: x(1 + p); blank stays blank.

    >>> percent([100, 200], 0.1)
    array([110., 220.])
    """
    return np.asarray(numbers(values, "values") * (1.0 + rate))


def percent_of_profile(reference: Cells, rate: float) -> Floats:
    """The reference slice changed by a rate: ref(1 + p), so p = +20 % is 1.2 times and p = -50 % half the reference.

    >>> percent_of_profile([100, 200, 300], -0.5)
    array([ 50., 100., 150.])
    """
    return percent(reference, rate)


def factor_spread(source: Cells, factors: Cells) -> Floats:
    """Each source value times its factor's share of all factors.

    >>> factor_spread([12, 24, 6], [3, 2, 1])
    array([6., 8., 1.])
    """
    parts = numbers(factors, "weights")
    if parts.sum() == 0 or np.isnan(parts).any():
        raise Refusal("factors_sum_zero", factors=parts.tolist()[:20])
    return np.asarray(numbers(source, "values") * parts / parts.sum())


def remainder(total: float, entries: Cells, weights: Cells | None = None, unit: float | None = None) -> Floats:
    """Bottom-up entries kept; the rest of the total goes to the cells without an entry, equally or by weights.

    >>> remainder(100, [30, None, None])
    array([30., 35., 35.])
    """
    kept = numbers(entries, "values")
    heft = np.ones(kept.shape) if weights is None else numbers(weights, "weights")
    return allocate(total, heft, held=kept, unit=unit)


def pattern_weights(pattern: str, count: int) -> Floats:
    """Weights of a pattern over count cells: 4-4-5 or 1-2-1 repeated, first, last, bell (1-2-1), middle (0-1-0).

    Refuses pattern_unknown, and pattern_length where the cells are no whole number of patterns.

    >>> pattern_weights("4-4-5", 6)
    array([4., 4., 5., 4., 4., 5.])
    """
    name = PATTERNS.get(pattern.strip(), pattern.strip())
    if name in ("first", "last"):
        weights = np.zeros(count)
        weights[0 if name == "first" else -1] = 1
        return weights
    if not re.fullmatch(r"\d+(?:[-–, ]\d+)+", name):
        raise Refusal("pattern_unknown", pattern=pattern)
    parts = [float(part) for part in re.split(r"[-–, ]", name)]
    if not any(parts):
        raise Refusal("pattern_unknown", pattern=pattern)
    if count % len(parts):
        raise Refusal("pattern_length", pattern=pattern, cells=count, length=len(parts))
    return np.tile(parts, count // len(parts))


def seasonal_indices(history: Cells, days: Cells | None = None, next_days: Cells | None = None) -> Floats:
    """Seasonal indices (月销售比重): mean over years of a period's share of that year's mean, adding to the periods.

    history: (years, periods). days: working days of the same shape and next_days of the coming year adjust each index
    by next_days / mean past days. Refuses history_incomplete (a year with a blank: leave it out or fill it) and
    history_year_zero (a year that adds to nothing or to a loss).

    >>> seasonal_indices([[10, 20, 30, 40], [20, 20, 20, 20]])
    array([0.7, 0.9, 1.1, 1.3])
    """
    years = np.atleast_2d(numbers(history, "history"))
    blank = np.isnan(years).any(axis=1)
    if blank.any():
        raise Refusal("history_incomplete", row=int(np.argmax(blank)) + 1)
    means = years.mean(axis=1)
    if (means <= 0).any():
        raise Refusal("history_year_zero", row=int(np.argmax(means <= 0)) + 1)
    index = (years / means[:, None]).mean(axis=0)
    if days is not None and next_days is not None:
        past = np.atleast_2d(numbers(days, "days"))
        coming = numbers(next_days, "days").ravel()
        if past.shape != years.shape or coming.shape != index.shape:
            raise Refusal("shape_differs", name="days", found=list(past.shape), wanted=list(years.shape))
        if not (past.mean(axis=0) > 0).all():
            raise Refusal("days_missing", column=int(np.argmax(~(past.mean(axis=0) > 0))) + 1)
        index = index * coming / past.mean(axis=0)
    return np.asarray(index * (len(index) / index.sum()))


def capacity_weights(drivers: pd.DataFrame, shares: dict[str, float]) -> pd.DataFrame:
    """Weights from several drivers: each driver as shares of its sum, mixed by the given shares (which add to 1).

    drivers: one row per cell, one column per driver (history, pipeline, capacity, potential, ...). Returns one column
    per driver with what it adds, and weight, their sum; the weights add to 1. Refuses capacity_driver_unknown,
    driver_sum (nothing in it), driver_missing (a blank), driver_shares (not 1 together).

    >>> drivers = pd.DataFrame({"history": [1, 3], "potential": [1, 1]})
    >>> capacity_weights(drivers, {"history": 0.5, "potential": 0.5})["weight"].tolist()
    [0.375, 0.625]
    """
    if abs(sum(shares.values()) - 1) > 1e-9:
        raise Refusal("driver_shares", sum=sum(shares.values()))
    parts = pd.DataFrame(index=drivers.index)
    for name, part in shares.items():
        if name not in drivers:
            raise Refusal("capacity_driver_unknown", driver=name, drivers=[str(column) for column in drivers.columns])
        amounts = drivers[name].to_numpy(dtype=np.float64, na_value=np.nan)
        if np.isnan(amounts).any():
            raise Refusal("driver_missing", driver=name, row=int(np.argmax(np.isnan(amounts))) + 1)
        if (amounts < 0).any() or amounts.sum() <= 0:
            raise Refusal("driver_sum", driver=name, sum=float(amounts.sum()))
        parts[name] = part * amounts / amounts.sum()
    parts["weight"] = parts.sum(axis=1)
    return parts


def on_grid(amounts: Floats, unit: float | None, free: Sequence[bool] | np.ndarray | None = None) -> Floats:
    """Amounts rounded to whole units so that they add to their rounded sum; blanks and cells not free stay.

    >>> on_grid(np.array([33.4, 33.4, 33.4]), 1)
    array([34., 33., 33.])
    """
    chosen = ~np.isnan(amounts) if free is None else np.asarray(free) & ~np.isnan(amounts)
    if unit is None or not chosen.any():
        return amounts
    units = to_units(amounts[chosen], unit)
    rest = np.array([np.rint(to_units(np.array([amounts[chosen].sum()]), unit)[0])])
    one = Segments(np.zeros(1, dtype=np.int64), np.array([len(units)]))
    found = amounts.copy()
    found[chosen] = from_units(largest_remainder(units, rest, one, np.abs(units), None), unit)
    return found
