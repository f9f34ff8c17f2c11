"""What belongs to a period that is closed, and which closed periods have changed since."""

import pandas as pd

from xlsales.commands.reading import Work
from xlsales.core.calendar import Calendar, period_days
from xlsales.core.closing import changed_periods, fingerprint
from xlsales.problems import Problem
from xlsales.schema import TABLES

LAST_DAY = 31  # a month that closes on the 31st closes on its last day


def calendar(work: Work) -> Calendar:
    """How the company cuts its days."""
    close = int(work.settings["month_close_day"])
    return Calendar(int(work.settings["fiscal_year_start"]), None if close >= LAST_DAY else close)


def content(work: Work, period: str) -> dict[str, pd.DataFrame]:
    """The rows that a period holds, of every table that is dated, with our columns only."""
    first, last = (pd.Timestamp(day) for day in period_days(period, calendar(work)))
    found = {}
    for key, table in TABLES.items():
        if table.dated and key in work.tables:
            frame = work.tables[key]
            day = frame[table.dated]
            inside = ((day >= first) & (day < last + pd.Timedelta(days=1))).fillna(value=False)
            found[key] = frame.loc[inside, [column.key for column in table.columns]]
    return found


def seal_of(work: Work, period: str) -> str:
    """The fingerprint of a period as it stands."""
    return fingerprint(content(work, period))


def changed_closings(work: Work) -> list[Problem]:
    """A warning for each closed period whose rows are no longer what they were."""
    closed = work.tables["closed_periods"]
    if closed.empty:
        return []
    now = changed_periods(closed, {period: content(work, period) for period in closed["period"]})
    origin = work.raw.origins.get("closed_periods")
    found = []
    for row in now[now["changed"]].itertuples():
        facts = {"period": row.period, "day": str(row.closed_on.date())}
        cell = origin.cell(int(row.Index), 0) if origin else ""
        sheet = origin.sheet if origin else ""
        found.append(
            Problem("closed_changed", "warning", "closed_periods", "period", None, row.period, sheet, cell, facts=facts)
        )
    return found
