"""The workbook in a real spreadsheet program: every cached value is what it computes, and nothing is cut in print."""

import io
import re
import subprocess
import zipfile
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter
from xlsxwriter.worksheet import Worksheet

from tests.books import empty, filled, opened, saved
from tests.rendering import missing, pictures, recalculated
from xlsales.build.fast_sheet import FastSheet
from xlsales.labels import LANGUAGES

spreadsheet = pytest.mark.skipif(bool(missing()), reason=f"not installed: {missing()}")


def differences(book: bytes, computed: Path) -> tuple[int, list[str]]:
    """The number of formulas, and those whose cached value a recalculation does not give."""
    fresh = openpyxl.load_workbook(computed, data_only=True)
    formulas, cached = opened(book), opened(book, values=True)
    count, wrong = 0, []
    for sheet in formulas.worksheets:
        for row in sheet.iter_rows():
            for cell in row:
                if cell.data_type != "f" or "TODAY()" in str(cell.value):  # that of the day on which it is computed
                    continue
                count += 1
                old, new = (each[sheet.title][cell.coordinate].value or "" for each in (cached, fresh))
                same = old == new
                if isinstance(old, (int, float)) and isinstance(new, (int, float)):
                    same = new == pytest.approx(old, rel=1e-9, abs=1e-6)
                elif 0 in (old, new):
                    same = {old, new} <= {0, ""} and old == new
                if not same:
                    wrong.append(f"{sheet.title}!{cell.coordinate} {cell.value[:80]}: {old!r}, computed {new!r}")
    return count, wrong


@spreadsheet
@pytest.mark.parametrize(("kind", "lang"), [(filled, "en"), (filled, "zh"), (empty, "en")])
def test_every_cached_value_is_what_a_spreadsheet_computes(kind, lang, tmp_path: Path) -> None:
    book = kind(lang)
    count, wrong = differences(book, recalculated(saved(book, tmp_path, "book.xlsx"), tmp_path / "out"))
    assert count > 400
    assert wrong == []


@spreadsheet
def test_a_wrong_cached_value_would_be_found(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer)
    book.add_worksheet("A").write_formula("A1", "=1+1", None, 3)
    book.close()
    found = differences(buffer.getvalue(), recalculated(saved(buffer.getvalue(), tmp_path, "b.xlsx"), tmp_path / "out"))
    assert found == (1, ["A!A1 =1+1: 3, computed 2"])


@spreadsheet
@pytest.mark.slow
@pytest.mark.parametrize("lang", LANGUAGES)
def test_no_number_is_too_wide_for_its_column(lang, tmp_path: Path) -> None:
    found = pictures(saved(filled(lang), tmp_path, "book.xlsx"), tmp_path / "out", resolution=20)
    assert len(found) > 50
    pdf = tmp_path / "out" / "book.pdf"
    text = subprocess.run(["pdftotext", "-layout", str(pdf), "-"], capture_output=True, text=True, check=True).stdout
    assert "##" not in text
    assert "Err:" not in text


def sheet_xml(kind: type[Worksheet], *, fast: bool) -> str:
    """The same cells through the fast way or the library's, as the file has them."""
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"strings_to_urls": False, "strings_to_formulas": False})
    page, look, other = book.add_worksheet(worksheet_class=kind), book.add_format(), book.add_format({"bold": True})
    columns = [
        [1.0, -0.1, 1e300, 123456789.123456789, None],
        ["a", "=1+1", " b ", "<&>\x01", "销售"],
        [2.5, None, "x", 0.0, 7.0],
    ]
    styles = [[look], [other], [look, other, look, other, look]]
    for column, (values, each) in enumerate(zip(columns, styles, strict=True)):
        if fast:
            page.write_values(3, column, values, each)
            continue
        for row, value in enumerate(values):
            style = each[row % len(each)]
            if value is None:
                page.write_blank(3 + row, column, None, style)
            elif isinstance(value, str):
                page.write_string(3 + row, column, value, style)
            else:
                page.write_number(3 + row, column, value, style)
    page.write_formula(0, 0, "=1+1", look, 2)
    page.write_string(1, 0, "without a style")
    book.close()
    parts = zipfile.ZipFile(buffer)
    return (
        re.sub(r' spans="[^"]*"', "", parts.read("xl/worksheets/sheet1.xml").decode())
        + parts.read("xl/sharedStrings.xml").decode()
    )


def test_the_fast_sheet_writes_what_the_library_writes() -> None:
    assert sheet_xml(FastSheet, fast=True) == sheet_xml(Worksheet, fast=False)
