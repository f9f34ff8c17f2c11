"""How well earlier landings came true: what season and pipeline would have said, how to blend them, and how sure."""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from xlsales.core.backtest import conformal_half_width
from xlsales.core.ratio import Floats, ratio
from xlsales.core.refusal import Refusal

YEAR = 12
FEWEST = 4  # so many earlier stretches must speak before a share is drawn from them
SHARES = np.linspace(0.0, 1.0, 21)


def landing_record(
    history: ArrayLike, season: ArrayLike, length: int, done: int, due: ArrayLike | None = None
) -> pd.DataFrame:
    """What season and pipeline would have said of earlier stretches of the same length, after as many months of them.

    history: (n,) months of a member, oldest first. season: (n,) months of whatever gives the season; the weights of a
    stretch are the same months a year before it. length: months of the stretch. done: how many of them were over. due:
    (n,) weighted value of the deals open at the end of each month and due in the length − done months after it, blank
    where nobody knows. Every stretch that is over counts, from the second year on. Returns origin (position of the last
    month that was over), closed, season_rest (closed × (1 − W)/W), pipeline_rest, rest (what came), final.
    Refuses columns of different lengths and a done outside [1, length].

    >>> landing_record([10.0] * 12 + [12.0] * 12, [10.0] * 24, 12, 9)[["closed", "season_rest", "rest"]].values.tolist()
    [[108.0, 36.0, 36.0]]
    """
    own, weights = np.asarray(history, float), np.asarray(season, float)
    known = np.full(len(own), np.nan) if due is None else np.asarray(due, float)
    if not len(own) == len(weights) == len(known):
        raise Refusal("lengths_differ", first=len(own), second=len(weights) if len(weights) != len(own) else len(known))
    if not 1 <= done <= length:
        raise Refusal("landing_done", done=done, length=length)
    starts = np.arange(YEAR, len(own) - length + 1)
    running = np.concatenate([[0.0], np.cumsum(own)])
    seasons = np.concatenate([[0.0], np.cumsum(weights)])
    closed, final = running[starts + done] - running[starts], running[starts + length] - running[starts]
    reached = ratio(
        seasons[starts + done - YEAR] - seasons[starts - YEAR], seasons[starts + length - YEAR] - seasons[starts - YEAR]
    )
    return pd.DataFrame(
        {
            "origin": starts + done - 1,
            "closed": closed,
            "season_rest": closed * ratio(1.0 - reached, np.where(reached > 0, reached, np.nan)),
            "pipeline_rest": known[starts + done - 1],
            "rest": final - closed,
            "final": final,
        }
    )


def pipeline_share(record: pd.DataFrame) -> float:
    """The share of pipeline in rest = share × pipeline + (1 − share) × season that would have missed least.

    record: from `landing_record`. Returns a multiple of 0.05 with the smallest Σ|error|, the smaller one of equals;
    NaN where fewer than 4 stretches know both.

    >>> rows = pd.DataFrame({"season_rest": [10.0] * 4, "pipeline_rest": [20.0] * 4, "rest": [15.0] * 4})
    >>> pipeline_share(rows)
    0.5
    """
    both = record[["season_rest", "pipeline_rest", "rest"]].dropna()
    if len(both) < FEWEST:
        return float("nan")
    return float(SHARES[_misses(both).sum(axis=0).argmin()])


def landing_half_width(record: pd.DataFrame, confidence: float = 0.8, share: float | None = None) -> float:
    """The conformal half-width of a landing as a share of it, from what earlier landings missed.

    share: the part of the pipeline in every landing; None: each stretch is judged with the share that the other
    stretches speak for, so that none is judged by itself (0 where they are too few). Blank where there are too few.

    >>> rows = pd.DataFrame({"closed": 90.0, "season_rest": 10.0, "pipeline_rest": np.nan, "rest": 0.0,
    ...                      "final": [95.0, 100.0, 110.0, 80.0]})
    >>> round(landing_half_width(rows), 9)
    0.2
    """
    rows = record[record["season_rest"].notna()]
    part = np.full(len(rows), share) if share is not None else _others_share(rows)
    pipeline = np.where(part > 0, rows["pipeline_rest"].to_numpy(float), 0.0)
    landing = rows["closed"] + part * pipeline + (1.0 - part) * rows["season_rest"]
    missed = ratio(rows["final"] - landing, landing)
    return conformal_half_width(missed[np.isfinite(missed)], confidence)


def _misses(both: pd.DataFrame) -> Floats:
    """Absolute errors by stretch and share."""
    season, pipeline, rest = (both[name].to_numpy(float)[:, None] for name in ("season_rest", "pipeline_rest", "rest"))
    missed: Floats = np.abs(rest - SHARES * pipeline - (1.0 - SHARES) * season)
    return missed


def _others_share(rows: pd.DataFrame) -> Floats:
    """For each stretch the share that all others speak for; 0 where they are too few or it knows no pipeline."""
    known = rows[["season_rest", "pipeline_rest", "rest"]].notna().all(axis=1).to_numpy()
    part = np.zeros(len(rows))
    if known.sum() > FEWEST:
        missed = _misses(rows[known])
        part[known] = SHARES[(missed.sum(axis=0) - missed).argmin(axis=1)]
    return part
