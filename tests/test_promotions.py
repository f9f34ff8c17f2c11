"""What promotions brought, and what prices were paid."""

import numpy as np
import pandas as pd
import pytest

from xlsales.core.promotions import discount_bands, price_against_list, promotion_effects
from xlsales.core.refusal import Refusal

AS_OF = pd.Timestamp("2026-12-31")


def daily(sales: float = 10.0, promoted: float = 15.0) -> pd.DataFrame:
    """Product x sells 10 a day, 15 on the ten days from 1 March; product y always 100. The margin is 40 %."""
    dates = pd.date_range("2026-01-01", "2026-04-30")
    amounts = np.where((dates >= "2026-03-01") & (dates <= "2026-03-10"), promoted, sales)
    frame = pd.concat(
        [
            pd.DataFrame({"date": dates, "product": "x", "region": "N", "sales": amounts}),
            pd.DataFrame({"date": dates, "product": "y", "region": "N", "sales": 100.0}),
        ]
    )
    return frame.assign(margin=frame["sales"] * 0.4)


def offer(**cells: object) -> pd.DataFrame:
    plain = {
        "promotion": "P1",
        "product": "x",
        "region": None,
        "from": pd.Timestamp("2026-03-01"),
        "to": pd.Timestamp("2026-03-10"),
        "cost": 8.0,
    }
    return pd.DataFrame([plain | cells])


def test_uplift_and_return_by_hand() -> None:
    row = promotion_effects(offer(), daily(), AS_OF).iloc[0]
    assert row[["days", "sales", "baseline_days", "baseline_sales", "uplift"]].tolist() == [10, 150, 28, 100, 50]
    assert row["uplift_share"] == 0.5
    assert row["uplift_margin"] == pytest.approx(20)
    assert row["return"] == pytest.approx(1.5)


def test_a_running_promotion_counts_its_elapsed_days() -> None:
    row = promotion_effects(offer(), daily(), pd.Timestamp("2026-03-04")).iloc[0]
    assert row[["days", "sales", "baseline_sales"]].tolist() == [4, 60, 40]


def test_days_of_another_promotion_for_the_same_product_are_no_baseline() -> None:
    lines = daily()
    lines.loc[
        (lines["product"] == "x") & (lines["date"] >= "2026-02-20") & (lines["date"] <= "2026-02-28"), "sales"
    ] = 500
    both = pd.concat(
        [offer(), offer(promotion="P0", **{"from": pd.Timestamp("2026-02-20"), "to": pd.Timestamp("2026-02-28")})]
    )
    row = promotion_effects(both, lines, AS_OF).iloc[0]
    assert row["baseline_days"] == 19
    assert row["baseline_sales"] == pytest.approx(100)
    other = both.assign(product=["x", "y"])
    assert promotion_effects(other, lines, AS_OF)["baseline_days"].tolist()[0] == 28


def test_without_enough_baseline_the_uplift_is_blank() -> None:
    early = offer(**{"from": pd.Timestamp("2026-01-05"), "to": pd.Timestamp("2026-01-10")})
    row = promotion_effects(early, daily(), AS_OF).iloc[0]
    assert row["baseline_days"] == 4
    assert row["sales"] == 60
    assert np.isnan(row["uplift"])
    assert np.isnan(row["return"])
    assert np.isnan(promotion_effects(offer(), daily(), AS_OF, "last_year")["uplift"][0])


def test_last_year_compares_the_same_days_of_the_week() -> None:
    lines = daily()
    before = lines.assign(date=lines["date"] - pd.Timedelta(days=364), sales=lines["sales"] / 2, margin=0.0)
    row = promotion_effects(offer(), pd.concat([before, lines]), AS_OF, "last_year").iloc[0]
    assert row["baseline_sales"] == 75


def test_unknown_cost_is_no_return() -> None:
    row = promotion_effects(offer(cost=None), daily(), AS_OF).iloc[0]
    assert np.isnan(row["return"])
    assert row["uplift"] == 50


def test_before_the_start_there_is_nothing_to_say() -> None:
    row = promotion_effects(offer(), daily(), pd.Timestamp("2026-02-20")).iloc[0]
    assert row["days"] == 0
    assert np.isnan(row["sales"])
    assert np.isnan(row["uplift"])


def test_discount_bands_add_up_and_hold_their_lower_end() -> None:
    lines = pd.DataFrame(
        {
            "discount": [0.1, 0.0999, -0.02, np.nan, 0.5],
            "sales": [10.0, 20.0, 30.0, 40.0, 100.0],
            "margin": [1.0, 2.0, 3.0, np.nan, 5.0],
            "channel": ["a"] * 4 + ["b"],
        }
    )
    rows = discount_bands(lines)
    assert rows["from_discount"].tolist()[:4] == [-np.inf, 0.05, 0.1, 0.3]
    assert rows["sales"].sum() == 200
    assert np.isnan(rows["margin"].iloc[-1])
    by = discount_bands(lines, ["channel"])
    assert by.groupby("channel")["share"].sum().tolist() == pytest.approx([1, 1])


def test_price_index_leaves_products_without_list_price_apart() -> None:
    lines = pd.DataFrame(
        {
            "product": ["x", "y", "z"],
            "volume": [10.0, 1.0, 5.0],
            "sales": [90.0, 40.0, 7.0],
            "channel": ["a", "b", "b"],
        }
    )
    products = pd.DataFrame({"product": ["x", "y", "z"], "list_price": [10.0, 50.0, np.nan]})
    rows = price_against_list(lines, products, ["channel"]).set_index("channel")
    assert rows["price_index"].tolist() == pytest.approx([0.9, 0.8])
    assert rows.loc["b", "sales_without_list"] == 7
    assert rows.loc["a", ["average_price", "average_list_price"]].tolist() == [9, 10]
    assert np.isnan(rows.loc["b", "average_price"])


@pytest.mark.parametrize(
    ("call", "code"),
    [
        (lambda: promotion_effects(offer(), daily(), AS_OF, "never"), "promotion_baseline"),
        (lambda: promotion_effects(offer().drop(columns="to"), daily(), AS_OF), "columns_missing"),
        (lambda: promotion_effects(offer(), daily().assign(sales=np.nan), AS_OF), "lines_blank"),
        (lambda: discount_bands(daily(), edges=(0.1, 0.1)), "bands_not_rising"),
        (lambda: discount_bands(daily()), "columns_missing"),
        (
            lambda: price_against_list(
                daily().assign(volume=1.0), pd.DataFrame({"product": ["x", "x"], "list_price": 1.0}), ["region"]
            ),
            "product_twice",
        ),
    ],
)
def test_refusals(call, code: str) -> None:
    with pytest.raises(Refusal) as caught:
        call()
    assert caught.value.code == code
