"""Where each table is read from, which headings mean which of our columns, and what the last refresh took."""

from xlsales.schema.model import Table, choice, code, date, integer, money, must, number, text

TABLES = (
    Table(
        "sources",
        "sources",
        ("table",),
        (
            must(code("table")),
            code("connection"),
            text("file"),
            code("worksheet"),
            code("mapping"),
            money("control"),
            date("since"),
        ),
        role="master",
    ),
    Table(
        "source_columns",
        "sources",
        ("table", "column"),
        (must(code("table")), must(code("column")), text("heading")),
        role="master",
    ),
    Table(
        "refreshes",
        "sources",
        ("table",),
        (
            must(code("table")),
            text("source"),
            text("at"),
            integer("rows"),
            integer("rejected"),
            money("rejected_money"),
            money("total"),
            money("control"),
            money("difference"),
            choice("reconciled", "agrees", "differs", "unstated"),
            text("source_time"),
            number("seconds"),
            integer("left"),
        ),
        role="kept",
    ),
)
