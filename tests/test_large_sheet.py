"""A large sheet is scanned as a whole; what comes out is what the library gives that reads cell by cell."""

import datetime as dt
import io
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pandas as pd
import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as some
from python_calamine import CalamineWorkbook

from tests.errors.making import our_book
from xlsales import sources
from xlsales.sources import large_sheet
from xlsales.sources.files import column_of, read_file
from xlsales.sources.sheet_columns import LargeSheet
from xlsales.sources.sheet_scan import Unusual, scan

PART = "xl/worksheets/sheet1.xml"
EXOTIC = Path(__file__).parent / "data" / "exotic.xlsm"
WORDS = some.text(some.characters(codec="utf-8", exclude_categories=("C",)), max_size=6)
MARCH = dt.datetime(1900, 3, 1)  # noqa: DTZ001 - a sheet knows no time zones
DAYS = some.datetimes(MARCH).map(lambda day: day.replace(microsecond=0))
NUMBERS = some.floats(-1e300, 1e300) | some.integers(-(10**12), 10**12)
CELLS = {
    "words": some.none() | WORDS,
    "numbers": some.none() | NUMBERS,
    "days": some.none() | DAYS,
    "mixed": some.none() | WORDS | NUMBERS | DAYS | some.booleans(),
}


@pytest.fixture(autouse=True)
def _every_sheet_is_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(large_sheet, "LARGE", 0)


def cell_by_cell(path: Path) -> list[pd.Series]:
    rows = CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python(skip_empty_area=False)
    return [column_of(list(cells)) for cells in zip(*rows, strict=True)]


def scanned(path: Path, part: str = PART) -> LargeSheet:
    found = large_sheet.read_large(path, part)
    assert found is not None, "the sheet was not scanned"
    return found


def same(path: Path) -> None:
    sheet, wanted = scanned(path), cell_by_cell(path)
    for number, column in enumerate(wanted, 1):
        found = sheet.rows(number, 1, len(column))
        if isinstance(found.dtype, pd.CategoricalDtype):
            found = found.astype(object).where(found.notna(), None)
        assert found.dtype == column.dtype
        assert [*map(type, found.tolist())] == [*map(type, column.tolist())]
        assert found.equals(column), (found.tolist(), column.tolist())
        assert sheet.row(len(column), number, number)[0] == column.tolist()[-1] or pd.isna(column.tolist()[-1])


def written(path: Path, table: dict[str, list[Any]], places: tuple[int, int] = (0, 0)) -> Path:
    with xlsxwriter.Workbook(str(path), {"strings_to_formulas": False, "strings_to_urls": False}) as book:
        page = book.add_worksheet()
        styles = [book.add_format({"num_format": form}) for form in ("yyyy-mm-dd", "d/m/yy h:mm", "0.00%")]
        for column, (name, cells) in enumerate(table.items(), places[1]):
            page.write_string(places[0], column, name)
            for row, cell in enumerate(cells, places[0] + 1):
                if isinstance(cell, dt.datetime):
                    page.write_datetime(row, column, cell, styles[row % 2])
                elif isinstance(cell, str):
                    page.write_string(row, column, cell)
                elif cell is not None:
                    page.write(row, column, cell, styles[2] if row % 3 else None)
    return path


@settings(max_examples=60, deadline=None)
@given(table=some.fixed_dictionaries({name: some.lists(cells, max_size=12) for name, cells in CELLS.items()}))
def test_a_scanned_sheet_holds_what_the_library_reads(tmp_path_factory: pytest.TempPathFactory, table: Any) -> None:
    folder = tmp_path_factory.mktemp("scan")
    same(written(folder / "a.xlsx", table, (len(table["words"]), len(table["days"]) * 9)))


def test_cells_that_openpyxl_and_formulas_write_are_known(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    page = book.active
    page.append(["a & b <c>", " two  spaces ", 1.5, MARCH.replace(hour=13), True, None])
    page.append(["=1+1", "line\nbreak", -1e-300, dt.date(2026, 1, 6), False, "é中"])
    page["AB3"] = 7
    book.save(tmp_path / "open.xlsx")
    same(tmp_path / "open.xlsx")
    with xlsxwriter.Workbook(str(tmp_path / "x.xlsx")) as made:
        sheet = made.add_worksheet()
        for row, value in enumerate([3.25, "text", " kept ", True, "#N/A", ""]):
            sheet.write_formula(row, 2, "=A1", None, value)
        sheet.write_rich_string(9, 1, "plain ", made.add_format({"bold": True}), "bold")
        sheet.write_blank(10, 5, None, made.add_format({"bold": True}))
        sheet.write_number(1_048_575, 16_383, 1)
    sheet = scanned(tmp_path / "x.xlsx")
    assert (sheet.width, sheet.height) == (16_384, 1_048_576)
    assert sheet.rows(3, 1, 6).tolist() == [3.25, "text", " kept ", True, None, None]
    assert sheet.row(10, 1, 3) == [None, "plain bold", None]


def test_texts_that_stand_in_their_cells_are_known(tmp_path: Path) -> None:
    book = {"strings": ["x", " y ", "", "x", "<&>", None], "more": [1.0, None, 2.0, None, 3.0, 4.0]}
    path = tmp_path / "inline.xlsx"
    with xlsxwriter.Workbook(str(path), {"constant_memory": True}) as made:
        page = made.add_worksheet()
        for row, (text, number) in enumerate(zip(*book.values(), strict=True)):
            if text is not None:
                page.write_string(row, 0, text)
            page.write(row, 1, number)
    same(path)


def test_cells_of_dynamic_arrays_are_known(tmp_path: Path) -> None:
    with xlsxwriter.Workbook(str(tmp_path / "a.xlsx")) as made:
        made.add_worksheet().write_dynamic_array_formula("A1:A2", "=UNIQUE(B1:B2)", None, 7)
    assert scanned(tmp_path / "a.xlsx").rows(1, 1, 2).tolist() == [7.0, 0.0]


def changed(path: Path, old: bytes, new: bytes) -> Path:
    """A copy of a workbook with something in its sheet written in another way."""
    other, put = path.with_name("changed.xlsx"), io.BytesIO()
    with zipfile.ZipFile(path) as parts, zipfile.ZipFile(put, "w", zipfile.ZIP_DEFLATED) as made:
        for name in parts.namelist():
            data = parts.read(name)
            if name == PART:
                assert old in data
                data = data.replace(old, new)
            made.writestr(name, data)
    other.write_bytes(put.getvalue())
    return other


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'<c r="A2"', b"<c"),
        (b'<c r="A2"', b'<c r="A3"'),
        (b'<c r="A2"', b'<c r="B2"'),
        (b'<row r="2"', b'<row r="9"'),
        (b'<row r="2"', b'<row x="1" r="2"'),
        (b'<c r="A2"', b'<c cm="1" r="A2"'),
        (b"<v>1.5</v>", b"<v>1.5x</v>"),
        (b"<v>1.5</v>", b"<v>1e999</v>"),
        (b"<v>1.5</v>", b"<v><![CDATA[1.5]]></v>"),
        (b"<v>1.5</v>", b"<v>1.5</v><v>2</v>"),
        (b"<v>1.5</v>", b"<v>1.5</v><!-- 2 -->"),
        (b"<v>1.5</v>", b"<v >1.5</v>"),
        (b"<v>1.5</v></c>", b"<v>1.5</v>"),
        (b"<sheetData>", b'<sheetData x="1">'),
        (b"</sheetData>", b""),
    ],
)
def test_a_sheet_written_in_an_unusual_way_is_left_to_the_library(tmp_path: Path, old: bytes, new: bytes) -> None:
    path = written(tmp_path / "a.xlsx", {"a": [1.5, 2.0, 3.0], "b": ["x", "y", "z"]})
    same(path)
    assert large_sheet.read_large(changed(path, old, new), PART) is None


def test_a_day_before_march_1900_and_times_of_day_are_left_to_the_library(tmp_path: Path) -> None:
    for value, form in ((40.0, "yyyy-mm-dd"), (3e6, "yyyy-mm-dd"), (1.5, "[h]:mm")):
        with xlsxwriter.Workbook(str(tmp_path / "day.xlsx")) as book:
            book.add_worksheet().write_number(0, 0, value, book.add_format({"num_format": form}))
        assert large_sheet.read_large(tmp_path / "day.xlsx", PART) is None
    with xlsxwriter.Workbook(str(tmp_path / "1904.xlsx"), {"date_1904": True}) as book:
        book.add_worksheet().write_number(0, 0, 1.0)
    assert large_sheet.read_large(tmp_path / "1904.xlsx", PART) is None


def test_a_damaged_sheet_is_never_scanned(tmp_path: Path) -> None:
    path = written(tmp_path / "a.xlsx", {"a": np.random.default_rng(1).random(500).tolist()})
    with zipfile.ZipFile(path) as parts:
        member = parts.getinfo(PART)
    data = bytearray(path.read_bytes())
    for offset in range(60, 400, 7):
        hurt = data.copy()
        hurt[member.header_offset + 30 + len(PART) + offset] ^= 0x10
        (tmp_path / "hurt.xlsx").write_bytes(hurt)
        assert large_sheet.read_large(tmp_path / "hurt.xlsx", PART) is None


def test_rows_are_cut_between_blocks_without_loss(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    chance = np.random.default_rng(5)
    table = {"n": chance.random(3000).tolist(), "t": [f"t{k % 70}" for k in range(3000)]}
    path = written(tmp_path / "a.xlsx", table)
    for step in (100, 1000, 20_000):
        monkeypatch.setattr(large_sheet, "STEP", step)
        monkeypatch.setattr(large_sheet, "PACKED_STEP", step // 10)
        same(path)


def test_a_workbook_of_ours_and_a_plain_file_read_the_same_either_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    book, file = tmp_path / "book.xlsx", written(tmp_path / "orders.xlsx", {"order": ["A", "B"], "amount": [1.0, 2.5]})
    lines = [["order", "date", "customer", "amount"], ["A1", dt.date(2026, 1, 5), "C1", 10.5], ["A2", "soon", None, 3]]
    book.write_bytes(our_book({"orders": lines, "customers": [["customer", "name"], ["C1", "北方"], [7, " "]]}))
    large = sources.read(book).tables, read_file(file)
    monkeypatch.setattr(large_sheet, "LARGE", 10**12)
    small = sources.read(book).tables, read_file(file)
    assert large[0].keys() == small[0].keys()
    for key, frame in small[0].items():
        pd.testing.assert_frame_equal(plain(large[0][key]), plain(frame), obj=key)
    pd.testing.assert_frame_equal(plain(large[1][0]), plain(small[1][0]))
    assert large[1][1:] == small[1][1:]


def plain(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.astype(object).where(frame.notna(), None)


def test_a_tag_that_nobody_knows_is_unusual() -> None:
    with pytest.raises(Unusual):
        scan(b'<row r="1"><c r="A1"><w>1</w></c></row>', lambda _tail: True)


def test_the_sheets_of_a_workbook_full_of_strange_things_read_the_same() -> None:
    with zipfile.ZipFile(EXOTIC) as parts:
        sheets = [name for name in parts.namelist() if name.startswith("xl/worksheets/sheet")]
    for part in sheets:
        found = large_sheet.read_large(EXOTIC, part)
        assert found is None or found.height
