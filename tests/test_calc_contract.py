"""One suite for both programs: what `hosts/book.py` relies on, asked of Excel's documented ways and of real Calc.

Excel stands in as `tests/toy_engine.py`, which does what Microsoft and xlwings document; Calc is a real office. A test
that only one of them can pass is a difference that a user would see.
"""
# ruff: noqa: DTZ001 - cells know no time zones

import datetime as dt
from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd
import pytest
import xlwings as xw

from tests.calc.office import headless  # noqa: F401 - a fixture
from tests.toy_engine import ComError, toy_book
from xlsales.commands.protocol import Append, Image, Patch, Replace
from xlsales.hosts import previews
from xlsales.hosts.calc_uno import struct
from xlsales.hosts.native import native_of
from xlsales.hosts.open_book import HostBook, quiet
from xlsales.labels import label
from xlsales.schema import TABLES

NOW = dt.datetime(2026, 10, 1, 9, 30)
TOP = 7
HEADINGS = ["Region", "Parent", "Name", "note"]
REFUSALS = (ComError, xw.XlwingsError)  # what each program answers to what it will not do
HOW = {"DrawingObjects": True, "Scenarios": True}  # as Excel protects by itself
BODY = [["N", None, "North", "cold"], ["S", "N", "South", None]]


@pytest.fixture(params=["excel", "calc"])
def book(request: pytest.FixtureRequest) -> Iterator[xw.Book]:
    if request.param == "excel":
        yield toy_book()
        return
    app = request.getfixturevalue("headless")
    app.engine.activate()
    made = app.books.add()
    yield made
    made.close()


@pytest.fixture
def sheet(book: xw.Book) -> xw.Sheet:
    return book.sheets[0]


@pytest.fixture
def filled(book: xw.Book) -> xw.Book:
    """A book with the table of regions, a column of the user's own, and the bridge on a protected sheet."""
    first = book.sheets[0]
    first["B8:C9"].number_format = "@"
    first["B7:E9"].value = [HEADINGS, *BODY]
    first.tables.add(first["B7:E9"], name="xs_regions")
    second = book.sheets.add("Margin", after=first)
    heads = [label("bridge", column.key, "en") for column in TABLES["bridge"].columns]
    second.range((TOP, 1)).value = [heads]
    second.tables.add(second.range((TOP, 1), (TOP + 1, len(heads))), name="xs_bridge")
    native_of(book).protect(second, HOW)
    return book


def rows(cells: xw.Range) -> list[list[object]]:
    return cells.options(ndim=2, err_to_str=True).value


def table(book: xw.Book, name: str) -> xw.main.Table:
    return next(each for page in book.sheets for each in page.tables if each.name == name)


def body(book: xw.Book, name: str) -> list[list[object]]:
    return rows(table(book, name).range)[1:]


def write(book: xw.Book, change: Append | Replace | Patch | Image) -> None:
    host = HostBook(book, "en", NOW, "me")
    host.check([change])
    with host.writing([change]):
        host.put(change)


def regions(*codes: str) -> pd.DataFrame:
    return pd.DataFrame({"region": list(codes), "parent": None, "name": [f"{code} name" for code in codes]})


class TestCells:
    def test_each_kind_comes_back_as_it_went_in(self, sheet: xw.Sheet) -> None:
        sheet["A1:E2"].value = [
            [1.5, "text", True, dt.datetime(2026, 3, 31), None],
            [-2.0, "", False, dt.datetime(2026, 1, 1, 6), 0.0],
        ]
        got = rows(sheet["A1:E2"])
        assert got == [
            [1.5, "text", True, dt.datetime(2026, 3, 31), None],
            [-2.0, None, False, dt.datetime(2026, 1, 1, 6), 0.0],
        ]
        assert [type(cell) for cell in got[0]] == [float, str, bool, dt.datetime, type(None)]

    def test_kinds_of_libraries(self, sheet: xw.Sheet) -> None:
        sheet["A1:C1"].value = [float("nan"), pd.Timestamp(2026, 1, 2), dt.date(2026, 1, 3)]
        assert rows(sheet["A1:C1"]) == [[None, dt.datetime(2026, 1, 2), dt.datetime(2026, 1, 3)]]
        sheet["A2"].value = float(np.float64(2.5))
        assert rows(sheet["A2"]) == [[2.5]]

    @pytest.mark.parametrize("text", ["007", "2026-01", "=1+1", "1e5", "true", "-5", "+5", "'quoted", "3/4"])
    def test_a_text_stays_the_text_that_it_is(self, book: xw.Book, sheet: xw.Sheet, text: str) -> None:
        sheet["A1"].value = native_of(book).literal(text)
        sheet["A2"].number_format = "@"
        sheet["A2"].value = text if not text.startswith("'") else "'" + text
        assert rows(sheet["A1:A2"]) == [[text], [text]]

    def test_an_error_is_its_text_or_nothing(self, sheet: xw.Sheet) -> None:
        sheet["A1:B1"].value = ["#N/A", 1.0]
        assert rows(sheet["A1:B1"]) == [["#N/A", 1.0]]
        assert sheet["A1:B1"].value == [None, 1.0]

    def test_a_date_takes_its_format_unless_the_cell_has_one(self, sheet: xw.Sheet) -> None:
        sheet["A1"].number_format = "dd/mm/yy"
        sheet["A1:A2"].value = [[dt.datetime(2026, 1, 1)], [dt.datetime(2026, 1, 2)]]
        assert [sheet[at].number_format.lower() for at in ("A1", "A2")] == ["dd/mm/yy", "yyyy-mm-dd"]

    def test_formulas_come_back_in_excels_words(self, sheet: xw.Sheet) -> None:
        sheet["A1:A3"].formula = [["=SUM($B$1:B2,3)*2"], ["plain"], [None]]
        assert sheet["A1:A3"].formula == (("=SUM($B$1:B2,3)*2",), ("plain",), ("",))
        sheet["C1:D3"].formula = "=$A1*10+A$1"
        assert sheet["D3"].formula == "=$A3*10+B$1"

    def test_contents_go_and_formats_stay(self, sheet: xw.Sheet) -> None:
        sheet["A1"].number_format = "0.00%"
        sheet["A1:A2"].value = [[0.5], ["x"]]
        sheet["A1:A2"].clear_contents()
        assert rows(sheet["A1:A2"]) == [[None], [None]]
        assert sheet["A1"].number_format == "0.00%"
        assert sheet["A1:A2"].number_format is None  # they differ

    def test_formats_are_filled_down_and_contents_are_not(self, sheet: xw.Sheet) -> None:
        sheet["A1"].number_format, sheet["B1"].number_format = "@", "#,##0.00"
        sheet["A1:B3"].value = [["007", 1.0], ["b", 2.0], [None, 3.0]]
        sheet["A1:B1"].autofill(sheet["A1:B3"], "fill_formats")
        assert [sheet[at].number_format for at in ("A3", "B3")] == ["@", "#,##0.00"]
        assert rows(sheet["A2:B3"]) == [["b", 2.0], [None, 3.0]]

    def test_places(self, sheet: xw.Sheet) -> None:
        cells = sheet.range((2, 2), (4, 5))
        assert (cells.row, cells.column, cells.shape) == (2, 2, (3, 4))
        assert cells.address == "$B$2:$E$4"
        assert cells[1:, 0].address == "$B$3:$B$4"
        assert cells[0, 3].get_address(row_absolute=False, column_absolute=False) == "E2"
        assert sheet.range((4, 5), (2, 2)).address == "$B$2:$E$4"
        assert cells.merge_cells is False

    def test_the_cells_in_use(self, sheet: xw.Sheet) -> None:
        sheet["C4"].value, sheet["E9"].value = 1, "x"
        assert sheet.used_range.address == "$C$4:$E$9"


class TestTablesAndNames:
    def test_a_table_is_found_and_resized(self, sheet: xw.Sheet) -> None:
        sheet["A1:B3"].value = [["a", "b"], [1, 2], [3, 4]]
        made = sheet.tables.add(sheet["A1:B3"], name="xs_orders")
        assert [each.name for each in sheet.tables] == ["xs_orders"]
        assert (made.range.address, bool(made.show_totals)) == ("$A$1:$B$3", False)
        made.resize(sheet["A1:B6"])
        assert sheet.tables["xs_orders"].range.address == "$A$1:$B$6"

    def test_a_name_of_a_table_is_taken_once(self, book: xw.Book, sheet: xw.Sheet) -> None:
        sheet["A1:B2"].value = [["a", "b"], [1, 2]]
        sheet.tables.add(sheet["A1:B2"], name="xs_orders")
        with pytest.raises(REFUSALS):
            sheet.tables.add(sheet["D1:E2"], name="xs_orders")
        assert len(list(sheet.tables)) == 1

    def test_a_name_leads_to_its_cells(self, book: xw.Book, sheet: xw.Sheet) -> None:
        sheet.name = "Our plan"
        if hasattr(book.api, "NamedRanges"):  # users and builders define names, commands never do
            where = struct("table.CellAddress", Sheet=0, Column=0, Row=0)
            book.api.NamedRanges.addNewByName("xs_plan_sales", "$'Our plan'.$B$2:$D$4", where, 0)
        else:
            book.names.add("xs_plan_sales", "='Our plan'!$B$2:$D$4")
        assert ("xs_plan_sales" in book.names, "nothing" in book.names) == (True, False)
        found = book.names["xs_plan_sales"].refers_to_range
        assert (found.sheet.name, found.address) == ("Our plan", "$B$2:$D$4")

    def test_sheets_keep_their_order_and_names(self, book: xw.Book, sheet: xw.Sheet) -> None:
        sheet.name = "One"
        book.sheets.add("Three", after=sheet)
        book.sheets.add("Two", after=sheet)
        assert [each.name for each in book.sheets] == ["One", "Two", "Three"]
        with pytest.raises(ValueError, match="already present"):
            book.sheets.add("TWO")
        book.sheets["Two"].activate()
        assert book.sheets.active.name == "Two"


class TestProtection:
    WAYS: tuple[Callable[[xw.Sheet], object], ...] = (
        lambda sheet: setattr(sheet["A1"], "value", 9),
        lambda sheet: setattr(sheet["A1"], "formula", "=9"),
        lambda sheet: setattr(sheet["A1"], "number_format", "@"),
        lambda sheet: sheet["A1"].clear_contents(),
        lambda sheet: sheet["A1"].autofill(sheet["A1:A3"], "fill_formats"),
    )

    def test_nothing_is_written_on_a_protected_sheet(self, book: xw.Book, sheet: xw.Sheet) -> None:
        native = native_of(book)
        sheet["A1"].value = 1.0
        assert not native.protected(sheet)
        native.protect(sheet, HOW)
        assert native.protected(sheet)
        for way in self.WAYS:
            with pytest.raises(REFUSALS):
                way(sheet)
        assert rows(sheet["A1:A3"]) == [[1.0], [None], [None]]
        native.protect(sheet, native.unprotect(sheet))
        assert native.protected(sheet)
        native.unprotect(sheet)
        sheet["A1"].value = 2.0
        assert rows(sheet["A1"]) == [[2.0]]

    def test_a_protected_result_is_written_and_protected_again(self, filled: xw.Book) -> None:
        effects = ["price", "mix", "new"]
        frame = pd.DataFrame({"measure": "sales", "effect": effects, "amount": [1.0, 2.0, 3.0]})
        write(filled, Replace("bridge", frame))
        at = [column.key for column in TABLES["bridge"].columns].index("amount")
        assert [row[at] for row in body(filled, "xs_bridge")] == [1.0, 2.0, 3.0]
        assert native_of(filled).protected(filled.sheets["Margin"])

    def test_it_is_protected_again_when_writing_fails(self, filled: xw.Book) -> None:
        host = HostBook(filled, "en", NOW, "me")
        change = Replace("bridge", pd.DataFrame({"measure": ["sales"]}))

        def fail() -> None:
            with host.writing([change]):
                assert not native_of(filled).protected(filled.sheets["Margin"])
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            fail()
        assert native_of(filled).protected(filled.sheets["Margin"])


class TestProgram:
    def test_it_is_quiet_while_it_is_written_and_then_as_it_was(self, book: xw.Book) -> None:
        app = book.app
        before = (app.screen_updating, app.calculation, app.enable_events)
        with quiet(app):
            assert (app.screen_updating, app.calculation, app.enable_events) == (False, "manual", False)
        assert (app.screen_updating, app.calculation, app.enable_events) == before

    def test_a_preview_is_shown_and_dropped(self, filled: xw.Book) -> None:
        names = [each.name for each in filled.sheets]
        host = HostBook(filled, "en", NOW, "me")
        host.show_preview("What would change", ["Cell", "Old", "New"], [["B8", 1.0, 2.0]])
        assert len(filled.sheets) == len(names) + 1
        assert host.preview() == [["B8", 1.0, 2.0]]
        previews.drop(filled)
        assert [each.name for each in filled.sheets] == names


class TestHost:
    """The book as commands see it."""

    def test_tables_are_read_with_the_places_of_their_cells(self, filled: xw.Book) -> None:
        filled.sheets[0].name = "Renamed by the user"
        reading = HostBook(filled, "en", NOW, "me").read(["regions", "orders"])
        assert list(reading.tables) == ["regions"]
        frame = reading.tables["regions"]
        assert frame.astype(object).where(frame.notna(), None).to_numpy().tolist() == BODY
        assert reading.origins["regions"].cell(1, 0) == "B9"
        assert reading.origins["regions"].sheet == "Renamed by the user"

    @pytest.mark.parametrize("codes", [("E",), ("E", "W", "007", "=1+1", "1e5")])
    def test_a_table_grows_and_shrinks_with_what_is_written(self, filled: xw.Book, codes: tuple[str, ...]) -> None:
        filled.sheets[0]["B20"].value = "below"
        write(filled, Replace("regions", regions(*codes)))
        assert [row[0] for row in body(filled, "xs_regions")] == list(codes)
        assert table(filled, "xs_regions").range.address == f"$B$7:$E${TOP + len(codes)}"
        assert filled.sheets[0]["B20"].value == "below"

    def test_what_stood_there_comes_back(self, filled: xw.Book) -> None:
        change = Replace("regions", regions("E", "W", "X"))
        image = HostBook(filled, "en", NOW, "me").image(change)
        write(filled, change)
        assert len(body(filled, "xs_regions")) == 3
        write(filled, image)
        assert body(filled, "xs_regions") == BODY

    def test_rows_are_appended(self, filled: xw.Book) -> None:
        write(filled, Append("regions", regions("E", "W")))
        assert [row[0] for row in body(filled, "xs_regions")] == ["N", "S", "E", "W"]
        assert body(filled, "xs_regions")[0] == BODY[0]
