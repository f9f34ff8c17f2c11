"""Beside every figure by period: last year, the period before, the year to date, twelve months."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import NamedTuple

import numpy as np
import pandas as pd

from xlsales.core.beside import WINDOWS, beside_months, changes, named, other_times, shifted
from xlsales.core.calendar import first_day, last_day, period_keys
from xlsales.core.comparing import spans
from xlsales.core.period_steps import parent_period, period_range, same_period_last_year
from xlsales.core.refusal import Refusal
from xlsales.stages.cycle import Cycle
from xlsales.stages.lines import calendar, given

FIVE = ("sales", "volume", "margin", "profit", "collections")
COUNTED = frozenset({"sales", "collections", "customers", "visits", "calls", "demos"})  # nothing there is 0
NOT_SHIFTED = frozenset({"market_share"})  # needs a market size for the very period
Codes = np.ndarray
Achieved = Callable[[pd.DataFrame], np.ndarray]
Figures = Callable[[pd.Timestamp, pd.Timestamp], pd.DataFrame]


def known_from(cycle: Cycle, measure: str) -> pd.Timestamp | None:
    """The first day of the first month that has anything of a measure; None where nothing is known."""
    read: dict[str, pd.Timestamp | None] = cycle.found.setdefault("known_from", {})
    if measure not in read:
        read[measure] = _first_known(cycle, measure)
    return read[measure]


def _first_known(cycle: Cycle, measure: str) -> pd.Timestamp | None:
    if measure == "collections":
        cash = cycle.found.get("cash")
        dates = None if cash is None else cash["date"]
    elif measure in {"visits", "calls", "demos"}:
        log = given(cycle, "interactions")
        dates = None if log is None else log["at"]
    elif measure == "satisfaction":
        scores = given(cycle, "satisfaction")
        dates = None if scores is None else scores["date"]
    else:
        dates = cycle.found["lines"]["date"]
    if dates is None or dates.empty or pd.isna(dates.min()):
        return None
    return pd.Timestamp(first_day(_month(cycle, dates.min()), calendar(cycle)))


def _month(cycle: Cycle, moment: pd.Timestamp) -> str:
    return str(period_keys(pd.Series([moment]), "month", calendar(cycle)).iloc[0])


def achieved_beside(
    cycle: Cycle, measure: str, rows: pd.DataFrame, windows: Sequence[pd.DataFrame], achieved: Achieved
) -> pd.DataFrame:
    """Actual and WINDOWS of targets of one measure and scope, in the rows' order.

    rows: member, period, from, to. windows: the same rows with the days of each of WINDOWS, from `beside_windows`.
    achieved: gives the actual of such rows. A past window that begins before anything is known is blank; in a known one
    a member without an order, receipt or activity has 0.
    """
    begun = known_from(cycle, measure)
    asked = [rows]
    if measure not in NOT_SHIFTED and begun is not None:
        asked += windows
    stacked = pd.concat(asked, ignore_index=True)
    there = stacked["from"].notna().to_numpy()
    values = np.full(len(stacked), np.nan)
    values[there] = achieved(stacked[there])
    parts = values.reshape(len(asked), len(rows))
    columns = {"actual": parts[0], **{time: np.full(len(rows), np.nan) for time in WINDOWS}}
    for time, part, window in zip(WINDOWS, parts[1:], asked[1:], strict=False):
        full = (window["from"] >= begun).to_numpy()
        got = np.where(full | (time == "year_to_date"), part, np.nan)
        if measure in COUNTED and not np.isnan(values).all():
            got = np.where(np.isnan(got) & full, 0.0, got)
        columns[time] = got
    return pd.DataFrame(columns, index=rows.index)


def beside_windows(cycle: Cycle, rows: pd.DataFrame) -> list[pd.DataFrame]:
    """Rows (period, from, to) with the days of each of WINDOWS instead; without days where there is no such window."""
    keys = ["period", "from", "to"]
    place = rows.groupby(keys, dropna=False, sort=False).ngroup().to_numpy()
    found = [
        other_times(period, (first, _end(last, cycle)), cycle.as_of, calendar(cycle))
        for period, first, last in rows[keys].drop_duplicates().itertuples(index=False)
    ]
    moved = []
    for time in WINDOWS:
        days = [times.get(time, (pd.NaT, pd.NaT)) for times in found]
        first, last = (pd.to_datetime(pd.Series([pair[end] for pair in days])).to_numpy()[place] for end in (0, 1))
        moved.append(rows.assign(**{"from": first, "to": last}))
    return moved


def _end(last: object, cycle: Cycle) -> pd.Timestamp:
    """The last day of a window; of a quota without an end the day."""
    return cycle.as_of if pd.isna(last) else pd.Timestamp(last)  # type: ignore[call-overload]


def five_beside(cycle: Cycle, table: pd.DataFrame, figures: Figures, *, by_month: bool) -> pd.DataFrame:
    """The rows of one dimension of `five_quantities` with each quantity's other times.

    table: member, period (months, fiscal years, or "" for all dates) and the five. figures: the five by member over
    some days. A running month or year is set against the same days of last year, a month also against as many days of
    the month before.
    """
    table = table.reset_index(drop=True)
    codes, members = pd.factorize(table["member"].fillna(""))
    whole = (table["period"] == "").to_numpy()
    mixed = np.zeros(len(members), bool)
    mixed[codes[whole & table["volume"].isna().to_numpy()]] = True
    at = _Places(cycle, codes, members, table["period"])
    found = {}
    for name in FIVE:
        values = table[name].to_numpy(float)
        times = {time: np.full(len(table), np.nan) for time in WINDOWS}
        known = _known_months(cycle, name)
        if known:
            if by_month:
                at.put(times, beside_months(at.grid(values, known), known, calendar(cycle)), known)
            _put_years(cycle, at, times, values, known)
        found |= {named(name, time): column for time, column in times.items()}
    _put_running(cycle, at, found, figures, by_month=by_month)
    for time in ("year_to_date", "rolling_12"):  # months of different units cannot be added
        found[named("volume", time)][mixed[codes]] = np.nan
    return changes(table.assign(**found), FIVE)


class _Places(NamedTuple):
    """The rows of a table as places in a grid of members and periods. codes: the member of each row."""

    cycle: Cycle
    codes: Codes
    members: pd.Index
    periods: pd.Series

    def of(self, keys: Sequence[str]) -> tuple[Codes, Codes]:
        """The rows of these periods, and which of them each is."""
        place = pd.Index(keys).get_indexer(pd.Index(self.periods))
        rows = np.flatnonzero(place >= 0)
        return rows, place[rows]

    def grid(self, values: np.ndarray, keys: Sequence[str]) -> np.ndarray:
        """The values of these periods, (members, periods); 0 where a member has no row."""
        rows, place = self.of(keys)
        found = np.zeros((len(self.members), len(keys)))
        found[self.codes[rows], place] = values[rows]
        return found

    def put(self, times: dict[str, np.ndarray], other: dict[str, np.ndarray], keys: Sequence[str]) -> None:
        """Put what a grid of these periods says beside their rows."""
        rows, place = self.of(keys)
        for time, grid in other.items():
            times[time][rows] = grid[self.codes[rows], place]


def _known_months(cycle: Cycle, measure: str) -> list[str]:
    start = known_from(cycle, measure)
    if start is None or start > cycle.as_of:
        return []
    return period_range(_month(cycle, start), _month(cycle, cycle.as_of), calendar(cycle))


def _put_years(
    cycle: Cycle, at: _Places, times: dict[str, np.ndarray], values: np.ndarray, known: Sequence[str]
) -> None:
    """Whole years: last year's, and the year itself as year to date; twelve months are the year once it is over."""
    days = calendar(cycle)
    years = period_range(*(parent_period(key, "year", days) for key in (known[0], known[-1])), days)
    whole = [first_day(year, days) >= first_day(known[0], days) for year in years]
    over = [pd.Timestamp(last_day(year, days)) <= cycle.as_of for year in years]
    grid = at.grid(values, years)
    before = shifted(np.where(whole, grid, np.nan), 1)
    twelve = np.where(np.array(whole) & np.array(over), grid, np.nan)
    at.put(times, {"last_year": before, "year_to_date": grid, "rolling_12": twelve}, years)


def _put_running(cycle: Cycle, at: _Places, found: dict[str, np.ndarray], figures: Figures, *, by_month: bool) -> None:
    """The month and the year that still run, against the same days; and the twelve months up to the day."""
    days = calendar(cycle)
    cut = {span.key: span for span in spans(cycle.as_of, days)}
    twelve = figures(*cut["rolling_12"].now)
    for level, span in (("month", cut["month"]), ("year", cut["year_to_date"])):
        if level == "month" and not by_month:
            continue
        key = str(period_keys(pd.Series([cycle.as_of]), level, days).iloc[0])
        rows = np.flatnonzero((at.periods == key).to_numpy())
        windows = {"rolling_12": (twelve, cut["rolling_12"].now[0])}
        if pd.Timestamp(last_day(key, days)) > cycle.as_of:
            windows["last_year"] = figures(*span.last_year), span.last_year[0]
            if span.previous is not None:
                windows["previous"] = figures(*span.previous), span.previous[0]
        for time, (table, begin) in windows.items():
            place = table.index.get_indexer(at.members)[at.codes[rows]]
            for name in FIVE:
                start = known_from(cycle, name)
                full = start is not None and begin >= start
                values = np.append(table[name].to_numpy(float), 0.0)[place]  # nobody's place is the last: 0
                found[named(name, time)][rows] = values if full else np.nan


def same_period_before(table: pd.DataFrame, keys: Sequence[str], figure: str, cycle: Cycle) -> pd.Series:
    """The figure of the same period of last year, as a table's own rows by period tell it.

    A period that still runs has none: its row holds what there is so far.
    """
    days = calendar(cycle)
    past, over = {}, {}
    for key in table["period"].dropna().unique():
        over[key] = pd.Timestamp(last_day(key, days)) <= cycle.as_of
        with suppress(Refusal):  # a 53rd week that last year did not have
            past[key] = same_period_last_year(key, days)
    values = table.set_index([*keys, "period"])[figure]
    asked = pd.MultiIndex.from_frame(table[list(keys)].assign(period=table["period"].map(past)))
    done = table["period"].map(over).fillna(value=False).astype(bool).to_numpy()
    return pd.Series(np.where(done, values.reindex(asked).to_numpy(float), np.nan), index=table.index)
