"""Settlement and ageing of a million invoices and receipts: against polars' best form and a loop per customer."""

import sys
import time

import numpy as np
import pandas as pd
import polars as pl

from tests.benchmarks.bench_quantities import median
from xlsales.core.ageing import ageing
from xlsales.core.settlement import settle

AS_OF = pd.Timestamp("2026-01-01")


def ledger(rows: int, seed: int = 11) -> tuple[pd.DataFrame, pd.DataFrame]:
    rng = np.random.default_rng(seed)
    start = np.datetime64("2025-01-01", "s")
    customer = rng.integers(0, max(50, rows // 20), rows)
    date = start + rng.integers(0, 365, rows) * np.timedelta64(86_400, "s")
    invoices = pd.DataFrame({"customer": customer, "invoice": np.arange(rows), "date": date})
    invoices = invoices.assign(due_date=date + np.timedelta64(30 * 86_400, "s"))
    invoices["amount"] = (rng.lognormal(6, 1, rows) * 100).astype(np.int64) / 100 + 0.01
    paid = start + rng.integers(20, 366, rows) * np.timedelta64(86_400, "s")
    receipts = pd.DataFrame({"receipt": np.arange(rows), "customer": customer[rng.permutation(rows)], "date": paid})
    return invoices, receipts.assign(amount=(rng.lognormal(5.8, 1, rows) * 100).astype(np.int64) / 100 + 0.01)


def polars_ageing(invoices: pl.DataFrame, receipts: pl.DataFrame) -> pl.DataFrame:
    """The best form we know: sort, cumulative sums over the customer, clip. Ageing only, no pairs."""
    paid = receipts.lazy().group_by("customer").agg(pl.col("cents").sum().alias("paid"))
    owed = invoices.lazy().sort(["customer", "due_date"], maintain_order=True)
    owed = owed.with_columns(before=pl.col("cents").cum_sum().over("customer") - pl.col("cents"))
    owed = owed.join(paid, on="customer", how="left")
    used = (pl.col("paid").fill_null(0) - pl.col("before")).clip(0, pl.col("cents"))
    late = (pl.lit(AS_OF.to_pydatetime()) - pl.col("due_date")).dt.total_days()
    owed = owed.with_columns(open=pl.col("cents") - used, bucket=late.cut([0, 30, 60, 90, 180, 365]))
    return owed.group_by("customer", "bucket").agg(pl.col("open").sum()).collect()


def polars_pairs(invoices: pl.DataFrame, receipts: pl.DataFrame) -> pl.DataFrame:
    """Who settled what: intervals on the customer's axis joined and filtered."""
    sides = []
    for frame, when in ((invoices, "due_date"), (receipts, "date")):
        sorted_ = frame.lazy().sort(["customer", when], maintain_order=True)
        end = sorted_.with_columns(end=pl.col("cents").cum_sum().over("customer"))
        sides.append(end.select("customer", "end", start=pl.col("end") - pl.col("cents")))
    both = sides[0].join(sides[1], on="customer")
    return both.filter((pl.col("start") < pl.col("end_right")) & (pl.col("start_right") < pl.col("end"))).collect()


def per_customer(invoices: pd.DataFrame, receipts: pd.DataFrame) -> float:
    """A pandas loop over customers with two pointers inside."""
    money = {key: group.sort_values("date") for key, group in receipts.groupby("customer")}
    left = 0
    for key, group in invoices.groupby("customer"):
        cash = (money[key]["amount"] * 100).round().astype(int).tolist() if key in money else []
        place = 0
        for amount in (group.sort_values("due_date")["amount"] * 100).round().astype(int).tolist():
            still = amount
            while still and place < len(cash):
                part = min(still, cash[place])
                still -= part
                cash[place] -= part
                place += cash[place] == 0
            left += still
    return left / 100


def main(rows: int = 1_000_000) -> None:
    invoices, receipts = ledger(rows)
    start = time.perf_counter()
    left = per_customer(invoices, receipts)  # once, at full size: it takes minutes
    loop = time.perf_counter() - start
    open_ = settle(invoices, receipts, AS_OF).table()["open"]
    assert abs(open_[open_ > 0].sum() - left) < 0.01
    theirs = [
        pl.from_pandas(frame).with_columns(cents=(pl.col("amount") * 100).round().cast(pl.Int64))
        for frame in (invoices, receipts)
    ]
    age, rival_age = median(lambda: ageing(invoices, receipts, AS_OF)), median(lambda: polars_ageing(*theirs))
    pairs = median(lambda: settle(invoices, receipts, AS_OF).all_pairs)
    rival_pairs = median(lambda: polars_pairs(*theirs))
    print(
        f"settlement with pairs: {pairs * 1e3:.0f} ms; polars {rival_pairs * 1e3:.0f} ms ({rival_pairs / pairs:.1f}x); "
        f"loop per customer {loop:.0f} s ({loop / pairs:.0f}x)"
    )
    print(
        f"ageing by customer (with its settlement): {age * 1e3:.0f} ms; polars without pairs {rival_age * 1e3:.0f} ms "
        f"({rival_age / age:.1f}x)"
    )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
