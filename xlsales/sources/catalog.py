"""A sources.toml: where each table comes from, and the settings."""

import datetime as dt
import time
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from xlsales.problems import Problem
from xlsales.schema import TABLES
from xlsales.schema.origin import Origin
from xlsales.sources.csv_text import MARKS, decimal_of
from xlsales.sources.database import Wanted, headings, read_database
from xlsales.sources.entries import Entry, by_mapping, checked, from_day, from_file, mapped, renamed
from xlsales.sources.mappings import Ready, ready
from xlsales.sources.query import Question, figure, run_queries
from xlsales.sources.raw import READ, Raw, Taken, Unreadable, changed, finish, refuse, unopened

Since = Mapping[str, dt.date]


def read_catalog(
    path: Path, data: Path | None = None, since: Since | None = None, only: Collection[str] | None = None
) -> Raw:
    """Read every table that a sources.toml names. data: the folder of its files, by default its own.

    since: the day from which a table's rows are wanted, for entries that name their date with `since`; the others are
    read whole. only: the tables that are wanted, None for all. Raises Unreadable with everything that is wrong with
    the file itself and with what it names.
    """
    catalog = _load(path)
    folder = data or path.parent
    if not folder.is_dir():
        raise refuse("folder_missing", path.name, folder=str(folder))
    raw, failed = Raw(), []
    settings = catalog.pop("settings", None)
    if settings is not None and not isinstance(settings, dict):
        failed.append(refuse("toml_entry", f"{path.name} [settings]", value="settings").problems[0])
    elif settings:
        frame = pd.DataFrame({"setting": list(settings), "value": pd.Series(list(settings.values()), dtype=object)})
        raw.add("settings", frame, Origin(f"{path.name} [settings]", header_row=0))
    if not catalog and not failed:
        raise refuse("catalog_empty", path.name)
    wanted = {table: entry for table, entry in catalog.items() if only is None or table in only or table not in READ}
    failed += read_entries(raw, wanted, folder, path.name, since)
    return finish(raw, failed)


def named_in(path: Path) -> dict[str, str]:
    """What each table of a sources.toml is read from: a file, a connection, or a query over files."""
    return {
        table: str(entry.get("file") or entry.get("connection") or path.name)
        for table, entry in _load(path).items()
        if isinstance(entry, dict) and table in READ and table != "settings"
    }


def read_entries(
    raw: Raw, given: Mapping[str, Any], folder: Path, name: str, since: Since | None = None
) -> list[Problem]:
    """Read what entries name into `raw`; returns everything that is wrong with them.

    given: by table, with the keys of a sources.toml. folder: of the files. name: of the place where the entries stand.
    """
    failed: list[Problem] = []
    entries = {}
    for table, entry in given.items():
        try:
            entries[table] = checked(table, entry, f"{name} [{table}]")
        except Unreadable as error:
            failed += error.problems
    failed += _from_queries(raw, entries, folder, name, since or {})
    for table, entry in entries.items():
        try:
            if "file" in entry:
                _from_file(raw, table, entry, folder, name, since or {})
            elif "connection" in entry and not failed:  # a database is asked when all else is right
                _from_connection(raw, table, entry, name, since or {})
        except Unreadable as error:
            failed += error.problems
    return failed


def _from_queries(raw: Raw, entries: Mapping[str, Entry], folder: Path, name: str, since: Since) -> list[Problem]:
    """Queries over the files of the folder, all in one engine; what is wrong with them."""
    asked = {
        table: Question(
            entry["query"],
            None if _named(entry) else _since(entry, since.get(table)),
            _control_query(entry),
        )
        for table, entry in entries.items()
        if "query" in entry and "connection" not in entry
    }
    answers, failed = run_queries(asked, folder, name) if asked else ({}, [])
    for table, (frame, taken) in answers.items():
        entry, place = entries[table], f"{name} [{table}]"
        origin = Origin(place, decimal=entry.get("decimal") or _decimal(frame))
        try:
            if not _named(entry):
                _keep(raw, table, entry, place, (frame, origin, taken))
                continue
            wanted = _since(entry, since.get(table))
            rows = _under_our_names(table, frame, entry, place, in_order=True)
            rows = from_day(rows, *wanted, place) if wanted else rows
            _keep(raw, table, entry, place, (rows, origin, replace(taken, rows=len(rows), since=wanted)))
        except Unreadable as error:
            failed += error.problems
    return failed


def _from_file(raw: Raw, table: str, entry: Entry, folder: Path, name: str, since: Since) -> None:
    start = time.perf_counter()
    place = f"{name} [{table}]"
    frame, origin, notes, path = from_file(table, entry, folder, place)
    raw.problems += notes
    wanted = _since(entry, since.get(table))
    if wanted:
        frame = from_day(frame, *wanted, place)
        origin = replace(origin, header_row=0)  # rows were left out, so that they have no numbers
    if _control_query(entry):
        raise refuse("control_of_file", place)
    seconds = time.perf_counter() - start
    taken = Taken(path.name, len(frame), seconds, changed([path]), since=wanted)
    _keep(raw, table, entry, place, (frame, origin, taken))


def _from_connection(raw: Raw, table: str, entry: Entry, name: str, since: Since) -> None:
    start = time.perf_counter()
    place = f"{name} [{table}]"
    wanted = _since(entry, since.get(table))
    columns, chosen = dict(entry.get("columns", {})), Ready({}, {})
    if "mapping" in entry and "table" in entry:
        chosen = ready(entry["mapping"], table, headings(entry["connection"], entry["table"], place), place)
        columns = {**chosen.columns, **columns}
    # Where a day can only be told from what was read, the rows are left out here and not in the database.
    told_late = bool(wanted) and (("query" in entry and _named(entry)) or wanted[0] in chosen.moments)
    asked = None if told_late else wanted
    money = "" if "control" in entry else TABLES[table].money
    total = columns.get(money, "") if columns else money
    question = Wanted(entry.get("query", ""), entry.get("table", ""), columns, entry.get("where", {}), asked, total)
    answer = read_database(entry["connection"], question, place)
    control = answer.total
    if _control_query(entry):
        control = figure(read_database(entry["connection"], Wanted(_control_query(entry)), place).frame, place)
    frame = answer.frame
    if "query" in entry and _named(entry):
        frame = _under_our_names(table, frame, entry, place, in_order=False)
    elif "mapping" in entry:
        frame, _ = by_mapping(frame, replace(chosen, columns={key: key for key in columns}), {}, in_order=False)
    frame = from_day(frame, *wanted, place) if told_late else frame
    seconds = time.perf_counter() - start
    taken = Taken(entry["connection"], len(frame), seconds, answer.time, control, wanted)
    origin = Origin(place, decimal=entry.get("decimal") or _decimal(frame))
    _keep(raw, table, entry, place, (frame, origin, taken))


def _named(entry: Entry) -> bool:
    """Whether an entry says which heading is which column of ours."""
    return "mapping" in entry or bool(entry.get("columns"))


def _under_our_names(table: str, frame: pd.DataFrame, entry: Entry, place: str, *, in_order: bool) -> pd.DataFrame:
    """A query's answer under our names, by a ready mapping and the columns that are named."""
    columns = entry.get("columns", {})
    if "mapping" in entry:
        chosen = ready(entry["mapping"], table, [str(each) for each in frame.columns], place)
        frame, columns = by_mapping(frame, chosen, columns, in_order=in_order)
    return renamed(table, frame, columns, place)


def _keep(raw: Raw, table: str, entry: Entry, place: str, found: tuple[pd.DataFrame, Origin, Taken]) -> None:
    """Put a table that was read among the others, with its values mapped and its control total."""
    frame, origin, taken = found
    raw.add(table, mapped(table, frame, entry.get("map", {}), place, raw.problems), origin)
    stated = entry.get("control")
    if isinstance(stated, (int, float)):
        taken = replace(taken, control=float(stated))
    raw.taken[table] = taken


def _since(entry: Entry, day: dt.date | None) -> tuple[str, dt.date] | None:
    """The column that says how old a row is, and the day from which rows are wanted; None for all of them."""
    return (entry["since"], day) if day is not None and "since" in entry else None


def _control_query(entry: Entry) -> str:
    """The query that gives the control total; "" where it is stated as a number or not at all."""
    stated = entry.get("control", "")
    return stated if isinstance(stated, str) else ""


def _load(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_bytes().decode("utf-8-sig"))
    except OSError as error:
        raise unopened(path, error) from error
    except UnicodeDecodeError as error:
        raise refuse("toml_encoding", path.name) from error
    except tomllib.TOMLDecodeError as error:
        raise refuse("toml_broken", path.name, reason=str(error)) from error


def _decimal(frame: pd.DataFrame) -> str:
    """The decimal mark of the texts of a query's answer."""
    texts = frame.head(MARKS).select_dtypes(include=["object", "str"])
    cells = (cell.strip() for name in texts for cell in texts[name].dropna() if isinstance(cell, str))
    return decimal_of(cells, ",")[0]
