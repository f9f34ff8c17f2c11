"""What a command sees of a workbook: tables in and out, the plan's matrices, what is selected, and the user."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Protocol

import pandas as pd

from xlsales.problems import Problem
from xlsales.schema.origin import Origin

Cell = float | str | bool | datetime | None
Grid = list[list[Cell]]


@dataclass
class Reading:
    """Raw tables of a book, where each stands (sheet and cell), and what was wrong on the way; for `validate_all`."""

    tables: dict[str, pd.DataFrame] = field(default_factory=dict)
    origins: dict[str, Origin] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


@dataclass(frozen=True)
class Matrix:
    """The cells of a named area. sheet: its tab. top, left: its first cell, from 1. formulas: cells that compute.

    cells and formulas have one shape; a cell without a formula has "" there.
    """

    sheet: str
    top: int
    left: int
    cells: Grid
    formulas: list[list[str]]


@dataclass(frozen=True)
class Block:
    """A rectangle of cells, counted from 1."""

    row: int
    column: int
    height: int = 1
    width: int = 1


@dataclass(frozen=True)
class Selection:
    """What the user has selected: the tab, the rectangles, and the value of the first cell."""

    sheet: str
    blocks: tuple[Block, ...]
    value: Cell = None


@dataclass(frozen=True)
class Replace:
    """A table whose rows become those of the frame.

    frame: columns by key (and the user's own headings); a column that is not there, or that computes in the sheet, is
    left alone. links: for each row the address ("Orders!F12") that its cell `linked` leads to, "" for none;
    None leaves that column a plain one.
    """

    table: str
    frame: pd.DataFrame
    links: Sequence[str] | None = None
    linked: str = "cell"


@dataclass(frozen=True)
class Append:
    """Rows that are put under the last filled row of a table."""

    table: str
    frame: pd.DataFrame


@dataclass(frozen=True)
class Patch:
    """Cells inside a named area or table. row, column: offsets from its first cell, from 0; for a table its heading."""

    name: str
    row: int
    column: int
    cells: Grid


@dataclass(frozen=True)
class Image:
    """Cells as they were before a write.

    target: table key, or name of an area. row, column: the offset of the block from the first body row of a table, from
    the first cell of an area. rows: how many body rows the table had; None for an area. formulas: of the cells that
    compute, by their place in the block.
    """

    target: str
    row: int
    column: int
    rows: int | None
    cells: Grid
    formulas: Mapping[tuple[int, int], str] = field(default_factory=dict)


Change = Replace | Append | Patch | Image  # an image is written by putting it back


@dataclass(frozen=True)
class Difference:
    """Where another file holds something else. target: table, or name of an area of the plan.

    cells: how many differ; added, removed: rows; formulas: that become plain values; unknown: headings that the file
    does not have.
    """

    target: str
    cells: int
    added: int = 0
    removed: int = 0
    formulas: int = 0
    unknown: tuple[str, ...] = ()

    @property
    def any(self) -> bool:
        """Whether there is something to say."""
        return bool(self.cells or self.added or self.removed or self.unknown)


@dataclass(frozen=True)
class Handing:
    """What another file would get of a book. write: gives it that, and returns where the file before is kept."""

    differences: tuple[Difference, ...]
    write: Callable[[], Path]


class Book(Protocol):
    """A workbook open in a spreadsheet program. Whatever cannot be done raises InputError with a Problem."""

    lang: str
    now: datetime
    user: str

    @property
    def place(self) -> Path | None:
        """The file; None while it was never saved."""

    def read(self, tables: Iterable[str]) -> Reading:
        """Raw tables; one that the book does not have is left out."""

    def area(self, name: str) -> Matrix | None:
        """The cells of a defined name; None where the book has no such name."""

    def selection(self) -> Selection | None:
        """What is selected; None where it is not cells."""

    def capacity(self, table: str) -> int:
        """How many rows a table can have before its sheet ends."""

    def check(self, changes: Sequence[Change]) -> None:
        """Refuse if any of the changes could not be made: target missing, filtered, locked, or no room."""

    def writing(self, changes: Sequence[Change]) -> AbstractContextManager[None]:
        """While it lasts the targets' sheets are unprotected and nothing is drawn or calculated; all is restored."""

    def image(self, change: Change) -> Image:
        """What the change would overwrite."""

    def present(self, image: Image) -> Grid:
        """The cells that stand where an image was taken; of a table those from its first row to the end."""

    def put(self, change: Change) -> None:
        """Make a change, inside `writing`."""

    def show_preview(self, title: str, headings: Sequence[str], rows: Sequence[Sequence[Cell]]) -> None:
        """Lay rows on the sheet Preview and go there; an earlier preview is replaced."""

    def preview(self) -> Grid | None:
        """The rows of the preview without the headings; None where there is none."""

    def drop_preview(self) -> None:
        """Remove the sheet Preview, if it is there."""

    def tell(self, text: str) -> None:
        """Say something to the user."""

    def confirm(self, text: str) -> bool:
        """Ask a question with yes and no."""

    def pick(self, title: str) -> Path | None:
        """Let the user choose a file; None where she does not."""

    def progress(self, text: str) -> None:
        """Show what is being done; an empty text ends it."""

    def go(self, table: str, column: str = "", row: int = 0) -> None:
        """Show the cell of a table: its heading, or the given body row, from 1."""

    def go_sheet(self, sheet: str) -> None:
        """Show a sheet by its key."""

    def pdf(self, sheet: str, path: Path) -> None:
        """Save a sheet as a PDF file."""

    def handing(self, path: Path) -> Handing:
        """What another file of ours would get, so that it holds the inputs of this book."""

    def switched(self, lang: str) -> None:
        """Take on a language, for what is said and written from now on."""
