"""Stage 4: the bridge from last year, pace and landing of every running target, the forecast of the year."""

import numpy as np
import pandas as pd

from xlsales.core.calendar import first_day, last_day, period_keys
from xlsales.core.forecast import forecast
from xlsales.core.pacing import month_weight, pace
from xlsales.core.period_steps import children, period_range, previous_period, same_period_last_year
from xlsales.core.refusal import Refusal
from xlsales.core.variance import bridge, lines_as_items
from xlsales.core.workdays import working_days
from xlsales.stages.cycle import Cycle, Frames
from xlsales.stages.lines import calendar
from xlsales.stages.targets import QUANTITIES

MONTHS = 12


def this_year(cycle: Cycle) -> str:
    """The fiscal year of the day."""
    return str(period_keys(pd.Series([cycle.as_of]), "year", calendar(cycle)).iloc[0])


def bridges(cycle: Cycle) -> Frames:
    """`bridge`: sales and margin from the same days of last fiscal year to this fiscal year's to date."""
    lines, days, year = cycle.found["lines"], calendar(cycle), this_year(cycle)
    past = same_period_last_year(year, days)
    start, before = (pd.Timestamp(first_day(key, days)) for key in (year, past))
    same_day = cycle.as_of - pd.DateOffset(years=1)
    now = lines[lines["date"] >= start]
    then = lines[(lines["date"] >= before) & (lines["date"] <= same_day)]
    if now.empty or then.empty:
        return {}
    parts = []
    for measure in ("sales", "margin"):
        # A line without a known cost has no margin on either side; the margin report counts what that leaves out.
        sides = [side if measure == "sales" else side[side["margin"].notna()] for side in (then, now)]
        sides = [side[side["volume"].notna()] for side in sides]
        effects = bridge(lines_as_items(sides[0]), lines_as_items(sides[1]), measure)
        parts.append(effects.assign(measure=measure))
    table = pd.concat(parts, ignore_index=True)
    return {"bridge": table.assign(base_period=past, period=year)}


def paces(cycle: Cycle) -> Frames:
    """`pace`: every target whose period is running, against what the season lets expect by the day."""
    rows = cycle.found["attainment"]
    running = (rows["level"] == "row") & (rows["from"] <= cycle.as_of) & (rows["to"] >= cycle.as_of)
    rows = rows[running & rows["measure"].isin(QUANTITIES)].rename(columns={"from": "period_start", "to": "period_end"})
    if rows.empty:
        return {}
    elapsed = pd.Series(np.nan, index=rows.index)
    for measure, group in rows.groupby("measure"):
        index = _season(cycle, str(measure))
        if index is None:
            continue
        for (start, end), same in group.groupby(["period_start", "period_end"]):
            elapsed[same.index] = month_weight(start, end, cycle.as_of, index)
    try:
        _workdays(cycle, cycle.as_of, rows["period_end"].max())
        table = pace(rows.assign(elapsed=elapsed), cycle.as_of, lambda first, last: _workdays(cycle, first, last))
    except Refusal as refusal:
        cycle.notes.append(refusal)
        table = pace(rows.assign(elapsed=elapsed), cycle.as_of)
    return {"pace": table.reset_index(drop=True)}


def _workdays(cycle: Cycle, first: object, last: object) -> float:
    span = (pd.Timestamp(first).date(), pd.Timestamp(last).date())
    return float(working_days(*span, cycle.settings["country"], cycle.tables["holidays"]))


def _season(cycle: Cycle, measure: str) -> np.ndarray | None:
    """Last fiscal year's twelve months of the company, January first; None unless all are known, none below 0."""
    days = calendar(cycle)
    past = previous_period(this_year(cycle), days)
    history = _company_months(cycle, measure, children(past, "month", days))
    if np.isnan(history).any() or (history < 0).any() or history.sum() <= 0:
        return None
    places = [int(key[-2:]) - 1 for key in children(past, "month", days)]
    index = np.empty(MONTHS)
    index[places] = history
    return index


def _company_months(cycle: Cycle, measure: str, months: list[str]) -> np.ndarray:
    five = cycle.found["five_quantities"]
    mine = five[(five["dimension"] == "company") & five["period"].isin(months)]
    return mine.set_index("period")[measure].reindex(months).to_numpy(float)


def forecasts(cycle: Cycle) -> Frames:
    """`forecast`: each quantity by month to the end of the fiscal year, from the complete months of history."""
    days = calendar(cycle)
    today = str(period_keys(pd.Series([cycle.as_of]), "month", days).iloc[0])
    complete = today if pd.Timestamp(last_day(today, days)) <= cycle.as_of else previous_period(today, days)
    ahead = [key for key in children(this_year(cycle), "month", days) if key > complete]
    first = cycle.found["lines"]["date"].min()
    if not ahead or pd.isna(first) or first > pd.Timestamp(last_day(complete, days)):
        return {}
    start = str(period_keys(pd.Series([first]), "month", days).iloc[0])
    past = period_range(start, complete, days)[0 if first == pd.Timestamp(first_day(start, days)) else 1 :]
    parts = []
    for measure in QUANTITIES:
        history = _company_months(cycle, measure, past)
        if np.isnan(history).any():
            continue
        try:
            rows = forecast(history, len(ahead), MONTHS, float(cycle.settings["confidence"])).table
        except Refusal as refusal:
            cycle.notes.append(refusal)
            continue
        parts.append(rows.assign(measure=measure, period=ahead))
    return {"forecast": pd.concat(parts, ignore_index=True)} if parts else {}
