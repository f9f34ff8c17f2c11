"""Dashboard: five figures and six charts on one printed page."""

from xlsales.build.charts import Drawer
from xlsales.build.context import Build
from xlsales.build.facts import headlines
from xlsales.build.layout import HELP_ROW, Sheet
from xlsales.build.sheets.home import FIVE_ROW
from xlsales.build.styles import ACCENT_SOFT, MONEY_MEASURES
from xlsales.build.table_sheet import open_sheet, protect
from xlsales.build.wording import value_word
from xlsales.schema.model import MONEY, QUANTITY, SHARE

TILE_ROW, CHART_ROW = 4, 8
COLUMNS, WIDTH = 15, 12  # fifteen columns: three to a tile, seven and a half to a chart
CHART_HEIGHT, CHART_ROWS = 250, 13
LAYOUT = (("attainment", "months"), ("bridge", "regions"), ("funnel", "ageing"))
PIXELS = 89  # one column


def write_dashboard(build: Build, sheet: Sheet, drawer: Drawer) -> None:
    """Write the sheet."""
    page = open_sheet(build, sheet)
    page.set_column(0, COLUMNS - 1, WIDTH)
    page.fit_to_pages(1, 1)
    page.center_horizontally()
    page.write_string(HELP_ROW, 0, subtitle(build), build.styles.note)
    write_tiles(build, page)
    for line, pair in enumerate(LAYOUT):
        for side, key in enumerate(pair):
            chart = drawer.draw(key)
            chart.set_size({"width": PIXELS * COLUMNS // 2 - 6, "height": CHART_HEIGHT})
            where = {"x_offset": side * (PIXELS * COLUMNS // 2), "y_offset": 4, "object_position": 3,
                     "description": build.says(f"chart.{key}.title")}  # fmt: skip
            page.insert_chart(CHART_ROW + line * CHART_ROWS, 0, chart, where)
    page.print_area(0, 0, CHART_ROW + len(LAYOUT) * CHART_ROWS, COLUMNS - 1)
    protect(page)


def subtitle(build: Build) -> str:
    """Company, day and unit."""
    day = build.as_of
    parts = [build.company, build.says("home.as_of") + " " + day.isoformat() if day else "", build.unit_note]
    return " · ".join(part for part in parts if part)


def write_tiles(build: Build, page: object) -> None:
    """The five quantities: actual and attainment, taken from Home."""
    styles = build.styles
    for number, line in enumerate(headlines(build)):
        column, row = 3 * number, FIVE_ROW + 1 + number
        kind = MONEY if line.measure in MONEY_MEASURES else QUANTITY
        name = value_word("measure", line.measure, build.lang)
        look = {"bg_color": ACCENT_SOFT, "align": "center"}
        page.merge_range(TILE_ROW, column, TILE_ROW, column + 1, name, styles(**look, bold=True))
        share = line.actual / line.target if line.target and line.actual is not None else ""
        for step, source, pattern, value in (
            (1, 2, styles.number_format(kind), "" if line.actual is None else line.actual),
            (2, 4, styles.number_format(SHARE), share),
        ):
            style = styles(**look, num_format=pattern, font_size=13 if step == 1 else 10, bold=step == 1)
            page.merge_range(TILE_ROW + step, column, TILE_ROW + step, column + 1, "", style)
            place = build.place("home", row, source)
            page.write_formula(TILE_ROW + step, column, f'=IF({place}="","",{place})', style, value)
