"""Functions: live results from the workbook's own tables, and a computed example of every in-cell function."""

from collections.abc import Iterator
from datetime import timedelta
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
FIRST_COLUMN, OWN_ROW, WORKDAYS_ROW, GALLERY_ROW = 1, 4, 11, 15
LAST_DAY = 31  # a month that closes on the 31st closes on its last day
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
    """Results over the workbook's own tables."""
    page.write_string(OWN_ROW, 0, build.says("live.own"), build.styles.title)
    page.write_string(OWN_ROW + 2, 0, build.says("live.pipeline"), build.styles.caption)
    write_live(build, page, own_pipeline(build, (OWN_ROW + 3, FIRST_COLUMN)))
    page.write_string(WORKDAYS_ROW, 0, build.says("live.workdays"), build.styles.caption)
    write_live(build, page, own_workdays(build, (WORKDAYS_ROW + 1, FIRST_COLUMN)))


def whole(build: Build, table: str) -> Given:
    """A whole table with its headings; the frame has the same rows under the columns' keys."""
    return Given(f"{list_object(table)}[[#Headers],[#Data]]", build.frame(table))


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


def own_pipeline(build: Build, cell: Place) -> Live:
    """The pipeline of the company, as the button Pipeline computes it; coverage is that button's."""
    deals, stages, day = (
        whole(build, "opportunities"),
        whole(build, "stages"),
        setting_cell(build, "as_of", build.as_of),
    )
    there = not deals.value.empty and not stages.value.empty and build.as_of is not None
    filled = ",".join(
        f"COUNTA({build.reference(table, key)})>0"
        for table, key in (("opportunities", "opportunity"), ("stages", "stage"))
    )
    needs = Given(f'AND({filled},{day.formula}<>"")', there)
    return Live(cell, "XS_PIPELINE", (deals, day, None, None, None, stages, *last(build)), needs)


def own_workdays(build: Build, cell: Place) -> Live:
    """The working days of the month that are left after the day, with the company's own holidays."""
    keys = ("as_of", "country", "month_close_day")
    day, country, close = (setting_cell(build, key, build.setting(key)) for key in keys)
    today = build.as_of
    last = None if today is None else (pd.Timestamp(today) + pd.offsets.MonthEnd(0)).date()
    known = today is not None and int(close.value) == LAST_DAY
    arguments = (
        Given(f"{day.formula}+1", today and today + timedelta(days=1)),
        Given(f"EOMONTH({day.formula},0)", last),
        country,
        whole(build, "holidays"),
    )
    needs = Given(f'AND({day.formula}<>"",{close.formula}={LAST_DAY})', known)
    return Live(cell, "XS_WORKDAYS", arguments, needs)


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
