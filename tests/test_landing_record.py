"""Earlier landings: what season and pipeline would have said, the share of each, and how far they missed."""

import numpy as np
import pandas as pd
import pytest

from xlsales.core.landing_record import landing_half_width, landing_record, pipeline_share
from xlsales.core.refusal import Refusal

YEAR = np.array([5.0, 5, 10, 10, 5, 5, 10, 10, 10, 10, 10, 10])


def test_a_stretch_is_cut_after_the_months_that_are_over() -> None:
    history, season = np.concatenate([YEAR, YEAR * 1.1]), np.concatenate([YEAR, YEAR])
    found = pd.DataFrame(landing_record(history, season, 12, 9)).iloc[0]
    assert found[["origin", "closed", "rest", "final"]].tolist() == pytest.approx([20, 77, 33, 110])
    assert found["season_rest"] == pytest.approx(77 * 30 / 70)


def test_the_season_of_a_stretch_is_the_same_months_a_year_before() -> None:
    season = np.concatenate([[1.0, 3.0] * 6, np.ones(14)])
    found = landing_record(np.full(26, 10.0), season, 2, 1)
    assert found["origin"].tolist() == list(range(12, 25))
    assert found["season_rest"].tolist()[:4] == pytest.approx([30, 10 / 3, 30, 10 / 3])


def test_the_pipeline_is_that_of_the_origin() -> None:
    due = np.arange(24.0)
    assert landing_record(np.ones(24), np.ones(24), 12, 9, due)["pipeline_rest"].tolist() == [20]


def test_whoever_was_right_has_the_share() -> None:
    rows = pd.DataFrame({"season_rest": [10.0, 20, 30, 40], "pipeline_rest": [1.0, 9, 2, 8]})
    assert pipeline_share(rows.assign(rest=rows["season_rest"])) == 0
    assert pipeline_share(rows.assign(rest=rows["pipeline_rest"])) == 1
    mixed = 0.25 * rows["pipeline_rest"] + 0.75 * rows["season_rest"]
    assert pipeline_share(rows.assign(rest=mixed)) == 0.25


def test_three_stretches_are_too_few_for_a_share() -> None:
    rows = pd.DataFrame({"season_rest": [1.0] * 5, "pipeline_rest": [1.0, 1, 1, np.nan, np.nan], "rest": 1.0})
    assert np.isnan(pipeline_share(rows))


def test_no_stretch_is_judged_by_a_share_that_it_chose_itself() -> None:
    """Four stretches speak for the season, one for the pipeline: it is judged by the four others, and misses."""
    rows = pd.DataFrame({"closed": 100.0, "season_rest": 50.0, "pipeline_rest": 0.0, "rest": [50.0] * 4 + [0.0]})
    rows["final"] = rows["closed"] + rows["rest"]
    assert landing_half_width(rows, 0.8) == pytest.approx(50 / 150)
    assert landing_half_width(rows, 0.6) == pytest.approx(0.0)


def test_an_interval_needs_enough_stretches() -> None:
    rows = pd.DataFrame({"closed": [1.0] * 3, "season_rest": 1.0, "pipeline_rest": np.nan, "rest": 1.0, "final": 2.5})
    assert np.isnan(landing_half_width(rows, 0.8))


def test_the_interval_holds_its_share_on_new_stretches() -> None:
    """Twelve months after nine, over 400 members whose months wander: the interval covers about 80 %."""
    dice = np.random.default_rng(5)
    hits = []
    for _ in range(400):
        y = 100 * (1 + 0.3 * np.sin(np.arange(60) / 6 * np.pi)) * (1 + dice.normal(0, 0.15, 60))
        record = pd.DataFrame(landing_record(y, y, 12, 9))
        last, before = record.iloc[-1], record[record["origin"] < record["origin"].iloc[-1] - 2]
        landing = last["closed"] + last["season_rest"]
        hits.append(abs(last["final"] / landing - 1) <= landing_half_width(before, 0.8))
    assert 0.75 <= np.mean(hits) <= 0.9


@pytest.mark.parametrize(("call", "code"), [
    (lambda: landing_record([1.0], [1.0, 2.0], 12, 9), "lengths_differ"),
    (lambda: landing_record([1.0], [1.0], 12, 0), "landing_done"),
])  # fmt: skip
def test_refusals(call, code: str) -> None:
    with pytest.raises(Refusal) as caught:
        call()
    assert caught.value.code == code
