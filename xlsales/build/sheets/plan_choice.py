"""The sheet Plan by choice: cells of choice above, and an empty matrix that the button Show plan fills."""

from typing import Any

from xlsxwriter.utility import xl_col_to_name, xl_rowcol_to_cell

from xlsales.build.context import Build, quoted
from xlsales.build.layout import CAPTION_ROW, CHECK_ROW, FIRST_ROW, HEADER_ROW, TOTAL_ROW, Sheet
from xlsales.build.sheets.plan import COMMAND, METHOD, NUMBER, SECOND, write_command, write_ways
from xlsales.build.sheets.plan_sides import FIRST_MONTH
from xlsales.build.styles import ACCENT, INPUT, LINE, SUM
from xlsales.build.table_sheet import open_sheet
from xlsales.build.wording import value_word
from xlsales.commands.plan_cut import DIMENSIONS, GRAINS, MEASURES
from xlsales.labels import word
from xlsales.schema.model import QUANTITY, TEXT

ROWS, WEEKS, ENDS = 500, 53, 5
LAST = FIRST_MONTH + 2 * (WEEKS + ENDS) - 1
CHOICES = {"measure": COMMAND, "rows": COMMAND + 4, "then": COMMAND + 8, "only": COMMAND + 12, "grain": COMMAND + 16}
FIRST_CHOICE = {"measure": "sales", "rows": "product", "grain": "quarter"}


def write_choice_sheet(build: Build, sheet: Sheet) -> None:
    """Write the sheet."""
    page = open_sheet(build, sheet)
    page.freeze_panes(FIRST_ROW, FIRST_MONTH)
    page.repeat_rows(HEADER_ROW)
    text = build.styles(num_format="@")
    number = build.styles(num_format=build.styles.number_format(QUANTITY), align="right")
    page.set_column(0, 1, 12, text)
    page.set_column(2, 2, 30, text)
    for column in range(FIRST_MONTH, LAST + 1):
        narrow = (column - FIRST_MONTH) % 2
        page.set_column(column, column, 2.6 if narrow else 12, build.styles(align="center") if narrow else number)
    for column in range(LAST + 1):  # the codes are texts down the column; a period is written as a text by itself
        form = {"num_format": "@"} if column < FIRST_MONTH else {}
        page.write_blank(HEADER_ROW, column, None, build.styles(bold=True, align="center", **form))
    page.write_string(HEADER_ROW, 2, build.says("choice.start"), build.styles(num_format="@", bold=True))
    page.set_row(HEADER_ROW, 24)
    for row, key in ((CAPTION_ROW, "plan.version"), (TOTAL_ROW, "plan.year")):
        page.write_string(row, 0, build.says(key), build.styles.note)
        page.write_blank(row, 1, None, build.styles.cell(TEXT, typed=True))
    write_command(build, page)
    write_ways(build, page)
    write_choices(build, page)
    look(build, page)
    name_choice(build, sheet)


def write_choices(build: Build, page: Any) -> None:
    """The cells of choice, each with its list."""
    lists = {
        "measure": [value_word("measure", key, build.lang) for key in MEASURES],
        "rows": [word("plan.rows." + key, build.lang) for key in DIMENSIONS],
        "then": [word("plan.rows." + key, build.lang) for key in DIMENSIONS],
        "grain": [word("plan.grain." + key, build.lang) for key in GRAINS],
    }
    keys = {"measure": MEASURES, "rows": DIMENSIONS, "then": DIMENSIONS, "grain": GRAINS}
    for name, column in CHOICES.items():
        beside = column - 1 if column == COMMAND else column - 2
        page.write_string(CHECK_ROW, beside, build.says("choice." + name), build.styles.beside)
        first = FIRST_CHOICE.get(name)
        typed = build.styles.cell(TEXT, typed=True)
        if first is None:
            page.write_blank(CHECK_ROW, column, None, typed)
        else:
            page.write_string(CHECK_ROW, column, lists[name][keys[name].index(first)], typed)
        rule: dict[str, object] = {"validate": "any", "input_title": ""}
        if name in lists:
            rule |= {"validate": "list", "source": lists[name]}
        rule["input_message"] = build.says(f"choice.{name}.help")
        page.data_validation(CHECK_ROW, column, CHECK_ROW, column, rule)


def look(build: Build, page: Any) -> None:
    """Yellow where people type, grey where rows add up: by what the button writes, since its rows are not known yet."""
    area = (FIRST_ROW, FIRST_MONTH, FIRST_ROW + ROWS - 1, LAST)
    here, beside = (xl_col_to_name(FIRST_MONTH + step) for step in (0, 1))
    row, below, head = FIRST_ROW + 1, FIRST_ROW + 2, HEADER_ROW + 1
    depth = "FIND(LEFT(TRIM($C{0}),1),$C{0})"
    adds = f"IFERROR({depth.format(below)}>{depth.format(row)},FALSE)"
    bounds = ",".join(f"{here}${head}={quoted(word('plan.end.' + key, build.lang))}" for key in ("lower", "upper"))
    ends = ",".join(f"{here}${head}={quoted(word('plan.end.' + key, build.lang))}" for key in ("total", "goal", "gap"))
    hold = f'{here}${head}="H"'
    value = f'{beside}${head}="H"'
    typed = build.book.add_format({"bg_color": INPUT, "border": 1, "border_color": LINE})
    added = build.book.add_format({"bg_color": SUM, "bold": True, "bottom": 1, "bottom_color": LINE})
    heading = build.book.add_format({"bg_color": ACCENT, "font_color": "#FFFFFF", "bold": True})
    rules = (
        (f'AND($C{row}<>"",OR({value},{hold}),NOT({adds}))', typed),
        (f'AND($C{row}<>"",OR({bounds}))', typed),
        (f'AND($C{row}<>"",OR({value},{hold},{ends}))', added),
    )
    for formula, style in rules:
        page.conditional_format(*area, {"type": "formula", "criteria": "=" + formula, "format": style})
    filled = {"type": "formula", "criteria": f'=A${head}<>""', "format": heading}
    page.conditional_format(HEADER_ROW, 0, HEADER_ROW, LAST, filled)


def name_choice(build: Build, sheet: Sheet) -> None:
    """The names by which the commands find the cells."""
    last = xl_rowcol_to_cell(FIRST_ROW + ROWS - 1, LAST, row_abs=True, col_abs=True)
    second = xl_rowcol_to_cell(CAPTION_ROW, SECOND, row_abs=True, col_abs=True)
    places = {
        "xs_plan_view": f"{build.place(sheet.key, HEADER_ROW, 0)}:{last}",
        "xs_version_view": build.place(sheet.key, CAPTION_ROW, 1),
        "xs_year_view": build.place(sheet.key, TOTAL_ROW, 1),
        "xs_command_view": build.place(sheet.key, CAPTION_ROW, COMMAND),
        "xs_reference_view": build.place(sheet.key, TOTAL_ROW, COMMAND),
        "xs_method_view": build.place(sheet.key, CAPTION_ROW, METHOD),
        "xs_numbers_view": f"{build.place(sheet.key, CAPTION_ROW, NUMBER)}:{second}",
        **{f"xs_{name}_view": build.place(sheet.key, CHECK_ROW, column) for name, column in CHOICES.items()},
    }
    for name, place in places.items():
        build.book.define_name(name, "=" + place)
