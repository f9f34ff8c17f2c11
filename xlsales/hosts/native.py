"""What xlwings does not offer for all programs: protection, filters, who else has the book open.

Excel on Windows answers through its COM objects, Excel on a Mac through AppleScript; an engine of our own (Calc) brings
an object of this form itself, as the attribute `native` of its implementation.
"""

import subprocess
import sys
from collections.abc import Mapping
from typing import Any, Protocol

import xlwings as xw

# What a protected sheet may still allow; asked before the sheet is opened, and given back with the protection.
ALLOWED = (
    "AllowFormattingCells",
    "AllowFormattingColumns",
    "AllowFormattingRows",
    "AllowInsertingColumns",
    "AllowInsertingRows",
    "AllowInsertingHyperlinks",
    "AllowDeletingColumns",
    "AllowDeletingRows",
    "AllowSorting",
    "AllowFiltering",
    "AllowUsingPivotTables",
)


DATA_FILES = (".csv", ".xlsx", ".parquet", ".txt", ".tsv")
CHOOSE = "on run given\nreturn POSIX path of (choose file with prompt (item 1 of given))\nend run"


class WrongPassword(Exception):
    """A sheet is protected by a password that we do not have."""


class Native(Protocol):
    """What every host answers."""

    def protected(self, sheet: xw.Sheet) -> bool:
        """Whether the cells of a sheet are locked."""

    def unprotect(self, sheet: xw.Sheet) -> Mapping[str, Any]:
        """Open a sheet; returns what `protect` needs. WrongPassword where it asks for one."""

    def protect(self, sheet: xw.Sheet, how: Mapping[str, Any]) -> None:
        """Protect a sheet as it was."""

    def filtered(self, sheet: xw.Sheet, table: xw.main.Table | None) -> bool:
        """Whether a filter hides rows of a table, or of a sheet."""

    def read_only(self, book: xw.Book) -> bool:
        """Whether the book cannot be saved under its name."""

    def shared(self, book: xw.Book) -> bool:
        """Whether somebody else edits the book at the same time."""

    def drop_links(self, cells: xw.Range) -> None:
        """Remove hyperlinks and keep the format."""

    def autosave(self, book: xw.Book, on: bool | None) -> bool | None:
        """Switch AutoSave; returns what it was, None where there is none."""

    def literal(self, text: str) -> str:
        """A text spelled so that a cell takes it as text, whatever it looks like."""

    def pick(self, book: xw.Book, title: str) -> str:
        """Let the user choose a data file in the program's own window; "" where she does not."""


class Com:
    """Excel on Windows."""

    def protected(self, sheet: xw.Sheet) -> bool:
        """Whether the contents are protected."""
        return bool(sheet.api.ProtectContents)

    def unprotect(self, sheet: xw.Sheet) -> Mapping[str, Any]:
        """Open with the empty password, since without any Excel would ask the user."""
        api = sheet.api
        how: dict[str, Any] = {name: bool(getattr(api.Protection, name)) for name in ALLOWED}
        how |= {"DrawingObjects": bool(api.ProtectDrawingObjects), "Scenarios": bool(api.ProtectScenarios)}
        try:
            api.Unprotect("")
        except Exception as error:  # pywintypes.com_error, which exists on Windows alone
            raise WrongPassword(sheet.name) from error
        if api.ProtectContents:
            raise WrongPassword(sheet.name)
        return how

    def protect(self, sheet: xw.Sheet, how: Mapping[str, Any]) -> None:
        """Protect without a password."""
        sheet.api.Protect(Contents=True, **how)

    def filtered(self, sheet: xw.Sheet, table: xw.main.Table | None) -> bool:
        """Whether the table's own filter, or the sheet's, hides rows."""
        if table is None:
            return bool(sheet.api.FilterMode)
        own = table.api.AutoFilter
        return own is not None and bool(own.FilterMode)

    def read_only(self, book: xw.Book) -> bool:
        """Whether the book was opened read-only."""
        return bool(book.api.ReadOnly)

    def shared(self, book: xw.Book) -> bool:
        """Whether the book is in the old shared mode, or others are in it."""
        if book.api.MultiUserEditing:
            return True
        try:
            return len(book.api.UserStatus) > 1
        except Exception:  # noqa: BLE001 - Excel has no list of users for a book that was never saved
            return False

    def drop_links(self, cells: xw.Range) -> None:
        """Remove hyperlinks and keep the format."""
        cells.api.ClearHyperlinks()

    def autosave(self, book: xw.Book, on: bool | None) -> bool | None:
        """Switch AutoSave, which only newer versions have."""
        try:
            before = bool(book.api.AutoSaveOn)
            if on is not None and before != on:
                book.api.AutoSaveOn = on
        except Exception:  # noqa: BLE001 - no such property, or a book that is not in the cloud
            return None
        return before

    def literal(self, text: str) -> str:
        """The text behind an apostrophe."""
        return "'" + text

    def pick(self, book: xw.Book, title: str) -> str:
        """Excel's own window for files; it answers False where it was closed."""
        patterns = ";".join("*" + ending for ending in DATA_FILES)
        found = book.app.api.GetOpenFilename(f"{patterns},{patterns}", 1, title)
        return found if isinstance(found, str) else ""


class Mac(Com):
    """Excel on a Mac, in the words of its AppleScript dictionary."""

    def protected(self, sheet: xw.Sheet) -> bool:
        """Whether the contents are protected."""
        return bool(sheet.api.protect_contents.get())

    def unprotect(self, sheet: xw.Sheet) -> Mapping[str, Any]:
        """Open with the empty password."""
        try:
            sheet.api.unprotect(password="")
        except Exception as error:  # appscript.CommandError, which exists on a Mac alone
            raise WrongPassword(sheet.name) from error
        if self.protected(sheet):
            raise WrongPassword(sheet.name)
        return {}

    def protect(self, sheet: xw.Sheet, how: Mapping[str, Any]) -> None:
        """Protect without a password, with what our own sheets allow; AppleScript cannot tell what was allowed."""
        allowed = dict.fromkeys(("allow_formatting_columns", "allow_formatting_rows"), True)
        sheet.api.protect_worksheet(**allowed, allow_sorting=True, allow_filtering=True, **how)

    def filtered(self, sheet: xw.Sheet, table: xw.main.Table | None) -> bool:  # noqa: ARG002 - it knows sheets only
        """Whether a filter hides rows of the sheet."""
        return bool(sheet.api.filter_mode.get())

    def read_only(self, book: xw.Book) -> bool:
        """Whether the book was opened read-only."""
        return bool(book.api.read_only.get())

    def shared(self, book: xw.Book) -> bool:
        """Whether the book is in the old shared mode."""
        return bool(book.api.multi_user_editing.get())

    def drop_links(self, cells: xw.Range) -> None:
        """Remove hyperlinks."""
        cells.api.hyperlinks.delete()

    def autosave(self, book: xw.Book, on: bool | None) -> bool | None:  # noqa: ARG002 - AppleScript does not know it
        """None: AutoSave cannot be reached."""
        return None

    def pick(self, book: xw.Book, title: str) -> str:  # noqa: ARG002 - the system's window belongs to no book
        """The system's window for files, since Excel's own cannot be reached; the title goes in as an argument."""
        command = ["/usr/bin/osascript", "-e", CHOOSE, title]
        done = subprocess.run(command, check=False, capture_output=True, text=True)  # noqa: S603 - constant words
        return done.stdout.strip() if done.returncode == 0 else ""


def native_of(book: xw.Book) -> Native:
    """Who answers for the program that a book is open in."""
    own = getattr(book.app.engine.impl, "native", None)
    if own is not None:
        return own
    return Mac() if sys.platform == "darwin" else Com()
