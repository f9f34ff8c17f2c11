"""What a click or a cell makes Python load: a light one must not wait for libraries that it does not use."""

import json
import subprocess
import sys
from pathlib import Path

from xlsales.udfs import FUNCTIONS

ROOT = Path(__file__).resolve().parent.parent
# Libraries that take long to load or that only some calculations need; and our own rooms of that kind.
LIBRARIES = {
    *("scipy", "statsmodels", "narwhals", "duckdb", "sqlalchemy", "openpyxl", "xlsxwriter", "python_calamine"),
    *("holidays", "chinese_calendar", "rapidfuzz", "rich", "keyring", "pyspark", "uno"),
}
OURS = {"xlsales.steps", "xlsales.sources", "xlsales.build", "xlsales.demo", "xlsales.exchange"}
# Functions that stand on such a library, and load it when they are called.
STAND_ON = {
    *("XS_FIT", "XS_SEASONALITY", "XS_FORECAST"),  # linear programs, ETS
    *("XS_FIVE", "XS_RFM", "XS_NEXT"),  # the one definition of the five quantities
    *("XS_PACE", "XS_WORKDAYS"),  # published holidays
    "XS_EFFECT",  # robust errors
}
CELLS = "from xlsales.hosts import excel"
BUTTONS = "import xlsales.hosts.excel, xlsales.hosts.book\nfrom xlsales.commands.registry import COMMANDS"
CLICK = """
from datetime import datetime
from tests.toy_company import open_company
from xlsales.hosts.book import run
book = open_company()
before = set(sys.modules)
for command in {commands}:
    run(command, book, datetime(2026, 10, 1))
said = "|".join(book.app.impl.said)
assert "xlsales.log" not in said, said
"""


def loaded(statement: str) -> set[str]:
    """What a fresh Python loads for a statement, after `before` where it sets that: our modules, others' libraries."""
    code = f"import json, sys\nbefore = set()\n{statement}\nprint(json.dumps(sorted(set(sys.modules) - before)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    names = json.loads(done.stdout.splitlines()[-1])
    return {name if name.startswith("xlsales.") else name.partition(".")[0] for name in names}


def heavy(statement: str) -> set[str]:
    return loaded(statement) & (LIBRARIES | OURS)


def test_what_is_heavy_is_noticed() -> None:
    assert heavy("import narwhals, xlsales.steps") == {"narwhals", "xlsales.steps"}


def test_the_first_function_in_a_cell_loads_nothing_heavy_and_no_command() -> None:
    names = loaded(f"{CELLS}\nexcel.XS_PACE, excel.XS_FIVE")
    assert names & (LIBRARIES | OURS) == set()
    assert not {name for name in names if name.startswith("xlsales.commands")}


def test_a_function_that_stands_on_no_heavy_library_loads_none_when_it_is_called() -> None:
    light = [name for name in FUNCTIONS if name not in STAND_ON]
    assert len(light) >= 18
    calls = f"from xlsales.udfs import CALLABLES, FUNCTIONS\nfor name in {light}:\n"
    assert heavy(f"{CELLS}\n{calls}    CALLABLES[name](*FUNCTIONS[name].example.arguments)") == set()


def test_no_button_loads_anything_heavy_before_it_is_needed() -> None:
    names = loaded(f"{BUTTONS}\nfor command in COMMANDS.values():\n    command.function")
    assert names & (LIBRARIES | OURS) == set()
    assert not {name for name in names if name.startswith("xlsales.udfs.") and name != "xlsales.udfs.cells"}


def test_a_light_click_computes_nothing() -> None:
    clicks = ("help", "about", "language", "hold", "snapshot", "undo")
    assert heavy(CLICK.format(commands=clicks)) <= {"rapidfuzz"}  # it looks up slips of the pen


def test_a_click_that_computes_loads_the_cycle() -> None:
    assert {"xlsales.steps", "narwhals"} <= heavy(CLICK.format(commands=("monitor",)))
