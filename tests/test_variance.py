"""The bridge: published examples, what must always hold, and a real company."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.examples import example
from xlsales.core.bridge_items import base_rates, lines_as_items
from xlsales.core.order_lines import order_measures
from xlsales.core.refusal import Refusal
from xlsales.core.variance import bridge, item_effects


def side(rows: dict[str, list[float]]) -> pd.DataFrame:
    return pd.DataFrame(
        {"item": list(rows), "quantity": [r[0] for r in rows.values()], "price": [r[1] for r in rows.values()]}
    )


def effects(base: pd.DataFrame, actual: pd.DataFrame, **how: object) -> dict[str, float]:
    return bridge(base, actual, **how).set_index("effect")["amount"].to_dict()


def test_quantity_and_mix_as_opentuition_publishes() -> None:
    given_, expected = example("Sales quantity and mix variance (OpenTuition)")
    actual = {name: [given_["actual_qty"][name], price] for name, (_, price) in given_["budget"].items()}
    found = effects(side(given_["budget"]), side(actual))
    assert (found["volume"], found["mix"]) == (expected["quantity"], expected["mix"])
    assert found["volume"] + found["mix"] == expected["volume_total"]


def test_sales_quantity_contribution_as_kaplan_publishes() -> None:
    given_, expected = example("Sales quantity contribution variance (Kaplan PM workbook p.290)")
    base = side(given_["budget"])
    grown = base.assign(quantity=[given_["actual_total"], 1e-300, 1e-300])
    found = item_effects(base, grown).set_index("item")["volume"]
    for name in given_["budget"]:
        assert found[name] == pytest.approx(expected[name], abs=1)
    assert found.sum() == pytest.approx(expected["total"], abs=1)
    mean = (base["quantity"] * base["price"]).sum() / base["quantity"].sum()
    assert mean == pytest.approx(expected["weighted_avg_contribution"], abs=0.1)


def test_new_lost_fx_and_other_have_their_own_line() -> None:
    columns = ["item", "quantity", "price", "rate"]
    base = pd.DataFrame([["go", 10, 2.0, 7.0], ["lost", 4, 5.0, 1.0], ["fee", -1, 3.0, 1.0]], columns=columns)
    actual = pd.DataFrame([["go", 10, 3.0, 8.0], ["new", 2, 6.0, 1.0], ["fee", -2, 3.0, 1.0]], columns=columns)
    found = effects(base, actual)
    assert found == {
        "price": 70.0,
        "volume": 0.0,
        "mix": 0.0,
        "new": 12.0,
        "lost": -20.0,
        "fx": 30.0,
        "other": -3.0,
        "total": 89.0,
    }


def test_units_are_never_added() -> None:
    base = side({"kg": [100, 1.0], "pcs": [10, 50.0]}).assign(unit=["kg", "pcs"])
    found = effects(base, base.assign(quantity=[200, 10]))
    assert (found["volume"], found["mix"]) == (100.0, 0.0)


number = st.integers(-5, 60)


@st.composite
def sides(draw: st.DrawFn) -> pd.DataFrame:
    items = draw(st.lists(st.sampled_from("ABCDEF"), unique=True, min_size=1))
    rows = [
        {
            "item": item,
            "quantity": float(draw(number)),
            "price": draw(st.integers(1, 999)) / 100,
            "cost": draw(st.integers(1, 999)) / 100,
            "rate": draw(st.sampled_from([1.0, 7.1, 0.13])),
            "unit": "kg" if item < "C" else "pcs",
            "region": "N" if item < "D" else "S",
        }
        for item in items
    ]
    return pd.DataFrame(rows)


@settings(max_examples=200, deadline=None)
@given(sides(), sides(), st.sampled_from(["sales", "margin"]))
def test_effects_add_to_the_difference(base: pd.DataFrame, actual: pd.DataFrame, measure: str) -> None:
    def total(table: pd.DataFrame) -> float:
        sales = (table["quantity"] * table["price"] * table["rate"]).sum()
        return float(sales - (table["quantity"] * table["cost"]).sum() if measure == "margin" else sales)

    difference = total(actual) - total(base)
    raw = bridge(base, actual, measure, unit=None).set_index("effect")["amount"]
    assert raw.drop("total").sum() == pytest.approx(difference, abs=1e-6)
    shown = bridge(base, actual, measure).set_index("effect")["amount"]
    cents = np.rint(shown * 100).astype(int)
    assert np.allclose(shown * 100, cents, atol=1e-6)
    assert cents.drop("total").sum() == cents["total"]
    assert abs(shown["total"] - difference) < 0.0051
    parts = bridge(base, actual, measure, by=["region"], unit=None)
    assert parts.groupby("effect")["amount"].sum()["total"] == pytest.approx(difference, abs=1e-6)
    # A dimension that the item decides splits every effect of the one bridge.
    assert (parts.groupby("effect")["amount"].sum() - raw).abs().max() < 1e-6


@st.composite
def foreign_lines(draw: st.DrawFn) -> pd.DataFrame:
    rows = []
    for _ in range(draw(st.integers(1, 8))):
        currency = draw(st.sampled_from(["CNY", "USD", "EUR", None]))
        rate = draw(st.integers(500, 900)) / 100 if currency in {"USD", "EUR"} else 1.0
        volume = float(draw(st.integers(-3, 40)))
        sales = volume * draw(st.integers(1, 999)) / 100 * rate
        cost = volume * draw(st.integers(1, 99)) / 100
        rows.append([draw(st.sampled_from("ABC")), draw(st.sampled_from("NS")), currency, rate, volume, sales, cost])
    columns = ["product", "region", "currency", "rate", "volume", "sales", "cost"]
    return pd.DataFrame(rows, columns=columns).astype({"currency": "str"})


@settings(max_examples=200, deadline=None)
@given(foreign_lines(), foreign_lines(), st.sampled_from(["sales", "margin"]))
def test_exchange_is_apart_and_exact_where_items_have_several_currencies(
    then: pd.DataFrame, now: pd.DataFrame, measure: str
) -> None:
    rates = base_rates(then, now)
    if rates is None:
        assert (then["rate"] == 1.0).all()
        assert (now["rate"] == 1.0).all()
        return
    found = effects(lines_as_items(then), lines_as_items(now, rates=rates), measure=measure, unit=None)
    difference = now["sales"].sum() - then["sales"].sum()
    difference -= (now["cost"].sum() - then["cost"].sum()) if measure == "margin" else 0.0
    assert found["total"] == pytest.approx(difference, abs=1e-6)
    assert sum(amount for name, amount in found.items() if name != "total") == pytest.approx(difference, abs=1e-6)
    oracle = 0.0
    for row in now.to_dict("records"):
        before = then[then["currency"].fillna("") == ("" if pd.isna(row["currency"]) else row["currency"])]
        if len(before):
            local = (before["sales"] / before["rate"]).sum()
            mean = before["sales"].sum() / local if local else before["rate"].mean()
            if not before["rate"].min() - 1e-9 <= mean <= before["rate"].max() + 1e-9:
                mean = before["rate"].mean()
            oracle += row["sales"] / row["rate"] * (row["rate"] - mean)
    assert found["fx"] == pytest.approx(oracle, abs=1e-6)
    parts = [lines_as_items(then, by=["region"]), lines_as_items(now, by=["region"], rates=rates)]
    by_region = bridge(*parts, measure, by=["region"], unit=None).groupby("effect")["amount"].sum()
    assert by_region["fx"] == pytest.approx(found["fx"], abs=1e-6)
    assert by_region["total"] == pytest.approx(difference, abs=1e-6)


def test_the_same_prices_at_another_rate_are_an_exchange_effect_alone() -> None:
    columns = ["product", "currency", "rate", "volume", "sales", "cost"]
    then = pd.DataFrame([["P", "USD", 7.0, 10.0, 700.0, 300.0], ["P", "CNY", 1.0, 5.0, 350.0, 150.0]], columns=columns)
    now = then.assign(rate=[7.5, 1.0], sales=[750.0, 350.0])
    found = effects(lines_as_items(then), lines_as_items(now, rates=base_rates(then, now)), measure="margin")
    assert found["fx"] == 50.0
    assert {name for name, amount in found.items() if amount} == {"fx", "total"}


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"quantity": [np.nan]}, "bridge_quantity_missing"),
        ({"price": [np.nan]}, "bridge_value_missing"),
        ({"rate": [2.0]}, "columns_missing"),
    ],
)
def test_a_bridge_that_would_guess_is_refused(change: dict[str, object], code: str) -> None:
    base = side({"A": [1, 2.0]})
    with pytest.raises(Refusal) as refused:
        bridge(base, base.assign(**change))
    assert refused.value.code == code


def adventure_works(folder: Path) -> pd.DataFrame:
    works = folder / "adventureworks"
    lines = pd.read_csv(works / "FactResellerSales.csv", parse_dates=["OrderDate"])
    products = pd.read_csv(works / "DimProduct.csv")[["ProductKey", "ProductAlternateKey"]]
    lines = lines.merge(products, on="ProductKey", validate="many_to_one")
    names = {
        "OrderDate": "date",
        "ProductAlternateKey": "product",
        "OrderQuantity": "quantity",
        "SalesAmount": "amount",
        "TotalProductCost": "cost",
        "SalesOrderNumber": "order",
        "SalesOrderLineNumber": "line",
    }
    lines = lines.rename(columns=names)
    return order_measures(lines[[*names.values(), "SalesTerritoryKey", "ResellerKey"]])


@pytest.mark.real_data
def test_adventure_works_2012_to_2013(real_data: Path) -> None:
    lines = adventure_works(real_data)
    years = [lines_as_items(lines[lines["date"].dt.year == year]) for year in (2012, 2013)]
    margin = effects(*years, measure="margin")
    assert margin["total"] == -1_407_769.04
    assert margin["cost"] == -1_702_342.67
    sales = effects(*years)
    totals = [side_["amount"].sum() for side_ in years]
    assert sales["total"] == pytest.approx(totals[1] - totals[0], abs=0.005)
    for found in (margin, sales):
        cents = {name: round(amount * 100) for name, amount in found.items()}
        assert sum(cents.values()) == 2 * cents["total"]
