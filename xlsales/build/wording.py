"""Every word that a workbook shows: names of sheets, headings, values; all looked up, none typed here."""

import pandas as pd

from xlsales.labels import column_help, known, label, word
from xlsales.schema.model import CODE, FLAG, TEXT, Column, Table

SHEET_NAME_LIMIT = 31
INPUT_MESSAGE_LIMIT = 255


def sheet_name(key: str, lang: str) -> str:
    """The name on a sheet's tab."""
    return word("sheet." + key, lang)


def sheet_help(key: str, lang: str) -> str:
    """The line under a sheet's title."""
    return word("sheet." + key, "help_" + lang)


def headings(table: Table, lang: str) -> list[str]:
    """The headings of a table's columns; two of the same name would make the file unreadable."""
    found = [label(table.key, column.key, lang) for column in table.columns]
    twice = {heading for heading in found if found.count(heading) > 1}
    if twice:
        raise KeyError(f"{table.key} has the heading {sorted(twice)} twice in {lang}")
    return found


def extra_columns(table: Table, frame: pd.DataFrame, lang: str) -> tuple[str, ...]:
    """The columns of an input that are none of ours; one whose name would stand twice in the table has no place."""
    if table.role not in {"master", "input"}:
        return ()
    taken = {heading.casefold() for heading in headings(table, lang)}
    ours = {column.key for column in table.columns}
    found: list[str] = []
    for name in frame.columns:
        if name not in ours and str(name).strip() and str(name).casefold() not in taken:
            found.append(name)
            taken.add(str(name).casefold())
    return tuple(found)


def heading_help(table: Table, column: Column, lang: str) -> str:
    """The explanation that appears when a heading is selected: help, then the values allowed, then whether required."""
    parts = [column_help(table.key, column.key, lang)]
    if column.required and table.role != "result":
        parts.append(word("build.required", lang))
    text = " ".join(part for part in parts if part)
    return text if len(text) <= INPUT_MESSAGE_LIMIT else text[: INPUT_MESSAGE_LIMIT - 1] + "…"


def table_name(key: str, lang: str) -> str:
    """The caption above a table."""
    return word("table." + key, lang)


def value_word(column: str, value: str, lang: str) -> str:
    """A value of ours in words; a code of the user's own passes as it is.

    >>> value_word("measure", "visits to Mars", "en")
    'visits to Mars'
    """
    key = f"value.{column}.{value}"
    return word(key, lang) if known(key) else value


def speaks(table: Table, column: Column) -> bool:
    """Whether a column's values may be codes of ours that are shown as words, not names that a user gave."""
    if column.kind == FLAG or column.domain:
        return True
    ours = table.role in {"result", "kept"} and column.kind in {CODE, TEXT}
    return ours and not column.refs and column.key not in {"member", "name", "period", "salesperson"}


def domain_words(column: Column, lang: str) -> list[str]:
    """The allowed values of a column in words; a domain without words is our own mistake."""
    if column.kind == FLAG:
        return [word("value.flag." + value, lang) for value in ("yes", "no")]
    return [word(f"value.{column.key}.{value}", lang) for value in column.domain]
