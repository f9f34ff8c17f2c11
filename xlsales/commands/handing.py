"""The button Copy for Excel: what was typed in Calc's copy goes back into the workbook that it was made of."""

from pathlib import Path

from xlsales.commands.answer import Answer
from xlsales.commands.protocol import Book, Difference, Handing
from xlsales.labels import word
from xlsales.problems import InputError, Problem, table_name
from xlsales.schema import TABLES

COPY = ".calc"  # what the name of a copy has more
ENDINGS = (".xlsm", ".xlsx")


def copy_for_excel(book: Book) -> Answer:
    """Say how the original differs, ask, and write the inputs into it; all else of the file stays."""
    if book.place is None:
        raise InputError(Problem("book_unsaved"))
    original = original_of(book.place)
    book.progress(word("hand.comparing", book.lang, book=original.name))
    found = book.handing(original)
    if not found.differences:
        return Answer(says=word("hand.nothing", book.lang, book=original.name), undoable=False)
    asks = word("hand.asks", book.lang, book=original.name, saved=saved_at(original))
    if not book.confirm("\n".join([*summary(found, book.lang), asks])):
        return Answer(says=word("said.nothing_written", book.lang), undoable=False)
    book.progress(word("said.writing", book.lang))
    kept = found.write()
    says = word("hand.written", book.lang, book=original, kept=kept.name)
    return Answer(says=says, parameters=original.name, rows=cells_of(found), undoable=False)


def original_of(copy: Path) -> Path:
    """The workbook that a copy was made of: beside it, without the ending of copies. Refused where there is none."""
    stem = copy.stem.removesuffix(COPY)
    for ending in ENDINGS:
        path = copy.with_name(stem + ending)
        if path.exists() and path != copy:
            return path
    names = [stem + ending for ending in ENDINGS]
    raise InputError(Problem("hand_no_original", source=copy.name, facts={"names": names, "stem": stem}))


def saved_at(path: Path) -> str:
    """When a file was saved last, so that who reads it sees whether somebody worked in it meanwhile."""
    from datetime import datetime  # noqa: PLC0415 - only here

    return f"{datetime.fromtimestamp(path.stat().st_mtime):%Y-%m-%d %H:%M}"  # noqa: DTZ006 - the user's own clock


def cells_of(found: Handing) -> int:
    """How many cells become other ones."""
    return sum(each.cells for each in found.differences)


def summary(found: Handing, lang: str) -> list[str]:
    """What each table and each sheet of the plan gets."""
    lines = []
    for each in found.differences:
        name = name_of(each, lang)
        facts = {"cells": each.cells, "added": each.added, "removed": each.removed}
        lines.append(word("hand.line", lang, name=name, **facts))
        if each.formulas:
            lines.append(word("hand.formulas", lang, name=name, formulas=each.formulas))
        if each.unknown:
            columns = word("where.list", lang).join(each.unknown)
            lines.append(word("hand.unknown", lang, name=name, columns=columns))
    return lines


def name_of(each: Difference, lang: str) -> str:
    """A table's name, or that of the plan's sheet."""
    if each.target in TABLES:
        return table_name(each.target, lang)
    return word("sheet.plan_" + each.target.rpartition("_")[2], lang)
