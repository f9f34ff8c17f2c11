"""In-cell functions of monitoring: pace, forecast and its errors, working days."""

from datetime import date
from typing import Any

import pandas as pd

from xlsales.core.backtest import ERRORS, forecast_errors
from xlsales.core.forecast import forecast
from xlsales.core.forecast_methods import METHODS
from xlsales.core.pacing import elapsed_weight, pace
from xlsales.core.ratio import Day
from xlsales.core.refusal import Refusal
from xlsales.core.workdays import working_days
from xlsales.schema import TABLES
from xlsales.udfs.answers import Answer
from xlsales.udfs.registry import Example, choice, day, function, integer, number, numbers, table, text
from xlsales.udfs.setup import Given

PACE = ("attainment", "expected", "pace_index", "landing", "remaining", "required_per_day", "required_uplift")
UNPUBLISHED = "workdays_not_published"


@function(
    "XS_PACE",
    "monitor",
    number("target"),
    number("actual"),
    day("period_start"),
    day("period_end"),
    day("as_of", setting="as_of"),
    numbers("weights", optional=True, line=True),
    tabular=True,
    example=Example(
        (300, 120, "2026-01-01", "2026-01-30", "2026-01-15", None, [["country", "CN"]], "key"),
        [list(PACE), [0.4, 150.0, 0.8, 240.0, 180.0, 16.363636363636363, 1.2]],
    ),
)
def pace_row(given: Given) -> Answer:
    """Where one target stands; required_per_day is blank where the holidays of the days left are not published."""
    frame = pd.DataFrame({name: [given[name]] for name in ("target", "actual", "period_start", "period_end")})
    elapsed = elapsed_weight(frame["period_start"], frame["period_end"], given["as_of"], given["weights"])
    country = given.setup.settings["country"]

    def workdays(first: Day, last: Day) -> float:
        return float(working_days(_date(first), _date(last), country))

    try:
        found = pace(frame.assign(elapsed=elapsed), given["as_of"], workdays)
    except Refusal as refusal:
        if refusal.code != UNPUBLISHED:
            raise
        found = pace(frame.assign(elapsed=elapsed), given["as_of"])
    return Answer(found, "pace", PACE)


def _date(moment: Day) -> date:
    return pd.Timestamp(moment).date()


@function(
    "XS_FORECAST",
    "monitor",
    numbers("history", line=True),
    integer("horizon", most=1200),
    integer("season", optional=True, default=12, most=1200),
    number("confidence", optional=True, setting="confidence"),
    choice("method", "auto", *METHODS),
    tabular=True,
    example=Example(
        ([[1], [2], [3], [4]], 2, 1, 0.5, "naive", None, "key"),
        [["step", "forecast", "low", "high", "method"], [1, 4.0, 3.0, 5.0, "naive"], [2, 4.0, 2.0, 6.0, "naive"]],
    ),
)
def forecast_table(given: Given) -> Answer:
    """The next periods with their interval."""
    found = forecast(given["history"], given["horizon"], given["season"], given["confidence"], given["method"])
    return Answer(found.table, "xs_forecast", words={"method": "method"})


@function(
    "XS_FORECAST_ERROR",
    "monitor",
    numbers("actual", line=True),
    numbers("forecast", line=True),
    numbers("history", optional=True, line=True),
    integer("season", optional=True, default=1, least=1),
    tabular=True,
    example=Example(
        ([[100], [200]], [[110], [180]], None, None, None, "key"),
        [list(ERRORS), [250**0.5, 15.0, 10.0, 0.1, None, 10 / 300]],
    ),
)
def forecast_error(given: Given) -> Answer:
    """How wrong a forecast was."""
    found = forecast_errors(given["actual"], given["forecast"], given["history"], given["season"])
    return Answer(pd.DataFrame([found]), "xs_forecast_error", ERRORS)


@function(
    "XS_WORKDAYS",
    "monitor",
    day("first"),
    day("last"),
    text("country", optional=True, default="CN"),
    table("holidays", TABLES["holidays"], "date", optional=True),
    example=Example(("2026-02-09", "2026-02-28", "CN"), 11),
)
def workdays(given: Given) -> Any:
    """Working days, both ends counted."""
    own = given["holidays"]
    frame = None if own is None else own.frame.reindex(columns=["date", "kind"])
    return working_days(_date(given["first"]), _date(given["last"]), given["country"], frame)
