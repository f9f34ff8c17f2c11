"""What comes into a book from its sources: which there are, reading them, joining them with what the book holds."""

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from xlsales import sources
from xlsales.commands.headings import places
from xlsales.labels import word
from xlsales.problems import InputError, Problem
from xlsales.schema import INPUTS, TABLES
from xlsales.schema.model import DATE
from xlsales.sources.folder import alike, table_names
from xlsales.sources.raw import Raw, Unreadable
from xlsales.validate import Read, read_settings, validate

# What the book itself holds, whatever a source says: how it computes, its plan, and where its tables come from.
OWN = frozenset({"settings", "plan", "sources", "source_columns"})
GIVEN = tuple(key for key in INPUTS if key not in OWN)
NEEDED = ("settings", "sources", "source_columns", "refreshes")


@dataclass(frozen=True)
class Row:
    """A row of the sheet Sources. entry: as in a sources.toml. folder: of its file. since: the first day wanted."""

    entry: Mapping[str, Any]
    folder: Path
    since: dt.date | None = None


def named_place(own: Read, beside: Path | None) -> Path | None:
    """The folder or sources.toml that the setting `source` names, relative to the book's folder; None for none."""
    named = str(read_settings(own.tables.get("settings"))[0]["source"] or "").strip()
    return whole(named, beside) if named else None


def whole(named: str, beside: Path | None) -> Path:
    """A path as it is, or from the folder of the book; refused for a book that was never saved."""
    path = Path(named).expanduser()
    if path.is_absolute():
        return path
    if beside is None:
        raise InputError(Problem("source_relative", value=named))
    return beside / path


def checked(own: Read, key: str) -> pd.DataFrame:
    """A small table of ours, checked; refused with its first error, because a source read wrongly is a wrong figure."""
    raw = own.tables.get(key)
    if raw is None:
        return validate(TABLES[key], pd.DataFrame())[0].iloc[:0]
    frame, problems = validate(TABLES[key], raw, origin=own.origins[key])
    wrong = [problem for problem in problems if problem.severity == "error"]
    if wrong and key != "refreshes":
        raise InputError(wrong[0])
    return frame


def known_table(named: str, place: str) -> str:
    """The key of a table that a source may give, by its key or its name in either language."""
    found = table_names().get(named.casefold(), named)
    if found not in GIVEN:
        known = [key for key in table_names() if table_names()[key] in GIVEN]
        near = alike(named, known)
        code = "source_table_like" if near else "source_table"
        raise InputError(Problem(code, value=named, source=place, facts={"near": near}))
    return found


def rows_of(own: Read, beside: Path | None, lang: str, *, unfinished: bool = False) -> dict[str, Row]:
    """The rows of the sheet Sources by table. unfinished: rows that name no file yet are passed over, not refused."""
    place = word("sheet.sources", lang)
    headings: dict[str, dict[str, str]] = {}
    for line in checked(own, "source_columns").itertuples():
        if not pd.isna(line.heading):
            table = known_table(str(line.table), place)
            key = column_key(table, str(line.column), place)
            headings.setdefault(table, {})[key] = str(line.heading)
    found: dict[str, Row] = {}
    for line in checked(own, "sources").itertuples():
        table = known_table(str(line.table), place)
        if unfinished and pd.isna(line.file):
            continue
        if table in found:
            raise InputError(Problem("source_twice", table=table, source=place))
        found[table] = row_of(table, line, headings.get(table, {}), beside, place)
    return found


def column_key(table: str, named: str, place: str) -> str:
    """Our key of a column, by its key or its heading in either language."""
    found = places(table, [named])
    if not found:
        raise InputError(Problem("source_column", table=table, value=named, source=place))
    return next(iter(found))


def row_of(table: str, line: Any, columns: Mapping[str, str], beside: Path | None, place: str) -> Row:
    """One row as an entry of a sources.toml."""
    file = "" if pd.isna(line.file) else str(line.file).strip()
    if not file:
        raise InputError(Problem("source_without_file", table=table, source=place))
    entry: dict[str, Any] = {"columns": dict(columns)} if columns else {}
    if not pd.isna(line.control):
        entry["control"] = float(line.control)
    since = None if pd.isna(line.since) else pd.Timestamp(line.since).date()
    if day_column(table):
        entry["since"] = day_column(table)
    elif since is not None:
        raise InputError(Problem("source_since", table=table, source=place))
    if not pd.isna(line.mapping):
        entry["mapping"] = str(line.mapping)
    if not pd.isna(line.connection):
        return Row({**entry, "connection": str(line.connection), "table": file}, Path(), since)
    if not pd.isna(line.worksheet):
        entry["sheet"] = str(line.worksheet)
    path = whole(file, beside)
    return Row({**entry, "file": path.name}, path.parent, since)


def day_column(table: str) -> str:
    """The column by which new rows of a table are known; "" where it has none."""
    declared = TABLES[table]
    days = [column.key for column in declared.columns if column.kind == DATE and column.required]
    return declared.dated if declared.dated in days else next(iter(days), "")


def gather(
    own: Read, beside: Path | None, lang: str, only: Collection[str] | None = None, since: dt.date | None = None
) -> Raw | None:
    """What the sources of a book give: its rows of the sheet Sources, then what the setting `source` names.

    only: the tables wanted, None for all that a source may give. since: read only rows of that day and later where a
    source allows that. None where the book names no source at all. Raises Unreadable with everything that is wrong.
    """
    place, rows = named_place(own, beside), rows_of(own, beside, lang)
    if place is None and not rows:
        return None
    partial = set(left_in_source(own))  # of these the book has only a part, so that they are read whole
    wanted = {key for key in (GIVEN if only is None else only) if key in GIVEN}
    raw, failed = Raw(), []
    rest = wanted - set(rows)
    if place is not None and rest:
        days = dict.fromkeys(rest - partial, since) if since else None
        try:
            raw = sources.read(place, since=days, only=rest)
        except Unreadable as error:
            failed += error.problems
    for table in (key for key in rows if key in wanted):
        row = rows[table]
        day = since if since is not None and row.since is not None else row.since
        days = {table: day} if day is not None and table not in partial else None
        failed += sources.read_entries(raw, {table: row.entry}, row.folder, word("sheet.sources", lang), days)
    if failed:
        raise Unreadable(failed)
    for key in set(raw.tables) - wanted:
        del raw.tables[key], raw.origins[key]
    return raw


def left_in_source(own: Read) -> dict[str, int]:
    """The tables of which the book holds only a part, since a sheet ends, and how many rows stayed in the source."""
    if "refreshes" not in own.tables:
        return {}
    names = table_names()
    frame = checked(own, "refreshes")
    frame = frame[(frame["left"] > 0).fillna(False)]
    found = {names.get(str(line.table).casefold(), ""): int(line.left) for line in frame.itertuples()}
    return {key: rows for key, rows in found.items() if key}


def completed(own: Read, beside: Path | None, lang: str, given: Collection[str] = ()) -> Raw | None:
    """The tables of which the book holds only a part, whole from their source; None where it holds all.

    given: tables that are read anew anyhow. Refused where a source does not give the table any more: a figure from a
    part of the rows would be wrong.
    """
    partial = {key: rows for key, rows in left_in_source(own).items() if key not in given}
    if not partial:
        return None
    found = gather(own, beside, lang, list(partial))
    for key, rows in partial.items():
        if found is None or key not in found.tables:
            raise InputError(Problem("source_left", table=key, facts={"rows": f"{rows:,}"}))
    return found


def merged(own: Read, found: Raw | None) -> tuple[Raw, pd.DataFrame]:
    """The book's tables with those of the sources in their place; where only new rows were read, joined with the old.

    Also the rows that were rejected while old and new rows were put together: table, money.
    """
    whole_book = Raw(dict(own.tables), dict(own.origins), list(own.problems))
    dropped = [pd.DataFrame({"table": pd.Series(dtype="str"), "money": pd.Series(dtype="float64")})]
    for key in found.tables if found is not None else ():
        if key in OWN:
            continue
        taken = found.taken.get(key)
        if taken is None or taken.since is None or key not in own.tables:
            whole_book.add(key, found.tables[key], found.origins[key])
            continue
        frame, problems = from_day_on(key, own, found, taken.since)
        whole_book.add(key, frame, replace(found.origins[key], header_row=0))
        whole_book.problems += problems
        lost = {problem.row: problem.money for problem in problems if problem.severity == "error"}
        dropped.append(pd.DataFrame({"table": key, "money": [money for row, money in lost.items() if row is not None]}))
    if found is not None:
        whole_book.problems += found.problems
        whole_book.taken = dict(found.taken)
    return whole_book, pd.concat(dropped, ignore_index=True)


def from_day_on(key: str, own: Read, found: Raw, since: tuple[str, dt.date]) -> tuple[pd.DataFrame, list[Problem]]:
    """The book's rows before a day and the source's from that day on; what is wrong with the source's rows.

    Rows of that day and later are the source's alone, so that what was changed or deleted there is so here.
    """
    column, day = since[0], pd.Timestamp(since[1])
    old, _ = validate(TABLES[key], own.tables[key], origin=own.origins[key])
    new, problems = validate(TABLES[key], found.tables[key], origin=found.origins[key])
    return pd.concat([old[old[column] < day], new[new[column] >= day]], ignore_index=True), problems
