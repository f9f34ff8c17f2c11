"""The hidden sheet that the charts read: the members and their months, and beside them the blocks of the charts."""

from typing import Any

from xlsales.build.chart_data import (
    Area,
    ChartBlock,
    Chosen,
    ageing,
    alerts_block,
    attainment,
    bridge,
    cash,
    chosen_at,
    chosen_block,
    deals_block,
    dso,
    funnel,
    months_block,
    pace_block,
    path_block,
    people_block,
    regions,
    spans_block,
)
from xlsales.build.charts import Drawer
from xlsales.build.context import Build
from xlsales.build.found import GAP, Finder, Found
from xlsales.build.layout import FIRST_ROW, HEADER_ROW, Sheet
from xlsales.build.table_sheet import write_tables
from xlsales.build.wording import sheet_name
from xlsales.schema.model import MONEY, TEXT

SHARES = frozenset({"attainment", "regions", "people", "pace", "focus_pace", "region_pace"})


class DataSheet:
    """Lays blocks side by side, behind the tables of the sheet."""

    def __init__(self, build: Build, sheet: Sheet) -> None:
        self.build, self.sheet = build, sheet
        self.page: Any = write_tables(build, sheet)
        self.finder = Finder(build)
        self.column = max(build.blocks[table.key].last_column for table in sheet.tables) + 2
        self.places: dict[str, tuple[ChartBlock, Area]] = {}

    def add(self, key: str, make: Any) -> tuple[ChartBlock, Area]:
        """Write a block and remember where it stands."""
        area = Area(self.build.tab(self.sheet.key), self.column)
        block: ChartBlock = make(self.finder, area)
        for step, heading in enumerate(block.headings):
            self.page.write_string(HEADER_ROW, self.column + step, heading, self.build.styles.header)
        number = self.build.styles.cell("share" if key in SHARES else MONEY)
        plain, text = self.build.styles(num_format="General"), self.build.styles.cell(TEXT)
        for row, line in enumerate(block.rows, FIRST_ROW):
            for step, found in enumerate(line):
                look = number if step and step < len(block.headings) else text if not step else plain
                write_found(self.page, (row, self.column + step), found, look)
        last = area.cell(len(block.rows) - 1, len(block.headings) - 1).rpartition("!")[2]
        first = self.build.place(self.sheet.key, HEADER_ROW, self.column)
        self.build.book.define_name("xs_chart_" + key, f"={first}:{last}")
        self.places[key] = (block, area)
        self.column += block.width + 1
        return self.places[key]

    def chosen(self, key: str, choice: Found | None) -> Chosen:
        """Write the block of a chosen member."""
        block, area = self.add(key, chosen_block(key, choice))
        return chosen_at(area, block)


def write_found(page: Any, place: tuple[int, int], found: Found, look: Any) -> None:
    """Write a formula with its value, or a constant."""
    if found.formula:
        page.write_formula(*place, "=" + found.formula, look, found.value)
    elif found.value == GAP:
        page.write_formula(*place, "=NA()", look, GAP)
    elif isinstance(found.value, str):
        page.write_string(*place, found.value, look) if found.value else page.write_blank(*place, None, look)
    else:
        page.write_number(*place, found.value, look)


def write_chart_data(build: Build, sheet: Sheet, choices: dict[str, Found]) -> Drawer:
    """Write every block; choices: the cells in which the pages name their member. Returns what draws the charts."""
    data = DataSheet(build, sheet)
    company = data.chosen("chosen", None)
    for key, make in (("attainment", attainment), ("months", months_block("months", company, ahead=True)),
                      ("path", path_block("path", company)), ("bridge", bridge), ("funnel", funnel),
                      ("ageing", ageing), ("regions", regions), ("pace", pace_block("pace", company)),
                      ("dso", dso), ("cash", cash)):  # fmt: skip
        data.add(key, make)
    data.add("alerts", alerts_block("alerts", company))
    data.add("spans", spans_block("spans", company))
    for page, choice in choices.items():
        member = data.chosen(page + "_chosen", choice)
        for kind, block in (("months", months_block), ("path", path_block), ("pace", pace_block)):
            data.add(f"{page}_{kind}", block(f"{page}_{kind}", member))
        data.add(page + "_alerts", alerts_block(page + "_alerts", member))
        data.add(page + "_spans", spans_block(page + "_spans", member))
        if page == "region":
            data.add("people", people_block(member))
        else:
            data.add(page + "_deals", deals_block(page + "_deals", member))
    return Drawer(build, data.places, sheet_name(sheet.key, build.lang), FIRST_ROW)
