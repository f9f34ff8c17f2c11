"""The results of money and selling on the demonstration company: sums that must agree with sums told elsewhere."""

from functools import cache

import numpy as np
import pandas as pd
import pytest

from xlsales import demo, steps, validate
from xlsales.schema import results_money, results_selling
from xlsales.worded import worded

DECLARED = (*results_money.TABLES, *results_selling.TABLES)
# the company's books are in order
NOTHING_WRONG = {"mixed_units", "unknown_cost", "below_cost", "deal_problems", "restatements"}


@cache
def outcome() -> steps.Outcome:
    checked = validate.validate_all(demo.tables("en"))
    return steps.run(checked.tables, checked.settings)


def found(key: str) -> pd.DataFrame:
    return outcome().results[key]


def test_only_a_history_that_tells_nothing_is_refused() -> None:
    """Deals of the demonstration are won by chance, so their history has no skill and gives no chances."""
    assert outcome().refused == []
    assert [(step, refusal.code) for step, refusal in outcome().notes] == [("win_chances", "history_without_skill")]
    assert found("win_chances")["history_chance"].isna().all()
    assert (found("calibration")["skill"] < 0).all()


@pytest.mark.parametrize("table", DECLARED, ids=lambda table: table.key)
def test_every_declared_column_is_given_and_every_key_is_one_row(table) -> None:
    frame = found(table.key)
    assert [column.key for column in table.columns if column.key not in frame] == []
    assert not frame.duplicated(list(table.keys)).any()
    assert frame.empty == (table.key in NOTHING_WRONG)


def test_all_cash_received_is_collected_by_somebody() -> None:
    receipts = found("cash")["collections"].sum()
    five = found("five_quantities")
    whole = five[(five["dimension"] == "company") & (five["period"] == "")]["collections"].item()
    customers = five[(five["dimension"] == "customer") & (five["period"] == "")]["collections"].sum()
    assert whole == pytest.approx(receipts, abs=0.005)
    assert customers == pytest.approx(receipts, abs=0.05)


@pytest.mark.parametrize("measure", ["sales", "margin"])
@pytest.mark.parametrize("dimension", ["region", "product_line"])
def test_bridges_by_member_add_to_the_company_s(dimension: str, measure: str) -> None:
    whole = found("bridge").query("measure == @measure").set_index("effect")["amount"]
    parts = found("bridge_by").query("measure == @measure and dimension == @dimension")
    assert parts["base_amount"].sum() == pytest.approx(whole["base"], abs=0.1)
    assert parts["change"].sum() == pytest.approx(whole["total"], abs=0.1)
    assert parts["actual_amount"].sum() == pytest.approx(whole["actual"], abs=0.1)
    effects = [name for name in parts if name.startswith("effect_")]
    assert parts[effects].sum(axis=1).to_numpy() == pytest.approx(parts["change"].to_numpy(), abs=0.005)


def test_the_last_month_of_the_trend_ends_with_what_the_ageing_says() -> None:
    last = found("dso_trend").iloc[-1]
    assert last["period"] == "2026-09"
    assert last["receivable"] == pytest.approx(found("ageing")["outstanding"].sum(), abs=0.05)
    assert found("dso_trend")["collected"].iloc[-9:].sum() == pytest.approx(
        found("collections_report").query("dimension == 'company'")["collected"].item(), abs=0.05
    )


def test_comparisons_say_what_the_five_quantities_say() -> None:
    five = found("five_quantities").query("dimension == 'company'").set_index("period")["sales"]
    rows = found("comparisons").query("dimension == 'company' and measure == 'sales'").set_index("span")
    assert rows.loc["month", ["actual", "last_year", "previous"]].tolist() == pytest.approx(
        [five["2026-09"], five["2025-09"], five["2026-08"]]
    )
    assert rows.loc["quarter", "previous"] == pytest.approx(five[["2026-04", "2026-05", "2026-06"]].sum())
    months = [f"2025-{month}" for month in (10, 11, 12)] + [f"2026-{month:02d}" for month in range(1, 10)]
    assert rows.loc["rolling_12", "actual"] == pytest.approx(five[months].sum())
    assert rows.loc["year_to_date", "last_year"] == pytest.approx(found("bridge").iloc[0]["amount"], abs=0.005)


def test_open_deals_by_month_are_all_open_deals() -> None:
    deals = found("deals")
    months = found("pipeline_months")
    assert months["deals"].sum() == deals["is_open"].sum()
    assert months["open"].sum() == pytest.approx(deals.loc[deals["is_open"], "value"].sum())
    assert found("lost_reasons")["deals"].sum() == found("competitors")["deals"].sum() == deals["is_lost"].sum()


def test_what_is_left_of_the_plan_covers_the_months_to_come() -> None:
    plan = found("plan")
    ahead = plan[(plan["measure"] == "sales") & plan["salesperson"].notna() & (plan["period"] > "2026-09")]
    assert found("coverage")["target_left"].sum() == pytest.approx(ahead["value"].sum())


def test_a_blended_landing_lies_in_its_interval_and_above_the_actual() -> None:
    pace = found("pace").query("measure == 'sales'").dropna(subset=["landing_blended"])
    assert len(pace) > 20
    assert (pace["landing_blended"] >= pace["actual"]).all()
    assert (pace["landing_low"] <= pace["landing_high"]).all()
    due = found("deals").query("is_open and close_date <= '2026-12-31'")
    whole = pace[pace["scope"] == "company"].iloc[0]
    assert whole["weighted_due"] == pytest.approx(due["weighted"].sum())


def test_offers_are_never_what_the_customer_has() -> None:
    lines = found("whole_lines")
    bought = set(
        map(tuple, lines.loc[(lines["date"] > "2025-09-30") & (lines["sales"] > 0), ["customer", "product"]].to_numpy())
    )
    offered = set(map(tuple, found("next_products")[["customer", "product"]].to_numpy()))
    assert offered
    assert offered & bought == set()


def test_a_market_whose_period_runs_has_no_share_yet() -> None:
    market = found("market_view")
    assert market.loc[market["period"] == "2026", "market_share"].isna().all()
    past = market[market["period"] == "2025"]
    assert np.allclose(past["market_share"], past["sales"] / past["market_size"])


def test_bands_of_discount_add_to_the_sales_of_the_year() -> None:
    five = found("five_quantities").query("dimension == 'company' and period == '2026'")["sales"].item()
    bands = found("discount_view").groupby("dimension")["sales"].sum()
    assert bands[["company", "salesperson"]].tolist() == pytest.approx([five, five])
    assert found("price_view").query("dimension == 'product'")["sales"].sum() == pytest.approx(five)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_missing_columns_are_named_by_their_headings(lang: str) -> None:
    told = worded({"deal_problems": pd.DataFrame({"missing": ["salesperson", "own column"]})}, lang)
    assert told["deal_problems"]["missing"].tolist() == [{"en": "Salesperson", "zh": "销售人员"}[lang], "own column"]


def test_cash_beside_last_year_is_the_same_on_every_sheet() -> None:
    trend, report = found("dso_trend"), found("collections_report")
    assert trend["collected_previous"].iloc[1:].to_numpy() == pytest.approx(trend["collected"].iloc[:-1].to_numpy())
    assert trend["collected_year_to_date"].iloc[-1] == pytest.approx(trend["collected"].iloc[-9:].sum())
    assert trend["collected_rolling_12"].iloc[-1] == pytest.approx(trend["collected"].sum())
    five = found("five_quantities").query("dimension == 'company' and period == '2026'").iloc[0]
    whole = report[report["dimension"] == "company"].iloc[0]
    for time in ("last_year", "rolling_12"):
        assert whole["collected_" + time] == pytest.approx(five["collections_" + time])
        parts = report[report["dimension"] == "customer"]["collected_" + time].sum()
        assert parts == pytest.approx(whole["collected_" + time])


@pytest.mark.parametrize("dimension", ["customer", "product", "salesperson"])
def test_margin_beside_last_year_adds_up_to_the_company(dimension: str) -> None:
    """Customers who bought last year and nothing since count in last year's figure."""
    five = found("five_quantities").query("dimension == 'company' and period == '2026'").iloc[0]
    rows = found("margin_report").query("dimension == @dimension")
    for name in ("sales", "margin"):
        assert rows[f"{name}_year_to_date"].sum() == pytest.approx(five[name])
        for time in ("last_year", "rolling_12"):
            assert rows[f"{name}_{time}"].sum() == pytest.approx(five[f"{name}_{time}"])
