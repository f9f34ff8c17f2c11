"""Ratings of one person by several others: trimmed, with their dispersion, corrected for lenient raters."""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from xlsales.core.offending import refuse_where
from xlsales.core.ratio import Floats

TRIM_FROM = 5  # raters; with fewer a dropped rating would cost too much of what is known
LENIENCY_FROM = 10  # ratings by one rater; a rater's mean and spread from fewer are noise


def leniency(
    raw: ArrayLike,
    rater: tuple[ArrayLike, ArrayLike],
    everybody: tuple[float, float],
    bounds: tuple[float, float] | None = None,
) -> Floats:
    """A rating as it would be from a rater of everybody's mean and spread: mean + z x spread, z from the rater's own.

    raw: ratings. rater: mean and standard deviation of that rater's ratings; where the deviation is 0 the rating stays
    as it is. everybody: mean and deviation over all raters. bounds: the scale's ends. Source: DEFINITIONS 9.

    >>> leniency(3.5, (4.2, 0.7), (3.8, 0.6), (1, 5)).round(6).tolist()
    3.2
    """
    given, mean, spread = np.broadcast_arrays(*(np.asarray(part, float) for part in (raw, *rater)))
    z = np.divide(given - mean, spread, out=np.full(given.shape, np.nan), where=spread > 0)
    moved = np.where(np.isnan(z), given, everybody[0] + z * everybody[1])
    return moved if bounds is None else np.clip(moved, *bounds)


def combined(ratings: pd.DataFrame, *, correct: bool = True) -> pd.DataFrame:
    """One rating per person and KPI from those of several raters.

    ratings: salesperson, kpi, rater, score; blank scores are left out. correct: apply the leniency correction to raters
    who gave 10 or more ratings on the KPI (within the range of the scores given on it). From 5 raters up the highest
    and the lowest are dropped. Returns salesperson, kpi, raters (number), dropped, rating (mean of what is kept),
    spread (standard deviation of all, blank for one rater), low, high, corrected (number of ratings moved).
    Refuses rated_twice (one rater, one person, one KPI). Source: DEFINITIONS 9.

    >>> given = pd.DataFrame({"salesperson": "Li", "kpi": "service", "rater": list("abcde")})
    >>> given["score"] = [0.0, 80, 85, 90, 100]
    >>> combined(given)[["raters", "dropped", "rating", "low", "high"]].iloc[0].tolist()
    [5.0, 2.0, 85.0, 0.0, 100.0]
    """
    known = ratings.loc[ratings["score"].notna(), ["salesperson", "kpi", "rater", "score"]].reset_index(drop=True)
    named = ["salesperson", "kpi", "rater"]
    refuse_where(known.duplicated(named), "rated_twice", known, *named)
    moved = _corrected(known) if correct else known["score"]
    known = known.assign(raw=known["score"], score=moved, corrected=(moved != known["score"]).astype(int))
    groups = known.groupby(["salesperson", "kpi"], sort=False)
    table = groups.agg(
        raters=("score", "size"),
        total=("score", "sum"),
        spread=("score", "std"),
        low=("score", "min"),
        high=("score", "max"),
        corrected=("corrected", "sum"),
    ).reset_index()
    trim = table["raters"] >= TRIM_FROM
    table["dropped"] = np.where(trim, 2, 0)
    kept = table["total"] - np.where(trim, table["low"] + table["high"], 0.0)
    table["rating"] = kept / (table["raters"] - table["dropped"])
    return table[["salesperson", "kpi", "raters", "dropped", "rating", "spread", "low", "high", "corrected"]]


def _corrected(known: pd.DataFrame) -> pd.Series:
    """Scores with those of raters of 10 or more ratings on a KPI brought to the KPI's mean and spread."""
    moved = known["score"].copy()
    for _, rows in known.groupby("kpi", sort=False):
        scores = rows["score"]
        by_rater = rows.groupby("rater")["score"]
        often = by_rater.transform("size") >= LENIENCY_FROM
        if not often.any():
            continue
        rater = (by_rater.transform("mean")[often], by_rater.transform("std")[often])
        everybody = (float(scores.mean()), float(scores.std()))
        bounds = (float(scores.min()), float(scores.max()))
        moved.loc[rows.index[often]] = leniency(scores[often], rater, everybody, bounds)
    return moved
