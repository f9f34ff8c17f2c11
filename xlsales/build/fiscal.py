"""The months that a plan sheet and the charts show: one fiscal year, twelve calendar months."""

import pandas as pd

from xlsales.build.context import Build

MONTHS = 12


def month_number(month: str) -> int:
    """A month's running number.

    >>> month_number("2026-02") - month_number("2025-12")
    2
    """
    year, part = month.split("-")
    return int(year) * MONTHS + int(part) - 1


def month_name(number: int) -> str:
    """The month of a running number.

    >>> month_name(month_number("2026-12") + 1)
    '2027-01'
    """
    return f"{number // MONTHS:04d}-{number % MONTHS + 1:02d}"


def year_of(month: str, start: int) -> int:
    """The fiscal year that a month lies in, named after the calendar year in which it begins.

    >>> year_of("2026-03", 7), year_of("2026-07", 7)
    (2025, 2026)
    """
    return (month_number(month) - (start - 1)) // MONTHS


def months_of(year: int, start: int) -> list[str]:
    """The twelve months of a fiscal year.

    >>> months_of(2025, 7)[0], months_of(2025, 7)[-1]
    ('2025-07', '2026-06')
    """
    first = year * MONTHS + start - 1
    return [month_name(first + step) for step in range(MONTHS)]


def is_month(periods: pd.Series) -> pd.Series:
    """Which periods are months."""
    return periods.astype("str").str.fullmatch(r"\d{4}-\d{2}").fillna(False).astype(bool)


def shown_year(build: Build, periods: pd.Series | None = None) -> int:
    """The fiscal year to show: that of the as-of day if it has rows (or nothing has), else the last that has."""
    start = int(build.setting("fiscal_year_start"))
    day = build.as_of or build.now.date()
    present = year_of(f"{day.year:04d}-{day.month:02d}", start)
    if periods is None or periods.empty:
        return present
    months = periods[is_month(periods)].astype("str")
    years = {year_of(month, start) for month in months.unique()}
    return present if present in years or not years else max(years)
