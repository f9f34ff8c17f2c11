"""What became of the deals of earlier days."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xlsales.core.deals import default_stages
from xlsales.core.refusal import Refusal
from xlsales.core.snapshots import conversion_matrix, stage_conversion, stage_days, won_percentiles

JAN, FEB = pd.Timestamp("2026-01-01"), pd.Timestamp("2026-02-01")
NOW = pd.DataFrame({"opportunity": ["a", "b", "c"], "stage": ["won", "lost", "proposal"]})


def shots(*rows: tuple) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["as_of", "opportunity", "stage", "value"])


def test_rows_are_the_stage_then_and_columns_the_stage_now() -> None:
    table = shots(
        (JAN, "a", "proposal", 10.0),
        (JAN, "b", "proposal", 20.0),
        (JAN, "c", "qualified", 30.0),
        (JAN, "x", "proposal", np.nan),
        (FEB, "c", "proposal", 30.0),
    )
    rows = stage_conversion(table, NOW)
    assert rows["deals"].sum() == 5
    matrix = conversion_matrix(rows, JAN, default_stages()).set_index("stage_then")
    assert matrix.loc["proposal", ["won", "lost", "gone", "proposal"]].tolist() == [1 / 3, 1 / 3, 1 / 3, 0]
    assert matrix.loc["qualified", "proposal"] == 1
    assert matrix.loc["negotiation"].isna().all()
    gone = rows[rows["stage_now"].isna()].iloc[0]
    assert gone["deals"] == 1
    assert np.isnan(gone["value"])


def test_days_in_a_stage_of_won_deals() -> None:
    table = shots(
        (FEB, "a", "proposal", 1.0),
        (JAN, "a", "qualified", 1.0),
        (JAN, "b", "qualified", 1.0),
        (pd.Timestamp("2026-03-01"), "a", "proposal", 1.0),
    )
    now = NOW.assign(close_date=pd.to_datetime(["2026-03-11", "2026-03-11", None]))
    rows = stage_days(table, now, ["won"]).set_index("stage")["days"]
    assert rows.to_dict() == {"qualified": 31, "proposal": 38}


def test_the_75th_percentile_is_by_stage() -> None:
    days = pd.DataFrame({"stage": ["p", "p", "q"], "days": [10.0, 20.0, 5.0]})
    assert won_percentiles(days).to_numpy().tolist() == [["p", 17.5, 2], ["q", 5.0, 1]]


def test_a_snapshot_of_nothing_is_an_empty_table() -> None:
    assert stage_conversion(shots((JAN, "a", "won", 1.0)).iloc[:0], NOW).empty
    assert stage_days(shots((JAN, "a", "won", 1.0)).iloc[:0], NOW.assign(close_date=JAN), ["won"]).empty


@pytest.mark.parametrize(
    ("call", "code"),
    [
        (lambda: stage_conversion(shots((JAN, "a", "won", 1.0)).drop(columns="stage"), NOW), "columns_missing"),
        (lambda: stage_conversion(shots((JAN, "a", "won", 1.0)), pd.concat([NOW, NOW])), "opportunity_twice"),
        (lambda: stage_conversion(shots((JAN, "a", "won", 1.0), (JAN, "a", "lost", 1.0)), NOW), "snapshot_twice"),
        (lambda: stage_conversion(shots((JAN, None, "won", 1.0)), NOW), "snapshot_blank"),
        (lambda: stage_conversion(shots((JAN, "a", None, 1.0)), NOW), "snapshot_blank"),
    ],
)
def test_refusals(call, code: str) -> None:
    with pytest.raises(Refusal) as caught:
        call()
    assert caught.value.code == code


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from([JAN, FEB]), st.sampled_from("abcxyz"), st.sampled_from(["qualified", "proposal"])),
        unique_by=lambda row: row[:2],
        min_size=1,
    )
)
def test_it_equals_a_plain_join_and_shares_add_to_one(rows: list[tuple]) -> None:
    table = shots(*[(*row, 1.0) for row in rows])
    ours = stage_conversion(table, NOW)
    joined = table.merge(NOW, on="opportunity", how="left", suffixes=("_then", "_now"))
    keys = ["as_of", "stage_then", "stage_now"]
    truth = joined.fillna({"stage_now": "gone"}).groupby(keys).size()
    got = ours.fillna({"stage_now": "gone"}).set_index(keys)["deals"]
    assert got.to_dict() == truth.to_dict()
    assert ours.groupby(["as_of", "stage_then"])["share"].sum().to_numpy() == pytest.approx(1.0)
