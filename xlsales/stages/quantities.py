"""Stage 3, execution: the five quantities by every dimension, and the margin report."""

from functools import partial

import numpy as np
import pandas as pd

from xlsales.core.beside import changes, named
from xlsales.core.calendar import period_keys
from xlsales.core.comparing import spans
from xlsales.core.cube import Cube
from xlsales.core.hierarchy import Tree
from xlsales.core.margins import margin_report
from xlsales.core.period_steps import same_period_last_year
from xlsales.core.rollup import seen_from
from xlsales.stages.beside import FIVE, five_beside, known_from
from xlsales.stages.cycle import Cycle, Frames, names
from xlsales.stages.lines import calendar, tree_of

DIMENSIONS = ("region", "channel", "salesperson", "product_line", "category", "product", "segment", "customer")
BY_MONTH = ("company", "region", "salesperson")
IN_MARGIN = ("region", "salesperson", "product_line", "product", "customer")
ALL_DATES = ""
RESULT = ("dimension", "member", "name", "period", "sales", "volume", "margin", "profit", "collections")
TEXTS = frozenset({"dimension", "member", "name", "period"})


def quantities(cycle: Cycle) -> Frames:
    """`five_quantities`: by dimension, member and period: all dates, fiscal years, and some by month."""
    if cycle.found["lines"].empty and cycle.found.get("cash") is None:
        return {"five_quantities": blank(RESULT)}
    parts = []
    for dimension in ("company", *DIMENSIONS):
        by_month = dimension in BY_MONTH
        periods = ("none", "year", "month") if by_month else ("none", "year")
        tables = {period: _of_dimension(cycle, dimension, period) for period in periods}
        tables["year"] = _with_those_gone(cycle, tables["year"])
        table = pd.concat(tables.values(), ignore_index=True)
        figures = partial(_by_member, cycle, dimension)
        parts.append(five_beside(cycle, table, figures, by_month=by_month))
    return {"five_quantities": with_names(cycle, pd.concat(parts, ignore_index=True))}


def _by_member(cycle: Cycle, dimension: str, first: pd.Timestamp, last: pd.Timestamp) -> pd.DataFrame:
    """The five quantities of some days by member of a dimension; the company's under ""."""
    table = cube_of(cycle, dimension).table([] if dimension == "company" else [dimension], first=first, last=last)
    members = [""] * len(table) if dimension == "company" else table[dimension].astype(object).fillna("")
    return table.set_axis(pd.Index(members, dtype="object"), axis=0)


def by_months(cycle: Cycle, dimension: str) -> pd.DataFrame:
    """The five quantities of every member of a dimension by month; of some they stand in `five_quantities` already."""
    if dimension not in BY_MONTH:
        return _of_dimension(cycle, dimension, "month")
    five = cycle.found["five_quantities"]
    months = five["period"].str.fullmatch(r"\d{4}-\d{2}").fillna(value=False)
    return five[(five["dimension"] == dimension) & months]


def blank(columns: tuple[str, ...]) -> pd.DataFrame:
    """A result without rows."""
    return pd.DataFrame({name: pd.Series(dtype="str" if name in TEXTS else "float64") for name in columns})


def _of_dimension(cycle: Cycle, dimension: str, period: str) -> pd.DataFrame:
    """The rows of one dimension and period; of a tree, every member with all that lies below it."""
    by = [] if dimension == "company" else [dimension]
    table = cube_of(cycle, dimension).table(by, period)
    if cycle.found["lines"].empty:  # where no order is known, sales are not known: that is not 0
        table = table.assign(**dict.fromkeys(("sales", "volume", "margin", "profit"), np.nan))
    member = table[dimension].astype("str") if by else pd.Series("", index=table.index, dtype="str")
    key = table["period"].astype("str") if period != "none" else pd.Series(ALL_DATES, index=table.index, dtype="str")
    return table.drop(columns=[*by, "period"], errors="ignore").assign(dimension=dimension, member=member, period=key)


def _with_those_gone(cycle: Cycle, years: pd.DataFrame) -> pd.DataFrame:
    """The rows by fiscal year, with a row of 0 in the running year for who had figures last year and has none since.

    So a lost customer stands beside her last year. Where nothing at all is known of the year nobody is added.
    """
    days = calendar(cycle)
    year = str(period_keys(pd.Series([cycle.as_of]), "year", days).iloc[0])
    now, past = (years[years["period"] == key] for key in (year, same_period_last_year(year, days)))
    gone = past.loc[past["member"].notna() & ~past["member"].isin(now["member"]), ["dimension", "member"]]
    if now.empty or gone.empty:
        return years
    known = {name: 0.0 if now[name].notna().any() else np.nan for name in FIVE}
    rows = gone.assign(period=year, **known).reindex(columns=years.columns)
    table = pd.concat([years, rows.astype(years.dtypes)], ignore_index=True)
    return table.iloc[np.argsort(pd.factorize(table["member"])[0], kind="stable")]  # each behind the member's others


def cube_of(cycle: Cycle, dimension: str) -> Cube:
    """The lines and cash encoded once for all flat dimensions, and once for each tree with all its levels."""
    cubes: dict[str, Cube] = cycle.found.setdefault("cubes", {})
    tree = tree_of(cycle, dimension)
    key = "" if tree is None else dimension
    if key not in cubes:
        lines, cash = cycle.found["lines"], cycle.found.get("cash")
        if tree is not None:
            lines = from_every_level(lines, dimension, tree)
            cash = None if cash is None else from_every_level(cash, dimension, tree)
        cubes[key] = Cube(lines, cash, calendar(cycle), DIMENSIONS if tree is None else [dimension])
    return cubes[key]


def from_every_level(rows: pd.DataFrame, dimension: str, tree: Tree) -> pd.DataFrame:
    """The rows once for their member and once for each of its ancestors."""
    own, *above = seen_from(rows[dimension], tree)
    seen = [rows.assign(**{dimension: level})[level.notna().to_numpy()] for level in above]
    return pd.concat([rows.assign(**{dimension: own}), *seen], ignore_index=True)


def margin(cycle: Cycle) -> Frames:
    """`margin_report`: sales, cost and margin by member of five dimensions, with what was sold below cost."""
    lines = cycle.found["lines"]
    if lines.empty:
        return {}
    parts = []
    for dimension in IN_MARGIN:
        tree = tree_of(cycle, dimension)
        seen = lines if tree is None else from_every_level(lines, dimension, tree)
        rows = margin_report(seen, dimension).rename(columns={dimension: "member"}).assign(dimension=dimension)
        parts.append(rows.astype({"member": "str"}))
    table = pd.concat(parts, ignore_index=True)
    table = table.assign(known=table["member"].fillna(""))
    beside = _margin_beside(cycle).rename(columns={"member": "known"})
    return {
        "margin_report": with_names(cycle, table.merge(beside, "left", ["dimension", "known"]).drop(columns="known"))
    }


def _margin_beside(cycle: Cycle) -> pd.DataFrame:
    """Sales and margin of the fiscal year to the day, beside the same days of last year and twelve months.

    Who sold last year and nothing since stands with 0; a window that begins before the first sale is blank.
    """
    cut = {span.key: span for span in spans(cycle.as_of, calendar(cycle))}
    start, year, twelve = known_from(cycle, "sales"), cut["year_to_date"], cut["rolling_12"].now
    windows = {"year_to_date": year.now, "last_year": year.last_year, "rolling_12": twelve}
    parts = []
    for dimension in IN_MARGIN:
        seen = {time: _by_member(cycle, dimension, *window) for time, window in windows.items()}
        members = pd.Index(sorted(set().union(*(table.index for table in seen.values()))), dtype="object")
        columns = {}
        for time, table in seen.items():
            full = time == "year_to_date" or (start is not None and windows[time][0] >= start)
            for name in ("sales", "margin"):
                there = np.where(members.isin(table.index), table[name].reindex(members), 0.0)
                columns[named(name, time)] = there if full else np.nan
        parts.append(pd.DataFrame({"member": members.astype("str"), **columns}).assign(dimension=dimension))
    table = pd.concat(parts, ignore_index=True)
    figures = ("sales", "margin")
    to_date = {name: table[named(name, "year_to_date")] for name in figures}  # what stands against last year's
    return changes(table.assign(**to_date), figures).drop(columns=list(figures))


def with_names(cycle: Cycle, table: pd.DataFrame, column: str = "dimension") -> pd.DataFrame:
    """The table with each member's name; `column` says of which dimension the row's member is one."""
    named = pd.Series("", index=table.index, dtype="str")
    for dimension in table[column].unique():
        rows = table[column] == dimension
        named[rows] = names(cycle, dimension, table.loc[rows, "member"])
    return table.assign(name=named)
