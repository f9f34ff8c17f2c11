"""Stage 2: the plan of the fiscal year by region, salesperson and month, drawn from the targets where none is given."""

import numpy as np
import pandas as pd

from xlsales.core.calendar import period_keys
from xlsales.core.period_steps import children, same_period_last_year
from xlsales.core.plan_down import over_children, over_months
from xlsales.core.ratio import Floats
from xlsales.stages.cycle import Cycle, Frames
from xlsales.stages.lines import calendar
from xlsales.stages.targets import QUANTITIES

VERSION = "allocated"


def allocation(cycle: Cycle) -> Frames:
    """`plan`: rows of the version "allocated" where the source brings no plan; the given plan otherwise.

    A salesperson's own target of the year stands; what a region's target has beyond those goes to its other salespeople
    by last year's figures; a region without salespeople keeps its own. Months by last year's months, exact in whole
    rounding units. Only measures and members with a target of the fiscal year have a plan.
    """
    if len(cycle.tables["plan"]):
        return {"plan": cycle.tables["plan"]}
    days = calendar(cycle)
    year = str(period_keys(pd.Series([cycle.as_of]), "year", days).iloc[0])
    months = children(year, "month", days)
    past = [same_period_last_year(month, days) for month in months]
    rows = []
    for measure in QUANTITIES:
        for region, salesperson, total in _leaves(cycle, measure, year):
            dimension, member = ("salesperson", salesperson) if salesperson else ("region", region)
            own = _history(cycle, measure, (dimension, member), past)
            spread = over_months(total, own, _history(cycle, measure, ("company", ""), past), _unit(cycle))
            rows += [
                {"measure": measure, "period": month, "region": region, "salesperson": salesperson, "value": value}
                for month, value in zip(months, spread.values, strict=True)
            ]
    blank = cycle.tables["plan"]
    if not rows:
        return {"plan": blank}
    found = pd.DataFrame(rows).assign(version=VERSION, held=False).reindex(columns=blank.columns)
    return {"plan": found.astype(blank.dtypes)}


def _unit(cycle: Cycle) -> float:
    return float(cycle.settings["rounding"])


def _targets(cycle: Cycle, measure: str, year: str) -> dict[tuple[str, str], float]:
    """The targets of the year by scope and member."""
    table = cycle.tables["targets"]
    mine = table[(table["measure"] == measure) & (table["period"] == year) & table["member"].notna()]
    return {(row.scope, row.member): row.target for row in mine.itertuples()}


def _leaves(cycle: Cycle, measure: str, year: str) -> list[tuple[str | None, str | None, float]]:
    """Region, salesperson and total of the year of every leaf of the plan."""
    goals = _targets(cycle, measure, year)
    people = cycle.tables["salespeople"]
    people = people[people["leave_date"].isna() | (people["leave_date"] > cycle.as_of)]
    leaves: list[tuple[str | None, str | None, float]] = []
    for region in [member for scope, member in goals if scope == "region"]:
        team = people.loc[people["region"] == region, "salesperson"].tolist()
        if not team:
            leaves.append((region, None, goals["region", region]))
            continue
        own = np.array([goals.get(("salesperson", name), np.nan) for name in team])
        last_year = np.array([_last_year(cycle, measure, name, year) for name in team])
        split = over_children(goals["region", region], own, last_year, _unit(cycle))
        leaves += [(region, name, total) for name, total in zip(team, split, strict=True) if not np.isnan(total)]
    planned = {name for _, name, _ in leaves}
    home = people.drop_duplicates("salesperson").set_index("salesperson")["region"]
    for (scope, member), total in goals.items():
        if scope == "salesperson" and member not in planned:
            where = home.get(member)
            leaves.append((where if isinstance(where, str) else None, member, total))
    return leaves


def _last_year(cycle: Cycle, measure: str, salesperson: str, year: str) -> float:
    past = same_period_last_year(year, calendar(cycle))
    return float(_history(cycle, measure, ("salesperson", salesperson), [past])[0])


def _history(cycle: Cycle, measure: str, member: tuple[str, str], periods: list[str]) -> Floats:
    """A member's figures of past periods, NaN where there are none."""
    five = cycle.found["five_quantities"]
    mine = five[(five["dimension"] == member[0]) & (five["member"] == member[1]) & five["period"].isin(periods)]
    return mine.set_index("period")[measure].reindex(periods).to_numpy(float)
