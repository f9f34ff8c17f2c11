"""Where a period will land, and how sure that is."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xlsales.core.deals import default_stages, read_deals
from xlsales.core.landing import blended_landing, deal_range, landing_residuals
from xlsales.core.pacing import pace
from xlsales.core.refusal import Refusal

AS_OF = pd.Timestamp("2026-05-15")


def paced(members: list[str], actual: list[float]) -> pd.DataFrame:
    frame = pd.DataFrame({"member": members, "target": 1000.0, "actual": actual})
    return pace(frame.assign(period_start=pd.Timestamp("2026-05-01"), period_end=pd.Timestamp("2026-05-30")), AS_OF)


def deals() -> pd.DataFrame:
    frame = pd.DataFrame(
        {
            "salesperson": ["Ann", "Ann", "Ann", "Bo", "Ann"],
            "stage": ["proposal", "negotiation", "proposal", "proposal", "proposal"],
            "value": [100.0, 200.0, 400.0, 800.0, np.nan],
            "close_date": pd.to_datetime(["2026-05-20", "2026-05-30", "2026-06-01", "2026-05-25", "2026-05-25"]),
        }
    )
    return read_deals(frame, as_of=AS_OF)


def test_closed_plus_weighted_pipeline_due() -> None:
    rows = blended_landing(paced(["Ann", "Bo", "Cy"], [300.0, 0.0, 70.0]), deals(), "salesperson")
    assert rows["weighted_due"].tolist() == [200, 400, 0]
    assert rows["landing_blended"].tolist() == [500, 400, 70]
    assert rows["deals_due"].tolist() == [3, 1, 0]
    assert rows["unvalued_due"].tolist() == [1, 0, 0]
    assert rows[["landing_low", "landing_high"]].to_numpy().tolist() == [[300, 600], [0, 800], [70, 70]]
    assert rows["interval_basis"].tolist() == ["deals"] * 3


def test_all_deals_count_without_a_member() -> None:
    assert blended_landing(paced(["x"], [10.0]), deals())["landing_blended"].tolist() == [610]


def test_interval_is_conformal_where_earlier_periods_speak() -> None:
    errors = pd.DataFrame({"elapsed": [0.5] * 4 + [0.9], "residual": [0.1, -0.2, 0.05, 0.3, 9.0]})
    row = blended_landing(paced(["Ann"], [300.0]), deals(), "salesperson", errors).iloc[0]
    assert row["interval_basis"] == "conformal"
    assert (row["landing_low"], row["landing_high"]) == (350, 650)
    few = blended_landing(paced(["Ann"], [300.0]), deals(), "salesperson", errors.iloc[:3]).iloc[0]
    assert few["interval_basis"] == "deals"


def test_residuals_of_earlier_periods_from_snapshots() -> None:
    snapshots = pd.DataFrame(
        {
            "as_of": pd.to_datetime(["2026-04-15"] * 3),
            "opportunity": ["a", "b", "c"],
            "stage": ["proposal", "won", "negotiation"],
            "value": [100.0, 50.0, 400.0],
            "close_date": pd.to_datetime(["2026-04-30", "2026-04-10", "2026-05-02"]),
        }
    )
    now = pd.DataFrame(
        {
            "opportunity": ["a", "b", "c"],
            "salesperson": ["Ann", "Ann", "Bo"],
            "stage": ["won", "won", "won"],
            "value": [120.0, 50.0, 400.0],
            "close_date": pd.to_datetime(["2026-04-28", "2026-04-10", "2026-05-02"]),
        }
    )
    periods = pd.DataFrame({"period_start": [pd.Timestamp("2026-04-01")], "period_end": [pd.Timestamp("2026-04-30")]})
    row = landing_residuals(snapshots, now, default_stages(), periods).iloc[0]
    assert row[["elapsed", "landing", "final"]].tolist() == [0.5, 100, 170]
    assert row["residual"] == pytest.approx(0.7)
    rows = landing_residuals(snapshots, now, default_stages(), periods, "salesperson")
    assert rows["member"].tolist() == ["Ann"]
    assert landing_residuals(snapshots, now, default_stages(), periods.iloc[:0]).empty


def test_range_of_one_deal_is_nothing_or_all() -> None:
    assert deal_range([100.0], [0.5]) == (0, 100)
    assert deal_range([100.0], [0.95]) == (100, 100)
    assert deal_range([], []) == (0, 0)


@settings(deadline=None)
@given(st.lists(st.tuples(st.floats(1, 1000), st.floats(0, 1)), min_size=13, max_size=30), st.sampled_from([0.5, 0.8]))
def test_grid_agrees_with_simulation(rows: list[tuple[float, float]], confidence: float) -> None:
    worth, chance = (np.array(column) for column in zip(*rows, strict=True))
    low, high = deal_range(worth, chance, confidence)
    sums = (np.random.default_rng(0).random((4000, len(worth))) < chance) @ worth
    step = worth.sum() / 2048 * 8
    assert np.mean((sums >= low - step) & (sums <= high + step)) >= confidence - 0.04
    assert 0 <= low <= high <= worth.sum() * (1 + 1e-9)


@pytest.mark.parametrize(
    ("call", "code"),
    [
        (lambda: blended_landing(pd.DataFrame({"actual": [1.0]}), deals()), "columns_missing"),
        (lambda: blended_landing(paced(["x"], [1.0]), deals(), "planet"), "columns_missing"),
        (lambda: blended_landing(paced(["x"], [1.0]), deals(), confidence=1.0), "confidence_outside"),
    ],
)
def test_refusals(call, code: str) -> None:
    with pytest.raises(Refusal) as caught:
        call()
    assert caught.value.code == code
