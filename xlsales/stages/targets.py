"""Stages 1 and 4: every target with the days it covers and what was achieved in them; pace; forecast."""

from functools import partial

import numpy as np
import pandas as pd

from xlsales.core.attained import attained, headline, target_windows
from xlsales.core.beside import WINDOWS, changes, named
from xlsales.core.calendar import period_keys
from xlsales.core.period_steps import children
from xlsales.core.ratio import ratio
from xlsales.core.windows import distinct_in_windows, window_sums
from xlsales.stages.beside import achieved_beside, beside_windows
from xlsales.stages.cycle import Cycle, Frames
from xlsales.stages.lines import calendar, tree_of
from xlsales.stages.quantities import from_every_level, with_names

QUANTITIES = ("sales", "volume", "margin", "profit", "collections")
ACTIVITY = {"visits": "visit", "calls": "call", "demos": "demo"}


def targets(cycle: Cycle, *, beside: bool = True) -> Frames:
    """`attainment` and `headline`: each target with its actual, totals by member and scope, the company's figure.

    beside: whether the other times stand beside the actual; left out where an earlier day is only scored.
    """
    days = calendar(cycle)
    windows = target_windows(cycle.tables["targets"], days)
    windows = windows[windows["from"] <= cycle.as_of].reset_index(drop=True)
    times = pd.DataFrame(np.nan, index=windows.index, columns=["actual", *WINDOWS])
    asked = windows[["member", "period", "from", "to"]]
    moved = beside_windows(cycle, asked) if beside else []
    for (measure, scope), rows in windows.groupby(["measure", "scope"]):
        if beside:
            mine = asked.loc[rows.index], [window.loc[rows.index] for window in moved]
            times.loc[rows.index] = achieved_beside(
                cycle, str(measure), *mine, partial(actuals, cycle, str(measure), str(scope))
            )
        else:
            times.loc[rows.index, "actual"] = actuals(cycle, str(measure), str(scope), rows)
    trees = {scope: tree_of(cycle, scope) for scope in ("region", "channel")}
    table = changes(attained(windows.assign(**times), trees), [""])
    year = str(period_keys(pd.Series([cycle.as_of]), "year", days).iloc[0])
    parts = [key for level in ("half", "quarter", "month") for key in children(year, level, days)]
    top = headline(table, year, parts, QUANTITIES)
    return {"attainment": with_names(cycle, table, "scope"), "headline": _with_bare_actuals(cycle, top, year)}


def _with_bare_actuals(cycle: Cycle, top: pd.DataFrame, year: str) -> pd.DataFrame:
    """A measure without any target still shows what the company achieved in the fiscal year."""
    five = cycle.found["five_quantities"]
    company = five[(five["dimension"] == "company") & (five["period"] == year)]
    if company.empty:
        return top
    bare, own = top["scope"].isna(), company.iloc[0]
    found = top.assign(period=top["period"].where(~bare, year).astype("str"))
    for column, time in (("actual", None), ("last_year", "last_year"), ("rolling_12", "rolling_12")):
        achieved = [own[measure if time is None else named(measure, time)] for measure in top["measure"]]
        found[column] = top[column].where(~bare, pd.Series(achieved, index=top.index, dtype=float))
    return changes(found, [""])


def running_targets(cycle: Cycle) -> pd.DataFrame | None:
    """The rows of `pace` that have a target; None where there is none."""
    pace = cycle.found.get("pace")
    if pace is None or pace["target"].isna().all():
        return None
    return pace[pace["target"].notna()].reset_index(drop=True)


def actuals(cycle: Cycle, measure: str, scope: str, rows: pd.DataFrame) -> np.ndarray:
    """What each window of one measure and scope achieved up to the day; blank where nothing is known."""
    first, last = rows["from"], rows["to"].fillna(cycle.as_of).clip(upper=cycle.as_of)
    members = rows["member"] if scope != "company" else pd.Series("", index=rows.index, dtype="str")
    if measure == "collections":
        cash = cycle.found.get("cash")
        return _summed(cycle, cash, scope, "collections", (members, first, last))
    if measure in ACTIVITY:
        return _summed(cycle, activities(cycle, measure), scope, "count", (members, first, last))
    if measure == "satisfaction":
        scored = cycle.tables["satisfaction"].assign(count=1.0)
        total, count = (_summed(cycle, scored, scope, name, (members, first, last)) for name in ("score", "count"))
        return ratio(total, count)
    lines = cycle.found["lines"]
    if measure == "customers":
        seen, dates = of_scope(cycle, lines, scope)
        return distinct_in_windows((seen[scope], dates), seen["customer"], members, first, last)
    if measure == "market_share":
        return ratio(_summed(cycle, lines, scope, "sales", (members, first, last)), _market(cycle, scope, rows))
    sums = _summed(cycle, lines, scope, measure, (members, first, last))
    if measure == "volume" and len(lines):
        seen, dates = of_scope(cycle, lines, scope)
        units = distinct_in_windows((seen[scope], dates), seen["base_unit"].fillna(""), members, first, last)
        return np.where(units > 1, np.nan, sums)
    return sums


def activities(cycle: Cycle, measure: str) -> pd.DataFrame:
    """The interactions of one kind up to the day, with the salesperson's region."""
    log = cycle.tables["interactions"]
    people = cycle.tables["salespeople"].drop_duplicates("salesperson").set_index("salesperson")["region"]
    log = log[log["kind"].eq(ACTIVITY[measure]).fillna(value=False) & (log["at"] <= cycle.as_of)]
    return log.assign(count=1.0, date=log["at"], region=log["salesperson"].map(people).astype("str"))


def of_scope(cycle: Cycle, rows: pd.DataFrame, scope: str) -> tuple[pd.DataFrame, pd.Series]:
    """Rows with their member of the scope in the column of that name (every ancestor's too), and their dates."""
    if scope == "company":
        seen = rows.assign(company=pd.Series("", index=rows.index, dtype="str"))
    else:
        tree = tree_of(cycle, scope)
        seen = rows if tree is None else from_every_level(rows, scope, tree)
    return seen, seen["date"]


def _summed(
    cycle: Cycle, rows: pd.DataFrame | None, scope: str, column: str, windows: tuple[pd.Series, pd.Series, pd.Series]
) -> np.ndarray:
    """Sum of a column over each window; blank where the rows do not know the scope."""
    if rows is None or (scope not in rows and scope != "company"):
        return np.full(len(windows[0]), np.nan)
    seen, dates = of_scope(cycle, rows, scope)
    return window_sums((seen[scope], dates), seen[column].to_numpy(float), *windows)


def _market(cycle: Cycle, scope: str, rows: pd.DataFrame) -> np.ndarray:
    """The market size of each window's member and period; blank where it is not given."""
    market = cycle.tables["market"]
    if scope not in {"company", "region", "product"}:
        return np.full(len(rows), np.nan)
    if scope == "company":
        sizes = market.groupby("period")["market_size"].sum(min_count=1)
        return rows["period"].map(sizes).to_numpy(float)
    sizes = market.groupby([scope, "period"])["market_size"].sum(min_count=1)
    asked = pd.MultiIndex.from_arrays([rows["member"], rows["period"]])
    return sizes.reindex(asked).to_numpy(float)
