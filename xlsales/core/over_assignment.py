"""Over-assignment down a whole tree: at every level the children may exceed their parent, and the buffer is shown."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from xlsales.core.apportion import Cells, aligned, numbers, settle, whole_units
from xlsales.core.apportion_cells import Segments, weights_or_equal
from xlsales.core.hierarchy import Floats, Tree, roll_up
from xlsales.core.refusal import Refusal
from xlsales.core.rounding import from_units

HALF = 0.5


def over_assign_tree(
    tree: Tree,
    total: float,
    weights: Cells,
    rates: Sequence[float],
    held: Cells | None = None,
    unit: float | None = None,
) -> pd.DataFrame:
    """Targets of all members where the children of each add to its target x (1 + rate), never silently.

    total: of the one root. weights: read at the leaves, in the order of members. rates: for the children of depth 1, 2,
    ... (0.05 lets them exceed their parent by 5 %); a deeper level without a rate has 0. held: members that keep their
    target. Returns member, target, children (their sum, blank at a leaf) and buffer = target - children. Refuses
    over_rate (below 0), root_totals and held_above: held children already exceed what their parent may assign.

    >>> from xlsales.core.hierarchy import build_tree
    >>> tree = build_tree(["all", "n", "s", "a", "b"], [None, "all", "all", "n", "n"])
    >>> over_assign_tree(tree, 100, [0, 0, 5, 3, 2], [0.1, 0.2], unit=1)[["target", "buffer"]].values.tolist()
    [[100.0, -10.0], [55.0, -11.0], [55.0, nan], [40.0, nan], [26.0, nan]]
    """
    if any(not rate >= 0 for rate in rates):
        raise Refusal("over_rate", rate=next(float(rate) for rate in rates if not rate >= 0))
    if tree.levels[0].end != 1:
        raise Refusal("root_totals", totals=1, roots=tree.levels[0].end)
    count = len(tree.members)
    heft = np.where(tree.leaves, np.nan_to_num(numbers(weights, "weights")), np.nan)
    below = roll_up(tree, heft)[tree.layout]
    kept = whole_units(aligned(held, (count,), "held"), unit, "held")[tree.layout]
    values = np.empty(count)
    values[0] = whole_units(np.array([float(total)]), unit, "total")[0]
    if not np.isnan(kept[0]) and kept[0] != values[0]:
        raise Refusal("held_above", member=tree.members[tree.layout[0]], held=float(kept[0]), most=float(values[0]))
    for depth, level in enumerate(tree.levels[1:]):
        rate = rates[depth] if depth < len(rates) else 0.0
        span, part = slice(level.begin, level.end), Segments(level.starts, level.sizes)
        goal = values[level.parents] * (1 + rate)
        goal = goal if unit is None else np.floor(goal + HALF)
        free, fixed = np.isnan(kept[span]), np.nan_to_num(kept[span])
        rest = goal - part.total(fixed)
        _refuse_held(tree, level.parents, rest, (goal, part.total(free.astype(np.float64))))
        active, _ = weights_or_equal(rest, part, np.where(free, below[span], 0.0), free, free.astype(np.float64))
        values[span] = fixed + settle(rest, part, active, None, None if unit is None else "proportional")
    targets: Floats = np.empty(count)
    targets[tree.layout] = values if unit is None else from_units(values, unit)
    children = np.full(count, np.nan)
    inner = np.flatnonzero(tree.parent >= 0)
    sums = np.bincount(tree.parent[inner], weights=targets[inner], minlength=count)
    children[~tree.leaves] = sums[~tree.leaves]
    found = pd.DataFrame({"member": tree.members, "target": targets, "children": children})
    return found.assign(buffer=(found["target"] - found["children"]).round(9))


def _refuse_held(tree: Tree, parents: np.ndarray, rest: Floats, given: tuple[Floats, Floats]) -> None:
    """Refuse parents whose held children leave less than nothing, or, all held, leave anything."""
    goal, free = given
    wrong = ((rest < 0) & (goal >= 0)) | ((free == 0) & (np.abs(rest) > 1e-9 * np.maximum(np.abs(goal), 1.0)))
    if wrong.any():
        first = int(np.argmax(wrong))
        member = tree.members[tree.layout[parents[first]]]
        raise Refusal("held_above", member=member, held=float(goal[first] - rest[first]), most=float(goal[first]))
