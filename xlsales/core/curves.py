"""How far a target was reached, and what that is worth in points."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from xlsales.core.ratio import Floats
from xlsales.core.refusal import Refusal

DEFAULT = "default"
LINEAR, STEP = "linear", "step"
# 100 x attainment, 120 at most; two points at 0.5 make the jump from 0, the lower end belonging to the upper part
DEFAULT_POINTS: tuple[tuple[float, float], ...] = ((0.5, 0.0), (0.5, 50.0), (1.2, 120.0))
EXACT = 10  # decimals; an attainment of 0.7 reached as 0.7 - 1e-16 has reached 0.7


def attainment(actual: ArrayLike, target: ArrayLike, lower_is_better: ArrayLike = False) -> Floats:
    """How much of the target was reached: 1.0 is all of it.

    actual, target, lower_is_better: numbers and flags that broadcast. NaN (blank) where the target is 0 or either is
    missing. Target above 0: actual/target. Target below 0, where a ratio would point the wrong way: by difference,
    1 + (actual - target)/|target|. Lower is better: 1 - (actual - target)/|target|, which is 2 - actual/target, not
    below 0. Source: DEFINITIONS 9.

    >>> attainment([90.0, -50.0, 90.0, 5.0], [100.0, -100.0, 100.0, 0.0], [False, False, True, False]).tolist()
    [0.9, 1.5, 1.1, nan]
    """
    reached, goal, lower = np.broadcast_arrays(
        np.asarray(actual, float), np.asarray(target, float), np.asarray(lower_is_better, bool)
    )
    size = np.abs(goal)
    off = np.divide(reached - goal, size, out=np.full(goal.shape, np.nan), where=size > 0)
    plain = np.divide(reached, size, out=np.full(goal.shape, np.nan), where=goal > 0)
    higher = np.where(goal > 0, plain, 1 + off)
    reached_share: Floats = np.where(lower, np.maximum(1 - off, 0.0), higher)
    return reached_share


def score(attained: ArrayLike, points: ArrayLike = DEFAULT_POINTS, kind: str = LINEAR) -> Floats:
    """Points that an attainment earns on a curve.

    attained: any shape. points: (n, 2) rows of attainment and score, in any order of attainment. kind linear: straight
    between the points, the first point's score below them (floor), the last one's above (cap); two points at one
    attainment are a jump, upwards in the order given, and the attainment itself earns the second. kind step: each row's
    score from its attainment (included) up to the next (not included), 0 below the first. NaN stays NaN. Refuses
    curve_empty, curve_incomplete (a blank in a point), curve_kind. Source: DEFINITIONS 9.

    >>> score([0.49, 0.5, 1.1, 1.5]).tolist()
    [0.0, 50.0, 110.0, 120.0]
    >>> score([0.69, 0.7, 1.0], [(0, 0), (0.7, 60), (1.0, 100)], "step").tolist()
    [0.0, 60.0, 100.0]
    """
    table = np.asarray(points, float)
    if table.size == 0:
        raise Refusal("curve_empty")
    table = table.reshape(-1, 2)
    if not np.isfinite(table).all():
        raise Refusal("curve_incomplete", points=len(table))
    table = table[np.argsort(table[:, 0], kind="stable")]
    levels, scores = table.T
    reached = np.round(np.asarray(attained, float), EXACT)
    levels = np.round(levels, EXACT)
    band = np.searchsorted(levels, reached, side="right") - 1  # the last point at or below, so lower ends count
    if kind == STEP:
        found = np.where(band >= 0, scores[np.maximum(band, 0)], 0.0)
    elif kind == LINEAR:
        found = _straight(reached, levels, scores, band)
    else:
        raise Refusal("curve_kind", kind=kind)
    return np.asarray(np.round(np.where(np.isnan(reached), np.nan, found), EXACT), dtype=np.float64)


def _straight(reached: Floats, levels: Floats, scores: Floats, band: np.ndarray[Any, Any]) -> Floats:
    """Between the point at or below and the next one; flat outside."""
    last = len(levels) - 1
    left = np.clip(band, 0, last)
    right = np.minimum(left + 1, last)
    width = levels[right] - levels[left]
    along = np.divide(reached - levels[left], width, out=np.zeros(np.shape(reached)), where=width > 0)
    inside = scores[left] + along * (scores[right] - scores[left])
    flat: Floats = np.where(band < 0, scores[0], np.where(band >= last, scores[last], inside))
    return flat


def curve_points(curves: pd.DataFrame | None) -> dict[str, tuple[Floats, str]]:
    """The points and the kind of every curve of the table `curves` (curve, attainment, score, [kind]), and the default.

    A curve without a kind is linear; the name "default" is the built-in curve unless the table has one of that name.
    Refuses curve_kinds where the rows of one curve name two kinds.

    >>> table = pd.DataFrame({"curve": ["steep", "steep"], "attainment": [0.8, 1.0], "score": [0.0, 100.0]})
    >>> sorted(curve_points(table))
    ['default', 'steep']
    """
    found: dict[str, tuple[Floats, str]] = {DEFAULT: (np.array(DEFAULT_POINTS), LINEAR)}
    if curves is None:
        return found
    for name, rows in curves.groupby("curve", sort=False):
        kinds = list(rows["kind"].dropna().unique()) if "kind" in rows else []
        if len(kinds) > 1:
            raise Refusal("curve_kinds", curve=name, kinds=", ".join(map(str, kinds)))
        found[str(name)] = (rows[["attainment", "score"]].to_numpy(float), str(kinds[0]) if kinds else LINEAR)
    return found
