"""Stage 4: what needs attention, ranked by the money at stake."""

import numpy as np
import pandas as pd

from xlsales.core import alerts as rules
from xlsales.core.calendar import first_day
from xlsales.core.causes import OTHER
from xlsales.core.customer_care import satisfaction
from xlsales.core.period_steps import same_period_last_year
from xlsales.stages.alert_rows import with_rows
from xlsales.stages.collections import discounted_documents
from xlsales.stages.cycle import Cycle, Frames
from xlsales.stages.lines import calendar, tree_of
from xlsales.stages.monitoring import this_year
from xlsales.stages.people import activities_to_date
from xlsales.stages.quantities import with_names
from xlsales.stages.targets import running_targets

PLANNED_SCOPES = ("region", "salesperson")


def alerts(cycle: Cycle) -> Frames:
    """`alerts`: rank, alert, measure, scope, member, name, money, facts (the figures that the reason names)."""
    found = [
        _behind(cycle),
        _margins(cycle),
        _discounts(cycle),
        _concentration(cycle),
        _overdue(cycle),
        _thin(cycle),
        _unplanned(cycle),
        _idle(cycle),
        _dissatisfied(cycle),
    ]
    table = rules.ranked([part for part in found if part is not None and len(part)], _above(cycle))
    named = with_names(cycle, table.astype({"member": "str"}), "scope")
    return {"alerts": with_rows(cycle, _with_reasons(cycle, named))}


def _above(cycle: Cycle) -> dict[tuple[str, str], list[tuple[str, str]]]:
    """Who stands above each salesperson and region: the person's region, then the regions above."""
    tree = tree_of(cycle, "region")
    members = [] if tree is None else [str(member) for member in tree.members]
    lines = {member: [("region", str(each)) for each in tree.ancestors(member)] for member in members} if tree else {}
    found = {("region", member): line for member, line in lines.items()}
    people = cycle.tables["salespeople"].drop_duplicates("salesperson")
    for person, region in zip(people["salesperson"], people["region"].astype(object), strict=True):
        if isinstance(region, str):
            found["salesperson", str(person)] = [("region", region), *lines.get(region, [])]
    return found


def _with_reasons(cycle: Cycle, table: pd.DataFrame) -> pd.DataFrame:
    """At each trouble its largest known cause, where the gaps have one, what no cause explains, where that is more,
    and its dearest part below the member.
    """
    gaps = cycle.found.get("gaps")
    table = table.assign(cause="", cause_money=np.nan, unexplained=np.nan, part_name="", part_money=np.nan)
    heads = table["part_of"].isna() & (table["alert"] == "behind_pace")
    if gaps is not None:
        keys = ["scope", "member", "measure"]
        sized = gaps[gaps["cause"].astype("str") != ""].sort_values("size", ascending=False, kind="stable")
        named, rest = (sized[mask] for mask in (sized["cause"] != OTHER, sized["cause"] == OTHER))
        asked = pd.MultiIndex.from_frame(table[keys])
        known, other = (part.drop_duplicates(keys).set_index(keys).reindex(asked) for part in (named, rest))
        behind = (table["alert"] == "behind_pace").to_numpy()
        size, unexplained = known["size"].to_numpy(float), other["size"].to_numpy(float)
        table["cause"] = known["cause"].fillna(other["cause"]).fillna("").to_numpy(object)
        table["cause"] = table["cause"].where(behind, "")
        table["cause_money"] = np.where(behind, size, np.nan)
        table["unexplained"] = np.where(behind & ~(unexplained <= size), unexplained, np.nan)
    parts = table[table["alert"].isin(["behind_pace"]) & table["part_of"].notna()]
    for at in table.index[heads]:
        row = table.loc[at]
        below = parts[(parts["part_of"] == row["rank"]) & (parts["measure"] == row["measure"])]
        below = below[(below["scope"] != row["scope"]) | (below["member"] != row["member"])]
        if len(below):
            table.loc[at, ["part_name", "part_money"]] = below.iloc[0]["name"], below.iloc[0]["money"]
    return table


def _behind(cycle: Cycle) -> pd.DataFrame | None:
    pace = cycle.found.get("pace")
    if pace is None:
        return None
    # The landing that blends season and deals is the one that the sheets show; a team's is that of its people.
    landed = pace.assign(landing=pace["landing_blended"].fillna(pace["landing"]))
    return rules.behind_pace(landed, without=("company", "manager"))


def _year(cycle: Cycle, *, past: bool = False) -> str:
    year = this_year(cycle)
    return same_period_last_year(year, calendar(cycle)) if past else year


def _margins(cycle: Cycle) -> pd.DataFrame:
    """Regions, product lines and salespeople, fiscal year to date against last fiscal year."""
    five = cycle.found["five_quantities"]
    chosen = five[five["dimension"].isin(["region", "product_line", "salesperson"]) & five["member"].notna()]
    chosen = chosen.rename(columns={"dimension": "scope"})
    now, before = (chosen[chosen["period"] == _year(cycle, past=past)] for past in (False, True))
    return rules.margin_rate_falling(now.dropna(subset=["margin"]), before.dropna(subset=["margin"]))


def _start(cycle: Cycle) -> pd.Timestamp:
    return pd.Timestamp(first_day(this_year(cycle), calendar(cycle)))


def _discounts(cycle: Cycle) -> pd.DataFrame | None:
    documents = discounted_documents(cycle)
    documents = documents[documents["date"] >= _start(cycle)]
    roles = cycle.tables["roles"].drop_duplicates("role").set_index("role")["discount_limit"]
    people = cycle.tables["salespeople"].drop_duplicates("salesperson").set_index("salesperson")["role"]
    limited = documents.assign(limit=documents["salesperson"].map(people).map(roles).astype(float))
    return rules.discount_over_limit(limited)


def _concentration(cycle: Cycle) -> pd.DataFrame:
    lines = cycle.found["lines"]
    recent = lines[lines["date"] >= _start(cycle)]
    return rules.concentration(recent.groupby("customer")["sales"].sum().reset_index())


def _overdue(cycle: Cycle) -> pd.DataFrame | None:
    watch = cycle.found.get("credit_watch")
    return None if watch is None else rules.overdue_over_limit(watch)


def _thin(cycle: Cycle) -> pd.DataFrame | None:
    """Open deals against what is left of each salesperson's sales target."""
    pace, deals = running_targets(cycle), cycle.found.get("pipeline_summary")
    if pace is None or deals is None:
        return None
    left = pace[(pace["scope"] == "salesperson") & (pace["measure"] == "sales")].drop_duplicates("member")
    mine = deals[deals["scope"] == "salesperson"][["member", "open", "weighted"]]
    table = left[["member", "remaining"]].merge(mine, on="member", how="left")
    table = table.rename(columns={"remaining": "target_left"}).fillna({"open": 0.0, "weighted": 0.0})
    return rules.pipeline_thin(table, "salesperson", at_least=1.0)


def _unplanned(cycle: Cycle) -> pd.DataFrame | None:
    """Targets of the fiscal year for whose member nothing is planned in any of its months."""
    plan, targets = cycle.found.get("plan"), cycle.tables["targets"]
    if plan is None or plan.empty:
        return None
    goals = targets[(targets["period"] == this_year(cycle)) & targets["scope"].isin(PLANNED_SCOPES)]
    rows = [plan.assign(scope=scope, member=plan[scope]) for scope in PLANNED_SCOPES]
    planned = pd.concat(rows, ignore_index=True)
    inside = planned["period"].str.startswith(this_year(cycle)).fillna(value=False)
    planned = planned[inside & planned["member"].notna()].assign(period=this_year(cycle))
    # Only where others of that scope are planned is a missing plan a gap; else the plan stands on another scope.
    kinds = pd.MultiIndex.from_frame(planned[["measure", "scope"]])
    comparable = pd.MultiIndex.from_frame(goals[["measure", "scope"]]).isin(kinds)
    return rules.target_without_plan(goals[comparable], planned)


def _idle(cycle: Cycle) -> pd.DataFrame | None:
    table = activities_to_date(cycle)
    if table.empty:
        return None
    named = table.rename(columns={"measure": "activity", "target": "planned", "actual": "done"})
    return rules.activity_below_plan(named)


def _dissatisfied(cycle: Cycle) -> pd.DataFrame | None:
    """Regions' satisfaction, fiscal year to date against all before."""
    scores = cycle.tables["satisfaction"]
    if scores.empty:
        return None
    home = cycle.tables["customers"].drop_duplicates("customer").set_index("customer")["region"]
    scores = scores.assign(member=scores["customer"].map(home), scope="region")
    scores = scores[scores["member"].notna() & (scores["date"] <= cycle.as_of)]
    recent = scores["date"] >= _start(cycle)
    now, before = (satisfaction(part, ["scope", "member"]) for part in (scores[recent], scores[~recent]))
    return rules.satisfaction_falling(now, before)
