"""Targets against actuals: which days a target covers, and the totals of targets that stand on several members."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from xlsales.core.beside import WINDOWS
from xlsales.core.calendar import CALENDAR, Calendar, period_days
from xlsales.core.hierarchy import Tree
from xlsales.core.pacing import attainment
from xlsales.core.quotas import coverage
from xlsales.core.refusal import Refusal

OWNER = ["measure", "scope", "member"]
SCOPES = ("company", "region", "channel", "product", "customer", "salesperson")  # where a company's total is looked for
ADDITIVE = ("sales", "volume", "margin", "profit", "collections", "visits", "calls", "demos")


def target_windows(targets: pd.DataFrame, calendar: Calendar = CALENDAR) -> pd.DataFrame:
    """The days that each target covers.

    targets: measure, scope, member, period, valid_from, target. Returns the rows with from and to: a period's first and
    last day; a dated quota covers from its day until the day before the same owner's next dated row, the last one
    without end (to blank). Refuses target_undated. Source: DEFINITIONS 1, periods.

    >>> quotas = pd.DataFrame({"measure": "sales", "scope": "salesperson", "member": "A", "period": None,
    ...     "valid_from": pd.to_datetime(["2026-01-01", "2026-04-01"]), "target": [10.0, 12.0]})
    >>> target_windows(quotas)["to"].tolist()
    [Timestamp('2026-03-31 00:00:00'), NaT]
    """
    dated = targets["period"].isna()
    if (dated & targets["valid_from"].isna()).any():
        raise Refusal("target_undated", rows=int((dated & targets["valid_from"].isna()).sum()))
    known = {key: period_days(key, calendar) for key in targets.loc[~dated, "period"].unique()}
    first = targets["period"].map({key: pd.Timestamp(span[0]) for key, span in known.items()})
    last = targets["period"].map({key: pd.Timestamp(span[1]) for key, span in known.items()})
    quotas = coverage(targets[dated].assign(__row=targets.index[dated]), OWNER)
    ends = quotas.set_index("__row")["valid_to"].reindex(targets.index)
    starts = targets["valid_from"].where(dated)
    found = targets.assign(**{"from": first.where(~dated, starts), "to": last.where(~dated, ends)})
    return found.astype({"from": "datetime64[s]", "to": "datetime64[s]"})


def attained(rows: pd.DataFrame, trees: dict[str, Tree | None]) -> pd.DataFrame:
    """Targets with their actuals, and the totals that may be drawn from them.

    rows: level "row": measure, scope, member, period, from, to, target, actual. trees: the tree of each scope that has
    one. Returns rows of the same columns plus gap (target - actual) and attainment, with level: row; member (a member's
    dated quotas together); scope (all members of a scope, for one period or all dated quotas; of a tree only the
    topmost targets, so that no money counts twice). Only measures that can be added have totals. Other times of the
    actual (WINDOWS) are added up too where they are given: over members all of them, over dated quotas last year's.

    >>> rows = pd.DataFrame({"measure": "sales", "scope": "region", "member": ["E", "W"], "period": "2026",
    ...     "from": pd.Timestamp("2026-01-01"), "to": pd.Timestamp("2026-12-31"), "target": [60.0, 40.0],
    ...     "actual": [50.0, None]})
    >>> attained(rows, {}).query("level == 'scope'")[["target", "actual", "attainment"]].values.tolist()
    [[100.0, 50.0, 0.5]]
    """
    rows = rows.assign(level="row")
    addable = rows[rows["measure"].isin(ADDITIVE)]
    dated = addable[addable["period"].isna()]
    members = _summed(dated, OWNER, "member")
    top = addable[~_below_another(addable, trees) & (addable["scope"] != "company")]
    scopes = _summed(top.assign(period=top["period"].fillna("")), ["measure", "scope", "period"], "scope")
    scopes["period"] = scopes["period"].replace({"": None})
    scopes["member"] = ""
    table = pd.concat([rows, members, scopes], ignore_index=True)
    table["gap"] = table["target"] - table["actual"]
    table["attainment"] = attainment(table["actual"], table["target"])
    return table


def _summed(rows: pd.DataFrame, keys: Sequence[str], level: str) -> pd.DataFrame:
    there = [time for time in WINDOWS if time in rows]
    sums = rows.groupby(list(keys), dropna=False, sort=False).agg(
        **{time: (time, lambda parts: parts.sum(skipna=False)) for time in there},
        **{
            "from": ("from", "min"),
            "to": ("to", lambda ends: ends.max() if ends.notna().all() else pd.NaT),
            "target": ("target", "sum"),
            "actual": ("actual", lambda parts: parts.sum(min_count=1)),
        },
    )
    found = sums.reset_index().assign(level=level)
    if there:  # quotas one after the other are no one stretch that a period before or a year to date belongs to
        one = (found["period"].fillna("") != "") if "period" in found else pd.Series(data=False, index=found.index)
        for time in there:
            found[time] = found[time].where(one | (time == "last_year"))
    return found


def _below_another(rows: pd.DataFrame, trees: dict[str, Tree | None]) -> pd.Series:
    """Whether an ancestor of the row's member has a target of the same measure and period: then it is part of that."""
    covered = pd.Series(data=False, index=rows.index)
    period = rows["period"].fillna("")
    for scope, tree in trees.items():
        if tree is None:
            continue
        mine = rows[rows["scope"] == scope]
        known = set(tree.members)
        for _, group in mine.groupby(["measure", period[mine.index]]):
            have = set(group["member"])
            above = [name in known and not have.isdisjoint(tree.ancestors(name)) for name in group["member"]]
            covered[group.index] = np.array(above)
    return covered


def headline(table: pd.DataFrame, year: str, months: Sequence[str], measures: Sequence[str]) -> pd.DataFrame:
    """The company's figure of each measure against its target.

    table: from `attained`; year: the fiscal year's key; months: keys of the parts of it that may be added up instead,
    coarsest first. The company's own row comes first, then the first scope that has targets; the year's own target
    first, then the sum of its halves, quarters or months, then dated quotas. Returns measure, scope, period, from, to,
    target, actual, last_year, rolling_12 (where the rows have them), gap, attainment, one row per measure, blank where
    there is no target.

    >>> rows = pd.DataFrame({"level": "row", "measure": "sales", "scope": "company", "member": "", "period": "2026",
    ...     "from": pd.Timestamp("2026-01-01"), "to": pd.Timestamp("2026-12-31"), "target": [100.0], "actual": 80.0})
    >>> headline(rows, "2026", [], ["sales"])[["target", "actual", "gap", "attainment"]].values.tolist()
    [[100.0, 80.0, 20.0, 0.8]]
    """
    found = [_found(table[table["measure"] == measure], year, months) for measure in measures]
    columns = ["scope", "period", "from", "to", "target", "actual", "last_year", "rolling_12"]
    result = pd.DataFrame(found, columns=columns, index=pd.Index(measures, name="measure")).reset_index()
    result = result.astype(dict.fromkeys(columns[4:], float) | {"from": "datetime64[s]", "to": "datetime64[s]"})
    result["gap"] = result["target"] - result["actual"]
    result["attainment"] = attainment(result["actual"], result["target"])
    return result


def _found(rows: pd.DataFrame, year: str, months: Sequence[str]) -> tuple[object, ...]:
    """Scope, period, from, to, target, actual, last_year, rolling_12 of one measure."""
    nothing = (None, None, pd.NaT, pd.NaT, *[np.nan] * 4)
    for scope in SCOPES:
        level = "row" if scope == "company" else "scope"
        mine = rows[(rows["scope"] == scope) & (rows["level"] == level)]
        of_year = mine[mine["period"] == year]
        parts = mine[mine["period"].isin(list(months))]
        dated = mine[mine["period"].isna()]
        for chosen, period in ((of_year, year), (_one_length(parts, months), year), (dated, None)):
            if len(chosen):
                end = chosen["to"].max() if chosen["to"].notna().all() else pd.NaT
                actual = chosen["actual"].sum(min_count=1)
                first, target = chosen["from"].min(), chosen["target"].sum()
                return scope, period, first, end, target, actual, *_other_times(chosen)
    return nothing


def _other_times(chosen: pd.DataFrame) -> tuple[float, float]:
    """Last year's of all parts, and the twelve months up to the end of the last part that has begun."""
    if "last_year" not in chosen:
        return np.nan, np.nan
    latest = chosen[chosen["from"] == chosen["from"].max()]
    return float(chosen["last_year"].sum(skipna=False)), float(latest["rolling_12"].sum(skipna=False))


def _one_length(parts: pd.DataFrame, months: Sequence[str]) -> pd.DataFrame:
    """The parts of the coarsest kind that is there: halves, else quarters, else months; never two kinds together."""
    kinds = pd.Series([_kind(key) for key in months]).unique()
    for kind in kinds:
        chosen: pd.DataFrame = parts[parts["period"].map(_kind) == kind]
        if len(chosen):
            return chosen
    return parts


def _kind(key: str) -> str:
    """What separates the year from the rest of the key: H, Q, - or -W."""
    return key[4:6] if key[4:6] == "-W" else key[4:5]
