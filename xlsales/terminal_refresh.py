"""`xlsales refresh BOOK`: compute a saved workbook anew without any spreadsheet program, for nightly runs."""

import getpass
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from time import perf_counter
from typing import Any

import pandas as pd
from rich.console import Console
from rich.text import Text

from xlsales import sources, steps, validate
from xlsales.commands.problem_rows import problem_table
from xlsales.commands.protocol import Replace
from xlsales.commands.reading import results_on
from xlsales.commands.registry import COMMANDS
from xlsales.core.refusal import Refusal
from xlsales.exchange.book_file import read_plan_book
from xlsales.hosts.kept_copy import replace_keeping
from xlsales.hosts.xlsx_parts import table_places
from xlsales.hosts.xlsx_write import fitting, write_tables
from xlsales.labels import word
from xlsales.problems import InputError, Problem, from_refusal, from_run, table_name
from xlsales.schema import RESULTS, TABLES
from xlsales.sources.raw import Raw
from xlsales.sources.refreshed import report
from xlsales.terminal import Loaded, amount, counted, list_problems, progress, say
from xlsales.worded import worded

OWN = frozenset({"settings", "plan"})  # what the book holds, whatever a source says
REFRESH = "refresh_"
ENDINGS = frozenset({".xlsx", ".xlsm"})
CENT = 0.005  # a difference below it is none


def sheets_of(only: str, lang: str) -> list[str] | None:
    """The result sheets that --only names: a refresh button without its "refresh_", or a sheet; None for all."""
    if not only:
        return None
    known = {TABLES[key].sheet for key in RESULTS}
    chosen: list[str] = []
    for name in (part.strip() for part in only.split(",")):
        button = COMMANDS.get(REFRESH + name)
        written = [each.removeprefix("sheet:") for each in button.writes if each.startswith("sheet:")] if button else []
        if not written and name not in known:
            choices = sorted({each.removeprefix(REFRESH) for each in COMMANDS if each.startswith(REFRESH)} | known)
            raise InputError(Problem("refresh_only", value=name, facts={"known": choices}), lang)
        chosen += written or [name]
    return list(dict.fromkeys(chosen))


def read_inputs(book: Path, since: date | None) -> tuple[Raw, Raw | None]:
    """The book's own tables, and what its setting `source` gives (None without one)."""
    own = read_plan_book(book)
    frame = own.tables.get("settings")
    named = "" if frame is None else str(validate.read_settings(frame)[0].get("source") or "").strip()
    if not named:
        return own, None
    place = Path(named).expanduser()
    place = place if place.is_absolute() else book.parent / place
    return own, sources.read(place, since=dict.fromkeys(TABLES, since) if since else None)


def merged(own: Raw, found: Raw | None) -> tuple[Raw, pd.DataFrame]:
    """The book's tables with those of the source in their place; settings and plan stay the book's.

    Also the rows that were rejected while old and new rows were put together: table, money.
    """
    whole = Raw(dict(own.tables), dict(own.origins), list(own.problems))
    dropped = [pd.DataFrame({"table": pd.Series(dtype="str"), "money": pd.Series(dtype="float64")})]
    for key in found.tables if found is not None else ():
        if key in OWN:
            continue
        taken = found.taken.get(key)
        if taken is None or taken.since is None or key not in own.tables:
            whole.add(key, found.tables[key], found.origins[key])
            continue
        frame, problems = from_day_on(key, own, found, taken.since)
        whole.add(key, frame, replace(found.origins[key], header_row=0))
        whole.problems += problems
        lost = {problem.row: problem.money for problem in problems if problem.severity == "error"}
        dropped.append(pd.DataFrame({"table": key, "money": [money for row, money in lost.items() if row is not None]}))
    if found is not None:
        whole.problems += found.problems
        whole.taken = dict(found.taken)
    return whole, pd.concat(dropped, ignore_index=True)


def from_day_on(key: str, own: Raw, found: Raw, since: tuple[str, date]) -> tuple[pd.DataFrame, list[Problem]]:
    """The book's rows before a day and the source's from that day on; what is wrong with the source's rows.

    Rows of that day and later are the source's alone, so that what was changed or deleted there is so here.
    """
    column, day = since[0], pd.Timestamp(since[1])
    old, _ = validate.validate(TABLES[key], own.tables[key], origin=own.origins[key])
    new, problems = validate.validate(TABLES[key], found.tables[key], origin=found.origins[key])
    return pd.concat([old[old[column] < day], new[new[column] >= day]], ignore_index=True), problems


def refresh(book: Path, only: str, since: date | None, look: tuple[str, datetime]) -> int:
    """Read, check, compute, and write the result tables into the book; 1 if rows were left out."""
    lang, now = look
    if book.suffix.lower() not in ENDINGS:
        raise InputError(Problem("source_kind", source=book.name))
    chosen = sheets_of(only, lang)
    start_time = perf_counter()
    with progress(lang, "read", "check", "compute", "write") as start:
        start("read")
        own, found = read_inputs(book, since)
        start("check")
        raw, dropped = merged(own, found)
        checked = validate.validate_all(raw, lang=lang)
        settings = {**checked.settings, "as_of": checked.settings.get("as_of") or now.date()}
        start("compute")
        outcome = computed(checked.tables, settings)
        problems = [*checked.problems, *from_run(outcome.refused, outcome.notes)]
        start("write")
        writes = [*results_on(worded(outcome.results, lang), chosen), problem_table(problems, lang)]
        what = (word("refresh.log", lang), only, sum(len(each.frame) for each in writes))
        log = log_row(checked.tables["log"], what, (now, perf_counter() - start_time))
        cut = write(book, [*writes, log], lang)
    list_problems([problem for problem in problems if problem.severity == "error"], lang, 20)
    for sentence in cut:
        say(sentence)
    if found is not None:
        tell_report(report(raw, checked.tables, pd.concat([checked.excluded, dropped], ignore_index=True)), lang)
    left_out = float(checked.excluded["money"].sum())
    say(counted(Loaded(checked.tables, settings, problems, left_out), lang))
    say(word("cli.result.written", lang, path=book))
    return int(any(problem.severity == "error" for problem in problems))


def computed(tables: dict[str, pd.DataFrame], settings: dict[str, Any]) -> steps.Outcome:
    """Run the cycle; a refusal on which all stands is said as a sentence."""
    try:
        return steps.run(tables, settings)
    except Refusal as refusal:
        raise InputError(from_refusal(refusal)) from refusal


def write(book: Path, changes: Sequence[Any], lang: str) -> list[str]:
    """Write what the book has a place for, keeping the file before; says which rows did not fit their sheet."""
    known = table_places(book)
    writes, cut = [], []
    for change in changes:
        if not isinstance(change, Replace):
            writes.append(change)
            continue
        place = known.get(change.table)
        if place is None:
            continue  # an older book without a table that came later
        rows = len(change.frame)
        if rows > fitting(place):
            facts = {"table": table_name(change.table, lang), "rows": f"{rows - fitting(place):,}"}
            cut.append(word("refresh.cut", lang, **facts))
            change = replace(change, frame=change.frame.head(fitting(place)))  # noqa: PLW2901 - the same, shorter
        writes.append(change)
    if not writes:
        raise InputError(Problem("book_not_ours", source=book.name))
    replace_keeping(book, lambda target: write_tables(book, target, writes, lang) and None)
    return cut


def log_row(old: pd.DataFrame, what: tuple[str, str, float], when: tuple[datetime, float]) -> Replace:
    """The log with a row for this run at its end. what: the command, its parameters, how many rows."""
    (command, parameters, rows), (now, seconds) = what, when
    row = {
        "time": f"{now:%Y-%m-%d %H:%M:%S}",
        "user": user(),
        "command": command,
        "parameters": parameters,
        "rows": float(rows),
        "duration": round(seconds, 2),
    }
    fresh = pd.DataFrame([row])
    return Replace("log", fresh if old.empty else pd.concat([old, fresh], ignore_index=True))


def user() -> str:
    """Who runs this; "" where the system does not say."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return ""


def tell_report(found: pd.DataFrame, lang: str) -> None:
    """One line per table that was read; a difference to the source's control total stands out in red."""
    console = Console()
    for row in found.itertuples():
        facts = {"table": table_name(row.table, lang), "source": row.source, "rows": f"{row.rows:,}"}
        facts |= {"rejected": f"{row.rejected:,}", "money": amount(row.rejected_money) or "0.00"}
        facts |= {"time": row.time or word("refresh.no_time", lang), "seconds": f"{row.seconds:.2f}"}
        console.print(Text(word("refresh.read", lang, **facts)))
        if not pd.isna(row.control):
            facts = {"control": amount(row.control), "total": amount(row.total), "difference": amount(row.difference)}
            apart = abs(row.difference) >= CENT
            says = word("refresh.apart" if apart else "refresh.agrees", lang, **facts)
            console.print(Text("  " + says, style="red" if apart else ""))
