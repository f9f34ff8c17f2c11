"""Result tables about targets and people: where targets come from, who reaches them, who is paid, what helped."""

from xlsales.schema.model import Column, Table, code, flag, integer, money, number, period, ref, share, text
from xlsales.schema.results import result

LETTERS = ("specific", "measurable", "attainable", "relevant", "timed")


def target_of() -> tuple[Column, ...]:
    """Whose target of which measure a row is about."""
    return code("measure"), code("scope"), code("member"), text("name")


TARGETS: tuple[Table, ...] = (
    result(
        "target_decisions",
        "targets_report",
        ("measure", "scope", "member"),
        *target_of(),
        number("target"),
        number("lowest"),
        number("middle"),
        number("highest"),
        share("growth"),
        number("gap_bottom_up"),
        flag("covers_break_even"),
        flag("within_capacity"),
        flag("asks_reason"),
        text("reason"),
    ),
    result(
        "target_gaps",
        "targets_report",
        ("measure", "scope", "member", "child_scope"),
        *target_of(),
        number("target"),
        code("child_scope"),
        integer("children"),
        number("committed"),
        number("gap"),
        share("over_assigned"),
        code("state"),
    ),
    result(
        "smart",
        "targets_report",
        ("measure", "scope", "member", "period"),
        *target_of(),
        period("period"),
        *(code(letter) for letter in LETTERS),
        text("reason"),
    ),
    result(
        "quota_quality",
        "targets_report",
        ("salesperson",),
        ref("salesperson", "salespeople"),
        text("name"),
        money("quota"),
        money("history"),
        share("growth"),
        money("potential"),
        share("quota_to_potential"),
        number("relative"),
        money("expected"),
        share("chance"),
        text("reason"),
    ),
    result(
        "quota_summary",
        "targets_report",
        ("period",),
        period("period"),
        integer("people"),
        money("quota"),
        number("gini"),
        share("expected_share"),
        share("low_share"),
        share("high_share"),
    ),
    result(
        "coherence",
        "targets_report",
        ("scope", "member", "relation"),
        code("scope"),
        code("member"),
        text("name"),
        period("period"),
        code("relation"),
        money("stated"),
        money("derived"),
        money("difference"),
        flag("fits"),
    ),
    result(
        "target_candidates",
        "targets_report",
        ("measure", "scope", "member", "method"),
        *target_of(),
        code("method"),
        number("low"),
        number("value"),
        number("high"),
        text("missing"),
    ),
)
TABLES: tuple[Table, ...] = (*TARGETS,)
