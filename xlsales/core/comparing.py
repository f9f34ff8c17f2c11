"""A figure beside the same figure of other times: last year, the period before, year to date, twelve months."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from xlsales.core.calendar import CALENDAR, Calendar, PeriodLevel, first_day, last_day, period_keys
from xlsales.core.cube import Cube
from xlsales.core.period_steps import previous_period, same_period_last_year
from xlsales.core.quantities import MEASURES
from xlsales.core.ratio import Day, Floats, day, ratio

Window = tuple[pd.Timestamp, pd.Timestamp]
LEVELS: dict[str, PeriodLevel] = {"month": "month", "quarter": "quarter", "year_to_date": "year"}
ROLLING = "rolling_12"
SPANS = (*LEVELS, ROLLING)
COMPARED = (
    "member",
    "measure",
    "span",
    "from",
    "to",
    "actual",
    "last_year",
    "change_last_year",
    "previous",
    "change_previous",
)


class Span(NamedTuple):
    """A stretch of days up to a day, and the stretches it is compared with (None: there is no other)."""

    key: str
    now: Window
    last_year: Window
    previous: Window | None


def spans(as_of: pd.Timestamp, calendar: Calendar = CALENDAR) -> list[Span]:
    """Month, quarter and fiscal year to the day, and the twelve months up to it, each with what it is compared with.

    A period that is over by the day is compared with whole periods; a running one with the same days of last year and
    with as many days of the period before. The year to date and the twelve months have last year only.

    >>> [span.previous and f"{span.previous[0]:%m-%d} {span.previous[1]:%m-%d}" for span in
    ...  spans(pd.Timestamp("2026-03-10"))]
    ['02-01 02-10', '10-01 12-08', None, None]
    """
    today = pd.Timestamp(as_of).normalize()
    found = []
    for key, level in LEVELS.items():
        period = str(period_keys(pd.Series([today]), level, calendar).iloc[0])
        first, last = _days(period, calendar)
        past, before = same_period_last_year(period, calendar), previous_period(period, calendar)
        whole = today >= last
        then, earlier = _days(past, calendar), _days(before, calendar)
        if not whole:
            then = then[0], max(min(today - pd.DateOffset(years=1), then[1]), then[0])
            earlier = earlier[0], min(earlier[0] + (today - first), earlier[1])
        found.append(Span(key, (first, today), then, None if level == "year" else earlier))
    year = pd.DateOffset(years=1)
    start = today - year + pd.Timedelta(days=1)
    found.append(
        Span(ROLLING, (start, today), (today - 2 * year + pd.Timedelta(days=1), start - pd.Timedelta(days=1)), None)
    )
    return found


def compared(cube: Cube, by: str | None, found: list[Span], known_from: tuple[Day | None, Day | None]) -> pd.DataFrame:
    """The five quantities of each member in each span, beside last year's and the period before.

    by: a column of the cube's lines, None for the company. known_from: the first days of sales and of collections that
    are known (None: nothing is); a past window that begins before is blank, since it would be half a window; the
    current one holds what is known. Within a known window a member without a line or receipt has 0. Returns member,
    measure, span, from, to, actual, last_year, change_last_year, previous, change_previous (shares of the figure
    compared with, blank unless that is above 0).

    >>> lines = pd.DataFrame({"date": pd.to_datetime(["2025-01-31", "2026-01-05"]), "sales": [80.0, 100.0],
    ...                       "volume": 1.0, "margin": 10.0, "profit": 5.0})
    >>> day = pd.Timestamp("2026-01-31")
    >>> table = compared(Cube(lines), None, spans(day)[:1], (pd.Timestamp("2025-01-01"), None))
    >>> table[["measure", "actual", "last_year", "change_last_year"]].values.tolist()[0]
    ['sales', 100.0, 80.0, 0.25]
    """
    parts = []
    ever = tuple(None if start is None else pd.Timestamp.min for start in known_from)
    for span in found:
        now = _window(cube, by, span.now, (ever[0], ever[1]))
        then = _window(cube, by, span.last_year, known_from)
        before = None if span.previous is None else _window(cube, by, span.previous, known_from)
        members = now.index.union(then.index)
        members = members if before is None else members.union(before.index)
        for measure in MEASURES:
            columns = {
                name: _column(window, members, measure, known=_known(at, measure, since))
                for name, window, at, since in (
                    ("actual", now, span.now, (ever[0], ever[1])),
                    ("last_year", then, span.last_year, known_from),
                    ("previous", before, span.previous, known_from),
                )
            }
            part = pd.DataFrame({"member": members.astype("str"), "measure": measure, "span": span.key, **columns})
            parts.append(part.assign(**{"from": span.now[0], "to": span.now[1]}))
    table = pd.concat(parts, ignore_index=True)
    for name in ("last_year", "previous"):
        base = table[name].where(table[name] > 0)
        table["change_" + name] = ratio(table["actual"] - base, base)
    return table[list(COMPARED)]


def _days(period: str, calendar: Calendar) -> Window:
    return pd.Timestamp(first_day(period, calendar)), pd.Timestamp(last_day(period, calendar))


def _window(cube: Cube, by: str | None, at: Window, known_from: tuple[Day | None, Day | None]) -> pd.DataFrame:
    """The quantities by member; nobody where nothing is known of the window."""
    if not any(_known(at, measure, known_from) for measure in MEASURES):
        return pd.DataFrame(columns=list(MEASURES), index=pd.Index([], dtype="object"))
    table = cube.table([] if by is None else [by], first=at[0], last=at[1])
    members = [""] * len(table) if by is None else table[by].astype(object).where(table[by].notna(), "").tolist()
    return table[list(MEASURES)].set_axis(pd.Index(members, dtype="object"), axis=0)


def _known(at: Window | None, measure: str, known_from: tuple[Day | None, Day | None]) -> bool:
    start = known_from[measure == "collections"]
    return at is not None and start is not None and bool(day(at[0]) >= day(start))


def _column(window: pd.DataFrame | None, members: pd.Index, measure: str, *, known: bool) -> Floats:
    """A measure of every member: 0 of one that the window does not hold, blank where the window is not known."""
    if window is None or not known:
        return np.full(len(members), np.nan)
    there = members.isin(window.index)
    return np.where(there, window[measure].reindex(members).to_numpy(float), 0.0)
