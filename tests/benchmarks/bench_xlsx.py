"""A million order lines of twelve columns into a workbook and back; rivals: XlsxWriter's constant memory, calamine.

A rival that takes more than ten seconds is timed once.
"""

import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd
import xlsxwriter
from python_calamine import CalamineWorkbook

from xlsales import sources, validate
from xlsales.build import workbook
from xlsales.schema import TABLES

TIMES, PATIENCE = 7, 10.0


def orders(rows: int) -> pd.DataFrame:
    chance = np.random.default_rng(7)

    def some(letter: str, count: int) -> object:
        names = np.array([f"{letter}-{number:05d}" for number in range(count)])
        return pd.array(names[chance.integers(0, count, rows)], dtype="str")

    days = np.datetime64("2024-01-01", "s") + chance.integers(0, 730, rows) * np.timedelta64(86_400, "s")
    frame = pd.DataFrame(
        {
            "order": pd.array([f"SO{number // 4:07d}" for number in range(rows)], dtype="str"),
            "line": pd.array([str(number % 4 + 1) for number in range(rows)], dtype="str"),
            "date": days,
            "customer": some("C", 20_000),
            "product": some("P", 400),
            "salesperson": some("S", 120),
            "region": some("R", 40),
            "quantity": chance.integers(1, 50, rows).astype(float),
            "unit_price": np.round(chance.lognormal(4, 1, rows), 2),
            "discount": chance.integers(0, 20, rows) / 100,
        }
    )
    amount = np.round(frame["quantity"] * frame["unit_price"] * (1 - frame["discount"]), 2)
    return frame.assign(amount=amount, cost=np.round(amount * 0.7, 2))


def median(work: Callable[[], object]) -> float:
    taken: list[float] = []
    while len(taken) < TIMES and not (taken and taken[0] > PATIENCE):
        start = time.perf_counter()
        work()
        taken.append(time.perf_counter() - start)
    return statistics.median(taken)


def rival_writes(path: Path, frame: pd.DataFrame) -> None:
    with xlsxwriter.Workbook(str(path), {"constant_memory": True}) as book:
        page, day = book.add_worksheet(), book.add_format({"num_format": "yyyy-mm-dd"})
        page.write_row(0, 0, list(frame.columns))
        for row, values in enumerate(zip(*(frame[name].tolist() for name in frame), strict=True), 1):
            for column, value in enumerate(values):
                if column == 2:
                    page.write_datetime(row, column, value.to_pydatetime(), day)
                elif isinstance(value, str):
                    page.write_string(row, column, value)
                else:
                    page.write_number(row, column, value)


def main(rows: int = 1_000_000, rival: bool = True) -> None:
    frame, now = orders(rows), datetime(2026, 1, 1)  # noqa: DTZ001 - any fixed moment
    checked = validate.validate_all({})
    tables = {**checked.tables, "orders": frame}
    with tempfile.TemporaryDirectory() as folder:
        path, other = Path(folder) / "ours.xlsx", Path(folder) / "rival.xlsx"
        ours = median(lambda: workbook.build(path, tables, {}, [], checked.settings, lang="en", now=now))
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
        print(
            f"{rows:,} x {frame.shape[1]} written: {ours:.1f} s, {path.stat().st_size / 1e6:.0f} MB, peak {peak:.2f} GB"
        )
        if rival:
            theirs = median(lambda: rival_writes(other, frame))
            print(f"  XlsxWriter, constant memory: {theirs:.1f} s ({theirs / ours:.1f}x)")

        def read() -> None:
            found, _ = validate.validate(TABLES["orders"], sources.read(path).tables["orders"])
            assert len(found) == rows

        base = median(lambda: CalamineWorkbook.from_path(path).get_sheet_by_name("Orders").to_python())
        whole = median(read)
        print(f"read and checked: {whole:.1f} s; calamine alone {base:.1f} s ({whole / base:.2f} of it)")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000, "--ours" not in sys.argv)
