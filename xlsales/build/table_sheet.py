"""A sheet of tables: title, explanation, captions, totals, headings with help, rows, lists, print set-up."""

from typing import Any

import pandas as pd
from xlsxwriter.utility import xl_col_to_name, xl_rowcol_to_cell

from xlsales.build.captions import write_caption
from xlsales.build.cells import Value, column_values, plain_values
from xlsales.build.context import Build, quoted
from xlsales.build.layout import (
    BESIDE,
    FIRST_ROW,
    HEADER_ROW,
    HELP_ROW,
    LINK_ROW,
    TITLE_ROW,
    TOTAL_ROW,
    Block,
    Sheet,
    list_object,
)
from xlsales.build.lists import validate_column
from xlsales.build.styles import MEASURED, MONEY_MEASURES, SENTENCES
from xlsales.build.widths import ONE_LINE_BESIDE, WIDEST, column_width, set_widths, text_width
from xlsales.build.wording import heading_help, headings, sheet_help, sheet_name, table_name, value_word
from xlsales.labels import LANGUAGES
from xlsales.schema import TABLES
from xlsales.schema.beside import BESIDE as TIMES_OF
from xlsales.schema.beside import beside
from xlsales.schema.model import MONEY, NUMBER, TEXT, Column, Table

# Money that is not added down a column: limits and means; and tables whose rows overlap (a member stands in its
# parent, a dimension beside another, lost deals beside open ones), where a sum would count twice.
NOT_ADDED = frozenset(
    {"mean_value", "receivable", "contract_limit", "credit_limit", "cap", "floor", "limit", "due_to_date"}
)
OVERLAPPING = frozenset(
    {"lever", "version", "dimension", "scope", "measure", "as_of", "valid_from", "role", "region", "stage"}
)
HEADER_HEIGHT = 32
BALANCE_ROWS = 12  # more than the parts of a balance ever are
BOLD = 10.0  # a sum in bold letters is as wide as one digit more
LINE_HEIGHT = 14
MOST_PRINTED = 18  # columns of a table with other times beside its figures; more are too small on paper
CHART_GAP, CHART_ROWS, CHART_COLUMNS = 2, 19, 11  # what a chart beside the tables covers


def open_sheet(build: Build, sheet: Sheet) -> Any:
    """Title, explanation, way back, print set-up: what every sheet begins with."""
    page, styles = build.sheets[sheet.key], build.styles
    page.hide_gridlines(2)
    page.set_landscape()
    page.set_paper(9)  # A4
    page.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
    page.fit_to_pages(1, 0)
    page.set_footer(f"&L&8{build.says('footer', company=safe_footer(build.company))}&R&8&P / &N")
    page.write_string(TITLE_ROW, 0, sheet_name(sheet.key, build.lang), styles.title)
    page.set_row(TITLE_ROW, 24)
    says = [sheet_help(sheet.key, build.lang)]
    planned = sheet.key.removeprefix("plan_") in MONEY_MEASURES
    if planned or any(column.kind == MONEY for table in sheet.tables for column in table.columns):
        says.append(build.unit_note)
    for table in sheet.tables:
        if table.key in build.cut and not counted_by_check(build, table.key):
            says.append(build.says("cut", rows=f"{build.cut[table.key]:,}", table=table_name(table.key, build.lang)))
    page.write_string(HELP_ROW, 0, " ".join(part for part in says if part), styles.note)
    if sheet.key != "home":
        page.write_url(LINK_ROW, 0, build.link("home"), styles.link, build.says("back"))
    return page


def counted_by_check(build: Build, key: str) -> bool:
    """Whether the last refresh says how many rows the sheet could not hold: a check tells it then, and stays true."""
    frame = build.frame("refreshes")
    return "left" in frame and bool((frame["table"] == table_name(key, build.lang)).any())


def safe_footer(text: str) -> str:
    """A text in a footer, where & begins a code and the whole is limited."""
    return text.replace("&", "&&")[:100]


def write_tables(build: Build, sheet: Sheet) -> Any:
    """Write all tables of a sheet; returns the sheet."""
    page = open_sheet(build, sheet)
    page.freeze_panes(FIRST_ROW, 0)
    page.repeat_rows(LINK_ROW, HEADER_ROW)
    page.set_row(HEADER_ROW, HEADER_HEIGHT)
    widths: dict[int, float] = {}
    for block in (build.blocks[table.key] for table in sheet.tables):
        write_block(build, page, block, widths)
    set_widths(page, widths)
    set_heights(build, page, sheet, widths)
    print_areas(build, sheet)
    if not sheet.typed:
        protect(page)
    return page


def set_heights(build: Build, page: Any, sheet: Sheet, widths: dict[int, float]) -> None:
    """Room for sentences that need several lines; rows are shared by the tables side by side."""
    needed: dict[int, int] = {}
    for block in (build.blocks[table.key] for table in sheet.tables if table.role in {"result", "kept"}):
        frame = build.frame(block.table.key)
        for column in block.table.columns:
            if column.key in SENTENCES and column.key in frame.columns:
                room = widths[block.column(column.key)] - 3
                for row, text in enumerate(frame[column.key].tolist(), FIRST_ROW):
                    lines = -(-text_width(text) // room) if isinstance(text, str) else 1
                    needed[row] = max(needed.get(row, 1), int(lines))
    for row, lines in needed.items():
        if lines > 1:
            page.set_row(row, LINE_HEIGHT * lines)


def protect(page: Any) -> None:
    """Protect against slips, without password; filters, sorting and column widths stay free."""
    allowed = ("format_columns", "format_rows", "sort", "autofilter", "select_locked_cells", "select_unlocked_cells")
    page.protect("", dict.fromkeys(allowed, True))


def write_block(build: Build, page: Any, block: Block, widths: dict[int, float]) -> None:
    """Write one table: caption, totals, headings, rows, lists."""
    table, frame, lang = block.table, build.frame(block.table.key), build.lang
    names = headings(table, lang)
    write_caption(build, page, block)
    typed = table.role in {"master", "input"}
    beside_others = sum(other.sheet == table.sheet for other in TABLES.values()) > 1
    sentence = ONE_LINE_BESIDE if beside_others else WIDEST
    columns = []
    for position, (column, name) in enumerate(zip(table.columns, names, strict=True)):
        at = block.first_column + position
        values = column_values(table, column, frame, lang)
        values += [None] * (block.last_row - HEADER_ROW - len(values))
        page.write_values(FIRST_ROW, at, values, cell_styles(build, table, column, frame, len(values)))
        header = build.styles.required_header if typed and column.required else build.styles.header
        columns.append({"header": name, "header_format": header})
        page.data_validation(HEADER_ROW, at, HEADER_ROW, at, input_message(build, table, column, name))
        summed = adds_up(table, column)
        widest = [*values, BOLD * added(values)] if summed else values
        widths[at] = column_width(name, column, widest, int(build.setting("unit")), sentence)
        if typed:
            validate_column(build, page, block, column)
        if summed:
            write_total(build, page, block, at, column, values)
    for at, name in enumerate(block.extra, block.first_column + len(table.columns)):
        own = Column(str(name), TEXT)
        values = plain_values(frame[name])
        page.write_values(FIRST_ROW, at, values, [build.styles.cell(TEXT, typed=True)])
        columns.append({"header": str(name), "header_format": build.styles.header})
        widths[at] = column_width(str(name), own, values, 1)
    page.add_table(
        HEADER_ROW, block.first_column, block.last_row, block.last_column,
        {"name": list_object(table.key), "columns": columns, "style": None, "banded_rows": False},
    )  # fmt: skip
    if table.key == "reconciliation":
        redden(build, page, block)


def redden(build: Build, page: Any, block: Block) -> None:
    """Make a difference to the ledger red that is not 0; its row is known by its word, in either language."""
    name, amount = (xl_rowcol_to_cell(FIRST_ROW, block.column(key), col_abs=True) for key in ("balance_part", "amount"))
    words = ",".join(f"{name}={quoted(value_word('balance_part', 'difference', lang))}" for lang in LANGUAGES)
    look = {"type": "formula", "criteria": f"=AND(OR({words}),ABS({amount})>=0.005)", "format": build.styles.wrong}
    at = block.column("amount")
    page.conditional_format(FIRST_ROW, at, FIRST_ROW + BALANCE_ROWS - 1, at, look)


def input_message(build: Build, table: Table, column: Column, name: str) -> dict[str, object]:
    """The help of a heading, shown when it is selected; lighter than a comment."""
    return {"validate": "any", "input_title": name[:32], "input_message": heading_help(table, column, build.lang)}


def cell_styles(build: Build, table: Table, column: Column, frame: pd.DataFrame, rows: int) -> list[Any]:
    """The style of a column's cells: one for all, or one a row where the unit follows the row's measure."""
    typed = table.role in {"master", "input"}
    if (table.key, column.key) == ("refreshes", "difference"):
        return [build.styles.apart]
    if column.kind != NUMBER or column.key not in MEASURED or "measure" not in frame.columns:
        return [build.styles.cell(column.kind, column.key, typed=typed)]
    made = {
        measure: build.styles.cell(column.kind, column.key, typed=typed, measure=measure)
        for measure in dict.fromkeys(str(value) for value in frame["measure"])
    }
    found = [made[str(value)] for value in frame["measure"]]
    return found + [build.styles.cell(column.kind, column.key, typed=typed)] * (rows - len(found))


def added(values: list[Value]) -> float:
    """The sum of the numbers among the values."""
    return sum(value for value in values if isinstance(value, float))


def adds_up(table: Table, column: Column) -> bool:
    """Whether the sum of a column means something."""
    if table.sheet == "sources":  # of one table each
        return False
    if column in other_times(table.key):  # twelve months overlap from row to row
        return False
    if any(other.key == "part_of" for other in table.columns):  # the money of a part stands in what it is a part of
        return False
    return column.kind == MONEY and column.key not in NOT_ADDED and not OVERLAPPING & set(table.keys)


def write_total(build: Build, page: Any, block: Block, at: int, column: Column, values: list[Value]) -> None:
    """The sum of a money column above its heading, where it is in nobody's way when the table grows."""
    reference = build.reference(block.table.key, column.key)
    formula = f'IF(SUBTOTAL(102,{reference})=0,"",SUBTOTAL(109,{reference}))'
    value: float | str = added(values) if any(isinstance(each, float) for each in values) else ""
    if any(other.key == "currency" for other in block.table.columns):
        own = str(build.setting("currency"))
        money = build.reference(block.table.key, "currency")
        mixed = build.says("mixed_currencies")
        formula = f'IF(SUMPRODUCT(({money}<>"")*({money}<>{quoted(own)}))>0,{quoted(mixed)},{formula})'
        frame = build.frame(block.table.key)
        if "currency" in frame.columns and (set(frame["currency"].dropna().astype(str)) - {own, ""}):
            value = mixed
    page.write_formula(TOTAL_ROW, at, "=" + formula, build.styles.total(column.kind, column.key), value)
    if at > block.first_column and at == first_sum(block):
        page.write_string(TOTAL_ROW, block.first_column, build.says("total"), build.styles.note)


def other_times(table: str) -> tuple[Column, ...]:
    """The columns that hold figures of a table at other times."""
    return beside(table) if table in TIMES_OF else ()


def first_sum(block: Block) -> int:
    """The sheet column of a table's first sum."""
    return next(block.column(column.key) for column in block.table.columns if adds_up(block.table, column))


def print_areas(build: Build, sheet: Sheet) -> None:
    """Each table, and the chart beside them, is printed on pages of its own, as wide as the page."""
    if not sheet.tables:
        return
    ranges = [(block.first_column, printed_to(block), block.last_row + 1)
              for block in (build.blocks[table.key] for table in sheet.tables)]  # fmt: skip
    if sheet.key in BESIDE:
        first = ranges[-1][1] + CHART_GAP
        ranges.append((first, first + CHART_COLUMNS, FIRST_ROW + CHART_ROWS))
    tab = build.tab(sheet.key)
    areas = [f"{tab}!${xl_col_to_name(first)}$1:${xl_col_to_name(last)}${rows}" for first, last, rows in ranges]
    build.book.define_name(f"{tab}!_xlnm.Print_Area", "=" + ",".join(areas))


def printed_to(block: Block) -> int:
    """The last column on paper: of a wide table the other times beside its figures stay on the screen."""
    other = other_times(block.table.key)
    if not other or len(block.table.columns) <= MOST_PRINTED:
        return block.last_column
    return block.column(other[0].key) - 1


def insert_beside(build: Build, page: Any, sheet: Sheet, chart: Any) -> None:
    """Put a chart to the right of a sheet's tables, where no table can grow into it."""
    column = build.blocks[sheet.tables[-1].key].last_column + CHART_GAP
    chart.set_size({"width": 700, "height": 20 * CHART_ROWS - 20})
    page.insert_chart(FIRST_ROW, column, chart, {"object_position": 3})
