"""What Calc calls: a function of a cell, a command of menu or toolbar (see `build/parts/calc_component.txt`)."""

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from xlsales.udfs import CALLABLES, in_cell

BUSY: list[str] = []  # the command that is running


@cache
def cell_function(name: str, lang: str) -> Callable[..., Any]:
    """A function as cells call it, with the language of its messages where no argument names one."""
    return in_cell(CALLABLES[name], lang)


def call(name: str, given: Sequence[Any], lang: str) -> Any:
    """Compute a cell. given: as Calc hands arguments over, None for one that is left out; an area as rows."""
    return cell_function(name, lang)(*(_cells(value) for value in given))


def _cells(value: Any) -> Any:
    """An argument: an area of one cell is a cell, since Calc makes areas of single cells too."""
    if isinstance(value, tuple) and len(value) == 1 and len(value[0]) == 1:
        return value[0][0]
    return [list(row) for row in value] if isinstance(value, tuple) else value


def press(context: Any, command: str) -> None:
    """Carry out a command on the workbook in front. context: of the office inside of which this runs.

    Showing progress lets Calc handle what was clicked and typed meanwhile; so the window takes nothing until the end,
    and a click that came through all the same is dropped: no command may begin inside of another.
    """
    import xlwings as xw  # noqa: PLC0415 - a cell needs none of this

    from xlsales.hosts.book import run  # noqa: PLC0415
    from xlsales.hosts.calc import attach  # noqa: PLC0415
    from xlsales.hosts.calc_tables import take_in_typed  # noqa: PLC0415
    from xlsales.hosts.tables import PREFIX  # noqa: PLC0415

    if BUSY:
        return
    BUSY.append(command)
    app = attach(context=context)
    book = app.impl.books.active
    try:
        if book is not None:
            app.impl.accept_input(False)
            take_in_typed(book.sheets, PREFIX)
            run(command, xw.Book(impl=book))
    finally:
        BUSY.clear()
        if book is not None:
            app.impl.accept_input(True)
