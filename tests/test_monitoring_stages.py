"""What the monitor stages make of the demonstration company: landings, teams, members, alerts with cause and rows."""

from functools import cache

import numpy as np
import pandas as pd
import pytest

from xlsales import demo, steps, validate
from xlsales.demo import PLANTED
from xlsales.stages.cycle import Cycle
from xlsales.stages.landing import due_then
from xlsales.worded import worded

pytestmark = pytest.mark.slow


@cache
def company() -> tuple[dict[str, pd.DataFrame], dict[str, pd.DataFrame]]:
    checked = validate.validate_all(demo.tables("en"), lang="en")
    return checked.tables, steps.run(checked.tables, checked.settings).results


def of(scope: str, measure: str = "sales") -> pd.DataFrame:
    pace = company()[1]["pace"]
    mine = pace[(pace["scope"] == scope) & (pace["measure"] == measure) & pace["target"].notna()]
    return mine.set_index("member")


def test_pace_and_landing_stand_for_five_quantities_by_region_manager_salesperson_and_product() -> None:
    pace = company()[1]["pace"]
    figures = ["attainment", "pace_index", "landing", "landing_blended", "landing_low", "landing_high"]
    for scope in ("company", "region", "manager", "salesperson"):
        mine = pace[(pace["scope"] == scope) & pace["target"].notna()]
        assert set(mine["measure"]) == {"sales", "volume", "margin", "profit", "collections"}, scope
        assert mine[figures[:4]].notna().all(axis=None), scope
    products = pace[pace["scope"] == "product"]
    assert products.loc[products["target"].notna(), figures].notna().all(axis=None)
    bare = products[products["target"].isna()]
    assert set(bare["measure"]) == {"sales", "volume", "margin", "profit", "collections"}
    assert bare[["landing", "last_year"]].notna().all(axis=None), "without a target there is still a landing"
    assert bare[["attainment", "pace_index", "expected", "remaining"]].isna().all(axis=None)


def test_the_landing_blends_season_and_deals_by_the_share_that_missed_least() -> None:
    row = of("company").iloc[0]
    rest = row["landing"] - row["actual"]
    blend = row["pipeline_share"] * row["weighted_due"] + (1 - row["pipeline_share"]) * rest
    assert row["landing_blended"] == pytest.approx(row["actual"] + blend)
    assert row["interval_basis"] == "conformal"
    assert row["landing_low"] < row["landing_blended"] < row["landing_high"]
    others = of("company", "margin").iloc[0]
    assert others["landing_blended"] == others["landing"]


def test_a_team_is_the_sum_of_its_people() -> None:
    tables, _ = company()
    people, teams = of("salesperson"), of("manager")
    below = tables["salespeople"].set_index("salesperson")["manager"]
    boss = "S02"
    team = [boss, *below.index[below == boss]]
    assert teams.loc[boss, "target"] == pytest.approx(people["target"].reindex(team).sum())
    assert teams.loc[boss, "actual"] == pytest.approx(people["actual"].reindex(team).sum())
    assert teams.index.is_unique


def test_months_of_a_member_add_up_to_its_actual_and_expect_its_target() -> None:
    results = company()[1]
    months = results["member_months"]
    for scope in ("company", "region", "salesperson", "product"):
        for member, row in of(scope).iterrows():
            mine = months[(months["scope"] == scope) & (months["member"] == member)]
            assert len(mine) == 12
            if row["period"] == "2026":
                assert mine["sales"].sum() == pytest.approx(row["actual"])
                assert mine["expected"].iloc[-1] == pytest.approx(row["target"])
            assert mine["sales"].iloc[9:].isna().all(), "a month that has not begun is blank"


def test_members_point_at_their_twelve_months() -> None:
    results = company()[1]
    months = results["member_months"]
    for row in results["members"].itertuples():
        first = months.iloc[row.first_row - 1]
        assert (first["scope"], first["member"], first["period"]) == (row.scope, row.member, "2026-01")
    choices = worded(results, "zh")["members"]["choice"]
    assert choices.is_unique


def test_every_comparison_of_a_team_is_the_sum_of_its_people() -> None:
    table = company()[1]["comparisons"]
    assert set(table["dimension"]) == {"company", "region", "manager", "salesperson", "product_line", "product"}
    rows = table[(table["measure"] == "sales") & (table["span"] == "year_to_date")]
    whole = rows[rows["dimension"] == "salesperson"]["actual"].sum()
    assert rows[(rows["dimension"] == "manager") & (rows["member"] == "S01")]["actual"].item() == pytest.approx(whole)


def test_the_planted_trouble_is_the_first_alert_with_its_cause() -> None:
    results = company()[1]
    first = results["alerts"].iloc[0]
    assert (first["alert"], first["measure"], first["member"]) == ("behind_pace", "sales", PLANTED["region"])
    assert first["cause"] == "visits"
    assert first["part_name"] == results["pace"].query("scope == 'salesperson' and member == 'S13'")["name"].iloc[0]
    said = worded(results, "en")["alerts"].iloc[0]["reason"]
    assert "Visits" in said
    assert first["part_name"] in said


def test_an_alert_names_the_largest_known_cause_and_what_none_explains() -> None:
    """What is called other tells nobody what to do: the known cause is named, and what it leaves open, if more."""
    results = company()[1]
    alerts = results["alerts"]
    cash = alerts[(alerts["measure"] == "collections") & (alerts["member"] == PLANTED["region"])].iloc[0]
    gaps = results["gaps"]
    own = gaps[(gaps["measure"] == "collections") & (gaps["member"] == PLANTED["region"])].set_index("cause")["size"]
    assert own.idxmax() == "other"
    assert (cash["cause"], cash["cause_money"]) == ("overdue", own["overdue"])
    assert cash["unexplained"] == own["other"]
    said = worded(results, "en")["alerts"].loc[cash.name, "reason"]
    assert f"Overdue customers, {own['overdue']:,.0f}. Unexplained: {own['other']:,.0f}." in said
    first = alerts.iloc[0]
    assert first["cause"] == "visits"
    assert not first["unexplained"] > 0


def test_parts_name_the_trouble_that_holds_them_and_troubles_come_first() -> None:
    alerts = company()[1]["alerts"]
    heads = alerts["part_of"].isna()
    assert not heads.iloc[int(heads.sum()) :].any()
    assert alerts.loc[heads, "money"].dropna().is_monotonic_decreasing
    person = alerts[(alerts["member"] == "S13") & (alerts["alert"] == "pipeline_thin")]
    assert person["part_of"].tolist() == [1.0]
    assert set(alerts.loc[~heads, "part_of"]) <= set(alerts.loc[heads, "rank"])


def test_every_alert_leads_to_rows_that_are_about_it() -> None:
    results = company()[1]
    columns = {"pace": "member", "credit_watch": "customer", "coverage": "salesperson", "margin_report": "member",
               "satisfaction_view": "member", "attainment": "member"}  # fmt: skip
    seen = results["alerts"][results["alerts"]["first_seen"].notna()]
    assert set(seen["seen_in"]) >= {"pace", "credit_watch", "coverage", "margin_report"}
    for row in seen.itertuples():
        rows = results[row.seen_in].iloc[int(row.first_seen) : int(row.last_seen) + 1]
        if row.seen_in in columns:
            assert set(rows[columns[row.seen_in]].astype("str")) == {row.member}
    assert np.mean(results["alerts"]["first_seen"].notna()) > 0.9


@pytest.mark.parametrize(
    ("close_day", "end", "inside"),
    [(31, "2026-02-28", ["2026-03-01", "2026-03-31"]), (25, "2026-02-25", ["2026-02-26", "2026-03-25"])],
)
def test_deals_due_then_are_those_of_the_whole_months_ahead(close_day: int, end: str, inside: list[str]) -> None:
    """At the end of February one month ahead is the whole of March, as the company closes it; each deal brings 50."""
    days = pd.to_datetime([end, *inside])
    after = days[-1] + pd.Timedelta(days=1)
    shots = pd.DataFrame({"as_of": pd.Timestamp(end), "opportunity": list("ABCD"), "stage": "proposal", "value": 100.0})
    shots["close_date"] = [*days, after]
    settings = {"fiscal_year_start": 1, "month_close_day": close_day}
    cycle = Cycle({"opportunity_snapshots": shots, "stages": pd.DataFrame()}, settings, pd.Timestamp("2026-06-30"))
    assert due_then(cycle, ["2026-02"], 1).tolist() == [100.0]
