"""How long checking takes: 100 000 order lines of texts, the same typed, the same all wrong; rival: pandas alone.

The rival only parses (to_numeric, to_datetime) and looks for unknown customers and doubled keys; it names nothing.
"""

import statistics
import time
from collections.abc import Callable
from functools import partial

import numpy as np
import pandas as pd

from xlsales.validate import validate_all

ROWS, TIMES = 100_000, 3


def lines() -> pd.DataFrame:
    """Order lines as a CSV reader gives them: texts only."""
    chance = np.random.default_rng(7)
    days = np.datetime64("2025-01-01") + chance.integers(0, 365, ROWS)
    price, quantity = chance.integers(100, 90_000, ROWS) / 100, chance.integers(1, 50, ROWS)
    frame = pd.DataFrame(
        {
            "order": np.arange(ROWS) // 4,
            "line": np.arange(ROWS) % 4,
            "date": days.astype(str),
            "customer": chance.integers(0, 5_000, ROWS),
            "product": chance.integers(0, 800, ROWS),
            "salesperson": chance.integers(0, 60, ROWS),
            "region": chance.integers(0, 40, ROWS),
            "quantity": quantity,
            "unit_price": price,
            "discount": chance.integers(0, 20, ROWS) / 100,
            "amount": np.round(price * quantity, 2),
            "tax": np.round(price * quantity * 0.13, 2),
            "cost": np.round(price * quantity * 0.7, 2),
            "currency": "CNY",
            "kind": "sale",
            **{f"extra_{index}": chance.integers(0, 9, ROWS) for index in range(5)},
        }
    )
    return frame.astype("str")


def masters() -> dict[str, pd.DataFrame]:
    counts = {"customer": 5_000, "product": 800, "salesperson": 60, "region": 40}
    tables = {"customer": "customers", "product": "products", "salesperson": "salespeople", "region": "regions"}
    return {tables[key]: pd.DataFrame({key: np.arange(count).astype(str)}) for key, count in counts.items()}


def rival(frame: pd.DataFrame, known: set[str]) -> int:
    for name in ("quantity", "unit_price", "discount", "amount", "tax", "cost"):
        pd.to_numeric(frame[name], errors="coerce")
    pd.to_datetime(frame["date"], errors="coerce")
    return int((~frame["customer"].isin(known)).sum() + frame[["order", "line"]].duplicated().sum())


def median(work: Callable[[], object]) -> float:
    taken = []
    for _ in range(TIMES):
        start = time.perf_counter()
        work()
        taken.append(time.perf_counter() - start)
    return statistics.median(taken)


def main() -> None:
    texts, side = lines(), masters()
    typed = validate_all({"orders": texts, **side}).tables["orders"]
    wrong = texts.assign(quantity="x" + texts["quantity"], customer="Z" + texts["customer"])
    base = median(partial(rival, texts, set(side["customers"]["customer"])))
    print(f"{ROWS:,} rows x {texts.shape[1]} columns, median of {TIMES}")
    print(f"pandas alone           {base:6.2f} s")
    for name, frame in (("texts", texts), ("typed", typed), ("two wrong cells a row", wrong)):
        taken = median(partial(validate_all, {"orders": frame, **side}))
        print(f"{name:<22} {taken:6.2f} s  {taken / base:5.1f} x pandas alone")


if __name__ == "__main__":
    main()
