"""Arguments of one cell or of plain numbers: ranges become typed values, or a sentence about the cell that is wrong."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from xlsales.labels import LANGUAGES, known, words
from xlsales.schema.model import CODE
from xlsales.schema.model import INTEGER as WHOLE
from xlsales.schema.model import NUMBER as PLAIN
from xlsales.udfs import registry
from xlsales.udfs.cells import FLAT, SCALAR, Range
from xlsales.udfs.registry import Argument
from xlsales.udfs.setup import Setup
from xlsales.validate.cells import SHEET_ERRORS, Cells, split
from xlsales.validate.codes import meanings, plain, read_flags, read_words
from xlsales.validate.dates import read_dates
from xlsales.validate.numbers import read_numbers

Floats = NDArray[np.float64]
OUR_ERROR = "#XS!"
LARGEST = 1e18  # in any currency or unit; squares and products of it are still numbers
SERIALS = "date_serials"  # a number read as a spreadsheet's day: right in a cell


def scalar(argument: Argument, given: Range, setup: Setup) -> Any:
    """The typed value of an argument that takes one cell; None where nothing is given and nothing else holds."""
    if given.empty:
        return _left_out(argument, setup)
    if given.size != (1, 1):
        rows, columns = given.size
        setup.refuse("cell_one", argument=argument.name, rows=rows, columns=columns)
    value = given.rows[0][0]
    refuse_errors(argument, given, setup)
    cells = split(pd.Series([value], dtype=object))
    return READERS[argument.kind](argument, cells, value, setup)


def _left_out(argument: Argument, setup: Setup) -> Any:
    if argument.setting and setup.settings[argument.setting] is not None:
        value = setup.settings[argument.setting]
        return pd.Timestamp(value) if argument.kind == registry.DAY else value
    if not argument.optional:
        setup.refuse("cell_missing", argument=argument.name)
    return argument.default


def refuse_errors(argument: Argument, given: Range, setup: Setup) -> None:
    """Refuse a range that shows an error, of the sheet or of another function of ours."""
    for row, cells in enumerate(given.rows, start=1):
        for column, cell in enumerate(cells, start=1):
            if isinstance(cell, str) and (cell.strip().upper() in SHEET_ERRORS or cell.startswith(OUR_ERROR)):
                facts = {"argument": argument.name, "found": cell.strip(), "row": row, "column": column}
                setup.refuse("cell_error" if given.size == (1, 1) else "cells_error", **facts)


def _number(argument: Argument, cells: Cells, value: Any, setup: Setup) -> float | int:
    whole = argument.kind == registry.INTEGER
    found, problems = read_numbers(cells, WHOLE if whole else PLAIN, ".")
    if problems or np.isnan(found[0]):
        setup.refuse("cell_whole" if whole else "cell_number", argument=argument.name, found=value)
    value = float(found[0])
    if not whole:
        refuse_large(argument.name, value, setup)
        return value
    if value > argument.most or (argument.least is not None and value < argument.least):
        setup.refuse("cell_bounds", argument=argument.name, found=value, least=argument.least or 1, most=argument.most)
    return int(value)


def refuse_large(name: str, value: float, setup: Setup) -> None:
    """Refuse what is too large to be reckoned with."""
    if abs(value) > LARGEST:
        setup.refuse("cell_large", argument=name, found=f"{value:.3g}")


def _day(argument: Argument, cells: Cells, value: Any, setup: Setup) -> pd.Timestamp:
    found, problems = read_dates(cells, "")
    if set(problems) - {SERIALS} or np.isnat(found[0]):
        setup.refuse("cell_date", argument=argument.name, found=value)
    return pd.Timestamp(found[0])


def _flag(argument: Argument, cells: Cells, value: Any, setup: Setup) -> bool:
    found, problems = read_flags(cells)
    if problems or pd.isna(found.iloc[0]):
        setup.refuse("cell_flag", argument=argument.name, found=value)
    return bool(found.iloc[0])


def _text(argument: Argument, cells: Cells, value: Any, setup: Setup) -> str:
    found, problems = read_words(cells, CODE)
    if problems or pd.isna(found.iloc[0]):
        setup.refuse("cell_text", argument=argument.name, found=value)
    return str(found.iloc[0])


def _choice(argument: Argument, cells: Cells, value: Any, setup: Setup) -> str:
    found = spoken(argument.word, argument.choices).get(plain(_text(argument, cells, value, setup)))
    if found is None:
        setup.refuse("cell_choice", argument=argument.name, found=value, known=", ".join(argument.choices))
    return found


def spoken(group: str, values: tuple[str, ...]) -> dict[str, str]:
    """What a person may write for each value: its code or its word in either language."""
    found = dict(meanings(group, values))
    for value in values:
        key = f"cell.{group}.{value}"
        if known(key):
            found |= {plain(words()[key][lang]): value for lang in LANGUAGES}
    return found


READERS = {
    registry.NUMBER: _number,
    registry.INTEGER: _number,
    registry.DAY: _day,
    registry.FLAG: _flag,
    registry.TEXT: _text,
    registry.CHOICE: _choice,
}


def numbers(argument: Argument, given: Range, setup: Setup) -> Floats | None:
    """A range of numbers, NaN where blank, in its shape; None where it is left out."""
    if given.empty and (argument.optional or given.shape == SCALAR or not given.rows):
        return _left_out(argument, setup)
    _even(argument, given, setup)
    refuse_errors(argument, given, setup)
    if argument.line and min(given.size) > 1:
        setup.refuse("cells_line", argument=argument.name, rows=given.size[0], columns=given.size[1])
    found = _read(argument, given, setup)
    return found.ravel() if argument.line else found


def _even(argument: Argument, given: Range, setup: Setup) -> None:
    """Refuse rows of different lengths, which no range has but a list may."""
    widths = {len(row) for row in given.rows}
    if len(widths) != 1 or 0 in widths:
        setup.refuse("cells_ragged", argument=argument.name)


def _read(argument: Argument, given: Range, setup: Setup) -> Floats:
    flat = pd.Series([cell for row in given.rows for cell in row], dtype=object)
    found, problems = read_numbers(split(flat), PLAIN, ".")
    if problems:
        at = int(np.flatnonzero(np.logical_or.reduce(list(problems.values())))[0])
        row, column = divmod(at, given.size[1])
        if given.size == (1, 1):
            setup.refuse("cell_number", argument=argument.name, found=flat[at])
        facts = {"argument": argument.name, "found": flat[at], "row": row + 1, "column": column + 1}
        setup.refuse("cells_number", **facts)
    refuse_large(argument.name, float(np.nanmax(np.abs(found), initial=0.0)), setup)
    return found.reshape(given.size)


def pairs(argument: Argument, given: Range, setup: Setup) -> Floats | None:
    """Two columns of numbers; a heading above them and blank rows below them do not count."""
    if given.empty:
        return _left_out(argument, setup)
    _even(argument, given, setup)
    refuse_errors(argument, given, setup)
    if given.shape in {SCALAR, FLAT} or given.size[1] != 2:
        setup.refuse("cells_pairs", argument=argument.name, columns=given.size[1])
    rows = list(given.rows)
    top = split(pd.Series(rows[0], dtype=object))
    headed = "number_text" in read_numbers(top, PLAIN, ".")[1] and all(isinstance(cell, str) for cell in rows[0])
    found = _read(argument, Range([[None, None], *rows[1:]] if headed else rows, given.shape), setup)
    return found[~np.isnan(found).all(axis=1)]


def alike(values: Floats | None, cells: Range, of: Range) -> Floats | None:
    """Values as a flat list gave them, turned to the direction of the range they go with; other shapes as they are."""
    if values is None or cells.shape not in {FLAT, SCALAR} or values.size != of.size[0] * of.size[1]:
        return values
    return values.reshape(of.size) if min(of.size) == 1 else values
