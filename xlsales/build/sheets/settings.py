"""Settings: every setting with its value in its own kind, and what it means beside the table."""

from typing import Any

import pandas as pd

from xlsales.build.context import Build
from xlsales.build.layout import (
    CAPTION_ROW,
    FIRST_ROW,
    HEADER_ROW,
    LINK_ROW,
    Block,
    Sheet,
    list_object,
)
from xlsales.build.table_sheet import HEADER_HEIGHT, input_message, open_sheet
from xlsales.build.wording import headings, table_name
from xlsales.labels import word
from xlsales.schema import TABLES
from xlsales.schema.model import DATE, FLAG, NUMBER, NUMERIC, TEXT
from xlsales.schema.settings import SETTINGS, Setting


def write_settings(build: Build, sheet: Sheet) -> None:
    """Write the sheet: the settings we know in their order, then any other that the user's table holds."""
    page = open_sheet(build, sheet)
    table, styles, lang = TABLES["settings"], build.styles, build.lang
    page.freeze_panes(FIRST_ROW, 0)
    page.repeat_rows(LINK_ROW, HEADER_ROW)
    page.set_row(HEADER_ROW, HEADER_HEIGHT)
    page.write_string(CAPTION_ROW, 0, table_name("settings", lang), styles.caption)
    rows = [(setting, value_of(build, setting)) for setting in SETTINGS.values()]
    for row, (setting, value) in enumerate(rows, FIRST_ROW):
        page.write_string(row, 0, setting_word(setting.key, lang), styles.cell(TEXT))
        write_value(build, page, row, setting, value)
        page.write_string(row, 2, setting_help(setting.key, lang), styles.beside)
    others = other_settings(build)
    for row, (key, value) in enumerate(others, FIRST_ROW + len(rows)):
        page.write_string(row, 0, key, styles.cell(TEXT, typed=True))
        page.write_string(row, 1, value, styles.cell(TEXT, typed=True))
    last = HEADER_ROW + len(rows) + len(others)
    columns = []
    for at, (column, name) in enumerate(zip(table.columns, headings(table, lang), strict=True)):
        columns.append({"header": name, "header_format": styles.header})
        page.data_validation(HEADER_ROW, at, HEADER_ROW, at, input_message(build, table, column, name))
    page.add_table(HEADER_ROW, 0, last, 1,
                   {"name": list_object("settings"), "columns": columns, "style": None})  # fmt: skip
    build.blocks["settings"] = Block(table, 0, last - HEADER_ROW)
    page.set_column(0, 0, 30)
    page.set_column(1, 1, 22)
    page.set_column(2, 2, 90)
    page.print_area(0, 0, last, 2)


def setting_word(key: str, lang: str) -> str:
    """A setting's name in words."""
    return word("setting." + key, lang)


def setting_help(key: str, lang: str) -> str:
    """What a setting means."""
    return word("setting." + key, "help_" + lang)


def value_of(build: Build, setting: Setting) -> Any:
    """What holds: the value given, else the default; None for none."""
    if setting.key == "as_of" and build.settings.get("as_of_open"):
        return None  # the workbook follows the calendar
    value = build.settings.get("language", build.lang) if setting.key == "language" else build.setting(setting.key)
    return None if value is None or value == "" or value is pd.NaT else value


def write_value(build: Build, page: Any, row: int, setting: Setting, value: Any) -> None:
    """Write a value in its own kind, with the list that belongs to it."""
    style = build.styles.cell(setting.kind, typed=True)
    choices = choice_words(setting, build.lang)
    if choices:
        says = {
            "error_type": "warning",
            "error_title": build.says("list.title"),
            "error_message": build.says("list.domain"),
        }
        page.data_validation(row, 1, row, 1, {"validate": "list", "source": list(choices.values()), **says})
    if setting.kind in NUMERIC:
        style = build.styles.cell(setting.kind, "rounding" if setting.kind == NUMBER else setting.key, typed=True)
    if value is None:
        page.write_blank(row, 1, None, style)
    elif setting.kind == DATE:
        page.write_datetime(row, 1, pd.Timestamp(value).to_pydatetime(), style)
    elif setting.kind in NUMERIC:
        page.write_number(row, 1, value, style)
    else:
        key = ("yes" if value else "no") if setting.kind == FLAG else str(value)
        page.write_string(row, 1, choices.get(key, key), style)


def choice_words(setting: Setting, lang: str) -> dict[str, str]:
    """The values that a setting may take, in words; numbers stay numbers."""
    if setting.kind == FLAG:
        return {each: word("value.flag." + each, lang) for each in ("yes", "no")}
    if setting.kind in NUMERIC:
        return {each: each for each in setting.domain}
    return {each: word(f"value.{setting.key}.{each}", lang) for each in setting.domain}


def other_settings(build: Build) -> list[tuple[str, str]]:
    """Settings of the user's table that are none of ours; they are kept."""
    frame = build.frame("settings")
    if "setting" not in frame or "value" not in frame:
        return []
    rows = zip(frame["setting"], frame["value"], strict=True)
    return [(str(key), "" if pd.isna(value) else str(value)) for key, value in rows
            if not pd.isna(key) and str(key) not in SETTINGS]  # fmt: skip
