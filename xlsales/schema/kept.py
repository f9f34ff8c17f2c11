"""Tables that xlsales keeps itself: versions, undo, log, problems."""

from xlsales.schema.model import Table, choice, code, date, flag, integer, money, must, number, period, text
from xlsales.schema.targets import MEASURES, SCOPES

TABLES = (
    Table(
        "plan_versions",
        "plan_data",
        ("version",),
        (must(code("version")), code("base"), date("created"), text("by"), text("note")),
        role="kept",
    ),
    Table(
        "plan_limits",
        "plan_data",
        ("version", "measure", "period", "region", "salesperson"),
        (
            must(code("version")),
            must(choice("measure", *MEASURES)),
            must(period("period")),
            code("region"),
            code("salesperson"),
            flag("held"),
            number("lower"),
            number("upper"),
        ),
        role="kept",
    ),
    Table(
        "quota_moves",
        "plan_data",
        ("time", "measure", "scope", "member", "period", "valid_from"),
        (
            must(text("time")),
            text("by"),
            must(choice("measure", *MEASURES)),
            must(choice("scope", *SCOPES)),
            code("member"),
            period("period"),
            date("valid_from"),
            must(choice("status", "draft", "proposed", "countered", "agreed", "locked")),
            number("target"),
            text("comment"),
            text("answer"),
        ),
        role="kept",
    ),
    Table(
        "undo",
        "undo",
        ("command", "table", "row_key", "column"),
        (
            must(code("command")),
            must(code("table")),
            must(text("row_key")),
            must(code("column")),
            text("before"),
            text("after"),
        ),
        role="kept",
    ),
    Table(
        "log",
        "log",
        ("time", "command"),
        (
            must(text("time")),
            text("user"),
            must(code("command")),
            text("parameters"),
            integer("rows"),
            number("duration"),
        ),
        role="kept",
    ),
    Table(
        "problems",
        "problems",
        ("table", "row", "column"),
        (
            choice("severity", "error", "warning", "note"),
            code("table"),
            integer("row"),
            text("cell"),
            code("column"),
            text("value"),
            text("what"),
            text("cure"),
            money("money"),
        ),
        role="kept",
    ),
)
