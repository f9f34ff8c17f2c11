"""One level of an allocation: the rest of each parent over its free cells, within bounds, in whole units.

Cells lie side by side per parent (segments). Held values are taken off before; a cell that cannot move is fixed at 0.
"""

from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np

from xlsales.core.hierarchy import Floats, Ints
from xlsales.core.refusal import Refusal

Scalar = TypeVar("Scalar", bound=np.generic)
Bools = np.ndarray[Any, np.dtype[np.bool_]]

CLOSE = 1e-9  # relative; two sums nearer than this are the same number in float64 arithmetic


@dataclass(frozen=True)
class Segments:
    """Cells of one parent each, side by side."""

    starts: Ints
    sizes: Ints

    def total(self, cells: Floats) -> Floats:
        """The sum over each segment."""
        return np.asarray(np.add.reduceat(cells, self.starts), dtype=np.float64)

    def spread(self, parents: np.ndarray[Any, np.dtype[Scalar]]) -> np.ndarray[Any, np.dtype[Scalar]]:
        """One value per parent, repeated for each of its cells."""
        return np.repeat(parents, self.sizes)

    def some(self, chosen: Ints) -> tuple[Ints, "Segments"]:
        """The cells of the chosen segments and those cells as segments of their own."""
        sizes = self.sizes[chosen]
        starts = np.cumsum(sizes) - sizes
        cells = np.repeat(self.starts[chosen] - starts, sizes) + np.arange(int(sizes.sum()))
        return cells, Segments(starts, sizes)


def share(rest: Floats, segments: Segments, weights: Floats, lower: Floats | None, upper: Floats | None) -> Floats:
    """Shares clip(lambda*weight, lower, upper) with lambda solved for each segment so that x adds to its rest.

    rest: (parents,); weights, lower, upper: (cells,), weights of one segment not all zero unless its rest is 0 or its
    bounds say otherwise. The caller has checked that the bounds can hold the rest. Refuses weights_mixed_bounds where
    weights of both signs meet a bound: then lambda is not unique. Method: Bitran and Hax 1981, pegging the side whose
    violation is larger.

    >>> one = Segments(np.array([0]), np.array([2]))
    >>> share(np.array([10.0]), one, np.array([3.0, 1.0]), None, np.array([5.0, 9.0]))
    array([5., 5.])
    """
    sums = segments.total(weights)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        factor = np.where(sums == 0, 0.0, rest / sums)
    if np.isinf(factor).any():  # weights near the smallest number: shares first
        amounts: Floats = weights / segments.spread(np.where(sums == 0, 1.0, sums)) * segments.spread(rest)
        amounts = np.where(segments.spread(sums == 0), 0.0, amounts)
    else:
        amounts = np.multiply(weights, segments.spread(factor))
    if lower is None and upper is None:
        return amounts
    low = np.full(len(weights), -np.inf) if lower is None else lower
    high = np.full(len(weights), np.inf) if upper is None else upper
    outside = (amounts < low) | (amounts > high)
    if not outside.any():
        return amounts
    chosen = np.flatnonzero(np.logical_or.reduceat(outside, segments.starts))
    cells, part = segments.some(chosen)
    amounts[cells] = _clipped(rest[chosen], part, weights[cells], low[cells], high[cells])
    return amounts


def _clipped(rest: Floats, segments: Segments, weights: Floats, low: Floats, high: Floats) -> Floats:
    """The shares of segments where a bound is met."""
    weights = _one_sign(segments, weights)
    moving = weights > 0
    amounts = np.clip(0.0, low, high)  # a cell without weight lies at the value of its range that is nearest to zero
    done: Floats = np.empty_like(amounts)
    place = np.arange(len(amounts))
    while True:
        pegged = np.where(moving, 0.0, amounts)
        sums = segments.total(np.where(moving, weights, 0.0))
        left = rest - segments.total(pegged)
        with np.errstate(divide="ignore", invalid="ignore"):
            factor = np.where(sums > 0, left / sums, 0.0)
        tried = weights * segments.spread(factor)
        below = np.where(moving & (tried < low), low - tried, 0.0)
        above = np.where(moving & (tried > high), tried - high, 0.0)
        side = segments.total(below) - segments.total(above)
        lost = segments.spread(side)
        raise_ = (below > 0) & (lost >= 0)
        cap = (above > 0) & (lost <= 0)
        amounts = np.where(raise_, low, np.where(cap, high, np.where(moving, tried, amounts)))
        peg = raise_ | cap
        again = np.logical_or.reduceat(peg, segments.starts)
        moving = moving & ~peg
        if not again.all():
            stop = ~segments.spread(again)
            done[place[stop]] = amounts[stop]
            if not again.any():
                break
            cells, narrower = segments.some(np.flatnonzero(again))
            place, amounts, moving, weights = place[cells], amounts[cells], moving[cells], weights[cells]
            low, high, rest, segments = low[cells], high[cells], rest[again], narrower
    return done


def _one_sign(segments: Segments, weights: Floats) -> Floats:
    """Weights of segments turned positive; refuses a segment with weights of both signs."""
    mixed = (np.minimum.reduceat(weights, segments.starts) < 0) & (np.maximum.reduceat(weights, segments.starts) > 0)
    if mixed.any():
        first = int(np.argmax(mixed))
        begin, size = int(segments.starts[first]), int(segments.sizes[first])
        raise Refusal("weights_mixed_bounds", weights=weights[begin : begin + size][:10].tolist())
    return np.asarray(np.abs(weights))


def share_all(rest: Floats, segments: Segments, weights: Floats, lower: Floats | None, upper: Floats | None) -> Floats:
    """Like `share`; what the weighted cells cannot take moves the cells without weight whose bounds exclude zero.

    Such a cell counts as its whole range, so that a rest between the summed bounds is never refused.
    """
    amounts = share(rest, segments, weights, lower, upper)
    if lower is None or upper is None:
        return amounts
    short = rest - segments.total(amounts)
    scale = np.maximum(np.abs(rest), segments.total(np.abs(amounts)))
    chosen = np.flatnonzero(np.abs(short) > CLOSE * np.maximum(scale, 1e-300))
    if not len(chosen):
        return amounts
    cells, part = segments.some(chosen)
    loose = (weights[cells] == 0) & ((lower[cells] > 0) | (upper[cells] < 0))
    kept = amounts[cells]
    low, high = np.where(loose, lower[cells], kept), np.where(loose, upper[cells], kept)
    amounts[cells] = share(rest[chosen], part, np.where(loose, 1.0, 0.0), low, high)
    return amounts


def zero_stays_zero(
    segments: Segments, weights: Floats, free: Bools, lower: Floats, upper: Floats
) -> tuple[Floats, Floats]:
    """Bounds with a cell that cannot move at [0, 0]: it is not free, or weightless beside a weighty free sibling.

    A weightless cell whose own bounds exclude zero keeps them.
    """
    weighty = np.logical_or.reduceat(free & (weights != 0), segments.starts)
    idle = ~free | ((weights == 0) & segments.spread(weighty) & (lower <= 0) & (upper >= 0))
    return np.where(idle, 0.0, lower), np.where(idle, 0.0, upper)


def weights_or_equal(
    rest: Floats, segments: Segments, weights: Floats, free: Bools, leaves: Floats
) -> tuple[Floats, Bools]:
    """The weights of the free cells; a segment of zero weights gets equal shares per leaf (True).

    leaves: (cells,) how many free leaves stand behind each cell. Refuses weights_sum_zero: weights that cancel.
    """
    active = np.where(free, weights, 0.0)
    size = segments.total(np.abs(active))
    cancel = (size > 0) & (np.abs(segments.total(active)) <= 1e-12 * size)
    if cancel.any():
        first = int(np.argmax(cancel))
        begin, count = int(segments.starts[first]), int(segments.sizes[first])
        raise Refusal(
            "weights_sum_zero", total=float(rest[first]), weights=weights[begin : begin + count][:10].tolist()
        )
    equal = size == 0
    if equal.any():
        active = np.where(segments.spread(equal) & free, leaves, active)
    return active, equal
