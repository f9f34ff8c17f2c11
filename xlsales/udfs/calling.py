"""One call from end to end: arguments read, the calculation made, the result or one sentence given back."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from xlsales.core.refusal import Refusal
from xlsales.labels import word
from xlsales.problems import InputError, Problem, from_refusal
from xlsales.udfs import arguments, registry, tables
from xlsales.udfs.answers import Answer, shown
from xlsales.udfs.cells import MOST_ROWS, Range, as_range, plain_out, rows_out, shortened
from xlsales.udfs.registry import Argument, Function
from xlsales.udfs.setup import Given, Setup, read_setup, speaking

SIGN = "#XS! "
LONGEST = 250  # a cell shows no more than 255 letters of a function's text in some versions
READERS: dict[str, Callable[[Argument, Range, Setup], Any]] = {
    registry.NUMBERS: arguments.numbers,
    registry.PAIRS: arguments.pairs,
    registry.TABLE: tables.read,
}


def callable_of(function: Function) -> Callable[..., Any]:
    """The function as people call it from Python: arguments by place or name, ranges as lists of rows."""
    signature = function.signature

    def call(*args: Any, **named: Any) -> Any:
        bound = signature.bind(*args, **named)
        return run(function, bound.arguments)

    call.__name__ = call.__qualname__ = function.name
    call.__doc__ = function.label("en") + "\n\n" + function.help("en")
    call.__signature__ = signature  # type: ignore[attr-defined]
    return call


def run(function: Function, given: dict[str, Any]) -> Any:
    """Compute a function from its arguments by name. Raises InputError with one sentence where they are wrong."""
    setup = read_setup(given.get("settings"), given.get("lang"))
    ranges = {argument.name: as_range(given.get(argument.name)) for argument in function.arguments}
    values: dict[str, Any] = {}
    for argument in function.arguments:
        if argument.kind not in {registry.SETTINGS, registry.LANG}:
            reader = READERS.get(argument.kind, arguments.scalar)
            values[argument.name] = reader(argument, ranges[argument.name], setup)
    try:
        result = function.compute(Given(values, ranges, setup))
    except Refusal as refusal:
        raise InputError(from_refusal(refusal), setup.lang) from None
    if isinstance(result, Answer):
        return shown(result, setup)
    return rows_out(result) if isinstance(result, list) else plain_out(result)


def in_cell(function: Callable[..., Any], lang: str = "en") -> Callable[..., Any]:
    """The function as a cell calls it: whatever goes wrong becomes one sentence after `#XS! `, never a traceback.

    lang: the language of messages where neither the settings nor the arguments name one.
    """

    @wraps(function)
    def call(*args: Any, **named: Any) -> Any:
        with speaking(lang):
            try:
                return fitting(function(*args, **named))
            except InputError as error:
                sentence = str(error)
            except Exception:  # noqa: BLE001 - a cell can show nothing but a sentence
                sentence = word("problem.cell_broken", lang, function=function.__name__)
        return SIGN + (sentence if len(sentence) <= LONGEST - len(SIGN) else sentence[: LONGEST - len(SIGN) - 1] + "…")

    return call


def fitting(result: Any) -> Any:
    """A result that every version of a spreadsheet takes: texts cut, too many rows refused."""
    if isinstance(result, list) and len(result) > MOST_ROWS:
        setup = read_setup()
        raise InputError(Problem("cell_rows", facts={"rows": len(result), "most": MOST_ROWS}), setup.lang)
    return shortened(result)
