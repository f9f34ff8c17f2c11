"""`xlsales calc back COPY --into BOOK`: what was typed in Calc's copy goes into the workbook made for Excel."""

import shutil
import tempfile
from datetime import datetime
from pathlib import Path

from xlsales.labels import word
from xlsales.problems import InputError, Problem
from xlsales.terminal import progress, say

Look = tuple[str, datetime]


def back(copy: Path, into: Path, look: Look, *, dry: bool) -> int:
    """Compare the two, tell it, and write the inputs into the workbook; all else of it stays. dry: only tell."""
    from xlsales.commands.handing import summary
    from xlsales.hosts import calc_start
    from xlsales.hosts.calc_tables import take_in_typed
    from xlsales.hosts.calc_uno import CalcError
    from xlsales.hosts.open_book import HostBook
    from xlsales.hosts.tables import PREFIX

    lang, now = look
    if not copy.is_file():
        raise InputError(Problem("calc_no_book", source=str(copy)))
    if into.exists() and copy.samefile(into):
        raise InputError(Problem("hand_same", source=copy.name))
    with (
        progress(lang, "read", "write") as start,
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name,
    ):
        start("read", copy.name)
        folder = Path(name)
        here = folder / copy.name  # a copy of its own, since the first may be open in a window
        shutil.copyfile(copy, here)
        office = calc_start.start(folder / "profile")
        try:
            opened = office.books.open(str(here))
            take_in_typed(opened.impl.sheets, PREFIX)
            book = HostBook(opened, lang, now)
            found = book.handing(into)
            start("write", into.name)
            kept = None if dry or not found.differences else found.write()
        except CalcError as error:
            raise InputError(Problem("hand_unread", source=copy.name, facts={"reason": str(error)})) from error
        finally:
            office.quit()
    for line in summary(found, lang):
        say(line)
    if not found.differences:
        say(word("hand.nothing", lang, book=into.name))
    elif kept is None:
        say(word("hand.looked", lang, book=into))
    else:
        say(word("hand.written", lang, book=into, kept=kept.name))
    return 0
