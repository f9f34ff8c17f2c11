"""Working days: a country's public holidays, China with its make-up workdays (调休), and a company's own days first."""

from datetime import date, timedelta
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from xlsales.core.apportion_cells import Bools
from xlsales.core.calendar import CALENDAR, Calendar, day_numbers, period_days
from xlsales.core.hierarchy import Ints
from xlsales.core.refusal import Refusal

OWN_KINDS = ("off", "workday")


def working_days(first: date, last: date, country: str | None = None, holidays: pd.DataFrame | None = None) -> int:
    """The number of working days from first through last, both counted; 0 if last is before first.

    country: a two-letter code (CN, DE, US, ...), None: Monday to Friday without public holidays. holidays: the
    company's own days, columns date and kind (off or workday); they win. Refuses workdays_country (unknown code),
    workdays_not_published (a year whose holidays the country has not published and no own days name),
    workdays_kind (a kind that is neither).

    >>> working_days(date(2026, 2, 9), date(2026, 2, 28), "CN")  # Spring Festival 15 to 23, workdays on 14 and 28
    11
    """
    return 0 if last < first else int(working_mask(first, last, country, holidays).sum())


def working_mask(first: date, last: date, country: str | None = None, holidays: pd.DataFrame | None = None) -> Bools:
    """True for each working day from first through last. Arguments and refusals as in `working_days`."""
    days = np.arange(np.datetime64(first), np.datetime64(last) + 1)
    own = _own_days(holidays)
    own_years = frozenset(day.year for day in own)
    parts = [_year_mask(year, _code(country), year in own_years) for year in range(first.year, last.year + 1)]
    begin = (first - date(first.year, 1, 1)).days
    mask = np.concatenate(parts)[begin : begin + len(days)].copy()
    for day, works in own.items():
        if first <= day <= last:
            mask[(day - first).days] = works
    return mask


def working_days_by_period(
    keys: list[str], country: str | None = None, holidays: pd.DataFrame | None = None, calendar: Calendar = CALENDAR
) -> Ints:
    """The number of working days of each period.

    >>> working_days_by_period(["2026-01", "2026-02"]).tolist()
    [22, 20]
    """
    return np.array([working_days(*period_days(key, calendar), country, holidays) for key in keys], dtype=np.int64)


def _own_days(holidays: pd.DataFrame | None) -> dict[date, bool]:
    """The company's own days: True for a workday."""
    if holidays is None or holidays.empty:
        return {}
    kinds = holidays["kind"].fillna("off").astype(str)
    wrong = ~kinds.isin(OWN_KINDS)
    if wrong.any():
        raise Refusal("workdays_kind", kind=kinds[wrong].iloc[0])
    days = day_numbers(holidays["date"]).astype("M8[D]").tolist()
    return {day: kind == "workday" for day, kind in zip(days, kinds, strict=True) if day is not None}


def _code(country: str | None) -> str | None:
    """The code in capitals; None for a blank one."""
    return country.strip().upper() or None if country else None


@cache
def _year_mask(year: int, country: str | None, own_days_given: bool) -> Bools:
    """True for each working day of a year."""
    start = date(year, 1, 1)
    days = [start + timedelta(days=n) for n in range((date(year + 1, 1, 1) - start).days)]
    if country is None:
        return np.array([day.weekday() < 5 for day in days])
    if country == "CN":
        return _china(year, days, own_days_given)
    import holidays as holiday_library  # noqa: PLC0415 heavy, loaded where used

    try:
        public: Any = holiday_library.country_holidays(country, years=[year])
    except NotImplementedError:
        raise Refusal("workdays_country", country=country) from None
    weekend, made_up = public.weekend, public.weekend_workdays
    return np.array([day in made_up or (day.weekday() not in weekend and day not in public) for day in days])


def _china(year: int, days: list[date], own_days_given: bool) -> Bools:
    """China's working days as the State Council published them, make-up workdays included."""
    import chinese_calendar  # noqa: PLC0415 loaded where used

    try:
        return np.array([chinese_calendar.is_workday(day) for day in days])
    except NotImplementedError:
        if own_days_given:  # the company entered the notice itself: weekends, then its own days
            return np.array([day.weekday() < 5 for day in days])
        raise Refusal("workdays_not_published", country="CN", year=year) from None
