"""A worksheet that writes whole columns quickly: XlsxWriter's own, with its two innermost loops made leaner.

It leans on the inside of the XlsxWriter that pyproject pins to one version; a test compares its sheets with the
library's own, cell for cell.
"""

from typing import Any

from xlsxwriter.utility import xl_col_to_name
from xlsxwriter.worksheet import CellBlankTuple, CellNumberTuple, CellStringTuple, Worksheet

from xlsales.build.cells import Value


class FastSheet(Worksheet):
    """A worksheet for large tables; everything but plain cells goes the library's way."""

    def __init__(self) -> None:
        super().__init__()
        self.letters: list[str] = []
        self.looks: dict[int, int] = {}

    def write_values(self, first_row: int, column: int, values: list[Value], styles: list[Any]) -> None:
        """Write a column's values; `styles` is one style for all, or one a row. Text is never read as a formula."""
        if not values:
            return
        self._check_dimensions(first_row, column)
        self._check_dimensions(first_row + len(values) - 1, column)
        table, shared = self.table, self.str_table._get_shared_string_index  # noqa: SLF001 - see the module
        each = styles * len(values) if len(styles) == 1 else styles
        for row, (value, style) in enumerate(zip(values, each, strict=True), first_row):
            if value is None:
                table[row][column] = CellBlankTuple(style)
            elif isinstance(value, str):
                table[row][column] = CellStringTuple(shared(value), style)
            else:
                table[row][column] = CellNumberTuple(value, style)

    def _calculate_spans(self) -> None:
        """Leave out the optional spans of rows."""

    def _write_cell(self, row: int, col: int, cell: Any) -> None:
        """Write one cell; a styled number, text or blank at once, anything else the library's way."""
        kind, style = cell.__class__, cell.format
        if style is None or kind not in PLAIN:
            super()._write_cell(row, col, cell)
            return
        look = self.looks.get(id(style))
        if look is None:
            look = self.looks[id(style)] = style._get_xf_index()  # noqa: SLF001 - see the module
        if not self.letters:
            self.letters = [xl_col_to_name(number) for number in range(self.dim_colmax + 1)]
        place = f'<c r="{self.letters[col]}{row + 1}" s="{look}"'
        if kind is CellNumberTuple:
            self.fh.write(f"{place}><v>{cell.number:.16G}</v></c>")
        elif kind is CellStringTuple:
            self.fh.write(f'{place} t="s"><v>{cell.string}</v></c>')
        else:
            self.fh.write(place + "/>")


PLAIN = frozenset({CellBlankTuple, CellNumberTuple, CellStringTuple})
