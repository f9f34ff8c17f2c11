"""Functions: live results from the workbook's own tables, and a computed example of every in-cell function."""

from collections.abc import Iterator
from typing import Any

import pandas as pd
from xlsxwriter.utility import xl_rowcol_to_cell

from xlsales.build.context import Build, quoted
from xlsales.build.layout import Sheet, list_object
from xlsales.build.live import Given, Live, Place, area, write_live, write_value
from xlsales.build.styles import LINE
from xlsales.build.table_sheet import open_sheet, protect
from xlsales.labels import word
from xlsales.udfs import FUNCTIONS
from xlsales.udfs.registry import LANG, Function

KEY, EXPECTED = "functions", "xs_expected"
FIRST_COLUMN, GALLERY_ROW = 1, 17
CLOSE = 1e-9
AGREES = "OK"


def write_functions(build: Build) -> None:
    """Write the sheet, and the very hidden one with what its examples should give."""
    page = build.sheets[KEY] = build.book.add_worksheet(word("sheet." + KEY, build.lang))
    expected = build.book.add_worksheet(EXPECTED)
    expected.very_hidden()
    open_sheet(build, Sheet(KEY))
    page.set_column(0, 0, 24)
    page.set_column(1, 14, 13)
    write_own(build, page)
    row = GALLERY_ROW
    for function in FUNCTIONS.values():
        row = write_example(build, page, expected, function, row) + 2
    protect(page)


def write_own(build: Build, page: Any) -> None:
    """The results that have a fixed size, over the workbook's own cells."""
    page.write_string(4, 0, build.says("live.own"), build.styles.title)
    for row, key, live in (
        (6, "pace", own_pace(build, (7, FIRST_COLUMN))),
        (10, "workdays", own_workdays(build, (11, FIRST_COLUMN))),
        (13, "concentration", own_concentration(build, (14, FIRST_COLUMN))),
    ):
        page.write_string(row, 0, build.says("live." + key), build.styles.caption)
        write_live(build, page, live)


def settings_range(build: Build) -> Given:
    """The Settings table as every table function takes it."""
    rows = [
        ["setting", "value"],
        *([key, build.setting(key)] for key in build.settings if build.settings[key] is not None),
    ]
    return Given(f"{list_object('settings')}[[#Headers],[#Data]]", rows)


def setting_cell(build: Build, key: str, value: Any) -> Given:
    """The cell of a setting."""
    names, values = build.reference("settings", "setting"), build.reference("settings", "value")
    return Given(f"INDEX({values},MATCH({quoted(word('setting.' + key, build.lang))},{names},0))", value)


def last(build: Build) -> tuple[Given, Given]:
    """Settings and language, which end the arguments of a table function."""
    return settings_range(build), Given("xs_language", build.lang)


def headline_cells(build: Build) -> dict[str, Given]:
    """What the table of headlines says of sales, its first row."""
    frame = build.frame("headline")
    values = {} if frame.empty else frame.iloc[0].to_dict()
    return {
        key: Given(f"INDEX({build.reference('headline', key)},1)", None if pd.isna(values.get(key)) else values[key])
        for key in ("from", "to", "target", "actual")
    }


def own_pace(build: Build, cell: Place) -> Live:
    """Sales of the company against target."""
    cells = headline_cells(build)
    day = setting_cell(build, "as_of", build.as_of)
    needed = [*cells.values(), day]
    needs = Given(
        "AND(" + ",".join(f'{each.formula}<>""' for each in needed) + ")",
        all(each.value is not None for each in needed),
    )
    given = (cells["target"], cells["actual"], cells["from"], cells["to"], day, None, *last(build))
    return Live(cell, "XS_PACE", given, needs)


def own_workdays(build: Build, cell: Place) -> Live:
    """Working days of the headline's period in the country of the settings."""
    cells = headline_cells(build)
    country = setting_cell(build, "country", build.setting("country") or None)
    needed = [cells["from"], cells["to"], country]
    needs = Given(
        "AND(" + ",".join(f'{each.formula}<>""' for each in needed) + ")",
        all(each.value is not None for each in needed),
    )
    return Live(cell, "XS_WORKDAYS", needed, needs)


def own_concentration(build: Build, cell: Place) -> Live:
    """How much of the sales rests on few customers."""
    frame = build.frame("customer_segments")
    values = [] if frame.empty else [[each] for each in frame["monetary"].tolist()]
    column = build.reference("customer_segments", "monetary")
    return Live(cell, "XS_HHI", (Given(column, values),), Given(f"SUM({column})>0", bool(values)))


def write_example(build: Build, page: Any, expected: Any, function: Function, row: int) -> int:
    """One function: words, arguments in cells, result, and whether that is as expected; return the last row."""
    styles = build.styles
    page.write_string(row, 0, function.name, styles.caption)
    page.write_string(row, 1, function.label(build.lang), styles.note)
    given, bottom = write_arguments(build, page, function, row + 1)
    live = Live((bottom + 2, FIRST_COLUMN), function.name, given)
    page.write_string(bottom + 1, 0, build.says("live.result"), styles.note)
    rows = write_live(build, page, live, {"bottom": 1, "bottom_color": LINE})
    first, end = live.cell, (live.cell[0] + len(rows) - 1, live.cell[1] + len(rows[0]) - 1)
    for at, line in enumerate(rows, first[0]):
        for column, value in enumerate(line, first[1]):
            write_value(build, expected, (at, column), value)
    check_row = bottom + 2
    page.write_string(check_row, 0, build.says("live.as_expected"), styles.note)
    page.write_array_formula(
        check_row + 1, 0, check_row + 1, 0, agreement(first, end), styles(align="left", bold=True), AGREES
    )
    build.book.define_name(
        f"test_{function.name}", f"={build.tab(KEY)}!{xl_rowcol_to_cell(check_row + 1, 0, True, True)}"
    )
    return max(end[0], check_row + 1)


def agreement(first: Place, end: Place) -> str:
    """Whether every cell of the result is what it should be: numbers but for their last digits, texts exactly."""
    found = area(first, end)
    wanted = f"{EXPECTED}!{found}"
    close = f"IFERROR(ABS({found}-{wanted})<={CLOSE:.0E}*(1+ABS({wanted})),FALSE)"
    return f'{{=IF(AND(IF(ISNUMBER({wanted}),{close},{found}&""={wanted}&"")),"{AGREES}","?")}}'


def write_arguments(build: Build, page: Any, function: Function, row: int) -> tuple[list[Given | None], int]:
    """The arguments of the example side by side under their names; return them and the last row."""
    column, bottom, given = FIRST_COLUMN, row + 1, []
    for argument, value in zip(function.arguments, example_arguments(function, build.lang), strict=False):
        if value is None:
            given.append(None)
            continue
        if argument.kind == LANG:
            given.append(Given(quoted(value), value))  # what is expected stays in the language it was built in
            continue
        page.write_string(row, column, argument.name, build.styles.note)
        rows = as_rows(value)
        for at, line in enumerate(rows, row + 1):
            for across, each in enumerate(line, column):
                write_argument(build, page, (at, across), each)
        end = (row + len(rows), column + len(rows[0]) - 1)
        given.append(Given(area((row + 1, column), end), value))
        column, bottom = end[1] + 2, max(bottom, end[0])
    return given, bottom


def write_argument(build: Build, page: Any, place: Place, value: Any) -> None:
    """One cell of an argument; a blank one stays blank."""
    if value is None:
        page.write_blank(*place, None, build.styles(align="left", bg_color="#F5F6F8"))
    else:
        write_value(build, page, place, value, {"bg_color": "#F5F6F8"})


def example_arguments(function: Function, lang: str) -> Iterator[Any]:
    """The arguments of the registry's example, with the workbook's language in place of keys."""
    for argument, value in zip(function.arguments, function.example.arguments, strict=False):
        yield lang if argument.kind == LANG else value


def as_rows(value: Any) -> list[list[Any]]:
    """An argument as rows."""
    if not isinstance(value, (list, tuple)):
        return [[value]]
    if value and isinstance(value[0], (list, tuple)):
        return [list(row) for row in value]
    return [list(value)]
