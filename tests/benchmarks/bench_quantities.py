"""Five quantities of a million order lines and their receipts by dimension and month: the cube against DuckDB."""

import statistics
import sys
import time
from collections.abc import Callable

import duckdb
import numpy as np
import pandas as pd

from xlsales.core.cube import Cube

DIMENSIONS = {"product": 400, "salesperson": 120, "region": 40, "channel": 8, "customer": 20_000}


def company(rows: int, seed: int = 7) -> tuple[pd.DataFrame, pd.DataFrame]:
    rng = np.random.default_rng(seed)

    def columns(size: int) -> dict[str, object]:
        start = np.datetime64("2024-01-01", "s")
        found: dict[str, object] = {"date": start + rng.integers(0, 730, size) * np.timedelta64(86_400, "s")}
        for name, count in DIMENSIONS.items():
            names = np.array([f"{name[:4].upper()}-{number:05d}" for number in range(count)])
            found[name] = pd.array(names[rng.integers(0, count, size)], dtype="str")
        return found

    sales = np.round(rng.lognormal(6, 1, rows), 2)
    cost = np.round(sales * rng.uniform(0.5, 1.1, rows), 2)
    lines = pd.DataFrame(columns(rows) | {"sales": sales, "volume": rng.integers(1, 50, rows).astype(float)})
    lines = lines.assign(margin=sales - cost, profit=sales - cost - np.round(sales * 0.03, 2))
    cash = pd.DataFrame(columns(rows // 2) | {"collections": np.round(rng.lognormal(6, 1, rows // 2), 2)})
    return lines, cash


def median(work: Callable[[], object], times: int = 7) -> float:
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        work()
        taken.append(time.perf_counter() - start)
    return statistics.median(taken)


def median_of(made: Callable[[], Cube], work: Callable[[Cube], object], times: int = 7) -> float:
    """The median time of work on something that is made anew each time, untimed."""
    taken = []
    for _ in range(times):
        cube = made()
        start = time.perf_counter()
        work(cube)
        taken.append(time.perf_counter() - start)
    return statistics.median(taken)


def rival(lines: pd.DataFrame, cash: pd.DataFrame, by: str, where: str = "") -> pd.DataFrame:
    where = f"WHERE {where}" if where else ""
    return duckdb.sql(
        f"""WITH l AS (SELECT "{by}", date_trunc('month', date) AS month, sum(sales) AS sales, sum(volume) AS volume,
                sum(margin) AS margin, sum(profit) AS profit FROM lines {where} GROUP BY ALL),
            c AS (SELECT "{by}", date_trunc('month', date) AS month, sum(collections) AS collections
                FROM cash {where} GROUP BY ALL)
        SELECT *, margin / nullif(sales, 0) AS margin_rate, profit / nullif(sales, 0) AS profit_rate
        FROM l FULL JOIN c USING ("{by}", month) ORDER BY 1, 2"""
    ).df()


def main(rows: int = 1_000_000) -> None:
    lines, cash = company(rows)

    def fresh() -> Cube:
        return Cube(lines, cash, dimensions=list(DIMENSIONS))

    def asked_once() -> Cube:
        cube = fresh()
        cube.table(["product"], "month")
        return cube

    warm = asked_once()
    for by in DIMENSIONS:
        ours, theirs = warm.table([by], "month"), rival(lines, cash, by)
        for name in ("sales", "margin", "profit", "collections"):
            assert abs(ours[name].sum() - theirs[name].sum()) < 0.01, name
            assert len(ours) == len(theirs)
    duck = median(lambda: rival(lines, cash, "product"))
    first = median(lambda: fresh().table(["product"], "month"))
    print(f"one dimension x month: DuckDB {duck * 1e3:.0f} ms, first call {first * 1e3:.0f} ms ({duck / first:.2f}x)")
    print("further calls on unchanged data, each as the second call of a new cube, and asked again:")
    regions = [f"REGI-{number:05d}" for number in range(20)]
    calls: dict[str, tuple[str, dict[str, object], str]] = {by: (by, {}, "") for by in DIMENSIONS}
    calls["product where one region"] = ("product", {"region": regions[3]}, "region = 'REGI-00003'")
    calls["product where half of the regions"] = ("product", {"region": regions}, "region < 'REGI-00020'")
    calls["channel where one customer"] = ("channel", {"customer": "CUST-00077"}, "customer = 'CUST-00077'")
    for name, (by, where, condition) in calls.items():
        theirs_time = median(lambda by=by, condition=condition: rival(lines, cash, by, condition))
        second = median_of(asked_once, lambda cube, by=by, where=where: cube.table([by], "month", where))
        again = median(lambda by=by, where=where: warm.table([by], "month", where))
        print(
            f"  {name}: DuckDB {theirs_time * 1e3:.0f} ms, second call {second * 1e3:.1f} ms "
            f"({theirs_time / second:.1f}x), again {again * 1e3:.1f} ms ({theirs_time / again:.0f}x)"
        )
    duck = median(lambda: [rival(lines, cash, by) for by in DIMENSIONS])
    ours_time = median_of(fresh, lambda cube: [cube.table([by], "month") for by in DIMENSIONS])
    print(f"all five: DuckDB {duck * 1e3:.0f} ms, cube from nothing {ours_time * 1e3:.0f} ms ({duck / ours_time:.2f}x)")
    rng = np.random.default_rng(1)
    asked = [
        (f"PROD-{p:05d}", f"2024-{m:02d}")
        for p, m in zip(rng.integers(0, 400, 3000), rng.integers(1, 13, 3000), strict=True)
    ]
    warm.figure("sales", {"product": "PROD-00001"}, "2024-01")
    single = median(lambda: [warm.figure("sales", {"product": p}, m) for p, m in asked])
    print(f"3000 single figures: {single / 3000 * 1e6:.1f} us each")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
