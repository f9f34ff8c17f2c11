"""Fifty million generated order lines in Parquet: the five quantities by DuckDB, its memory, the disk's own limit."""

import resource
import sys
import tempfile
import time
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from xlsales.core.order_lines import order_measures
from xlsales.core.quantities import five_quantities

PART = 1_000_000


def generate(path: Path, rows: int) -> None:
    chance = np.random.default_rng(7)
    names = {key: pa.array([f"{key[0].upper()}{number:05d}" for number in range(count)])
             for key, count in (("product", 400), ("region", 40), ("customer", 20_000))}  # fmt: skip
    writer = None
    for start in range(0, rows, PART):
        size = min(PART, rows - start)
        days = np.datetime64("2024-01-01", "s") + chance.integers(0, 730, size) * np.timedelta64(86_400, "s")
        amount = np.round(chance.lognormal(5, 1, size), 2)
        columns = {"date": pa.array(days), "quantity": pa.array(chance.integers(1, 50, size).astype(float))}
        columns |= {"amount": pa.array(amount), "cost": pa.array(np.round(amount * 0.7, 2))}
        for key, known in names.items():
            columns[key] = pa.DictionaryArray.from_arrays(pa.array(chance.integers(0, len(known), size)), known).cast(
                pa.string()
            )
        part = pa.table(columns)
        writer = writer or pq.ParquetWriter(path, part.schema)
        writer.write_table(part)
    if writer:
        writer.close()


def main(rows: int = 50_000_000) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "orders.parquet"
        generate(path, rows)
        start = time.perf_counter()
        with path.open("rb", buffering=0) as stream:
            while stream.read(1 << 24):
                pass
        disk = time.perf_counter() - start
        engine = duckdb.connect(":memory:", config={"memory_limit": "3GB", "temp_directory": folder})
        lines = order_measures(engine.read_parquet(str(path)))
        for by, period in (([], "none"), (["product"], "month"), (["region", "product"], "year")):
            start = time.perf_counter()
            found = five_quantities(lines, by=by, period=period)
            print(
                f"{', '.join(by) or 'company'} x {period}: {len(found):,} rows in {time.perf_counter() - start:.1f} s"
            )
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
        size = path.stat().st_size / 1e9
        print(f"{rows:,} lines, {size:.2f} GB on disk, read alone in {disk:.1f} s; peak {peak:.2f} GB")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 50_000_000)
