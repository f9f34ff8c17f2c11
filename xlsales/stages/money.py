"""Stages 3 and 4, money: bridges by member, lines below cost, unknown costs, DSO by month, bills, concentration."""

import numpy as np
import pandas as pd

from xlsales.core.beside import TIMES, named
from xlsales.core.calendar import first_day, last_day, period_keys
from xlsales.core.collection_trend import Month, collection_trend
from xlsales.core.concentration import abc_table, concentration_of
from xlsales.core.contracts import bill_ledger
from xlsales.core.margins import lines_below_cost
from xlsales.core.period_steps import period_range, previous_period
from xlsales.core.promotions import discount_bands, price_against_list
from xlsales.core.quantities import mixed_units, without_cost
from xlsales.core.ratio import day
from xlsales.core.refusal import Refusal
from xlsales.core.variance import EFFECTS, bridge_by
from xlsales.stages.cycle import Cycle, Frames, names
from xlsales.stages.lines import Settled, calendar, rules, tree_of
from xlsales.stages.monitoring import bridge_sides, this_year
from xlsales.stages.quantities import from_every_level, with_names

BRIDGED = ("region", "product_line")
FEW = ("region", "channel", "salesperson", "product_line", "category", "segment")
SPREAD = ("customer", "product", "product_line", "region", "salesperson", "channel")
RANKED = ("product", "customer")
PRICED = ("channel", "region", "product_line", "product")
BANDED = ("company", "region", "channel", "salesperson")


def bridges_by(cycle: Cycle) -> Frames:
    """`bridge_by`: the bridges of sales and margin of every region and product line, side by side."""
    sides = bridge_sides(cycle)
    if sides is None:
        return {}
    parts = []
    known = [name for name in BRIDGED if cycle.found["lines"][name].notna().any()]
    for dimension in known:
        for measure in sides.items:
            rows = bridge_by(*sides.of(measure, (dimension,)), dimension, measure).rename(columns={dimension: "member"})
            parts.append(rows.assign(dimension=dimension, measure=measure).astype({"member": "str"}))
    if not parts:
        return {}
    table = pd.concat(parts, ignore_index=True).rename(
        columns={"base": "base_amount", "total": "change", "actual": "actual_amount"}
    )
    for name in EFFECTS:
        table["effect_" + name] = table.pop(name) if name in table else np.nan
    table = table.assign(base_period=sides.past, period=sides.year)
    return {"bridge_by": with_names(cycle, table)}


def loss_lines(cycle: Cycle) -> Frames:
    """`below_cost`, `unknown_cost`, `mixed_units`: what was sold at a loss, and what margin and volume leave out."""
    lines = cycle.found["whole_lines"]
    if lines.empty:
        return {}
    below = lines_below_cost(lines)
    unknown = without_cost(lines, ["product"])
    units = [
        mixed_units(_levels(cycle, lines, dimension), [dimension])
        .rename(columns={dimension: "member"})
        .assign(dimension=dimension)
        for dimension in FEW
    ]
    whole = mixed_units(lines).assign(dimension="company", member="")
    mixed = pd.concat([whole, *units], ignore_index=True).astype({"member": "str", "dimension": "str"})
    return {
        "below_cost": _customers_named(cycle, below).assign(
            salesperson=names(cycle, "salesperson", below["salesperson"].astype("str"))
        ),
        "unknown_cost": unknown.assign(name=names(cycle, "product", unknown["product"].astype("str"))),
        "mixed_units": with_names(cycle, mixed),
    }


def _levels(cycle: Cycle, lines: pd.DataFrame, dimension: str) -> pd.DataFrame:
    tree = tree_of(cycle, dimension)
    return lines if tree is None else from_every_level(lines, dimension, tree)


def _customers_named(cycle: Cycle, table: pd.DataFrame) -> pd.DataFrame:
    return table.assign(name=names(cycle, "customer", table["customer"].astype("str")))


def trends(cycle: Cycle) -> Frames:
    """`dso_trend`: receivables, DSO, CEI, rates and punctuality of the last twelve whole months."""
    settled: Settled | None = cycle.found.get("settled")
    if settled is None:
        return {}
    days, issued = calendar(cycle), settled.invoices["date"]
    today = str(period_keys(pd.Series([cycle.as_of]), "month", days).iloc[0])
    complete = today if pd.Timestamp(last_day(today, days)) <= cycle.as_of else previous_period(today, days)
    start = str(period_keys(pd.Series([issued.min()]), "month", days).iloc[0])
    if start > complete:
        raise Refusal("months_missing")
    months = [
        Month(key, day(first_day(key, days)), day(last_day(key, days))) for key in period_range(start, complete, days)
    ]
    rule = cycle.settings["bill_counts_on"]
    table = collection_trend(settled.invoices, settled.receipts, months, bills_on=rule)
    five = cycle.found["five_quantities"]
    cash = five[(five["dimension"] == "company") & (five["period"] != "")].set_index("period")
    other = {named("collected", time): cash[named("collections", time)].reindex(table["period"]) for time in TIMES}
    return {"dso_trend": table.assign(**{name: values.to_numpy(float) for name, values in other.items()})}


def bills(cycle: Cycle) -> Frames:
    """`bills`: every bill of exchange and what became of it."""
    settled: Settled | None = cycle.found.get("settled")
    if settled is None or not (settled.receipts["method"] == "bill").any():
        return {}
    return {"bills": _customers_named(cycle, bill_ledger(settled.receipts, day(cycle.as_of)))}


def concentrations(cycle: Cycle) -> Frames:
    """`concentration` and `abc_classes`: on how few members the sales of the fiscal year hang."""
    lines = year_lines(cycle)
    if lines.empty:
        return {}
    summary, classes = [], []
    for dimension in (name for name in SPREAD if lines[name].notna().any()):
        sums = lines.groupby(dimension)["sales"].sum()
        try:
            summary.append({"dimension": dimension, "sales": float(sums.sum())} | concentration_of(sums))
        except Refusal as refusal:
            cycle.notes.append(refusal)
        if dimension in RANKED:
            classes.append(
                abc_table(sums).rename(columns={"value": "sales", "share": "sales_share"}).assign(dimension=dimension)
            )
    table = pd.concat(classes, ignore_index=True).astype({"member": "str"})
    return {"concentration": pd.DataFrame(summary), "abc_classes": with_names(cycle, table)}


def year_lines(cycle: Cycle) -> pd.DataFrame:
    """The order lines of the fiscal year up to the day, before any split or allocation."""
    lines = cycle.found["whole_lines"]
    start = pd.Timestamp(first_day(this_year(cycle), calendar(cycle)))
    return lines[lines["date"] >= start].reset_index(drop=True)


def prices(cycle: Cycle) -> Frames:
    """`price_view` and `discount_view`: prices paid against the list, and sales by band of discount."""
    lines = year_lines(cycle)
    if lines.empty:
        return {}
    found: Frames = {}
    if cycle.tables["products"]["list_price"].notna().any():
        try:
            found["price_view"] = _against_list(cycle, lines)
        except Refusal as refusal:
            cycle.notes.append(refusal)
    parts = []
    for dimension in BANDED:
        seen = lines.assign(company="") if dimension == "company" else _levels(cycle, lines, dimension)
        seen = seen[seen[dimension].notna()]
        bands = discount_bands(seen, [dimension]).rename(columns={dimension: "member", "share": "sales_share"})
        parts.append(bands.assign(dimension=dimension).astype({"member": "str"}))
    table = pd.concat(parts, ignore_index=True)
    return found | {
        "discount_view": with_names(cycle, table.assign(band=table["from_discount"].map(_band).astype("str")))
    }


def _against_list(cycle: Cycle, lines: pd.DataFrame) -> pd.DataFrame:
    """Lines whose quantity has no known base unit are left to the list of mixed units."""
    products = cycle.tables["products"].drop_duplicates("product")
    money = rules(cycle)
    if money.prices_include_tax:
        if money.tax_rate is None:
            raise Refusal("tax_rate_missing", rows=None, order=None, line=None)
        products = products.assign(list_price=products["list_price"] / (1 + money.tax_rate))
    parts = []
    for dimension in PRICED:
        seen = _levels(cycle, lines, dimension)
        seen = seen[seen["volume"].notna() & seen[dimension].notna()]
        rows = price_against_list(seen, products, [dimension])
        parts.append(
            rows.rename(columns={dimension: "member", "discount": "average_discount"})
            .assign(dimension=dimension)
            .astype({"member": "str"})
        )
    return with_names(cycle, pd.concat(parts, ignore_index=True))


def _band(start: float) -> str:
    """The code of a band of discount: what it begins with."""
    if pd.isna(start):
        return "not_stated"
    return "dearer" if start < 0 else f"from_{start * 100:.0f}"
