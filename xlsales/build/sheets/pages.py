"""What the dashboard's pages and the sheet of one member share: the cell of choice, tiles, grids of found cells."""

from typing import Any

from xlsales.build.chart_data import SPANS
from xlsales.build.charts import Drawer
from xlsales.build.context import Build
from xlsales.build.found import Finder, Found, ratio
from xlsales.build.sheets.chart_data import write_found
from xlsales.build.styles import ACCENT_SOFT, MONEY_MEASURES
from xlsales.schema import TABLES
from xlsales.schema.model import MONEY, QUANTITY
from xlsales.schema.targets import QUANTITIES

ACTUAL, CHANGE, BEFORE = 2, 4, 6  # of a block of spans: the figure, its change on last year and on the period before
CHOICES = "xs_choices"  # the defined name of what the cells of choice offer
Place = tuple[int, int]


def first_choice(build: Build, scope: str = "") -> str:
    """What a cell of choice shows at first: the first member (of a kind)."""
    members = build.frame("members")
    if members.empty or "choice" not in members:
        return ""
    mine = members[members["scope"] == scope] if scope else members
    return str((members if mine.empty else mine)["choice"].iloc[0])


def define_choices(build: Build) -> None:
    """The list of the cells of choice; validation cannot take a table's column itself."""
    build.book.define_name(CHOICES, "=" + build.reference("members", "choice"))


def write_choice(build: Build, page: Any, place: Place, choice: str, name: str, width: int) -> None:
    """A yellow cell in which a member is chosen from a list; everything on the page follows it."""
    style = build.styles.cell("text", typed=True)
    page.merge_range(*place, place[0], place[1] + width - 1, choice, style)
    says = {"error_title": build.says("list.title"), "error_message": build.says("list.refs")}
    about = {"input_title": build.says("focus.choose"), "input_message": build.says("focus.message")}
    page.data_validation(*place, *place, {"validate": "list", "source": "=" + CHOICES, **says, **about})
    sheet = next(key for key, each in build.sheets.items() if each is page)
    build.book.define_name(name, "=" + build.place(sheet, *place))


def from_block(drawer: Drawer, key: str, row: int, step: int) -> Found:
    """A cell that shows a cell of a block; blank where that is blank."""
    block, area = drawer.places[key]
    found, cell = block.rows[row][step], area.cell(row, step)
    return Found(f'IF({cell}="","",{cell})', found.value)


def write_times(build: Build, page: Any, drawer: Drawer, key: str, measure: str, place: Place) -> None:
    """Under a tile: the year on last year's, the month on the month before, and the last twelve months.

    key: the block that holds the measure in every span.
    """
    row, column = place
    kind = MONEY if measure in MONEY_MEASURES else QUANTITY
    first = QUANTITIES.index(measure) * len(SPANS)
    look = {"bg_color": ACCENT_SOFT, "align": "center", "font_size": 8}
    for step, (word, span, at) in enumerate((("on_year", "year_to_date", CHANGE), ("on_month", "month", BEFORE))):
        told = f'"{build.says("dashboard." + word)} "'
        style = build.styles(**look, num_format=f"{told}+0.0%;{told}-0.0%;{told}0.0%")
        write_found(page, (row, column + step), from_block(drawer, key, first + SPANS.index(span), at), style)
    told = f'"{build.says("dashboard.twelve")} "'
    pattern = ";".join(told + part for part in build.styles.number_format(kind).split(";"))
    twelve = from_block(drawer, key, first + SPANS.index("rolling_12"), ACTUAL)
    merged(page, (row + 1, column), 2, twelve, build.styles(**look, num_format=pattern))


def write_tile(build: Build, page: Any, place: Place, name: Found, figures: list[tuple[Found, str]]) -> None:
    """A name over one or two figures, each over two columns."""
    row, column = place
    look = {"bg_color": ACCENT_SOFT, "align": "center"}
    merged(page, (row, column), 2, name, build.styles(**look, bold=True))
    for step, (found, pattern) in enumerate(figures, 1):
        style = build.styles(**look, num_format=pattern, font_size=13 if step == 1 else 10, bold=step == 1)
        merged(page, (row + step, column), 2, found, style)


def merged(page: Any, place: Place, columns: int, found: Found, style: Any) -> None:
    """A found cell over several columns."""
    row, column = place
    page.merge_range(row, column, row, column + columns - 1, "", style)
    write_found(page, place, found, style)


def heat(build: Build, page: Any, drawer: Drawer, at: tuple[int, int, int], key: str) -> None:
    """Sales against plan by month: a row for each member that a block lists, darker where less is reached.

    at: first row, first column of the months, number of members. The numbers are there too, so that no shade is needed.
    """
    top, left, count = at
    finder = Finder(build)
    block, area = drawer.places[key]
    styles = build.styles
    style = styles(num_format="0%", align="center", border=1, border_color="#FFFFFF", font_size=9)
    for month in range(12):
        page.write_string(top, left + month, "", styles.header)
        period = from_block(drawer, "months", month, 0)
        write_found(page, (top, left + month), period, styles.header)
    for number in range(count):
        row = top + 1 + number
        merged(page, (row, 0), left, from_block(drawer, key, number, 0), styles.name)
        place = len(block.headings)
        member = block.rows[number][place].at(area.cell(number, place))
        first = finder.cell("members", "first_row", member)
        for month in range(12):
            known = first.value != ""
            at_month = Found(f"N({first.formula})+{month}", first.number + month if known else 0.0)
            sold, planned = (finder.cell("member_months", name, at_month) for name in ("sales", "planned"))
            share = ratio(sold, planned)
            if not known:
                share = Found(share.formula, "")
            guarded = Found(f'IF({area.cell(number, 0)}="","",{share.formula})', share.value)
            write_found(page, (row, left + month), guarded, style)
    scale = {"type": "2_color_scale", "min_type": "num", "min_value": 0.5, "max_type": "num", "max_value": 1.1,
             "min_color": "#7FA3AF", "max_color": "#FFFFFF"}  # fmt: skip
    page.conditional_format(top + 1, left, top + count, left + 11, scale)


def number_style(build: Build, table: str, column: str) -> Any:
    """The style of a table's column, for a cell elsewhere that shows it."""
    return build.styles.cell(TABLES[table].column(column).kind, column)
