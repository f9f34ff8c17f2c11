"""What `native.py` asks of every program, answered by Calc: protection, filters, who else has the book open."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import xlwings as xw

from xlsales.hosts.calc_uno import CalcGone, guarded, path_of, translated
from xlsales.hosts.calc_values import box_of
from xlsales.hosts.native import DATA_FILES, WrongPassword

FIELDS = 512  # com.sun.star.sheet.CellFlags.EDITATTR: texts with formats or links inside


@guarded
class CalcNative:
    """Calc."""

    def protected(self, sheet: xw.Sheet) -> bool:
        """Whether the cells of a sheet are locked."""
        return bool(sheet.impl.xl.isProtected())

    def unprotect(self, sheet: xw.Sheet) -> Mapping[str, Any]:
        """Open a sheet without a password."""
        own = sheet.impl.xl
        try:
            own.unprotect("")
        except Exception as error:
            told = translated(error)
            if told is None or isinstance(told, CalcGone):
                raise
        if own.isProtected():  # Calc refuses a wrong password, or does nothing
            raise WrongPassword(sheet.name)
        return {}

    def protect(self, sheet: xw.Sheet, how: Mapping[str, Any]) -> None:  # noqa: ARG002 - Calc keeps what it allows
        """Protect it again."""
        sheet.impl.xl.protect("")

    def filtered(self, sheet: xw.Sheet, table: xw.main.Table | None) -> bool:
        """Whether a filter hides rows of a table, or of a sheet; rows that are only hidden do not count."""
        cells = (table.range if table is not None else sheet.used_range).impl.xl
        top, _, bottom, _ = box_of(cells.getRangeAddress())
        seen = sorted(box_of(address)[0::2] for address in cells.queryVisibleCells().getRangeAddresses())
        row = top
        for first, last in [*seen, (bottom + 1, bottom + 1)]:
            if first > row and sheet.impl.xl.getRows().getByIndex(row).getPropertyValue("IsFiltered"):
                return True
            row = max(row, last + 1)
        return False

    def read_only(self, book: xw.Book) -> bool:
        """Whether the book cannot be saved under its name."""
        return bool(book.impl.xl.isReadonly())

    def shared(self, book: xw.Book) -> bool:
        """Whether the book is in the shared mode, which leaves a file beside it."""
        path = Path(book.impl.fullname)
        return path.is_absolute() and path.with_name(f".~sharing.{path.name}#").exists()

    def drop_links(self, cells: xw.Range) -> None:
        """Remove hyperlinks, which are fields inside of texts here, and keep texts and formats."""
        own, sheet = cells.impl.xl, cells.sheet.impl.xl
        cells.impl.refuse_locked()
        for address in own.queryContentCells(FIELDS).getRangeAddresses():
            top, left, bottom, right = box_of(address)
            part = sheet.getCellRangeByPosition(left, top, right, bottom)
            part.setDataArray(part.getDataArray())

    def autosave(self, book: xw.Book, on: bool | None) -> bool | None:  # noqa: ARG002 - there is none
        """None: Calc has no AutoSave that writes into the book."""
        return None

    def literal(self, text: str) -> str:
        """The text behind an apostrophe, as in Excel."""
        return "'" + text

    def pick(self, book: xw.Book, title: str) -> str:
        """The office's window for files."""
        app = book.app.impl
        if app.engine.picks is not None:
            return str(app.engine.picks(title))
        picker = app.service("com.sun.star.ui.dialogs.FilePicker")
        picker.setTitle(title)
        patterns = ";".join("*" + ending for ending in DATA_FILES)
        picker.appendFilter(patterns, patterns)
        chosen = picker.getFiles() if picker.execute() else ()
        picker.dispose()
        return path_of(chosen[0]) if chosen else ""
