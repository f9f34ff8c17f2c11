"""How fast sales turn into cash, month by month: each month's end as it was known then."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from xlsales.core.collection_ratios import (
    average_days_delinquent,
    cei,
    collection_rates,
    dso_balance,
    dso_best,
    dso_countback,
    on_time_shares,
)
from xlsales.core.collections_report import WALK, receivables_walk
from xlsales.core.ratio import Day, Floats, day, days
from xlsales.core.refusal import Refusal
from xlsales.core.settlement import Settlement, settle

DSO_MONTHS = 3  # the sales that a balance is set against: one month alone would follow the season


TREND = (
    "period",
    "receivable",
    "invoiced",
    "collected",
    "dso",
    "dso_countback",
    "dso_best",
    "days_delinquent",
    "cei",
    "rate_period",
    "rate_cumulative",
    "rate_due",
    "on_time_count",
    "on_time_value",
)


class Month(NamedTuple):
    """A month by its key and its days, both included."""

    key: str
    first: Day
    last: Day


def collection_trend(
    invoices: pd.DataFrame, receipts: pd.DataFrame, months: Sequence[Month], shown: int = 12, bills_on: str = "receipt"
) -> pd.DataFrame:
    """Receivables, DSO in its three methods, CEI, collection rates and punctuality at the end of each month.

    invoices, receipts: as for `settle`, with the invoices' date. months: consecutive, from the first month that was
    billed in full; the last `shown` of them are given. Money and sales are billed amounts with tax, less credit notes.
    Returns period, receivable, invoiced, collected, dso (receivable/sales of three months × their days), dso_countback,
    dso_best, days_delinquent (dso − dso_best), cei (percent, of the month), rate_period, rate_cumulative, rate_due,
    on_time_count, on_time_value (of the items due in the month). Blank: dso before the third month, a count-back for
    which the months do not reach, every ratio without a denominator. Source: DEFINITIONS 7.

    >>> bills = pd.DataFrame({"customer": ["C"], "invoice": ["A"], "amount": [100.0],
    ...     "date": pd.to_datetime(["2026-01-01"]), "due_date": pd.to_datetime(["2026-01-31"])})
    >>> cash = pd.DataFrame({"customer": ["C"], "date": pd.to_datetime(["2026-01-20"]), "amount": [60.0]})
    >>> month = Month("2026-01", np.datetime64("2026-01-01"), np.datetime64("2026-01-31"))
    >>> row = collection_trend(bills, cash, [month]).iloc[0]
    >>> float(row["receivable"]), round(float(row["dso_countback"]), 6), float(row["rate_period"])
    (40.0, 12.4, 0.6)
    """
    if not months:
        raise Refusal("months_missing")
    issued = invoices["date"]
    billed = _billed(settle(invoices, receipts, pd.Timestamp(months[-1].last), bills_on), issued, months)
    lengths = [int((day(month.last) - day(month.first)).astype(int)) + 1 for month in months]
    start = max(len(months) - shown, 0)
    before = settle(invoices, receipts, pd.Timestamp(day(months[start].first) - 1), bills_on)
    rows = []
    for at in range(start, len(months)):
        after = settle(invoices, receipts, pd.Timestamp(months[at].last), bills_on)
        rows.append(_month(before, after, issued, months[at]) | _dso(after, billed[: at + 1], lengths[: at + 1]))
        before = after
    table = pd.DataFrame(rows)
    table["days_delinquent"] = average_days_delinquent(table["dso"], table["dso_best"])  # type: ignore[arg-type]
    return table[list(TREND)]


def _month(before: Settlement, after: Settlement, issued: pd.Series, month: Month) -> dict[str, object]:
    """The walk through one month and what follows from it."""
    walk = receivables_walk(before, after, issued, month.first)[list(WALK)].sum().round(2)
    sold, opening, closing = (float(walk[name]) for name in ("invoiced", "opening", "closing"))
    cash = float(walk["collected"])
    rates = collection_rates(cash, sold, opening, float(walk["due_collected"]), float(walk["due"]))
    by_count, by_value = on_time_shares(after, month.first, month.last)
    return {
        "period": month.key,
        "receivable": closing,
        "invoiced": sold,
        "collected": cash,
        "cei": cei(opening, sold, closing, _current(after)),
        "rate_period": rates.period,
        "rate_cumulative": rates.cumulative,
        "rate_due": rates.due,
        "on_time_count": by_count,
        "on_time_value": by_value,
    }


def _dso(after: Settlement, billed: Floats, lengths: Sequence[int]) -> dict[str, object]:
    """The three methods at the end of the last of these months."""
    owed = (int((after.items.cents - after.settled).sum()) - int(after.unapplied_by_customer.sum())) / 100
    enough = len(billed) >= DSO_MONTHS
    sold = float(billed[-DSO_MONTHS:].sum()) if enough else float("nan")
    length = float(sum(lengths[-DSO_MONTHS:]))
    try:
        back = dso_countback(owed, billed[::-1].tolist(), [float(length) for length in reversed(lengths)])
    except Refusal:  # the months do not reach back far enough: blank, as said above
        back = float("nan")
    return {
        "dso": dso_balance(owed, sold, length),
        "dso_best": dso_best(_current(after), sold, length),
        "dso_countback": back,
    }


def _current(done: Settlement) -> float:
    """Money that is not yet due at the settlement's day."""
    if done.as_of is None:
        raise Refusal("as_of_missing")
    left = done.items.cents - done.settled
    return int(left[done.items.due >= done.as_of].sum()) / 100


def _billed(done: Settlement, issued: pd.Series, months: Sequence[Month]) -> Floats:
    """Invoices less credit notes of each month."""
    edges = np.array([day(month.first) for month in months] + [day(months[-1].last) + 1])
    found = np.zeros(len(months))
    notes = done.moves.credit
    for dates, cents, sign in (
        (days(issued)[done.items.row], done.items.cents, 1.0),
        (done.moves.date[notes], done.moves.cents[notes], -1.0),
    ):
        place = np.searchsorted(edges, dates, side="right") - 1
        inside = (place >= 0) & (place < len(months))
        found += sign * np.bincount(place[inside], cents[inside].astype(float), len(months)) / 100
    return found
