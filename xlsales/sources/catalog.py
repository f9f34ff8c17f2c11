"""A sources.toml: where each table comes from, and the settings."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from xlsales.problems import Problem
from xlsales.schema import TABLES
from xlsales.schema.origin import Origin
from xlsales.sources.csv_text import MARKS, decimal_of
from xlsales.sources.files import read_file
from xlsales.sources.folder import alike
from xlsales.sources.query import inside, run_queries
from xlsales.sources.raw import READ, Raw, Unreadable, finish, refuse, unopened

KEYS = ("query", "file", "columns", "connection", "map", "encoding", "separator", "decimal", "sheet")
Entry = Mapping[str, Any]


def read_catalog(path: Path, data: Path | None = None) -> Raw:
    """Read every table that a sources.toml names. data: the folder of its files, by default its own.

    Raises Unreadable with everything that is wrong with the file itself and with what it names.
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
    entries = {}
    for table, entry in catalog.items():
        try:
            entries[table] = _checked(table, entry, f"{path.name} [{table}]")
        except Unreadable as error:
            failed += error.problems
    queries = {table: entry["query"] for table, entry in entries.items() if "query" in entry}
    frames, wrong = run_queries(queries, folder, path.name) if queries else ({}, [])
    failed += wrong
    for table, entry in entries.items():
        place = f"{path.name} [{table}]"
        try:
            if "file" in entry:
                frame, origin, notes = _from_file(table, entry, folder, place)
                raw.problems += notes
            elif table in frames:
                frame = frames[table]
                origin = Origin(place, decimal=entry.get("decimal") or _decimal(frame))
            else:
                continue
            raw.add(table, _mapped(table, frame, entry.get("map", {}), place, raw.problems), origin)
        except Unreadable as error:
            failed += error.problems
    if not catalog and not failed:
        raise refuse("catalog_empty", path.name)
    return finish(raw, failed)


def _load(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_bytes().decode("utf-8-sig"))
    except OSError as error:
        raise unopened(path, error) from error
    except UnicodeDecodeError as error:
        raise refuse("toml_encoding", path.name) from error
    except tomllib.TOMLDecodeError as error:
        raise refuse("toml_broken", path.name, reason=str(error)) from error


def _checked(table: str, entry: Any, place: str) -> Entry:
    """One table's entry, after its keys make sense."""
    if table not in READ:
        near = alike(table, sorted(READ))
        raise refuse("toml_table_like" if near else "toml_table", place, value=table, near=near)
    if not isinstance(entry, dict):
        raise refuse("toml_entry", place, value=table)
    for key in entry:
        if key not in KEYS:
            near = alike(key, list(KEYS))
            raise refuse("toml_key_like" if near else "toml_key", place, value=key, near=near, keys=list(KEYS))
    if "connection" in entry:
        raise refuse("connection_unknown", place, value=entry["connection"])
    if ("query" in entry) == ("file" in entry):
        raise refuse("toml_one_source", place)
    wrong = [key for key in KEYS if key in entry and isinstance(entry[key], dict) != (key in {"columns", "map"})]
    wrong += [key for key in KEYS if key in entry and not isinstance(entry[key], (str, dict))]
    if wrong:
        raise refuse("toml_value", place, value=wrong[0])
    return entry


def _from_file(table: str, entry: Entry, folder: Path, place: str) -> tuple[pd.DataFrame, Origin, list[Problem]]:
    how = {key: entry[key] for key in ("encoding", "separator", "decimal", "sheet") if key in entry}
    frame, origin, notes = read_file(inside(folder, entry["file"], place), table, **how)
    columns = entry.get("columns")
    if columns is None:
        return frame, origin, notes
    headings = [str(name) for name in frame.columns]
    known = [column.key for column in TABLES[table].columns]
    problems = []
    for key, heading in columns.items():
        if key not in known:
            near = alike(key, known)
            code = "toml_column_like" if near else "toml_column"
            problems.append(Problem(code, "error", table, value=key, source=place, facts={"near": near}))
        if heading not in headings:
            near = alike(str(heading), headings)
            code = "heading_missing_like" if near else "heading_missing"
            facts = {"near": near, "file": entry["file"], "headings": headings}
            problems.append(Problem(code, "error", table, value=heading, source=place, facts=facts))
    if problems:
        raise Unreadable(problems)
    chosen = frame.iloc[:, [headings.index(heading) for heading in columns.values()]]
    return chosen.set_axis(list(columns), axis=1), origin, notes


def _mapped(
    table: str, frame: pd.DataFrame, changes: Mapping[str, Any], place: str, problems: list[Problem]
) -> pd.DataFrame:
    """Values put right as the file says; each change is counted in a note, one that changes nothing in a warning."""
    frame = frame.copy(deep=False)
    for column, pairs in changes.items():
        if column not in frame.columns or not isinstance(pairs, dict):
            raise refuse("map_column", place, table, value=column)
        texts = frame[column].astype(object)
        for old, new in pairs.items():
            where = texts == old
            code, severity = ("values_mapped", "note") if where.any() else ("map_unused", "warning")
            facts = {"new": str(new), "rows": int(where.sum())}
            problems.append(Problem(code, severity, table, column, value=old, source=place, facts=facts))
            texts = texts.mask(where, new)
        frame[column] = texts
    return frame


def _decimal(frame: pd.DataFrame) -> str:
    """The decimal mark of the texts of a query's answer."""
    texts = frame.head(MARKS).select_dtypes(include=["object", "str"])
    cells = (cell.strip() for name in texts for cell in texts[name].dropna() if isinstance(cell, str))
    return decimal_of(cells, ",")[0]
