"""Where each alert leads: the rows of the result table in which it can be seen, in the book as it will stand."""

from collections.abc import Collection, Mapping

import pandas as pd

from xlsales.commands.protocol import Change, Replace
from xlsales.schema import TABLES
from xlsales.schema.origin import Origin, letters

SEEN = ("seen_in", "first_seen", "last_seen")


def rows_of(alerts: pd.DataFrame, places: Mapping[str, Origin], fresh: Collection[str]) -> list[str]:
    """For each alert "Sheet!A8:Z9"; the headings of the table where its rows are none or not these; "" for nothing.

    alerts: with seen_in, first_seen, last_seen. places: where the tables stand. fresh: tables whose rows are those that
    the alerts were drawn from; the rows of any other may be older and stand elsewhere.

    >>> alerts = pd.DataFrame({"seen_in": ["pace"], "first_seen": [0.0], "last_seen": [1.0]})
    >>> rows_of(alerts, {"pace": Origin("", "Monitor", 7, 1)}, {"pace"})
    ['Monitor!A8:Z9']
    """
    if not set(SEEN) <= set(alerts.columns):
        return [""] * len(alerts)
    found = []
    for table, first, last in alerts[list(SEEN)].itertuples(index=False):
        place = places.get(str(table))
        if place is None or not place.sheet:
            found.append("")
            continue
        rows = (-1, -1) if pd.isna(first) or table not in fresh else (int(first), int(last))
        right = letters(place.first_column + len(TABLES[str(table)].columns) - 1)
        start = place.cell(rows[0], 0)
        found.append(f"{place.sheet}!{start}:{right}{place.header_row + 1 + rows[1]}")
    return found


def linked(changes: list[Change], alerts: pd.DataFrame | None, places: Mapping[str, Origin]) -> list[Change]:
    """The changes with the alerts among them leading to their rows.

    alerts: as they were computed. Nothing changes where the alerts are not written.
    """
    fresh = {change.table for change in changes if isinstance(change, Replace)}
    if alerts is None or "alerts" not in fresh:
        return changes
    leads = rows_of(alerts, places, fresh)
    return [
        Replace(
            "alerts", change.frame.assign(place=pd.Series(leads, index=change.frame.index, dtype="str")), leads, "place"
        )
        if isinstance(change, Replace) and change.table == "alerts" and len(change.frame) == len(leads)
        else change
        for change in changes
    ]


def tables_seen(alerts: pd.DataFrame | None) -> list[str]:
    """The tables that alerts lead to."""
    if alerts is None or "seen_in" not in alerts:
        return []
    return [str(table) for table in alerts["seen_in"].unique() if table]
