"""From typed tables to what the manager sees: contacts, deals, quotes, orders, satisfaction, promotions, markets."""

from functools import cache

import numpy as np
import pandas as pd
import pytest

from xlsales import steps, validate
from xlsales.build.styles import Styles
from xlsales.core.reverse_funnel import reverse_funnel
from xlsales.problems import Problem
from xlsales.worded import worded

AS_OF = "2026-03-16"


def person(code: str, name: str, region: str) -> dict[str, object]:
    return {"salesperson": code, "name": name, "region": region, "role": "rep"}


def masters() -> dict[str, pd.DataFrame]:
    settings = {"company": "Small Ltd", "as_of": AS_OF, "currency": "EUR", "country": "DE", "tax_rate": 0}
    products = {"product": ["P", "Q"], "name": ["Pump", "Valve"], "list_price": [100, 50], "unit_cost": [60, 30]}
    return {
        "settings": pd.DataFrame({"setting": list(settings), "value": [str(value) for value in settings.values()]}),
        "regions": pd.DataFrame({"region": ["N", "S"], "name": ["North", "South"]}),
        "channels": pd.DataFrame({"channel": ["web", "shop"]}),
        "salespeople": pd.DataFrame([person("ann", "Ann", "N"), person("bob", "Bob", "S")]),
        "customers": pd.DataFrame(
            {"customer": ["c1", "c2"], "name": ["One", "Two"], "region": ["N", "S"], "salesperson": ["ann", "bob"]}
        ),
        "products": pd.DataFrame(products),
    }


def orders() -> pd.DataFrame:
    rows = [
        ("o1", "2026-01-20", "c1", "P", "web", 10, 90, None, "q1"),
        ("o1", "2026-01-20", "c1", "Q", "web", 10, 50, None, "q1"),
        ("o2", "2026-02-10", "c2", "P", "shop", 5, 100, "adv", None),
        ("o3", "2025-12-05", "c2", "P", "shop", 28, 100, None, None),
        ("o4", "2025-03-05", "c1", "P", "web", 2, 100, None, None),
    ]
    names = ["order", "date", "customer", "product", "channel", "quantity", "unit_price", "promotion", "quote"]
    frame = pd.DataFrame(rows, columns=names)
    return frame.assign(line=["1", "2", "1", "1", "1"])


def deals() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "opportunity": ["won", "open", "bare", "undated", "ownerless", "asked"],
            "customer": ["c1", "c2", "c1", "c1", "c2", "c2"],
            "salesperson": ["ann", "bob", "ann", "ann", None, "bob"],
            "stage": ["won", "proposal", "proposal", "negotiation", "qualified", "negotiation"],
            "value": [1400, 800, None, 700, 300, 200],
            "created": ["2026-01-02"] * 6,
            "close_date": ["2026-01-20", "2026-03-25", "2026-03-30", None, "2026-04-01", "2026-04-02"],
            "next_step": ["", "Call", "Call", "Call", "Call", "Call"],
            "decision_maker": [None, None, None, None, None, "Mr X"],
        }
    )


def quotes() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "quote": ["q1", "q2"],
            "opportunity": ["won", "open"],
            "customer": ["c1", "c2"],
            "date": ["2026-01-10", "2026-03-01"],
            "valid_until": ["2026-02-10", "2026-03-10"],
            "product": ["P", "P"],
            "quantity": [10, 8],
            "price": [140, 100],
            "status": ["accepted", "sent"],
        }
    )


def log() -> pd.DataFrame:
    visits = [("c1", "ann", f"2026-03-{day:02d}", "visit") for day in (2, 4, 6, 9, 11)]
    rows = [*visits, ("c2", "bob", "2026-03-03 16:30", "visit"), ("c2", "bob", "2026-02-03", "call")]
    frame = pd.DataFrame(rows, columns=["party", "salesperson", "at", "kind"])
    return frame.assign(interaction=[f"i{number}" for number in range(len(frame))])


def tables() -> dict[str, pd.DataFrame]:
    stages = {
        "stage": ["qualified", "proposal", "negotiation", "won", "lost"],
        "order": [1, 2, 3, 4, 5],
        "probability": [0.2, 0.5, 0.8, 1, 0],
        "category": ["pipeline", "best_case", "commit", "won", "lost"],
        "exit_requirement": [None, "decision_maker", None, None, None],
    }
    survey = [("c1", f"{year}-{month}", score) for year, month, score in
              (("2025", "02-10", 9), ("2025", "11-10", 8), ("2026", "02-10", 5))]  # fmt: skip
    plan = [(who, "visit", month, 10) for who in ("ann", "bob") for month in ("2026-03", "2026-04")]
    goals = [("sales", "salesperson", "ann", "2026", 5000), ("sales", "salesperson", "bob", "2026", 5000),
             ("visits", "salesperson", "bob", "2026Q1", 30), ("market_share", "region", "N", "2025", 0.3)]  # fmt: skip
    return {
        **masters(),
        "orders": orders(),
        "opportunities": deals(),
        "quotes": quotes(),
        "stages": pd.DataFrame(stages),
        "interactions": log(),
        "activity_plan": pd.DataFrame(plan, columns=["salesperson", "activity", "period", "planned"]),
        "targets": pd.DataFrame(goals, columns=["measure", "scope", "member", "period", "target"]),
        "satisfaction": pd.DataFrame(survey, columns=["customer", "date", "score"]).assign(scale_max=10),
        "promotions": pd.DataFrame(
            {"promotion": ["adv"], "kind": ["advertising"], "product": ["P"], "from": ["2026-02-01"],
             "to": ["2026-02-10"], "cost": [50]}
        ),
        "market": pd.DataFrame({"region": ["N"], "period": ["2025"], "market_size": [1000]}),
    }  # fmt: skip


@cache
def run() -> tuple[dict[str, pd.DataFrame], tuple[Problem, ...]]:
    checked = validate.validate_all(tables(), lang="en")
    return steps.run(checked.tables, checked.settings).results, tuple(checked.problems)


def found(table: str) -> pd.DataFrame:
    return run()[0][table]


# Deals that lack something


@pytest.mark.parametrize(
    ("opportunity", "column", "code", "row", "money"),
    [
        ("bare", "value", "stage_needs_value", 4, None),
        ("undated", "close_date", "stage_needs_date", 5, 700),
        ("ownerless", "salesperson", "opportunity_without_owner", 6, None),
    ],
)
def test_a_deal_without_value_date_or_owner_is_a_problem_with_its_place(
    opportunity: str, column: str, code: str, row: int, money: float | None
) -> None:
    told = [problem for problem in run()[1] if problem.code == code]
    assert [(problem.table, problem.column, problem.row, problem.money) for problem in told] == [
        ("opportunities", column, row, money)
    ], opportunity


def test_what_a_deal_lacks_is_never_a_zero() -> None:
    assert set(found("deals")["opportunity"]) == {"won", "open", "ownerless", "asked"}, "left out, in the open"
    company = found("pipeline_summary").query("scope == 'company'").iloc[0]
    assert company["deals"] == 3
    assert company["open"] == 800 + 300 + 200


def test_a_deal_of_nobody_stays_in_the_sum_and_on_the_list_to_do() -> None:
    listed = found("deal_problems").set_index(["opportunity", "problem"])
    row = listed.loc[("ownerless", "owner_missing")]
    assert (row["stage"], row["value"]) == ("qualified", 300)
    people = found("pipeline_summary").query("scope == 'salesperson'")
    assert people["open"].sum() == 800 + 300 + 200


def test_what_the_exit_of_an_earlier_stage_asks_for_is_checked() -> None:
    listed = found("deal_problems")
    assert listed[listed["problem"] == "exit_requirement"].empty, "asked names one, open is still in proposal"
    later = {**tables(), "opportunities": deals().assign(decision_maker=None)}
    checked = validate.validate_all(later, lang="en")
    again = steps.run(checked.tables, checked.settings, wanted={"deal_problems"}).results["deal_problems"]
    missing = again[again["problem"] == "exit_requirement"]
    assert missing[["opportunity", "missing"]].to_numpy().tolist() == [["asked", "decision_maker"]]


# Quote and order


def test_opportunity_quote_and_order_are_one_line() -> None:
    chain = found("deal_chain").set_index("opportunity")
    won = chain.loc["won"]
    assert (won["quote"], won["quoted"], won["quote_status"]) == ("q1", 1400, "accepted")
    assert (won["order_lines"], won["ordered"], won["chain_state"]) == (2, 10 * 90 + 10 * 50, "")
    assert chain.loc["open", "chain_state"] == "quote_expired"
    assert chain.loc["open", ["order_lines"]].tolist() == [0]
    assert chain.loc["asked", "chain_state"] == "not_quoted"


# The contact log is the actual of activities


def test_the_contact_log_is_the_actual_of_targets_and_plans() -> None:
    visits = found("attainment").query("measure == 'visits' and level == 'row'").iloc[0]
    assert (visits["member"], visits["actual"]) == ("bob", 1)
    effect = found("activity_effect").set_index("member")
    assert effect.loc["ann", "visits"] == 5
    assert effect.loc["bob", ["visits", "calls"]].tolist() == [1, 1]


def test_who_does_far_less_than_planned_to_the_day_is_an_alert_and_who_keeps_pace_is_none() -> None:
    """By 16 March 16/31 of March's 10 visits are due: 5.16. Ann made 5, Bob 1; April's are not due."""
    alerts = found("alerts").query("alert == 'activity_below_plan'")
    assert alerts[["member", "measure"]].to_numpy().tolist() == [["bob", "visits"]]
    assert alerts.iloc[0]["facts"]["planned"] == pytest.approx(10 * 16 / 31)
    assert alerts.iloc[0]["facts"]["done"] == 1
    for lang in ("en", "zh"):
        assert "5.2" in worded({"alerts": alerts}, lang)["alerts"].iloc[0]["reason"].replace("5.16", "5.2")


# Customers, markets, promotions, prices


def test_satisfaction_has_its_trend() -> None:
    rows = found("satisfaction_view").query("dimension == 'company'").set_index("period")
    assert rows["mean_score"].to_dict() == {"2025Q1": 9, "2025Q4": 8, "2026Q1": 5}
    assert rows.loc["2026Q1", "mean_score_previous"] == 8
    assert np.isnan(rows.loc["2026Q1", "mean_score_last_year"]), "the quarter still runs"


def test_advertising_has_cost_uplift_and_return() -> None:
    """The 28 days before February hold 10 pumps at 90; ten days of that are the usual sales of the promotion."""
    row = found("promotion_effects").iloc[0]
    assert (row["promotion"], row["kind"], row["cost"]) == ("adv", "advertising", 50)
    baseline = 900 / 28 * 10
    assert row["sales"] == 500
    assert row["baseline_sales"] == pytest.approx(baseline)
    assert row["uplift"] == pytest.approx(500 - baseline)
    margin = 5 * 40 - 10 * 30 / 28 * 10
    assert row["uplift_margin"] == pytest.approx(margin)
    assert row["return_rate"] == pytest.approx((margin - 50) / 50)


def test_share_of_a_market_stands_against_its_target() -> None:
    row = found("market_view").iloc[0]
    assert (row["sales"], row["market_share"], row["target_share"]) == (200, 0.2, 0.3)
    assert row["missing_sales"] == pytest.approx(100)


def test_prices_against_the_list_and_bands_of_discount_by_channel() -> None:
    prices = found("price_view")
    assert "channel" in set(prices["dimension"])
    web = prices[(prices["dimension"] == "channel") & (prices["member"] == "web")].iloc[0]
    assert web["average_discount"] == pytest.approx(1 - 1400 / 1500), "sold at 1 400 what the list has at 1 500"
    bands = found("discount_view")
    whole = bands[bands["dimension"] == "company"]["sales"].sum()
    assert whole == 1400 + 500
    assert bands[bands["dimension"] == "channel"]["sales"].sum() == pytest.approx(whole)


def test_where_no_visit_is_recorded_nobody_knows_how_many_it_takes() -> None:
    left = pd.DataFrame({"member": [""], "left": [1000.0], "open_deals": [0.0]})
    rates = {"member": "", "won_deals": 10.0, "won_value": 1000.0, "lost_deals": 30.0, "customers": 5.0,
             "visits": 0.0, "opportunities": 40.0}  # fmt: skip
    row = reverse_funnel(left, pd.DataFrame([rates]), 10).iloc[0]
    assert row["deals"] == 10
    assert row[["visits_per_opportunity", "visits", "visits_per_week"]].isna().all()


def test_a_deal_worth_nothing_shows_a_dash_and_money_elsewhere_does_not() -> None:
    styles = Styles(None, "en", 1)
    assert styles.number_format("money", "weighted").endswith('"–"')
    assert "–" not in styles.number_format("money", "sales")
