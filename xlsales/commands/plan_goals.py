"""What the rows of Plan by choice have to add up to, and what an allocation over them may go by."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd

from xlsales.commands.plan_cut import Frames, Line, first_nodes
from xlsales.commands.plan_limits import name_of
from xlsales.commands.plan_sheet import OTHERS
from xlsales.commands.plan_view import PlanView
from xlsales.commands.planning import SAME, Allocated, Cells, Place, Rules, Values, number_at, spread_under
from xlsales.core.calendar import period_keys
from xlsales.core.period_steps import children
from xlsales.problems import InputError, Problem
from xlsales.schema.targets import QUANTITIES, SCOPES

Periods = dict[int, list[float | None]]


@dataclass(frozen=True)
class Goals:
    """By row: the year, and where the plan says so each period, which then adds up exactly in every period."""

    year: dict[int, float] = field(default_factory=dict)
    periods: Periods = field(default_factory=dict)


def goals_of(tables: Frames, view: PlanView, lines: Sequence[Line]) -> Goals:
    """The goals of the rows.

    Cut as the Plan sheets are: the year's targets. Else what the Plan sheets hold for the company, a region or a
    salesperson in each period, where they hold anything; every other member has its target of the year, or, planned
    as a whole so far, that figure.
    """
    base = base_rows(tables["plan"], view)
    goals = Goals(_targets(tables, view, lines))
    if view.cut.people or base.empty:
        return goals
    under = _under(tables, view.cut.first)
    for at, line in enumerate(lines):
        mine = _mine(base, view, line, under, lines)
        if mine is None:
            continue
        goals.year[at] = float(mine["value"].sum())
        if view.cut.grain != "week":
            sums = mine.groupby("period")["value"].sum()
            goals.periods[at] = [
                float(sums.reindex(children(period, "month", view.calendar)).sum()) for period in view.months
            ]
    return goals


def base_rows(plan: pd.DataFrame, view: PlanView) -> pd.DataFrame:
    """What the Plan sheets hold of the measure in the version and the year, by month."""
    found = plan[(plan["version"] == view.version) & (plan["measure"] == view.measure) & plan["value"].notna()]
    months = children(view.year, "month", view.calendar)
    return found[found["period"].isin(months) & found[list(OTHERS)].isna().all(axis=1)]


def _under(tables: Frames, dimension: str) -> dict[str, set[str]]:
    """Each region with all that lie below it."""
    if dimension != "region":
        return {}
    above = {node.code: node.above for node in first_nodes(tables, dimension)}
    found: dict[str, set[str]] = {code: {code} for code in above}
    for code, next_up in above.items():
        at, seen = next_up, {code}
        while at in found and at not in seen:
            found[at].add(code)
            seen.add(at)
            at = above[at]
    return found


def _mine(
    base: pd.DataFrame, view: PlanView, line: Line, under: Mapping[str, set[str]], lines: Sequence[Line]
) -> pd.DataFrame | None:
    """The rows of the Plan sheets that a row stands for; None where they do not know it."""
    if line.above < 0 and not line.first:
        return base
    if line.second or view.cut.first not in {"region", "salesperson"} or not _adds(line, lines):
        return None
    if view.cut.first == "region":
        return base[base["region"].isin(under.get(line.first, {line.first}))]
    return base[base["salesperson"] == line.first]


def _adds(line: Line, lines: Sequence[Line]) -> bool:
    """Whether other rows lie below a row."""
    at = next(place for place, each in enumerate(lines) if each is line)
    return at + 1 < len(lines) and lines[at + 1].above == at


def _targets(tables: Frames, view: PlanView, lines: Sequence[Line]) -> dict[int, float]:
    """The targets of the year of the rows that are one member of one dimension."""
    targets = tables["targets"]
    mine = targets[(targets["measure"] == view.measure) & (targets["period"] == view.year) & targets["target"].notna()]
    sums = mine.assign(member=mine["member"].fillna("")).groupby(["scope", "member"])["target"].sum()
    company = mine.loc[mine["scope"] == "company", "target"]
    whole = _whole(tables["plan"], view)
    found: dict[int, float] = {}
    for at, line in enumerate(lines):
        if not line.first and not line.second:
            goal = float(company.sum()) if len(company) else None
        elif view.cut.people and line.second:
            once = sum(each.second == line.second for each in lines) == 1
            goal = sums.get(("salesperson", line.second)) if once else None
        elif line.second and view.cut.second:
            goal = None
        elif line.second or (line.above >= 0 and _direct(line, lines)):
            goal = None  # a group, or planned on the parent itself
        else:
            goal = sums.get((view.cut.first, line.first)) if view.cut.first in SCOPES else None
        if goal is None:
            goal = whole.get((line.first, line.second)) if not _adds(line, lines) else None
        if goal is not None:
            found[at] = float(goal)
    return found


def _direct(line: Line, lines: Sequence[Line]) -> bool:
    above = lines[line.above]
    return (above.first, above.second) == (line.first, line.second)


def _whole(plan: pd.DataFrame, view: PlanView) -> dict[tuple[str, str], float]:
    """Leaves that are planned as a whole year so far, where periods are shown."""
    mine = plan[(plan["version"] == view.version) & (plan["measure"] == view.measure) & (plan["period"] == view.year)]
    rows = view.cut.rows(mine[mine["value"].notna()])
    if view.cut.grain == "year" or rows.empty:
        return {}
    return dict(zip(view.cut.leaves(rows), rows["value"].tolist(), strict=True))


def history_of(
    results: Mapping[str, pd.DataFrame], view: PlanView, before: int = 1
) -> dict[tuple[str, str, str], float]:
    """What the leaves achieved in the same periods some years before, by leaf and period of the view."""
    rows = results.get("cash" if view.measure == QUANTITIES[-1] else "lines")
    if rows is None or rows.empty or view.measure not in rows:
        return {}
    year = f"{int(view.year) - before:04d}"
    past = {year + period[4:]: period for period in view.months}
    period = period_keys(rows["date"], view.cut.grain, view.calendar)
    rows = rows.assign(period=period)[period.isin(list(past)).to_numpy()]
    if rows.empty:
        return {}
    columns = [rows[name].fillna("").astype("str") for name in view.cut.columns]
    sums = rows.groupby([*columns, "period"])[view.measure].sum(min_count=1).dropna()
    found = {}
    for key, value in sums.items():
        first, second = str(key[0]), str(key[1]) if view.cut.second else ""  # type: ignore[index]
        found[first, second, past[str(key[-1])]] = float(value)  # type: ignore[index]
    return found


def allocated_view(view: PlanView, chosen: Cells, goals: Goals, rules: Rules) -> Allocated:
    """New values of the chosen cells, so that every row with a goal meets it, in each period where it is known.

    Each cell belongs to the nearest row, itself or above, that has a goal; the deepest rows come first.
    """
    inside = {child: row.at for row in view.rows for child in row.children}
    values: Values = {
        (row.at, step): number_at(view, (row.at, step)) for row in view.rows if row.leaf for step in view.places
    }
    owners: dict[int, Cells] = {}
    for at, step in chosen:
        owner: int | None = at
        while owner is not None and owner not in goals.year:
            owner = inside.get(owner)
        if owner is None:
            facts = {"name": name_of(view.rows[at]), "year": view.year}
            raise InputError(Problem("plan_no_target", table="plan", facts=facts))
        owners.setdefault(owner, []).append((at, step))
    done = Allocated(total=sum(_goal(goals, owner, cells) for owner, cells in owners.items()))
    for owner in sorted(owners, reverse=True):
        cells = [cell for cell in owners[owner] if not view.cell(*cell)[1] and cell[0] not in rules.locked]
        known = goals.periods.get(owner)
        parts = sorted({step for _, step in owners[owner]}) if known is not None else [-1]
        for step in parts:
            free = [cell for cell in cells if step in {-1, cell[1]}]
            goal = goals.year[owner]
            if known is not None:
                others = [(leaf, place) for leaf in view.leaves(owner) for place in view.places if place != step]
                goal = (known[step] or 0.0) + sum(values[cell] or 0.0 for cell in others)
            new, equal = spread_under(view, values, owner, goal, rules, free)
            done.equal |= equal
            _take(done, values, new)
    return done


def lines_on(view: PlanView) -> list[Line]:
    """The rows of the sheet as it stands."""
    above = {child: row.at for row in view.rows for child in row.children}
    return [Line(row.region, row.salesperson, row.name, above.get(row.at, -1)) for row in view.rows]


def _goal(goals: Goals, owner: int, cells: Cells) -> float:
    known = goals.periods.get(owner)
    return goals.year[owner] if known is None else sum(known[step] or 0.0 for step in {step for _, step in cells})


def _take(done: Allocated, values: Values, new: Mapping[Place, float]) -> None:
    for cell, value in new.items():
        before = values[cell]
        values[cell] = value
        if before is None or abs(before - value) >= SAME:
            done.cells[cell] = value
