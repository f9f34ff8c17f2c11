"""The real UDF code of xlwings (udfs, _xlwindows, com_server) on any system, over a stand-in for pywin32.

Not stood in for: how COM marshals variants. Everything else between a cell and Python is xlwings' own code.
"""

import ctypes
import datetime as dt
import sys
import types
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from unittest import mock

import xlwings

MISSING = -2147352572  # what COM hands over for an argument that was left out
ERRORS = {"#DIV/0!": -2146826281, "#N/A": -2146826246, "#VALUE!": -2146826273}
RANGE = "{00020846-0000-0000-C000-000000000046}"


class ComError(Exception):
    hresult = 0


class Loose(types.ModuleType):
    """A module that has every name that is asked for."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return mock.MagicMock(name=f"{self.__name__}.{name}")


class TimeType(dt.datetime):
    """pywin32's time is a datetime as well."""


class Ole:
    class Attributes:
        iid = RANGE

    def GetTypeInfo(self) -> "Ole":
        return self

    def GetTypeAttr(self) -> Any:
        return self.Attributes


class FakeRange:
    """Cells as Excel's own Range shows them: one value, or a tuple of rows."""

    _oleobj_ = Ole()
    CLSID = RANGE

    def __init__(self, value: Any, address: str = "$A$1") -> None:
        self.Value = self.Value2 = value
        self.address = address
        rows = value if isinstance(value, tuple) else ((value,),)
        self.Rows = types.SimpleNamespace(Count=len(rows))
        self.Columns = types.SimpleNamespace(Count=len(rows[0]))
        self.Count = len(rows) * len(rows[0])
        self.Row = self.Column = 1
        self.HasArray, self.Formula = False, ""

    def GetAddress(self, *_: object, **__: object) -> str:
        return self.address

    @property
    def Worksheet(self) -> Any:
        application = types.SimpleNamespace(Hwnd=1)
        book = types.SimpleNamespace(Name="book.xlsm", FullName="book.xlsm", Application=application)
        return types.SimpleNamespace(Name="Sheet1", Parent=book, Range=lambda *_: self)


def cell(value: Any) -> Any:
    """A value as Excel hands it over: numbers as floats, dates as times of COM, errors as their codes."""
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, (int, float)):
        return float(value)
    if isinstance(value, dt.date):
        return TimeType(*value.timetuple()[:6], tzinfo=dt.UTC)
    return ERRORS.get(value, value)


def range_of(value: Any) -> FakeRange:
    """A range that holds a value, a row, or rows."""
    if not isinstance(value, (list, tuple)):
        return FakeRange(cell(value))
    rows: Sequence[Any] = value if value and isinstance(value[0], (list, tuple)) else [value]
    if len(rows) == 1 and len(rows[0]) == 1:
        return FakeRange(cell(rows[0][0]))
    return FakeRange(tuple(tuple(cell(each) for each in row) for row in rows))


def stand_in(name: str, **members: Any) -> types.ModuleType:
    module = Loose(name)
    vars(module).update(members)
    return module


def pywin32() -> dict[str, types.ModuleType]:
    """What xlwings imports of pywin32."""

    class Dispatched:
        pass

    class Wrapped:
        def __init__(self, obj: Any) -> None:
            self.obj = obj

    def unwrap(wrapped: Any) -> Any:
        if isinstance(wrapped, Wrapped):
            return wrapped.obj
        raise TypeError

    modules = {
        name: stand_in(name)
        for name in (
            *("win32api", "win32gui", "win32event", "win32com", "win32com.server", "win32com.server.policy"),
            *("win32com.server.dispatcher", "win32com.server.exception"),
        )
    }
    modules["pywintypes"] = stand_in("pywintypes", com_error=ComError, error=ComError, TimeType=TimeType, IID=str)
    modules["win32process"] = stand_in("win32process", GetWindowThreadProcessId=lambda _: (1, 1))
    modules["win32con"] = stand_in("win32con", MB_OK=0)
    modules["win32timezone"] = stand_in("win32timezone", TimeZoneInfo=types.SimpleNamespace(utc=lambda: dt.UTC))
    modules["pythoncom"] = stand_in(
        "pythoncom",
        __file__="libc.so.6",
        ole_error=ComError,
        com_error=ComError,
        IID_IDispatch="IDispatch",
        TypeIIDs={"IDispatch": type("PyIDispatch", (), {})},
        CoInitialize=lambda: None,
        CoMarshalInterThreadInterfaceInStream=lambda _, obj: obj,
    )
    modules["win32com.client"] = stand_in(
        "win32com.client",
        **dict.fromkeys(("CDispatch", "CoClassBaseClass", "DispatchBaseClass"), Dispatched),
        Dispatch=lambda obj, **_: obj,
        DispatchEx=lambda obj: obj,
    )
    modules["win32com.server.util"] = stand_in(
        "win32com.server.util", wrap=lambda obj, _=None: Wrapped(obj), unwrap=unwrap
    )
    parents = {"win32com": ("client", "server"), "win32com.server": ("util", "policy", "dispatcher", "exception")}
    for parent, children in parents.items():
        for child in children:
            setattr(modules[parent], child, modules[f"{parent}.{child}"])
    return modules


REAL = ("xlwings.udfs", "xlwings._xlwindows", "xlwings.com_server")


@contextmanager
def windows() -> Iterator[types.SimpleNamespace]:
    """While it lasts xlwings is what it is on Windows: udfs, com_server, and the decorators that record."""
    engines = xlwings.engines
    engines_before = (list(engines.engines), dict(engines.engines_by_name), engines.active)
    decorators = {name: getattr(xlwings, name) for name in ("func", "sub", "arg", "ret", "script")}
    stubbed = pywin32()
    hidden = {name: sys.modules.pop(name) for name in (*stubbed, *REAL, "xlsales.hosts.excel") if name in sys.modules}
    sys.modules.update(stubbed)
    with (
        mock.patch.object(ctypes, "windll", mock.MagicMock(), create=True),
        mock.patch.object(ctypes, "oledll", mock.MagicMock(), create=True),
        mock.patch.object(ctypes, "PyDLL", mock.MagicMock()),
    ):
        try:
            from xlwings import _xlwindows, com_server, udfs

            engines.add(xlwings.Engine(impl=_xlwindows.engine))
            own = {"func": udfs.xlfunc, "sub": udfs.xlsub, "arg": udfs.xlarg, "ret": udfs.xlret, "script": udfs.xlsub}
            for name, decorator in own.items():
                setattr(xlwings, name, decorator)
            yield types.SimpleNamespace(udfs=udfs, com_server=com_server, windows=_xlwindows)
        finally:
            engines.engines, engines.engines_by_name, engines.active = engines_before
            for name, decorator in decorators.items():
                setattr(xlwings, name, decorator)
            for name in (*stubbed, *REAL, "xlsales.hosts.excel"):
                sys.modules.pop(name, None)
            for name in REAL:
                if hasattr(xlwings, name.rpartition(".")[2]):
                    delattr(xlwings, name.rpartition(".")[2])
            sys.modules.update(hidden)
