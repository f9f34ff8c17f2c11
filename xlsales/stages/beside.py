"""Beside every figure by period: last year, the period before, the year to date, twelve months."""

from collections.abc import Callable, Sequence
from contextlib import suppress

import numpy as np
import pandas as pd

from xlsales.core.beside import WINDOWS, beside_months, changes, named, other_times
from xlsales.core.calendar import first_day, last_day, period_keys
from xlsales.core.comparing import spans
from xlsales.core.period_steps import period_range, same_period_last_year
from xlsales.core.refusal import Refusal
from xlsales.stages.cycle import Cycle
from xlsales.stages.lines import calendar, given

FIVE = ("sales", "volume", "margin", "profit", "collections")
COUNTED = frozenset({"sales", "collections", "customers", "visits", "calls", "demos"})  # nothing there is 0
NOT_SHIFTED = frozenset({"market_share"})  # needs a market size for the very period
Achieved = Callable[[pd.DataFrame], np.ndarray]
Figures = Callable[[pd.Timestamp, pd.Timestamp], pd.DataFrame]


def known_from(cycle: Cycle, measure: str) -> pd.Timestamp | None:
    """The first day of the first month that has anything of a measure; None where nothing is known."""
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


def achieved_beside(cycle: Cycle, measure: str, rows: pd.DataFrame, achieved: Achieved) -> pd.DataFrame:
    """Actual and WINDOWS of targets of one measure and scope, in the rows' order.

    rows: member, period, from, to. achieved: gives the actual of such rows. A past window that begins before anything
    is known is blank; in a known one a member without an order, receipt or activity has 0.
    """
    days, blank = calendar(cycle), np.full(len(rows), np.nan)
    windows = rows[["period", "from", "to"]].drop_duplicates()
    begun = known_from(cycle, measure)
    asked = [rows]
    if measure not in NOT_SHIFTED and begun is not None:
        cut = [
            (period, first, last, other_times(period, (first, _end(last, cycle)), cycle.as_of, days))
            for period, first, last in windows.itertuples(index=False)
        ]
        for time in WINDOWS:
            spans_ = [(*key, *times.get(time, (pd.NaT, pd.NaT))) for *key, times in cut]
            table = pd.DataFrame(spans_, columns=["period", "from", "to", "first", "last"])
            found = rows.reset_index(names="row").merge(table, on=["period", "from", "to"], how="left")
            found = found.set_index("row").loc[rows.index]
            asked.append(found.assign(**{"from": found["first"], "to": found["last"]})[rows.columns])
    stacked = pd.concat([part.assign(time=at) for at, part in enumerate(asked)], ignore_index=True)
    there = stacked["from"].notna()
    values = pd.Series(np.nan, index=stacked.index)
    values[there] = achieved(stacked[there])
    columns = {"actual": values[stacked["time"] == 0].to_numpy()}
    for at, time in enumerate(WINDOWS, 1):
        mine = stacked[stacked["time"] == at]
        if mine.empty or begun is None:
            columns[time] = blank
            continue
        got = values[mine.index].to_numpy()
        full = (mine["from"] >= begun).to_numpy()
        some = time == "year_to_date" or full
        got = np.where(some & mine["from"].notna().to_numpy(), got, np.nan)
        if measure in COUNTED and not values.isna().all():
            got = np.where(np.isnan(got) & full, 0.0, got)
        columns[time] = got
    return pd.DataFrame(columns, index=rows.index)


def _end(last: object, cycle: Cycle) -> pd.Timestamp:
    """The last day of a window; of a quota without an end the day."""
    return cycle.as_of if pd.isna(last) else pd.Timestamp(last)  # type: ignore[call-overload]


def five_beside(cycle: Cycle, table: pd.DataFrame, figures: Figures, *, by_month: bool) -> pd.DataFrame:
    """The rows of one dimension of `five_quantities` with each quantity's other times.

    table: member, period (months, fiscal years, or "" for all dates) and the five. figures: the five by member over
    some days. A running month or year is set against the same days of last year, a month also against as many days of
    the month before.
    """
    days = calendar(cycle)
    table = table.reset_index(drop=True)
    own, table = table["member"], table.assign(member=table["member"].fillna(""))
    found = table.assign(**{named(name, time): np.nan for name in FIVE for time in WINDOWS})
    mixed = set(table.loc[(table["period"] == "") & table["volume"].isna(), "member"])
    for name in FIVE:
        known = _known_months(cycle, name)
        if not known:
            continue
        if by_month:
            months = table[table["period"].isin(known)][["member", "period", name]].rename(columns={name: "value"})
            _put(found, name, beside_months(months, known, days))
        years = table[table["period"].str.len() == len("2026")]
        _put(found, name, _of_years(cycle, years[["member", "period", name]].rename(columns={name: "value"}), known))
    _running_put(cycle, found, figures, by_month=by_month)
    adding = [named("volume", time) for time in ("year_to_date", "rolling_12")]
    found.loc[found["member"].isin(mixed), adding] = np.nan  # months of different units cannot be added
    return changes(found, FIVE).assign(member=own)


def _known_months(cycle: Cycle, measure: str) -> list[str]:
    start = known_from(cycle, measure)
    if start is None or start > cycle.as_of:
        return []
    return period_range(_month(cycle, start), _month(cycle, cycle.as_of), calendar(cycle))


def _of_years(cycle: Cycle, years: pd.DataFrame, known: Sequence[str]) -> pd.DataFrame:
    """Whole years: last year's, and the year itself as year to date; twelve months are the year once it is over."""
    days = calendar(cycle)
    first = pd.Timestamp(first_day(known[0], days))
    keys = [key for key in years["period"].unique() if pd.Timestamp(first_day(key, days)) <= cycle.as_of]
    whole = {key for key in keys if first <= pd.Timestamp(first_day(key, days))}
    over = {key for key in keys if pd.Timestamp(last_day(key, days)) <= cycle.as_of}
    past = {key: same_period_last_year(key, days) for key in keys}
    values = years.set_index(["member", "period"])["value"]
    rows = years[years["period"].isin(keys)]
    before = rows["period"].map(past)
    then = values.reindex(pd.MultiIndex.from_arrays([rows["member"], before])).to_numpy(float)
    missing = ~pd.MultiIndex.from_arrays([rows["member"], before]).isin(values.index)
    then = np.where(before.isin(whole) & missing, 0.0, np.where(before.isin(whole), then, np.nan))
    now = rows["value"].to_numpy(float)
    twelve = np.where(rows["period"].isin(over & whole), now, np.nan)
    return rows[["member", "period"]].assign(last_year=then, previous=np.nan, year_to_date=now, rolling_12=twelve)


def _put(found: pd.DataFrame, name: str, other: pd.DataFrame) -> None:
    """Put the other times of a figure beside the rows of their member and period."""
    rows = pd.MultiIndex.from_frame(found[["member", "period"]])
    at = rows.isin(pd.MultiIndex.from_frame(other[["member", "period"]]))
    columns = [named(name, time) for time in WINDOWS]
    taken = other.set_index(["member", "period"])[list(WINDOWS)].reindex(rows[at])
    found.loc[at, columns] = taken.to_numpy(float)


def _running_put(cycle: Cycle, found: pd.DataFrame, figures: Figures, *, by_month: bool) -> None:
    """The month and the year that still run, against the same days; and the twelve months up to the day."""
    days = calendar(cycle)
    today = {level: str(period_keys(pd.Series([cycle.as_of]), level, days).iloc[0]) for level in ("month", "year")}
    spans_ = {span.key: span for span in spans(cycle.as_of, days)}
    twelve = figures(*spans_["rolling_12"].now)
    for level, key in today.items():
        if level == "month" and not by_month:
            continue
        rows = found.index[found["period"] == key]
        running = pd.Timestamp(last_day(key, days)) > cycle.as_of
        span = spans_["month" if level == "month" else "year_to_date"]
        windows = {"rolling_12": (twelve, spans_["rolling_12"].now[0])}
        if running:
            windows["last_year"] = figures(*span.last_year), span.last_year[0]
            if span.previous is not None:
                windows["previous"] = figures(*span.previous), span.previous[0]
        members = found.loc[rows, "member"]
        for time, (table, begin) in windows.items():
            for name in FIVE:
                start = known_from(cycle, name)
                values = table[name].reindex(members).to_numpy(float)
                values = np.where(members.isin(table.index), values, 0.0)
                full = start is not None and begin >= start
                found.loc[rows, named(name, time)] = values if full else np.nan


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
