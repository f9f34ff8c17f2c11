"""The in-cell functions: `XS_ALLOCATE(...)` and its siblings for Python, their registry for hosts and builders.

Each takes scalars and ranges (lists of rows), gives one value or a list of rows, and raises `xlsales.InputError` with
one sentence where an argument is wrong. A host wraps it in `in_cell`, which shows that sentence instead.
"""

from xlsales.udfs import improve, money, monitor, people, plan, sell
from xlsales.udfs.calling import SIGN, callable_of, in_cell
from xlsales.udfs.registry import FUNCTIONS, Argument, Example, Function

AREAS = (plan, money, monitor, sell, people, improve)
CALLABLES = {name: callable_of(function) for name, function in FUNCTIONS.items()}
globals().update(CALLABLES)

__all__ = ["CALLABLES", "FUNCTIONS", "SIGN", "Argument", "Example", "Function", "in_cell", *CALLABLES]  # noqa: PLE0604 - the names of the registry
