"""The sheet Plan by choice: what it shows, and what was typed on it since, brought into the long table `plan`.

What it showed when it was filled is kept in `plan_shown`: only cells that differ from it were typed, so that figures
changed elsewhere meanwhile are never overwritten by what the sheet still shows.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from xlsales.commands.plan_cut import GRAINS, Cut, cut_of, inside, worded_cut
from xlsales.commands.plan_sheet import (
    FIRST_MONTH,
    Folded,
    Key,
    Planned,
    PlanSheet,
    by_key,
    code,
    fold,
    no_number,
    plan_sheets,
    row_held,
    rows_of,
    typed_cells,
)
from xlsales.commands.protocol import Book, Change, Matrix, Reading, Replace
from xlsales.commands.sealing import calendar
from xlsales.core.apportion import allocation
from xlsales.core.calendar import Calendar, parse_period
from xlsales.core.period_steps import children
from xlsales.core.plan_down import grid_unit
from xlsales.labels import word
from xlsales.problems import Problem
from xlsales.schema import TABLES
from xlsales.schema.origin import Origin, letters
from xlsales.validate import read_settings
from xlsales.validate.table import read_table

TABLE = "plan_shown"
NAME = "view"
AREA = "xs_plan_" + NAME
LOWER, UPPER = 3, 4  # places of the bounds behind the periods: total, goal, gap stand before
SAME = 0.005
Rows = dict[tuple[str, str], dict[str, int]]  # a leaf's rows of the plan by period


@dataclass(frozen=True)
class PlanView(PlanSheet):
    """The sheet as it stands. shown: what it was filled with, by leaf and period. only: the one member it is of."""

    cut: Cut = field(default=Cut("region", "salesperson", "month"))
    only: str = ""
    calendar: Calendar = field(default=Calendar(), repr=False)
    shown: Mapping[Key, Planned] = field(default_factory=dict, repr=False)

    @property
    def name(self) -> str:
        """What the names of its cells end with."""
        return NAME

    @property
    def people(self) -> bool:
        """Whether its rows are regions and their salespeople."""
        return self.cut.people

    @property
    def cut_key(self) -> str:
        """How it is cut."""
        return self.cut.key

    def mine(self, plan: pd.DataFrame, version: str = "") -> pd.DataFrame:
        """The rows of the plan with the dimensions and periods of its leaves."""
        found = plan[(plan["version"] == (version or self.version)) & (plan["measure"] == self.measure)]
        return self.cut.rows(found[found["period"].isin(self.months)])

    def keys(self, rows: pd.DataFrame) -> list[Key]:
        """The leaf and the period of some rows of the plan."""
        return [(*leaf, period) for leaf, period in zip(self.cut.leaves(rows), rows["period"], strict=True)]

    def bound_address(self, at: int, side: int) -> str:
        """The address of a row's bound; a narrow column stands between the two."""
        bounds = self.bounds
        return "" if bounds is None else f"{letters(bounds.left + 2 * side)}{bounds.top + 1 + at}"

    def title(self, lang: str) -> str:
        """Its measure and its cut, in words."""
        return f"{word('value.measure.' + self.measure, lang)} · {worded_cut(self.cut, lang)}"


def plan_view(book: Book, tables: Mapping[str, pd.DataFrame], calendar: Calendar) -> PlanView | None:
    """The sheet as it stands; None where it was never filled."""
    raw = tables.get(TABLE)
    if raw is None or raw.dropna(how="all").empty:
        return None
    area = book.area(AREA)
    shown = read_table(TABLES[TABLE], raw, Origin("", "", 1, 1), read_settings()[0]).good
    if area is None or shown.empty:
        return None
    head = shown.iloc[0]
    cut, year, measure = cut_of(head["cut"]), str(head["year"]), str(head["measure"])
    months = cut.periods(year, calendar)
    headings = [code(cell) for cell in area.cells[0][FIRST_MONTH : FIRST_MONTH + 2 * len(months) : 2]]
    if headings != list(months):  # the sheet was made anew
        return None
    count = next((at for at, line in enumerate(area.cells[1:]) if line[2] in {None, ""}), len(area.cells) - 1)
    wide = FIRST_MONTH + 2 * len(months)
    formulas = [line[:wide] for line in area.formulas[: count + 1]]
    matrix = Matrix(area.sheet, area.top, area.left, [line[:wide] for line in area.cells[: count + 1]], formulas)
    ends = [wide + 2 * step for step in (LOWER, UPPER)]
    bounds = [[line[end] for end in ends] for line in area.cells[: count + 1]]
    beside = Matrix(area.sheet, area.top, area.left + ends[0], bounds, [["", ""] for _ in bounds])
    known = {
        (code(row.first), code(row.second), code(row.period)): (
            None if pd.isna(row.value) else float(row.value),
            not pd.isna(row.held) and bool(row.held),
        )
        for row in shown.iloc[1:].fillna({"first": "", "second": ""}).itertuples()
    }
    only = "" if pd.isna(head["first"]) else str(head["first"])
    version = str(head["version"])
    return PlanView(measure, matrix, version, year, months, rows_of(matrix), beside, cut, only, calendar, known)


def frame_of(view: PlanView) -> pd.DataFrame:
    """The rows of `plan_shown`: what the sheet shows, then its cells."""
    head = (view.cut.key, view.version, view.measure, view.year, view.only or None, None, None, None, None)
    rows = [
        (view.cut.key, None, None, None, first or None, second or None, period, value, held)
        for (first, second, period), (value, held) in view.shown.items()
        if value is not None or held
    ]
    columns = [column.key for column in TABLES[TABLE].columns]
    return pd.DataFrame([head, *rows], columns=columns, dtype=object)


def as_shown(view: PlanView, plan: pd.DataFrame) -> PlanView:
    """The sheet, knowing as shown each cell that the plan agrees with; one that it does not agree with stays typed."""
    places, cells = leaf_rows(plan, view), dict(view.shown)
    for (first, second, period), (value, held, _) in typed_cells(view).items():
        now = current(plan, inside(places.get((first, second), {}), period, view.calendar))
        if not isinstance(value, str) and alike((value, held), now):
            cells[first, second, period] = (value, held)
    return replace(view, shown=cells)


def leaf_rows(plan: pd.DataFrame, view: PlanView) -> Rows:
    """The rows of the plan of each leaf, at every grain, by their place in the frame."""
    mine = (plan["version"] == view.version) & (plan["measure"] == view.measure)
    rows = view.cut.rows(plan.reset_index(drop=True)[mine.to_numpy()])
    found: Rows = {}
    for leaf, period, at in zip(view.cut.leaves(rows), rows["period"], rows.index, strict=True):
        found.setdefault(leaf, {})[str(period)] = int(at)
    return found


def current(plan: pd.DataFrame, places: list[int]) -> Planned:
    """What some rows of the plan come to, and whether all are held."""
    values = plan["value"].iloc[places].astype(float)
    if not places or values.isna().all():
        return None, False
    return float(values.sum()), all(row_held(plan, at) for at in places)


def alike(one: Planned, two: Planned) -> bool:
    """Whether two cells show the same."""
    if one[0] is None or two[0] is None:
        return one == two
    return abs(one[0] - two[0]) < SAME and one[1] == two[1]


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
