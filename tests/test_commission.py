"""Tiers: published examples and what must hold for every plan."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.examples import example
from xlsales.core.commission import commission, versions
from xlsales.core.refusal import Refusal


def test_marginal_tiers_come_out_of_commission():
    inputs, expected = example("Marginal (progressive) tiers")
    tiers = [(start, rate) for start, _, rate in inputs["tiers"]]
    earned = commission(inputs["sales"], tiers)
    assert earned == pytest.approx(expected["commission"])
    assert earned / inputs["sales"] == pytest.approx(expected["effective_rate"], abs=5e-5)


def test_the_gap_between_inclusive_sections_does_not_exist_in_commission():
    inputs, expected = example("Retroactive (whole-amount) section commission and its gap bug (OCA)")
    tiers = [(start, percent / 100) for start, _, percent in inputs["sections"]]
    edge, gap, above = commission(inputs["bases"], tiers, mode="retroactive")
    assert edge == pytest.approx(expected["10000"])
    assert above == pytest.approx(expected["15000"])
    assert gap == pytest.approx(10000.5 * 0.05)  # the trap pays 0 here
    half_open = [(0, 0.05), (10_000, 0.08)]
    assert commission([9_999.99, 10_000, 10_000.5], half_open, mode="retroactive") == pytest.approx(
        [499.9995, 800, 800.04]
    )


def test_levels_on_attainment_scale_with_each_quota():
    tiers = [(0, 0.05), (1.0, 0.10)]
    assert commission([120.0, 120.0], tiers, [100.0, 200.0]).tolist() == pytest.approx([7.0, 6.0])
    assert commission(0.1 * 3, [(0, 0.0), (1.0, 1.0)], 0.3, "retroactive") == pytest.approx(0.3)


def test_without_a_quota_above_zero_the_commission_is_blank():
    assert np.isnan(commission([100.0] * 3, [(0, 0.1)], [0.0, -5.0, np.nan])).all()
    assert np.isnan(commission(np.nan, [(0, 0.1)]))


def test_cap_and_floor_bound_the_result():
    assert commission([0.0, 500.0, 5000.0], [(0, 0.1)], cap=100.0, floor=20.0).tolist() == [20.0, 50.0, 100.0]


def test_under_the_first_level_nothing_is_earned():
    for mode in ("marginal", "retroactive"):
        assert commission([99.99], [(100, 0.1)], mode=mode).tolist() == [0.0]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"tiers": []}, "tiers_empty"),
        ({"tiers": [(0, np.nan)]}, "tiers_incomplete"),
        ({"tiers": [(0, 0.1), (0, 0.2)]}, "tiers_twice"),
        ({"tiers": [(0, 0.1)], "mode": "magic"}, "commission_mode"),
        ({"tiers": [(0, 0.1)], "cap": 1.0, "floor": 2.0}, "cap_below_floor"),
    ],
)
def test_tiers_that_cannot_be_meant_are_refused(arguments, code):
    with pytest.raises(Refusal) as no:
        commission(100.0, **arguments)
    assert no.value.code == code


def plan_table(**columns):
    base = {
        "plan": "p",
        "valid_from": pd.to_datetime(["2026-01-01"]),
        "from_level": 0.0,
        "basis": "cash",
        "mode": "marginal",
        "rate": 0.1,
    }
    return pd.DataFrame({**base, **columns})


def test_rows_of_one_version_must_agree():
    two = pd.concat([plan_table(cap=[100.0]), plan_table(from_level=10.0, cap=[200.0])])
    with pytest.raises(Refusal, match="plan_rows_differ"):
        versions(two)
    one = versions(pd.concat([plan_table(cap=[100.0]), plan_table(from_level=10.0, cap=[np.nan])]))
    assert (len(one), one[0].cap, one[0].levels.tolist()) == (1, 100.0, [0.0, 10.0])


tiers = st.lists(
    st.tuples(st.floats(0, 1e6).map(lambda x: round(x, 2)), st.floats(0, 0.5)),
    min_size=1,
    max_size=6,
    unique_by=lambda tier: tier[0],
)
amounts = st.floats(0, 2e6)


@settings(deadline=None)
@given(tiers, amounts, amounts)
def test_marginal_commission_is_continuous_and_never_falls(plan, one, two):
    low, high = sorted((one, two))
    small, large = commission([low, high], plan)
    assert small <= large + 1e-6
    assert large - small <= (high - low) * max(rate for _, rate in plan) + 1e-3


@settings(deadline=None)
@given(tiers, amounts)
def test_retroactive_commission_is_the_whole_at_one_rate(plan, amount):
    earned = float(commission(amount, plan, mode="retroactive"))
    reached = [(start, rate) for start, rate in plan if start <= round(amount, 6)]
    assert earned == pytest.approx(amount * max(reached)[1] if reached else 0.0)


@settings(deadline=None)
@given(tiers, amounts, st.floats(1, 1e6))
def test_attainment_levels_are_amount_levels_times_quota(plan, amount, quota):
    for mode in ("marginal", "retroactive"):
        scaled = [(start * quota, rate) for start, rate in plan]
        if len({round(start, 6) for start, _ in scaled}) == len(scaled):
            by_amount = float(commission(amount * quota, scaled, mode=mode))
            assert float(commission(amount * quota, plan, quota, mode)) == pytest.approx(by_amount, rel=1e-9, abs=1e-6)
