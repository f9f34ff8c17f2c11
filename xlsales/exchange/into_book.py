"""The collected plan as single changes of a saved workbook: its table of the plan, and the matrices that show it."""

from pathlib import Path

import pandas as pd

from xlsales.commands.plan_sheet import plan_sheets
from xlsales.commands.protocol import Cell, Patch
from xlsales.commands.versions import matrix_patches
from xlsales.exchange.book_file import Areas
from xlsales.exchange.collecting import Collected


def own_columns(plan: pd.DataFrame, standing: pd.DataFrame) -> pd.DataFrame:
    """The collected plan with the columns that the user added; rows that are new have nothing there.

    standing: the plan as it stands in the book, our columns by key, the user's by their headings.
    """
    more = standing.drop(columns=[name for name in standing.columns if name in plan.columns]).reset_index(drop=True)
    return pd.concat([plan, more.reindex(plan.index)], axis=1)


def matrix_changes(book: Path, collected: Collected) -> list[Patch]:
    """The cells of the matrices that show another number, or another hold, than the collected plan."""
    mine = collected.plan[collected.plan["version"] == collected.version]
    found = []
    for sheet in plan_sheets(Areas(book)).values():  # type: ignore[arg-type]
        if sheet.version != collected.version:
            continue
        for patch in matrix_patches(sheet, mine):
            for row, line in enumerate(patch.cells, patch.row):
                for column, cell in enumerate(line, patch.column):
                    if shown(sheet.matrix.cells[row][column]) != shown(cell):
                        found.append(Patch(patch.name, row, column, [[cell]]))
    return found


def shown(cell: Cell) -> Cell:
    """What a cell shows: a blank is a blank, and a hold a hold however it is written.

    >>> shown(""), shown(" h "), shown(0.0)
    (None, 'H', 0.0)
    """
    return (cell.strip().upper() or None) if isinstance(cell, str) else cell
