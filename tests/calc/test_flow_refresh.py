"""Finance at the toolbar: Refresh margin and Refresh collections are clicked with a real mouse; the work is kept."""

from pathlib import Path

import pandas as pd
import xlwings as xw

from tests.calc.flows import body, doubled, sourced
from tests.calc.window import Window
from xlsales.labels import word


def test_a_click_brings_what_the_source_folder_holds(
    window: Window, book: xw.Book, path: Path, lang: str, tmp_path: Path
) -> None:
    sourced(book, lang)
    margin, ageing, logged = body(book, "margin_report"), body(book, "ageing"), rows_of_log(book)
    doubled(path.parent / "data")
    said = window.run("refresh_margin", clicks=3)
    assert not body(book, "margin_report").equals(margin), said
    assert book.sheets.active.name == word("sheet.margin", lang)
    assert rows_of_log(book) == logged + 1, "clicks while the command ran began another"
    before = body(book, "ageing")
    said = window.run("refresh_collections")
    refreshed = body(book, "ageing")
    assert not refreshed.equals(ageing), said
    assert book.sheets.active.name == word("sheet.collections", lang)
    kept = {key: body(book, key) for key in ("margin_report", "ageing", "orders", "receipts", "settings", "log")}
    book.save(str(tmp_path / "kept.ods"))
    book.close()
    again = window.show(tmp_path / "kept.ods")
    for key, frame in kept.items():
        pd.testing.assert_frame_equal(body(again, key), frame)
    window.run("undo")
    pd.testing.assert_frame_equal(body(again, "ageing"), before)


def rows_of_log(book: xw.Book) -> int:
    return len(body(book, "log").dropna(how="all"))
