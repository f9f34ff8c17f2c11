"""Stages 1 and 2: what it takes to reach the quotas, week by week; the budget in use; the strategy of each segment."""

import pandas as pd

from xlsales.core.calendar import first_day, last_day, period_days, period_keys
from xlsales.core.period_steps import children, same_period_last_year
from xlsales.core.ratio import ratio
from xlsales.core.reverse_funnel import reverse_funnel
from xlsales.core.workdays import working_days
from xlsales.stages.cycle import Cycle, Frames, names
from xlsales.stages.lines import calendar, given
from xlsales.stages.monitoring import this_year
from xlsales.stages.quantities import with_names
from xlsales.stages.targeting import budget_in
from xlsales.stages.targets import running_targets

PERSON = "salesperson"
WEEK = pd.Timedelta(days=7)
AHEAD = 3  # weeks after the running one


def funnel_plan(cycle: Cycle) -> Frames:
    """`funnel_plan`: deals, opportunities, customers and visits that the rest of each sales quota takes."""
    pace, deals, log = running_targets(cycle), cycle.found.get("deals"), given(cycle, "interactions")
    days, year = calendar(cycle), this_year(cycle)
    if pace is None or deals is None:
        return {}
    rows = pace[(pace["measure"] == "sales") & (pace["period"] == year) & pace["scope"].isin(["company", PERSON])]
    if rows.empty:
        return {}
    begin, end = (pd.Timestamp(day(year, days)) for day in (first_day, last_day))
    weeks = max((end - cycle.as_of).days, 0) / 7
    rates = _rates(deals, log, begin, cycle.as_of)
    member = rows["member"].mask(rows["scope"] == "company", "").astype("str")
    still = deals[~deals["stage"].isin(["won", "lost"])]
    count = still.groupby(PERSON).size()
    count[""] = len(still)
    left = pd.DataFrame({"member": member.to_numpy(), "left": rows["remaining"].to_numpy(float)})
    left["open_deals"] = left["member"].map(count).fillna(0.0)
    found = reverse_funnel(left, rates, weeks).rename(columns={"open": "open_opportunities"})
    table = found.assign(scope=rows["scope"].to_numpy(), member=rows["member"].to_numpy())
    return {"funnel_plan": with_names(cycle, table, "scope")}


def _rates(deals: pd.DataFrame, log: pd.DataFrame | None, begin: pd.Timestamp, end: pd.Timestamp) -> pd.DataFrame:
    """Closed deals, their customers, visits and opportunities by person, and of the company under ""."""
    parts = []
    for scope in ("company", PERSON):
        owned = deals.assign(member="" if scope == "company" else deals[PERSON])
        rows = owned[owned["member"].notna()]
        won, lost = (rows[rows["stage"] == stage] for stage in ("won", "lost"))
        made = rows[(rows["created"] >= begin) & (rows["created"] <= end)]
        table = pd.DataFrame(
            {
                "won_deals": won.groupby("member").size(),
                "won_value": won.groupby("member")["value"].sum(min_count=1),
                "lost_deals": lost.groupby("member").size(),
                "customers": won.groupby("member")["customer"].nunique(),
                "opportunities": made.groupby("member").size(),
            }
        ).astype(float)
        counts = [name for name in table if name != "won_value"]
        table[counts] = table[counts].fillna(0.0)
        if log is not None:
            done = log[(log["kind"] == "visit") & (log["at"] >= begin) & (log["at"] <= end)]
            by = pd.Series({"": len(done)}) if scope == "company" else done.groupby(PERSON).size()
            table["visits"] = by.reindex(table.index).fillna(0.0).astype(float)
        parts.append(table.reindex(columns=[*table.columns.difference(["visits"]), "visits"]).reset_index())
    return pd.concat(parts, ignore_index=True)


def weeks(cycle: Cycle) -> Frames:
    """`week_plan` and `week_tasks`: last week, this one and the next three, for everybody who has something to do."""
    plan, log, tasks = (given(cycle, key) for key in ("activity_plan", "interactions", "tasks"))
    if plan is None and tasks is None:
        return {}
    monday = cycle.as_of.normalize() - pd.Timedelta(days=int(cycle.as_of.weekday()))
    starts = [monday + step * WEEK for step in range(-1, AHEAD + 1)]
    keys = dict(zip(starts, period_keys(pd.Series(starts), "week", calendar(cycle)).astype(str), strict=True))
    parts = [pd.DataFrame(columns=[PERSON, "from", "activity", "planned"])]
    if plan is not None:
        parts = [_planned(cycle, plan, start) for start in starts]
    table = pd.concat(parts, ignore_index=True)
    index = [PERSON, "from", "activity"]
    counts = {}
    if log is not None:
        seen = log[log["at"] <= cycle.as_of]
        counts["done"] = _weekly(seen.rename(columns={"kind": "activity"}), seen["at"], starts)
    if tasks is not None:
        due = tasks.rename(columns={"kind": "activity"})
        counts["tasks_due"] = _weekly(due, due["due"], starts)
        undone = due[~due["done"].fillna(value=False).astype(bool)]
        counts["tasks_open"] = _weekly(undone, undone["due"], starts)
    table = table.set_index(index).join(pd.DataFrame(counts).rename_axis(index), how="outer").reset_index()
    table["week"] = table["from"].map(keys).astype("str")
    table = table[table["activity"].notna()].sort_values(index, kind="stable", ignore_index=True)
    for name in counts:
        table[name] = table[name].astype(float).fillna(0.0)
    if "done" in table:
        table["done"] = table["done"].where(table["from"] <= cycle.as_of)
    found: Frames = {"week_plan": _named(cycle, table)}
    if tasks is not None:
        found["week_tasks"] = _tasks(cycle, tasks, starts, keys)
    return found


def _planned(cycle: Cycle, plan: pd.DataFrame, start: pd.Timestamp) -> pd.DataFrame:
    """Each person's part of the planned activities in the week from a day on, by working days."""
    last, holidays, country = start + WEEK - pd.Timedelta(days=1), cycle.tables["holidays"], cycle.settings["country"]
    share = {}
    for key in plan["period"].dropna().unique():
        begin, end = (pd.Timestamp(day) for day in period_days(key, calendar(cycle)))
        if end < start or begin > last:
            continue
        inside = working_days(max(begin, start).date(), min(end, last).date(), country, holidays)
        share[key] = inside / max(working_days(begin.date(), end.date(), country, holidays), 1)
    rows = plan[plan["period"].isin(share)]
    part = rows.assign(planned=rows["planned"] * rows["period"].map(share).astype(float))
    return part.groupby([PERSON, "activity"], as_index=False)["planned"].sum().assign(**{"from": start})


def _weekly(rows: pd.DataFrame, days: pd.Series, starts: list[pd.Timestamp]) -> pd.Series:
    """How many rows fall into each person's weeks, by activity."""
    begin = days.dt.normalize() - pd.to_timedelta(days.dt.day_of_week, unit="D")
    inside = begin.isin(starts)
    return rows.assign(**{"from": begin})[inside].groupby([PERSON, "from", "activity"]).size()


def _tasks(
    cycle: Cycle, tasks: pd.DataFrame, starts: list[pd.Timestamp], keys: dict[pd.Timestamp, str]
) -> pd.DataFrame:
    """The tasks due in the weeks, and older ones that are not done."""
    done = tasks["done"].fillna(value=False).astype(bool)
    begin = tasks["due"].dt.normalize() - pd.to_timedelta(tasks["due"].dt.day_of_week, unit="D")
    rows = tasks[begin.isin(starts) | (~done & (tasks["due"] < starts[0]))]
    late = ~done[rows.index] & (rows["due"] < cycle.as_of.normalize())
    state = pd.Series("planned", index=rows.index).mask(late, "overdue").mask(done[rows.index], "done")
    week = begin[rows.index].map(keys)
    week = week.where(week.notna(), period_keys(rows["due"], "week", calendar(cycle)).astype(object))
    customer = names(cycle, "customer", rows["customer"].astype("str")).where(rows["customer"].notna())
    table = rows.assign(week=week.astype("str"), state=state.astype("str"), customer=customer)
    return _named(cycle, table.sort_values([PERSON, "due"], kind="stable", ignore_index=True))


def _named(cycle: Cycle, table: pd.DataFrame) -> pd.DataFrame:
    return table.assign(name=names(cycle, PERSON, table[PERSON].astype("str")))


def budget_use(cycle: Cycle) -> Frames:
    """`budget_use`: each item's budget of the fiscal year, what its driver allows to date, and what was spent."""
    table = given(cycle, "budget")
    if table is None:
        return {}
    days, year = calendar(cycle), this_year(cycle)
    rows = budget_in(cycle, table, year)
    if rows.empty:
        return {}
    rows = rows.assign(driver=rows["driver"].where(rows["driver"].notna(), "fixed"))
    found = rows.groupby(["item", "driver"], sort=False, as_index=False)["amount"].sum()
    found = found.rename(columns={"amount": "budget"})
    begin, end = (pd.Timestamp(day(year, days)) for day in (first_day, last_day))
    top = cycle.found["headline"].drop_duplicates("measure").set_index("measure")
    whole = top["target"].where(top["period"] == year)
    found["driver_plan"] = found["driver"].map(whole).astype(float)
    found["rate"] = ratio(found["budget"], found["driver_plan"])
    five = cycle.found["five_quantities"]
    actual = five[(five["dimension"] == "company") & (five["period"] == year)]
    done = found["driver"].map({} if actual.empty else actual.iloc[0][["sales", "volume", "margin"]].to_dict())
    elapsed = (min(cycle.as_of.normalize(), end) - begin).days + 1
    by_days = found["budget"] * elapsed / ((end - begin).days + 1)
    found["expected"] = (found["rate"] * done.astype(float)).where(found["driver"] != "fixed", by_days)
    spent = cycle.tables["expenses"]
    spent = spent[(spent["date"] >= begin) & (spent["date"] <= cycle.as_of)]
    known = spent.groupby("item")["amount"].sum()
    once = ~found.duplicated("item")  # an item with two drivers was spent once
    found["spent"] = found["item"].map(known).where(once)
    found.loc[once & found["spent"].isna() & (len(spent) > 0), "spent"] = 0.0
    single = ~found["item"].duplicated(keep=False)
    found["left"] = (found["budget"] - found["spent"]).where(single)
    found["used"] = pd.Series(ratio(found["spent"], found["budget"]), index=found.index).where(single)
    return {"budget_use": found}


def segment_strategy(cycle: Cycle) -> Frames:
    """`segment_strategy`: each segment's figures beside the strategies that name it."""
    lines, plans = cycle.found["lines"], given(cycle, "strategies")
    known = lines[lines["segment"].notna()] if "segment" in lines else lines.iloc[:0]
    if plans is None and known.empty:
        return {}
    days, year = calendar(cycle), this_year(cycle)
    begin = pd.Timestamp(first_day(year, days))
    past = same_period_last_year(year, days)
    then = (pd.Timestamp(first_day(past, days)), cycle.as_of.normalize() - pd.DateOffset(years=1))
    now, before = (
        known[(known["date"] >= first) & (known["date"] <= last)] for first, last in ((begin, cycle.as_of), then)
    )
    table = pd.DataFrame(
        {
            "customers": now.groupby("segment")["customer"].nunique(),
            "sales_before": before.groupby("segment")["sales"].sum(min_count=1),
            "sales": now.groupby("segment")["sales"].sum(min_count=1),
            "margin": now.groupby("segment")["margin"].sum(min_count=1),
        }
    ).astype(float)
    table["growth"] = ratio(table["sales"], table["sales_before"]) - 1
    table["margin_rate"] = ratio(table["margin"], table["sales"])
    deals = cycle.found.get("deals")
    if deals is not None:
        of = cycle.tables["customers"].drop_duplicates("customer").set_index("customer")["segment"]
        rows = deals.assign(segment=deals["customer"].map(of))
        still = rows[~rows["stage"].isin(["won", "lost"])]
        table["open_value"] = still.groupby("segment")["value"].sum(min_count=1).reindex(table.index)
        lost = rows[(rows["stage"] == "lost") & rows["competitor"].notna()]
        ranked = lost.groupby(["segment", "competitor"]).size().sort_values(ascending=False, kind="stable")
        table["lost_to"] = ranked.reset_index().drop_duplicates("segment").set_index("segment")["competitor"]
    table = table.rename_axis("segment").reset_index()
    if plans is not None:
        inside = {key for key in plans["period"].dropna().unique() if key == year or key in children(year, "half", days)
                  or key in children(year, "quarter", days)}  # fmt: skip
        mine = plans[plans["period"].isin(inside)].drop(columns="period")
        table = table.merge(mine, on="segment", how="outer")
        has = table["scope"].notna()
        named = with_names(cycle, table[has].astype({"member": "str"}), "scope")["name"]
        table["name"] = named.reindex(table.index)
        owner = table["owner"].astype(object).where(table["owner"].notna())
        table["owner"] = names(cycle, PERSON, owner.astype("str")).where(table["owner"].notna())
    return {"segment_strategy": table.sort_values("segment", kind="stable", ignore_index=True)}
