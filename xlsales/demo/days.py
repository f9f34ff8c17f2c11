"""The company's calendar: the months that the data covers, its working days, its seasons."""

from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from xlsales.demo.dice import Dice, Whole

Days = NDArray[np.datetime64]

START = np.datetime64("2024-01-01")
AS_OF = np.datetime64("2026-09-30")
# Orders per month of an ordinary year: Spring Festival dip, half-year and year-end peaks.
SEASON = np.array([82, 54, 88, 84, 84, 93, 78, 80, 93, 84, 100, 118])
SPRING_2025 = (62, 74)  # the festival of 2025 began in January and spread the dip over both months

PUBLIC_HOLIDAYS = (
    ("2024-01-01", 1),
    ("2024-02-10", 8),
    ("2024-04-04", 3),
    ("2024-05-01", 5),
    ("2024-06-10", 1),
    ("2024-09-15", 3),
    ("2024-10-01", 7),
    ("2025-01-01", 1),
    ("2025-01-28", 8),
    ("2025-04-04", 3),
    ("2025-05-01", 5),
    ("2025-05-31", 3),
    ("2025-10-01", 8),
    ("2026-01-01", 3),
    ("2026-02-15", 9),
    ("2026-04-04", 3),
    ("2026-05-01", 5),
    ("2026-06-19", 3),
    ("2026-09-25", 3),
    ("2026-10-01", 7),
)
COMPANY_DAYS = (
    ("2024-05-20", "off"),
    ("2025-05-20", "off"),
    ("2026-05-20", "off"),
    ("2025-12-27", "workday"),
    ("2026-12-26", "workday"),
)


def month_of(days: ArrayLike) -> Whole:
    """Months since January 2024 of dates.

    >>> month_of(["2024-01-31", "2025-03-01"]).tolist()
    [0, 14]
    """
    return (np.asarray(days, dtype="datetime64[M]") - START.astype("datetime64[M]")).astype(np.int64)


def first_day(month: ArrayLike) -> Days:
    """The first day of months counted from January 2024."""
    return (START.astype("datetime64[M]") + np.asarray(month)).astype("datetime64[D]")


def last_day(month: ArrayLike) -> Days:
    """The last day of months counted from January 2024."""
    return first_day(np.asarray(month) + 1) - 1


def period(month: int) -> str:
    """A month's name as the tables write it.

    >>> period(20)
    '2025-09'
    """
    return str(first_day(month))[:7]


MONTHS = int(month_of(AS_OF)) + 1  # months with actual data


def season(months: ArrayLike) -> Whole:
    """The season's weight of months counted from January 2024."""
    which = np.asarray(months)
    weight = SEASON[which % 12]
    return np.where(which == 12, SPRING_2025[0], np.where(which == 13, SPRING_2025[1], weight))


def working_days(first: np.datetime64, last: np.datetime64) -> Days:
    """Weekdays from first to last without public holidays and the company's own days off."""
    days = np.arange(first, last + 1)
    off = [np.datetime64(day) + shift for day, length in PUBLIC_HOLIDAYS for shift in range(length)]
    off += [np.datetime64(day) for day, kind in COMPANY_DAYS if kind == "off"]
    return days[np.is_busday(days, holidays=np.array(off))]


def dates_in(months: Whole, dice: Dice, last: np.datetime64) -> Days:
    """A working day in each of the months, none after last; the end of a month is busier than its start."""
    days = working_days(first_day(int(months.min())), min(last_day(int(months.max())), last))
    of_day = month_of(days)
    position = np.arange(len(days)) - np.searchsorted(of_day, of_day)
    edges = np.concatenate([[0], np.cumsum(20 + position)])
    start = edges[np.searchsorted(of_day, months, side="left")]
    end = edges[np.searchsorted(of_day, months, side="right")]
    drawn = start + dice.below(end - start, len(months))
    return days[np.searchsorted(edges, drawn, side="right") - 1]


def stamps(days: ArrayLike) -> pd.Series:
    """Dates as a column of a table."""
    return pd.Series(np.asarray(days, dtype="datetime64[D]").astype("datetime64[us]"))


def day(text: str) -> np.datetime64:
    """A date from its text, checked."""
    return np.datetime64(date.fromisoformat(text))


def holidays() -> pd.DataFrame:
    """The table `holidays`: days on which this company differs from the country."""
    return pd.DataFrame(
        {"date": stamps([when for when, _ in COMPANY_DAYS]), "kind": [kind for _, kind in COMPANY_DAYS]}
    )
