"""Frame contracts with customers, and agreements of salespeople to share the credit of a line."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from xlsales.demo.customers import Customers
from xlsales.demo.days import AS_OF, Days, stamps
from xlsales.demo.dice import Dice, Whole
from xlsales.demo.people import PEOPLE, REGIONS, TROUBLE
from xlsales.demo.selling import Lines, yuan


@dataclass(frozen=True)
class Contracts:
    """Frame contracts: customer, first and last day, and the contract of every order line (-1 = none)."""

    customer: Whole
    signed: Days
    ends: Days
    of_line: Whole


def contracts(lines: Lines, who: Customers, dice: Dice, count: int = 60) -> Contracts:
    """Frame contracts of a year with key accounts and some others; two thirds of their orders are called off them."""
    key = np.flatnonzero(who.segment == 0)
    others = np.flatnonzero((who.segment == 1) & (who.last == 99) & (who.first == 0))
    customer = np.concatenate([key, others[dice.order(len(others))[: count - len(key)]]])
    signed = np.datetime64("2025-01-06") + dice.between(0, 560, len(customer))
    ends = signed + 365
    contract_of = np.full(len(who.code), -1)
    contract_of[customer] = np.arange(len(customer))
    found = contract_of[lines.customer]
    inside = (found >= 0) & (lines.date >= signed[found]) & (lines.date <= ends[found]) & (lines.order % 3 != 0)
    return Contracts(customer, signed, ends, np.where(inside & ~lines.returned, found, -1))


def contracts_table(known: Contracts, lines: Lines, orders: pd.DataFrame, who: Customers, dice: Dice) -> pd.DataFrame:
    """The table `contracts`: amounts with tax in yuan, in full ten thousands; a few above their signer's authority."""
    count = len(known.customer)
    gross, delivered, invoiced = (np.zeros(count + 1, dtype=np.int64) for _ in range(3))
    value = yuan(lines, lines.amount + lines.tax, who)
    np.add.at(gross, known.of_line, value)
    np.add.at(delivered, known.of_line, np.where(lines.date <= AS_OF - 3, value, 0))
    np.add.at(invoiced, known.of_line, np.where(lines.date <= AS_OF - 8, value, 0))
    past = np.clip((AS_OF - known.signed).astype(np.int64), 30, 365)
    whole = gross[:-1] * 365 // past * dice.between(95, 125, count) // 100
    amount = np.maximum(whole, gross[:-1]) // 1_000_000 * 10_000 + 10_000
    region = who.region[known.customer]
    owner = first_signers(orders, who.code[known.customer], known.signed, region)
    return pd.DataFrame(
        {
            "contract": [f"CT{number + 1:03d}" for number in range(count)],
            "customer": who.code[known.customer],
            "signed": stamps(known.signed),
            "amount": amount.astype(float),
            "discount": dice.pick([10, 14, 14, 10, 6, 4, 2], count) * 2 / 100 + 0.02,
            "salesperson": owner,
            "status": np.where(known.ends < AS_OF, "closed", "active"),
            "delivered": delivered[:-1] / 100,
            "invoiced": invoiced[:-1] / 100,
            "retention": np.where(dice.chance(300, count), amount * 5 // 100, 0).astype(float),
            "ends": stamps(known.ends),
        }
    )


def first_signers(
    orders: pd.DataFrame, customer: NDArray[np.object_], signed: Days, region: NDArray[np.object_]
) -> NDArray[np.object_]:
    """Who signed: the owner at the customer's last order before, else the region's manager."""
    boss = {row[1]: row[0] for row in PEOPLE if row[2] == "manager"}
    asked = pd.DataFrame({"customer": customer, "date": stamps(signed), "place": np.arange(len(customer))})
    asked["customer"] = asked["customer"].astype(orders["customer"].dtype)
    history = orders[["customer", "date", "salesperson"]].sort_values("date", kind="stable")
    found = pd.merge_asof(asked.sort_values("date", kind="stable"), history, on="date", by="customer").sort_values(
        "place"
    )
    return np.where(found["salesperson"].isna(), pd.Series(region).map(boss), found["salesperson"]).astype(object)


def order_credits(orders: pd.DataFrame, dice: Dice) -> pd.DataFrame:
    """The table `order_credits`: one line in twenty is shared, with the manager or with two colleagues."""
    rows = orders.loc[dice.chance(50, len(orders)), ["order", "line", "salesperson", "region"]].reset_index(drop=True)
    boss = {row[1]: row[0] for row in PEOPLE if row[2] == "manager"}
    mate = {region: next(row[0] for row in PEOPLE if row[1] == region and row[2] == "key") for region in REGIONS}
    mate[TROUBLE] = "S16"  # her key account manager left
    second = np.where(
        rows["salesperson"] == rows["region"].map(boss), rows["region"].map(mate), rows["region"].map(boss)
    )
    third = rows["region"].map(mate).to_numpy()
    three = dice.chance(200, len(rows)) & (third != rows["salesperson"]) & (third != second)
    half = dice.chance(400, len(rows))
    first_share = np.where(three, 60, np.where(half, 50, 70))
    parts = [
        rows[["order", "line", "salesperson"]].assign(share=first_share / 100),
        rows[["order", "line"]].assign(salesperson=second, share=np.where(three, 25, 100 - first_share) / 100),
        rows.loc[three, ["order", "line"]].assign(salesperson=third[three], share=0.15),
    ]
    return pd.concat(parts, ignore_index=True).sort_values(["order", "line"], kind="stable", ignore_index=True)
