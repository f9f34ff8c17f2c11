"""What every command begins with: the book's tables with the plan folded in, checked; and what ends it: an answer."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from xlsales import validate
from xlsales.commands.alert_links import linked, tables_seen
from xlsales.commands.answer import Answer
from xlsales.commands.cycle import ran
from xlsales.commands.plan_limits import fold_limits
from xlsales.commands.plan_sheet import PlanSheet, fold, plan_sheets
from xlsales.commands.plan_view import PlanView, plan_view
from xlsales.commands.plan_view_fold import folded as folded_view
from xlsales.commands.plan_view_fold import merged
from xlsales.commands.problem_rows import problem_table
from xlsales.commands.protocol import Book, Change, Reading, Replace
from xlsales.commands.sealing import KEPT, calendar, changed_closings, periods_named
from xlsales.labels import word
from xlsales.problems import Problem, from_run
from xlsales.schema import INPUTS, RESULTS, TABLES
from xlsales.schema.origin import Origin

Places = Callable[[list[str]], Mapping[str, Origin]]
FOLDED = {"plan": fold, "plan_limits": fold_limits}  # what the matrices say goes first into these tables
READ = (*INPUTS, "plan_versions", "plan_limits", "plan_shown", "quota_moves", "refreshes", *KEPT)
# What the plan's own commands need: the plan, the targets, and the masters that they refer to.
PLANNING = (
    *("settings", "org_units", "regions", "channels", "products", "roles", "salespeople", "customers"),
    *("targets", "plan", "plan_versions", "plan_limits", "plan_shown"),
)


@dataclass
class Work:
    """The book's tables, checked. raw: as they stand. pending: the plan, where the matrices changed it.

    excluded: the rows that errors leave out, with what they are worth.
    """

    raw: Reading
    tables: dict[str, pd.DataFrame]
    settings: dict[str, Any]
    problems: list[Problem]
    sheets: dict[str, PlanSheet]
    pending: list[Change] = field(default_factory=list)
    excluded: pd.DataFrame = field(default_factory=pd.DataFrame)
    view: PlanView | None = None

    @property
    def planned(self) -> list[PlanSheet]:
        """All sheets with a plan: one for each quantity, and the one by choice where it is filled."""
        return [*self.sheets.values(), *([self.view] if self.view else [])]

    @property
    def limits(self) -> list[Change]:
        """The write of `plan_limits`, where the matrices changed it."""
        return [each for each in self.pending if isinstance(each, Replace) and each.table == "plan_limits"]

    @property
    def as_of(self) -> pd.Timestamp:
        """The day at whose end the figures stand."""
        return pd.Timestamp(self.settings["as_of"])


def load(book: Book, instead: Reading | None = None, only: Collection[str] = READ) -> Work:
    """Read and check everything, closed periods too. instead: tables that are to stand in the place of the book's.

    only: the tables that a command needs, with all that they refer to; the others are empty then.
    """
    book.progress(word("said.reading", book.lang))
    raw = book.read(only)
    sheets = plan_sheets(book)
    known = validate.read_settings(raw.tables.get("settings"))[0]
    view = plan_view(book, raw.tables, calendar(known)) if "plan" in raw.tables else None
    pending: list[Change] = []
    for key, folding in FOLDED.items():
        if key in raw.tables and sheets:
            shown: list[PlanSheet] = [*sheets.values(), *([view] if view and key == "plan_limits" else [])]
            folded = folding(raw.tables[key], raw.origins[key], shown)
            raw.problems += folded.problems
            if folded.changed:
                raw.tables[key] = folded.raw
                pending.append(Replace(key, folded.raw))
    if view is not None:
        writes, found, view = folded_view(raw, view, sheets, float(known["rounding"]))
        raw.problems += found
        pending = merged(pending, writes)
    whole = completed(book, raw, () if instead is None else instead.tables) if only is READ else None
    for other in (whole, instead):
        if other is not None:
            raw.tables |= other.tables
            raw.origins |= other.origins
            raw.problems += other.problems
    book.progress(word("said.checking", book.lang))
    checked = validate.validate_all(raw, lang=book.lang)
    settings = {**checked.settings, "as_of": checked.settings.get("as_of") or book.now.date()}
    problems = [*checked.problems]
    if only is READ:  # a part of the tables does not tell whether a period is what it was
        problems += changed_closings(checked.tables, settings, raw.origins)
    return Work(raw, checked.tables, settings, problems, sheets, pending, checked.excluded, view)


def completed(book: Book, raw: Reading, given: Collection[str]) -> Reading | None:
    """The tables of which the sheets hold only a part, whole from their source; None where they hold all."""
    held = raw.tables.get("refreshes")
    if held is None or held.dropna(how="all").empty:
        return None
    from xlsales.commands import incoming  # noqa: PLC0415 - most books were never refreshed, and need no source

    found = incoming.completed(raw, book.place and book.place.parent, book.lang, given)
    return None if found is None else Reading(found.tables, found.origins, found.problems)


def compute(
    book: Book, work: Work, sheets: Collection[str] | None, also: Collection[str] = ()
) -> dict[str, pd.DataFrame]:
    """The results of some sheets (None: of all) in the book's language; what cannot be given joins the problems.

    also: results that stand on no sheet of these. Only what gives them is computed, and what that stands on.
    """
    from xlsales import steps  # noqa: PLC0415 - the whole cycle; most buttons compute nothing
    from xlsales.worded import worded  # noqa: PLC0415 - as above

    wanted = None if sheets is None else {*tables_on(sheets), *also}

    def told(step: str) -> None:
        number = [each.key for each in steps.STEPS].index(step) + 1
        book.progress(word("said.computing", book.lang, number=number, steps=len(steps.STEPS)))

    outcome = ran(work.tables, work.settings, told, wanted)
    work.problems += from_run(outcome.refused, outcome.notes)
    return worded(outcome.results, book.lang)


def results_named(work: Work, *wanted: str) -> dict[str, pd.DataFrame]:
    """Some results of the cycle by name, with what they stand on; a refusal of what all stands on ends the command."""
    return ran(work.tables, work.settings, wanted=wanted).results


def results_on(
    results: Mapping[str, pd.DataFrame], sheets: Collection[str] | None, places: Places | None = None
) -> list[Change]:
    """The result tables of some sheets (None: of all); one that could not be given is emptied, never left stale.

    The data of the charts goes with the five quantities. places: tells where tables stand, so that alerts lead there.
    """
    chosen = tables_on(sheets)
    changes: list[Change] = [Replace(key, declared(key, results.get(key, pd.DataFrame()))) for key in chosen]
    alerts = results.get("alerts")
    if places is None or "alerts" not in chosen or not tables_seen(alerts):
        return changes
    return linked(changes, alerts, places(tables_seen(alerts)))


def tables_on(sheets: Collection[str] | None) -> list[str]:
    """The result tables of some sheets (None: of all), the data of the charts with those of the five quantities."""
    wanted = None if sheets is None else {*sheets, *(("chart_data",) if "five" in sheets else ())}
    return [key for key in RESULTS if wanted is None or TABLES[key].sheet in wanted]


def declared(key: str, frame: pd.DataFrame) -> pd.DataFrame:
    """A frame with every column of its table."""
    return frame.reindex(columns=[column.key for column in TABLES[key].columns])


def recomputed(book: Book, sheets: Collection[str] | None) -> Answer:
    """Compute the results of some sheets anew from what stands in the book."""
    work = load(book)
    results = compute(book, work, sheets)
    return answered(book, work, results_on(results, sheets, places_in(book)), sheets)


def places_in(book: Book) -> Places:
    """Where the tables of a book stand, asked for only when it is needed."""
    return lambda tables: book.read(tables).origins


def answered(book: Book, work: Work, changes: list[Change], sheets: Collection[str] | None) -> Answer:
    """The answer of a command that wrote results, the problems beside them."""
    rows = sum(len(change.frame) for change in changes if isinstance(change, Replace))
    errors = sum(problem.severity == "error" for problem in work.problems)
    key = "said.computed_errors" if errors else "said.computed"
    says = word(key, book.lang, rows=f"{rows:,}", as_of=work.as_of.date(), errors=f"{errors:,}")
    says = "\n".join([says, *of_closed(work.problems, book.lang)])
    listed = problem_table(work.problems, book.lang)
    sheet = next(iter(sorted(sheets, key=list(_order()).index))) if sheets else ""
    return Answer((*work.pending, *changes, listed), says, rows=rows, sheet=sheet)


def of_closed(problems: Collection[Problem], lang: str) -> list[str]:
    """A sentence on the closed periods that were changed since; none where there are none."""
    periods = periods_named(problems)
    listed = word("where.list", lang).join(periods)
    return [word("said.closed_changed", lang, periods=listed)] if periods else []


def _order() -> dict[str, None]:
    """The sheets that hold results; the one whose name a command bears comes first."""
    return dict.fromkeys([*sorted({TABLES[key].sheet for key in RESULTS} - {"five"}), "five"])
