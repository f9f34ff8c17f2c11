"""What a click or a first function costs before it works: importing it, against importing pandas and xlwings alone."""

import statistics
import subprocess
import sys

BASE = "import pandas, xlwings"
CASES = {
    "a button that computes (Refresh margin)": "import xlsales.hosts.book, xlsales.commands.finance",
    "a button that only writes (Language)": "import xlsales.hosts.book, xlsales.commands.book",
    "the first function in a cell": "from xlsales.hosts import excel; excel.XS_PACE",
}
TIMED = "import time; start = time.process_time(); {}; print(time.process_time() - start)"
REPEATS = 7


def seconds(statement):
    """Processor seconds of a statement in a fresh Python."""
    done = subprocess.run([sys.executable, "-c", TIMED.format(statement)], capture_output=True, text=True, check=True)
    return float(done.stdout)


def main():
    found = {name: [] for name in (BASE, *CASES)}
    for _ in range(REPEATS):  # in turn, so that all meet the same machine
        for name in found:
            found[name].append(seconds(BASE if name == BASE else f"{BASE}; {CASES[name]}"))
    base = statistics.median(found[BASE])
    print(f"{BASE}: {base:.2f} s")
    for name in CASES:
        middle = statistics.median(found[name])
        print(f"{name}: {middle:.2f} s, {middle / base:.2f} times that (wanted: under 1.3)")


if __name__ == "__main__":
    main()
