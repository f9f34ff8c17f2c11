"""Settings: every setting with its value in its own kind, and what it means beside the table."""

from datetime import date, datetime
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
from xlsales.schema.model import DATE, FLAG, NUMERIC, TEXT
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
        page.write_string(row, 2, setting_help(setting.key, lang), styles.note)
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
    value = build.setting(setting.key)
    return None if value is None or value == "" or value is pd.NaT else value


def write_value(build: Build, page: Any, row: int, setting: Setting, value: Any) -> None:
    """Write a value in its own kind, with the list or bounds that belong to it."""
    styles = build.styles
    if setting.kind == FLAG:
        words = [word("value.flag." + each, build.lang) for each in ("yes", "no")]
        page.data_validation(row, 1, row, 1, {"validate": "list", "source": words, "error_type": "warning"})
        text = "" if value is None else words[0 if value else 1]
        page.write_string(row, 1, text, styles.cell(TEXT, typed=True))
        return
    if setting.domain:
        page.data_validation(
            row, 1, row, 1, {"validate": "list", "source": list(setting.domain), "error_type": "warning"}
        )
    style = styles.cell(setting.kind, typed=True)
    if setting.kind == "integer":
        style = styles(num_format="0", align="left", bg_color="#FFF8DC", border=1, border_color="#C9CED6")
    if value is None:
        page.write_blank(row, 1, None, style)
    elif setting.kind == DATE and isinstance(value, (date, datetime)):
        page.write_datetime(row, 1, pd.Timestamp(value).to_pydatetime(), style)
    elif setting.kind in NUMERIC and isinstance(value, (int, float)):
        page.write_number(row, 1, value, style)
    else:
        page.write_string(row, 1, str(value), styles.cell(TEXT, typed=True))


def other_settings(build: Build) -> list[tuple[str, str]]:
    """Settings of the user's table that are none of ours; they are kept."""
    frame = build.frame("settings")
    if "setting" not in frame or "value" not in frame:
        return []
    rows = zip(frame["setting"], frame["value"], strict=True)
    return [(str(key), "" if pd.isna(value) else str(value)) for key, value in rows
            if not pd.isna(key) and str(key) not in SETTINGS]  # fmt: skip
