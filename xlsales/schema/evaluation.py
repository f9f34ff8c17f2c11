"""Stage 5: scorecards and incentives; stage 6: improvement and reviews."""

from xlsales.schema.model import (
    Column,
    Table,
    choice,
    code,
    date,
    integer,
    money,
    must,
    number,
    period,
    ref,
    share,
    text,
)
from xlsales.schema.targets import QUANTITIES, SCOPES

GRADES = ("S", "A", "B", "C", "D")


def person() -> Column:
    """The salesperson of a row."""
    return must(ref("salesperson", "salespeople"))


TABLES = (
    Table(
        "kpis",
        "scorecard",
        ("role", "kpi"),
        (
            must(ref("role")),
            must(code("kpi")),
            must(code("measure")),
            must(share("weight", low=0, high=1)),
            choice("direction", "higher", "lower"),
            must(code("curve")),
            share("max_weight", low=0, high=1),
        ),
        role="master",
    ),
    Table(
        "curves",
        "scorecard",
        ("curve", "attainment"),
        (
            must(code("curve")),
            must(share("attainment")),
            must(number("score")),
            choice("kind", "linear", "step"),
        ),
        role="master",
    ),
    Table(
        "grades",
        "scorecard",
        ("grade",),
        (must(code("grade")), must(number("from_score")), must(number("coefficient", low=0))),
        role="master",
    ),
    Table(
        "ratings",
        "scorecard",
        ("salesperson", "kpi", "rater"),
        (person(), must(code("kpi")), must(code("rater")), must(number("score"))),
    ),
    Table(
        "red_lines",
        "scorecard",
        ("salesperson", "date"),
        (person(), must(date("date")), must(code("kind")), must(ref("cap_grade", "grades")), text("note")),
    ),
    Table(
        "commission_plan",
        "incentives",
        ("plan", "valid_from", "from_level"),
        (
            must(code("plan")),
            must(date("valid_from")),
            must(number("from_level")),
            must(choice("basis", "contract", "invoice", "margin", "cash")),
            must(choice("mode", "marginal", "retroactive")),
            choice("level_kind", "amount", "attainment"),
            must(share("rate", low=0)),
            money("cap", low=0),
            money("floor", low=0),
            share("min_margin_rate", low=-1, high=1),
        ),
        role="master",
    ),
    Table(
        "commission_assignment",
        "incentives",
        ("salesperson", "valid_from"),
        (person(), must(date("valid_from")), must(code("plan"))),
        role="master",
    ),
    Table(
        "payments",
        "incentives",
        ("salesperson", "period"),
        (person(), must(period("period")), must(money("paid"))),
    ),
    Table(
        "contests",
        "incentives",
        ("contest",),
        (
            must(code("contest")),
            must(code("measure")),
            must(date("from")),
            must(date("to")),
            text("members"),
            text("prize"),
        ),
    ),
    Table(
        "closed_periods",
        "reviews",
        ("period",),
        (must(period("period")), must(date("closed_on")), must(text("closed_by")), must(code("hash"))),
        role="kept",
    ),
    Table(
        "playbook",
        "improvement",
        ("cause", "action"),
        (
            must(code("cause")),
            must(code("action")),
            must(code("measure")),
            must(text("text_en")),
            must(text("text_zh")),
            code("owner_role"),
            integer("days", low=0),
            share("effect_share", low=0, high=1),
            money("cost", low=0),
        ),
        role="master",
    ),
    Table(
        "actions",
        "improvement",
        ("action_id",),
        (
            must(code("action_id")),
            must(text("what")),
            code("cause"),
            text("why"),
            text("who"),
            date("start"),
            date("end"),
            text("where"),
            text("how"),
            money("cost", low=0),
            money("expected_gain"),
            code("measure"),
            number("baseline"),
            number("goal"),
            date("check_date"),
            choice("status", "open", "running", "done", "stopped"),
            text("control"),
            choice("verdict", "effective", "not_effective", "unclear", "not_enough_data"),
        ),
    ),
    Table(
        "reviews",
        "reviews",
        ("period", "scope", "member"),
        (
            must(period("period")),
            must(choice("scope", *SCOPES)),
            ref("member", "@scope"),
            *(number(key + end) for key in QUANTITIES for end in ("", "_target")),
            text("findings"),
            text("decision"),
            number("next_target"),
            text("decided_by"),
            date("decided_on"),
        ),
    ),
)
