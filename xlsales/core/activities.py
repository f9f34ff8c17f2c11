"""What activities bring: visits and calls, the opportunities that came of them, the orders that were won."""

import pandas as pd

from xlsales.core.ratio import ratio

KINDS = ("visit", "call", "demo")


def effectiveness(
    interactions: pd.DataFrame, opportunities: pd.DataFrame, first: pd.Timestamp, last: pd.Timestamp
) -> pd.DataFrame:
    """From visits to opportunities to orders, per salesperson and in total, over the days from first to last.

    interactions: salesperson, at, kind. opportunities: salesperson, created, stage, value, [close_date]. Returns
    salesperson ("" = all), visits, calls, demos, opportunities (created in the period), won (stage won, closed in the
    period), won_value, opportunities_per_visit, won_per_opportunity, visits_per_won, value_per_visit. Counts are 0
    where nothing is logged, ratios of totals and blank where their denominator is 0; won_value is blank where a won
    value is all that is missing. Source: the seeds' visit-to-order conversion.

    >>> log = pd.DataFrame({"salesperson": ["Li"] * 4, "at": pd.to_datetime(["2026-01-05"] * 4), "kind": "visit"})
    >>> deals = pd.DataFrame({"salesperson": ["Li", "Li"], "created": pd.to_datetime(["2026-01-06"] * 2),
    ...                       "stage": ["won", "proposal"], "value": [900.0, 500.0],
    ...                       "close_date": pd.to_datetime(["2026-01-20", None])})
    >>> table = effectiveness(log, deals, *pd.to_datetime(["2026-01-01", "2026-01-31"]))
    >>> table.loc[0, ["visits", "opportunities", "won", "opportunities_per_visit", "value_per_visit"]].tolist()
    [4.0, 2.0, 1.0, 0.5, 225.0]
    """
    done = interactions[_within(interactions["at"], first, last) & interactions["salesperson"].notna()]
    named = opportunities[opportunities["salesperson"].notna()]
    made = named[_within(named["created"], first, last)]
    closed = named["close_date"] if "close_date" in named else named["created"]
    won = named[(named["stage"] == "won") & _within(closed, first, last)]
    parts = {f"{kind}s": done[done["kind"] == kind].groupby("salesperson").size() for kind in KINDS}
    parts |= {"opportunities": made.groupby("salesperson").size(), "won": won.groupby("salesperson").size()}
    counts = pd.DataFrame(parts).astype(float).fillna(0.0)  # an empty log is a count of none
    counts["won_value"] = won.groupby("salesperson")["value"].sum(min_count=1)
    counts["won_value"] = counts["won_value"].where(counts["won"] > 0, 0.0)
    counts = counts.sort_index()
    table = pd.concat([counts, counts.sum(min_count=1).to_frame("").T]).rename_axis("salesperson").reset_index()
    table["salesperson"] = table["salesperson"].astype("str")
    for name, part, whole in (
        ("opportunities_per_visit", "opportunities", "visits"),
        ("won_per_opportunity", "won", "opportunities"),
        ("visits_per_won", "visits", "won"),
        ("value_per_visit", "won_value", "visits"),
    ):
        table[name] = ratio(table[part], table[whole])
    return table


def _within(days: pd.Series, first: pd.Timestamp, last: pd.Timestamp) -> pd.Series:
    """Whether each time lies on a day from first to last."""
    day = days.dt.normalize()
    inside: pd.Series = day.between(pd.Timestamp(first).normalize(), pd.Timestamp(last).normalize())
    return inside
