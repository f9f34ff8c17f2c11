"""Bills, credit watch, dunning and restatements on a ledger small enough to check by hand."""

import pandas as pd

from tests.test_settlement import on
from xlsales.core.contracts import bill_ledger
from xlsales.core.credit import credit_limits, credit_watch, overdue_by_customer
from xlsales.core.dunning import dunning_list
from xlsales.core.settlement import settle


def test_bills_are_held_discounted_matured_or_dishonoured() -> None:
    rows = [
        ("R1", 0, 50.0, 180, None),
        ("R2", 1, 60.0, 30, None),
        ("R3", 2, 70.0, 180, 20),
        ("R4", 3, 80.0, 20, None),
        ("R5", 25, -80.0, None, None),
        ("R6", 26, -9.0, None, None),
    ]
    receipts = pd.DataFrame(
        [
            {
                "receipt": name,
                "customer": "C",
                "date": on(day),
                "amount": amount,
                "method": "bill",
                "maturity": pd.NaT if due is None else on(due),
                "discounted": pd.NaT if sold is None else on(sold),
            }
            for name, day, amount, due, sold in rows
        ]
    )
    states = bill_ledger(receipts, on(40)).set_index("receipt")["state"].to_dict()
    assert states == {"R1": "held", "R2": "matured", "R3": "discounted", "R4": "dishonoured", "R6": "dishonoured"}
    assert bill_ledger(receipts, on(10))["state"].tolist() == ["held"] * 4
    ledger = bill_ledger(receipts, on(40)).set_index("receipt")
    assert ledger["discounted"].dropna().to_dict() == {"R3": on(20)}
    assert ledger["dishonoured"].dropna().to_dict() == {"R4": on(25), "R6": on(26)}
    assert bill_ledger(receipts, on(10))["discounted"].isna().all()


def test_dunning_ranks_money_times_days_and_leaves_disputes_alone() -> None:
    invoices = pd.DataFrame(
        {
            "customer": ["A", "A", "B", "C"],
            "invoice": ["1", "2", "3", "4"],
            "due_date": [on(0), on(0), on(60), on(200)],
            "amount": [100.0, 900.0, 500.0, 5.0],
            "disputed": [False, True, False, False],
        }
    )
    back = pd.DataFrame({"customer": ["B", "B"], "date": [on(61), on(62)], "amount": [200.0, -200.0], "method": "bill"})
    done = settle(invoices, back, on(100))
    credit = credit_watch(
        overdue_by_customer(done, invoices["disputed"]), pd.Series({"A": 5000.0, "B": 400.0, "C": 5.0})
    )
    found = dunning_list(done, invoices["disputed"], credit)
    assert found["customer"].tolist() == ["B", "A"]
    assert found["weight"].tolist() == [20_000.0, 10_000.0]
    assert found["reason"].tolist() == ["d31_60,refund,over_limit", "d91_180,disputed,stop_ship"]
    states = credit.set_index("customer")["state"].to_dict()
    assert states == {"A": "stop_ship", "B": "over_limit", "C": "near_limit"}
    assert credit.set_index("customer").loc["A", "outstanding"] == 1000.0


def test_a_stated_limit_wins_over_the_formula() -> None:
    customers = pd.DataFrame(
        {
            "customer": ["A", "B", "D"],
            "credit_limit": [7.0, None, None],
            "terms_days": [60.0, 60.0, None],
            "risk_class": ["AA", "B", "B"],
        }
    )
    limits = credit_limits(customers, pd.Series({"A": 100.0, "B": 100.0, "D": 100.0}))
    assert limits["A"] == 7.0
    assert limits["B"] == 120.0
    assert pd.isna(limits["D"])
