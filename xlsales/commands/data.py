"""The buttons of the group Data: check, sources, refresh from the sources, undo."""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from xlsales.commands.closing import changed_closings
from xlsales.commands.images import seal
from xlsales.commands.problem_rows import problem_table
from xlsales.commands.protocol import Book, Change, Reading, Replace
from xlsales.commands.reading import Answer, answered, compute, load, results_on
from xlsales.commands.registry import ORDERS, label
from xlsales.commands.transaction import UNDO, nothing, recall
from xlsales.labels import word
from xlsales.problems import InputError, Problem, table_name
from xlsales.schema import INPUTS, TABLES
from xlsales.validate import read_settings, validate

# What the book itself holds, whatever the sources say: how it computes, and the plan typed into its matrices.
OWN = frozenset({"settings", "plan"})
EXAMPLES = 3


def check(book: Book) -> Answer:
    """List everything that is wrong, each with its cell; a closed period that was changed is among it."""
    work = load(book)
    problems = [*work.problems, *changed_closings(work)]
    counts = {severity: sum(problem.severity == severity for problem in problems) for severity in ("error", "warning")}
    says = word("said.checked", book.lang, errors=f"{counts['error']:,}", warnings=f"{counts['warning']:,}")
    listed = problem_table(problems, book.lang)
    return Answer((listed,), says, rows=len(problems), undoable=False, table="problems")


def sources(book: Book) -> Answer:
    """Say from where each table is read, and how many rows stand there."""
    from xlsales import sources as reader  # noqa: PLC0415 - Check data and Undo last read no source

    place = location(book)
    found = reader.read(place)
    lines = [word("said.sources", book.lang, place=place)]
    for key, frame in found.tables.items():
        origin = found.origins[key]
        facts = {"table": table_name(key, book.lang), "rows": f"{len(frame):,}", "source": origin.source or place.name}
        lines.append(word("said.source", book.lang, **facts))
    return Answer(says="\n".join(lines), parameters=str(place), rows=len(found.tables), table="settings")


def location(book: Book) -> Path:
    """The folder or sources.toml that the setting `source` names; relative to the workbook."""
    raw = book.read(["settings"]).tables.get("settings")
    named = str(read_settings(raw)[0]["source"] or "").strip()
    if not named:
        raise InputError(Problem("source_unset"))
    path = Path(named).expanduser()
    if path.is_absolute():
        return path
    if book.place is None:
        raise InputError(Problem("source_relative", value=named))
    return book.place.parent / path


def refresh_orders(book: Book) -> Answer:
    """Read the order lines anew; sales and volume follow."""
    return refreshed(book, ORDERS, ("five", "customer_report"))


def refresh_all(book: Book) -> Answer:
    """Read every table that has a source anew; every result follows."""
    return refreshed(book, [key for key in INPUTS if key not in OWN], None)


def undo(book: Book) -> Answer:
    """Put back what the last command overwrote; where somebody typed there since, ask first."""
    memory = recall(book)
    if memory is None or not memory.images:
        raise InputError(Problem("undo_nothing"))
    touched = [image.target for image, mark in memory.images if mark and seal(book.present(image)) != mark]
    names = word("where.list", book.lang).join(dict.fromkeys(_target(target, book.lang) for target in touched))
    question = word("said.undo_changed", book.lang, tables=names) if touched else ""
    name = label(memory.command, book.lang)
    back: list[Change] = [image for image, _ in reversed(memory.images)]
    back.append(Replace(UNDO, nothing()))
    says = word("said.undone", book.lang, command=name)
    return Answer(tuple(back), says, question, parameters=name, rows=len(memory.images), undoable=False)


def _target(target: str, lang: str) -> str:
    """A table's name, or the plan's of a measure."""
    if target in TABLES:
        return table_name(target, lang)
    return word("sheet." + target.removeprefix("xs_"), lang)


@dataclass(frozen=True)
class Difference:
    """How the rows of a table differ: how many are new, changed, gone, and what to show of it."""

    added: int
    changed: int
    removed: int
    examples: tuple[str, ...] = ()

    @property
    def loses(self) -> bool:
        """Whether anything that stands in the book would be overwritten."""
        return bool(self.changed or self.removed)


def refreshed(book: Book, chosen: Collection[str], sheets: Collection[str] | None) -> Answer:
    """Read tables from their source, compute, and write tables and results; what is overwritten is shown and asked."""
    from xlsales import sources as reader  # noqa: PLC0415 - Check data and Undo last read no source

    book.progress(word("said.reading_source", book.lang))
    place = location(book)
    found = reader.read(place)
    taken = [key for key in chosen if key in found.tables]
    if not taken:
        names = [table_name(key, book.lang) for key in chosen]
        raise InputError(Problem("source_without", source=str(place), facts={"tables": names[:EXAMPLES]}))
    instead = Reading(
        {key: found.tables[key] for key in taken},
        {key: found.origins[key] for key in taken},
        [problem for problem in found.problems if problem.table in taken],
    )
    before = book.read(taken)
    work = load(book, instead)
    inputs: list[Change] = []
    lines, total = [], Difference(0, 0, 0)
    for key in taken:
        usable(key, found.tables[key], work.tables[key], work.problems)
        if key not in before.tables:
            raise InputError(Problem("book_table_missing", table=key, facts={"name": "xs_" + key, "sheets": [key]}))
        old, _ = validate(TABLES[key], before.tables[key], origin=before.origins[key], settings=work.settings)
        new = with_own_columns(key, old, work.tables[key])
        difference = differences(key, old, new, blank=int(before.tables[key].dropna(how="all").shape[0]) - len(old))
        total = Difference(
            *(getattr(total, name) + getattr(difference, name) for name in ("added", "changed", "removed"))
        )
        if difference.added or difference.loses:
            inputs.append(Replace(key, new))
        if difference.loses:
            facts = {"table": table_name(key, book.lang), "removed": difference.removed, "changed": difference.changed}
            lines.append(word("said.differs", book.lang, added=difference.added, **facts))
            lines += [f"    {example}" for example in difference.examples]
    results = compute(book, work, sheets)
    answer = answered(book, work, [*inputs, *results_on(results, sheets)], sheets)
    question = "\n".join([word("said.overwrite", book.lang), *lines]) if lines else ""
    says = word(
        "said.refreshed",
        book.lang,
        added=f"{total.added:,}",
        changed=f"{total.changed:,}",
        removed=f"{total.removed:,}",
    )
    return Answer(answer.changes, f"{says} {answer.says}", question, str(place), answer.rows, sheet=answer.sheet)


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


def differences(key: str, old: pd.DataFrame, new: pd.DataFrame, blank: int = 0) -> Difference:
    """Compare the rows of a table by their keys; rows with equal keys by their order. blank: rows that had errors."""
    keys = list(TABLES[key].keys)
    columns = [column.key for column in TABLES[key].columns]
    before, after = (_keyed(frame, keys) for frame in (old, new))
    both = before.index.intersection(after.index)
    left, right = before.loc[both, columns], after.loc[both, columns]
    unlike = ~_same(left, right)
    rows = np.flatnonzero(unlike.any(axis=1))
    examples = []
    for row in rows[:EXAMPLES]:
        column = int(np.flatnonzero(unlike[row])[0])
        named = ", ".join(str(part) for part in both[row][:-1] if not pd.isna(part) and part != "")
        examples.append(f"{named}: {_shown(left.iloc[row, column])} → {_shown(right.iloc[row, column])}")
    return Difference(len(after) - len(both), len(rows), len(before) - len(both) + max(blank, 0), tuple(examples))


def _keyed(frame: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Rows under their keys and a number that tells rows of the same keys apart."""
    plain = frame[keys].astype(object).where(frame[keys].notna(), "")
    number = plain.groupby(keys, sort=False).cumcount()
    return frame.set_index(pd.MultiIndex.from_arrays([*(plain[key] for key in keys), number]))


def _same(left: pd.DataFrame, right: pd.DataFrame) -> np.ndarray:
    """Cell by cell; blank equals blank, and numbers that differ by what a spreadsheet rounds are the same."""
    found = np.zeros(left.shape, dtype=bool)
    for place, column in enumerate(left.columns):
        one, two = left[column], right[column]
        if pd.api.types.is_float_dtype(one) and pd.api.types.is_float_dtype(two):
            found[:, place] = np.isclose(one, two, rtol=1e-12, atol=1e-9, equal_nan=True)
        else:
            equal = (
                one.astype(object).where(one.notna(), None).to_numpy()
                == two.astype(object).where(two.notna(), None).to_numpy()
            )
            found[:, place] = equal | (one.isna().to_numpy() & two.isna().to_numpy())
    return found


def _shown(value: object) -> str:
    if value is None or pd.isna(value):
        return "–"
    if isinstance(value, pd.Timestamp):
        return str(value.date())
    return f"{value:,.2f}".removesuffix(".00") if isinstance(value, float) else str(value)
