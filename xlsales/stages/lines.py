"""The measured order lines, the settlement and the cash by line, on which every later stage stands."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from xlsales.core.attribution import attribute_collections, orders_as_invoices
from xlsales.core.calendar import Calendar, period_days, period_keys
from xlsales.core.expenses import allocate_expense
from xlsales.core.hierarchy import Tree, build_tree
from xlsales.core.money_rules import MoneyRules
from xlsales.core.order_lines import order_measures
from xlsales.core.owners import with_owner, with_regions
from xlsales.core.quantities import split_credit
from xlsales.core.ratio import ratio
from xlsales.core.refusal import Refusal
from xlsales.core.settlement import Settlement, settle
from xlsales.stages.cycle import Cycle, Frames

LAST_DAY = 31  # a month that closes on the 31st closes on its last day


def given(cycle: Cycle, table: str) -> pd.DataFrame | None:
    """A table, or None where nothing was given."""
    frame = cycle.tables[table]
    return frame if len(frame) else None


def calendar(cycle: Cycle) -> Calendar:
    """How the company cuts its days."""
    close = int(cycle.settings["month_close_day"])
    return Calendar(cycle.year_start, None if close >= LAST_DAY else close)


def rules(cycle: Cycle) -> MoneyRules:
    """The settings that money depends on."""
    settings = cycle.settings
    return MoneyRules(
        currency=settings["currency"],
        prices_include_tax=bool(settings["prices_include_tax"]),
        tax_rate=settings["tax_rate"],
        fx=settings["fx"],
        bill_counts_on=settings["bill_counts_on"],
        receivables_include_tax=bool(settings["receivables_include_tax"]),
    )


def tree_of(cycle: Cycle, dimension: str) -> Tree | None:
    """The tree of a dimension, built once in a run: regions (org_units where they hold them), channels; else None."""
    trees: dict[str, Tree | None] = cycle.found.setdefault("trees", {})
    if dimension not in trees:
        trees[dimension] = _tree(cycle, dimension)
    return trees[dimension]


def _tree(cycle: Cycle, dimension: str) -> Tree | None:
    if dimension == "channel":
        frame = cycle.tables["channels"]
        return build_tree(frame["channel"], frame["parent"]) if len(frame) else None
    if dimension != "region":
        return None
    units, regions = cycle.tables["org_units"], cycle.tables["regions"]
    inside = units[units["kind"].eq("region").fillna(value=False)]
    rest = regions[~regions["region"].isin(inside["unit"])]
    members = pd.concat([inside["unit"], rest["region"]], ignore_index=True)
    parents = pd.concat([inside["parent"], rest["parent"]], ignore_index=True)
    return build_tree(members, parents.where(parents.isin(members))) if len(members) else None


def owners_of(cycle: Cycle) -> pd.DataFrame | None:
    """The owners of customers, handovers of whole regions among them; None where nothing changes hands."""
    regions, owners = given(cycle, "region_owners"), cycle.tables["customer_owners"]
    if regions is None:
        return owners if len(owners) else None
    tree = tree_of(cycle, "region")
    below = (
        {} if tree is None else {region: tree.below(region) for region in regions["region"] if region in tree.members}
    )
    found = with_regions(owners, regions, cycle.tables["customers"], below)
    return found if len(found) else None


def measured_lines(cycle: Cycle) -> Frames:
    """`order_lines`: order lines up to the day, with their measures, owners, regions and split credits."""
    orders = cycle.tables["orders"]
    orders = orders[(orders["date"] <= cycle.as_of).fillna(value=False)].reset_index(drop=True)
    if orders.empty:
        blank = dict.fromkeys(("sales", "sales_with_tax", "volume", "cost", "margin", "expense", "profit"), np.nan)
        lines = _with_attributes(cycle, orders.assign(**blank, base_unit=orders["unit"]))
        return {"whole_lines": lines, "order_lines": lines}
    side = {name: given(cycle, name) for name in ("products", "unit_conversions", "cost_history", "fx_rates")}
    lines = order_measures(orders, **side, rules=rules(cycle))
    lines = with_owner(lines, owners_of(cycle), given(cycle, "customers"))
    lines = _with_attributes(cycle, lines)
    credits_ = given(cycle, "order_credits")
    return {"whole_lines": lines, "order_lines": lines if credits_ is None else split_credit(lines, credits_)}


def _with_attributes(cycle: Cycle, lines: pd.DataFrame) -> pd.DataFrame:
    """What the masters say of a line's customer and product, and the customer's region where the line has none."""
    customers = cycle.tables["customers"].drop_duplicates("customer").set_index("customer")
    products = cycle.tables["products"].drop_duplicates("product").set_index("product")
    people = cycle.tables["salespeople"].drop_duplicates("salesperson").set_index("salesperson")
    region = lines["region"].fillna(lines["customer"].map(customers["region"]))
    region = region.fillna(lines["salesperson"].map(people["region"]))
    return lines.assign(
        region=region.astype("str"),
        segment=lines["customer"].map(customers["segment"]).astype("str"),
        industry=lines["customer"].map(customers["industry"]).astype("str"),
        category=lines["product"].map(products["category"]).astype("str"),
        product_line=lines["product"].map(products["product_line"]).astype("str"),
    )


def bills(cycle: Cycle) -> pd.DataFrame | None:
    """The invoices up to the day; None where the source has neither invoices nor receipts."""
    invoices, receipts = cycle.tables["invoices"], cycle.tables["receipts"]
    if len(invoices):
        return invoices[invoices["date"] <= cycle.as_of].reset_index(drop=True)
    if receipts.empty:
        return None
    whole = cycle.found["whole_lines"]
    return orders_as_invoices(whole) if len(whole) else invoices


@dataclass(frozen=True)
class Settled:
    """The settlement at the day, with the invoices and receipts that it settled, in the reporting currency."""

    done: Settlement
    invoices: pd.DataFrame
    receipts: pd.DataFrame


def settlement(cycle: Cycle) -> dict[str, Any]:
    """`settled`: which money settled which invoice, as known at the day; nothing where there is nothing to settle."""
    invoices = bills(cycle)
    if invoices is None:
        return {}
    receipts = cycle.tables["receipts"]
    receipts = receipts[(receipts["date"] <= cycle.as_of).fillna(value=False)].reset_index(drop=True)
    invoices, receipts = in_reporting_currency(cycle, invoices), in_reporting_currency(cycle, receipts)
    done = settle(invoices, receipts, cycle.as_of, cycle.settings["bill_counts_on"])
    return {"settled": Settled(done, invoices, receipts)}


def in_reporting_currency(cycle: Cycle, frame: pd.DataFrame) -> pd.DataFrame:
    """Invoices or receipts with their amount in the reporting currency at the rate of their date."""
    own = cycle.settings["currency"]
    if "currency" not in frame or frame["currency"].fillna(own).eq(own).all():
        return frame.assign(currency=own) if "currency" in frame else frame
    plain = frame[["date", "amount", "currency"]].assign(quantity=1.0)
    worth = order_measures(plain[["date", "amount", "currency"]], fx_rates=given(cycle, "fx_rates"), rules=rules(cycle))
    return frame.assign(amount=worth["sales"].round(2).to_numpy(), currency=own)


def cash_by_line(cycle: Cycle) -> Frames:
    """`cash`: every receipt split over what it settled, with the dimensions of the lines."""
    settled: Settled | None = cycle.found.get("settled")
    if settled is None:
        return {}
    lines = cycle.found["order_lines"]
    cash = attribute_collections(
        settled.done,
        settled.invoices,
        given(cycle, "invoice_lines"),
        lines if len(lines) else None,
        (owners_of(cycle), given(cycle, "customers")),
    )
    return {"cash": _with_attributes(cycle, cash)}


def expenses(cycle: Cycle) -> Frames:
    """`lines`: `order_lines` with the actual expenses allocated to them by each item's driver (budget), month by month.

    An expense of a unit concerns the lines of that region, product line or team; of the company, all lines. Driver
    fixed: the unit stands for itself; without a unit, the units' shares of the item's budget. Where a driver cannot
    carry an expense the profit is not known: it is left blank and said so.
    """
    spent = given(cycle, "expenses")
    lines = cycle.found["order_lines"]
    if spent is None:
        return {"lines": lines}
    people = cycle.tables["salespeople"].drop_duplicates("salesperson").set_index("salesperson")["unit"]
    lines = lines.assign(team=lines["salesperson"].map(people).astype("str"))
    spent = spent[spent["date"] <= cycle.as_of]
    try:
        found = allocate_expense(lines, _by_unit(cycle, spent), _fixed_shares(cycle))
    except Refusal as refusal:
        cycle.notes.append(refusal)
        return {"lines": lines.assign(profit=np.nan)}
    return {"lines": found.astype(lines.dtypes.to_dict())}


def _by_unit(cycle: Cycle, spent: pd.DataFrame) -> pd.DataFrame:
    """The expenses with the days of their month, their driver, and their unit in the column of its kind."""
    drivers = cycle.tables["budget"].dropna(subset=["driver"]).drop_duplicates("item").set_index("item")["driver"]
    kinds = cycle.tables["org_units"].drop_duplicates("unit").set_index("unit")["kind"]
    kind = spent["unit"].map(kinds)
    month = period_keys(spent["date"], "month", calendar(cycle))
    days = {key: period_days(key, calendar(cycle)) for key in month.unique()}
    driver = spent["item"].map(drivers).fillna("sales")
    return pd.DataFrame(
        {
            "item": spent["item"],
            "amount": spent["amount"],
            "driver": driver.mask((driver == "fixed") & spent["unit"].notna(), "sales"),
            "first": month.map({key: span[0] for key, span in days.items()}),
            "last": month.map({key: min(span[1], cycle.as_of.date()) for key, span in days.items()}),
            "order": spent["order"],
            "salesperson": spent["salesperson"],
            "product": spent["product"],
            "region": spent["unit"].where(kind == "region"),
            "product_line": spent["unit"].where(kind == "product_line"),
            "team": spent["unit"].where(kind == "team"),
        }
    )


def _fixed_shares(cycle: Cycle) -> pd.DataFrame | None:
    """Each region's part of the budget of the items that go by fixed shares."""
    budget = cycle.tables["budget"]
    fixed = budget[(budget["driver"] == "fixed") & budget["unit"].notna()]
    if fixed.empty:
        return None
    sums = fixed.groupby(["item", "unit"])["amount"].sum()
    share = ratio(sums, sums.groupby("item").transform("sum"))
    return sums.reset_index().rename(columns={"unit": "region"}).assign(share=share).drop(columns="amount")
