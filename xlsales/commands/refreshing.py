"""Read tables anew from their sources: what every refresh button does."""

from collections.abc import Collection
from dataclasses import dataclass

import pandas as pd

from xlsales.commands import incoming
from xlsales.commands import refresh_report as reported
from xlsales.commands.answer import Answer
from xlsales.commands.differing import EXAMPLES, Difference, differences
from xlsales.commands.protocol import Book, Change, Reading, Replace
from xlsales.commands.reading import Work, answered, compute, load, places_in, results_on
from xlsales.labels import word
from xlsales.problems import InputError, Problem, table_name
from xlsales.schema import TABLES
from xlsales.sources.raw import Raw
from xlsales.sources.refreshed import report
from xlsales.validate import Checked, Read, validate


def refreshed(book: Book, chosen: Collection[str], sheets: Collection[str] | None) -> Answer:
    """Read tables from their sources, compute, and write tables and results; what is overwritten is shown and asked.

    What the sources gave is told, and kept on the sheet Sources; rows beyond the end of a sheet stay in the source.
    """
    book.progress(word("said.reading_source", book.lang))
    own = book.read([*incoming.NEEDED, *chosen])
    beside = book.place and book.place.parent
    found = incoming.gather(own, beside, book.lang, chosen)
    if found is None:
        raise InputError(Problem("source_unset"))
    place = incoming.named_place(own, beside) or word("sheet.sources", book.lang)
    taken = [key for key in chosen if key in found.tables]
    if not taken:
        names = [table_name(key, book.lang) for key in chosen if key in incoming.GIVEN]
        raise InputError(Problem("source_without", source=str(place), facts={"tables": names[:EXAMPLES]}))
    whole, dropped = incoming.merged(own, found)
    instead = Reading(
        {key: whole.tables[key] for key in taken},
        {key: whole.origins[key] for key in taken},
        [problem for problem in whole.problems if problem.table in taken],
    )
    work = load(book, instead)
    parts = [taken_over(own, key, found, work, book.capacity(key)) for key in taken]
    inputs: list[Change] = [part.write for part in parts if part.write is not None]
    left = {part.key: part.left for part in parts if part.left}
    excluded = pd.concat([work.excluded, dropped], ignore_index=True)
    rows = report(whole, work.tables, excluded)
    if "refreshes" in own.tables:
        inputs.append(Replace("refreshes", reported.kept(own, rows, left, book.now, book.lang)))
    results = compute(book, work, sheets)
    answer = answered(book, work, [*inputs, *results_on(results, sheets, places_in(book))], sheets)
    lines = [line for part in parts for line in part.told(book.lang)]
    question = "\n".join([word("said.overwrite", book.lang), *lines]) if lines else ""
    sums = {
        name: f"{sum(getattr(part.difference, name) for part in parts):,}" for name in ("added", "changed", "removed")
    }
    told = [" ".join([word("said.refreshed", book.lang, **sums), answer.says])]
    told += [line for line, _ in reported.told(rows, book.lang)]
    for key, count in left.items():
        told.append(word("refresh.cut", book.lang, table=table_name(key, book.lang), rows=f"{count:,}"))
    return Answer(answer.changes, "\n".join(told), question, str(place), answer.rows, sheet=answer.sheet)


@dataclass(frozen=True)
class Part:
    """What becomes of a table. write: its new rows, None where nothing changes; left: rows that no sheet could hold."""

    key: str
    write: Replace | None
    difference: Difference
    left: int = 0

    def told(self, lang: str) -> list[str]:
        """What would be overwritten, with a few examples; nothing where only rows are added."""
        found = self.difference
        if not found.loses:
            return []
        facts = {"removed": found.removed, "changed": found.changed, "added": found.added}
        first = word("said.differs", lang, table=table_name(self.key, lang), **facts)
        return [first, *(f"    {example}" for example in found.examples)]


def taken_over(own: Read, key: str, found: Raw, work: Work | Checked, most: int) -> Part:
    """The rows of a table as its source gives them, against those that stand in the book.

    most: how many rows its sheet can hold.
    """
    usable(key, found.tables[key], work.tables[key], work.problems)
    if key not in own.tables:
        raise InputError(Problem("book_table_missing", table=key, facts={"name": "xs_" + key, "sheets": [key]}))
    raw = own.tables[key]
    old, _ = validate(TABLES[key], raw, origin=own.origins[key], settings=work.settings)
    new = with_own_columns(key, old, work.tables[key])
    shown = new.head(most)
    difference = differences(key, old, shown, blank=int(raw.dropna(how="all").shape[0]) - len(old))
    changes = difference.added or difference.loses
    return Part(key, Replace(key, shown) if changes else None, difference, max(len(new) - most, 0))


def usable(key: str, raw: pd.DataFrame, good: pd.DataFrame, problems: Collection[Problem]) -> None:
    """Refuse a source of which no row can be used, rather than empty the table."""
    if len(good) or raw.dropna(how="all").empty:
        return
    first = next(problem for problem in problems if problem.table == key and problem.severity == "error")
    raise InputError(first)


def with_own_columns(key: str, old: pd.DataFrame, new: pd.DataFrame) -> pd.DataFrame:
    """The new rows with what stood in the user's own columns beside the same keys."""
    keys = list(TABLES[key].keys)
    own = [name for name in old.columns if name not in {column.key for column in TABLES[key].columns}]
    own = [name for name in own if name not in new.columns]
    if not own:
        return new
    beside = old[[*keys, *own]].drop_duplicates(keys)
    return new.merge(beside, on=keys, how="left")
