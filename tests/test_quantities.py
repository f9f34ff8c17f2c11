"""The five quantities: from typed lines, on two engines, by anything."""

from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.examples import example
from tests.test_variance import adventure_works
from xlsales.core.money_rules import MoneyRules
from xlsales.core.order_lines import order_measures
from xlsales.core.quantities import five_quantities, mixed_units, split_credit, without_cost
from xlsales.core.refusal import Refusal

DAY = pd.Timestamp("2026-01-15")


def one(rules: MoneyRules | None = None, tables: dict[str, pd.DataFrame] | None = None, **line: object) -> pd.Series:
    """The measures of one line."""
    orders = pd.DataFrame([{"order": "O", "line": 1, "date": DAY, **line}])
    return order_measures(orders, **(tables or {}), rules=rules or MoneyRules()).iloc[0]


def test_the_stated_amount_wins_over_price_times_quantity() -> None:
    assert one(quantity=3.0, unit_price=10.0, discount=0.1, amount=25.0)["sales"] == 25.0
    assert one(quantity=3.0, unit_price=10.0, discount=0.1)["sales"] == 27.0


@pytest.mark.parametrize("sign", [1, -1])
def test_a_return_reduces_whatever_sign_was_typed(sign: int) -> None:
    found = one(kind="return", quantity=2.0 * sign, amount=50.0 * sign, cost=30.0 * sign)
    assert (found["sales"], found["volume"], found["cost"], found["margin"]) == (-50.0, -2.0, -30.0, -20.0)


def test_tax_is_taken_out_of_prices_and_shown_beside() -> None:
    found = one(MoneyRules(prices_include_tax=True, tax_rate=0.13), quantity=1.0, unit_price=113.0)
    assert found["sales"] == pytest.approx(100.0)
    assert found["sales_with_tax"] == pytest.approx(113.0)
    found = one(MoneyRules(tax_rate=0.13), quantity=1.0, amount=100.0, tax=6.0)
    assert (found["sales"], found["sales_with_tax"]) == (100.0, 106.0)
    with pytest.raises(Refusal) as refused:
        one(MoneyRules(prices_include_tax=True), quantity=1.0, unit_price=113.0)
    assert refused.value.code == "tax_rate_missing"


def test_cost_goes_from_line_to_history_to_product() -> None:
    history = pd.DataFrame(
        {
            "product": "P",
            "valid_from": pd.to_datetime(["2026-01-01", "2026-01-15", "2026-02-01"]),
            "unit_cost": [5.0, 6.0, 7.0],
        }
    )
    products = pd.DataFrame({"product": ["P"], "unit_cost": [4.0]})
    tables = {"products": products, "cost_history": history}
    line = {"product": "P", "quantity": 2.0, "amount": 20.0}
    assert one(tables=tables, **line, cost=3.0, unit_cost=9.0)["cost"] == 3.0
    assert one(tables=tables, **line, unit_cost=9.0)["cost"] == 18.0
    assert one(tables=tables, **line)["cost"] == 12.0
    assert one(tables=tables, **{**line, "date": pd.Timestamp("2025-12-31")})["cost"] == 8.0
    assert np.isnan(one(**line)["margin"])


def test_volume_is_in_the_base_unit_or_refused() -> None:
    products = pd.DataFrame({"product": ["P"], "unit": ["pcs"], "unit_cost": [2.0]})
    factor = pd.DataFrame({"product": ["P"], "unit": ["box"], "factor": [12.0]})
    line = {"product": "P", "unit": "box", "quantity": 2.0, "amount": 100.0}
    found = one(tables={"products": products, "unit_conversions": factor}, **line)
    assert (found["volume"], found["base_unit"], found["cost"]) == (24.0, "pcs", 48.0)
    with pytest.raises(Refusal) as refused:
        one(tables={"products": products}, **line)
    assert refused.value.code == "no_unit_conversion"
    assert refused.value.facts["unit"] == "box"


def test_currencies_are_converted_at_the_rate_of_the_day_or_the_mean_of_the_month() -> None:
    rates = pd.DataFrame({"currency": "USD", "date": pd.to_datetime(["2026-01-10", "2026-01-20"]), "rate": [7.0, 8.0]})
    line = {"amount": 10.0, "cost": 4.0, "quantity": 1.0, "currency": "USD"}
    assert one(MoneyRules(currency="CNY"), {"fx_rates": rates}, **line)["margin"] == 42.0
    assert one(MoneyRules(currency="CNY", fx="period_average"), {"fx_rates": rates}, **line)["margin"] == 45.0
    assert one(MoneyRules(currency="USD"), {"fx_rates": rates}, **line)["margin"] == 6.0
    for rules, tables in (
        (MoneyRules(currency="CNY"), {}),
        (MoneyRules(currency="CNY"), {"fx_rates": rates.assign(currency="EUR")}),
    ):
        with pytest.raises(Refusal) as refused:
            one(rules, tables, **line)
        assert refused.value.code == "rate_missing"


def test_a_key_that_would_double_lines_is_refused() -> None:
    products = pd.DataFrame({"product": ["P", "P"], "unit_cost": [1.0, 2.0]})
    with pytest.raises(Refusal) as refused:
        one(tables={"products": products}, product="P", quantity=1.0, amount=1.0)
    assert refused.value.code == "key_twice"


def test_unknown_cost_is_never_zero_and_is_said() -> None:
    lines = order_measures(
        pd.DataFrame(
            {
                "date": [DAY] * 3,
                "product": ["P", "P", "Q"],
                "quantity": 1.0,
                "amount": [10.0, 30.0, 5.0],
                "cost": [4.0, None, None],
            }
        )
    )
    table = five_quantities(lines, by=["product"]).set_index("product")
    assert table.loc["P", ["sales", "margin", "margin_rate"]].tolist() == [40.0, 6.0, 0.6]
    assert table.loc["Q", ["margin", "profit", "margin_rate"]].isna().all()
    assert without_cost(lines).loc[0, ["lines", "sales"]].tolist() == [2, 35.0]


def test_volumes_of_two_units_are_not_added() -> None:
    lines = order_measures(
        pd.DataFrame(
            {
                "date": DAY,
                "region": ["N", "N", "S"],
                "unit": ["kg", "pcs", "kg"],
                "quantity": [1.0, 2.0, 4.0],
                "amount": 1.0,
            }
        )
    )
    table = five_quantities(lines, by=["region"]).set_index("region")["volume"]
    assert np.isnan(table["N"])
    assert table["S"] == 4.0
    assert mixed_units(lines, ["region"])["units"].tolist() == ["kg, pcs"]


def test_split_credit_as_erpnext_publishes() -> None:
    given_, expected = example("ERPNext salesperson target variance with split credit")
    order = given_["order"]
    lines = order_measures(
        pd.DataFrame(
            {
                "order": ["O"],
                "line": [1],
                "date": [DAY],
                "salesperson": ["P1"],
                "quantity": [float(order["qty"])],
                "unit_price": [float(order["rate"])],
            }
        )
    )
    shares = pd.DataFrame(
        {
            "order": "O",
            "line": 1,
            "salesperson": list(given_["split"]),
            "share": [share / 100 for share in given_["split"].values()],
        }
    )
    volume = five_quantities(split_credit(lines, shares), by=["salesperson"]).set_index("salesperson")["volume"]
    assert volume["P1"] == expected["P1"]["achieved"]
    assert volume["P1"] - given_["target_qty"] == expected["P1"]["variance"]
    with pytest.raises(Refusal) as refused:
        split_credit(lines, shares.assign(share=[0.5, 0.4]))
    assert refused.value.code == "shares_not_whole"
    assert refused.value.facts["key"] == "O, 1"


def test_an_empty_table_is_nothing_at_all() -> None:
    lines = order_measures(pd.DataFrame({"date": pd.to_datetime([]), "quantity": [], "amount": [], "product": []}))
    assert five_quantities(lines, by=["product"], period="month").empty
    assert five_quantities(lines)["sales"].tolist() == [0.0]


def test_days_are_included_at_both_ends_and_times_of_day_count() -> None:
    dates = pd.to_datetime(["2026-01-31 23:59", "2026-02-01", "2026-02-28 18:00", "2026-03-01"], format="mixed")
    lines = order_measures(pd.DataFrame({"date": dates, "quantity": 1.0, "amount": [1.0, 2.0, 4.0, 8.0]}))
    found = five_quantities(lines, first=pd.Timestamp("2026-02-01"), last=pd.Timestamp("2026-02-28"))
    assert found["sales"].tolist() == [6.0]


names = st.sampled_from(["A", "B", "C", None])


@st.composite
def orders(draw: st.DrawFn) -> pd.DataFrame:
    size = draw(st.integers(1, 12))
    rows = [
        {
            "order": f"O{place}",
            "line": 1,
            "date": DAY + pd.Timedelta(days=draw(st.integers(-400, 400))),
            "product": draw(names),
            "region": draw(names),
            "channel": draw(names),
            "quantity": float(draw(st.integers(-9, 9))),
            "amount": draw(st.integers(-(10**6), 10**6)) / 100,
            "cost": draw(st.one_of(st.none(), st.integers(0, 10**6))),
            "kind": draw(st.sampled_from(["sale", "return", None])),
            "unit": draw(st.sampled_from(["kg", "pcs"])),
            "expense": draw(st.one_of(st.none(), st.integers(0, 10**4))),
        }
        for place in range(size)
    ]
    table = pd.DataFrame(rows).astype({"cost": float, "expense": float})
    return table.astype(dict.fromkeys(["product", "region", "channel", "kind", "unit"], "str"))


@settings(max_examples=25, deadline=None)
@given(
    orders(),
    st.sampled_from([[], ["product"], ["region", "channel"]]),
    st.sampled_from(["none", "week", "month", "quarter", "half", "year"]),
)
def test_duckdb_and_pandas_agree_to_the_cent_and_parts_add_up(table: pd.DataFrame, by: list[str], period: str) -> None:
    products = pd.DataFrame({"product": ["A", "B"], "unit": ["kg", "kg"], "unit_cost": [2.0, None]})
    factors = pd.DataFrame({"product": ["A", "B"], "unit": ["pcs", "pcs"], "factor": [0.5, 2.0]})
    history = pd.DataFrame({"product": "B", "valid_from": [DAY - pd.Timedelta(days=200), DAY], "unit_cost": [3.0, 4.0]})
    side = {"products": products, "unit_conversions": factors, "cost_history": history}
    lines = order_measures(table, **side)
    native = order_measures(duckdb.from_df(table), **{name: duckdb.from_df(frame) for name, frame in side.items()})
    ours, theirs = five_quantities(lines, by=by, period=period), five_quantities(native, by=by, period=period)
    pd.testing.assert_frame_equal(ours, theirs, check_dtype=False, atol=0.005, rtol=0)
    total = five_quantities(lines).iloc[0]
    for measure in ("sales", "margin", "profit"):
        parts = ours[measure]
        assert parts.sum() == pytest.approx(np.nan_to_num(total[measure]), abs=0.005)


@pytest.mark.real_data
def test_adventure_works_totals(real_data: Path) -> None:
    lines = adventure_works(real_data)
    total = five_quantities(lines).iloc[0]
    assert [round(total[name], 2) for name in ("sales", "volume", "margin")] == [80_450_596.98, 214_378, 470_482.60]
    parts = five_quantities(lines, by=["product"], period="month")
    assert parts["sales"].sum() == pytest.approx(80_450_596.98, abs=0.005)
