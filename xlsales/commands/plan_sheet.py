"""The plan's matrices: what is typed on their leaves goes into the long table `plan`, which is the truth."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

import pandas as pd

from xlsales.commands.headings import places
from xlsales.commands.protocol import Book, Cell, Matrix, Patch
from xlsales.labels import word
from xlsales.problems import Problem
from xlsales.schema import TABLES
from xlsales.schema.origin import Origin, letters
from xlsales.schema.targets import QUANTITIES
from xlsales.validate import read_settings
from xlsales.validate.codes import code_text, number_text
from xlsales.validate.table import read_table

FIRST_MONTH = 3  # region, salesperson, name stand before
HELD = "H"
DEFAULT_VERSION = "allocated"
OTHERS = ("product", "customer", "segment", "channel")
PLACE = re.compile(r"\$?([A-Z]{1,3})\$?(\d+)(?::\$?[A-Z]{1,3}\$?(\d+))?")
Key = tuple[str, str, str]  # region, salesperson, month
Planned = tuple[float | None, bool]  # value, held


@dataclass(frozen=True)
class Row:
    """A row of a matrix. at: its place under the headings. children: places of the rows that it adds up."""

    at: int
    region: str
    salesperson: str
    name: str
    children: tuple[int, ...] = ()

    @property
    def leaf(self) -> bool:
        """Whether people type on it."""
        return not self.children


@dataclass(frozen=True)
class PlanSheet:
    """The matrix of one measure as it stands in the book.

    bounds: lower and upper of each row's year, where the sheet has such cells.
    """

    measure: str
    matrix: Matrix
    version: str
    year: str
    months: tuple[str, ...]
    rows: tuple[Row, ...] = field(repr=False)
    bounds: Matrix | None = field(default=None, repr=False)

    @property
    def area(self) -> str:
        """The name of its cells."""
        return "xs_plan_" + self.name

    @property
    def name(self) -> str:
        """What the names of its cells end with."""
        return self.measure

    @property
    def places(self) -> range:
        """The places of its periods."""
        return range(len(self.months))

    @property
    def people(self) -> bool:
        """Whether its rows are regions and their salespeople."""
        return True

    @property
    def cut_key(self) -> str:
        """How it is cut, where not as the Plan sheets are."""
        return ""

    def mine(self, plan: pd.DataFrame, version: str = "") -> pd.DataFrame:
        """The rows of the plan that its leaves show (or show of another version), period by period."""
        found = plan[(plan["version"] == (version or self.version)) & (plan["measure"] == self.measure)]
        return self.cut_alike(found[found["period"].isin(self.months)])

    def cut_alike(self, plan: pd.DataFrame) -> pd.DataFrame:
        """The rows of the plan with the dimensions of its leaves."""
        return plan[plan[list(OTHERS)].isna().all(axis=1)]

    def keys(self, rows: pd.DataFrame) -> list[Key]:
        """The leaf and the period of some rows of the plan."""
        return list(zip(rows["region"].fillna(""), rows["salesperson"].fillna(""), rows["period"], strict=True))

    def bound_address(self, at: int, side: int) -> str:
        """The address of a row's lower (0) or upper (1) bound."""
        bounds = self.bounds
        return "" if bounds is None else f"{letters(bounds.left + side)}{bounds.top + 1 + at}"

    def title(self, lang: str) -> str:
        """What it is of, in words."""
        return word("value.measure." + self.measure, lang)

    def cell(self, at: int, month: int) -> tuple[Cell, bool]:
        """What stands in a month of a row, and whether it is held."""
        line = self.matrix.cells[at + 1]
        return line[FIRST_MONTH + 2 * month], str(line[FIRST_MONTH + 2 * month + 1] or "").strip().upper() == HELD

    def address(self, at: int, month: int) -> str:
        """The address of a month's cell."""
        return f"{letters(self.matrix.left + FIRST_MONTH + 2 * month)}{self.matrix.top + 1 + at}"

    def limits(self, at: int) -> tuple[Cell, Cell]:
        """What stands in the cells of a row's lower and upper bound for the year."""
        if self.bounds is None or at + 1 >= len(self.bounds.cells):
            return None, None
        lower, upper = self.bounds.cells[at + 1][:2]
        return lower, upper

    def leaves(self, at: int) -> list[int]:
        """The leaves at or under a row."""
        children = self.rows[at].children
        return [leaf for child in children for leaf in self.leaves(child)] if children else [at]

    def with_cells(self, changes: Mapping[tuple[int, int], Planned]) -> "PlanSheet":
        """The sheet as it will be. changes: by row and month."""
        cells = [list(line) for line in self.matrix.cells]
        for (at, month), (value, held) in changes.items():
            column = FIRST_MONTH + 2 * month
            cells[at + 1][column : column + 2] = [value, HELD if held else None]
        return replace(self, matrix=replace(self.matrix, cells=cells))

    def with_marks(self, places: Iterable[tuple[int, int]], *, held: bool) -> "PlanSheet":
        """The sheet with the holds of some cells set or taken away."""
        cells = [list(line) for line in self.matrix.cells]
        for at, month in places:
            cells[at + 1][FIRST_MONTH + 1 + 2 * month] = HELD if held else None
        return replace(self, matrix=replace(self.matrix, cells=cells))

    def patches(self, changed: Iterable[int]) -> list[Patch]:
        """The writes that bring rows to the book: leaves that follow each other in one."""
        found: list[Patch] = []
        for at in sorted(set(changed)):
            line = self.matrix.cells[at + 1][FIRST_MONTH : FIRST_MONTH + 2 * len(self.months)]
            if found and found[-1].row + len(found[-1].cells) == at + 1:
                found[-1].cells.append(line)
            else:
                found.append(Patch(self.area, at + 1, FIRST_MONTH, [line]))
        return found


def plan_sheets(book: Book) -> dict[str, PlanSheet]:
    """The matrices that the book has, by measure."""
    found = {}
    for measure in QUANTITIES:
        matrix = book.area("xs_plan_" + measure)
        if matrix is not None:
            version, year = (_single(book, f"xs_{key}_{measure}") for key in ("version", "year"))
            months = tuple(_month(cell) for cell in matrix.cells[0][FIRST_MONTH::2])
            bounds = book.area("xs_bounds_" + measure)
            rows = rows_of(matrix)
            found[measure] = PlanSheet(measure, matrix, version or DEFAULT_VERSION, year, months, rows, bounds)
    return found


def _single(book: Book, name: str) -> str:
    area = book.area(name)
    return "" if area is None else code(area.cells[0][0])


def code(cell: Cell) -> str:
    """A cell as a code; "" for nothing."""
    if cell is None:
        return ""
    return number_text(cell) if isinstance(cell, float) else code_text(str(cell).strip())


def _month(cell: Cell) -> str:
    return f"{cell:%Y-%m}" if isinstance(cell, datetime) else str(cell or "")


def rows_of(matrix: Matrix) -> tuple[Row, ...]:
    """The rows under the headings; what a row adds up is read from its own formula."""
    first = matrix.top + 1
    found = []
    for at, (line, formulas) in enumerate(zip(matrix.cells[1:], matrix.formulas[1:], strict=True)):
        below = set()
        for _, start, end in PLACE.findall(formulas[FIRST_MONTH]):
            below |= set(range(int(start) - first, int(end or start) - first + 1))
        found.append(Row(at, code(line[0]), code(line[1]), code(line[2]), tuple(sorted(below - {at}))))
    return tuple(found)


@dataclass(frozen=True)
class Folded:
    """The long table with what the matrices hold. changed: whether it differs from what stands in the table.

    problems: cells of a matrix that are no numbers.
    """

    raw: pd.DataFrame
    changed: bool
    problems: list[Problem]


def fold(raw: pd.DataFrame, origin: Origin, sheets: Iterable[PlanSheet]) -> Folded:
    """The raw table `plan`, brought in line with the matrices.

    raw: as it stands, headings of the book. Rows of other versions, years and dimensions stay as they are; a blank cell
    takes its row away. Columns come back by key, those of the user's own by their headings.
    """
    named, typed = by_key(raw, origin)
    problems: list[Problem] = []
    gone: list[int] = []
    new: list[dict[str, object]] = []
    changed = False
    for sheet in sheets:
        known = _known(typed, sheet)
        for key, (value, held, where) in typed_cells(sheet).items():
            if isinstance(value, str):
                problems.append(no_number(sheet, value, where))
                continue
            row = known.get(key)
            if value is None and row is not None:
                gone.append(row)
            elif row is None and value is not None:
                new.append(_row(sheet, key, value, held=held))
            elif row is not None and (typed["value"].iloc[row] != value or row_held(typed, row) != held):
                named.loc[row, ["value", "held"]] = [value, held]
                changed = True
    result = named.drop(index=gone)
    if new:
        result = pd.concat([result, pd.DataFrame(new).reindex(columns=named.columns).astype(object)], ignore_index=True)
    return Folded(result.reset_index(drop=True), changed or bool(gone or new), problems)


def by_key(raw: pd.DataFrame, origin: Origin) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The filled rows of the raw table `plan` with our columns by key, as they stand and as they are read."""
    table = TABLES["plan"]
    reading = read_table(table, raw, origin, read_settings()[0])
    at = places("plan", list(raw.columns))
    named = raw.set_axis([_key(place, heading, at) for place, heading in enumerate(raw.columns)], axis=1)
    named = named.iloc[reading.findings.numbers].reset_index(drop=True).astype(object)
    for column in table.columns:
        if column.key not in named:
            named[column.key] = None
    return named, reading.frame


def _key(place: int, heading: object, at: Mapping[str, int]) -> str:
    return next((key for key, number in at.items() if number == place), str(heading))


def _known(typed: pd.DataFrame, sheet: PlanSheet) -> dict[Key, int]:
    """The rows of the long table that the matrix shows."""
    shown = sheet.mine(typed)
    return dict(zip(sheet.keys(shown), shown.index.tolist(), strict=True))


def typed_cells(sheet: PlanSheet) -> dict[Key, tuple[float | str | None, bool, str]]:
    """What stands on the leaves: value (a text where it is no number), held, address."""
    found: dict[Key, tuple[float | str | None, bool, str]] = {}
    for row in sheet.rows:
        if row.leaf:
            for month, name in enumerate(sheet.months):
                cell, held = sheet.cell(row.at, month)
                value = float(cell) if isinstance(cell, (int, float)) and not isinstance(cell, bool) else cell
                if not (row.region or row.salesperson) and value is None:
                    continue
                text = value if value is None or isinstance(value, float) else str(value)
                found[row.region, row.salesperson, name] = (text, held, sheet.address(row.at, month))
    return found


def row_held(typed: pd.DataFrame, row: int) -> bool:
    """Whether a row of the plan is held."""
    held = typed["held"].iloc[row]
    return not pd.isna(held) and bool(held)


def no_number(sheet: PlanSheet, value: str, where: str) -> Problem:
    """A cell of a matrix that is no number."""
    return Problem("number_text", table="plan", column="value", value=value, sheet=sheet.matrix.sheet, cell=where)


def _row(sheet: PlanSheet, key: Key, value: float, *, held: bool) -> dict[str, object]:
    region, salesperson, month = key
    return {
        "version": sheet.version,
        "measure": sheet.measure,
        "period": month,
        "region": region or None,
        "salesperson": salesperson or None,
        "value": value,
        "held": held,
    }
