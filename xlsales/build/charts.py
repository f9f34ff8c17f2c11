"""Native charts, readable in greyscale: one hue from dark to light, and words where colour would do."""

from collections.abc import Callable
from typing import Any

from xlsales.build.chart_data import Area, ChartBlock
from xlsales.build.context import Build
from xlsales.build.styles import ACCENT, FONTS, GREY, MONEY_FORMATS

DARK, MIDDLE, LIGHT = ACCENT, "#7FA3AF", "#CFDDE2"
RAMP = ("#E6EEF1", "#C5D8DE", "#9FBEC8", "#789FAC", "#4F7F8F", "#2B5E70", "#0F2F3B")
# The bars carry their numbers, so their axis is left out.
UNSEEN = {"visible": False, "major_gridlines": {"visible": False}, "min": 0}


class Drawer:
    """Draws charts from the blocks of the sheet of chart data."""

    def __init__(self, build: Build, places: dict[str, tuple[ChartBlock, Area]], sheet: str, first_row: int) -> None:
        self.build = build
        self.places = places
        self.sheet = sheet
        self.first_row = first_row

    def cells(self, key: str, number: int) -> list[object]:
        """The number-th column of a block, as charts refer to it."""
        block, area = self.places[key]
        last = self.first_row + len(block.rows) - 1
        return [self.sheet, self.first_row, area.column + number, last, area.column + number]

    def series(self, key: str, number: int, **look: object) -> dict[str, object]:
        """The number-th series of a block, with its look."""
        column = self.places[key][1].column
        return {
            "name": [self.sheet, self.first_row - 1, column + number],
            "categories": self.cells(key, 0),
            "values": self.cells(key, number),
            **look,
        }

    def interval(self, key: str, above: int) -> dict[str, object]:
        """Bars up and down from a series; how far stands in two columns of its block."""
        block, area = self.places[key]
        ends = []
        for number in (above, above + 1):
            first, last = area.cell(0, number), area.cell(len(block.rows) - 1, number).rpartition("!")[2]
            ends.append(f"={first}:{last}")
        line = {"color": "#111827", "width": 1.25}
        return {"type": "custom", "plus_values": ends[0], "minus_values": ends[1], "line": line}

    def dress(self, chart: Any, key: str, *, legend: bool = True) -> Any:
        """Title, fonts, grid, place of the legend."""
        font = {"name": FONTS[self.build.lang], "size": 9, "color": "#374151"}
        chart.set_title({
            "name": self.build.says(f"chart.{title_of(key)}.title"), "overlay": False,
            "name_font": {**font, "size": 11, "bold": True, "color": ACCENT},
        })  # fmt: skip
        chart.set_legend({"position": "bottom", "font": font} if legend else {"none": True})
        chart.set_chartarea({"border": {"color": "#D1D5DB"}})
        chart.show_hidden_data()
        chart.show_blanks_as("span")  # the library leaves the word "gap" out, and Calc then draws 0
        return chart

    def axis(self, pattern: str, **more: object) -> dict[str, object]:
        """A value axis with light grid lines."""
        font = {"name": FONTS[self.build.lang], "size": 9, "color": GREY}
        grid = {"visible": True, "line": {"color": "#E5E7EB"}}
        return {"num_format": pattern, "num_font": font, "major_gridlines": grid, "line": {"none": True}, **more}

    def names(self, **more: object) -> dict[str, object]:
        """A category axis; its labels stay below where values are negative."""
        font = {"name": FONTS[self.build.lang], "size": 9, "color": "#374151"}
        return {"num_font": font, "label_position": "low", "interval_unit": 1, "line": {"color": "#9CA3AF"}, **more}

    def money(self, key: str) -> str:
        """The number format of a chart's money: the unit of Settings, else the size that the figures need."""
        unit = int(self.build.setting("unit"))
        if unit > 1:
            return MONEY_FORMATS[unit]
        block = self.places[key][0]
        numbers = [abs(found.number) for row in block.rows for found in row[1 : len(block.headings)]]
        size = max(numbers, default=0.0)
        return self.build.says("axis.millions" if size >= 1e6 else "axis.thousands" if size >= 1e4 else "axis.ones")

    def draw(self, key: str) -> Any:
        """The chart of a key."""
        return DRAWN[title_of(key)](self, key)


def title_of(key: str) -> str:
    """The chart that a block belongs to; that of a chosen member has its page before it.

    >>> title_of("region_months"), title_of("months")
    ('months', 'months')
    """
    return key.rpartition("_")[2]


def labels(pattern: str) -> dict[str, object]:
    """Numbers at the bars, so that nobody has to read them off the axis."""
    return {"value": True, "num_format": pattern + ";-" + pattern + ";", "font": {"size": 8, "color": "#374151"}}


def dot(kind: str) -> dict[str, object]:
    """A small black mark."""
    return {"type": kind, "size": 5, "fill": {"color": "#111827"}, "border": {"color": "#111827"}}


def attainment(drawer: Drawer, key: str) -> Any:
    """Bars of attainment of the five quantities, the goal as a line."""
    chart = drawer.build.book.add_chart({"type": "column"})
    chart.add_series(drawer.series(key, 1, fill={"color": DARK}, gap=80, data_labels=labels("0%")))
    line = drawer.build.book.add_chart({"type": "line"})
    line.add_series(drawer.series(key, 2, line={"color": GREY, "dash_type": "dash", "width": 1.5}))
    chart.combine(line)
    chart.set_y_axis(drawer.axis("0%", min=0))
    chart.set_x_axis(drawer.names())
    return drawer.dress(chart, key)


def months(drawer: Drawer, key: str) -> Any:
    """Sales of this year as columns beside last year's, the plan as a dashed line."""
    chart = drawer.build.book.add_chart({"type": "column"})
    chart.add_series(drawer.series(key, 1, fill={"color": DARK}, gap=60, overlap=-5))
    chart.add_series(drawer.series(key, 2, fill={"color": LIGHT}, border={"color": MIDDLE}))
    line = drawer.build.book.add_chart({"type": "line"})
    look = {"color": "#111827", "dash_type": "dash", "width": 1.25}
    line.add_series(drawer.series(key, 3, line=look, marker=dot("diamond")))
    if key == "months":  # of the company, the forecast stands beside it
        line.add_series(
            drawer.series(key, 4, line={"none": True}, marker=dot("circle"), y_error_bars=drawer.interval(key, 5))
        )
    chart.combine(line)
    chart.set_y_axis(drawer.axis(drawer.money(key)))
    chart.set_x_axis(drawer.names(text_axis=True))
    return drawer.dress(chart, key)


def bridge(drawer: Drawer, key: str) -> Any:
    """The walk of margin: columns on an invisible base; falls are hatched, so that they show without colour."""
    chart = drawer.build.book.add_chart({"type": "column", "subtype": "stacked"})
    chart.add_series(drawer.series(key, 1, fill={"none": True}, border={"none": True}, gap=40))
    chart.add_series(drawer.series(key, 2, fill={"color": GREY}))
    chart.add_series(drawer.series(key, 3, fill={"color": DARK}))
    hatch = {"pattern": "wide_upward_diagonal", "fg_color": DARK, "bg_color": "#FFFFFF"}
    chart.add_series(drawer.series(key, 4, pattern=hatch, border={"color": DARK}))
    chart.set_y_axis(drawer.axis(drawer.money(key)))
    chart.set_x_axis(drawer.names())
    drawer.dress(chart, key)
    font = {"name": FONTS[drawer.build.lang], "size": 9, "color": "#374151"}
    chart.set_legend({"position": "bottom", "delete_series": [0], "font": font})
    return chart


def funnel(drawer: Drawer, key: str) -> Any:
    """The pipeline by stage, the first stage on top."""
    chart = drawer.build.book.add_chart({"type": "bar"})
    chart.add_series(drawer.series(key, 1, fill={"color": DARK}, gap=40, data_labels=labels(drawer.money(key))))
    chart.set_y_axis(drawer.names(reverse=True))
    chart.set_x_axis(UNSEEN)
    return drawer.dress(chart, key, legend=False)


def ageing(drawer: Drawer, key: str) -> Any:
    """What the biggest debtors owe, the later the darker."""
    chart = drawer.build.book.add_chart({"type": "bar", "subtype": "stacked"})
    for number, color in enumerate(RAMP, 1):
        chart.add_series(drawer.series(key, number, fill={"color": color}, border={"color": "#6B7280"}, gap=40))
    chart.set_y_axis(drawer.names(reverse=True, crossing="max"))
    chart.set_x_axis(drawer.axis(drawer.money(key)))
    return drawer.dress(chart, key)


def regions(drawer: Drawer, key: str) -> Any:
    """Attainment by region, the worst on top."""
    chart = drawer.build.book.add_chart({"type": "bar"})
    chart.add_series(drawer.series(key, 1, fill={"color": DARK}, gap=50, data_labels=labels("0%")))
    chart.set_y_axis(drawer.names(reverse=True))
    chart.set_x_axis(UNSEEN)
    return drawer.dress(chart, key, legend=False)


def pace(drawer: Drawer, key: str) -> Any:
    """Attained and expected by now, side by side."""
    chart = drawer.build.book.add_chart({"type": "column"})
    chart.add_series(drawer.series(key, 1, fill={"color": DARK}, gap=80, data_labels=labels("0%")))
    look = {"fill": {"color": LIGHT}, "border": {"color": MIDDLE}}
    chart.add_series(drawer.series(key, 2, **look, data_labels=labels("0%")))
    chart.set_y_axis(drawer.axis("0%", min=0))
    chart.set_x_axis(drawer.names())
    return drawer.dress(chart, key)


def path(drawer: Drawer, key: str) -> Any:
    """The way through the year: attained solid, expected dashed, at the end the landing with its interval."""
    chart = drawer.build.book.add_chart({"type": "line"})
    small = {"type": "square", "size": 4, "fill": {"color": DARK}, "border": {"color": DARK}}
    chart.add_series(drawer.series(key, 1, line={"color": DARK, "width": 2.25}, marker=small))
    chart.add_series(drawer.series(key, 2, line={"color": GREY, "dash_type": "dash", "width": 1.5}))
    chart.add_series(
        drawer.series(key, 3, line={"none": True}, marker=dot("diamond"), y_error_bars=drawer.interval(key, 4))
    )
    chart.set_y_axis(drawer.axis(drawer.money(key), min=0))
    chart.set_x_axis(drawer.names(text_axis=True))
    return drawer.dress(chart, key)


def people(drawer: Drawer, key: str) -> Any:
    """Attainment by salesperson, the worst on top."""
    return regions(drawer, key)


def dso(drawer: Drawer, key: str) -> Any:
    """Days of sales outstanding as a line, the best possible ones dashed below."""
    chart = drawer.build.book.add_chart({"type": "line"})
    small = {"type": "square", "size": 4, "fill": {"color": DARK}, "border": {"color": DARK}}
    chart.add_series(drawer.series(key, 1, line={"color": DARK, "width": 2.25}, marker=small))
    chart.add_series(drawer.series(key, 2, line={"color": GREY, "dash_type": "dash", "width": 1.5}))
    chart.set_y_axis(drawer.axis("0", min=0))
    chart.set_x_axis(drawer.names(text_axis=True))
    return drawer.dress(chart, key)


def cash(drawer: Drawer, key: str) -> Any:
    """Billed and collected month by month, side by side."""
    chart = drawer.build.book.add_chart({"type": "column"})
    chart.add_series(drawer.series(key, 1, fill={"color": LIGHT}, border={"color": MIDDLE}, gap=60, overlap=-5))
    chart.add_series(drawer.series(key, 2, fill={"color": DARK}))
    chart.set_y_axis(drawer.axis(drawer.money(key), min=0))
    chart.set_x_axis(drawer.names(text_axis=True))
    return drawer.dress(chart, key)


DRAWN: dict[str, Callable[[Drawer, str], Any]] = {
    "attainment": attainment,
    "months": months,
    "path": path,
    "bridge": bridge,
    "funnel": funnel,
    "ageing": ageing,
    "regions": regions,
    "people": people,
    "pace": pace,
    "dso": dso,
    "cash": cash,
}
