"""The buttons of the group Workbook."""

import sys
from importlib.metadata import version
from pathlib import Path

import pandas as pd

from xlsales.commands.answer import Answer
from xlsales.commands.headings import places
from xlsales.commands.protocol import Append, Book, Change, Patch
from xlsales.labels import LANGUAGES, word, words
from xlsales.problems import InputError, Problem
from xlsales.validate import read_settings


def language(book: Book) -> Answer:
    """Switch between the languages; headings stay as they were built."""
    new = LANGUAGES[(LANGUAGES.index(book.lang) + 1) % len(LANGUAGES)]
    named = word("value.language." + new, new)
    raw = book.read(["settings"]).tables.get("settings")
    if raw is None:
        raise InputError(
            Problem("book_table_missing", table="settings", facts={"name": "xs_settings", "sheets": ["Settings"]})
        )
    at = places("settings", list(raw.columns))
    names = {text.casefold() for text in ("language", *(words()["setting.language"][lang] for lang in LANGUAGES))}
    rows = [str(cell).strip().casefold() in names for cell in raw.iloc[:, at["setting"]]]
    change: Change
    if any(rows):
        change = Patch("settings", rows.index(True), at["value"], [[named]])
    else:
        change = Append("settings", pd.DataFrame({"setting": [word("setting.language", book.lang)], "value": [named]}))
    return Answer((change,), word("said.language", new), parameters=new, rows=1, lang=new)


def export_pdf(book: Book) -> Answer:
    """Save the dashboard as a PDF file beside the workbook."""
    if book.place is None:
        raise InputError(Problem("book_unsaved"))
    raw = book.read(["settings"]).tables.get("settings")
    day = read_settings(raw)[0]["as_of"] or book.now.date()
    path = free_name(book.place.with_name(f"{book.place.stem}-{day}.pdf"))
    book.progress(word("said.printing", book.lang))
    try:
        book.pdf("dashboard", path)
    except OSError as error:
        raise InputError(
            Problem("pdf_failed", source=path.name, facts={"reason": error.strerror or str(error)})
        ) from error
    return Answer(says=word("said.pdf", book.lang, path=path), parameters=path.name)


def free_name(path: Path) -> Path:
    """The path, or the same with a number where a file of that name exists; no file is ever overwritten."""
    found, number = path, 2
    while found.exists():
        found = path.with_stem(f"{path.stem}-{number}")
        number += 1
    return found


def guide(book: Book) -> Answer:
    """Go to the sheet Help."""
    del book
    return Answer(sheet="help")


def about(book: Book) -> Answer:
    """Say which version runs and from where."""
    facts = {
        "version": version("xlsales"),
        "python": sys.version.split()[0],
        "place": Path(__file__).resolve().parent.parent,
        "interpreter": sys.executable,
    }
    return Answer(says=word("said.about", book.lang, **facts))
