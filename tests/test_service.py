"""Service cases that wait: age, owner, lateness; how much waits at whom; the sheet they stand on."""

import io
from datetime import datetime

import openpyxl
import pandas as pd
import pytest

from xlsales.build import workbook
from xlsales.build.layout import SHEETS, list_object
from xlsales.build.wording import sheet_name
from xlsales.core.refusal import Refusal
from xlsales.core.service import case_owners, open_cases
from xlsales.labels import label

AS_OF = pd.Timestamp("2026-06-30")


def cases(**columns: object) -> pd.DataFrame:
    plain = {
        "case": list("abcd"),
        "customer": ["x", "y", "x", "x"],
        "kind": ["repair", "complaint", "complaint", "complaint"],
        "opened": pd.to_datetime(["2026-01-01", "2026-06-20", "2026-06-10", "2026-07-05"]),
        "closed": pd.to_datetime([None, None, "2026-07-02", None]),
    }
    return pd.DataFrame(plain | columns)


def waiting(**columns: object) -> pd.DataFrame:
    return open_cases(cases(**columns), AS_OF, pd.Series({"x": "Ann"}))


def test_open_cases_have_age_and_owner_complaints_first() -> None:
    found = waiting()
    assert found["case"].tolist() == ["c", "b", "a"], "closed later is open now; opened later is not there yet"
    assert found["age_days"].tolist() == [20, 10, 180]
    assert found["salesperson"].fillna("").tolist() == ["Ann", "", "Ann"]


def test_the_owner_named_in_the_case_wins_over_the_customer_s() -> None:
    found = waiting(salesperson=[None, None, "Bo", None])
    assert found["salesperson"].fillna("").tolist() == ["Bo", "", "Ann"]


def test_late_is_by_the_case_s_own_day_else_by_the_usual_days() -> None:
    found = waiting(due=pd.to_datetime(["2026-06-28", None, None, None]))
    assert found["days_overdue"].tolist() == [6, 0, 2], "20 days old: 6 more than 14; the third by its own day"
    assert found["due"].dt.strftime("%m-%d").tolist() == ["06-24", "07-04", "06-28"]


def test_owners_with_most_complaints_first_and_nobody_s_cases_are_seen() -> None:
    table = case_owners(waiting())
    assert table["owner"].fillna("").tolist() == ["Ann", ""]
    columns = ["cases", "complaints", "overdue_cases", "oldest_days", "mean_age"]
    assert table[columns].to_numpy().tolist() == [[2, 1, 2, 180, 100], [1, 1, 0, 10, 10]]
    assert table["cases"].sum() == len(waiting())


def test_nothing_open_is_an_empty_table() -> None:
    none = open_cases(cases(closed=pd.Timestamp("2026-06-01")), AS_OF)
    assert none["case"].tolist() == []
    assert case_owners(none).empty


def test_inputs_stay_as_they_were() -> None:
    before = cases(salesperson=[None, None, "Bo", None])
    same = before.copy()
    case_owners(open_cases(before, AS_OF))
    pd.testing.assert_frame_equal(before, same)


def test_no_days_are_refused() -> None:
    with pytest.raises(Refusal) as caught:
        open_cases(cases(), AS_OF, days=0)
    assert caught.value.code == "case_days"


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_leads_contacts_log_quotes_and_service_have_sheets_of_their_own(lang: str) -> None:
    book = io.BytesIO()
    workbook.build(book, {}, {}, [], {}, lang=lang, now=datetime(2026, 10, 8))  # noqa: DTZ001 - a fixed moment
    found = openpyxl.load_workbook(book)
    own = {"leads": "leads", "contacts": "contacts", "interactions": "interactions", "quotes": "quotes",
           "service": "service_cases"}  # fmt: skip
    for sheet, table in own.items():
        page = found[sheet_name(sheet, lang)]
        assert list_object(table) in page.tables
        assert not page.protection.sheet, "people type here"
    shown = [table.key for each in SHEETS if each.key == "service" for table in each.tables]
    assert shown == ["service_cases", "satisfaction", "open_cases", "case_owners"]
    page = found[sheet_name("service", lang)]
    heads = {cell.value for row in page.iter_rows() for cell in row}
    assert {label("open_cases", key, lang) for key in ("age_days", "salesperson", "days_overdue")} <= heads


def test_home_leads_to_every_sheet_of_every_stage() -> None:
    book = io.BytesIO()
    workbook.build(book, {}, {}, [], {}, lang="en", now=datetime(2026, 10, 8))  # noqa: DTZ001 - a fixed moment
    page = openpyxl.load_workbook(book)[sheet_name("home", "en")]
    shown = {cell.value for row in page.iter_rows() for cell in row if cell.hyperlink}
    assert {sheet_name(each.key, "en") for each in SHEETS if each.stage and not each.hidden} <= shown
