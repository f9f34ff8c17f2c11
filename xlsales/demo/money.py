"""Invoices with instalments and credit notes; receipts: cash, bills, advances, late, partial, returned, unapplied."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from xlsales.demo.days import START, Days, stamps
from xlsales.demo.dice import Dice, Whole
from xlsales.demo.people import TROUBLE

SPLITS = np.array([[100, 0, 0], [30, 70, 0], [30, 65, 5], [30, 70, 0]])  # single, two, with retention, advance
MAIN = np.array([0, 1, 1, 1])  # the instalment that a credit note lowers
# Days after the due date on which customers pay, by risk class: quantiles
DELAYS = ((-8, -3, 0, 2, 6), (-5, 0, 2, 6, 15), (-3, 2, 9, 21, 48), (0, 14, 30, 55, 110), (20, 50, 90, 140, 260))
TROUBLE_PAYS_LATE = np.datetime64("2026-03-01")
MONTHLY_PAYERS = 7  # every n-th customer pays once a month without naming invoices
EACH_SOLD, TO_THE_BANK = 3, 20  # every n-th bill is discounted, this many days after it came in


@dataclass(frozen=True)
class Payers:
    """What billing needs to know of customers, by position."""

    code: NDArray[np.object_]
    terms: Whole
    risk: Whole  # 0 = AAA … 4 = C
    large: NDArray[np.bool_]
    region: NDArray[np.object_]


@dataclass(frozen=True)
class Bills:
    """Instalments as arrays; amounts in cents with tax."""

    order: Whole  # position in heads
    customer: Whole
    part: Whole
    date: Days
    due: Days
    amount: Whole
    tax: Whole
    plan: Whole  # row of SPLITS
    disputed: NDArray[np.bool_]


def cents(values: pd.Series) -> Whole:
    """Money of a table in whole cents."""
    return np.rint(values.to_numpy(dtype=float) * 100).astype(np.int64)


def order_heads(orders: pd.DataFrame) -> pd.DataFrame:
    """One row per order: date, customer, gross and tax in cents, currency, kind, the order a return takes back."""
    known = orders.assign(gross=cents(orders["amount"]) + cents(orders["tax"]), tax_cents=cents(orders["tax"]))
    return known.groupby("order", sort=True, as_index=False).agg(
        date=("date", "first"),
        customer=("customer", "first"),
        gross=("gross", "sum"),
        tax=("tax_cents", "sum"),
        currency=("currency", "first"),
        kind=("kind", "first"),
        of_order=("of_order", "first"),
    )


def instalments(heads: pd.DataFrame, payers: Payers, customer: Whole, dice: Dice) -> Bills:
    """Every sale's invoice, some days after the order, in one to three instalments."""
    count = len(heads)
    invoiced = heads["date"].to_numpy().astype("datetime64[D]") + dice.between(1, 8, count)
    gross, tax = heads["gross"].to_numpy(), heads["tax"].to_numpy()
    large = gross > 12_000_000
    plan = np.where(large, dice.pick([50, 26, 14, 10], count), np.where(dice.chance(40, count), 1, 0))
    disputed = dice.chance(14, count)
    parts = np.count_nonzero(SPLITS, axis=1)[plan]
    row = np.repeat(np.arange(count), parts)
    part = np.arange(len(row)) - np.searchsorted(row, row)
    amount, tax_part = (divided(whole, plan, row, part) for whole in (gross, tax))
    terms = payers.terms[customer][row]
    lag = np.where(parts[row] == 1, terms, np.choose(part, [15, terms, 180]))
    lag = np.where((plan[row] == 3) & (part == 0), 0, lag)
    sale = (heads["kind"] == "sale").to_numpy()[row]
    bills = Bills(
        row, customer[row], part, invoiced[row], invoiced[row] + lag, amount, tax_part, plan[row], disputed[row]
    )
    return Bills(**{field: getattr(bills, field)[sale] for field in Bills.__dataclass_fields__})


def divided(whole: Whole, plan: Whole, row: Whole, part: Whole) -> Whole:
    """Each order's cents over its instalments; the last one takes what rounding left."""
    before = np.cumsum(SPLITS, axis=1) - SPLITS
    start = whole[row] * before[plan[row], part] // 100
    end = whole[row] * (before + SPLITS)[plan[row], part] // 100
    return end - start


def credit_notes(heads: pd.DataFrame, customer: Whole) -> Bills:
    """A credit note on the day of every return."""
    row = np.flatnonzero((heads["kind"] == "return").to_numpy())
    date = heads["date"].to_numpy().astype("datetime64[D]")[row]
    nothing = np.zeros(len(row), dtype=np.int64)
    amount, tax = heads["gross"].to_numpy()[row], heads["tax"].to_numpy()[row]
    return Bills(row, customer[row], nothing, date, date, amount, tax, nothing, nothing.astype(bool))


def invoices_table(sold: Bills, credits_: Bills, heads: pd.DataFrame, as_of: np.datetime64) -> pd.DataFrame:
    """The table `invoices` up to as_of, by date."""
    code = heads["order"].to_numpy(dtype=object)
    invoice_of = dict(zip(code, "IV" + heads["order"].str[2:], strict=True))
    parts = []
    for bills, kind in ((sold, "invoice"), (credits_, "credit_note")):
        order = code[bills.order]
        against = heads["of_order"].to_numpy(dtype=object)[bills.order]
        parts.append(
            pd.DataFrame(
                {
                    "invoice": [("IV" if kind == "invoice" else "CN") + which[2:] for which in order],
                    "instalment": (bills.part + 1).astype(str),
                    "customer": heads["customer"].to_numpy(dtype=object)[bills.order],
                    "date": stamps(bills.date),
                    "due_date": stamps(bills.due),
                    "amount": bills.amount / 100,
                    "tax": bills.tax / 100,
                    "currency": heads["currency"].to_numpy(dtype=object)[bills.order],
                    "order": order,
                    "disputed": bills.disputed,
                    "kind": kind,
                    "against": [invoice_of.get(which) if kind == "credit_note" else None for which in against],
                }
            )[bills.date <= as_of]
        )
    return pd.concat(parts, ignore_index=True).sort_values(["date", "invoice", "instalment"], ignore_index=True)


def pay_days(bills: Bills, payers: Payers, dice: Dice) -> Days:
    """The day on which every instalment is paid, far in the future where never."""
    count = len(bills.order)
    drawn = np.stack([dice.spread(points, count) for points in DELAYS])
    delay = drawn[payers.risk[bills.customer], np.arange(count)]
    late = payers.large[bills.customer] & (payers.region[bills.customer] == TROUBLE) & (bills.due >= TROUBLE_PAYS_LATE)
    delay = delay + np.where(late, dice.between(20, 55, count), 0)
    delay = delay + np.where(bills.disputed, dice.between(60, 240, count), 0)
    never = (payers.risk[bills.customer] == 4) & dice.chance(120, count)
    delay = np.where(never, 9_999, np.maximum(delay, -12))
    prepaid = (bills.plan == 3) & (bills.part == 0)
    return np.where(
        prepaid,
        np.maximum(bills.date - dice.between(9, 25, count), START + 1),
        np.maximum(bills.due + delay, bills.date),
    )


def lowered(sold: Bills, credits_: Bills, heads: pd.DataFrame, paid: Days) -> Whole:
    """What is paid for each instalment after the credit notes that came before the payment."""
    place = pd.Series(np.arange(len(heads)), index=heads["order"])
    original = place.reindex(heads["of_order"].to_numpy()[credits_.order]).to_numpy(dtype=np.int64)
    credit = np.zeros(len(heads), dtype=np.int64)
    credit[original] = credits_.amount
    since = np.full(len(heads), np.datetime64("2999-01-01"))
    since[original] = credits_.date
    main = sold.part == MAIN[sold.plan]
    cut = np.where(main & (since[sold.order] <= paid), credit[sold.order], 0)
    return np.maximum(sold.amount + cut, 0)


def payments(sold: Bills, amount: Whole, paid: Days, heads: pd.DataFrame, dice: Dice) -> pd.DataFrame:
    """One row per payment, whenever it is: amounts in cents, most name their invoice, some the order, some nothing."""
    count = len(amount)
    part = np.where(
        dice.chance(70, count) & (amount > 500_000) & (sold.plan != 3), amount * dice.between(4, 7, count) // 10, 0
    )
    code = heads["order"].to_numpy(dtype=object)[sold.order]
    prepaid = (sold.plan == 3) & (sold.part == 0)
    mode = dice.pick([84, 6, 10], count)
    foreign = (heads["currency"] == "USD").to_numpy()[sold.order]
    bill = dice.chance(260, count) & ~foreign & (amount > 2_000_000) & ~prepaid
    first = pd.DataFrame(
        {
            "customer": sold.customer,
            "date": paid,
            "amount": amount - part,
            "invoice": np.where(
                (mode == 0) & ~prepaid, np.array(["IV" + which[2:] for which in code], dtype=object), None
            ),
            "order": np.where((mode == 1) | prepaid, code, None),
            "method": np.where(prepaid, "advance", np.where(bill, "bill", "cash")),
            "currency": heads["currency"].to_numpy(dtype=object)[sold.order],
            "tenor": np.where(dice.chance(400, count), 180, 90),
        }
    )
    rest = first.assign(amount=part, date=paid + dice.between(20, 60, count), method="cash")[part > 0]
    every = pd.concat([first, rest], ignore_index=True)
    every = every[every["amount"] > 0]
    monthly = (every["customer"] % MONTHLY_PAYERS == 3) & (every["method"] != "advance")
    lump = every[monthly].copy()
    lump["date"] = stamps(month_payment(lump["date"].to_numpy())).to_numpy()
    lump = lump.groupby(["customer", "date", "currency"], as_index=False).agg(amount=("amount", "sum"))
    return pd.concat([every[~monthly], lump.assign(method="cash")], ignore_index=True)


def month_payment(dates: Days) -> Days:
    """The 25th on or after each date: the pay day of monthly payers."""
    month = dates.astype("datetime64[M]")
    day = month.astype("datetime64[D]") + 24
    return np.where(dates.astype("datetime64[D]") <= day, day, (month + 1).astype("datetime64[D]") + 24)


def surprises(paid: pd.DataFrame, payers: Payers, quiet: Whole, dice: Dice, as_of: np.datetime64) -> pd.DataFrame:
    """Dishonoured bills, some paid later in cash; double payments of customers who buy no more, some refunded."""
    mature = paid[(paid["method"] == "bill") & (paid["date"] + pd.to_timedelta(paid["tenor"], unit="D") < as_of)]
    bounced = mature.iloc[np.unique(dice.below(len(mature), 9))]
    back = bounced.assign(
        date=bounced["date"] + pd.to_timedelta(bounced["tenor"] + 2, unit="D"), amount=-bounced["amount"], tenor=np.nan
    )
    again = back.iloc[::2].assign(date=lambda rows: rows["date"] + pd.Timedelta(days=33), method="cash")
    again["amount"] = -again["amount"]
    double = pd.DataFrame(
        {
            "customer": quiet[:14],
            "date": stamps(as_of - dice.between(40, 300, 14)),
            "amount": dice.between(30, 900, 14) * 10_000,
            "method": "cash",
            "currency": np.where(payers.region[quiet[:14]] == "EXPORT", "USD", "CNY"),
        }
    )
    refund = double.iloc[::3].assign(date=lambda rows: rows["date"] + pd.Timedelta(days=35))
    refund["amount"] = -refund["amount"]
    return pd.concat([back, again, double, refund], ignore_index=True)


def receipts_table(every: pd.DataFrame, payers: Payers, as_of: np.datetime64, first: int = 1) -> pd.DataFrame:
    """The table `receipts` up to as_of, by date, numbered from first."""
    known = every[every["date"] <= pd.Timestamp(as_of)]
    known = known.sort_values(["date", "customer", "amount"], ignore_index=True)
    bill = (known["method"] == "bill") & (known["amount"] > 0)
    maturity = (known["date"] + pd.to_timedelta(known["tenor"].where(bill), unit="D")).astype("datetime64[us]")
    sold = (known["date"] + pd.Timedelta(days=TO_THE_BANK)).where(known.index % EACH_SOLD == 0)
    discounted = sold.where((sold < maturity) & (sold <= pd.Timestamp(as_of))).astype("datetime64[us]")
    return pd.DataFrame(
        {
            "receipt": [f"RC{number + first:05d}" for number in range(len(known))],
            "customer": payers.code[known["customer"].to_numpy(dtype=np.int64)],
            "date": stamps(known["date"].to_numpy()),
            "amount": known["amount"].to_numpy(dtype=np.int64) / 100,
            "invoice": known["invoice"],
            "order": known["order"],
            "method": known["method"],
            "maturity": maturity,
            "discounted": discounted,
            "currency": known["currency"],
        }
    )


def cash_cycle(
    orders: pd.DataFrame, payers: Payers, as_of: np.datetime64, dice: Dice, quiet: Whole | None = None
) -> dict[str, pd.DataFrame]:
    """The tables `invoices` and `receipts` of the orders. quiet: customers (positions) who buy no more."""
    heads = order_heads(orders)
    customer = pd.Series(np.arange(len(payers.code)), index=payers.code).reindex(heads["customer"]).to_numpy(np.int64)
    sold, credits_ = instalments(heads, payers, customer, dice), credit_notes(heads, customer)
    paid = pay_days(sold, payers, dice)
    every = payments(sold, lowered(sold, credits_, heads, paid), paid, heads, dice)
    if quiet is not None:
        every = pd.concat([every, surprises(every, payers, quiet, dice, as_of)], ignore_index=True)
    invoices = invoices_table(sold, credits_, heads, as_of)
    receipts = receipts_table(every, payers, as_of)
    unknown = ~receipts["invoice"].isin(invoices["invoice"])
    receipts["invoice"] = receipts["invoice"].mask(unknown)
    return {"invoices": invoices, "receipts": receipts}
