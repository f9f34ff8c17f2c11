"""Stage 2: versions of the plan beside each other, and what one driver changes in the five quantities."""

import numpy as np
import pandas as pd

from xlsales.core.calendar import first_day
from xlsales.core.period_steps import children
from xlsales.core.quotas import participation
from xlsales.core.ratio import ratio
from xlsales.core.what_if import QUANTITIES, what_if
from xlsales.stages.cycle import Cycle, Frames
from xlsales.stages.lines import calendar, given
from xlsales.stages.monitoring import this_year
from xlsales.stages.targeting import Past, budget_in, capacity_of

OTHERS = ["product", "customer", "segment", "channel"]


def scenarios(cycle: Cycle) -> Frames:
    """`plan_scenarios` and `driver_effects`: each version's year; growth, price and heads on the current one."""
    plan = cycle.found.get("plan")
    if plan is None or plan.empty:
        return {}
    days, year = calendar(cycle), plan_year(cycle, plan)
    rows = plan[plan["period"].isin(children(year, "month", days)) & plan[OTHERS].isna().all(axis=1)]
    if rows.empty:
        return {}
    sums = rows.pivot_table(index="version", columns="measure", values="value", aggfunc="sum")
    sums = sums.reindex(columns=list(QUANTITIES))
    current = current_version(cycle, plan)
    versions = cycle.tables["plan_versions"].drop_duplicates("version").set_index("version")["note"]
    table = sums.rename_axis("version").reset_index().assign(period=year)
    table["current"] = (table["version"] == current).astype("boolean")
    table["note"] = table["version"].map(versions).astype("str")
    base = sums.loc[current] if current in sums.index else pd.Series(np.nan, index=list(QUANTITIES))
    table["over_current"] = ratio(table["sales"], pd.Series(base["sales"], index=table.index)) - 1
    order = table["version"].map({name: place for place, name in enumerate(dict.fromkeys(plan["version"]))})
    table = table.iloc[order.where(~table["current"].astype(bool), -1).argsort(kind="stable")].reset_index(drop=True)
    found: Frames = {"plan_scenarios": table}
    if current in sums.index:
        found["driver_effects"] = effects(cycle, year, base)
    return found


def plan_year(cycle: Cycle, plan: pd.DataFrame) -> str:
    """The fiscal year of the plan: the running one if it is planned, else the last that is."""
    days, running = calendar(cycle), this_year(cycle)
    known = set(plan["period"].dropna())
    if known & set(children(running, "month", days)):
        return running
    years = sorted({month[:4] for month in known if len(month) == len("2026-01")})
    inside = [year for year in years if known & set(children(year, "month", days))]
    return inside[-1] if inside else running


def current_version(cycle: Cycle, plan: pd.DataFrame) -> str:
    """The version made last, else the last in the plan."""
    made = cycle.tables["plan_versions"]
    made = made[made["version"].isin(plan["version"])]
    if len(made):
        return str(made.sort_values("created", kind="stable", na_position="first")["version"].iloc[-1])
    return str(plan["version"].iloc[-1])


def effects(cycle: Cycle, year: str, planned: pd.Series) -> pd.DataFrame:
    """The base and one row per driver of the settings; what the plan lacks follows last year's ratios to sales."""
    past = Past(cycle, year)
    base = completed(past, planned)
    asked = {name: float(cycle.settings["what_if_" + name]) for name in ("growth", "price", "heads")}
    heads = asked["heads"]
    changes = {**asked, "heads": added_sales(cycle, year, past, heads) / base["sales"] if base["sales"] else np.nan}
    rows = pd.DataFrame({"driver": list(changes), "change": list(changes.values())})
    found = what_if(base, expense_drivers(cycle, year), rows)
    first = pd.DataFrame([{"driver": "base", "change": np.nan, **base}])
    table = pd.concat([first, found], ignore_index=True)
    said = {"base": "", "heads": f"{heads:+g}"} | {name: f"{asked[name]:+.1%}" for name in ("growth", "price")}
    return table.assign(change=table["driver"].map(said).astype("str")).rename(columns={"driver": "lever"})


def completed(past: Past, planned: pd.Series) -> dict[str, float]:
    """The plan's five quantities; one that is not planned keeps last year's ratio to sales, blank where unknown."""
    before = {name: past.last("company", name) for name in QUANTITIES}
    last = {name: float(rows.iloc[0]) if len(rows) else np.nan for name, rows in before.items()}
    found = {name: float(planned[name]) for name in QUANTITIES}
    for name, value in found.items():
        if np.isnan(value) and last["sales"]:
            found[name] = found["sales"] * last[name] / last["sales"]
    return found


def added_sales(cycle: Cycle, year: str, past: Past, heads: float) -> float:
    """What heads more from the year's first day would sell: at last year's productivity, ramped like others."""
    team = capacity_of(cycle, "company", year, past)
    if team.empty or np.isnan(team["productivity"].iloc[0]):
        return np.nan
    ramp = cycle.tables["salespeople"]["ramp_months"].dropna()
    months = float(ramp.median()) if len(ramp) else 0.0
    days = calendar(cycle)
    joiner = pd.DataFrame({"salesperson": ["+"], "hire_date": [pd.Timestamp(first_day(year, days))]})
    joiner = joiner.assign(leave_date=pd.NaT, ramp_months=months)
    factor = participation(joiner, children(year, "month", days), days)["factor"].mean()
    return heads * float(factor) * float(team["productivity"].iloc[0])


def expense_drivers(cycle: Cycle, year: str) -> dict[str, float]:
    """How the budgeted expense splits over its drivers; all of it fixed where nothing is budgeted."""
    table = given(cycle, "budget")
    rows = None if table is None else budget_in(cycle, table, year)
    if rows is None or not rows["amount"].sum() > 0:
        return {"fixed": 1.0}
    driver = rows["driver"].where(rows["driver"].notna(), "fixed")
    shares = rows["amount"].groupby(driver).sum() / rows["amount"].sum()
    return {str(name): float(part) for name, part in shares.items()}
