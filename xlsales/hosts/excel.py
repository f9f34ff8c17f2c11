"""What Excel calls: every in-cell function as xlwings takes it, and an entry for every button.

The VBA of the workbook names this module: `xlsales.hosts.excel.XS_PACE` and so on for cells, and
`xlsales.hosts.excel.buttons.refresh_margin()` for a button.
"""

import gc
import platform
from collections.abc import Callable
from functools import cache, partial
from inspect import Parameter, Signature
from pathlib import Path
from typing import TYPE_CHECKING, Any

import xlwings as xw

from xlsales.hosts.configuration import configuration_file, read
from xlsales.labels import LANGUAGES

if TYPE_CHECKING:
    from xlsales.udfs.registry import Function


# What xlwings and pandas brought along stays as long as Python runs. To look through it for rubbish again and again
# while our own modules load costs a tenth of a first click.
gc.freeze()


def users_language() -> str:
    """The language that was chosen when xlsales was installed; English if none was."""
    chosen = read(configuration_file(platform.system(), Path.home())).get("LANGUAGE", "en")
    return chosen if chosen in LANGUAGES else "en"


def cell_function(function: "Function", lang: str) -> Callable[..., Any]:
    """A function as xlwings registers it: every argument arrives as rows of cells, error cells as their text.

    An error cell that came as an empty one would count as "not given", and a wrong number might be the result.
    """
    from xlsales.udfs import CALLABLES, in_cell  # noqa: PLC0415 - a button needs no functions

    compute = in_cell(CALLABLES[function.name], lang)

    def cell(*given: Any) -> Any:
        return compute(*given)

    parameters = [
        Parameter(
            argument.name,
            Parameter.POSITIONAL_OR_KEYWORD,
            default=None if argument.optional else Parameter.empty,
        )
        for argument in function.arguments
    ]
    cell.__name__ = cell.__qualname__ = function.name
    cell.__doc__ = function.label(lang)
    cell.__annotations__ = {}  # xlwings would take them for the kinds to convert to
    cell.__signature__ = Signature(parameters)  # type: ignore[attr-defined]
    registered: Callable[..., Any] = cell
    for argument in function.arguments:
        registered = xw.arg(argument.name, ndim=2, err_to_str=True, doc=function.argument_help(argument.name, lang))(
            registered
        )
    return xw.func(category=function.category_label(lang))(registered)  # last: xw.arg sets the category anew


def press(command: str) -> None:
    """Run a command on the workbook whose button was clicked."""
    from xlsales.hosts.book import run  # noqa: PLC0415 - a cell needs no commands

    run(command, xw.Book.caller())


class Buttons:
    """An entry for each command, by its id; the VBA of a button calls it without arguments."""

    def __getattr__(self, command: str) -> Callable[[], None]:
        if command.startswith("_"):
            raise AttributeError(command)
        return partial(press, command)


buttons = Buttons()


@cache
def cell_functions() -> dict[str, Callable[..., Any]]:
    """Every in-cell function as xlwings takes it, by name."""
    from xlsales.udfs import FUNCTIONS  # noqa: PLC0415 - a button needs no functions

    lang = users_language()
    return {name: cell_function(function, lang) for name, function in FUNCTIONS.items()}


def __getattr__(name: str) -> Callable[..., Any]:
    """An in-cell function, made when the first of them is called."""
    if name.startswith("XS_") and name in cell_functions():
        return cell_functions()[name]
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    """The names of this module and of the functions; xlwings writes its wrappers after this list."""
    return sorted({*globals(), *cell_functions()})
