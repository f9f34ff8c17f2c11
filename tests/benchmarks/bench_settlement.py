"""Settlement and ageing of a million invoices and receipts: against polars' best form and a loop per customer."""

import sys
import time

import numpy as np
import pandas as pd
import polars as pl

from tests.benchmarks.bench_quantities import median
from xlsales.core.ageing import BUCKETS, ageing, ageing_of
from xlsales.core.settlement import settle

AS_OF = pd.Timestamp("2026-01-01")
EDGES = [-np.inf, 0, 30, 60, 90, 180, 365, np.inf]


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


def per_customer(
    invoices: pd.DataFrame, receipts: pd.DataFrame, *, age: bool
) -> tuple[list[tuple[int, int, int]], pd.DataFrame]:
    """A pandas loop over customers with two pointers inside: who settled what, in cents, and open money by bucket."""
    money = {key: group.sort_values("date", kind="stable") for key, group in receipts.groupby("customer")}
    pairs: list[tuple[int, int, int]] = []
    aged: dict[int, pd.Series] = {}
    for key, group in invoices.groupby("customer"):
        mine = money.get(key)
        cash = [] if mine is None else (mine["amount"] * 100).round().astype(int).tolist()
        names = [] if mine is None else mine["receipt"].tolist()
        owed, place, still = group.sort_values("due_date", kind="stable"), 0, []
        cents = (owed["amount"] * 100).round().astype(int).tolist()
        for invoice, amount in zip(owed["invoice"].tolist(), cents, strict=True):
            left = amount
            while left and place < len(cash):
                part = min(left, cash[place])
                pairs.append((names[place], invoice, part))
                left -= part
                cash[place] -= part
                place += cash[place] == 0
            still.append(left)
        if not age:
            continue
        late = (AS_OF - owed["due_date"]).dt.days
        aged[key] = pd.Series(still, index=owed.index).groupby(pd.cut(late, EDGES), observed=False).sum()
    return pairs, pd.DataFrame(aged).T / 100


def both(invoices: pd.DataFrame, receipts: pd.DataFrame) -> tuple[tuple[np.ndarray, ...], pd.DataFrame]:
    """Ours: who settled what, and the ageing by customer, of one settlement."""
    done = settle(invoices, receipts, AS_OF)
    return done.all_pairs, ageing_of(done, invoices, np.datetime64(AS_OF, "D"))


def main(rows: int = 1_000_000) -> None:
    invoices, receipts = ledger(rows)
    start = time.perf_counter()
    per_customer(invoices, receipts, age=False)  # once, at full size: it takes minutes
    middle = time.perf_counter()
    pairs, aged = per_customer(invoices, receipts, age=True)
    loop_pairs, loop = middle - start, time.perf_counter() - middle
    (_, _, cents), table = both(invoices, receipts)
    assert len(cents) == len(pairs)
    assert int(cents.sum()) == sum(part for _, _, part in pairs)
    ours = table.set_index("customer").loc[aged.index, list(BUCKETS)]
    assert np.abs(ours.to_numpy() - aged.to_numpy()).max() < 0.005
    theirs = [
        pl.from_pandas(frame).with_columns(cents=(pl.col("amount") * 100).round().cast(pl.Int64))
        for frame in (invoices, receipts)
    ]
    whole = median(lambda: both(invoices, receipts))
    rival = median(lambda: (polars_pairs(*theirs), polars_ageing(*theirs)))
    print(
        f"settlement with pairs and ageing by customer: {whole * 1e3:.0f} ms; polars {rival * 1e3:.0f} ms "
        f"({rival / whole:.1f}x); loop per customer {loop:.0f} s ({loop / whole:.0f}x)"
    )
    paired = median(lambda: settle(invoices, receipts, AS_OF).all_pairs)
    rival = median(lambda: polars_pairs(*theirs))
    print(
        f"  pairs alone: {paired * 1e3:.0f} ms; polars {rival * 1e3:.0f} ms ({rival / paired:.1f}x); "
        f"loop {loop_pairs:.0f} s ({loop_pairs / paired:.0f}x)"
    )
    age = median(lambda: ageing(invoices, receipts, AS_OF))
    rival = median(lambda: polars_ageing(*theirs))
    print(f"  ageing alone: {age * 1e3:.0f} ms; polars without pairs {rival * 1e3:.0f} ms ({rival / age:.1f}x)")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
