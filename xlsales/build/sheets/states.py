"""The state of each stage of the cycle, and what to do next: formulas that follow the buttons."""

from dataclasses import dataclass
from datetime import date, timedelta

from xlsales.build.context import Build, quoted
from xlsales.build.wording import value_word
from xlsales.labels import word
from xlsales.schema import TABLES

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
JANUARY = 1


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


def period_due(build: Build) -> State:
    """The last whole month on the day in Settings, which is the next one to review."""
    names, values = build.reference("settings", "setting"), build.reference("settings", "value")
    day = f"INDEX({values},MATCH({quoted(word('setting.as_of', build.lang))},{names},0))"
    known = f'IF(IFERROR({day},"")="",TODAY(),{day})'
    end = f"({known}+1-DAY({known}+1))"
    formula = f'=IFERROR(YEAR{end}&"-"&RIGHT("0"&MONTH{end},2),"")'
    after = (build.as_of or build.now.date()) + timedelta(days=1)
    last = after - timedelta(days=after.day)
    return State(formula, f"{last:%Y-%m}")


def covers(build: Build, table: str, due: str, month: str) -> State:
    """Whether a table names the month that is due, or the quarter or year that ends with it. due: the month's cell."""
    column = build.reference(table, "period")
    year, number = f"LEFT({due},4)", f"RIGHT({due},2)"
    keys = [due]
    named = {month}
    if int(build.setting("fiscal_year_start")) == JANUARY:
        keys += [f'IF(MOD({number},3)=0,{year}&"Q"&{number}/3,"-")', f'IF({number}="12",{year},"-")']
        first = date.fromisoformat(month + "-01")
        named |= {f"{first.year}Q{first.month // 3}"} if first.month % 3 == 0 else set()
        named |= {str(first.year)} if first.month == 12 else set()
    frame = build.frame(table)
    found = int(frame["period"].isin(named).sum()) if "period" in frame else 0
    return State("+".join(f'SUMPRODUCT(--({column}&""={key}))' for key in keys), found)


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
