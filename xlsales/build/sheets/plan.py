"""The plan matrix of one measure: tree by fiscal months, leaves typed, parents and checks native formulas."""

from typing import Any

import pandas as pd
from xlsxwriter.utility import xl_rowcol_to_cell

from xlsales.build.context import Build, quoted
from xlsales.build.layout import BLANK_ROWS, CAPTION_ROW, FIRST_ROW, HEADER_ROW, LINK_ROW, TOTAL_ROW, Sheet
from xlsales.build.plan_tree import Node, PlanOf, code, plan_of
from xlsales.build.sheets.plan_sides import (
    FIRST_MONTH,
    GROWTH,
    LAST_YEAR,
    LOWER,
    SHARE_OF,
    SIDES,
    TOTAL,
    UPPER,
    Sides,
    number_style,
    write_sides,
)
from xlsales.build.styles import LINE
from xlsales.build.table_sheet import open_sheet
from xlsales.build.wording import value_word
from xlsales.commands.spread_method import METHODS
from xlsales.labels import word
from xlsales.schema.model import TEXT

COMMAND = FIRST_MONTH  # the column of the cells for spreading codes and for the reference
METHOD, NUMBER, SECOND = FIRST_MONTH + 4, FIRST_MONTH + 8, FIRST_MONTH + 10  # the same without a code
TARGET, CHECK = TOTAL + 1, TOTAL + 2
ENDS = {TOTAL: "total", TARGET: "target", CHECK: "check", **SIDES}
EXACT = 0.005  # amounts are rounded to the cent
HELD = "H"
Cached = dict[int, list[float | str]]


def write_plan(build: Build, sheet: Sheet) -> None:
    """Write the plan sheet of a measure."""
    plan = plan_of(build, sheet.key.removeprefix("plan_"))
    if len(plan.rows) == 1:
        plan.rows[0].children = [Node("blank", level=1) for _ in range(BLANK_ROWS)]
        plan.rows += plan.rows[0].children
    page = open_sheet(build, sheet)
    page.freeze_panes(FIRST_ROW, FIRST_MONTH)
    page.repeat_rows(LINK_ROW, HEADER_ROW)
    page.outline_settings(symbols_below=False)
    write_head(build, page, plan)
    place = {id(node): FIRST_ROW + offset for offset, node in enumerate(plan.rows)}
    cached: Cached = {}
    for node in reversed(plan.rows):  # children first, for the cached sums of their parents
        write_row(build, page, plan, node, place, cached)
    sides = Sides(plan, {row: added(months) for row, months in cached.items()}, place)
    for node in plan.rows:
        write_sides(build, page, sides, node)
    name_blocks(build, sheet, plan)
    last = FIRST_ROW + len(plan.rows) - 1
    page.print_area(0, 0, last, UPPER)


def write_head(build: Build, page: Any, plan: PlanOf) -> None:
    """Version and year above, then the headings."""
    styles = build.styles
    page.write_string(CAPTION_ROW, 0, build.says("plan.version"), styles.note)
    page.write_string(CAPTION_ROW, 1, plan.version, styles.cell(TEXT, typed=True))
    page.write_string(TOTAL_ROW, 0, build.says("plan.year"), styles.note)
    page.write_string(TOTAL_ROW, 1, str(plan.year), styles.cell(TEXT, typed=True))
    write_command(build, page)
    write_ways(build, page)
    if plan.elsewhere:
        page.write_string(LINK_ROW, COMMAND, build.says("plan.elsewhere", count=plan.elsewhere), styles.note)
    heads = [build.says("plan." + key) for key in ("region", "salesperson", "name")]
    for column, head in enumerate(heads):
        page.write_string(HEADER_ROW, column, head, styles.header)
    for step, month in enumerate(plan.months):
        page.write_string(HEADER_ROW, FIRST_MONTH + 2 * step, month, styles.header)
        page.write_string(HEADER_ROW, FIRST_MONTH + 2 * step + 1, HELD, styles.header)
    for column, key in ENDS.items():
        page.write_string(HEADER_ROW, column, build.says("plan." + key), styles.header)
    helped = {FIRST_MONTH: "month", FIRST_MONTH + 1: "hold"}
    helped |= {column: ENDS[column] for column in (CHECK, LAST_YEAR, SHARE_OF, LOWER)}
    for column, key in helped.items():
        message = {"validate": "any", "input_title": "", "input_message": build.says(f"plan.{key}.help")}
        page.data_validation(HEADER_ROW, column, HEADER_ROW, column, message)
    page.set_row(HEADER_ROW, 24)
    page.set_column(0, 1, 12)
    page.set_column(2, 2, 24)
    for step in range(12):
        page.set_column(FIRST_MONTH + 2 * step, FIRST_MONTH + 2 * step, 12)
        page.set_column(FIRST_MONTH + 2 * step + 1, FIRST_MONTH + 2 * step + 1, 2.6)
    page.set_column(TOTAL, TARGET, 14)
    page.set_column(CHECK, CHECK, 26)
    page.set_column(LAST_YEAR, LAST_YEAR, 14)
    page.set_column(GROWTH, SHARE_OF, 9)
    page.set_column(LOWER, UPPER, 14)


def write_command(build: Build, page: Any) -> None:
    """The cell for a spreading code."""
    page.write_string(CAPTION_ROW, COMMAND - 1, build.says("plan.command"), build.styles.beside)
    page.write_blank(CAPTION_ROW, COMMAND, None, build.styles.cell(TEXT, typed=True))
    message = {"validate": "any", "input_title": "", "input_message": build.says("plan.command.help")}
    page.data_validation(CAPTION_ROW, COMMAND, CAPTION_ROW, COMMAND, message)


def write_ways(build: Build, page: Any) -> None:
    """The cells for the reference, and for a method with its numbers instead of a code."""
    text = build.styles.cell(TEXT, typed=True)
    page.write_string(TOTAL_ROW, COMMAND - 1, build.says("plan.reference"), build.styles.beside)
    page.write_string(CAPTION_ROW, METHOD - 2, build.says("plan.method"), build.styles.beside)
    page.write_string(CAPTION_ROW, NUMBER - 2, build.says("plan.numbers"), build.styles.beside)
    methods = [word("plan.method." + key, build.lang) for key in METHODS]
    choices = {"validate": "list", "source": methods, "input_title": ""}
    choices["input_message"] = build.says("plan.method.help")
    told = {key: {"validate": "any", "input_title": "", "input_message": build.says(f"plan.{key}.help")}
            for key in ("reference", "numbers")}  # fmt: skip
    cells = {
        (TOTAL_ROW, COMMAND): told["reference"],
        (CAPTION_ROW, METHOD): choices,
        (CAPTION_ROW, NUMBER): told["numbers"],
        (CAPTION_ROW, SECOND): told["numbers"],
    }
    for (row, column), rule in cells.items():
        page.write_blank(row, column, None, text)
        page.data_validation(row, column, row, column, rule)


def write_row(build: Build, page: Any, plan: PlanOf, node: Node, place: dict[int, int], cached: Cached) -> None:
    """Write one row and remember its months' values."""
    row, styles = place[id(node)], build.styles
    typed = not node.children and node.kind != "company"
    number, hold = (number_style(build, plan.measure, typed=typed), styles.hold(typed=typed))
    names = styles.cell(TEXT, typed=node.kind == "blank")
    page.write_string(row, 0, node.region, names)
    page.write_string(row, 1, node.salesperson, names)
    page.write_string(
        row, 2, node.name, styles(indent=min(node.level, 10), bold=not typed, bottom=1, bottom_color=LINE)
    )
    page.set_row(row, None, None, {"level": min(node.level, 7)})
    below = [place[id(child)] for child in node.children]
    months: list[float | str] = []
    for step, month in enumerate(plan.months):
        column = FIRST_MONTH + 2 * step
        value, held = plan.typed.get((node.leaf, month), (None, False)) if typed else (None, False)
        if not typed:
            months.append(added(cached[under][step] for under in below))
            page.write_formula(row, column, sum_formula(cells(below, column)), number, months[-1])
        elif value is None:
            months.append("")
            page.write_blank(row, column, None, number)
        else:
            months.append(value)
            page.write_number(row, column, value, number)
        held = held or plan.holds(node, month)
        page.write_string(row, column + 1, HELD if held else "", hold)
    cached[row] = months
    write_ends(build, page, plan, node, row, added(months))


def added(values: Any) -> float | str:
    """The sum of what is there; nothing at all stays blank."""
    numbers = [value for value in values if not isinstance(value, str)]
    return sum(numbers) if numbers else ""


def cells(rows: list[int], column: int) -> list[str]:
    """The cells of some rows in a column, neighbours as one range."""
    runs: list[list[int]] = []
    for row in sorted(rows):
        if runs and row == runs[-1][-1] + 1:
            runs[-1].append(row)
        else:
            runs.append([row])
    ends = [(xl_rowcol_to_cell(run[0], column), xl_rowcol_to_cell(run[-1], column)) for run in runs]
    return [first if first == last else f"{first}:{last}" for first, last in ends]


def sum_formula(ranges: list[str]) -> str:
    """A sum that stays blank while nothing is typed."""
    listed = ",".join(ranges)
    return f'=IF(COUNT({listed})=0,"",SUM({listed}))'


def write_ends(build: Build, page: Any, plan: PlanOf, node: Node, row: int, total: float | str) -> None:
    """The year's total, the target beside it, and the check."""
    number = number_style(build, plan.measure, typed=False)
    months = [xl_rowcol_to_cell(row, FIRST_MONTH + 2 * step) for step in range(12)]
    page.write_formula(row, TOTAL, sum_formula(months), number, total)
    formula, target = target_of(build, plan, node, row)
    if formula:
        page.write_formula(row, TARGET, formula, number, target)
        page.write_formula(row, CHECK, check_formula(build, row), build.styles.check, verdict(build, total, target))


def target_of(build: Build, plan: PlanOf, node: Node, row: int) -> tuple[str, float | str]:
    """The year's target of a row as a formula and its value; no formula where a row has no target of its own."""
    if node.kind == "direct":
        return "", ""
    scope = "region" if node.kind == "blank" else node.kind
    tests = {
        "measure": quoted(value_word("measure", plan.measure, build.lang)),
        "scope": quoted(value_word("scope", scope, build.lang)),
        "period": xl_rowcol_to_cell(TOTAL_ROW, 1, row_abs=True, col_abs=True),
    }
    if scope != "company":
        tests["member"] = xl_rowcol_to_cell(row, 1 if scope == "salesperson" else 0, col_abs=True)
    listed = ",".join(f"{build.reference('targets', column)},{test}" for column, test in tests.items())
    target = build.reference("targets", "target")
    formula = f'=IF(COUNTIFS({listed},{target},"<>")=0,"",SUMIFS({target},{listed}))'
    return formula, target_value(build, plan, node)


def target_value(build: Build, plan: PlanOf, node: Node) -> float | str:
    """The year's target of a row; blank where there is none."""
    targets = build.frame("targets")
    if targets.empty or node.kind == "blank" or "period" not in targets:
        return ""
    found = targets[
        (targets["measure"] == plan.measure)
        & (targets["scope"] == node.kind)
        & (targets["period"].astype("str") == str(plan.year))
        & targets["target"].notna()
    ]
    if node.kind != "company":
        member = node.salesperson if node.kind == "salesperson" else node.region
        found = found[[code(value) == member for value in found["member"]]]
    return "" if found.empty else float(pd.to_numeric(found["target"]).sum())


def check_formula(build: Build, row: int) -> str:
    """OK, or by how much the plan misses its target, in words; within the over-assignment allowed it is a buffer."""
    total, target = (xl_rowcol_to_cell(row, column) for column in (TOTAL, TARGET))
    says = {key: quoted(build.says("plan." + key)) for key in ("ok", "over", "short", "buffer")}
    gap = f'TEXT(ABS({total}-{target}),"#,##0.00")'
    over = says["over"]
    allowed = float(build.setting("over_assignment"))
    if allowed:
        most = f"ABS({target})*{allowed!r}+{float(build.setting('rounding'))!r}"
        over = f"IF({total}-{target}<={most},{says['buffer']},{over})"
    wrong = f"IF({total}>{target},{over},{says['short']})&{gap}"
    return f'=IF(OR({total}="",{target}=""),"",IF(ABS({total}-{target})<{EXACT},{says["ok"]},{wrong}))'


def verdict(build: Build, total: float | str, target: float | str) -> str:
    """The cached value of the check."""
    if isinstance(total, str) or isinstance(target, str):
        return ""
    if abs(total - target) < EXACT:
        return build.says("plan.ok")
    allowed = float(build.setting("over_assignment"))
    inside = allowed and total - target <= abs(target) * allowed + float(build.setting("rounding"))
    over = "plan.buffer" if inside else "plan.over"
    return build.says(over if total > target else "plan.short") + f"{abs(total - target):,.2f}"


def name_blocks(build: Build, sheet: Sheet, plan: PlanOf) -> None:
    """Names for the matrix with its headings, for its hold columns, for version, year and spreading code."""
    last = FIRST_ROW + len(plan.rows) - 1

    def area(first: int, row: int, end: int) -> str:
        return f"{build.place(sheet.key, row, first)}:{xl_rowcol_to_cell(last, end, row_abs=True, col_abs=True)}"

    holds = [area(FIRST_MONTH + 2 * step + 1, FIRST_ROW, FIRST_MONTH + 2 * step + 1) for step in range(12)]
    build.book.define_name("xs_plan_" + plan.measure, "=" + area(0, HEADER_ROW, FIRST_MONTH + 23))
    build.book.define_name("xs_hold_" + plan.measure, "=" + ",".join(holds))
    build.book.define_name("xs_version_" + plan.measure, "=" + build.place(sheet.key, CAPTION_ROW, 1))
    build.book.define_name("xs_year_" + plan.measure, "=" + build.place(sheet.key, TOTAL_ROW, 1))
    build.book.define_name("xs_command_" + plan.measure, "=" + build.place(sheet.key, CAPTION_ROW, COMMAND))
    build.book.define_name("xs_reference_" + plan.measure, "=" + build.place(sheet.key, TOTAL_ROW, COMMAND))
    build.book.define_name("xs_method_" + plan.measure, "=" + build.place(sheet.key, CAPTION_ROW, METHOD))
    numbers = xl_rowcol_to_cell(CAPTION_ROW, SECOND, row_abs=True, col_abs=True)
    build.book.define_name("xs_numbers_" + plan.measure, f"={build.place(sheet.key, CAPTION_ROW, NUMBER)}:{numbers}")
    build.book.define_name("xs_bounds_" + plan.measure, "=" + area(LOWER, HEADER_ROW, UPPER))
