"""AdventureWorks from its files to the finished workbook: each part's time, the whole, and the peak of memory."""

import itertools
import os
import resource
import tempfile
import time
from datetime import datetime
from pathlib import Path

from xlsales import sources, steps, validate
from xlsales.build import workbook
from xlsales.worded import worded

ROOT = Path(__file__).resolve().parent.parent.parent
DATA = Path(os.environ.get("XLSALES_REAL_DATA", ROOT.parent / "shared" / "data")) / "adventureworks"
LIMIT_SECONDS, LIMIT_GB = 40, 1


def main() -> None:
    if not DATA.is_dir():
        print("AdventureWorks is not there: set XLSALES_REAL_DATA")
        return
    marks = [("start", time.perf_counter())]

    def mark(name: str) -> None:
        marks.append((name, time.perf_counter()))

    raw = sources.read(ROOT / "tests" / "data" / "adventureworks.toml", DATA)
    mark("read")
    checked = validate.validate_all(raw)
    mark("check")
    outcome = steps.run(checked.tables, checked.settings)
    mark("compute")
    with tempfile.TemporaryDirectory() as folder:
        target, now = Path(folder) / "aw.xlsx", datetime(2026, 1, 1)  # noqa: DTZ001 - any fixed moment
        told = worded(outcome.results, "en")
        workbook.build(target, checked.tables, told, checked.problems, checked.settings, lang="en", now=now)
        mark("write")
        size = target.stat().st_size
    for (_, before), (name, after) in itertools.pairwise(marks):
        print(f"{name:<10}{after - before:8.2f} s")
    whole = marks[-1][1] - marks[0][1]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    print(f"{'whole':<10}{whole:8.2f} s of {LIMIT_SECONDS} s    peak {peak:.2f} GB of {LIMIT_GB} GB    {size:,} bytes")


if __name__ == "__main__":
    main()
