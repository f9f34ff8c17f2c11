"""The workbook: every sheet and table, in two languages, right, readable by name, the same bytes each time."""

import io
import re
import zipfile
from itertools import combinations
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pytest

from tests import ooxml
from tests.books import INJECTION, NOW, PROBLEMS, empty, filled, opened, saved, settings, table_frame, tables
from tests.made_results import made
from xlsales import validate
from xlsales.build import workbook
from xlsales.build.layout import FIRST_ROW, HEADER_ROW, SHEETS, list_name, list_object, referenced
from xlsales.build.wording import domain_words, headings, sheet_name
from xlsales.labels import LANGUAGES, words
from xlsales.schema import RESULTS, TABLES
from xlsales.schema.settings import SETTINGS
from xlsales.schema.targets import QUANTITIES

BOOKS = [(kind, lang) for kind in (filled, empty) for lang in LANGUAGES]
EVERY = pytest.mark.parametrize(
    ("kind", "lang"), BOOKS, ids=lambda part: part if isinstance(part, str) else part.__name__
)


def texts(book: bytes) -> set[str]:
    found = set()
    for sheet in opened(book, values=True).worksheets:
        for row in sheet.iter_rows(values_only=True):
            found |= {value for value in row if isinstance(value, str)}
    return found


@EVERY
def test_every_sheet_stands_in_its_order_under_its_name(kind, lang) -> None:
    book = opened(kind(lang))
    assert book.sheetnames == [sheet_name(sheet.key, lang) for sheet in SHEETS]
    states = {sheet.key: book[sheet_name(sheet.key, lang)].sheet_state for sheet in SHEETS}
    assert {key for key, state in states.items() if state == "hidden"} == {"plan_data", "chart_data"}
    assert states["undo"] == "veryHidden"


@EVERY
def test_every_table_of_the_schema_is_there_with_its_headings(kind, lang) -> None:
    book = opened(kind(lang))
    found = {name: sheet for sheet in book.worksheets for name in sheet.tables}
    assert set(found) == {list_object(key) for key in TABLES}
    for key, table in TABLES.items():
        sheet = found[list_object(key)]
        assert sheet.title == sheet_name(table.sheet, lang)
        heads = [cell.value for cell in sheet[sheet.tables[list_object(key)].ref][0]]
        assert heads[: len(table.columns)] == headings(table, lang)


@EVERY
def test_tables_of_a_sheet_stand_side_by_side_with_a_column_between(kind, lang) -> None:
    for sheet in opened(kind(lang)).worksheets:
        spans = [openpyxl.utils.range_boundaries(table.ref) for table in sheet.tables.values()]
        assert {span[1] for span in spans} <= {HEADER_ROW + 1}
        assert all(span[3] > span[1] for span in spans), "a table needs a row"
        for one, other in combinations(sorted(spans), 2):
            assert one[2] + 1 < other[0]


@EVERY
def test_no_error_missing_value_or_key_is_visible(kind, lang) -> None:
    keys = {column.key for table in TABLES.values() for column in table.columns if "_" in column.key}
    keys |= {key for key in (*TABLES, *SETTINGS) if "_" in key}
    keys |= {each for table in TABLES.values() for column in table.columns for each in column.domain if "_" in each}
    for text in texts(kind(lang)):
        assert text not in {"nan", "NaN", "NaT", "None", "inf", "<NA>", "True", "False"}, text
        assert not re.search(r"#NAME\?|#REF!|#VALUE!|#DIV/0!", text), text
        assert "#N/A" not in text or text == "#N/A", text  # what a line of a chart leaves out, on the hidden sheet
        assert not re.match(r"(column|value|table|sheet|setting|build|help)\.", text), text
        assert text not in keys, text


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_same_input_gives_the_same_bytes_and_stays_as_it_was(lang) -> None:
    rows = {key: frame.copy() for key, frame in tables(lang).items()}
    results = made(rows)
    before = {key: frame.copy() for key, frame in results.items()}
    buffer = io.BytesIO()
    workbook.build(buffer, rows, results, PROBLEMS, settings(lang), lang=lang, now=NOW)
    assert buffer.getvalue() == filled(lang)
    for key, frame in tables(lang).items():
        pd.testing.assert_frame_equal(rows[key], frame)
    for key, frame in before.items():
        pd.testing.assert_frame_equal(results[key], frame)


@EVERY
def test_the_open_xml_sdk_finds_no_error(kind, lang, tmp_path: Path) -> None:
    assert ooxml.errors(saved(kind(lang), tmp_path, "book.xlsx")) == []


def test_the_open_xml_sdk_would_find_one(tmp_path: Path) -> None:
    broken = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(empty("en"))) as source, zipfile.ZipFile(broken, "w") as target:
        for name in source.namelist():
            part = source.read(name)
            target.writestr(
                name, part.replace(b"<sheetData>", b"<sheetDate>", 1) if name.endswith("sheet1.xml") else part
            )
    assert ooxml.errors(saved(broken.getvalue(), tmp_path, "broken.xlsx"))


@pytest.mark.parametrize("lang", LANGUAGES)
def test_what_a_user_typed_lands_as_text_never_as_a_formula(lang) -> None:
    found = [
        cell
        for sheet in opened(filled(lang)).worksheets
        for row in sheet.iter_rows()
        for cell in row
        if isinstance(cell.value, str) and "cmd|" in cell.value
    ]
    assert {cell.value for cell in found} == {INJECTION}
    parts = zipfile.ZipFile(io.BytesIO(filled(lang)))
    formulas = b"".join(parts.read(name) for name in parts.namelist() if name.startswith("xl/worksheets/sheet"))
    assert b"cmd|" not in formulas


@pytest.mark.parametrize("lang", LANGUAGES)
def test_input_tables_read_back_by_name_are_the_same(lang) -> None:
    for key, frame in tables(lang).items():
        back, problems = validate.validate(TABLES[key], table_frame(filled(lang), list_object(key)))
        ours = [column.key for column in TABLES[key].columns]
        assert [problem for problem in problems if problem.severity == "error"] == [], key
        wanted = frame[ours].reset_index(drop=True)
        pd.testing.assert_frame_equal(back[ours], wanted, check_dtype=False, rtol=1e-12, obj=key)


def test_result_tables_read_back_by_name_are_the_same() -> None:
    results = made(tables("en"))
    for key in ("ageing", "five_quantities", "pace", "commissions"):
        back = table_frame(filled("en"), list_object(key))
        for column, heading in zip(TABLES[key].columns, headings(TABLES[key], "en"), strict=True):
            if column.key not in results[key]:  # other times, which only the whole cycle puts beside
                assert back[heading].isna().all()
            elif column.kind in {"money", "quantity", "share"}:
                np.testing.assert_allclose(back[heading].astype(float), results[key][column.key], rtol=1e-12)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_columns_of_the_users_own_are_kept_behind_ours(lang) -> None:
    back = table_frame(filled(lang), "xs_customers")
    assert back.columns[-1] == "loyalty"
    assert set(back["loyalty"]) == {"gold"}


# Each takes a workbook: every eighth in every run, the others in the long one.
@pytest.mark.parametrize(
    "key", [pytest.param(key, marks=() if at % 8 == 0 else pytest.mark.long) for at, key in enumerate(RESULTS)]
)
def test_a_book_is_made_when_a_result_has_no_rows(key) -> None:
    results = made({})
    buffer = io.BytesIO()
    workbook.build(buffer, {}, {**results, key: results[key].head(0)}, [], {}, lang="en", now=NOW)
    assert len(table_frame(buffer.getvalue(), list_object(key))) == 0


def test_a_book_is_made_when_no_result_has_even_columns() -> None:
    buffer = io.BytesIO()
    workbook.build(buffer, tables("en"), dict.fromkeys(RESULTS, pd.DataFrame()), [], {}, lang="en", now=NOW)
    assert len(table_frame(buffer.getvalue(), "xs_ageing")) == 0


def test_an_infinite_number_is_refused() -> None:
    results = {"ageing": made({})["ageing"].assign(outstanding=np.inf)}
    with pytest.raises(ValueError, match=r"ageing\.outstanding"):
        workbook.build(io.BytesIO(), {}, results, [], {}, lang="en", now=NOW)


def test_missing_is_blank_and_never_zero() -> None:
    back = table_frame(filled("en"), "xs_commissions")
    missing = made(tables("en"))["commissions"]["commission"].isna()
    assert missing.any()
    assert (back["Commission"].isna() == missing).all()


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_value_that_may_be_chosen_has_words(lang) -> None:
    for table in TABLES.values():
        for column in table.columns:
            assert all(domain_words(column, lang))
    for setting in SETTINGS.values():
        assert all(words()[f"value.{setting.key}.{each}"][lang] for each in setting.domain)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_lists_name_the_key_column_of_their_table(lang) -> None:
    names = opened(empty(lang)).defined_names
    for key in referenced():
        heading = headings(TABLES[key], lang)[0]
        assert names[list_name(key)].attr_text == f"{list_object(key)}[{heading}]"
    lists = {
        rule.formula1 for sheet in opened(empty(lang)).worksheets for rule in sheet.data_validations.dataValidation
    }
    assert {list_name(key) for key in referenced()} <= lists


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_template_offers_rows_to_type_in_the_style_of_input(lang) -> None:
    book = opened(empty(lang))
    for sheet in book.worksheets:
        for name, area in sheet.tables.items():
            table = TABLES[name.removeprefix("xs_")]
            if table.role in {"master", "input"} and table.key != "settings":
                body = sheet[area][1:]
                assert len(body) >= 20
                assert {cell.fill.fgColor.rgb for row in body for cell in row} == {"FFFFF8DC"}, name


@EVERY
def test_help_waits_on_every_heading(kind, lang) -> None:
    for sheet in opened(kind(lang)).worksheets:
        told = {str(rule.sqref): rule for rule in sheet.data_validations.dataValidation if rule.prompt}
        for name, area in sheet.tables.items():
            table = TABLES[name.removeprefix("xs_")]
            for cell in sheet[area][0][: len(table.columns)]:
                assert told[cell.coordinate].prompt, (name, cell.coordinate)


@EVERY
def test_result_sheets_are_protected_without_password_and_inputs_are_not(kind, lang) -> None:
    for sheet in SHEETS:
        page = opened(kind(lang))[sheet_name(sheet.key, lang)]
        assert page.protection.sheet != sheet.typed, sheet.key
        assert page.protection.password is None
        # One page for one person and one week is a sheet of paper held upright; all others are wide tables.
        assert page.page_setup.orientation == ("portrait" if sheet.key == "week_page" else "landscape"), sheet.key
        assert (page.page_setup.paperSize, page.page_setup.fitToWidth or 1) == (9, 1)
        assert page.sheet_properties.pageSetUpPr.fitToPage
        assert "&P / &N" in page.oddFooter.right.text
        if sheet.tables:
            assert page.freeze_panes == f"A{FIRST_ROW + 1}"
            assert page.print_title_rows == f"$1:${HEADER_ROW + 1}"


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_unit_changes_what_is_shown_and_never_what_is_stored(lang) -> None:
    small, large = (table_frame(filled(lang, unit), "xs_ageing") for unit in (1, 10000))
    pd.testing.assert_frame_equal(small, large)
    page = opened(filled(lang, 10000))[sheet_name("collections", lang)]
    assert "万" in page["A3"].value
    formats = {cell.number_format for cell in page[FIRST_ROW + 1]}
    assert r"0\.0,;-0\.0," in formats


@pytest.mark.parametrize("lang", LANGUAGES)
def test_problems_lead_to_their_cells(lang) -> None:
    page = opened(filled(lang))[sheet_name("problems", lang)]
    orders = sheet_name("orders", lang)
    column = {column.key: number for number, column in enumerate(TABLES["orders"].columns, 1)}
    letters = {key: openpyxl.utils.get_column_letter(column[key]) for key in ("amount", "date")}
    cell = [column.key for column in TABLES["problems"].columns].index("cell") + 1
    found = [page.cell(FIRST_ROW + 1 + row, cell).hyperlink.location for row in range(2)]
    assert found[0] == f"'{orders}'!{letters['amount']}{HEADER_ROW + 1}", "the row itself was left out"
    assert found[1] == f"'{orders}'!{letters['date']}{FIRST_ROW + 1 + 12 - 2 - 1}", "one row above it was left out"
    back = openpyxl.utils.range_boundaries("A1")
    assert all(
        opened(filled(lang))[sheet_name(sheet.key, lang)].cell(back[1], back[0]).hyperlink for sheet in SHEETS[1:]
    )


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_plan_sheet_holds_the_leaves_and_adds_them_up(lang) -> None:
    plan = tables(lang)["plan"]
    book, values = opened(filled(lang)), opened(filled(lang), values=True)
    for measure in QUANTITIES:
        page, cached = (each[sheet_name("plan_" + measure, lang)] for each in (book, values))
        wanted = plan[(plan["measure"] == measure) & plan["period"].str.startswith("2026-")]["value"].sum()
        assert page.cell(FIRST_ROW + 1, 28).value.startswith("=")
        assert cached.cell(FIRST_ROW + 1, 28).value == pytest.approx(wanted)
        assert f"xs_plan_{measure}" in book.defined_names
        assert f"xs_hold_{measure}" in book.defined_names
    held = list(book[sheet_name("plan_sales", lang)].iter_rows(min_row=FIRST_ROW + 1, values_only=True))
    assert sum(value == "H" for row in held for value in row) == 1


@pytest.mark.parametrize("lang", LANGUAGES)
def test_charts_are_native_and_read_cells_with_data(lang) -> None:
    book = opened(filled(lang))
    assert {sheet.title for sheet in book.worksheets if sheet._charts} == {
        sheet_name(key, lang) for key in ("margin", "collections", "focus", "monitor", "dashboard")
    }
    assert len(book[sheet_name("dashboard", lang)]._charts) == 14
    parts = zipfile.ZipFile(io.BytesIO(filled(lang)))
    charts = [parts.read(name).decode() for name in parts.namelist() if name.startswith("xl/charts/chart")]
    assert len(charts) == 19
    assert all("<c:v>" in chart and "#REF!" not in chart for chart in charts)
    assert all('<c:dispBlanksAs val="span"/>' in chart for chart in charts), "a line must not fall to 0 at its end"


@EVERY
def test_errors_stand_only_on_the_hidden_sheet_of_chart_data(kind, lang) -> None:
    for sheet in opened(kind(lang), values=True).worksheets:
        seen = {cell for row in sheet.iter_rows(values_only=True) for cell in row if isinstance(cell, str)}
        assert sheet.title == sheet_name("chart_data", lang) or "#N/A" not in seen


def test_planned_cells_without_a_place_in_the_matrix_are_announced() -> None:
    rows = pd.DataFrame(
        {
            "version": "v1",
            "measure": "sales",
            "period": ["2026-01", "2026-01", "2026Q2"],
            "region": ["N", "N", "N"],
            "product": [None, "P1", None],
            "value": [5.0, 2.0, 9.0],
        }
    )
    buffer = io.BytesIO()
    workbook.build(buffer, {"plan": rows}, {}, [], {}, lang="en", now=NOW)
    page = opened(buffer.getvalue(), values=True)[sheet_name("plan_sales", "en")]
    assert page["D1"].value.startswith("2 planned cells")
    assert page.cell(FIRST_ROW + 1, 28).value == 5
