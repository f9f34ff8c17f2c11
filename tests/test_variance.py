"""The bridge: published examples, what must always hold, and a real company."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.examples import example
from xlsales.core.order_lines import order_measures
from xlsales.core.refusal import Refusal
from xlsales.core.variance import bridge, item_effects, lines_as_items


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
