"""What belongs to a period that is closed, its seal, and which closed periods have changed since."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from xlsales.core.calendar import Calendar, period_days
from xlsales.core.closing import fingerprint
from xlsales.problems import Problem
from xlsales.schema import TABLES
from xlsales.schema.closing import LOCKED
from xlsales.schema.origin import Origin

LAST_DAY = 31  # a month that closes on the 31st closes on its last day
KEPT = ("review_page", "closed_periods", "closed_content", *LOCKED.values())  # what closing itself writes
OF_PERIOD = ("reviews", "review_page")  # tables whose rows name the period
IN_PERIOD = ("targets", "budget", "activity_plan")  # those whose rows name it, or one that lies in it
# Settings on which figures stand, apart from how they are shown; weekdays and the like are the country's.
FIGURES = (
    *("fiscal_year_start", "month_close_day", "currency", "prices_include_tax", "tax_rate"),
    *("receivables_include_tax", "bill_counts_on", "fx"),
)
OF_DAY = {"interactions": "at", "satisfaction": "date", "red_lines": "date"}  # dated, though of no fiscal year's sums
VALID = {"fx_rates": "date"} | dict.fromkeys(
    (*LOCKED, "cost_history", "customer_owners", "region_owners"), "valid_from"
)
CODES = frozenset({"closed_table_changed", "closed_sum_changed", "closed_changed", "closed_opened"})
Frames = Mapping[str, pd.DataFrame]


def calendar(settings: Mapping[str, Any]) -> Calendar:
    """How the company cuts its days."""
    close = int(settings["month_close_day"])
    return Calendar(int(settings["fiscal_year_start"]), None if close >= LAST_DAY else close)


def content(tables: Frames, settings: Mapping[str, Any], period: str) -> dict[str, pd.DataFrame]:
    """The rows that a period holds, with our columns only.

    Of dated tables those dated in it with what hangs on them (shared credit, lines of invoices, the cost of products),
    of targets, budgets and reviews those of the period, all that was valid in it or before it (rules of commission,
    costs, owners, rates of exchange), and the settings on which figures stand.
    """
    days = calendar(settings)
    first, last = (pd.Timestamp(day) for day in period_days(period, days))
    after = last + pd.Timedelta(days=1)
    found = {}
    for key, table in TABLES.items():
        if key not in tables:
            continue
        frame, day = tables[key], table.dated or OF_DAY.get(key, "")
        if day:
            inside = (frame[day] >= first) & (frame[day] < after)
        elif key in OF_PERIOD:
            inside = frame["period"] == period
        elif key in IN_PERIOD:
            inside = frame["period"].map({each: _within(each, first, last, days) for each in frame["period"].unique()})
        elif key in VALID:
            inside = frame[VALID[key]] < after
        else:
            continue
        rows = np.flatnonzero(inside.fillna(value=False).to_numpy(bool))  # few of many: fetched, not filtered
        found[key] = frame[[column.key for column in table.columns]].take(rows)
    values = pd.DataFrame({"setting": FIGURES, "value": [str(settings[key]) for key in FIGURES]}, dtype="str")
    return found | _hanging(tables, found) | {"settings": values}


def _within(period: object, first: pd.Timestamp, last: pd.Timestamp, days: Calendar) -> bool:
    """Whether a period lies between two days."""
    if not isinstance(period, str):
        return False
    start, end = (pd.Timestamp(day) for day in period_days(period, days))
    return first <= start and end <= last


def empty(held: Frames) -> bool:
    """Whether nothing of a period itself is among what it holds: only what was valid in it, and settings."""
    return not any(len(frame) for key, frame in held.items() if key not in VALID and key != "settings")


def _hanging(tables: Frames, found: Frames) -> dict[str, pd.DataFrame]:
    """Rows without a day of their own that belong to orders and invoices of the period."""
    more = {}
    if {"orders", "order_credits"} <= tables.keys():
        more["order_credits"] = _of(tables, "order_credits", "order", found["orders"])
    if {"invoices", "invoice_lines"} <= tables.keys():
        more["invoice_lines"] = _of(tables, "invoice_lines", "invoice", found["invoices"])
    if {"orders", "products", "cost_history"} <= tables.keys():
        orders = found["orders"]  # a product costs what stands there, unless the line or its cost history says it
        sold = _of(tables, "products", "product", orders[orders["cost"].isna() & orders["unit_cost"].isna()])
        sold = sold[~sold["product"].isin(tables["cost_history"]["product"])]
        more["products"] = sold[["product", "unit", "unit_cost"]]
    return more


def _of(tables: Frames, table: str, key: str, owners: pd.DataFrame) -> pd.DataFrame:
    """The rows of a table, with our columns only, whose key stands in another table."""
    columns = [column.key for column in TABLES[table].columns]
    return tables[table].loc[tables[table][key].isin(owners[key].drop_duplicates()), columns]


def seals(held: Frames, period: str) -> pd.DataFrame:
    """A row of `closed_content` for each table of a period: its rows, the sum of its money, its fingerprint."""
    rows = [
        {
            "period": period,
            "sealed": key,
            "rows": float(len(frame)),
            "total": _total(key, frame),
            "hash": fingerprint({key: frame}),
        }
        for key, frame in held.items()
        if len(frame)
    ]
    return pd.DataFrame(rows, columns=["period", "sealed", "rows", "total", "hash"])


def _total(key: str, frame: pd.DataFrame) -> float:
    """The sum of the column that says what a row is worth; NaN for a table without one."""
    column = TABLES[key].money
    return float(frame[column].sum()) if column and frame[column].notna().any() else float("nan")


def changed_closings(tables: Frames, settings: Mapping[str, Any], origins: Mapping[str, Origin]) -> list[Problem]:
    """A warning for each table of each closed period that is no longer what it was, and for each one opened again."""
    closed, sealed = tables["closed_periods"], tables["closed_content"]
    origin = origins.get("closed_periods")
    found = []
    for row in closed.itertuples():
        held = content(tables, settings, row.period)
        if fingerprint(held) == row.hash:
            continue
        before = sealed[sealed["period"] == row.period].set_index("sealed")
        now = seals(held, row.period).set_index("sealed")
        facts = {"period": row.period, "day": str(row.closed_on.date())}
        place = (origin.sheet, origin.cell(int(row.Index), 0)) if origin else ("", "")
        told = []
        for key in [*before.index, *now.index.difference(before.index)]:
            difference = _difference(before, now, key)
            if difference is not None:
                code = "closed_table_changed" if len(difference) == 2 else "closed_sum_changed"
                told.append(_warning(code, row.period, place, {"other_table": key, **facts, **difference}))
        # No seal of a table where an earlier version closed it, or where the seals themselves were changed.
        found += told or [_warning("closed_changed", row.period, place, facts)]
    opened = [period for period in sealed["period"].dropna().unique() if not (closed["period"] == period).any()]
    place = (origin.sheet, origin.cell(0, 0)) if origin else ("", "")
    return found + [_warning("closed_opened", period, place, {"period": period}) for period in opened]


def periods_named(problems: Iterable[Problem]) -> list[str]:
    """The closed periods that problems name as changed or opened again, in order."""
    return sorted({str(each.value) for each in problems if each.table == "closed_periods" and each.code in CODES})


def _warning(code: str, period: str, place: tuple[str, str], facts: Mapping[str, object]) -> Problem:
    """A warning at the row of a closed period."""
    return Problem(code, "warning", "closed_periods", "period", None, period, *place, facts=facts)


def _difference(before: pd.DataFrame, now: pd.DataFrame, key: str) -> dict[str, float] | None:
    """Rows, and money where the table has it, before and now; None where the table is what it was."""
    if before.empty or (key in before.index and key in now.index and before["hash"][key] == now["hash"][key]):
        return None
    (rows, rows_now), (total, total_now) = (
        [float(side[name][key]) if key in side.index else 0.0 for side in (before, now)] for name in ("rows", "total")
    )
    told = {"rows": rows, "rows_now": rows_now}
    return told | {"total": total, "total_now": total_now} if key in TABLES and TABLES[key].money else told
