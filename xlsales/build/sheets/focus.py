"""One member: chosen in one cell, everything on the sheet follows, by native formulas over the result tables."""

from typing import Any

from xlsales.build.chart_data import DEALS, MONTHS, SPANS, TOP
from xlsales.build.charts import Drawer, title_of
from xlsales.build.context import Build
from xlsales.build.found import Finder, Found
from xlsales.build.layout import Sheet
from xlsales.build.sheets.chart_data import write_found
from xlsales.build.sheets.pages import from_block, merged, number_style, write_choice
from xlsales.build.styles import MONEY_MEASURES
from xlsales.build.table_sheet import open_sheet, protect
from xlsales.build.wording import value_word
from xlsales.labels import label
from xlsales.schema import TABLES
from xlsales.schema.model import MONEY, QUANTITY
from xlsales.schema.targets import QUANTITIES

CHOICE = (4, 1)
NAME = "xs_choice_member"
COLUMNS, WIDTH, MOST_WIDTH, FIRST_WIDTH = 17, 13.0, 24.0, 16
FIVE, COMPARED, DEALS_ROW, ALERTS, MONTHS_ROW = 6, 14, 23, 27, 38
PACE = ("period", "target", "actual", "attainment", "expected", "pace_index", "landing_blended", "landing_low",
        "landing_high", "landing", "remaining", "required_per_day", "required_uplift")  # fmt: skip
FIGURES = ("sales", "volume", "margin", "profit", "collections", "last_year", "planned")
CHART_HEIGHT, DIGIT = 280, 7  # pixels; of a digit's width


def write_focus(build: Build, sheet: Sheet, drawer: Drawer, choice: str) -> None:
    """Write the sheet."""
    page = open_sheet(build, sheet)
    page.set_column(0, 0, FIRST_WIDTH)
    page.set_column(1, COLUMNS - 1, figure_width(build))
    page.fit_to_pages(1, 1)
    page.write_string(CHOICE[0], 0, build.says("focus.choose"), build.styles.name)
    write_choice(build, page, CHOICE, choice, NAME, 5)
    five(build, page, drawer)
    compared(build, page, drawer)
    deals(build, page, drawer)
    alerts(build, page, drawer)
    months(build, page, drawer)
    page.print_area(0, 0, MONTHS_ROW + MONTHS + 2, COLUMNS - 1)
    protect(page)


def figure_width(build: Build) -> float:
    """Wide enough for the largest figure of anybody who may be chosen: a cell of ### says nothing."""
    shown = {"pace": ("target", "actual", "landing", "remaining"), "comparisons": ("actual", "last_year", "previous")}
    largest = 0.0
    for table, columns in shown.items():
        frame = build.frame(table)
        for column in columns:
            if column in frame.columns and frame[column].notna().any():
                largest = max(largest, float(frame[column].abs().max()))
    needs = len(f"-{largest / int(build.setting('unit')):,.2f}") + 2
    return min(max(WIDTH, float(needs)), MOST_WIDTH)


def caption(build: Build, page: Any, row: int, key: str, headings: list[str]) -> None:
    """A caption and the headings below it."""
    page.write_string(row, 0, build.says("focus." + key), build.styles.caption)
    for column, heading in enumerate(headings):
        page.write_string(row + 1, column, heading, build.styles.header)
    page.set_row(row + 1, 28)


def of_measure(build: Build, measure: str, column: str, table: str) -> Any:
    """The style of a measured figure."""
    kind = TABLES[table].column(column).kind
    if kind == "number":
        return build.styles.cell(kind, column, measure=measure)
    return build.styles.cell(kind, column)


def five(build: Build, page: Any, drawer: Drawer) -> None:
    """Attainment, pace and landing of the five quantities."""
    names = [build.says("chart.measure"), *(label("pace", column, build.lang) for column in PACE)]
    caption(build, page, FIVE, "five", names)
    finder = Finder(build)
    block, area = drawer.places["focus_pace"]
    for number, measure in enumerate(QUANTITIES):
        row = FIVE + 2 + number
        page.write_string(row, 0, value_word("measure", measure, build.lang), build.styles.name)
        at = block.rows[number][3].at(area.cell(number, 3))
        for column, key in enumerate(PACE, 1):
            write_found(page, (row, column), finder.cell("pace", key, at), of_measure(build, measure, key, "pace"))


def compared(build: Build, page: Any, drawer: Drawer) -> None:
    """Each quantity in month, quarter, year to date and twelve months, beside last year and the period before."""
    columns = ("actual", "last_year", "change_last_year", "previous", "change_previous")
    shown = [(span, column) for span in SPANS for column in columns
             if span in {"month", "quarter"} or "previous" not in column]  # fmt: skip
    caption(build, page, COMPARED, "compared", [build.says("chart.measure")] + [
        label("comparisons", column, build.lang) for _, column in shown])  # fmt: skip
    for column, (span, key) in enumerate(shown, 1):
        if key == "actual":
            page.write_string(COMPARED, column, value_word("span", span, build.lang), build.styles.caption)
    for number, measure in enumerate(QUANTITIES):
        row = COMPARED + 2 + number
        page.write_string(row, 0, value_word("measure", measure, build.lang), build.styles.name)
        for column, (span, key) in enumerate(shown, 1):
            found = from_block(drawer, "focus_spans", number * len(SPANS) + SPANS.index(span), 2 + columns.index(key))
            write_found(page, (row, column), found, of_measure(build, measure, key, "comparisons"))


def deals(build: Build, page: Any, drawer: Drawer) -> None:
    """The pipeline of the member."""
    caption(build, page, DEALS_ROW, "deals", [label("pipeline_summary", column, build.lang) for column in DEALS])
    for column, key in enumerate(DEALS):
        found = from_block(drawer, "focus_deals", 0, column)
        write_found(page, (DEALS_ROW + 2, column), found, number_style(build, "pipeline_summary", key))


def alerts(build: Build, page: Any, drawer: Drawer) -> None:
    """What needs attention at the member."""
    page.write_string(ALERTS, 0, build.says("focus.alerts"), build.styles.caption)
    spans = ((0, 0, 1), (1, 1, 2), (2, 3, 2), (3, 5, 1), (4, 6, 1), (5, 7, COLUMNS - 7))
    kinds = (build.styles.cell("period"), build.styles.name, build.styles.cell("text"), build.styles.cell("text"),
             build.styles.cell(MONEY), build.styles.cell("text"))  # fmt: skip
    page.set_row(ALERTS + 1, 20)
    headings = drawer.places["focus_alerts"][0].headings
    for (step, column, width), style in zip(spans, kinds, strict=True):
        for row in range(TOP + 1):
            found = from_block(drawer, "focus_alerts", row - 1, step) if row else Found("", headings[step])
            look = style if row else build.styles.header
            if width == 1:
                write_found(page, (ALERTS + 1 + row, column), found, look)
            else:
                merged(page, (ALERTS + 1 + row, column), width, found, look)


def months(build: Build, page: Any, drawer: Drawer) -> None:
    """The months of the fiscal year, and the charts beside them."""
    names = [build.says("chart.month"), *(label("member_months", column, build.lang) for column in FIGURES)]
    caption(build, page, MONTHS_ROW, "months", names)
    finder = Finder(build)
    block, area = drawer.places["focus_months"]
    for month in range(MONTHS):
        row = MONTHS_ROW + 2 + month
        at = block.rows[month][7].at(area.cell(month, 7))
        period = finder.cell("member_months", "period", at)
        write_found(page, (row, 0), period, build.styles.cell("period"))
        for column, key in enumerate(FIGURES, 1):
            kind = QUANTITY if key not in MONEY_MEASURES and key == "volume" else MONEY
            write_found(page, (row, column), finder.cell("member_months", key, at), build.styles.cell(kind))
    width = int((COLUMNS - 8) * (figure_width(build) * DIGIT + 5)) // 2 - 9
    for number, key in enumerate(("focus_months", "focus_path")):
        chart = drawer.draw(key)
        chart.set_size({"width": width, "height": CHART_HEIGHT})
        page.insert_chart(MONTHS_ROW, 8, chart, {
            "x_offset": 6 + number * (width + 6), "y_offset": 4, "object_position": 3,
            "description": build.says(f"chart.{title_of(key)}.title"),
        })  # fmt: skip
