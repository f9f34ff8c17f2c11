"""The hidden sheet that the charts read."""

from xlsales.build.chart_data import chart_blocks
from xlsales.build.charts import Drawer
from xlsales.build.context import Build
from xlsales.build.layout import FIRST_ROW, HEADER_ROW, Sheet
from xlsales.build.table_sheet import open_sheet
from xlsales.build.wording import sheet_name
from xlsales.schema.model import MONEY, TEXT

SHARES = frozenset({"attainment", "regions", "pace"})


def write_chart_data(build: Build, sheet: Sheet) -> Drawer:
    """Write every block side by side; returns what draws charts from them."""
    page = open_sheet(build, sheet)
    places, column = {}, 0
    for block in chart_blocks(build):
        places[block.key] = (block, column)
        number = build.styles.cell("share" if block.key in SHARES else MONEY)
        for step, heading in enumerate(block.headings):
            page.write_string(HEADER_ROW, column + step, heading, build.styles.header)
        page.set_column(column, column + len(block.headings) - 1, 16)
        for row, line in enumerate(block.rows, FIRST_ROW):
            for step, value in enumerate(line):
                if isinstance(value, str):
                    page.write_string(row, column + step, value, build.styles.cell(TEXT))
                elif value is not None:
                    page.write_number(row, column + step, value, number)
        last = FIRST_ROW + max(len(block.rows) or block.room, 1) - 1
        build.book.define_name(
            "xs_chart_" + block.key,
            f"={build.place(sheet.key, HEADER_ROW, column)}:"
            + build.place(sheet.key, last, column + len(block.headings) - 1).rpartition("!")[2],
        )
        column += len(block.headings) + 1
    return Drawer(build, places, sheet_name(sheet.key, build.lang), FIRST_ROW)
