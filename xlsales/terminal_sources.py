"""`xlsales sources BOOK [FILE]`: from where a saved workbook's tables are read, and a file named for one of them."""

from datetime import datetime
from pathlib import Path

from xlsales.commands import incoming, picking
from xlsales.labels import word
from xlsales.problems import InputError, Problem
from xlsales.sources import read_book
from xlsales.terminal import say
from xlsales.terminal_refresh import ENDINGS, log_row, write
from xlsales.validate import validate_all


def sources(book: Path, file: Path | None, how: tuple[str, str, float | None], look: tuple[str, datetime]) -> int:
    """List the sources; with a file, find the columns of its table by name and keep both in the workbook.

    how: the table's name ("" to tell it from the file), a ready mapping ("" for none), the control total.
    """
    (table, mapping, control), (lang, now) = how, look
    if book.suffix.lower() not in ENDINGS:
        raise InputError(Problem("source_kind", source=book.name))
    own = read_book(book)
    if file is None:
        say(picking.listing(own, book.parent, lang))
        return 0
    if "sources" not in own.tables:
        raise InputError(Problem("refresh_no_table", table="sources", source=book.name))
    wanted = incoming.known_table(table, word("cli.arg.table", lang)) if table else ""
    found = picking.matched(file, wanted, mapping)
    kept = picking.remembered(own, found, picking.shortened(file.resolve(), book.parent), lang, control)
    log = log_row(
        validate_all(own, lang=lang).tables["log"], (word("command.sources", lang), file.name, 1.0), (now, 0.0)
    )
    write(book, [*kept, log], lang)
    for line in picking.matches(found, file, lang):
        say(line)
    say(word("cli.result.written", lang, path=book))
    return int(bool(found.missing))
