"""The Book protocol over any workbook that xlwings reaches, and the one entry of every button."""

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
    Grid,
    Image,
    Matrix,
    Patch,
    Reading,
    Replace,
    Selection,
    Write,
)
from xlsales.hosts import previews, writing
from xlsales.hosts.cells import raw_frame
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

    def check(self, writes: Sequence[Write]) -> None:
        """Refuse if any of the writes could not be done."""
        if self.native.read_only(self.book):
            raise InputError(Problem("book_read_only", source=self.book.name))
        if self.native.shared(self.book):
            raise InputError(Problem("book_shared", source=self.book.name))
        for write in writes:
            if isinstance(write, Patch):
                self._patched(write)
            else:
                self._check_table(write)
        for sheet in self._sheets(writes):
            if self.native.protected(sheet):  # opened and closed again: only so can a password be noticed
                with self._open(sheet):
                    pass

    def _check_table(self, write: Replace | Append) -> None:
        found = self.tables.need(write.table)
        if self.native.filtered(found.sheet, found.table):
            cell = writing.corner(found.block(-1, 0, 1, 1))
            raise InputError(Problem("book_filtered", table=write.table, sheet=found.sheet.name, cell=cell))
        writing.check_headings(found, write.frame)
        rows = len(write.frame)
        found.room(rows if isinstance(write, Replace) else found.filled() + rows)

    def _patched(self, patch: Patch) -> xw.Range:
        """The cells of a patch: of a table from its first body row, else of a defined name."""
        height, width = len(patch.cells), len(patch.cells[0])
        if patch.name in TABLES:
            return self.tables.need(patch.name).block(patch.row, patch.column, height, width)
        return self._part(patch.name, patch.row, patch.column, (height, width))

    def _part(self, name: str, row: int, column: int, shape: tuple[int, int]) -> xw.Range:
        cells = self._named(name)
        if cells is None:
            raise InputError(Problem(AREA_GONE, facts={"name": name}))
        return cells[row : row + shape[0], column : column + shape[1]]

    def _sheets(self, writes: Sequence[Write | Image]) -> list[xw.Sheet]:
        found = {}
        for write in writes:
            target = (
                write.target if isinstance(write, Image) else write.name if isinstance(write, Patch) else write.table
            )
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
    def writing(self, writes: Sequence[Write | Image]) -> Iterator[None]:
        """While it lasts the targets' sheets are unprotected and nothing is drawn or calculated; all is restored."""
        with ExitStack() as stack:
            stack.enter_context(quiet(self.book.app))
            before = self.native.autosave(self.book, on=False)
            if before:
                stack.callback(self.native.autosave, self.book, on=True)
            for sheet in self._sheets(writes):
                if self.native.protected(sheet):
                    stack.enter_context(self._open(sheet))
            yield

    def image(self, write: Write) -> Image:
        """What the write would overwrite."""
        if isinstance(write, Patch):
            return writing.image_of(self._patched(write), write.name, (write.row, write.column), None)
        found = self.tables.need(write.table)
        start = found.filled() if isinstance(write, Append) else 0
        left = found.rows - start
        if not left:
            return Image(write.table, start, 0, found.rows, [])
        return writing.image_of(found.block(start, 0, left, found.width), write.table, (start, 0), found.rows)

    def put(self, write: Write) -> None:
        """Write, inside `writing`."""
        if isinstance(write, Patch):
            writing.put_values(self._patched(write), Image("", 0, 0, None, write.cells), self.native)
        elif isinstance(write, Append):
            writing.append(self.tables.need(write.table), write, self.lang, self.native)
        else:
            writing.replace(self.tables.need(write.table), write, self.lang, self.native)

    def put_back(self, image: Image) -> None:
        """Make the cells what they were, inside `writing`."""
        shape = (len(image.cells), len(image.cells[0]) if image.cells else 0)
        if image.rows is None:
            if image.target in TABLES:
                cells = self.tables.need(image.target).block(image.row, image.column, *shape)
            else:
                cells = self._part(image.target, image.row, image.column, shape)
            writing.put_values(cells, image, self.native)
            return
        found = self.tables.need(image.target)
        found.resize(image.rows)
        if image.cells:
            writing.put_values(found.block(image.row, image.column, *shape), image, self.native)

    # The preview, the user

    def show_preview(self, title: str, headings: Sequence[str], rows: Grid) -> None:
        """Lay rows on the sheet Preview and go there; an earlier preview is replaced."""
        with quiet(self.book.app):
            previews.drop(self.book)
            previews.show(self.book, self.lang, title, headings, rows)

    def preview(self) -> Grid | None:
        """The rows of the preview without the headings; None where there is none."""
        return previews.rows(self.book)

    def drop_preview(self) -> None:
        """Remove the sheet Preview, if it is there."""
        previews.drop(self.book)

    def tell(self, text: str) -> None:
        """Say something to the user."""
        self.book.app.alert(text, title=word("ribbon.tab", self.lang), mode="info")

    def confirm(self, text: str) -> bool:
        """Ask a question with yes and no."""
        return self.book.app.alert(text, title=word("ribbon.tab", self.lang), buttons="yes_no", mode="info") == "yes"

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
        raise InputError(Problem("book_sheet_missing", facts={"sheets": list(sheet_names(key)[:-1])}))

    def pdf(self, sheet: str, path: Path) -> None:
        """Save a sheet as a PDF file."""
        self._sheet(sheet).to_pdf(str(path))

    def switched(self, lang: str) -> None:
        """Take on a language, for what is said and written from now on."""
        self.lang = lang


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
