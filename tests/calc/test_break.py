"""Broken on purpose in a real Calc: the workbook keeps its last saved state, and the message says what to do."""

import shutil
import threading
import zipfile
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
import xlwings as xw

from tests.calc.desk import Desk
from tests.calc.flows import NOW, body, cell, doubled, sourced, table
from tests.calc.talk import Talk
from tests.calc.window import Window
from xlsales.hosts import book as entry
from xlsales.hosts.book import run
from xlsales.hosts.open_book import HostBook
from xlsales.labels import word
from xlsales.sources import folder as sources_folder

PASSWORD = "x"
REPORT = "margin_report"


def texts(code: str, lang: str) -> tuple[str, str]:
    """What the sentence and its cure begin with, up to the first fact."""
    return tuple(word(f"{part}.{code}", lang).split("{")[0] for part in ("problem", "cure"))


def refused(book: xw.Book, talk: Talk, command: str, code: str, lang: str) -> str:
    """Run a command that must say this, and say it whole."""
    talk.said.clear()
    run(command, book, NOW)
    assert talk.said, f"{command} said nothing"
    for part in texts(code, lang):
        assert part in talk.last, talk.last
    assert "{" not in talk.last
    return talk.last


def state(book: xw.Book, *keys: str) -> dict[str, pd.DataFrame]:
    return {key: body(book, key) for key in keys}


def unchanged(book: xw.Book, before: dict[str, pd.DataFrame]) -> None:
    for key, frame in before.items():
        pd.testing.assert_frame_equal(body(book, key), frame)


def test_what_a_user_may_break_is_refused_whole(book: xw.Book, path: Path, lang: str, talk: Talk) -> None:
    sourced(book, lang)
    doubled(path.parent / "data")
    saved = path.read_bytes()
    before = state(book, REPORT, "bridge", "orders", "log")
    sheet = table(book, REPORT).sheet

    sheet.impl.xl.unprotect("")
    sheet.impl.xl.protect(PASSWORD)
    said = refused(book, talk, "refresh_margin", "book_password", lang)
    assert sheet.name in said, "it names the sheet"
    assert sheet.impl.xl.isProtected()
    unchanged(book, before)
    sheet.impl.xl.unprotect(PASSWORD)
    sheet.impl.xl.protect("")

    name = sheet.name
    sheet.impl.xl.setName("其他 other")
    run("refresh_margin", book, NOW)
    assert book.sheets.active.name == "其他 other", talk.said
    assert not body(book, REPORT).equals(before[REPORT]), talk.said
    run("undo", book, NOW)
    unchanged(book, {key: frame for key, frame in before.items() if key != "log"})
    sheet.impl.xl.setName(name)

    before = state(book, "bridge", "orders", "ageing")
    sheet.impl.xl.unprotect("")
    found = table(book, REPORT)
    found.block(-1, 0, 1, found.width).clear_contents()
    book.impl.xl.getPropertyValue("DatabaseRanges").removeByName("xs_" + REPORT)
    sheet.impl.xl.protect("")
    talk.said.clear()
    run("refresh_margin", book, NOW)
    told = "\n".join(talk.said)
    assert "xs_" + REPORT in told, told
    assert word("cure.book_table_missing", lang) in told
    unchanged(book, before)
    assert path.read_bytes() == saved


def test_a_file_that_is_open_read_only_says_so(window: Window, path: Path, lang: str, talk: Talk) -> None:
    book = window.app.books.open(str(path), read_only=True)
    before = state(book, REPORT, "log")
    refused(book, talk, "check", "book_read_only", lang)
    unchanged(book, before)


def test_a_source_folder_that_goes_half_way_changes_nothing(
    book: xw.Book, path: Path, lang: str, talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    sourced(book, lang)
    data, read = path.parent / "data", sources_folder.read_file
    doubled(data)
    before = state(book, REPORT, "orders", "ageing", "log")
    left = [2]

    def reading(*given: object, **named: object) -> object:
        left[0] -= 1
        if left[0] == 0:
            shutil.move(data, data.with_name("gone"))
        return read(*given, **named)

    monkeypatch.setattr(sources_folder, "read_file", reading)
    run("refresh_all", book, NOW)
    assert left[0] <= 0, "the folder went while it was read"
    assert ".csv" in talk.last or "data" in talk.last, talk.last
    assert word("said.failed", lang, log="").split("{")[0][:20] not in talk.last, talk.last
    unchanged(book, before)
    refused(book, talk, "refresh_margin", "source_missing", lang)
    assert "data" in talk.last
    unchanged(book, before)
    monkeypatch.undo()


def test_an_office_that_ends_while_a_command_writes_leaves_the_saved_file(
    desk: Desk, book: xw.Book, path: Path, lang: str, talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    sourced(book, lang)
    run("refresh_margin", book, NOW)
    kept = path.with_suffix(".ods")
    book.save(str(kept))
    before, saved = state(book, REPORT, "orders", "log"), kept.read_bytes()
    doubled(path.parent / "data")
    writes, put = [], HostBook.put

    def dying(self: HostBook, change: object) -> None:
        writes.append(change)
        if len(writes) == 2:
            desk.kill("on purpose, while a command writes")
        put(self, change)

    monkeypatch.setattr(HostBook, "put", dying)
    monkeypatch.setattr(entry, "note_failure", lambda _: path)
    dead(lambda: run("refresh_margin", book, NOW))
    monkeypatch.undo()
    assert len(writes) >= 2, talk.said
    assert kept.read_bytes() == saved
    again = desk.window().show(kept)
    unchanged(again, before)
    answer = Talk()
    monkeypatch.setattr(again.app.impl.engine, "ask", answer)
    run("refresh_margin", again, NOW)
    assert not body(again, REPORT).equals(before[REPORT]), answer.said


def test_an_office_that_ends_while_it_saves_leaves_a_whole_file(
    desk: Desk, book: xw.Book, path: Path, lang: str
) -> None:
    kept = path.with_suffix(".ods")
    book.save(str(kept))
    rows = len(body(book, "orders"))
    place = cell(table(book, "orders"), "quantity", 0)
    old = place.value
    place.value = old + 1
    saving = threading.Timer(0.4, lambda: desk.kill("on purpose, while it saves"))
    saving.start()
    dead(book.save)
    saving.join()
    with zipfile.ZipFile(kept) as parts:
        assert parts.testzip() is None, "half a file"
    again = desk.window().show(kept)
    assert len(body(again, "orders")) == rows
    assert cell(table(again, "orders"), "quantity", 0).value in {old, old + 1}
    assert again.name, lang


def dead(work: Callable[[], object]) -> None:
    """Do something in the course of which the office ends; that it ends is no mistake of the test."""
    try:
        work()
    except Exception as error:  # noqa: BLE001 - what UNO raises when the office is gone is of many kinds
        print(f"the office went: {type(error).__name__}")
