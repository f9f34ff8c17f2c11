"""What if one driver changed: growth, price or head count, seen in the five quantities."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from xlsales.core.refusal import Refusal

QUANTITIES = ("sales", "volume", "margin", "profit", "collections")
DRIVERS = ("sales", "volume", "margin", "fixed")


def what_if(base: Mapping[str, float], expense: Mapping[str, float], changes: pd.DataFrame) -> pd.DataFrame:
    """The five quantities after each change of one driver, all else equal.

    base: the five quantities of the plan, NaN where unknown. expense: how margin less profit splits over its drivers
    (shares of sales, volume, margin, fixed, adding to 1). changes: driver (growth, price, heads) and change; of heads
    it is the sales that they add over the base sales. Growth and heads move volume, price stays; price moves sales,
    volume and cost stay, so that all of it reaches the margin. Expense follows its drivers; collections follow sales.
    Returns driver, change, the five quantities and gain_<quantity>; blank where the base does not say. Refuses
    what_if_driver, what_if_shares.

    >>> base = {"sales": 100.0, "volume": 10.0, "margin": 40.0, "profit": 20.0, "collections": 90.0}
    >>> rows = pd.DataFrame({"driver": ["growth", "price"], "change": [0.1, 0.1]})
    >>> what_if(base, {"fixed": 1.0}, rows).iloc[:, 2:7].round(9).values.tolist()
    [[110.0, 11.0, 44.0, 24.0, 99.0], [110.0, 10.0, 50.0, 30.0, 99.0]]
    """
    if abs(sum(expense.values()) - 1) > 1e-9 or set(expense) - set(DRIVERS):
        raise Refusal("what_if_shares", sum=float(sum(expense.values())))
    rows = []
    known = {name: float(base.get(name, np.nan)) for name in QUANTITIES}
    for driver, change in zip(changes["driver"], changes["change"].astype(float), strict=True):
        if driver not in {"growth", "price", "heads"}:
            raise Refusal("what_if_driver", driver=str(driver))
        sales = known["sales"] * (1 + change)
        volume = known["volume"] * (1.0 if driver == "price" else 1 + change)
        margin = known["margin"] + sales - known["sales"] if driver == "price" else known["margin"] * (1 + change)
        now = {"sales": sales, "volume": volume, "margin": margin}
        spent = known["margin"] - known["profit"]
        ratios = {name: _over(now[name], known[name]) for name in now} | {"fixed": 1.0}
        after = sum(spent * part * ratios[name] for name, part in expense.items() if part)
        now |= {"profit": margin - after, "collections": known["collections"] * _over(sales, known["sales"])}
        gains = {"gain_" + name: now[name] - known[name] for name in QUANTITIES}
        rows.append({"driver": driver, "change": change, **now, **gains})
    columns = ["driver", "change", *QUANTITIES, *("gain_" + name for name in QUANTITIES)]
    return pd.DataFrame(rows, columns=columns)


def _over(above: float, below: float) -> float:
    return above / below if below else np.nan
