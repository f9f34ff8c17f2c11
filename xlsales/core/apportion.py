"""One total over its cells: methods, holds, bounds, exact rounding, break-back."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from xlsales.core.apportion_cells import CLOSE, Bools, Segments, share_all, weights_or_equal, zero_stays_zero
from xlsales.core.hierarchy import Floats
from xlsales.core.refusal import Refusal
from xlsales.core.rounding import divisor, from_units, largest_remainder, to_units

Method = Literal["proportional", "equal", "divisor"]
Cells = Sequence[Any] | np.ndarray[Any, Any]

METHODS = ("proportional", "equal", "divisor")
LARGEST = 2.0**53  # more units than this are not whole numbers in float64


@dataclass(frozen=True)
class Allocation:
    """Values in the shape of the weights, and what must be said about them."""

    amounts: Floats
    announced_equal: bool = False  # all weights were zero: equal shares
    turned: bool = False  # holds left a rest of the other sign than the total


def allocate(
    total: float,
    weights: Cells,
    method: Method = "proportional",
    held: Cells | None = None,
    lower: Cells | None = None,
    upper: Cells | None = None,
    unit: float | None = None,
) -> Floats:
    """The total over cells in proportion to weights: holds kept, bounds kept, exact in whole units.

    weights, held, lower, upper: one shape; NaN or None in held, lower, upper is free. unit: 0.01, 1, 10000 or None
    (no rounding). Returns the shape of weights, in the total's unit. A cell of weight zero stays zero unless all free
    weights are zero (equal shares; `allocation` says so) or its bounds exclude zero. Refuses whatever has no answer.

    >>> allocate(300, [10, 30, 60])
    array([ 30.,  90., 180.])
    >>> allocate(10, [1, 1, 1], unit=1)
    array([4., 3., 3.])
    >>> allocate(100, [1, 1, 2], held=[40, None, None], upper=[None, 15, None])
    array([40., 15., 45.])
    """
    return allocation(total, weights, method, held, lower, upper, unit).amounts


def allocation(
    total: float,
    weights: Cells,
    method: Method = "proportional",
    held: Cells | None = None,
    lower: Cells | None = None,
    upper: Cells | None = None,
    unit: float | None = None,
) -> Allocation:
    """Like `allocate`, with what must be announced.

    >>> allocation(1200, [0, 0, 0])
    Allocation(amounts=array([400., 400., 400.]), announced_equal=True, turned=False)
    """
    if method not in METHODS:
        raise Refusal("allocation_method", method=method, methods=list(METHODS))
    heft = numbers(weights, "weights")
    if not np.isfinite(total):
        raise Refusal("total_missing")
    shape, heft = heft.shape, known_weights(heft.ravel(), method)
    kept = aligned(held, shape, "held")
    goal = whole_units(np.array([float(total)]), unit, "total")
    kept = whole_units(kept, unit, "held")
    low, high = grid_bounds(aligned(lower, shape, "lower"), aligned(upper, shape, "upper"), unit)
    free = np.isnan(kept)
    fixed = np.where(free, 0.0, kept)
    low, high = np.where(free, low, 0.0), np.where(free, high, 0.0)
    one = Segments(np.zeros(1, dtype=np.int64), np.array([len(heft)]))
    rest = goal - fixed.sum()
    if np.abs(rest[0]) <= CLOSE * max(abs(goal[0]), np.abs(fixed).sum()):
        rest = np.zeros(1)  # noise of decimal fractions is nothing to spread
    if not free.any() and rest[0] != 0:
        cells = (np.flatnonzero(~free) + 1).tolist()
        raise Refusal("all_held", total=total, held=_amount(fixed.sum(), unit), cells=cells[:20])
    active, equal = weights_or_equal(rest, one, heft, free, np.ones(len(heft)))
    low, high = zero_stays_zero(one, active, free, low, high)
    check_bounds(rest[0], low, high, unit)
    bounds = None if lower is None and upper is None else (low, high)
    amounts = settle(rest, one, active, bounds, method if unit is not None else None)
    values = fixed + amounts if unit is None else from_units(fixed + amounts, unit)
    values = np.where(free, values, fixed if unit is None else from_units(fixed, unit))
    return Allocation(values.reshape(shape), bool(equal[0] and amounts.any()), bool(rest[0] * goal[0] < 0))


def settle(
    rest: Floats, segments: Segments, weights: Floats, bounds: tuple[Floats, Floats] | None, rounding: str | None
) -> Floats:
    """Shares of each segment's rest within bounds (None: open); in whole units where rounding is not None."""
    low, high = (None, None) if bounds is None else bounds
    amounts = share_all(rest, segments, weights, low, high)
    if rounding is None:
        return amounts
    rounder = divisor if rounding == "divisor" else largest_remainder
    return rounder(amounts, rest, segments, weights, bounds)


def breakback(
    values: Cells,
    index: int,
    new_value: float,
    held: Cells | None = None,
    total: float | None = None,
    unit: float | None = None,
) -> Floats:
    """One cell edited, the total kept: the free siblings absorb the change in proportion to their present values.

    index counts from 0. held: a number where the cell keeps its value. total: default the present sum. Refuses
    breakback_no_room where no sibling can move, weights_sum_zero where they cancel.

    >>> breakback([200, 300, 500], 2, 700)
    array([120., 180., 700.])
    """
    present = numbers(values, "values")
    if np.isnan(present).any():
        raise Refusal("values_missing", cells=(np.flatnonzero(np.isnan(present.ravel())) + 1).tolist()[:20])
    if not 0 <= index < present.size:
        raise Refusal("index_outside", index=index + 1, cells=present.size)
    goal = float(present.sum()) if total is None else float(total)
    kept = aligned(held, present.shape, "held").copy()
    if not np.isnan(kept[index]) and kept[index] != new_value:
        raise Refusal("edited_cell_held", index=index + 1, held=float(kept[index]), value=new_value)
    kept[index] = new_value
    flat = present.ravel()
    rest, movable = goal - np.nansum(kept), flat[np.isnan(kept)]
    nothing = not np.any(movable)
    if nothing and abs(rest) > CLOSE * max(abs(goal), float(np.nansum(np.abs(kept)))):
        raise Refusal("breakback_no_room", rest=float(rest), total=goal)
    return allocate(goal, flat, "proportional", kept, unit=unit).reshape(present.shape)


def residual(total: float | Floats, parts: Floats, unit: float | None = None) -> Floats:
    """What does not add up: total minus the sum of parts along the last axis; with a unit in exact whole units.

    >>> float(residual(1.0, np.array([0.1] * 10), 0.01))
    0.0
    """
    if unit is None:
        return np.asarray(total - np.asarray(parts).sum(axis=-1))
    goal = np.rint(to_units(np.asarray(total, dtype=np.float64), unit))
    return from_units(goal - np.rint(to_units(np.asarray(parts), unit)).sum(axis=-1), unit)


def numbers(cells: Cells, name: str) -> Floats:
    """Cells as float64, None as NaN; refuses what is not a number or is infinite."""
    try:
        found = np.asarray(cells, dtype=np.float64)
    except (TypeError, ValueError):
        raise Refusal("not_numbers", name=name) from None
    if found.size == 0:
        raise Refusal("no_cells", name=name)
    if np.isinf(found).any():
        raise Refusal("not_numbers", name=name)
    return found


def aligned(cells: Cells | None, shape: tuple[int, ...], name: str) -> Floats:
    """Optional cells, flat; all NaN when left out. Refuses another shape."""
    if cells is None:
        return np.full(int(np.prod(shape)), np.nan)
    found = numbers(cells, name)
    if found.shape != shape:
        raise Refusal("shape_differs", name=name, found=list(found.shape), wanted=list(shape))
    return found.ravel()


def known_weights(weights: Floats, method: str) -> Floats:
    """Weights for a method: all blank is no preference, so equal shares; some blank is refused."""
    missing = np.isnan(weights)
    if method == "equal":
        return np.ones_like(weights)
    if missing.all():
        return np.zeros_like(weights)
    if missing.any():
        raise Refusal("weights_missing", cells=(np.flatnonzero(missing) + 1).tolist()[:20])
    return weights


def whole_units(amounts: Floats, unit: float | None, name: str) -> Floats:
    """Amounts in whole units; refuses amounts off the grid, naming the nearest that work."""
    if unit is None:
        return amounts
    if not (unit > 0 and np.isfinite(unit)):
        raise Refusal("unit_not_positive", unit=unit)
    given = np.flatnonzero(~np.isnan(amounts))
    units = to_units(amounts[given], unit)
    if bool((np.abs(units) > LARGEST).any()):
        raise Refusal("too_many_units", name=name, unit=unit)
    off: Bools = units != np.rint(units)
    if off.any():
        wrong = int(np.argmax(off))
        near = from_units(np.array([np.floor(units[wrong]), np.ceil(units[wrong])]), unit).tolist()
        facts = {"unit": unit, "below": near[0], "above": near[1]}
        if name == "total":
            raise Refusal("total_off_grid", total=float(amounts[given[wrong]]), **facts)
        raise Refusal("held_off_grid", cell=int(given[wrong]) + 1, held=float(amounts[given[wrong]]), **facts)
    found = np.full(len(amounts), np.nan)
    found[given] = units
    return found


def grid_bounds(lower: Floats, upper: Floats, unit: float | None) -> tuple[Floats, Floats]:
    """Bounds, open where NaN, in whole units tightened inward; refuses a cell between whose bounds nothing lies."""
    low, high = np.where(np.isnan(lower), -np.inf, lower), np.where(np.isnan(upper), np.inf, upper)
    crossed = low > high
    if crossed.any():
        cell = int(np.argmax(crossed))
        raise Refusal("bounds_crossed", cell=cell + 1, lower=float(low[cell]), upper=float(high[cell]))
    if unit is None:
        return low, high
    some = np.flatnonzero(np.isfinite(low))
    low[some] = np.ceil(to_units(low[some], unit))
    some = np.flatnonzero(np.isfinite(high))
    high[some] = np.floor(to_units(high[some], unit))
    crossed = low > high
    if crossed.any():
        cell = int(np.argmax(crossed))
        facts = {"lower": float(lower[cell]), "upper": float(upper[cell]), "unit": unit}
        raise Refusal("bounds_between_units", cell=cell + 1, **facts)
    return low, high


def check_bounds(rest: float, low: Floats, high: Floats, unit: float | None) -> None:
    """Refuse a rest that the cells which may move cannot hold, saying the side and the amount."""
    least, most = float(low.sum()), float(high.sum())
    slack = CLOSE * max(abs(rest), abs(least) if np.isfinite(least) else 0.0, abs(most) if np.isfinite(most) else 0.0)
    if rest < least - slack:
        raise Refusal(
            "below_lower_bounds",
            rest=_amount(rest, unit),
            least=_amount(least, unit),
            short=_amount(least - rest, unit),
        )
    if rest > most + slack:
        raise Refusal(
            "above_upper_bounds", rest=_amount(rest, unit), most=_amount(most, unit), excess=_amount(rest - most, unit)
        )


def _amount(units: float, unit: float | None) -> float:
    """Units as an amount."""
    return float(units) if unit is None else float(from_units(np.array([units]), unit)[0])
