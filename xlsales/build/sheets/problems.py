"""Problems: one row each, in words, with a link to the cell that it is about."""

from bisect import bisect_left
from collections.abc import Sequence

from xlsales.build.context import Build
from xlsales.build.layout import FIRST_ROW, HEADER_ROW, Sheet
from xlsales.build.table_sheet import write_tables
from xlsales.commands.problem_rows import place
from xlsales.problems import Problem, table_name

LINKS = 20000  # a sheet holds 65 530 links; nobody follows that many
FIRST_FILE_ROW = 2  # as a person counts: the heading is row 1


def write_problems(build: Build, sheet: Sheet) -> None:
    """Write the table and link each row to its cell."""
    page = write_tables(build, sheet)
    at = build.blocks["problems"].column("cell")
    gone = rows_left_out(build.problems)
    for row, problem in enumerate(build.problems[:LINKS], FIRST_ROW):
        if problem.table in build.blocks:
            text = place(problem) or table_name(problem.table, build.lang)
            page.write_url(row, at, link_of(build, problem, gone), build.styles.link, text)


def rows_left_out(problems: Sequence[Problem]) -> dict[str, list[int]]:
    """The rows with an error by table, in order; they are not in the book."""
    found: dict[str, set[int]] = {}
    for problem in problems:
        if problem.severity == "error" and problem.row is not None:
            found.setdefault(problem.table, set()).add(problem.row)
    return {table: sorted(rows) for table, rows in found.items()}


def link_of(build: Build, problem: Problem, gone: dict[str, list[int]]) -> str:
    """The cell of a problem in this book; the heading of its column where the row was left out or cannot be told."""
    block = build.blocks[problem.table]
    keys = [column.key for column in block.table.columns]
    column = block.column(problem.column) if problem.column in keys else block.first_column
    row = HEADER_ROW
    if problem.row is not None:
        first = FIRST_ROW + 1 if problem.sheet else FIRST_FILE_ROW
        left_out = gone.get(problem.table, [])
        step = problem.row - first - bisect_left(left_out, problem.row)
        if problem.row not in left_out and 0 <= step < len(build.frame(problem.table)):
            row = FIRST_ROW + step
    return build.link(block.table.sheet, row, column)
