"""Ageing: every item in one bucket, and the truth of a real ledger."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.examples import example
from tests.test_settlement import ledgers, on
from xlsales.core.ageing import BUCKETS, ageing, ageing_of
from xlsales.core.refusal import Refusal
from xlsales.core.settlement import settle

NONE = pd.DataFrame({"customer": [], "date": pd.to_datetime([]), "amount": []})


def test_not_yet_due_is_in_its_bucket() -> None:
    given_, expected = example("Ageing must include not-yet-due so that buckets add up")
    invoice = given_["invoice"]
    invoices = pd.DataFrame(
        {
            "customer": ["C"],
            "invoice": ["I"],
            "amount": [float(invoice["amount"])],
            "due_date": [pd.Timestamp(invoice["due"])],
        }
    )
    row = ageing(invoices, NONE, pd.Timestamp(given_["as_of"])).iloc[0]
    assert row["not_due"] == expected["not_due"]
    assert row[[*BUCKETS, "unapplied"]].sum() == row["outstanding"]


@pytest.mark.parametrize(
    ("days", "bucket"),
    [
        (0, "not_due"),
        (1, "d1_30"),
        (30, "d1_30"),
        (31, "d31_60"),
        (60, "d31_60"),
        (61, "d61_90"),
        (90, "d61_90"),
        (91, "d91_180"),
        (180, "d91_180"),
        (181, "d181_365"),
        (365, "d181_365"),
        (366, "d365_plus"),
    ],
)
def test_an_item_of_so_many_days_is_in_this_bucket(days: int, bucket: str) -> None:
    invoices = pd.DataFrame({"customer": ["C"], "invoice": ["I"], "amount": [1.0], "due_date": [on(0)]})
    row = ageing(invoices, NONE, on(days)).iloc[0]
    assert {name for name in BUCKETS if row[name]} == {bucket}


@settings(max_examples=60, deadline=None)
@given(ledgers(), st.integers(0, 45), st.sampled_from([[], ["customer"], ["order"], ["customer", "order"]]))
def test_buckets_add_to_outstanding_by_any_column(
    ledger: tuple[pd.DataFrame, pd.DataFrame], day: int, by: list[str]
) -> None:
    invoices, receipts = ledger
    table = ageing(invoices, receipts, on(day), by)
    assert np.allclose(table[[*BUCKETS, "unapplied"]].sum(axis=1), table["outstanding"])
    live = invoices[invoices["date"] <= on(day)]
    signed = live["amount"].where(live["kind"] == "invoice", -live["amount"].abs()).sum()
    assert table["outstanding"].sum() == pytest.approx(
        signed - receipts.loc[receipts["date"] <= on(day), "amount"].sum(), abs=1e-9
    )
    assert not table.duplicated(by).any() if by else len(table) == 1


def test_a_settlement_of_another_day_is_refused() -> None:
    invoices = pd.DataFrame({"customer": ["C"], "invoice": ["I"], "amount": [1.0], "due_date": [on(0)]})
    with pytest.raises(Refusal) as refused:
        ageing_of(settle(invoices, NONE, on(5)), invoices, np.datetime64("2026-03-01"))
    assert refused.value.code == "settled_another_day"


@pytest.mark.real_data
def test_ibm_ledger_on_ten_days(real_data: Path) -> None:
    ledger = pd.read_csv(real_data / "ibm_receivables" / "receivables.csv")
    for name in ("InvoiceDate", "DueDate", "SettledDate"):
        ledger[name] = pd.to_datetime(ledger[name], format="%m/%d/%Y")
    invoices = pd.DataFrame(
        {
            "customer": ledger["customerID"],
            "invoice": ledger["invoiceNumber"],
            "date": ledger["InvoiceDate"],
            "due_date": ledger["DueDate"],
            "amount": ledger["InvoiceAmount"],
            "disputed": ledger["Disputed"],
        }
    )
    receipts = pd.DataFrame(
        {
            "receipt": ledger["invoiceNumber"],
            "customer": ledger["customerID"],
            "date": ledger["SettledDate"],
            "amount": ledger["InvoiceAmount"],
            "invoice": ledger["invoiceNumber"],
        }
    )
    for day in pd.date_range("2012-03-31", periods=10, freq="2ME"):
        # Paid on the day of asking is paid: the truth counts it open while day < settled.
        open_ = (ledger["InvoiceDate"] <= day) & (day < ledger["SettledDate"])
        truth = ledger[open_].groupby("customerID")["InvoiceAmount"].sum()
        table = ageing(invoices, receipts, day).set_index("customer")
        assert open_.any()
        assert (table["outstanding"] - truth.reindex(table.index).fillna(0.0)).abs().max() < 0.005
        assert table["outstanding"].sum() == pytest.approx(truth.sum(), abs=0.005)
        assert (table[[*BUCKETS, "unapplied"]].sum(axis=1) - table["outstanding"]).abs().max() < 1e-6
        late = (day - ledger["DueDate"]).dt.days
        assert table["d1_30"].sum() == pytest.approx(
            ledger.loc[open_ & late.between(1, 30), "InvoiceAmount"].sum(), abs=0.005
        )
        disputed = ageing(invoices, receipts, day, ["disputed"]).set_index("disputed")["outstanding"]
        assert disputed["Yes"] == pytest.approx(
            ledger.loc[open_ & (ledger["Disputed"] == "Yes"), "InvoiceAmount"].sum()
        )
