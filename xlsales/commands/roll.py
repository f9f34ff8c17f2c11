"""The button Roll: the workbook of the next period or year, beside the closed one."""

from pathlib import Path

from xlsales.commands.answer import Answer
from xlsales.commands.protocol import Book
from xlsales.commands.reading import load, of_closed
from xlsales.commands.rolling import Look, Opened, last_closed, open_next, period_after
from xlsales.labels import word
from xlsales.problems import InputError, Problem


def roll(book: Book) -> Answer:
    """Open the period after the last closed one in a workbook of its own; this one stays as it is."""
    from xlsales.exchange.next_book import next_path, write_next  # noqa: PLC0415 - the writer is heavy

    if book.place is None:
        raise InputError(Problem("book_unsaved"))
    work = load(book)
    closed = last_closed(work.tables, work.settings)
    period = period_after(closed, work.settings)
    target = next_path(book.place, period)
    if target.exists():
        raise InputError(Problem("roll_exists", source=str(target)))
    if not book.confirm(word("said.roll_asks", book.lang, closed=closed, period=period, file=target.name)):
        return Answer(says=word("said.nothing_written", book.lang), undoable=False)
    look = Look(book.lang, book.now, book.user)

    def told(step: str) -> None:
        del step
        book.progress(word("said.rolling", book.lang, period=period))

    opened = open_next(work.tables, work.settings, look, book.place.name, told)
    book.progress(word("said.writing", book.lang))
    written = write_next(target, opened, look, book.place)
    says = rolled(opened, written.path, (written.left, written.macros), book.lang)
    return Answer(says=says, parameters=f"{closed} → {target.name}", undoable=False)


def rolled(opened: Opened, path: Path, own: tuple[tuple[str, ...], bool | None], lang: str) -> str:
    """What was carried into which file, and what of the user's own was not. own: sheets left, macros kept."""
    lines = [word("said.rolled", lang, **opened.facts, path=path)]
    if opened.year:
        lines.append(word("said.rolled_year", lang, year=opened.year))
    if own[0]:
        lines.append(word("said.rolled_sheets", lang, sheets=word("where.list", lang).join(own[0])))
    if own[1] is False:
        lines.append(word("said.rolled_macros", lang))
    return "\n".join([*lines, *of_closed(opened.problems, lang)])
