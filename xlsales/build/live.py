"""Live cells: an in-cell function declared once, with the place it stands at and what it is given."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from xlsxwriter.utility import xl_range_abs, xl_rowcol_to_cell

from xlsales.build.context import Build
from xlsales.udfs import CALLABLES, in_cell

Place = tuple[int, int]


@dataclass(frozen=True)
class Given:
    """An argument: how the formula writes it, and what the cells it names hold."""

    formula: str
    value: Any


@dataclass(frozen=True)
class Live:
    """A function in a cell. cell: row and column from 0, outside tables and merged cells, with room below and right.

    arguments: in the function's order; one that is None is left out. needs: a formula that is TRUE where there is
    something to compute, and whether it is so now; elsewhere the cell is blank.
    """

    cell: Place
    function: str
    arguments: Sequence[Given | None]
    needs: Given | None = None

    @property
    def formula(self) -> str:
        """The formula of the cell."""
        given = list(self.arguments)
        while given and given[-1] is None:
            given.pop()
        call = f"{self.function}({','.join('' if each is None else each.formula for each in given)})"
        return "=" + (call if self.needs is None else f'IF({self.needs.formula},{call},"")')

    def result(self, lang: str) -> list[list[Any]]:
        """What the cells show, as rows: computed by the same function that the cell calls."""
        if self.needs is not None and not self.needs.value:
            return [[""]]
        values = (None if each is None else each.value for each in self.arguments)
        found = in_cell(CALLABLES[self.function], lang)(*values)
        return found if isinstance(found, list) else [[found]]


def write_live(build: Build, page: Any, live: Live, look: Mapping[str, object] | None = None) -> list[list[Any]]:
    """Write the formula and every cell of its spill as it was computed last; return what the cells show."""
    rows = live.result(build.lang)
    (top, left), (bottom, right) = live.cell, (live.cell[0] + len(rows) - 1, live.cell[1] + len(rows[0]) - 1)
    first = cached(rows[0][0])
    if isinstance(first, bool):
        raise TypeError(f"{live.function}: XlsxWriter cannot keep a truth value as the result of an array formula")
    page.write_dynamic_array_formula(
        top, left, bottom, right, live.formula, style_of(build, rows[0][0], look), "" if first is None else first
    )
    for row, line in enumerate(rows, top):
        for column, value in enumerate(line, left):
            if (row, column) != live.cell:
                write_value(build, page, (row, column), value, look)
    return rows


def write_value(build: Build, page: Any, place: Place, value: Any, look: Mapping[str, object] | None = None) -> None:
    """Write a value as a cell of a spill holds it; what is missing is an empty text there."""
    style, held = style_of(build, value, look), cached(value)
    if held is None or isinstance(held, str):
        page.write_string(*place, held or "", style)
    elif isinstance(held, bool):
        page.write_boolean(*place, held, style)
    else:
        page.write_number(*place, held, style)


def cached(value: Any) -> Any:
    """A value as a cell keeps it: days as their number."""
    if isinstance(value, dt.datetime):
        return (value - dt.datetime(1899, 12, 30)) / dt.timedelta(days=1)  # noqa: DTZ001 - cells know no time zones
    return value


def style_of(build: Build, value: Any, look: Mapping[str, object] | None) -> Any:
    """The style of a computed cell."""
    if isinstance(value, dt.datetime):
        pattern = "yyyy-mm-dd"
    elif isinstance(value, float) and not value.is_integer():
        pattern = "#,##0.00##"
    else:
        pattern = "General"
    return build.styles(num_format=pattern, align="left", **(look or {}))


def area(first: Place, last: Place) -> str:
    """A rectangle of the same sheet in a formula; one cell for one cell."""
    return xl_rowcol_to_cell(*first, True, True) if first == last else xl_range_abs(*first, *last)
