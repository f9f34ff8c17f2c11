"""Checks of one row by what its cells mean together: order of dates, bounds of each other, what a stage asks for."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from xlsales.schema.model import DATE
from xlsales.validate.findings import ERROR, WARNING, Findings

EARLIEST = pd.Timestamp(1990, 1, 1)
BORN = {"hire_date": pd.Timestamp(1940, 1, 1)}  # a person may have been hired before the company's data begin
# What systems write for "since ever" and "without end" where a row has a time of validity.
ENDLESS = (pd.Timestamp(1900, 1, 1), pd.Timestamp(9999, 12, 31))
VALIDITY = frozenset({"valid_from", "from", "to", "ends", "valid_until", "leave_date"})
YEARS_AHEAD = 10
LATEST = pd.Timestamp(2100, 12, 31)
# Older open items are wanted in receivables, so a date outside the years loaded only earns a word there.
OUTSIDE_YEARS = {"orders": ERROR, "expenses": ERROR}
Settings = Mapping[str, Any]


class Pair(NamedTuple):
    """Of two columns the second must not be below the first."""

    table: str
    low: str
    high: str
    severity: str = ERROR


PAIRS = (
    Pair("invoices", "date", "due_date"),
    Pair("promotions", "from", "to"),
    Pair("contests", "from", "to"),
    Pair("quotes", "date", "valid_until"),
    Pair("salespeople", "hire_date", "leave_date"),
    Pair("contracts", "signed", "ends"),
    Pair("actions", "start", "end"),
    Pair("receipts", "date", "maturity"),
    Pair("receipts", "date", "discounted"),
    Pair("receipts", "discounted", "maturity"),
    Pair("service_cases", "opened", "closed", WARNING),
    Pair("service_cases", "opened", "due", WARNING),
    Pair("opportunities", "created", "close_date", WARNING),
    Pair("plan", "lower", "upper"),
    Pair("commission_plan", "floor", "cap"),
    Pair("satisfaction", "score", "scale_max"),
)


def check_rows(frame: pd.DataFrame, findings: Findings, settings: Settings) -> None:
    """Note every row of the table that cannot be as it stands."""
    for pair in PAIRS:
        if pair.table == findings.table.key:
            low, high = frame[pair.low], frame[pair.high]
            wrong = (high < low).fillna(False).to_numpy(dtype=bool)
            code = "dates_reversed" if low.dtype.kind == "M" else "bounds_reversed"
            shown = [_plain(value) for value in low[wrong]]
            findings.rows(code, pair.high, wrong, pair.severity, {"other_column": pair.low, "first": shown})
    _dates(frame, findings, settings)
    check = BY_TABLE.get(findings.table.key)
    if check:
        check(frame, findings, settings)


def _plain(value: Any) -> Any:
    return value.date() if isinstance(value, pd.Timestamp) else value


def _dates(frame: pd.DataFrame, findings: Findings, settings: Settings) -> None:
    """Days that cannot be meant, and days outside the fiscal years that the settings name."""
    as_of = settings.get("as_of")
    latest = pd.Timestamp(as_of) + pd.DateOffset(years=YEARS_AHEAD) if as_of is not None else LATEST
    for column in findings.table.columns:
        if column.kind == DATE:
            days = frame[column.key]
            earliest = BORN.get(column.key, EARLIEST)
            facts = {"first": earliest.date(), "last": latest.date()}
            strange = (days < earliest) | (days > latest)
            if column.key in VALIDITY:
                strange &= ~days.isin(ENDLESS)
            findings.rows("date_unlikely", column.key, strange.to_numpy(), ERROR, facts)
    key = findings.table.dated
    first, last = settings.get("first_year"), settings.get("last_year")
    if not key or (first is None and last is None):
        return
    years = fiscal_year(frame[key], settings)
    low, high = (first if first is not None else 0), (last if last is not None else 9999)
    outside = (((years < low) | (years > high)) & years.notna()).to_numpy()
    severity = OUTSIDE_YEARS.get(findings.table.key, WARNING)
    code = "date_outside_years" if severity == ERROR else "date_outside_kept"
    years_loaded = f"{'' if first is None else first}–{'' if last is None else last}"
    findings.rows(code, key, outside, severity, {"years": years_loaded})


def fiscal_year(days: pd.Series, settings: Settings) -> pd.Series:
    """The fiscal year of each day, named after the year in which it starts; missing where the day is.

    >>> fiscal_year(pd.Series(pd.to_datetime(["2026-06-30", "2026-07-01"])), {"fiscal_year_start": 7}).tolist()
    [2025.0, 2026.0]
    """
    start, close = settings.get("fiscal_year_start") or 1, settings.get("month_close_day") or 31
    months = days.dt.year * 12 + days.dt.month - 1 + (days.dt.day > close).astype(int)
    years: pd.Series = ((months - (start - 1)) // 12).astype("float64").where(days.notna())
    return years


def _orders(frame: pd.DataFrame, findings: Findings, settings: Settings) -> None:
    del settings
    nothing = frame["amount"].isna() & (frame["unit_price"].isna() | frame["quantity"].isna())
    findings.rows("order_without_amount", "amount", nothing.to_numpy() & ~findings.left_out)
    findings.rows("quantity_zero", "quantity", (frame["quantity"] == 0).to_numpy(), WARNING)
    against = (frame["quantity"] * frame["amount"] < 0) & (frame["kind"] != "return").fillna(True)
    findings.rows("amount_sign", "amount", against.to_numpy(dtype=bool), WARNING)


def _invoices(frame: pd.DataFrame, findings: Findings, settings: Settings) -> None:
    del settings
    note = (frame["kind"] == "credit_note").fillna(False).to_numpy(dtype=bool)
    findings.rows("invoice_negative", "amount", (frame["amount"] < 0).to_numpy() & ~note)


def _receipts(frame: pd.DataFrame, findings: Findings, settings: Settings) -> None:
    if settings.get("bill_counts_on") != "maturity":
        return
    bill = (frame["method"] == "bill").fillna(False) & frame["maturity"].isna() & (frame["amount"] > 0)
    findings.rows("bill_without_maturity", "maturity", bill.to_numpy(dtype=bool))


def _targets(frame: pd.DataFrame, findings: Findings, settings: Settings) -> None:
    del settings
    timeless = (frame["period"].isna() & frame["valid_from"].isna()).to_numpy()
    findings.rows("target_without_period", "period", timeless & ~findings.left_out)
    alone = (frame["scope"] != "company").fillna(False) & frame["member"].isna()
    findings.rows("target_without_member", "member", alone.to_numpy(dtype=bool))


def _opportunities(frame: pd.DataFrame, findings: Findings, settings: Settings) -> None:
    del settings
    findings.rows("opportunity_without_customer", "customer", frame["customer"].isna().to_numpy(), WARNING)
    findings.rows("opportunity_without_owner", "salesperson", frame["salesperson"].isna().to_numpy(), WARNING)


BY_TABLE = {
    "orders": _orders,
    "invoices": _invoices,
    "receipts": _receipts,
    "targets": _targets,
    "opportunities": _opportunities,
}


def worth(frame: pd.DataFrame, findings: Findings) -> pd.Series:
    """What each row is worth in money; missing where it does not say.

    A return reduces, whatever its sign; an order line without an amount is quantity x price x (1 - discount).
    """
    table = findings.table
    if not table.money:
        return pd.Series(np.nan, index=frame.index)
    money = frame[table.money]
    if table.key == "orders":
        priced = frame["quantity"] * frame["unit_price"] * (1 - frame["discount"].fillna(0))
        back = (frame["kind"] == "return").fillna(False).astype(bool)
        money = money.fillna(priced)
        return money.where(~back, -money.abs())
    if table.key == "invoices":
        back = (frame["kind"] == "credit_note").fillna(False).astype(bool)
        return money.where(~back, -money.abs())
    return money
