"""A worksheet that writes whole columns quickly: XlsxWriter's own, with its two innermost loops made leaner.

It leans on the inside of the XlsxWriter that pyproject pins to one version; a test compares its sheets with the
library's own, cell for cell.
"""

from typing import Any

from xlsxwriter.utility import xl_col_to_name, xl_range
from xlsxwriter.worksheet import CellBlankTuple, CellNumberTuple, CellStringTuple, Worksheet

from xlsales.build.cells import Value
from xlsales.build.vector_rows import LARGE, Vector, rows_xml, vector


class FastSheet(Worksheet):
    """A worksheet for large tables; everything but plain cells goes the library's way."""

    def __init__(self) -> None:
        super().__init__()
        self.letters: list[str] = []
        self.looks: dict[int, int] = {}
        self.vectors: list[Vector] = []

    def write_values(self, first_row: int, column: int, values: list[Value], styles: list[Any]) -> None:
        """Write a column's values; `styles` is one style for all, or one a row. Text is never read as a formula."""
        if not values:
            return
        self._check_dimensions(first_row, column)
        self._check_dimensions(first_row + len(values) - 1, column)
        if len(values) >= LARGE and len(styles) == 1:
            made = vector((first_row, column), values, styles[0]._get_xf_index, self.str_table)  # noqa: SLF001 - see the module
            if made is not None:
                self.vectors += [made] if made.filled else []  # a column that nobody uses needs no million blanks
                return
        table, shared = self.table, self.str_table._get_shared_string_index  # noqa: SLF001 - see the module
        each = styles * len(values) if len(styles) == 1 else styles
        for row, (value, style) in enumerate(zip(values, each, strict=True), first_row):
            if value is None:
                table[row][column] = CellBlankTuple(style)
            elif isinstance(value, str):
                table[row][column] = CellStringTuple(shared(value), style)
            else:
                table[row][column] = CellNumberTuple(value, style)

    def add_table(self, first_row: int, first_column: int, last_row: int, last_column: int, options: Any = None) -> int:
        """Add a table; the library looks at every cell for another table there, which the layout rules out."""
        if last_row - first_row < LARGE:
            return int(super().add_table(first_row, first_column, last_row, last_column, options))
        found = super().add_table(first_row, first_column, first_row + 1, last_column, options)
        area = xl_range(first_row, first_column, last_row, last_column)
        self.tables[-1] |= {"range": area, "a_range": area, "autofilter": area}
        return int(found)

    def _write_rows(self) -> None:
        """Write all rows; those in which nothing but large columns stands at once."""
        if not self.vectors:
            super()._write_rows()
            return
        self.vectors.sort(key=lambda each: each.column)
        edges = sorted({edge for each in self.vectors for edge in (each.first_row, each.last_row + 1)})
        odd = sorted({*self.row_info, *self.comments, *(row for row, line in self.table.items() if line)})
        stops = sorted({*edges, *odd, *(row + 1 for row in odd), self.dim_rowmax + 1})
        special, row = set(odd), self.dim_rowmin
        for stop in stops:
            if stop <= row:
                continue
            if row in special:
                self._write_mixed_row(row)
            else:
                here = [each for each in self.vectors if each.first_row <= row <= each.last_row]
                if here:
                    for text in rows_xml(here, row, stop - 1):
                        self.fh.write(text)
            row = stop

    def _write_mixed_row(self, row: int) -> None:
        """Write a row in which large columns stand beside other cells, or which has a height of its own."""
        own = self.table[row]
        here = {each.column: each for each in self.vectors if each.first_row <= row <= each.last_row}
        columns = sorted({*own, *here})
        if not columns:
            self._write_empty_row(row, None, self.row_info.get(row))
            return
        self._write_row(row, None, self.row_info.get(row))
        for column in columns:
            if column in own:
                self._write_cell(row, column, own[column])
            else:
                self.fh.write(here[column].cell(row))
        self._xml_end_tag("row")

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
