"""Customers that change hands in the year, and the part of a quota that goes with them."""

import numpy as np
import pandas as pd

from xlsales.core.calendar import CALENDAR, Calendar, first_day, last_day
from xlsales.core.ratio import ratio


def moved_quota(
    handovers: pd.DataFrame,
    quotas: pd.Series,
    history: pd.DataFrame,
    year: str,
    unit: float = 1.0,
    calendar: Calendar = CALENDAR,
) -> pd.DataFrame:
    """The quota that each handover of a customer moves from the old owner to the new one, in whole units.

    handovers: customer, valid_from, old, new, keeps_quota (old: nothing moves). quotas: the year's quota by person.
    history: salesperson, customer, sales of the year before. A customer takes along the part of the old owner's quota
    that it had of his sales, for the part of the year from valid_from on. Returns customer, valid_from, old, new, part
    (of his sales), rest (of the year) and moved (money; 0 where the old owner keeps it, blank where his quota or sales
    are unknown). Source: DEFINITIONS 1, handover.

    >>> rows = pd.DataFrame({"customer": ["C"], "valid_from": [pd.Timestamp("2026-07-02")], "old": ["a"], "new": ["b"],
    ...                      "keeps_quota": ["new"]})
    >>> history = pd.DataFrame({"salesperson": ["a", "a"], "customer": ["C", "D"], "sales": [25.0, 75.0]})
    >>> moved_quota(rows, pd.Series({"a": 800.0, "b": 100.0}), history, "2026")["moved"].tolist()
    [100.0]
    """
    first, last = (pd.Timestamp(day(year, calendar)) for day in (first_day, last_day))
    inside = handovers[(handovers["valid_from"] >= first) & (handovers["valid_from"] <= last)].reset_index(drop=True)
    days = (last - first).days + 1
    by_both = history.groupby(["salesperson", "customer"])["sales"].sum()
    by_one = history.groupby("salesperson")["sales"].sum()
    own = pd.MultiIndex.from_frame(inside[["old", "customer"]])
    whole = by_one.reindex(inside["old"]).to_numpy(float)
    had = np.where(np.isnan(whole), np.nan, np.nan_to_num(by_both.reindex(own).to_numpy(float)))
    found = inside[["customer", "valid_from", "old", "new"]].assign(
        part=ratio(had, whole), rest=((last - inside["valid_from"]).dt.days + 1) / days
    )
    kept = inside["keeps_quota"].eq("old").fillna(value=False)
    year_of = np.maximum(quotas.reindex(inside["old"]).to_numpy(float) * found["part"].to_numpy(float), 0.0)
    carried: dict[object, float] = {}
    for place in inside.sort_values("valid_from", kind="stable").index:
        customer = inside["customer"].iloc[place]
        year_of[place] = carried.get(customer, year_of[place])  # handed on again it takes along what it brought
        if not kept.iloc[place]:
            carried[customer] = year_of[place]
    moved = np.where(kept, 0.0, year_of * found["rest"].to_numpy(float))
    found["moved"] = np.round(moved / unit) * unit
    return found


def after_handover(quotas: pd.Series, moved: pd.DataFrame) -> pd.DataFrame:
    """Each quota before and after the handovers; together they are what they were.

    >>> moved = pd.DataFrame({"old": ["a"], "new": ["b"], "moved": [100.0]})
    >>> after_handover(pd.Series({"a": 800.0, "b": 100.0}), moved)
      salesperson  before    out   into  after
    0           a   800.0  100.0    0.0  700.0
    1           b   100.0    0.0  100.0  200.0
    """
    known = moved.dropna(subset=["moved"])
    known = known[known["new"].isin(quotas.index)]
    out, into = (known.groupby(side)["moved"].sum().reindex(quotas.index).fillna(0.0) for side in ("old", "new"))
    frame = pd.DataFrame({"before": quotas, "out": out, "into": into, "after": quotas - out + into})
    return frame.rename_axis("salesperson").reset_index()
