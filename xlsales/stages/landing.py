"""Stage 4, landing: what is closed, what the season and the open deals still bring, and how far that missed before."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from xlsales.core.calendar import first_day, last_day, period_keys
from xlsales.core.deals import read_deals
from xlsales.core.landing import blended_landing
from xlsales.core.landing_record import FEWEST, Columns, landing_half_width, landing_record, pipeline_share
from xlsales.core.period_steps import later, period_range, previous_period
from xlsales.core.ratio import Floats
from xlsales.stages.cycle import Cycle
from xlsales.stages.lines import calendar, given, tree_of
from xlsales.stages.quantities import cube_of, from_every_level
from xlsales.stages.selling import stages
from xlsales.stages.targets import QUANTITIES
from xlsales.stages.teams import MANAGER, PERSON, by_manager, teams

ADDED = ("landing_blended", "landing_low", "landing_high", "pipeline_share")
BLENDED = ("weighted_due", "landing_blended", "landing_low", "landing_high")
DEAL_SCOPES = ("company", "region", MANAGER, PERSON, "product", "customer")
SCOPES = ("company", "region", MANAGER, PERSON, "product")
NEAR = pd.Timedelta(days=10)  # a snapshot so near the end of a month speaks for it


def known_months(cycle: Cycle) -> list[str]:
    """The complete months that have figures, oldest first; a first month that began before its first line is none."""
    days = calendar(cycle)
    first = cycle.found["lines"]["date"].min()
    today = str(period_keys(pd.Series([cycle.as_of]), "month", days).iloc[0])
    complete = today if pd.Timestamp(last_day(today, days)) <= cycle.as_of else previous_period(today, days)
    if pd.isna(first) or first > pd.Timestamp(last_day(complete, days)):
        return []
    start = str(period_keys(pd.Series([first]), "month", days).iloc[0])
    return period_range(start, complete, days)[0 if first == pd.Timestamp(first_day(start, days)) else 1 :]


def months_of(cycle: Cycle, scope: str) -> pd.DataFrame:
    """The five quantities by member and month: member, period and the five."""
    if scope == MANAGER:
        return by_manager(cycle, months_of(cycle, PERSON), ["period"], QUANTITIES)
    by = [] if scope == "company" else [scope]
    table = cube_of(cycle, scope).table(by, "month").dropna(subset=[*by, "period"])
    member = table[scope].astype("str") if by else pd.Series("", index=table.index, dtype="str")
    figures = table[["period", *QUANTITIES]].astype({"period": "str"})
    return figures.assign(member=member).reset_index(drop=True)


def grids(table: pd.DataFrame, months: list[str]) -> tuple[pd.Index, dict[str, Floats]]:
    """The members of a table from `months_of`, and of each quantity (members, months); 0 where one sold nothing."""
    table = table[table["period"].isin(months)]
    rows, members = pd.factorize(table["member"])
    at = pd.Index(months).get_indexer(pd.Index(table["period"]))
    found = {}
    for each in QUANTITIES:
        found[each] = np.zeros((len(members), len(months)))
        found[each][rows, at] = table[each].to_numpy(float)
    return pd.Index(members), found


@dataclass
class Past:
    """The months behind the day, by scope, measure and member; read once a scope."""

    cycle: Cycle
    months: list[str]
    read: dict[tuple[str, str], dict[str, Floats]] = field(default_factory=dict)

    def of(self, scope: str, measure: str, member: str) -> Floats:
        """A member's months, oldest first; 0 where it sold nothing, blank where nothing is known of the measure."""
        if (scope, measure) not in self.read:
            table = months_of(self.cycle, scope)
            members, found = grids(table, self.months)
            inside = table["period"].isin(self.months)
            for each, values in found.items():
                known = bool(table.loc[inside, each].notna().any())
                self.read[scope, each] = dict(zip(members.tolist(), values, strict=True)) if known else {}
        mine = self.read[scope, measure]
        blank = np.zeros(len(self.months)) if mine else np.full(len(self.months), np.nan)
        return mine.get("" if scope == "company" else member, blank)


def stretch(cycle: Cycle, start: pd.Timestamp, end: pd.Timestamp) -> tuple[int, int]:
    """How many months a period has and how many of them are over; (0, 0) where it is not made of whole months."""
    days = calendar(cycle)
    first, last = period_keys(pd.Series([start, end]), "month", days).astype("str")
    whole = pd.Timestamp(first_day(first, days)) == start and pd.Timestamp(last_day(last, days)) == end
    if not whole:
        return 0, 0
    keys = period_range(first, last, days)
    return len(keys), sum(pd.Timestamp(last_day(key, days)) <= cycle.as_of for key in keys)


def due_then(cycle: Cycle, months: list[str], ahead: int) -> Floats:
    """At the end of each month the weighted value of the deals open then and due in the months ahead; blank: unseen."""
    shots = given(cycle, "opportunity_snapshots")
    found = np.full(len(months), np.nan)
    if shots is None or not ahead:
        return found
    days = calendar(cycle)
    then = read_deals(shots, stages(cycle))
    then = then[then["is_open"] & then["close_date"].notna()]
    seen_on, closes, weighted = (then[name].to_numpy() for name in ("as_of", "close_date", "weighted"))
    seen = pd.Series(pd.to_datetime(shots["as_of"].dropna().unique())).sort_values()
    for at, month in enumerate(months):
        end = pd.Timestamp(last_day(month, days))
        near = seen[(seen - end).abs() <= NEAR]
        if near.empty:
            continue
        day = near.iloc[(near - end).abs().argmin()]
        until = pd.Timestamp(last_day(later(month, ahead, days), days)) + pd.Timedelta(days=1)
        due = (seen_on == day.to_datetime64()) & (closes > end.to_datetime64()) & (closes < until.to_datetime64())
        found[at] = np.nansum(weighted[due])
    return found


def landings(cycle: Cycle, table: pd.DataFrame) -> pd.DataFrame:
    """The pace with weighted_due, landing_blended, landing_low, landing_high, pipeline_share and interval_basis.

    Of sales the rest of the period blends season and deals due, by the share that would have missed least in earlier
    stretches of the company's months, as snapshots knew the deals then. Without such snapshots the season alone stands,
    if there are earlier stretches by which it can be judged; else the open deals alone are added to what is closed
    (DEFINITIONS 5). Of the other quantities the landing by season stands. The interval is
    conformal over a member's own earlier stretches; where they are too few, that of the deals due; else blank.
    """
    rows = _deals_added(cycle, table)
    past = Past(cycle, known_months(cycle))
    found = {name: rows[name].to_numpy(object, copy=True) for name in (*ADDED, "interval_basis")}
    for (start, end), same in rows.groupby(["period_start", "period_end"]):
        length, done = stretch(cycle, start, end)
        if not done or done >= length or len(past.months) < length:
            continue
        due = due_then(cycle, past.months, length - done)
        whole = past.of("company", "sales", "")
        share = pipeline_share(landing_record(whole, whole, length, done, due))
        for row in same[same["scope"].isin(SCOPES)].itertuples():
            season = past.of("company", row.measure, "")
            own = landing_record(past.of(row.scope, row.measure, row.member), season, length, done, due)
            for name, value in _landing(row, own, share, float(cycle.settings["confidence"])).items():
                found[name][row.Index] = value
    return rows.assign(**{name: found[name].astype(float) for name in ADDED}, interval_basis=found["interval_basis"])


def _landing(row: Any, record: Columns, share: float, confidence: float) -> dict[str, Any]:
    """The landing of one target and its interval; nothing where there is nothing to say beyond the deals."""
    sales = row.measure == "sales"
    judged_before = np.isfinite(record["season_rest"]).sum() >= FEWEST
    if np.isnan(row.landing) or (sales and np.isnan(share) and not judged_before):
        return {}
    part = share if sales and not np.isnan(share) else 0.0
    deals = np.nan_to_num(row.weighted_due)
    landing = row.actual + part * deals + (1.0 - part) * (row.landing - row.actual)
    found = {"landing_blended": landing, "pipeline_share": part}
    # The deals of members at earlier days are not known apart: their season is judged alone.
    judged = None if sales and row.scope == "company" else 0.0
    width = landing_half_width(record, confidence, judged) * abs(landing)
    if not np.isnan(width):
        found |= {"landing_low": landing - width, "landing_high": landing + width, "interval_basis": "conformal"}
    elif row.interval_basis == "deals":  # the range stood around what is closed and due
        middle = row.actual + deals
        found |= {name: landing + getattr(row, name) - middle for name in ("landing_low", "landing_high")}
    return found


def _deals_added(cycle: Cycle, table: pd.DataFrame) -> pd.DataFrame:
    """The pace with what the open deals due add to the sales of each member, and the range of what they may bring."""
    blank = table.assign(**dict.fromkeys((*BLENDED, "pipeline_share"), np.nan), interval_basis="")
    deals = cycle.found.get("deals")
    if deals is None:
        return blank
    for scope in DEAL_SCOPES:
        rows = table[(table["measure"] == "sales") & (table["scope"] == scope) & table["actual"].notna()]
        if rows.empty:
            continue
        by = None if scope == "company" else scope
        found = blended_landing(rows, _seen(cycle, deals, scope), by, confidence=float(cycle.settings["confidence"]))
        blank.loc[rows.index, list(BLENDED)] = found[list(BLENDED)].to_numpy(float)
        blank.loc[rows.index, "pipeline_share"] = 1.0
        blank.loc[rows.index, "interval_basis"] = "deals"
    return blank


def _seen(cycle: Cycle, deals: pd.DataFrame, scope: str) -> pd.DataFrame:
    """The deals with their member of a scope; a manager's are those of everybody below her."""
    if scope == MANAGER:
        return deals.merge(teams(cycle), on=PERSON)
    tree = tree_of(cycle, scope)
    return deals if tree is None else from_every_level(deals, scope, tree)
