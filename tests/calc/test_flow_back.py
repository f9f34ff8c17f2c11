"""Copy for Excel in a real Calc: a fresh copy differs in nothing; what was typed goes back, and only that."""

from pathlib import Path

import xlwings as xw

from tests.calc.flows import NOW, cell, cells, table
from tests.calc.talk import Talk
from tests.calc.window import Window
from tests.test_refresh import parts
from xlsales import validate
from xlsales.__main__ import main
from xlsales.exchange.book_file import read_plan_book
from xlsales.hosts.book import run
from xlsales.hosts.kept_copy import previous_of
from xlsales.hosts.open_book import HostBook
from xlsales.hosts.xlsx_compare import Saved
from xlsales.labels import word


def test_what_was_typed_goes_back_into_the_original(book: xw.Book, path: Path, lang: str, talk: Talk) -> None:
    original = path.with_name("sales.xlsm")
    before, old = parts(original), original.read_bytes()
    assert HostBook(book, lang, NOW).handing(original).differences == ()

    cell(table(book, "orders"), "quantity", 1).value = 4321
    cell(table(book, "customers"), "name", 0).value = "=1+1 &<"
    matrix = book.names["xs_plan_sales"].refers_to_range
    row = next(
        at for at, line in enumerate(cells(matrix)) if at > 1 and line[1] and not matrix[at, 3].formula.startswith("=")
    )
    who, matrix[row, 5].value, matrix[row, 6].value = cells(matrix)[row][1], 77777.25, "H"
    run("copy_for_excel", book, NOW)
    assert previous_of(original).name in talk.last, talk.said
    assert word("table.orders", lang) in talk.said[-2]
    assert word("sheet.plan_sales", lang) in talk.said[-2]
    assert previous_of(original).read_bytes() == old

    found = validate.validate_all(read_plan_book(original), lang=lang).tables
    assert found["orders"]["quantity"].iloc[1] == 4321
    assert found["customers"]["name"].iloc[0] == "=1+1 &<"
    plan = found["plan"]
    mine = plan[(plan["salesperson"] == who) & (plan["measure"] == "sales") & (plan["value"] == 77777.25)]
    assert mine["held"].tolist() == [True]
    after, saved = parts(original), Saved(original)
    assert list(before) == list(after)
    places = [saved.tables[key] for key in ("orders", "customers", "log", "settings", "plan")]
    allowed = {each for place in places for each in (place.sheet_part, place.table_part)}
    allowed |= {"xl/workbook.xml", saved.areas["xs_plan_sales"].sheet_part}
    assert {name for name in before if before[name] != after[name]} <= allowed
    assert before["xl/vbaProject.bin"] == after["xl/vbaProject.bin"]

    cell(table(book, "orders"), "quantity", 1).value = 1234
    kept = path.with_suffix(".ods")
    book.save(str(kept))
    assert main(["calc", "back", str(kept), "--into", str(original), "--lang", lang]) == 0
    found = validate.validate_all(read_plan_book(original), lang=lang).tables
    assert found["orders"]["quantity"].iloc[1] == 1234
    assert found["orders"]["quantity"].iloc[0] != 1234


def test_rows_typed_under_a_table_belong_to_it(window: Window, book: xw.Book, path: Path, lang: str) -> None:
    orders = table(book, "orders")
    rows, place = orders.rows, orders.place
    line = orders.values()[-1]
    for step in range(2):
        for at, value in enumerate(line):
            orders.block(rows + step, at, 1, 1).value = value
        orders.block(rows + step, place["order"], 1, 1).value = f"NEW-{step}"
    window.run("check")
    grown = table(book, "orders")
    assert grown.rows == rows + 2
    assert [row[place["order"]] for row in grown.values()[-2:]] == ["NEW-0", "NEW-1"]
    book.save(str(path.with_suffix(".ods")))
    original = path.with_name("sales.xlsm")
    assert main(["calc", "back", str(path.with_suffix(".ods")), "--into", str(original), "--lang", lang]) == 0
    orders_there = validate.validate_all(read_plan_book(original), lang=lang).tables["orders"]
    assert orders_there["order"].tolist()[-2:] == ["NEW-0", "NEW-1"]
    assert len(orders_there) == rows + 2
