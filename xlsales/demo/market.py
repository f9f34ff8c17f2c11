"""Products with costs and price lists, promotions, market size, exchange rates, settings."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from xlsales.demo.days import MONTHS, Days, first_day, stamps
from xlsales.demo.dice import Dice, Whole, halves_up
from xlsales.demo.names import group, listed, name
from xlsales.demo.people import LINES, REGIONS

CATEGORIES = 15  # three per product line
MODELS = ("25", "50", "80", "125")
# List price of the smallest model and step between models, in yuan, per category
FIRST_PRICE = (2600, 3900, 7800, 320, 410, 1450, 1900, 1200, 2300, 900, 2400, 1100, 90, 150, 210)
STEP_PERCENT = (190, 180, 170, 160, 170, 165, 175, 160, 150, 125, 150, 130, 150, 160, 170)
COST_PERCENT = (62, 60, 57, 66, 64, 58, 61, 63, 55, 52, 54, 56, 48, 58, 50)  # of the list price
COST_DATES = ("2024-01-01", "2025-01-01", "2025-07-01", "2026-01-01", "2026-04-01")
# Cost against the first, in percent, by line; controls jump in April 2026
COST_STEPS = {
    "PUMPS": (100, 102, 102, 103, 103),
    "VALVES": (100, 101, 103, 104, 104),
    "CONTROLS": (100, 99, 99, 100, 109),
    "METERS": (100, 101, 101, 102, 102),
    "PARTS": (100, 102, 104, 105, 105),
}
SEGMENT_PERCENT = (88, 95, 100, 82)  # price list against list price: key, mid-size, small, reseller
PRICE_STEPS = (100, 102, 104)  # price lists of 2024, 2025, 2026
BOXED = {48: 20, 49: 12, 52: 10, 53: 6, 56: 8, 12: 12, 16: 6}  # product position: pieces in a box
RATES = (7172, 7189, 7195, 7222, 7236, 7248, 7262, 7170, 7098, 7075, 7192, 7280)  # 2024, yuan for 1000 dollars
DRIFT = (0, -90, -150)  # the same by year, on average


@dataclass(frozen=True)
class Products:
    """Sixty products as arrays: category and line by position, list price and costs in cents."""

    code: NDArray[np.object_]
    category: Whole
    line: Whole
    list_price: Whole
    costs: Whole  # (product, date of COST_DATES)
    popularity: Whole
    box: Whole  # pieces in a box, 0 = never sold in boxes


def products(dice: Dice) -> Products:
    """The catalogue."""
    number = np.arange(4 * CATEGORIES)
    category, model = number // 4, number % 4
    price = np.array(FIRST_PRICE)[category]
    for step in range(1, 4):
        price = np.where(model >= step, price * np.array(STEP_PERCENT)[category] // 100, price)
    price = price // 10 * 10 * 100
    steps = np.array([COST_STEPS[code] for code in LINES])[category // 3]
    first_cost = price * (np.array(COST_PERCENT)[category] + dice.between(-2, 2, len(number))) // 100
    box = np.array([BOXED.get(int(which), 0) for which in number])
    return Products(
        code=np.array([f"P{which + 1:02d}" for which in number], dtype=object),
        category=category,
        line=category // 3,
        list_price=price,
        costs=halves_up(first_cost[:, None] * steps, 1000) * 10,
        popularity=dice.between(20, 100, len(number)) // (1 + model) + 8,
        box=box,
    )


def cost_at(known: Products, which: Whole, dates: Days) -> Whole:
    """Unit cost in cents of products valid on dates."""
    valid = np.searchsorted(np.array(COST_DATES, dtype="datetime64[D]"), dates, side="right") - 1
    return known.costs[which, np.maximum(valid, 0)]


def segment_price(known: Products, which: Whole, segments: Whole, years: Whole) -> Whole:
    """Price of the segment's list in a year (0 = 2024), in cents, full yuan above ten yuan."""
    exact = known.list_price[which] * np.array(SEGMENT_PERCENT)[segments] * np.array(PRICE_STEPS)[np.minimum(years, 2)]
    return halves_up(exact, 1_000_000) * 100


def product_tables(known: Products, lang: str) -> dict[str, pd.DataFrame]:
    """The tables `products`, `cost_history`, `prices`, `unit_conversions`."""
    category, unit, segment = listed("category", lang), listed("unit", lang), listed("segment", lang)
    count, dates = len(known.code), np.array(COST_DATES, dtype="datetime64[D]")
    changed = np.concatenate([np.ones((count, 1), dtype=bool), np.diff(known.costs, axis=1) != 0], axis=1)
    row, column = np.nonzero(changed)
    which, who, year = (axis.ravel() for axis in np.indices((count, len(segment), 3)))
    boxed = np.flatnonzero(known.box)
    models = np.array(MODELS, dtype=object)[np.arange(count) % 4]
    return {
        "products": pd.DataFrame(
            {
                "product": known.code,
                "name": category[known.category] + " HY-" + models,
                "category": category[known.category],
                "product_line": np.array(LINES, dtype=object)[known.line],
                "unit": unit[0],
                "list_price": known.list_price / 100,
                "unit_cost": known.costs[:, -1] / 100,
            }
        ),
        "cost_history": pd.DataFrame(
            {
                "product": known.code[row],
                "valid_from": stamps(dates[column]),
                "unit_cost": known.costs[row, column] / 100,
            }
        ),
        "prices": pd.DataFrame(
            {
                "product": known.code[which],
                "segment": segment[who],
                "valid_from": stamps(np.array(["2024-01-01", "2025-01-01", "2026-01-01"], dtype="datetime64[D]")[year]),
                "price": segment_price(known, which, who, year) / 100,
            }
        ),
        "unit_conversions": pd.DataFrame(
            {
                "product": known.code[boxed],
                "unit": unit[1],
                "factor": known.box[boxed].astype(float),
            }
        ),
    }


def rate_in(months: Whole) -> Whole:
    """Yuan for 10 000 dollars in months since January 2024."""
    month = np.asarray(months)
    return np.array(RATES)[month % 12] * 10 + np.array([*DRIFT, -150, -150])[month // 12] * 10


def fx_rates(months: int = MONTHS) -> pd.DataFrame:
    """The table `fx_rates`: the dollar on the first day of every month."""
    known = np.arange(months)
    return pd.DataFrame({"currency": "USD", "date": stamps(first_day(known)), "rate": rate_in(known) / 10_000})


# promotion, kind, position of the product, region, from, to, cost
PROMOTIONS = (
    ("PR2401", "price", 0, "EAST", "2024-03-01", "2024-04-30", 60_000),
    ("PR2402", "price", 13, "NORTH", "2024-06-01", "2024-06-30", 40_000),
    ("PR2403", "event", 28, "EAST", "2024-09-09", "2024-10-31", 120_000),
    ("PR2404", "price", 48, "", "2024-11-01", "2024-12-31", 80_000),
    ("PR2501", "price", 1, "WEST", "2025-03-01", "2025-04-30", 55_000),
    ("PR2502", "advertising", 24, "", "2025-05-01", "2025-07-31", 150_000),
    ("PR2503", "price", 52, "SOUTH", "2025-09-01", "2025-10-31", 45_000),
    ("PR2504", "price", 12, "", "2025-11-01", "2025-12-31", 90_000),
    ("PR2601", "event", 40, "WEST", "2026-03-02", "2026-05-31", 70_000),
    ("PR2602", "price", 4, "NORTH", "2026-04-01", "2026-05-31", 50_000),
    ("PR2603", "advertising", 36, "EAST", "2026-06-01", "2026-08-31", 110_000),
    ("PR2604", "price", 49, "", "2026-09-01", "2026-09-30", 60_000),
)


def promotions(known: Products) -> pd.DataFrame:
    """The table `promotions`."""
    return pd.DataFrame(
        [
            (code, kind, known.code[product], region or None, pd.Timestamp(first), pd.Timestamp(last), float(cost))
            for code, kind, product, region, first, last, cost in PROMOTIONS
        ],
        columns=["promotion", "kind", "product", "region", "from", "to", "cost"],
    )


def market(lang: str) -> pd.DataFrame:
    """The table `market`: each region's market in two years."""
    size = {"NORTH": 1_150, "EAST": 1_900, "SOUTH": 1_300, "WEST": 760, "EXPORT": 5_200}  # million yuan
    source = name("source_text", "market", lang)
    rows = [
        (region, str(year), size[region] * 1_000_000.0 * (100 + 4 * (year - 2025)) / 100, share / 100, source)
        for year in (2025, 2026)
        for region, share in zip(REGIONS, (22, 27, 24, 19, 9), strict=True)
    ]
    return pd.DataFrame(rows, columns=["region", "period", "market_size", "competitor_share", "source"])


def settings(as_of: np.datetime64, lang: str) -> pd.DataFrame:
    """The table `settings`."""
    rows = {
        "company": next(iter(group("company", lang).values())),
        "language": lang,
        "as_of": str(as_of),
        "fiscal_year_start": "1",
        "first_year": "2024",
        "last_year": str(as_of)[:4],
        "currency": "CNY",
        "unit": "1",
        "rounding": "1",
        "prices_include_tax": "no",
        "tax_rate": "0.13",
        "receivables_include_tax": "yes",
        "bill_counts_on": "receipt",
        "fx": "line_date",
        "country": "CN",
    }
    return pd.DataFrame({"setting": list(rows), "value": list(rows.values())})
