"""Stage 1 seen from all sides: where each target may come from, whether it fits, whether it is SMART."""

from typing import Any

import numpy as np
import pandas as pd

from xlsales.core.calendar import first_day, last_day
from xlsales.core.capacity import capacity
from xlsales.core.period_steps import children, parent_period, same_period_last_year
from xlsales.core.ratio import ratio
from xlsales.core.smart import smart
from xlsales.core.target_sums import OWNER, by_level, parent_gaps, year_targets
from xlsales.core.targets import coherence, decide, growth_band, triangulate
from xlsales.stages.cycle import Cycle, Frames
from xlsales.stages.lines import calendar, tree_of
from xlsales.stages.monitoring import this_year
from xlsales.stages.quantities import with_names
from xlsales.stages.targets import QUANTITIES, running_targets

WHOLE = ("company", "region")  # scopes whose market, costs and people are known
OF_ALL = ("last_year", "growth", "bottom_up")  # ways to a target that hold for every measure and scope
KEYS = ["measure", "scope", "member", "period"]
LETTERS = {"S": "specific", "M": "measurable", "A": "attainable", "R": "relevant", "T": "timed"}


def target_view(cycle: Cycle) -> Frames:
    """`target_decisions`, `target_gaps`, `smart`, `coherence`, `target_candidates` of the year that is planned."""
    year = planned_year(cycle)
    goals = with_parents(cycle, year_targets(all_targets(cycle), year, calendar(cycle)))
    if not goals["whole"].any():
        return {}
    past, whole = Past(cycle, year), goals[goals["whole"]].reset_index(drop=True)
    gaps = parent_gaps(goals, float(cycle.settings["rounding"]))
    gaps = gaps.merge(whole[OWNER], on=OWNER)  # children may cover a part of the year, the parent has the whole
    facts = _facts(cycle, year, whole, gaps, past)
    found = {"target_gaps": gaps, "coherence": _coherence(cycle, year, whole)}
    found |= _triangulated(facts)
    found["smart"] = _smart(cycle, year, facts, past)
    named = {key: with_names(cycle, table, "scope") for key, table in found.items() if len(table)}
    levels = by_level(gaps)
    return named | ({"assignment_levels": levels} if len(levels) else {})


def all_targets(cycle: Cycle) -> pd.DataFrame:
    """The targets; where the company's rows name no member, it is the company."""
    rows = cycle.tables["targets"]
    unnamed = (rows["scope"] == "company") & rows["member"].isna()
    return rows.assign(member=rows["member"].mask(unnamed, cycle.settings["company"] or "company"))


def planned_year(cycle: Cycle) -> str:
    """The latest fiscal year that has targets, never before the running one."""
    periods = cycle.tables["targets"]["period"].dropna()
    years = periods[periods.str.fullmatch(r"\d{4}")]
    return max([this_year(cycle), *years.astype("str").tolist()])


def with_parents(cycle: Cycle, rows: pd.DataFrame) -> pd.DataFrame:
    """The targets with their parent: the one named, else the nearest region above that has one, else the company."""
    rows = rows.reset_index(drop=True)
    have = {(row.measure, row.scope, row.member) for row in rows.itertuples()}
    top = {row.measure: row.member for row in rows[rows["scope"] == "company"].itertuples()}
    tree = tree_of(cycle, "region")
    home = cycle.tables["salespeople"].drop_duplicates("salesperson").set_index("salesperson")["region"]
    parents = []
    for row in rows.itertuples():
        named = row.parent_member if isinstance(row.parent_member, str) and row.parent_member else None
        if named is None and row.scope in {"region", "salesperson"}:
            region = row.member if row.scope == "region" else home.get(row.member)
            line = [] if not isinstance(region, str) else [region, *_above(tree, region)]
            line = line[1:] if row.scope == "region" else line
            named = next((name for name in line if (row.measure, "region", name) in have), top.get(row.measure))
        parents.append(named)
    return rows.assign(parent_member=pd.Series(parents, index=rows.index, dtype="str"))


def _above(tree: Any, region: str) -> list[str]:
    return tree.ancestors(region) if tree is not None and region in set(tree.members) else []


class Past:
    """What members reached in the years before; of a year that still runs, where it is going to land."""

    def __init__(self, cycle: Cycle, year: str) -> None:
        days = calendar(cycle)
        five = cycle.found["five_quantities"]
        known = five[five["period"].str.fullmatch(r"\d{4}").fillna(value=False)]
        over = {key for key in known["period"].unique() if pd.Timestamp(last_day(key, days)) <= cycle.as_of}
        known = known[known["period"].isin(over) & (known["period"] < year)]
        long = known.melt(["dimension", "member", "period"], list(QUANTITIES), "measure", "value")
        self.year = same_period_last_year(year, days)
        self.rows = long.rename(columns={"dimension": "scope"}).dropna(subset=["value"])
        pace = running_targets(cycle)
        if pace is not None and self.year not in over:
            landing = pace[pace["period"] == self.year].rename(columns={"landing": "value"})
            landing = landing[["scope", "member", "period", "measure", "value"]]
            landing = landing.assign(member=landing["member"].where(landing["scope"] != "company", ""))
            self.rows = pd.concat([self.rows, landing.dropna(subset=["value"])], ignore_index=True)

        wide = self.rows.drop_duplicates(["scope", "measure", "member", "period"])
        keys = ["scope", "measure", "member"]
        self.years = wide.pivot(index=keys, columns="period", values="value").sort_index(axis=1)  # noqa: PD010 - one value a cell

    def of(self, rows: pd.DataFrame) -> pd.DataFrame:
        """The years in a row of each target's member, oldest first, in the order of the targets."""
        member = rows["member"].mask(rows["scope"] == "company", "")
        asked = pd.MultiIndex.from_arrays([rows["scope"], rows["measure"], member], names=self.years.index.names)
        return self.years.reindex(asked).set_axis(rows.index)

    def last(self, scope: str, measure: str) -> pd.Series:
        """The figures of the year before by member; the company's under a blank one."""
        mine = self.rows[(self.rows["scope"] == scope) & (self.rows["measure"] == measure)]
        return mine[mine["period"] == self.year].drop_duplicates("member").set_index("member")["value"]


def _facts(cycle: Cycle, year: str, goals: pd.DataFrame, gaps: pd.DataFrame, past: Past) -> pd.DataFrame:
    """Every target of the five quantities with what may speak for it."""
    first = gaps.drop_duplicates(["measure", "scope", "member"])
    sums = first[["measure", "scope", "member", "committed"]].rename(columns={"committed": "commitments"})
    rows = goals[goals["measure"].isin(QUANTITIES)].reset_index(drop=True)
    years = past.of(rows)
    bands = np.array([growth_band(values) for values in years.to_numpy(float)]).reshape(-1, 2)
    rows = rows.assign(last_year=years.get(past.year, np.nan), growth_low=bands[:, 0], growth_high=bands[:, 1])
    whole = (rows["measure"] == "sales") & rows["scope"].isin(WHOLE)
    parts = [_of_whole(cycle, year, part, past) for _, part in rows[whole].groupby("scope")]
    table = pd.concat([*parts, rows[~whole]], ignore_index=True)
    return table.merge(sums, on=["measure", "scope", "member"], how="left")


def _of_whole(cycle: Cycle, year: str, rows: pd.DataFrame, past: Past) -> pd.DataFrame:
    """What speaks for the sales of a region or the company: break-even, market, capacity."""
    scope = str(rows["scope"].iloc[0])
    key = rows["member"].mask(rows["scope"] == "company", "")
    goals = all_targets(cycle)
    of_year = goals[(goals["period"] == year) & (goals["scope"] == scope)]
    profit, share = (
        of_year[of_year["measure"] == measure].drop_duplicates("member").set_index("member")["target"]
        for measure in ("profit", "market_share")
    )
    sizes, before = (_market(cycle, scope, period) for period in (year, past.year))
    last, margin = past.last(scope, "sales"), past.last(scope, "margin")
    rate = pd.Series(ratio(margin.reindex(last.index), last), index=last.index)
    heads = capacity_of(cycle, scope, year, past).set_index("member")
    found = rows.assign(
        fixed_cost=key.map(budget(cycle, scope, year)),
        planned_profit=rows["member"].map(profit),
        marginal_rate=key.map(rate.where((rate > 0) & (rate <= 1))),
        market_size=key.map(sizes),
        share=rows["member"].map(share),
        **{name: key.map(heads[name]) for name in ("heads", "ramp", "productivity")},
    )
    held = pd.Series(ratio(last, before.reindex(last.index)), index=last.index)
    return found.assign(share=found["share"].fillna(key.map(held)).astype(float))


def _market(cycle: Cycle, scope: str, year: str) -> pd.Series:
    """Market size of a year by region; the company's is the sum of all, under a blank key."""
    market = cycle.tables["market"]
    sizes = market[market["period"] == year].groupby("region")["market_size"].sum(min_count=1)
    return sizes if scope == "region" else pd.Series({"": sizes.sum(min_count=1)})


def budget(cycle: Cycle, scope: str, year: str) -> pd.Series:
    """Budgeted expense of a year by region, the company's under a blank key.

    A region's is known only if every item is planned by region: what the company plans for all would be missing in it.
    """
    table = budget_in(cycle, cycle.tables["budget"], year)
    if scope == "company":
        return pd.Series({"": table["amount"].sum(min_count=1)})
    tree = tree_of(cycle, "region")
    regions = set() if tree is None else set(tree.members)
    if not table["unit"].isin(regions).all():
        return pd.Series(dtype=float)
    return table.groupby("unit")["amount"].sum(min_count=1)


def budget_in(cycle: Cycle, table: pd.DataFrame, year: str) -> pd.DataFrame:
    """The rows of the budget that fall in a fiscal year."""
    days = calendar(cycle)
    inside = {key for key in table["period"].dropna().unique() if parent_period(key, "year", days) == year}
    return table[table["period"].isin(inside)]


def capacity_of(cycle: Cycle, scope: str, year: str, past: Past) -> pd.DataFrame:
    """Heads, ramp and productivity by region, or of the company under a blank key."""
    days, people = calendar(cycle), cycle.tables["salespeople"]
    members = people["region"].astype("str") if scope == "region" else pd.Series("", index=people.index, dtype="str")
    people = people.assign(member=members)
    people = pd.concat([people, hired(cycle, scope, people)], ignore_index=True)
    people = people[people["member"].notna()]
    keys = (children(year, "month", days), children(past.year, "month", days))
    return capacity(people, *keys, past.last(scope, "sales"), days)


def hired(cycle: Cycle, scope: str, people: pd.DataFrame) -> pd.DataFrame:
    """The heads that the hiring plan brings after the day, as people who join on the first day of their period.

    They ramp like the others of their role, else like everybody.
    """
    plan, days = cycle.tables["hiring_plan"], calendar(cycle)
    begins = {key: pd.Timestamp(first_day(key, days)) for key in plan["period"].dropna().unique()}
    start = pd.to_datetime(plan["period"].map(begins))
    rows = plan[(start > cycle.as_of) & plan["heads"].notna()]
    ramp = people.groupby("role")["ramp_months"].median()
    found = pd.DataFrame(
        {
            "salesperson": [f"+{place}" for place in range(len(rows))],
            "member": rows["unit"].astype("str") if scope == "region" else "",
            "hire_date": start[rows.index],
            "leave_date": pd.NaT,
            "ramp_months": rows["role"].map(ramp).fillna(people["ramp_months"].median()).astype(float),
            "head_count": rows["heads"].astype(float),
        }
    )
    return found.astype({"salesperson": "str", "member": "str", "leave_date": "datetime64[s]"})


def _triangulated(facts: pd.DataFrame) -> Frames:
    """The candidates of each target, and the decision beside them."""
    if facts.empty:
        return {}
    owner = [str(place) for place in range(len(facts))]  # a member has a target of every measure
    about = facts[["measure", "scope", "member"]].set_axis(owner)
    found = triangulate(facts.assign(member=owner))
    tables = {"target_decisions": decide(found, facts.assign(member=owner)), "target_candidates": found}
    named = {
        key: table.rename(columns={"member": "place"}).join(about, on="place").drop(columns="place")
        for key, table in tables.items()
    }
    candidates = named["target_candidates"]
    whole = (candidates["measure"] == "sales") & candidates["scope"].isin(WHOLE)
    named["target_candidates"] = candidates[whole | candidates["method"].isin(OF_ALL)]
    return {key: table.reset_index(drop=True) for key, table in named.items()}


def _coherence(cycle: Cycle, year: str, goals: pd.DataFrame) -> pd.DataFrame:
    """Whether margin less the budgeted expense is the profit wanted: of the company and, where planned so, regions."""
    parts = []
    for scope in WHOLE:
        mine = goals[(goals["scope"] == scope) & goals["measure"].isin(QUANTITIES)]
        wide = mine.pivot(index="member", columns="measure", values="target").reset_index()  # noqa: PD010 - one value a cell
        key = wide["member"] if scope == "region" else pd.Series("", index=wide.index)
        plan = wide.assign(period=year, expense=key.map(budget(cycle, scope, year)).astype(float))
        parts.append(coherence(plan, unit=float(cycle.settings["rounding"])).assign(scope=scope))
    return pd.concat(parts, ignore_index=True)


def _smart(cycle: Cycle, year: str, facts: pd.DataFrame, past: Past) -> pd.DataFrame:
    """Every target of the year and of its parts, letter by letter."""
    days, targets = calendar(cycle), all_targets(cycle)
    inside = {key for key in targets["period"].dropna().unique() if parent_period(key, "year", days) == year}
    rows = targets[targets["period"].isin(inside)].reset_index(drop=True)
    rows = with_parents(cycle, rows).merge(_backing(cycle, year, facts), on=KEYS, how="left")
    company = rows[rows["scope"] == "company"].drop_duplicates("measure").set_index("measure")["member"]
    before = past.rows[past.rows["member"].isin(rows["member"]) | (past.rows["scope"] == "company")]
    member = before["member"].where(before["scope"] != "company", before["measure"].map(company))
    found = smart(rows, before.assign(member=member), days, float(cycle.settings["rounding"]))
    found = found.rename(columns=LETTERS).assign(scope=rows["scope"])
    return found.astype(dict.fromkeys(("measure", "member", "period"), "str"))


def _backing(cycle: Cycle, year: str, facts: pd.DataFrame) -> pd.DataFrame:
    """What stands behind each sales target of the year: the people's capacity, and what is sold and in the pipeline."""
    known = facts.reindex(columns=["measure", "scope", "member", "heads", "ramp", "productivity"])
    found = known[["measure", "scope", "member"]].assign(
        period=year, capacity=known["heads"] * known["ramp"] * known["productivity"], pipeline=np.nan
    )
    deals, rows = cycle.found.get("pipeline_summary"), cycle.found["attainment"]
    if deals is not None and year == this_year(cycle):
        done = rows[(rows["level"] == "row") & (rows["measure"] == "sales")][[*KEYS, "actual"]]
        company = done["scope"] == "company"
        named = found.loc[found["scope"] == "company", "member"]
        done = done.assign(at=done["member"].mask(company, ""))
        done["member"] = done["member"].mask(company, named.iloc[0] if len(named) else "")
        coming = deals[["scope", "member", "weighted"]].rename(columns={"member": "at"})
        both = done.merge(coming, on=["scope", "at"]).assign(pipeline=lambda each: each["actual"] + each["weighted"])
        found = found.drop(columns="pipeline").merge(both[[*KEYS, "pipeline"]], on=KEYS, how="left")
    return found.drop_duplicates(KEYS)
