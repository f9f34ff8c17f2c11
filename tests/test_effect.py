"""Difference in differences: the published case, the honesty rules, and 2 000 simulated cases."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from tests.examples import example
from xlsales.core.effect import effect, from_cells, pre_trend
from xlsales.core.effect_data import panel
from xlsales.core.permutation import shuffled
from xlsales.core.refusal import Refusal

# The balanced sample of Card and Krueger: 309 shops in New Jersey (treated), 75 in Pennsylvania. The page prints means
# and the standard error of ordinary least squares; the spread within cells that gives this error is worked back.
SHOPS = {"treated": 309, "control": 75}
SPREAD = 1.7314 / np.sqrt(2 / 309 + 2 / 75)


def card_krueger_means():
    inputs, _ = example("Difference in differences: Card & Krueger balanced sample")
    line = inputs["regression"]
    control = line["intercept"]
    treated = control + line["treatment"]
    changes = inputs["cell_changes"]
    return np.array([treated, treated + changes["treated"], control, control + changes["control"]])


def card_krueger_rows():
    """Micro data with the published means and spread; the published regression takes every row as a shop of its own."""
    rows = []
    sizes = np.array([309, 309, 75, 75])
    for cell, (mean, size) in enumerate(zip(card_krueger_means(), sizes, strict=True)):
        raw = stats.norm.ppf((np.arange(size) + 0.5) / size)
        values = mean + raw / raw.std() * SPREAD * np.sqrt((sizes.sum() - 4) / sizes.sum())
        rows += [(f"{cell}-{i}", cell % 2, cell < 2, cell % 2, value) for i, value in enumerate(values)]
    return pd.DataFrame(rows, columns=["unit", "period", "treated", "after", "value"])


def test_card_krueger_comes_out_of_effect():
    _, expected = example("Difference in differences: Card & Krueger balanced sample")
    row = effect(card_krueger_rows()).iloc[0]
    assert row["effect"] == pytest.approx(expected["did"], abs=1e-6)
    assert row["se"] == pytest.approx(expected["se"], abs=5e-4)
    assert row["effect"] / row["se"] == pytest.approx(expected["t"], abs=5e-4)
    assert row["p_value"] == pytest.approx(expected["p"], abs=5e-5)
    assert row["verdict"] == "not_enough_data"  # one wave on each side
    assert "few_periods" in row["note"]


def test_card_krueger_comes_out_of_from_cells():
    _, expected = example("Difference in differences: Card & Krueger balanced sample")
    found = from_cells(card_krueger_means(), np.array([309.0, 309, 75, 75]), SPREAD)
    assert found["effect"] == pytest.approx(expected["did"], abs=1e-6)
    assert found["se"] == pytest.approx(expected["se"], abs=5e-4)
    assert found["p_value"] == pytest.approx(expected["p"], abs=5e-5)


def company(random, treated=8, control=8, true=0.0, chosen="random", periods=4):
    """Units with a level of their own, common seasons, noise, and an action from the middle on."""
    count = treated + control
    value = (
        random.normal(0, 1, (count, 1)) + random.normal(0, 1, 2 * periods) + random.normal(0, 1, (count, 2 * periods))
    )
    before = value[:, :periods].mean(axis=1)
    picks = {
        "random": lambda: random.choice(count, treated, replace=False),
        "worst": lambda: np.argsort(before)[:treated],
        "best": lambda: np.argsort(-before)[:treated],
        "worst_last": lambda: np.argsort(value[:, periods - 1])[:treated],
    }
    flag = np.zeros(count, bool)
    flag[picks[chosen]()] = True
    after = np.arange(2 * periods) >= periods
    value = value + true * flag[:, None] * after
    return pd.DataFrame(
        {
            "unit": np.repeat([f"u{i}" for i in range(count)], 2 * periods),
            "period": np.tile(np.arange(2 * periods), count),
            "treated": np.repeat(flag, 2 * periods),
            "after": np.tile(after, count),
            "value": value.ravel(),
        }
    )


def simulated(cases, seed, **given_company):
    random = np.random.default_rng(seed)
    return pd.concat([effect(company(random, **given_company)) for _ in range(cases)], ignore_index=True)


@pytest.mark.long
@pytest.mark.slow
@pytest.mark.parametrize(("treated", "control"), [(8, 8), (8, 24), (20, 20)])
def test_the_interval_covers_and_a_null_action_is_hardly_ever_called_effective(treated, control):
    null = simulated(2000, 1, treated=treated, control=control)
    covered = ((null["low"] <= 0) & (null["high"] >= 0)).mean()
    assert 0.92 <= covered <= 0.98
    assert (null["verdict"] == "effective").mean() <= 0.04
    real = simulated(2000, 2, treated=treated, control=control, true=1.0)
    assert 0.92 <= ((real["low"] <= 1) & (real["high"] >= 1)).mean() <= 0.98
    assert (real["verdict"] == "not_effective").mean() <= 0.001


@pytest.mark.long
@pytest.mark.slow
@pytest.mark.parametrize("chosen", ["worst", "worst_last"])
@pytest.mark.parametrize("control", [8, 24])
def test_a_null_action_on_the_worst_performers_is_called_unclear(chosen, control):
    found = simulated(1000, 3, control=control, chosen=chosen)
    assert (found["verdict"] == "effective").sum() == 0
    assert (found["verdict"] == "unclear").mean() >= 0.99
    assert (found["low"] > 0).mean() > 0.08  # a plain interval would be fooled


def test_the_worst_performers_are_at_best_unclear_unless_the_control_was_chosen_so():
    data = company(np.random.default_rng(5), 10, 10, true=4.0, chosen="worst")
    row = effect(data).iloc[0]
    assert row["low"] > 0
    assert row["verdict"] == "unclear"
    assert "worst_performers" in row["note"]
    chosen = effect(data, control_chosen_badly_performing=True).iloc[0]
    assert chosen["verdict"] == "effective"
    assert "control_badly_performing" in chosen["note"]


def test_the_best_performers_are_never_called_not_effective():
    row = effect(company(np.random.default_rng(5), 10, 10, true=-6.0, chosen="best")).iloc[0]
    assert row["high"] < 0
    assert row["verdict"] == "unclear"


def test_a_clear_effect_of_either_sign_is_called_so():
    random = np.random.default_rng(1)
    assert effect(company(random, 20, 20, true=3.0)).iloc[0]["verdict"] == "effective"
    assert effect(company(random, 20, 20, true=-3.0)).iloc[0]["verdict"] == "not_effective"


@pytest.mark.parametrize(("treated", "control"), [(4, 20), (20, 4), (1, 1)])
def test_under_five_units_there_is_no_verdict(treated, control):
    row = effect(company(np.random.default_rng(0), treated, control, true=9.0), min_units=2).iloc[0]
    assert row["verdict"] == "not_enough_data"
    assert "few_units" in row["note"]
    assert np.isfinite(row["effect"])
    assert np.isnan(row["low"])


def test_under_two_periods_on_a_side_there_is_no_verdict():
    data = company(np.random.default_rng(0), 20, 20, true=9.0)
    for kept in (data[data["period"] != data["period"].min()].query("period >= 3"), data[data["period"] <= 4]):
        row = effect(kept).iloc[0]
        assert (row["verdict"], "few_periods" in row["note"]) == ("not_enough_data", True)


def test_a_higher_minimum_is_obeyed():
    assert (
        effect(company(np.random.default_rng(0), 8, 8, true=9.0), min_units=9).iloc[0]["verdict"] == "not_enough_data"
    )


def test_nothing_treated_or_nothing_at_all_is_not_enough_data():
    data = company(np.random.default_rng(0))
    for rows in (data[~data["treated"]], data[data["after"]], data.head(0)):
        row = effect(rows).iloc[0]
        assert row["verdict"] == "not_enough_data"
        assert np.isnan(row["effect"])


def test_another_trend_before_makes_it_unclear():
    data = company(np.random.default_rng(2), 20, 20)
    data["value"] += data["treated"] * data["period"] * 2.0
    row = effect(data).iloc[0]
    assert (row["verdict"], "pre_trend" in row["note"]) == ("unclear", True)
    assert pre_trend(panel(data))["difference"] == pytest.approx(2.0, abs=1.0)


def test_effect_is_the_difference_of_the_cell_means_and_welch_from_15_units_a_side():
    data = company(np.random.default_rng(3), 20, 25, true=1.0)
    means = data.groupby(["treated", "after"])["value"].mean()
    row = effect(data).iloc[0]
    assert row["effect"] == pytest.approx(
        means[True, True] - means[True, False] - means[False, True] + means[False, False]
    )
    sides = data.pivot_table(index=["treated", "unit"], columns="after", values="value")
    change = sides[True] - sides[False]
    test = stats.ttest_ind(change[True], change[False], equal_var=False)
    assert row["p_value"] == pytest.approx(test.pvalue)
    assert [row["low"], row["high"]] == pytest.approx(list(test.confidence_interval()))
    assert row["units"] == 45


def test_missing_values_and_units_of_one_side_are_left_out_and_said():
    data = company(np.random.default_rng(4), 8, 9)
    data.loc[data["unit"].eq("u0") & data["after"], "value"] = np.nan
    data.loc[data["unit"].eq("u1") & data["period"].eq(0), "value"] = np.nan
    row = effect(data).iloc[0]
    assert row["units"] == 16
    assert {"missing_values=5", "one_sided_units=1", "unbalanced"} <= set(row["note"].split("; "))


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda d: d.assign(treated=2), "effect_flag"),
        (lambda d: d.assign(after=np.nan), "effect_flag"),
        (lambda d: d.assign(treated=d["period"] == 1), "effect_treated_varies"),
        (lambda d: d.assign(after=d["treated"]), "effect_after_varies"),
        (lambda d: pd.concat([d, d]), "effect_row_twice"),
        (lambda d: d.drop(columns="value"), "columns_missing"),
        (lambda d: d.assign(unit=None), "effect_unnamed"),
    ],
)
def test_data_that_cannot_be_meant_are_refused(change, code):
    with pytest.raises(Refusal) as no:
        effect(change(company(np.random.default_rng(0))))
    assert no.value.code == code


changes = st.lists(st.floats(-100, 100), min_size=5, max_size=7).map(np.array)


@settings(max_examples=25, deadline=None)
@given(changes, changes, st.floats(-50, 50))
def test_a_common_shift_moves_the_interval_and_p_agrees_with_it(treated, control, shift):
    low, high, p = shuffled(treated, control, 0.95, 0)
    moved = shuffled(treated + shift, control, 0.95, 0)
    assert moved[:2] == pytest.approx((low + shift, high + shift), abs=1e-6)
    assert low <= treated.mean() - control.mean() + 1e-9
    assert high >= treated.mean() - control.mean() - 1e-9
    if min(abs(low), abs(high)) > 1e-6:
        assert (p <= 0.05) == (low > 0 or high < 0)


def test_drawn_shuffles_agree_with_all_shuffles(monkeypatch):
    random = np.random.default_rng(0)
    treated, control = random.normal(1, 1, 8), random.normal(0, 1, 9)
    all_of_them = shuffled(treated, control, 0.95, 0)
    monkeypatch.setattr("xlsales.core.permutation.ALL_UP_TO", 10)
    assert shuffled(treated, control, 0.95, 0) == pytest.approx(all_of_them, abs=0.1)


def test_the_same_seed_gives_the_same_row_and_the_data_stay():
    data = company(np.random.default_rng(0), 8, 30)
    before = data.copy()
    pd.testing.assert_frame_equal(effect(data), effect(data))
    pd.testing.assert_frame_equal(data, before)
