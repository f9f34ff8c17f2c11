"""From an action to the figures that judge it: units, months before and after, and what a proven effect adds."""

from collections.abc import Collection

import pandas as pd

from xlsales.core.calendar import CALENDAR, Calendar, first_day, last_day
from xlsales.core.period_steps import period_range

MONTHS = 12  # at most so many before and after: a year holds every season once


def action_panel(
    values: pd.DataFrame,
    treated: Collection[str],
    window: tuple[pd.Timestamp, pd.Timestamp],
    spans: pd.DataFrame | None = None,
    calendar: Calendar = CALENDAR,
) -> pd.DataFrame:
    """The units' months before and after an action, as `effect.effect` takes them.

    values: unit, period (months), value; treated: the units that the action is for, all others are the control. window:
    the action's first day and the last day known. spans: unit, first, last: from when to when a unit was there at all
    (blank: always). A month in which the action began is left out; of the rest up to 12 on each side count. A unit
    without a row in a month had nothing (0), unless it was not there then: that month is missing. A blank value stays
    missing. Returns unit, period, treated, after, value.

    >>> values = pd.DataFrame({"unit": ["n", "n", "s"], "period": ["2026-01", "2026-03", "2026-02"]})
    >>> values["value"] = [5.0, 7.0, 2.0]
    >>> panel = action_panel(values, ["n"], (pd.Timestamp("2026-02-01"), pd.Timestamp("2026-03-31")))
    >>> panel[["unit", "period", "after", "value"]].values.tolist()[:3]
    [['n', '2026-01', False, 5.0], ['n', '2026-02', True, 0.0], ['n', '2026-03', True, 7.0]]
    """
    keys = period_range(values["period"].min(), values["period"].max(), calendar) if len(values) else []
    first = {key: pd.Timestamp(first_day(key, calendar)) for key in keys}
    last = {key: pd.Timestamp(last_day(key, calendar)) for key in keys}
    before = [key for key in keys if last[key] < window[0]][-MONTHS:]
    after = [key for key in keys if first[key] >= window[0] and last[key] <= window[1]][:MONTHS]
    known = values.drop_duplicates(["unit", "period"]).set_index(["unit", "period"])["value"]
    grid = pd.MultiIndex.from_product([values["unit"].unique(), [*before, *after]], names=["unit", "period"])
    table = pd.DataFrame({"value": known.reindex(grid), "row": grid.isin(known.index)}).reset_index()
    table["value"] = table["value"].where(table["row"], 0.0)
    if spans is not None:
        there = spans.drop_duplicates("unit").set_index("unit")
        began, ended = (pd.to_datetime(table["unit"].map(there[end])) for end in ("first", "last"))
        gone = (table["period"].map(first) < began) | (table["period"].map(last) > ended)
        table["value"] = table["value"].mask(gone)
    table["treated"], table["after"] = table["unit"].isin(list(treated)), table["period"].isin(after)
    return table[["unit", "period", "treated", "after", "value"]]


def full_year_gain(monthly: float, units: int, months: int) -> float:
    """What a proven effect adds to a year in which it holds all along, above a year that has had it for some months.

    monthly: effect per unit and month. units: how many treated units a member has. months: how many of the past twelve
    had the effect already: those stand in the figures that the next target starts from.

    >>> full_year_gain(100.0, 3, 5)
    2100.0
    """
    return float(monthly * units * max(MONTHS - months, 0))


def sides(panel: pd.DataFrame) -> dict[str, int]:
    """How much a panel has to say: treated_units and control_units with a figure, months_before and months_after.

    >>> rows = pd.DataFrame({"unit": ["a", "b"], "period": "2026-01", "treated": [True, False], "after": False})
    >>> sides(rows.assign(value=[1.0, float("nan")]))
    {'treated_units': 1, 'control_units': 0, 'months_before': 1, 'months_after': 0}
    """
    known = panel[panel["value"].notna()]
    return {
        "treated_units": int(known.loc[known["treated"], "unit"].nunique()),
        "control_units": int(known.loc[~known["treated"], "unit"].nunique()),
        "months_before": int(known.loc[~known["after"], "period"].nunique()),
        "months_after": int(known.loc[known["after"], "period"].nunique()),
    }
