"""A person at a real Calc window: toolbar buttons are clicked with the mouse, message boxes read and answered."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
import xlwings as xw

from tests.calc.company import small_company
from tests.calc.test_commands import body, doubled, sourced
from tests.calc.window import Window, opened, screen
from xlsales.labels import word

LANGUAGES = ("en", "zh")


@pytest.fixture(scope="module")
def display() -> Iterator[str]:
    with screen() as name:
        yield name


@pytest.fixture(params=LANGUAGES)
def lang(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def path(lang: str, tmp_path: Path) -> Path:
    return small_company(lang, tmp_path)


@pytest.fixture
def window(display: str, extended: Path, path: Path, tmp_path: Path) -> Iterator[Window]:
    profile = tmp_path / "profile"
    shutil.copytree(extended, profile)
    with opened(profile, str(path), display=display) as found:
        yield found


def clicked(window: Window, command: str, again: int = 0) -> str:
    """Click a button of the toolbar, answer yes to questions; what was said at last. Menus speak English here."""
    name = word("command." + command, "en")
    window.command(name)
    for _ in range(again):
        window.press(*window.place(name))
    while True:
        text = window.dialog()
        answer = "Yes" if window.shows("Yes") else "OK"
        window.answer(answer)
        if answer == "OK":
            return text


def test_the_toolbar_refreshes_margin_and_collections(window: Window, path: Path, lang: str) -> None:
    book = window.ready()
    sourced(book, lang)
    clicked(window, "refresh_margin")
    clicked(window, "refresh_collections")
    margin, ageing = body(book, "margin_report"), body(book, "ageing")
    doubled(path.parent / "data")
    clicked(window, "refresh_margin")
    assert not body(book, "margin_report").equals(margin)
    assert book.sheets.active.name == word("sheet.margin", lang)
    clicked(window, "refresh_collections")
    assert not body(book, "ageing").equals(ageing)
    assert book.sheets.active.name == word("sheet.collections", lang)
    clicked(window, "undo")
    pd.testing.assert_frame_equal(body(book, "ageing"), ageing)


def test_a_second_click_while_a_command_runs_starts_nothing(window: Window, lang: str) -> None:
    book = window.ready()
    sourced(book, lang)
    before = rows_of_log(book)
    clicked(window, "refresh_margin", again=3)
    assert not window.wait(lambda: window.shows("OK"), 5), "another command ran"
    assert rows_of_log(book) == before + 1


def rows_of_log(book: xw.Book) -> int:
    return len(body(book, "log").dropna(how="all"))


def test_the_menu_has_every_command(window: Window) -> None:
    from xlsales.commands.registry import COMMANDS, GROUPS

    window.ready()
    window.click("xlsales")
    for group in GROUPS:
        window.place(word("group." + group, "en"))
    names = window.names()
    assert {word("command." + each, "en") for each in COMMANDS} <= set(names)
