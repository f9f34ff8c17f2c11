"""The look of a workbook, in one place: colours, number formats, cell styles."""

from typing import Any

from xlsales.schema.model import (
    DATE,
    FLAG,
    INTEGER,
    MONEY,
    NUMBER,
    NUMERIC,
    PERIOD,
    PRICE,
    QUANTITY,
    SHARE,
)

ACCENT = "#1F4E5F"  # one accent colour; everything else is grey
ACCENT_SOFT = "#DCE8EC"
INPUT = "#FFF8DC"
SUM = "#EEF1F3"
GREY = "#6B7280"
LINE = "#C9CED6"
GOOD = "#1F4E5F"
BAD = "#9C2F1F"
FONTS = {"en": "Calibri", "zh": "Microsoft YaHei"}

# Money is shown in the unit that Settings names; what is stored stays in the currency's base unit. A comma at the end
# divides by 1000; ten thousands need the trick of a literal point before the last digit, which rules out grouping.
MONEY_FORMATS = {1: "#,##0.00;-#,##0.00", 1000: "#,##0.0,;-#,##0.0,", 10000: r"0\.0,;-0\.0,"}
KIND_FORMATS = {
    NUMBER: "#,##0.00;-#,##0.00",
    INTEGER: "#,##0",
    PRICE: "#,##0.00",
    QUANTITY: "#,##0.##",
    SHARE: "0.0%",
    DATE: "yyyy-mm-dd",
    PERIOD: "@",
}
# Columns whose plain numbers need more, or fewer, decimals than two.
COLUMN_FORMATS = {
    "rate": "0.0000##",
    "factor": "0.0000##",
    "order": "0",
    "ramp_months": "0.#",
    "head_count": "0.##",
    "heads": "0.##",
    "planned": "#,##0.##",
    "velocity_per_day": "#,##0",
    "dso": "0.0",
    "dso_countback": "0.0",
    "dso_best": "0.0",
    "days_delinquent": "0.0",
    "cei": "0.0",
    "hhi": "#,##0",
    "median_gap": "0.#",
    "limit_days": "0.#",
    "cycle_days": "0.0",
    "score": "0.00",
    "curve_score": "0.0",
    "points": "0.0",
    "from_score": "0.0#",
    "duration": "0.00",
    "pace_index": "0.00",
    "required_uplift": "0.00",
    "coverage": "0.00",
    "rounding": "0.##",
}
# Money of deals and debts: where there is none a dash stands, so that rows with something are seen at once.
DASHED = frozenset({"open", "weighted", "slipped", "commit", "best_case"})
MONEY_MEASURES = frozenset({"sales", "margin", "profit", "collections"})
YEARS = frozenset({"first_year", "last_year"})  # whole numbers without groups of thousands
# Computed sentences, over several lines where they need them.
SENTENCES = frozenset({"what", "cure", "reason", "why", "how", "note"})
# Plain numbers that carry the unit of their row's measure.
MEASURED = frozenset(
    (
        "base",
        "target",
        "stretch",
        "actual",
        "gap",
        "value",
        "lower",
        "upper",
        "expected",
        "landing",
        "weighted_due",
        "landing_blended",
        "landing_low",
        "landing_high",
        "last_year",
        "previous",
        "year_to_date",
        "rolling_12",
        "mae",
        "remaining",
        "required_per_day",
        "forecast",
        "low",
        "high",
        "baseline",
        "goal",
        "lowest",
        "middle",
        "highest",
        "gap_bottom_up",
        "committed",
        "monthly_effect",
        "old",
        "new",
        "change",
    )
)


def quantity_format(pattern: str) -> str:
    """A number format that ends in optional decimals leaves a bare point; whole numbers are the rule for volume."""
    return pattern.replace(".##", "") if pattern == "#,##0.##" else pattern


class Styles:
    """The cell formats of one workbook, each made once when first asked for."""

    def __init__(self, book: Any, lang: str, unit: int) -> None:
        self.book = book
        self.font = FONTS[lang]
        self.unit = unit
        self.made: dict[tuple[tuple[str, object], ...], Any] = {}

    def __call__(self, **properties: object) -> Any:
        """The format with these XlsxWriter properties, in the book's font."""
        whole = {"font_name": self.font, "font_size": 10, "valign": "vcenter", **properties}
        key = tuple(sorted(whole.items()))
        if key not in self.made:
            self.made[key] = self.book.add_format(whole)
        return self.made[key]

    def number_format(self, kind: str, column: str = "", measure: str | None = None) -> str:
        """The number format of a kind of column; a measured number follows its row's measure."""
        if kind == NUMBER and column in MEASURED and measure in MONEY_MEASURES:
            kind = MONEY
        if kind == MONEY:
            return MONEY_FORMATS[self.unit] + (';"–"' if column in DASHED else "")
        if kind == INTEGER and column in YEARS:
            return "0"
        if kind in {NUMBER, QUANTITY} and column in COLUMN_FORMATS:
            return COLUMN_FORMATS[column]
        return quantity_format(KIND_FORMATS[kind]) if kind in KIND_FORMATS else "@"

    def cell(self, kind: str, column: str = "", *, typed: bool = False, measure: str | None = None) -> Any:
        """The style of a table's cell: typed cells look like input, computed ones are plain."""
        properties: dict[str, object] = {"num_format": self.number_format(kind, column, measure)}
        if kind in NUMERIC:
            properties["align"] = "right"
        elif kind in {DATE, FLAG, PERIOD}:
            properties["align"] = "center"
        else:
            properties |= {"align": "left", "indent": 1}
        if typed:
            properties |= {"bg_color": INPUT, "border": 1, "border_color": LINE, "locked": False}
        else:
            properties |= {"bottom": 1, "bottom_color": LINE, "text_wrap": column in SENTENCES}
        return self(**properties)

    def total(self, kind: str, column: str = "") -> Any:
        """The style of a sum."""
        return self.sum_number(self.number_format(kind, column))

    def sum_number(self, pattern: str) -> Any:
        """The style of a sum with its number format."""
        return self(num_format=pattern, bold=True, align="right", bottom=1, bottom_color=LINE, bg_color=SUM)

    def typed_number(self, pattern: str) -> Any:
        """The style of a typed number with its number format."""
        return self(num_format=pattern, align="right", bg_color=INPUT, border=1, border_color=LINE, locked=False)

    @property
    def apart(self) -> Any:
        """A difference that must be 0: red in any program, wherever its table grows; a word beside it says so too."""
        return self(num_format="[Red]#,##0.00;[Red]-#,##0.00;0.00", align="right", bottom=1, bottom_color=LINE)

    @property
    def wrong(self) -> Any:
        """What a condition finds wrong: red letters; a word beside it says so too."""
        return self(font_color="#C00000", bold=True)

    def hold(self, *, typed: bool) -> Any:
        """The style of the narrow cell that holds the one to its left."""
        if typed:
            return self(align="center", bg_color=INPUT, border=1, border_color=LINE, locked=False, bold=True)
        return self(bg_color=SUM, bottom=1, bottom_color=LINE)

    @property
    def beside(self) -> Any:
        """Grey words right of a value."""
        return self(font_color=GREY, font_size=9, indent=1)

    @property
    def name(self) -> Any:
        """The name of a row."""
        return self(bold=True, bottom=1, bottom_color=LINE)

    @property
    def title(self) -> Any:
        """A sheet's title."""
        return self(bold=True, font_size=16, font_color=ACCENT)

    @property
    def note(self) -> Any:
        """An explanation."""
        return self(font_color=GREY, font_size=9)

    @property
    def wrapped_note(self) -> Any:
        """An explanation over several lines."""
        return self(font_color=GREY, font_size=9, text_wrap=True, valign="top")

    @property
    def caption(self) -> Any:
        """The name above a table."""
        return self(bold=True, font_size=11, font_color=ACCENT)

    @property
    def empty(self) -> Any:
        """The same while nothing stands in the table."""
        key: tuple[tuple[str, object], ...] = (("font_color", GREY), ("italic", True))
        if key not in self.made:
            self.made[key] = self.book.add_format(dict(key))  # only what differs from the cell's own style
        return self.made[key]

    @property
    def header(self) -> Any:
        """A heading."""
        look = {"align": "center", "border": 1, "border_color": "#FFFFFF", "text_wrap": True}
        return self(bold=True, font_size=9, font_color="#FFFFFF", bg_color=ACCENT, **look)

    @property
    def required_header(self) -> Any:
        """A heading of a column that every row needs: underlined, so that it shows without colour too."""
        look = {"align": "center", "border": 1, "border_color": "#FFFFFF", "text_wrap": True}
        return self(bold=True, font_size=9, font_color="#FFFFFF", bg_color=ACCENT, underline=1, **look)

    @property
    def link(self) -> Any:
        """A link inside the book."""
        return self(font_color=ACCENT, underline=1)

    @property
    def text(self) -> Any:
        """Plain words."""
        return self(align="left")

    @property
    def check(self) -> Any:
        """A check cell."""
        return self(bold=True, align="left", indent=1, font_color=ACCENT)
