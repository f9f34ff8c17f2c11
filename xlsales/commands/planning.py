"""Which cells of a plan matrix an allocation may change, whose target they belong to, and their new values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from xlsales.commands.plan_sheet import FIRST_MONTH, MONTHS, PlanSheet
from xlsales.commands.protocol import Block
from xlsales.core.apportion import allocation
from xlsales.core.plan_down import grid_unit
from xlsales.problems import InputError, Problem

Cells = list[tuple[int, int]]  # row and month
History = Mapping[tuple[str, str, str], float]
SAME = 0.005  # plans are exact to the cent


@dataclass
class Allocated:
    """New values of the cells that change. total: the targets that were spread. equal: for want of weights."""

    cells: dict[tuple[int, int], float] = field(default_factory=dict)
    total: float = 0.0
    equal: bool = False


def chosen_cells(sheet: PlanSheet, blocks: Sequence[Block], *, whole_year: bool = True) -> Cells:
    """The leaf cells that a selection means.

    A month's cell (or its hold cell) means itself; on a row that adds up, all leaves under it; a cell left or right of
    the months, and a single selected cell (with `whole_year`), mean the whole year of the row.
    """
    single = whole_year and len(blocks) == 1 and blocks[0].height == blocks[0].width == 1
    found: dict[tuple[int, int], None] = {}
    top = sheet.matrix.top + 1
    for block in blocks:
        months = sorted(_months(block, sheet.matrix.left)) if not single else list(range(MONTHS))
        for at in range(max(block.row - top, 0), min(block.row - top + block.height, len(sheet.rows))):
            found |= dict.fromkeys(
                (leaf, month) for leaf in sheet.leaves(at) for month in months if _known(sheet, leaf)
            )
    return list(found)


def _known(sheet: PlanSheet, at: int) -> bool:
    row = sheet.rows[at]
    return bool(row.region or row.salesperson)


def _months(block: Block, left: int) -> set[int]:
    columns = range(block.column - left, block.column - left + block.width)
    inside = {(column - FIRST_MONTH) // 2 for column in columns if FIRST_MONTH <= column < FIRST_MONTH + 2 * MONTHS}
    outside = any(column < FIRST_MONTH or column >= FIRST_MONTH + 2 * MONTHS for column in columns)
    return set(range(MONTHS)) if outside and not inside else inside


def goals(sheet: PlanSheet, targets: pd.DataFrame) -> dict[int, float]:
    """The year's target of each row that has one of its own."""
    mine = targets[(targets["measure"] == sheet.measure) & (targets["period"] == sheet.year)]
    sums = mine.assign(member=mine["member"].fillna("")).groupby(["scope", "member"])["target"].sum(min_count=1)
    company = sums[sums.index.get_level_values("scope") == "company"].sum(min_count=1)
    known = {key: float(value) for key, value in sums.items() if not np.isnan(value)}
    inside = {child: row.at for row in sheet.rows for child in row.children}
    found = {}
    for row in sheet.rows:
        parent = inside.get(row.at)
        if parent is None and not row.leaf:
            goal = None if np.isnan(company) else float(company)
            goal = known.get(("region", row.region)) if goal is None else goal
        elif row.salesperson:
            goal = known.get(("salesperson", row.salesperson))
        elif parent is not None and sheet.rows[parent].region == row.region:
            goal = None  # typed on the parent itself, of no child of it
        else:
            goal = known.get(("region", row.region))
        if goal is not None:
            found[row.at] = goal
    return found


def allocated(
    sheet: PlanSheet, chosen: Cells, targets: pd.DataFrame, rounding: float, history: History | None
) -> Allocated:
    """New values of the chosen cells, so that every row with a target meets it.

    Each cell belongs to the nearest row, itself or above, that has a target; the deepest rows come first. Under such a
    row the cells that are not chosen, are held, or belong to a deeper target stay; what they leave of the target goes
    over the chosen ones in proportion to their values, where all are blank to `history`, exact in rounding units.
    """
    target = goals(sheet, targets)
    inside = {child: row.at for row in sheet.rows for child in row.children}
    values = {
        (row.at, month): _number(sheet, row.at, month) for row in sheet.rows if row.leaf for month in range(MONTHS)
    }
    owners: dict[int, Cells] = {}
    for at, month in chosen:
        owner: int | None = at
        while owner is not None and owner not in target:
            owner = inside.get(owner)
        if owner is None:
            raise InputError(
                Problem(
                    "plan_no_target",
                    table="plan",
                    facts={"name": sheet.rows[at].name or sheet.rows[at].region, "year": sheet.year},
                )
            )
        owners.setdefault(owner, []).append((at, month))
    done = Allocated(total=sum(target[owner] for owner in owners))
    for owner in sorted(owners, reverse=True):  # a row stands above those that it adds up
        free = [cell for cell in owners[owner] if not sheet.cell(*cell)[1]]
        new, equal = _spread(sheet, values, (owner, target[owner]), free, rounding, history)
        done.equal |= equal
        for cell, value in new.items():
            before = values[cell]
            values[cell] = value
            if before is None or abs(before - value) >= SAME:
                done.cells[cell] = value
    return done


def _spread(
    sheet: PlanSheet,
    values: Mapping[tuple[int, int], float | None],
    goal: tuple[int, float],
    free: Cells,
    rounding: float,
    history: History | None,
) -> tuple[dict[tuple[int, int], float], bool]:
    """What the fixed cells leave of a target, over the free ones; and whether equally, for want of weights."""
    owner, total = goal
    chosen = set(free)
    fixed = sum(values[leaf, month] or 0.0 for leaf in sheet.leaves(owner) for month in range(MONTHS)
                if (leaf, month) not in chosen)  # fmt: skip
    rest = round(total - fixed, 2)
    if not free:
        if abs(rest) >= SAME:
            raise InputError(
                Problem("plan_all_held", table="plan", facts={"name": sheet.rows[owner].name, "rest": rest})
            )
        return {}, False
    if rest * total < 0:
        raise InputError(
            Problem("plan_over", table="plan", facts={"name": sheet.rows[owner].name, "fixed": fixed, "target": total})
        )
    weights = np.array([values[cell] or 0.0 for cell in free])
    if not weights.any() and history is not None:
        names = [(sheet.rows[at].region, sheet.rows[at].salesperson, sheet.months[month]) for at, month in free]
        weights = np.nan_to_num(np.array([history.get(name, 0.0) for name in names]))
    found = allocation(rest, weights, unit=grid_unit(rest, rounding))
    return dict(zip(free, found.amounts.tolist(), strict=True)), found.announced_equal


def _number(sheet: PlanSheet, at: int, month: int) -> float | None:
    cell = sheet.cell(at, month)[0]
    return float(cell) if isinstance(cell, (int, float)) and not isinstance(cell, bool) else None
