"""What was owed, billed, collected and is owed now, per member: the walk of receivables through a period."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from xlsales.core.money import Ints
from xlsales.core.ratio import Day, Floats, day, days, ratio
from xlsales.core.refusal import Refusal
from xlsales.core.settlement import Settlement

Flags = NDArray[np.bool_]
WALK = ("opening", "invoiced", "collected", "due", "due_collected", "closing")


def receivables_walk(opening: Settlement, closing: Settlement, issued: pd.Series, first: Day) -> pd.DataFrame:
    """Each customer's receivables from the day before `first` to the day of `closing`, in money with tax.

    opening: the settlement as known on the day before first; closing: the one of the last day; issued: the date of each
    row of the invoices that `closing` settled. Returns customer, opening, invoiced (less credit notes of the period),
    collected (receipts of the period), due and due_collected (items falling due in the period, less credit notes),
    closing. Opening + invoiced − collected = closing, to the cent.

    >>> from xlsales.core.settlement import settle
    >>> bills = pd.DataFrame({"customer": "C", "invoice": ["A", "B"], "amount": [100.0, 50.0],
    ...     "date": pd.to_datetime(["2025-12-01", "2026-01-10"]), "due_date": pd.to_datetime(["2026-01-05"] * 2)})
    >>> cash = pd.DataFrame({"customer": ["C"], "date": pd.to_datetime(["2026-01-20"]), "amount": [120.0]})
    >>> before, after = settle(bills, cash, pd.Timestamp("2025-12-31")), settle(bills, cash, pd.Timestamp("2026-01-31"))
    >>> receivables_walk(before, after, bills["date"], pd.Timestamp("2026-01-01")).values.tolist()
    [['C', 100.0, 50.0, 120.0, 150.0, 120.0, 30.0]]
    """
    if closing.as_of is None:
        raise Refusal("as_of_missing")
    start = day(first)
    items, moves = closing.items, closing.moves
    size = len(items.customers)
    fresh_items = days(issued)[items.row] >= start
    fresh_moves = moves.date >= start
    notes, cash = moves.credit & fresh_moves, ~moves.credit & fresh_moves
    due = (items.due >= start) & (items.due <= closing.as_of)
    pair_due, pair_note = due[closing.item], moves.credit[closing.move]
    cents = {
        "invoiced": _sum(items.customer, items.cents, fresh_items, size)
        - _sum(moves.customer, moves.cents, notes, size),
        "collected": _sum(moves.customer, moves.cents, cash, size),
        "due": _sum(items.customer, items.cents, due, size)
        - _sum(items.customer[closing.item], closing.cents, pair_due & pair_note, size),
        "due_collected": _sum(items.customer[closing.item], closing.cents, pair_due & ~pair_note, size),
        "closing": _owed(closing),
    }
    before = pd.Series(_owed(opening), index=opening.items.customers)
    table = pd.DataFrame({"customer": items.customers, **{name: part / 100 for name, part in cents.items()}})
    table = table.set_index("customer").join((before / 100).rename("opening"), how="outer").fillna(0.0)
    return table.rename_axis("customer").reset_index()[["customer", *WALK]]


def collection_report(walk: pd.DataFrame, members: pd.Series, period_days: float) -> pd.DataFrame:
    """The walk of receivables by member, with the three collection rates and the DSO.

    walk: from `receivables_walk`; members: the member of each of its rows, blank where unknown (a row of its own);
    period_days: length of the period. Returns member, the columns of the walk, rate_period (collected / invoiced),
    rate_cumulative (collected / (opening + invoiced)), rate_due, dso (closing / invoiced × days); blank where the
    denominator is 0. Source: DEFINITIONS 7.

    >>> walk = pd.DataFrame({"customer": ["C"], "opening": [100.0], "invoiced": [50.0], "collected": [120.0],
    ...                      "due": [150.0], "due_collected": [120.0], "closing": [30.0]})
    >>> collection_report(walk, pd.Series(["East"]), 31)[["rate_period", "rate_cumulative", "rate_due", "dso"]].values
    array([[ 2.4,  0.8,  0.8, 18.6]])
    """
    sums = walk[list(WALK)].groupby(members.to_numpy(), dropna=False).sum().round(2)
    table = sums.rename_axis("member").reset_index()
    table["rate_period"] = ratio(table["collected"], table["invoiced"])
    table["rate_cumulative"] = ratio(table["collected"], table["opening"] + table["invoiced"])
    table["rate_due"] = ratio(table["due_collected"], table["due"])
    table["dso"] = ratio(table["closing"] * period_days, table["invoiced"])
    return table


def _owed(done: Settlement) -> Floats:
    """Cents each customer owes, unapplied money taken off."""
    left = done.items.cents - done.settled
    owed = np.bincount(done.items.customer, left.astype(float), len(done.items.customers))
    return np.asarray(owed - done.unapplied_by_customer, dtype=float)


def _sum(group: Ints, cents: Ints, chosen: Flags, size: int) -> Floats:
    """Chosen cents by group."""
    return np.asarray(np.bincount(group[chosen], cents[chosen].astype(float), size), dtype=float)
