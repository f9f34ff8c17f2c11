"""Books, sheets and names of Calc as xlwings asks for them."""

from numbers import Number
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xlwings import base_classes

from xlsales.hosts.calc_formulas import ONE_CELL, number_of
from xlsales.hosts.calc_range import Range
from xlsales.hosts.calc_tables import Tables
from xlsales.hosts.calc_uno import CalcError, CalcProtected, guarded, options, path_of, uno, url
from xlsales.hosts.calc_values import Box, Formats, box_of

if TYPE_CHECKING:
    from xlsales.hosts.calc import App, Engine

FILTERS = {".ods": "calc8", ".xlsx": "Calc MS Excel 2007 XML"}
PDF = "calc_pdf_Export"
NAMELESS = "__Anonymous"  # Calc keeps plain filters and sortings as database ranges too


@guarded
class Book(base_classes.Book):
    """A spreadsheet document."""

    def __init__(self, app: "App", xl: Any) -> None:
        self._app, self.xl = app, xl
        self._formats: Formats | None = None
        self._places: tuple[Any, dict[str, int]] = (None, {})

    @property
    def api(self) -> Any:
        """Calc's own object."""
        return self.xl

    @property
    def app(self) -> "App":
        """The office."""
        return self._app

    @property
    def engine(self) -> "Engine":
        """The engine."""
        return self._app.engine

    @property
    def key(self) -> str:
        """What tells open documents apart."""
        return str(self.xl.getPropertyValue("RuntimeUID"))

    @property
    def formats(self) -> Formats:
        """Its number formats."""
        if self._formats is None:
            self._formats = Formats(self.xl)
        return self._formats

    @property
    def fullname(self) -> str:
        """The file; only a name while it was never saved."""
        address = self.xl.getURL()
        return path_of(address) if address else self.name

    @property
    def name(self) -> str:
        """The name of the file, else the title of the window."""
        address = self.xl.getURL()
        return Path(path_of(address)).name if address else str(self.xl.getTitle())

    @property
    def sheets(self) -> "Sheets":
        """Its sheets."""
        return Sheets(self)

    @property
    def names(self) -> "Names":
        """Its defined names."""
        return Names(self)

    def table_places(self) -> dict[str, int]:
        """The sheet of each table, from 0; Calc lists the tables of the whole book, and each look at one is a call."""
        ranges = self.xl.getPropertyValue("DatabaseRanges")
        names, sheets = ranges.getElementNames(), self.xl.getSheets().getElementNames()
        if self._places[0] != (names, sheets):
            own = [name for name in names if not name.startswith(NAMELESS)]
            self._places = (names, sheets), {name: ranges.getByName(name).getDataArea().Sheet for name in own}
        return self._places[1]

    def forget_table_places(self) -> None:
        """Look for the tables anew: one is being added, perhaps under the name of one that was on another sheet."""
        self._places = (None, {})

    def activate(self) -> None:
        """Bring it to the front."""
        controller = self.xl.getCurrentController()
        if controller is not None:
            controller.getFrame().activate()

    def save(self, path: str | None = None, password: str | None = None) -> None:
        """Save, under its name or another; .ods keeps everything."""
        if path is None and self.xl.hasLocation():
            if self.xl.isReadonly():
                raise CalcError(f"{self.name} is read-only")
            self.xl.store()
            return
        target = Path(path or f"{self.name}.ods")
        if target.suffix.lower() not in FILTERS:
            raise CalcError(f"Calc does not save {target.suffix} here; save as .ods")
        more = {"Password": password} if password else {}
        self.xl.storeAsURL(url(target), options(FilterName=FILTERS[target.suffix.lower()], **more))

    def to_pdf(self, path: str, quality: str) -> None:  # noqa: ARG002 - Calc has one quality
        """Save the visible sheets as a PDF file; Calc itself would print the hidden ones too."""
        shown = [sheet for sheet in self.sheets if sheet.visible]
        if len(shown) == 1:
            printed = shown[0].xl  # of a whole sheet Calc prints the print areas, each on its own page
        else:
            printed = self.xl.createInstance("com.sun.star.sheet.SheetCellRanges")
            for sheet in shown:
                areas = sheet.xl.getPrintAreas() or [sheet.used_range.xl.getRangeAddress()]
                printed.addRangeAddresses(areas, False)
        chosen = uno().Any("[]com.sun.star.beans.PropertyValue", options(Selection=printed))
        self.xl.storeToURL(url(path), options(FilterName=PDF, FilterData=chosen))

    def close(self) -> None:
        """Close without saving."""
        self.xl.close(True)


@guarded
class Sheets(base_classes.Sheets):
    """The sheets of a book."""

    def __init__(self, book: Book) -> None:
        self.book, self.xl = book, book.xl.getSheets()

    @property
    def api(self) -> Any:
        """Calc's own object."""
        return self.xl

    @property
    def active(self) -> "Sheet":
        """The sheet that is shown."""
        controller = self.book.xl.getCurrentController()
        return Sheet(self.book, controller.getActiveSheet() if controller else self.xl.getByIndex(0))

    def __call__(self, key: int | str) -> "Sheet":
        """By number or name."""
        if isinstance(key, Number):
            if 1 <= int(key) <= len(self):
                return Sheet(self.book, self.xl.getByIndex(int(key) - 1))
        elif self.xl.hasByName(key):
            return Sheet(self.book, self.xl.getByName(key))
        raise KeyError(key)

    def __len__(self) -> int:
        return int(self.xl.getCount())

    def __iter__(self) -> Any:
        return iter([Sheet(self.book, self.xl.getByIndex(at)) for at in range(len(self))])

    def add(self, before: "Sheet | None" = None, after: "Sheet | None" = None, name: str | None = None) -> "Sheet":
        """Insert a sheet before or after another and go there."""
        self._refuse_protected()
        if name is None:
            name = next(f"Sheet{at}" for at in range(1, len(self) + 2) if not self.xl.hasByName(f"Sheet{at}"))
        beside = before or after or self.active
        self.xl.insertNewByName(name, beside.index if after is not None else beside.index - 1)
        made = Sheet(self.book, self.xl.getByName(name))
        made.activate()
        return made

    def _refuse_protected(self) -> None:
        if self.book.xl.isProtected():
            raise CalcProtected(f"the structure of {self.book.name} is protected")

    def remove(self, sheet: "Sheet") -> None:
        """Delete a sheet."""
        self._refuse_protected()
        self.xl.removeByName(sheet.name)


@guarded
class Sheet(base_classes.Sheet):
    """A sheet."""

    def __init__(self, book: Book, xl: Any) -> None:
        self._book, self.xl = book, xl

    @property
    def api(self) -> Any:
        """Calc's own object."""
        return self.xl

    @property
    def book(self) -> Book:
        """The book."""
        return self._book

    @property
    def name(self) -> str:
        """What stands on its tab."""
        return str(self.xl.getName())

    @name.setter
    def name(self, name: str) -> None:
        if self._book.xl.isProtected():
            raise CalcProtected(f"the structure of {self._book.name} is protected")
        self.xl.setName(name)

    @property
    def index(self) -> int:
        """Its place, from 1."""
        return int(self.xl.getRangeAddress().Sheet) + 1

    @property
    def visible(self) -> bool:
        """Whether its tab is shown."""
        return bool(self.xl.getPropertyValue("IsVisible"))

    @visible.setter
    def visible(self, wanted: bool) -> None:
        self.xl.setPropertyValue("IsVisible", bool(wanted))

    @property
    def tables(self) -> Tables:
        """Its tables."""
        return Tables(self)

    @property
    def used_range(self) -> Range:
        """From the first cell with anything in it to the last."""
        cursor = self.xl.createCursor()
        cursor.gotoStartOfUsedArea(False)
        cursor.gotoEndOfUsedArea(True)
        return Range(self, box_of(cursor.getRangeAddress()))

    @property
    def cells(self) -> Range:
        """All cells."""
        return Range(self, box_of(self.xl.getRangeAddress()))

    def range(self, first: Any, last: Any = None) -> Range:
        """Cells by address, by (row, column), by two corners in any order, or by (row, column, height, width)."""
        if isinstance(first, Number) and isinstance(last, Number):
            first, last = (first, last), None
        box = self._box(first)
        if last is not None:
            other = self._box(last)
            box = min(box[0], other[0]), min(box[1], other[1]), max(box[2], other[2]), max(box[3], other[3])
        return Range(self, box)

    def _box(self, place: Any) -> Box:
        if isinstance(place, Range):
            return place.box
        if isinstance(place, tuple):
            row, column, height, width = (*place, 1, 1) if len(place) == 2 else place
            if row < 1 or column < 1:
                raise IndexError("rows and columns are counted from 1")
            return row - 1, column - 1, row + height - 2, column + width - 2
        corners = [ONE_CELL.fullmatch(part) for part in str(place).split(":")]
        if len(corners) <= 2 and all(corners):
            cells = [(int(found[4]) - 1, number_of(found[2]) - 1) for found in corners if found]
            return min(cells)[0], min(at for _, at in cells), max(cells)[0], max(at for _, at in cells)
        return box_of(self.xl.getCellRangeByName(str(place)).getRangeAddress())

    def activate(self) -> None:
        """Show it."""
        controller = self._book.xl.getCurrentController()
        if controller is not None:
            controller.setActiveSheet(self.xl)

    select = activate

    def delete(self) -> None:
        """Remove it."""
        self._book.sheets.remove(self)

    def widen_conditions(self, model: Box, target: Box) -> None:
        """Let conditional formats that cover all rows of the model cover the target as well."""
        held = self.xl.getPropertyValue("ConditionalFormats")
        for condition in held.getConditionalFormats() if held is not None else ():
            ranges = condition.getPropertyValue("Range")
            boxes = [box_of(address) for address in ranges.getRangeAddresses()]
            grown = [_grown(box, model, target) for box in boxes]
            if grown != boxes:
                wider = self._book.xl.createInstance("com.sun.star.sheet.SheetCellRanges")
                for top, left, bottom, right in grown:
                    address = self.xl.getCellRangeByPosition(left, top, right, bottom).getRangeAddress()
                    wider.addRangeAddress(address, True)
                condition.setPropertyValue("Range", wider)


def _grown(box: Box, model: Box, target: Box) -> Box:
    """A rectangle over a part of the model's columns, down to the last row of the target.

    >>> _grown((4, 2, 8, 2), (4, 0, 4, 6), (4, 0, 20, 6))
    (4, 2, 20, 2)
    """
    covers = box[0] <= model[0] and box[2] >= model[2] and box[1] <= model[3] and box[3] >= model[1]
    return (box[0], box[1], max(box[2], target[2]), box[3]) if covers else box


@guarded
class Names(base_classes.Names):
    """The defined names of a book."""

    def __init__(self, book: Book) -> None:
        self.book, self.xl = book, book.xl.getPropertyValue("NamedRanges")

    @property
    def api(self) -> Any:
        """Calc's own object."""
        return self.xl

    def __call__(self, key: int | str) -> "Name":
        """By number or name."""
        if isinstance(key, Number):
            if 1 <= int(key) <= len(self):
                return Name(self.book, self.xl.getByIndex(int(key) - 1))
        elif self.xl.hasByName(key):
            return Name(self.book, self.xl.getByName(key))
        raise KeyError(key)

    def contains(self, key: str) -> bool:
        """Whether a name is defined."""
        return bool(self.xl.hasByName(key))

    def __len__(self) -> int:
        return int(self.xl.getCount())


@guarded
class Name(base_classes.Name):
    """One defined name."""

    def __init__(self, book: Book, xl: Any) -> None:
        self.book, self.xl = book, xl

    @property
    def api(self) -> Any:
        """Calc's own object."""
        return self.xl

    @property
    def name(self) -> str:
        """The name."""
        return str(self.xl.getName())

    @property
    def refers_to_range(self) -> Range:
        """The cells that it stands for."""
        cells = self.xl.getReferredCells()
        if cells is None or "#REF!" in self.xl.getContent():  # Calc would name cells of another sheet
            raise CalcError(f"{self.name} stands for no cells")
        return Range(Sheet(self.book, cells.getSpreadsheet()), box_of(cells.getRangeAddress()))
