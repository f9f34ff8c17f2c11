"""How fast and how fully sales turn into cash: DSO, CEI, collection rates, on-time shares."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from xlsales.core.ratio import Day, day, single
from xlsales.core.refusal import Refusal
from xlsales.core.settlement import Settlement


def dso_balance(receivable: float, sales: float, days: float) -> float:
    """Days sales outstanding: receivable / sales × days; NaN where sales are 0. All in money with tax.

    >>> round(dso_balance(10869, 5538 + 4566 + 7570, 90), 2)
    55.35
    """
    return single(receivable, sales) * days


def dso_countback(receivable: float, sales: Sequence[float], days: Sequence[float]) -> float:
    """Days sales outstanding by exhaustion: whole months consumed by the receivable, then a fraction of the next.

    sales, days: latest month first, real month lengths. A month without sales is consumed whole. Raises Refusal
    `countback_history` where the sales are used up before the receivable is, and `countback_lengths`.

    >>> round(dso_countback(1871000, [13217, 1116310, 885353], [30, 30, 30]), 2)
    85.12
    """
    if len(sales) != len(days):
        raise Refusal("countback_lengths", sales=len(sales), days=len(days))
    left, covered = float(receivable), 0.0
    if left <= 0:
        return 0.0
    for sold, length in zip(sales, days, strict=True):
        if sold > 0 and left <= sold:
            return covered + left / sold * length
        left -= sold
        covered += length
    raise Refusal("countback_history", days=round(covered), left=round(left, 2))


def dso_best(current: float, sales: float, days: float) -> float:
    """Best possible DSO: receivable that is not yet due / sales × days; NaN where sales are 0.

    >>> dso_best(3000, 9000, 90)
    30.0
    """
    return single(current, sales) * days


def average_days_delinquent(dso: float, best: float) -> float:
    """Days by which customers pay late on average: DSO − best possible DSO.

    >>> average_days_delinquent(55.0, 40.0)
    15.0
    """
    return dso - best


def cei(opening: float, sales: float, closing_total: float, closing_current: float) -> float:
    """Collection effectiveness index in percent, of one month: what was collected of what could have been.

    (opening + sales − closing total) / (opening + sales − closing current) × 100; NaN where nothing could be collected.

    >>> round(cei(6200, 10890 / 3, 6340, 3590), 1)
    55.9
    """
    return single(opening + sales - closing_total, opening + sales - closing_current) * 100


class CollectionRates(NamedTuple):
    """The three rates, each with its own name on screen."""

    period: float  # cash / sales of the period
    cumulative: float  # cash / (opening receivables + sales)
    due: float  # cash on items due in the period / amount due


def collection_rates(cash: float, sales: float, opening: float, due_cash: float, due_amount: float) -> CollectionRates:
    """The three collection rates from the period's money (sales with tax); NaN where a denominator is 0.

    >>> collection_rates(80.0, 100.0, 60.0, 30.0, 40.0)
    CollectionRates(period=0.8, cumulative=0.5, due=0.75)
    """
    return CollectionRates(single(cash, sales), single(cash, opening + sales), single(due_cash, due_amount))


def due_in(done: Settlement, first: Day, last: Day) -> tuple[float, float]:
    """Cash on the items that fall due from first to last, and their amount less credit notes; as the settlement knows.

    >>> import pandas as pd
    >>> from xlsales.core.settlement import settle
    >>> days = pd.to_datetime(["2026-01-10"])
    >>> invoices = pd.DataFrame({"customer": "C", "invoice": ["I"], "due_date": days, "amount": [40.0]})
    >>> receipts = pd.DataFrame({"customer": ["C"], "date": days, "amount": [30.0]})
    >>> due_in(settle(invoices, receipts), pd.Timestamp("2026-01-01"), pd.Timestamp("2026-01-31"))
    (30.0, 40.0)
    """
    items = done.items
    chosen = (items.due >= day(first)) & (items.due <= day(last))
    inside = chosen[done.item]
    credit = done.moves.credit[done.move]
    cash = int(done.cents[inside & ~credit].sum())
    credited = int(done.cents[inside & credit].sum())
    return cash / 100, (int(items.cents[chosen].sum()) - credited) / 100


def on_time_shares(done: Settlement, first: Day | None = None, last: Day | None = None) -> tuple[float, float]:
    """Shares by number and by value of the items due (from first to last) that were settled by their due date.

    By number: items settled in full by then. By value: money that had settled them by then. Items not yet due at the
    settlement's as_of are left out; NaN where nothing was due.

    >>> import pandas as pd
    >>> from xlsales.core.settlement import settle
    >>> invoices = pd.DataFrame({"customer": "C", "invoice": ["I", "J"], "amount": [40.0, 60.0],
    ...     "due_date": pd.to_datetime(["2026-01-10", "2026-01-20"])})
    >>> receipts = pd.DataFrame({"customer": ["C"], "date": pd.to_datetime(["2026-01-10"]), "amount": [70.0]})
    >>> on_time_shares(settle(invoices, receipts, pd.Timestamp("2026-02-28")))
    (0.5, 0.7)
    """
    items = done.items
    chosen = items.cents > 0
    if done.as_of is not None:
        chosen &= items.due <= done.as_of
    if first is not None:
        chosen &= items.due >= day(first)
    if last is not None:
        chosen &= items.due <= day(last)
    early = done.moves.date[done.move] <= items.due[done.item]
    paid = np.bincount(done.item[early], done.cents[early], len(items.cents))
    punctual = (paid >= items.cents) & chosen
    return (
        single(float(punctual.sum()), float(chosen.sum())),
        single(float(paid[chosen].sum()), float(items.cents[chosen].sum())),
    )
