"""In-cell functions of the plan: spreading a total, fitting a two-way table, breaking back, seasons."""

from typing import Any

from xlsales.core.apportion import METHODS, allocate, breakback
from xlsales.core.spreading import seasonal_indices
from xlsales.core.twoway import fit
from xlsales.udfs.arguments import alike
from xlsales.udfs.cells import rows_out, shaped
from xlsales.udfs.registry import Example, choice, function, integer, number, numbers
from xlsales.udfs.setup import Given

HELD = numbers("held", optional=True)
UNIT = number("unit", optional=True)


def _beside(given: Given, name: str, of: str) -> Any:
    """Numbers that belong to the cells of another range."""
    return alike(given[name], given.ranges[name], given.ranges[of])


@function(
    "XS_ALLOCATE",
    "plan",
    number("total"),
    numbers("weights"),
    choice("method", *METHODS, word="spread"),
    HELD,
    numbers("lower", optional=True),
    numbers("upper", optional=True),
    UNIT,
    example=Example((300, [[10], [30], [60]]), [[30.0], [90.0], [180.0]]),
)
def allocate_cells(given: Given) -> Any:
    """A total over the cells of the weights."""
    held, lower, upper = (_beside(given, name, "weights") for name in ("held", "lower", "upper"))
    found = allocate(given["total"], given["weights"], given["method"], held, lower, upper, given["unit"])
    return shaped(found, given.ranges["weights"])


@function(
    "XS_FIT",
    "plan",
    numbers("seed"),
    numbers("row_totals", line=True),
    numbers("column_totals", line=True),
    HELD,
    UNIT,
    example=Example(([[1, 1], [1, 3]], [[10], [20]], [[12, 18]], None, 1), [[6.0, 4.0], [6.0, 14.0]]),
)
def fit_table(given: Given) -> Any:
    """The table of the seed with the totals given."""
    found = fit(given["seed"], given["row_totals"], given["column_totals"], given["held"], given["unit"])
    return shaped(found, given.ranges["seed"])


@function(
    "XS_BREAKBACK",
    "plan",
    numbers("values", line=True),
    integer("index"),
    number("new_value"),
    numbers("held", optional=True, line=True),
    number("total", optional=True),
    UNIT,
    example=Example(([[200], [300], [500]], 3, 700), [[120.0], [180.0], [700.0]]),
)
def edit_one(given: Given) -> Any:
    """The values with one edited and the total kept."""
    place = given["index"] - 1  # people count from 1
    found = breakback(given["values"], place, given["new_value"], given["held"], given["total"], given["unit"])
    return shaped(found, given.ranges["values"])


@function(
    "XS_SEASONALITY",
    "plan",
    numbers("history"),
    example=Example(([[10, 20, 30, 40], [20, 20, 20, 20]],), [[0.7, 0.9, 1.1, 1.3]]),
)
def season(given: Given) -> Any:
    """Seasonal indices, one row."""
    return rows_out([seasonal_indices(given["history"]).tolist()])
