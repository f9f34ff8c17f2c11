"""Row and column totals given: iterative proportional fitting, held cells, proof of what cannot be, whole units.

Sources: Deming and Stephan 1940 (fitting); Cox 1987 (controlled rounding as a flow).
"""

from dataclasses import dataclass

import numpy as np

from xlsales.core.apportion import Cells, numbers, whole_units
from xlsales.core.hierarchy import Floats
from xlsales.core.refusal import Refusal
from xlsales.core.rounding import from_units
from xlsales.core.twoway_flow import controlled_rounding, possible_cells

CLOSE = 1e-9  # margins are met to this part of themselves
FIRST_ROUNDS = 200  # plain fitting; a table that is not done by then is examined for cells that must be empty


@dataclass(frozen=True)
class Margins:
    """The totals that rows and columns must have."""

    rows: Floats
    columns: Floats


def fit(seed: Cells, rows: Cells, columns: Cells, held: Cells | None = None, unit: float | None = None) -> Floats:
    """The table with the given margins whose free cells keep the seed's proportions (its odds ratios).

    seed: (r, c), not negative; 0 is a combination that does not exist and stays 0. rows: (r,), columns: (c,) totals.
    held: (r, c), a number keeps its value, NaN or None is free. unit: None, or every cell and margin in whole units,
    each cell at the floor or ceiling of the fitted value. Returns (r, c) with margins met to 1e-9, exactly with a unit.
    Refuses margins_differ, seed_negative, seed_missing, held_exceed_margin, twoway_infeasible (with the rows and
    columns that prove it) and off-grid totals.

    >>> fit([[1, 1], [1, 3]], [10, 20], [12, 18], unit=1)
    array([[ 6.,  4.],
           [ 6., 14.]])
    """
    table = _seed(seed)
    margins = Margins(_margin(rows, table.shape[0], "rows", unit), _margin(columns, table.shape[1], "columns", unit))
    _check_sums(margins, unit)
    sign = -1.0 if margins.rows.sum() < 0 else 1.0
    if held is None:
        kept, rest = None, Margins(margins.rows * sign, margins.columns * sign)
    else:
        kept = numbers(held, "held")
        if kept.shape != table.shape:
            raise Refusal("shape_differs", name="held", found=list(kept.shape), wanted=list(table.shape))
        kept = whole_units(kept.ravel(), unit, "held").reshape(table.shape)
        fixed = np.nan_to_num(kept)
        rest = Margins((margins.rows - fixed.sum(axis=1)) * sign, (margins.columns - fixed.sum(axis=0)) * sign)
        table = np.where(np.isnan(kept), table, 0.0)
    rest = _not_negative(rest, margins, unit)
    found = _fitted(table, rest, unit)
    if unit is not None:
        found = controlled_rounding(found, rest.rows, rest.columns)
    if sign < 0:
        found = sign * found + 0.0
    if kept is not None:
        found = np.where(np.isnan(kept), found, kept)
    return found if unit is None else from_units(found, unit)


def margins_left(table: Floats, rows: Floats, columns: Floats) -> tuple[Floats, Floats]:
    """What the table's rows and columns lack to their totals."""
    return np.asarray(rows) - table.sum(axis=1), np.asarray(columns) - table.sum(axis=0)


def _fitted(seed: Floats, rest: Margins, unit: float | None) -> Floats:
    """The fitted free part."""
    if not (rest.rows.all() and rest.columns.all()):
        seed = np.where((rest.rows > 0)[:, None] & (rest.columns > 0)[None, :], seed, 0.0)
    if not rest.rows.any():
        return np.zeros_like(seed)
    table = _scaled(seed, rest, FIRST_ROUNDS)
    if table is not None:
        return table
    seed = np.where(possible_cells(seed > 0, rest.rows, rest.columns, unit), seed, 0.0)
    table = _scaled(seed, rest, 2000)
    if table is None:
        table = _newton(seed, rest)
    return table


def _scaled(seed: Floats, rest: Margins, rounds: int) -> Floats | None:
    """Rows and columns scaled in turn by matrix-vector products until both margins are met; None: not met yet."""
    rows, columns = rest.rows, rest.columns
    some_rows, some_columns = rows > 0, columns > 0
    right = np.ones(seed.shape[1])
    for _ in range(rounds):
        across = np.einsum("ij,j->i", seed, right)  # a threaded product would wait for other programs' threads
        if not (across[some_rows] > 0).all() or not np.isfinite(across).all():
            return None
        left = np.divide(rows, across, out=np.zeros_like(rows), where=some_rows)
        down = np.einsum("i,ij->j", left, seed)
        if not (down[some_columns] > 0).all() or not np.isfinite(down).all():
            return None
        if (np.abs(right * down - columns) <= CLOSE / 10 * columns).all():
            table = seed * left[:, None]
            table *= right
            return np.asarray(table)
        right = np.divide(columns, down, out=np.zeros_like(columns), where=some_columns)
    return None


def _newton(seed: Floats, rest: Margins) -> Floats:
    """Newton's method on the logarithms of the factors, for tables that plain scaling approaches too slowly."""
    count = len(rest.rows)
    table: Floats = seed * (rest.rows.sum() / seed.sum())
    for _ in range(500):
        short = np.concatenate(margins_left(table, rest.rows, rest.columns))
        if (np.abs(short) <= CLOSE / 10 * np.concatenate([rest.rows, rest.columns])).all():
            return table
        rows, columns = table.sum(axis=1), table.sum(axis=0)
        curve = np.block([[np.diag(rows), table], [table.T, np.diag(columns)]])
        ridge = 1e-13 * max(rows.max(), columns.max())
        step = np.linalg.solve(curve + ridge * np.eye(len(short)), short)
        step *= min(1.0, 2.0 / np.abs(step).max())
        table = np.asarray(table * np.exp(step[:count])[:, None] * np.exp(step[count:]))
    raise Refusal("twoway_not_found", rows=count, columns=len(rest.columns))


def _margin(cells: Cells, count: int, name: str, unit: float | None) -> Floats:
    """Totals of rows or columns in units."""
    found = numbers(cells, name).ravel()
    if len(found) != count:
        raise Refusal("shape_differs", name=name, found=[len(found)], wanted=[count])
    if np.isnan(found).any():
        raise Refusal("margin_missing", name=name, cell=int(np.argmax(np.isnan(found))) + 1)
    return whole_units(found, unit, "total")


def _seed(cells: Cells) -> Floats:
    """The seed as a table; refuses blanks and negative figures."""
    table = numbers(cells, "seed")
    if table.ndim != 2:
        raise Refusal("shape_differs", name="seed", found=list(table.shape), wanted=["r", "c"])
    least = table.min()  # a blank comes through as NaN
    if not least >= 0:
        code, wrong = ("seed_missing", np.isnan(table)) if np.isnan(least) else ("seed_negative", table < 0)
        row, column = np.argwhere(wrong)[0].tolist()
        raise Refusal(code, row=row + 1, column=column + 1)
    return table


def _check_sums(margins: Margins, unit: float | None) -> None:
    """Refuse margins with different sums."""
    rows, columns = float(margins.rows.sum()), float(margins.columns.sum())
    slack = 0.0 if unit is not None else CLOSE * max(np.abs(margins.rows).sum(), np.abs(margins.columns).sum())
    if abs(rows - columns) > slack:
        sums = np.array([rows, columns, rows - columns])
        shown = sums if unit is None else from_units(sums, unit)
        raise Refusal("margins_differ", rows=float(shown[0]), columns=float(shown[1]), difference=float(shown[2]))


def _not_negative(rest: Margins, margins: Margins, unit: float | None) -> Margins:
    """The rest of both margins without float noise; refuses a margin that its held cells exceed."""
    clean = []
    for name, left, whole in (("row", rest.rows, margins.rows), ("column", rest.columns, margins.columns)):
        slack = CLOSE * np.abs(margins.rows).sum() if unit is None else 0.0
        over = left < -slack
        if over.any():
            first = int(np.argmax(over))
            by, total = (
                np.array([-left[first], whole[first]])
                if unit is None
                else from_units(np.array([-left[first], whole[first]]), unit)
            )
            raise Refusal("held_exceed_margin", side=name, cell=first + 1, total=float(total), excess=float(by))
        clean.append(np.where(left <= slack * 1e-3, 0.0, left))
    if unit is None and clean[1].sum() > 0:
        clean[1] = clean[1] * (clean[0].sum() / clean[1].sum())
    return Margins(clean[0], clean[1])
