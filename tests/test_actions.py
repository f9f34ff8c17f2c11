"""The action plan: 5W2H, damped gains, follow-up, next targets."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xlsales.core import playbook as book
from xlsales.core.actions import COLUMNS, improve, next_targets, progress, tracked
from xlsales.labels import known, words

START = pd.Timestamp("2026-03-02")


def gap(cause, size, measure="sales", member="North", whole=None):
    total = size if whole is None else whole
    return pd.DataFrame(
        {
            "member": [member],
            "measure": [measure],
            "target": [100.0],
            "actual": [100.0 - total],
            "gap": [total],
            "attainment": [1 - total / 100],
            "cause": [cause],
            "size": [size],
            "rank": [1.0],
        }
    )


def test_every_action_has_words_in_both_languages_and_there_are_at_least_40():
    table = book.playbook()
    assert len(table) >= 40
    assert not table.duplicated(["cause", "action"]).any()
    for row in table.itertuples():
        for ending in ("", ".how"):
            key = f"playbook.{row.cause}.{row.action}{ending}"
            assert known(key), key
            assert words()[key]["en"]
            assert words()[key]["zh"]


def test_no_words_without_an_action():
    table = book.playbook()
    listed = {f"playbook.{row.cause}.{row.action}" for row in table.itertuples()}
    worded = {key.removesuffix(".how") for key in words() if key.startswith("playbook.") and key.count(".") > 1}
    assert worded == listed


@pytest.mark.parametrize(
    "cause",
    [
        *("price", "cost", "mix", "volume", "lost", "new", "coverage", "win_rate", "deal_size", "cycle", "visits"),
        *("expense", "overdue", "terms", "disputes", "margin", "retention", "leads", "customers", "head_count"),
    ],
)
def test_every_cause_has_an_action(cause):
    assert len(improve(gap(cause, 10.0), top=1)) == 1


UPSTREAM = {
    "pricing": ("price", "discount_limits"),
    "mix": ("mix", "focus_products"),
    "cost": ("cost", "renegotiate_purchase"),
    "terms": ("terms", "shorter_terms"),
    "credit check": ("terms", "credit_check"),
    "follow-up": ("activities", "follow_up_list"),
    "channel": ("volume", "channel_push"),
    "promotion": ("volume", "promotion"),
    "training": ("win_rate", "negotiation_training"),
    "coverage": ("coverage", "territory_rebalance"),
    "activity": ("activities", "visit_plan"),
}


@pytest.mark.parametrize("topic", UPSTREAM)
def test_every_upstream_measure_has_its_action(topic):
    table = book.playbook()
    assert UPSTREAM[topic] in set(zip(table["cause"], table["action"], strict=True))


def test_an_action_carries_all_of_5w2h():
    plan = improve(gap("overdue", 10.0, "collections", whole=20.0), top=1, start=START)
    row = plan.iloc[0]
    assert list(plan.columns) == COLUMNS
    assert row["what"] == "playbook.overdue.dunning_ladder"
    assert (row["why"], row["size"], row["gap"], row["where"]) == ("overdue", 10.0, 20.0, "North")
    assert (row["start"], row["end"]) == (START, START + pd.Timedelta(days=14))
    assert row["check_date"] > row["end"]
    assert (row["baseline"], row["expected_gain"], row["goal"]) == (80.0, 3.5, 83.5)
    assert row["action_id"] == "A20260302-01"


def test_without_a_start_the_dates_stay_blank():
    assert improve(gap("price", 5.0))[["start", "end", "check_date"]].isna().all().all()


def test_the_closest_owner_takes_the_action():
    owners = pd.DataFrame(
        {
            "member": [None, "North", "North"],
            "owner_role": ["finance", None, "service"],
            "owner": ["Fay", "Nora", "Sam"],
        }
    )
    plan = improve(gap("disputes", 10.0, "collections"), owners=owners).set_index("owner_role")["who"]
    assert plan.to_dict() == {"service": "Sam", "finance": "Nora", "operations": "Nora"}
    far = improve(gap("disputes", 10.0, "collections", "South"), owners=owners).set_index("owner_role")["who"]
    assert far.to_dict() == {"service": "service", "finance": "Fay", "operations": "operations"}


def test_an_unknown_cause_is_first_looked_into_and_promises_nothing():
    plan = improve(gap("", 10.0))
    assert plan["action"].tolist() == ["find_cause"]
    assert plan["expected_gain"].isna().all()


def test_reached_targets_need_no_action():
    assert improve(gap("price", 0.0)).empty


def test_a_playbook_of_ones_own():
    own = pd.DataFrame(
        {
            "cause": ["price"],
            "action": ["x"],
            "measure": ["sales"],
            "owner_role": ["boss"],
            "days": [5.0],
            "effect_share": [1.0],
            "cost": [7.0],
        }
    )
    assert improve(gap("price", 10.0), own)[["who", "expected_gain", "cost"]].to_numpy().tolist() == [
        ["boss", 10.0, 7.0]
    ]


shares = st.lists(st.floats(0, 1), min_size=1, max_size=6)


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(["a", "b"]), st.floats(0.01, 50)), min_size=1, max_size=4, unique_by=lambda c: c[0]
    ),
    shares,
    st.integers(1, 12),
)
def test_gains_never_exceed_the_size_of_the_cause_nor_the_gap(found, effects, top):
    whole = sum(size for _, size in found)
    table = pd.concat([gap(cause, size, whole=whole) for cause, size in found])
    rows = [(cause, f"x{i}", "sales", "r", 1.0, e, 0.0) for cause in "ab" for i, e in enumerate(effects)]
    plan = improve(table, pd.DataFrame(rows, columns=list(book.COLUMNS)), top=top)
    assert len(plan) <= top
    assert (plan["expected_gain"] >= 0).all()
    assert plan["expected_gain"].sum() <= whole * (1 + 1e-12)
    by_cause = plan.groupby("cause")["expected_gain"].sum()
    assert all(by_cause.get(cause, 0.0) <= size * (1 + 1e-12) for cause, size in found)


def test_actions_are_followed_up():
    days = pd.to_datetime(["2026-01-31"] * 5)
    table = pd.DataFrame(
        {
            "status": ["open", "running", "done", "done", "stopped"],
            "start": pd.to_datetime(["2026-05-01", "2026-01-01", "2026-01-01", "2026-01-01", "2026-01-01"]),
            "end": [pd.Timestamp("2026-06-01"), *days[1:]],
            "check_date": [pd.Timestamp("2026-07-01"), *pd.to_datetime(["2026-03-01"] * 4)],
            "verdict": [None, None, None, "effective", None],
            "cost": [1.0, 2.0, np.nan, 4.0, 5.0],
            "expected_gain": [10.0] * 5,
        }
    )
    found = tracked(table, pd.Timestamp("2026-03-05"))
    assert found["state"].tolist() == ["planned", "overdue", "check_due", "judged", "stopped"]
    assert found["days_late"].iloc[[1, 2]].tolist() == [33.0, 4.0]
    assert found["days_late"].iloc[[0, 3, 4]].isna().all()
    cost = progress(found).set_index("state")["cost"]
    assert cost["overdue"] == 2.0
    assert np.isnan(cost["check_due"])


def test_next_targets_show_old_new_and_why():
    past = pd.DataFrame(
        {"measure": "sales", "member": list("abcd"), "target": [100.0] * 4, "actual": [110.0, 80.0, 60.0, np.nan]}
    )
    proven = pd.DataFrame({"measure": ["sales"], "member": ["b"], "gain": [5.0]})
    table = next_targets(past, proven=proven)
    assert table["new"].tolist()[:3] == [110.0, 105.0, 80.0]
    assert np.isnan(table["new"].iloc[3])
    assert table["reason"].tolist() == ["reached", "within_reach; proven_effect", "far_missed", "no_data"]
