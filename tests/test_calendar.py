"""Fiscal periods, the steps between them, working days."""

from datetime import date
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from xlsales.core.calendar import (
    LEVELS,
    MISSING,
    Calendar,
    Period,
    parse_period,
    period_days,
    period_key,
    period_keys,
    period_numbers,
)
from xlsales.core.period_steps import (
    children,
    parent_period,
    period_range,
    previous_period,
    same_period_last_year,
    year_to_date,
)
from xlsales.core.refusal import Refusal
from xlsales.core.workdays import working_days, working_days_by_period, working_mask

JULY = Calendar(fiscal_year_start=7)


def refusal(call):
    with pytest.raises(Refusal) as no:
        call()
    return no.value.code


calendars = st.builds(
    Calendar,
    fiscal_year_start=st.integers(1, 12),
    month_close_day=st.one_of(st.none(), st.integers(1, 31)),
    year_named=st.sampled_from(["start", "end"]),
) | st.builds(
    Calendar,
    fiscal_year_start=st.integers(1, 12),
    week_pattern=st.sampled_from([(4, 4, 5), (4, 5, 4), (5, 4, 4)]),
    year_named=st.sampled_from(["start", "end"]),
)


@pytest.mark.parametrize(
    ("key", "calendar", "first", "last"),
    [
        ("2026", Calendar(), date(2026, 1, 1), date(2026, 12, 31)),
        ("2026", JULY, date(2026, 7, 1), date(2027, 6, 30)),
        ("2026", Calendar(7, year_named="end"), date(2025, 7, 1), date(2026, 6, 30)),
        ("2026H2", JULY, date(2027, 1, 1), date(2027, 6, 30)),
        ("2026Q1", JULY, date(2026, 7, 1), date(2026, 9, 30)),
        ("2026-01", JULY, date(2026, 1, 1), date(2026, 1, 31)),
        ("2026-03", Calendar(month_close_day=25), date(2026, 2, 26), date(2026, 3, 25)),
        ("2026-02", Calendar(month_close_day=30), date(2026, 1, 31), date(2026, 2, 28)),
        ("2026-W01", Calendar(), date(2025, 12, 29), date(2026, 1, 4)),
        ("2026-W01", JULY, date(2026, 6, 29), date(2026, 7, 5)),
        ("2026-02", Calendar(week_pattern=(4, 4, 5)), date(2026, 1, 26), date(2026, 2, 22)),
        ("2026-12", Calendar(week_pattern=(4, 4, 5)), date(2026, 11, 23), date(2027, 1, 3)),  # six weeks: 53 in 2026
    ],
)
def test_days_of_a_period(key, calendar, first, last):
    assert period_days(key, calendar) == (first, last)


def test_weeks_are_iso_weeks_when_the_year_starts_in_january():
    days = np.arange("1999-12-20", "2031-01-10", dtype="M8[D]")
    iso = pd.Series(pd.to_datetime(days)).dt.isocalendar()
    wanted = [f"{year}-W{week:02d}" for year, week in zip(iso["year"], iso["week"], strict=True)]
    assert period_keys(days, "week").tolist() == wanted


def test_fiscal_names_agree_with_adventureworks_dates():
    days = pd.Series(pd.to_datetime(["2011-06-30", "2011-07-01"]))  # DimDate: fiscal 2010 quarter 4, 2011 quarter 1
    assert period_keys(days, "quarter", JULY).tolist() == ["2010Q4", "2011Q1"]


@given(calendars, st.dates(date(1990, 1, 1), date(2060, 1, 1)), st.sampled_from(LEVELS))
def test_a_day_lies_in_its_period_and_keys_are_read_back(calendar, day, level):
    key = period_keys(np.array([day], dtype="M8[D]"), level, calendar).iloc[0]
    first, last = period_days(key, calendar)
    assert first <= day <= last
    assert period_key(parse_period(key, calendar), calendar) == key
    assert period_days(previous_period(key, calendar), calendar)[1].toordinal() == first.toordinal() - 1


@given(calendars, st.integers(1995, 2050), st.sampled_from(["half", "quarter", "month", "week"]))
def test_children_of_a_year_cover_it_without_gap(calendar, year, level):
    keys = children(str(year), level, calendar)
    spans = [period_days(key, calendar) for key in keys]
    for before, after in pairwise(spans):
        assert after[0].toordinal() == before[1].toordinal() + 1
    if level != "week" or calendar.week_pattern:
        assert (spans[0][0], spans[-1][1]) == period_days(str(year), calendar)
    assert {parent_period(key, "year", calendar) for key in keys} == {str(year)}


def test_months_with_a_week_pattern_have_whole_weeks():
    calendar = Calendar(week_pattern=(4, 4, 5))
    assert [len(children(f"2025-{m:02d}", "week", calendar)) for m in range(1, 13)] == [4, 4, 5] * 4
    assert len(children("2026-12", "week", calendar)) == 6


def test_a_missing_date_has_no_period():
    days = pd.Series(pd.to_datetime(["2026-01-05", None]))
    assert period_numbers(days, "month").tolist() == [24312, MISSING]
    keys = period_keys(days, "month")
    assert keys.iloc[0] == "2026-01"
    assert keys.isna().tolist() == [False, True]


@pytest.mark.parametrize("unit", ["D", "s", "ms", "us", "ns"])
def test_dates_of_any_resolution_give_the_same_months(unit):
    days = np.array(["1969-12-31", "2026-02-28"], dtype="M8[D]").astype(f"M8[{unit}]")
    assert period_keys(days, "month").tolist() == ["1969-12", "2026-02"]


def test_an_index_survives():
    days = pd.Series(pd.to_datetime(["2026-01-05"]), index=["row"])
    assert period_keys(days, "year").index.tolist() == ["row"]


@pytest.mark.parametrize("key", ["26", "2026-13", "2026-00", "2026Q5", "2026H3", "2026-1", "", "2026-W00x"])
def test_what_is_no_period_is_refused(key):
    assert refusal(lambda: parse_period(key)) == "period_key"


def test_a_week_that_the_year_has_not_is_refused():
    assert parse_period("2026-W53").level == "week"
    assert refusal(lambda: parse_period("2025-W53")) == "period_no_week"
    assert refusal(lambda: same_period_last_year("2026-W53")) == "period_no_week"


def test_steps():
    assert same_period_last_year("2026-01", JULY) == "2025-01"
    assert same_period_last_year("2026Q3") == "2025Q3"
    assert previous_period("2026-W01") == "2025-W52"
    assert year_to_date("2026-08", JULY) == ["2026-07", "2026-08"]
    assert year_to_date("2026Q2") == ["2026Q1", "2026Q2"]
    assert period_range("2025-11", "2026-02") == ["2025-11", "2025-12", "2026-01", "2026-02"]
    assert refusal(lambda: period_range("2026", "2025")) == "period_range_backwards"
    assert refusal(lambda: period_range("2026", "2026Q1")) == "period_levels_differ"
    assert refusal(lambda: children("2026Q1", "year")) == "period_not_inside"
    assert refusal(lambda: children("2026-01", "week")) == "period_not_inside"
    assert refusal(lambda: parent_period("2026", "month")) == "period_not_around"


@pytest.mark.parametrize(
    ("build", "code"),
    [
        (lambda: Calendar(13), "fiscal_year_start"),
        (lambda: Calendar(month_close_day=0), "month_close_day"),
        (lambda: Calendar(week_pattern=(4, 4, 4)), "week_pattern"),
        (lambda: Calendar(month_close_day=25, week_pattern=(4, 4, 5)), "week_pattern_close_day"),
        (lambda: Calendar(year_named="middle"), "fiscal_year_named"),
    ],
)
def test_a_calendar_that_cannot_be_is_refused(build, code):
    assert refusal(build) == code


def test_periods_are_numbered_without_gaps():
    assert parse_period("2026-07", JULY).number == parse_period("2026", JULY).number * 12
    assert period_key(Period("quarter", parse_period("2026Q1").number - 1)) == "2025Q4"


# Working days


def test_chinas_national_day_2025_with_make_up_workdays():
    # State Council notice: 1 to 8 October off; 28 September (Sunday) and 11 October (Saturday) are workdays
    assert not working_mask(date(2025, 10, 1), date(2025, 10, 8), "CN").any()
    assert working_mask(date(2025, 9, 28), date(2025, 9, 28), "CN").all()
    assert working_days(date(2025, 10, 1), date(2025, 10, 31), "CN") == 18


def test_other_countries_and_their_weekends():
    assert working_days(date(2026, 7, 1), date(2026, 7, 31), "US") == 22  # 3 July: Independence Day observed
    assert working_days(date(2026, 12, 21), date(2026, 12, 31), "DE") == 8
    assert not working_mask(date(2026, 1, 9), date(2026, 1, 9), "SA").any()  # a Friday


def test_own_days_win():
    own = pd.DataFrame({"date": ["2025-10-09", "2025-10-01"], "kind": ["off", "workday"]})
    assert working_days(date(2025, 10, 1), date(2025, 10, 31), "CN", own) == 18
    assert working_days(date(2025, 10, 9), date(2025, 10, 9), "CN", own) == 0
    assert working_days(date(2025, 10, 1), date(2025, 10, 1), "CN", own) == 1


def test_an_unpublished_year_is_refused_until_own_days_name_it():
    span = date(2034, 1, 2), date(2034, 1, 6)
    assert refusal(lambda: working_days(*span, "CN")) == "workdays_not_published"
    own = pd.DataFrame({"date": [date(2034, 1, 2)], "kind": ["off"]})
    assert working_days(*span, "CN", own) == 4


def test_wrong_country_and_kind_are_refused():
    day = date(2026, 1, 1)
    assert refusal(lambda: working_days(day, day, "XX")) == "workdays_country"
    own = pd.DataFrame({"date": [day], "kind": ["half"]})
    assert refusal(lambda: working_days(day, day, "DE", own)) == "workdays_kind"


def test_no_country_is_monday_to_friday_and_backwards_is_none():
    assert working_days(date(2026, 1, 1), date(2026, 1, 31)) == 22
    assert working_days(date(2026, 1, 2), date(2026, 1, 1)) == 0
    assert working_days_by_period(["2026-01", "2026Q1"]).tolist() == [22, 64]
