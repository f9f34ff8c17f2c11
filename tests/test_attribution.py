"""Cash by dimension: to the cent, whatever was paid for what."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.test_settlement import ledgers, on
from xlsales.core.attribution import attribute_collections, orders_as_invoices
from xlsales.core.expenses import allocate_expense
from xlsales.core.order_lines import order_measures
from xlsales.core.owners import owner_on
from xlsales.core.quantities import five_quantities
from xlsales.core.refusal import Refusal
from xlsales.core.settlement import settle


@st.composite
def order_lines(draw: st.DrawFn) -> pd.DataFrame:
    rows = [
        {
            "order": draw(st.sampled_from(["O1", "O2", "O3"])),
            "line": place,
            "date": on(0),
            "quantity": 1.0,
            "customer": "C1",
            "product": draw(st.sampled_from(["P", "Q", None])),
            "amount": draw(st.integers(-50, 500)) / 100,
        }
        for place in range(draw(st.integers(1, 6)))
    ]
    return order_measures(pd.DataFrame(rows))


@settings(max_examples=15, deadline=None)
@given(ledgers(), order_lines(), st.integers(0, 45))
def test_collections_by_anything_add_to_the_receipts(
    ledger: tuple[pd.DataFrame, pd.DataFrame], lines: pd.DataFrame, day: int
) -> None:
    invoices, receipts = ledger
    own = pd.DataFrame({"invoice": ["I0", "I0", "I9"], "product": ["R", "S", "T"], "amount": [2.0, 1.0, 5.0]})
    parts = attribute_collections(settle(invoices, receipts, on(day)), invoices, own, lines)
    counted = receipts[receipts["date"] <= on(day)]
    by_receipt = parts.groupby("receipt")["collections"].sum()
    for name, amount in counted.groupby("receipt")["amount"].sum().items():
        assert by_receipt.get(name, 0.0) == pytest.approx(amount, abs=1e-9)
    assert np.allclose(parts["collections"] * 100, np.rint(parts["collections"].astype(float) * 100))
    for by in ([], ["product"], ["customer"], ["order", "product"]):
        table = five_quantities(lines, parts, by)
        assert table["collections"].sum() == pytest.approx(counted["amount"].sum(), abs=1e-9)


def test_an_invoice_splits_over_its_orders_lines_by_gross_amount() -> None:
    lines = order_measures(
        pd.DataFrame(
            {
                "order": "O",
                "line": [1, 2, 3],
                "date": [on(0)] * 3,
                "customer": "C",
                "product": ["P", "Q", "P"],
                "quantity": 1.0,
                "amount": [1.0, 1.0, 1.0],
            }
        )
    )
    invoices = pd.DataFrame({"customer": ["C"], "invoice": ["I"], "order": ["O"], "due_date": [on(9)], "amount": [3.0]})
    receipts = pd.DataFrame({"receipt": ["R"], "customer": ["C"], "date": [on(1)], "amount": [1.0]})
    parts = attribute_collections(settle(invoices, receipts), invoices, None, lines)
    assert parts["collections"].tolist() == [0.34, 0.33, 0.33]
    assert five_quantities(lines, parts, ["product"])["collections"].tolist() == [0.67, 0.33]


def test_without_invoices_cash_settles_orders() -> None:
    lines = order_measures(
        pd.DataFrame(
            {
                "order": ["O1", "O2"],
                "line": 1,
                "date": [on(0), on(5)],
                "customer": "C",
                "product": ["P", "Q"],
                "quantity": 1.0,
                "amount": [10.0, 20.0],
            }
        )
    )
    receipts = pd.DataFrame({"receipt": ["R"], "customer": ["C"], "date": [on(6)], "amount": [12.0], "order": ["O2"]})
    invoices = orders_as_invoices(lines)
    parts = attribute_collections(settle(invoices, receipts), invoices, None, lines)
    assert parts.groupby("product")["collections"].sum().to_dict() == {"Q": 12.0}


def test_the_customers_owner_gets_what_has_no_lines() -> None:
    owners = pd.DataFrame({"customer": ["C"], "valid_from": [on(5)], "salesperson": ["New"], "keeps_credit": ["new"]})
    customers = pd.DataFrame({"customer": ["C"], "salesperson": ["Old"], "region": ["N"]})
    invoices = pd.DataFrame({"customer": "C", "invoice": ["I", "J"], "due_date": [on(4), on(6)], "amount": [1.0, 2.0]})
    receipts = pd.DataFrame({"receipt": ["R"], "customer": ["C"], "date": [on(9)], "amount": [3.5]})
    parts = attribute_collections(settle(invoices, receipts), invoices, owners=(owners, customers))
    assert parts["salesperson"].tolist()[:2] == ["Old", "New"]
    assert parts["region"].tolist()[:2] == ["N", "N"]
    assert parts[["invoice", "salesperson"]].iloc[2].isna().all()


def test_the_old_owner_may_keep_the_credit() -> None:
    owners = pd.DataFrame(
        {
            "customer": "C",
            "valid_from": [on(5), on(9)],
            "salesperson": ["B", "D"],
            "keeps_credit": ["old", "new"],
            "keeps_quota": ["new", "old"],
        }
    )
    customers = pd.DataFrame({"customer": ["C"], "salesperson": ["A"]})
    who, when = pd.Series(["C", "C", "C"]), pd.Series([on(4), on(5), on(9)])
    assert owner_on(who, when, owners, customers).tolist() == ["A", "A", "D"]
    assert owner_on(who, when, owners, customers, "quota").tolist() == ["A", "B", "B"]
    assert owner_on(who, when, owners, customers, "owner").tolist() == ["A", "B", "D"]


def test_expense_is_allocated_whole_and_never_lost() -> None:
    lines = order_measures(
        pd.DataFrame(
            {
                "date": [on(0)] * 3,
                "product": ["P", "Q", "Q"],
                "region": ["N", "N", "S"],
                "quantity": [1.0, 2.0, 3.0],
                "amount": [10.0, 20.0, 30.0],
                "cost": 5.0,
            }
        )
    )
    expenses = pd.DataFrame(
        {
            "item": ["a", "b", "c"],
            "amount": [6.0, 3.0, 4.0],
            "driver": ["volume", "sales", "sales"],
            "product": [None, "Q", "Z"],
        }
    )
    found = allocate_expense(lines, expenses)
    assert found["expense"].sum() == pytest.approx(13.0)
    assert found["profit"].sum() == pytest.approx(lines["profit"].sum() - 13.0)
    assert five_quantities(found, by=["product"]).set_index("product")["profit"]["Z"] == -4.0
    shares = pd.DataFrame({"item": "a", "region": ["N", "S"], "share": [0.5, 0.5]})
    fixed = allocate_expense(lines, expenses.iloc[:1].assign(driver="fixed"), shares)
    assert fixed["expense"].tolist() == pytest.approx([1.0, 2.0, 3.0])
    with pytest.raises(Refusal) as refused:
        allocate_expense(lines, expenses.iloc[:1].assign(driver="fixed"), shares.assign(share=0.4))
    assert refused.value.code == "shares_not_whole"
