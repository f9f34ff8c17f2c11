"""What scores mean: grades, coefficients, ranks, and how grades spread over people."""

import numpy as np
import pandas as pd

from xlsales.core.ratio import Floats, ratio
from xlsales.core.refusal import Refusal

EXACT = 9  # decimals; a score of 95 added up as 94.99999999999999 is a 95
DEFAULT_GRADES = pd.DataFrame(
    {
        "grade": ["S", "A", "B", "C", "D"],
        "from_score": [95.0, 85.0, 70.0, 60.0, 0.0],
        "coefficient": [1.5, 1.2, 1.0, 0.7, 0.0],
    }
)
FEWEST_PEERS = 3  # a median of fewer would tell whose score it is


def graded(scores: pd.Series, grades: pd.DataFrame | None = None, caps: pd.Series | None = None) -> pd.DataFrame:
    """The grade and the coefficient of each score.

    scores: points by person. grades: grade, from_score (included), coefficient; a score below all of them has the
    lowest grade. caps: by person the best grade that a red line still allows. Returns grade, coefficient, by the index
    of scores; blank where the score is. Refuses grade_bands (two grades from one score, or none at all), grade_unknown.
    Source: DEFINITIONS 9; the bands 95, 85, 70, 60 are ours.

    >>> graded(pd.Series([96.0, 90, 75, 65, 50]))["grade"].tolist()
    ['S', 'A', 'B', 'C', 'D']
    """
    table = (DEFAULT_GRADES if grades is None else grades).sort_values("from_score", ignore_index=True)
    if table.empty or table["from_score"].duplicated().any() or table["from_score"].isna().any():
        raise Refusal("grade_bands", grades=", ".join(table["grade"].astype(str)))
    points = scores.round(EXACT).to_numpy(float)
    place = np.maximum(np.searchsorted(table["from_score"].to_numpy(float), points, side="right") - 1, 0)
    if caps is not None and len(caps):
        order = {grade: position for position, grade in enumerate(table["grade"])}
        unknown = sorted(set(caps) - set(order))
        if unknown:
            raise Refusal("grade_unknown", grade=", ".join(map(str, unknown)), grades=", ".join(table["grade"]))
        worst = caps.map(order).groupby(caps.index).min()
        place = np.minimum(place, worst.reindex(scores.index, fill_value=len(table) - 1).to_numpy(int))
    known = scores.notna()
    result = table.loc[place, ["grade", "coefficient"]].set_axis(scores.index)
    return result.where(known)


def ranked(scores: pd.Series) -> pd.Series:
    """Place by score, 1 the best; equal scores share the better place; blank where the score is.

    >>> ranked(pd.Series([80.0, 95, 80, None, 70])).tolist()
    [2.0, 1.0, 2.0, nan, 4.0]
    """
    return scores.round(EXACT).rank(method="min", ascending=False)


def guideline(grades: pd.Series, shares: dict[str, float]) -> pd.DataFrame:
    """How the grades given lie against the shares that a guideline wishes; nobody's grade is changed by it.

    grades: by person. shares: wished share of each grade, adding to 1. Returns grade, wished_share, wished (people,
    not rounded), given, difference (given - wished). Refuses guideline_sum. Source: DEFINITIONS 9.

    >>> guideline(pd.Series(["S", "B", "B", "B"]), {"S": 0.1, "B": 0.9})["difference"].round(1).tolist()
    [0.6, -0.6]
    """
    total = sum(shares.values())
    if abs(total - 1) > 1e-9:
        raise Refusal("guideline_sum", total=round(total, 6))
    counts = grades.value_counts()
    table = pd.DataFrame({"grade": pd.Series(list(shares), dtype="str"), "wished_share": list(shares.values())})
    table["wished"] = table["wished_share"] * float(counts.sum())
    table["given"] = table["grade"].map(counts).fillna(0).astype(float)  # nobody has that grade: a count of 0 is known
    table["difference"] = table["given"] - table["wished"]
    return table


def compared(scores: pd.DataFrame, last: pd.DataFrame | None = None) -> pd.DataFrame:
    """Each score beside last period's and beside the peers of the same role, who stay without names.

    scores, last: salesperson, score, and role in scores (without it everybody is a peer). Returns salesperson, score,
    last_score, change, peers (others of the role with a score), peer_low, peer_median, peer_high (quartiles of the
    others), ahead_of (share of peers with a lower score). Peer figures are blank under 3 peers.

    >>> people = pd.DataFrame({"salesperson": list("abcd"), "score": [90.0, 80, 70, 60]})
    >>> compared(people)[["peers", "peer_median", "ahead_of"]].iloc[0].tolist()
    [3.0, 70.0, 1.0]
    """
    table = scores[["salesperson", "score"]].reset_index(drop=True)
    before = {} if last is None else dict(zip(last["salesperson"], last["score"], strict=True))
    table["last_score"] = table["salesperson"].map(before).astype(float)
    table["change"] = table["score"] - table["last_score"]
    role = scores["role"].fillna("").to_numpy() if "role" in scores else np.full(len(table), "")
    peers = np.full((len(table), 5), np.nan)
    for name in pd.unique(role):
        rows = np.flatnonzero(role == name)
        peers[rows] = _among(table["score"].to_numpy(float)[rows])
    table[["peers", "peer_low", "peer_median", "peer_high", "ahead_of"]] = peers
    return table


def _among(points: Floats) -> Floats:
    """(n, 5): for each of n scores the number of others, their quartiles, and the share of them below it."""
    known = ~np.isnan(points)
    others = np.full((len(points), 5), np.nan)
    order = np.sort(np.round(points[known], EXACT))
    count = len(order) - known.astype(int)
    others[:, 0] = count
    enough = count >= FEWEST_PEERS
    own = np.searchsorted(order, np.round(points, EXACT), side="left")
    for column, quantile in ((1, 0.25), (2, 0.5), (3, 0.75)):
        others[enough, column] = _quantile_without(order, own[enough], known[enough], quantile)
    others[:, 4] = np.where(known & enough, ratio(own, count), np.nan)
    return others


def _quantile_without(order: Floats, own: np.ndarray, known: np.ndarray, quantile: float) -> Floats:
    """A quantile of the sorted scores after one's own place is taken out of them."""
    last = len(order) - known - 1
    spot = quantile * last
    low = np.floor(spot).astype(int)
    high = np.minimum(low + 1, last)
    first = order[low + (known & (low >= own))]
    second = order[high + (known & (high >= own))]
    between: Floats = first + (spot - low) * (second - first)
    return between
