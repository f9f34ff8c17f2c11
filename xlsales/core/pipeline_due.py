"""What is due when, and whether it covers what is left of the target, by month."""

import numpy as np
import pandas as pd

from xlsales.core.calendar import CALENDAR, Calendar, period_keys
from xlsales.core.pipeline import known
from xlsales.core.ratio import ratio
from xlsales.core.refusal import Refusal


def by_month(deals: pd.DataFrame, calendar: Calendar = CALENDAR) -> pd.DataFrame:
    """Open and weighted value by the month in which the deals are due, with what slipped and what has no date apart.

    deals: from `read_deals` with as_of. calendar: on which day its months close. Returns rows of line (due, slipped,
    undated), month (the first day of the month that it is named after; blank but for due), deals, unvalued, open,
    weighted; slipped deals are in their own line only, so that the lines add up to all open deals. Blank where no deal
    of the row has a value. Refuses deals read without as_of. Source: DEFINITIONS 6.

    >>> from xlsales.core.deals import read_deals
    >>> deal = pd.DataFrame({"stage": ["proposal"], "value": [1000.0], "close_date": [pd.Timestamp("2026-01-31")]})
    >>> by_month(read_deals(deal, as_of=pd.Timestamp("2026-01-15")))[["line", "weighted"]].values.tolist()
    [['due', 500.0]]
    """
    rows = deals[deals["is_open"]]
    if rows["is_slipped"].isna().any():
        raise Refusal("as_of_missing")
    month = _month(rows["close_date"], calendar)
    line = np.where(rows["is_slipped"].to_numpy(bool), "slipped", np.where(month.isna(), "undated", "due"))
    parts = pd.DataFrame(
        {
            "line": pd.Categorical(line, ["due", "slipped", "undated"], ordered=True),
            "month": month.where(line == "due"),
            "deals": 1.0,
            "unvalued": rows["value"].isna().astype(float),
            "open": rows["value"].fillna(0.0),
            "weighted": rows["weighted"].fillna(0.0),
        }
    )
    sums = parts.groupby(["line", "month"], observed=True, dropna=False).sum().reset_index()
    for name in ("open", "weighted"):
        sums[name] = known(sums[name], sums["deals"], sums["deals"] - sums["unvalued"])
    return sums.assign(line=sums["line"].astype("str"))


def coverage_by_month(deals: pd.DataFrame, target_left: pd.DataFrame, calendar: Calendar = CALENDAR) -> pd.DataFrame:
    """Open value due against what is left of the target, by salesperson and month.

    deals: from `read_deals` with as_of, and salesperson. target_left: salesperson, month (any day of it), target_left
    (target − won, in the deals' currency). calendar: on which day its months close. Returns a row for each pair that
    has deals due or a target: salesperson, month (the first day of the month that it is named after), deals, open,
    weighted (all due in the month, slipped ones among them), slipped (that part), target_left, coverage =
    open/target_left, blank where nothing is left or no target is given. Deals without a close date are in no month.
    Refuses deals read without as_of. Source: DEFINITIONS 6.
    """
    missing = [column for column in ("salesperson", "month", "target_left") if column not in target_left]
    if missing or "salesperson" not in deals:
        raise Refusal("columns_missing", columns=missing or ["salesperson"])
    due = deals[deals["is_open"] & deals["close_date"].notna()]
    if due["is_slipped"].isna().any():
        raise Refusal("as_of_missing")
    parts = pd.DataFrame(
        {
            "salesperson": due["salesperson"],
            "month": _month(due["close_date"], calendar),
            "deals": 1.0,
            "valued": due["value"].notna().astype(float),
            "open": due["value"].fillna(0.0),
            "weighted": due["weighted"].fillna(0.0),
            "slipped": due["value"].fillna(0.0).where(due["is_slipped"].astype(bool), 0.0),
        }
    )
    keys = ["salesperson", "month"]
    sums = parts.groupby(keys, dropna=False).sum().reset_index()
    left = target_left.assign(month=_month(target_left["month"], calendar))
    left = left.groupby(keys, dropna=False)["target_left"].sum(min_count=1).reset_index()
    rows = sums.merge(left, on=keys, how="outer", sort=True)
    filled = rows[["deals", "valued", "open", "weighted", "slipped"]].fillna(0.0)
    for name in ("open", "weighted", "slipped"):
        rows[name] = known(filled[name], filled["deals"], filled["valued"])
    rows["deals"] = filled["deals"]
    rows["coverage"] = np.where(rows["target_left"] > 0, ratio(rows["open"], rows["target_left"]), np.nan)
    return rows[[*keys, "deals", "open", "weighted", "slipped", "target_left", "coverage"]]


def _month(dates: pd.Series, calendar: Calendar) -> pd.Series:
    """The month of each date, as the first day of the month that it is named after."""
    return pd.to_datetime(period_keys(dates, "month", calendar), format="%Y-%m")
