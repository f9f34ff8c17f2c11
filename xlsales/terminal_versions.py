"""The command line's versions: list, save, compare, restore and scale versions of the plan in a saved workbook."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from time import perf_counter

import pandas as pd

from xlsales import terminal, terminal_refresh
from xlsales.commands.plan_sheet import plan_sheets
from xlsales.commands.protocol import Append, Block, Change, Matrix, Patch, Reading, Replace, Selection
from xlsales.commands.reading import PLANNING, Answer, load
from xlsales.commands.versions import parsed, versions
from xlsales.exchange.book_file import Areas
from xlsales.hosts.kept_copy import previous_of
from xlsales.labels import word
from xlsales.problems import InputError, Problem
from xlsales.sources import read_book

Look = tuple[str, datetime]
COMMAND = "xs_command_"


@dataclass
class SavedBook:
    """What the button Versions sees of a workbook on disk: one plan sheet selected, a command typed."""

    path: Path
    text: str
    lang: str
    now: datetime
    user: str = ""
    areas: Areas = field(init=False)

    def __post_init__(self) -> None:
        """Open the file."""
        self.areas = Areas(self.path)

    def read(self, tables: Iterable[str]) -> Reading:
        """Raw tables; one that the book does not have is left out."""
        raw = read_book(self.path)
        chosen = [key for key in tables if key in raw.tables]
        origins = {key: raw.origins[key] for key in chosen if key in raw.origins}
        return Reading({key: raw.tables[key] for key in chosen}, origins, list(raw.problems))

    def area(self, name: str) -> Matrix | None:
        """The cells of a defined name; the command cells hold what was typed in the terminal."""
        found = self.areas.area(name)
        if found is None or not name.startswith(COMMAND):
            return found
        return Matrix(found.sheet, found.top, found.left, [[self.text or None]], [[""]])

    def selection(self) -> Selection | None:
        """The first plan sheet."""
        sheet = next(iter(plan_sheets(self).values()), None)  # type: ignore[arg-type] - as much as it needs
        return None if sheet is None else Selection(sheet.matrix.sheet, (Block(sheet.matrix.top, sheet.matrix.left),))

    def progress(self, text: str) -> None:
        """Nothing: the terminal shows its own."""


def run(book: Path, words: Sequence[str], look: Look, *, yes: bool) -> int:
    """Carry out a command (nothing: list the versions); a restore writes only with --yes."""
    lang, now = look
    if not book.is_file():
        raise InputError(Problem("source_missing", value=str(book)))
    terminal.check_ending(book)
    text = " ".join(words)
    began = perf_counter()
    with terminal.progress(lang, "read") as start:
        start("read")
        saved = SavedBook(book, text, lang, now, terminal_refresh.user())
        if not plan_sheets(saved):  # type: ignore[arg-type] - as much as it needs
            raise InputError(Problem("exchange_no_plan", source=book.name))
        answer = versions(saved)  # type: ignore[arg-type] - as much as it needs
    if answer.question:
        terminal.say(answer.question)
        if not yes:
            terminal.say(word("cli.versions.yes", lang))
            return 0
    if answer.changes:
        write(saved, answer, began)
    terminal.say(answer.says)
    if answer.changes:
        terminal.say(word("cli.versions.written", lang, book=book, kept=previous_of(book).name))
    return 0


def write(saved: SavedBook, answer: Answer, began: float) -> None:
    """Write the changes and a row of the log; the file before is kept beside it."""
    work = load(saved, only=(*PLANNING, "log"))  # type: ignore[arg-type] - as much as it needs
    changes: list[Change] = []
    for change in answer.changes:
        if isinstance(change, Append):
            standing = work.tables[change.table]
            changes.append(Replace(change.table, pd.concat([standing, change.frame], ignore_index=True)))
        elif isinstance(change, (Replace, Patch)):
            changes.append(change)
    asked = parsed(saved.text)
    command = f"{word('command.versions', saved.lang)} {'' if asked is None else asked.verb}".strip()
    row = (command, answer.parameters, float(answer.rows))
    log = terminal_refresh.log_row(work.tables["log"], row, (saved.now, perf_counter() - began))
    last = {change.table: change for change in changes if isinstance(change, Replace)}
    patches = [change for change in changes if isinstance(change, Patch)]
    terminal_refresh.write(saved.path, [*last.values(), *patches, log], saved.lang)
