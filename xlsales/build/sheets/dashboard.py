"""Dashboard: one printed page for each audience - management, a region's manager, finance."""

from typing import Any

from xlsxwriter.utility import xl_col_to_name

from xlsales.build.charts import Drawer, title_of
from xlsales.build.context import Build, quoted
from xlsales.build.facts import headlines
from xlsales.build.found import Finder, Found
from xlsales.build.layout import HELP_ROW, LINK_ROW, TITLE_ROW, Sheet
from xlsales.build.live import Given
from xlsales.build.sheets.home import FACT_ROW, FIVE_ROW, shown_day
from xlsales.build.sheets.pages import from_block, heat, merged, write_choice, write_tile, write_times
from xlsales.build.styles import MONEY_MEASURES
from xlsales.build.table_sheet import open_sheet, protect
from xlsales.build.wording import sheet_name, value_word
from xlsales.schema.model import MONEY, QUANTITY, SHARE
from xlsales.schema.targets import QUANTITIES

COLUMNS, WIDTH = 15, 12  # fifteen columns: three to a tile, seven and a half to a chart
PIXELS, ROW_PIXELS = 89, 20
PAGE_ROWS = 42  # A4 landscape at this width
TILES, CHARTS = 3, 8  # rows of a page, from its first
TIMES = TILES + 3  # the other times under the figures of a tile
CHART_ROWS = 11
REGION_NAME = "xs_choice_region"
REGION_CHOICE = (PAGE_ROWS + TITLE_ROW, 5)  # the cell in which the second page's member is chosen
MEMBERS = 6  # rows of a heat-map


def write_dashboard(build: Build, sheet: Sheet, drawer: Drawer, choice: str) -> None:
    """Write the sheet."""
    page = open_sheet(build, sheet)
    page.set_column(0, COLUMNS - 1, WIDTH)
    page.center_horizontally()
    says = subtitle(build)
    page.write_formula(HELP_ROW, 0, "=" + says.formula, build.styles.note, says.value)
    for number, key in enumerate(("management", "region", "finance")):
        top = number * PAGE_ROWS
        if number:
            page.set_row(top + TITLE_ROW, 24)
            page.write_url(top + LINK_ROW, 0, build.link("home"), build.styles.link, build.says("back"))
            page.write_formula(top + HELP_ROW, 0, "=" + says.formula, build.styles.note, says.value)
        title = f"{sheet_name(sheet.key, build.lang)} · {build.says(f'dashboard.{key}')}"
        page.write_string(top + TITLE_ROW, 0, title, build.styles.title)
        page.write_url(
            LINK_ROW, 3 * (number + 1), build.link("dashboard", top), build.styles.link, build.says(f"dashboard.{key}")
        )
    management(build, page, drawer)
    region(build, page, drawer, choice)
    finance(build, page, drawer)
    breaks = [PAGE_ROWS * number for number in (1, 2)]
    page.set_h_pagebreaks(breaks)
    last = xl_col_to_name(COLUMNS - 1)
    areas = [f"{build.tab(sheet.key)}!$A${first + 1}:${last}${first + PAGE_ROWS}" for first in (0, *breaks)]
    build.book.define_name(f"{build.tab(sheet.key)}!_xlnm.Print_Area", "=" + ",".join(areas))
    protect(page)


def subtitle(build: Build) -> Given:
    """Company, day and unit; the day is Home's, so that it follows every refresh."""
    home, day = build.place("home", FACT_ROW, 1), shown_day(build).value
    text = f'YEAR({home})&"-"&RIGHT("0"&MONTH({home}),2)&"-"&RIGHT("0"&DAY({home}),2)'  # TEXT depends on the language
    shown = build.as_of.isoformat() if build.as_of else str(day)
    before = " · ".join(part for part in (build.company, build.says("home.as_of") + " ") if part)
    after = f" · {build.unit_note}"
    return Given(f"{quoted(before)}&IF(ISNUMBER({home}),{text},{home})&{quoted(after)}", f"{before}{shown}{after}")


def place_charts(
    build: Build, page: Any, drawer: Drawer, keys: tuple[tuple[str, ...], ...], at: tuple[int, int]
) -> None:
    """Draw charts in lines below each other, from a row on, each so many rows high; the charts of a line share it."""
    first, rows = at
    for step, line in enumerate(keys):
        width = PIXELS * COLUMNS // len(line)
        for number, key in enumerate(line):
            chart = drawer.draw(key)
            chart.set_size({"width": width - 6, "height": rows * ROW_PIXELS - 6})
            page.insert_chart(first + step * rows, 0, chart, {
                "x_offset": number * width, "y_offset": 3, "object_position": 3,
                "description": build.says(f"chart.{title_of(key)}.title"),
            })  # fmt: skip


def management(build: Build, page: Any, drawer: Drawer) -> None:
    """Where the company lands, why, and whom to talk to."""
    for number, line in enumerate(headlines(build)):
        row = FIVE_ROW + 1 + number
        kind = MONEY if line.measure in MONEY_MEASURES else QUANTITY
        share = line.actual / line.target if line.target and line.actual is not None else ""
        figures = []
        for source, pattern, value in (
            (2, build.styles.number_format(kind), "" if line.actual is None else line.actual),
            (4, build.styles.number_format(SHARE), share),
        ):
            place = build.place("home", row, source)
            figures.append((Found(f'IF({place}="","",{place})', value), pattern))
        write_tile(
            build, page, (TILES, 3 * number), Found("", value_word("measure", line.measure, build.lang)), figures
        )
        write_times(build, page, drawer, "spans", line.measure, (TIMES, 3 * number))
    lines = (("attainment", "months", "path"), ("regions", "bridge", "funnel"))
    place_charts(build, page, drawer, lines, (CHARTS, CHART_ROWS))
    row = CHARTS + 2 * CHART_ROWS
    page.write_string(row, 0, build.says("dashboard.heat"), build.styles.caption)
    heat(build, page, drawer, (row + 1, 3, MEMBERS), "regions")
    alert_lines(build, page, drawer, "alerts", (row + 2 + MEMBERS, 3))


def alert_lines(build: Build, page: Any, drawer: Drawer, key: str, at: tuple[int, int]) -> None:
    """The first alerts, a line each: who, how much, why."""
    row, count = at
    styles = build.styles
    for number in range(count):
        merged(page, (row + number, 0), 2, from_block(drawer, key, number, 1), styles.name)
        merged(page, (row + number, 2), 2, from_block(drawer, key, number, 2), styles(bottom=1, bottom_color="#D1D5DB"))
        money = from_block(drawer, key, number, 4)
        merged(page, (row + number, 4), 2, money, styles.cell(MONEY))
        reason = styles(font_size=9, indent=1, shrink=True)  # a long one stays whole on the printed page
        merged(page, (row + number, 6), COLUMNS - 6, from_block(drawer, key, number, 5), reason)


def region(build: Build, page: Any, drawer: Drawer, choice: str) -> None:
    """One region, or any other member that is chosen: how far it is, month by month, and who of its people."""
    top = PAGE_ROWS
    write_choice(build, page, REGION_CHOICE, choice, REGION_NAME, 5)
    finder = Finder(build)
    block, area = drawer.places["region_pace"]
    for number, measure in enumerate(QUANTITIES):
        row = block.rows[number][3].at(area.cell(number, 3))
        kind = MONEY if measure in MONEY_MEASURES else QUANTITY
        figures = [
            (finder.cell("pace", "actual", row), build.styles.number_format(kind)),
            (finder.cell("pace", "attainment", row), build.styles.number_format(SHARE)),
        ]
        name = Found("", value_word("measure", measure, build.lang))
        write_tile(build, page, (top + TILES, 3 * number), name, figures)
        write_times(build, page, drawer, "region_spans", measure, (top + TIMES, 3 * number))
    lines = (("region_months", "region_path"), ("people", "region_pace"))
    place_charts(build, page, drawer, lines, (top + CHARTS, CHART_ROWS))
    row = top + CHARTS + 2 * CHART_ROWS
    page.write_string(row, 0, build.says("dashboard.heat"), build.styles.caption)
    heat(build, page, drawer, (row + 1, 3, MEMBERS), "people")
    alert_lines(build, page, drawer, "region_alerts", (row + 2 + MEMBERS, 3))


def finance(build: Build, page: Any, drawer: Drawer) -> None:
    """Margin, profit and cash: why the margin moved, who owes, how long the money is out."""
    top = 2 * PAGE_ROWS
    finder = Finder(build)
    block, area = drawer.places["attainment"]
    money = build.styles.number_format(MONEY)
    for number, measure in enumerate(("margin", "profit", "collections")):
        at = QUANTITIES.index(measure)
        row = block.rows[at][3].at(area.cell(at, 3))
        figures = [(finder.cell("headline", "actual", row), money),
                   (from_block(drawer, "attainment", at, 1), build.styles.number_format(SHARE))]  # fmt: skip
        name = Found("", value_word("measure", measure, build.lang))
        write_tile(build, page, (top + TILES, 3 * number), name, figures)
        write_times(build, page, drawer, "spans", measure, (top + TIMES, 3 * number))
    for number, (table, column) in enumerate((("ageing", "outstanding"), ("credit_watch", "overdue")), 3):
        figures = [(finder.total(table, column), money), (Found("", ""), money)]
        name = Found("", build.says("dashboard." + column))
        write_tile(build, page, (top + TILES, 3 * number), name, figures)
    rows = (PAGE_ROWS - CHARTS - 1) // 2
    place_charts(build, page, drawer, (("bridge", "ageing"), ("cash", "dso")), (top + CHARTS, rows))
