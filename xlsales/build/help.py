"""Help: how to work with the book, what the terms mean, and every column of every table; read by sheet and terminal."""

from collections.abc import Iterator

from xlsales.build.context import Build
from xlsales.build.layout import FIRST_ROW, HEADER_ROW, LINK_ROW, Sheet
from xlsales.build.table_sheet import open_sheet, protect
from xlsales.build.widths import text_width
from xlsales.build.wording import domain_words, sheet_name, table_name
from xlsales.labels import column_help, label, word
from xlsales.schema import TABLES
from xlsales.schema.model import FLAG, Column, Table

TOPICS = (
    "start",
    "colours",
    "cycle",
    "manager",
    "finance",
    "five",
    "attribution",
    "variance",
    "pace",
    "receivables",
    "score",
    "effect",
    "problems",
    "missing",
)


def topics(lang: str) -> Iterator[tuple[str, str]]:
    """Titles and texts."""
    for key in TOPICS:
        yield word(f"help.{key}.title", lang), word(f"help.{key}.text", lang)


def column_line(table: Table, column: Column, lang: str) -> tuple[str, str, str]:
    """A column in words: its heading, whether it is required, its explanation with the values allowed."""
    required = word("build.help.mark", lang) if column.required and table.role != "result" else ""
    parts = [column_help(table.key, column.key, lang)]
    if column.domain or column.kind == FLAG:
        parts.append(word("build.help.values", lang, values=", ".join(domain_words(column, lang))))
    if column.refs and not column.refs.startswith("@"):
        parts.append(word("build.help.refs", lang, table=table_name(column.refs, lang)))
    return label(table.key, column.key, lang), required, " ".join(part for part in parts if part)


def write_help(build: Build, sheet: Sheet) -> None:
    """Write the sheet: topics, then the tables."""
    page, styles, lang = open_sheet(build, sheet), build.styles, build.lang
    page.freeze_panes(FIRST_ROW, 0)
    page.repeat_rows(LINK_ROW, HEADER_ROW)
    for column, (key, width) in enumerate((("topic", 26), ("what", 26), ("required", 10), ("text", 110))):
        page.set_column(column, column, width)
        page.write_string(HEADER_ROW, column, build.says("help." + key), styles.header)
    wrapped = styles(text_wrap=True, valign="top")
    row = FIRST_ROW
    for title, text in topics(lang):
        page.write_string(row, 0, title, styles(bold=True, valign="top", text_wrap=True))
        page.merge_range(row, 1, row, 3, "", wrapped)
        page.write_string(row, 1, text, wrapped)
        page.set_row(row, 15 * lines(text, 145))
        row += 1
    for table in TABLES.values():
        if table.sheet == "undo":
            continue
        row += 1
        page.write_url(row, 0, build.link(table.sheet, HEADER_ROW, build.blocks[table.key].first_column), styles.link,
                       table_name(table.key, lang))  # fmt: skip
        page.write_string(row, 1, sheet_name(table.sheet, lang), styles.note)
        page.write_string(row, 3, word("table." + table.key, "help_" + lang), styles.note)
        for column in table.columns:
            row += 1
            name, required, text = column_line(table, column, lang)
            page.write_string(row, 1, name, styles(valign="top"))
            page.write_string(row, 2, required, styles.note)
            page.write_string(row, 3, text, wrapped)
            page.set_row(row, 15 * lines(text, 112))
    page.print_area(0, 0, row, 3)
    protect(page)


def lines(text: str, room: int) -> int:
    """How many lines a text needs in a room of so many narrow letters.

    >>> lines("回款", 3), lines("cash", 4)
    (2, 1)
    """
    return max(1, -(-text_width(text) // room))
