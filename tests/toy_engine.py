"""An in-memory xlwings engine with what Excel documents of cells, tables, names, filters and protection.

`toy_book()` gives an `xw.Book`; its `impl` lets a test type like a user, break things and look at everything. Values
are taken as Excel takes them: texts that look like numbers, dates or formulas become such unless the cell is formatted
as text or they begin with an apostrophe.
"""

# ruff: noqa: ARG004, DTZ001, N803 - xlwings and Excel name the arguments, and cells know no time zones

import copy
import datetime as dt
import math
import numbers
import re
from types import SimpleNamespace

import xlwings as xw
from xlwings import base_classes as bases
from xlwings.utils import a1_to_tuples, col_name

ERRORS = {"#N/A", "#REF!", "#DIV/0!", "#VALUE!", "#NAME?", "#NUM!", "#NULL!"}
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
MONTH = re.compile(r"(\d{4})-(\d{1,2})")
DAY = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")
LINK = re.compile(r'=HYPERLINK\("(?:[^"]|"")*","((?:[^"]|"")*)"\)')
EPOCH = dt.datetime(1899, 12, 30)
LAST_ROW, LAST_COLUMN = 1_048_576, 16_384


class ComError(Exception):
    """What Excel answers to what it will not do."""


class Engine:
    name, type = "toy", "desktop"

    @property
    def apps(self):
        return APPS

    @staticmethod
    def clean_value_data(data, datetime_builder, empty_as, number_builder, err_to_str):
        def clean(value):
            if value in ("", None):
                return empty_as
            if isinstance(value, dt.datetime):
                parts = ("year", "month", "day", "hour", "minute", "second", "microsecond")
                return datetime_builder(**{part: getattr(value, part) for part in parts}, tzinfo=None)
            if isinstance(value, str) and value in ERRORS:
                return value if err_to_str else None
            return number_builder(value) if number_builder and isinstance(value, float) else value

        return [[clean(value) for value in row] for row in data]

    @staticmethod
    def prepare_xl_data_element(value, options):
        if value is None or value != value:  # noqa: PLR0124 - NaN
            return ""
        if hasattr(value, "to_pydatetime"):
            return value.to_pydatetime()
        if type(value) is dt.date:
            return dt.datetime(value.year, value.month, value.day)
        return value


ENGINE = Engine()


class Apps(bases.Apps):
    def __init__(self):
        self.running = []

    def keys(self):
        return [app.pid for app in self.running]

    def add(self, spec=None, add_book=None, xl=None, visible=None):
        app = App(len(self.running) + 1)
        self.running.insert(0, app)
        if add_book:
            app.books.add()
        return app

    def __iter__(self):
        return iter(self.running)

    def __len__(self):
        return len(self.running)

    def __getitem__(self, pid):
        return next(app for app in self.running if app.pid == pid)


class App(bases.App):
    engine, visible, version, api = ENGINE, True, "16.0", None
    display_alerts, screen_updating, calculation, enable_events = True, True, "automatic", True

    def __init__(self, pid):
        self.number, self.opened, self.said, self.asked, self.answers = pid, [], [], [], []

        self.status_bar_now, self.shown = False, []
        self.selected = None

    pid = property(lambda self: self.number)
    books = property(lambda self: Books(self))  # noqa: PLW0108 - defined below
    selection = property(lambda self: self.selected)

    @property
    def status_bar(self):
        return self.status_bar_now

    @status_bar.setter
    def status_bar(self, text):
        self.status_bar_now = text
        self.shown.append(text)

    def activate(self, steal_focus=False):
        pass

    def alert(self, prompt, title, buttons, mode, callback):
        if buttons == "ok":
            self.said.append(prompt)
            return "ok"
        self.asked.append(prompt)
        return self.answers.pop(0) if self.answers else "yes"

    def quit(self):
        APPS.running.remove(self)


class Collection:
    api = None

    def __len__(self):
        return sum(1 for _ in self)

    def __call__(self, key):
        for number, item in enumerate(self, 1):
            if key in {number, item.name}:
                return item
        raise KeyError(key)

    def __contains__(self, key):
        return any(item.name == key for item in self)


class Books(Collection, bases.Books):
    app = None

    def __init__(self, app):
        self.app = app

    def __iter__(self):
        return iter(self.app.opened)

    @property
    def active(self):
        return self.app.opened[0]

    def add(self):
        book = Book(self.app, f"Book{len(self.app.opened) + 1}")
        self.app.opened.insert(0, book)
        return book


class Book(bases.Book):
    """A workbook. fails: how many changes from now one is refused (0: the next), None for never."""

    name = fullname = app = api = None

    def __init__(self, app, name):
        self.app, self.name, self.fullname = app, name, name
        self.named, self.tabs, self.saved, self.pdfs = {}, [], [], []
        self.api = SimpleNamespace(ReadOnly=False, MultiUserEditing=False, UserStatus=[("me",)], AutoSaveOn=False)
        self.fails, self.changes = None, 0
        self.front = None
        self.sheets.add()

    sheets = property(lambda self: Sheets(self))  # noqa: PLW0108 - defined below
    names = property(lambda self: Names(self))  # noqa: PLW0108 - defined below

    def change(self, sheet=None):
        """Every change of the book passes here."""
        if sheet is not None and sheet.locked:
            raise ComError(f"{sheet.name} is protected")
        self.changes += 1
        if self.fails is not None:
            self.fails -= 1
            if self.fails < 0:
                self.fails = None
                raise ComError("injected")

    def state(self):
        """Everything that a user could see changed."""
        app = self.app
        return copy.deepcopy(
            {
                "sheets": {
                    tab.name: (
                        tab.cells_,
                        tab.formulas,
                        tab.locked,
                        tab.visible,
                        {table.name: (table.area.place, table.totals) for table in tab.listed},
                    )
                    for tab in self.tabs
                },
                "names": self.named,
                "app": (app.screen_updating, app.calculation, app.enable_events, app.status_bar, app.display_alerts),
                "autosave": self.api.AutoSaveOn,
            }
        )

    def save(self, path=None, password=None):
        self.saved.append(path or self.fullname)

    def close(self):
        self.app.opened.remove(self)

    def activate(self):
        pass

    def to_pdf(self, path, quality):
        self.pdfs.append((path, [tab.name for tab in self.tabs if tab.visible is True]))


class Sheets(Collection, bases.Sheets):
    def __init__(self, book):
        self.book = book

    def __iter__(self):
        return iter(self.book.tabs)

    @property
    def active(self):
        return self.book.front or self.book.tabs[0]

    def add(self, before=None, after=None, name=None):
        if self.book.tabs:
            self.book.change()
        names = {tab.name.casefold() for tab in self.book.tabs}
        sheet = Sheet(self.book, name or f"Sheet{len(names) + 1}")
        if sheet.name.casefold() in names:
            raise ComError("the name is taken")
        self.book.tabs.insert(self.book.tabs.index(after) + 1 if after else 0, sheet)
        return sheet


class SheetApi:
    """The COM object of a sheet, as far as protection and filters go."""

    def __init__(self, sheet):
        self.sheet, self.FilterMode = sheet, False
        self.ProtectDrawingObjects = self.ProtectScenarios = True
        self.Protection = SimpleNamespace(**dict.fromkeys(ALLOWED, False))

    @property
    def ProtectContents(self):
        return self.sheet.locked

    def Unprotect(self, password):
        if password != self.sheet.password:
            raise ComError("The password you supplied is not correct.")
        self.sheet.locked = False

    def Protect(self, Contents, DrawingObjects, Scenarios, **allowed):
        self.sheet.locked = Contents
        self.Protection = SimpleNamespace(**{**dict.fromkeys(ALLOWED, False), **allowed})


ALLOWED = ["Allow" + what for what in (
    "FormattingCells", "FormattingColumns", "FormattingRows", "InsertingColumns", "InsertingRows",
    "InsertingHyperlinks", "DeletingColumns", "DeletingRows", "Sorting", "Filtering", "UsingPivotTables")]  # fmt: skip


class Sheet(bases.Sheet):
    book = name = visible = None

    def __init__(self, book, name):
        self.book, self.name, self.visible = book, name, True
        self.cells_, self.formulas, self.formats, self.links, self.merged = {}, {}, {}, set(), set()
        self.listed, self.locked, self.password = [], False, ""
        self.com = SheetApi(self)

    api = property(lambda self: self.com)
    index = property(lambda self: self.book.tabs.index(self) + 1)
    tables = property(lambda self: Tables(self))  # noqa: PLW0108 - defined below
    cells = property(lambda self: Range(self, 1, 1, LAST_ROW, LAST_COLUMN))

    def range(self, first, last=None):
        if isinstance(first, tuple) and len(first) == 4:  # slicing passes row, column, height, width
            return Range(self, *first)
        if isinstance(first, str):
            first, end = a1_to_tuples(first.replace("$", ""))
            last = last or end
        corners = [
            corner
            for cell in (first, last)
            if cell is not None
            for corner in ([cell] if isinstance(cell, tuple) else cell.corners())
        ]
        rows, columns = zip(*corners, strict=True)
        top, left = min(rows), min(columns)
        assert top >= 1, "cells are counted from 1"
        assert left >= 1, "cells are counted from 1"
        return Range(self, top, left, max(rows) - top + 1, max(columns) - left + 1)

    @property
    def used_range(self):
        places = self.cells_ or {(1, 1): None}
        rows, columns = zip(*places, strict=True)
        return self.range((min(rows), min(columns)), (max(rows), max(columns)))

    def activate(self):
        self.book.front = self

    def delete(self):
        assert not self.book.app.display_alerts, "Excel would ask"
        self.book.change()
        self.book.tabs.remove(self)
        self.book.front = None


class Range(bases.Range):
    sheet = None
    has_array = False
    options = {}  # noqa: RUF012 - xlwings reads it so

    def __init__(self, sheet, row, column, height, width):
        self.sheet, self.place = sheet, (row, column, height, width)

    row = property(lambda self: self.place[0])
    column = property(lambda self: self.place[1])
    shape = property(lambda self: self.place[2:])
    coords = property(lambda self: (self.sheet.name, *self.place))

    @property
    def api(self):
        return SimpleNamespace(ClearHyperlinks=self.clear_links)

    def clear_links(self):
        self.sheet.book.change(self.sheet)
        self.sheet.links -= set(self.flat())

    def corners(self):
        row, column, height, width = self.place
        return [(row, column), (row + height - 1, column + width - 1)]

    def __len__(self):
        return self.shape[0] * self.shape[1]

    def __call__(self, row, column=None):
        if column is None:
            row, column = (part + 1 for part in divmod(row - 1, self.shape[1]))
        return Range(self.sheet, self.row + row - 1, self.column + column - 1, 1, 1)

    def lines(self):
        row, column, height, width = self.place
        return [[(at, step) for step in range(column, column + width)] for at in range(row, row + height)]

    def flat(self):
        return [cell for line in self.lines() for cell in line]

    def read(self, shown):
        rows = tuple(tuple(shown(cell) for cell in line) for line in self.lines())
        return rows[0][0] if len(self) == 1 else rows

    @property
    def raw_value(self):
        return self.read(self.sheet.cells_.get)

    @raw_value.setter
    def raw_value(self, value):
        self.write(value)

    def write(self, value):
        self.sheet.book.change(self.sheet)
        for at, line in enumerate(self.lines()):
            for step, cell in enumerate(line):
                one = value[at][step] if isinstance(value, (list, tuple)) else value
                if isinstance(one, str) and one.startswith("=") and self.sheet.formats.get(cell) != "@":
                    one = moved(one, at, step) if not isinstance(value, (list, tuple)) else one
                self.sheet_set(cell, one)

    def sheet_set(self, cell, value):
        sheet = self.sheet
        sheet.formulas.pop(cell, None)
        value = taken(value, sheet.formats.get(cell, "General"))
        if value is None:
            sheet.cells_.pop(cell, None)
            return
        if isinstance(value, Formula):
            sheet.formulas[cell] = str(value)
            linked = LINK.fullmatch(value)
            value = linked[1].replace('""', '"') if linked else 0.0  # nothing else is computed here
        elif isinstance(value, dt.datetime) and sheet.formats.get(cell, "General") == "General":
            sheet.formats[cell] = "yyyy-mm-dd"
        sheet.cells_[cell] = value

    @property
    def formula(self):
        return self.read(lambda cell: self.sheet.formulas.get(cell, as_typed(self.sheet.cells_.get(cell))))

    @formula.setter
    def formula(self, value):
        self.write(value)

    def clear_contents(self):
        self.write(None)

    @property
    def number_format(self):
        found = {self.sheet.formats.get(cell, "General") for cell in self.flat()}
        return found.pop() if len(found) == 1 else None

    @number_format.setter
    def number_format(self, pattern):
        self.sheet.book.change(self.sheet)
        self.sheet.formats |= dict.fromkeys(self.flat(), pattern)

    def autofill(self, destination, type_):
        assert type_ == "fill_formats"
        self.sheet.book.change(self.sheet)
        rest = destination.impl
        assert rest.place[:2] == self.place[:2], "the destination begins with the origin"
        for line in rest.lines():
            for origin, cell in zip(self.lines()[0], line, strict=True):
                if origin in self.sheet.formats:
                    self.sheet.formats[cell] = self.sheet.formats[origin]

    @property
    def merge_cells(self):
        found = [cell in self.sheet.merged for cell in self.flat()]
        return True if all(found) else None if any(found) else False

    def get_address(self, row_absolute=True, column_absolute=True, external=False):
        row, column, height, width = self.place
        mark = ("$" if column_absolute else "", "$" if row_absolute else "")

        def cell(at, step):
            return f"{mark[0]}{col_name(step)}{mark[1]}{at}"

        first = cell(row, column)
        return first if len(self) == 1 else f"{first}:{cell(row + height - 1, column + width - 1)}"

    address = property(lambda self: self.get_address())

    def select(self):
        self.sheet.book.app.selected = self


class Selection(Range):
    """Several areas; like Excel's, it answers for the first and gives the address of all."""

    def __init__(self, areas):
        super().__init__(areas[0].sheet, *areas[0].place)
        self.areas = areas

    address = property(lambda self: ",".join(area.get_address() for area in self.areas))


class Formula(str):
    """A text that a cell computes."""

    __slots__ = ()


def taken(value, pattern):
    """What a cell holds after a value was given to it."""
    if value is None or value == "":
        return None
    if isinstance(value, (bool, dt.datetime)):
        return value
    if isinstance(value, numbers.Real):
        return as_typed(float(value)) if pattern == "@" else float(value)
    assert isinstance(value, str), f"no cell takes a {type(value)}"
    assert len(value) <= 32_767, "a cell holds no more"
    if value.startswith("'"):
        return value[1:]
    if pattern == "@":
        return value
    if value.startswith("="):
        return Formula(value)
    if NUMBER.fullmatch(value):
        return float(value)
    if found := DAY.fullmatch(value):
        return dt.datetime(*map(int, found.groups()))
    if found := MONTH.fullmatch(value):
        return dt.datetime(int(found[1]), int(found[2]), 1)
    return {"TRUE": True, "FALSE": False}.get(value.upper(), value)


def as_typed(value):
    """What the formula bar shows of a plain value."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, dt.datetime):
        value = (value - EPOCH) / dt.timedelta(days=1)
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and math.isfinite(value) else repr(value)
    return value


def moved(formula, rows, columns):
    """A formula in another cell: references without dollars move with it."""

    def one(found):
        column, row = found[2], int(found[4])
        (_, number), _ = a1_to_tuples(f"{column}1")
        column = column if found[1] else col_name(number + columns)
        return f"{found[1]}{column}{found[3]}{row if found[3] else row + rows}"

    return re.sub(r"(?<![A-Za-z0-9_\[])(\$?)([A-Z]{1,3})(\$?)(\d+)(?![\w(])", one, formula)


class Names(Collection, bases.Names):
    def __init__(self, book):
        self.book = book

    def __iter__(self):
        return (Name(self.book, name) for name in self.book.named)

    def contains(self, name):
        return name in self.book.named

    def add(self, name, refers_to):
        self.book.named[name] = refers_to
        return Name(self.book, name)


class Name(bases.Name):
    name = api = None

    def __init__(self, book, name):
        self.book, self.name = book, name

    refers_to = property(lambda self: self.book.named[self.name])

    @property
    def refers_to_range(self):
        parts = [part.rsplit("!", 1) for part in self.refers_to.lstrip("=").split(",")]
        if any(part[-1] == "#REF!" for part in parts):
            raise ComError("the name refers to nothing")
        sheet = self.book.sheets(parts[0][0].strip("'").replace("''", "'"))
        areas = [sheet.range(address) for _, address in parts]
        return areas[0] if len(areas) == 1 else Selection(areas)

    def delete(self):
        del self.book.named[self.name]


class Tables(Collection, bases.Tables):
    def __init__(self, sheet):
        self.parent = sheet

    def __iter__(self):
        return iter(self.parent.listed)

    def add(self, source=None, has_headers=None, name=None, **_):
        area = getattr(source, "impl", source)
        if any(table.name == name for tab in self.parent.book.tabs for table in tab.listed):
            raise ComError("the name is taken")
        self.parent.book.change(self.parent)
        table = Table(self.parent, name or f"Table{len(self) + 1}", area)
        self.parent.listed.append(table)
        return table


class Table(bases.Table):
    """A ListObject. Its range has the row of totals, if that is shown."""

    name = parent = None

    def __init__(self, sheet, name, area):
        self.parent, self.name, self.area = sheet, name, area
        self.totals, self.kept = False, {}
        self.com = SimpleNamespace(AutoFilter=SimpleNamespace(FilterMode=False))

    api = property(lambda self: self.com)
    display_name = property(lambda self: self.name)
    range = property(lambda self: self.area)

    @property
    def show_totals(self):
        return self.totals

    @show_totals.setter
    def show_totals(self, on):
        self.parent.book.change(self.parent)
        sheet, (row, column, height, width) = self.parent, self.area.place
        if on and not self.totals:
            self.area = Range(sheet, row, column, height + 1, width)
            for step, (value, formula) in self.kept.items():
                place = (row + height, column + step)
                sheet.cells_ |= {place: value} if value is not None else {}
                sheet.formulas |= {place: formula} if formula else {}
        elif self.totals and not on:
            last = [(row + height - 1, at) for at in range(column, column + width)]
            self.kept = {at - column: (sheet.cells_.pop((line, at), None), sheet.formulas.pop((line, at), None))
                         for line, at in last}  # fmt: skip
            self.area = Range(sheet, row, column, height - 1, width)
        self.totals = bool(on)

    def resize(self, cells):
        new = cells.impl
        assert not self.totals, "what becomes of the totals depends on the version"
        if new.place[0] != self.area.place[0] or new.shape[0] < 2:
            raise ComError("the headings stay in their row, with at least one row under them")
        taken_places = {cell for table in self.parent.listed if table is not self for cell in table.area.flat()}
        if taken_places & set(new.flat()):
            raise ComError("tables do not overlap")
        self.parent.book.change(self.parent)
        self.area = new

    def _rows(self, first, count):
        row, column, _, width = self.area.place
        return Range(self.parent, row + first, column, count, width)

    header_row_range = property(lambda self: self._rows(0, 1))
    data_body_range = property(lambda self: self._rows(1, self.area.shape[0] - 1 - self.totals))


APPS = Apps()


def toy_book(name="book.xlsx"):
    """A new book of the toy engine, the active one."""
    if "toy" not in [engine.name for engine in xw.engines]:
        xw.engines.add(xw.Engine(impl=ENGINE))
    xw.engines["toy"].activate()
    APPS.running.clear()
    app = APPS.add()
    app.books.add()
    book = xw.Book(impl=app.books.active)
    book.impl.name = book.impl.fullname = name
    return book
