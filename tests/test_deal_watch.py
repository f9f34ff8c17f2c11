"""Incomplete, slipped, stale and overdue deals."""

import numpy as np
import pandas as pd
import pytest

from xlsales.core.deal_watch import deal_problems, follow_ups_due, watch
from xlsales.core.deals import default_stages, read_deals
from xlsales.core.refusal import Refusal

AS_OF = pd.Timestamp("2026-05-15")


def frame(**columns: list) -> pd.DataFrame:
    n = len(columns["stage"])
    plain = {
        "opportunity": [f"D{number}" for number in range(1, n + 1)],
        "salesperson": ["Ann"] * n,
        "value": [100.0] * n,
        "created": pd.to_datetime(["2026-04-01"] * n),
        "close_date": pd.to_datetime(["2026-06-30"] * n),
    }
    return pd.DataFrame(plain | columns)


def problems(table: pd.DataFrame, stages: pd.DataFrame | None = None) -> list[tuple[str, str]]:
    declared = default_stages() if stages is None else stages
    rows = deal_problems(read_deals(table, declared, AS_OF), declared, AS_OF)
    return list(zip(rows["opportunity"], rows["problem"], strict=True))


def test_value_and_close_date_are_required_from_proposal_on() -> None:
    table = frame(
        stage=["qualified", "proposal", "negotiation"], value=[np.nan] * 3, close_date=pd.to_datetime([None] * 3)
    )
    assert problems(table) == [
        ("D2", "value_missing"),
        ("D3", "value_missing"),
        ("D2", "close_date_missing"),
        ("D3", "close_date_missing"),
    ]


def test_closed_deals_need_value_and_date_that_has_come() -> None:
    table = frame(
        stage=["won", "lost", "won"],
        value=[np.nan, 5.0, 5.0],
        close_date=pd.to_datetime(["2026-05-01", None, "2026-05-16"]),
    )
    assert problems(table) == [("D1", "value_missing"), ("D2", "close_date_missing"), ("D3", "closed_in_future")]


def test_every_deal_needs_an_owner() -> None:
    assert problems(frame(stage=["prospecting"] * 3, salesperson=[None, " ", "Ann"])) == [
        ("D1", "owner_missing"),
        ("D2", "owner_missing"),
    ]


def test_a_deal_cannot_close_before_it_was_created() -> None:
    assert problems(frame(stage=["won"], close_date=pd.to_datetime(["2026-03-01"]))) == [
        ("D1", "closed_before_created")
    ]


def test_exit_requirements_of_earlier_stages_are_checked() -> None:
    stages = default_stages().assign(exit_requirement=[None, "need, budget_known", None, None, None, None])
    table = frame(
        stage=["qualified", "proposal", "proposal", "proposal"],
        need=[None, "pumps", None, "pumps"],
        budget_known=[False, True, True, False],
    )
    assert problems(table, stages) == [("D3", "exit_requirement"), ("D4", "exit_requirement")]


def test_own_stages_without_the_name_proposal_require_from_best_case_on() -> None:
    stages = default_stages().assign(stage=["a", "b", "c", "d", "won", "lost"])
    assert problems(frame(stage=["b", "c"], value=[np.nan] * 2), stages) == [("D2", "value_missing")]


def test_a_complete_list_has_no_problem() -> None:
    assert problems(frame(stage=["proposal", "negotiation"])) == []


def test_age_is_held_against_won_deals_of_the_stage_then_the_rule_then_the_cycle() -> None:
    table = frame(
        stage=["proposal", "qualified", "negotiation", "won", "won"],
        stage_since=pd.to_datetime(["2026-05-01", "2026-05-05", None, None, None]),
        close_date=pd.to_datetime(["2026-06-30", "2026-06-30", "2026-05-14", "2026-04-11", "2026-05-11"]),
    )
    stages = default_stages().assign(max_days=[np.nan, 20.0, np.nan, np.nan, np.nan, np.nan])
    won_days = pd.DataFrame({"stage": ["proposal"], "days": [13.0]})
    rows = watch(read_deals(table, stages, AS_OF), AS_OF, stages, won_days)
    assert rows["limit_basis"].tolist() == ["stage_won", "stage_max", "cycle_won"]
    assert rows["limit_days"].tolist() == [13, 20, 32.5]  # cycles of 10 and 40 days
    assert rows["stage_days"].tolist()[:2] == [14, 10]
    assert rows["is_stale"].tolist() == [True, False, True]
    assert rows["is_slipped"].tolist() == [False, False, True]


def test_nothing_known_is_not_stale() -> None:
    row = watch(read_deals(frame(stage=["proposal"]), as_of=AS_OF), AS_OF).iloc[0]
    assert not row["is_stale"]
    assert np.isnan(row["limit_days"])
    assert pd.isna(row["limit_basis"])


def test_overdue_and_missing_next_steps() -> None:
    table = frame(
        stage=["proposal"] * 3,
        next_step=["call", None, "call"],
        next_date=pd.to_datetime(["2026-05-10", None, "2026-05-15"]),
    )
    rows = watch(read_deals(table, as_of=AS_OF), AS_OF)
    assert rows["is_overdue"].tolist() == [True, False, False]
    assert rows["days_overdue"].tolist()[0] == 5
    assert rows["has_no_next"].tolist() == [False, True, False]


def test_follow_ups_of_all_tables_the_longest_overdue_first() -> None:
    leads = pd.DataFrame(
        {
            "lead": ["L1", "L2"],
            "salesperson": ["Ann", "Bo"],
            "status": ["new", "dropped"],
            "next_contact": pd.to_datetime(["2026-05-14", "2026-05-01"]),
        }
    )
    interactions = pd.DataFrame(
        {
            "party": ["C1", "C1", "C2"],
            "salesperson": ["Ann", "Ann", "Bo"],
            "at": pd.to_datetime(["2026-04-01", "2026-05-02", "2026-05-03"]),
            "next_date": pd.to_datetime(["2026-04-05", None, "2026-05-15"]),
        }
    )
    tasks = pd.DataFrame(
        {
            "task": ["T1", "T2"],
            "salesperson": ["Ann", "Ann"],
            "due": pd.to_datetime(["2026-05-01", "2026-05-01"]),
            "done": [None, "2026-05-02"],
        }
    )
    deals = read_deals(
        frame(stage=["proposal", "won"], next_date=pd.to_datetime(["2026-05-20", "2026-05-01"])), as_of=AS_OF
    )
    rows = follow_ups_due(AS_OF, leads=leads, interactions=interactions, tasks=tasks, opportunities=deals)
    assert rows["key"].tolist() == ["T1", "L1", "C2"]
    assert rows["days_overdue"].tolist() == [14, 1, 0]
    assert follow_ups_due(AS_OF).empty


def test_refusals() -> None:
    with pytest.raises(Refusal, match="as_of_missing"):
        watch(read_deals(frame(stage=["proposal"])), AS_OF)
    with pytest.raises(Refusal, match="follow_up_table"):
        follow_ups_due(AS_OF, orders=pd.DataFrame())
