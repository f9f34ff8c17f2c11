"""Arguments with a header row: recognised in either language or by key, checked as a sheet's table is."""

import re
from dataclasses import dataclass, replace

import pandas as pd

from xlsales.labels import label
from xlsales.problems import InputError, Problem
from xlsales.schema.model import CODE, Table
from xlsales.schema.origin import NOWHERE
from xlsales.udfs.arguments import refuse_errors, refuse_large, spoken
from xlsales.udfs.cells import BLOCK, Range
from xlsales.udfs.registry import Argument
from xlsales.udfs.setup import Setup
from xlsales.validate.cells import split
from xlsales.validate.codes import plain, read_words
from xlsales.validate.headers import names, recognise
from xlsales.validate.table import Reading, read_table


@dataclass(frozen=True)
class Asked:
    """A table argument, read. frame: our columns that the range has, by key, then the user's own by heading."""

    frame: pd.DataFrame
    table: Table

    def heading(self, column: str, lang: str) -> str:
        """What a column is called on screen."""
        try:
            return label(self.table.key, column, lang)
        except KeyError:
            return column


def read(argument: Argument, given: Range, setup: Setup) -> Asked | None:
    """The table of a range; None where an optional one is left out. The first wrong cell is refused by a sentence."""
    if argument.table is None:
        raise TypeError(f"{argument.name} is declared without a table")
    if given.empty:
        if not argument.optional:
            setup.refuse("cell_missing", argument=argument.name)
        return None
    if given.shape != BLOCK or len({len(row) for row in given.rows}) != 1:
        setup.refuse("cell_table", argument=argument.name)
    refuse_errors(argument, Range([row for row in given.rows if row[0] is not None][:1], BLOCK), setup)
    raw = pd.DataFrame(given.rows[1:], columns=[_heading(cell) for cell in given.rows[0]], dtype=object)
    present = recognise(argument.table, raw).position
    for key in argument.needed:
        if key in argument.free and key not in present:
            missing = Problem("column_missing", table=argument.table.key, column=key, argument=argument.name)
            raise InputError(missing, setup.lang)
    reading = read_table(_adapted(argument, set(present)), raw, NOWHERE, setup.settings)
    _refuse(reading, argument, setup)
    for column in reading.frame.select_dtypes("float64"):
        refuse_large(f"{argument.name}.{column}", float(reading.frame[column].abs().max()), setup)
    ours = {column.key for column in argument.table.columns}
    frame = reading.frame
    frame = frame[[name for name in frame if name not in ours or name in present]]
    return Asked(_with_raw(frame, reading, argument), argument.table)


def _heading(cell: object) -> str:
    return "" if cell is None else str(cell).strip()


def _adapted(argument: Argument, present: set[str]) -> Table:
    """The table with what this function needs as required, and what the range does not bring as not required."""
    table = argument.table
    if table is None:
        raise TypeError(f"{argument.name} is declared without a table")
    columns = tuple(
        replace(
            column,
            required=column.key not in argument.free
            and (column.key in argument.needed or (column.required and column.key in present)),
        )
        for column in table.columns
    )
    # Without all the columns that make a row what it is nobody can say that it stands twice.
    whole = all(key in present or not table.column(key).required for key in table.keys)
    return replace(table, columns=columns, keys=table.keys if whole else ())


def _refuse(reading: Reading, argument: Argument, setup: Setup) -> None:
    """Raise the first error, but for the cells that count as they are."""
    for problem in reading.findings.problems(reading.money):
        if problem.severity == "error" and problem.column not in argument.raw:
            raise InputError(replace(problem, argument=argument.name), setup.lang)


def _with_raw(frame: pd.DataFrame, reading: Reading, argument: Argument) -> pd.DataFrame:
    """The frame with the cells as typed where a column that counts as it is could not be read."""
    position = reading.findings.position
    for name in argument.raw:
        if name in frame:
            typed = reading.findings.raw.iloc[:, position[name]].reset_index(drop=True)
            kept = frame[name].astype(object)
            frame = frame.assign(**{name: kept.where(frame[name].notna() | typed.isna(), typed.map(str))})
    return frame


def meant(column: pd.Series, group: str, values: tuple[str, ...]) -> pd.Series:
    """A column of words as the codes they mean; what means none of them stays as it is.

    >>> meant(pd.Series(["销售额", "own"], dtype="str"), "measure", ("sales",)).tolist()
    ['sales', 'own']
    """
    known = spoken(group, values)
    texts = column.dropna().unique()
    return column.replace({text: known[plain(text)] for text in texts if plain(text) in known}).astype("str")


def columns_of(by: str | None, asked: Asked, argument: str, setup: Setup) -> list[str]:
    """The columns that a list of names means: keys, headings in either language, or the user's own headings."""
    if by is None:
        return []
    accepted = {plain(str(name)): str(name) for name in asked.frame}
    accepted |= {name: key for name, key in names(asked.table).items() if key in asked.frame}
    found: list[str] = []
    for name in re.split(r"[,，、;；]", by):
        if not name.strip():
            continue
        key = accepted.get(plain(name.strip()))
        if key is None:
            there = ", ".join(asked.heading(str(column), setup.lang) for column in asked.frame)
            setup.refuse("cell_by", argument=argument, found=name.strip(), known=there)
        if key not in found:
            found.append(key)
    return found


def as_codes(frame: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    """The frame with the user's own columns among `columns` read as codes."""
    own = {name: frame[name] for name in columns if frame[name].dtype == object}
    return frame.assign(**{name: read_words(split(cells), CODE)[0].array for name, cells in own.items()})
