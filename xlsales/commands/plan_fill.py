"""The button Show plan: fill the sheet Plan by choice with the measure, rows and periods chosen in its cells."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import pandas as pd

from xlsales.commands.answer import Answer
from xlsales.commands.plan_cut import DIMENSIONS, GRAINS, MEASURES, Cut, Line, chosen_cut, inside, lines_of
from xlsales.commands.plan_goals import Goals, goals_of
from xlsales.commands.plan_limits import Limit, known, limits_in
from xlsales.commands.plan_sheet import DEFAULT_VERSION, FIRST_MONTH, HELD, Key, Planned, code
from xlsales.commands.plan_view import AREA, NAME, TABLE, PlanView, current, frame_of, leaf_rows
from xlsales.commands.protocol import Book, Cell, Change, Image, Matrix, Patch, Replace
from xlsales.commands.reading import PLANNING, Work, load
from xlsales.commands.sealing import calendar
from xlsales.core.calendar import period_keys
from xlsales.labels import label, word
from xlsales.problems import InputError, Problem
from xlsales.schema.origin import letters

ENDS = ("total", "goal", "gap", "lower", "upper")
CHOICES = {"measure": MEASURES, "rows": DIMENSIONS, "then": DIMENSIONS, "grain": GRAINS}
Formulas = dict[tuple[int, int], str]


@dataclass(frozen=True)
class Choice:
    """What the cells of the sheet ask for."""

    measure: str
    cut: Cut
    only: str
    version: str
    year: str


def show_plan(book: Book) -> Answer:
    """Fill the sheet with what its cells ask for; what was typed on it before goes into the plan first."""
    work = load(book, only=PLANNING)
    if book.area(AREA) is None:
        raise InputError(Problem("book_area_missing", facts={"name": AREA}))
    wrong = [each for each in work.problems if each.table == "plan" and each.severity == "error"]
    if wrong:
        raise InputError(wrong[0])
    choice = asked(book, work)
    writes, view, count = filled(book, work, choice)
    title = view.title(book.lang)
    says = word("said.plan_shown", book.lang, title=title, rows=count, version=choice.version)
    return Answer((*work.pending, *writes), says, parameters=title, rows=count, sheet="plan_view")


def asked(book: Book, work: Work) -> Choice:
    """What stands in the cells of choice; version and year are the current ones where nothing is typed."""
    found = {name: _one(book, name, keys) for name, keys in CHOICES.items()}
    cut = chosen_cut(found["rows"] or DIMENSIONS[0], found["then"], found["grain"] or "month")
    version, year = _text(book, f"xs_version_{NAME}"), _text(book, f"xs_year_{NAME}")
    first = next(iter(work.sheets.values()), None)
    day = period_keys(pd.Series([work.as_of]), "year", calendar(work.settings)).iloc[0]
    version = version or (first.version if first else DEFAULT_VERSION)
    return Choice(found["measure"] or "sales", cut, _text(book, "xs_only_view"), version, year or str(day))


def _text(book: Book, name: str) -> str:
    area = book.area(name)
    return "" if area is None else code(area.cells[0][0])


def _one(book: Book, name: str, keys: tuple[str, ...]) -> str:
    """The key that a cell of choice names in either language; "" where it is blank."""
    text = _text(book, f"xs_{name}_{NAME}")
    if not text:
        return ""
    prefix = {"measure": "value.measure.", "grain": "plan.grain."}.get(name, "plan.rows.")
    for key in keys:
        if text.casefold() in {key, *(word(prefix + key, lang).casefold() for lang in ("en", "zh"))}:
            return key
    listed = [word(prefix + key, book.lang) for key in keys]
    raise InputError(Problem("plan_view_choice", table="plan", value=text, facts={"choices": listed}))


def filled(book: Book, work: Work, choice: Choice) -> tuple[list[Change], PlanView, int]:
    """The writes that make the sheet show a choice, the sheet, and how many rows it has. Refuses what has no room."""
    area = book.area(AREA)
    assert area is not None
    days, plan = calendar(work.settings), work.tables["plan"].reset_index(drop=True)
    months = choice.cut.periods(choice.year, days)
    empty = Matrix(area.sheet, area.top, area.left, [], [])
    blank = PlanView(
        choice.measure, empty, choice.version, choice.year, months, (), None, choice.cut, choice.only, days
    )
    places = leaf_rows(plan, blank)
    company = str(work.settings.get("company") or "") or word("value.scope.company", book.lang)
    lines = lines_of(work.tables, choice.cut, _in_year(places, blank), choice.only, company)
    if len(lines) + 1 > len(area.cells):
        facts = {"rows": len(lines), "most": len(area.cells) - 1}
        raise InputError(Problem("plan_view_long", table="plan", facts=facts))
    shown = {
        (*leaf, period): current(plan, inside(rows, period, days)) for leaf, rows in places.items() for period in months
    }
    goals = goals_of(work.tables, blank, lines)
    limits = limits_in(known(work.tables["plan_limits"]), blank, choice.version)
    cells, formulas = _Grid(blank, lines, shown, goals, limits, area).laid(book.lang)
    kept = replace(blank, shown=_of_lines(lines, shown))
    writes: list[Change] = [
        Image(AREA, 0, 0, None, cells, formulas),
        Patch(f"xs_version_{NAME}", 0, 0, [[choice.version]]),
        Patch(f"xs_year_{NAME}", 0, 0, [[choice.year]]),
        Replace(TABLE, frame_of(kept)),
    ]
    return writes, kept, len(lines)


def _in_year(places: Mapping[tuple[str, str], Mapping[str, int]], view: PlanView) -> list[tuple[str, str]]:
    """The leaves that have anything in the periods shown, or in the year as a whole."""
    wanted = [*view.months, view.year]
    return [
        leaf for leaf, rows in places.items() if any(inside(dict(rows), period, view.calendar) for period in wanted)
    ]


def _of_lines(lines: list[Line], shown: Mapping[Key, Planned]) -> dict[Key, Planned]:
    """What is shown on the rows that there are."""
    rows = {(line.first, line.second) for line in lines}
    return {key: cell for key, cell in shown.items() if key[:2] in rows}


@dataclass(frozen=True)
class _Grid:
    """The cells of the sheet in the making."""

    view: PlanView
    lines: list[Line]
    shown: Mapping[Key, Planned]
    goals: Goals
    limits: Mapping[tuple[str, str, str], Limit]
    area: Matrix

    def laid(self, lang: str) -> tuple[list[list[Cell]], Formulas]:
        """All cells and formulas of the area; what stood there before goes."""
        width = len(self.area.cells[0])
        cells: list[list[Cell]] = [[None] * width for _ in self.area.cells]
        formulas: Formulas = {}
        heads = [word("plan.rows." + name, lang) for name in self.view.cut.columns]
        cells[0][:FIRST_MONTH] = [*heads, *([None] * (2 - len(heads))), label("salespeople", "name", lang)]
        for step, month in enumerate(self.view.months):
            cells[0][FIRST_MONTH + 2 * step : FIRST_MONTH + 2 * step + 2] = [month, HELD]
        for step, name in enumerate(ENDS):
            cells[0][self._end(step)] = word("plan.end." + name, lang)
        below: dict[int, list[int]] = {}
        for at, line in enumerate(self.lines):
            below.setdefault(line.above, []).append(at)
        for at, line in enumerate(self.lines):
            self._row(cells[at + 1], formulas, at, line, below.get(at, []))
        return cells, formulas

    def _end(self, step: int) -> int:
        return FIRST_MONTH + 2 * (len(self.view.months) + step)

    def _row(self, cells: list[Cell], formulas: Formulas, at: int, line: Line, below: list[int]) -> None:
        depth, above = 0, line.above
        while above >= 0:
            depth, above = depth + 1, self.lines[above].above
        cells[:FIRST_MONTH] = [line.first or None, line.second or None, "   " * depth + line.name]
        for step, month in enumerate(self.view.months):
            column = FIRST_MONTH + 2 * step
            if below:
                formulas[at + 1, column] = self._sum(column, below)
                held = self.limits.get((month, line.first, line.second), (False, None, None))[0]
            else:
                cells[column], held = self.shown.get((line.first, line.second, month), (None, False))
            cells[column + 1] = HELD if held else None
        row = self.area.top + 1 + at
        months = [f"{self._letter(FIRST_MONTH + 2 * step)}{row}" for step in range(len(self.view.months))]
        formulas[at + 1, self._end(0)] = _summed(months)
        goal = self.goals.year.get(at)
        if goal is not None:
            total, wanted = (f"{self._letter(self._end(step))}{row}" for step in (0, 1))
            cells[self._end(1)] = goal
            formulas[at + 1, self._end(2)] = f'=IF({total}="","",ROUND({total}-{wanted},2))'
        _, lower, upper = self.limits.get((self.view.year, line.first, line.second), (False, None, None))
        cells[self._end(3)], cells[self._end(4)] = lower, upper

    def _letter(self, column: int) -> str:
        return letters(self.area.left + column)

    def _sum(self, column: int, rows: list[int]) -> str:
        """The sum of some rows, neighbours as one range."""
        letter, runs = self._letter(column), []
        for at in rows:
            row = self.area.top + 1 + at
            if runs and runs[-1][1] == row - 1:
                runs[-1][1] = row
            else:
                runs.append([row, row])
        return _summed([f"{letter}{a}" if a == b else f"{letter}{a}:{letter}{b}" for a, b in runs])


def _summed(ranges: list[str]) -> str:
    """A sum that stays blank while nothing is typed."""
    listed = ",".join(ranges)
    return f'=IF(COUNT({listed})=0,"",SUM({listed}))'


def refilled(book: Book, work: Work, plan: pd.DataFrame, version: str = "") -> list[Change]:
    """The writes that make the sheet show the plan as it will be; none where it was never filled."""
    view = work.view
    if view is None:
        return []
    tables = {**work.tables, "plan": plan}
    choice = Choice(view.measure, view.cut, view.only, version or view.version, view.year)
    return filled(book, Work(work.raw, tables, work.settings, [], work.sheets), choice)[0]
