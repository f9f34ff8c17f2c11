"""Leads, opportunities on their way through the stages, monthly snapshots, quotes."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from xlsales.demo.customers import Customers
from xlsales.demo.days import AS_OF, MONTHS, Days, dates_in, last_day, month_of, season, stamps
from xlsales.demo.dice import Dice, Whole
from xlsales.demo.market import Products
from xlsales.demo.names import listed, name
from xlsales.demo.people import CODES, TROUBLE, Ownership
from xlsales.demo.selling import TROUBLE_MONTH

STAGES = ("prospecting", "qualified", "proposal", "negotiation", "won", "lost")
PROBABILITY = (0.10, 0.25, 0.50, 0.75, 1.0, 0.0)
CATEGORY = ("pipeline", "pipeline", "best_case", "commit", "won", "lost")
MAX_DAYS = (30, 45, 45, 30, None, None)
DWELL = ((5, 14, 26, 55), (8, 22, 40, 75), (10, 25, 45, 85), (6, 16, 30, 60))  # quantiles of days in a stage
OPPORTUNITIES = 600
FIRST_MONTH = 11  # December 2024
WIN = {"NORTH": 460, "EAST": 480, "SOUTH": 470, "WEST": 520, "EXPORT": 430}  # in a thousand
WIN_TROUBLE = 200
LEADS = 260


@dataclass(frozen=True)
class Deals:
    """Opportunities as arrays: the day of entering each open stage, how far each gets, when and how it closes."""

    customer: Whole
    product: Whole
    value: Whole  # yuan
    enter: Days  # (deal, open stage)
    reached: Whole  # last open stage
    close: Days
    won: np.ndarray
    expected: Days  # what the salesperson typed as closing date

    def stage(self, when: Days) -> Whole:
        """The stage of every deal at the end of a day; -1 = not created yet."""
        entered = (self.enter <= when).sum(axis=1) - 1
        return np.where(self.close <= when, np.where(self.won, 4, 5), np.minimum(entered, self.reached))


def deals(who: Customers, goods: Products, dice: Dice) -> Deals:
    """Six hundred opportunities; fewer and worse in the region in trouble once nobody visits."""
    months = np.arange(FIRST_MONTH, MONTHS)
    weight = np.array([9, 4, 2, 4])[who.segment]
    weight = weight[:, None] * season(months)
    hurt = (who.region == TROUBLE)[:, None] & (months >= TROUBLE_MONTH)
    weight = np.where(hurt, weight * 40 // 100, weight)
    cell = dice.pick(weight.ravel(), OPPORTUNITIES)
    customer, month = cell // len(months), months[cell % len(months)]
    created = np.sort(dates_in(month, dice, AS_OF))
    customer = customer[np.argsort(month, kind="stable")]
    dwell = np.stack([dice.spread(points, OPPORTUNITIES) for points in DWELL], axis=1)
    enter = created[:, None] + np.cumsum(dwell, axis=1) - dwell
    region = who.region[customer]
    chance = np.array([WIN[code] for code in region])
    chance = np.where((region == TROUBLE) & (month_of(enter[:, 3] + dwell[:, 3]) >= TROUBLE_MONTH), WIN_TROUBLE, chance)
    won = dice.chance(chance, OPPORTUNITIES)
    reached = np.where(won, 3, dice.pick([18, 24, 32, 26], OPPORTUNITIES))
    close = enter[np.arange(OPPORTUNITIES), reached] + dwell[np.arange(OPPORTUNITIES), reached]
    size = np.array([22, 9, 4, 11])[who.segment[customer]]
    return Deals(
        customer=customer,
        product=dice.pick(goods.popularity * (goods.list_price > 100_000), OPPORTUNITIES),
        value=size * dice.spread((40_000, 90_000, 160_000, 280_000, 640_000), OPPORTUNITIES) // 1000 * 1000,
        enter=enter,
        reached=reached,
        close=close,
        won=won,
        expected=created + dice.between(75, 190, OPPORTUNITIES),
    )


def deal_codes(count: int) -> np.ndarray:
    """The codes of opportunities."""
    return np.array([f"OP{number + 1:04d}" for number in range(count)], dtype=object)


def opportunities(known: Deals, who: Customers, goods: Products, owners: Ownership, lang: str) -> pd.DataFrame:
    """The table `opportunities` as it stands on the last day."""
    dice = Dice(11, "opportunity texts")
    stage = known.stage(AS_OF)
    count, shut = len(stage), stage >= 4
    closed = np.where(shut, known.close, known.expected)
    owner = owners.at(known.customer, np.where(shut, known.close, AS_OF))
    since = np.where(shut, known.close, known.enter[np.arange(count), np.minimum(stage, 3)])
    step = listed("next_step", lang)[np.minimum(stage + dice.below(2, count), 4)]
    rival, lost = listed("competitor", lang)[dice.below(4, count)], dice.pick([30, 14, 18, 20, 12], count)
    alone = (who.region[known.customer] == TROUBLE) & (month_of(known.close) >= TROUBLE_MONTH)
    lost = np.where(alone & dice.chance(650, count), 1, lost)
    next_date = AS_OF + dice.between(-12, 25, count)
    return pd.DataFrame(
        {
            "opportunity": deal_codes(count),
            "customer": who.code[known.customer],
            "product": goods.code[known.product],
            "salesperson": CODES[owner],
            "region": who.region[known.customer],
            "stage": np.array(STAGES, dtype=object)[stage],
            "value": known.value.astype(float),
            "probability": np.where(~shut & dice.chance(90, count), dice.between(2, 8, count) / 10, np.nan),
            "created": stamps(known.enter[:, 0]),
            "close_date": stamps(np.where((stage < 1) & dice.chance(500, count), np.datetime64("NaT"), closed)),
            "stage_since": stamps(since),
            "need": listed("need", lang)[dice.below(6, count)],
            "budget_known": (known.reached >= 1) & dice.chance(850, count),
            "decision_maker": np.where(known.reached >= 1, listed("title", lang)[dice.below(5, count)], None),
            "next_step": np.where(shut, None, step),
            "next_date": stamps(np.where(shut, np.datetime64("NaT"), next_date)),
            "competitor": np.where(dice.chance(700, count), rival, None),
            "lost_reason": np.where(stage == 5, listed("lost", lang)[lost], None),
        }
    )


def stages(lang: str) -> pd.DataFrame:
    """The table `stages`."""
    return pd.DataFrame(
        {
            "stage": STAGES,
            "order": np.arange(1, 7),
            "probability": PROBABILITY,
            "category": CATEGORY,
            "exit_requirement": [*(name("exit", stage, lang) for stage in STAGES[:4]), None, None],
            "max_days": pd.array(MAX_DAYS, dtype="Int64"),
        }
    )


def snapshots(known: Deals) -> pd.DataFrame:
    """The table `opportunity_snapshots`: at each month's end, what was open then or closed in that month."""
    code, parts = deal_codes(len(known.close)), []
    for month in range(FIRST_MONTH + 1, MONTHS):
        when = last_day(month)
        stage = known.stage(when)
        shown = np.flatnonzero((stage >= 0) & (month_of(known.close) >= month))
        shut = stage[shown] >= 4
        parts.append(
            pd.DataFrame(
                {
                    "as_of": stamps(np.full(len(shown), when)),
                    "opportunity": code[shown],
                    "stage": np.array(STAGES, dtype=object)[stage[shown]],
                    "value": known.value[shown].astype(float),
                    "close_date": stamps(np.where(shut, known.close[shown], known.expected[shown])),
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def quotes(known: Deals, who: Customers, goods: Products, dice: Dice) -> pd.DataFrame:
    """The table `quotes`: one for every opportunity that came as far as a proposal."""
    shown = np.flatnonzero((known.reached >= 2) & (known.enter[:, 2] <= AS_OF - 2))
    count, date = len(shown), known.enter[shown, 2] + 2
    product, stage = known.product[shown], known.stage(AS_OF)[shown]
    price = goods.list_price[product] * np.array([88, 95, 100, 82])[who.segment[known.customer[shown]]] // 10_000 * 100
    expired = date + 45 < AS_OF
    status = np.where(stage == 4, "accepted", np.where(stage == 5, "declined", np.where(expired, "expired", "sent")))
    return pd.DataFrame(
        {
            "quote": [f"Q{number + 1:04d}" for number in range(count)],
            "opportunity": deal_codes(len(known.close))[shown],
            "customer": who.code[known.customer[shown]],
            "date": stamps(date),
            "valid_until": stamps(date + 45),
            "product": goods.code[product],
            "quantity": np.maximum(known.value[shown] * 100 // np.maximum(price, 1), 1),
            "price": price / 100,
            "discount": dice.pick([30, 20, 20, 15, 10, 5], count) * 2 / 100,
            "status": status,
        }
    )


def leads(who: Customers, owners: Ownership, dice: Dice, lang: str) -> pd.DataFrame:
    """The table `leads`: companies that are no customers yet; some were not called back in time."""
    created = np.sort(AS_OF - dice.between(0, 400, LEADS))
    place = dice.below(len(who.code), LEADS)
    owner = owners.at(place, np.full(LEADS, AS_OF))
    age = (AS_OF - created).astype(np.int64)
    status = np.where(age < 20, dice.pick([6, 4], LEADS), dice.pick([0, 30, 20, 25, 25], LEADS))
    live = status <= 2
    brand, trade = listed("brand", lang)[dice.below(30, LEADS)], listed("trade", lang)[dice.below(8, LEADS)]
    gap = " " if lang == "en" else ""
    return pd.DataFrame(
        {
            "lead": [f"L{number + 1:04d}" for number in range(LEADS)],
            "source": listed("source", lang)[dice.pick([30, 35, 20, 15], LEADS)],
            "customer_name": [f"{a}{gap}{b}{gap}{listed('form', lang)[0]}" for a, b in zip(brand, trade, strict=True)],
            "salesperson": CODES[owner],
            "status": np.array(["new", "working", "qualified", "converted", "dropped"], dtype=object)[status],
            "created": stamps(created),
            "next_contact": stamps(np.where(live, AS_OF + dice.between(-15, 30, LEADS), np.datetime64("NaT"))),
        }
    )
