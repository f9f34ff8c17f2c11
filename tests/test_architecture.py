"""The rooms: who may import whom, held as a dict and checked against the code."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent / "xlsales"

# What each room may import of ours and, of other libraries, what it may use. The standard library is free, but for
# core, where files, clocks and chance are forbidden.
NUMERIC = {"numpy", "pandas", "narwhals", "scipy", "statsmodels"}
EVERY = {"core", "labels", "problems", "sources", "validate", "steps", "worded", "build", "hosts", "demo", "schema"}
EVERY |= {"templates", "topics", "commands", "udfs", "install", "exchange"}
ROOMS: dict[str, tuple[set[str], set[str]]] = {
    "words": (set(), set()),
    "labels": (set(), set()),
    "schema": (set(), set()),
    "core": ({"core"}, NUMERIC | {"holidays", "chinese_calendar"}),
    "problems": ({"labels", "core"}, set()),
    "validate": ({"schema", "problems", "labels"}, {"pandas", "numpy", "rapidfuzz"}),
    "stages": ({"core", "stages"}, {"pandas", "numpy"}),
    "steps": ({"core", "stages"}, {"pandas"}),
    "worded": ({"labels"}, {"pandas"}),
    "terminal": (EVERY, {"pandas", "rich"}),
    "topics": ({"labels", "problems", "schema"}, {"rapidfuzz"}),
    "terminal_exchange": (EVERY | {"exchange", "terminal", "terminal_refresh"}, {"pandas", "rich"}),
    "terminal_plan": (EVERY | {"core", "steps", "terminal"}, {"pandas"}),
    "terminal_versions": (EVERY | {"commands", "exchange", "sources", "terminal", "terminal_refresh"}, {"pandas"}),
    "terminal_roll": (EVERY | {"terminal"}, set()),
    "exchange": (
        {"schema", "problems", "labels", "sources", "commands", "build"},
        {"pandas", "xlsxwriter"},
    ),
    "terminal_refresh": (EVERY | {"commands", "exchange", "terminal"}, {"pandas", "rich"}),
    "terminal_five": (EVERY | {"commands", "core", "stages", "terminal"}, {"pandas"}),
    "terminal_sources": (EVERY | {"terminal", "terminal_refresh"}, set()),
    "terminal_calc": (EVERY | {"commands"}, {"platformdirs"}),
    "terminal_back": (EVERY | {"terminal"}, set()),
    "terminal_excel": (EVERY | {"commands", "install"}, set()),
    "install": ({"hosts", "install", "problems"}, set()),
    "templates": (EVERY | {"terminal_excel"}, {"pandas"}),
    "sources": (
        {"schema", "problems", "labels"},
        {"pandas", "numpy", "narwhals", "duckdb", "sqlalchemy", "python_calamine", "pyarrow", "rapidfuzz", "isal"}
        | {"platformdirs", "keyring", "pyspark"},
    ),
    "udfs": ({"core", "schema", "validate", "labels", "problems"}, {"pandas", "numpy"}),
    "commands": (
        {"steps", "core", "validate", "sources", "schema", "labels", "problems", "worded", "exchange"},
        {"pandas", "numpy"},
    ),
    "hosts": (
        {"schema", "udfs", "commands", "labels", "problems"},
        {"pandas", "numpy", "xlwings", "uno", "unohelper", "platformdirs", "isal"},
    ),
    "build": (
        {"schema", "udfs", "commands", "labels", "problems"},
        {"pandas", "numpy", "xlsxwriter", "pyarrow", "isal"},
    ),
    "demo": ({"schema", "labels"}, {"pandas", "numpy"}),
}
FREE = {"__init__", "__main__", "bootstrap"}
FORBIDDEN_IN_CORE = {
    "os",
    "pathlib",
    "io",
    "random",
    "time",
    "secrets",
    "uuid",
    "subprocess",
    "csv",
    "tempfile",
    "socket",
}


def room_of(path: Path) -> str:
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


def imports(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            base = node.module or ""
            found |= {f"{base}.{alias.name}" for alias in node.names} if base == "xlsales" else {base}
    return found


def modules() -> list[Path]:
    return sorted(path for path in ROOT.rglob("*.py") if room_of(path) not in FREE)


def test_every_module_belongs_to_a_room() -> None:
    assert {room_of(path) for path in modules()} <= set(ROOMS)


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_room_imports_only_what_it_may(path: Path) -> None:
    import sys

    room = room_of(path)
    ours, others = ROOMS[room]
    for name in imports(path):
        first, *rest = name.split(".")
        if first == "xlsales":
            assert rest, f"{path} imports xlsales itself"
            assert rest[0] == room or rest[0] in ours or rest[0] == "__version__", f"{room} must not import {name}"
        elif first in sys.stdlib_module_names:
            assert room != "core" or first not in FORBIDDEN_IN_CORE, f"core must not use {name}"
        else:
            assert first in others, f"{room} must not import {name}"


def test_core_has_no_clock_and_no_unseeded_chance() -> None:
    for path in (ROOT / "core").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Attribute):
                asked = ast.unparse(node.value).rpartition(".")[2] in {"datetime", "date", "Timestamp", "time"}
                told = asked and node.attr in {"now", "today", "utcnow", "time"}
                assert not told, f"{path}: the clock is an argument"
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "default_rng":
                assert node.args or node.keywords, f"{path}: chance needs a seed"


def test_core_holds_no_visible_chinese() -> None:
    for path in (ROOT / "core").rglob("*.py"):
        tree = ast.parse(path.read_text("utf-8"))
        docs = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs:
                assert not any("\u4e00" <= letter <= "\u9fff" for letter in node.value), (
                    f"{path}: visible words in core"
                )
