"""What the pipeline is worth, how often deals are won, and how fast."""

from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.examples import example
from xlsales.core.calendar import Calendar
from xlsales.core.deals import default_stages, read_deals, within
from xlsales.core.pipeline import SUMMARY, funnel, losses, pipeline, velocity
from xlsales.core.pipeline_due import by_month, coverage_by_month
from xlsales.core.refusal import Refusal

AS_OF = pd.Timestamp("2026-05-15")
MAVEN_STAGES = pd.DataFrame(
    {
        "stage": ["Prospecting", "Engaging", "Won", "Lost"],
        "order": [1.0, 2.0, 3.0, 4.0],
        "probability": [0.1, 0.3, 1.0, 0.0],
        "category": ["pipeline", "best_case", "won", "lost"],
    }
)


def deals() -> pd.DataFrame:
    """Nine deals that can be added up by hand; the slipped one is D4."""
    rows = [
        ("D1", "Ann", "prospecting", 100.0, "2026-04-01", "2026-06-10"),
        ("D2", "Ann", "proposal", 200.0, "2026-03-01", "2026-06-20"),
        ("D3", "Ann", "negotiation", 400.0, "2026-02-01", "2026-07-05"),
        ("D4", "Bo", "proposal", 800.0, "2026-01-01", "2026-04-30"),
        ("D5", "Bo", "qualified", np.nan, "2026-05-01", None),
        ("D6", "Ann", "won", 300.0, "2026-01-01", "2026-03-02"),
        ("D7", "Bo", "won", 500.0, "2026-04-01", "2026-05-11"),
        ("D8", "Ann", "lost", 200.0, "2026-02-01", "2026-04-15"),
        ("D9", "Bo", "lost", 600.0, "2026-03-01", "2026-05-01"),
    ]
    frame = pd.DataFrame(rows, columns=["opportunity", "salesperson", "stage", "value", "created", "close_date"])
    return frame.assign(created=pd.to_datetime(frame["created"]), close_date=pd.to_datetime(frame["close_date"]))


def test_published_weighted_forecast_by_month() -> None:
    given_, expected = example("Stage-weighted forecast by month (Frappe CRM)")
    rows = given_["deals"]
    frame = pd.DataFrame(
        {
            "opportunity": [row[0] for row in rows],
            "stage": "negotiation",
            "value": [float(row[1]) for row in rows],
            "probability": [row[2] for row in rows],
            "close_date": [pd.Timestamp(f"1 {row[3]} 2026") for row in rows],
        }
    )
    months = by_month(read_deals(frame, as_of=AS_OF))
    assert dict(zip(months["month"].dt.month_name(), months["weighted"], strict=True)) == pytest.approx(expected, abs=1)


def test_published_sales_velocity() -> None:
    given_, expected = example("Sales velocity (MavenLB)")
    per_day = velocity(given_["opps"], given_["value"], given_["win"], given_["days"])
    assert per_day == pytest.approx(expected["per_day"], abs=1)
    assert per_day * 30 == pytest.approx(expected["per_month"], abs=1)


def test_all_deals_without_a_period() -> None:
    row = pipeline(read_deals(deals(), as_of=AS_OF), target_left=3000.0).iloc[0]
    assert row["deals"] == 5
    assert row["unvalued"] == 1
    assert row["open"] == 1500
    assert row["weighted"] == 10 + 100 + 300 + 400
    assert row["commit"] == 400
    assert row["best_case"] == 1000
    assert row["slipped"] == 800
    assert row["slipped_deals"] == 1
    assert row["win_rate_count"] == 0.5
    assert row["win_rate_value"] == 800 / 1600
    assert row["cohort_win_rate_count"] == 2 / 9
    assert row["cohort_win_rate_value"] == 800 / 3100
    assert row["mean_value"] == 400
    assert row["cycle_days"] == 50
    assert row["velocity_per_day"] == 5 * 400 * 0.5 / 50
    assert row["coverage"] == 0.5
    assert set(SUMMARY) <= set(row.index)


def test_a_period_takes_what_is_due_and_what_closed_in_it_and_never_hides_the_slipped() -> None:
    read = read_deals(deals(), as_of=AS_OF)
    row = pipeline(read, None, pd.Timestamp("2026-05-01"), pd.Timestamp("2026-06-30"), 1000.0).iloc[0]
    assert row["open"] == 300
    assert row["slipped"] == 800  # due in April, outside the period, shown all the same
    assert row["win_rate_count"] == 0.5
    assert row["win_rate_value"] == 500 / 1100
    assert row["cycle_days"] == 40
    assert row["coverage"] == 0.3
    assert row["cohort_win_rate_count"] == 0  # of the deals created since May none is won yet


def test_without_a_date_slipped_is_unknown_not_zero() -> None:
    row = pipeline(read_deals(deals())).iloc[0]
    assert np.isnan(row["slipped"])
    assert row["open"] == 1500


def test_one_row_per_salesperson_and_target_by_member() -> None:
    left = pd.Series({"Ann": 1400.0, "Bo": 0.0})
    rows = pipeline(read_deals(deals(), as_of=AS_OF), ["salesperson"], target_left=left).set_index("salesperson")
    assert rows["open"].to_dict() == {"Ann": 700.0, "Bo": 800.0}
    assert rows.loc["Ann", "coverage"] == 0.5
    assert np.isnan(rows.loc["Bo", "coverage"])


def test_deals_without_any_value_give_a_blank_not_a_zero() -> None:
    frame = pd.DataFrame({"stage": ["qualified"], "value": [np.nan]})
    row = pipeline(read_deals(frame)).iloc[0]
    assert row["deals"] == 1
    assert np.isnan(row["open"])
    assert np.isnan(row["weighted"])


def test_no_deals_is_zero_money_and_blank_ratios() -> None:
    row = pipeline(read_deals(deals().iloc[:0], as_of=AS_OF)).iloc[0]
    assert row["open"] == 0
    assert np.isnan(row["win_rate_count"])
    assert np.isnan(row["velocity_per_day"])


def test_the_deals_own_probability_wins_over_its_stage() -> None:
    frame = deals().assign(probability=[0.9] + [np.nan] * 8)
    assert pipeline(read_deals(frame, as_of=AS_OF))["weighted"][0] == 90 + 100 + 300 + 400


def test_months_leave_slipped_and_undated_deals_in_their_own_lines() -> None:
    rows = by_month(read_deals(deals(), as_of=AS_OF))
    assert rows["line"].tolist() == ["due", "due", "slipped", "undated"]
    assert rows["open"].iloc[:3].tolist() == [300.0, 400.0, 800.0]
    assert np.isnan(rows["open"].iloc[3])
    assert rows["month"].dt.strftime("%Y-%m").tolist()[:2] == ["2026-06", "2026-07"]


def test_coverage_by_salesperson_and_month() -> None:
    left = pd.DataFrame(
        {
            "salesperson": ["Ann", "Ann", "Cy"],
            "month": pd.to_datetime(["2026-06-01", "2026-07-01", "2026-06-01"]),
            "target_left": [600.0, 100.0, 50.0],
        }
    )
    rows = coverage_by_month(read_deals(deals(), as_of=AS_OF), left).set_index(["salesperson", "month"])
    june, july = left["month"][0], left["month"][1]
    assert rows.loc[("Ann", june), "coverage"] == 0.5
    assert rows.loc[("Ann", july), "coverage"] == 4
    assert rows.loc[("Cy", june), "open"] == 0
    assert rows.loc[("Cy", june), "coverage"] == 0
    assert rows.loc[("Bo", pd.Timestamp("2026-04-01")), "slipped"] == 800
    assert np.isnan(rows.loc[("Bo", pd.Timestamp("2026-04-01")), "coverage"])


def test_months_close_on_the_day_of_the_company() -> None:
    """Months that close on the 25th: a deal due on 28 June is July's, in the lines of months and against the target."""
    days = Calendar(month_close_day=25)
    deal = {"stage": "proposal", "value": 100.0, "salesperson": "Ann"}
    deal["close_date"] = pd.to_datetime(["2026-06-25", "2026-06-28"])
    read = read_deals(pd.DataFrame(deal), as_of=AS_OF)
    assert by_month(read, days)["month"].dt.strftime("%Y-%m").tolist() == ["2026-06", "2026-07"]
    assert by_month(read)["month"].dt.strftime("%Y-%m").tolist() == ["2026-06"]
    month = pd.to_datetime(["2026-06-01", "2026-07-01"])
    left = pd.DataFrame({"salesperson": "Ann", "month": month, "target_left": [50.0, 400.0]})
    rows = coverage_by_month(read, left, days)
    assert rows["coverage"].tolist() == [2.0, 0.25]


def test_funnel_keeps_the_order_of_the_stages_and_shows_empty_ones() -> None:
    rows = funnel(read_deals(deals(), as_of=AS_OF), default_stages()).set_index("stage")
    assert rows.index.tolist() == ["prospecting", "qualified", "proposal", "negotiation", "won", "lost"]
    assert rows["deals"].tolist() == [1, 1, 2, 1, 2, 2]
    assert rows.loc["proposal", "slipped_deals"] == 1
    assert np.isnan(rows.loc["qualified", "value"])
    few = funnel(read_deals(deals().iloc[:1], as_of=AS_OF), default_stages(), ["salesperson"])
    assert few["deals"].tolist() == [1, 0, 0, 0, 0, 0]


def test_lost_reasons_and_competitors_by_count_and_value() -> None:
    frame = deals().assign(lost_reason=["", "", "", "", "", "", "", "price", None])
    rows = losses(read_deals(frame), "lost_reason")
    assert rows["lost_reason"].isna().tolist() == [True, False]
    assert rows["value"].tolist() == [600.0, 200.0]
    assert rows["share_count"].tolist() == [0.5, 0.5]
    assert rows["share_value"].tolist() == [0.75, 0.25]


def test_input_is_not_changed() -> None:
    frame = deals()
    before = frame.copy()
    pipeline(read_deals(frame, as_of=AS_OF), ["salesperson"])
    pd.testing.assert_frame_equal(frame, before)


@pytest.mark.parametrize(
    ("call", "code"),
    [
        (lambda: read_deals(deals().drop(columns="stage")), "columns_missing"),
        (lambda: read_deals(deals().assign(stage="dreaming")), "stage_unknown"),
        (lambda: read_deals(deals().assign(stage=None)), "stage_unknown"),
        (lambda: read_deals(deals().assign(probability=50.0)), "probability_outside"),
        (lambda: read_deals(deals(), default_stages().assign(probability=2.0)), "probability_outside"),
        (lambda: read_deals(deals(), default_stages().assign(category="hot")), "stage_category"),
        (lambda: read_deals(deals(), pd.concat([default_stages()] * 2)), "stage_twice"),
        (lambda: read_deals(deals(), default_stages().drop(columns="order")), "columns_missing"),
        (lambda: by_month(read_deals(deals())), "as_of_missing"),
        (lambda: pipeline(read_deals(deals()), ["planet"]), "columns_missing"),
        (lambda: losses(read_deals(deals()), "lost_reason"), "columns_missing"),
    ],
)
def test_refusals(call, code: str) -> None:
    with pytest.raises(Refusal) as caught:
        call()
    assert caught.value.code == code


def test_a_blank_date_is_in_no_period() -> None:
    dates = pd.Series(pd.to_datetime(["2026-01-01", None]))
    assert within(dates, None, None).tolist() == [True, True]
    assert within(dates, None, AS_OF).tolist() == [True, False]


@settings(deadline=None)
@given(
    rows=st.lists(
        st.tuples(
            st.sampled_from(default_stages()["stage"].tolist()),
            st.one_of(st.just(float("nan")), st.floats(0, 1e6)),
            st.one_of(st.none(), st.integers(-200, 200)),
            st.sampled_from(["Ann", "Bo", None]),
        ),
        max_size=30,
    )
)
def test_members_and_lines_add_up_to_the_whole(rows: list[tuple]) -> None:
    frame = pd.DataFrame(rows, columns=["stage", "value", "in_days", "salesperson"])
    frame["close_date"] = AS_OF + pd.to_timedelta(frame["in_days"].astype(float), unit="D")
    read = read_deals(frame.assign(value=frame["value"].astype(float)), as_of=AS_OF)
    whole = pipeline(read).iloc[0]
    members = pipeline(read, ["salesperson"])
    months = by_month(read)
    for column in ("deals", "open", "weighted", "slipped"):
        assert members[column].sum() == pytest.approx(np.nan_to_num(whole[column]))
    for column in ("deals", "open", "weighted"):
        assert months[column].sum() == pytest.approx(np.nan_to_num(whole[column]))
    assert months.loc[months["line"] == "slipped", "open"].sum() == pytest.approx(np.nan_to_num(whole["slipped"]))


@pytest.mark.real_data
def test_real_deals_against_independent_sql(real_data: Path) -> None:
    path = real_data / "maven_crm" / "sales_pipeline.csv"
    raw = pd.read_csv(path, parse_dates=["engage_date", "close_date"])
    frame = raw.rename(columns={"deal_stage": "stage", "close_value": "value", "engage_date": "created"})
    read = read_deals(frame, MAVEN_STAGES, pd.Timestamp("2017-12-31"))
    row = pipeline(read).iloc[0]
    assert (row["won_deals"], row["won"]) == (4238, 10_005_534)
    assert row["win_rate_count"] == pytest.approx(0.6315, abs=5e-5)
    assert row["mean_value"] == pytest.approx(2360.91, abs=5e-3)
    assert row["cycle_days"] == pytest.approx(51.78, abs=5e-3)
    sql = f"""
        SELECT sales_agent,
               count(*) FILTER (deal_stage = 'Won') AS won_deals, sum(close_value) FILTER (deal_stage = 'Won') AS won,
               count(*) FILTER (deal_stage = 'Won') / count(*) FILTER (deal_stage IN ('Won', 'Lost')) AS win_rate_count,
               count(*) FILTER (deal_stage = 'Won') / count(*) AS cohort_win_rate_count,
               avg(close_value) FILTER (deal_stage = 'Won') AS mean_value,
               avg(date_diff('day', engage_date, close_date)) FILTER (deal_stage = 'Won') AS cycle_days,
               count(*) FILTER (deal_stage IN ('Prospecting', 'Engaging')) AS deals
        FROM read_csv('{path.as_posix()}') GROUP BY ALL ORDER BY sales_agent
    """
    truth = duckdb.sql(sql).df().set_index("sales_agent").astype(float)
    truth["velocity_per_day"] = truth["deals"] * truth["mean_value"] * truth["win_rate_count"] / truth["cycle_days"]
    ours = pipeline(read, ["sales_agent"]).set_index("sales_agent")[truth.columns].astype(float)
    pd.testing.assert_frame_equal(ours, truth, check_names=False, check_index_type=False, rtol=1e-12)


@pytest.mark.real_data
def test_real_funnel_by_agent_against_independent_sql(real_data: Path) -> None:
    path = real_data / "maven_crm" / "sales_pipeline.csv"
    raw = pd.read_csv(path, parse_dates=["engage_date", "close_date"])
    frame = raw.rename(columns={"deal_stage": "stage", "close_value": "value", "engage_date": "created"})
    rows = funnel(read_deals(frame, MAVEN_STAGES, pd.Timestamp("2017-12-31")), MAVEN_STAGES, ["sales_agent"])
    ours = rows[rows["deals"] > 0].set_index(["sales_agent", "stage"])[["deals", "value"]].sort_index()
    truth = (
        duckdb.sql(
            "SELECT sales_agent, deal_stage AS stage, count(*) AS deals, sum(close_value) AS value "
            f"FROM read_csv('{path.as_posix()}') GROUP BY ALL"
        )
        .df()
        .set_index(["sales_agent", "stage"])
        .sort_index()
    )
    assert len(ours) == len(truth) == 97
    assert ours["deals"].tolist() == truth["deals"].tolist()
    np.testing.assert_allclose(ours["value"].to_numpy(float), truth["value"].to_numpy(float))
