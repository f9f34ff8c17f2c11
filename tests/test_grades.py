"""Grades, ranks, guideline distribution and comparison with peers."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.examples import example
from xlsales.core.grades import compared, graded, guideline, ranked
from xlsales.core.refusal import Refusal


def test_chinese_grade_bands_come_out_of_graded():
    inputs, expected = example("Chinese grade bands and bonus coefficients")
    found = graded(pd.Series(inputs["scores"], dtype=float))
    assert found["grade"].tolist() == expected["grade"]
    assert found["coefficient"].tolist() == expected["coefficient"]


def test_a_band_includes_its_lower_end_whatever_the_last_bit():
    assert graded(pd.Series([95.0, sum([9.5] * 10) - 1e-13, 94.99]))["grade"].tolist() == ["S", "S", "A"]


def test_bands_that_start_together_and_unknown_caps_are_refused():
    table = pd.DataFrame({"grade": ["A", "B"], "from_score": [50.0, 50.0], "coefficient": [1.0, 0.5]})
    with pytest.raises(Refusal, match="grade_bands"):
        graded(pd.Series([60.0]), table)
    with pytest.raises(Refusal, match="grade_unknown"):
        graded(pd.Series([60.0]), caps=pd.Series(["Z"], index=[0]))


def test_ties_share_the_better_rank():
    assert ranked(pd.Series([70.0, 90, 90, 60])).tolist() == [3.0, 1.0, 1.0, 4.0]


def test_a_guideline_changes_nobody_and_must_add_to_one():
    table = guideline(pd.Series(["S", "A", "A", "B", None]), {"S": 0.25, "A": 0.25, "B": 0.5})
    assert table["wished"].tolist() == [1.0, 1.0, 2.0]
    assert table["difference"].tolist() == [0.0, 1.0, -1.0]
    with pytest.raises(Refusal, match="guideline_sum"):
        guideline(pd.Series(["S"]), {"S": 0.5})


def test_peers_are_of_the_same_role_and_stay_hidden_under_three():
    people = pd.DataFrame(
        {"salesperson": list("abcdef"), "role": ["rep"] * 4 + ["lead"] * 2, "score": [50.0, 60, 70, 80, 90, 95]}
    )
    table = compared(people, pd.DataFrame({"salesperson": ["a"], "score": [40.0]}))
    assert table.loc[0, ["last_score", "change", "peer_median", "ahead_of"]].tolist() == [40.0, 10.0, 70.0, 0.0]
    assert table.loc[4:, ["peer_median", "ahead_of", "last_score"]].isna().all().all()


@settings(deadline=None)
@given(st.lists(st.one_of(st.just(float("nan")), st.integers(0, 30).map(float)), min_size=1, max_size=12))
def test_peer_quartiles_are_those_of_the_others(scores):
    table = compared(pd.DataFrame({"salesperson": [str(i) for i in range(len(scores))], "score": scores}))
    for row, own in enumerate(scores):
        others = [score for place, score in enumerate(scores) if place != row and not np.isnan(score)]
        assert table.loc[row, "peers"] == len(others)
        if len(others) >= 3:
            wanted = np.quantile(others, [0.25, 0.5, 0.75])
            assert table.loc[row, ["peer_low", "peer_median", "peer_high"]].tolist() == pytest.approx(wanted.tolist())
        if len(others) >= 3 and not np.isnan(own):
            assert table.loc[row, "ahead_of"] == pytest.approx(np.mean([other < own for other in others]))
