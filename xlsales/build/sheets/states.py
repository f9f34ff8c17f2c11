"""The state of each stage of the cycle: one count, native, of what tells how far the stage is."""

from dataclasses import dataclass

from xlsales.build.context import Build, quoted
from xlsales.build.wording import value_word
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


@dataclass(frozen=True)
class State:
    """A count as a formula and its value."""

    formula: str
    value: int


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
