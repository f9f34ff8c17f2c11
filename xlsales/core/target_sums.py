"""Targets of a fiscal year, whatever periods they were set for, and parents against the sum of their children."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from xlsales.core.attained import ADDITIVE, SCOPES
from xlsales.core.calendar import CALENDAR, Calendar, PeriodLevel, first_day, last_day, parse_period
from xlsales.core.period_steps import children
from xlsales.core.ratio import ratio

OWNER = ["measure", "scope", "member"]
LEVELS: tuple[PeriodLevel, ...] = ("half", "quarter", "month")


def year_targets(targets: pd.DataFrame, year: str, calendar: Calendar = CALENDAR) -> pd.DataFrame:
    """One row per measure, scope and member: the target of a fiscal year, or of a half, quarter or month.

    targets: measure, scope, member, period, valid_from, target, and any further columns. The year's own target comes
    first; without it the sum of the member's halves, else quarters, else months in the year, else of its dated quotas
    that begin in the year (only measures that add up; blank where one of the parts is). Someone who joins in the second
    half so counts with that half. Returns the rows with their further columns, of summed parts those of the first; a
    blank member is "". whole: the parts cover the year, so that it may be compared with another one.

    >>> rows = pd.DataFrame({"measure": "sales", "scope": "salesperson", "member": ["a", "b", "b"], "valid_from": None,
    ...                      "period": ["2026", "2026Q3", "2026Q4"], "target": [100.0, 20.0, 30.0]})
    >>> year_targets(rows, "2026")[["member", "target", "whole"]].values.tolist()
    [['a', 100.0, True], ['b', 50.0, False]]
    """
    rows = targets.assign(member=targets["member"].astype("str").fillna(""))
    own = rows[rows["period"] == year].assign(whole=True)
    table = pd.concat([own, *_parts(rows, year, calendar)], ignore_index=True)
    return table.drop_duplicates(OWNER, ignore_index=True).astype({"whole": bool})


def _parts(rows: pd.DataFrame, year: str, calendar: Calendar) -> Iterator[pd.DataFrame]:
    """The sums of the parts of the year: halves, quarters, months, dated quotas."""
    adds = rows[rows["measure"].isin(ADDITIVE)]
    own = parse_period(year, calendar).level
    for level in LEVELS[LEVELS.index(own) + 1 if own in LEVELS else 0 :]:
        keys = children(year, level, calendar)
        found = _summed(adds[adds["period"].isin(keys)])
        yield found.assign(whole=found["parts"] == len(keys)).drop(columns=["parts", "begins"])
    first, last = (pd.Timestamp(day(year, calendar)) for day in (first_day, last_day))
    dated = pd.to_datetime(adds["valid_from"])
    found = _summed(adds[adds["period"].isna() & (dated >= first) & (dated <= last)])
    yield found.assign(whole=found["begins"] == first).drop(columns=["parts", "begins"])


def _summed(rows: pd.DataFrame) -> pd.DataFrame:
    """One row per owner: its targets summed, blank where one of them is; how many parts, and the first day of them."""
    rows = rows.assign(valid_from=pd.to_datetime(rows["valid_from"]))
    groups = rows.groupby(OWNER, sort=False)
    sums = groups["target"].agg(lambda part: part.sum(skipna=False)).reset_index()
    sums["parts"], sums["begins"] = groups.size().to_numpy(), groups["valid_from"].min().to_numpy()
    firsts = rows.drop_duplicates(OWNER).drop(columns="target")
    return firsts.merge(sums, on=OWNER)


def parent_gaps(targets: pd.DataFrame, unit: float = 1.0) -> pd.DataFrame:
    """Each parent's target against the sum of its children's, by measure and scope of the children.

    targets: measure, scope, member, parent_member (blank: none), target, a row per measure, scope and member. Returns
    measure, scope, member, target, child_scope, children (number), committed (their sum; blank where one is), gap
    (target - committed), over_assigned (committed/target - 1) and state: exact (within one unit), buffer (the children
    have more than the parent), short (less), unknown. Source: DEFINITIONS 3, over-assignment.

    >>> rows = pd.DataFrame({"measure": "sales", "scope": ["company", "region", "region"], "member": ["all", "n", "s"],
    ...                      "parent_member": [None, "all", "all"], "target": [100.0, 66.0, 44.0]})
    >>> parent_gaps(rows)[["member", "children", "committed", "over_assigned", "state"]].values.tolist()
    [['all', 2, 110.0, 0.1, 'buffer']]
    """
    below = targets[targets["parent_member"].notna() & (targets["parent_member"] != "")]
    groups = below.groupby(["measure", "parent_member", "scope"], sort=False)["target"]
    committed = groups.agg(lambda part: part.sum(skipna=False)).rename("committed")
    sums = pd.concat([groups.size().rename("children"), committed], axis=1)
    sums = sums.reset_index().rename(columns={"parent_member": "member", "scope": "child_scope"})
    rank = targets["scope"].map({scope: place for place, scope in enumerate(SCOPES)})
    above = targets.assign(rank=rank).sort_values("rank", kind="stable").drop_duplicates(["measure", "member"])
    table = above[["measure", "scope", "member", "target"]].merge(sums, on=["measure", "member"])
    table["gap"] = table["target"] - table["committed"]
    table["over_assigned"] = (ratio(table["committed"], table["target"]) - 1).round(12)
    gap = table["gap"].to_numpy(float)
    near = np.abs(gap) <= unit * (1 + 1e-9)
    table["state"] = pd.Series(np.select([np.isnan(gap), near, gap < 0], ["unknown", "exact", "buffer"], "short"))
    columns = ["measure", "scope", "member", "target", "child_scope", "children", "committed", "gap", "over_assigned"]
    return table[[*columns, "state"]].astype({"state": "str"})


def by_level(gaps: pd.DataFrame) -> pd.DataFrame:
    """Over-assignment level by level: parents of a scope against their children of a scope, measure by measure.

    gaps: as `parent_gaps` returns them. Returns measure, scope, child_scope, parents (number), target, committed,
    buffer (target - committed) and over_assigned (committed/target - 1); parents with an unknown sum do not count.

    >>> rows = pd.DataFrame({"measure": "sales", "scope": ["company", "region", "region"], "member": ["all", "n", "s"],
    ...                      "parent_member": [None, "all", "all"], "target": [100.0, 66.0, 44.0]})
    >>> by_level(parent_gaps(rows))[["scope", "child_scope", "buffer", "over_assigned"]].values.tolist()
    [['company', 'region', -10.0, 0.1]]
    """
    known = gaps.dropna(subset=["target", "committed"])
    keys = ["measure", "scope", "child_scope"]
    table = known.groupby(keys, sort=False)[["target", "committed"]].sum().reset_index()
    table.insert(3, "parents", known.groupby(keys, sort=False).size().to_numpy())
    table["buffer"] = table["target"] - table["committed"]
    table["over_assigned"] = (ratio(table["committed"], table["target"]) - 1).round(12)
    return table
