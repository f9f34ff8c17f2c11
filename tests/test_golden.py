"""A company small enough to check by hand: its results, as text that a sales manager can follow.

By hand, for sales to 31 March 2026: o1 10 × 100 + 20 × 10 × 0.9 = 1 180, o2 300, o3 440, o4 −110: 1 810.
Cost: o1 600 + 160, o2 240, o3 4 × 70 (the price of March), o4 −70: 1 210; margin 600.
Collections: 700 named i1, 300 the oldest open item (second instalment of i1), 360 of r3 settle i2, 40 stay unapplied.
"""

from functools import cache
from pathlib import Path

import pytest

from xlsales import sources, steps, validate

GOLDEN = Path(__file__).parent / "golden"
EXPECTED = GOLDEN / "expected"
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
