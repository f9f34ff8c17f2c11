"""How likely an open deal is won, judged by the closed ones: naive Bayes, and whether it can be trusted."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from xlsales.core.ratio import Flags, Floats, Ints, ratio, single
from xlsales.core.refusal import Refusal

FEWEST_CLOSED = 50
FEATURES = ("product", "region", "salesperson")
FOLDS = 5
BINS = 10


@dataclass(frozen=True)
class History:
    """What closed deals say.

    table: opportunity, chance (the stage's or own), history_chance. calibration: low, high, deals, predicted, won_share
    of closed deals judged by the others. skill: 1 − Brier score/Brier score of the plain win rate; 0 or less means the
    features tell nothing. closed: number of closed deals. features: those that were there.
    """

    table: pd.DataFrame
    calibration: pd.DataFrame
    skill: float
    closed: int
    features: tuple[str, ...]


def win_chances(deals: pd.DataFrame, features: tuple[str, ...] = FEATURES) -> History:
    """The chance that each open deal, once closed, is won, from the closed deals with the same features.

    deals: from `read_deals`, with opportunity; features: columns of names, those that are not there are left out; the
    size of the deal (quarter of the closed deals' values) always counts. A blank, a value of 0, or a name that no
    closed deal has says nothing. Calibration: each fifth of the closed deals is judged by the other four.
    Refuses fewer than 50 closed deals, and closed deals that are all won or all lost. Source: DEFINITIONS 6; Laplace
    smoothing by one.
    """
    closed = deals[deals["is_won"] | deals["is_lost"]]
    won = closed["is_won"].to_numpy(bool)
    if len(closed) < FEWEST_CLOSED:
        raise Refusal("closed_deals_few", closed=len(closed), needed=FEWEST_CLOSED)
    if won.all() or not won.any():
        raise Refusal("closed_deals_one_sided", closed=len(closed), won=int(won.sum()))
    there = tuple(feature for feature in features if feature in deals)
    open_deals = deals[deals["is_open"]]
    values = _sizes(closed)
    edges = np.quantile(values[~np.isnan(values)], [0.25, 0.5, 0.75]) if not np.isnan(values).all() else np.empty(0)
    past = _codes(closed, closed, there, edges)
    now = _codes(closed, open_deals, there, edges)
    table = pd.DataFrame(
        {
            "opportunity": open_deals["opportunity"].to_numpy(),
            "chance": open_deals["chance"].to_numpy(float),
            "history_chance": _posterior(past, won, now),
        }
    )
    judged = np.full(len(closed), np.nan)
    fold = np.arange(len(closed)) % FOLDS
    for turn in range(FOLDS):
        out = fold == turn
        judged[out] = _posterior([code[~out] for code in past], won[~out], [code[out] for code in past])
    base = float(np.mean((won.mean() - won) ** 2))
    skill = 1.0 - single(float(np.mean((judged - won) ** 2)), base)
    return History(table, calibration(judged, won), skill, len(closed), (*there, "value"))


def calibration(predicted: Floats, won: Flags) -> pd.DataFrame:
    """Predicted chance against the share that was won, in ten equal bands: low, high, deals, predicted, won_share.

    predicted: (n,) chances. won: (n,) flags. Bands without a deal are left out; a band holds its lower end.

    >>> calibration(np.array([0.12, 0.18, 0.95]), np.array([False, True, True]))["won_share"].tolist()
    [0.5, 1.0]
    """
    band = np.minimum((predicted * BINS + 1e-9).astype(np.int64), BINS - 1)
    deals = np.bincount(band, minlength=BINS).astype(float)
    rows = pd.DataFrame(
        {
            "low": np.arange(BINS) / BINS,
            "high": np.arange(1, BINS + 1) / BINS,
            "deals": deals,
            "predicted": ratio(np.bincount(band, weights=predicted, minlength=BINS), deals),
            "won_share": ratio(np.bincount(band, weights=won.astype(float), minlength=BINS), deals),
        }
    )
    return rows[rows["deals"] > 0].reset_index(drop=True)


def _codes(known: pd.DataFrame, rows: pd.DataFrame, features: tuple[str, ...], edges: Floats) -> list[Ints]:
    """Each feature of rows as numbers of the known names, −1 where blank or unknown."""
    codes = [pd.Index(known[name].dropna().unique()).get_indexer(pd.Index(rows[name])) for name in features]
    value = _sizes(rows)
    return [*codes, np.where(np.isnan(value), -1, np.searchsorted(edges, value))]


def _sizes(rows: pd.DataFrame) -> Floats:
    """Values, blank where 0: lists that put 0 on every lost deal would otherwise give the outcome away."""
    value = rows["value"].to_numpy(float)
    sizes: Floats = np.where(value > 0, value, np.nan)
    return sizes


def _posterior(past: list[Ints], won: Flags, now: list[Ints]) -> Floats:
    """P(won | features): prior odds times the smoothed likelihood ratio of every known feature."""
    odds = np.full(len(now[0]), np.log((won.sum() + 1.0) / ((~won).sum() + 1.0)))
    for code, at in zip(past, now, strict=True):
        size = max(int(code.max(initial=-1)), int(at.max(initial=-1))) + 1
        yes = np.bincount(code[won & (code >= 0)], minlength=size) + 1.0
        no = np.bincount(code[~won & (code >= 0)], minlength=size) + 1.0
        seen = (yes + no) > 2.0
        likelihood = np.where(seen, np.log(yes / yes[seen].sum()) - np.log(no / no[seen].sum()), 0.0)
        odds += np.where(at >= 0, np.append(likelihood, 0.0)[at], 0.0)
    chances: Floats = 1.0 / (1.0 + np.exp(-odds))
    return chances
