"""What hosts/book.py asks of a spreadsheet program, asked of real Calc."""
# ruff: noqa: DTZ001 - cells know no time zones

import datetime as dt
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xlsxwriter
import xlwings as xw

from tests.calc.office import headless, need, running  # noqa: F401 - headless is a fixture
from xlsales.hosts import calc
from xlsales.hosts.calc_uno import CalcError, CalcGone, CalcProtected, struct
from xlsales.hosts.native import WrongPassword


@pytest.fixture
def book(headless: xw.App) -> Iterator[xw.Book]:  # noqa: F811
    made = headless.books.add()
    yield made
    made.close()


@pytest.fixture
def sheet(book: xw.Book) -> xw.Sheet:
    return book.sheets[0]


def rows(cells: xw.Range) -> list[list[object]]:
    return cells.options(ndim=2, err_to_str=True).value


class TestValues:
    def test_each_kind_comes_back_as_it_went_in(self, sheet: xw.Sheet) -> None:
        sent = [[1.5, "text", True, dt.datetime(2026, 3, 31), None], [-2.0, "", False, dt.datetime(2026, 1, 1, 6), 0.0]]
        sheet["A1:E2"].value = sent
        got = rows(sheet["A1:E2"])
        assert got == [
            [1.5, "text", True, dt.datetime(2026, 3, 31), None],
            [-2.0, None, False, dt.datetime(2026, 1, 1, 6), 0.0],
        ]
        assert [type(cell) for cell in got[0]] == [float, str, bool, dt.datetime, type(None)]

    def test_one_cell_is_a_block_too(self, sheet: xw.Sheet) -> None:
        sheet["B2"].value = 7
        assert rows(sheet["B2"]) == [[7.0]]
        assert rows(sheet["C9"]) == [[None]]

    def test_library_kinds_are_normalised(self, sheet: xw.Sheet) -> None:
        sheet["A1:F1"].value = [np.int64(3), np.float64("nan"), pd.NaT, pd.Timestamp(2026, 1, 2), np.bool_(True), pd.NA]
        assert rows(sheet["A1:F1"]) == [[3.0, None, None, dt.datetime(2026, 1, 2), True, None]]

    def test_texts_stay_texts(self, sheet: xw.Sheet) -> None:
        texts = ["007", "2026-01", "'=1+1", "1e5", "'#N/A", "'true", "-5", "+5"]
        sheet["A1"].options(ndim=2).value = [[text] for text in texts]
        assert [row[0] for row in rows(sheet["A1:A8"])] == ["007", "2026-01", "=1+1", "1e5", "#N/A", "true", "-5", "+5"]

    def test_a_text_that_computes_is_a_formula_but_not_in_a_text_cell(self, sheet: xw.Sheet) -> None:
        sheet["A2"].number_format = "@"
        sheet["A1:A2"].value = [["=1+1"], ["=1+1"]]
        assert rows(sheet["A1:A2"]) == [[2.0], ["=1+1"]]

    def test_errors_arrive_as_their_texts_or_as_none(self, sheet: xw.Sheet) -> None:
        formulas = ["=1/0", "=NA()", '="a"+1', "=NOSUCH(1)", "=10^999", "=INDEX(B1:B2,9)"]
        sheet["A1:A6"].formula = [[formula] for formula in formulas]
        found = [row[0] for row in rows(sheet["A1:A6"])]
        assert found[:5] == ["#DIV/0!", "#N/A", "#VALUE!", "#NAME?", "#NUM!"]
        assert str(found[5]).startswith("#")
        assert sheet["A1:A6"].options(ndim=2).value == [[None]] * 6

    def test_an_error_text_becomes_an_error(self, sheet: xw.Sheet) -> None:
        sheet["A1"].value = "#N/A"
        sheet["B1"].formula = "=ISNA(A1)"
        assert rows(sheet["A1:B1"]) == [["#N/A", True]]

    def test_a_formula_that_gives_a_boolean(self, sheet: xw.Sheet) -> None:
        sheet["A1:C1"].formula = [["=1>0", "=1<0", "=3-2"]]
        assert rows(sheet["A1:C1"]) == [[True, False, 1.0]]

    def test_a_date_keeps_the_format_that_is_there(self, sheet: xw.Sheet) -> None:
        sheet["A1"].number_format = "dd/mm/yy"
        sheet["A1:A3"].value = [[dt.date(2026, 1, 1)], [None], [dt.date(2026, 1, 2)]]
        assert sheet["A1"].number_format.lower() == "dd/mm/yy"
        assert sheet["A3"].number_format.lower() == "yyyy-mm-dd"

    def test_a_number_in_a_date_cell_is_a_date(self, sheet: xw.Sheet) -> None:
        sheet["A1:B1"].number_format = "yyyy-mm-dd"
        sheet["A1:B1"].value = [[45658, "later"]]
        assert rows(sheet["A1:B1"]) == [[dt.datetime(2025, 1, 1), "later"]]

    def test_the_wrong_shape_is_refused_and_nothing_written(self, sheet: xw.Sheet) -> None:
        with pytest.raises(CalcError):
            sheet["A1:B2"].impl.formula = [["=1", "=2"]]
        with pytest.raises(CalcError):
            sheet["A1:B2"].impl.raw_value = [[1.0, 2.0, 3.0]] * 2
        assert rows(sheet["A1:B2"]) == [[None, None]] * 2

    def test_slices_and_corners(self, sheet: xw.Sheet) -> None:
        sheet["A1:C3"].value = [[1, 2, 3], [4, 5, 6], [7, 8, 9]]
        cells = sheet.range((1, 1), (3, 3))
        assert rows(cells[1:, 0]) == [[4.0], [7.0]]
        assert rows(cells[0, 2]) == [[3.0]]
        assert cells[1:3, 1:3].address == "$B$2:$C$3"
        assert cells[0, 0].get_address(row_absolute=False, column_absolute=False) == "A1"
        assert sheet.range((3, 3), (2, 1)).address == "$A$2:$C$3"
        assert (cells.row, cells.column, cells.shape) == (1, 1, (3, 3))

    def test_used_range(self, sheet: xw.Sheet) -> None:
        sheet["C4"].value = 1
        sheet["E9"].value = "x"
        assert sheet.used_range.address == "$C$4:$E$9"

    def test_clear_contents_keeps_the_format(self, sheet: xw.Sheet) -> None:
        sheet["A1"].number_format = "0.00%"
        sheet["A1"].value = 0.5
        sheet["A1"].clear_contents()
        assert rows(sheet["A1"]) == [[None]]
        assert sheet["A1"].number_format == "0.00%"

    def test_number_format_of_different_cells_is_none(self, sheet: xw.Sheet) -> None:
        sheet["A1"].number_format = "@"
        assert sheet["A1:A2"].number_format is None
        assert sheet["A1"].number_format == "@"
        assert sheet["A2"].number_format == "General"


class TestFormulas:
    FORMULAS = (
        "=SUM($A$1:A2,3)*2",
        "='It''s; a, sheet'!B2+'表 一'!$C$3",
        '=IF(A1="a;b,c",{1,2;3,4},"!")',
        "=SUM(xs_t[Amount])+ROWS(xs_t[[#Headers],[#Data],[Amount]])",
        "=HYPERLINK(\"#'It''s; a, sheet'!B2\",\"go\")",
        "=SUM(C:D)+SUM(1:2)",
        "=my_name*2",
        "=NORM.S.DIST(0,TRUE())",
    )

    def test_excels_spelling_comes_back(self, book: xw.Book, sheet: xw.Sheet) -> None:
        book.sheets.add("It's; a, sheet")
        book.sheets.add("表 一")
        sheet["F1:G1"].value = [["Amount", "Who"]]
        sheet["F2:G3"].value = [[5, "x"], [6, "y"]]
        sheet.tables.add(sheet["F1:G3"], name="xs_t")
        where = struct("table.CellAddress", Sheet=0, Column=0, Row=0)
        book.api.NamedRanges.addNewByName("my_name", "$Sheet1.$F$2", where, 0)
        target = sheet.range((5, 1), (4 + len(self.FORMULAS), 1))
        target.formula = [[formula] for formula in self.FORMULAS]
        assert [row[0] for row in target.formula] == list(self.FORMULAS)
        got = [row[0] for row in rows(target)]
        assert got[3] == 14.0
        assert got[4] == "go"
        assert got[6] == 10.0
        assert not [cell for cell in got[:1] + got[2:] if isinstance(cell, str) and cell.startswith("#")]

    def test_one_formula_fills_as_excel_does(self, sheet: xw.Sheet) -> None:
        sheet["A1:A3"].value = [[1], [2], [3]]
        sheet["B1:C3"].formula = "=$A1*10+A$1"
        assert sheet["C3"].formula == "=$A3*10+B$1"
        assert rows(sheet["B1:C3"]) == [[11.0, 21.0], [21.0, 31.0], [31.0, 41.0]]

    def test_a_plain_cell_tells_its_content(self, sheet: xw.Sheet) -> None:
        sheet["A1:C1"].value = [[1.5, "text", None]]
        assert sheet["A1:C1"].formula == (("1.5", "text", ""),)

    def test_mixed_formulas_and_texts(self, sheet: xw.Sheet) -> None:
        sheet["A1:A4"].formula = [["=1+1"], ["plain"], [None], ["=A1+1"]]
        assert rows(sheet["A1:A4"]) == [[2.0], ["plain"], [None], [3.0]]

    def test_filling_formulas_keeps_formats(self, sheet: xw.Sheet) -> None:
        sheet["A1"].number_format = "0.0"
        sheet["A2"].number_format = "0.000"
        sheet["A1:A2"].formula = "=ROW()"
        assert [sheet["A1"].number_format, sheet["A2"].number_format] == ["0.0", "0.000"]


class TestTables:
    def test_found_resized_and_read(self, sheet: xw.Sheet) -> None:
        sheet["A1:B3"].value = [["a", "b"], [1, 2], [3, 4]]
        sheet.tables.add(sheet["A1:B3"], name="xs_orders", has_headers=True)
        table = next(each for each in sheet.tables if each.name == "xs_orders")
        assert table.range.address == "$A$1:$B$3"
        assert not table.show_totals
        table.resize(sheet["A1:B6"])
        assert sheet.tables["xs_orders"].range.address == "$A$1:$B$6"
        with pytest.raises(CalcError):
            sheet.tables.add(sheet["D1:E2"], name="xs_orders")

    def test_totals_move_with_the_end(self, sheet: xw.Sheet) -> None:
        sheet["A1:B4"].value = [["a", "b"], [1, 2], [3, 4], ["Sum", None]]
        table = sheet.tables.add(sheet["A1:B4"], name="xs_orders")
        table.impl.xl.setPropertyValue("TotalsRow", True)
        sheet["B4"].formula = "=SUBTOTAL(109,xs_orders[b])"
        table.show_totals = False
        assert table.range.address == "$A$1:$B$3"
        assert rows(sheet["A4:B4"]) == [[None, None]]
        table.resize(sheet["A1:B5"])
        sheet["A4:B5"].value = [[5, 6], [7, 8]]
        table.show_totals = True
        assert table.range.address == "$A$1:$B$6"
        assert rows(sheet["A6:B6"]) == [["Sum", 20.0]]

    def test_formats_go_down_and_contents_stay(self, sheet: xw.Sheet) -> None:
        sheet["A2"].number_format = "@"
        sheet["B2"].number_format = "#,##0.00"
        sheet["A2"].impl.xl.setPropertyValue("CellBackColor", 0xFFFF00)
        sheet["A2:B4"].value = [["007", 1], ["008", 2], [None, 3]]
        sheet["A2:B2"].autofill(sheet["A2:B4"], "fill_formats")
        assert sheet["A2:A4"].number_format == "@"
        assert sheet["B2:B4"].number_format == "#,##0.00"
        assert sheet["A4"].impl.xl.getPropertyValue("CellBackColor") == 0xFFFF00
        assert rows(sheet["A2:B4"]) == [["007", 1.0], ["008", 2.0], [None, 3.0]]

    def test_merged_headings(self, sheet: xw.Sheet) -> None:
        assert sheet["A1:C1"].merge_cells is False
        sheet["B1:C1"].impl.xl.merge(True)
        assert sheet["A1:C1"].merge_cells is None
        assert sheet["B1:C1"].merge_cells is True


class TestImported:
    """A workbook as the builder makes them, opened from disk."""

    @pytest.fixture
    def made(self, tmp_path: Path) -> Path:
        path = tmp_path / "made.xlsx"
        with xlsxwriter.Workbook(path) as made:
            page = made.add_worksheet("Orders")
            body = {"data": [["007", 5, dt.datetime(2026, 1, 1), True], ["008", 6, None, False]]}
            day = made.add_format({"num_format": "yyyy-mm-dd"})
            headings = [{"header": "Id"}, {"header": "Amount"}, {"header": "Day", "format": day}, {"header": "Held"}]
            page.add_table("B3:E5", {"name": "xs_orders", "columns": headings, **body})
            page.conditional_format(
                "C4:C5", {"type": "cell", "criteria": ">", "value": 5, "format": made.add_format({"bold": True})}
            )
            page.data_validation("C4:C5", {"validate": "decimal", "criteria": ">=", "value": 0})
            page.write_formula("H1", "=SUM(xs_orders[Amount])", None, 11)
            locked = made.add_worksheet("Locked")
            locked.write("A1", 1)
            locked.write("A2", 2, made.add_format({"locked": False}))
            locked.protect()
            secret = made.add_worksheet("Secret")
            secret.protect("secret")
            made.define_name("xs_plan", "=Orders!$B$4:$C$5")
        return path

    @pytest.fixture
    def opened(self, headless: xw.App, made: Path) -> Iterator[xw.Book]:  # noqa: F811
        found = headless.books.open(str(made))
        yield found
        found.close()

    def test_table_name_and_values(self, opened: xw.Book) -> None:
        sheet = opened.sheets["Orders"]
        assert [(table.name, table.range.address) for table in sheet.tables] == [("xs_orders", "$B$3:$E$5")]
        assert rows(sheet["B4:E5"]) == [["007", 5.0, dt.datetime(2026, 1, 1), True], ["008", 6.0, None, False]]
        assert "xs_plan" in opened.names
        assert "nothing" not in opened.names
        assert opened.names["xs_plan"].refers_to_range.address == "$B$4:$C$5"
        assert Path(opened.fullname).name == opened.name == "made.xlsx"

    def test_a_deleted_name_is_an_error(self, opened: xw.Book) -> None:
        opened.sheets["Orders"].delete()
        with pytest.raises(CalcError):
            _ = opened.names["xs_plan"].refers_to_range

    def test_conditions_and_checks_grow_with_the_formats(self, opened: xw.Book) -> None:
        sheet = opened.sheets["Orders"]
        sheet.tables["xs_orders"].resize(sheet["B3:E9"])
        sheet["B4:E4"].autofill(sheet["B4:E9"], "fill_formats")
        found = sheet.api.ConditionalFormats.getConditionalFormats()
        assert [each.Range.getRangeAddressesAsString() for each in found] == ["Orders.C4:C9"]
        assert sheet["C9"].api.Validation.Type == sheet["C4"].api.Validation.Type

    def test_every_way_of_writing_respects_protection(self, opened: xw.Book) -> None:
        sheet = opened.sheets["Locked"]

        def value() -> None:
            sheet["A1"].value = 9

        def formula() -> None:
            sheet["A1"].formula = "=9"

        def number_format() -> None:
            sheet["A1"].number_format = "@"

        def clear() -> None:
            sheet["A1"].clear_contents()

        def fill() -> None:
            sheet["A1"].autofill(sheet["A1:A3"], "fill_formats")

        for way in (value, formula, number_format, clear, fill):
            with pytest.raises(CalcProtected):
                way()
        assert rows(sheet["A1"]) == [[1.0]]
        sheet["A2"].value = 7  # unlocked
        assert rows(sheet["A2"]) == [[7.0]]

    def test_protection_opened_and_closed(self, opened: xw.Book) -> None:
        native = calc.IMPL.native
        sheet = opened.sheets["Locked"]
        assert native.protected(sheet)
        how = native.unprotect(sheet)
        sheet["A1"].value = 5
        native.protect(sheet, how)
        assert native.protected(sheet)
        with pytest.raises(WrongPassword):
            native.unprotect(opened.sheets["Secret"])
        assert native.protected(opened.sheets["Secret"])

    def test_a_filter_is_seen(self, opened: xw.Book) -> None:
        native, sheet = calc.IMPL.native, opened.sheets["Orders"]
        table = sheet.tables["xs_orders"]
        assert not native.filtered(sheet, table)
        descriptor = table.impl.xl.getFilterDescriptor()
        descriptor.setFilterFields((struct("sheet.TableFilterField", Field=1, IsNumeric=True, NumericValue=5.0),))
        table.impl.xl.refresh()
        assert native.filtered(sheet, table)

    def test_hidden_rows_are_no_filter(self, opened: xw.Book) -> None:
        sheet = opened.sheets["Orders"]
        sheet.api.getRows().getByIndex(3).IsVisible = False
        assert not calc.IMPL.native.filtered(sheet, sheet.tables["xs_orders"])

    def test_read_only(self, headless: xw.App, made: Path) -> None:  # noqa: F811
        found = headless.books.open(str(made), read_only=True)
        try:
            assert calc.IMPL.native.read_only(found)
            with pytest.raises(CalcError):
                found.save()
        finally:
            found.close()

    def test_saved_as_ods_everything_is_still_there(self, opened: xw.Book, tmp_path: Path) -> None:
        opened.sheets["Orders"]["C4"].value = 50
        path = tmp_path / "kept.ods"
        opened.save(str(path))
        again = opened.app.books.open(str(path))
        try:
            sheet = again.sheets["Orders"]
            assert [table.name for table in sheet.tables] == ["xs_orders"]
            assert rows(sheet["C4"]) == [[50.0]]
            assert again.names["xs_plan"].refers_to_range.address == "$B$4:$C$5"
            assert calc.IMPL.native.protected(again.sheets["Locked"])
        finally:
            again.close()

    def test_a_sheet_as_pdf(self, opened: xw.Book, tmp_path: Path) -> None:
        from pypdf import PdfReader

        path = tmp_path / "orders.pdf"
        opened.sheets["Orders"].to_pdf(str(path))
        text = "".join(page.extract_text() for page in PdfReader(path).pages)
        assert "Amount" in text
        assert len(PdfReader(path).pages) == 1
        assert all(sheet.visible for sheet in opened.sheets)


class TestBook:
    def test_sheets_added_renamed_found_deleted(self, book: xw.Book) -> None:
        added = book.sheets.add("Preview", after=book.sheets[-1])
        assert [sheet.name for sheet in book.sheets] == ["Sheet1", "Preview"]
        added.name = "Vorschau"
        assert book.sheets["Vorschau"].index == 2
        added.delete()
        assert [sheet.name for sheet in book.sheets] == ["Sheet1"]

    def test_selection_of_several_rectangles(self, headless: xw.App, book: xw.Book, sheet: xw.Sheet) -> None:  # noqa: F811
        sheet.impl.activate()  # of the sheet alone: another office of the same run may be the active one
        sheet["B2:C3"].select()
        assert headless.selection.address == "$B$2:$C$3"
        ranges = book.api.createInstance("com.sun.star.sheet.SheetCellRanges")
        for cells in (sheet["B2:C3"], sheet["E5"]):
            ranges.addRangeAddress(cells.api.getRangeAddress(), False)
        book.api.getCurrentController().select(ranges)
        assert set(headless.selection.address.split(",")) == {"$B$2:$C$3", "$E$5"}

    def test_what_is_switched_off_comes_back(self, headless: xw.App, book: xw.Book, sheet: xw.Sheet) -> None:  # noqa: F811
        sheet["A1:A2"].formula = [["=B1"], ["=A1"]]
        headless.screen_updating = False
        headless.calculation = "manual"
        assert (headless.screen_updating, headless.calculation) == (False, "manual")
        sheet["B1"].value = 5
        headless.calculation = "automatic"
        headless.screen_updating = True
        assert (headless.screen_updating, headless.calculation) == (True, "automatic")
        assert rows(sheet["A1:A2"]) == [[5.0], [5.0]]
        assert not book.api.getUndoManager().isLocked()

    def test_status_bar(self, headless: xw.App) -> None:  # noqa: F811
        headless.status_bar = "Reading"
        headless.status_bar = "Writing"
        headless.status_bar = False

    def test_a_question_goes_to_whoever_answers(self, headless: xw.App, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
        asked: list[tuple[str, ...]] = []
        monkeypatch.setattr(calc.IMPL, "ask", lambda *what: asked.append(what) or "yes")
        assert headless.alert("Write?", title="xlsales", buttons="yes_no", mode="info") == "yes"
        assert asked == [("Write?", "xlsales", "yes_no", "info")]

    def test_a_file_that_is_not_there(self, headless: xw.App, tmp_path: Path) -> None:  # noqa: F811
        with pytest.raises(FileNotFoundError):
            headless.books.open(str(tmp_path / "none.xlsx"))

    def test_an_ending_that_would_lose_something(self, book: xw.Book, tmp_path: Path) -> None:
        with pytest.raises(CalcError, match=r"\.ods"):
            book.save(str(tmp_path / "lost.xlsm"))


def test_a_hundred_thousand_rows_in_seconds(book: xw.Book, capsys: pytest.CaptureFixture[str]) -> None:
    sheet = book.sheets[0]
    days = [dt.datetime(2026, 1, 1) + dt.timedelta(days=day) for day in range(365)]
    sent = [[f"C{at}", days[at % 365], *(float(at + column) for column in range(8))] for at in range(100_000)]
    cells = sheet.range((1, 1), (len(sent), 10))
    clock = time.perf_counter()
    cells.value = sent
    written = time.perf_counter() - clock
    got = rows(cells)
    read = time.perf_counter() - clock - written
    with capsys.disabled():
        print(f"\n100 000 × 10 cells: written in {written:.1f} s, read in {read:.1f} s")
    assert got == sent


def test_an_office_that_dies_is_a_sentence_and_not_a_crash(tmp_path: Path) -> None:
    need("soffice")
    with running(tmp_path / "profile") as office:
        sheet = office.app.books.add().sheets[0]
        sheet["A1"].value = 1
        office.kill()
        with pytest.raises(CalcGone):
            sheet["A1"].value = 2
        with pytest.raises(CalcGone):
            _ = sheet["A1"].options(ndim=2).value
