"""The other times that stand beside a figure: same period last year, period before, year to date, twelve months."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from xlsales.core.calendar import CALENDAR, Calendar, parse_period, period_days, period_keys
from xlsales.core.period_steps import previous_period, same_period_last_year
from xlsales.core.ratio import Floats, ratio
from xlsales.core.refusal import Refusal

Ints = NDArray[np.intp]
Window = tuple[pd.Timestamp, pd.Timestamp]
TIMES = ("last_year", "change_last_year", "previous", "change_previous", "year_to_date", "rolling_12")
WINDOWS = ("last_year", "previous", "year_to_date", "rolling_12")  # the times that are stretches of days
YEAR = pd.DateOffset(years=1)
DAY = pd.Timedelta(days=1)


def named(figure: str, time: str) -> str:
    """The column of a figure at another time; of the one figure of a row just the time.

    >>> named("sales", "last_year"), named("", "last_year")
    ('sales_last_year', 'last_year')
    """
    return f"{figure}_{time}" if figure else time


def other_times(period: object, now: Window, as_of: pd.Timestamp, calendar: Calendar = CALENDAR) -> dict[str, Window]:
    """The stretches beside a stretch of days that begins and ends as a target does, seen at the end of as_of.

    period: its key; blank for a dated quota. A stretch that is over is compared with whole periods, a running one with
    the same days of last year and with as many days of the period before; years and dated quotas have no period before,
    a 53rd week may have no last year. Year to date and twelve months end where the stretch ends, at the latest as_of.

    >>> month = pd.Timestamp("2026-03-01"), pd.Timestamp("2026-03-31")
    >>> found = other_times("2026-03", month, pd.Timestamp("2026-03-10"))
    >>> [f"{first:%y-%m-%d} {last:%y-%m-%d}" for first, last in found.values()]
    ['25-03-01 25-03-10', '26-02-01 26-02-10', '26-01-01 26-03-10', '25-03-11 26-03-10']
    """
    first, last = now
    end = min(last, as_of)
    key = period if isinstance(period, str) and period else None
    found = {"last_year": _last_year(key, first, end, last, calendar)}
    if key is not None and parse_period(key, calendar).level != "year":
        start, stop = _days(previous_period(key, calendar), calendar)
        found["previous"] = (start, stop if end >= last else min(start + (end - first), stop))
    year = str(period_keys(pd.Series([end]), "year", calendar).iloc[0])
    found["year_to_date"] = (_days(year, calendar)[0], end)
    found["rolling_12"] = (end - YEAR + DAY, end)
    return {time: window for time, window in found.items() if window is not None}


def _last_year(
    key: str | None, first: pd.Timestamp, end: pd.Timestamp, last: pd.Timestamp, calendar: Calendar
) -> Window | None:
    if key is None:
        return first - YEAR, end - YEAR
    try:
        start, stop = _days(same_period_last_year(key, calendar), calendar)
    except Refusal:
        return None
    if end >= last:
        return start, stop
    same = start + (end - first) if parse_period(key, calendar).level == "week" else end - YEAR
    return start, max(min(same, stop), start)


def _days(key: str, calendar: Calendar) -> Window:
    first, last = period_days(key, calendar)
    return pd.Timestamp(first), pd.Timestamp(last)


def changes(table: pd.DataFrame, figures: Sequence[str]) -> pd.DataFrame:
    """The table with how far each figure is above last year's and the period before's, as shares of those.

    table: each figure (the column actual for "") and its last_year and previous. Blank unless what it is compared with
    is above 0.

    >>> changes(pd.DataFrame({"actual": [110.0], "last_year": [100.0], "previous": [0.0]}), [""]).iloc[0].tolist()[3:]
    [0.1, nan]
    """
    more: dict[str, Floats] = {}
    for figure in figures:
        for time in ("last_year", "previous"):
            if named(figure, time) in table:
                base = table[named(figure, time)].where(table[named(figure, time)] > 0)
                more[named(figure, "change_" + time)] = ratio(table[figure or "actual"] - base, base)
    return table.assign(**more)


def beside_months(values: Floats, known: Sequence[str], calendar: Calendar = CALENDAR) -> dict[str, Floats]:
    """One figure by month with last_year, previous, year_to_date, rolling_12 of whole months.

    values: (members, months) of the months known: every month of which the figure is known, oldest first, without a
    gap; NaN where a month's figure is blank. Twelve months are blank where fewer are known; a sum with a blank part is
    blank. Returns WINDOWS, each (members, months).

    >>> found = beside_months(np.array([[5.0, 0.0, 7.0]]), ["2026-01", "2026-02", "2026-03"])
    >>> found["previous"].tolist(), found["year_to_date"].tolist()
    ([[nan, 5.0, 0.0]], [[5.0, 5.0, 12.0]])
    """
    years = np.array([parse_period(key, calendar).number // 12 for key in known])
    start, place = np.searchsorted(years, years, "left"), np.arange(len(known))
    running, holes = _running(np.nan_to_num(values)), _running(np.isnan(values))

    def summed(first: Ints) -> Floats:
        got: Floats = running[:, place + 1] - running[:, first]
        return np.where(holes[:, place + 1] > holes[:, first], np.nan, got)

    twelve: Floats = np.where(place >= 11, summed(np.maximum(place - 11, 0)), np.nan)
    columns = (shifted(values, 12), shifted(values, 1), summed(start), twelve)
    return dict(zip(WINDOWS, columns, strict=True))


def shifted(values: Floats, back: int) -> Floats:
    """The columns so many places earlier; blank where there are none.

    >>> shifted(np.array([[1.0, 2.0, 3.0]]), 2)
    array([[nan, nan,  1.]])
    """
    found = np.full(values.shape, np.nan)
    if back < values.shape[1]:
        found[:, back:] = values[:, : values.shape[1] - back]
    return found


def _running(values: NDArray[np.generic]) -> Floats:
    """Sums from the first month on, a month before it with 0."""
    sums: Floats = np.concatenate([np.zeros((len(values), 1)), np.cumsum(values, axis=1, dtype=float)], axis=1)
    return sums
