"""Problems: one row each, in words, with a link to the cell that it is about."""

import re
from collections.abc import Sequence

import pandas as pd

from xlsales.build.context import Build
from xlsales.build.layout import FIRST_ROW, Sheet
from xlsales.build.table_sheet import write_tables
from xlsales.build.wording import sheet_name
from xlsales.problems import Problem, column_name, cure, shown, table_name, what
from xlsales.schema import TABLES

LINKS = 20000  # a sheet holds 65 530 links; nobody follows that many
A1 = re.compile(r"[A-Z]{1,3}[1-9][0-9]{0,6}")


def problems_frame(problems: Sequence[Problem], lang: str) -> pd.DataFrame:
    """The problems as rows of the table `problems`; what and cure are sentences."""
    columns: dict[str, list[object]] = {column.key: [] for column in TABLES["problems"].columns}
    for problem in problems:
        row = {
            "severity": problem.severity,
            "table": table_name(problem.table, lang) if problem.table else "",
            "row": problem.row,
            "cell": place(problem),
            "column": column_name(problem, lang) if problem.column else "",
            "value": shown(problem.value),
            "what": what(problem, lang),
            "cure": cure(problem, lang),
            "money": problem.money,
        }
        for key, column in columns.items():
            column.append(row[key])
    return pd.DataFrame(columns)


def place(problem: Problem) -> str:
    """Where to look: sheet and cell of a workbook, else the file."""
    if problem.cell:
        return f"{problem.sheet}!{problem.cell}" if problem.sheet else problem.cell
    return problem.source


def write_problems(build: Build, sheet: Sheet) -> None:
    """Write the table and link each row to its cell; a problem of a file leads to the table that the file filled."""
    page = write_tables(build, sheet)
    at = build.blocks["problems"].column("cell")
    tabs = {sheet_name(key, build.lang): key for key in build.sheets}
    style = build.styles.link
    for row, problem in enumerate(build.problems[:LINKS], FIRST_ROW):
        text = place(problem)
        if problem.sheet in tabs and A1.fullmatch(problem.cell):
            page.write_url(row, at, f"internal:{build.tab(tabs[problem.sheet])}!{problem.cell}", style, text)
        elif problem.table in build.blocks:
            block = build.blocks[problem.table]
            keys = [column.key for column in block.table.columns]
            column = block.column(problem.column) if problem.column in keys else block.first_column
            text = text or table_name(problem.table, build.lang)
            page.write_url(row, at, build.link(block.table.sheet, FIRST_ROW - 1, column), style, text)
