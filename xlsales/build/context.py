"""What every part of the builder needs to know: the book being made, its words, its data."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import pandas as pd
from xlsxwriter.utility import xl_rowcol_to_cell

from xlsales.build.cells import frame_of
from xlsales.build.layout import Block, column_reference
from xlsales.build.styles import Styles
from xlsales.build.wording import sheet_name
from xlsales.labels import label, word
from xlsales.problems import Problem
from xlsales.schema.settings import SETTINGS


@dataclass
class Build:
    """One workbook in the making."""

    book: Any
    styles: Styles
    lang: str
    frames: dict[str, pd.DataFrame]
    problems: list[Problem]
    settings: Mapping[str, Any]
    now: datetime
    company: str
    sheets: dict[str, Any] = field(default_factory=dict)
    blocks: dict[str, Block] = field(default_factory=dict)
    cut: dict[str, int] = field(default_factory=dict)  # rows by table that no sheet could hold

    def says(self, key: str, **facts: object) -> str:
        """The words of a key of this room."""
        return word("build." + key, self.lang, **facts)

    def frame(self, table: str) -> pd.DataFrame:
        """The rows of a table; no rows where it is absent."""
        return frame_of(self.frames, table)

    def setting(self, key: str) -> Any:
        """A setting, or what holds when it is left out."""
        value = self.settings.get(key)
        return SETTINGS[key].default if value is None else value

    def reference(self, table: str, column: str) -> str:
        """A column of a table in a formula."""
        return column_reference(table, label(table, column, self.lang))

    def tab(self, sheet: str) -> str:
        """A sheet's name in a formula or a link, in quotes."""
        return "'" + sheet_name(sheet, self.lang).replace("'", "''") + "'"

    def place(self, sheet: str, row: int, column: int, *, fixed: bool = True) -> str:
        """A cell in a formula."""
        return f"{self.tab(sheet)}!{xl_rowcol_to_cell(row, column, row_abs=fixed, col_abs=fixed)}"

    def link(self, sheet: str, row: int = 0, column: int = 0) -> str:
        """A link to a cell of the book."""
        return "internal:" + self.place(sheet, row, column, fixed=False)

    @property
    def as_of(self) -> date | None:
        """The day the figures stand at; None in an empty template."""
        found = self.settings.get("as_of")
        if found is None or pd.isna(found):
            return None
        return found.date() if isinstance(found, datetime) else found

    @property
    def unit_note(self) -> str:
        """In which unit the money of a sheet is shown."""
        return self.says(f"unit.{int(self.setting('unit'))}", currency=self.setting("currency"))


def quoted(text: str) -> str:
    """A text inside a formula.

    >>> quoted('5" pipe')
    '"5"" pipe"'
    """
    return '"' + text.replace('"', '""') + '"'
