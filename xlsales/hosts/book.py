"""The one entry of every button, in Excel and in Calc."""

import logging
import sys
from datetime import datetime
from pathlib import Path

import xlwings as xw
from platformdirs import user_log_path

from xlsales.commands.running import carry_out
from xlsales.hosts.open_book import HostBook
from xlsales.labels import LANGUAGES, word
from xlsales.problems import InputError, sentence

MOST_TOLD = 5
LOG_BYTES = 1_000_000


def run(command_id: str, xw_book: xw.Book, now: datetime | None = None) -> None:
    """What a button does; whatever happens, the user reads a sentence and never a traceback."""
    book = HostBook(xw_book, "en", now or datetime.now().astimezone().replace(tzinfo=None, microsecond=0))
    try:
        book.lang = language_of(book)
        carry_out(command_id, book)
    except InputError as error:
        told = getattr(error, "problems", [error.problem])
        book.tell("\n".join(sentence(problem, book.lang) for problem in told[:MOST_TOLD]))
    except Exception:  # noqa: BLE001 - the edge: whatever went wrong inside, the user reads one sentence
        path = note_failure(command_id)
        book.tell(word("said.failed", book.lang, log=path))


def language_of(book: HostBook) -> str:
    """The language that the book's settings name; English where they name none."""
    settings = book.tables.find("settings")
    if settings is None or not {"setting", "value"} <= settings.place.keys():
        return "en"
    names = {"language", *(word("setting.language", lang).casefold() for lang in LANGUAGES)}
    place = settings.place
    for line in settings.values():
        if str(line[place["setting"]] or "").strip().casefold() in names:
            typed = str(line[place["value"]] or "").strip().casefold()
            for lang in LANGUAGES:
                if typed in {lang, *(word("value.language." + lang, each).casefold() for each in LANGUAGES)}:
                    return lang
    return "en"


def note_failure(command_id: str) -> Path:
    """Keep the details of a failure in a file of the user's, a megabyte at most; returns its path."""
    from logging.handlers import RotatingFileHandler  # noqa: PLC0415 - a click that goes well does not need it

    path = user_log_path("xlsales", appauthor=False) / "xlsales.log"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handler = RotatingFileHandler(path, maxBytes=LOG_BYTES, backupCount=1, encoding="utf-8")
        handler.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
        record = logging.LogRecord("xlsales", logging.ERROR, "", 0, command_id, None, sys.exc_info())
        handler.emit(record)
        handler.close()
    except OSError:  # a log that cannot be written must not hide what is to be told
        pass
    return path
