"""Receivables by how long they are overdue."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from xlsales.core.money import Ints, from_cents
from xlsales.core.ratio import Day, day
from xlsales.core.refusal import Refusal
from xlsales.core.settlement import Settlement, settle

BUCKETS = ("not_due", "d1_30", "d31_60", "d61_90", "d91_180", "d181_365", "d365_plus")
EDGES = np.array([1, 31, 61, 91, 181, 366])  # first day overdue of each bucket after not_due


def bucket_of(days_overdue: Ints) -> Ints:
    """Which bucket a number of days belongs to: 0 is not due, 1 is 1 to 30 days, ..., 6 is more than 365.

    >>> bucket_of(np.array([-3, 0, 1, 30, 31, 365, 366])).tolist()
    [0, 0, 1, 1, 2, 5, 6]
    """
    return np.searchsorted(EDGES, days_overdue, "right").astype(np.int64)


def ageing(
    invoices: pd.DataFrame,
    receipts: pd.DataFrame,
    as_of: Day,
    by: Sequence[str] = ("customer",),
    bill_counts_on: str = "receipt",
) -> pd.DataFrame:
    """Open receivables by bucket as known at the end of as_of.

    invoices, receipts: as in `settlement.settle`; by: columns of invoices (none = one total row). Returns by...,
    not_due, d1_30, d31_60, d61_90, d91_180, d181_365, d365_plus, unapplied (below 0), outstanding (their sum); to the
    cent. Unapplied money stands on its customer, other columns blank.

    >>> invoices = pd.DataFrame({"customer": ["C", "C"], "invoice": ["A", "B"], "amount": [100.0, 50.0],
    ...     "due_date": pd.to_datetime(["2026-02-01", "2026-01-01"])})
    >>> receipts = pd.DataFrame({"customer": ["C"], "date": pd.to_datetime(["2026-01-15"]), "amount": [30.0]})
    >>> ageing(invoices, receipts, pd.Timestamp("2026-01-31"))[["customer", "not_due", "d1_30", "outstanding"]]
      customer  not_due  d1_30  outstanding
    0        C    100.0   20.0        120.0
    """
    return ageing_of(settle(invoices, receipts, as_of, bill_counts_on), invoices, day(as_of), by)


def ageing_of(
    done: Settlement, invoices: pd.DataFrame, as_of: np.datetime64, by: Sequence[str] = ("customer",)
) -> pd.DataFrame:
    """`ageing` of a settlement that is already there; it must be of the same day.

    Raises Refusal `settled_another_day` where it is not, and `columns_missing` where a by column is not in invoices.
    """
    if done.as_of != as_of:
        raise Refusal("settled_another_day", settled=str(done.as_of), asked=str(as_of))
    missing = [name for name in by if name not in invoices]
    if missing:
        raise Refusal("columns_missing", columns=", ".join(missing))
    items, width = done.items, len(BUCKETS) + 1
    left = items.cents - done.settled
    bucket = bucket_of((as_of - items.due).astype(np.int64))
    loose = done.unapplied_by_customer
    who = np.flatnonzero(loose)
    if list(by) == ["customer"]:
        names = pd.DataFrame({"customer": items.customers})
        group, loose_group = items.customer, who
    else:
        group, names = _groups(invoices.iloc[items.row], by)
        # Without an invoice there is nothing but the customer to go by: the other columns stay blank.
        blank = pd.DataFrame({"customer": items.customers.take(who)}, index=range(len(who))).reindex(columns=list(by))
        both = pd.concat([names, blank.astype(names.dtypes)], ignore_index=True)
        code, names = _groups(both, by)
        group, loose_group = code[: len(code) - len(who)][group], code[len(code) - len(who) :]
    cells = np.bincount(group * width + bucket, left, len(names) * width)
    cells = cells + np.bincount(loose_group * width + width - 1, -loose[who], len(names) * width)
    cents = np.rint(cells).astype(np.int64).reshape(-1, width)
    table = names.reset_index(drop=True)
    for place, name in enumerate((*BUCKETS, "unapplied")):
        table[name] = from_cents(cents[:, place])
    table["outstanding"] = from_cents(cents.sum(axis=1))
    return table


def _groups(frame: pd.DataFrame, by: Sequence[str]) -> tuple[Ints, pd.DataFrame]:
    """Code of each row's combination of the by columns (blank is a value), and the combinations."""
    if not by:
        return np.zeros(len(frame), dtype=np.int64), pd.DataFrame(index=[0])
    codes = np.zeros(len(frame), dtype=np.int64)
    for name in by:
        part, found = pd.factorize(frame[name], use_na_sentinel=False)
        codes, _ = pd.factorize(codes * max(len(found), 1) + part)
    first = np.unique(codes, return_index=True)[1]
    return codes.astype(np.int64), frame[list(by)].iloc[first]
