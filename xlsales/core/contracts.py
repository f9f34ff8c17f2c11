"""Ledgers beside the invoices: contracts from signature to cash, and bills of exchange from receipt to maturity."""

import numpy as np
import pandas as pd

from xlsales.core.ratio import Day, day, days
from xlsales.core.refusal import Refusal
from xlsales.core.settlement import Settlement


def contract_ledger(
    contracts: pd.DataFrame, order_lines: pd.DataFrame, invoices: pd.DataFrame, done: Settlement
) -> pd.DataFrame:
    """Signed, delivered, invoiced, collected, retention and open of each contract.

    contracts: contract, customer, amount, [delivered, invoiced, retention]; order_lines: what `order_measures` returns,
    with order and contract; invoices: with order, through which an invoice belongs to a contract; done: their
    settlement. A figure stated in contracts is used where the contract has no lines (delivered) or no invoices
    (invoiced). Invoiced is less credit notes; open = invoiced − collected − retention not yet due (part of what is
    owed later); to_invoice = delivered − invoiced. Raises Refusal `order_of_two_contracts`.

    >>> from xlsales.core.settlement import settle
    >>> day = pd.to_datetime(["2026-01-01"])
    >>> lines = pd.DataFrame({"order": ["O"], "contract": ["K"], "sales_with_tax": [80.0]})
    >>> invoices = pd.DataFrame({"customer": "C", "invoice": ["I"], "order": ["O"], "due_date": day, "amount": [60.0]})
    >>> paid = pd.DataFrame({"customer": ["C"], "date": day, "amount": [20.0]})
    >>> contracts = pd.DataFrame({"contract": ["K"], "customer": ["C"], "amount": [100.0], "retention": [5.0]})
    >>> contract_ledger(contracts, lines, invoices, settle(invoices, paid)).iloc[0].to_dict()
    {'contract': 'K', 'customer': 'C', 'signed': 100.0, 'delivered': 80.0, 'invoiced': 60.0, 'collected': 20.0, \
'retention': 5.0, 'open': 35.0, 'to_deliver': 20.0, 'to_invoice': 20.0}
    """
    known = order_lines[order_lines["contract"].notna()]
    of_order = known[["order", "contract"]].drop_duplicates()
    twice = of_order["order"].duplicated()
    if twice.any():
        raise Refusal("order_of_two_contracts", order=str(of_order.loc[twice, "order"].iloc[0]))
    place = of_order.set_index("order")["contract"]
    live = invoices.iloc[done.items.row]
    owner = live["order"].map(place).reset_index(drop=True) if "order" in live else pd.Series(None, index=live.index)
    credit = done.moves.credit[done.move]
    paid = np.bincount(done.item[~credit], done.cents[~credit], len(done.items.cents)) / 100
    credited = np.bincount(done.item[credit], done.cents[credit], len(done.items.cents)) / 100
    money = pd.DataFrame({"invoiced": done.items.cents / 100 - credited, "collected": paid})
    sums = money.groupby(owner.to_numpy()).sum().round(2)
    shipped = known.groupby("contract")["sales_with_tax"].sum().round(2)
    key = contracts["contract"]
    table = pd.DataFrame(
        {"contract": key, "customer": contracts["customer"], "signed": contracts["amount"].astype(float)}
    )
    table["delivered"] = _found_or_stated(key.map(shipped), contracts, "delivered")
    table["invoiced"] = _found_or_stated(key.map(sums["invoiced"]), contracts, "invoiced")
    table["collected"] = key.map(sums["collected"]).astype(float).fillna(0.0)
    table["retention"] = contracts["retention"].astype(float) if "retention" in contracts else np.nan
    table["open"] = (table["invoiced"] - table["collected"] - table["retention"].fillna(0.0)).round(2)
    table["to_deliver"] = (table["signed"] - table["delivered"]).round(2)
    table["to_invoice"] = (table["delivered"] - table["invoiced"]).round(2)
    return table.reset_index(drop=True)


def bill_ledger(receipts: pd.DataFrame, as_of: Day) -> pd.DataFrame:
    """Bills of exchange known at as_of and what became of them.

    receipts: customer, date, amount, method, [receipt, maturity, invoice, discounted (date)]; a bill below 0 is a
    dishonoured one: it answers the customer's latest bill of that amount (and invoice, if named) before it.
    Returns receipt, customer, received, discounted, maturity, dishonoured (dates), amount, state: held, discounted,
    matured, dishonoured; unmatched dishonours come last with their own (negative) amount.

    >>> receipts = pd.DataFrame({"receipt": ["R"], "customer": ["C"], "amount": [50.0], "method": ["bill"],
    ...     "date": pd.to_datetime(["2026-01-05"]), "maturity": pd.to_datetime(["2026-07-05"])})
    >>> bill_ledger(receipts, pd.Timestamp("2026-03-01"))["state"].tolist()
    ['held']
    """
    limit = day(as_of)
    bills = receipts[(receipts["method"] == "bill").fillna(False) & (days(receipts["date"]) <= limit)]
    bills = bills.sort_values("date", kind="stable").reset_index(drop=True)
    blank = pd.Series(pd.NaT, index=bills.index, dtype="datetime64[s]")
    maturity = days(bills.get("maturity", blank))
    sold = days(bills.get("discounted", blank))
    state = np.where(maturity <= limit, "matured", "held").astype(object)
    state[sold <= limit] = "discounted"
    gone = np.zeros(len(bills), dtype=bool)
    back = np.full(len(bills), np.datetime64("NaT"), dtype="M8[D]")
    for place in np.flatnonzero((bills["amount"] < 0).to_numpy()):
        match = _answered(bills, int(place), state)
        at = int(place) if match is None else match
        state[at], back[at], gone[place] = "dishonoured", days(bills["date"])[place], match is not None
    table = pd.DataFrame(
        {
            "receipt": bills.get("receipt"),
            "customer": bills["customer"],
            "received": bills["date"],
            "discounted": np.where(sold <= limit, sold, np.datetime64("NaT")).astype("M8[s]"),
            "maturity": maturity.astype("M8[s]"),
            "dishonoured": back.astype("M8[s]"),
            "amount": bills["amount"].astype(float),
            "state": state,
        }
    )[~gone]
    return table.sort_values("amount", key=lambda amount: amount < 0, kind="stable", ignore_index=True)


def _answered(bills: pd.DataFrame, place: int, state: np.ndarray[tuple[int], np.dtype[np.object_]]) -> int | None:
    """The latest earlier bill that a dishonour takes back."""
    row, earlier = bills.iloc[place], bills.iloc[:place]
    same = (earlier["customer"] == row["customer"]) & (np.abs(earlier["amount"] + row["amount"]) < 0.005)
    if "invoice" in bills and pd.notna(row["invoice"]):
        same &= (earlier["invoice"] == row["invoice"]).fillna(False)
    places = np.flatnonzero(same.to_numpy() & (state[:place] != "dishonoured"))
    return int(places[-1]) if len(places) else None


def _found_or_stated(found: pd.Series, contracts: pd.DataFrame, column: str) -> pd.Series:
    """The counted figure, else the one stated in the contract, else 0: nothing has been delivered or invoiced."""
    found = found.astype(float)
    if column in contracts:
        found = found.where(found.notna(), contracts[column].astype(float))
    return found.fillna(0.0)
