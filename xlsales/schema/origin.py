"""Where a table was found, so that a problem can name the file and row, or the sheet and cell."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Origin:
    """The place of one raw table.

    source: the file's name. sheet: the sheet, where the source is a workbook of ours. header_row, first_column: the
    place of the first heading, counted from 1; header_row 0 means that rows have no number (settings of a TOML file).
    decimal: the mark between whole and fraction in its texts, "." or ",".
    """

    source: str = ""
    sheet: str = ""
    header_row: int = 1
    first_column: int = 1
    decimal: str = "."

    def row(self, position: int) -> int | None:
        """The number a person counts for the row at a position from 0.

        >>> Origin().row(0)
        2
        """
        return self.header_row + 1 + position if self.header_row else None

    def cell(self, position: int, column: int) -> str:
        """The address of a cell of a sheet, position -1 being the headings; empty where there is no sheet.

        >>> Origin(sheet="Orders", header_row=4, first_column=2).cell(0, 25)
        'AA5'
        """
        if not self.sheet:
            return ""
        return f"{letters(self.first_column + column)}{self.header_row + 1 + position}"


NOWHERE = Origin()


def letters(column: int) -> str:
    """A column's letters, counted from 1.

    >>> letters(28)
    'AB'
    """
    text = ""
    while column:
        column, rest = divmod(column - 1, 26)
        text = chr(65 + rest) + text
    return text
