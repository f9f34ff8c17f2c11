"""What a refresh took, told and kept: a row per table on the sheet Sources, and a line or two in words."""

from collections.abc import Mapping
from datetime import datetime

import pandas as pd

from xlsales.commands.incoming import checked
from xlsales.labels import word
from xlsales.problems import table_name
from xlsales.schema import TABLES
from xlsales.sources.folder import table_names
from xlsales.validate import Read

CENT = 0.005  # a difference below it is none
SINGLY = 12  # so many tables without a rejection are told one by one; more of them in one line
COLUMNS = tuple(column.key for column in TABLES["refreshes"].columns)


def kept(own: Read, report: pd.DataFrame, left: Mapping[str, int], now: datetime, lang: str) -> pd.DataFrame:
    """The rows of the table `refreshes`: those of this refresh, and the older ones of other tables.

    report: as `sources.refreshed.report` gives it. left: rows by table that no sheet could hold.
    """
    rows = report.assign(
        at=f"{now:%Y-%m-%d %H:%M:%S}",
        source_time=report["time"],
        reconciled=[state(line.control, line.difference) for line in report.itertuples()],
        left=[float(left.get(key, 0)) for key in report["table"]],
    )
    old = checked(own, "refreshes") if "refreshes" in own.tables else rows.iloc[:0]
    names = table_names()
    fresh = set(report["table"])
    old = old[[names.get(str(each).casefold(), "") not in fresh for each in old["table"]]]
    rows = rows.assign(table=[table_name(key, lang) for key in rows["table"]])
    frame = pd.concat([part[list(COLUMNS)] for part in (rows, old) if len(part)] or [rows[list(COLUMNS)]])
    return frame.reset_index(drop=True)


def state(control: float, difference: float) -> str:
    """Whether a total agrees with the source's own.

    >>> state(100.0, 0.0), state(100.0, -0.01), state(float("nan"), float("nan"))
    ('agrees', 'differs', 'unstated')
    """
    if pd.isna(control):
        return "unstated"
    return "differs" if pd.isna(difference) or abs(difference) >= CENT else "agrees"


def told(report: pd.DataFrame, lang: str) -> list[tuple[str, bool]]:
    """A line per table that was read, and one about its control total; with each whether it is a difference.

    Of many tables those of which nothing was rejected, and of which no control total is known, share one line.
    """
    clean = (report["rejected"] == 0) & report["control"].isna()
    lines, whole = [], report[clean] if clean.sum() > SINGLY else report.iloc[:0]
    for row in report.drop(index=whole.index).itertuples():
        facts = {"table": table_name(row.table, lang), "source": row.source, "rows": f"{row.rows:,}"}
        facts |= {"rejected": f"{row.rejected:,}", "money": f"{row.rejected_money:,.2f}"}
        facts |= {"time": row.time or word("refresh.no_time", lang), "seconds": f"{row.seconds:.2f}"}
        lines.append((word("refresh.read", lang, **facts), False))
        if not pd.isna(row.control):
            facts = {"control": figure(row.control), "total": figure(row.total), "difference": figure(row.difference)}
            apart = state(row.control, row.difference) == "differs"
            lines.append((word("refresh.apart" if apart else "refresh.agrees", lang, **facts), apart))
    if len(whole):
        count, seconds = whole["rows"].sum(), whole["seconds"].sum()
        facts = {"tables": len(whole), "rows": f"{count:,.0f}", "seconds": f"{seconds:.2f}"}
        lines.append((word("refresh.whole", lang, **facts), False))
    return lines


def figure(value: float) -> str:
    """A figure with thousands apart; a missing one is a dash."""
    return "–" if pd.isna(value) else f"{value:,.2f}"
