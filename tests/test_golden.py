"""A company small enough to check by hand: its results, as text that a sales manager can follow.

By hand, for sales to 31 March 2026: o1 10 × 100 + 20 × 10 × 0.9 = 1 180, o2 300, o3 440, o4 −110: 1 810.
Cost: o1 600 + 160, o2 240, o3 4 × 70 (the price of March), o4 −70: 1 210; margin 600.
Collections: 700 named i1, 300 the oldest open item (second instalment of i1), 360 of r3 settle i2, 40 stay unapplied.

At the end of March customers owe 416 + 396 - 40 = 772 of 1 416 + 360 + 396 = 2 172 billed in 90 days: DSO 31.99; 396
are not due: best 16.41. Count-back: 31 days of March (396), 28 of February (360), 16/1 416 of January's 31: 59.35.
CEI of March: (1 076 + 396 - 772)/(1 076 + 396 - 396) = 65.06 %. Of the 716 due in March 300 came, after the due date.
March against February: 330 against 300 sold, +10 %. HHI of customers: 83.4 %² + 16.6 %² = 7 235.
Bridge of the north: 13 pumps at 102.31 against 8 at 100: price 30, volume 500, the valves are new: 180.
The valves' promotion: 300 against 180/28 × 19 = 122.14 usual.
Commission of Ann: 10 % of the first 500 collected, 20 % of the other 590: 168, of which 80 is paid; of Bob 10 % of 270.
Action a1: the North sold 165 a month in the year before (800 + 1 180) and 165 after (0 and 330), the South 0 and 150.
"""

from datetime import date
from functools import cache
from pathlib import Path

import pytest

from xlsales import sources, steps, validate

GOLDEN = Path(__file__).parent / "golden"
EXPECTED = GOLDEN / "expected"
BRIDGE = ("effect_price", "effect_volume", "effect_mix", "effect_new", "effect_lost")
DSO = ("dso", "dso_countback", "dso_best", "days_delinquent")
RATES = ("rate_period", "rate_cumulative", "rate_due", "on_time_count", "on_time_value")
PER_VISIT = ("opportunities_per_visit", "visits_per_won", "value_per_visit")
JUDGED = ("monthly_effect", "verdict", "next_step")
SHOWN = {
    "five_quantities": ["dimension", "member", "period", "sales", "volume", "margin", "collections", "margin_rate"],
    "attainment": ["level", "measure", "scope", "member", "period", "target", "actual", "gap", "attainment"],
    "headline": ["measure", "scope", "period", "target", "actual", "attainment"],
    "margin_report": ["dimension", "member", "sales", "cost", "margin", "lines_below_cost"],
    "settlement": ["customer", "invoice", "instalment", "amount", "settled", "open", "days_overdue"],
    "ageing": ["customer", "not_due", "d1_30", "d31_60", "unapplied", "outstanding"],
    "collections_report": ["dimension", "member", "opening", "invoiced", "collected", "closing", "rate_period", "dso"],
    "bridge": ["measure", "effect", "amount"],
    "plan": ["version", "measure", "region", "salesperson", "period", "value"],
    "pace": ["measure", "scope", "member", "target", "actual", "expected", "pace_index", "landing"],
    "gaps": ["member", "measure", "target", "actual", "gap", "cause", "size", "rank"],
    "bridge_by": ["dimension", "member", "measure", "base_amount", *BRIDGE, "change", "actual_amount"],
    "dso_trend": ["period", "receivable", "invoiced", "collected", *DSO, "cei", *RATES],
    "bills": ["receipt", "customer", "amount", "state"],
    "concentration": ["dimension", "members", "sales", "hhi", "largest_share"],
    "abc_classes": ["dimension", "member", "sales", "sales_share", "cumulative", "abc"],
    "comparisons": ["dimension", "member", "measure", "span", "actual", "last_year", "previous", "change_previous"],
    "discount_view": ["dimension", "member", "band", "lines", "sales", "margin", "sales_share"],
    "pipeline_months": ["timing", "period", "deals", "open", "weighted"],
    "coverage": ["salesperson", "period", "deals", "open", "slipped", "target_left", "coverage"],
    "lost_reasons": ["lost_reason", "deals", "value", "share_count"],
    "competitors": ["competitor", "deals", "value", "share_value"],
    "stage_conversion": ["stage_then", "stage_now", "deals", "value", "converted"],
    "follow_ups": ["source", "about", "name", "salesperson", "days_overdue"],
    "satisfaction_view": ["dimension", "member", "period", "answers", "mean_score", "top2_share"],
    "market_view": ["region", "product", "period", "market_size", "sales", "market_share"],
    "promotion_effects": [
        "promotion",
        "elapsed_days",
        "sales",
        "baseline_sales",
        "uplift",
        "uplift_margin",
        "return_rate",
    ],
    "target_decisions": ["measure", "scope", "member", "target", "lowest", "highest", "growth", "asks_reason"],
    "target_gaps": ["scope", "member", "target", "child_scope", "children", "committed", "gap", "state"],
    "target_candidates": ["measure", "scope", "member", "method", "low", "value", "high", "missing"],
    "smart": ["measure", "member", "period", "specific", "measurable", "attainable", "relevant", "timed"],
    "activity_effect": ["member", "visits", "opportunities", "won_deals", "won", *PER_VISIT],
    "contest_standings": ["contest", "member", "value", "rank", "prize_share"],
    "commissions": ["salesperson", "plan", "base", "rate", "commission", "paid", "outstanding"],
    "commission_lines": ["salesperson", "kind", "document", "line", "credited", "rate", "commission"],
    "accruals": ["salesperson", "period", "accrued", "paid", "outstanding", "due_to_date"],
    "action_tracking": ["action_id", "who", "where", "state", "days_late", "cost"],
    "action_progress": ["state", "actions", "cost", "expected_gain"],
    "verdicts": ["action_id", "treated_units", "control_units", "months_before", "months_after", *JUDGED],
    "next_targets": ["measure", "scope", "member", "period", "old", "landing", "new", "reason"],
    "training_record": ["course", "people", "ahead", "cost", "result"],
}


@cache
def outcome() -> steps.Outcome:
    checked = validate.validate_all(sources.read(GOLDEN / "company"))
    assert [problem.code for problem in checked.problems if problem.severity == "error"] == []
    return steps.run(checked.tables, checked.settings)


def result_text(name: str) -> str:
    frame = outcome().results[name][SHOWN[name]]
    return frame.round(4).to_csv(index=False, lineterminator="\n")


@pytest.mark.parametrize("name", SHOWN)
def test_the_result_is_the_one_checked_by_hand(name: str) -> None:
    assert result_text(name) == (EXPECTED / f"{name}.csv").read_text("utf-8")


def test_the_company_s_figures_by_hand() -> None:
    rows = outcome().results["five_quantities"]
    year = rows[(rows["dimension"] == "company") & (rows["period"] == "2026")].iloc[0]
    assert year["sales"] == pytest.approx(1_810)
    assert year["margin"] == pytest.approx(600)
    assert year["collections"] == pytest.approx(1_400)


@pytest.mark.parametrize("dimension", ["salesperson", "product", "customer"])
@pytest.mark.parametrize("measure", ["sales", "margin", "collections"])
def test_every_dimension_adds_to_the_company(dimension: str, measure: str) -> None:
    rows = outcome().results["five_quantities"]
    rows = rows[rows["period"] == "2026"]
    company = rows.loc[rows["dimension"] == "company", measure].item()
    assert rows.loc[rows["dimension"] == dimension, measure].sum() == pytest.approx(company, abs=0.005)


def test_a_parent_region_holds_what_its_children_hold() -> None:
    rows = outcome().results["five_quantities"]
    rows = rows[(rows["period"] == "2026") & (rows["dimension"] == "region")].set_index("member")["sales"]
    assert rows["ALL"] == pytest.approx(rows["N"] + rows["S"])


def test_a_run_does_not_change_its_tables() -> None:
    checked = validate.validate_all(sources.read(GOLDEN / "company"))
    before = {key: frame.copy() for key, frame in checked.tables.items()}
    steps.run(checked.tables, checked.settings)
    for key, frame in checked.tables.items():
        assert frame.equals(before[key]), key


@pytest.mark.parametrize(
    "given",
    [
        (),
        ("orders", "products"),
        ("customers", "invoices", "receipts"),
        ("customers", "receipts"),
        ("opportunities",),
        ("opportunities", "targets", "regions", "salespeople"),
        ("market", "promotions", "satisfaction", "customers"),
    ],
    ids=" ".join,
)
def test_a_company_that_gives_only_some_tables_still_gets_a_run(given: tuple[str, ...]) -> None:
    checked = validate.validate_all(sources.read(GOLDEN / "company"))
    tables = {key: frame if key in given else frame.head(0) for key, frame in checked.tables.items()}
    assert "headline" in steps.run(tables, checked.settings).results


@pytest.mark.parametrize(
    "change",
    [
        {"as_of": date(2026, 3, 10)},
        {"as_of": date(2026, 1, 3)},
        {"fiscal_year_start": 7},
        {"month_close_day": 25},
        {"bill_counts_on": "maturity"},
    ],
    ids=str,
)
def test_a_run_on_another_day_or_calendar_ends(change: dict[str, object]) -> None:
    checked = validate.validate_all(sources.read(GOLDEN / "company"))
    done = steps.run(checked.tables, {**checked.settings, **change})
    whole = done.results["five_quantities"].query("dimension == 'company' and period == ''").iloc[0]
    assert whole["sales"] == pytest.approx(done.results["whole_lines"]["sales"].sum())
