"""`xlsales refresh BOOK`: compute a saved workbook anew without any spreadsheet program, for nightly runs."""

import getpass
import zipfile
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import date, datetime
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

import pandas as pd

from xlsales import validate
from xlsales.commands import incoming, refresh_report
from xlsales.commands.cycle import ran
from xlsales.commands.problem_rows import problem_table
from xlsales.commands.protocol import Replace
from xlsales.commands.reading import results_on
from xlsales.commands.refreshing import Part, taken_over
from xlsales.commands.registry import COMMANDS
from xlsales.commands.sealing import changed_closings
from xlsales.exchange.book_file import read_plan_book
from xlsales.hosts.kept_copy import replace_keeping
from xlsales.hosts.xlsx_parts import table_places
from xlsales.hosts.xlsx_values import sheet_parts, with_values
from xlsales.hosts.xlsx_write import fitting, write_tables
from xlsales.labels import LANGUAGES, word
from xlsales.problems import InputError, Problem, from_run, table_name
from xlsales.schema import RESULTS, TABLES
from xlsales.schema.origin import Origin
from xlsales.sources.raw import Raw
from xlsales.sources.refreshed import report
from xlsales.terminal import Loaded, counted, list_problems, progress, say, tell_report
from xlsales.worded import worded

REFRESH = "refresh_"
KEPT = frozenset({"log", "refreshes"})
CHOSEN = ("dashboard", "focus", "week_page", "chart_data")  # what they show follows a cell of choice
ENDINGS = frozenset({".xlsx", ".xlsm"})


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


def read_inputs(book: Path, since: date | None, lang: str) -> tuple[Raw, Raw | None]:
    """The book's own tables, and what its sources give (None without one)."""
    own = read_plan_book(book)
    found = incoming.gather(own, book.parent, lang, since=since)
    rest = incoming.completed(own, book.parent, lang, found.tables if found is not None else ())
    if rest is not None:
        own.tables |= rest.tables
        own.origins |= rest.origins
    return own, found


def input_parts(book: Path, own: Raw, found: Raw | None, checked: validate.Checked) -> list[Part]:
    """What becomes of the book's own tables that its sources give, as a refresh button would write them."""
    known = table_places(book)
    given = [key for key in found.tables if key not in incoming.OWN] if found is not None else []
    return [
        taken_over(own, key, found, checked, fitting(known[key]) if key in known else 0)  # type: ignore[arg-type]
        for key in given
    ]


def refresh(book: Path, only: str, since: date | None, look: tuple[str, datetime], *, inputs: bool = False) -> int:
    """Read, check, compute, and write the result tables into the book; 1 if rows were left out.

    inputs: whether the tables that sources give are written on their sheets too.
    """
    lang, now = look
    if book.suffix.lower() not in ENDINGS:
        raise InputError(Problem("source_kind", source=book.name))
    chosen = sheets_of(only, lang)
    start_time = perf_counter()
    with progress(lang, "read", "check", "compute", "write") as start:
        start("read")
        own, found = read_inputs(book, since, lang)
        start("check")
        raw, dropped = incoming.merged(own, found)
        checked = validate.validate_all(raw, lang=lang)
        settings = {**checked.settings, "as_of": checked.settings.get("as_of") or now.date()}
        start("compute")
        outcome = ran(checked.tables, settings)
        changed = changed_closings(checked.tables, settings, raw.origins)
        problems = [*checked.problems, *changed, *from_run(outcome.refused, outcome.notes)]
        start("write")
        stand = {key: Origin("", each.sheet, each.area[1], each.area[0]) for key, each in table_places(book).items()}
        writes = [*results_on(worded(outcome.results, lang), chosen, lambda _: stand), problem_table(problems, lang)]
        rows = report(raw, checked.tables, pd.concat([checked.excluded, dropped], ignore_index=True))
        parts = input_parts(book, own, found, checked) if inputs else []
        writes = [*(part.write for part in parts if part.write is not None), *writes]
        if found is not None:
            # Where the input tables are not written, how many of their rows stayed in the source does not change.
            left = {part.key: part.left for part in parts} if inputs else incoming.left_in_source(own)
            writes.append(Replace("refreshes", refresh_report.kept(own, rows, left, now, lang)))
        what = (word("refresh.log", lang), only, sum(len(each.frame) for each in writes))
        log = log_row(checked.tables["log"], what, (now, perf_counter() - start_time))
        shown = None
        if chosen is None:
            held = checked if found is None or inputs else validate.validate_all(own, lang=lang)
            tables = {**held.tables, **{each.table: each.frame for each in [*writes, log] if each.table in KEPT}}
            shown = partial(build_like, book, tables, worded(outcome.results, lang), problems, settings, now)
        cut = write(book, [*writes, log], lang, [name for name in computed_sheets() if is_ours(book)], shown)
    list_problems([*(problem for problem in problems if problem.severity == "error"), *changed], lang, 20)
    for sentence in [*(line for part in parts for line in part.told(lang)), *cut]:
        say(sentence)
    tell_report(rows, lang)
    left_out = float(checked.excluded["money"].sum())
    say(counted(Loaded(checked.tables, settings, problems, left_out), lang))
    say(word("cli.result.written", lang, path=book))
    return int(any(problem.severity == "error" for problem in problems))


def is_ours(book: Path) -> bool:
    """Whether a workbook was made by xlsales, so that its sheets of formulas are ours."""
    return "settings" in table_places(book)


def computed_sheets() -> list[str]:
    """The names, in both languages, of the sheets on which nobody types, so that all their formulas are ours."""
    from xlsales.build.layout import SHEETS

    return [word("sheet." + sheet.key, lang) for sheet in SHEETS if not sheet.typed for lang in LANGUAGES]


def build_like(
    book: Path,
    tables: dict[str, pd.DataFrame],
    results: dict[str, pd.DataFrame],
    problems: list[Problem],
    settings: dict[str, Any],
    now: datetime,
    target: Path,
) -> Sequence[str]:
    """Build a workbook with these tables in the language that a book was built in, for what its formulas show.

    Returns the sheets whose values do not hold for the book: there a member is chosen in a cell, or feeds from one.
    """
    from xlsales.build import workbook

    with zipfile.ZipFile(book) as parts:
        names = sheet_parts(parts)
    lang = next((each for each in LANGUAGES if word("sheet.home", each) in names), LANGUAGES[0])
    workbook.build(target, tables, results, problems, settings, lang=lang, now=now)
    return [word("sheet." + key, lang) for key in CHOSEN]


def write(
    book: Path,
    changes: Sequence[Any],
    lang: str,
    sheets: Collection[str] = (),
    shown: Callable[[Path], Sequence[str]] | None = None,
) -> list[str]:
    """Write what the book has a place for, keeping the file before; says which rows did not fit their sheet.

    sheets: those whose formulas are to show fresh values, which `shown` builds; without it none.
    """
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

    def fill(target: Path) -> None:
        if not sheets:
            write_tables(book, target, writes, lang)
            return
        with TemporaryDirectory(prefix="xlsales-") as folder:
            written, fresh = Path(folder) / f"written{book.suffix}", Path(folder) / "fresh.xlsx"
            write_tables(book, written, writes, lang)
            unlike = shown(fresh) if shown is not None else ()
            with_values(written, target, fresh if shown is not None else None, sheets, unlike)

    replace_keeping(book, fill)
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
