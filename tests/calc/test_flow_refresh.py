"""Finance at the toolbar: Refresh margin and Refresh collections are clicked with a real mouse; the work is kept."""

from pathlib import Path

import pandas as pd
import pytest
import xlwings as xw

from tests.calc.flows import body, doubled, sourced
from tests.calc.window import Window
from xlsales.labels import word


def test_a_click_brings_what_the_source_folder_holds(
    window: Window, book: xw.Book, path: Path, lang: str, tmp_path: Path
) -> None:
    sourced(book, lang)
    margin, outstanding, logged = sold(book), owed(book), rows_of_log(book)
    more = doubled(path.parent / "data")
    said = window.run("refresh_margin", clicks=3)
    assert sold(book) == pytest.approx(margin + more["orders"], abs=0.01), said
    assert body(book, "orders")["amount"].dropna().iloc[-1] == 2 * more["orders"]
    assert book.sheets.active.name == word("sheet.margin", lang)
    assert rows_of_log(book) == logged + 1, "clicks while the command ran began another"
    before = body(book, "ageing")
    said = window.run("refresh_collections")
    assert owed(book) == pytest.approx(outstanding - more["receipts"], abs=0.01), said
    assert book.sheets.active.name == word("sheet.collections", lang)
    kept = {key: body(book, key) for key in ("margin_report", "ageing", "orders", "receipts", "settings", "log")}
    book.save(str(tmp_path / "kept.ods"))
    book.close()
    again = window.show(tmp_path / "kept.ods")
    for key, frame in kept.items():
        pd.testing.assert_frame_equal(body(again, key), frame)
    window.run("undo")
    pd.testing.assert_frame_equal(body(again, "ageing"), before)


def sold(book: xw.Book) -> float:
    """The sales of all customers in the report of margin, whose last rows are of customers."""
    report = body(book, "margin_report")
    return float(report.loc[report["dimension"] == report["dimension"].iloc[-1], "sales"].sum())


def owed(book: xw.Book) -> float:
    """What all customers owe."""
    return float(body(book, "ageing")["outstanding"].sum())


def rows_of_log(book: xw.Book) -> int:
    return len(body(book, "log").dropna(how="all"))
