"""How much hangs on few: the Herfindahl-Hirschman index and ABC classes."""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from xlsales.core.ratio import ratio, single
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


def abc_table(values: pd.Series, a: float = 0.8, b: float = 0.95) -> pd.DataFrame:
    """The members in falling order with their share, the cumulative share and the ABC class.

    values: by member (index); values below 0 have no share and are C. Returns member, value, share, cumulative, abc.

    >>> abc_table(pd.Series({"x": 15.0, "y": 85.0}))[["member", "cumulative", "abc"]].values.tolist()
    [['y', 0.85, 'A'], ['x', 1.0, 'C']]
    """
    ranked = values.dropna().sort_values(ascending=False, kind="stable")
    positive = ranked.clip(lower=0.0)
    share = ratio(positive, positive.sum())
    table = pd.DataFrame({"member": ranked.index, "value": ranked.to_numpy(float), "share": share})
    return table.assign(cumulative=np.cumsum(share), abc=abc(ranked.to_numpy(float), a, b))


def concentration_of(values: pd.Series, first: int = 5) -> dict[str, float]:
    """How much hangs on few members: its figures.

    values: by member. Returns members (above 0), hhi, largest_share, first_share (of the `first` largest), a_members.
    Raises Refusal `share_below_zero`.

    >>> concentration_of(pd.Series([50.0, 30.0, 20.0]), first=2)
    {'members': 3, 'hhi': 3800.0, 'largest_share': 0.5, 'first_share': 0.8, 'a_members': 2}
    """
    index = round(hhi(values), 6)
    known = values.dropna().sort_values(ascending=False)
    total = float(known.sum())
    return {
        "members": int((known > 0).sum()),
        "hhi": index,
        "largest_share": single(float(known.iloc[:1].sum()), total),
        "first_share": single(float(known.iloc[:first].sum()), total),
        "a_members": int((abc(known.to_numpy(float)) == "A").sum()),
    }
