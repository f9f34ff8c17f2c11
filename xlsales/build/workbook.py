"""Make the workbook: every sheet of the design, from tables, results and problems; the same input, the same bytes."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

import pandas as pd
from xlsxwriter.exceptions import FileCreateError

from xlsales.build.checks import write_checks
from xlsales.build.context import Build
from xlsales.build.fast_sheet import FastSheet
from xlsales.build.found import Found
from xlsales.build.help import write_help
from xlsales.build.layout import BESIDE, FIRST_ROW, MOST_ROWS, SHEETS, blocks
from xlsales.build.lists import define_lists
from xlsales.build.macros import add_macros
from xlsales.build.package import CALCULATED_BY, MacroBook
from xlsales.build.ribbon import Button
from xlsales.build.sheets.alerts import link_alerts
from xlsales.build.sheets.chart_data import write_chart_data
from xlsales.build.sheets.dashboard import REGION_CHOICE, write_dashboard
from xlsales.build.sheets.focus import CHOICE as FOCUS_CHOICE
from xlsales.build.sheets.focus import write_focus
from xlsales.build.sheets.home import write_home
from xlsales.build.sheets.pages import define_choices, first_choice
from xlsales.build.sheets.plan import write_plan
from xlsales.build.sheets.plan_choice import write_choice_sheet
from xlsales.build.sheets.problems import write_problems
from xlsales.build.sheets.settings import write_settings
from xlsales.build.sheets.week_page import write_week_page
from xlsales.build.styles import ACCENT, Styles
from xlsales.build.table_sheet import insert_beside, write_tables
from xlsales.build.wording import SHEET_NAME_LIMIT, extra_columns, sheet_name
from xlsales.commands.problem_rows import problem_frame
from xlsales.problems import Problem
from xlsales.schema import TABLES
from xlsales.schema.targets import QUANTITIES

Frames = Mapping[str, pd.DataFrame]


def build(  # noqa: PLR0913 - the one entry of the room; each argument is a thing of its own
    target: str | Path | BinaryIO,
    tables: Frames,
    results: Frames,
    problems: Sequence[Problem],
    settings: Mapping[str, Any],
    *,
    lang: str,
    now: datetime,
    title: str | None = None,
    buttons: Sequence[Button] = (),
) -> None:
    """Write a workbook to a path or a buffer; with no tables and no results it is the empty template.

    tables, results: frames by the keys of the schema, columns by key; missing is NaN. settings: typed values by key;
    what is absent has its default. title: the company's name where Settings has none. buttons: the commands of a file
    with macros (.xlsm); none for a file without (.xlsx). The frames are not changed.
    """
    book = MacroBook(
        str(target) if isinstance(target, Path) else target, {"strings_to_urls": False, "strings_to_formulas": False}
    )
    given = {**tables, **results, "problems": problem_frame(problems, lang)}
    given.pop("plan_shown", None)  # it speaks of a sheet that is made anew
    frames = {key: frame.head(MOST_ROWS - FIRST_ROW) for key, frame in given.items()}
    cut = {key: len(frame) - len(frames[key]) for key, frame in given.items() if len(frame) > len(frames[key])}
    styles = Styles(book, lang, int(settings.get("unit") or 1))
    company = str(settings.get("company") or title or "")
    made = Build(book, styles, lang, frames, list(problems), settings, now, company, cut=cut)
    book.set_properties({"title": company or "xlsales", "author": "xlsales", "created": now})
    book.set_calc_mode("auto", CALCULATED_BY)
    book.calc_on_load = False
    add_sheets(made)
    define_lists(made)
    write_sheets(made)
    if buttons:
        add_macros(made, buttons)
    try:
        book.close()
    except FileCreateError as error:  # it hides why the system refused, such as a disk that is full
        raise error.args[0] if error.args and isinstance(error.args[0], OSError) else OSError(str(error)) from error


def add_sheets(made: Build) -> None:
    """All sheets in their order, and the place of every table, before anything refers to them."""
    counts = {key: len(made.frame(key)) for key in TABLES}
    extra = {key: extra_columns(TABLES[key], made.frame(key), made.lang) for key in TABLES}
    for sheet in SHEETS:
        name = sheet_name(sheet.key, made.lang)
        if len(name) > SHEET_NAME_LIMIT:
            raise ValueError(f"the name of the sheet {sheet.key} is too long: {name}")
        page = made.book.add_worksheet(name, worksheet_class=FastSheet)
        made.sheets[sheet.key] = page
        made.blocks |= {block.table.key: block for block in blocks(sheet, counts, extra)}
        if sheet.hidden == "hidden":
            page.hide()
        elif sheet.hidden == "very":
            page.very_hidden()
        if sheet.key in {"home", "dashboard"}:
            page.set_tab_color(ACCENT)


def write_sheets(made: Build) -> None:
    """Write each sheet; those that show what others compute come last."""
    special = {
        "home": write_home,
        "settings": write_settings,
        "problems": write_problems,
        **{"plan_" + measure: write_plan for measure in QUANTITIES},
        "plan_view": write_choice_sheet,
        "week_page": write_week_page,
    }
    later = {"chart_data", "dashboard", "focus", "help", *BESIDE}
    for sheet in SHEETS:
        if sheet.key not in later:
            special.get(sheet.key, write_tables)(made, sheet)
    by_key = {sheet.key: sheet for sheet in SHEETS}
    define_choices(made)
    chosen = {"focus": first_choice(made), "region": first_choice(made, "region")}
    places = {"focus": ("focus", FOCUS_CHOICE), "region": ("dashboard", REGION_CHOICE)}
    cells = {key: Found(made.place(sheet, *at), chosen[key]) for key, (sheet, at) in places.items()}
    drawer = write_chart_data(made, by_key["chart_data"], cells)
    for key, chart in BESIDE.items():
        page = write_tables(made, by_key[key])
        insert_beside(made, page, by_key[key], drawer.draw(chart))
    for sheet in SHEETS:
        write_checks(made, sheet.key, made.sheets[sheet.key])
    link_alerts(made)
    write_dashboard(made, by_key["dashboard"], drawer, chosen["region"])
    write_focus(made, by_key["focus"], drawer, chosen["focus"])
    write_help(made, by_key["help"])
