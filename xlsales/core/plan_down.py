"""A first plan from targets: a year over its months by last year's shape, a parent's rest over its children."""

from dataclasses import dataclass

import numpy as np

from xlsales.core.apportion import allocation
from xlsales.core.ratio import Floats

GRID = 1e-9


@dataclass(frozen=True)
class Months:
    """Values of the months, and how they were shaped: own history, the company's, or equal."""

    values: Floats
    shape: str


def grid_unit(total: float, unit: float) -> float:
    """The rounding unit asked for if the total is a multiple of it, else the cent, so that the parts add up to it.

    >>> grid_unit(1200.0, 100.0), grid_unit(1234.5, 100.0)
    (100.0, 0.01)
    """
    whole = total / unit
    return unit if abs(whole - round(whole)) < GRID * max(1.0, abs(whole)) else 0.01


def over_months(total: float, own: Floats, company: Floats, unit: float) -> Months:
    """A year's total over its months in proportion to last year's, exact in whole units.

    own, company: last year's months of the member and of the company, (m,), NaN where unknown; used only if none is
    missing or negative and some are above 0; the company's months stand in for a member without such a history.
    total: rounded to the cent where it is no multiple of unit.

    >>> over_months(100.0, np.array([1.0, 3.0]), np.array([1.0, 1.0]), 1.0)
    Months(values=array([25., 75.]), shape='own')
    """
    shapes = {"own": own, "company": company, "equal": np.ones(len(own))}
    shape, weights = next((name, months) for name, months in shapes.items() if _usable(months))
    total = round(total, 2)
    return Months(allocation(total, weights, unit=grid_unit(total, unit)).amounts, shape)


def _usable(months: Floats) -> bool:
    return not np.isnan(months).any() and bool((months >= 0).all()) and bool(months.sum() > 0)


def over_children(total: float, targets: Floats, history: Floats, unit: float) -> Floats:
    """A parent's target over its children: children with a target keep theirs, the rest goes by last year's sales.

    targets: (n,) NaN for a child without one; history: (n,) last year's figures, NaN or below 0 counts as 0. A rest
    that is not above 0, or no child without a target, leaves the children as they are: the gap then is the parent's.

    >>> over_children(100.0, np.array([40.0, np.nan, np.nan]), np.array([9.0, 1.0, 2.0]), 1.0)
    array([40., 20., 40.])
    """
    free = np.isnan(targets)
    rest = round(total - float(np.nansum(targets)), 2)
    if not free.any() or rest <= 0:
        return targets
    weights = np.nan_to_num(np.maximum(history[free], 0.0))
    found = targets.copy()
    found[free] = allocation(rest, weights, unit=grid_unit(rest, unit)).amounts
    return found
