"""Where everything stands: the order of the sheets, the block of each table, its names."""

from collections.abc import Iterator
from dataclasses import dataclass

from xlsales.schema import TABLES
from xlsales.schema.model import Table
from xlsales.schema.targets import QUANTITIES

LINK_ROW, TITLE_ROW, HELP_ROW, CHECK_ROW, CAPTION_ROW, TOTAL_ROW, HEADER_ROW = range(7)
FIRST_ROW = HEADER_ROW + 1
MOST_ROWS = 1_048_576  # a sheet has no more
GAP = 1
BLANK_ROWS = 20  # what a template offers for typing

# Sheets with a chart to the right of their tables, and which.
BESIDE = {"margin": "bridge", "collections": "ageing", "monitor": "pace"}
STAGES = ("targets", "plan", "execute", "monitor", "evaluate", "improve")


@dataclass(frozen=True)
class Sheet:
    """A sheet of the book. stage: the part of the cycle it belongs to. hidden: "" (seen), hidden, or very."""

    key: str
    stage: str = ""
    hidden: str = ""

    @property
    def tables(self) -> tuple[Table, ...]:
        """The tables that stand on the sheet, from left to right; those that nobody types come last."""
        found = [table for table in TABLES.values() if table.sheet == self.key]
        return tuple(sorted(found, key=lambda table: table.role == "kept"))

    @property
    def typed(self) -> bool:
        """Whether people type here; protection would stop their tables from growing."""
        return any(table.role in {"master", "input"} for table in self.tables) or self.key.startswith("plan_")


SHEETS: tuple[Sheet, ...] = (
    Sheet("home"),
    Sheet("settings"),
    Sheet("sources"),
    Sheet("organisation"),
    Sheet("products"),
    Sheet("customers"),
    Sheet("targets", "targets"),
    Sheet("targets_report", "targets"),
    Sheet("smart_report", "targets"),
    Sheet("talks_report", "targets"),
    Sheet("strategy_report", "targets"),
    *(Sheet("plan_" + measure, "plan") for measure in QUANTITIES),
    Sheet("plan_view", "plan"),
    Sheet("plan_data", "plan", hidden="hidden"),
    Sheet("scenarios", "plan"),
    Sheet("activities", "plan"),
    Sheet("activity_report", "plan"),
    Sheet("week_report", "plan"),
    Sheet("week_page", "plan"),
    Sheet("leads", "execute"),
    Sheet("contacts", "execute"),
    Sheet("interactions", "execute"),
    Sheet("pipeline", "execute"),
    Sheet("quotes", "execute"),
    Sheet("pipeline_report", "execute"),
    Sheet("deals_report", "execute"),
    Sheet("to_do", "execute"),
    Sheet("service", "execute"),
    Sheet("orders", "execute"),
    Sheet("contracts", "execute"),
    Sheet("contracts_report", "execute"),
    Sheet("receivables", "execute"),
    Sheet("five", "monitor"),
    Sheet("comparisons", "monitor"),
    Sheet("margin", "monitor"),
    Sheet("margin_details", "monitor"),
    Sheet("collections", "monitor"),
    Sheet("collection_trend", "monitor"),
    Sheet("focus", "monitor"),
    Sheet("monitor", "monitor"),
    Sheet("customer_report", "monitor"),
    Sheet("market_report", "monitor"),
    Sheet("scorecard", "evaluate"),
    Sheet("scorecard_report", "evaluate"),
    Sheet("incentives", "evaluate"),
    Sheet("incentives_report", "evaluate"),
    Sheet("improvement", "improve"),
    Sheet("improvement_report", "improve"),
    Sheet("reviews", "improve"),
    Sheet("review_page", "improve"),
    Sheet("dashboard"),
    Sheet("help"),
    Sheet("problems"),
    Sheet("log"),
    Sheet("chart_data", hidden="hidden"),
    Sheet("undo", hidden="very"),
)


@dataclass(frozen=True)
class Block:
    """The place of one table: its first column, counted from 0, and the number of rows under its heading.

    extra: columns of the user's own, kept behind ours under the names that they came with.
    """

    table: Table
    first_column: int
    rows: int
    extra: tuple[str, ...] = ()

    @property
    def last_column(self) -> int:
        """The table's last column."""
        return self.first_column + len(self.table.columns) + len(self.extra) - 1

    @property
    def last_row(self) -> int:
        """The row of the last data cell; a table has at least one row under its heading."""
        return HEADER_ROW + max(self.rows, 1)

    def column(self, key: str) -> int:
        """The sheet column of a table's column."""
        return self.first_column + [column.key for column in self.table.columns].index(key)


def list_object(table: str) -> str:
    """The name of a table's ListObject."""
    return "xs_" + table


def list_name(table: str) -> str:
    """The defined name of the values that a reference to a table may take."""
    return "xs_list_" + table


def blocks(sheet: Sheet, rows: dict[str, int], extra: dict[str, tuple[str, ...]]) -> Iterator[Block]:
    """The blocks of a sheet's tables side by side, one empty column between; never one above the other."""
    column = 0
    for table in sheet.tables:
        count = rows.get(table.key, 0)
        if not count and table.role in {"master", "input"}:
            count = BLANK_ROWS
        block = Block(table, column, count, extra.get(table.key, ()))
        yield block
        column = block.last_column + 1 + GAP


def referenced() -> tuple[str, ...]:
    """The tables that some column refers to, in the order of the schema."""
    named = {column.refs for table in TABLES.values() for column in table.columns}
    return tuple(key for key in TABLES if key in named)


def column_reference(table: str, heading: str) -> str:
    """A whole column of a table in a formula, e.g. xs_orders[Amount]; the four signs with a meaning are escaped."""
    escaped = "".join("'" + letter if letter in "'[]#" else letter for letter in heading)
    return f"{list_object(table)}[{escaped}]"
