"""The state of each stage of the cycle, and what to do next: formulas that follow the buttons."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta

from xlsales.build.context import Build, quoted
from xlsales.build.wording import value_word
from xlsales.labels import word
from xlsales.schema import TABLES
from xlsales.schema.settings import SETTINGS

# The table whose rows are counted, by stage.
COUNTED = {
    "targets": "targets",
    "plan": "plan",
    "execute": "orders",
    "monitor": "alerts",
    "evaluate": "scores",
    "improve": "actions",
}
OPEN = ("open", "running")
# What a stage has to have made before the next one is up, by the step that asks for it.
STEPS = {
    "targets": "targets",
    "plan": "plan",
    "execute": "orders",
    "monitor": "pace",
    "score": "scores",
    "incentives": "commissions",
    "improve": "gaps",
}
MADE = {
    **{stage: (stage,) for stage in ("targets", "plan", "execute", "monitor")},
    "evaluate": ("score", "incentives"),
    "improve": ("improve",),
}
LAST_STEPS = ("review", "close", "roll")


@dataclass(frozen=True)
class State:
    """A formula and its value."""

    formula: str
    value: int | str


def state_of(build: Build, stage: str) -> State:
    """The count of a stage: targets, plan cells, order lines, alerts, scored people, open actions."""
    table = COUNTED[stage]
    frame = build.frame(table)
    if stage == "improve":
        column = build.reference(table, "status")
        words = [quoted(value_word("status", status, build.lang)) for status in OPEN]
        value = int(frame["status"].isin(OPEN).sum()) if "status" in frame else 0
        return State("=" + "+".join(f"COUNTIF({column},{each})" for each in words), value)
    key = next(column.key for column in TABLES[table].columns if column.key in TABLES[table].keys)
    value = int(frame[key].notna().sum()) if key in frame else 0
    return State(f"=COUNTA({build.reference(table, key)})", value)


def rows_in(build: Build, table: str) -> State:
    """How many rows a table has."""
    frame = build.frame(table)
    key = next(column.key for column in TABLES[table].columns if column.key in TABLES[table].keys)
    value = int(frame[key].notna().sum()) if key in frame else 0
    return State(f"COUNTA({build.reference(table, key)})", value)


def typed(build: Build, key: str) -> str:
    """The cell of a setting in a formula; an error where its row was deleted."""
    names, values = build.reference("settings", "setting"), build.reference("settings", "value")
    return f"INDEX({values},MATCH({quoted(word('setting.' + key, build.lang))},{names},0))"


def whole(build: Build, key: str) -> str:
    """A setting that is a whole number from 1 up in a formula; its default where nothing is typed."""
    return f"IFERROR(IF(N({typed(build, key)})<1,{SETTINGS[key].default},{typed(build, key)}),{SETTINGS[key].default})"


def period_due(build: Build) -> State:
    """The last month that is over on the day in Settings, as the company closes its months: the next one to review."""
    day = typed(build, "as_of")
    known = f'IF(IFERROR({day},"")="",TODAY(),{day})'
    over = f"DAY({known})>=MIN({whole(build, 'month_close_day')},DAY(EOMONTH({known},0)))"
    formula = f'=IFERROR(TEXT(YEAR(EOMONTH({known},-({over}=FALSE))),"0000")'
    formula += f'&"-"&TEXT(MONTH(EOMONTH({known},-({over}=FALSE))),"00"),"")'
    return State(formula, closed_month(build.as_of or build.now.date(), int(build.setting("month_close_day"))))


def closed_month(day: date, close_day: int) -> str:
    """The last month that is over at the end of a day.

    >>> closed_month(date(2026, 9, 25), 25), closed_month(date(2026, 9, 25), 31)
    ('2026-09', '2026-08')
    """
    over = day.day >= min(close_day, monthrange(day.year, day.month)[1])
    return f"{day if over else day - timedelta(days=day.day):%Y-%m}"


def ending(build: Build, due: str) -> list[str]:
    """Formulas of the quarter, half and fiscal year that end with a month; "-" for one that goes on. due: its cell."""
    start, year, number = whole(build, "fiscal_year_start"), f"VALUE(LEFT({due},4))", f"VALUE(RIGHT({due},2))"
    place, named = f"MOD({number}-{start},12)", f"({year}-({number}<{start}))"
    return [
        f'IF(MOD({place},3)=2,{named}&"Q"&(INT({place}/3)+1),"-")',
        f'IF(MOD({place},6)=5,{named}&"H"&(INT({place}/6)+1),"-")',
        f'IF({place}=11,{named}&"","-")',
    ]


def ended(month: str, start: int) -> set[str]:
    """A month with the quarter, half and fiscal year that end with it.

    >>> sorted(ended("2026-06", 7)), sorted(ended("2026-09", 1))
    (['2025', '2025H2', '2025Q4', '2026-06'], ['2026-09', '2026Q3'])
    """
    year, number = int(month[:4]), int(month[5:])
    place, named = (number - start) % 12, year - (number < start)
    found = {3: f"{named}Q{place // 3 + 1}", 6: f"{named}H{place // 6 + 1}", 12: str(named)}
    return {month, *(key for size, key in found.items() if (place + 1) % size == 0)}


def covers(build: Build, table: str, due: str, month: str) -> State:
    """Whether a table names the month that is due, or a longer period that ends with it. due: the month's cell."""
    column = build.reference(table, "period")
    named = ended(month, int(build.setting("fiscal_year_start")))
    frame = build.frame(table)
    found = int(frame["period"].isin(named).sum()) if "period" in frame else 0
    parts = [f'SUMPRODUCT(--({column}&""={key}))' for key in (due, *ending(build, due))]
    return State(f"IFERROR({'+'.join(parts)},0)", found)


def mark_of(build: Build, stage: str, closed: State) -> State:
    """Whether a stage has been done: of the last one, whether the month that is due is closed."""
    parts = [rows_in(build, STEPS[step]) for step in MADE[stage]]
    if stage == "improve":
        parts = [closed]
    done, open_ = build.says("mark.done"), build.says("mark.open")
    test = ",".join(f"{part.formula}>0" for part in parts)
    formula = f"=IF(AND({test}),{quoted(done)},{quoted(open_)})"
    return State(formula, done if all(part.value for part in parts) else open_)


def next_step(build: Build, due: str, month: str) -> State:
    """What to do next, in words. due: the cell of the month to review; month: its value."""
    states = [(step, rows_in(build, table)) for step, table in STEPS.items()]
    states += [
        ("review", covers(build, "review_page", due, month)),
        ("close", covers(build, "closed_periods", due, month)),
    ]
    formula, told = quoted(build.says("next.roll")), "roll"
    for step, state in reversed(states):
        formula = f"IF({state.formula}=0,{quoted(build.says('next.' + step))},{formula})"
        told = told if state.value else step
    return State("=" + formula, build.says("next." + told))
