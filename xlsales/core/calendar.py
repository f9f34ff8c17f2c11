"""Fiscal periods: year, half, quarter, month and week keys, their days, and dates to periods.

What a key means when the fiscal year starts in month s (`fiscal_year_start`):

- `2026-01` is the month that the calendar names so. With `month_close_day` 25 it runs from 26 December to 25 January:
  the month in which it closes names it.
- `2026` is fiscal year 2026, named after the calendar year in which it starts: s = 7 gives 2026-07 to 2027-06; s = 1
  the calendar year. Companies that name it after the year in which it ends set `year_named` to "end" (then it is
  2025-07 to 2026-06).
- `2026H1`, `2026Q1` are the first six and three months of fiscal year 2026 (s = 7: they start with 2026-07).
- `2026-W05` is the fifth week of fiscal year 2026. Weeks run Monday to Sunday; week 1 holds the fourth day of the
  fiscal year, so that most of its days lie in the year (s = 1 without a close day: ISO 8601). Weeks do not nest in
  months.
- With a `week_pattern` such as (4, 4, 5) the weeks do nest: each quarter's months are that many whole weeks, a 53rd
  week goes to the last month, the year is its whole weeks; months keep their calendar names.
"""

import re
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from typing import Any, Literal, NamedTuple

import numpy as np
import pandas as pd

from xlsales.core.hierarchy import Ints
from xlsales.core.refusal import Refusal

PeriodLevel = Literal["year", "half", "quarter", "month", "week"]
Days = np.ndarray[Any, np.dtype[np.datetime64]]

LEVELS: tuple[PeriodLevel, ...] = ("year", "half", "quarter", "month", "week")
MONTHS = {"year": 12, "half": 6, "quarter": 3, "month": 1}
MISSING = np.int64(-1)  # the code of a missing date
_KEY = re.compile(r"^(\d{4})(?:H([12])|Q([1-4])|-(\d{2})|-W(\d{2}))?$")
_THURSDAY = 3  # 1 January 1970 was one; weeks start on the Monday before


class Period(NamedTuple):
    """A period as a level and a running number: fiscal months count up by one, weeks by one, and so on."""

    level: PeriodLevel
    number: int


@dataclass(frozen=True)
class Calendar:
    """How a company cuts its days: fiscal year start month, month close day (None or 31: month end), 4-4-5 pattern.

    year_named: the fiscal year bears the number of the calendar year in which it starts or ends.
    """

    fiscal_year_start: int = 1
    month_close_day: int | None = None
    week_pattern: tuple[int, int, int] | None = None
    year_named: Literal["start", "end"] = "start"

    def __post_init__(self) -> None:
        if not 1 <= self.fiscal_year_start <= 12:
            raise Refusal("fiscal_year_start", value=self.fiscal_year_start)
        if self.month_close_day is not None and not 1 <= self.month_close_day <= 31:
            raise Refusal("month_close_day", value=self.month_close_day)
        if self.year_named not in ("start", "end"):
            raise Refusal("fiscal_year_named", value=self.year_named)
        if self.week_pattern is not None:
            if len(self.week_pattern) != 3 or sum(self.week_pattern) != 13 or min(self.week_pattern) < 1:
                raise Refusal("week_pattern", pattern=list(self.week_pattern))
            if self.month_close_day not in (None, 31):
                raise Refusal("week_pattern_close_day", close_day=self.month_close_day)

    @property
    def offset(self) -> int:
        """Calendar month number (12*year + month - 1) minus fiscal month number (12*fiscal year + k - 1)."""
        ends_later = self.year_named == "end" and self.fiscal_year_start > 1
        return self.fiscal_year_start - 1 - (12 if ends_later else 0)


CALENDAR = Calendar()


def parse_period(key: str, calendar: Calendar = CALENDAR) -> Period:
    """The period that a key names; refuses period_key.

    >>> parse_period("2026Q1"), parse_period("2026-W05").level
    (Period(level='quarter', number=8104), 'week')
    """
    found = _KEY.match(str(key).strip().upper())
    if not found:
        raise Refusal("period_key", key=key)
    year, half, quarter, month, week = (None if part is None else int(part) for part in found.groups())
    assert year is not None, "the pattern asks for it"
    if half is not None:
        return Period("half", 2 * year + half - 1)
    if quarter is not None:
        return Period("quarter", 4 * year + quarter - 1)
    if month is not None:
        if not 1 <= month <= 12:
            raise Refusal("period_key", key=key)
        return Period("month", 12 * year + month - 1 - calendar.offset)
    if week is not None:
        first = _week_one(year, calendar)
        if not 1 <= week <= _week_one(year + 1, calendar) - first:
            raise Refusal("period_no_week", key=key, weeks=_week_one(year + 1, calendar) - first)
        return Period("week", first + week - 1)
    return Period("year", year)


def period_key(period: Period, calendar: Calendar = CALENDAR) -> str:
    """The key of a period.

    >>> period_key(parse_period("2026-W53")), period_key(Period("month", 24312), Calendar(fiscal_year_start=7))
    ('2026-W53', '2026-07')
    """
    level, number = period
    if level == "month":
        year, month = divmod(number + calendar.offset, 12)
        return f"{year:04d}-{month + 1:02d}"
    if level == "week":
        year = _year_of_week(number, calendar)
        return f"{year:04d}-W{number - _week_one(year, calendar) + 1:02d}"
    if level == "year":
        return f"{number:04d}"
    parts = 12 // MONTHS[level]
    return f"{number // parts:04d}{level[0].upper()}{number % parts + 1}"


def period_days(key: str, calendar: Calendar = CALENDAR) -> tuple[date, date]:
    """First and last day of a period.

    >>> period_days("2026-01", Calendar(month_close_day=25))
    (datetime.date(2025, 12, 26), datetime.date(2026, 1, 25))
    """
    level, number = parse_period(key, calendar)
    if level == "week":
        return _date(7 * number - _THURSDAY), _date(7 * number - _THURSDAY + 6)
    size = MONTHS[level]
    first, after = _month_starts(np.array([number * size, (number + 1) * size]), calendar)
    return _date(int(first)), _date(int(after) - 1)


def first_day(key: str, calendar: Calendar = CALENDAR) -> date:
    """First day of a period."""
    return period_days(key, calendar)[0]


def last_day(key: str, calendar: Calendar = CALENDAR) -> date:
    """Last day of a period."""
    return period_days(key, calendar)[1]


def period_numbers(dates: Any, level: PeriodLevel, calendar: Calendar = CALENDAR) -> Ints:
    """Dates (array or Series of datetime64) to running period numbers, MISSING (-1) for a missing date.

    A look-up table over the days between the first and the last date; each row costs one take.

    >>> period_numbers(np.array(["2026-01-31", "2026-02-01"], dtype="M8[D]"), "month").tolist()
    [24312, 24313]
    """
    if level not in LEVELS:
        raise Refusal("period_level", level=level)
    days = day_numbers(dates)
    known = days != _NO_DAY
    if not known.any():
        return np.full(len(days), MISSING)
    every = bool(known.all())
    first = int(days.min()) if every else int(days[known].min())
    table = _numbers(np.arange(first, int(days.max()) + 1), level, calendar)
    if every:
        return table[days - first]
    return np.where(known, table[np.where(known, days - first, 0)], MISSING)


def period_keys(dates: Any, level: PeriodLevel, calendar: Calendar = CALENDAR) -> pd.Series:
    """Dates to period keys (dtype str, missing for a missing date), with the index of a Series.

    >>> period_keys(pd.Series(pd.to_datetime(["2026-06-30", "2026-07-01"])), "quarter", Calendar(7)).tolist()
    ['2025Q4', '2026Q1']
    """
    numbers = period_numbers(dates, level, calendar)
    codes, names = pd.factorize(numbers)
    words = [None if n == MISSING else period_key(Period(level, int(n)), calendar) for n in names]
    found = pd.Series(pd.array(words, dtype="str")).take(codes)
    found.index = dates.index if isinstance(dates, pd.Series) else pd.RangeIndex(len(numbers))
    return found


_NO_DAY = np.iinfo(np.int64).min


def day_numbers(dates: Any) -> Ints:
    """Dates as whole days since 1970-01-01; the smallest int64 for a missing date."""
    raw = np.asarray(dates)
    if raw.dtype.kind != "M":
        raw = pd.to_datetime(pd.Series(raw)).to_numpy()
    unit = np.datetime_data(raw.dtype)[0]
    per_day = {"D": 1, "s": 86_400, "ms": 86_400_000, "us": 86_400_000_000, "ns": 86_400_000_000_000}.get(unit)
    ticks = raw.astype("M8[D]").view(np.int64) if per_day is None else np.ascontiguousarray(raw).view(np.int64)
    if per_day in (None, 1):
        return ticks
    return np.where(ticks == _NO_DAY, _NO_DAY, ticks // per_day)


def _numbers(days: Ints, level: PeriodLevel, calendar: Calendar) -> Ints:
    """Consecutive days to period numbers."""
    if level == "week":
        return (days + _THURSDAY) // 7
    first = days[:1].astype("M8[D]").astype("M8[M]").astype(np.int64) + 12 * 1970 - calendar.offset
    last = days[-1:].astype("M8[D]").astype("M8[M]").astype(np.int64) + 12 * 1970 - calendar.offset
    months = np.arange(int(first[0]) - 2, int(last[0]) + 4)
    starts = _month_starts(months, calendar)
    return months[np.searchsorted(starts, days, side="right") - 1] // MONTHS[level]


def _month_starts(months: Ints, calendar: Calendar) -> Ints:
    """First days (since 1970) of fiscal month numbers."""
    if calendar.week_pattern is not None:
        weeks = np.cumsum((0, *calendar.week_pattern))[:3]
        year, k = np.divmod(months, 12)
        one = np.array([_week_one(int(y), calendar) for y in year])
        return np.asarray(7 * (one + 13 * (k // 3) + weeks[k % 3]) - _THURSDAY)
    named = months + calendar.offset - 12 * 1970
    if calendar.month_close_day is None:
        return named.astype("M8[M]").astype("M8[D]").astype(np.int64)
    before = (named - 1).astype("M8[M]").astype("M8[D]").astype(np.int64)
    length = named.astype("M8[M]").astype("M8[D]").astype(np.int64) - before
    return np.asarray(before + np.minimum(calendar.month_close_day, length))


@cache
def _week_one(year: int, calendar: Calendar) -> int:
    """The running number of a fiscal year's first week: the one that holds the year's fourth day."""
    plain = replace(calendar, week_pattern=None)
    first = int(_month_starts(np.array([12 * year]), plain)[0])
    return (first + 3 + _THURSDAY) // 7


def _year_of_week(number: int, calendar: Calendar) -> int:
    """The fiscal year to which a week belongs."""
    middle = np.array([7 * number - _THURSDAY + 3])
    plain = replace(calendar, week_pattern=None)
    return int(_numbers(middle, "year", plain)[0])


def _date(day: int) -> date:
    """A day number as a date."""
    return date.fromordinal(day + 719_163)
