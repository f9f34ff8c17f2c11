"""Money in whole cents: reading it, splitting it so that the parts add up, and giving it back."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from xlsales.core.refusal import Refusal

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

CENTS = 100
LARGEST = 2**53 / CENTS  # beyond it float64 no longer holds every cent


def to_cents(amounts: pd.Series, table: str, column: str) -> Ints:
    """Amounts as whole cents, half a cent rounded away from zero.

    amounts: (n,) money. Returns (n,) int64. Raises Refusal `money_missing` where an amount is blank and
    `money_too_large` where float64 no longer holds every cent; table and column are named in it.

    >>> to_cents(pd.Series([1.005, -2.5]), "invoices", "amount").tolist()
    [101, -250]
    """
    values = amounts.to_numpy(dtype=np.float64, na_value=np.nan)
    missing = np.isnan(values)
    if missing.any():
        at = int(missing.argmax())
        raise Refusal("money_missing", table=table, column=column, rows=int(missing.sum()), row=at + 1)
    if len(values) and max(values.max(), -values.min()) > LARGEST:
        raise Refusal("money_too_large", table=table, column=column, row=int(np.abs(values).argmax()) + 1)
    scaled = values * CENTS
    cents: Floats = np.rint(scaled)
    odd = np.flatnonzero(np.abs(scaled - cents) > 1e-3)
    if len(odd):
        # The nudge lets 1.005, stored as 1.00499999999999989, round as it was typed.
        part = np.abs(values[odd])
        cents[odd] = np.sign(values[odd]) * np.floor(part * CENTS + 0.5 + np.maximum(part * 4e-14, 1e-7))
    whole: Ints = cents.astype(np.int64)
    return whole


def from_cents(cents: Ints) -> Floats:
    """Whole cents as money, each the float64 nearest to the decimal number.

    >>> from_cents(np.array([101, -250])).tolist()
    [1.01, -2.5]
    """
    return cents / CENTS


def split_cents(amounts: Ints, starts: Ints, weights: Floats) -> Ints:
    """Split each amount over its own stretch of weights by largest remainder, so that the parts add up exactly.

    amounts: (groups,) cents of either sign; starts: (groups,) first weight of each group, every group having at least
    one; weights: (cells,). Where a group's weights do not add to more than 0, their sizes count; where all are 0, all
    count alike. Ties go to the earlier cell. Returns (cells,) cents. Source: Hamilton 1792.

    >>> split_cents(np.array([100, -5]), np.array([0, 3]), np.array([1.0, 1, 1, 3, 1])).tolist()
    [34, 33, 33, -4, -1]
    """
    sizes = np.diff(np.append(starts, len(weights)))
    totals = np.add.reduceat(weights, starts) if len(starts) else np.zeros(0)
    odd = np.repeat(~(totals > 0), sizes)
    if odd.any():
        weights = np.where(odd, np.abs(weights), weights)
        totals = np.add.reduceat(weights, starts)
        weights = np.where(np.repeat(totals == 0, sizes), 1.0, weights)
        totals = np.add.reduceat(weights, starts)
    exact = np.repeat(np.abs(amounts) / totals, sizes) * weights
    floors = np.floor(exact + 1e-9)
    left = np.abs(amounts) - np.add.reduceat(floors, starts).astype(np.int64)
    group = np.repeat(np.arange(len(starts)), sizes)
    order = np.lexsort((np.arange(len(weights)), floors - exact, group))
    rank = np.empty(len(weights), dtype=np.int64)
    rank[order] = np.arange(len(weights)) - np.repeat(starts, sizes)
    parts = floors.astype(np.int64) + (rank < left[group])
    signed: Ints = parts * np.repeat(np.sign(amounts), sizes)
    return signed
