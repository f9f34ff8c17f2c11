"""Candidates, decision, coherence, SMART, quotas, and the words of every refusal in planning."""

import csv
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from xlsales.core.hierarchy import build_tree
from xlsales.core.quota_quality import gini, quota_quality
from xlsales.core.quotas import bottom_up_gap, coverage, over_assign, over_assignment, participation, respread
from xlsales.core.refusal import Refusal
from xlsales.core.smart import smart
from xlsales.core.targets import coherence, decide, growth_band, triangulate

PACKAGE = Path(__file__).parents[1] / "xlsales"
PLANNING = ("hierarchy", "apportion", "apportion_cells", "apportion_tree", "rounding", "calendar", "period_steps")
PLANNING += ("workdays", "spreading", "spreading_codes", "twoway", "twoway_flow", "targets", "quotas", "quota_quality")
PLANNING += ("smart",)


def refusal(call):
    with pytest.raises(Refusal) as no:
        call()
    return no.value.code


def facts(**columns):
    return pd.DataFrame({"member": ["north"], **{name: [value] for name, value in columns.items()}})


def test_candidates_from_six_sides():
    found = triangulate(
        facts(
            last_year=1000,
            growth_low=0.05,
            growth_high=0.15,
            fixed_cost=200,
            planned_profit=100,
            marginal_rate=0.25,
            market_size=20000,
            share=0.06,
            heads=5,
            ramp=0.8,
            productivity=300,
            commitments=1080,
        )
    )
    assert found["method"].tolist() == ["last_year", "growth", "break_even", "market_share", "capacity", "bottom_up"]
    assert found["value"].tolist() == pytest.approx([1000, 1100, 1200, 1200, 1200, 1080])
    assert found.loc[1, ["low", "high"]].tolist() == pytest.approx([1050, 1150])
    assert (found["missing"] == "").all()


def test_a_candidate_without_its_figures_is_blank_and_says_which():
    found = triangulate(facts(fixed_cost=200, planned_profit=100)).set_index("method")
    assert found["value"].isna().all()
    assert found.loc["break_even", "missing"] == "marginal_rate"


def test_a_marginal_rate_of_zero_is_refused():
    assert refusal(lambda: triangulate(facts(marginal_rate=0))) == "marginal_rate"


def test_a_decision_outside_its_candidates_asks_for_a_reason():
    candidates = triangulate(facts(last_year=1000, fixed_cost=200, planned_profit=100, marginal_rate=0.25))
    decision = lambda reason: decide(candidates, facts(target=1300.0, reason=reason))  # noqa: E731
    found = decision(None).iloc[0]
    assert found["asks_reason"]
    assert found["covers_break_even"]
    assert pd.isna(found["within_capacity"])
    assert found["growth"] == pytest.approx(0.3)
    assert not decision("new plant").iloc[0]["asks_reason"]


def test_growth_band_needs_three_growths():
    assert np.isnan(growth_band(np.array([1.0, 2, 3]))).all()
    low, high = growth_band(np.array([100, 110, 99, 118.8]))
    assert (low, high) == pytest.approx((-0.06, 0.18))


def test_coherence_names_the_relation_that_breaks():
    plan = pd.DataFrame(
        {
            "member": "n",
            "period": ["2026-01", "2026-02"],
            "volume": [10, 10],
            "price": [10, 12],
            "sales": [100, 120],
            "cost": [60, 70],
            "margin": [40, 51],
            "expense": [10, 10],
            "profit": [30, 41],
            "collections": [80, 110],
            "opening": [30, 0],
        }
    )
    found = coherence(plan, [0.5, 0.5], unit=0.5)
    broken = found.loc[~found["fits"], ["period", "relation", "difference"]]
    assert broken.to_numpy().tolist() == [["2026-02", "margin_is_sales_less_cost", 1]]
    assert (found["relation"] == "collections_follow_sales").sum() == 2
    assert coherence(plan, unit=1)["fits"].all()
    assert refusal(lambda: coherence(plan, [0.6, 0.6])) == "profile_sum"


def test_coherence_never_takes_a_blank_for_zero():
    plan = pd.DataFrame({"member": ["n"], "period": ["2026"], "sales": [100], "collections": [50], "margin": [100]})
    assert coherence(plan, [0.5]).empty


def good_target(**change):
    row = {
        "measure": "sales",
        "scope": "company",
        "member": "all",
        "period": "2026-03",
        "target": 108,
        "base": 100,
        "source": "orders",
        "owner": "ann",
        "parent_member": None,
        "capacity": 120,
    }
    return row | change


PAST = pd.DataFrame(
    {
        "measure": "sales",
        "member": "all",
        "period": [f"{y}-03" for y in range(2021, 2026)],
        "value": [60, 66, 75, 86, 100],
    }
)


def verdict(*rows, history=PAST):
    return smart(pd.DataFrame(list(rows)), history)


def test_a_target_that_has_everything_passes_all_letters():
    found = verdict(good_target())
    assert found.loc[0, ["S", "M", "A", "R", "T"]].tolist() == ["pass"] * 5
    assert found.loc[0, "reasons"] == []


@pytest.mark.parametrize(
    ("change", "letter", "verdict_", "code"),
    [
        ({"owner": None}, "S", "fail", "lacks"),
        ({"measure": "coffee"}, "S", "warn", "unit_unknown"),
        ({"target": None}, "M", "fail", "target_no_number"),
        ({"target": "much"}, "M", "fail", "target_no_number"),
        ({"source": ""}, "M", "warn", "lacks"),
        ({"target": 118}, "A", "warn", "growth_above_history"),
        ({"target": 130}, "A", "fail", "backing_short"),
        ({"capacity": 105}, "A", "warn", "backing_short"),
        ({"capacity": None}, "A", "warn", "backing_unknown"),
        ({"scope": "region"}, "R", "warn", "no_parent"),
        ({"parent_member": "world"}, "R", "warn", "parent_without_target"),
        ({"period": "March"}, "T", "fail", "period_unreadable"),
        ({"period": None}, "T", "fail", "no_period"),
        ({"period": "2026"}, "T", "warn", "not_phased"),
    ],
)
def test_each_weakness_is_found_with_its_reason(change, letter, verdict_, code):
    found = verdict(good_target(**change)).iloc[0]
    assert found[letter] == verdict_
    assert code in [reason.code for reason in found["reasons"] if reason.letter == letter]


def test_children_must_add_to_their_parent():
    rows = [good_target(), good_target(scope="region", member="n", target=60, parent_member="all")]
    found = verdict(*rows, good_target(scope="region", member="s", target=40, parent_member="all"))
    assert found["R"].tolist() == ["fail"] * 3
    assert found.loc[0, "reasons"][-1].facts == {"parent": "all", "target": 108, "children": 100, "difference": 8}


def test_targets_per_product_need_not_exist_for_regions_to_pass():
    rows = [good_target(), good_target(scope="region", member="n", target=108, parent_member="all")]
    assert verdict(*rows)["R"].tolist() == ["pass", "pass"]


def test_a_years_phasing_must_be_complete_and_add_up():
    quarters = [good_target(period=f"2026Q{q}", target=25) for q in range(1, 5)]
    assert verdict(good_target(period="2026", target=100), *quarters)["T"].iloc[0] == "pass"
    short = verdict(good_target(period="2026", target=100), *quarters[:3]).iloc[0]
    assert short["T"] == "fail"
    assert [r.facts for r in short["reasons"] if r.code == "phasing_incomplete"] == [{"periods": ["2026Q4"]}]
    assert verdict(good_target(period="2026", target=104), *quarters)["T"].iloc[0] == "fail"


def test_the_same_target_twice_is_refused():
    assert refusal(lambda: verdict(good_target(), good_target())) == "smart_twice"


# Quotas


def test_a_dated_quota_holds_until_the_owners_next_one():
    rows = pd.DataFrame(
        {"member": ["b", "a", "a"], "valid_from": ["2026-02-01", "2026-04-01", "2026-01-01"], "target": [1, 2, 3]}
    )
    found = coverage(rows, ["member"], "2026-12-31")
    assert found["target"].tolist() == [3, 2, 1]
    assert found["valid_to"].dt.strftime("%Y-%m-%d").tolist() == ["2026-03-31", "2026-12-31", "2026-12-31"]
    assert coverage(rows, ["member"])["valid_to"].isna().tolist() == [False, True, True]
    assert refusal(lambda: coverage(pd.concat([rows, rows]), ["member"])) == "quota_twice"


def test_joiners_ramp_and_leavers_stop():
    people = pd.DataFrame(
        {
            "salesperson": ["old", "new", "gone"],
            "hire_date": [None, "2026-02-01", "2020-01-01"],
            "leave_date": [None, None, "2026-02-14"],
            "ramp_months": [3, 3, 3],
        }
    )
    found = participation(people, ["2026-01", "2026-02", "2026-03", "2026-04", "2026-05"])
    factors = found["factor"].to_numpy().reshape(3, 5).tolist()
    assert factors == [[1] * 5, [0, 0.25, 0.5, 0.75, 1], [1, 0.5, 0, 0, 0]]


def test_what_a_leaver_loses_is_spread_over_the_rest():
    found = respread(np.array([[10.0, 10], [10, 10]]), np.array([[1.0, 1], [1, 0]]), 1)
    assert found.tolist() == [[14, 13], [13, 0]]
    assert refusal(lambda: respread(np.array([1.0]), np.array([0.0]))) == "nobody_takes_part"


def test_over_assignment_has_a_visible_buffer():
    children, buffer = over_assign(1000, np.array([1.0, 2]), 0.05, 10)
    assert (children.tolist(), buffer) == ([350, 700], -50)
    tree = build_tree(["all", "n", "s", "n1"], [None, "all", "all", "n"])
    found = over_assignment(tree, np.array([100.0, 60, 50, 66]))
    assert found["rate"].tolist() == pytest.approx([0.1, 0.1])


def test_commitments_roll_up_against_targets():
    tree = build_tree(["all", "n", "s"], [None, "all", "all"])
    found = bottom_up_gap(tree, np.array([100.0, 60, 40]), np.array([np.nan, 50, 45]))
    assert found["gap"].tolist() == [5, 10, -5]


TEAM = pd.DataFrame(
    {
        "salesperson": ["a", "b", "c"],
        "quota": [100.0, 100, 200],
        "potential": [200.0, 200, 150],
        "history": [100.0, 200, np.nan],
    }
)
SPREAD = np.array([0.7, 0.8, 0.9, 1, 1, 1.1, 1.2, 1.3])


def test_odd_quotas_are_named_with_reasons():
    found = quota_quality(TEAM, SPREAD, seed=7)
    talk = found.people.set_index("salesperson")["talk"]
    assert talk["a"] == "burden_low"
    assert talk["b"] == "burden_low, chance_high"
    assert talk["c"] == "above_potential, burden_high"
    assert np.isnan(found.people["chance"].iloc[2])
    assert found.low_share <= found.expected_share <= found.high_share


def test_the_same_seed_gives_the_same_figures():
    one, two = (quota_quality(TEAM, SPREAD, seed=3) for _ in range(2))
    pd.testing.assert_frame_equal(one.people, two.people)
    assert one.expected_share == two.expected_share


def test_few_past_attainments_are_refused():
    assert refusal(lambda: quota_quality(TEAM, SPREAD[:5], seed=1)) == "past_attainment_few"


@given(st.lists(st.floats(0.01, 1e6), min_size=1, max_size=30), st.floats(0.01, 100))
def test_gini_lies_between_none_and_all_and_ignores_scale(values, factor):
    found = gini(np.array(values))
    assert -1e-9 <= found <= 1
    assert gini(np.array(values) * factor) == pytest.approx(found, abs=1e-9)


@pytest.mark.parametrize(
    ("call", "code"),
    [
        (
            lambda: decide(triangulate(facts()), pd.DataFrame({"member": ["x"], "target": [1.0], "reason": [None]})),
            "decision_without_candidates",
        ),
        (lambda: smart(pd.DataFrame({"member": ["a"]})), "smart_column"),
        (lambda: gini(np.array([-1.0, 3.0])), "gini_negative"),
        (lambda: quota_quality(TEAM, SPREAD * 0, seed=1), "past_attainment_zero"),
        (lambda: quota_quality(TEAM.assign(quota=0.0), SPREAD, seed=1), "quota_not_positive"),
        (lambda: coverage(pd.DataFrame({"member": ["a"], "valid_from": [None]}), ["member"]), "quota_undated"),
    ],
)
def test_what_cannot_be_judged_is_refused(call, code):
    assert refusal(call) == code


# Words


def raised():
    """Every refusal code of the planning modules with the facts that stand in its call."""
    for name in PLANNING:
        text = (PACKAGE / "core" / f"{name}.py").read_text("utf-8")
        for code in re.findall(r'Refusal\(\s*"(\w+)"', text):
            yield code
        if name == "twoway":
            yield from ("seed_missing", "seed_negative")
        if name == "smart":
            for code in re.findall(r'Reason\("\w", "\w+", "(\w+)"', text):
                yield f"smart.{code}"


def test_every_refusal_and_reason_has_its_words_in_both_languages():
    with (PACKAGE / "words" / "refusals_plan.csv").open(encoding="utf-8", newline="") as file:
        words = {row["key"]: row for row in csv.DictReader(file)}
    for code in raised():
        row = words.get(code if code.startswith("smart.") else f"refusal.{code}")
        assert row, code
        assert row["en"]
        assert row["zh"]
        assert set(re.findall(r"{(\w+)}", row["en"])) == set(re.findall(r"{(\w+)}", row["zh"])), code
