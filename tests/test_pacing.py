"""Pace of a target through its period."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.examples import example
from xlsales.core.pacing import attainment, cumulative_weights, elapsed_weight, month_weight, pace
from xlsales.core.refusal import Refusal

YEAR = pd.Timestamp("2026-01-01"), pd.Timestamp("2026-12-31")


def targets(**columns: list) -> pd.DataFrame:
    n = len(columns["target"])
    return pd.DataFrame({"period_start": [YEAR[0]] * n, "period_end": [YEAR[1]] * n} | columns)


def test_published_quarter_run_rate_comes_out_of_pace() -> None:
    given_, expected = example("Quarter run rate")
    start = pd.Timestamp("2026-01-01")
    frame = pd.DataFrame(
        {
            "target": [given_["target"]],
            "actual": [given_["to_date"]],
            "period_start": [start],
            "period_end": [start + pd.Timedelta(days=given_["days"] - 1)],
            "weighted_due": [given_["pipeline"] * given_["win_rate"]],
        }
    )
    as_of = start + pd.Timedelta(days=given_["elapsed"] - 1)
    row = pace(frame, as_of, float(given_["days"] - given_["elapsed"])).iloc[0]
    assert row["landing"] == pytest.approx(expected["run_rate"], abs=0.01)
    assert row["required_per_day"] == pytest.approx(expected["required_daily"], abs=0.01)
    assert row["weighted_due"] == pytest.approx(expected["weighted_pipeline"], abs=1)
    assert row["landing_blended"] == pytest.approx(185000 + 66500)


def test_as_of_counts_as_elapsed() -> None:
    assert elapsed_weight(*YEAR, pd.Timestamp("2026-01-01")) == pytest.approx(1 / 365)
    assert elapsed_weight(*YEAR, YEAR[1]) == 1.0
    assert elapsed_weight(*YEAR, pd.Timestamp("2025-12-31")) == 0.0
    assert elapsed_weight(*YEAR, pd.Timestamp("2027-02-01")) == 1.0


def test_time_of_day_does_not_count() -> None:
    assert elapsed_weight(*YEAR, pd.Timestamp("2026-01-01 18:30")) == pytest.approx(1 / 365)


def test_seasonal_weights_move_the_expectation() -> None:
    start, end = pd.Timestamp("2026-01-01"), pd.Timestamp("2026-01-30")
    assert elapsed_weight(start, end, pd.Timestamp("2026-01-10"), [1, 2, 3]) == pytest.approx(1 / 6)
    assert elapsed_weight(start, end, pd.Timestamp("2026-01-15"), [1, 2, 3]) == pytest.approx(2 / 6)


def test_month_weight_uses_real_month_ends() -> None:
    index = [1.0] * 11 + [13.0]
    for month, share in ((1, 1 / 24), (2, 2 / 24), (11, 11 / 24)):
        end = np.datetime64(f"2026-{month:02}", "M") + 1
        assert month_weight(*map(np.datetime64, YEAR), end.astype("M8[D]") - 1, index) == pytest.approx(share)


def test_seasonal_pace_of_one_row() -> None:
    row = pace(targets(target=[1000.0], actual=[300.0], elapsed=[0.25]), pd.Timestamp("2026-06-30")).iloc[0]
    assert row["expected"] == 250
    assert row["pace_index"] == pytest.approx(1.2)
    assert row["landing"] == pytest.approx(1200)
    assert row["remaining"] == 700
    assert row["required_uplift"] == pytest.approx(700 / 750)
    assert np.isnan(row["required_per_day"])


def test_missing_is_blank_and_zero_is_zero() -> None:
    rows = pace(targets(target=[100.0, np.nan, 100.0, 0.0], actual=[np.nan, 10.0, 0.0, 5.0]), YEAR[1])
    assert rows["attainment"].isna().tolist() == [True, True, False, True]
    assert rows["attainment"][2] == 0
    assert rows["landing"].isna().tolist() == [True, False, False, False]
    assert rows["required_uplift"].isna().all()  # nothing of the period is left


def test_before_the_period_there_is_no_pace() -> None:
    row = pace(targets(target=[100.0], actual=[0.0]), pd.Timestamp("2025-12-31"), 5.0).iloc[0]
    assert row["expected"] == 0
    assert np.isnan(row["pace_index"])
    assert np.isnan(row["landing"])
    assert row["required_uplift"] == 1.0
    assert row["required_per_day"] == 20


def test_a_negative_target_is_judged_by_difference() -> None:
    assert attainment([-50.0, -150.0], [-100.0, -100.0]).tolist() == [1.5, 0.5]
    assert np.isnan(pace(targets(target=[-100.0], actual=[-50.0]), pd.Timestamp("2026-06-30"))["required_uplift"][0])


def test_working_days_are_asked_once_per_period_and_start_after_as_of() -> None:
    asked = []

    def workdays(first: np.datetime64, last: np.datetime64) -> float:
        asked.append((str(first), str(last)))
        return 4.0

    rows = pace(targets(target=[100.0, 50.0], actual=[60.0, 40.0]), pd.Timestamp("2026-12-25"), workdays)
    assert asked == [("2026-12-26", "2026-12-31")]
    assert rows["required_per_day"].tolist() == [10.0, 2.5]


def test_after_the_end_no_day_is_left() -> None:
    rows = pace(targets(target=[100.0], actual=[60.0]), YEAR[1], lambda *_: 1 / 0)
    assert rows["required_per_day"].isna().all()


def test_input_is_not_changed() -> None:
    frame = targets(target=[100.0], actual=[60.0])
    before = frame.copy()
    pace(frame, YEAR[1])
    pd.testing.assert_frame_equal(frame, before)


@pytest.mark.parametrize(
    ("call", "code"),
    [
        (lambda: cumulative_weights([0, 0]), "pace_weights"),
        (lambda: cumulative_weights([1, -1, 2]), "pace_weights"),
        (lambda: cumulative_weights([1, np.nan]), "pace_weights"),
        (lambda: cumulative_weights([]), "pace_weights"),
        (
            lambda: month_weight(np.datetime64("2026-01-01"), np.datetime64("2026-01-31"), YEAR[0], [1] * 11),
            "pace_weights",
        ),
        (lambda: elapsed_weight(YEAR[1], YEAR[0], YEAR[0]), "period_ends_before_start"),
        (lambda: pace(targets(target=[1.0]), YEAR[0]), "columns_missing"),
        (lambda: pace(targets(target=[1.0], actual=[1.0], elapsed=[1.2]), YEAR[0]), "elapsed_outside"),
    ],
)
def test_refusals(call, code: str) -> None:
    with pytest.raises(Refusal) as caught:
        call()
    assert caught.value.code == code


@settings(deadline=None)
@given(
    weights=st.lists(st.floats(0, 1e6), min_size=1, max_size=24).filter(lambda parts: sum(parts) > 1e-6),
    days=st.lists(st.integers(-400, 800), min_size=2, max_size=5),
)
def test_elapsed_weight_rises_from_nothing_to_all(weights: list[float], days: list[int]) -> None:
    shares = [float(elapsed_weight(*YEAR, YEAR[0] + pd.Timedelta(days=day), weights)) for day in sorted(days)]
    assert all(0 <= share <= 1 for share in shares)
    assert shares == sorted(shares)


@settings(deadline=None)
@given(target=st.floats(1, 1e9), actual=st.floats(0, 1e9), elapsed=st.floats(0.01, 0.99))
def test_landing_on_target_means_pace_index_one(target: float, actual: float, elapsed: float) -> None:
    row = pace(targets(target=[target], actual=[actual], elapsed=[elapsed]), YEAR[0]).iloc[0]
    assert row["landing"] / target == pytest.approx(row["pace_index"], rel=1e-9, abs=1e-12)
    assert row["actual"] + row["required_uplift"] * target * (1 - elapsed) == pytest.approx(
        target, rel=1e-9, abs=1e-9 * actual
    )
