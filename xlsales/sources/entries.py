"""One entry of a sources.toml: are its keys right, and what does it give from a file."""

import datetime as dt
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from xlsales.problems import Problem
from xlsales.schema import TABLES
from xlsales.schema.model import DATE
from xlsales.schema.origin import Origin
from xlsales.sources.files import read_file
from xlsales.sources.folder import alike
from xlsales.sources.mappings import Ready, ready
from xlsales.sources.query import inside
from xlsales.sources.raw import READ, Unreadable, refuse

KEYS = (
    "query", "file", "columns", "connection", "map", "encoding", "separator", "decimal", "sheet", "table", "where",
    "mapping", "since", "control",
)  # fmt: skip
BRACED = frozenset({"columns", "map", "where"})
LEAST_MOMENT = 1e11  # milliseconds since 1970 that are no day written without separators
Entry = Mapping[str, Any]


def checked(table: str, entry: Any, place: str) -> Entry:
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
        if ("query" in entry) == ("table" in entry) or "file" in entry:
            raise refuse("toml_one_question", place)
    elif ("query" in entry) == ("file" in entry) or {"table", "where"} & set(entry):
        raise refuse("toml_one_source", place)
    for key, value in entry.items():
        if not _fits(key, value):
            raise refuse("toml_value", place, value=key)
    if "since" in entry:
        _dated(table, entry["since"], place)
    return entry


def _fits(key: str, value: Any) -> bool:
    if key in BRACED:
        return isinstance(value, dict)
    if key == "control":
        return isinstance(value, (int, float, str)) and not isinstance(value, bool)
    return isinstance(value, str)


def _dated(table: str, column: str, place: str) -> None:
    """Refuse a column that is no date of the table."""
    days = [each.key for each in TABLES[table].columns if each.kind == DATE]
    if column not in days:
        raise refuse("toml_since", place, value=column, columns=days)


def from_file(table: str, entry: Entry, folder: Path, place: str) -> tuple[pd.DataFrame, Origin, list[Problem], Path]:
    """The rows of a file under our names, where they stood, notes, and the file."""
    how = {key: entry[key] for key in ("encoding", "separator", "decimal", "sheet") if key in entry}
    path = inside(folder, entry["file"], place)
    frame, origin, notes = read_file(path, table, **how)
    headings = [str(name) for name in frame.columns]
    columns = dict(entry.get("columns", {}))
    if "mapping" in entry:
        frame, columns = by_mapping(frame, ready(entry["mapping"], table, headings, place), columns)
    return (renamed(table, frame, columns, place, path.name) if columns else frame), origin, notes, path


def by_mapping(
    frame: pd.DataFrame, chosen: Ready, own: Mapping[str, str], *, in_order: bool = True
) -> tuple[pd.DataFrame, dict[str, str]]:
    """The frame as a ready mapping reads it, and which of its columns are ours; columns that are named win.

    in_order: the rows stand as the program wrote them. Those of a database have no order, so that nothing can be taken
    from the line above and lines cannot be counted.
    """
    columns = {**chosen.columns, **own}
    frame = with_values(frame, {columns[key]: pairs for key, pairs in chosen.words.items()})
    frame = with_days(frame, {columns[key]: hours for key, hours in chosen.moments.items()})
    if in_order:
        frame = filled_down(frame, [columns[key] for key in chosen.once])
        if chosen.numbered and chosen.numbered not in columns:
            frame, columns[chosen.numbered] = numbered(frame, columns[chosen.once[0]])
    return frame, columns


def renamed(table: str, frame: pd.DataFrame, columns: Mapping[str, str], place: str, file: str = "") -> pd.DataFrame:
    """The columns that are named, under our names. Raises Unreadable naming all that do not exist."""
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
            facts = {"near": near, "file": file or place, "headings": headings}
            problems.append(Problem(code, "error", table, value=heading, source=place, facts=facts))
    if problems:
        raise Unreadable(problems)
    chosen = frame.iloc[:, [headings.index(heading) for heading in columns.values()]]
    return chosen.set_axis(list(columns), axis=1)


def with_values(frame: pd.DataFrame, values: Mapping[str, Mapping[str, str]]) -> pd.DataFrame:
    """The frame with the values of a ready mapping put in; what it does not name stays."""
    changed = {}
    for heading, pairs in values.items():
        place = [str(name) for name in frame.columns].index(heading)
        texts = frame.iloc[:, place].astype(object)
        changed[frame.columns[place]] = texts.map(lambda cell, pairs=pairs: pairs.get(str(cell).strip(), cell))
    return frame.assign(**changed)


def with_days(frame: pd.DataFrame, moments: Mapping[str, int]) -> pd.DataFrame:
    """The frame with moments as days. moments: by heading, hours east of Greenwich.

    Whole numbers of twelve digits and more are milliseconds since 1970 (from 1973 on); everything else stays.

    >>> with_days(pd.DataFrame({"paid": ["1517328000000", "2018-02-01"]}), {"paid": 8})["paid"].tolist()
    ['2018-01-31', '2018-02-01']
    """
    changed = {}
    for heading, hours in moments.items():
        cells = frame.iloc[:, [str(name) for name in frame.columns].index(heading)].astype(object)
        numbers = pd.to_numeric(cells, errors="coerce").astype("float64")
        found = (numbers >= LEAST_MOMENT) & (numbers % 1 == 0)
        shifted = pd.to_datetime(numbers[found] + hours * 3_600_000, unit="ms")
        changed[heading] = cells.where(~found, shifted.dt.strftime("%Y-%m-%d").reindex(cells.index))
    return frame.assign(**changed)


def filled_down(frame: pd.DataFrame, once: Sequence[str]) -> pd.DataFrame:
    """The frame with what stands on the first line of a document on its other lines too.

    once: headings; the first is the document's number, and a line without one belongs to the document above it. What a
    document leaves blank on its own first line stays blank.

    >>> frame = pd.DataFrame({"no": ["A", None, "B"], "who": ["X", None, None], "item": [1, 2, 3]})
    >>> filled_down(frame, ["no", "who"]).fillna("").values.tolist()
    [['A', 'X', 1], ['A', 'X', 2], ['B', '', 3]]
    """
    if not once:
        return frame
    document = frame[once[0]]
    first = document.notna() & (document.astype("str").str.strip() != "")
    start = first.to_numpy().cumsum() - 1  # the how-manieth document a line belongs to; -1 before the first
    places = first.to_numpy().nonzero()[0]
    below = ~first.to_numpy() & (start >= 0)
    changed = {}
    for heading in once:
        cells = frame[heading].astype(object).to_numpy(copy=True)
        cells[below] = cells[places[start[below]]]
        changed[heading] = pd.Series(cells, index=frame.index, dtype=object)
    return frame.assign(**changed)


def numbered(frame: pd.DataFrame, document: str) -> tuple[pd.DataFrame, str]:
    """The frame with a column that counts the lines of each document from 1, and that column's heading."""
    heading = "#"
    while heading in frame.columns:
        heading += "#"
    lines = frame.groupby(document, sort=False, dropna=False).cumcount() + 1
    return frame.assign(**{heading: lines.astype("float64")}), heading


def mapped(
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


def from_day(frame: pd.DataFrame, column: str, day: dt.date, place: str) -> pd.DataFrame:
    """The rows on or after a day; those whose date is blank or cannot be read are kept, for the checks to name them."""
    if column not in frame.columns:
        raise refuse("since_column", place, value=column)
    days = pd.to_datetime(frame[column], errors="coerce", format="mixed")
    return frame[days.isna() | (days >= pd.Timestamp(day))].reset_index(drop=True)
