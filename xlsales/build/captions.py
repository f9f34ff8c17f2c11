"""The line above a table: its name, and while nothing stands in it, what would and which button brings it."""

from typing import Any

from xlsxwriter.utility import xl_rowcol_to_cell

from xlsales.build.context import Build, quoted
from xlsales.build.layout import CAPTION_ROW, Block
from xlsales.build.wording import table_name
from xlsales.commands.registry import COMMANDS, label
from xlsales.labels import word
from xlsales.schema.model import Table

WHOLE = "refresh_all"  # fills what no other button does
KEPT = {"review_page": "review", "closed_periods": "close_period", "closed_content": "close_period"}
KEPT |= {"problems": "check"}
SILENT = frozenset({"settings", "sources", "source_columns"})  # always filled; written without a program that computes
UNSEEN = frozenset({"chart_data", "plan_data", "undo"})


def write_caption(build: Build, page: Any, block: Block) -> None:
    """Write the name of a table; behind it a formula says, while it is empty, what would stand in it."""
    table, name = block.table, table_name(block.table.key, build.lang)
    note = empty_note(table, build.lang)
    if not note:
        page.write_string(CAPTION_ROW, block.first_column, name, build.styles.caption)
        return
    empty = build.frame(table.key).empty
    formula = f'={quoted(name)}&IF({nothing_in(build, table)},{quoted(note)},"")'
    page.write_formula(CAPTION_ROW, block.first_column, formula, build.styles.caption, name + note if empty else name)
    here = xl_rowcol_to_cell(CAPTION_ROW, block.first_column, row_abs=True, col_abs=True)
    look = {"type": "formula", "criteria": f"=LEN({here})>{len(name)}", "format": build.styles.empty}
    page.conditional_format(CAPTION_ROW, block.first_column, CAPTION_ROW, block.first_column, look)


def empty_note(table: Table, lang: str) -> str:
    """What is said behind the name of an empty table: what would stand in it, and which button brings it."""
    if table.key in SILENT or table.sheet in UNSEEN:
        return ""
    about, button = word("table." + table.key, "help_" + lang), filled_by(table)
    if button:
        return word("build.empty", lang, button=label(button, lang), about=about)
    return word("build.empty_typed", lang, about=about) if table.role in {"master", "input"} else ""


def filled_by(table: Table) -> str:
    """The button that fills a table; "" for one that people type."""
    if table.role != "result":
        return KEPT.get(table.key, "")
    own = (command.id for command in COMMANDS.values() if "sheet:" + table.sheet in command.writes)
    # Of several the one made for the sheet alone; the dashboard's writes many.
    return min(own, key=lambda command: len(COMMANDS[command].writes), default=WHOLE)


def nothing_in(build: Build, table: Table) -> str:
    """A condition that holds while no row stands in a table: each row has something in its first keys."""
    return "+".join(f"COUNTA({build.reference(table.key, key)})" for key in table.keys[:2]) + "=0"
