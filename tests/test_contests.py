"""Contests."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xlsales.core.contests import standings
from xlsales.core.refusal import Refusal


def contest(**columns):
    base = {
        "contest": ["spring"],
        "measure": ["sales"],
        "from": pd.to_datetime(["2026-03-01"]),
        "to": pd.to_datetime(["2026-03-31"]),
        "prize": ["600"],
    }
    return pd.DataFrame({**base, **columns})


def done(values, day="2026-03-31"):
    return pd.DataFrame(
        {"member": list(values), "measure": "sales", "date": pd.Timestamp(day), "value": list(values.values())}
    )


def test_ties_share_place_and_prize():
    table = standings(contest(), done({"a": 5.0, "b": 9.0, "c": 9.0}))
    assert table[["member", "rank", "prize"]].to_numpy().tolist() == [
        ["b", 1.0, 300.0],
        ["c", 1.0, 300.0],
        ["a", 3.0, 0.0],
    ]


def test_only_days_of_the_contest_and_its_members_count():
    results = pd.concat([done({"a": 5.0, "b": 9.0}), done({"a": 50.0}, "2026-04-01"), done({"a": 1.0}, "2026-03-01")])
    table = standings(contest(members=["a；z"]), results)
    assert table[["member", "value"]].iloc[0].tolist() == ["a", 6.0]
    assert table.iloc[1][["value", "rank", "prize"]].isna().all()


def test_a_prize_in_words_is_no_money():
    assert standings(contest(prize=["a trip"]), done({"a": 5.0}))["prize"].isna().all()


def test_a_contest_that_ends_before_it_starts_is_refused():
    with pytest.raises(Refusal, match="contest_dates"):
        standings(contest(to=pd.to_datetime(["2026-02-01"])), done({"a": 5.0}))


@settings(deadline=None)
@given(st.lists(st.integers(0, 4), min_size=1, max_size=9), st.lists(st.integers(0, 100_000), min_size=1, max_size=4))
def test_prizes_add_to_what_was_offered_for_the_places_filled(values, cents):
    results = done({f"m{i}": float(value) for i, value in enumerate(values)})
    prizes = [cent / 100 for cent in cents]
    table = standings(contest(prize=["; ".join(map(str, prizes))]), results)
    assert round(table["prize"].sum() * 100) == sum(cents[: len(values)])
    assert (table.groupby("rank")["prize"].agg(np.ptp) < 0.0101).all()
