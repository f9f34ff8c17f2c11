"""Stage 6, at the end: the figures of a period for the review that opens the next cycle."""

import numpy as np
import pandas as pd

from xlsales.core.period_steps import children
from xlsales.core.target_sums import year_targets
from xlsales.stages.cycle import Cycle, Frames
from xlsales.stages.lines import calendar, tree_of
from xlsales.stages.monitoring import this_year
from xlsales.stages.quantities import by_months, from_every_level, with_names
from xlsales.stages.targets import QUANTITIES

SCOPES = ("company", "region")
OTHERS = ("product", "customer", "segment", "channel")  # a plan row that names one of them is not in the matrix


def review(cycle: Cycle) -> Frames:
    """`review`: a period's five quantities against target, of the company and each region.

    The period is settings["review_period"], the fiscal year of the day where nobody asks for one. A target is the
    period's own, else the sum of its parts, else what the current version of the plan has for its months.
    """
    period = str(cycle.settings.get("review_period") or this_year(cycle))
    five = _figures(cycle, period)
    goals, planned = _own_targets(cycle, period), _planned(cycle, period)
    members = sorted({key[1:] for key in (*goals, *planned)} | set(zip(five["dimension"], five["member"], strict=True)))
    if not members:
        return {}
    table = pd.DataFrame(members, columns=["scope", "member"])
    known = five.set_index(["dimension", "member"])
    keys = pd.MultiIndex.from_frame(table)
    for measure in QUANTITIES:
        table[measure] = known[measure].reindex(keys).to_numpy(float)
        found = [goals.get((measure, *key), planned.get((measure, *key), np.nan)) for key in members]
        table[measure + "_target"] = np.array(found, float)
    table = with_names(cycle, table, "scope").assign(period=period)
    company = (table["scope"] == "company").to_numpy()
    return {"review": table.assign(member=table["member"].mask(company, _company(cycle)))}


def _figures(cycle: Cycle, period: str) -> pd.DataFrame:
    """The five quantities of a period by dimension and member: the sum of its months, blank where one of them is."""
    parts = [by_months(cycle, scope) for scope in SCOPES]
    rows = pd.concat(parts, ignore_index=True)
    rows = rows[rows["period"].isin(children(period, "month", calendar(cycle)))]
    sums = rows.groupby(["dimension", "member"])[list(QUANTITIES)].agg(lambda part: part.sum(skipna=False))
    return sums.reset_index()


def _company(cycle: Cycle) -> str:
    """The code of the company, where its targets name one."""
    rows = cycle.tables["targets"]
    codes = rows.loc[rows["scope"] == "company", "member"].dropna().unique()
    return str(codes[0]) if len(codes) == 1 else ""


def _own_targets(cycle: Cycle, period: str) -> dict[tuple[str, str, str], float]:
    """The targets of the period by measure, scope and member; the company's member is ""."""
    rows = cycle.tables["targets"]
    rows = rows[rows["scope"].isin(SCOPES) & rows["measure"].isin(QUANTITIES)]
    rows = rows.assign(member=rows["member"].mask(rows["scope"] == "company", ""))
    found = year_targets(rows, period, calendar(cycle))
    found = found[found["whole"] & found["target"].notna()]
    keys = zip(found["measure"], found["scope"], found["member"].fillna(""), strict=True)
    return dict(zip(keys, found["target"].tolist(), strict=True))


def _planned(cycle: Cycle, period: str) -> dict[tuple[str, str, str], float]:
    """What the plan has for the months of the period, of measures that it has every month of."""
    plan = cycle.found.get("plan", cycle.tables["plan"])
    months = children(period, "month", calendar(cycle))
    plan = plan[(plan["version"] == _version(cycle, plan)) & plan["period"].isin(months) & plan["value"].notna()]
    plan = plan[plan[list(OTHERS)].isna().all(axis=1)]
    found: dict[tuple[str, str, str], float] = {}
    for measure, rows in plan.groupby("measure"):
        if rows["period"].nunique() < len(months):
            continue
        found[str(measure), "company", ""] = float(rows["value"].sum())
        tree = tree_of(cycle, "region")
        placed = rows[rows["region"].notna()]
        seen = placed if tree is None else from_every_level(placed, "region", tree)
        found |= {
            (str(measure), "region", str(name)): float(value)
            for name, value in seen.groupby("region")["value"].sum().items()
        }
    return found


def _version(cycle: Cycle, plan: pd.DataFrame) -> str:
    """The version last made; without a list of versions the last in the plan."""
    versions = cycle.tables["plan_versions"]
    if len(versions):
        return str(versions.sort_values("created", kind="stable", na_position="first")["version"].iloc[-1])
    return str(plan["version"].iloc[-1]) if len(plan) else ""
