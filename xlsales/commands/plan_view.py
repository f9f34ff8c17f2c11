"""The sheet Plan by choice: what it shows, and what it showed when it was filled.

What it showed when it was filled is kept in `plan_shown`: only cells that differ from it were typed, so that figures
changed elsewhere meanwhile are never overwritten by what the sheet still shows.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import pandas as pd

from xlsales.commands.plan_cut import Cut, cut_of, inside, worded_cut
from xlsales.commands.plan_sheet import (
    FIRST_MONTH,
    Key,
    Planned,
    PlanSheet,
    code,
    row_held,
    rows_of,
    typed_cells,
)
from xlsales.commands.protocol import Book, Matrix
from xlsales.core.calendar import Calendar
from xlsales.labels import word
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

    def cut_alike(self, plan: pd.DataFrame) -> pd.DataFrame:
        """The rows of the plan with the dimensions of its leaves."""
        return self.cut.rows(plan)

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
