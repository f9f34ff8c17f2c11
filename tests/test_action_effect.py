"""An action's months before and after, unit by unit, and what a proven effect is worth."""

import numpy as np
import pandas as pd
import pytest

from xlsales.core.action_effect import MONTHS, action_panel, full_year_gain, sides
from xlsales.core.calendar import Calendar
from xlsales.core.effect import effect


def days(*texts):
    return tuple(pd.Timestamp(text) for text in texts)


def months(unit, first, values):
    periods = pd.period_range(first, periods=len(values), freq="M").astype(str)
    return pd.DataFrame({"unit": unit, "period": periods, "value": values})


def test_the_month_in_which_an_action_begins_counts_on_neither_side() -> None:
    panel = action_panel(months("n", "2026-01", [1.0, 2.0, 3.0]), ["n"], days("2026-02-10", "2026-03-31"))
    assert dict(zip(panel["period"], panel["after"], strict=True)) == {"2026-01": False, "2026-03": True}


def test_a_month_that_is_not_over_does_not_count() -> None:
    panel = action_panel(months("n", "2026-01", [1.0, 2.0, 3.0]), ["n"], days("2026-02-01", "2026-03-30"))
    assert panel["period"].tolist() == ["2026-01", "2026-02"]


def test_no_more_than_a_year_counts_on_a_side() -> None:
    panel = action_panel(months("n", "2023-01", [1.0] * 48), ["n"], days("2024-07-01", "2026-12-31"))
    assert sides(panel)["months_before"] == MONTHS
    assert sides(panel)["months_after"] == MONTHS
    assert panel.loc[~panel["after"], "period"].min() == "2023-07"


def test_a_month_without_a_row_is_nothing_and_a_month_before_joining_is_missing() -> None:
    values = pd.concat([months("a", "2026-01", [1.0, 1.0, 1.0]), months("b", "2026-03", [4.0])])
    spans = pd.DataFrame({"unit": ["a", "b"], "first": [pd.NaT, pd.Timestamp("2026-02-01")], "last": pd.NaT})
    panel = action_panel(values, ["a"], days("2026-03-01", "2026-03-31"), spans).set_index(["unit", "period"])["value"]
    assert np.isnan(panel["b", "2026-01"])
    assert panel["b", "2026-02"] == 0.0
    assert panel["b", "2026-03"] == 4.0


def test_a_blank_figure_stays_missing() -> None:
    panel = action_panel(months("a", "2026-01", [np.nan, 2.0]), ["a"], days("2026-02-01", "2026-02-28"))
    assert np.isnan(panel["value"].iloc[0])


def test_months_that_close_early_end_early() -> None:
    panel = action_panel(months("a", "2026-01", [1.0, 2.0]), ["a"], days("2026-01-26", "2026-02-25"),
                         calendar=Calendar(month_close_day=25))  # fmt: skip
    assert panel["after"].tolist() == [False, True]


def test_an_effect_in_the_figures_is_found_by_the_verdict() -> None:
    dice = np.random.default_rng(5)
    frames = []
    for unit in range(16):
        base = 100 + 10 * dice.normal(size=18)
        lift = np.where(np.arange(18) >= 12, 40.0, 0.0) if unit < 8 else 0.0
        frames.append(months(f"u{unit}", "2025-01", base + lift))
    panel = action_panel(pd.concat(frames), [f"u{unit}" for unit in range(8)], days("2026-01-01", "2026-06-30"))
    found = effect(panel).iloc[0]
    assert found["verdict"] == "effective"
    assert found["effect"] == pytest.approx(40.0, abs=8.0)
    assert sides(panel) == {"treated_units": 8, "control_units": 8, "months_before": 12, "months_after": 6}


def test_a_year_that_had_the_effect_all_along_gains_nothing_more() -> None:
    assert full_year_gain(40.0, 8, 12) == 0.0
    assert full_year_gain(40.0, 8, 6) == 1920.0
