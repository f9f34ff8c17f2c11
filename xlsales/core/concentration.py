"""How much hangs on few: the Herfindahl-Hirschman index and ABC classes."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from xlsales.core.refusal import Refusal


def hhi(values: ArrayLike) -> float:
    """Herfindahl-Hirschman index, 0 to 10 000: Σ share² of values of 0 or more; blanks are left out, NaN if all are 0.

    Raises Refusal `share_below_zero`. Source: Hirschman 1945.

    >>> round(hhi([10, 9, 12, 15, 12, 11, 15, 16]))
    1296
    """
    found = np.asarray(values, dtype=np.float64).ravel()
    found = found[~np.isnan(found)]
    if (found < 0).any():
        raise Refusal("share_below_zero", value=float(found.min()))
    total = found.sum()
    return float(((found / total) ** 2).sum() * 10_000) if total > 0 else float("nan")


def abc(values: ArrayLike, a: float = 0.8, b: float = 0.95) -> np.ndarray[tuple[int, ...], np.dtype[np.object_]]:
    """ABC class of each value by the cumulative share of the values in falling order.

    A up to and including share a, B up to and including b, C beyond; the largest value is always A; equal values share
    the class of the first of them; values of 0 or less are C; blanks stay blank (None). Returns the shape of values.
    Raises Refusal `abc_limits` unless 0 < a <= b <= 1.

    >>> abc([50, 5, 30, 15]).tolist()
    ['A', 'C', 'A', 'B']
    """
    if not 0 < a <= b <= 1:
        raise Refusal("abc_limits", a=a, b=b)
    shaped = np.asarray(values, dtype=np.float64)
    found = shaped.ravel()
    classes = np.full(len(found), None, dtype=object)
    order = np.argsort(-found, kind="stable")
    order = order[~np.isnan(found[order])]
    ranked = found[order]
    total = np.maximum(ranked, 0).sum()
    if not len(order):
        return classes.reshape(shaped.shape)
    if total <= 0:
        classes[order] = "C"
        return classes.reshape(shaped.shape)
    share: NDArray[np.float64] = np.cumsum(np.maximum(ranked, 0)) / total
    # 0.1 + 0.7 must still be within 0.8.
    class_of = np.where(share <= a + 1e-12, "A", np.where(share <= b + 1e-12, "B", "C")).astype(object)
    class_of[0] = "A"
    class_of[ranked <= 0] = "C"
    first = np.searchsorted(-ranked, -ranked, "left")
    classes[order] = class_of[first]
    return classes.reshape(shaped.shape)
