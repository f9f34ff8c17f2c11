"""Tables of an open book: found, read, written, protected, and what stands in the way said in a sentence."""

import datetime as dt
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from tests.toy_engine import ComError, Range, Selection, toy_book
from xlsales.commands.protocol import Append, Block, Image, Patch, Replace
from xlsales.hosts.open_book import HostBook
from xlsales.labels import LANGUAGES, label
from xlsales.problems import InputError, sentence
from xlsales.schema import TABLES

NOW = dt.datetime(2026, 10, 1, 9, 30)  # noqa: DTZ001 - cells know no time zones
TOP = 7  # the row of the headings


@pytest.fixture
def book():
    """A book with the tables `regions` (headings in English, a column of the user's own) and, protected, `bridge`."""
    made = toy_book()
    sheet = made.sheets[0]
    sheet.impl.name = "Organisation"
    sheet.range((TOP, 2)).value = [
        ["Region", "Parent", "Name", "note"],
        ["N", None, "North", "cold"],
        ["S", "N", "South", None],
    ]
    sheet.range((TOP + 1, 2), (TOP + 2, 3)).number_format = "@"
    sheet.range((TOP, 2)).value = [
        ["Region", "Parent", "Name", "note"],
        ["N", None, "North", "cold"],
        ["S", "N", "South", None],
    ]
    sheet.tables.add(sheet.range((TOP, 2), (TOP + 2, 5)), name="xs_regions")
    margin = made.sheets.add("Margin", after=sheet)
    heads = [label("bridge", column.key, "en") for column in TABLES["bridge"].columns]
    margin.range((TOP, 1)).value = [heads]
    margin.tables.add(margin.range((TOP, 1), (TOP + 1, len(heads))), name="xs_bridge")
    margin.impl.locked = True
    margin.impl.com.Protection.AllowSorting = True
    return made


def host(book, lang="en"):
    return HostBook(book, lang, NOW, "me")


def write(book, change, lang="en"):
    one = host(book, lang)
    one.check([change])
    with one.writing([change]):
        one.put(change)


def regions(*codes, **columns):
    return pd.DataFrame({"region": list(codes), "parent": None, "name": [f"{code} name" for code in codes], **columns})


def refused(book, change):
    with pytest.raises(InputError) as caught:
        host(book).check([change])
    problem = caught.value.problem
    texts = [sentence(problem, lang) for lang in LANGUAGES]
    assert all("{" not in text for text in texts)
    assert texts[0] != texts[1]
    return problem


def table(book, name="xs_regions"):
    return next(table for sheet in book.sheets for table in sheet.tables if table.name == name)


BRIDGE = Replace(
    "bridge", pd.DataFrame({"measure": ["sales"] * 3, "effect": ["price", "mix", "new"], "amount": [1.0, 2.0, 3.0]})
)


# Reading


def test_a_table_is_read_in_one_piece_with_the_place_of_its_cells(book):
    reading = host(book).read(["regions", "orders"])
    assert list(reading.tables) == ["regions"]
    frame = reading.tables["regions"]
    assert frame.astype(object).where(frame.notna(), None).to_numpy().tolist() == [
        ["N", None, "North", "cold"],
        ["S", "N", "South", None],
    ]
    assert reading.origins["regions"].cell(1, 0) == "B9"
    assert reading.origins["regions"].sheet == "Organisation"


def test_a_renamed_sheet_is_found(book):
    book.sheets["Organisation"].impl.name = "Our regions"
    assert len(host(book).read(["regions"]).tables["regions"]) == 2


@pytest.mark.parametrize(
    "heads", [["Region", "Parent", "Name"], ["区域", "上级区域", "名称"], ["region", "parent", "name"]]
)
@pytest.mark.parametrize("name", ["Organisation", "组织", "organisation"])
def test_a_table_without_its_name_is_found_by_sheet_and_headings(book, heads, name):
    sheet = book.sheets["Organisation"]
    sheet.impl.name = name
    sheet.impl.listed.clear()
    heads = [label("regions", key, "zh") for key in ("region", "parent", "name")] if heads[0] == "区域" else heads
    sheet.range((TOP, 2)).value = [heads]
    reading = host(book).read(["regions"])
    assert len(reading.tables["regions"]) == 2
    assert reading.origins["regions"].header_row == TOP
    write(book, Replace("regions", regions("E", "W", "X")))
    assert host(book).read(["regions"]).tables["regions"].iloc[:, 0].tolist() == ["E", "W", "X"]


def test_cells_formatted_as_currency_are_plain_numbers(book):
    sheet = book.sheets["Organisation"]
    sheet.impl.cells_[TOP + 1, 5] = Decimal("12.34")
    value = host(book).read(["regions"]).tables["regions"].iloc[0, 3]
    assert (value, type(value)) == (12.34, float)


def test_an_error_cell_is_read_as_its_text(book):
    book.sheets["Organisation"].impl.cells_[TOP + 1, 4] = "#REF!"
    assert host(book).read(["regions"]).tables["regions"].iloc[0, 2] == "#REF!"


def test_the_totals_row_is_not_read(book):
    table(book).show_totals = True
    book.sheets["Organisation"].impl.cells_[TOP + 3, 2] = "Total"
    assert len(host(book).read(["regions"]).tables["regions"]) == 2


def test_a_selection_of_several_areas(book):
    sheet = book.sheets["Organisation"].impl
    book.app.impl.selected = Selection([Range(sheet, 8, 2, 1, 2), Range(sheet, 12, 4, 3, 1)])
    selected = host(book).selection()
    assert selected.blocks == (Block(8, 2, 1, 2), Block(12, 4, 3, 1))
    assert (selected.sheet, selected.value) == ("Organisation", "N")


def test_nothing_selected(book):
    assert host(book).selection() is None


# Writing


def test_a_table_grows_and_shrinks_with_what_is_written(book):
    write(book, Replace("regions", regions("A", "B", "C", "D")))
    assert table(book).range.address == "$B$7:$E$11"
    write(book, Replace("regions", regions("E")))
    assert table(book).range.address == "$B$7:$E$8"
    assert all(row <= TOP + 1 for row, _ in book.sheets["Organisation"].impl.cells_)


def test_nothing_to_write_leaves_one_empty_row(book):
    write(book, Replace("regions", regions()))
    assert table(book).range.address == "$B$7:$E$8"
    assert host(book).read(["regions"]).tables["regions"].iloc[0, :3].isna().all()


def test_texts_stay_texts(book):
    codes = ["007", "2026-01", "=1+1", "TRUE", "4-4-5", "'quoted", "1e5"]
    write(book, Replace("regions", regions(*codes)))
    found = host(book).read(["regions"]).tables["regions"]
    assert found.iloc[:, 0].tolist() == codes
    assert not book.sheets["Organisation"].impl.formulas


def test_codes_are_written_in_words_of_the_language(book):
    write(book, BRIDGE, "zh")
    cells = book.sheets["Margin"].range((TOP + 1, 1), (TOP + 1, 2)).value
    assert cells == ["销售额", "价格"]
    write(book, BRIDGE, "en")
    assert book.sheets["Margin"].range((TOP + 1, 1), (TOP + 1, 2)).value == ["Sales", "Price"]


def test_numbers_dates_and_blanks(book):
    sheet = book.sheets.add("Orders", after=book.sheets[0])
    keys = ["order", "date", "quantity"]
    sheet.range((1, 1)).value = [[label("orders", key, "en") for key in keys]]
    sheet.tables.add(sheet.range((1, 1), (2, 3)), name="xs_orders")
    frame = pd.DataFrame({"order": ["1", "2"], "date": pd.to_datetime(["2026-01-31", None]), "quantity": [np.nan, 2.5]})
    write(book, Replace("orders", frame))
    assert sheet.range((2, 1), (3, 3)).value == [["1", dt.datetime(2026, 1, 31), None], ["2", None, 2.5]]  # noqa: DTZ001


def test_formats_reach_the_new_rows(book):
    sheet = book.sheets["Organisation"]
    sheet.range((TOP + 1, 5)).number_format = "0.00"
    write(book, Replace("regions", regions("A", "B", "C", "D")))
    assert sheet.range((TOP + 4, 5)).number_format == "0.00"
    assert sheet.range((TOP + 4, 2)).number_format == "@"


def test_a_column_that_computes_is_kept_and_filled(book):
    sheet = book.sheets["Organisation"]
    sheet.range((TOP + 1, 5), (TOP + 2, 5)).formula = "=LEN(B8)"
    write(book, Replace("regions", regions("A", "B", "C", note=["x", "y", "z"])))
    assert [sheet.range((row, 5)).formula for row in (8, 9, 10)] == ["=LEN(B8)", "=LEN(B9)", "=LEN(B10)"]


def test_columns_of_the_users_own_are_left_alone(book):
    write(book, Replace("regions", regions("A", "B")))
    assert book.sheets["Organisation"].range((TOP + 1, 5)).value == "cold"


def test_a_row_of_totals_moves_with_the_table(book):
    table(book).show_totals = True
    sheet = book.sheets["Organisation"]
    sheet.impl.cells_[TOP + 3, 2] = "Total"
    sheet.impl.formulas[TOP + 3, 5] = "=SUBTOTAL(109,[note])"
    write(book, Replace("regions", regions("A", "B", "C", "D")))
    assert sheet.range((TOP + 5, 2)).value == "Total"
    assert sheet.impl.formulas == {(TOP + 5, 5): "=SUBTOTAL(109,[note])"}
    assert table(book).range.address == "$B$7:$E$12"


def test_rows_are_appended_into_the_blank_rows_first(book):
    sheet = book.sheets["Organisation"]
    table(book).resize(sheet.range((TOP, 2), (TOP + 4, 5)))
    write(book, Append("regions", regions("A", "B", "C")))
    assert [cell for cell in sheet.range((TOP + 1, 2), (TOP + 5, 2)).value] == ["N", "S", "A", "B", "C"]  # noqa: C416
    assert table(book).range.address == "$B$7:$E$12"


def test_a_large_table_is_written_in_few_calls(book):
    before = book.impl.changes
    write(book, Replace("regions", regions(*(f"R{number}" for number in range(5000)))))
    assert book.impl.changes - before < 12


def test_cells_of_a_named_area(book):
    book.names.add("xs_plan_sales", "='Organisation'!$B$7:$E$9")
    write(book, Patch("xs_plan_sales", 1, 2, [["X"], ["Y"]]))
    assert book.sheets["Organisation"].range((8, 4), (9, 4)).value == ["X", "Y"]
    area = host(book).area("xs_plan_sales")
    assert (area.sheet, area.top, area.left, area.cells[1][2]) == ("Organisation", 7, 2, "X")
    assert host(book).area("xs_plan_margin") is None


def test_an_image_brings_everything_back(book):
    sheet = book.sheets["Organisation"]
    sheet.range((TOP + 1, 5), (TOP + 2, 5)).formula = "=LEN(B8)"
    sheet.impl.cells_[TOP + 1, 4] = "2026-01"  # a text in a cell that is not formatted as text
    table(book).show_totals = True
    sheet.impl.cells_[TOP + 3, 2] = "Total"
    before = book.impl.state()
    for frame in (regions("A", "B", "C", "D"), regions("A"), regions()):
        one = host(book)
        change = Replace("regions", frame)
        image = one.image(change)
        with one.writing([change]):
            one.put(change)
            assert book.impl.state() != before
            one.put(image)
        assert book.impl.state() == before


# Protection, and the program's own state


def test_a_result_sheet_is_protected_again_as_it_was(book):
    write(book, BRIDGE)
    margin = book.sheets["Margin"].impl
    assert margin.locked
    assert margin.com.Protection.AllowSorting
    assert not margin.com.Protection.AllowFiltering
    assert margin.cells_[TOP + 3, 2] == "New"


def test_everything_is_restored_when_a_write_fails(book):
    before = book.impl.state()["app"]
    book.impl.api.AutoSaveOn = True
    one = host(book)
    book.impl.fails = 2
    seen = []

    def broken():
        with one.writing([BRIDGE]):
            seen.extend((book.app.screen_updating, book.app.calculation, book.impl.api.AutoSaveOn))
            one.put(BRIDGE)

    with pytest.raises(ComError, match="injected"):
        broken()
    assert seen == [False, "manual", False]
    assert book.impl.state()["app"] == before
    assert book.sheets["Margin"].impl.locked
    assert book.impl.api.AutoSaveOn


def test_a_calculation_mode_of_the_users_own_is_kept(book):
    book.app.impl.calculation = "manual"
    write(book, BRIDGE)
    assert book.app.calculation == "manual"


# What stands in the way


def test_a_password(book):
    book.sheets["Margin"].impl.password = "secret"
    assert refused(book, BRIDGE).code == "book_password"


def test_a_filter(book):
    table(book).api.AutoFilter.FilterMode = True
    problem = refused(book, Replace("regions", regions("A")))
    assert (problem.code, problem.cell) == ("book_filtered", "B7")


def test_merged_headings(book):
    book.sheets["Organisation"].impl.merged |= {(TOP, 2), (TOP, 3)}
    assert refused(book, Replace("regions", regions("A"))).code == "book_header_merged"


def test_a_deleted_heading(book):
    book.sheets["Organisation"].range((TOP, 4)).value = "Column1"
    problem = refused(book, Replace("regions", regions("A")))
    assert (problem.code, problem.column) == ("book_header_missing", "name")


def test_a_missing_table(book):
    assert refused(book, Replace("orders", pd.DataFrame({"order": ["1"]}))).code == "book_table_missing"


def test_something_below_the_table(book):
    book.sheets["Organisation"].range((TOP + 5, 3)).value = "my notes"
    write(book, Replace("regions", regions("A", "B", "C", "D")))
    problem = refused(book, Replace("regions", regions("A", "B", "C", "D", "E")))
    assert (problem.code, problem.facts["below"]) == ("book_no_room", TOP + 5)


def test_more_rows_than_a_sheet_holds(book, monkeypatch):
    monkeypatch.setattr("xlsales.hosts.tables.MOST_ROWS", 10)
    assert refused(book, Replace("regions", regions("A", "B", "C", "D"))).code == "book_too_long"


def test_a_book_that_is_read_only_or_shared(book):
    book.impl.api.ReadOnly = True
    assert refused(book, BRIDGE).code == "book_read_only"
    book.impl.api.ReadOnly = False
    book.impl.api.UserStatus = [("me",), ("you",)]
    assert refused(book, BRIDGE).code == "book_shared"


def test_a_name_whose_cells_were_deleted(book):
    book.names.add("xs_plan_sales", "=#REF!")
    assert refused(book, Patch("xs_plan_sales", 0, 0, [["X"]])).code == "book_area_missing"
    with pytest.raises(InputError):
        host(book).area("xs_plan_sales")
    assert refused(book, Image("xs_plan_margin", 0, 0, None, [["X"]])).code == "book_area_missing"


def test_a_renamed_sheet_is_shown_all_the_same(book):
    book.sheets["Margin"].impl.name = "Profitability"
    host(book).go_sheet("margin")
    assert book.impl.front.name == "Profitability"
    with pytest.raises(InputError) as caught:
        host(book).go_sheet("dashboard")
    assert caught.value.problem.code == "book_sheet_missing"
