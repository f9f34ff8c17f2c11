"""A demonstration company with all its data, from a seed: the same bytes on every machine, in two languages.

Hengyuan Fluid Technology sells sixty pumps, valves, controls, instruments and spare parts to four hundred customers in
four Chinese regions and overseas (in dollars, without tax). Orders run from January 2024 to 30 September 2026: two
complete fiscal years (the calendar year) and three quarters of the third, so that there is a rest of the year to pace.

What is planted (`PLANTED`): the region SOUTH. Its key account manager left on 31 March 2026 and a salesperson on 15
April 2026; their customers went to the two who stayed, who cannot visit them. Visits fall under half of plan, orders
fall most with the customers handed over, the win rate of opportunities halves. The dominant cause of its sales gap is
coverage (volume lost), not price: discounts rise by less than a point. Minor things stand beside it: large customers
there pay later, and the cost of controls rose by 9 % everywhere in April 2026.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from xlsales.demo import (
    agreements,
    contacting,
    customers,
    days,
    figures,
    improving,
    market,
    money,
    people,
    pipeline,
    plans,
    rules,
    selling,
)
from xlsales.demo.continuing import Frames, continue_company
from xlsales.demo.days import AS_OF
from xlsales.demo.dice import Dice, Whole
from xlsales.schema import TABLES

SEED = 20260930
PLANTED = {
    "region": people.TROUBLE,
    "since": "2026-04-01",
    "leavers": people.LEAVERS,
    "heirs": ("S13", "S16"),
    "cause": "activities",
    "effect": "volume",
    "cost_line": "CONTROLS",
    "cost_since": "2026-04-01",
}

__all__ = ["AS_OF", "PLANTED", "SEED", "as_csv", "continue_company", "tables", "write_folder"]


def tables(lang: str = "en", seed: int = SEED, *, extra_cycle: Mapping[str, Any] | None = None) -> Frames:
    """Every table that the company fills, raw, by key; columns are the schema's keys.

    lang: en or zh, for names and texts; all figures, dates and codes of master data are the same. Money is in yuan or
    dollars to the cent. extra_cycle: arguments of `continue_company` (months, effect, seed) for a company that is that
    much older.
    """
    frames = first_cycle(lang, seed)
    if extra_cycle is None:
        return frames
    return continue_company(frames, **({"months": 3, "effect": None, "seed": seed} | dict(extra_cycle)))


def first_cycle(lang: str, seed: int) -> Frames:
    """The company up to `AS_OF`."""
    goods, who = market.products(Dice(seed, "products")), customers.customers(Dice(seed, "customers"))
    owners = people.Ownership(people.first_owners(who.region, who.segment))
    sales = selling.sale_lines(goods, who, owners, Dice(seed, "sales"))
    lines = selling.joined(sales, selling.return_lines(sales, owners, Dice(seed, "returns"), AS_OF))
    frames = ordering(lines, goods, who, seed, lang)
    payers = money.Payers(who.code, who.terms, who.risk, who.segment == 0, who.region)
    quiet = np.argsort(
        np.where(who.segment == 0, 10**9, 0) + np.bincount(lines.customer, minlength=len(who.code)), kind="stable"
    )
    frames |= money.cash_cycle(frames["orders"], payers, AS_OF, Dice(seed, "money"), quiet)
    known = figures.figures(lines, goods, who, frames["receipts"])
    limits = credit_limits(known.customer["sales"], who)
    frames |= people.organisation(lang) | market.product_tables(goods, lang)
    frames |= {
        "settings": market.settings(AS_OF, lang),
        "salespeople": people.salespeople(lang),
        "customers": customers.customer_table(who, people.CODES[owners.last], limits, lang),
        "customer_owners": owners.table(who.code),
        "contacts": customers.contacts(who, Dice(seed, "contacts"), lang),
        "promotions": market.promotions(goods),
        "fx_rates": market.fx_rates(),
        "holidays": days.holidays(),
        "market": market.market(lang),
    }
    frames |= working(goods, who, owners, seed, lang)
    frames |= planning(known, owners, goods, who, seed, lang)
    owner = frames["customers"].set_index("customer")["salesperson"]
    frames |= rules.asked_and_taken_back(frames["receipts"], owner, lang)
    frames["actions"] = improving.actions(improving.by_lot(frames["customers"], Dice(seed, "tried")), lang)
    return {key: as_declared(key, frames[key]) for key in TABLES if key in frames}


def ordering(lines: selling.Lines, goods: market.Products, who: customers.Customers, seed: int, lang: str) -> Frames:
    """Orders, split credits, contracts."""
    frame = agreements.contracts(lines, who, Dice(seed, "contracts"))
    orders = selling.orders_table(lines, frame.of_line, goods, who, lang)
    return {
        "orders": orders,
        "order_credits": agreements.order_credits(orders, Dice(seed, "credits")),
        "contracts": agreements.contracts_table(frame, lines, orders, who, Dice(seed, "contract amounts")),
    }


def working(goods: market.Products, who: customers.Customers, owners: people.Ownership, seed: int, lang: str) -> Frames:
    """Leads, opportunities, contacts, service, training."""
    deals = pipeline.deals(who, goods, Dice(seed, "deals"))
    opportunities = pipeline.opportunities(deals, who, goods, owners, lang)
    return {
        "leads": pipeline.leads(who, owners, Dice(seed, "leads"), lang),
        "opportunities": opportunities,
        "stages": pipeline.stages(lang),
        "opportunity_snapshots": pipeline.snapshots(deals),
        "quotes": pipeline.quotes(deals, who, goods, Dice(seed, "quotes")),
        "activity_plan": contacting.activity_plan(),
        "interactions": contacting.interactions(who, owners, opportunities, Dice(seed, "contacts made"), lang),
        "tasks": contacting.tasks(who, owners, Dice(seed, "tasks"), lang),
        "service_cases": contacting.service_cases(who, Dice(seed, "service"), lang),
        "satisfaction": contacting.satisfaction(who, owners, Dice(seed, "survey"), lang),
        "training": contacting.training(Dice(seed, "training"), lang),
    }


def planning(
    known: figures.Figures,
    owners: people.Ownership,
    goods: market.Products,
    who: customers.Customers,
    seed: int,
    lang: str,
) -> Frames:
    """Targets, plan, budget, rules of pay, actions, reviews."""
    months = np.arange(figures.MONTHS_SHOWN)
    everyone = np.repeat(np.arange(len(who.code)), len(months))
    owner_in = owners.at(everyone, np.tile(days.last_day(months), len(who.code))).reshape(-1, len(months))
    return {
        "targets": plans.targets(known, owners, goods, who, lang),
        "plan": plans.plan(known, owners, lang),
        "plan_versions": plans.plan_versions(lang),
        "hiring_plan": plans.hiring_plan(lang),
        "strategies": plans.strategies(lang),
        **plans.budget_and_expenses(known, Dice(seed, "expenses"), lang),
        **rules.scoring(Dice(seed, "ratings"), lang),
        **rules.paying(rules.person_sales(known.customer["sales"], owner_in), lang),
        "reviews": improving.reviews(known, lang),
    }


def credit_limits(sales: Whole, who: customers.Customers) -> Whole:
    """Mean monthly sales with tax × term in months × risk factor, of last year, and four fifths more."""
    monthly = sales[:, 12:24].sum(axis=1) * 113 // 1200 * 18 // 10
    factor = np.array([15, 10, 8, 6, 0])[who.risk]
    return np.maximum(monthly * who.terms * factor // 300, np.where(who.risk == 4, 0, 20_000)) // 10_000 * 10_000


def as_declared(key: str, frame: pd.DataFrame) -> pd.DataFrame:
    """The columns that the schema declares, in its order; text as text."""
    columns = [column.key for column in TABLES[key].columns if column.key in frame]
    known = frame[columns].reset_index(drop=True)
    return known.astype({column: "str" for column in columns if known[column].dtype == object})


def write_folder(path: str | Path, lang: str = "en", seed: int = SEED) -> list[Path]:
    """Write every table as TABLE.csv (UTF-8, keys as headers) into a folder; returns the files."""
    folder = Path(path)
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for key, frame in tables(lang, seed).items():
        file = folder / f"{key}.csv"
        file.write_text(as_csv(frame), encoding="utf-8", newline="")
        files.append(file)
    return files


def as_csv(frame: pd.DataFrame) -> str:
    """A table as CSV text: days as 2026-09-30, flags as yes and no."""
    flags = {column: frame[column].map({True: "yes", False: "no"}) for column in frame if frame[column].dtype == bool}
    return frame.assign(**flags).to_csv(index=False, date_format="%Y-%m-%d", lineterminator="\n")
