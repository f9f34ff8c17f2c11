"""What each command of the command line does: read, check, compute, write, and tell it in the terminal."""

import os
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table as Grid
from rich.text import Text

from xlsales.labels import word
from xlsales.problems import InputError, Problem, from_run, sentence

if TYPE_CHECKING:
    import pandas as pd

SHOWN_PROBLEMS = 20
ENDING = ".xlsx"
MACROS = ".xlsm"  # the same workbook with functions, buttons and ribbon for Excel


@dataclass(frozen=True)
class Request:
    """What the user asked to read: where, in which language, and which day it is."""

    sources: Path
    data: Path | None
    lang: str
    now: datetime
    as_of: date | None = None


@dataclass(frozen=True)
class Loaded:
    """Checked tables, settings with the as-of day put in, everything that was wrong, and the money left out by it.

    report: how each table was read from its source, as `sources.refreshed.report` gives it; None where nothing was.
    """

    tables: "dict[str, pd.DataFrame]"
    settings: dict[str, Any]
    problems: list[Problem]
    left_out: float = 0.0
    report: "pd.DataFrame | None" = None


@contextmanager
def progress(lang: str, *steps: str) -> Iterator[Any]:
    """A bar over the named steps on the error stream; the caller calls what it is given before each step."""
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed}/{task.total}"))
    console = Console(stderr=True)
    with Progress(*columns, TimeElapsedColumn(), console=console, transient=True) as bar:
        task = bar.add_task("", total=len(steps))
        position = -1

        def start(step: str, detail: str = "") -> None:
            nonlocal position
            position = steps.index(step)
            says = word("cli.step." + step, lang)
            bar.update(task, description=f"{says} {detail}".rstrip(), completed=position)

        yield start
        bar.update(task, completed=len(steps))


def load(request: Request, start: Any) -> Loaded:
    """Read and check everything; InputError where nothing can be read."""
    from xlsales import sources, validate
    from xlsales.commands import incoming
    from xlsales.commands.sealing import changed_closings
    from xlsales.sources.refreshed import report

    start("read")
    raw = sources.read(request.sources, request.data)
    rest = incoming.completed(raw, request.sources.parent, request.lang)
    if rest is not None:  # a workbook of which a table goes on in its source
        raw.tables |= rest.tables
        raw.origins |= rest.origins
    start("check")
    checked = validate.validate_all(raw, lang=request.lang)
    chosen = request.as_of or checked.settings.get("as_of") or request.now.date()
    problems = [*checked.problems, *changed_closings(checked.tables, checked.settings, raw.origins)]
    left_out = float(checked.excluded["money"].sum())
    rows = report(raw, checked.tables, checked.excluded)
    return Loaded(checked.tables, {**checked.settings, "as_of": chosen}, problems, left_out, rows)


def compute(loaded: Loaded, start: Any) -> "tuple[Loaded, dict[str, pd.DataFrame]]":
    """Run the cycle; a figure that could not be given is a warning beside the other problems."""
    from xlsales.commands.cycle import ran

    start("compute")
    outcome = ran(loaded.tables, loaded.settings)
    refused = from_run(outcome.refused, outcome.notes)
    tables = {**loaded.tables, "plan": outcome.results["plan"]} if "plan" in outcome.results else loaded.tables
    return replace(loaded, tables=tables, problems=[*loaded.problems, *refused]), outcome.results


def write(
    target: Path, loaded: Loaded, results: "dict[str, pd.DataFrame]", look: tuple[str, datetime], *, force: bool
) -> None:
    """Build the workbook into its place, whole or not at all."""
    from xlsales.build import workbook
    from xlsales.commands.registry import COMMANDS
    from xlsales.hosts.file import write_whole
    from xlsales.worded import worded

    lang, now = look
    told = worded(results, lang)
    buttons = list(COMMANDS.values()) if target.suffix.lower() == MACROS else []

    def fill(path: Path) -> None:
        workbook.build(path, loaded.tables, told, loaded.problems, loaded.settings, lang=lang, now=now, buttons=buttons)

    write_whole(target, fill, force=force)


def check_ending(target: Path) -> None:
    """Refuse a file that is no workbook of ours by its name."""
    if target.suffix.lower() not in {ENDING, MACROS}:
        raise InputError(Problem("target_ending", source=str(target), facts={"ending": ENDING, "macros": MACROS}))


def demo(folder: Path, lang: str, now: datetime, *, force: bool) -> int:
    """Make the demonstration company's workbook in a folder."""
    from xlsales import demo as company
    from xlsales import validate
    from xlsales.hosts.file import check_target

    target = folder / f"xlsales-demo.{lang}{MACROS}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(Problem("target_folder_unmade", source=str(folder))) from error
    check_target(target, force=force)
    with progress(lang, "generate", "check", "compute", "write") as start:
        start("generate")
        raw = company.tables(lang)
        start("check")
        checked = validate.validate_all(raw, lang=lang)
        loaded, results = compute(Loaded(checked.tables, checked.settings, checked.problems), start)
        start("write")
        write(target, loaded, results, (lang, now), force=force)
    tell(loaded, results, lang)
    say(word("cli.result.written", lang, path=target))
    return 0


def run(request: Request, target: Path, *, strict: bool, force: bool) -> int:
    """Read the user's data, run the cycle, write the workbook; 1 if --strict stopped it."""
    from xlsales.hosts.file import check_target

    lang = request.lang
    check_ending(target)
    check_target(target, force=force)
    with progress(lang, "read", "check", "compute", "write") as start:
        loaded = load(request, start)
        if strict and any(problem.severity == "error" for problem in loaded.problems):
            results = None
        else:
            loaded, results = compute(with_report(loaded, request, target), start)
            start("write")
            write(target, loaded, results, (lang, request.now), force=force)
    if results is None:
        list_problems(loaded.problems, lang, SHOWN_PROBLEMS)
        say(word("cli.result.strict", lang))
        return 1
    tell(loaded, results, lang)
    if loaded.report is not None:
        tell_report(loaded.report, lang)
    say(word("cli.result.written", lang, path=target))
    return 0


def with_report(loaded: Loaded, request: Request, target: Path) -> Loaded:
    """The tables with what was read from where on the sheet Sources.

    Where a table has more rows than a sheet, the book also names its source, because only there it is whole.
    """
    from xlsales.build.layout import FIRST_ROW, MOST_ROWS
    from xlsales.commands import refresh_report
    from xlsales.sources.raw import Raw

    if loaded.report is None or loaded.report.empty:
        return loaded
    most = MOST_ROWS - FIRST_ROW
    left = {key: len(loaded.tables[key]) - most for key in loaded.report["table"] if len(loaded.tables[key]) > most}
    rows = refresh_report.kept(Raw(), loaded.report, left, request.now, request.lang)
    rows = rows.assign(seconds=float("nan"))  # told on the screen; a book of the same data has the same bytes
    settings = loaded.settings
    if left and not settings.get("source") and request.data is None:
        settings = {**settings, "source": beside(request.sources, target)}
    return replace(loaded, tables={**loaded.tables, "refreshes": rows}, settings=settings)


def beside(source: Path, book: Path) -> str:
    """A path as the book names it: from its own folder where that is possible."""
    try:
        return Path(os.path.relpath(source.resolve(), book.resolve().parent)).as_posix()
    except ValueError:  # another drive
        return str(source.resolve())


def new(target: Path, lang: str, now: datetime, *, force: bool) -> int:
    """Write an empty workbook."""
    from xlsales import validate

    check_ending(target)
    checked = validate.validate_all({}, lang=lang)
    loaded = Loaded(checked.tables, {**checked.settings, "as_of": None}, [])
    write(target, loaded, {}, (lang, now), force=force)
    say(word("cli.result.written", lang, path=target))
    return 0


def check(request: Request, *, everything: bool) -> int:
    """List the problems of a folder, a sources.toml or a workbook; 1 if any is an error."""
    lang = request.lang
    with progress(lang, "read", "check") as start:
        loaded = load(request, start)
    rows = {key: len(frame) for key, frame in loaded.tables.items() if len(frame)}
    say(word("cli.result.rows", lang, rows=f"{sum(rows.values()):,}", tables=len(rows)))
    list_problems(loaded.problems, lang, None if everything else SHOWN_PROBLEMS)
    say(counted(loaded, lang))
    return int(any(problem.severity == "error" for problem in loaded.problems))


def tell(loaded: Loaded, results: "dict[str, pd.DataFrame]", lang: str) -> None:
    """The short result table: five quantities against target, then the problems."""
    settings = loaded.settings
    title = word("cli.result.title", lang, company=settings.get("company") or "xlsales", as_of=settings["as_of"])
    grid = Grid(title=title, title_justify="left")
    grid.add_column(word("cli.result.measure", lang))
    for key in ("target", "actual", "attainment"):
        grid.add_column(word("cli.result." + key, lang), justify="right")
    for row in results["headline"].itertuples():
        name = word("value.measure." + row.measure, lang)
        grid.add_row(name, amount(row.target), amount(row.actual), percent(row.attainment))
    Console().print(grid)
    list_problems([problem for problem in loaded.problems if problem.severity != "note"], lang, SHOWN_PROBLEMS)
    say(counted(loaded, lang))


def tell_report(found: "pd.DataFrame", lang: str) -> None:
    """One line per table that was read; a difference to the source's control total stands out in red."""
    from xlsales.commands import refresh_report

    console = Console()
    for says, apart in refresh_report.told(found, lang):
        console.print(Text(says, style="red" if apart else ""))


def amount(value: float) -> str:
    """A figure with thousands separated; a missing one is blank."""
    return "" if value != value else f"{value:,.2f}"  # noqa: PLR0124 - NaN is the only value that differs from itself


def percent(value: float) -> str:
    """A share as a percentage; a missing one is blank."""
    return "" if value != value else f"{value:.2%}"  # noqa: PLR0124 - as above


def list_problems(problems: Sequence[Problem], lang: str, most: int | None) -> None:
    """One line per problem, errors first, at most so many; what is wrong alike in one column is told once, counted."""
    order = {"error": 0, "warning": 1, "note": 2}
    ranked = sorted(problems, key=lambda problem: order[problem.severity])
    shown = ranked if most is None else one_of_each(ranked, most)
    alike = Counter(map(kind, ranked))
    for problem in shown:
        says = f"{word('cli.severity.' + problem.severity, lang)}: {sentence(problem, lang)}"
        others = alike[kind(problem)] - 1
        say(says if most is None or not others else word("cli.result.alike", lang, says=says, count=others))
    hidden = len(ranked) - sum(alike[kind(problem)] for problem in shown)
    if most is not None and hidden:
        say(word("cli.result.more_check", lang, count=hidden))


def kind(problem: Problem) -> tuple[str, ...]:
    """What makes two problems alike: the same thing wrong in the same column."""
    return (problem.severity, problem.code, problem.table, problem.column)


def one_of_each(problems: Sequence[Problem], most: int) -> list[Problem]:
    """The first problem of each kind, at most so many."""
    found: dict[tuple[str, ...], Problem] = {}
    for problem in problems:
        found.setdefault(kind(problem), problem)
    return list(found.values())[:most]


def counted(loaded: Loaded, lang: str) -> str:
    """How many problems of each kind, and the money left out."""
    if not loaded.problems:
        return word("cli.result.nothing", lang)
    counts = Counter(problem.severity for problem in loaded.problems)
    figures = {name: counts[name.removesuffix("s")] for name in ("errors", "warnings", "notes")}
    return word("cli.result.problems", lang, money=amount(loaded.left_out), **figures)


def build_templates(folder: Path | None, lang: str) -> int:
    """Make the committed templates anew, in both languages."""
    from xlsales import templates

    for path in templates.build_all(folder):
        say(word("cli.result.written", lang, path=path))
    return 0


def explain(topic: str, lang: str) -> int:
    """Explain a topic; without one, list them."""
    from xlsales import topics

    say(topics.text(topic, lang))
    return 0


def say(text: str) -> None:
    """One line on the screen."""
    print(text, file=sys.stdout)
