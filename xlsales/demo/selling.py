"""Orders and returns: customer by month, from size, season, growth and coverage."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from xlsales.demo.customers import Customers
from xlsales.demo.days import AS_OF, MONTHS, Days, dates_in, month_of, season, stamps
from xlsales.demo.dice import Dice, Whole, halves_up
from xlsales.demo.market import PROMOTIONS, Products, cost_at, rate_in, segment_price
from xlsales.demo.names import listed
from xlsales.demo.people import CODES, LEAVERS, TROUBLE, Ownership, position

ORDERS = 12_320
LINES_PER_ORDER = (30, 28, 20, 13, 9)
# Orders of a region against 2024, in percent, by year
GROWTH = {
    "NORTH": (100, 106, 112),
    "EAST": (100, 108, 117),
    "SOUTH": (100, 107, 115),
    "WEST": (100, 113, 132),
    "EXPORT": (100, 104, 110),
}
TROUBLE_MONTH = 27  # April 2026
# Orders kept, in a thousand, in the months after the two left: their former customers, the region's others
KEPT_VACANT = (640, 420, 380, 380, 400, 410)
KEPT_OTHERS = (930, 860, 820, 810, 830, 850)
DISCOUNTS = (
    (20, 40, 60, 80, 110),
    (0, 0, 20, 40, 70),
    (0, 0, 0, 20, 50),
    (0, 0, 20, 30, 60),
)  # in a thousand, by segment
FREIGHT = {"NORTH": 16, "EAST": 12, "SOUTH": 18, "WEST": 27, "EXPORT": 0}  # in a thousand of the amount
TAX = 13


@dataclass(frozen=True)
class Lines:
    """Order lines as arrays; money in cents of the line's currency, customers and products by position."""

    order: Whole
    line: Whole
    date: Days
    customer: Whole
    product: Whole
    owner: Whole
    channel: Whole
    promotion: Whole
    quantity: Whole  # in the typed unit
    boxed: NDArray[np.bool_]
    price: Whole
    discount: Whole  # in a thousand
    amount: Whole
    tax: Whole
    expense: Whole
    special_cost: Whole  # unit cost typed on the line, 0 = none
    original: Whole  # order that a return takes back, -1 = a sale

    @property
    def returned(self) -> NDArray[np.bool_]:
        """Lines that take goods back."""
        return self.original >= 0


def order_heads(who: Customers, owners: Ownership, dice: Dice) -> tuple[Whole, Days]:
    """Customer and date of every order, by date."""
    months = np.arange(MONTHS)
    growth = np.array([GROWTH[region] for region in who.region])[:, months // 12]
    active = (who.first[:, None] <= months) & (months <= who.last[:, None])
    weights = who.size[:, None] * season(months) * growth * active
    cell = dice.pick(weights.ravel(), ORDERS)
    customer, month = cell // MONTHS, cell % MONTHS
    vacant = np.isin(owners.first, [position(code) for code in LEAVERS])[customer]
    late = np.clip(month - TROUBLE_MONTH, 0, len(KEPT_VACANT) - 1)
    kept = np.where(vacant, np.array(KEPT_VACANT)[late], np.array(KEPT_OTHERS)[late])
    hit = (who.region[customer] == TROUBLE) & (month >= TROUBLE_MONTH)
    stays = dice.chance(np.where(hit, kept, 1000), ORDERS)
    customer, month = customer[stays], month[stays]
    date = dates_in(month, dice, AS_OF)
    sequence = np.lexsort((customer, date))
    return customer[sequence], date[sequence]


def chosen_products(goods: Products, who: Customers, customer: Whole, dice: Dice) -> Whole:
    """A product for every line: popular ones more often, the customer's preferred line four times as often."""
    product = np.zeros(len(customer), dtype=np.int64)
    for line in range(5):
        rows = np.flatnonzero(who.likes[customer] == line)
        product[rows] = dice.pick(goods.popularity * np.where(goods.line == line, 4, 1), len(rows))
    return product


def quantities(goods: Products, who: Customers, product: Whole, customer: Whole, dice: Dice) -> Whole:
    """Pieces per line: many of what is cheap, more for large customers."""
    price = goods.list_price[product]
    points = ((40, 60, 90, 150, 320), (6, 12, 20, 35, 70), (2, 4, 7, 11, 20), (1, 1, 2, 4, 8))
    drawn = np.stack([dice.spread(scale, len(product)) for scale in points])
    level = np.searchsorted(np.array([60_000, 250_000, 1_000_000]), price, side="right")
    factor = np.array([24, 10, 6, 15])[who.segment[customer]]
    return np.maximum(drawn[level, np.arange(len(product))] * factor // 10, 1)


def running(product: Whole, region: NDArray[np.object_], date: Days) -> Whole:
    """The promotion that a line could use: its position, or -1."""
    found = np.full(len(product), -1)
    for number, (_, _, sold, where, first, last, _) in enumerate(PROMOTIONS):
        inside = (product == sold) & (date >= np.datetime64(first)) & (date <= np.datetime64(last))
        found[inside & ((region == where) | (where == ""))] = number
    return found


def sale_lines(goods: Products, who: Customers, owners: Ownership, dice: Dice) -> Lines:
    """The lines of all sales."""
    head_customer, head_date = order_heads(who, owners, dice)
    size = dice.pick(LINES_PER_ORDER, len(head_customer)) + 1
    order = np.repeat(np.arange(len(size)), size)
    count = len(order)
    customer, date = head_customer[order], head_date[order]
    product, region = chosen_products(goods, who, customer, dice), who.region[customer]
    pieces = quantities(goods, who, product, customer, dice)
    promotion = np.where(dice.chance(600, count), running(product, region, date), -1)
    pieces = np.where(promotion >= 0, pieces * 13 // 10, pieces)
    box = goods.box[product]
    boxed = (box > 0) & dice.chance(500, count) & (pieces >= box)
    quantity = np.where(boxed, pieces // np.maximum(box, 1), pieces)
    segment = who.segment[customer]
    price = segment_price(goods, product, segment, month_of(date) // 12) * np.where(boxed, box, 1)
    price = np.where(who.abroad[customer], halves_up(price * 10_000, 71_500), price)
    discount = np.array(DISCOUNTS)[segment, dice.below(5, count)] + dice.below(4, count) * 5 * dice.chance(300, count)
    discount += np.where(promotion >= 0, 30, 0)
    month = month_of(date)
    discount += np.where((region == TROUBLE) & (month >= TROUBLE_MONTH) & dice.chance(500, count), 15, 0)
    amount = halves_up(quantity * price * (1000 - discount), 1000)
    special = dice.chance(12, count) & ~who.abroad[customer] & ~boxed
    channel = channels(who, customer[np.searchsorted(order, np.arange(len(size)))], dice)[order]
    return Lines(
        order=order,
        line=np.arange(count) - np.searchsorted(order, order) + 1,
        date=date,
        customer=customer,
        product=product,
        owner=owners.at(customer, date),
        channel=channel,
        promotion=promotion,
        quantity=quantity,
        boxed=boxed,
        price=price,
        discount=discount,
        amount=amount,
        tax=np.where(who.abroad[customer], 0, halves_up(amount * TAX, 100)),
        expense=halves_up(amount * np.array([FREIGHT[code] for code in region]) * dice.between(5, 15, count), 10_000),
        special_cost=np.where(special, cost_at(goods, product, date) * 104 // 100, 0),
        original=np.full(count, -1),
    )


def channels(who: Customers, customer: Whole, dice: Dice) -> Whole:
    """The channel of every order: 0 direct, 2 dealers, 3 agents, 4 online."""
    count, segment = len(customer), who.segment[customer]
    online = dice.chance(np.array([0, 80, 330, 0])[segment], count)
    agent = who.abroad[customer] & dice.chance(400, count)
    return np.where(agent, 3, np.where(segment == 3, 2, np.where(online, 4, 0)))


def return_lines(sales: Lines, owners: Ownership, dice: Dice, as_of: np.datetime64) -> Lines:
    """Goods that came back: a part of one line, some days later, each its own order."""
    chosen = np.flatnonzero(dice.chance(22, len(sales.order)))
    chosen = chosen[np.unique(sales.order[chosen], return_index=True)[1]]
    date = sales.date[chosen] + dice.between(9, 40, len(chosen))
    chosen, date = chosen[date <= as_of], date[date <= as_of]
    before = {field: getattr(sales, field)[chosen] for field in Lines.__dataclass_fields__}
    most = np.maximum(before["quantity"] // 3, 1)
    quantity = -dice.between(1, most, len(chosen))
    amount = halves_up(quantity * before["price"] * (1000 - before["discount"]), 1000)
    taxed = before["tax"] > 0
    before |= {
        "original": before["order"],
        "order": sales.order.max() + 1 + np.arange(len(chosen)),
        "line": np.ones(len(chosen), dtype=np.int64),
        "date": date,
        "owner": owners.at(before["customer"], date),
        "quantity": quantity,
        "amount": amount,
        "tax": np.where(taxed, halves_up(amount * TAX, 100), 0),
        "expense": np.zeros(len(chosen), dtype=np.int64),
    }
    return Lines(**before)


def joined(first: Lines, second: Lines) -> Lines:
    """Both sets of lines."""
    fields = Lines.__dataclass_fields__
    return Lines(**{field: np.concatenate([getattr(first, field), getattr(second, field)]) for field in fields})


def order_codes(lines: Lines) -> NDArray[np.object_]:
    """The code of every order by its position: SO or RT, year and number."""
    first = np.unique(lines.order, return_index=True)[1]
    year = lines.date[first].astype("datetime64[Y]").astype(np.int64) - 30
    kind = np.where(lines.original[first] >= 0, "RT", "SO")
    return np.array([f"{k}{y}-{n + 1:05d}" for n, (k, y) in enumerate(zip(kind, year, strict=True))], dtype=object)


def yuan(lines: Lines, cents: Whole, who: Customers) -> Whole:
    """Cents of the line's currency in cents of the reporting currency, at the month's rate."""
    rate = np.where(who.abroad[lines.customer], rate_in(month_of(lines.date)), 10_000)
    return halves_up(cents * rate, 10_000)


def orders_table(lines: Lines, contract_of: Whole, goods: Products, who: Customers, lang: str) -> pd.DataFrame:
    """The table `orders`, by date; its column `of_order` says which order a return takes back."""
    unit, codes = listed("unit", lang), order_codes(lines)
    special = lines.special_cost > 0
    promotion = np.array([*(row[0] for row in PROMOTIONS), None], dtype=object)
    contract = np.array([*(f"CT{number + 1:03d}" for number in range(contract_of.max() + 1)), None], dtype=object)
    frame = pd.DataFrame(
        {
            "order": codes[lines.order],
            "line": [str(number) for number in lines.line],
            "date": stamps(lines.date),
            "customer": who.code[lines.customer],
            "product": goods.code[lines.product],
            "salesperson": CODES[lines.owner],
            "region": who.region[lines.customer],
            "channel": listed("channel", lang)[lines.channel],
            "contract": contract[contract_of],
            "promotion": promotion[lines.promotion],
            "quantity": lines.quantity,
            "unit": unit[lines.boxed.astype(int)],
            "unit_price": lines.price / 100,
            "discount": lines.discount / 1000,
            "amount": lines.amount / 100,
            "tax": lines.tax / 100,
            "unit_cost": np.where(special, lines.special_cost / 100, np.nan),
            "expense": lines.expense / 100,
            "currency": np.where(who.abroad[lines.customer], "USD", "CNY"),
            "kind": np.where(lines.returned, "return", "sale"),
            "of_order": np.where(lines.returned, codes[lines.original], None),
        }
    )
    return frame.iloc[np.lexsort((lines.line, lines.order, lines.date))].reset_index(drop=True)
