"""The two sides of a bridge: items made of order lines, and what changed exchange rates did to them."""

from collections.abc import Sequence
from typing import Literal

import numpy as np
import pandas as pd

from xlsales.core.ratio import ratio
from xlsales.core.refusal import Refusal

Measure = Literal["sales", "margin"]


def base_rates(base: pd.DataFrame, actual: pd.DataFrame) -> pd.Series | None:
    """The mean rate of each currency on the base's lines (by sales); None where neither side has a foreign line.

    base, actual: order lines (`order_measures`) with currency and rate. A currency that the base does not know is not
    there: its sales have no exchange effect.

    >>> base = pd.DataFrame({"currency": ["USD", "USD"], "rate": [7.0, 8.0], "sales": [70.0, 240.0]})
    >>> base_rates(base, base).to_dict()
    {'USD': 7.75}
    """
    if not all({"currency", "rate"} <= set(side) for side in (base, actual)):
        return None
    if not any((side["rate"] != 1.0).any() for side in (base, actual)):
        return None
    local = base["sales"] / base["rate"]
    frame = pd.DataFrame({"sales": base["sales"], "local": local, "rate": base["rate"]})
    groups = frame.groupby(base["currency"].fillna(""))
    sums = groups[["sales", "local"]].sum()
    weighted = pd.Series(ratio(sums["sales"], sums["local"]), index=sums.index)
    # Where returns outweigh sales a weighted mean may lie far outside the rates: then the plain mean of the lines.
    low, high, mean = groups["rate"].min(), groups["rate"].max(), groups["rate"].mean()
    return weighted.where((weighted >= low - 1e-9) & (weighted <= high + 1e-9), mean)


def lines_as_items(
    lines: pd.DataFrame, item: str = "product", by: Sequence[str] = (), rates: pd.Series | None = None
) -> pd.DataFrame:
    """Order lines (`order_measures`) as a side of the bridge: by..., item, quantity, amount, cost_amount, unit, [fx].

    rates: what `base_rates` returns; with it, fx is the part of the amount by which each line's rate differs from the
    rate of the base: Σ sales in the line's currency × (rate − base rate). Lines of unknown cost make cost_amount blank
    for their item, so that a margin bridge refuses instead of guessing.

    >>> lines = pd.DataFrame({"product": ["P", "P"], "sales": [10.0, 20], "volume": [1.0, 2], "cost": [6.0, 12]})
    >>> lines_as_items(lines)
      item  quantity  amount  cost_amount  unit
    0    P       3.0    30.0         18.0  None
    """
    unit = lines["base_unit"] if "base_unit" in lines else pd.Series(None, index=lines.index, dtype=object)
    if lines["volume"].isna().any():
        raise Refusal("bridge_quantity_missing", rows=int(lines["volume"].isna().sum()))
    frame = lines[[*by]].assign(item=lines[item], unit=unit, quantity=lines["volume"], amount=lines["sales"])
    frame = frame.assign(cost_amount=lines["cost"], __unknown=lines["cost"].isna())
    plan = {
        "quantity": ("quantity", "sum"),
        "amount": ("amount", "sum"),
        "cost_amount": ("cost_amount", "sum"),
        "unit": ("unit", "first"),
        "unknown": ("__unknown", "any"),
    }
    if rates is not None:
        then = lines["currency"].fillna("").map(rates).fillna(lines["rate"]).astype(float)
        frame = frame.assign(fx=lines["sales"] - lines["sales"] / lines["rate"] * then)
        plan["fx"] = ("fx", "sum")
    grouped = frame.groupby([*by, "item"], dropna=False, as_index=False, observed=True)
    _one_value(grouped[["unit"]].nunique(), "unit", "bridge_item_units")
    sums = grouped.agg(**plan)
    return sums.assign(cost_amount=sums["cost_amount"].mask(sums["unknown"])).drop(columns="unknown")


def items_of(table: pd.DataFrame, keys: list[str], measure: Measure, side: str) -> pd.DataFrame:
    """One row per key: quantity, amount (own currency), cost (reporting currency), rate, fx, unit.

    Raises Refusal where a column, a quantity, a price, a cost or a rate is missing, or an item has two rates or units.

    >>> table = pd.DataFrame({"item": ["A", "A"], "quantity": [1.0, 2], "price": [5.0, 5]})
    >>> items_of(table, ["item"], "sales", "base")[["quantity", "amount"]].values.tolist()
    [[3.0, 15.0]]
    """
    missing = [name for name in [*keys, "quantity"] if name not in table]
    missing += [] if {"price", "amount"} & set(table.columns) else ["price"]
    missing += [] if measure == "sales" or {"cost", "cost_amount"} & set(table.columns) else ["cost"]
    if missing:
        raise Refusal("columns_missing", columns=", ".join(missing))
    quantity = table["quantity"].astype(float)
    if quantity.isna().any():
        raise Refusal("bridge_quantity_missing", rows=int(quantity.isna().sum()))
    amount = _money(table, "amount", "price", quantity, side)
    cost = _money(table, "cost_amount", "cost", quantity, side) if measure == "margin" else amount * 0.0
    frame = table[keys].assign(
        quantity=quantity,
        amount=amount,
        cost=cost,
        rate=table["rate"].astype(float) if "rate" in table else 1.0,
        fx=table["fx"].astype(float) if "fx" in table else 0.0,
        unit=table["unit"].astype(object) if "unit" in table else None,
    )
    if frame["rate"].isna().any():
        raise Refusal("bridge_rate_missing", item=str(frame.loc[frame["rate"].isna(), "item"].iloc[0]))
    grouped = frame.groupby(keys, dropna=False, as_index=False, observed=True)
    for name, code in (("rate", "bridge_item_rates"), ("unit", "bridge_item_units")):
        _one_value(grouped[[name]].nunique(), name, code)
    plan = {"quantity": "sum", "amount": "sum", "cost": "sum", "rate": "first", "fx": "sum", "unit": "first"}
    sums: pd.DataFrame = grouped.agg(plan)
    return sums


def _money(table: pd.DataFrame, total: str, each: str, quantity: pd.Series, side: str) -> pd.Series:
    """The stated total where given, else quantity × the figure per unit; 0 of a quantity of 0."""
    found = table[total].astype(float) if total in table else pd.Series(np.nan, index=table.index)
    if each in table:
        found = found.where(found.notna(), quantity * table[each].astype(float))
        found = found.mask(found.isna() & (quantity == 0), 0.0)
    if found.isna().any():
        at = table.loc[found.isna(), "item"].iloc[0]
        raise Refusal("bridge_value_missing", column=each, item=str(at), side=side, rows=int(found.isna().sum()))
    return found


def _one_value(counted: pd.DataFrame, name: str, code: str) -> None:
    """Refuse an item that has several units or rates: they cannot be added up."""
    many = counted.loc[counted[name] > 1, "item"]
    if len(many):
        raise Refusal(code, item=str(many.iloc[0]))
