"""Allocation and two-way fit against pandas groupby.apply, HiGHS and ipfn, all measured in this run.

Run: python -m tests.benchmarks.bench_allocation [--quick]. Medians of 7 (a rival over ten seconds: once). The tree has
10 regions x 100 products x 100 customers x 12 months.
"""

import sys
import time
from statistics import median

import numpy as np
import pandas as pd

from xlsales.core.apportion import allocate
from xlsales.core.apportion_tree import TreeCells, allocate_tree
from xlsales.core.hierarchy import gap, tree_of
from xlsales.core.twoway import fit


def timed(run, times=7, limit=10.0):
    """The median seconds of several runs; of one if that takes longer than the limit."""
    seconds = []
    for _ in range(times):
        begin = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - begin)
        if seconds[0] > limit:
            break
    return median(seconds)


def even_tree(*sizes):
    """A tree whose every member of a level has the same number of children."""
    parents, above, count = [np.array([-1])], np.array([0]), 1
    for size in sizes:
        parents.append(np.repeat(above, size))
        above = np.arange(count, count + len(parents[-1]))
        count += len(above)
    parent = np.concatenate(parents)
    return tree_of(list(range(count)), parent)


def task(tree, held_share, bound_share, *, tight=False):
    """Weights, holds and bounds on a tree's leaves, with an answer."""
    chance = np.random.default_rng(1)
    leaves, count = np.flatnonzero(tree.leaves), len(tree.members)
    weights = np.zeros(count)
    weights[leaves] = chance.lognormal(5, 1, len(leaves))
    held, lower, upper = (np.full(count, np.nan) for _ in range(3))
    order = chance.permutation(leaves)
    kept, bounded = np.split(order[: int(len(order) * (held_share + bound_share))], [int(len(order) * held_share)])
    held[kept] = np.rint(weights[kept])
    upper[bounded] = np.ceil(weights[bounded] * (1.02 if tight else 1.3))
    if not tight:
        lower[bounded] = np.floor(weights[bounded] * 0.8)
    return float(np.rint(weights.sum() * 1.1)), TreeCells(weights, held, lower, upper)


def one_parent(weights, low, high, total):
    """The same method for one parent as a planner would write it with numpy and pandas."""
    found, free = np.zeros(len(weights)), np.ones(len(weights), dtype=bool)
    found[low == high] = low[low == high]
    free[low == high] = False
    while free.any():
        factor = (total - found[~free].sum()) / weights[free].sum()
        tried = weights * factor
        below, above = free & (tried < low), free & (tried > high)
        short, over = (low - tried)[below].sum(), (tried - high)[above].sum()
        found[free] = tried[free]
        if not (below.any() or above.any()):
            break
        side, wall = (below, low) if short >= over else (above, high)
        found[side] = wall[side]
        free &= ~side
    floors = np.floor(found + 1e-9)
    give = round(total - floors.sum())
    floors[np.argsort(floors - found, kind="stable")[:give]] += 1
    return floors


def per_parent(tree, total, cells):
    """Every level by pandas groupby.apply, one parent at a time."""
    low = np.where(np.isnan(cells.held), np.nan_to_num(cells.lower, nan=0.0), cells.held)
    high = np.where(np.isnan(cells.held), np.nan_to_num(cells.upper, nan=np.inf), cells.held)
    frame = pd.DataFrame({"w": cells.weights, "low": low, "high": high, "parent": tree.parent})
    for level in reversed(tree.levels[1:]):
        part = frame.iloc[tree.layout[level.begin : level.end]].groupby("parent").sum()
        frame.loc[part.index, ["w", "low", "high"]] = part.to_numpy()
    values = np.zeros(len(frame))
    values[tree.layout[0]] = total
    for level in tree.levels[1:]:
        rows = frame.iloc[tree.layout[level.begin : level.end]]

        def run(part):
            goal = values[part.name]
            return pd.Series(one_parent(*part[["w", "low", "high"]].to_numpy().T, goal), index=part.index)

        found = pd.concat([run_part for _, run_part in _applied(rows, run)])
        values[found.index] = found.to_numpy()
    return values


def _applied(rows, run):
    """groupby.apply keeps one shape: a Series of Series, or a frame when all parents have as many children."""
    found = rows.groupby("parent", group_keys=True).apply(run)
    if isinstance(found, pd.DataFrame):
        return [(0, found.stack().droplevel(0))]  # noqa: PD013 a melt would lose the index
    return [(0, found.droplevel(0))]


def highs(weights, low, high, total):
    """Weighted absolute deviation from the proportional shares, minimised by HiGHS."""
    from scipy.optimize import linprog
    from scipy.sparse import csr_array, eye_array, hstack, vstack

    count = len(weights)
    goal = weights * total / weights.sum()
    one = eye_array(count, format="csr")
    sums = csr_array(np.concatenate([np.ones(count), np.zeros(2 * count)])[None, :])
    return linprog(
        np.concatenate([np.zeros(count), 1 / goal, 1 / goal]),
        A_eq=vstack([hstack([one, -one, one]), sums]),
        b_eq=np.concatenate([goal, [total]]),
        bounds=np.column_stack(
            [np.concatenate([low, np.zeros(2 * count)]), np.concatenate([high, np.full(2 * count, np.inf)])]
        ),
        method="highs",
    )


def say(name, ours, rival=None, rival_name=""):
    """One line of the report."""
    tail = "" if rival is None else f"   {rival_name} {rival:9.3f} s   {rival / ours:7.0f} x"
    print(f"{name:58} {ours * 1000:9.2f} ms{tail}")


def main():
    quick = "--quick" in sys.argv
    tree = even_tree(10, 100, 100, 12)
    total, cells = task(tree, 0.05, 0.10)
    found = allocate_tree(tree, total, cells, unit=1).amounts
    assert not gap(tree, found).any()
    ours = timed(lambda: allocate_tree(tree, total, cells, unit=1))
    rival_tree = even_tree(10, 100, 10, 12) if quick else tree
    rival_total, rival_cells = task(rival_tree, 0.05, 0.10)
    rival = timed(lambda: per_parent(rival_tree, rival_total, rival_cells), 1)
    rival *= tree.leaves.sum() / rival_tree.leaves.sum()
    say("1.2 M leaves, 4 levels, 5 % held, 10 % bounded", ours, rival, "groupby.apply" + (" (scaled)" if quick else ""))
    total, cells = task(tree, 0.0, 0.34, tight=True)
    found = allocate_tree(tree, total, cells, unit=1).amounts
    at_bound = np.mean(found[tree.leaves] == cells.upper[tree.leaves])
    say(f"tight bounds ({at_bound:.0%} of the cells at one)", timed(lambda: allocate_tree(tree, total, cells, unit=1)))
    small = even_tree(5, 10, 5, 12)
    few, few_cells = task(small, 0.05, 0.10)
    say("3 000 leaves", timed(lambda: allocate_tree(small, few, few_cells, unit=1), 31))
    say("building the tree of 1.2 M leaves", timed(lambda: even_tree(10, 100, 100, 12), 3))

    chance = np.random.default_rng(2)
    weights = chance.lognormal(5, 1, 100_000)
    low, high = np.floor(weights * 0.5), np.ceil(weights * 1.3)
    goal = float(np.rint(weights.sum() * 1.1))
    ours = timed(lambda: allocate(goal, weights, lower=low, upper=high, unit=1))
    say("100 000 leaves, bounds on all", ours, timed(lambda: highs(weights, low, high, goal), 3, limit=10), "HiGHS")

    from ipfn import ipfn

    seed = chance.lognormal(0, 1, (1000, 1000))
    goal_table = seed * chance.lognormal(0, 0.5, (1000, 1)) * chance.lognormal(0, 0.5, 1000)
    goal_table *= chance.lognormal(0, 0.2, seed.shape)
    rows, columns = goal_table.sum(axis=1), goal_table.sum(axis=0)
    ours = timed(lambda: fit(seed, rows, columns))
    rival = timed(
        lambda: ipfn.ipfn(
            seed.copy(), [rows, columns], [[0], [1]], convergence_rate=1e-9, max_iteration=500
        ).iteration(),
        3,
    )
    say("two-way fit 1 000 x 1 000 to 1e-9", ours, rival, "ipfn")


if __name__ == "__main__":
    main()
