"""Cells that look something up in the tables: each formula beside the value that it has, from the same rows."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import pandas as pd

from xlsales.build.cells import Value, column_values
from xlsales.build.context import Build
from xlsales.schema import TABLES

NONE = 1_000_000_000  # beyond the last row of any table: nothing was found
GAP = "#N/A"  # what a line leaves out; an empty text would be drawn as 0


@dataclass(frozen=True)
class Found:
    """A cell: its formula without the sign of equality ("" for a constant) and its value; "" for blank."""

    formula: str
    value: float | str

    @property
    def number(self) -> float:
        """The value where it is a number, else 0, as N() has it."""
        return float(self.value) if isinstance(self.value, (int, float)) else 0.0

    def at(self, address: str) -> "Found":
        """The same value, as other formulas name its cell."""
        return Found(address, self.value)


def constant(value: float | str) -> Found:
    """A cell that nothing moves."""
    return Found("", value)


@dataclass
class Finder:
    """Finds rows and figures of the tables of a book. Columns are compared as they are shown, in words."""

    build: Build
    read: dict[tuple[str, str], list[Value]] = field(default_factory=dict)

    def column(self, table: str, column: str) -> list[Value]:
        """The cells of a column."""
        key = (table, column)
        if key not in self.read:
            declared, frame = TABLES[table], self.build.frame(table)
            frame = frame if column in frame else pd.DataFrame(index=frame.index)
            self.read[key] = column_values(declared, declared.column(column), frame, self.build.lang)
        return self.read[key]

    def row(self, table: str, where: Sequence["Where"], after: Found | None = None) -> Found:
        """The position of a row for which all conditions hold, from 1; 0 for none.

        after: the next one behind that position, which is 0 for the first; without it the last one of the table.
        """
        first = self.build.reference(table, where[0].column)
        place = f"(ROW({first})-MIN(ROW({first}))+1)"
        asked = "*".join(each.formula(self.build, table) for each in where)
        count = len(self.build.frame(table))
        fitting = [
            at + 1 for at in range(count) if all(each.holds(self.column(table, each.column)[at]) for each in where)
        ]
        if after is None:
            return Found(f"SUMPRODUCT(MAX({asked}*{place}))", float(max(fitting, default=0)))
        # A row that does not fit counts as the one beyond all tables.
        least = f"SUMPRODUCT(MIN({NONE}-{asked}*({place}>{after.formula})*({NONE}-{place})))"
        following = [at for at in fitting if at > after.number]
        found = float(min(following)) if following and after.number < NONE else float(NONE)
        return Found(least, found)

    def cell(self, table: str, column: str, row: Found, *, gap: bool = False) -> Found:
        """The cell of a column in a row; blank where there is none, or a gap that a line leaves out."""
        reference = self.build.reference(table, column)
        cell, empty = f"INDEX({reference},{row.formula})", "NA()" if gap else '""'
        formula = f'IF(OR({row.formula}<1,{row.formula}>=ROWS({reference})+1),{empty},IF({cell}="",{empty},{cell}))'
        values, at = self.column(table, column), int(row.number)
        value = values[at - 1] if 1 <= at <= len(values) else None
        if value is None or value == "":
            return Found(formula, GAP if gap else "")
        return Found(formula, value)

    def total(self, table: str, column: str) -> Found:
        """The sum of a column; blank where it holds no number."""
        reference = self.build.reference(table, column)
        numbers = [value for value in self.column(table, column) if isinstance(value, (int, float))]
        return Found(f'IF(COUNT({reference})=0,"",SUM({reference}))', float(sum(numbers)) if numbers else "")


@dataclass(frozen=True)
class Where:
    """A condition on a column: equal to a cell, or what test says. sign: how the formula compares."""

    column: str
    to: Found
    sign: str = "="

    def formula(self, build: Build, table: str) -> str:
        """The condition over all rows of the table, as an array of truths."""
        return f"({build.reference(table, self.column)}{self.sign}{self.to.formula})"

    def holds(self, value: Value) -> bool:
        """Whether a cell fulfils it; texts are compared as a spreadsheet does, whatever their case."""
        seen = "" if value is None else value
        left, right = (each.casefold() if isinstance(each, str) else each for each in (seen, self.to.value))
        return (left == right) == (self.sign == "=")


def ratio(over: Found, under: Found, *, empty: str = "") -> Found:
    """One cell over another; empty where either is blank or the lower one is 0."""
    blank = "NA()" if empty == GAP else '""'
    formula = f'IF(OR(N({under.formula})=0,{over.formula}=""),{blank},N({over.formula})/N({under.formula}))'
    if not under.number or over.value in {"", GAP}:
        return Found(formula, empty)
    return Found(formula, over.number / under.number)


def calculated(formula: str, value: Callable[[], float | str]) -> Found:
    """A formula over other cells with what it comes to."""
    return Found(formula, value())
