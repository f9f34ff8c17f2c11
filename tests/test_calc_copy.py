"""`xlsales calc open`: a copy without macros and with Calc's names; what was saved in Calc is never overwritten."""

import os
import re
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest

from tests.test_exchange import made_book
from tests.test_refresh import parts
from xlsales.__main__ import main
from xlsales.build.calc_edition import CALL
from xlsales.hosts import calc_office
from xlsales.labels import word

LANGUAGES = ("en", "zh")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made_book(tmp_path_factory.mktemp("made") / "plan.xlsm")


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The files that LibreOffice was asked to open; it is not started."""
    found: list[str] = []
    monkeypatch.setattr(calc_office, "program", Path)
    monkeypatch.setattr(subprocess, "Popen", lambda command, **_: found.append(Path(command[-1]).name))
    return found


@pytest.fixture
def book(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(made, tmp_path))


def open_it(book: Path, lang: str = "en") -> int:
    return main(["calc", "open", str(book), "--lang", lang])


def saved_in_calc(copy: Path, text: bytes = b"<Application>LibreOffice/7.4</Application>") -> None:
    """Let the copy look as if Calc had saved it."""
    members = parts(copy)
    with zipfile.ZipFile(copy, "w") as target:
        for name, data in members.items():
            target.writestr(name, text if name == "docProps/app.xml" else data)


def test_the_copy_has_no_macros_and_calcs_names(book: Path, opened: list[str]) -> None:
    assert open_it(book) == 0
    assert opened == ["plan.calc.xlsx"]
    copy = parts(book.with_name("plan.calc.xlsx"))
    assert not [name for name in copy if "vba" in name.lower() or "customUI" in name]
    assert b"macroEnabled" not in copy["[Content_Types].xml"]
    pages = b"".join(data for name, data in copy.items() if name.startswith("xl/worksheets/sheet"))
    formulas = re.findall(rb"<f\b[^>]*>([^<]*)</f>", pages)
    assert any(b"XLSALES." in formula for formula in formulas)
    assert not [formula for formula in formulas if CALL.search(formula)]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_what_was_saved_in_calc_is_opened_again(
    book: Path, opened: list[str], lang: str, capsys: pytest.CaptureFixture[str]
) -> None:
    open_it(book)
    copy = book.with_name("plan.calc.xlsx")
    saved_in_calc(copy)
    before = copy.read_bytes()
    assert open_it(book, lang) == 0
    assert copy.read_bytes() == before
    said = capsys.readouterr().out
    assert word("calc.opened_copy", lang, path=copy, book=book.name) in said
    assert word("calc.older_copy", lang, path=copy.name, book=book.name) not in said
    os.utime(book, (2e9, 2e9))
    open_it(book, lang)
    assert word("calc.older_copy", lang, path=copy.name, book=book.name) in capsys.readouterr().out
    copy.with_suffix(".ods").write_bytes(b"typed here")
    open_it(book, lang)
    assert opened[-1] == "plan.calc.ods"


def test_a_copy_that_nobody_saved_follows_the_original(book: Path, opened: list[str]) -> None:
    open_it(book)
    copy = book.with_name("plan.calc.xlsx")
    copy.write_bytes(b"left over from an interrupted run")
    assert open_it(book) == 0
    assert zipfile.is_zipfile(copy)
    assert len(opened) == 2


def test_a_copy_that_is_open_is_not_written_over(
    book: Path, opened: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    book.with_name(".~lock.plan.calc.xlsx#").write_text("")
    assert open_it(book) == 2
    assert "plan.calc.xlsx" in capsys.readouterr().err
    assert opened == []


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_missing_workbook_or_copy_is_said(tmp_path: Path, lang: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert open_it(tmp_path / "none.xlsm", lang) == 2
    assert word("problem.calc_no_book", lang) in capsys.readouterr().err
    assert main(["calc", "back", str(tmp_path / "none.ods"), "--into", "book.xlsm", "--lang", lang]) == 2
    assert word("problem.calc_no_book", lang) in capsys.readouterr().err
    same = tmp_path / "same.xlsx"
    same.write_bytes(b"")
    assert main(["calc", "back", str(same), "--into", str(same), "--lang", lang]) == 2
    assert word("problem.hand_same", lang) in capsys.readouterr().err
