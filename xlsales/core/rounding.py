"""Whole units that add up: largest remainder and divisor rounding, many parents at once, within bounds."""

import numpy as np

from xlsales.core.apportion_cells import Bools, Segments
from xlsales.core.hierarchy import Floats, Ints
from xlsales.core.refusal import Refusal

TIE_BITS = 30  # remainders nearer than 2**-30 of a unit tie: float64 noise must not decide who gets the unit


def to_units(amounts: Floats, unit: float) -> Floats:
    """Amounts in units, exact where the amount is a decimal multiple of the unit."""
    whole = np.asarray(amounts * np.rint(1 / unit) if _decimal(unit) else amounts / unit)
    near = np.rint(whole)
    with np.errstate(invalid="ignore"):
        return np.where(np.abs(whole - near) <= _noise(whole), near, whole)


def from_units(units: Floats, unit: float) -> Floats:
    """Whole units as amounts, each the float64 nearest to the decimal number (10001 units of 0.01 are 100.01)."""
    return np.asarray(units / np.rint(1 / unit) if _decimal(unit) else units * unit)


def _decimal(unit: float) -> bool:
    """Whether one is a whole number of units: then amounts come out as decimals by division."""
    return unit < 1 and abs(round(1 / unit) * unit - 1) < 1e-12


def _noise(whole: Floats) -> Floats:
    """How far float64 arithmetic may have moved a whole number of units: 1e-6, more for very large amounts."""
    return np.maximum(1e-6, np.abs(whole) * 1e-15)


def largest_remainder(
    amounts: Floats, rest: Floats, segments: Segments, weights: Floats, bounds: tuple[Floats, Floats] | None
) -> Floats:
    """Whole units that add to each segment's rest: floors, then one each to the largest remainders.

    amounts: (cells,) in units, adding to rest up to noise; bounds in whole units or None. Ties go to the larger
    weight, then to the earlier cell. Negative amounts mirror positive ones. Source: Hamilton 1792.

    >>> one = Segments(np.array([0]), np.array([3]))
    >>> largest_remainder(np.array([3.4, 3.3, 3.3]), np.array([10.0]), one, np.array([34.0, 33.0, 33.0]), None)
    array([4., 3., 3.])
    """
    mirror = _mirror(amounts, rest, segments, bounded=bounds is not None)
    flip = segments.spread(mirror) if (mirror < 0).any() else None
    size = amounts if flip is None else amounts * flip
    quantum = 2.0**-TIE_BITS * max(1.0, float(np.abs(size).max(initial=0.0)) / 2.0**18)
    floors = np.floor(size + quantum / 2)
    steps = np.rint((size - floors) / quantum)
    np.maximum(steps, 0.0, out=steps)
    give = np.rint(rest * mirror - segments.total(floors)).astype(np.int64)
    able = segments.total((steps > 0).astype(np.float64))
    taken = _first(steps.astype(np.int64), give, segments, weights)
    floors += taken
    odd = np.flatnonzero((give < 0) | (give > able))
    if len(odd):
        low, high = (None, None) if bounds is None else bounds
        if flip is not None and low is not None and high is not None:
            low, high = np.where(flip < 0, -high, low), np.where(flip < 0, -low, high)
        _repair(floors, rest * mirror, segments, odd, (low, high), weights)
    return floors if flip is None else floors * flip + 0.0


def _mirror(amounts: Floats, rest: Floats, segments: Segments, *, bounded: bool) -> Floats:
    """-1 for segments where the amounts to be rounded are negative, which bounds may bring about for any rest."""
    if not bounded:
        return np.where(rest < 0, -1.0, 1.0)
    moving = segments.total(np.where(amounts == np.rint(amounts), 0.0, amounts))
    return np.where(np.where(moving == 0, rest, moving) < 0, -1.0, 1.0)


def _first(steps: Ints, give: Ints, segments: Segments, weights: Floats) -> Bools:
    """True for the give cells of each segment with the largest remainders (in steps, at least one)."""
    top = 1 << TIE_BITS
    key = top - steps  # smaller is first; a cell without remainder has the key top and is never taken
    if len(segments.sizes) == 1:
        ranked = np.sort(key)
    elif bool((segments.sizes == segments.sizes[0]).all()):
        ranked = np.sort(key.reshape(len(segments.sizes), -1), axis=1).ravel()
    else:
        base = np.arange(len(segments.sizes), dtype=np.int64) << (TIE_BITS + 1)
        shift = segments.spread(base)
        ranked = np.sort(key + shift) - shift
    last = segments.starts + np.clip(give, 1, segments.sizes) - 1
    edge = np.where(give > 0, np.minimum(ranked[last], top - 1), -1)
    limit = segments.spread(edge)
    taken = key < limit
    tied = key == limit
    need = np.where(give > 0, give - segments.total(taken.astype(np.float64)), 0).astype(np.int64)
    count = segments.total(tied.astype(np.float64)).astype(np.int64)
    split = (count > need) & (need > 0)
    if split.any():
        tied &= ~segments.spread(split) | _tie_winners(tied, need, np.flatnonzero(split), segments, weights)
    return np.asarray(taken | (tied & segments.spread(need > 0)))


def _tie_winners(tied: Bools, need: Ints, split: Ints, segments: Segments, weights: Floats) -> Bools:
    """The need cells of each split segment among its tied ones: the larger weight, then the earlier cell."""
    cells, part = segments.some(split)
    owner = part.spread(np.arange(len(split)))
    own = tied[cells]
    cells, owner = cells[own], owner[own]
    size = np.abs(weights[cells])
    rises = (np.diff(size) > 0) & (np.diff(owner) == 0)
    if rises.any():
        order = np.lexsort((cells, -size, owner))
        cells, owner = cells[order], owner[order]
    first = np.searchsorted(owner, np.arange(len(split)))
    rank = np.arange(len(cells)) - first[owner]
    winners = np.zeros(len(tied), dtype=bool)
    winners[cells[rank < need[split][owner]]] = True
    return winners


def _repair(
    units: Floats,
    rest: Floats,
    segments: Segments,
    odd: Ints,
    bounds: tuple[Floats | None, Floats | None],
    weights: Floats,
) -> None:
    """Give or take the few units that noise left over in the odd segments, within bounds, heaviest cells first."""
    low, high = bounds
    for segment in odd:
        cells = np.arange(segments.starts[segment], segments.starts[segment] + segments.sizes[segment])
        cells = cells[np.argsort(-np.abs(weights[cells]), kind="stable")]
        left = round(rest[segment] - units[cells].sum())
        step = 1 if left > 0 else -1
        wall = high if step > 0 else low
        while left:
            moved = 0
            for cell in cells:
                live = weights[cell] != 0 or units[cell] != 0
                if left and live and (wall is None or (wall[cell] - units[cell]) * step >= 1):
                    units[cell] += step
                    left -= step
                    moved += 1
            assert moved, "bounds were checked to hold the rest"


def divisor(
    amounts: Floats, rest: Floats, segments: Segments, weights: Floats, bounds: tuple[Floats, Floats] | None
) -> Floats:
    """Whole units x = clip(round(lambda*weight), lower, upper) that add to each segment's rest (Webster, Sainte-Lague).

    Raising the rest lowers nobody. Arguments, mirror and ties as in `largest_remainder`.

    >>> six = Segments(np.array([0]), np.array([6]))
    >>> votes = np.array([1500.0, 1500, 900, 500, 500, 200])
    >>> divisor(votes * 26 / 5100, np.array([26.0]), six, votes, None)
    array([8., 8., 5., 2., 2., 1.])
    """
    if (weights > 0).any() and (weights < 0).any():
        raise Refusal("divisor_mixed_weights", weights=weights[:10].tolist())
    sign = _mirror(amounts, rest, segments, bounded=bounds is not None)
    mirror, goal, heft = segments.spread(sign), rest * sign, np.abs(weights)
    low, high = (np.full(len(heft), -np.inf), np.full(len(heft), np.inf)) if bounds is None else bounds
    low, high = np.where(mirror < 0, -high, low), np.where(mirror < 0, -low, high)
    under, over = _bracket(goal, segments, heft, low, high)
    base = _trial(under, segments, heft, low, high)
    tied = _trial(over, segments, heft, low, high) > base
    need = (goal - segments.total(base)).astype(np.int64)
    base += _tie_winners(tied, need, np.arange(len(need)), segments, heft)
    short = np.flatnonzero(segments.total(base) != goal)
    if len(short):  # only cells without weight can still move there
        cells, part = segments.some(short)
        inner = None if bounds is None else (bounds[0][cells], bounds[1][cells])
        whole = largest_remainder(amounts[cells], rest[short], part, weights[cells], inner)
        base[cells] = whole * mirror[cells]
    return np.asarray(base * mirror + 0.0)


def _trial(factor: Floats, segments: Segments, weights: Floats, low: Floats, high: Floats) -> Floats:
    """Rounded and clipped shares at one factor per segment."""
    return np.asarray(np.clip(np.floor(weights * segments.spread(factor) + 0.5), low, high))


def _bracket(goal: Floats, segments: Segments, weights: Floats, low: Floats, high: Floats) -> tuple[Floats, Floats]:
    """Two factors per segment, equal to 12 digits or giving the goal, below and above the right one."""
    sums = segments.total(weights)
    start = np.where(sums > 0, goal / np.where(sums > 0, sums, 1.0), 0.0)
    reach = np.abs(start) + np.where(sums > 0, 1 / np.where(sums > 0, sums, 1.0), 0.0)
    under, over = start - reach, start + reach
    for _ in range(200):  # doubled until both sides enclose the goal, or nothing more can move
        wide = reach > 0
        less = wide & (segments.total(_trial(under, segments, weights, low, high)) > goal)
        more = wide & (segments.total(_trial(over, segments, weights, low, high)) < goal)
        if not (less.any() or more.any()):
            break
        reach = np.where(less | more, reach * 2, reach)
        under, over = np.where(less, start - reach, under), np.where(more, start + reach, over)
    for _ in range(200):
        middle = (under + over) / 2
        got = segments.total(_trial(middle, segments, weights, low, high))
        under, over = np.where(got <= goal, middle, under), np.where(got >= goal, middle, over)
        if bool((over - under <= 1e-13 * np.abs(over)).all()):
            break
    return under, over
