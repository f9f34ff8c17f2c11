"""What was typed on the sheet Plan by choice, brought into the long table `plan` and from there to the Plan sheets."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from xlsales.commands.plan_cut import GRAINS, inside
from xlsales.commands.plan_sheet import (
    Folded,
    Planned,
    PlanSheet,
    by_key,
    fold,
    no_number,
    plan_sheets,
    row_held,
    typed_cells,
)
from xlsales.commands.plan_view import (
    SAME,
    TABLE,
    PlanView,
    Rows,
    alike,
    as_shown,
    current,
    frame_of,
    leaf_rows,
    plan_view,
)
from xlsales.commands.protocol import Book, Change, Reading, Replace
from xlsales.commands.sealing import calendar
from xlsales.core.apportion import allocation
from xlsales.core.calendar import parse_period
from xlsales.core.period_steps import children
from xlsales.core.plan_down import grid_unit
from xlsales.problems import Problem
from xlsales.schema.origin import Origin
from xlsales.validate import read_settings


def fold_view(raw: pd.DataFrame, origin: Origin, view: PlanView, rounding: float) -> Folded:
    """The raw table `plan`, brought in line with what was typed on the sheet since it was filled.

    A cell whose figure the plan holds in finer periods is spread over them in proportion, held ones kept. Cells that
    were typed here and changed elsewhere are problems. Rows of a coarser period go once all finer ones are there.
    """
    named, typed = by_key(raw, origin)
    places, problems = leaf_rows(typed, view), []
    edit = _Edit(view, named, typed, rounding)
    for (first, second, period), (value, held, where) in typed_cells(view).items():
        if isinstance(value, str):
            problems.append(no_number(view, value, where))
            continue
        was, new = view.shown.get((first, second, period), (None, False)), (value, held)
        found = inside(places.get((first, second), {}), period, view.calendar)
        now = current(typed, found)
        if alike(new, was) or alike(new, now):
            continue
        if not alike(now, was):
            facts = {"now": "–" if now[0] is None else now[0], "shown": "–" if was[0] is None else was[0]}
            told = {"table": "plan", "value": str(value), "sheet": view.matrix.sheet, "cell": where}
            problems.append(Problem("plan_view_stale", facts=facts, **told))  # type: ignore[arg-type]
            continue
        problem = edit.cell((first, second), period, found, new, where)
        problems += [problem] if problem else []
    return Folded(*edit.done(places), problems)


@dataclass
class _Edit:
    """Changes of the long table in the making. named: as it stands, typed: as it is read, of the same rows."""

    view: PlanView
    named: pd.DataFrame
    typed: pd.DataFrame
    rounding: float
    new: list[dict[str, object]] = field(default_factory=list)
    gone: list[int] = field(default_factory=list)
    changed: bool = False

    def cell(self, leaf: tuple[str, str], period: str, found: list[int], new: Planned, where: str) -> Problem | None:
        """One cell that was typed; a problem where held parts leave nothing that may change."""
        value, held = new
        if not found:
            self.new.append(self._row(leaf, period, new))
            return None
        if value is None:
            self.gone += found
            return None
        values = self.typed["value"].iloc[found].fillna(0.0).to_numpy(dtype=np.float64, copy=True)
        if len(found) == 1:
            values = np.array([value])
        elif abs(values.sum() - value) >= SAME:
            free = np.array([not row_held(self.typed, at) for at in found])
            rest = round(value - float(values[~free].sum()), 2)
            if not free.any() or rest * value < 0:
                facts = {"name": " ".join(part for part in leaf if part), "period": period}
                return Problem("plan_view_parts_held", table="plan", value=str(value), sheet=self.view.matrix.sheet,
                               cell=where, facts=facts)  # fmt: skip
            values[free] = allocation(rest, values[free], unit=grid_unit(rest, self.rounding)).amounts
        turned = held != all(row_held(self.typed, at) for at in found)
        for at, part in zip(found, values, strict=True):
            own = held if turned else row_held(self.typed, at)  # a hold of a part is not touched by a new figure
            self.named.loc[at, ["value", "held"]] = [float(part), own]
        self.changed = True
        return None

    def _row(self, leaf: tuple[str, str], period: str, new: Planned) -> dict[str, object]:
        codes = {name: part or None for name, part in zip(self.view.cut.columns, leaf, strict=False)}
        about = {"version": self.view.version, "measure": self.view.measure, "period": period}
        return {**about, **codes, "value": new[0], "held": new[1]}

    def done(self, places: Rows) -> tuple[pd.DataFrame, bool]:
        """The table, and whether it changed."""
        self.gone += self._replaced(places)
        result = self.named.drop(index=self.gone)
        if self.new:
            more = pd.DataFrame(self.new).reindex(columns=self.named.columns).astype(object)
            result = pd.concat([result, more], ignore_index=True)
        return result.reset_index(drop=True), self.changed or bool(self.new or self.gone)

    def _replaced(self, places: Rows) -> list[int]:
        """Rows of coarser periods whose parts at the sheet's grain are all there now."""
        added: dict[tuple[str, str], set[str]] = {}
        for row in self.new:
            codes = [row.get(name) or "" for name in self.view.cut.columns]
            added.setdefault((str(codes[0]), str(codes[1]) if len(codes) > 1 else ""), set()).add(str(row["period"]))
        found, grain = [], self.view.cut.grain
        for leaf, periods in added.items():
            for period, at in places.get(leaf, {}).items():
                level = parse_period(period, self.view.calendar).level
                finer = GRAINS.index(level) < GRAINS.index(grain) and (grain != "week" or level == "year")
                if finer and set(children(period, grain, self.view.calendar)) <= periods | set(places[leaf]):
                    found.append(at)
        return found


def with_plan(sheet: PlanSheet, plan: pd.DataFrame) -> tuple[PlanSheet, list[Change]]:
    """A Plan sheet with the figures that the plan has for its leaves now, and the writes that this takes.

    plan: typed. A row that the sheet has no place for stays in the long table alone.
    """
    mine = sheet.mine(plan)
    known = dict(zip(sheet.keys(mine), range(len(mine)), strict=True))
    changes: dict[tuple[int, int], Planned] = {}
    for row in sheet.rows:
        for step, period in enumerate(sheet.months) if row.leaf and (row.region or row.salesperson) else ():
            at = known.get((row.region, row.salesperson, period))
            wanted: Planned = (None, False) if at is None else current(mine, [at])
            cell, held = sheet.cell(row.at, step)
            if not isinstance(cell, str) and not alike((None if cell is None else float(cell), held), wanted):  # type: ignore[arg-type]
                changes[row.at, step] = wanted
    if not changes:
        return sheet, []
    new = sheet.with_cells(changes)
    return new, [*new.patches(at for at, _ in changes)]


def folded(
    raw: Reading, view: PlanView, sheets: dict[str, PlanSheet], rounding: float
) -> tuple[list[Change], list[Problem], PlanView]:
    """What was typed on the sheet, brought into the raw plan, the Plan sheets and what is kept as shown.

    raw, sheets: changed in place. Returns the writes, the problems, and the sheet with its cells as shown.
    """
    tables, origins = raw.tables, raw.origins
    found = fold_view(tables["plan"], origins["plan"], view, rounding)
    if not found.changed:
        return [], found.problems, view
    tables["plan"] = found.raw
    _, typed = by_key(found.raw, origins["plan"])
    view = as_shown(view, typed)
    tables[TABLE] = frame_of(view)
    writes: list[Change] = [Replace("plan", found.raw), Replace(TABLE, tables[TABLE])]
    return [*writes, *on_sheets(sheets, typed)], found.problems, view


def fold_all(book: Book, tables: dict[str, pd.DataFrame], origins: Mapping[str, Origin]) -> list[Problem]:
    """What all sheets of the plan say, brought into the raw table `plan` (in place); what is wrong with their cells."""
    settings = read_settings(tables.get("settings"))[0]
    found = fold(tables["plan"], origins["plan"], plan_sheets(book).values())
    tables["plan"], problems = found.raw, found.problems
    view = plan_view(book, tables, calendar(settings))
    if view is not None:
        found = fold_view(tables["plan"], origins["plan"], view, float(settings["rounding"]))
        tables["plan"], problems = found.raw, [*problems, *found.problems]
    return problems


def on_sheets(sheets: dict[str, PlanSheet], typed: pd.DataFrame) -> list[Change]:
    """The writes that bring the Plan sheets in line with the plan. sheets: changed in place."""
    writes: list[Change] = []
    for measure, sheet in sheets.items():
        sheets[measure], patches = with_plan(sheet, typed)
        writes += patches
    return writes


def merged(pending: Iterable[Change], more: Iterable[Change]) -> list[Change]:
    """Writes in which a later one of a whole table takes the place of an earlier one."""
    later = list(more)
    whole = {each.table for each in later if isinstance(each, Replace)}
    return [each for each in pending if not (isinstance(each, Replace) and each.table in whole)] + later
