"""The few figures that Home and the charts show, picked out of the results; nothing is computed anew but sums."""

from dataclasses import dataclass

import pandas as pd

from xlsales.build.context import Build
from xlsales.build.fiscal import is_month, months_of, shown_year
from xlsales.schema.targets import QUANTITIES


@dataclass(frozen=True)
class Headline:
    """A quantity of the whole company against its target; the scope whose targets are added up; None for missing."""

    measure: str
    scope: str = ""
    period: str = ""
    target: float | None = None
    actual: float | None = None
    last_year: float | None = None
    rolling_12: float | None = None


def headlines(build: Build) -> list[Headline]:
    """The five quantities against their targets."""
    rows = build.frame("headline")
    found = {} if rows.empty else {str(row["measure"]): row for _, row in rows.iterrows()}
    return [headline(measure, found.get(measure)) for measure in QUANTITIES]


def headline(measure: str, row: pd.Series | None) -> Headline:
    """One quantity; without a row nothing is known of it."""
    if row is None:
        return Headline(measure)

    def text(key: str) -> str:
        return "" if key not in row or pd.isna(row[key]) else str(row[key])

    def number(key: str) -> float | None:
        return None if key not in row or pd.isna(row[key]) else float(row[key])

    figures = (number(key) for key in ("target", "actual", "last_year", "rolling_12"))
    return Headline(measure, text("scope"), text("period"), *figures)


def company_rows(build: Build) -> pd.DataFrame:
    """The five quantities of the whole company by period."""
    five = build.frame("five_quantities")
    if five.empty:
        return five
    return five[five["dimension"] == "company"]


def monthly(build: Build, measure: str) -> dict[str, float]:
    """A quantity of the whole company by month."""
    rows = company_rows(build)
    if rows.empty:
        return {}
    rows = rows[is_month(rows["period"])].dropna(subset=[measure])
    return dict(zip(rows["period"].astype("str"), rows[measure].astype("float64"), strict=True))


def months_shown(build: Build) -> tuple[list[str], list[str]]:
    """The months of the fiscal year shown and of the year before."""
    rows = company_rows(build)
    year = shown_year(build, None if rows.empty else rows["period"])
    start = int(build.setting("fiscal_year_start"))
    return months_of(year, start), months_of(year - 1, start)
