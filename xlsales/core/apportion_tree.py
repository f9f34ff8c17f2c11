"""A total down a whole tree in one call: every subtotal exact at every level, holds and bounds at any member.

Upward, holds, free weights and bounds are summed so that each parent gets only what its children can carry.
Downward, each parent's value less the holds below it goes over its free children.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from xlsales.core.apportion import METHODS, Cells, Method, aligned, grid_bounds, numbers, settle, whole_units
from xlsales.core.apportion_cells import CLOSE, Bools, Segments, weights_or_equal, zero_stays_zero
from xlsales.core.hierarchy import Floats, Level, Tree, build_tree, unlay
from xlsales.core.refusal import Refusal
from xlsales.core.rounding import from_units


@dataclass(frozen=True)
class TreeCells:
    """What is known of each member, in the order of tree.members; NaN or None where nothing is.

    weights: read at the leaves. held: a leaf or a parent that keeps its value. lower, upper: at leaves and parents.
    """

    weights: Cells
    held: Cells | None = None
    lower: Cells | None = None
    upper: Cells | None = None


@dataclass(frozen=True)
class TreeAllocation:
    """Values of all members, and the parents whose children's weights were all zero (equal shares per leaf)."""

    amounts: Floats
    announced_equal: list[Any]


@dataclass
class _Rows:
    """Working figures of all members in layout order, in units; what moves is the free part, without holds below."""

    heft: Floats  # weight of the free leaves below
    leaves: Floats  # number of the free leaves below
    kept: Floats  # sum of the holds below or on the member
    low: Floats
    high: Floats
    held: Bools  # the member itself is held

    def free(self, level: Level) -> Bools:
        """The members of a level that may move."""
        return np.asarray(self.leaves[level.begin : level.end] > 0)


def allocate_tree(
    tree: Tree,
    total: float | Sequence[float],
    cells: TreeCells,
    method: Method = "proportional",
    unit: float | None = None,
) -> TreeAllocation:
    """The total of each root down to the leaves: holds and bounds kept, each parent exactly the sum of its children.

    total: of the one root, or one per root in the order of members. Without bounds and unit every leaf gets what one
    flat allocation over all leaves would give it. Refuses as `allocate`, naming the member.

    >>> tree = build_tree(["all", "n", "s", "n1", "n2", "s1"], [None, "all", "all", "n", "n", "s"])
    >>> cells = TreeCells([0, 0, 0, 1, 1, 1], held=[None, None, None, 4, None, None])
    >>> allocate_tree(tree, 11, cells, unit=1).amounts
    array([11.,  8.,  3.,  4.,  4.,  3.])
    """
    if method not in METHODS:
        raise Refusal("allocation_method", method=method, methods=list(METHODS))
    rows, bounded = _prepare(tree, cells, method, unit)
    for level in reversed(tree.levels[1:]):
        _gather(tree, rows, level, unit, bounded=bounded)
    goals = _root_goals(tree, total, unit)
    _check(tree, rows, 0, goals - rows.kept[: len(goals)], unit)
    values = np.empty(len(tree.members))
    values[: len(goals)] = goals
    announced: list[Any] = []
    for level in tree.levels[1:]:
        part = Segments(level.starts, level.sizes)
        span = slice(level.begin, level.end)
        free = rows.free(level)
        rest = values[level.parents] - part.total(rows.kept[span])
        rest = _quiet(rest, values[level.parents])
        active, equal = weights_or_equal(rest, part, rows.heft[span], free, rows.leaves[span])
        bounds = (rows.low[span], rows.high[span]) if bounded else None
        amounts = settle(rest, part, active, bounds, method if unit is not None else None)
        values[span] = rows.kept[span] + amounts
        if equal.any():
            moved = np.logical_or.reduceat(amounts != 0, level.starts)
            announced += [tree.members[index] for index in tree.layout[level.parents[equal & moved]]]
    if unit is not None:
        values = from_units(values, unit)
    return TreeAllocation(unlay(tree, values), announced)


def allocate_frame(
    frame: pd.DataFrame, total: float | Sequence[float], method: Method = "proportional", unit: float | None = None
) -> pd.DataFrame:
    """A frame of a tree with its allocation: columns member, parent, weight, and held, lower, upper where given.

    Returns the frame's member, parent and order with value (float) and equal (True: the children of this member got
    equal shares because all their weights were zero).

    >>> plan = pd.DataFrame({"member": ["all", "n", "s"], "parent": [None, "all", "all"], "weight": [None, 1.0, 3.0]})
    >>> allocate_frame(plan, 100.0)["value"].tolist()
    [100.0, 25.0, 75.0]
    """
    tree = build_tree(frame["member"], frame["parent"])
    optional = {
        name: frame[name].to_numpy(dtype=float, na_value=np.nan) if name in frame else None
        for name in ("held", "lower", "upper")
    }
    weights = frame["weight"].to_numpy(dtype=float, na_value=np.nan)
    found = allocate_tree(tree, total, TreeCells(weights, **optional), method, unit)
    result = frame[["member", "parent"]].copy()
    result["value"] = found.amounts
    result["equal"] = result["member"].isin(found.announced_equal)
    return result


def _prepare(tree: Tree, cells: TreeCells, method: Method, unit: float | None) -> tuple[_Rows, bool]:
    """The leaves' figures in layout order and units; whether any bound is given."""
    shape = (len(tree.members),)
    leaf = tree.leaves[tree.layout]
    heft = numbers(cells.weights, "weights")
    if heft.shape != shape:
        raise Refusal("shape_differs", name="weights", found=list(heft.shape), wanted=list(shape))
    heft = np.where(leaf, 1.0, 0.0) if method == "equal" else np.where(leaf, heft[tree.layout], 0.0)
    missing = np.isnan(heft)
    if missing.any():
        if not missing[leaf].all():
            raise Refusal("tree_weights_missing", members=_names(tree, missing))
        heft = np.where(missing, 0.0, heft)
    kept = whole_units(aligned(cells.held, shape, "held"), unit, "held")[tree.layout]
    held = ~np.isnan(kept)
    bounded = cells.lower is not None or cells.upper is not None
    low, high = grid_bounds(aligned(cells.lower, shape, "lower"), aligned(cells.upper, shape, "upper"), unit)
    low, high = low[tree.layout], high[tree.layout]
    still = leaf & held
    rows = _Rows(
        np.where(still, 0.0, heft), np.where(leaf & ~held, 1.0, 0.0), np.where(held, kept, 0.0), low, high, held
    )
    rows.low[still], rows.high[still] = 0.0, 0.0
    return rows, bounded


def _gather(tree: Tree, rows: _Rows, level: Level, unit: float | None, *, bounded: bool) -> None:
    """Sum the children of a level into their parents; a held parent keeps its own value and counts as held above."""
    part, span, up = Segments(level.starts, level.sizes), slice(level.begin, level.end), level.parents
    kept, held = part.total(rows.kept[span]), rows.held[up]
    rest = rows.kept[up] - kept
    leaves = part.total(rows.leaves[span])
    if bounded:
        low, high = zero_stays_zero(part, rows.heft[span], rows.free(level), rows.low[span], rows.high[span])
        rows.low[span], rows.high[span] = low, high
        least, most = part.total(low), part.total(high)
        own_low, own_high = rows.low[up] - kept, rows.high[up] - kept
    else:
        least, most = np.where(leaves > 0, -np.inf, 0.0), np.where(leaves > 0, np.inf, 0.0)
        own_low, own_high = np.full(len(up), -np.inf), np.full(len(up), np.inf)
    slack = CLOSE * (np.abs(kept) + 1.0)
    wrong = held & ((rest < least - slack) | (rest > most + slack))
    _refuse_first(tree, up, wrong, rest, (least, most), unit)
    narrow_low, narrow_high = np.maximum(least, own_low), np.minimum(most, own_high)
    narrow_low = np.where(np.abs(narrow_low - narrow_high) <= slack, np.minimum(narrow_low, narrow_high), narrow_low)
    crossed = ~held & (narrow_low > narrow_high)
    if crossed.any():
        first = int(np.argmax(crossed))
        facts = {"least": least[first] + kept[first], "most": most[first] + kept[first]}
        facts |= {"lower": rows.low[up][first], "upper": rows.high[up][first]}
        words = {name: _amount(value, unit) for name, value in facts.items()}
        raise Refusal("member_bounds_against_children", member=tree.members[tree.layout[up[first]]], **words)
    rows.heft[up] = np.where(held, 0.0, part.total(rows.heft[span]))
    rows.leaves[up] = np.where(held, 0.0, leaves)
    rows.kept[up] = np.where(held, rows.kept[up], kept)
    rows.low[up], rows.high[up] = np.where(held, 0.0, narrow_low), np.where(held, 0.0, narrow_high)


def _root_goals(tree: Tree, total: float | Sequence[float], unit: float | None) -> Floats:
    """The roots' totals in units."""
    count = tree.levels[0].end
    goals = np.atleast_1d(np.asarray(total, dtype=np.float64))
    if goals.shape != (count,) or not np.isfinite(goals).all():
        raise Refusal("root_totals", totals=int(goals.size), roots=count)
    return whole_units(goals, unit, "total")


def _check(tree: Tree, rows: _Rows, begin: int, rest: Floats, unit: float | None) -> None:
    """Refuse roots that cannot carry their totals."""
    end = begin + len(rest)
    low, high = rows.low[begin:end], rows.high[begin:end]
    low, high = np.where(rows.leaves[begin:end] > 0, low, 0.0), np.where(rows.leaves[begin:end] > 0, high, 0.0)
    slack = CLOSE * (np.abs(rest) + np.abs(rows.kept[begin:end]))
    wrong = (rest < low - slack) | (rest > high + slack)
    _refuse_first(tree, np.arange(begin, end), wrong, rest, (low, high), unit)


def _refuse_first(
    tree: Tree, places: Any, wrong: Bools, rest: Floats, range_: tuple[Floats, Floats], unit: float | None
) -> None:
    """Refuse the first member whose rest its free children cannot carry, saying the side and the amount."""
    if not wrong.any():
        return
    first = int(np.argmax(wrong))
    member, need = tree.members[tree.layout[places[first]]], float(rest[first])
    least, most = float(range_[0][first]), float(range_[1][first])
    amount = _amount(need, unit)
    if least == most == 0:
        raise Refusal("member_all_held", member=member, rest=amount)
    if need < least:
        raise Refusal(
            "member_below_lower",
            member=member,
            rest=amount,
            least=_amount(least, unit),
            short=_amount(least - need, unit),
        )
    raise Refusal(
        "member_above_upper", member=member, rest=amount, most=_amount(most, unit), excess=_amount(need - most, unit)
    )


def _quiet(rest: Floats, values: Floats) -> Floats:
    """A rest that is only noise of decimal fractions is nothing to spread."""
    return np.where(np.abs(rest) <= CLOSE * np.abs(values) * 1e-3, 0.0, rest)


def _names(tree: Tree, chosen: Bools) -> list[Any]:
    """The first chosen members (in layout order), for a sentence."""
    return [tree.members[index] for index in tree.layout[np.flatnonzero(chosen)[:10]]]


def _amount(units: float, unit: float | None) -> float:
    """Units as an amount."""
    return float(units) if unit is None else float(from_units(np.array([units]), unit)[0])
