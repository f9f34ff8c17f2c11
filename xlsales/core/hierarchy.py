"""Trees by parent id (organisation, regions, channels) or from the columns of a plan; of any depth, ragged or not."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from xlsales.core.refusal import Refusal

Floats = np.ndarray[Any, np.dtype[np.float64]]
Ints = np.ndarray[Any, np.dtype[np.int64]]


@dataclass(frozen=True)
class Level:
    """The members of one depth in layout order, cut into one segment per parent."""

    begin: int
    end: int
    parents: Ints  # layout place of each parent that has children, ascending
    starts: Ints  # first child of each such parent, counted from begin
    sizes: Ints


@dataclass(frozen=True)
class Tree:
    """A forest of members. `layout` lists them parents before children, siblings side by side in the order given."""

    members: list[Any]
    parent: Ints  # index of the parent in members, -1 for a root
    depth: Ints
    layout: Ints  # layout place -> index in members
    levels: list[Level] = field(repr=False)  # levels[0] holds the roots and has no parents

    @property
    def leaves(self) -> np.ndarray[Any, np.dtype[np.bool_]]:
        """True for members without children, in the order of members."""
        leaf = np.ones(len(self.members), dtype=bool)
        leaf[self.parent[self.parent >= 0]] = False
        return leaf

    def place(self) -> dict[Any, int]:
        """Member -> its index."""
        return {member: index for index, member in enumerate(self.members)}

    def ancestors(self, member: object) -> list[Any]:
        """The member's parent, its parent, and so on up to the root."""
        index, found = int(self.parent[self.members.index(member)]), []
        while index >= 0:
            found.append(self.members[index])
            index = int(self.parent[index])
        return found

    def below(self, member: object) -> list[Any]:
        """The member and all its descendants, parents before children."""
        inside = np.zeros(len(self.members), dtype=bool)
        inside[self.members.index(member)] = True
        for level in self.levels[1:]:
            here = self.layout[level.begin : level.end]
            inside[here] |= inside[self.parent[here]]
        return [self.members[index] for index in self.layout[inside[self.layout]]]


def build_tree(members: Iterable[Any], parents: Iterable[Any]) -> Tree:
    """The tree of members, each with the member that is its parent (None, blank or missing: a root).

    Refuses tree_duplicate, tree_missing_member, tree_unknown_parent and tree_cycle, naming the members.

    >>> tree = build_tree(["company", "north", "south", "oslo"], [None, "company", "company", "north"])
    >>> tree.depth.tolist(), tree.leaves.tolist(), tree.ancestors("oslo")
    ([0, 1, 1, 2], [False, False, True, True], ['north', 'company'])
    """
    names, above = list(members), list(parents)
    if len(names) != len(above):
        raise Refusal("tree_lengths", members=len(names), parents=len(above))
    index = pd.Index(names, dtype=object)
    if bool(index.isna().any()):
        raise Refusal("tree_missing_member", row=int(np.argmax(index.isna())) + 1)
    if not index.is_unique:
        raise Refusal("tree_duplicate", members=_some(index[index.duplicated()].unique()))
    wanted = pd.Index(above, dtype=object)
    empty = (isinstance(name, str) and not name for name in above)
    blank = np.asarray(wanted.isna()) | np.fromiter(empty, dtype=bool, count=len(above))
    parent = np.where(blank, -1, index.get_indexer(wanted)).astype(np.int64)
    unknown = ~blank & (parent < 0)
    if unknown.any():
        raise Refusal("tree_unknown_parent", parents=_some(wanted[unknown].unique()), members=_some(index[unknown]))
    return tree_of(names, parent)


def tree_of(members: list[Any], parent: Ints) -> Tree:
    """The tree of members whose parents are given by index (-1: a root); refuses tree_cycle."""
    count = len(members)
    by_parent = np.argsort(parent, kind="stable")
    sizes = np.bincount(parent + 1, minlength=count + 1)
    first = np.cumsum(sizes) - sizes
    here = by_parent[: sizes[0]]
    depth = np.full(count, -1, dtype=np.int64)
    none = np.empty(0, dtype=np.int64)
    levels, rows, begin = [Level(0, len(here), none, none, none)], [here], 0
    while len(here):
        depth[here] = len(levels) - 1
        inner = np.flatnonzero(sizes[here + 1])
        lengths = sizes[here[inner] + 1]
        ends = np.cumsum(lengths)
        starts = ends - lengths
        shift = np.repeat(first[here[inner] + 1] - starts, lengths)
        below = by_parent[shift + np.arange(int(lengths.sum()))]
        if len(below):
            end = begin + len(here)
            levels.append(Level(end, end + len(below), inner + begin, starts, lengths))
            rows.append(below)
        begin, here = begin + len(here), below
    if (depth < 0).any():
        raise Refusal("tree_cycle", members=_some([members[index] for index in _cycle(parent, depth)]))
    return Tree(members, parent, depth, np.concatenate(rows).astype(np.int64), levels)


def path_tree(frame: pd.DataFrame, columns: Sequence[str]) -> Tree:
    """The tree whose levels are the columns: members are the tuples of their values, () is the root.

    A row is a leaf at its last column; rows must be distinct. Refuses tree_duplicate.

    >>> path_tree(pd.DataFrame({"region": ["N", "N"], "month": ["2026-01", "2026-02"]}), ["region", "month"]).members
    [(), ('N',), ('N', '2026-01'), ('N', '2026-02')]
    """
    if bool(frame.duplicated(list(columns)).any()):
        again = frame.loc[frame.duplicated(list(columns)), list(columns)]
        raise Refusal("tree_duplicate", members=_some(list(again.itertuples(index=False, name=None))))
    members: list[Any] = [()]
    parents, above, offset = [np.full(1, -1, dtype=np.int64)], np.zeros(len(frame), dtype=np.int64), 1
    for depth in range(1, len(columns) + 1):
        codes, values = pd.factorize(frame[columns[depth - 1]], use_na_sentinel=False)
        pair, first = np.unique(above * (len(values) + 1) + codes, return_index=True)
        by_row = np.argsort(first, kind="stable")  # members in the order of their first row
        rank = np.empty(len(pair), dtype=np.int64)
        rank[by_row] = np.arange(len(pair))
        rows = first[by_row]
        parents.append(above[rows])
        members += zip(*(frame[column].to_numpy()[rows].tolist() for column in columns[:depth]), strict=True)
        above = offset + rank[np.searchsorted(pair, above * (len(values) + 1) + codes)]
        offset += len(pair)
    return tree_of(members, np.concatenate(parents))


def roll_up(tree: Tree, values: Floats) -> Floats:
    """Every member's value: a leaf its own, a parent the sum of its leaves; a parent of missing leaves is missing.

    values: (members,) read at the leaves only. Returns (members,) in the same unit.

    >>> tree = build_tree(["all", "a", "b"], [None, "all", "all"])
    >>> roll_up(tree, np.array([np.nan, 2.0, 3.0]))
    array([5., 2., 3.])
    """
    rows = np.asarray(values, dtype=np.float64)[tree.layout]
    missing = np.isnan(rows)
    rows = np.where(missing, 0.0, rows)
    for level in reversed(tree.levels[1:]):
        rows[level.parents] = np.add.reduceat(rows[level.begin : level.end], level.starts)
        missing[level.parents] = np.logical_and.reduceat(missing[level.begin : level.end], level.starts)
    rows[missing] = np.nan
    return unlay(tree, rows)


def gap(tree: Tree, values: Floats) -> Floats:
    """What does not add up: each parent's value minus the sum of its children, 0 at the leaves, missing where unknown.

    >>> tree = build_tree(["all", "a", "b"], [None, "all", "all"])
    >>> gap(tree, np.array([7.0, 2.0, 3.0]))
    array([2., 0., 0.])
    """
    rows = np.asarray(values, dtype=np.float64)[tree.layout]
    left = np.zeros(len(rows))
    for level in tree.levels[1:]:
        left[level.parents] = rows[level.parents] - np.add.reduceat(rows[level.begin : level.end], level.starts)
    return unlay(tree, left)


def unlay(tree: Tree, rows: Floats) -> Floats:
    """Values in layout order put back in the order of members."""
    values = np.empty_like(rows)
    values[tree.layout] = rows
    return values


def _cycle(parent: Ints, depth: Ints) -> list[int]:
    """The members of one cycle, in order."""
    step = parent.tolist()
    index = int(np.argmax(depth < 0))
    for _ in range(len(parent)):
        index = step[index]
    found = [index]
    while step[found[-1]] != index:
        found.append(step[found[-1]])
    return found


def _some(names: Iterable[Any], most: int = 10) -> list[Any]:
    """The first names, for a sentence."""
    return list(names)[:most]
