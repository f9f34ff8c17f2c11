"""What a click or a first function costs before it works: importing it, against importing pandas and xlwings alone."""

import os
import statistics
import subprocess
import sys
import tempfile

BASE = "import pandas, xlwings"
CASES = {
    "a button that computes (Refresh margin)": "import xlsales.hosts.excel, xlsales.hosts.book"
    ", xlsales.commands.finance, xlsales.commands.refreshing, xlsales.steps; {stages}",
    "a button that only writes (Language)": "import xlsales.hosts.excel, xlsales.hosts.book, xlsales.commands.book",
    "a button that only writes (Undo last)": "import xlsales.hosts.excel, xlsales.hosts.book, xlsales.commands.data",
    "the first function in a cell": "from xlsales.hosts import excel; excel.XS_PACE",
}
TIMED = "import time; start = time.process_time(); {}; print(time.process_time() - start)"
REPEATS = 7


def seconds(statement, environment):
    """Processor seconds of a statement in a fresh Python."""
    command = [sys.executable, "-c", TIMED.format(statement)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    return float(done.stdout)


def steps_of(sheets):
    """The steps that run for some sheets of the demonstration company."""
    from xlsales import demo, steps, validate
    from xlsales.commands.reading import tables_on

    checked = validate.validate_all(demo.tables("en"), lang="en")
    begun = []
    steps.run(checked.tables, checked.settings, begun.append, wanted=tables_on(sheets))
    return begun


def main():
    stages = f"[step.run for step in xlsales.steps.STEPS if step.key in {steps_of(('margin', 'five'))}]"
    statements = {BASE: BASE, **{name: f"{BASE}; {case.format(stages=stages)}" for name, case in CASES.items()}}
    found = {name: [] for name in statements}
    with tempfile.TemporaryDirectory() as compiled:  # as after an installation, everything is compiled
        environment = {**os.environ, "PYTHONPYCACHEPREFIX": compiled}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        for statement in statements.values():
            seconds(statement, environment)
        for _ in range(REPEATS):  # in turn, so that all meet the same machine
            for name, times in found.items():
                times.append(seconds(statements[name], environment))
    base = statistics.median(found[BASE])
    print(f"{BASE}: {base:.2f} s")
    for name in CASES:
        middle = statistics.median(found[name])
        print(f"{name}: {middle:.2f} s, {middle / base:.2f} times that (wanted: under 1.3)")


if __name__ == "__main__":
    main()
