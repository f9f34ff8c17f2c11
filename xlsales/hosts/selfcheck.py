"""Let the spreadsheet program compute a workbook's own checks, and see which hold."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import xlwings as xw

from xlsales.problems import InputError, Problem

PREFIX = "test_"
HOLDS = "OK"  # what a check cell shows; TRUE counts as well


@dataclass(frozen=True)
class Outcome:
    """A check by its name, whether it holds, and what its cell shows."""

    name: str
    passed: bool
    shown: object


def excel() -> Any:
    """Start Excel, unseen."""
    return xw.App(visible=False, add_book=False)


def selfcheck(path: Path, start: Callable[[], Any] = excel) -> list[Outcome]:
    """Open a workbook, compute everything anew, and read its checks; nothing is saved. start: starts the program."""
    if not path.is_file():
        raise InputError(Problem("selfcheck_missing", source=str(path)))
    try:
        app = start()
    except InputError:
        raise
    except Exception as error:  # each system has its own way of saying that there is no Excel
        raise InputError(Problem("selfcheck_no_program", source=str(path))) from error
    try:
        book = app.books.open(str(path))
        try:
            return check(book)
        finally:
            book.close()
    finally:
        app.quit()


def check(book: Any) -> list[Outcome]:
    """Compute an open workbook and read its checks."""
    everything = getattr(book.app.api, "CalculateFull", None)  # Windows; the plain way computes what changed
    if everything is None:
        book.app.calculate()
    else:
        everything()
    found = [outcome(name) for name in book.names if name.name.startswith(PREFIX)]
    if not found:
        raise InputError(Problem("selfcheck_none", source=book.name))
    return found


def outcome(name: Any) -> Outcome:
    """The outcome of one check."""
    shown = name.refers_to_range.value
    return Outcome(name.name.removeprefix(PREFIX), shown is True or shown == HOLDS, shown)
