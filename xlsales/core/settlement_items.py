"""Invoices and receipts as the arrays that settlement works on: items that are owed, moves that settle them."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from xlsales.core.money import Ints, to_cents
from xlsales.core.ratio import days
from xlsales.core.refusal import Refusal

CREDIT_NOTE = "credit_note"


@dataclass(frozen=True)
class Items:
    """What is owed, in the order of the invoices table (credit notes left out)."""

    customers: pd.Index  # code -> customer, of items and moves
    customer: Ints
    cents: Ints
    due: NDArray[np.datetime64]
    rank: Ints  # place among instalments that fall due on one day
    invoice: pd.Series
    instalment: pd.Series
    row: Ints  # place in the invoices table
    invoice_code: Ints | None  # None where no money names an invoice
    order_code: Ints | None


@dataclass(frozen=True)
class Moves:
    """Receipts and credit notes that count at as_of; credit notes as money above 0."""

    name: pd.Series
    customer: Ints
    cents: Ints
    date: NDArray[np.datetime64]
    credit: NDArray[np.bool_]
    invoice_code: Ints | None  # -1 where none is named
    order_code: Ints | None


def items_and_moves(
    invoices: pd.DataFrame, receipts: pd.DataFrame, as_of: np.datetime64 | None, bill_counts_on: str
) -> tuple[Items, Moves]:
    """Read both tables; leave out what is dated after as_of. Arguments and refusals as in `settlement.settle`."""
    _one_currency(invoices, receipts)
    is_credit = _is(invoices, "kind", CREDIT_NOTE)
    issued = _dates(invoices, "date", "invoices") if "date" in invoices else None
    known = np.ones(len(invoices), bool) if issued is None or as_of is None else issued <= as_of
    notes = invoices[is_credit & known] if is_credit.any() else invoices.iloc[:0]
    note_dates = _dates(notes, "date" if issued is not None else "due_date", "invoices")
    counted = counting_dates(receipts, bill_counts_on)
    paid = np.ones(len(receipts), bool) if as_of is None else counted <= as_of
    owed = known & ~is_credit
    rows = np.flatnonzero(owed)
    if len(rows) < len(invoices):
        invoices = invoices.iloc[rows]
    if not paid.all():
        receipts, counted = receipts[paid], counted[paid]
    cents = to_cents(invoices["amount"], "invoices", "amount")
    if (cents < 0).any():
        at = int((cents < 0).argmax())
        raise Refusal("invoice_below_zero", invoice=invoices["invoice"].iloc[at], amount=cents[at] / 100)
    codes, customers = _codes(invoices["customer"], receipts["customer"], notes["customer"])
    if any((part < 0).any() for part in codes):
        raise Refusal("customer_missing", rows=int(sum((part < 0).sum() for part in codes)))
    invoice_code, named = _named(invoices["invoice"], _column(receipts, "invoice"), _column(notes, "against"))
    order_code, ordered = _named(_column(invoices, "order"), _column(receipts, "order"), _column(notes, "order"))
    items = Items(
        customers,
        codes[0],
        cents,
        _dates(invoices, "due_date", "invoices"),
        _rank(invoices),
        invoices["invoice"],
        _column(invoices, "instalment", 1),
        rows,
        invoice_code,
        order_code,
    )
    received = to_cents(receipts["amount"], "receipts", "amount")
    credit = np.repeat([False, True], [len(receipts), len(notes)])
    if not len(notes):
        return items, Moves(_column(receipts, "receipt"), codes[1], received, counted, credit, named, ordered)
    noted = np.abs(to_cents(notes["amount"], "invoices", "amount"))
    moves = Moves(
        pd.concat([_column(receipts, "receipt").astype(object), notes["invoice"].astype(object)], ignore_index=True),
        np.concatenate(codes[1:]),
        np.concatenate([received, noted]),
        np.concatenate([counted, note_dates]),
        credit,
        named,
        ordered,
    )
    return items, moves


def counting_dates(receipts: pd.DataFrame, bill_counts_on: str = "receipt") -> NDArray[np.datetime64]:
    """The day on which each receipt counts: its own, or a bill's maturity where the rule is maturity.

    Raises Refusal `bill_without_maturity` where a bill has no maturity but needs one.

    >>> counting_dates(pd.DataFrame({"date": pd.to_datetime(["2026-01-05"]), "method": ["bill"], "amount": [1.0],
    ...     "maturity": pd.to_datetime(["2026-07-05"])}), "maturity").tolist()
    [datetime.date(2026, 7, 5)]
    """
    if bill_counts_on not in {"receipt", "maturity"}:
        raise Refusal("unknown_choice", name="bill_counts_on", value=bill_counts_on, choices="receipt, maturity")
    counted = _dates(receipts, "date", "receipts")
    if bill_counts_on == "receipt":
        return counted
    # A dishonoured bill (below 0) is known on its own day.
    bills = _is(receipts, "method", "bill") & (receipts["amount"].to_numpy(float) > 0)
    if not bills.any():
        return counted
    maturity = days(_column(receipts, "maturity", pd.NaT).astype("datetime64[s]"))
    missing = bills & np.isnat(maturity)
    if missing.any():
        raise Refusal("bill_without_maturity", rows=int(missing.sum()), row=int(missing.argmax()) + 1)
    return np.where(bills, maturity, counted)


def _column(frame: pd.DataFrame, name: str, default: object = None) -> pd.Series:
    return frame[name] if name in frame else pd.Series(default, index=frame.index, dtype=None if default else object)


def _is(frame: pd.DataFrame, column: str, value: str) -> NDArray[np.bool_]:
    if column not in frame:
        return np.zeros(len(frame), dtype=bool)
    flags: NDArray[np.bool_] = (frame[column] == value).to_numpy(dtype=bool, na_value=False)
    return flags


def _dates(frame: pd.DataFrame, column: str, table: str) -> NDArray[np.datetime64]:
    if column not in frame:
        raise Refusal("columns_missing", columns=f"{table}.{column}")
    found = days(frame[column])
    missing = np.isnat(found)
    if missing.any():
        raise Refusal(
            "date_missing", table=table, column=column, rows=int(missing.sum()), row=int(missing.argmax()) + 1
        )
    return found


def _codes(*parts: pd.Series) -> tuple[list[Ints], pd.Index]:
    filled = [part for part in parts if len(part)]
    if not filled:
        return [np.zeros(0, dtype=np.int64) for _ in parts], pd.Index([], dtype=object)
    joined = pd.concat(filled, ignore_index=True)
    codes, found = pd.factorize(joined)
    cuts = np.cumsum([len(part) for part in parts])[:-1]
    return [part.astype(np.int64) for part in np.split(codes, cuts)], pd.Index(found)


def _named(items: pd.Series, receipts: pd.Series, notes: pd.Series) -> tuple[Ints | None, Ints | None]:
    """Codes of the names of items and of the moves that name them; None where no move names any."""
    if not len(items) or (receipts.isna().all() and notes.isna().all()):
        return None, None
    item_code, names = pd.factorize(items)
    index = pd.Index(names)
    wanted = pd.concat([receipts.astype(object), notes.astype(object)], ignore_index=True)
    move_code = index.get_indexer(pd.Index(wanted))
    move_code[wanted.isna().to_numpy()] = -1
    return item_code.astype(np.int64), move_code.astype(np.int64)


def _rank(invoices: pd.DataFrame) -> Ints:
    if "instalment" not in invoices:
        return np.zeros(len(invoices), dtype=np.int64)
    codes, _ = pd.factorize(invoices["instalment"], sort=True)
    return codes.astype(np.int64) + 1


def _one_currency(invoices: pd.DataFrame, receipts: pd.DataFrame) -> None:
    found: set[str] = set()
    for frame in (invoices, receipts):
        if "currency" in frame:
            found |= set(frame["currency"].dropna().unique())
    if len(found) > 1:
        raise Refusal("currencies_mixed", currencies=", ".join(sorted(map(str, found))))
