"""Flows in a table: which cells can carry anything, proof that none can, and rounding that keeps both margins."""

import numpy as np

from xlsales.core.apportion_cells import Bools
from xlsales.core.hierarchy import Floats, Ints
from xlsales.core.refusal import Refusal
from xlsales.core.rounding import from_units

LARGEST_FLOW = 2**30  # capacities are 32-bit
THRESHOLDS = (0.5, 0.3, 0.1, 0.03, 0.0)  # a unit goes to cells with large remainders if that is possible


def possible_cells(open_: Bools, rows: Floats, columns: Floats, unit: float | None) -> Bools:
    """The open cells that are not zero in every table with these margins; refuses twoway_infeasible with the proof.

    open_: (r, c). The proof: some rows need more than the columns open to them may take (max-flow, min-cut).

    >>> margin = np.array([1.0, 2.0])
    >>> possible_cells(np.array([[True, True], [False, True]]), margin, margin, None).tolist()
    [[True, False], [False, True]]
    """
    from scipy.sparse import csr_array  # noqa: PLC0415 heavy, loaded where used
    from scipy.sparse.csgraph import breadth_first_order, connected_components  # noqa: PLC0415

    need, take, exact = _whole(rows, columns)
    amount = max(int(need.sum()), int(take.sum()))
    carried, (i, j) = _flow(open_, need, take, np.full(int(open_.sum()), amount))
    count, width = open_.shape
    ends = np.concatenate([i, j[carried > 0] + count]), np.concatenate([j + count, i[carried > 0]])
    residual = csr_array((np.ones(len(ends[0]), dtype=np.int32), ends), shape=(count + width,) * 2)
    short = need - np.bincount(i, carried, count)
    if short.sum() > (0 if exact else count + width):
        reached = np.zeros(count + width, dtype=bool)
        for row in np.flatnonzero(short > 0):
            reached[breadth_first_order(residual, int(row), directed=True, return_predecessors=False)] = True
        in_rows, in_columns = reached[:count], reached[count:]
        sums = np.array([rows[in_rows].sum(), columns[in_columns].sum()])
        shown = sums if unit is None else from_units(sums, unit)
        raise Refusal(
            "twoway_infeasible",
            rows=(np.flatnonzero(in_rows) + 1).tolist(),
            columns=(np.flatnonzero(in_columns) + 1).tolist(),
            need=float(shown[0]),
            most=float(shown[1]),
        )
    _, part = connected_components(residual, directed=True, connection="strong")
    found = np.zeros_like(open_)
    found[i, j] = (carried > 0) | (part[i] == part[j + count])
    return found


def controlled_rounding(table: Floats, rows: Floats, columns: Floats) -> Floats:
    """Each cell at its floor or ceiling, every row and column total exact.

    table: (r, c) not negative, in units, with whole margins rows and columns up to noise. Where float noise leaves no
    such table, cells that are not zero may move by more than one.

    >>> controlled_rounding(np.array([[0.5, 0.5], [0.5, 0.5]]), np.array([1.0, 1.0]), np.array([1.0, 1.0])).sum(axis=0)
    array([1., 1.])
    """
    noise = np.maximum(1e-7, table * 1e-8)
    floors: Floats = np.floor(table + noise)
    remainders = np.where(table - floors > noise, table - floors, 0.0)
    need = np.rint(rows - floors.sum(axis=1)).astype(np.int64)
    take = np.rint(columns - floors.sum(axis=0)).astype(np.int64)
    if (need >= 0).all() and (take >= 0).all():
        for least in THRESHOLDS:
            open_ = (remainders > 0) & (remainders >= least)
            carried, (i, j) = _flow(open_, need, take, np.ones(int(open_.sum()), dtype=np.int64))
            if carried.sum() == need.sum():
                floors[i, j] += carried
                return floors
    return _any_rounding(table, rows, columns)


def _any_rounding(table: Floats, rows: Floats, columns: Floats) -> Floats:
    """Whole units with both margins exact from floors one lower than the noise may have made them."""
    floors: Floats = np.maximum(np.floor(table) - 1, 0.0)
    need, take = (
        np.rint(rows - floors.sum(axis=1)).astype(np.int64),
        np.rint(columns - floors.sum(axis=0)).astype(np.int64),
    )
    open_ = table > 0
    carried, (i, j) = _flow(open_, need, take, np.full(int(open_.sum()), 4))
    if carried.sum() != need.sum():
        carried, (i, j) = _flow(open_, need, take, np.full(int(open_.sum()), int(need.sum())))
    if carried.sum() != need.sum():
        raise Refusal("twoway_not_found", rows=table.shape[0], columns=table.shape[1])
    floors[i, j] += carried
    return floors


def _flow(open_: Bools, need: Ints, take: Ints, room: Ints) -> tuple[Ints, tuple[Ints, Ints]]:
    """The largest flow from rows through open cells to columns: what each open cell carries, and the open cells."""
    from scipy.sparse import csr_array  # noqa: PLC0415 heavy, loaded where used
    from scipy.sparse.csgraph import maximum_flow  # noqa: PLC0415

    count, width = open_.shape
    i, j = np.nonzero(open_)
    starts = np.concatenate([np.zeros(count, dtype=np.int64), i + 1, np.arange(count + 1, count + width + 1)])
    ends = np.concatenate([np.arange(1, count + 1), j + count + 1, np.full(width, count + width + 1)])
    sizes = np.concatenate([need, room, take]).astype(np.int32)
    graph = csr_array((sizes, (starts, ends)), shape=(count + width + 2,) * 2)
    found = maximum_flow(graph, 0, count + width + 1).flow.tocoo()
    inner = (found.row >= 1) & (found.row <= count) & (found.data > 0)
    carried = np.zeros(open_.shape, dtype=np.int64)
    carried[found.row[inner] - 1, found.col[inner] - count - 1] = found.data[inner]
    return carried[i, j], (i, j)


def _whole(rows: Floats, columns: Floats) -> tuple[Ints, Ints, bool]:
    """Margins as whole numbers for a flow, and whether they are the same margins rather than nearly so."""
    for digits in range(7):
        scaled = [side * 10.0**digits for side in (rows, columns)]
        if sum(side.sum() for side in scaled) > LARGEST_FLOW:
            break
        if all((np.abs(side - np.rint(side)) <= 1e-6).all() for side in scaled):
            need, take = (np.rint(side).astype(np.int64) for side in scaled)
            return need, take, bool(need.sum() == take.sum())
    factor = LARGEST_FLOW / 2 / max(rows.sum(), columns.sum())
    return np.rint(rows * factor).astype(np.int64), np.rint(columns * factor).astype(np.int64), False
