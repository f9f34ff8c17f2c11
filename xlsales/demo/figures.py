"""What the company achieved, in whole yuan and pieces; its targets, plan, budget and reviews stand on it."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from xlsales.demo.customers import Customers
from xlsales.demo.days import month_of
from xlsales.demo.dice import Dice, Whole, halves_up
from xlsales.demo.market import Products, cost_at, rate_in
from xlsales.demo.money import cents
from xlsales.demo.people import COMPANY, REGIONS
from xlsales.demo.selling import Lines, yuan

MONTHS_SHOWN = 36
MEASURES = ("sales", "volume", "margin", "profit", "collections")
# Expense against the region's sales of 2025 in a thousand, and what drives it
ITEMS = {"salaries": 52, "travel": 9, "warehouse": 16, "advertising": 8, "service": 12}
DRIVERS = {
    "salaries": "sales",
    "travel": "sales",
    "warehouse": "volume",
    "advertising": "sales",
    "service": "margin",
    "overhead": "sales",
}
OVERHEAD = 28  # head office, in a thousand of all sales


@dataclass(frozen=True)
class Figures:
    """Sums by region, by customer and by product and month since January 2024, in yuan (volume in pieces)."""

    region: dict[str, Whole]  # measure: (region, month)
    customer: dict[str, Whole]  # measure: (customer, month), without profit
    product: dict[str, Whole]  # sales and volume: (product, month)


def summed(shape: tuple[int, int], row: Whole, month: Whole, value: Whole) -> Whole:
    """Values added up by row and month."""
    total = np.zeros(shape, dtype=np.int64)
    np.add.at(total, (row, month), value)
    return total


def figures(lines: Lines, goods: Products, who: Customers, receipts: pd.DataFrame) -> Figures:
    """Sales, volume, margin and collections of every customer and month; profit of every region and month."""
    month, pieces = month_of(lines.date), lines.quantity * np.where(lines.boxed, goods.box[lines.product], 1)
    unit_cost = np.where(lines.special_cost > 0, lines.special_cost, cost_at(goods, lines.product, lines.date))
    sales = yuan(lines, lines.amount, who)
    shape = (len(who.code), MONTHS_SHOWN)
    customer = {
        measure: summed(shape, lines.customer, month, value)
        for measure, value in (
            ("sales", sales),
            ("volume", pieces),
            ("margin", sales - pieces * unit_cost),
            ("freight", lines.expense),
        )
    }
    customer["collections"] = collected(receipts, who, shape)
    for measure in ("sales", "margin", "freight", "collections"):
        customer[measure] = customer[measure] // 100
    by_product = {
        measure: summed((len(goods.code), MONTHS_SHOWN), lines.product, month, value)
        for measure, value in (("sales", sales // 100), ("volume", pieces))
    }
    region = {measure: by_region(table, who.region) for measure, table in customer.items()}
    spent = budget_amounts(region["sales"])
    region["profit"] = (
        region["margin"] - region.pop("freight") - spent[:, :, :-1].sum(axis=2) - overhead_share(region, spent)
    )
    return Figures(region, customer, by_product)


def collected(receipts: pd.DataFrame, who: Customers, shape: tuple[int, int]) -> Whole:
    """Receipts of every customer and month in cents of the reporting currency."""
    place = pd.Series(np.arange(len(who.code)), index=who.code)[receipts["customer"]].to_numpy()
    month = month_of(receipts["date"].to_numpy())
    rate = np.where(receipts["currency"] == "USD", rate_in(month), 10_000)
    return summed(shape, place, month, halves_up(cents(receipts["amount"]) * rate, 10_000))


def by_region(table: Whole, region: NDArray[np.object_]) -> Whole:
    """Rows of customers added up by region."""
    return np.stack([table[region == code].sum(axis=0) for code in REGIONS])


def budget_amounts(sales: Whole) -> Whole:
    """Budgeted yuan by region, month and item (the last one the region's share of head office)."""
    base = sales[:, 12:24].sum(axis=1) // 12
    year = np.arange(MONTHS_SHOWN) // 12
    permille = np.array([*ITEMS.values(), OVERHEAD])
    return base[:, None, None] * (96 + 4 * year)[None, :, None] * permille // 10_000_000 * 100


def overhead_share(region: dict[str, Whole], spent: Whole) -> Whole:
    """Head office spread over the regions by the month's sales."""
    total = np.maximum(region["sales"].sum(axis=0), 1)
    return spent[:, :, -1].sum(axis=0) * region["sales"] // total


def expenses_done(budget: Whole, months: int, dice: Dice) -> Whole:
    """What was really spent: the budget within a few percent; the region in trouble saves pay and travel."""
    done = budget * dice.between(95, 106, budget.shape) // 100
    south = REGIONS.index("SOUTH")
    done[south, 28:, 0] = done[south, 28:, 0] * 70 // 100
    done[south, 28:, 1] = done[south, 28:, 1] * 50 // 100
    return done[:, :months]


def units() -> list[str]:
    """The units that budgets are written for: the regions and the company."""
    return [*REGIONS, COMPANY]
