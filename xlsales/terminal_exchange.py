"""The command line's distribute and collect."""

from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table as Grid

from xlsales import terminal
from xlsales.labels import word
from xlsales.problems import InputError, Problem

if TYPE_CHECKING:
    from xlsales.exchange.collecting import Answered, Collected

Look = tuple[str, datetime]
HEADS = ("owner", "file", "state", "changed", "change", "comment")


def loaded(book: Path, lang: str) -> terminal.Loaded:
    """The tables of a workbook with its plan matrices, checked; errors in the plan stop the work."""
    from xlsales import validate
    from xlsales.exchange.book_file import read_plan_book

    if not book.is_file():
        raise InputError(Problem("source_missing", value=str(book)))
    checked = validate.validate_all(read_plan_book(book), lang=lang)
    for problem in checked.problems:
        if problem.table == "plan" and problem.severity == "error":
            raise InputError(problem)
    return terminal.Loaded(checked.tables, checked.settings, checked.problems, float(checked.excluded["money"].sum()))


def distribute(book: Path, folder: Path, how: tuple[str, str], look: Look) -> int:
    """Write one small workbook for each manager (region, salesperson). how: by what, and the version."""
    from xlsales.exchange import sending

    lang = look[0]
    with terminal.progress(lang, "read", "write") as start:
        start("read")
        found = loaded(book, lang)
        start("write")
        sent = sending.distribute(folder, found.tables, found.settings, how, look)
    facts = {"version": sent.version, "files": len(sent.files), "rows": sent.rows, "folder": folder}
    terminal.say(word("exchange.sent", lang, **facts))
    if sent.unowned:
        by = word("exchange.by." + sent.by, lang)
        terminal.say(word("exchange.unowned", lang, rows=sent.unowned, by=by))
    return 0


def collect(folder: Path, book: Path, target: Path | None, version: str, look: Look, *, force: bool) -> int:
    """Read the answers back; 1 where anything was left out. target: the new workbook, None to look only."""
    from xlsales.exchange import collecting
    from xlsales.hosts.file import check_target

    lang = look[0]
    if target is not None:
        terminal.check_ending(target)
        check_target(target, force=force)
        if target.exists() and target.samefile(book):
            raise InputError(Problem("exchange_same_book", source=str(target)))
    with terminal.progress(lang, "read") as start:
        start("read")
        found = loaded(book, lang)
        collected = collecting.collect(folder, found.tables, version)
    tell(collected, lang)
    wrong = any(problem.severity == "error" for problem in collected.problems)
    if target is not None and collected.changed:
        rebuild(found, collected, (book, target), look, force=force)
    elif target is not None:
        terminal.say(word("exchange.nothing", lang))
    return int(wrong)


def rebuild(
    found: terminal.Loaded, collected: "Collected", paths: tuple[Path, Path], look: Look, *, force: bool
) -> None:
    """Build a new workbook with the plan collected, and a row of the log that says so."""
    import getpass

    import pandas as pd

    lang, now = look
    log = found.tables["log"]
    taken = [answer.owner for answer in collected.answers if answer.state == "taken"]
    row = {
        "time": f"{now:%Y-%m-%d %H:%M:%S}",
        "user": getpass.getuser(),
        "command": word("command.collect", lang),
        "parameters": f"{collected.version}: {', '.join(taken)}",
        "rows": collected.changed,
    }
    more = pd.DataFrame([row]).reindex(columns=log.columns).astype(log.dtypes)
    tables = {**found.tables, "plan": collected.plan, "log": pd.concat([log, more], ignore_index=True)}
    settings = {**found.settings, "as_of": found.settings.get("as_of") or now.date()}
    with terminal.progress(lang, "compute", "write") as start:
        computed, results = terminal.compute(replace(found, tables=tables, settings=settings), start)
        start("write")
        terminal.write(paths[1], computed, results, look, force=force)
    terminal.say(word("exchange.rebuilt", lang, book=paths[0].name, path=paths[1]))


def tell(collected: "Collected", lang: str) -> None:
    """A row for everybody who was asked, then who has not answered, then what was wrong."""
    grid = Grid()
    for key in HEADS:
        justify = "right" if key.startswith("change") else "left"
        grid.add_column(word("exchange.head." + key, lang), justify=justify)
    for answer in collected.answers:
        state = word("exchange.state." + answer.state, lang)
        changed = str(answer.changed) if answer.changed else ""
        owner = answer.owner if answer.owner == answer.name else f"{answer.owner} {answer.name}"
        grid.add_row(owner, answer.file, state, changed, change_of(answer, lang), answer.comment)
    Console().print(grid)
    answered = [answer for answer in collected.answers if answer.state in {"taken", "agreed"}]
    facts = {"answered": len(answered), "asked": len(collected.answers), "changed": collected.changed}
    terminal.say(word("exchange.collected", lang, version=collected.version, **facts))
    missing = [answer.name for answer in collected.answers if answer.state == "missing"]
    if missing:
        terminal.say(word("exchange.missing", lang, names=word("where.list", lang).join(missing)))
    terminal.list_problems(collected.problems, lang, None)


def change_of(answer: "Answered", lang: str) -> str:
    """By how much the sum of each measure changes."""
    parts = [
        f"{word('value.measure.' + measure, lang)} {new - answer.old[measure]:+,.2f}"
        for measure, new in answer.new.items()
    ]
    return word("where.list", lang).join(parts)
