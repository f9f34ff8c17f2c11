"""Ratings by several people."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.examples import example
from xlsales.core.ratings import combined, leniency
from xlsales.core.refusal import Refusal


def given_scores(scores, salesperson="Ann", kpi="service"):
    return pd.DataFrame(
        {
            "salesperson": salesperson,
            "kpi": kpi,
            "rater": [f"r{i}" for i in range(len(scores))],
            "score": np.asarray(scores, float),
        }
    )


def test_manager_leniency_comes_out_of_leniency():
    inputs, expected = example("Manager leniency z-normalisation")
    found = leniency(
        inputs["raw"],
        (inputs["mgr_mean"], inputs["mgr_sd"]),
        (inputs["global_mean"], inputs["global_sd"]),
        tuple(inputs["clamp"]),
    )
    assert found == pytest.approx(expected["normalised"])


def test_four_raters_keep_all_scores_and_five_drop_highest_and_lowest():
    assert combined(given_scores([0, 80, 90, 100]))["rating"].tolist() == [67.5]
    five = combined(given_scores([0, 80, 85, 90, 100])).iloc[0]
    assert (five["rating"], five["dropped"], five["low"], five["high"]) == (85.0, 2, 0.0, 100.0)
    assert five["spread"] == pytest.approx(np.std([0, 80, 85, 90, 100], ddof=1))


def test_a_blank_score_is_nobodys_rating():
    assert combined(given_scores([80, np.nan]))[["raters", "rating"]].to_numpy().tolist() == [[1.0, 80.0]]


def test_a_rater_of_nine_is_left_alone_and_one_of_ten_is_corrected():
    def two_raters(count):
        people = [f"p{i}" for i in range(count)]
        harsh = np.linspace(40, 60, count)
        table = pd.DataFrame({"salesperson": people * 2, "kpi": "service", "rater": ["a"] * count + ["b"] * count})
        return table.assign(score=np.concatenate([harsh, harsh + 30]))

    assert combined(two_raters(9))["corrected"].sum() == 0
    ten = combined(two_raters(10))
    assert (ten["corrected"] == 2).all()
    assert ten["spread"].max() == pytest.approx(0, abs=1e-9)  # two raters of one order agree once corrected
    assert combined(two_raters(10), correct=False)["corrected"].sum() == 0


def test_one_rater_twice_on_one_person_is_refused():
    with pytest.raises(Refusal, match="rated_twice"):
        combined(pd.concat([given_scores([80]), given_scores([90])]))


@settings(deadline=None)
@given(st.lists(st.floats(0, 100), min_size=1, max_size=12))
def test_a_rating_lies_between_the_lowest_and_the_highest_kept(scores):
    row = combined(given_scores(scores)).iloc[0]
    kept = sorted(scores)[1:-1] if len(scores) >= 5 else scores
    assert min(kept) - 1e-9 <= row["rating"] <= max(kept) + 1e-9
