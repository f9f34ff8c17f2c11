"""Cells of Calc as xlwings asks for them; exactly the members that `book.py` and its siblings use."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from xlwings import base_classes

from xlsales.hosts.calc_formulas import letters_of, shifted, to_calc, to_excel
from xlsales.hosts.calc_uno import CalcError, CalcProtected, guarded
from xlsales.hosts.calc_values import (
    ERROR_TEXTS,
    FORMATS,
    GENERAL,
    TEXT,
    Box,
    box_of,
    inside,
    ready,
    typed,
)

if TYPE_CHECKING:
    from xlsales.hosts.calc_book import Sheet

CONTENTS = 1 | 2 | 4 | 16  # com.sun.star.sheet.CellFlags: numbers, dates, texts, formulas
DIRECT = "DIRECT_VALUE"
# What a cell looks like and accepts, beside its content; ConditionalFormat is widened for the whole sheet instead.
LOOKS = (
    "CellStyle",
    "NumberFormat",
    "CellBackColor",
    "CharColor",
    "CharWeight",
    "CharPosture",
    "CharHeight",
    "CharFontName",
    "HoriJustify",
    "VertJustify",
    "IsTextWrapped",
    "CellProtection",
    "TableBorder2",
    "ParaIndent",
    "Validation",
)
ALWAYS = {"TableBorder2", "Validation"}  # they are not known as direct or default


@guarded
class Range(base_classes.Range):
    """A rectangle of cells; a selection may have several."""

    max_cells_per_read = None
    max_cells_per_write = None

    def __init__(self, sheet: "Sheet", box: Box, more: Sequence[Box] = ()) -> None:
        self._sheet, self.box, self.more = sheet, box, tuple(more)
        self._xl: Any = None

    @property
    def xl(self) -> Any:
        """Calc's own object; None for a range without cells."""
        top, left, bottom, right = self.box
        if self._xl is None and bottom >= top and right >= left:
            self._xl = self._sheet.xl.getCellRangeByPosition(left, top, right, bottom)
        return self._xl

    @property
    def api(self) -> Any:
        """Calc's own object."""
        return self.xl

    @property
    def sheet(self) -> "Sheet":
        """The sheet."""
        return self._sheet

    @property
    def row(self) -> int:
        """The first row, from 1."""
        return self.box[0] + 1

    @property
    def column(self) -> int:
        """The first column, from 1."""
        return self.box[1] + 1

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        top, left, bottom, right = self.box
        return bottom - top + 1, right - left + 1

    @property
    def coords(self) -> tuple[Any, ...]:
        """What makes two ranges equal."""
        return (self._sheet.name, self.row, self.column, *self.shape)

    def __len__(self) -> int:
        return self.shape[0] * self.shape[1]

    def __call__(self, *place: int) -> "Range":
        """One cell, by row and column or by its number, from 1."""
        row, column = place if len(place) == 2 else [each + 1 for each in divmod(place[0] - 1, self.shape[1])]
        top, left = self.box[0] + row - 1, self.box[1] + column - 1
        return Range(self._sheet, (top, left, top, left))

    def get_address(self, row_absolute: bool, col_absolute: bool, external: bool) -> str:
        """The address in Excel's spelling; several rectangles with commas between them."""
        row_sign, column_sign = "$" * bool(row_absolute), "$" * bool(col_absolute)

        def corner(row: int, column: int) -> str:
            return f"{column_sign}{letters_of(column + 1)}{row_sign}{row + 1}"

        parts = []
        for top, left, bottom, right in (self.box, *self.more):
            first, last = corner(top, left), corner(bottom, right)
            parts.append(first if first == last else f"{first}:{last}")
        address = ",".join(parts)
        return f"'[{self._sheet.book.name}]{self._sheet.name}'!{address}" if external else address

    @property
    def address(self) -> str:
        """The address with dollars."""
        return self.get_address(row_absolute=True, col_absolute=True, external=False)

    # Values

    @property
    def raw_value(self) -> Any:
        """One value, or rows of values."""
        if self.xl is None:
            return None
        rows = typed(self.xl, self._sheet.xl, self._sheet.book.formats)
        return rows[0][0] if len(self) == 1 else rows

    @raw_value.setter
    def raw_value(self, value: Any) -> None:
        if self.xl is None:
            return
        self.refuse_locked()
        rows = self._grid(value)
        computed = self._computed(rows)
        data, special = ready(_literal(rows, computed))
        self.xl.setDataArray(data)
        for kind, columns in special.items():
            for column, places in columns.items():
                self._format_special(kind, column, places, data)
        if computed:
            self._put_formulas({place: to_calc(text) for place, text in computed.items()})

    def _grid(self, value: Any) -> Sequence[Sequence[Any]]:
        """What was given, as rows of this shape."""
        height, width = self.shape
        if not isinstance(value, (list, tuple)):
            return [[value] * width] * height
        rows = value if value and isinstance(value[0], (list, tuple)) else [value]
        if len(rows) != height or any(len(row) != width for row in rows):
            raise CalcError(f"values of another shape than {self.address}")
        return rows

    def _computed(self, rows: Sequence[Sequence[Any]]) -> dict[tuple[int, int], str]:
        """The texts that are formulas or errors: a cell that is formatted as text takes none."""
        found = {
            (row, at): cell if cell[0] == "=" else "=" + cell
            for row, line in enumerate(rows)
            for at, cell in enumerate(line)
            if isinstance(cell, str) and cell and (cell[0] == "=" or (cell[0] == "#" and cell in ERROR_TEXTS))
        }
        if not found:
            return found
        texts = self._kinds(TEXT)
        top, left = self.box[:2]
        return {place: text for place, text in found.items() if (place[0] + top, place[1] + left) not in texts}

    def _kinds(self, kind: str) -> "Places":
        """Where the cells are formatted as a kind."""
        groups = self.xl.getUniqueCellFormatRanges()
        boxes = []
        for number in range(groups.getCount()):
            group = groups.getByIndex(number)
            if self._sheet.book.formats.of(group.getPropertyValue("NumberFormat"))[0] == kind:
                boxes += [box_of(address) for address in group.getRangeAddresses()]
        return Places(boxes)

    def _format_special(self, kind: str, column: int, places: list[int], data: Sequence[Sequence[Any]]) -> None:
        """Format dates and booleans that fall on cells without a format, as Excel does; blanks between them too."""
        key = self._sheet.book.formats.key(FORMATS[kind])
        for first, last in _runs(places, [row[column] == "" for row in data]):
            top, left = self.box[0], self.box[1] + column
            cells = self._sheet.xl.getCellRangeByPosition(left, top + first, left, top + last)
            groups = cells.getUniqueCellFormatRanges()
            for number in range(groups.getCount()):
                group = groups.getByIndex(number)
                found = self._sheet.book.formats.of(group.getPropertyValue("NumberFormat"))[0]
                if found == GENERAL:
                    group.setPropertyValue("NumberFormat", key)

    def clear_contents(self) -> None:
        """Empty the cells and keep their looks; on a protected sheet Calc itself would do nothing and say nothing."""
        if self.xl is not None:
            self.refuse_locked()
            self.xl.clearContents(CONTENTS)

    def refuse_locked(self) -> None:
        """Raise CalcProtected if any of the cells is locked on a protected sheet."""
        if not self._sheet.xl.isProtected():
            return
        groups = self.xl.getUniqueCellFormatRanges()
        if any(groups.getByIndex(at).getPropertyValue("CellProtection").IsLocked for at in range(groups.getCount())):
            raise CalcProtected(f"{self._sheet.name}!{self.address} is protected")

    # Formulas

    @property
    def formula(self) -> Any:
        """One formula, or rows of them, in Excel's spelling; of a cell that does not compute, its content as text."""
        rows = tuple(
            tuple(to_excel(cell) if cell.startswith("=") else cell for cell in row)
            for row in self._true_formulas(self.xl.getFormulaArray())
        )
        return rows[0][0] if len(self) == 1 else rows

    def _true_formulas(self, rows: Sequence[Sequence[str]]) -> Sequence[Sequence[str]]:
        """The formulas without the braces that Calc puts around an array formula."""
        if not any(cell.startswith("{=") for row in rows for cell in row):
            return rows
        computing = set(inside(self.xl.queryContentCells(16)))
        top, left = self.box[:2]
        return [
            [
                cell[1:-1] if cell.startswith("{=") and (row + top, at + left) in computing else cell
                for at, cell in enumerate(line)
            ]
            for row, line in enumerate(rows)
        ]

    @formula.setter
    def formula(self, value: Any) -> None:
        if self.xl is None:
            return
        self.refuse_locked()
        if isinstance(value, str) and value.startswith("="):
            height, width = self.shape
            rows: Any = [[shifted(value, row, column) for column in range(width)] for row in range(height)]
        else:
            rows = self._grid(value)
        if all(isinstance(cell, str) and cell.startswith("=") for row in rows for cell in row):
            self.xl.setFormulaArray(tuple(tuple(to_calc(cell) for cell in row) for row in rows))
            return
        self.raw_value = rows

    def _put_formulas(self, formulas: dict[tuple[int, int], str]) -> None:
        """Formulas by their place in the range; those below each other in one call."""
        top, left = self.box[:2]
        for column in sorted({at for _, at in formulas}):
            rows = sorted(row for row, at in formulas if at == column)
            for first, last in _runs(rows, ()):
                cells = self._sheet.xl.getCellRangeByPosition(left + column, top + first, left + column, top + last)
                cells.setFormulaArray(tuple((formulas[row, column],) for row in range(first, last + 1)))

    # Looks

    @property
    def number_format(self) -> str | None:
        """The code of the format in English; None where the cells differ."""
        codes = set()
        groups = self.xl.getUniqueCellFormatRanges()
        for number in range(groups.getCount()):
            codes.add(self._sheet.book.formats.of(groups.getByIndex(number).getPropertyValue("NumberFormat"))[1])
        return codes.pop() if len(codes) == 1 else None

    @number_format.setter
    def number_format(self, code: str) -> None:
        self.refuse_locked()
        self.xl.setPropertyValue("NumberFormat", self._sheet.book.formats.key(code))

    @property
    def merge_cells(self) -> bool | None:
        """Whether the cells are one merged cell; None where a part of them is merged."""
        cursor = self._sheet.xl.createCursorByRange(self.xl)
        cursor.collapseToMergedArea()
        if box_of(cursor.getRangeAddress()) == self.box and not self.xl.getIsMerged():
            return False
        first = self._sheet.xl.createCursorByRange(self(1, 1).xl)
        first.collapseToMergedArea()
        top, left, bottom, right = box_of(first.getRangeAddress())
        covers = top <= self.box[0] and left <= self.box[1] and bottom >= self.box[2] and right >= self.box[3]
        return True if covers else None

    def autofill(self, destination: Any, type_: str) -> None:
        """Give the looks of the first row to all rows of a longer range; contents stay."""
        if type_ != "fill_formats":
            raise NotImplementedError(type_)
        target: Range = getattr(destination, "impl", destination)
        target.refuse_locked()
        top, left, _, right = self.box
        for column in range(left, right + 1):
            model = self._sheet.xl.getCellByPosition(column, top)
            cells = self._sheet.xl.getCellRangeByPosition(column, target.box[0], column, target.box[2])
            for name, state in zip(LOOKS, model.getPropertyStates(LOOKS), strict=True):
                if state.value == DIRECT or name in ALWAYS:
                    cells.setPropertyValue(name, model.getPropertyValue(name))
        self._sheet.widen_conditions(self.box, target.box)

    def select(self) -> None:
        """Show and select the cells."""
        controller = self._sheet.book.xl.getCurrentController()
        if controller is not None:
            controller.select(self.xl)


class Places:
    """Cells inside of some rectangles."""

    def __init__(self, boxes: Sequence[Box]) -> None:
        self.boxes = boxes

    def __contains__(self, place: tuple[int, int]) -> bool:
        row, column = place
        return any(box[0] <= row <= box[2] and box[1] <= column <= box[3] for box in self.boxes)


def _literal(rows: Sequence[Sequence[Any]], computed: dict[tuple[int, int], str]) -> Sequence[Sequence[Any]]:
    """Rows with computed cells blank, and without the apostrophe that says that a text is a text."""
    if not computed and not any(type(cell) is str and cell[:1] == "'" for row in rows for cell in row):
        return rows
    return [
        [
            "" if (row, at) in computed else cell[1:] if isinstance(cell, str) and cell[:1] == "'" else cell
            for at, cell in enumerate(line)
        ]
        for row, line in enumerate(rows)
    ]


def _runs(places: Sequence[int], bridges: Sequence[bool]) -> Iterator[tuple[int, int]]:
    """First and last of each run of ascending places; places that are bridges may lie between.

    >>> list(_runs([0, 1, 3, 6], [False, False, True, False, False, False, False]))
    [(0, 3), (6, 6)]
    """
    first = last = -2
    for place in places:
        if first >= 0 and (place == last + 1 or (bridges and all(bridges[last + 1 : place]))):
            last = place
            continue
        if first >= 0:
            yield first, last
        first = last = place
    if first >= 0:
        yield first, last
