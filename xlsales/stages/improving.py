"""Stage 6: gaps and their causes, and actions against them."""

import numpy as np
import pandas as pd

from xlsales.core.actions import improve
from xlsales.core.calendar import first_day
from xlsales.core.causes import like_for_like, mix_left
from xlsales.core.improvement import gaps
from xlsales.core.pipeline import pipeline
from xlsales.core.ratio import Floats, ratio
from xlsales.stages.cycle import Cycle, Frames, names
from xlsales.stages.lines import Settled, calendar, given
from xlsales.stages.monitoring import this_year
from xlsales.stages.quantities import with_names
from xlsales.stages.targets import ACTIVITY, QUANTITIES, running_targets

SCOPE_ORDER = ("region", "salesperson", "channel", "product", "customer", "company")
TOP_ACTIONS = 12


def gap_report(cycle: Cycle) -> Frames:
    """`gaps`: what each member misses against its target to date, sized by cause, largest first."""
    scope, goals = _goals(cycle)
    if goals.empty:
        return {}
    table = gaps(goals[["member", "measure", "target"]], goals[["member", "measure", "actual"]], drivers=None)
    drivers = _drivers(cycle, scope, goals)
    if len(drivers):
        table = gaps(goals[["member", "measure", "target"]], goals[["member", "measure", "actual"]], drivers=drivers)
    short = table[table["gap"] > 0]
    return {"gaps": with_names(cycle, short.assign(scope=scope), "scope").reset_index(drop=True)}


def _goals(cycle: Cycle) -> tuple[str, pd.DataFrame]:
    """The scope that has most to say, and its members' targets to date with their actuals; the longest period wins."""
    pace = running_targets(cycle)
    if pace is None:
        return "", pd.DataFrame()
    length = pace["period_end"] - pace["period_start"]
    longest = pace.assign(length=length).sort_values("length", ascending=False, kind="stable")
    for scope in SCOPE_ORDER:
        mine = longest[(longest["scope"] == scope) & longest["measure"].isin(QUANTITIES)]
        mine = mine.drop_duplicates(["member", "measure"])
        if len(mine):
            return scope, mine.assign(target=mine["expected"]).reset_index(drop=True)
    return "", pd.DataFrame()


def _drivers(cycle: Cycle, scope: str, goals: pd.DataFrame) -> pd.DataFrame:
    """What may explain the gaps: price, volume, cost per unit, mix; visits; win rate; expense; overdue money."""
    parts = [_unit_values(cycle, scope, goals)]
    if scope in {"region", "salesperson"}:
        parts += [_visits(cycle, scope), _win_rates(cycle, scope), _overdue(cycle, scope)]
    there = [part for part in parts if len(part)]
    if not there:
        return pd.DataFrame()
    table = pd.concat(there, ignore_index=True)
    known = table["target"].notna() & table["actual"].notna() & table["member"].isin(goals["member"])
    usable = ((table["target"] >= 0) & (table["actual"] >= 0)) | (table["driver"] == "mix")
    return table[known & usable].reset_index(drop=True)


def _like_for_like(cycle: Cycle, scope: str, members: pd.Index) -> dict[str, Floats]:
    """What like-for-like changes of price and cost since last year made of each member's margin; NaN where unknown."""
    table = cycle.found.get("bridge_by")
    if table is None:
        return {name: np.full(len(members), np.nan) for name in ("price", "cost")}
    mine = table[(table["dimension"] == scope) & (table["measure"] == "margin")].set_index("member").reindex(members)
    return {name: mine["effect_" + name].to_numpy(float) for name in ("price", "cost")}


def _unit_values(cycle: Cycle, scope: str, goals: pd.DataFrame) -> pd.DataFrame:
    """Volume, price, cost and mix of each member, planned and actual.

    Where the bridge knows them, price and cost are compared with last year's of exactly what is sold now; what else
    moved the mean value of a unit is the mix. Elsewhere the means are compared, and carry the mix.
    """
    wide = goals.pivot(index="member", columns="measure", values=["target", "actual"])  # noqa: PD010 - one value a cell
    if not {("target", "sales"), ("target", "volume")} <= set(wide.columns):
        return pd.DataFrame()
    plan, done = ({name: wide[side][name].to_numpy(float) for name in wide[side]} for side in ("target", "actual"))
    effects = _like_for_like(cycle, scope, wide.index)
    price, planned = ratio(done["sales"], done["volume"]), ratio(plan["sales"], plan["volume"])
    before = like_for_like(price, effects["price"], done["volume"])
    pairs = {
        ("sales", "volume"): (plan["volume"], done["volume"]),
        ("sales", "price"): (np.where(np.isnan(before), planned, before), price),
        ("sales", "mix"): (0.0, mix_left(planned, price, effects["price"], done["volume"])),
    }
    if "margin" in plan:
        unit, wanted = ratio(done["margin"], done["volume"]), ratio(plan["margin"], plan["volume"])
        before = like_for_like(price - unit, -effects["cost"], done["volume"])
        both = effects["price"] + effects["cost"]
        pairs |= {
            ("margin", "volume"): pairs["sales", "volume"],
            ("margin", "price"): pairs["sales", "price"],
            ("margin", "cost"): (np.where(np.isnan(before), planned - wanted, before), price - unit),
            ("margin", "mix"): (0.0, mix_left(wanted, unit, both, done["volume"])),
        }
    parts = [
        pd.DataFrame({"member": wide.index, "measure": measure, "driver": driver, "target": target, "actual": actual})
        for (measure, driver), (target, actual) in pairs.items()
    ]
    return pd.concat(parts, ignore_index=True)


def _start(cycle: Cycle) -> pd.Timestamp:
    return pd.Timestamp(first_day(this_year(cycle), calendar(cycle)))


def _visits(cycle: Cycle, scope: str) -> pd.DataFrame:
    """Planned and done visits of the fiscal year to date."""
    plan, log = given(cycle, "activity_plan"), given(cycle, "interactions")
    if plan is None or log is None:
        return pd.DataFrame()
    home = cycle.tables["salespeople"].drop_duplicates("salesperson").set_index("salesperson")["region"]
    begun = {key: pd.Timestamp(first_day(key, calendar(cycle))) for key in plan["period"].dropna().unique()}
    first = plan["period"].map(begun)
    due = plan[(plan["activity"] == ACTIVITY["visits"]) & (first >= _start(cycle)) & (first <= cycle.as_of)]
    done = log[(log["kind"] == ACTIVITY["visits"]) & (log["at"] >= _start(cycle)) & (log["at"] <= cycle.as_of)]
    of_plan = due["salesperson"].map(home) if scope == "region" else due["salesperson"]
    of_log = done["salesperson"].map(home) if scope == "region" else done["salesperson"]
    planned = due.groupby(of_plan.to_numpy())["planned"].sum()
    counted = of_log.value_counts().reindex(planned.index).fillna(0.0)
    return _as_drivers(planned, counted, "visits", ("sales", "margin"))


def _win_rates(cycle: Cycle, scope: str) -> pd.DataFrame:
    """Win rate of the deals closed in the fiscal year to date against that of the deals closed before it."""
    deals = cycle.found.get("deals")
    if deals is None:
        return pd.DataFrame()
    before = pipeline(deals, [scope], last=_start(cycle) - pd.Timedelta(days=1)).set_index(scope)["win_rate_count"]
    now = pipeline(deals, [scope], first=_start(cycle), last=cycle.as_of).set_index(scope)["win_rate_count"]
    return _as_drivers(before[before > 0], now, "win_rate", ("sales", "margin"))


def _overdue(cycle: Cycle, scope: str) -> pd.DataFrame:
    """Overdue money of each member; none is what was planned."""
    settled: Settled | None = cycle.found.get("settled")
    if settled is None:
        return pd.DataFrame()
    watch = cycle.found["credit_watch"]
    home = cycle.tables["customers"].drop_duplicates("customer").set_index("customer")[scope]
    late = watch.groupby(watch["customer"].map(home).to_numpy())["overdue"].sum()
    disputed = watch.groupby(watch["customer"].map(home).to_numpy())["disputed"].sum()
    nothing = pd.Series(0.0, index=late.index)
    parts = [
        _as_drivers(nothing, late, "overdue", ("collections",)),
        _as_drivers(nothing, disputed, "disputes", ("collections",)),
    ]
    return pd.concat(parts, ignore_index=True)


def _as_drivers(planned: pd.Series, actual: pd.Series, driver: str, measures: tuple[str, ...]) -> pd.DataFrame:
    table = pd.DataFrame({"target": planned, "actual": actual.reindex(planned.index)})
    rows = table.rename_axis("member").reset_index().assign(driver=driver)
    return pd.concat([rows.assign(measure=measure) for measure in measures], ignore_index=True)


def actions(cycle: Cycle) -> Frames:
    """`proposed_actions`: what to do about the largest gaps, by whom and until when."""
    table = cycle.found.get("gaps")
    if table is None or table.empty:
        return {}
    owners = _owners(cycle, str(table["scope"].iloc[0]))
    start = cycle.as_of + pd.Timedelta(days=1)
    proposed = improve(table, given(cycle, "playbook"), TOP_ACTIONS, start, owners)
    place = dict(zip(table["member"], table["name"], strict=True))
    return {"proposed_actions": proposed.assign(where=proposed["where"].map(place))}


def _owners(cycle: Cycle, scope: str) -> pd.DataFrame:
    """Who takes an action for a member: a region's manager, a salesperson for himself."""
    people = cycle.tables["salespeople"]
    people = people[people["leave_date"].isna() | (people["leave_date"] > cycle.as_of)]
    if scope == "salesperson":
        found = pd.DataFrame({"member": people["salesperson"], "owner": people["salesperson"]})
    else:
        bosses = people[people["salesperson"].isin(people["manager"]) & people["region"].notna()]
        bosses = bosses.drop_duplicates("region")
        found = pd.DataFrame({"member": bosses["region"], "owner": bosses["salesperson"]})
    return found.assign(owner=names(cycle, "salesperson", found["owner"].astype("str"))).reset_index(drop=True)
