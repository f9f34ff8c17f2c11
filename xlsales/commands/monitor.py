"""The buttons of the group Monitor."""

from dataclasses import replace

import pandas as pd

from xlsales.commands.protocol import Append, Book
from xlsales.commands.reading import Answer, load, recomputed
from xlsales.commands.registry import DASHBOARD
from xlsales.labels import word
from xlsales.problems import InputError, Problem

CLOSED = frozenset({"won", "lost", "omitted"})


def pipeline(book: Book) -> Answer:
    """Funnel, win rates, coverage, and the deals to follow up."""
    return recomputed(book, ("pipeline_report",))


def monitor(book: Book) -> Answer:
    """Pace, landing, alerts and forecast."""
    return recomputed(book, ("monitor", "five"))


def dashboard(book: Book) -> Answer:
    """Compute anew what the dashboard draws, and go there."""
    return replace(recomputed(book, DASHBOARD), sheet="dashboard")


def snapshot(book: Book) -> Answer:
    """Record how every open deal stands on the day; once a day. A deal without a value has no place in it."""
    work = load(book)
    day = work.as_of
    taken = work.tables["opportunity_snapshots"]
    if (taken["as_of"] == day).any():
        raise InputError(Problem("snapshot_taken", facts={"day": str(day.date())}))
    deals = work.tables["opportunities"]
    stages = work.tables["stages"]
    category = stages.drop_duplicates("stage").set_index("stage")["category"]
    closed = deals["stage"].map(category).fillna(deals["stage"]).isin(CLOSED)
    still = deals[~closed & ~(deals["created"] > day).fillna(value=False)]
    shown = still[still["value"].notna()]
    if shown.empty:
        raise InputError(Problem("snapshot_nothing"))
    rows = shown[["opportunity", "stage", "value", "close_date"]].assign(as_of=pd.Timestamp(day))
    facts = {"deals": f"{len(rows):,}", "day": day.date(), "without": f"{len(still) - len(rows):,}"}
    says = word("said.snapshot", book.lang, **facts)
    return Answer(
        (*work.pending, Append("opportunity_snapshots", rows)), says, parameters=str(day.date()), rows=len(rows)
    )
