"""Margin by member: sales, cost, margin, and what was sold below its cost."""

import numpy as np
import pandas as pd

from xlsales.core.ratio import ratio
from xlsales.core.refusal import Refusal

NEEDED = ("sales", "volume", "cost", "margin")


def margin_report(lines: pd.DataFrame, by: str) -> pd.DataFrame:
    """Margin of each member of a dimension, over the lines whose cost is known.

    lines: what `order_measures` returns, with the column `by`. Returns by, lines, sales, volume (blank where base units
    differ), cost, margin, margin_rate, lines_below_cost, margin_below_cost (at most 0), unknown_lines, unknown_sales
    (lines without a known cost, in no other column). A line below cost is a sale whose margin is below 0.
    Refuses columns_missing.

    >>> lines = pd.DataFrame({"product": ["P", "P", "Q"], "sales": [100.0, 50.0, 30.0], "volume": [2.0, 1.0, 1.0],
    ...                       "cost": [60.0, 55.0, None], "margin": [40.0, -5.0, None]})
    >>> margin_report(lines, "product")[["product", "margin", "lines_below_cost", "unknown_sales"]].values.tolist()
    [['P', 35.0, 1.0, 0.0], ['Q', nan, 0.0, 30.0]]
    """
    missing = [name for name in (by, *NEEDED) if name not in lines]
    if missing:
        raise Refusal("columns_missing", columns=", ".join(missing))
    known = lines["margin"].notna().to_numpy()
    below = known & (lines["margin"] < 0).to_numpy() & (lines["sales"] > 0).to_numpy()
    parts = pd.DataFrame(
        {
            by: lines[by],
            "lines": known.astype(float),
            **{name: np.where(known, lines[name], 0.0) for name in NEEDED},
            "lines_below_cost": below.astype(float),
            "margin_below_cost": np.where(below, lines["margin"], 0.0),
            "unknown_lines": (~known).astype(float),
            "unknown_sales": np.where(known, 0.0, lines["sales"]),
        }
    )
    table = parts.groupby(by, dropna=False, sort=True).sum().reset_index()
    if "base_unit" in lines:
        units = lines.groupby(by, dropna=False, sort=True)["base_unit"].nunique(dropna=False).to_numpy()
        table["volume"] = table["volume"].where(units == 1)
    for name in NEEDED:
        table[name] = table[name].where(table["lines"] > 0)
    table["margin_rate"] = ratio(table["margin"], table["sales"])
    return table


def lines_below_cost(lines: pd.DataFrame) -> pd.DataFrame:
    """The sales whose margin is below 0, the dearest loss first; the lines that `margin_report` counts.

    lines: what `order_measures` returns. Returns the same columns.

    >>> lines = pd.DataFrame({"order": ["a", "b", "c"], "sales": [9.0, 5.0, -4.0], "margin": [-1.0, -2.0, -3.0]})
    >>> lines_below_cost(lines)["order"].tolist()
    ['b', 'a']
    """
    below = (lines["margin"] < 0) & (lines["sales"] > 0)
    return lines[below.fillna(False).to_numpy(bool)].sort_values("margin", kind="stable", ignore_index=True)
