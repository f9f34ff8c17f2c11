"""Stage 4: the bridge from last year, pace and landing of every running target, the forecast of the year."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from xlsales.core.beside import WINDOWS, changes
from xlsales.core.bridge_items import Measure, base_rates, lines_as_items
from xlsales.core.calendar import first_day, period_keys
from xlsales.core.forecast import forecast
from xlsales.core.pacing import month_weight, pace
from xlsales.core.period_steps import children, previous_period, same_period_last_year
from xlsales.core.refusal import Refusal
from xlsales.core.variance import bridge, with_levels
from xlsales.core.workdays import working_days
from xlsales.stages.cycle import Cycle, Frames, names
from xlsales.stages.landing import known_months, landings
from xlsales.stages.lines import calendar
from xlsales.stages.targets import QUANTITIES
from xlsales.stages.teams import MANAGER, PERSON, by_manager, teams
from xlsales.stages.untargeted import untargeted

MONTHS = 12


def this_year(cycle: Cycle) -> str:
    """The fiscal year of the day."""
    return str(period_keys(pd.Series([cycle.as_of]), "year", calendar(cycle)).iloc[0])


@dataclass(frozen=True)
class Sides:
    """The lines of a bridge: by measure those of then and of now; past and year: the fiscal years they are from.

    rates: the exchange rates of then; None where nothing is sold in a foreign currency.
    """

    items: dict[Measure, tuple[pd.DataFrame, pd.DataFrame]]
    past: str
    year: str
    rates: pd.Series | None

    def of(self, measure: Measure, by: tuple[str, ...] = ()) -> tuple[pd.DataFrame, pd.DataFrame]:
        """The items of then and of now."""
        then, now = self.items[measure]
        then = lines_as_items(then, by=by)
        return (then if self.rates is None else then.assign(fx=0.0)), lines_as_items(now, by=by, rates=self.rates)


def bridge_sides(cycle: Cycle) -> Sides | None:
    """The same days of last fiscal year and this fiscal year's to date; None where one of them has no line."""
    lines, days, year = cycle.found["lines"], calendar(cycle), this_year(cycle)
    past = same_period_last_year(year, days)
    start, before = (pd.Timestamp(first_day(key, days)) for key in (year, past))
    same_day = cycle.as_of - pd.DateOffset(years=1)
    now = lines[lines["date"] >= start]
    then = lines[(lines["date"] >= before) & (lines["date"] <= same_day)]
    if now.empty or then.empty:
        return None
    sides = tuple(side[side["volume"].notna()] for side in (then, now))
    # A line without a known cost has no margin on either side; the margin report counts what that leaves out.
    known = tuple(side[side["margin"].notna()] for side in sides)
    rates = base_rates(*sides)
    return Sides({"sales": (sides[0], sides[1]), "margin": (known[0], known[1])}, past, year, rates)


def bridges(cycle: Cycle) -> Frames:
    """`bridge`: sales and margin from the same days of last fiscal year to this fiscal year's to date."""
    sides = bridge_sides(cycle)
    if sides is None:
        return {}
    parts = []
    for measure, (then, _) in sides.items.items():
        effects = bridge(*sides.of(measure), measure)
        parts.append(with_levels(effects, float(then[measure].sum())).assign(measure=measure))
    table = pd.concat(parts, ignore_index=True)
    return {"bridge": table.assign(base_period=sides.past, period=sides.year)}


def paces(cycle: Cycle) -> Frames:
    """`pace`: every running target against what the season lets expect by the day, and where it is going to land.

    Members without a target stand below with the fiscal year: their landing and last year's figure, nothing to attain.
    """
    table = to_date(cycle, everybody=True).get("pace")
    return {} if table is None else {"pace": landings(cycle, table)}


def to_date(cycle: Cycle, *, everybody: bool = False) -> Frames:
    """`pace` without the landings that blend season and deals: all that a score of the day needs."""
    rows = cycle.found["attainment"]
    running = (rows["level"] == "row") & (rows["from"] <= cycle.as_of) & (rows["to"] >= cycle.as_of)
    rows = rows[running & rows["measure"].isin(QUANTITIES)].rename(columns={"from": "period_start", "to": "period_end"})
    rows = _with_managers(cycle, rows)
    if everybody:
        rows = pd.concat([rows, untargeted(cycle, rows)], ignore_index=True)
    if rows.empty:
        return {}
    elapsed = pd.Series(np.nan, index=rows.index)
    for measure, group in rows.groupby("measure"):
        index = season(cycle, str(measure))
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


def _with_managers(cycle: Cycle, rows: pd.DataFrame) -> pd.DataFrame:
    """The salespeople's targets and actuals also added up to their managers, over who has such a target."""
    own = rows[rows["scope"] == PERSON]
    if own.empty:
        return rows
    # Of each person the longest period; it stands for the team where it lies inside the team's longest.
    length = (own["period_end"] - own["period_start"]).rename("length")
    own = own.join(length).sort_values("length", ascending=False, kind="stable")
    own = own.drop_duplicates(["measure", "member"])
    span = own.merge(teams(cycle), left_on="member", right_on=PERSON)
    span = span.drop_duplicates(["measure", MANAGER])[["measure", MANAGER, "period", "period_start", "period_end"]]
    span = span.rename(columns={MANAGER: "member"})
    parts = by_manager(
        cycle,
        own,
        ["measure", "period_start", "period_end"],
        ["target", "actual", *(time for time in WINDOWS if time in own)],
    )
    parts = parts.merge(span, on=["measure", "member"], suffixes=("_own", ""))
    inside = (parts["period_start_own"] >= parts["period_start"]) & (parts["period_end_own"] <= parts["period_end"])
    keys = ["measure", "member", "period", "period_start", "period_end"]
    same = (parts["period_start_own"] == parts["period_start"]) & (parts["period_end_own"] == parts["period_end"])
    beside = [time for time in WINDOWS if time in parts]
    parts[beside] = parts[beside].where(same)  # of shorter quotas other stretches are meant
    groups = parts[inside].groupby(keys, dropna=False, sort=False)
    found = groups[["target", "actual", *beside]].agg(lambda sums: sums.sum(skipna=False)).reset_index()
    found = changes(found, [""])
    found = found.assign(scope=MANAGER, level="row", name=names(cycle, MANAGER, found["member"]))
    found["gap"] = found["target"] - found["actual"]
    return pd.concat([rows, found.astype({"member": "str"})], ignore_index=True)


def _workdays(cycle: Cycle, first: object, last: object) -> float:
    span = (pd.Timestamp(first).date(), pd.Timestamp(last).date())
    return float(working_days(*span, cycle.settings["country"], cycle.tables["holidays"]))


def season(cycle: Cycle, measure: str) -> np.ndarray | None:
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
    """`forecast`, `backtest`: each quantity by month to the end of the fiscal year, and the methods' past errors."""
    days = calendar(cycle)
    past = known_months(cycle)
    ahead = [key for key in children(this_year(cycle), "month", days) if past and key > past[-1]]
    if not ahead:
        return {}
    parts, trials = [], []
    for measure in QUANTITIES:
        history = _company_months(cycle, measure, past)
        if np.isnan(history).any():
            continue
        try:
            found = forecast(history, len(ahead), MONTHS, float(cycle.settings["confidence"]))
        except Refusal as refusal:
            cycle.notes.append(refusal)
            continue
        parts.append(found.table.assign(measure=measure, period=ahead))
        trials.append(found.backtest.rename(columns={"points": "compared"}).assign(measure=measure))
    if not parts:
        return {}
    return {"forecast": pd.concat(parts, ignore_index=True), "backtest": pd.concat(trials, ignore_index=True)}
