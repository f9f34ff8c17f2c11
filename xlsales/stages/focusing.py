"""Stage 4, one member at a time: who can be chosen, and the months of the fiscal year of each."""

import numpy as np
import pandas as pd

from xlsales.core.calendar import first_day, last_day
from xlsales.core.pacing import month_weight
from xlsales.core.period_steps import children, same_period_last_year
from xlsales.core.ratio import Floats
from xlsales.stages.cycle import Cycle, Frames, names
from xlsales.stages.landing import months_of
from xlsales.stages.lines import calendar, tree_of
from xlsales.stages.monitoring import season, this_year
from xlsales.stages.quantities import from_every_level
from xlsales.stages.targets import QUANTITIES, running_targets
from xlsales.stages.teams import MANAGER, PERSON, teams

SCOPES = ("company", "region", MANAGER, PERSON, "product")
MOST = 60  # so many members of a scope can be chosen; those with a target come first, then the largest
OTHERS = ("product", "customer", "segment", "channel")  # a plan that goes down to these would count twice


def focus(cycle: Cycle) -> Frames:
    """`members`: who can be chosen, the worst of each scope first; `member_months`: twelve rows for each of them.

    A month that has not begun is blank; one in which a member sold nothing is 0. expected: the year's target so far as
    the season lets expect it at the end of the month, added up; it ends as the target.
    """
    year, days = this_year(cycle), calendar(cycle)
    months = children(year, "month", days)
    past = [same_period_last_year(month, days) for month in months]
    begun = np.array([pd.Timestamp(first_day(month, days)) <= cycle.as_of for month in months])
    pace = _sales_pace(cycle)
    listed, parts = [], []
    for scope in SCOPES:
        figures = months_of(cycle, scope)
        chosen = _chosen(figures[figures["period"].isin(months)], pace[pace["scope"] == scope])
        plan = _planned(cycle, scope)
        paced = pace[pace["scope"] == scope].drop_duplicates("member").set_index("member")
        by_member = dict(tuple(figures.groupby("member")))
        for member in chosen:
            own = by_member.get("" if scope == "company" else member, figures.iloc[:0]).set_index("period")
            rows = {name: np.where(begun, _months(own[name], months, figures[name]), np.nan) for name in QUANTITIES}
            rows["last_year"] = _months(own["sales"], past, figures["sales"], figures["period"])
            rows["planned"] = plan.get("" if scope == "company" else member, pd.Series(dtype=float)).reindex(months)
            rows["expected"] = _expected(cycle, paced, member, months)
            parts.append(pd.DataFrame({"scope": scope, "member": member, "period": months, **rows}))
            attained = paced["attainment"].get(member, np.nan)
            listed.append((scope, member, attained, (len(parts) - 1) * len(months) + 1))
    if not parts:
        return {}
    members = pd.DataFrame(listed, columns=["scope", "member", "attainment", "first_row"])
    home = cycle.tables["salespeople"].drop_duplicates(PERSON).set_index(PERSON)["region"]
    members["region"] = members["member"].map(home).where(members["scope"] == PERSON).astype("str")
    return {"members": _named(cycle, members), "member_months": pd.concat(parts, ignore_index=True)}


def _sales_pace(cycle: Cycle) -> pd.DataFrame:
    """The running sales targets, of each member the longest, the worst attained first."""
    pace = running_targets(cycle)
    if pace is None:
        columns = ["scope", "member", "attainment", "target", "period_start", "period_end", "measure"]
        return pd.DataFrame({name: pd.Series(dtype="object") for name in columns})
    mine = pace[pace["measure"] == "sales"]
    longest = mine.assign(length=mine["period_end"] - mine["period_start"])
    longest = longest.sort_values("length", ascending=False, kind="stable").drop_duplicates(["scope", "member"])
    return longest.sort_values("attainment", kind="stable")


def _chosen(figures: pd.DataFrame, paced: pd.DataFrame) -> list[str]:
    """The members of a scope: those with a target, the worst first, then the others by their sales."""
    targeted = paced["member"].astype("str").tolist()
    if "" in figures["member"].to_numpy():  # the company
        return targeted[:1] or [""]
    sold = figures.groupby("member")["sales"].sum().sort_values(ascending=False, kind="stable")
    others = [str(member) for member in sold.index if member not in set(targeted)]
    return [*targeted, *others[: max(MOST - len(targeted), 0)]]


def _months(own: pd.Series, months: list[str], whole: pd.Series, periods: pd.Series | None = None) -> Floats:
    """A member's months; 0 where only others have something, blank in months (or measures) that nobody has."""
    values = own.reindex(months).to_numpy(float)
    if whole.isna().all():
        return np.full(len(months), np.nan)
    if periods is None:
        return np.nan_to_num(values)
    known = set(periods[whole.notna()])
    return np.where([month in known for month in months], np.nan_to_num(values), np.nan)


def _planned(cycle: Cycle, scope: str) -> dict[str, pd.Series]:
    """The planned sales of each member by month; of a tree and of a manager with all that lies below."""
    plan = cycle.found.get("plan")
    if plan is None or plan.empty:
        return {}
    mine = plan[(plan["measure"] == "sales") & plan["value"].notna()]
    apart = mine[list(OTHERS)].isna().all(axis=1)
    mine = _of_products(mine) if scope == "product" else mine[apart]
    if scope == "company":
        mine = mine.assign(company="")
    elif scope == MANAGER:
        mine = mine[mine[PERSON].notna()].merge(teams(cycle), on=PERSON)
    elif scope == "region":
        tree = tree_of(cycle, scope)
        mine = mine[mine[scope].notna()]
        mine = mine if tree is None else from_every_level(mine, scope, tree)
    sums = mine.groupby([scope, "period"])["value"].sum(min_count=1)
    return {str(member): part.droplevel(0) for member, part in sums.groupby(level=0)}


def _of_products(rows: pd.DataFrame) -> pd.DataFrame:
    """The plan by product; cut in several ways, the one with the fewest dimensions, so that nothing counts twice."""
    rows = rows[rows["product"].notna()]
    others = rows[["region", "salesperson", "customer", "segment", "channel"]].notna()
    depth = others.sum(axis=1)
    least = others[depth == depth.min()]
    return rows[others.eq(least.iloc[0]).all(axis=1)] if len(least) else rows


def _expected(cycle: Cycle, paced: pd.DataFrame, member: str, months: list[str]) -> Floats:
    """What the season lets expect of the year's target by the end of each month."""
    days, blank = calendar(cycle), np.full(len(months), np.nan)
    if member not in paced.index:
        return blank
    row = paced.loc[member]
    first, last = pd.Timestamp(first_day(months[0], days)), pd.Timestamp(last_day(months[-1], days))
    if row["period_start"] != first or row["period_end"] != last:
        return blank
    ends = [pd.Timestamp(last_day(month, days)) for month in months]
    index = season(cycle, "sales")
    if index is None:
        shares = [((end - first).days + 1) / ((last - first).days + 1) for end in ends]
    else:
        shares = [month_weight(first, last, end, index) for end in ends]
    return float(row["target"]) * np.array(shares)


def _named(cycle: Cycle, members: pd.DataFrame) -> pd.DataFrame:
    named = pd.Series("", index=members.index, dtype="str")
    for scope, rows in members.groupby("scope"):
        named[rows.index] = names(cycle, str(scope), rows["member"])
    company = cycle.settings.get("company") or ""
    named = named.mask((members["scope"] == "company") & (named == ""), str(company))
    return members.assign(name=named, choice=named)
