"""Tables of Calc (database ranges) as xlwings asks for Excel's ListObjects, row of totals included."""

from collections.abc import Iterable
from numbers import Number
from typing import TYPE_CHECKING, Any

from xlwings import base_classes

from xlsales.hosts.calc_range import Range
from xlsales.hosts.calc_uno import CalcError, guarded, struct
from xlsales.hosts.calc_values import Box, box_of

if TYPE_CHECKING:
    from xlsales.hosts.calc_book import Sheet

LAST_ROW, CHUNK = 1_048_575, 1000


@guarded
class Tables(base_classes.Tables):
    """The tables of one sheet."""

    def __init__(self, sheet: "Sheet") -> None:
        self.sheet, self.xl = sheet, sheet.book.xl.getPropertyValue("DatabaseRanges")

    @property
    def api(self) -> Any:
        """Calc's own object, of the whole book."""
        return self.xl

    @property
    def parent(self) -> "Sheet":
        """The sheet."""
        return self.sheet

    def _names(self) -> list[str]:
        number = self.sheet.index - 1
        return [name for name, at in self.sheet.book.table_places().items() if at == number]

    def __call__(self, key: int | str) -> "Table":
        """By number or name."""
        names = self._names()
        if isinstance(key, Number) and 1 <= int(key) <= len(names):
            return Table(self.sheet, self.xl.getByName(names[int(key) - 1]))
        if key in names:
            return Table(self.sheet, self.xl.getByName(key))
        raise KeyError(key)

    def __len__(self) -> int:
        return len(self._names())

    def __iter__(self) -> Any:
        return iter([Table(self.sheet, self.xl.getByName(name)) for name in self._names()])

    def __contains__(self, key: object) -> bool:
        return key in self._names()

    def add(
        self,
        source_type: str | None = None,  # noqa: ARG002
        source: Any = None,
        link_source: object = None,  # noqa: ARG002
        has_headers: object = None,
        destination: object = None,  # noqa: ARG002
        table_style_name: str | None = None,  # noqa: ARG002 - Calc has no table styles
        name: str | None = None,
    ) -> "Table":
        """Make a table of cells."""
        if name is None:
            numbers = range(1, len(self.xl.getElementNames()) + 2)
            name = next(f"Table{number}" for number in numbers if not self.xl.hasByName(f"Table{number}"))
        elif self.xl.hasByName(name):
            raise CalcError(f"there is a table {name} already")
        self.sheet.book.forget_table_places()
        self.xl.addNewByName(name, address_of(self.sheet, getattr(source, "impl", source).box))
        made = self.xl.getByName(name)
        made.setPropertyValue("ContainsHeader", has_headers is not False and has_headers != "no")
        made.setPropertyValue("AutoFilter", True)
        return Table(self.sheet, made)


@guarded
class Table(base_classes.Table):
    """One table."""

    def __init__(self, sheet: "Sheet", xl: Any) -> None:
        self.sheet, self.xl = sheet, xl

    @property
    def api(self) -> Any:
        """Calc's own object."""
        return self.xl

    @property
    def parent(self) -> "Sheet":
        """The sheet."""
        return self.sheet

    @property
    def name(self) -> str:
        """The name."""
        return str(self.xl.getName())

    @property
    def range(self) -> Range:
        """All its cells, with the headings and the totals."""
        return Range(self.sheet, self._box())

    def _box(self) -> Box:
        return box_of(self.xl.getDataArea())

    def resize(self, cells: Any) -> None:
        """Make it cover other cells."""
        self.xl.setDataArea(address_of(self.sheet, getattr(cells, "impl", cells).box))

    def take_in(self) -> int:
        """Take in the rows that were typed right under it, as Excel's tables do by themselves; says how many."""
        top, left, bottom, right = self._box()
        more, chunk = 0, 1  # nearly always there is nothing
        while (first := bottom + more + 1) <= LAST_ROW:
            last = min(first + chunk - 1, LAST_ROW)
            rows = self.sheet.xl.getCellRangeByPosition(left, first, right, last).getDataArray()
            count = next((at for at, row in enumerate(rows) if all(cell == "" for cell in row)), len(rows))
            more, chunk = more + count, CHUNK
            if count < len(rows):
                break
        if more:
            self.xl.setDataArea(address_of(self.sheet, (top, left, bottom + more, right)))
        return more

    @property
    def show_totals(self) -> bool:
        """Whether its last row holds totals."""
        return bool(self.xl.getPropertyValue("TotalsRow"))

    @show_totals.setter
    def show_totals(self, wanted: bool) -> None:
        """As Excel: off takes the row away and remembers it, on puts it under the body again."""
        if wanted == self.show_totals:
            return
        top, left, bottom, right = self._box()
        kept = self.sheet.book.engine.totals
        memory = (self.sheet.book.key, self.name)
        row = bottom + 1 if wanted else bottom
        totals = Range(self.sheet, (row, left, row, right))
        if wanted:
            if memory in kept:
                totals.raw_value = [kept.pop(memory)]
            self.xl.setDataArea(address_of(self.sheet, (top, left, row, right)))
            self.xl.setPropertyValue("TotalsRow", True)
            return
        values, formulas = totals.raw_value, totals.formula
        pairs = zip(*((values[0], formulas[0]) if len(totals) > 1 else ((values,), (formulas,))), strict=True)
        kept[memory] = [formula if formula.startswith("=") else value for value, formula in pairs]
        totals.clear_contents()
        self.xl.setPropertyValue("TotalsRow", False)
        self.xl.setDataArea(address_of(self.sheet, (top, left, bottom - 1, right)))


def take_in_typed(sheets: Iterable["Sheet"], prefix: str) -> int:
    """Let every table of ours on an open sheet take in the rows typed under it; says how many rows.

    Calc's tables do not grow while somebody types, and a row that is left out would be missing in every figure.
    """
    return sum(
        table.take_in()
        for sheet in sheets
        if not sheet.xl.isProtected()
        for table in sheet.tables
        if table.name.startswith(prefix) and not table.show_totals
    )


def address_of(sheet: "Sheet", box: Box) -> Any:
    """A rectangle as Calc writes addresses."""
    top, left, bottom, right = box
    number = sheet.index - 1
    return struct(
        "table.CellRangeAddress", Sheet=number, StartRow=top, StartColumn=left, EndRow=bottom, EndColumn=right
    )
