"""Stage 1: where the talks about quotas stand, and what customers that change hands take along."""

import numpy as np
import pandas as pd

from xlsales.core.calendar import first_day, last_day
from xlsales.core.handover import moved_quota
from xlsales.core.negotiation import KEYS, MOVES, as_keys, moves, state_of
from xlsales.core.owners import owner_on
from xlsales.core.period_steps import same_period_last_year
from xlsales.core.target_sums import year_targets
from xlsales.stages.cycle import Cycle, Frames, names
from xlsales.stages.lines import calendar, given, owners_of
from xlsales.stages.monitoring import this_year
from xlsales.stages.quantities import with_names

PERSON = "salesperson"


def talks(cycle: Cycle) -> Frames:
    """`quota_talks`: every salesperson's targets of the running and coming years, and what may follow."""
    rows = cycle.tables["targets"]
    year = this_year(cycle)
    coming = rows["period"].notna() & (rows["period"].astype("str").str[:4] >= year)
    mine = rows[(rows["scope"] == PERSON) & rows["status"].notna() & coming].reset_index(drop=True)
    if mine.empty:
        return {}
    now, before = as_keys(mine), as_keys(cycle.tables["quota_moves"])
    status = pd.Series(state_of(mine), index=mine.index, dtype="str")
    table = mine.assign(status=status, next_states=[", ".join(MOVES[state]) for state in status])
    last = before.drop_duplicates(KEYS, keep="last").set_index(KEYS)
    at = pd.MultiIndex.from_frame(now[KEYS])
    table["target_before"] = last["target"].reindex(at).to_numpy(float) if len(last) else np.nan
    table["since"] = _since(before, now, status) if len(before) else pd.NaT
    changed = moves(before, now).set_index("row")["verdict"]
    table["move"] = changed.reindex(table.index).astype(object)
    return {"quota_talks": with_names(cycle, table, "scope")}


def _since(before: pd.DataFrame, now: pd.DataFrame, status: pd.Series) -> list[object]:
    """The day on which each quota was first recorded in the state it is in now."""
    found: list[object] = []
    groups = dict(iter(before.groupby(KEYS, sort=False)))
    for key, state in zip(now[KEYS].itertuples(index=False, name=None), status, strict=True):
        since = pd.NaT
        part = groups.get(key)
        for row in [] if part is None else part.sort_values("time", kind="stable").itertuples():
            since = pd.NaT if row.status != state else pd.Timestamp(row.time[:10]) if pd.isna(since) else since
        found.append(since)
    return found


def handovers(cycle: Cycle) -> Frames:
    """`quota_handover`: customers that change hands in the fiscal year, and the quota that goes with them."""
    owners = owners_of(cycle)
    if owners is None:
        return {}
    year, days = this_year(cycle), calendar(cycle)
    goals = year_targets(cycle.tables["targets"], year, days)
    goals = goals[(goals["measure"] == "sales") & (goals["scope"] == PERSON)]
    quotas = goals.drop_duplicates("member").set_index("member")["target"]
    eve = owners["valid_from"] - pd.Timedelta(days=1)
    old = owner_on(owners["customer"], eve, owners, given(cycle, "customers"), "quota")
    rows = owners.assign(old=old, new=owners[PERSON])
    rows = rows[rows["old"].notna() & (rows["old"] != rows["new"])].reset_index(drop=True)
    lines = cycle.found["lines"]
    start, end = (pd.Timestamp(day(same_period_last_year(year, days), days)) for day in (first_day, last_day))
    history = lines[(lines["date"] >= start) & (lines["date"] <= end)][[PERSON, "customer", "sales"]].dropna()
    unit = float(cycle.settings["rounding"])
    table = moved_quota(rows, quotas, history, year, unit, days)
    if table.empty:
        return {}
    done = rows.set_index(["customer", "valid_from"])["quota_moved"]
    applied = done.reindex(pd.MultiIndex.from_frame(table[["customer", "valid_from"]]))
    table["applied"] = applied.notna().to_numpy()
    table["moved"] = applied.where(applied.notna()).to_numpy(float)
    fresh = moved_quota(rows, quotas, history, year, unit, days)["moved"]
    table["moved"] = table["moved"].fillna(fresh)
    said = {side: names(cycle, PERSON, table[side].astype("str")) for side in ("old", "new")}
    codes = {"old_code": table["old"].astype("str"), "new_code": table["new"].astype("str")}
    places = rows.drop_duplicates(["customer", "valid_from"]).set_index(["customer", "valid_from"])
    own = places.reindex(pd.MultiIndex.from_frame(table[["customer", "valid_from"]]))
    table["place"] = own["place"].to_numpy(float) if "place" in own else np.nan
    return {"quota_handover": table.assign(**said, **codes, name=names(cycle, "customer", table["customer"]))}
