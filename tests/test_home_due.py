"""What Home says is due: the month that is over as the company closes its months, and whether it is closed."""

from calendar import monthrange
from datetime import date, datetime

import openpyxl
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.rendering import missing, recalculated
from xlsales import validate
from xlsales.build import workbook
from xlsales.build.sheets.home import COLUMNS, NEXT_ROW
from xlsales.build.sheets.states import closed_month, ended
from xlsales.core.calendar import Calendar, last_day, period_keys
from xlsales.core.period_steps import previous_period
from xlsales.labels import word
from xlsales.schema import TABLES

DUE = len(COLUMNS)  # the last column
CASES = [  # day, fiscal year start, close day, closed period, due, what is next
    (date(2026, 9, 30), 1, 31, "2026Q3", "2026-09", "roll"),
    (date(2026, 9, 29), 1, 31, "2026Q3", "2026-08", "review"),
    (date(2026, 9, 25), 1, 25, "2026-09", "2026-09", "roll"),
    (date(2026, 9, 24), 1, 25, "2026-09", "2026-08", "review"),
    (date(2026, 2, 28), 1, 30, "2026-02", "2026-02", "roll"),
    (date(2026, 6, 30), 7, 31, "2025", "2026-06", "roll"),
    (date(2026, 6, 30), 7, 31, "2026", "2026-06", "review"),
    (date(2026, 12, 31), 7, 31, "2026H1", "2026-12", "roll"),
    (date(2026, 12, 31), 7, 31, "2026Q2", "2026-12", "roll"),
    (date(2027, 1, 10), 7, 31, "2026Q4", "2026-12", "review"),
]


def whole(key, row):
    """One row of a table with every column."""
    return pd.DataFrame([row]).reindex(columns=[column.key for column in TABLES[key].columns])


def made(path, case):
    """A workbook in which every step before the review is done."""
    day, start, close, closed, _, _ = case
    rows = {"fiscal_year_start": start, "month_close_day": close, "as_of": day, "language": "English"}
    settings = pd.DataFrame({"setting": list(rows), "value": pd.Series(list(rows.values()), dtype=object)})
    checked = validate.validate_all({"settings": settings}, lang="en")
    tables = dict(checked.tables)
    row = {"period": closed, "closed_on": pd.Timestamp(day), "closed_by": "Li", "hash": "x"}
    tables["closed_periods"] = whole("closed_periods", row)
    tables["review_page"] = whole("review_page", {"period": closed, "section": "five", "place": 1.0})
    tables["targets"] = whole("targets", {"measure": "sales", "scope": "company", "member": "A", "period": "2026"})
    tables["plan"] = whole("plan", {"version": "base", "measure": "sales", "period": "2026-01", "value": 1.0})
    tables["orders"] = whole("orders", {"order": "O1", "line": 1, "date": pd.Timestamp(day)})
    first = {"pace": {"measure": "sales"}, "scores": {"salesperson": "A"}, "commissions": {"salesperson": "A"}}
    first |= {"gaps": {"member": "A", "measure": "sales"}}
    results = {key: whole(key, row) for key, row in first.items()}
    settings = {**checked.settings, "as_of": day}
    workbook.build(path, tables, results, [], settings, lang="en", now=datetime(2026, 9, 30))  # noqa: DTZ001
    return path


def seen(path):
    page = openpyxl.load_workbook(path, data_only=True)[word("sheet.home", "en")]
    return page.cell(NEXT_ROW + 1, DUE).value, page.cell(NEXT_ROW + 1, 2).value


OFTEN = (0, 2, 7)  # of the cases; the others in the long run, since each takes a workbook


@pytest.mark.parametrize(
    "case", [pytest.param(each, marks=() if at in OFTEN else pytest.mark.long) for at, each in enumerate(CASES)]
)
def test_the_month_due_follows_the_closing_day_and_a_longer_period_that_ends_with_it_counts(case, tmp_path):
    assert seen(made(tmp_path / "book.xlsx", case)) == (case[4], word(f"build.next.{case[5]}", "en"))


@pytest.mark.slow
@pytest.mark.skipif(bool(missing()), reason="needs LibreOffice")
@pytest.mark.parametrize("case", [CASES[2], CASES[7]], ids=["closes on the 25th", "half of a year from July"])
def test_the_formulas_say_the_same(case, tmp_path):
    path = recalculated(made(tmp_path / "book.xlsx", case), tmp_path)
    assert seen(path) == (case[4], word(f"build.next.{case[5]}", "en"))


@given(st.integers(2020, 2030), st.integers(1, 12), st.integers(1, 12))
def test_the_periods_that_end_with_a_month_are_those_of_the_fiscal_calendar(year, month, start):
    days, key = Calendar(start), f"{year}-{month:02d}"
    end = pd.Series([pd.Timestamp(year, month, monthrange(year, month)[1])])
    longer = {str(period_keys(end, level, days).iloc[0]) for level in ("quarter", "half", "year")}
    assert ended(key, start) == {key, *(each for each in longer if last_day(each, days) == end[0].date())}


@given(st.dates(date(2020, 1, 1), date(2030, 12, 31)), st.integers(1, 31))
def test_the_month_due_is_the_one_that_review_takes(day, close):
    days = Calendar(1, close)
    month = str(period_keys(pd.Series([pd.Timestamp(day)]), "month", days).iloc[0])
    assert closed_month(day, close) == (month if last_day(month, days) <= day else previous_period(month, days))
