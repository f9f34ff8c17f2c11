"""Stage 1: targets, market size and strategy."""

from xlsales.schema.model import Table, choice, code, date, money, must, number, period, ref, share, text

QUANTITIES = ("sales", "volume", "margin", "profit", "collections")
MEASURES = (*QUANTITIES, "market_share", "satisfaction", "customers", "visits", "calls", "demos")
SCOPES = ("company", "region", "product", "customer", "channel", "salesperson")

TABLES = (
    Table(
        "targets",
        "targets",
        ("measure", "scope", "member", "period", "valid_from"),
        (
            must(choice("measure", *MEASURES)),
            must(choice("scope", *SCOPES)),
            ref("member", "@scope"),
            period("period"),
            date("valid_from"),
            number("base"),
            must(number("target")),
            number("stretch"),
            code("parent_member"),
            text("owner"),
            choice("status", "draft", "proposed", "countered", "agreed", "locked"),
            text("comment"),
            text("answer"),
            text("source"),
            text("reason"),
        ),
    ),
    Table(
        "market",
        "targets",
        ("region", "product", "period"),
        (
            ref("region"),
            ref("product"),
            must(period("period")),
            must(money("market_size", low=0)),
            share("competitor_share", low=0, high=1),
            text("source"),
        ),
    ),
    Table(
        "strategies",
        "targets",
        ("scope", "member", "period"),
        (
            must(choice("scope", *SCOPES)),
            ref("member", "@scope"),
            must(period("period")),
            code("segment"),
            text("channel"),
            text("competitors"),
            text("actions"),
            text("resources"),
            text("owner"),
        ),
    ),
)
