"""Queries of a sources.toml: one SELECT each, over the files of one folder and nothing else."""

import datetime as dt
import json
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from xlsales.problems import Problem
from xlsales.sources.csv_text import decode, parse, separator_of, void_above
from xlsales.sources.files import read_file
from xlsales.sources.raw import Taken, Unreadable, changed, refuse, unopened

# All other functions in FROM are refused, whatever they do; files are named in quotes.
TABLE_FUNCTIONS = frozenset({"range", "generate_series", "unnest"})
# Refused by name, though the locked engine would stop them too: they reach the machine, not the data.
REACHING = frozenset({"getenv", "read_text", "read_blob", "glob", "write_log", "query", "query_table", "sniff_csv"})
NO_REACH: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "python_enable_replacements": "false",  # else a query could name the variables of this program
    "temp_directory": "",  # nothing is written to disk
}


class Question(NamedTuple):
    """A query over files. since: the answer's date column and the day it must not be before; control: a query too."""

    query: str
    since: tuple[str, dt.date] | None = None
    control: str = ""


def run_queries(
    asked: Mapping[str, Question], folder: Path, source: str
) -> tuple[dict[str, tuple[pd.DataFrame, Taken]], list[Problem]]:
    """Run one question per table; the frames and how they were read, and a problem for each that is refused or fails.

    CSV files are read as text, so that codes keep their zeros; numbers and dates are read by the checks, or by CAST in
    the query. Every file is found before the engine is locked to exactly those files.
    """
    import duckdb

    engine = duckdb.connect(":memory:", config=NO_REACH)
    answers: dict[str, tuple[pd.DataFrame, Taken]] = {}
    failed: list[Problem] = []
    views: dict[str, Path | None] = {}
    named: dict[str, list[str]] = {}
    for table, question in asked.items():
        place = f"{source} [{table}]"
        try:
            names = files_named(engine, question.query, place)
            names += files_named(engine, question.control, place) if question.control else []
            for name in names:
                if name not in views:
                    views[name] = show(engine, name, folder, place)
            named[table] = names
        except Unreadable as error:
            failed += error.problems
    lock(engine, [path for path in views.values() if path is not None])
    for table, names in named.items():
        place = f"{source} [{table}]"
        try:
            answers[table] = _answer(engine, asked[table], place, [folder / name for name in names])
        except duckdb.Error as error:
            failed.append(_failed(error, table, place).problems[0])
        except Unreadable as error:
            failed += error.problems
    engine.close()
    return answers, failed


def _answer(engine: Any, question: Question, place: str, files: list[Path]) -> tuple[pd.DataFrame, Taken]:
    """One question's rows, and how they were read."""
    start = time.perf_counter()
    query, parameters = question.query, []
    if question.since is not None:
        column, day = question.since
        # What DuckDB does not read as a day stays, so that the checks read it or name it.
        query = (
            f"SELECT * FROM ({query.strip().rstrip(';')}\n) AS xs_part "  # noqa: S608 - a SELECT by itself, and quoted
            f"WHERE coalesce(TRY_CAST({_ident(column)} AS DATE) >= CAST(? AS DATE), true)"
        )
        parameters = [day.isoformat()]
    frame = engine.execute(query, parameters).df()
    control = figure(engine.execute(question.control).df(), place) if question.control else None
    seconds = time.perf_counter() - start
    names = ", ".join(dict.fromkeys(file.name for file in files))
    return frame, Taken(names, len(frame), seconds, changed(files), control, question.since)


def figure(frame: pd.DataFrame, place: str) -> float:
    """The single number of a control query's answer."""
    if frame.shape != (1, 1):
        raise refuse("control_shape", place, rows=frame.shape[0], columns=frame.shape[1])
    number = pd.to_numeric(frame.iloc[:, 0], errors="coerce").iloc[0]
    if pd.isna(number):
        raise refuse("control_shape", place, rows=1, columns=1)
    return float(number)


def lock(engine: Any, files: list[Path]) -> None:
    """From here on the engine reads these files and nothing else, and its own settings cannot be changed."""
    quoted = ", ".join(_quote(str(path)) for path in files)
    engine.execute(f"SET allowed_paths = [{quoted}]")
    engine.execute("SET enable_external_access = false")
    engine.execute("SET lock_configuration = true")


def files_named(engine: Any, query: str, place: str) -> list[str]:
    """The files that a query names, after making sure that it is one SELECT that names nothing but files.

    Raises Unreadable: no SELECT, several statements, or a function that could reach beyond the folder.
    """
    import duckdb

    try:
        statements = engine.extract_statements(query)
    except duckdb.Error as error:
        raise _failed(error, "", place) from error
    if not statements:
        raise refuse("sql_empty", place)
    if len(statements) > 1:
        raise refuse("sql_several", place, count=len(statements))
    kind = statements[0].type.name
    tree = json.loads(engine.execute("SELECT json_serialize_sql(?)", [query]).fetchone()[0]) if kind == "SELECT" else {}
    if not tree or tree.get("error"):
        raise refuse("sql_not_select", place, value=query.split(maxsplit=1)[0].upper())
    names, local = [], set()
    for node in walk(tree):
        if node.get("type") == "SHOW_REF":
            raise refuse("sql_not_select", place, value=query.split(maxsplit=1)[0].upper())
        if node.get("type") == "TABLE_FUNCTION":
            function = node["function"]["function_name"].lower()
            if function not in TABLE_FUNCTIONS:
                raise refuse("sql_function", place, value=function)
        if node.get("class") == "FUNCTION" and node["function_name"].lower() in REACHING:
            raise refuse("sql_function", place, value=node["function_name"].lower())
        if node.get("type") == "BASE_TABLE":
            names.append(node["table_name"])
        local |= {entry["key"] for entry in node.get("cte_map", {}).get("map", [])}
    return [name for name in dict.fromkeys(names) if name not in local]


def walk(node: Any) -> Iterator[dict[str, Any]]:
    """Every part of a parsed query."""
    if isinstance(node, dict):
        yield node
        for part in node.values():
            yield from walk(part)
    elif isinstance(node, list):
        for part in node:
            yield from walk(part)


def inside(folder: Path, name: str, place: str) -> Path:
    """The file of that name in the folder; a path or a link that leads out of it is refused."""
    try:
        root = folder.resolve()
        path = (root / name).resolve()
        there = path.is_file()
    except OSError as error:  # a share of the network that is gone
        raise unopened(folder / name, error) from error
    if ":" in name or not path.is_relative_to(root):
        raise refuse("file_outside", place, value=name, folder=folder.name)
    if not there:
        raise refuse("file_not_there", place, value=name, folder=folder.name)
    return path


def show(engine: Any, name: str, folder: Path, place: str) -> Path | None:
    """Make a file known to the engine under its own name; its path where the engine reads it itself."""
    if "." not in name:
        raise refuse("sql_table", place, value=name)
    path = inside(folder, name, place)
    ending = path.suffix.lower()
    if ending == ".parquet":
        engine.execute(f"CREATE VIEW {_ident(name)} AS SELECT * FROM read_parquet({_quote(str(path))})")  # noqa: S608 - quoted
        return path
    if ending == ".xlsx":
        engine.register(name, read_file(path)[0].astype("str"))
        return None
    try:
        data = path.read_bytes()
    except OSError as error:
        raise unopened(path, error) from error
    text, encoding = decode(data, path.name)
    mark = separator_of(text)
    if not text.strip():
        raise refuse("file_empty", path.name)
    if encoding != "utf-8-sig" or void_above(text):
        engine.register(name, parse(text, mark, path.name))
        return None
    # Cells may hold line ends, and rows may be short; the engine can do both only with one reader.
    how = "all_varchar = true, header = true, null_padding = true, parallel = false, quote = '\"', escape = '\"'"
    scan = f"read_csv({_quote(str(path))}, {how}, delim = {_quote(mark)})"
    engine.execute(f"CREATE VIEW {_ident(name)} AS SELECT * FROM {scan}")  # noqa: S608 - quoted
    return path


def _quote(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _ident(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def _failed(error: Exception, table: str, place: str) -> Unreadable:
    """What the engine says, its first line only: the rest draws the query."""
    reason = str(error).strip().splitlines()[0]
    return refuse("sql_failed", place, table, reason=reason)
