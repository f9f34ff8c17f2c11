"""How well earlier landings came true: what season and pipeline would have said, how to blend them, and how sure."""

from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike

from xlsales.core.backtest import conformal_half_width
from xlsales.core.ratio import Floats, ratio
from xlsales.core.refusal import Refusal

YEAR = 12
FEWEST = 4  # so many earlier stretches must speak before a share is drawn from them
SHARES = np.linspace(0.0, 1.0, 21)


class Columns(Protocol):
    """Columns by name, all of one length: a dictionary of arrays, or a DataFrame."""

    def __getitem__(self, name: str, /) -> Any:
        """One column."""


def landing_record(
    history: ArrayLike, season: ArrayLike, length: int, done: int, due: ArrayLike | None = None
) -> dict[str, Floats]:
    """What season and pipeline would have said of earlier stretches of the same length, after as many months of them.

    history: (n,) months of a member, oldest first. season: (n,) months of whatever gives the season; the weights of a
    stretch are the same months a year before it. length: months of the stretch. done: how many of them were over. due:
    (n,) weighted value of the deals open at the end of each month and due in the length − done months after it, blank
    where nobody knows. Every stretch that is over counts, from the second year on. Returns columns of one length:
    origin (position of the last month that was over), closed, season_rest (closed × (1 − W)/W), pipeline_rest, rest
    (what came), final.
    Refuses columns of different lengths and a done outside [1, length].

    >>> found = landing_record([10.0] * 12 + [12.0] * 12, [10.0] * 24, 12, 9)
    >>> [found[name].tolist() for name in ("closed", "season_rest", "rest")]
    [[108.0], [36.0], [36.0]]
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
    return {
        "origin": starts + done - 1,
        "closed": closed,
        "season_rest": closed * ratio(1.0 - reached, np.where(reached > 0, reached, np.nan)),
        "pipeline_rest": known[starts + done - 1],
        "rest": final - closed,
        "final": final,
    }


def pipeline_share(record: Columns) -> float:
    """The share of pipeline in rest = share × pipeline + (1 − share) × season that would have missed least.

    record: from `landing_record`. Returns a multiple of 0.05 with the smallest Σ|error|, the smaller one of equals;
    NaN where fewer than 4 stretches know both.

    >>> pipeline_share({"season_rest": [10.0] * 4, "pipeline_rest": [20.0] * 4, "rest": [15.0] * 4})
    0.5
    """
    missed = _misses(record)
    known = ~np.isnan(missed).any(axis=1)
    if known.sum() < FEWEST:
        return float("nan")
    return float(SHARES[missed[known].sum(axis=0).argmin()])


def landing_half_width(record: Columns, confidence: float = 0.8, share: float | None = None) -> float:
    """The conformal half-width of a landing as a share of it, from what earlier landings missed.

    record: from `landing_record`. share: the part of the pipeline in every landing; None: each stretch is judged with
    the share that the other stretches speak for, so that none is judged by itself (0 where they are too few). Blank
    where there are too few.

    >>> rows = {"closed": [90.0] * 4, "season_rest": [10.0] * 4, "pipeline_rest": [np.nan] * 4, "rest": [0.0] * 4}
    >>> round(landing_half_width(rows | {"final": [95.0, 100.0, 110.0, 80.0]}), 9)
    0.2
    """
    closed, season, pipeline, final = (
        np.asarray(record[name], float) for name in ("closed", "season_rest", "pipeline_rest", "final")
    )
    part = np.full(len(closed), share) if share is not None else _others_share(record)
    landing = closed + part * np.where(part > 0, pipeline, 0.0) + (1.0 - part) * season
    missed = ratio(final - landing, landing)
    return conformal_half_width(missed[np.isfinite(missed)], confidence)


def _misses(record: Columns) -> Floats:
    """Absolute errors by stretch and share; a stretch that does not know both has blank ones."""
    season, pipeline, rest = (
        np.asarray(record[name], float)[:, None] for name in ("season_rest", "pipeline_rest", "rest")
    )
    missed: Floats = np.abs(rest - SHARES * pipeline - (1.0 - SHARES) * season)
    return missed


def _others_share(record: Columns) -> Floats:
    """For each stretch the share that all others speak for; 0 where they are too few or it knows no pipeline."""
    missed = _misses(record)
    known = ~np.isnan(missed).any(axis=1)
    part = np.zeros(len(missed))
    if known.sum() > FEWEST:
        part[known] = SHARES[(missed[known].sum(axis=0) - missed[known]).argmin(axis=1)]
    return part
