"""Stage 2: the plan in its long form, activities, budget and actual expense, tasks, hiring."""

from xlsales.schema.model import (
    Table,
    choice,
    code,
    date,
    flag,
    money,
    must,
    number,
    period,
    ref,
    text,
)
from xlsales.schema.targets import MEASURES

ACTIVITIES = ("visit", "call", "demo", "mail", "service")

TABLES = (
    Table(
        "plan",
        "plan_data",
        ("version", "measure", "period", "region", "product", "customer", "segment", "salesperson", "channel"),
        (
            must(code("version")),
            must(choice("measure", *MEASURES)),
            must(period("period")),
            ref("region"),
            ref("product"),
            ref("customer"),
            code("segment"),
            ref("salesperson", "salespeople"),
            ref("channel"),
            must(number("value")),
            flag("held"),
            number("lower"),
            number("upper"),
            number("weight", low=0),
            text("note"),
        ),
    ),
    Table(
        "activity_plan",
        "activities",
        ("salesperson", "activity", "period"),
        (
            must(ref("salesperson", "salespeople")),
            must(choice("activity", *ACTIVITIES)),
            must(period("period")),
            must(number("planned", low=0)),
        ),
    ),
    Table(
        "budget",
        "activities",
        ("item", "period", "unit"),
        (
            must(code("item")),
            must(period("period")),
            ref("unit", "org_units"),
            must(money("amount")),
            choice("driver", "sales", "volume", "margin", "fixed"),
        ),
    ),
    Table(
        "expenses",
        "activities",
        ("item", "date", "unit", "order", "salesperson", "product"),
        (
            must(code("item")),
            must(date("date")),
            ref("unit", "org_units"),
            must(money("amount")),
            code("order"),
            ref("salesperson", "salespeople"),
            ref("product"),
        ),
        money="amount",
        dated="date",
    ),
    Table(
        "tasks",
        "activities",
        ("task",),
        (
            must(code("task")),
            must(ref("salesperson", "salespeople")),
            ref("customer"),
            choice("kind", *ACTIVITIES),
            must(date("due")),
            flag("done"),
            text("result"),
        ),
    ),
    Table(
        "hiring_plan",
        "activities",
        ("role", "unit", "period"),
        (must(ref("role")), ref("unit", "org_units"), must(period("period")), must(number("heads", low=0))),
    ),
)
