"""Rows seen from each level of a tree, so that a parent's figure is the figure of all rows below it."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from xlsales.core.hierarchy import Tree


def seen_from(members: pd.Series, tree: Tree) -> Iterator[pd.Series]:
    """The rows' members as each level of the tree sees them: first the member itself, then its parent, and so on.

    members: (n,), blank or outside the tree where unknown; each yields (n,), blank where there is no ancestor so high.
    Over all that is yielded, a row counts once for its member and once for each ancestor.

    >>> from xlsales.core.hierarchy import build_tree
    >>> tree = build_tree(["all", "north"], [None, "all"])
    >>> [seen.tolist() for seen in seen_from(pd.Series(["north", "x"], dtype="str"), tree)]
    [['north', 'x'], ['all', nan]]
    """
    yield members
    codes, names = pd.factorize(members)
    known = pd.Index(tree.members, dtype=object).get_indexer(pd.Index(names, dtype=object))
    place = np.where(known >= 0, known, len(tree.members))
    above = np.append(np.where(tree.parent >= 0, tree.parent, len(tree.members)), len(tree.members))
    labels = pd.Series([*tree.members, None], dtype="str")
    while True:
        place = above[place]
        if (place == len(tree.members)).all():
            return
        seen = labels.iloc[np.append(place, len(tree.members))[codes]]
        yield pd.Series(seen.array, index=members.index)
