"""Workbooks with macros for the tests: a small company's, built once, and copies of them with one fault each."""

import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from xlsales import templates, validate
from xlsales.build import workbook
from xlsales.commands.registry import COMMANDS
from xlsales.terminal_excel import build_addin

ENDS = {"en": "xlsales.en.xlsm", "zh": "xlsales.zh.xlsm", "addin": "xlsales.xlam"}


def empty_book(path: Path, lang: str) -> Path:
    """The template of a language, with macros."""
    checked = validate.validate_all({}, lang=lang)
    settings = {**checked.settings, "as_of": None, "language": lang}
    buttons = list(COMMANDS.values())
    workbook.build(path, checked.tables, {}, [], settings, lang=lang, now=templates.MADE, buttons=buttons)
    return path


@pytest.fixture(scope="session")
def packages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The templates with macros and the add-in."""
    folder = tmp_path_factory.mktemp("packages")
    found = {key: folder / name for key, name in ENDS.items()}
    for lang in ("en", "zh"):
        empty_book(found[lang], lang)
    build_addin(found["addin"])
    return found


def changed(book: Path, target: Path, part: str, change: Callable[[bytes], bytes | None]) -> Path:
    """A copy in which the parts that match a pattern are changed; None takes one away; one must match."""
    touched = False
    with zipfile.ZipFile(book) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for info in old.infolist():
            content: bytes | None = old.read(info)
            if re.fullmatch(part, info.filename):
                after = change(content or b"")
                touched = touched or after != content
                content = after
            if content is not None:
                new.writestr(info, content)
    assert touched, f"nothing was changed in {part}"
    return target
