"""The Book protocol over any workbook that xlwings reaches."""

import getpass
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import xlwings as xw

from xlsales.commands.protocol import (
    Append,
    Block,
    Cell,
    Change,
    Grid,
    Handing,
    Image,
    Matrix,
    Patch,
    Reading,
    Replace,
    Selection,
)
from xlsales.hosts import previews, writing
from xlsales.hosts.cells import raw_frame
from xlsales.hosts.handing import handing
from xlsales.hosts.native import WrongPassword, native_of
from xlsales.hosts.tables import Tables, formulas_in, read, sheet_names
from xlsales.labels import word
from xlsales.problems import InputError, Problem
from xlsales.schema import TABLES
from xlsales.schema.origin import Origin

AREA_GONE = "book_area_missing"


class HostBook:
    """A workbook open in Excel or Calc."""

    def __init__(self, book: xw.Book, lang: str, now: datetime, user: str = "") -> None:
        self.book, self.lang, self.now = book, lang, now
        self.user = user or users_name()
        self.native = native_of(book)
        self.tables = Tables(book)

    @property
    def place(self) -> Path | None:
        """The file; None while it was never saved."""
        path = Path(self.book.fullname)
        return path if path.is_absolute() and path.exists() else None

    # Reading

    def read(self, tables: Iterable[str]) -> Reading:
        """Raw tables; one that the book does not have is left out."""
        reading = Reading()
        for key in tables:
            found = self.tables.find(key)
            if found is not None:
                reading.tables[key] = raw_frame(found.headings, found.values())
                reading.origins[key] = Origin("", found.sheet.name, found.top, found.left)
        return reading

    def area(self, name: str) -> Matrix | None:
        """The cells of a defined name; None where the book has no such name."""
        cells = self._named(name)
        if cells is None:
            return None
        values = read(cells)
        return Matrix(cells.sheet.name, cells.row, cells.column, values, formulas_in(cells, values))

    def _named(self, name: str) -> xw.Range | None:
        if name not in self.book.names:
            return None
        try:
            return self.book.names[name].refers_to_range
        except Exception as error:  # each program has its own error for a name whose cells were deleted
            raise InputError(Problem(AREA_GONE, facts={"name": name})) from error

    def selection(self) -> Selection | None:
        """What is selected in this book; None where it is not cells."""
        cells = self.book.app.selection
        if cells is None or cells.sheet.book.name != self.book.name:
            return None
        parts = [cells.sheet.range(part) for part in cells.address.split(",")]
        blocks = tuple(Block(part.row, part.column, *part.shape) for part in parts)
        return Selection(cells.sheet.name, blocks, read(parts[0][0, 0])[0][0])

    # Writing

    def capacity(self, table: str) -> int:
        """How many rows a table can have before its sheet ends."""
        return self.tables.need(table).capacity

    def check(self, changes: Sequence[Change]) -> None:
        """Refuse if any of the changes could not be made."""
        if self.native.read_only(self.book):
            raise InputError(Problem("book_read_only", source=self.book.name))
        if self.native.shared(self.book):
            raise InputError(Problem("book_shared", source=self.book.name))
        for change in changes:
            if isinstance(change, Patch) or (isinstance(change, Image) and change.rows is None):
                self._cells(change)
            else:
                self._check_table(change)
        for sheet in self._sheets(changes):
            if self.native.protected(sheet):  # opened and closed again: only so can a password be noticed
                with self._open(sheet):
                    pass

    def _check_table(self, change: Replace | Append | Image) -> None:
        found = self.tables.need(target_of(change))
        if self.native.filtered(found.sheet, found.table):
            cell = writing.corner(found.block(-1, 0, 1, 1))
            raise InputError(Problem("book_filtered", table=found.key, sheet=found.sheet.name, cell=cell))
        if isinstance(change, Image):
            found.room(change.rows or 1)
            return
        writing.check_headings(found, change.frame)
        rows = len(change.frame)
        found.room(rows if isinstance(change, Replace) else found.filled() + rows)

    def _cells(self, change: Patch | Image) -> xw.Range:
        """The cells of a patch or an image: of a table from its first body row, else of a defined name."""
        target, height, width = target_of(change), len(change.cells), len(change.cells[0])
        if target in TABLES:
            return self.tables.need(target).block(change.row, change.column, height, width)
        return self._part(target, change.row, change.column, (height, width))

    def _part(self, name: str, row: int, column: int, shape: tuple[int, int]) -> xw.Range:
        cells = self._named(name)
        if cells is None:
            raise InputError(Problem(AREA_GONE, facts={"name": name}))
        return cells[row : row + shape[0], column : column + shape[1]]

    def _sheets(self, changes: Sequence[Change]) -> list[xw.Sheet]:
        found = {}
        for target in dict.fromkeys(target_of(change) for change in changes):
            sheet = self.tables.need(target).sheet if target in TABLES else self._part(target, 0, 0, (1, 1)).sheet
            found[sheet.name] = sheet
        return list(found.values())

    @contextmanager
    def _open(self, sheet: xw.Sheet) -> Iterator[None]:
        """A protected sheet, open while this lasts."""
        try:
            how = self.native.unprotect(sheet)
        except WrongPassword as error:
            raise InputError(Problem("book_password", sheet=sheet.name, cell="A1")) from error
        try:
            yield
        finally:
            self.native.protect(sheet, how)

    @contextmanager
    def writing(self, changes: Sequence[Change]) -> Iterator[None]:
        """While it lasts the targets' sheets are unprotected and nothing is drawn or calculated; all is restored."""
        with ExitStack() as stack:
            stack.enter_context(quiet(self.book.app))
            before = self.native.autosave(self.book, on=False)
            if before:
                stack.callback(self.native.autosave, self.book, on=True)
            for sheet in self._sheets(changes):
                if self.native.protected(sheet):
                    stack.enter_context(self._open(sheet))
            yield

    def image(self, change: Change) -> Image:
        """What the change would overwrite."""
        if isinstance(change, Patch) or (isinstance(change, Image) and change.rows is None):
            return writing.image_of(self._cells(change), target_of(change), (change.row, change.column), None)
        found = self.tables.need(target_of(change))
        start = found.filled() if isinstance(change, Append) else 0
        left = found.rows - start
        if not left:
            return Image(found.key, start, 0, found.rows, [])
        return writing.image_of(found.block(start, 0, left, found.width), found.key, (start, 0), found.rows)

    def present(self, image: Image) -> Grid:
        """The cells that stand where an image was taken; of a table those from its first row to the end."""
        if image.rows is None:
            return read(self._cells(image))
        found = self.tables.need(image.target)
        left = found.rows - image.row
        return read(found.block(image.row, 0, left, found.width)) if left > 0 else []

    def put(self, change: Change) -> None:
        """Make a change, inside `writing`."""
        if isinstance(change, Append):
            writing.append(self.tables.need(change.table), change, self.lang, self.native)
        elif isinstance(change, Replace):
            writing.replace(self.tables.need(change.table), change, self.lang, self.native)
        elif isinstance(change, Patch):
            writing.put_values(self._cells(change), Image("", 0, 0, None, change.cells), self.native)
        elif change.rows is None:
            writing.put_values(self._cells(change), change, self.native)
        else:
            found = self.tables.need(change.target)
            found.resize(change.rows)
            if change.cells:
                cells = found.block(change.row, change.column, len(change.cells), len(change.cells[0]))
                writing.put_values(cells, change, self.native)

    # The preview, the user

    def show_preview(self, title: str, headings: Sequence[str], rows: Sequence[Sequence[Cell]]) -> None:
        """Lay rows on the sheet Preview and go there; an earlier preview is replaced."""
        with quiet(self.book.app):
            previews.drop(self.book)
            previews.show(self.book, self.lang, title, headings, rows)

    def preview(self) -> Grid | None:
        """The rows of the preview without the headings; None where there is none."""
        return previews.rows_of(self.book)

    def drop_preview(self) -> None:
        """Remove the sheet Preview, if it is there."""
        previews.drop(self.book)

    def tell(self, text: str) -> None:
        """Say something to the user."""
        self.book.app.alert(text, title=word("ribbon.tab", self.lang), mode="info")

    def confirm(self, text: str) -> bool:
        """Ask a question with yes and no."""
        return self.book.app.alert(text, title=word("ribbon.tab", self.lang), buttons="yes_no", mode="info") == "yes"

    def pick(self, title: str) -> Path | None:
        """Let the user choose a file; None where she does not."""
        found = self.native.pick(self.book, title)
        return Path(found) if found else None

    def progress(self, text: str) -> None:
        """Show what is being done; an empty text ends it."""
        self.book.app.status_bar = text or False

    def go(self, table: str, column: str = "", row: int = 0) -> None:
        """Show the cell of a table: its heading, or the given body row, from 1."""
        found = self.tables.need(table)
        found.sheet.activate()
        found.block(row - 1, found.place.get(column, 0), 1, 1).select()

    def go_sheet(self, sheet: str) -> None:
        """Show a sheet by its key."""
        self._sheet(sheet).activate()

    def _sheet(self, key: str) -> xw.Sheet:
        names = {name.casefold() for name in sheet_names(key)}
        for sheet in self.book.sheets:
            if sheet.name.casefold() in names:
                return sheet
        for table in TABLES.values():  # a sheet that was renamed is known by its tables
            found = self.tables.find(table.key) if table.sheet == key else None
            if found is not None:
                return found.sheet
        raise InputError(Problem("book_sheet_missing", facts={"sheets": list(sheet_names(key)[:-1])}))

    def pdf(self, sheet: str, path: Path) -> None:
        """Save a sheet as a PDF file."""
        self._sheet(sheet).to_pdf(str(path))

    def handing(self, path: Path) -> Handing:
        """What another file of ours would get, so that it holds the inputs of this book."""
        return handing(self, path)

    def switched(self, lang: str) -> None:
        """Take on a language, for what is said and written from now on."""
        self.lang = lang


def target_of(change: Change) -> str:
    """The table or the name that a change is made to."""
    if isinstance(change, Image):
        return change.target
    return change.name if isinstance(change, Patch) else change.table


@contextmanager
def quiet(app: xw.App) -> Iterator[None]:
    """Nothing is drawn, calculated or answered by macros while this lasts; each is then as it was."""
    wanted: dict[str, Any] = {"screen_updating": False, "calculation": "manual", "enable_events": False}
    before = {name: getattr(app, name) for name in wanted}
    try:
        for name, value in wanted.items():
            setattr(app, name, value)
        yield
    finally:
        for name in reversed(wanted):
            setattr(app, name, before[name])


def users_name() -> str:
    """Who works here, as the system knows; empty where it does not."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return ""
