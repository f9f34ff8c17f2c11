"""Large tables written at once: the same cells as one by one, and what does not fit a sheet stays in the source."""

import io
import re
import zipfile
from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from python_calamine import CalamineWorkbook

from tests import ooxml
from xlsales import sources, validate
from xlsales.build import layout, vector_rows, workbook
from xlsales.build.fast_sheet import FastSheet
from xlsales.build.package import MacroBook
from xlsales.schema import TABLES

ROWS = vector_rows.LARGE + 77
NOW = datetime(2026, 1, 1)  # noqa: DTZ001 - any fixed moment


def columns(rows: int) -> list[list[object]]:
    chance = np.random.default_rng(1)
    numbers = np.round(chance.normal(0, 1e6, rows), 2).tolist()
    holes = [None if number < 0 else number for number in numbers]
    texts = [f"<{number % 999}> & é华东" if number % 3 else None for number in range(rows)]
    mixed = [number if number % 2 else f"t{number}" for number in range(rows)]
    return [numbers, holes, texts, [float(each) if isinstance(each, int) else each for each in mixed], [None] * rows]


def written(rows: int, large: int, monkeypatch: pytest.MonkeyPatch) -> bytes:
    monkeypatch.setattr("xlsales.build.fast_sheet.LARGE", large)
    target = io.BytesIO()
    book = MacroBook(target, {"strings_to_urls": False})
    style = book.add_format({"bg_color": "yellow"})
    page = book.add_worksheet("S", worksheet_class=FastSheet)
    page.set_row(12, 40)
    for at, values in enumerate(columns(rows)):
        page.write_values(7 + at, at, values, [style])
        page.write_string(6 + at, at, f"heading {at}")
    page.write_values(7, 6, ["beside", 1.0], [style])
    page.add_table(7, 0, 7 + rows, 1, {"columns": [{"header": "a"}, {"header": "b"}]})
    book.close()
    return target.getvalue()


def test_the_same_cells_as_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    slow, fast = written(ROWS, ROWS * 2, monkeypatch), written(ROWS, ROWS, monkeypatch)
    one, other = (
        CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_name("S").to_python() for data in (slow, fast)
    )
    assert one == other
    for data in (slow, fast):
        assert b'ref="A8:B' in zipfile.ZipFile(io.BytesIO(data)).read("xl/tables/table1.xml")
    pages = [zipfile.ZipFile(io.BytesIO(data)).read("xl/worksheets/sheet1.xml").decode() for data in (slow, fast)]
    looks = [re.findall(r'<c r="([A-D]\d+)"( s="\d+")?', page) for page in pages]
    assert looks[0] == looks[1]
    strings = [zipfile.ZipFile(io.BytesIO(data)).read("xl/sharedStrings.xml")[:200] for data in (slow, fast)]
    assert strings[0] == strings[1]  # as many, and as many different ones


def orders(rows: int) -> pd.DataFrame:
    chance = np.random.default_rng(7)
    days = np.datetime64("2025-01-01", "s") + chance.integers(0, 365, rows) * np.timedelta64(86_400, "s")
    return pd.DataFrame(
        {
            "order": pd.array([f"SO{number // 4}" for number in range(rows)], dtype="str"),
            "line": pd.array([str(number % 4 + 1) for number in range(rows)], dtype="str"),
            "date": days,
            "customer": pd.array([f"C{number % 50}" for number in range(rows)], dtype="str"),
            "product": "P",
            "quantity": 2.0,
            "amount": np.round(chance.lognormal(4, 1, rows), 2),
        }
    )


def build(path: Path, frame: pd.DataFrame) -> None:
    checked = validate.validate_all({})
    workbook.build(path, {**checked.tables, "orders": frame}, {}, [], checked.settings, lang="en", now=NOW)


@pytest.mark.slow
def test_a_large_book_is_what_the_standard_says_and_is_read_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("xlsales.build.package.LARGE", 100_000)
    frame = orders(ROWS)
    build(tmp_path / "big.xlsx", frame)
    again = validate.validate(TABLES["orders"], sources.read(tmp_path / "big.xlsx").tables["orders"])[0]
    for name in frame.columns:
        assert again[name].tolist() == frame[name].tolist()
    assert ooxml.errors(tmp_path / "big.xlsx") == []


def test_rows_that_no_sheet_holds_stay_in_the_source_and_the_sheet_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for place in (layout, workbook):
        monkeypatch.setattr(place, "MOST_ROWS", 57)
    build(tmp_path / "cut.xlsx", orders(80))
    rows = (
        CalamineWorkbook.from_path(tmp_path / "cut.xlsx").get_sheet_by_name("Orders").to_python(skip_empty_area=False)
    )
    assert len(rows) == 57
    assert "30 more rows are counted in all results, but stay in the source" in str(rows[:3])
