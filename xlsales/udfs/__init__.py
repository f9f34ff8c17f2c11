"""The in-cell functions: `XS_ALLOCATE(...)` and its siblings for Python, their registry for hosts and builders.

Each takes scalars and ranges (lists of rows), gives one value or a list of rows, and raises `xlsales.InputError` with
one sentence where an argument is wrong. A host wraps it in `in_cell`, which shows that sentence instead.

They are loaded when one of the names below is first asked for: a button that only reads cells needs none of them.
"""

from functools import cache
from importlib import import_module
from typing import Any

OFFERED = frozenset({"CALLABLES", "FUNCTIONS", "SIGN", "Argument", "Example", "Function", "callable_of", "in_cell"})
AREAS = ("plan", "money", "monitor", "sell", "people", "improve")


@cache
def loaded() -> dict[str, Any]:
    """Everything that this package offers, by name."""
    for area in AREAS:
        import_module("xlsales.udfs." + area)
    calling, registry = import_module("xlsales.udfs.calling"), import_module("xlsales.udfs.registry")
    callables = {name: calling.callable_of(function) for name, function in registry.FUNCTIONS.items()}
    found = {"CALLABLES": callables, **vars(registry), **vars(calling)}
    return {name: found[name] for name in OFFERED} | callables


def __getattr__(name: str) -> Any:
    """Give one of the offered names."""
    if (name in OFFERED or name.startswith("XS_")) and name in loaded():
        return loaded()[name]
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    """The offered names."""
    return sorted(loaded())
