"""Exact inference for few units: who was treated is shuffled, and the shifts that shuffling cannot exclude are kept."""

from functools import lru_cache
from itertools import combinations
from math import comb
from typing import Any

import numpy as np

from xlsales.core.ratio import Floats

ALL_UP_TO = 20_000  # shuffles; up to here every one is looked at
DRAWN = 4_999  # shuffles drawn where there are more
CELLS_AT_ONCE = 4_000_000  # random numbers held at a time


def shuffled(treated: Floats, control: Floats, confidence: float, seed: int) -> tuple[float, float, float]:
    """Interval and p-value of the difference of two means when the units' labels are shuffled.

    treated, control: one change per unit. Returns low, high, p: the shifts that a two-sided test at 1 - confidence
    does not reject, and the p-value of no shift; exact if units were treated at random and all by the same shift. All
    shuffles are looked at up to 20 000, else 4 999 are drawn by seed beside the real one. Too few shuffles for the
    confidence give an infinite interval. Source: Fisher 1935; inversion as in Garthwaite 1996.

    >>> low, high, p = shuffled(np.array([5.0, 6, 7, 8, 9]), np.array([0.0, 1, 2, 3, 4]), 0.95, 0)
    >>> (round(low, 6), round(high, 6), round(p, 4))
    (2.5, 7.5, 0.0079)
    """
    changes = np.concatenate([treated, control])
    count, total = len(treated), len(changes)
    chosen = _sets(total, count, seed)
    share = count / total
    means = changes[chosen].sum(axis=1) / count
    overlap = (chosen < count).sum(axis=1) / count
    rest = 1 - share
    shuffled_difference = (means - changes.mean()) / rest
    pull = (overlap - share) / rest  # how much of a true shift a shuffle would still show; 1 is the real labelling
    real = float(treated.mean() - control.mean())
    real_one = pull > 1 - 1e-12
    own = int(np.sum(real_one))
    bounds = np.sort((real - shuffled_difference[~real_one]) / (1 - pull[~real_one]))
    size = len(chosen)
    slack = 1e-9 * max(1.0, float(np.abs(changes).max()))
    above = own + int(np.searchsorted(bounds, slack, side="right"))
    below = own + len(bounds) - int(np.searchsorted(bounds, -slack, side="left"))
    p = min(1.0, 2 * min(above, below) / size)
    tail = int(np.floor((1 - confidence) / 2 * size + 1e-9)) - own  # bounds that may be cut off on each side
    if tail < 0:
        return float("-inf"), float("inf"), p
    return float(bounds[tail]), float(bounds[len(bounds) - 1 - tail]), p


@lru_cache(maxsize=8)
def _all_sets(total: int, count: int) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Every set of `count` out of `total`, the first ones first; kept, for many actions have equal numbers."""
    sets = np.array(list(combinations(range(total), count)))
    sets.flags.writeable = False
    return sets


def _sets(total: int, count: int, seed: int) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Which units each shuffle calls treated, the real labelling first."""
    if comb(total, count) <= ALL_UP_TO:
        return _all_sets(total, count)
    random = np.random.default_rng(seed)
    parts = [np.arange(count)[None, :]]
    at_once = max(1, CELLS_AT_ONCE // total)
    for start in range(0, DRAWN, at_once):
        rows = min(at_once, DRAWN - start)
        parts.append(np.argpartition(random.random((rows, total)), count, axis=1)[:, :count])
    return np.concatenate(parts)
