"""The bridge of sales or margin from a base to an actual: price, volume, mix, new, lost, cost, exchange rate, other."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from xlsales.core.bridge_items import Measure, items_of
from xlsales.core.ratio import ratio
from xlsales.core.refusal import Refusal

EFFECTS = ("price", "volume", "mix", "new", "lost", "cost", "fx", "other")


def bridge(
    base: pd.DataFrame,
    actual: pd.DataFrame,
    measure: Measure = "sales",
    by: Sequence[str] = (),
    unit: float | None = 0.01,
) -> pd.DataFrame:
    """Effects that add to the difference of actual and base exactly.

    base, actual: item, quantity, price or amount, [cost (per unit) or cost_amount], [rate], [fx], [unit], by columns;
    price and amount in the item's currency, rate turns it into the reporting currency, cost is in the reporting
    currency. fx, where an item has several currencies: how much of the actual amount came from changed rates. Several
    rows of an item are added up. by columns are part of the item's key: what is sold in two regions is two items there.
    unit: the rounding of the parts, None = unrounded. Returns by..., effect, amount; effects price, volume, mix, new,
    lost, [cost] (margin only), [fx] (with rates or fx only), other, total. The parts are rounded by largest remainder,
    so that they add to the rounded total. Raises Refusal where a price or cost is missing.

    >>> base = pd.DataFrame({"item": ["A", "B"], "quantity": [500.0, 500], "price": [5.0, 10]})
    >>> actual = pd.DataFrame({"item": ["A", "B"], "quantity": [550.0, 650], "price": [5.0, 10]})
    >>> bridge(base, actual).set_index("effect")["amount"].to_dict()
    {'price': 0.0, 'volume': 1500.0, 'mix': 250.0, 'new': 0.0, 'lost': 0.0, 'other': 0.0, 'total': 1750.0}
    """
    parts = item_effects(base, actual, measure, by)
    rated = bool({"rate", "fx"} & {*base, *actual})
    shown = [name for name in EFFECTS if (name != "cost" or measure == "margin") and (name != "fx" or rated)]
    if not by:
        sums = parts[shown].sum().to_frame().T
    else:
        sums = parts.groupby(list(by), dropna=False, as_index=False)[shown].sum()
    values = sums[shown].to_numpy(dtype=np.float64)
    values = values if unit is None else np.vstack([rounded_parts(row, unit) for row in values])
    sums[shown] = values
    sums["total"] = values.sum(axis=1) if unit is None else np.rint(values.sum(axis=1) / unit) * unit
    sums["total"] = sums["total"] if unit is None else sums["total"].round(max(0, -int(np.floor(np.log10(unit)))))
    long = sums.melt(id_vars=list(by), value_vars=[*shown, "total"], var_name="effect", value_name="amount")
    return long if not by else long.sort_values(list(by), kind="stable", ignore_index=True)


def item_effects(
    base: pd.DataFrame, actual: pd.DataFrame, measure: Measure = "sales", by: Sequence[str] = ()
) -> pd.DataFrame:
    """The effects item by item (arguments of `bridge`); summed over anything they are that part of the one bridge.

    Volume and mix are of the item's group of one base unit: an item's volume effect is its base sales (or margin) times
    the growth of the group's quantity; its mix effect is the quantity it has beyond that, at the base price (or unit
    margin). Returns by..., item, unit, price, volume, mix, new, lost, cost, fx, other, unrounded.
    """
    if measure not in {"sales", "margin"}:
        raise Refusal("unknown_choice", name="measure", value=measure, choices="sales, margin")
    if ("rate" in base) != ("rate" in actual):
        raise Refusal("columns_missing", columns="rate")
    keys = [*by, "item"]
    old, new = items_of(base, keys, measure, "base"), items_of(actual, keys, measure, "actual")
    both = old.merge(new, on=keys, how="outer", suffixes=("0", "1"), validate="one_to_one")
    q0, q1, a0, a1, c0, c1 = (
        both[name].fillna(0.0).to_numpy(dtype=np.float64)
        for name in ("quantity0", "quantity1", "amount0", "amount1", "cost0", "cost1")
    )
    f1 = both["rate1"].fillna(both["rate0"]).to_numpy(dtype=np.float64)
    f0 = both["rate0"].fillna(both["rate1"]).to_numpy(dtype=np.float64)
    moved = both["fx1"].fillna(0.0).to_numpy(dtype=np.float64)
    fx = a1 * (f1 - f0) + moved
    sales0, sales1 = a0 * f0, a1 * f0 - moved
    value0, value1 = (sales0 - c0, sales1 - c1) if measure == "margin" else (sales0, sales1)
    going, arrived, gone = (q0 > 0) & (q1 > 0), (q0 == 0) & (q1 > 0), (q0 > 0) & (q1 == 0)
    # A quantity of 0 with money beside it is a fee or a correction, not a lost or new item's sale.
    arrived &= value0 == 0
    gone &= value1 == 0
    p0, p1 = np.nan_to_num(ratio(sales0, q0)), np.nan_to_num(ratio(sales1, q1))
    k0, k1 = np.nan_to_num(ratio(c0, q0)), np.nan_to_num(ratio(c1, q1))
    m0 = p0 - k0 if measure == "margin" else p0
    units = pd.factorize(both["unit0"].fillna(both["unit1"]), use_na_sentinel=False)[0]
    total0 = np.bincount(units, np.where(going, q0, 0.0))[units]
    total1 = np.bincount(units, np.where(going, q1, 0.0))[units]
    kept = q0 * np.nan_to_num(ratio(total1, total0))  # the item's quantity had it grown like its group
    table = both[keys].assign(unit=both["unit0"].fillna(both["unit1"]))
    effects = {
        "price": going * (p1 - p0) * q1,
        "volume": going * (kept - q0) * m0,
        "mix": going * (q1 - kept) * m0,
        "new": arrived * value1,
        "lost": -(gone * value0),
        "cost": going * (k0 - k1) * q1 if measure == "margin" else 0.0 * q1,
        "fx": fx,
        "other": ~(going | arrived | gone) * (value1 - value0),
    }
    return table.assign(**effects)


def rounded_parts(
    parts: np.ndarray[tuple[int], np.dtype[np.float64]], unit: float
) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Parts of either sign as multiples of unit that add to their rounded total (largest remainder).

    >>> rounded_parts(np.array([0.4, 0.4, -0.2]), 1.0).tolist()
    [1.0, 0.0, 0.0]
    """
    inverse = np.rint(1 / unit) if unit < 1 else 1 / unit
    scaled = parts * inverse
    floors = np.floor(scaled + 1e-9)
    left = int(np.rint(scaled.sum())) - int(floors.sum())
    order = np.argsort(floors - scaled, kind="stable")
    floors[order[:left]] += 1
    whole: np.ndarray[tuple[int], np.dtype[np.float64]] = floors / inverse + 0.0
    return whole


def with_levels(effects: pd.DataFrame, base: float, unit: float = 0.01) -> pd.DataFrame:
    """The bridge between its two levels: effect base before the effects, actual after them; base + total = actual.

    effects: effect, amount of one bridge, total included; base: the base's sales or margin.

    >>> with_levels(pd.DataFrame({"effect": ["price", "total"], "amount": [-4.0, -4.0]}), 10.0)["amount"].tolist()
    [10.0, -4.0, -4.0, 6.0]
    """
    start = float(np.rint(base / unit) * unit)
    total = float(effects.loc[effects["effect"] == "total", "amount"].sum())
    ends = [pd.DataFrame({"effect": [name], "amount": [round(level, 6)]})
            for name, level in (("base", start), ("actual", start + total))]  # fmt: skip
    return pd.concat([ends[0], effects, ends[1]], ignore_index=True)


def bridge_by(base: pd.DataFrame, actual: pd.DataFrame, by: str, measure: Measure = "sales") -> pd.DataFrame:
    """The bridge of every member of a column, side by side: by, base, the effects, total, actual.

    base, actual: as for `bridge`, with the column by and amount (and cost_amount for margin), so with `lines_as_items`.
    What is sold in two members is two items. The parts of each row add to its total exactly, and base + total = actual.

    >>> base = pd.DataFrame({"region": ["N"], "item": ["A"], "quantity": [2.0], "amount": [20.0]})
    >>> actual = pd.DataFrame({"region": ["N"], "item": ["A"], "quantity": [3.0], "amount": [27.0]})
    >>> bridge_by(base, actual, "region")[["base", "price", "volume", "total", "actual"]].values.tolist()
    [[20.0, -3.0, 10.0, 7.0, 27.0]]
    """
    long = bridge(base, actual, measure, [by])
    place = long[by].astype(object).where(long[by].notna(), "")
    wide = long.assign(place=place).pivot_table(index="place", columns="effect", values="amount", aggfunc="sum")
    worth = base["amount"] - (base["cost_amount"] if measure == "margin" else 0.0)
    start = worth.groupby(base[by].astype(object).where(base[by].notna(), "")).sum().reindex(wide.index).fillna(0.0)
    shown = [effect for effect in EFFECTS if effect in wide]
    table = wide[[*shown, "total"]].assign(base=start.round(2)).rename_axis(columns=None)
    table["actual"] = (table["base"] + table["total"]).round(2)
    return table.rename_axis(by).reset_index()[[by, "base", *shown, "total", "actual"]]
