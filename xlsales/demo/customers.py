"""Customers with their names, contacts, terms and sizes."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from xlsales.demo.dice import Dice, Whole
from xlsales.demo.names import listed
from xlsales.demo.people import REGIONS

CUSTOMERS_IN = {"NORTH": 85, "EAST": 120, "SOUTH": 82, "WEST": 63, "EXPORT": 50}
RISK = ("AAA", "AA", "A", "B", "C")
TERMS = np.array([[60, 90, 90, 120], [30, 60, 60, 90], [15, 30, 30, 60], [30, 45, 60, 60]])


@dataclass(frozen=True)
class Customers:
    """Four hundred customers as arrays; region and segment by name and position."""

    code: NDArray[np.object_]
    region: NDArray[np.object_]
    segment: Whole
    industry: Whole
    risk: Whole
    terms: Whole
    size: Whole  # weight of the number of orders
    likes: Whole  # preferred product line
    first: Whole  # first and last month with orders
    last: Whole

    @property
    def abroad(self) -> NDArray[np.bool_]:
        """Who buys in dollars and without tax."""
        return self.region == "EXPORT"


def customers(dice: Dice) -> Customers:
    """The customers: one in ten large, some who came later, some who left."""
    region = np.repeat(np.array(list(CUSTOMERS_IN), dtype=object), list(CUSTOMERS_IN.values()))
    count = len(region)
    place = np.concatenate([np.arange(size) for size in CUSTOMERS_IN.values()])
    segment = np.where(place % 10 == 0, 0, np.array([1, 2, 1, 2, 3, 2, 1, 2, 3])[place * 7 % 9])
    size = dice.between(np.array([60, 16, 6, 20])[segment], np.array([130, 45, 20, 60])[segment], count)
    joined = dice.chance(120, count) & (segment != 0)
    gone = dice.chance(60, count) & (segment == 2) & ~joined
    risk = np.where(segment == 0, dice.pick([3, 4, 2, 0, 0], count), dice.pick([4, 24, 44, 24, 4], count))
    return Customers(
        code=np.array([f"C{which + 1:04d}" for which in range(count)], dtype=object),
        region=region,
        segment=segment,
        industry=dice.below(8, count),
        risk=risk,
        terms=TERMS[segment, dice.pick([2, 4, 4, 1], count)],
        size=size,
        likes=dice.pick([26, 24, 18, 14, 18], count),
        first=np.where(joined, dice.between(4, 27, count), 0),
        last=np.where(gone, dice.between(14, 27, count), 99),
    )


def customer_names(known: Customers, dice: Dice, lang: str) -> NDArray[np.object_]:
    """A name of its own for every customer: place, brand, trade, form."""
    names = np.empty(len(known.code), dtype=object)
    trades, forms = listed("trade", lang), listed("form", lang)
    gap = " " if lang == "en" else ""
    for region in REGIONS:
        here = np.flatnonzero(known.region == region)
        brands = listed("brand_abroad" if region == "EXPORT" else "brand", lang)
        places = listed("place_" + region, lang)
        pair = dice.order(len(places) * len(brands))[: len(here)]
        for which, combination in zip(here, pair, strict=True):
            town, brand = places[combination % len(places)], brands[combination // len(places)]
            segment = known.segment[which]
            form = forms[{0: 1, 3: 2}.get(int(segment), 0)]
            trade = [] if segment == 3 else [trades[known.industry[which]]]
            names[which] = gap.join([town, brand, *trade, form])
    names[-1] = listed("odd_name", lang)[0]
    return names


def contacts(known: Customers, dice: Dice, lang: str) -> pd.DataFrame:
    """The table `contacts`: one person per customer, three for a key account."""
    owner = np.repeat(np.arange(len(known.code)), np.where(known.segment == 0, 3, 1))
    count = len(owner)
    surname, given = dice.below(10, count), dice.below(12, count)
    first, second = listed("surname", lang)[surname], listed("given", lang)[given]
    latin = [
        f"{a}.{b}".lower() for a, b in zip(listed("given", "en")[given], listed("surname", "en")[surname], strict=True)
    ]
    number = dice.below(10_000, count)
    return pd.DataFrame(
        {
            "contact": [f"K{which + 1:04d}" for which in range(count)],
            "customer": known.code[owner],
            "name": second + " " + first if lang == "en" else first + second,
            "title": listed("title", lang)[dice.below(5, count)],
            "phone": [f"+86 10 5550 {which:04d}" for which in number],
            "email": [f"{who}@{known.code[of].lower()}.example.com" for who, of in zip(latin, owner, strict=True)],
        }
    )


def customer_table(known: Customers, owner: NDArray[np.object_], limits: Whole, lang: str) -> pd.DataFrame:
    """The table `customers` with today's owner and the credit limits."""
    names = customer_names(known, Dice(7, "customer names"), lang)
    return pd.DataFrame(
        {
            "customer": known.code,
            "name": names,
            "region": known.region,
            "segment": listed("segment", lang)[known.segment],
            "industry": listed("industry", lang)[known.industry],
            "salesperson": owner,
            "risk_class": np.array(RISK, dtype=object)[known.risk],
            "terms_days": known.terms,
            "credit_limit": limits.astype(float),
            "need": listed("need", lang)[(known.industry + known.segment) % 6],
        }
    )
