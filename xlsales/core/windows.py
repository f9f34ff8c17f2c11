"""Sums of dated rows over many windows at once: what was achieved for each target, from its first day to its last."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from xlsales.core.ratio import Dates, Floats, days
from xlsales.core.refusal import Refusal

Ints = NDArray[np.int64]


def window_sums(
    rows: tuple[pd.Series, Dates], amounts: Floats, members: pd.Series, first: Dates, last: Dates
) -> Floats:
    """Sum of the amounts of each window's member from its first day through its last.

    rows: (member, date) of n dated rows; amounts: (n,), NaN where unknown. members, first, last: (w,) windows, both
    ends counted. Returns (w,): NaN where the window holds no row with a known amount (missing is never zero).
    Refuses a row or a window without a date.

    >>> rows = pd.Series(["A", "A", "B"]), pd.Series(pd.to_datetime(["2026-01-05", "2026-02-01", "2026-01-09"]))
    >>> window_sums(rows, np.array([10.0, 20.0, 5.0]), pd.Series(["A", "B", "B"]),
    ...             pd.Series(pd.to_datetime(["2026-01-01", "2026-01-01", "2026-03-01"])),
    ...             pd.Series(pd.to_datetime(["2026-02-01", "2026-01-31", "2026-03-31"])))
    array([30.,  5., nan])
    """
    when, start, end = days(rows[1]), days(first), days(last)
    if np.isnat(when).any() or np.isnat(start).any() or np.isnat(end).any():
        raise Refusal("window_without_date", rows=int(np.isnat(when).sum()))
    known = ~np.isnan(amounts)
    codes, names = pd.factorize(rows[0][known])
    who = pd.Index(names).get_indexer(pd.Index(members))
    place = _keys(codes.astype(np.int64), when[known])
    order = np.argsort(place, kind="stable")
    running = np.concatenate([[0.0], np.cumsum(amounts[known][order])])
    sorted_place = place[order]
    low = np.searchsorted(sorted_place, _keys(who.astype(np.int64), start), "left")
    high = np.searchsorted(sorted_place, _keys(who.astype(np.int64), end), "right")
    found: Floats = np.where((who >= 0) & (high > low), running[high] - running[low], np.nan)
    return found


def _keys(codes: Ints, when: NDArray[np.datetime64]) -> Ints:
    """One number that sorts by code, then by day; a day fits in 24 bits."""
    return (codes << 24) + when.astype("M8[D]").astype(np.int64) + (1 << 22)


def distinct_in_windows(
    rows: tuple[pd.Series, Dates], things: pd.Series, members: pd.Series, first: Dates, last: Dates
) -> Floats:
    """How many different things (customers, say) each window's member has, 0 where it has none.

    rows: (member, date) of n dated rows; things: (n,). members, first, last: (w,) windows, both ends counted.

    >>> day = pd.Series(pd.to_datetime(["2026-01-05", "2026-01-06"]))
    >>> distinct_in_windows((pd.Series(["A", "A"]), day), pd.Series(["c", "c"]), pd.Series(["A"]), day[:1], day[1:])
    array([1.])
    """
    when, start, end = days(rows[1]), days(first), days(last)
    frame = pd.DataFrame({"member": rows[0].to_numpy(), "thing": things.to_numpy()})
    counts: Floats = np.zeros(len(members))
    spans = np.column_stack([start.astype(np.int64), end.astype(np.int64)])
    for low, high in np.unique(spans, axis=0):
        inside = (when.astype(np.int64) >= low) & (when.astype(np.int64) <= high)
        found = frame[inside].groupby("member")["thing"].nunique()
        at = np.flatnonzero((spans[:, 0] == low) & (spans[:, 1] == high))
        counts[at] = members.iloc[at].map(found).fillna(0).to_numpy(float)
    return counts
