"""Stage 4, one member at a time: who can be chosen, and the months of the fiscal year of each."""

import numpy as np
import pandas as pd

from xlsales.core.calendar import first_day, last_day
from xlsales.core.pacing import month_weight
from xlsales.core.period_steps import children, same_period_last_year
from xlsales.core.ratio import Flags, Floats
from xlsales.stages.cycle import Cycle, Frames, names
from xlsales.stages.landing import grids, months_of
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
    pace, shares = _sales_pace(cycle), _year_shares(cycle, months)
    listed, parts, before = [], [], 0
    for scope in SCOPES:
        figures = months_of(cycle, scope)
        paced = pace[pace["scope"] == scope]
        chosen = _chosen(figures[figures["period"].isin(months)], paced)
        paced = paced.drop_duplicates("member").set_index("member").reindex(chosen)
        known_as = [""] * len(chosen) if scope == "company" else chosen  # targets name the company as they like
        columns = _achieved(cycle, figures, known_as, months)
        columns["planned"] = _planned(cycle, scope).reindex(index=known_as, columns=months).to_numpy(float)
        columns["expected"] = _expected(cycle, paced, months, shares)
        parts.append(
            pd.DataFrame(
                {"scope": scope, "member": np.repeat(chosen, len(months)), "period": np.tile(months, len(chosen))}
                | {name: values.ravel() for name, values in columns.items()}
            )
        )
        first = (before + np.arange(len(chosen))) * len(months) + 1
        attained = paced["attainment"].to_numpy(float)
        listed.append(pd.DataFrame({"scope": scope, "member": chosen, "attainment": attained, "first_row": first}))
        before += len(chosen)
    members = pd.concat(listed, ignore_index=True).astype({"member": "str"})
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


def _achieved(cycle: Cycle, figures: pd.DataFrame, members: list[str], months: list[str]) -> dict[str, Floats]:
    """The quantities of the members by month and last year's sales, (members, months).

    0 where only others have something; blank in months that have not begun and where nobody has anything of a measure
    (of last year: in that month).
    """
    days = calendar(cycle)
    past = [same_period_last_year(month, days) for month in months]
    begun = np.array([pd.Timestamp(first_day(month, days)) <= cycle.as_of for month in months])

    def of(keys: list[str], name: str, known: Flags) -> Floats:
        """One figure by member, blank where it is not known; nobody's place is the last: 0."""
        listed, found = grids(figures, keys)
        values = np.vstack([np.nan_to_num(found[name]), np.zeros(len(keys))])
        shown: Floats = np.where(known, values[listed.get_indexer(pd.Index(members))], np.nan)
        return shown

    columns = {name: of(months, name, begun & figures[name].notna().any()) for name in QUANTITIES}
    sold = set(figures.loc[figures["sales"].notna(), "period"])
    columns["last_year"] = of(past, "sales", np.array([month in sold for month in past]))
    return columns


def _planned(cycle: Cycle, scope: str) -> pd.DataFrame:
    """The planned sales, (members, months); of a tree and of a manager with all that lies below."""
    plan = cycle.found.get("plan")
    if plan is None or plan.empty:
        return pd.DataFrame()
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
    sums = mine.groupby([scope, "period"])["value"].sum(min_count=1).reset_index()
    return sums.pivot_table("value", scope, "period")


def _of_products(rows: pd.DataFrame) -> pd.DataFrame:
    """The plan by product; cut in several ways, the one with the fewest dimensions, so that nothing counts twice."""
    rows = rows[rows["product"].notna()]
    others = rows[["region", "salesperson", "customer", "segment", "channel"]].notna()
    depth = others.sum(axis=1)
    least = others[depth == depth.min()]
    return rows[others.eq(least.iloc[0]).all(axis=1)] if len(least) else rows


def _year_shares(cycle: Cycle, months: list[str]) -> Floats:
    """The share of a year's sales that the season lets expect by the end of each month; by days without a season."""
    days, index = calendar(cycle), season(cycle, "sales")
    first, last = pd.Timestamp(first_day(months[0], days)), pd.Timestamp(last_day(months[-1], days))
    ends = [pd.Timestamp(last_day(month, days)) for month in months]
    if index is None:
        return np.array([((end - first).days + 1) / ((last - first).days + 1) for end in ends])
    return np.array([month_weight(first, last, end, index) for end in ends])


def _expected(cycle: Cycle, paced: pd.DataFrame, months: list[str], shares: Floats) -> Floats:
    """What the season lets expect of each member's target by the end of each month; blank without one of the year."""
    days = calendar(cycle)
    first, last = pd.Timestamp(first_day(months[0], days)), pd.Timestamp(last_day(months[-1], days))
    whole = (paced["period_start"] == first) & (paced["period_end"] == last)
    target = np.where(whole, paced["target"].to_numpy(float), np.nan)
    expected: Floats = target[:, None] * shares
    return expected


def _named(cycle: Cycle, members: pd.DataFrame) -> pd.DataFrame:
    named = pd.Series("", index=members.index, dtype="str")
    for scope, rows in members.groupby("scope"):
        named[rows.index] = names(cycle, str(scope), rows["member"])
    company = cycle.settings.get("company") or ""
    named = named.mask((members["scope"] == "company") & (named == ""), str(company))
    return members.assign(name=named, choice=named)
