"""One file to a raw frame: CSV, xlsx, parquet; a file that lies about itself is refused with a sentence."""

import datetime as dt
import gc
import zipfile
from collections.abc import Sequence
from operator import itemgetter
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from xlsales.problems import Problem
from xlsales.schema.origin import Origin
from xlsales.sources.csv_text import read_csv
from xlsales.sources.large_sheet import read_large
from xlsales.sources.raw import refuse, size_of, unopened
from xlsales.sources.sheet_columns import LargeSheet
from xlsales.sources.workbook_parts import sheet_parts

ENDINGS = (".csv", ".txt", ".tsv", ".xlsx", ".parquet")
# An honest sheet of a million rows unpacks to some hundreds of megabytes, about ten to thirty times its packed size.
UNPACKED_MOST = 2_000_000_000
UNPACKED_FREE = 100_000_000  # below this the ratio does not matter
RATIO_MOST = 150
OLD_OR_LOCKED = b"\xd0\xcf\x11\xe0"  # an .xls, or a workbook with a password
Found = tuple[pd.DataFrame, Origin, list[Problem]]


def read_file(path: Path, table: str = "", **how: str) -> Found:
    """The table that a file holds, where it stood, and notes. how: encoding, separator, decimal, sheet."""
    size_of(path)
    ending = path.suffix.lower()
    if ending == ".parquet":
        return read_parquet(path), Origin(path.name), []
    if ending == ".xlsx":
        return read_sheet(path, table, how.get("sheet", ""), how.get("decimal", ""))
    if ending not in ENDINGS:
        raise refuse("file_kind", path.name, ending=ending or path.name, endings=list(ENDINGS))
    frame, dialect = read_csv(path, how.get("encoding", ""), how.get("separator", ""), how.get("decimal", ""))
    notes = []
    if dialect.unclear:
        code = "decimal_unclear_comma" if dialect.decimal == "," else "decimal_unclear_point"
        notes.append(Problem(code, "warning", table, value=dialect.unclear, source=path.name))
    return frame, Origin(path.name, header_row=frame.attrs.pop("header_row", 1), decimal=dialect.decimal), notes


def read_parquet(path: Path) -> pd.DataFrame:
    """A parquet file; a damaged one is refused."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        frame: pd.DataFrame = pq.read_table(path).to_pandas()
    except PermissionError as error:
        raise unopened(path, error) from error
    except (pa.ArrowException, OSError) as error:
        raise refuse("parquet_broken", path.name) from error
    return frame


def check_zip(path: Path) -> None:
    """Refuse what is no xlsx, is damaged, or would unpack to far more than any honest workbook, before unpacking."""
    try:
        with path.open("rb") as stream:
            old = stream.read(8).startswith(OLD_OR_LOCKED)
        members = [] if old else zipfile.ZipFile(path).infolist()
    except PermissionError as error:
        raise unopened(path, error) from error
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise refuse("workbook_broken", path.name) from error
    if old:
        raise refuse("workbook_locked_or_old", path.name)
    if not any(member.filename == "xl/workbook.xml" for member in members):
        raise refuse("workbook_none", path.name)
    unpacked = sum(member.file_size for member in members)
    packed = max(size_of(path), 1)
    if unpacked > UNPACKED_MOST or (unpacked > UNPACKED_FREE and unpacked / packed > RATIO_MOST):
        raise refuse("workbook_bomb", path.name, megabytes=round(unpacked / 1e6), packed=round(packed / 1e6, 2))


def open_workbook(path: Path) -> Any:
    """The workbook for its cells, after it has been found honest."""
    from python_calamine import CalamineError, CalamineWorkbook

    check_zip(path)
    try:
        return CalamineWorkbook.from_path(path)
    except PermissionError as error:
        raise unopened(path, error) from error
    except (CalamineError, OSError, ValueError) as error:
        raise refuse("workbook_broken", path.name) from error


def cells_of(workbook: Any, sheet: str, name: str) -> list[list[Any]]:
    """All cells of a sheet from A1 on; blank cells are None."""
    return [[None if cell == "" else cell for cell in row] for row in plain_cells(workbook, sheet, name)]


def plain_cells(workbook: Any, sheet: str, name: str) -> list[list[Any]]:
    """All cells of a sheet from A1 on; blank cells are empty texts."""
    from python_calamine import CalamineError

    collecting = gc.isenabled()
    gc.disable()  # millions of new lists make it look for garbage again and again, and there is none
    try:
        found: list[list[Any]] = workbook.get_sheet_by_name(sheet).to_python(skip_empty_area=False)
    except (CalamineError, OSError, ValueError) as error:
        raise refuse("workbook_broken", name) from error
    finally:
        if collecting:
            gc.enable()
    return found


def read_sheet(path: Path, table: str, sheet: str = "", decimal: str = "") -> Found:
    """The named sheet of a workbook, else the first one that holds anything; the first filled row is the heading."""
    workbook = open_workbook(path)
    names = list(workbook.sheet_names)
    if sheet and sheet not in names:
        raise refuse("sheet_missing", path.name, table, value=sheet, sheets=names)
    with zipfile.ZipFile(path) as members:
        parts = sheet_parts(members, path.name)
    filled: dict[str, list[list[Any]] | LargeSheet] = {}
    for name in [sheet] if sheet else names:
        scanned = read_large(path, parts.get(name, ""))
        cells = cells_of(workbook, name, path.name) if scanned is None else []
        if scanned is not None or any(map(any, cells)):
            filled[name] = cells if scanned is None else scanned
    if not filled:
        raise refuse("file_empty", path.name)
    chosen, rows = next(iter(filled.items()))
    notes = []
    if len(filled) > 1:
        others = list(filled)[1:]
        notes.append(Problem("sheets_other", "note", table, value=chosen, source=path.name, facts={"sheets": others}))
    top, frame = _under_heading(rows)
    return frame, Origin(path.name, header_row=top, decimal=decimal or "."), notes


def _under_heading(rows: list[list[Any]] | LargeSheet) -> tuple[int, pd.DataFrame]:
    """The row of headings, from 1, which is the first in which anything stands; and the table under it."""
    if isinstance(rows, LargeSheet):
        numbers = range(1, rows.height + 1)
        top = next(row for row in numbers if any(cell is not None for cell in rows.row(row, 1, rows.width)))
        return top, scanned_frame(rows, (1, rows.width), (top, rows.height))
    top = next(row for row, cells in enumerate(rows, 1) if any(cell is not None for cell in cells))
    return top, frame_of(rows[top - 1], rows[top:])


def frame_of(headings: Sequence[Any], rows: Sequence[Sequence[Any]]) -> pd.DataFrame:
    """Cells as a frame under their headings: numbers and dates as such where a column has nothing else, else objects.

    Blank cells, None or "", are missing. A text that looks like a number stays a text.

    >>> frame_of(["a", "b"], [[1.5, "1"], ["", 2.0]]).to_dict("list")
    {'a': [1.5, nan], 'b': ['1', 2.0]}
    """
    return frame_from(headings, rows, 0)


def frame_from(headings: Sequence[Any], rows: Sequence[Sequence[Any]], first: int) -> pd.DataFrame:
    """The same from rows that begin before and may end behind the headings; `first` is the place of the first heading.

    No row is copied: of a million that would take as long as half of reading them.
    """
    names = named(headings)
    if not rows:
        return pd.DataFrame(columns=names, dtype=object)
    width = len(rows[0])
    columns = {
        place: column_of(list(map(itemgetter(first + place), rows)))
        if first + place < width
        else pd.Series([None] * len(rows), dtype=object)
        for place in range(len(names))
    }
    return pd.DataFrame(columns).set_axis(names, axis=1)


def scanned_frame(sheet: LargeSheet, columns: tuple[int, int], rows: tuple[int, int]) -> pd.DataFrame:
    """An area of a scanned sheet under its first row. columns, rows: first and last, from 1."""
    names = named(sheet.row(rows[0], *columns))
    last = min(rows[1], sheet.height)
    found = {number: sheet.rows(number, rows[0] + 1, last) for number in range(columns[0], columns[1] + 1)}
    return pd.DataFrame(found).set_axis(names, axis=1)


def named(headings: Sequence[Any]) -> pd.Index:
    """The names of columns that headings give them."""
    return pd.Index(["" if heading is None else str(heading).strip() for heading in headings], dtype=object)


def column_of(cells: Sequence[Any]) -> pd.Series:
    """The cells of a column in the kind that all of them have, if they have one."""
    types = list(map(type, cells))
    kinds = set(types) - {type(None)}
    values = np.empty(len(cells), dtype=object)
    values[:] = cells
    if str in kinds:
        blank = values == ""
        values[blank] = None
        if int(blank.sum()) == types.count(str):
            kinds.discard(str)
    if kinds == {float}:
        return pd.Series(values.astype(float))
    if kinds and kinds <= {dt.date, dt.datetime}:
        return pd.Series(values.astype("M8[s]"))
    return pd.Series(values, dtype=object)
