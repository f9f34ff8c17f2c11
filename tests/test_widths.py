"""Columns wide enough for what will stand in them, headings not covered by their filter buttons, years as years."""

import io
from datetime import datetime

import openpyxl
import pandas as pd
import pytest

from xlsales.build import workbook
from xlsales.build.layout import FIRST_ROW
from xlsales.build.styles import SENTENCES, YEARS, Styles
from xlsales.build.widths import FILTER_BUTTON, beside_button, column_width
from xlsales.labels import label
from xlsales.schema import TABLES
from xlsales.schema.model import INTEGER
from xlsales.schema.settings import SETTINGS

LANGUAGES = ("en", "zh")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_no_heading_is_covered_by_its_button(lang: str) -> None:
    for table in TABLES.values():
        for column in table.columns:
            name = label(table.key, column.key, lang)
            for value in (None, 1.0, 12345.0, 1e9):
                width = column_width(name, column, [value], 1)
                assert width == beside_button(name, width), (name, width)


def test_a_heading_that_just_fits_gets_room_for_the_button_and_a_long_one_breaks() -> None:
    assert beside_button("Margin rate", 9.0) >= len("Margin rate") * 0.85 + FILTER_BUTTON
    assert beside_button("Days since the last order", 12.0) == 12.0
    assert beside_button("毛利率", 5.8) == pytest.approx(6 * 0.95 + FILTER_BUTTON)


def test_an_empty_column_of_texts_waits_for_what_is_written_later() -> None:
    log = TABLES["log"]
    assert column_width("Time", log.column("time"), [], 1) > len("2026-10-08 09:30:00")
    problems = TABLES["problems"]
    assert "what" in SENTENCES
    assert column_width("What", problems.column("what"), [None], 1) > 40
    assert column_width("Time", log.column("time"), ["x"], 1) < 19


def test_a_year_has_no_thousands() -> None:
    years = {key for key, setting in SETTINGS.items() if setting.kind == INTEGER and setting.low and setting.low > 1900}
    assert years == YEARS
    patterns = {Styles.number_format(None, INTEGER, key) for key in YEARS}  # type: ignore[arg-type] - it needs no book
    assert patterns == {"0"}


def test_sentences_beside_other_tables_do_not_make_their_rows_taller() -> None:
    """On Monitor a reason stands in one line, so that the rows of pace beside it stay as high as the others."""
    reason = "because " * 20
    alerts = pd.DataFrame({"rank": [1.0, 2.0], "reason": [reason, "short"]})
    book = io.BytesIO()
    workbook.build(book, {}, {"alerts": alerts}, [], {}, lang="en", now=datetime(2026, 10, 8))  # noqa: DTZ001 - fixed
    page = openpyxl.load_workbook(book)["Monitor"]
    assert [page.row_dimensions[FIRST_ROW + 1 + at].height for at in range(2)] == [None, None]
    left, _, _, _ = openpyxl.utils.range_boundaries(page.tables["xs_alerts"].ref)
    at = left + [column.key for column in TABLES["alerts"].columns].index("reason")
    letter = openpyxl.utils.get_column_letter(at)
    assert page.column_dimensions[letter].width > len(reason)


@pytest.mark.parametrize(("largest", "unit"), [(653_130_000.0, 1), (99.0, 1), (653_130_000.0, 10_000)])
def test_the_sheet_of_one_member_has_room_for_the_largest_figure(largest: float, unit: int) -> None:
    pace = pd.DataFrame({"measure": ["sales"], "scope": ["company"], "member": [""], "target": [-largest]})
    book = io.BytesIO()
    settings = {"unit": unit}
    workbook.build(book, {}, {"pace": pace}, [], settings, lang="en", now=datetime(2026, 10, 8))  # noqa: DTZ001 - fixed
    page = openpyxl.load_workbook(book)["One member"]
    assert page.column_dimensions["B"].width > len(f"{-largest / unit:,.2f}")
