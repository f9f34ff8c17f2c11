"""Which cells of a plan matrix an allocation may change, whose target they belong to, and their new values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from xlsales.commands.plan_limits import held_sums, name_of, year_bounds
from xlsales.commands.plan_sheet import FIRST_MONTH, PlanSheet
from xlsales.commands.plan_twoway import two_ways
from xlsales.commands.protocol import Block
from xlsales.core.apportion_tree import TreeCells, allocate_tree
from xlsales.core.hierarchy import build_tree
from xlsales.core.plan_down import grid_unit
from xlsales.problems import InputError, Problem

Place = tuple[int, int]  # row and month
Cells = list[Place]
Values = dict[Place, float | None]
Bounds = Mapping[Place, tuple[float | None, float | None]]
History = Mapping[tuple[str, str, str], float]
SAME = 0.005  # plans are exact to the cent


@dataclass(frozen=True)
class Rules:
    """What an allocation keeps to.

    unit: of rounding. over: by how much the children of a target may exceed it. bounds: of single cells. locked: rows
    whose own target is locked and met. history: by leaf and month, for where nothing is planned yet.
    """

    unit: float
    over: float = 0.0
    bounds: Bounds = field(default_factory=dict)
    locked: frozenset[int] = frozenset()
    history: History | None = None


@dataclass
class Allocated:
    """New values of the cells that change.

    total: the targets that were spread. equal: for want of weights. buffer: what was assigned beyond the targets.
    """

    cells: dict[Place, float] = field(default_factory=dict)
    total: float = 0.0
    equal: bool = False
    buffer: float = 0.0


def chosen_cells(sheet: PlanSheet, blocks: Sequence[Block], *, whole_year: bool = True) -> Cells:
    """The leaf cells that a selection means.

    A month's cell (or its hold cell) means itself; on a row that adds up, all leaves under it; a cell left or right of
    the months, and a single selected cell (with `whole_year`), mean the whole year of the row.
    """
    single = whole_year and len(blocks) == 1 and blocks[0].height == blocks[0].width == 1
    found: dict[tuple[int, int], None] = {}
    top = sheet.matrix.top + 1
    for block in blocks:
        months = sorted(_months(block, sheet)) if not single else list(sheet.places)
        for at in range(max(block.row - top, 0), min(block.row - top + block.height, len(sheet.rows))):
            found |= dict.fromkeys(
                (leaf, month) for leaf in sheet.leaves(at) for month in months if _known(sheet, leaf)
            )
    return list(found)


def _known(sheet: PlanSheet, at: int) -> bool:
    row = sheet.rows[at]
    return bool(row.region or row.salesperson)


def _months(block: Block, sheet: PlanSheet) -> set[int]:
    left, end = sheet.matrix.left, FIRST_MONTH + 2 * len(sheet.months)
    columns = range(block.column - left, block.column - left + block.width)
    inside = {(column - FIRST_MONTH) // 2 for column in columns if FIRST_MONTH <= column < end}
    outside = any(column < FIRST_MONTH or column >= end for column in columns)
    return set(sheet.places) if outside and not inside else inside


def goals(sheet: PlanSheet, targets: pd.DataFrame) -> dict[int, float]:
    """The year's target of each row that has one of its own; a person in several regions has none in any of them."""
    mine = targets[(targets["measure"] == sheet.measure) & (targets["period"] == sheet.year)]
    sums = mine.assign(member=mine["member"].fillna("")).groupby(["scope", "member"])["target"].sum(min_count=1)
    company = sums[sums.index.get_level_values("scope") == "company"].sum(min_count=1)
    known = {key: float(value) for key, value in sums.items() if not np.isnan(value)}
    inside = {child: row.at for row in sheet.rows for child in row.children}
    people = [row.salesperson for row in sheet.rows if row.leaf]
    found = {}
    for row in sheet.rows:
        parent = inside.get(row.at)
        if parent is None and not row.leaf:
            goal = None if np.isnan(company) else float(company)
            goal = known.get(("region", row.region)) if goal is None else goal
        elif row.salesperson:
            goal = known.get(("salesperson", row.salesperson)) if people.count(row.salesperson) == 1 else None
        elif parent is not None and sheet.rows[parent].region == row.region:
            goal = None  # typed on the parent itself, of no child of it
        else:
            goal = known.get(("region", row.region))
        if goal is not None:
            found[row.at] = goal
    return found


def cell_bounds(sheet: PlanSheet, plan: pd.DataFrame) -> dict[Place, tuple[float | None, float | None]]:
    """The bounds that the long table gives for cells of the sheet."""
    mine = sheet.mine(plan)
    mine = mine[mine["lower"].notna() | mine["upper"].notna()]
    at = {(row.region, row.salesperson): row.at for row in sheet.rows if row.leaf}
    month = {period: step for step, period in enumerate(sheet.months)}
    limits = zip(sheet.keys(mine), mine["lower"], mine["upper"], strict=True)
    return {
        (at[region, person], month[period]): tuple(None if np.isnan(side) else float(side) for side in (low, high))
        for (region, person, period), low, high in limits
        if (region, person) in at
    }  # type: ignore[misc]


def locked_rows(sheet: PlanSheet, targets: pd.DataFrame, *, met: bool = True) -> frozenset[int]:
    """The people's rows whose own target of the year is locked, and (with `met`) that meet it: nothing moves them."""
    if not sheet.people:
        return frozenset()
    mine = targets[(targets["measure"] == sheet.measure) & (targets["period"] == sheet.year)]
    mine = mine[(mine["scope"] == "salesperson") & mine["status"].eq("locked").fillna(value=False)]
    goal = mine.groupby("member")["target"].sum()
    found = set()
    for row in sheet.rows:
        if row.leaf and row.salesperson in goal.index:
            rows = [each.at for each in sheet.rows if each.leaf and each.salesperson == row.salesperson]
            planned = sum(number_at(sheet, (at, month)) or 0.0 for at in rows for month in sheet.places)
            if not met or abs(planned - goal[row.salesperson]) < SAME:
                found.add(row.at)
    return frozenset(found)


def allocated(sheet: PlanSheet, chosen: Cells, targets: pd.DataFrame, rules: Rules) -> Allocated:
    """New values of the chosen cells, so that every row with a target meets it.

    Each cell belongs to the nearest row, itself or above, that has a target; the deepest rows come first. Under such a
    row the cells that are not chosen, are held or locked, or belong to a deeper target stay; what they leave of the
    target goes down the tree over the chosen ones in proportion to their values, where all are blank to `history`,
    within the bounds of rows and cells, exact in rounding units at every row. A sum of a month that is held keeps its
    value; where rows with targets of their own stand under held sums in all chosen months, a two-way fit meets both. A
    target of a row that adds up is over-assigned by `rules.over`.
    """
    target = goals(sheet, targets)
    inside = {child: row.at for row in sheet.rows for child in row.children}
    values = {
        (row.at, month): number_at(sheet, (row.at, month)) for row in sheet.rows if row.leaf for month in sheet.places
    }
    owners: dict[int, Cells] = {}
    for at, month in chosen:
        owner: int | None = at
        while owner is not None and owner not in target:
            owner = inside.get(owner)
        if owner is None:
            facts = {"name": name_of(sheet.rows[at]), "year": sheet.year}
            raise InputError(Problem("plan_no_target", table="plan", facts=facts))
        owners.setdefault(owner, []).append((at, month))
    done = Allocated(total=sum(target[owner] for owner in owners))
    free_of = {
        owner: [cell for cell in cells if not sheet.cell(*cell)[1] and cell[0] not in rules.locked]
        for owner, cells in sorted(owners.items())
    }
    both = two_ways(sheet, free_of, target, values, rules.unit)
    if both is not None:
        done.cells = {cell: value for cell, value in both.items() if _moves(values[cell], value)}
        return done
    for owner in sorted(owners, reverse=True):  # a row stands above those that it adds up
        free = free_of[owner]
        goal = target[owner]
        if not sheet.rows[owner].leaf and rules.over:
            goal = round(float(np.rint(goal * (1 + rules.over) / rules.unit)) * rules.unit, 2)
            done.buffer += goal - target[owner]
        new, equal = _Owner(sheet, values, owner, goal, rules).spread(free)
        done.equal |= equal
        for cell, value in new.items():
            before = values[cell]
            values[cell] = value
            if _moves(before, value):
                done.cells[cell] = value
    return done


def _moves(before: float | None, value: float) -> bool:
    """Whether a cell changes by a cent or more."""
    return before is None or abs(before - value) >= SAME


def spread_under(
    sheet: PlanSheet, values: Values, owner: int, goal: float, rules: Rules, free: Cells
) -> tuple[dict[Place, float], bool]:
    """New values of the free cells under a row, so that the row's leaves come to its goal; and whether equally."""
    return _Owner(sheet, values, owner, goal, rules).spread(free)


@dataclass
class _Owner:
    """A row with a target, and what stands under it. values: by leaf and month, as far as they are new already."""

    sheet: PlanSheet
    values: Values
    at: int
    goal: float
    rules: Rules

    def spread(self, free: Cells) -> tuple[dict[Place, float], bool]:
        """What the fixed cells leave of the target, over the free ones; and whether equally, for want of weights."""
        now, equal = dict(self.values), False
        name = name_of(self.sheet.rows[self.at])
        for held in held_sums(self.sheet):
            group = [cell for cell in free if cell[1] == held[1] and cell[0] in self.sheet.leaves(held[0])]
            if group:
                equal |= self._within(now, held, group)
                free = [cell for cell in free if cell not in set(group)]
        chosen = set(free)
        under = [(leaf, month) for leaf in self.sheet.leaves(self.at) for month in self.sheet.places]
        fixed = sum(now[cell] or 0.0 for cell in under if cell not in chosen)
        rest = round(self.goal - fixed, 2)
        if not free and abs(rest) >= SAME:
            raise InputError(Problem("plan_all_held", table="plan", facts={"name": name, "rest": rest}))
        if free and rest * self.goal < 0:
            facts = {"name": name, "fixed": fixed, "target": self.goal}
            raise InputError(Problem("plan_over", table="plan", facts=facts))
        if free:
            equal |= self._down(now, free, rest)
        return {cell: value for cell, value in now.items() if value is not None and value != self.values[cell]}, equal

    def _within(self, now: Values, held: Place, group: Cells) -> bool:
        """A held sum of a month keeps its value: what its other cells leave goes over those of the group."""
        leaves = [(leaf, held[1]) for leaf in self.sheet.leaves(held[0])]
        total = sum(number_at(self.sheet, cell) or 0.0 for cell in leaves)
        fixed = sum(now[cell] or 0.0 for cell in leaves if cell not in set(group))
        rest = round(total - fixed, 2)
        if rest * total < 0:
            facts = {"name": name_of(self.sheet.rows[held[0]]), "month": self.sheet.months[held[1]]}
            facts |= {"total": total, "fixed": fixed}  # type: ignore[dict-item]
            raise InputError(Problem("spread_total_held", table="plan", facts=facts))
        return self._down(now, group, rest)

    def _down(self, now: Values, free: Cells, rest: float) -> bool:
        """An amount down the rows over some cells, in one call; whether anything was shared equally."""
        sheet, parents = self.sheet, self._parents(free)
        bounds, place = year_bounds(sheet), {}
        weights = self._weights(now, free)
        members: list[object] = []
        lower, upper, heft = [], [], []
        for node in [*parents, *free]:
            place[node] = len(members)
            members.append(self._told(node))
            if isinstance(node, tuple):
                limits, off = self.rules.bounds.get(node, (None, None)), 0.0
                heft.append(weights[node])
            else:
                limits, off = bounds.get(node, (None, None)), self._fixed(now, node, set(free))
                heft.append(0.0)
            low, high = (np.nan if side is None else round(side - off, 2) for side in limits)
            lower.append(low)
            upper.append(high)
        above = [None if node == self.at else members[place[parents[node]]] for node in parents]
        above += [members[place[cell[0]]] for cell in free]
        cells = TreeCells(heft, None, lower, upper)
        unit = grid_unit(rest, self.rules.unit)
        found = allocate_tree(build_tree(members, above), rest, cells, unit=unit)
        for cell in free:
            now[cell] = float(found.amounts[place[cell]])
        return bool(found.announced_equal)

    def _parents(self, free: Cells) -> dict[int, int]:
        """The rows between the target's and the cells, with the row above each; the target's own first."""
        inside = {child: row.at for row in self.sheet.rows for child in row.children}
        found = {self.at: self.at}
        for leaf in dict.fromkeys(at for at, _ in free):
            row = leaf
            while row != self.at:
                found[row] = inside[row]
                row = inside[row]
        return found

    def _fixed(self, now: Values, row: int, chosen: set[Place]) -> float:
        under = [(leaf, month) for leaf in self.sheet.leaves(row) for month in self.sheet.places]
        return sum(now[cell] or 0.0 for cell in under if cell not in chosen)

    def _weights(self, now: Values, free: Cells) -> dict[Place, float]:
        """The values of the cells; where all are blank, the history of their leaves and months."""
        found = {cell: now[cell] or 0.0 for cell in free}
        if not any(found.values()) and self.rules.history is not None:
            rows, months = self.sheet.rows, self.sheet.months
            for at, month in free:
                past = self.rules.history.get((rows[at].region, rows[at].salesperson, months[month]), 0.0)
                found[at, month] = 0.0 if np.isnan(past) else past
        return found

    def _told(self, node: int | Place) -> str:
        """The name of a row or a cell in a sentence; no two are alike."""
        if isinstance(node, tuple):
            return f"{self._told(node[0])} {self.sheet.months[node[1]]}"
        name = name_of(self.sheet.rows[node])
        same = [row.at for row in self.sheet.rows if name_of(row) == name]
        if len(same) == 1:
            return name
        row = self.sheet.rows[node]
        return " ".join(dict.fromkeys(part for part in (name, row.region, row.salesperson, f"({node + 1})") if part))


def number_at(sheet: PlanSheet, place: Place) -> float | None:
    """The number in a cell; None where there is none."""
    cell = sheet.cell(*place)[0]
    return float(cell) if isinstance(cell, (int, float)) and not isinstance(cell, bool) else None
