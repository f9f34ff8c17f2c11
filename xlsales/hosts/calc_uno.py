"""The bridge to LibreOffice: find its Python module, connect, and turn every exception of its own into one of xlwings.

Nothing of LibreOffice is imported when this module is: a machine without it can import xlsales.
"""

import importlib.util
import os
import sys
from collections.abc import Callable
from functools import cache, wraps
from pathlib import Path
from typing import Any

import xlwings as xw

FOLDER_VARIABLE = "XLSALES_UNO_DIR"
FOLDERS = (
    "/usr/lib/python3/dist-packages",
    "/usr/lib/libreoffice/program",
    "/usr/lib64/libreoffice/program",
    "/opt/libreoffice/program",
)
ENTRANCES = {"__call__", "__len__", "__iter__", "__contains__", "__getitem__"}


class CalcError(xw.XlwingsError):
    """Calc refused what was asked."""


class CalcGone(CalcError):
    """Calc was closed or has crashed."""


class CalcProtected(CalcError):
    """The cells stand on a protected sheet."""


class CalcFileError(CalcError, OSError):
    """A file could not be read or written."""


class UnoMissing(ImportError):
    """LibreOffice's Python module cannot be loaded."""


@cache
def uno() -> Any:
    """LibreOffice's module `uno`. Raises UnoMissing where it is not installed, or made for another Python.

    It is loaded from its file: its folder must not get onto the path, where it would hide the environment's libraries.
    """
    for name in ("uno", "unohelper"):
        if name in sys.modules:
            continue
        found = next((path for path in candidates(name) if path.is_file()), None)
        if found is None:
            raise UnoMissing(name)
        _load(name, found)
    return sys.modules["uno"]


def candidates(name: str) -> list[Path]:
    """Where a module of LibreOffice may be."""
    folders = [os.environ.get(FOLDER_VARIABLE), *FOLDERS]
    return [Path(folder) / f"{name}.py" for folder in folders if folder]


def _load(name: str, path: Path) -> None:
    """Load one module; the compiled half beside it is looked for first, since `uno` imports it by name."""
    if name == "uno" and "pyuno" not in sys.modules:
        for folder in (path.parent, *(Path(each) for each in FOLDERS)):
            if (folder / "pyuno.so").is_file():
                _execute("pyuno", folder / "pyuno.so")
                break
    _execute(name, path)


def _execute(name: str, path: Path) -> None:
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise UnoMissing(name)
    try:
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
    except (ImportError, SystemError) as error:
        sys.modules.pop(name, None)
        raise UnoMissing(f"{path}: {error}") from error


def connect(where: str) -> Any:
    """The context of a running office that listens at `where`, such as "pipe,name=sales". Raises CalcGone."""
    local = uno().getComponentContext()
    resolver = local.ServiceManager.createInstanceWithContext("com.sun.star.bridge.UnoUrlResolver", local)
    told: CalcGone | None = None
    try:
        return resolver.resolve(f"uno:{where};urp;StarOffice.ComponentContext")
    except Exception as error:  # noqa: BLE001 - judged below, outside of the handler
        told = CalcGone(reason(error))
    raise told


def translated(error: BaseException) -> CalcError | None:
    """What stands for an exception of LibreOffice; None for every other exception."""
    if not isinstance(error, uno().getClass("com.sun.star.uno.Exception")):
        return None
    if isinstance(error, uno().getClass("com.sun.star.lang.DisposedException")):
        return CalcGone(reason(error))
    if isinstance(error, uno().getClass("com.sun.star.io.IOException")):
        return CalcFileError(reason(error))
    return CalcError(f"{type(error).__name__.rpartition('.')[2]}: {reason(error)}")


def reason(error: BaseException) -> str:
    """The first line of what LibreOffice says."""
    text = str(getattr(error, "Message", "") or error)
    return text.strip().splitlines()[0] if text.strip() else type(error).__name__


def edge(call: Callable[..., Any]) -> Callable[..., Any]:
    """A call into LibreOffice whose exceptions are translated; theirs may not even cross a context manager."""

    @wraps(call)
    def safe(*args: Any, **named: Any) -> Any:
        try:
            return call(*args, **named)
        except Exception as error:
            told = translated(error)
            if told is None:
                raise
        raise told  # outside of the handler: no exception of LibreOffice stays on as its context

    return safe


def guarded(kind: type) -> type:
    """A class all of whose methods and properties are such calls."""
    for name, member in list(vars(kind).items()):
        if isinstance(member, property):
            fget, fset = (each and edge(each) for each in (member.fget, member.fset))
            setattr(kind, name, property(fget, fset, None, member.__doc__))
        elif callable(member) and not isinstance(member, type) and (not name.startswith("__") or name in ENTRANCES):
            setattr(kind, name, edge(member))
    return kind


def struct(name: str, **fields: Any) -> Any:
    """A record of LibreOffice."""
    made = uno().createUnoStruct("com.sun.star." + name)
    for field, value in fields.items():
        setattr(made, field, value)
    return made


def enum(kind: str, value: str) -> Any:
    """A value of one of LibreOffice's enumerations."""
    return uno().Enum("com.sun.star." + kind, value)


def options(**named: Any) -> tuple[Any, ...]:
    """Named arguments as LibreOffice takes them."""
    return tuple(struct("beans.PropertyValue", Name=name, Value=value) for name, value in named.items())


def url(path: str | Path) -> str:
    """The address of a file."""
    return str(uno().systemPathToFileUrl(str(Path(path).absolute())))


def path_of(address: str) -> str:
    """The file of an address; the address itself where it is no file's."""
    return str(uno().fileUrlToSystemPath(address)) if address.startswith("file:") else address
