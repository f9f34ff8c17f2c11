"""The command line's distribute and collect."""

from dataclasses import replace
from datetime import datetime
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table as Grid

from xlsales import terminal
from xlsales.labels import word
from xlsales.problems import InputError, Problem

if TYPE_CHECKING:
    import pandas as pd

    from xlsales.commands.protocol import Patch
    from xlsales.exchange.collecting import Answered, Collected
    from xlsales.hosts.xlsx_write import Edit

Look = tuple[str, datetime]
HEADS = ("owner", "file", "state", "changed", "change", "comment")


def loaded(book: Path, lang: str) -> tuple[terminal.Loaded, "pd.DataFrame"]:
    """The tables of a workbook with its plan matrices, checked, and the plan as it stands there.

    Errors in the plan stop the work.
    """
    from xlsales import validate
    from xlsales.commands.sealing import changed_closings
    from xlsales.exchange.book_file import read_plan_book

    if not book.is_file():
        raise InputError(Problem("source_missing", value=str(book)))
    raw = read_plan_book(book)
    checked = validate.validate_all(raw, lang=lang)
    for problem in checked.problems:
        if problem.table == "plan" and problem.severity == "error":
            raise InputError(problem)
    left_out = float(checked.excluded["money"].sum())
    problems = [*checked.problems, *changed_closings(checked.tables, checked.settings, raw.origins)]
    found = terminal.Loaded(checked.tables, checked.settings, problems, left_out)
    return found, raw.tables.get("plan", found.tables["plan"])


def distribute(book: Path, folder: Path, how: tuple[str, str], look: Look) -> int:
    """Write one small workbook for each manager (region, salesperson). how: by what, and the version."""
    from xlsales.exchange import sending

    lang = look[0]
    with terminal.progress(lang, "read", "write") as start:
        start("read")
        found, _ = loaded(book, lang)
        start("write")
        sent = sending.distribute(folder, found.tables, found.settings, how, look)
    facts = {"version": sent.version, "files": len(sent.files), "rows": sent.rows, "folder": folder}
    terminal.say(word("exchange.sent", lang, **facts))
    if sent.unowned:
        by = word("exchange.by." + sent.by, lang)
        terminal.say(word("exchange.unowned", lang, rows=sent.unowned, by=by))
    return 0


def collect(folder: Path, books: tuple[Path, Path | None], version: str, look: Look, *, how: str) -> int:
    """Read the answers back into the plan; 1 where anything was left out.

    books: the workbook, and the new one to be made of it; None to write into the workbook itself. how: "look" writes
    nothing, "force" replaces a new workbook that is there already.
    """
    from xlsales.exchange import collecting
    from xlsales.hosts.file import check_target

    lang, (book, target) = look[0], books
    if how != "look":
        terminal.check_ending(target or book)
        check_target(target or book, force=how == "force" or target is None)
        if target is not None and target.exists() and target.samefile(book):
            raise InputError(Problem("exchange_same_book", source=str(target)))
    with terminal.progress(lang, "read") as start:
        start("read")
        found, plan = loaded(book, lang)
        collected = collecting.collect(folder, found.tables, version)
    tell(collected, lang)
    wrong = any(problem.severity == "error" for problem in collected.problems)
    if how == "look":
        terminal.say(word("exchange.looked", lang, book=book))
    elif not collected.changed:
        terminal.say(word("exchange.nothing", lang))
    elif target is not None:
        rebuild(found, collected, (book, target), look, force=how == "force")
    else:
        write_into(book, found, plan, collected, look)
    return int(wrong)


def write_into(book: Path, found: terminal.Loaded, plan: "pd.DataFrame", collected: "Collected", look: Look) -> None:
    """Write the collected plan, what follows from it and a row of the log into the workbook, which keeps all else."""
    from xlsales import terminal_refresh
    from xlsales.commands.problem_rows import problem_table
    from xlsales.commands.reading import results_on
    from xlsales.hosts.kept_copy import previous_of
    from xlsales.worded import worded

    lang, now = look
    began = perf_counter()
    tables = {**found.tables, "plan": collected.plan}
    settings = {**found.settings, "as_of": found.settings.get("as_of") or now.date()}
    with terminal.progress(lang, "compute", "write") as start:
        computed, results = terminal.compute(replace(found, tables=tables, settings=settings), start)
        start("write")
        changes = [*plan_changes(book, plan, collected, lang), *results_on(worded(results, lang), None)]
        changes.append(problem_table(computed.problems, lang))
        row = (word("command.collect", lang), taken_of(collected), collected.changed)
        log = terminal_refresh.log_row(found.tables["log"], row, (now, perf_counter() - began))
        cut = terminal_refresh.write(book, [*changes, log], lang)
    for sentence in cut:
        terminal.say(sentence)
    facts = {"changed": collected.changed, "book": book, "kept": previous_of(book).name}
    terminal.say(word("exchange.into", lang, **facts))


def plan_changes(book: Path, plan: "pd.DataFrame", collected: "Collected", lang: str) -> "list[Edit | Patch]":
    """The cells of the table `plan` and of its matrices that become other ones. plan: as it stands in the book."""
    from xlsales.exchange.into_book import matrix_changes, own_columns
    from xlsales.hosts.xlsx_compare import Saved, table_edit
    from xlsales.hosts.xlsx_write import cells_of

    saved, frame = Saved(book), own_columns(collected.plan, plan)
    edit = table_edit(saved, "plan", cells_of(saved.tables["plan"], frame, lang), len(frame))
    return [*([edit] if edit else []), *matrix_changes(book, collected)]


def taken_of(collected: "Collected") -> str:
    """The version and whose answers were taken, for the log."""
    owners = ", ".join(answer.owner for answer in collected.answers if answer.state == "taken")
    return f"{collected.version}: {owners}"


def rebuild(
    found: terminal.Loaded, collected: "Collected", paths: tuple[Path, Path], look: Look, *, force: bool
) -> None:
    """Build a new workbook with the plan collected, and a row of the log that says so."""
    import getpass

    import pandas as pd

    lang, now = look
    log = found.tables["log"]
    row = {
        "time": f"{now:%Y-%m-%d %H:%M:%S}",
        "user": getpass.getuser(),
        "command": word("command.collect", lang),
        "parameters": taken_of(collected),
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
