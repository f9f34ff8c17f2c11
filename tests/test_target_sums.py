"""Year targets out of parts, parents against children, and what people can carry; numbers that a hand can check."""

import pandas as pd
import pytest

from xlsales.core.calendar import Calendar
from xlsales.core.capacity import capacity
from xlsales.core.target_sums import parent_gaps, year_targets


def rows(*cells, measure="sales", scope="salesperson"):
    frame = pd.DataFrame(cells, columns=["member", "period", "target"])
    return frame.assign(measure=measure, scope=scope, valid_from=pd.NaT, parent_member="n")


def found(table):
    return dict(zip(table["member"], table["target"], strict=True))


def test_the_year_s_own_target_wins_over_its_parts() -> None:
    table = year_targets(rows(("a", "2026", 100.0), ("a", "2026Q1", 30.0), ("b", "2026-01", 5.0)), "2026")
    assert found(table) == {"a": 100.0, "b": 5.0}


def test_halves_come_before_quarters_and_are_never_added_to_them() -> None:
    table = year_targets(rows(("a", "2026H2", 40.0), ("a", "2026Q3", 15.0), ("a", "2026Q4", 25.0)), "2026")
    assert found(table) == {"a": 40.0}


def test_a_blank_part_leaves_the_year_blank() -> None:
    table = year_targets(rows(("a", "2026Q1", 15.0), ("a", "2026Q2", None)), "2026")
    assert table["target"].isna().tolist() == [True]


def test_parts_of_a_share_are_not_added() -> None:
    table = year_targets(rows(("n", "2026Q1", 0.1), ("n", "2026Q2", 0.2), measure="market_share"), "2026")
    assert table.empty


def test_dated_quotas_count_in_the_fiscal_year_in_which_they_begin() -> None:
    quotas = rows(("a", None, 10.0), ("a", None, 20.0), ("a", None, 40.0))
    quotas["valid_from"] = pd.to_datetime(["2026-04-01", "2026-07-01", "2027-03-31"])
    assert found(year_targets(quotas, "2026", Calendar(7))) == {"a": 60.0}


def test_the_company_s_blank_member_stays_one_owner() -> None:
    table = year_targets(rows((None, "2026Q1", 1.0), (None, "2026Q2", 2.0), scope="company"), "2026")
    assert found(table) == {"": 3.0}


@pytest.mark.parametrize(
    ("children", "state", "gap"),
    [((60.0, 40.0), "exact", 0.0), ((60.0, 39.0), "exact", 1.0), ((60.0, 38.0), "short", 2.0),
     ((60.0, 45.0), "buffer", -5.0), ((60.0, None), "unknown", None)],
)  # fmt: skip
def test_the_state_of_a_parent(children, state, gap) -> None:
    table = pd.DataFrame({"measure": "sales", "scope": ["region", "salesperson", "salesperson"]})
    table = table.assign(member=["n", "a", "b"], parent_member=[None, "n", "n"], target=[100.0, *children])
    one = parent_gaps(table, 1.0).iloc[0]
    assert one["state"] == state
    assert one["children"] == 2
    assert one["gap"] == gap if gap is not None else pd.isna(one["gap"])


def test_children_of_two_scopes_are_two_rows() -> None:
    table = pd.DataFrame({"measure": "sales", "scope": ["company", "region", "product"], "member": ["all", "n", "p"]})
    table = table.assign(parent_member=[None, "all", "all"], target=[100.0, 100.0, 60.0])
    result = parent_gaps(table)
    assert dict(zip(result["child_scope"], result["gap"], strict=True)) == {"region": 0.0, "product": 40.0}


def test_capacity_counts_half_a_year_and_half_a_head_as_such() -> None:
    team = pd.DataFrame({"salesperson": list("abc"), "member": ["n", "n", "s"], "head_count": [1.0, 0.5, 2.0]})
    team = team.assign(hire_date=None, leave_date=["2026-06-30", None, "2024-12-31"], ramp_months=0)
    table = capacity(team, ["2026H1", "2026H2"], ["2025"], pd.Series({"n": 300.0})).set_index("member")
    assert table.loc["n"].tolist() == [1.0, 1.0, 200.0]  # 0.5 + 0.5 heads; 300 by 1.5 heads the year before
    assert table.loc["s", "heads"] == 0.0
    assert table.loc["s", ["ramp", "productivity"]].isna().all()
