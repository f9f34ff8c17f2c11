"""The chance of a deal by the history of closed deals."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.test_pipeline import MAVEN_STAGES
from xlsales.core.deals import read_deals
from xlsales.core.probability import calibration, win_chances
from xlsales.core.refusal import Refusal


def history(closed: int, good: float = 0.8, bad: float = 0.2, seed: int = 3) -> pd.DataFrame:
    """Closed deals in which pumps are won often and valves seldom, and three open ones."""
    rng = np.random.default_rng(seed)
    product = rng.choice(["pump", "valve"], closed)
    won = rng.random(closed) < np.where(product == "pump", good, bad)
    frame = pd.DataFrame({"stage": np.where(won, "won", "lost"), "product": product, "value": 100.0})
    ahead = pd.DataFrame({"stage": "proposal", "product": ["pump", "valve", None], "value": [100.0, 100.0, np.nan]})
    table = pd.concat([frame, ahead], ignore_index=True)
    return table.assign(opportunity=[f"D{number}" for number in range(len(table))])


def test_naive_bayes_by_hand() -> None:
    rows = [("won", "pump")] * 30 + [("lost", "pump")] * 10 + [("won", "valve")] * 5 + [("lost", "valve")] * 15
    rows += [("proposal", "pump"), ("proposal", "crane")]
    table = pd.DataFrame(rows, columns=["stage", "product"]).assign(opportunity=range(62))
    got = win_chances(read_deals(table)).table["history_chance"]
    prior, ratio = 36 / 26, (31 / 37) / (11 / 27)
    assert got[0] == pytest.approx(prior * ratio / (1 + prior * ratio))
    assert got[1] == pytest.approx(prior / (1 + prior))  # a product that nobody sold says nothing


def test_history_finds_the_product_that_sells() -> None:
    found = win_chances(read_deals(history(2000)))
    assert found.table["history_chance"].tolist() == pytest.approx([0.8, 0.2, 0.5], abs=0.05)
    assert found.table["chance"].tolist() == [0.5] * 3
    assert found.closed == 2000
    assert found.skill > 0.2
    gaps = (found.calibration["predicted"] - found.calibration["won_share"]).abs()
    assert gaps[found.calibration["deals"] > 100].max() < 0.06
    assert found.calibration["deals"].sum() == 2000


def test_features_that_tell_nothing_have_no_skill() -> None:
    assert win_chances(read_deals(history(400, 0.5, 0.5))).skill < 0.05


def test_never_shown_under_fifty_closed_deals() -> None:
    with pytest.raises(Refusal) as caught:
        win_chances(read_deals(history(49)))
    assert caught.value.code == "closed_deals_few"
    assert caught.value.facts == {"closed": 49, "needed": 50}
    assert win_chances(read_deals(history(50))).closed == 50


def test_one_sided_history_is_refused() -> None:
    with pytest.raises(Refusal, match="closed_deals_one_sided"):
        win_chances(read_deals(history(60, 1.0, 1.0)))


def test_a_value_of_nothing_on_lost_deals_does_not_give_the_outcome_away() -> None:
    table = history(400, 0.5, 0.5)
    told = table.assign(value=table["value"].where(table["stage"] != "lost", 0.0))
    assert win_chances(read_deals(told)).skill < 0.05


def test_bands_hold_their_lower_end() -> None:
    rows = calibration(np.array([0.0, 0.3, 1.0]), np.array([False, True, True]))
    assert rows["low"].tolist() == [0.0, 0.3, 0.9]


@pytest.mark.real_data
def test_real_deals_are_calibrated(real_data: Path) -> None:
    raw = pd.read_csv(real_data / "maven_crm" / "sales_pipeline.csv", parse_dates=["engage_date", "close_date"])
    frame = raw.rename(
        columns={
            "opportunity_id": "opportunity",
            "deal_stage": "stage",
            "sales_agent": "salesperson",
            "engage_date": "created",
        }
    )
    found = win_chances(read_deals(frame, MAVEN_STAGES))  # without close_value, which is 0 for every lost deal
    assert found.closed == 4238 + 2473
    well = found.calibration[found.calibration["deals"] > 300]
    assert (well["predicted"] - well["won_share"]).abs().max() < 0.06
    assert found.table["history_chance"].between(0.3, 0.9).all()
