"""What was found wrong in one table, kept as columns until the end, so that 100 000 like problems stay quick."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from xlsales.problems import Problem
from xlsales.schema.model import Table
from xlsales.schema.origin import Origin
from xlsales.validate.cells import Mask

ERROR, WARNING, NOTE = "error", "warning", "note"
Facts = Mapping[str, Any]


@dataclass
class Entry:
    """The same thing wrong in some rows of a column. facts: a value for all, or a list with one for each row."""

    code: str
    severity: str
    column: str
    rows: NDArray[np.int64]
    facts: Facts
    typed: list[Any] | None


@dataclass
class Findings:
    """The problems of one table, and which rows an error leaves out.

    raw: the table as it was given. position: our column to its place in raw. left_out: (rows,). whole: codes that
    concern the table and not a row; they stand first. numbers: (rows,) the place of each row in the source, blank rows
    counted.
    """

    table: Table
    origin: Origin
    raw: pd.DataFrame
    position: dict[str, int]
    left_out: Mask
    numbers: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    entries: list[Entry] = field(default_factory=list)
    whole: list[Problem] = field(default_factory=list)

    def rows(
        self,
        code: str,
        column: str,
        where: Mask | NDArray[np.int64] | Sequence[int],
        severity: str = ERROR,
        facts: Facts | None = None,
        values: list[Any] | None = None,
    ) -> None:
        """Note a problem for each row marked (a mask or positions); an error leaves the row out."""
        places = np.flatnonzero(where) if np.asarray(where).dtype == bool else np.asarray(where, dtype=np.int64)
        if not len(places):
            return
        if severity == ERROR:
            self.left_out[places] = True
        self.entries.append(Entry(code, severity, column, places, facts or {}, values))

    def table_wide(self, code: str, column: str = "", severity: str = ERROR, value: Any = None, **facts: Any) -> None:
        """Note a problem of the table as such; where it is an error no row can be used."""
        if severity == ERROR:
            self.left_out[:] = True
        origin = self.origin
        place = self.position.get(column, 0)
        self.whole.append(
            Problem(
                code,
                severity,
                self.table.key,
                column,
                None,
                value,
                origin.sheet,
                origin.cell(-1, place),
                origin.source,
                None,
                facts,
            )
        )

    def number(self, place: int) -> int | None:
        """The row number a person counts."""
        return self.origin.row(int(self.numbers[place]))

    def problems(self, money: pd.Series) -> list[Problem]:
        """All problems, those of the whole table first, then by row. money: (rows,) what each row is worth."""
        everything = any(problem.severity == ERROR for problem in self.whole)
        amounts = money.to_numpy(dtype=float, na_value=np.nan) if self.entries else ()  # of a clean table nobody asks
        worth = [None if np.isnan(value) else float(value) for value in amounts]
        total = float(money.sum()) if everything and money.notna().any() else None
        found = [problem for problem in self.whole if problem.severity != ERROR]
        # The rows' money is said once, with the first thing that leaves the whole table out.
        for index, problem in enumerate(problem for problem in self.whole if problem.severity == ERROR):
            found.insert(index, replace(problem, money=total if index == 0 else None))
        lines: list[tuple[int, int, Problem]] = []
        for entry in self.entries:
            lines += self._of(entry, [None] * len(worth) if everything else worth)
        lines.sort(key=lambda line: line[:2])
        return found + [line[2] for line in lines]

    def _of(self, entry: Entry, worth: list[float | None]) -> list[tuple[int, int, Problem]]:
        origin, table = self.origin, self.table.key
        place = self.position.get(entry.column)
        values = entry.typed
        if values is None:
            column = None if place is None else self.raw.iloc[:, place]
            values = [None] * len(entry.rows) if column is None else column.iloc[entry.rows].tolist()
        each = {key: fact for key, fact in entry.facts.items() if isinstance(fact, list)}
        same = {key: fact for key, fact in entry.facts.items() if not isinstance(fact, list)}
        error = entry.severity == ERROR
        out = []
        for index, row in enumerate(entry.rows.tolist()):
            facts = {**same, **{key: fact[index] for key, fact in each.items()}} if each else same
            number = int(self.numbers[row])
            value = values[index]
            problem = Problem(
                entry.code,
                entry.severity,
                table,
                entry.column,
                origin.row(number),
                _typed(value),
                origin.sheet,
                origin.cell(number, place or 0),
                origin.source,
                worth[row] if error else None,
                facts,
            )
            out.append((row, -1 if place is None else place, problem))
        return out


def _typed(value: Any) -> Any:
    """A value as the person typed it: no missing marker, no midnight behind a date."""
    if value is None or value is pd.NaT or value != value:  # noqa: PLR0124 - NaN
        return None
    return value.date() if isinstance(value, pd.Timestamp) and value == value.normalize() else value
