"""One table: match its headings, read its cells, and check every row by itself."""

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from xlsales.schema.model import DATE, FLAG, MONEY, NUMERIC, PERIOD, PRICE, SHARE, Column, Table
from xlsales.schema.origin import Origin
from xlsales.validate.cells import Cells, Mask, split
from xlsales.validate.codes import in_domain, read_flags, read_periods, read_words
from xlsales.validate.dates import BOTH, date_order, read_dates
from xlsales.validate.findings import ERROR, NOTE, WARNING, Findings
from xlsales.validate.headers import alike, recognise
from xlsales.validate.numbers import read_numbers
from xlsales.validate.rules import Settings, check_rows, worth

if TYPE_CHECKING:
    from numpy.typing import NDArray

WARNINGS = {"code_is_date": WARNING}
# Ledgers in which two like rows may both be true; said, but not left out.
REPEATABLE = frozenset({"expenses", "satisfaction"})
FREE_OF_KEYS = frozenset({"log", "undo", "problems"})
CENTS_HELD = 2**53 / 100  # beyond it a float no longer holds every cent
DTYPES = {DATE: "datetime64[s]", FLAG: "boolean"}


@dataclass
class Reading:
    """A table on its way: all its rows, and what was found wrong with them. money: (rows,) what each is worth."""

    frame: pd.DataFrame
    findings: Findings
    money: pd.Series

    @property
    def good(self) -> pd.DataFrame:
        """The rows that no error leaves out."""
        kept = ~self.findings.left_out
        return self.frame if kept.all() else self.frame[kept].reset_index(drop=True)


def dtype_of(column: Column) -> str:
    """The dtype of a column in a checked frame."""
    return DTYPES.get(column.kind, "float64" if column.kind in NUMERIC else "str")


def empty(table: Table) -> pd.DataFrame:
    """The table without rows, with the right dtypes."""
    return _empty(table).copy(deep=False)


@cache
def _empty(table: Table) -> pd.DataFrame:
    return pd.DataFrame({column.key: pd.Series(dtype=dtype_of(column)) for column in table.columns})


def read_table(table: Table, raw: pd.DataFrame, origin: Origin, settings: Settings) -> Reading:
    """Read and check one table as far as it can be checked alone."""
    headers = recognise(table, raw)
    cells = {key: split(raw.iloc[:, place]) for key, place in headers.position.items()}
    numbers = np.arange(len(raw))
    void = _void(raw, cells, headers.extra)
    if void.any():
        numbers, raw = numbers[~void], raw[~void].reset_index(drop=True)
        cells = {key: split(raw.iloc[:, place]) for key, place in headers.position.items()}
    findings = Findings(table, origin, raw, headers.position, np.zeros(len(raw), dtype=bool), numbers)
    frame = _frame(table, cells, findings)
    _report_headers(table, raw, headers.twice, headers.extra, findings)
    _require(table, frame, findings)
    check_rows(frame, findings, settings)
    _unique(table, frame, findings)
    money = worth(frame, findings)
    for place, heading in headers.extra.items():
        if heading and heading not in frame and not raw.iloc[:, place].isna().all():
            frame[heading] = raw.iloc[:, place].to_numpy()
    return Reading(frame, findings, money)


def _void(raw: pd.DataFrame, cells: dict[str, Cells], extra: dict[int, str]) -> Mask:
    """Rows in which nothing stands at all; a sheet has many."""
    void = np.ones(len(raw), dtype=bool)
    for column in cells.values():
        void &= column.blank
    for place in extra:
        if not void.any():
            break
        void &= split(raw.iloc[:, place]).blank
    return void


def _frame(table: Table, cells: dict[str, Cells], findings: Findings) -> pd.DataFrame:
    """Our columns in our order, with what cannot be read left missing and noted."""
    order = date_order(cells[column.key] for column in table.columns if column.kind == DATE and column.key in cells)
    columns: dict[str, pd.Series] = {}
    count = len(findings.raw)
    for column in table.columns:
        if column.key in cells:
            columns[column.key] = _read(column, cells[column.key], order, findings)
        else:
            columns[column.key] = pd.Series(index=range(count), dtype=dtype_of(column))
    return pd.DataFrame(columns, index=pd.RangeIndex(count))


def _read(column: Column, cells: Cells, order: str, findings: Findings) -> pd.Series:
    if column.kind in NUMERIC:
        values: NDArray[np.float64] | NDArray[np.datetime64]
        values, problems = read_numbers(cells, column.kind, findings.origin.decimal)
        found = pd.Series(values)
        problems |= _outside(column, found)
    elif column.kind == DATE:
        values, problems = read_dates(cells, order if order != BOTH else "")
        found = pd.Series(values)
    elif column.kind == FLAG:
        found, problems = read_flags(cells)
    elif column.kind == PERIOD:
        found, problems = read_periods(cells)
    else:
        found, problems = read_words(cells, column.kind)
        if column.domain:
            found, strange = in_domain(found, column)
            _strange(column, strange, findings)
    for code, where in problems.items():
        facts = {"low": column.low, "high": column.high, "decimal": findings.origin.decimal}
        if code == "date_serials":
            findings.table_wide("date_serials", column.key, NOTE, rows=int(where.sum()))
        else:
            findings.rows(code, column.key, where, WARNINGS.get(code, ERROR), facts)
    return found


def _outside(column: Column, values: pd.Series) -> dict[str, Mask]:
    found = {}
    if column.kind in {MONEY, PRICE}:
        found["number_huge"] = (values.abs() > CENTS_HELD).to_numpy()
    if column.low is not None:
        found["number_low"] = (values < column.low).to_numpy()
    if column.high is not None:
        code = "share_high" if column.kind == SHARE else "number_high"
        found[code] = (values > column.high).to_numpy()
    return found


def _strange(column: Column, where: Mask, findings: Findings) -> None:
    """Values that are not in the list, with the one that may be meant."""
    if not where.any():
        return
    raw = findings.raw.iloc[:, findings.position[column.key]]
    typed = raw[where].astype(str)
    near = {text: alike(text, list(column.domain)) for text in typed.unique()[:200]}
    hints = np.array([near.get(text, "") for text in typed], dtype=object)
    places = np.flatnonzero(where)
    known = hints != ""
    allowed = tuple(column.domain)
    findings.rows("value_unknown_like", column.key, places[known], ERROR, {"near": hints[known].tolist()})
    findings.rows("value_unknown", column.key, places[~known], ERROR, {"allowed": allowed})


def _report_headers(
    table: Table, raw: pd.DataFrame, twice: dict[str, list[str]], extra: dict[int, str], findings: Findings
) -> None:
    """Columns that are missing, doubled, or none of ours."""
    headings = [heading for heading in extra.values() if heading]
    for key, claimed in twice.items():
        findings.table_wide("header_twice", key, ERROR if key in table.required else WARNING, headings=claimed)
    for key in table.required:
        if key in findings.position or key in twice:
            continue
        near = alike(key, headings)
        findings.table_wide("column_missing_like" if near else "column_missing", key, ERROR, near=near)
    filled = [heading for place, heading in extra.items() if heading and not raw.iloc[:, place].isna().all()]
    if filled:
        findings.table_wide("columns_extra", "", NOTE, headings=filled, count=len(filled))
    nameless = [place for place, heading in extra.items() if not heading and not split(raw.iloc[:, place]).blank.all()]
    for place in nameless:
        findings.table_wide("header_blank", "", WARNING, count=place + 1)
    if not len(raw) and findings.origin.source and not findings.origin.sheet:
        findings.table_wide("table_without_rows", "", WARNING)


def _require(table: Table, frame: pd.DataFrame, findings: Findings) -> None:
    """Rows without a value that they cannot do without; what was typed but cannot be read is noted already."""
    for key in table.required:
        if key in findings.position:
            blank = frame[key].isna().to_numpy(copy=True)
            for entry in findings.entries:
                if entry.column == key and entry.severity == ERROR:
                    blank[entry.rows] = False
            findings.rows("value_missing", key, blank)


def _unique(table: Table, frame: pd.DataFrame, findings: Findings) -> None:
    """Rows whose key stands in an earlier row; a row that is good otherwise comes before one that is left out."""
    if not table.keys or table.key in FREE_OF_KEYS or len(frame) < 2:
        return
    keys = list(table.keys)
    order = np.argsort(findings.left_out, kind="stable")
    ordered = frame[keys].iloc[order]
    complete = np.ones(len(frame), dtype=bool)
    for key in set(keys) & set(table.required):
        complete &= ordered[key].notna().to_numpy()
    again = ordered.duplicated().to_numpy() & complete
    if not again.any():
        return
    group = ordered.groupby(keys, dropna=False, sort=False).ngroup().to_numpy()
    _, first = np.unique(group, return_index=True)
    places, firsts = order[again], order[first[group[again]]]
    filled = ordered[again].astype(object).to_numpy()
    values = [", ".join(_shown(value) for value in row if not pd.isna(value)) for row in filled]
    facts = {"first": [findings.number(place) for place in firsts.tolist()]}
    if table.key in REPEATABLE:
        findings.rows("key_again", keys[0], places, WARNING, facts, values)
    else:
        findings.rows("key_twice", keys[0], places, ERROR, facts, values)


def _shown(value: object) -> str:
    return (
        str(value.date())
        if isinstance(value, pd.Timestamp)
        else f"{value:g}"
        if isinstance(value, float)
        else str(value)
    )
