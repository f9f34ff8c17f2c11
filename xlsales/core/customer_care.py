"""What customers think, and what part of their market we have."""

import numpy as np
import pandas as pd

from xlsales.core.ratio import ratio
from xlsales.core.refusal import Refusal

SCALE = 5.0  # a score without a stated scale is out of five


def satisfaction(scores: pd.DataFrame, by: list[str] | None = None) -> pd.DataFrame:
    """Mean score and top-2-box share with the number of answers.

    scores: score and, where known, scale_max (blank = 5) and the columns of by. Returns the columns of by, scale_max
    (scores on different scales are never mixed), n, mean_score (on that scale), top2_share (share of answers of
    scale_max − 1 or more). Blank scores are no answers. Refuses a score above its scale. Source: DEFINITIONS 8.

    >>> satisfaction(pd.DataFrame({"score": [5.0, 4.0, 3.0, 2.0]}))[["n", "mean_score", "top2_share"]].values.tolist()
    [[4.0, 3.5, 0.5]]
    """
    keys = by or []
    missing = [column for column in ("score", *keys) if column not in scores]
    if missing:
        raise Refusal("columns_missing", columns=missing)
    answered = scores[scores["score"].notna()]
    scale = answered["scale_max"].fillna(SCALE) if "scale_max" in answered else pd.Series(SCALE, answered.index)
    above = int((answered["score"] > scale).sum())
    if above:
        raise Refusal("score_over_scale", scores=above)
    parts = answered[keys].assign(
        scale_max=scale, n=1.0, total=answered["score"], top=(answered["score"] >= scale - 1).astype(float)
    )
    sums = parts.groupby([*keys, "scale_max"], dropna=False).sum().reset_index()
    rows = sums.assign(mean_score=ratio(sums["total"], sums["n"]), top2_share=ratio(sums["top"], sums["n"]))
    return rows[[*keys, "scale_max", "n", "mean_score", "top2_share"]]


def market_share(market: pd.DataFrame, sales: pd.DataFrame, targets: pd.DataFrame | None = None) -> pd.DataFrame:
    """Our share of each market whose size is known, against the target.

    market: region, product, period, market_size, [competitor_share]; a blank region or product means all of them.
    sales: region, product, period, sales, by the same periods. targets: region, product, period, target (a share), with
    the same blanks. Returns the market's columns with sales, share = sales/market_size, target, gap (target − share),
    money (gap × market_size). Sales are blank where the period has no sales at all, 0 where only the member has none.
    Refuses a market that stands twice, and missing columns. Source: DEFINITIONS 8.

    >>> market = pd.DataFrame({"region": ["N", None], "product": [None, None], "period": "2026", "market_size": 100.0})
    >>> sold = pd.DataFrame({"region": ["N", "S"], "product": ["x", "x"], "period": "2026", "sales": [20.0, 5.0]})
    >>> market_share(market, sold)["share"].tolist()
    [0.2, 0.25]
    """
    keys = ["region", "product", "period"]
    missing = [column for column in (*keys, "market_size") if column not in market]
    missing += [column for column in (*keys, "sales") if column not in sales]
    if missing:
        raise Refusal("columns_missing", columns=missing)
    if market.duplicated(keys).any():
        raise Refusal("market_twice", markets=int(market.duplicated(keys).sum()))
    rows = market.reset_index(drop=True)
    found = pd.Series(np.nan, rows.index)
    known = set(sales["period"])
    for has_region in (True, False):
        for has_product in (True, False):
            which = (rows["region"].notna() == has_region) & (rows["product"].notna() == has_product)
            level = [key for key, used in zip(keys, (has_region, has_product, True), strict=True) if used]
            sums = sales.groupby(level, as_index=False)["sales"].sum()
            found[which] = rows.loc[which, level].merge(sums, on=level, how="left")["sales"].to_numpy()
    found = found.where(found.notna() | ~rows["period"].isin(known), 0.0)
    rows = rows.assign(sales=found, share=ratio(found, rows["market_size"]))
    if targets is not None:
        rows = rows.merge(targets[[*keys, "target"]], on=keys, how="left")
    else:
        rows["target"] = np.nan
    gap = rows["target"] - rows["share"]
    return rows.assign(gap=gap, money=gap * rows["market_size"])
