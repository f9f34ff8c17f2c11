"""`xlsales roll BOOK`: open the next period or year from the closed review of a saved workbook."""

import getpass
from datetime import datetime
from pathlib import Path

from xlsales import terminal, validate
from xlsales.commands.roll import rolled
from xlsales.commands.rolling import Look, last_closed, open_next, period_after
from xlsales.exchange.book_file import read_plan_book
from xlsales.exchange.next_book import next_path, write_next
from xlsales.problems import InputError, Problem

ENDINGS = frozenset({".xlsx", ".xlsm"})


def roll(book: Path, target: Path | None, look: tuple[str, datetime]) -> int:
    """Write the workbook of the next period beside the closed one, or where `target` says; the closed one stays."""
    lang, now = look
    if book.suffix.lower() not in ENDINGS:
        raise InputError(Problem("source_kind", source=book.name))
    with terminal.progress(lang, "read", "compute", "write") as start:
        start("read")
        if not book.is_file():
            raise InputError(Problem("source_missing", value=str(book)))
        found = validate.validate_all(read_plan_book(book), lang=lang)
        settings = {**found.settings, "as_of": found.settings.get("as_of") or now.date()}
        path = target or next_path(book, period_after(last_closed(found.tables, settings), settings))
        if path.exists():
            raise InputError(Problem("roll_exists", source=str(path)))
        start("compute")
        who = Look(lang, now, _user())
        opened = open_next(found.tables, settings, who, book.name)
        start("write")
        written = write_next(path, opened, who, book)
    terminal.list_problems(opened.problems, lang, terminal.SHOWN_PROBLEMS)
    terminal.say(rolled(opened, written.path, (written.left, written.macros), lang))
    return 0


def _user() -> str:
    """Who runs this; "" where the system does not say."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return ""
