"""What became of the deals of earlier days: stage conversion, and how long won deals stayed in each stage."""

import numpy as np
import pandas as pd

from xlsales.core.ratio import Ints, ratio
from xlsales.core.refusal import Refusal


def stage_conversion(snapshots: pd.DataFrame, opportunities: pd.DataFrame) -> pd.DataFrame:
    """For each snapshot: how many deals of each stage then are in each stage now.

    snapshots: as_of, opportunity, stage, value. opportunities: opportunity, stage (now). Returns as_of, stage_then,
    stage_now (blank: the deal is no longer in the list), deals, value (as of then, blank where none is known), share of
    the deals that were in stage_then. Sorted by as_of, then by stage names.
    Refuses missing columns and an opportunity that stands twice in the list or in one snapshot. Source: DEFINITIONS 6.

    >>> then = pd.DataFrame({"as_of": pd.to_datetime(["2026-01-01"] * 2), "opportunity": ["a", "b"],
    ...                      "stage": ["proposal"] * 2, "value": [10.0, 30.0]})
    >>> now = pd.DataFrame({"opportunity": ["a", "b"], "stage": ["won", "lost"]})
    >>> stage_conversion(then, now)[["stage_now", "share"]].values.tolist()
    [['lost', 0.5], ['won', 0.5]]
    """
    deal, names = _deal_codes(snapshots, opportunities)
    when, dates = pd.factorize(snapshots["as_of"], sort=True)
    _once_per_snapshot(deal, when, len(names))
    then, then_names = pd.factorize(snapshots["stage"], sort=True)
    now_codes, now_names = pd.factorize(opportunities["stage"], sort=True)
    at = pd.Index(opportunities["opportunity"]).get_indexer(pd.Index(names))
    now_of_deal = np.where(at >= 0, now_codes[at], -1)
    # One key per (snapshot, stage then, stage now); the last place of each axis holds what is blank.
    wide, high = len(now_names) + 1, len(then_names) + 1
    key = (when * high + then % high) * wide + now_of_deal[deal] % wide
    size = len(dates) * high * wide
    value = snapshots["value"].to_numpy(float)
    valued = ~np.isnan(value)
    deals = np.bincount(key, minlength=size)
    worth = np.bincount(key, weights=np.where(valued, value, 0.0), minlength=size)
    known = np.bincount(key[valued], minlength=size)
    starts = np.repeat(deals.reshape(-1, wide).sum(axis=1), wide)
    kept = np.flatnonzero(deals)
    return pd.DataFrame(
        {
            "as_of": dates.take(kept // (high * wide)),
            "stage_then": _named(then_names, (kept // wide) % high),
            "stage_now": _named(now_names, kept % wide),
            "deals": deals[kept],
            "value": np.where(known[kept] > 0, worth[kept], np.nan),
            "share": ratio(deals[kept], starts[kept]),
        }
    )


def conversion_matrix(conversion: pd.DataFrame, as_of: pd.Timestamp, stages: pd.DataFrame) -> pd.DataFrame:
    """One snapshot's conversion as rows stage then, columns stage now, in the order of the stages.

    conversion: from `stage_conversion`. stages: stage, order. Returns stage_then, a column of shares for each stage,
    and gone (no longer in the list); a stage without deals then has blank shares.
    """
    rows = conversion[conversion["as_of"] == as_of]
    order = stages.sort_values("order")["stage"].tolist()
    counts = rows.assign(stage_now=rows["stage_now"].fillna("gone"))
    table = counts.pivot_table(index="stage_then", columns="stage_now", values="deals", aggfunc="sum")
    table = table.reindex(index=order, columns=[*order, "gone"]).fillna(0.0)
    shares = table.div(table.sum(axis=1).where(lambda total: total > 0), axis=0)
    return shares.rename_axis(columns=None).rename_axis("stage_then").reset_index()


def stage_days(snapshots: pd.DataFrame, opportunities: pd.DataFrame, won: list[str]) -> pd.DataFrame:
    """Days that won deals spent in each stage, as far as snapshots show them.

    snapshots: as_of, opportunity, stage. opportunities: opportunity, stage, close_date. won: the stages that mean won.
    A stay runs from the first snapshot that shows the stage to the next snapshot that shows another, or to the close
    date after the last one. Returns opportunity, stage, days, one row per deal and stage (stays in a stage left and
    entered again add up).

    >>> shots = pd.DataFrame({"as_of": pd.to_datetime(["2026-01-01", "2026-02-01"]), "opportunity": ["a", "a"],
    ...                       "stage": ["qualified", "proposal"], "value": [1.0, 1.0]})
    >>> now = pd.DataFrame({"opportunity": ["a"], "stage": ["won"], "close_date": pd.to_datetime(["2026-02-11"])})
    >>> stage_days(shots, now, ["won"])[["stage", "days"]].values.tolist()
    [['proposal', 10.0], ['qualified', 31.0]]
    """
    deal, names = _deal_codes(snapshots, opportunities)
    at = pd.Index(opportunities["opportunity"]).get_indexer(pd.Index(names))
    is_won = opportunities["stage"].isin(won).to_numpy()
    won_deal = np.where(at >= 0, is_won[at], False)
    kept = np.flatnonzero(won_deal[deal])
    when = snapshots["as_of"].to_numpy().astype("M8[D]").astype(np.int64)[kept]
    stage, stage_names = pd.factorize(snapshots["stage"].iloc[kept], sort=True)
    order = np.lexsort((when, deal[kept]))
    deal, when, stage = deal[kept][order], when[order], stage[order]
    closed = opportunities["close_date"].to_numpy().astype("M8[D]")
    end = closed[at[deal]].astype(np.int64).astype(float)
    end[np.isnat(closed[at[deal]])] = np.nan
    follows = np.append(deal[1:] == deal[:-1], False)
    until = np.where(follows, np.append(when[1:], 0), end)
    stay = np.maximum(until - when, 0.0)
    on = ~np.isin(stage_names, won)[stage]
    table = pd.DataFrame({"opportunity": names.take(deal[on]), "stage": stage_names.take(stage[on]), "days": stay[on]})
    sums = table.groupby(["opportunity", "stage"])["days"].sum(min_count=1)
    return sums.dropna().reset_index()


def won_percentiles(days: pd.DataFrame, percentile: float = 0.75) -> pd.DataFrame:
    """Per stage the percentile of the won deals' days in it: stage, days, deals.

    days: from `stage_days`. Linear between neighbours.

    >>> won_percentiles(pd.DataFrame({"stage": ["proposal"] * 5, "days": [1.0, 2.0, 3.0, 4.0, 9.0]})).values.tolist()
    [['proposal', 4.0, 5]]
    """
    groups = days.groupby("stage")["days"]
    return pd.DataFrame({"days": groups.quantile(percentile), "deals": groups.size()}).reset_index()


def _deal_codes(snapshots: pd.DataFrame, opportunities: pd.DataFrame) -> tuple[Ints, pd.Index]:
    missing = [column for column in ("as_of", "opportunity", "stage") if column not in snapshots]
    missing += [column for column in ("opportunity", "stage") if column not in opportunities]
    if missing:
        raise Refusal("columns_missing", columns=missing)
    twice = opportunities["opportunity"].duplicated()
    if twice.any():
        raise Refusal("opportunity_twice", deals=opportunities.loc[twice, "opportunity"].head(5).tolist())
    blank = int(snapshots[["as_of", "opportunity", "stage"]].isna().any(axis=1).sum())
    if blank:
        raise Refusal("snapshot_blank", rows=blank)
    codes, names = pd.factorize(snapshots["opportunity"])
    return codes, pd.Index(names)


def _once_per_snapshot(deal: Ints, when: Ints, deals: int) -> None:
    key = when.astype(np.int64) * max(deals, 1) + deal
    seen = np.bincount(key) if len(key) else key
    if len(seen) and seen.max() > 1:
        raise Refusal("snapshot_twice", rows=int((seen > 1).sum()))


def _named(names: pd.Index, places: Ints) -> pd.Series:
    """Names by place; the place after the last one is blank."""
    return pd.Series([*names.astype(object), None], dtype="str").take(places).reset_index(drop=True)
