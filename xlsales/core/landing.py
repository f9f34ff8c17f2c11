"""Where a period will land: what is closed, what the open deals due in it are worth by their chance, and how sure."""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from xlsales.core.backtest import conformal_half_width
from xlsales.core.deals import read_deals, within
from xlsales.core.ratio import Day, Floats, day, days, days_between, ratio
from xlsales.core.refusal import Refusal

ENUMERATED = 12  # up to so many deals every outcome is counted; beyond, amounts lie on a grid
GRID = 2048
NEAR = 0.2  # earlier periods speak for this one where their elapsed share differs by no more


def blended_landing(
    paced: pd.DataFrame,
    deals: pd.DataFrame,
    by: str | None = None,
    residuals: pd.DataFrame | None = None,
    confidence: float = 0.8,
) -> pd.DataFrame:
    """Closed + Σ weighted open pipeline due in the period, with an interval, for many targets.

    paced: from `pace`: actual (closed), period_start, period_end, elapsed and, with by, member. deals: from
    `read_deals`; by: their column that holds the member (None: every deal counts for every row). residuals: from
    `landing_residuals`. Returns paced with deals_due, weighted_due, landing_blended, landing_low, landing_high and
    interval_basis: conformal (half-width = landing × the conformal quantile of the relative residuals of earlier
    periods at nearly the same elapsed share), else deals (closed + the central range of what the deals due bring, each
    won or lost by its own chance). Deals without a value count in unvalued_due and in no sum.
    Refuses missing columns and a confidence outside (0, 1). Source: DEFINITIONS 5.
    """
    missing = [column for column in ("actual", "period_start", "period_end", "elapsed") if column not in paced]
    missing += [column for column in (["member"] if by else []) if column not in paced]
    missing += [by] if by and by not in deals else []
    if missing:
        raise Refusal("columns_missing", columns=missing)
    if not 0 < confidence < 1:
        raise Refusal("confidence_outside", confidence=confidence)
    open_deals = deals[deals["is_open"] & deals["close_date"].notna()]
    groups = {key: np.asarray(at) for key, at in open_deals.groupby(by).indices.items()} if by else {}
    everybody, nobody = np.arange(len(open_deals)), np.empty(0, np.int64)
    closes = days(open_deals["close_date"])
    value, chance, weight = (open_deals[name].to_numpy(float) for name in ("value", "chance", "weighted"))
    added = []
    for row in paced.to_dict("records"):
        own = groups.get(row["member"], nobody) if by else everybody
        due = own[(closes[own] >= day(row["period_start"])) & (closes[own] <= day(row["period_end"]))]
        valued = due[~np.isnan(value[due])]
        weighted = float(weight[valued].sum())
        landing = row["actual"] + weighted
        width = np.nan if residuals is None else abs(landing) * _quantile(residuals, row["elapsed"], confidence)
        if np.isnan(width):
            low, high = deal_range(value[valued], chance[valued], confidence)
            limits = row["actual"] + low, row["actual"] + high, "deals"
        else:
            limits = landing - width, landing + width, "conformal"
        added.append((len(due), len(due) - len(valued), weighted, landing, *limits))
    names = ["deals_due", "unvalued_due", "weighted_due", "landing_blended", "landing_low", "landing_high"]
    more = pd.DataFrame(added, columns=[*names, "interval_basis"], index=paced.index)
    kept = [column for column in paced if column not in more]
    return pd.concat([paced[kept], more], axis=1)


def deal_range(values: ArrayLike, chances: ArrayLike, confidence: float = 0.8) -> tuple[float, float]:
    """The central range of what independent deals bring, each its value by its chance and nothing otherwise.

    values: (n,) money of 0 or more. chances: (n,) in [0, 1]. Returns (low, high): the smallest sums that are not
    exceeded with (1 − confidence)/2 and (1 + confidence)/2. Exact up to 12 deals; beyond, to 1/2048 of Σ values.

    >>> deal_range([100.0, 50.0], [0.5, 0.5], 0.4)
    (50.0, 100.0)
    """
    worth, chance = np.asarray(values, float), np.asarray(chances, float)
    if not len(worth) or worth.sum() == 0:
        return 0.0, 0.0
    if len(worth) <= ENUMERATED:
        sums, share = np.zeros(1), np.ones(1)
        for value, likely in zip(worth, chance, strict=True):
            sums = np.concatenate([sums, sums + value])
            share = np.concatenate([share * (1 - likely), share * likely])
        order = np.argsort(sums, kind="stable")
        sums, share = sums[order], share[order]
    else:
        sums, share = np.linspace(0.0, worth.sum(), GRID + 1), _on_grid(worth / worth.sum() * GRID, chance)
    below = np.cumsum(share)
    ends = np.searchsorted(below, [(1 - confidence) / 2 - 1e-12, (1 + confidence) / 2 - 1e-12])
    low, high = sums[np.minimum(ends, len(sums) - 1)]
    return float(low), float(high)


def landing_residuals(
    snapshots: pd.DataFrame,
    opportunities: pd.DataFrame,
    stages: pd.DataFrame,
    periods: pd.DataFrame,
    by: str | None = None,
) -> pd.DataFrame:
    """What the blended landing would have said in earlier periods, against what was won in the end.

    snapshots: as_of, opportunity, stage, value, close_date. opportunities: opportunity, stage, value, close_date and
    the column by. periods: period_start, period_end of periods that are over. For every snapshot inside a period:
    landing = won with a close date from the start to as_of + Σ value × chance of the deals then open and due by end.
    Returns as_of, period_start, period_end, member (blank without by), elapsed, landing, final, residual = (final −
    landing)/landing, blank where the landing is 0.
    """
    now = read_deals(opportunities, stages)
    won = now[now["is_won"] & now["close_date"].notna()]
    then = read_deals(snapshots, stages)
    if by:
        then = then.assign(**{by: then["opportunity"].map(opportunities.set_index("opportunity")[by])})
    then = then[then["is_open"] & then["close_date"].notna()]
    tables = []
    for start, end in zip(periods["period_start"], periods["period_end"], strict=True):
        inside = within(then["as_of"], start, end) & within(then["close_date"], start, end)
        final = _won(won, start, end, by)
        for as_of in pd.unique(snapshots.loc[within(snapshots["as_of"], start, end), "as_of"]):
            due = then[inside & (then["as_of"] == as_of).to_numpy()]
            weighted = due.groupby(by)["weighted"].sum() if by else pd.Series({"": due["weighted"].sum()})
            parts = pd.DataFrame({"closed": _won(won, start, as_of, by), "weighted": weighted, "final": final})
            parts = parts.fillna(0.0).rename_axis("member").reset_index()
            elapsed = float((days_between(start, as_of) + 1) / (days_between(start, end) + 1))
            tables.append(parts.assign(as_of=as_of, period_start=start, period_end=end, elapsed=elapsed))
    names = ["as_of", "period_start", "period_end", "member", "elapsed", "landing", "final", "residual"]
    if not tables:
        return pd.DataFrame(columns=names)
    rows = pd.concat(tables, ignore_index=True)
    rows["landing"] = rows["closed"] + rows["weighted"]
    rows["residual"] = ratio(rows["final"] - rows["landing"], rows["landing"])
    return rows.assign(member=rows["member"].where(rows["member"] != ""))[names]


def _won(won: pd.DataFrame, first: Day, last: Day, by: str | None) -> pd.Series:
    rows = won[within(won["close_date"], first, last)]
    return rows.groupby(by)["value"].sum() if by else pd.Series({"": rows["value"].sum()})


def _quantile(residuals: pd.DataFrame, elapsed: float, confidence: float) -> float:
    near = residuals[(residuals["elapsed"] - elapsed).abs() <= NEAR]
    return conformal_half_width(near["residual"], confidence)


def _on_grid(places: Floats, chance: Floats) -> Floats:
    """Distribution of the sum on the grid; an amount between two places is shared so that its mean stays."""
    share = np.zeros(GRID + 1)
    share[0] = 1.0
    for place, likely in zip(places, chance, strict=True):
        step = int(place)
        upper = place - step
        gained = np.zeros(GRID + 1)
        gained[step:] += share[: GRID + 1 - step] * (1 - upper)
        gained[step + 1 :] += share[: GRID - step] * upper
        share = share * (1 - likely) + gained * likely
    return share
