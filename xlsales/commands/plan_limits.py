"""What the Plan sheets say beyond their leaves: sums that are held, bounds of a row's year; kept in `plan_limits`."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pandas as pd

from xlsales.commands.plan_sheet import FIRST_MONTH, HELD, PlanSheet, Row
from xlsales.commands.protocol import Cell, Change, Patch, Replace
from xlsales.problems import Problem
from xlsales.schema import TABLES
from xlsales.schema.origin import Origin
from xlsales.validate import read_settings
from xlsales.validate.table import read_table

TABLE = "plan_limits"
KEYS = ("version", "measure", "period", "region", "salesperson", "cut")
COLUMNS = (*KEYS, "held", "lower", "upper")
Limit = tuple[bool, float | None, float | None]  # held, lower, upper
Key = tuple[str, str, str, str, str, str]


@dataclass(frozen=True)
class Limits:
    """The table as the sheets show it. problems: bounds that are no numbers, or the wrong way round."""

    raw: pd.DataFrame
    changed: bool
    problems: list[Problem]


def fold_limits(raw: pd.DataFrame, origin: Origin, sheets: Iterable[PlanSheet]) -> Limits:
    """The table in line with the sheets; rows of other versions, measures and years stay."""
    typed = read_table(TABLES[TABLE], raw, origin, read_settings()[0]).good
    before = known(typed)
    after = dict(before)
    problems: list[Problem] = []
    for sheet in sheets:
        shown = {key for key in after if _of_sheet(sheet, key)}
        for key in shown:
            del after[key]
        after |= limits_of(sheet, problems)
    return Limits(frame_of(after), before != after, problems)


def _of_sheet(sheet: PlanSheet, key: Key) -> bool:
    mine = (key[0], key[1], key[5]) == (sheet.version, sheet.measure, sheet.cut_key)
    return mine and (key[2] in sheet.months or (key[2] == sheet.year and sheet.bounds is not None))


def known(typed: pd.DataFrame) -> dict[Key, Limit]:
    """The rows of the checked table by their key, "" for a blank."""
    found: dict[Key, Limit] = {}
    for row in typed[list(COLUMNS)].itertuples(index=False):
        key = tuple("" if pd.isna(part) else str(part) for part in row[:6])
        lower, upper = (None if pd.isna(bound) else float(bound) for bound in row[7:9])
        found[key] = (not pd.isna(row[6]) and bool(row[6]), lower, upper)  # type: ignore[index]
    return found


def limits_of(sheet: PlanSheet, problems: list[Problem]) -> dict[Key, Limit]:
    """What a sheet says: its held sums by month, the bounds of its rows by year."""
    found: dict[Key, Limit] = {}
    for row in sheet.rows:
        if not row.leaf:
            for month, period in enumerate(sheet.months):
                if sheet.cell(row.at, month)[1]:
                    found[_key(sheet, row, period)] = (True, None, None)
        lower, upper = (_bound(sheet, row.at, side, problems) for side in (0, 1))
        if lower is not None and upper is not None and lower > upper:
            facts = {"name": name_of(row), "lower": lower, "upper": upper}
            problems.append(_problem(sheet, row.at, 0, "plan_bounds_crossed", lower, facts))
        elif lower is not None or upper is not None:
            found[_key(sheet, row, sheet.year)] = (False, lower, upper)
    return found


def name_of(row: Row) -> str:
    """How a row is called."""
    return row.name or row.salesperson or row.region


def _key(sheet: PlanSheet, row: Row, period: str) -> Key:
    return sheet.version, sheet.measure, period, row.region, row.salesperson, sheet.cut_key


def _bound(sheet: PlanSheet, at: int, side: int, problems: list[Problem]) -> float | None:
    cell = sheet.limits(at)[side]
    if cell is None or cell == "":
        return None
    if isinstance(cell, bool) or not isinstance(cell, (int, float)):
        problems.append(_problem(sheet, at, side, "number_text", cell, {}))
        return None
    return float(cell)


def _problem(sheet: PlanSheet, at: int, side: int, code: str, value: Cell, facts: Mapping[str, object]) -> Problem:
    where, name = sheet.bound_address(at, side), sheet.matrix.sheet
    return Problem(code, table="plan", value=str(value), sheet=name, cell=where, facts=dict(facts))


def frame_of(limits: Mapping[Key, Limit]) -> pd.DataFrame:
    """The rows of the table; a blank stays blank."""
    rows = [(*(part or None for part in key), *limit) for key, limit in sorted(limits.items())]
    return pd.DataFrame(rows, columns=list(COLUMNS), dtype=object)


def year_bounds(sheet: PlanSheet) -> dict[int, tuple[float | None, float | None]]:
    """The bounds of the rows that have any."""
    found = {}
    for row in sheet.rows:
        lower, upper = (_bound(sheet, row.at, side, []) for side in (0, 1))
        if lower is not None or upper is not None:
            found[row.at] = (lower, upper)
    return found


def held_sums(sheet: PlanSheet) -> list[tuple[int, int]]:
    """The sums that are held, by row and month, the deepest rows first."""
    sums = [(row.at, month) for row in reversed(sheet.rows) if not row.leaf for month in sheet.places]
    return [place for place in sums if sheet.cell(*place)[1]]


def limits_in(limits: Mapping[Key, Limit], sheet: PlanSheet, version: str) -> dict[tuple[str, str, str], Limit]:
    """What a version says of a sheet's measure and cut, by period and row."""
    wanted = (version, sheet.measure, sheet.cut_key)
    return {key[2:5]: limit for key, limit in limits.items() if (key[0], key[1], key[5]) == wanted}


def limit_patches(sheet: PlanSheet, typed: pd.DataFrame, version: str) -> list[Change]:
    """The writes that make a sheet show the held sums and bounds of a version."""
    asked = limits_in(known(typed), sheet, version)
    changes: list[Change] = []
    for row in sheet.rows:
        if not row.leaf:
            for month, period in enumerate(sheet.months):
                held = asked.get((period, row.region, row.salesperson), (False, None, None))[0]
                if held != sheet.cell(row.at, month)[1]:
                    column = FIRST_MONTH + 1 + 2 * month
                    changes.append(Patch(sheet.area, row.at + 1, column, [[HELD if held else None]]))
    if sheet.bounds is not None:
        cells: list[list[Cell]] = []
        for row in sheet.rows:
            _, lower, upper = asked.get((sheet.year, row.region, row.salesperson), (False, None, None))
            cells.append([lower, upper])
        if any([now or None for now in sheet.limits(at)] != line for at, line in enumerate(cells)):
            changes.append(Patch("xs_bounds_" + sheet.measure, 1, 0, cells))
    return changes


def as_version(typed: pd.DataFrame, base: str, name: str, factor: float = 1.0) -> pd.DataFrame:
    """The whole table with the limits of a version also under another name, bounds times a factor."""
    limits = known(typed)
    kept = {key: limit for key, limit in limits.items() if key[0] != name}
    for key, (held, lower, upper) in limits.items():
        if key[0] == base:
            low, high = (None if bound is None else bound * factor for bound in (lower, upper))
            kept[(name, *key[1:])] = (held, low, high)
    return frame_of(kept)


def replaced(tables: Mapping[str, object], frame: pd.DataFrame) -> list[Change]:
    """The write of the table, where the book has it: books made earlier do not."""
    return [Replace(TABLE, frame)] if TABLE in tables else []
