"""Targets of rows and held sums of months at once: a two-way fit, where the chosen cells are all under such sums."""

import numpy as np

from xlsales.commands.plan_limits import held_sums, name_of
from xlsales.commands.plan_sheet import PlanSheet
from xlsales.core.plan_down import grid_unit
from xlsales.core.twoway import fit
from xlsales.problems import InputError, Problem

Place = tuple[int, int]  # row and month
SAME = 0.005


def two_ways(
    sheet: PlanSheet,
    free: dict[int, list[Place]],
    goals: dict[int, float],
    values: dict[Place, float | None],
    rounding: float,
) -> dict[Place, float] | None:
    """The free cells so that rows meet their targets and the held sums of months keep theirs; None: not such a case.

    free: the cells that may change, by the row whose target they serve. goals: the targets of these rows. It is such a
    case where two rows or more serve targets of their own and every free cell lies under a held sum of its month that
    stands above them all. Rows and columns that do not add up to the same are refused, naming both sums.
    """
    owners = [owner for owner, cells in free.items() if cells]
    every = [cell for owner in owners for cell in free[owner]]
    months = sorted({month for _, month in every})
    above = _above(sheet, owners, months)
    if len(owners) < 2 or above is None:
        return None
    seed = np.zeros((len(owners), len(months)))
    place: dict[tuple[int, int], Place] = {}
    for row, owner in enumerate(owners):
        for cell in free[owner]:
            if (row, months.index(cell[1])) in place:
                return None  # several leaves of one target in a month
            place[row, months.index(cell[1])] = cell
            seed[row, months.index(cell[1])] = values[cell] or 0.0
    if not seed.any():
        seed[tuple(np.array(list(place)).T)] = 1.0
    chosen = set(every)
    rows = np.array([goals[owner] - _fixed(sheet, values, owner, chosen) for owner in owners])
    columns = np.array([_held(sheet, above, month) - _rest(sheet, values, (above, month), chosen) for month in months])
    rows, columns = rows.round(2), columns.round(2)
    if abs(rows.sum() - columns.sum()) >= SAME:
        facts = {"rows": float(rows.sum()), "columns": float(columns.sum()), "name": name_of(sheet.rows[above])}
        raise InputError(Problem("plan_margins_differ", table="plan", facts=facts))
    unit = min(grid_unit(float(margin), rounding) for margin in [*rows, *columns])
    found = fit(seed, rows, columns, unit=unit)
    return {cell: float(found[at]) for at, cell in place.items()}


def _above(sheet: PlanSheet, owners: list[int], months: list[int]) -> int | None:
    """The row whose sum is held in all the months and that holds all the owners below."""
    marks = set(held_sums(sheet))
    for row in reversed(sheet.rows):
        below = set() if row.leaf else set(sheet.leaves(row.at))
        held = bool(months) and all((row.at, month) in marks for month in months)
        if held and all(set(sheet.leaves(owner)) <= below for owner in owners):
            return row.at
    return None


def _fixed(sheet: PlanSheet, values: dict[Place, float | None], owner: int, chosen: set[Place]) -> float:
    """What the cells of a row come to that may not change."""
    cells = [(leaf, month) for leaf in sheet.leaves(owner) for month in sheet.places]
    return sum(values[cell] or 0.0 for cell in cells if cell not in chosen)


def _held(sheet: PlanSheet, at: int, month: int) -> float:
    """The sum of a month that is held."""
    cells = [sheet.cell(leaf, month)[0] for leaf in sheet.leaves(at)]
    return sum(cell for cell in cells if isinstance(cell, float))


def _rest(sheet: PlanSheet, values: dict[Place, float | None], held: Place, chosen: set[Place]) -> float:
    """What the other cells of a held sum come to."""
    cells = [(leaf, held[1]) for leaf in sheet.leaves(held[0])]
    return sum(values[cell] or 0.0 for cell in cells if cell not in chosen)
