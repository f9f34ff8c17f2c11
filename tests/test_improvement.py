"""Gaps and their causes: sizes add to the shortfall and never exceed it."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xlsales.core.causes import BY_MEASURE, factor_losses, settled
from xlsales.core.improvement import gaps
from xlsales.core.refusal import Refusal


def goals(measure, target, member="North"):
    return pd.DataFrame({"member": [member], "measure": [measure], "target": [target]})


def results(measure, actual, member="North"):
    return pd.DataFrame({"member": [member], "measure": [measure], "actual": [actual]})


def drive(measure, figures, member="North"):
    rows = [(member, measure, name, target, actual) for name, (target, actual) in figures.items()]
    return pd.DataFrame(rows, columns=["member", "measure", "driver", "target", "actual"])


def causes(measure, target, actual, figures):
    table = gaps(goals(measure, target), results(measure, actual), drivers=drive(measure, figures))
    return dict(zip(table["cause"], table["size"].round(6), strict=True))


def test_sales_shortfall_is_price_and_volume_as_in_the_bridge():
    assert causes("sales", 1000.0, 810.0, {"price": (10, 9), "volume": (100, 90)}) == {"volume": 100.0, "price": 90.0}


def test_what_went_well_is_set_off_so_that_no_cause_exceeds_the_gap():
    assert causes("sales", 1000.0, 880.0, {"price": (10, 8), "volume": (100, 110)}) == {"price": 120.0}


def test_bridge_effects_and_lost_business_of_either_sign():
    for lost in (-60.0, 60.0):
        found = causes("sales", 1000.0, 900.0, {"lost": (0, lost), "mix_effect": (0, -40)})
        assert found == {"lost": 60.0, "mix": 40.0}


def test_unexplained_money_is_other_and_never_hidden():
    assert causes("sales", 1000.0, 900.0, {"lost": (0, -60)}) == {"lost": 60.0, "other": 40.0}


def test_pipeline_factors_multiply():
    found = causes("sales", 100.0, 72.0, {"win_rate": (0.5, 0.4), "deal_size": (10, 9), "coverage": (3, 3)})
    assert found["win_rate"] + found["deal_size"] == pytest.approx(28)
    assert found["win_rate"] / found["deal_size"] == pytest.approx(np.log(0.8) / np.log(0.9), rel=1e-5)


def test_a_longer_cycle_hurts():
    assert causes("sales", 100.0, 80.0, {"cycle": (40, 50)}) == {"cycle": 20.0}


def test_a_factor_of_nothing_took_everything():
    assert causes("sales", 100.0, 0.0, {"win_rate": (0.5, 0.0), "deal_size": (10, 9)}) == {"win_rate": 100.0}


def test_volume_is_explained_by_the_pipeline_and_coverage_by_activities():
    figures = {"price": (10, 10), "volume": (100, 80), "coverage": (4, 3.2), "visits": (10, 9)}
    found = causes("sales", 1000.0, 800.0, figures)
    assert set(found) == {"visits", "coverage"}
    assert sum(found.values()) == pytest.approx(200)
    assert found["visits"] / 200 == pytest.approx(np.log(0.9) / np.log(0.8), rel=0.2)


def test_margin_is_price_cost_and_volume():
    figures = {"price": (10, 9.5), "cost": (6, 6.2), "volume": (100, 90)}
    assert causes("margin", 400.0, 297.0, figures) == {"price": 45.0, "volume": 40.0, "cost": 18.0}
    without_volume = {"price": (10, 9.5), "cost": (6, 6.2)}
    assert causes("margin", 400.0, 297.0, without_volume) == {"price": 45.0, "other": 40.0, "cost": 18.0}


def test_volume_is_taken_from_the_members_own_volume_target():
    targets = pd.concat([goals("margin", 400.0), goals("volume", 100.0)])
    actuals = pd.concat([results("margin", 324.0), results("volume", 90.0)])
    table = gaps(targets, actuals, drivers=drive("margin", {"price": (10, 9.6)}))
    of_margin = table[table["measure"] == "margin"]
    assert dict(zip(of_margin["cause"], of_margin["size"].round(6), strict=True)) == {"volume": 40.0, "price": 36.0}


def test_profit_is_margin_and_expense_and_collections_what_is_overdue():
    assert causes("profit", 100.0, 70.0, {"margin": (150, 140), "expense": (50, 70)}) == {
        "expense": 20.0,
        "margin": 10.0,
    }
    found = causes("collections", 500.0, 400.0, {"overdue": (20, 90), "disputes": (0, 30)})
    assert found == {"overdue": 70.0, "disputes": 30.0}


def test_without_drivers_the_cause_is_blank_and_the_size_is_the_gap():
    table = gaps(
        pd.concat([goals("sales", 100.0), goals("sales", 50.0, "South")]),
        pd.concat([results("sales", 80.0), results("sales", 60.0, "South")]),
    )
    assert table[["member", "gap", "cause", "size", "rank"]].to_numpy().tolist() == [
        ["North", 20.0, "", 20.0, 1.0],
        ["South", -10.0, "", 0.0, 2.0],
    ]
    assert table["attainment"].tolist() == [0.8, 1.2]


def test_a_missing_actual_is_not_zero():
    table = gaps(goals("sales", 100.0), results("sales", np.nan))
    assert table[["actual", "gap", "attainment", "size", "rank"]].isna().all().all()


def test_money_ranks_before_other_measures():
    targets = pd.concat([goals("visits", 1000.0), goals("sales", 100.0)])
    actuals = pd.concat([results("visits", 100.0), results("sales", 90.0)])
    assert gaps(targets, actuals)["measure"].tolist() == ["sales", "visits"]


def test_a_scope_and_wide_actuals_as_the_five_quantities_come():
    targets = pd.DataFrame(
        {
            "measure": "sales",
            "scope": ["region", "region", "company"],
            "member": ["N", "N", "all"],
            "target": [60.0, 40, 9],
        }
    )
    wide = pd.DataFrame({"region": ["N"], "sales": [80.0], "margin": [1.0]})
    table = gaps(targets, wide, "region")
    assert table[["member", "target", "actual"]].to_numpy().tolist() == [["N", 100.0, 80.0]]


@pytest.mark.parametrize(
    ("figures", "code"),
    [({"moon": (1, 2)}, "driver_unknown"), ({"win_rate": (1, -2)}, "driver_negative")],
)
def test_drivers_that_cannot_be_meant_are_refused(figures, code):
    with pytest.raises(Refusal, match=code):
        causes("sales", 100.0, 50.0, figures)


def test_rates_of_several_rows_are_not_summed():
    with pytest.raises(Refusal, match="measure_not_additive"):
        gaps(pd.concat([goals("satisfaction", 90.0)] * 2), results("satisfaction", 80.0))


figure = st.floats(0.01, 1000)
pairs = st.tuples(figure, figure)
NAMES = {
    "sales": ["price", "volume", "mix", "lost", "new", "coverage", "win_rate", "deal_size", "cycle", "visits", "calls"],
    "margin": ["price", "cost", "volume", "mix", "fx", "win_rate"],
    **{measure: [*signs, "promotion_effect"] for measure, signs in BY_MEASURE.items()},
}


@settings(deadline=None)
@given(
    st.sampled_from(sorted(NAMES)).flatmap(
        lambda measure: st.tuples(
            st.just(measure),
            st.dictionaries(st.sampled_from(NAMES[measure]), pairs, min_size=1),
            figure,
            st.floats(-500, 999),
        )
    )
)
def test_sizes_add_to_the_gap_and_none_is_negative_or_exceeds_it(case):
    measure, figures, target, actual = case
    table = gaps(goals(measure, target), results(measure, actual), drivers=drive(measure, figures))
    gap = target - actual
    assert (table["size"] >= 0).all()
    assert table["size"].sum() == pytest.approx(max(gap, 0.0), rel=1e-6, abs=1e-9)
    assert table["rank"].tolist() == list(range(1, len(table) + 1))


@settings(deadline=None)
@given(st.lists(st.floats(0.1, 3), min_size=1, max_size=5), st.floats(1, 1e6))
def test_factor_losses_add_to_what_the_product_lost(ratios, target):
    losses = factor_losses(np.array([target]), {str(i): np.array([ratio]) for i, ratio in enumerate(ratios)})
    assert sum(loss[0] for loss in losses.values()) == pytest.approx(target * (1 - np.prod(ratios)), rel=1e-6, abs=1e-6)


@settings(deadline=None)
@given(st.floats(0, 1e6), st.lists(st.floats(-1e6, 1e6), max_size=5))
def test_settled_parts_and_rest_add_to_the_parent(parent, parts):
    sizes, rest = settled(np.array([parent]), {str(i): np.array([part]) for i, part in enumerate(parts)})
    whole = [size[0] for size in sizes.values()] + [rest[0]]
    assert min(whole) >= 0
    assert sum(whole) == pytest.approx(parent, rel=1e-6, abs=1e-6)
