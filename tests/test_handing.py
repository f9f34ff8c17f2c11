"""Copy for Excel: what was typed in the copy goes into the original, and nothing else of the file changes."""

import shutil
from datetime import datetime
from pathlib import Path

import pytest
import xlwings as xw

from tests import ooxml
from tests.test_exchange import made_book
from tests.test_refresh import parts
from tests.toy_company import cell_of
from tests.toy_loaded import loaded
from xlsales import validate
from xlsales.commands.registry import CALC_COMMANDS
from xlsales.exchange.book_file import read_plan_book
from xlsales.hosts import xlsx_patch
from xlsales.hosts.book import run
from xlsales.hosts.kept_copy import previous_of
from xlsales.hosts.xlsx_cells import Formula
from xlsales.hosts.xlsx_compare import Saved
from xlsales.labels import label, word

LANGUAGES = ("en", "zh")
NOW = datetime(2026, 2, 3, 9, 30)  # noqa: DTZ001 - a fixed moment


@pytest.fixture(scope="module", params=LANGUAGES)
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    return made_book(tmp_path_factory.mktemp("hand") / "plan.xlsm", request.param), request.param


@pytest.fixture
def case(made: tuple[Path, str], tmp_path: Path) -> tuple[Path, xw.Book, str]:
    """The original, the copy as an open book, the language."""
    original = Path(shutil.copy(made[0], tmp_path))
    (tmp_path / "plan.calc.xlsx").write_bytes(b"the copy on disk")
    book = loaded(original, "plan.calc.xlsx")
    settings = cell_of(book, "settings", "setting", 0, made[1])
    settings.value, settings.offset(0, 1).value = word("setting.language", made[1]), made[1]
    return original, book, made[1]


def tables(path: Path, lang: str) -> dict[str, object]:
    return validate.validate_all(read_plan_book(path), lang=lang).tables


def said(book: xw.Book) -> str:
    return book.app.impl.said[-1]


def changed_parts(original: Path) -> set[str]:
    before, after = parts(previous_of(original)), parts(original)
    assert list(before) == list(after)
    return {name for name in before if before[name] != after[name]}


def hand(book: xw.Book) -> None:
    run("copy_for_excel", book, NOW)


def test_inputs_settings_and_plan_go_into_the_original(case: tuple[Path, xw.Book, str]) -> None:
    original, book, lang = case
    old = original.read_bytes()
    cell_of(book, "orders", "quantity", 0, lang).value = 5
    cell_of(book, "customers", "name", 0, lang).value = "007"
    matrix = book.names["xs_plan_sales"].refers_to_range
    row = [line[1] for line in matrix.options(ndim=2).value].index("A1")
    matrix[row, 5].value, matrix[row, 6].value = 222, "H"
    hand(book)
    assert word("sheet.plan_sales", lang) in book.app.impl.asked[-1]
    assert previous_of(original).read_bytes() == old
    assert previous_of(original).name in said(book)
    found = tables(original, lang)
    assert found["orders"]["quantity"].tolist() == [5.0]
    assert found["customers"]["name"].tolist() == ["007"]
    plan = found["plan"].set_index(["salesperson", "period"])
    assert plan.loc[("A1", "2026-02"), ["value", "held"]].tolist() == [222.0, True]
    assert len(plan) == 9
    assert found["settings"]["setting"].tolist() != []
    saved = Saved(original)
    inputs = [saved.tables[key] for key in ("orders", "customers", "settings", "log", "plan")]
    sheets = {place.sheet_part for place in inputs} | {saved.areas["xs_plan_sales"].sheet_part}
    assert changed_parts(original) - {place.table_part for place in inputs} <= sheets | {"xl/workbook.xml"}
    assert ooxml.errors(original) == ooxml.errors(previous_of(original))


def test_new_rows_make_the_table_longer_and_the_log_tells(case: tuple[Path, xw.Book, str]) -> None:
    original, book, lang = case
    table = next(each for sheet in book.sheets for each in sheet.tables if each.name == "xs_customers")
    area = table.range
    table.resize(area.sheet.range((area.row, area.column), (area.row + area.shape[0], area.column + area.shape[1] - 1)))
    place = area.shape[0] - 1
    cell_of(book, "customers", "customer", place, lang).value = "C2"
    cell_of(book, "customers", "name", place, lang).value = "Second"
    hand(book)
    found = tables(original, lang)
    assert found["customers"]["customer"].tolist() == ["C1", "C2"]
    log = found["log"].iloc[-1]
    assert (log["command"], log["parameters"]) == (word("command.copy_for_excel", lang), "plan.calc.xlsx")
    assert log["rows"] >= 2
    assert ooxml.errors(original) == ooxml.errors(previous_of(original))


def test_the_same_inputs_write_nothing(case: tuple[Path, xw.Book, str]) -> None:
    original, book, lang = case
    hand(book)
    before = original.read_bytes()
    previous_of(original).unlink(missing_ok=True)
    hand(book)
    assert said(book) == word("hand.nothing", lang, book=original.name)
    assert original.read_bytes() == before
    assert not previous_of(original).exists()


def test_no_means_that_nothing_is_written(case: tuple[Path, xw.Book, str]) -> None:
    original, book, lang = case
    before = original.read_bytes()
    cell_of(book, "orders", "quantity", 0, lang).value = 5
    book.app.impl.answers = ["no"]
    hand(book)
    assert original.read_bytes() == before
    assert not previous_of(original).exists()


def test_formulas_that_both_sides_have_stay(case: tuple[Path, xw.Book, str]) -> None:
    original, book, lang = case
    place = cell_of(book, "orders", "quantity", 0, lang)
    sheet = Saved(original).tables["orders"]
    page = parts(original)[sheet.sheet_part].decode()
    column = sheet.headings.index(label("orders", "quantity", lang)) + sheet.area[0]
    row = sheet.area[1] + 1
    cells = {(row, column): Formula("1+1")}
    rewrite(original, sheet.sheet_part, xlsx_patch.patched(page, cells, sheet.sheet))
    place.formula = "= 1 + 1"
    cell_of(book, "orders", "unit_price", 0, lang).value = 12
    hand(book)
    held = Saved(original).table("orders")
    assert held is not None
    assert held.formulas[0][column - sheet.area[0]] == "=1+1"
    place.value = 2
    hand(book)
    assert word("hand.formulas", lang, name=word("table.orders", lang), formulas=1) in book.app.impl.asked[-1]
    held = Saved(original).table("orders")
    assert held is not None
    assert held.formulas[0][column - sheet.area[0]] == ""
    assert held.cells[0][column - sheet.area[0]] == 2.0


def rewrite(path: Path, part: str, page: str) -> None:
    from xlsales.hosts.xlsx_parts import copy_with

    copy_with(path, path.with_name("other"), {part: page.encode()})
    path.with_name("other").replace(path)


def refused(case: tuple[Path, xw.Book, str], code: str, original: Path, before: bytes) -> None:
    hand(case[1])
    expected = word("problem." + code, case[2]).split("{")[0]
    assert expected in said(case[1]), said(case[1])
    assert "{" not in said(case[1])
    assert original.read_bytes() == before
    assert not previous_of(original).exists()


def test_a_plan_with_other_rows_is_refused(case: tuple[Path, xw.Book, str]) -> None:
    original, book, _ = case
    matrix = book.names["xs_plan_sales"].refers_to_range
    matrix[2, 1].value = "Z9"
    refused(case, "hand_rows", original, original.read_bytes())


def test_an_original_that_is_open_in_excel_is_left_alone(case: tuple[Path, xw.Book, str]) -> None:
    original, book, lang = case
    cell_of(book, "orders", "quantity", 0, lang).value = 5
    original.with_name("~$" + original.name).write_text("")
    refused(case, "target_locked", original, original.read_bytes())


def test_without_an_original_it_says_where_it_ought_to_be(case: tuple[Path, xw.Book, str]) -> None:
    original, book, _ = case
    original.unlink()
    hand(book)
    assert "plan.xlsm" in said(book)
    assert "{" not in said(book)


def test_a_column_that_the_original_lacks_is_named(case: tuple[Path, xw.Book, str]) -> None:
    _, book, lang = case
    heads = cell_of(book, "orders", "quantity", 0, lang)
    sheet, area = heads.sheet, next(each for each in heads.sheet.tables if each.name == "xs_orders").range
    right = area.column + area.shape[1]
    sheet.range((area.row, right)).value = "Mood"
    sheet.range((area.row + 1, right)).value = "fine"
    table = next(each for each in sheet.tables if each.name == "xs_orders")
    table.resize(sheet.range((area.row, area.column), (area.row + area.shape[0] - 1, right)))
    hand(book)
    assert word("hand.unknown", lang, name=word("table.orders", lang), columns="Mood") in book.app.impl.asked[-1]


def test_the_button_is_calcs_alone() -> None:
    from xlsales.commands.registry import COMMANDS

    assert not CALC_COMMANDS.keys() & COMMANDS.keys()
    for command in CALC_COMMANDS.values():
        assert callable(command.function)
        assert all(word("command." + command.id, lang) for lang in LANGUAGES)
