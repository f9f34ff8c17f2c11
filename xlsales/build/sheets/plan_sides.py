"""Beside a plan row: last year's actual, growth, share of the row above, and the bounds of its year."""

from dataclasses import dataclass
from typing import Any

import pandas as pd
from xlsxwriter.utility import xl_rowcol_to_cell

from xlsales.build.context import Build, quoted
from xlsales.build.layout import TOTAL_ROW
from xlsales.build.plan_tree import Node, PlanOf
from xlsales.build.styles import MONEY_MEASURES
from xlsales.build.wording import value_word
from xlsales.schema.model import MONEY, QUANTITY, SHARE

FIRST_MONTH = 3  # after region, salesperson, name
TOTAL = FIRST_MONTH + 24
LAST_YEAR, GROWTH, SHARE_OF, LOWER, UPPER = (TOTAL + 3 + step for step in range(5))
SIDES = {LAST_YEAR: "last_year", GROWTH: "growth", SHARE_OF: "share", LOWER: "lower", UPPER: "upper"}


@dataclass(frozen=True)
class Sides:
    """A plan with the years of its rows (cached, by sheet row) and the place of each node."""

    plan: PlanOf
    years: dict[int, float | str]
    place: dict[int, int]

    def above(self, node: Node) -> int | None:
        """The sheet row of the row above in the tree; None for the first."""
        found = (each for each in self.plan.rows if any(child is node for child in each.children))
        return next((self.place[id(each)] for each in found), None)


def number_style(build: Build, measure: str, *, typed: bool) -> Any:
    """The style of planned values: without decimals where the plan is rounded to whole ones."""
    kind = MONEY if measure in MONEY_MEASURES else QUANTITY
    whole = int(build.setting("unit")) == 1 and float(build.setting("rounding")) >= 1
    pattern = "#,##0" if whole else build.styles.number_format(kind)
    return build.styles.typed_number(pattern) if typed else build.styles.sum_number(pattern)


def write_sides(build: Build, page: Any, sides: Sides, node: Node) -> None:
    """Write what stands right of the check."""
    row, plan = sides.place[id(node)], sides.plan
    number = number_style(build, plan.measure, typed=False)
    share = build.styles.sum_number(build.styles.number_format(SHARE))
    year, before = sides.years[row], ""
    if node.kind != "direct":
        formula, before = last_year(build, plan, node, row)
        page.write_formula(row, LAST_YEAR, formula, number, before)
        page.write_formula(row, GROWTH, rate(row, TOTAL, (row, LAST_YEAR), "-1"), share, _rate(year, before, 1.0))
    above = sides.above(node)
    if above is not None:
        page.write_formula(row, SHARE_OF, rate(row, TOTAL, (above, TOTAL), ""), share, _rate(year, sides.years[above]))
    limits = plan.bounds.get(node.leaf, (None, None)) if node.kind != "direct" else None
    for column, bound in zip((LOWER, UPPER), limits or (), strict=False):
        typed = number_style(build, plan.measure, typed=True)
        if bound is None:
            page.write_blank(row, column, None, typed)
        else:
            page.write_number(row, column, bound, typed)


def rate(row: int, column: int, base: tuple[int, int], tail: str) -> str:
    """A cell over another one; blank where either is blank or the other 0."""
    above, below = xl_rowcol_to_cell(row, column), xl_rowcol_to_cell(*base)
    return f'=IF(OR({above}="",{below}="",{below}=0),"",{above}/{below}{tail})'


def _rate(above: float | str, below: float | str, less: float = 0.0) -> float | str:
    if isinstance(above, str) or isinstance(below, str) or below == 0:
        return ""
    return above / below - less


def last_year(build: Build, plan: PlanOf, node: Node, row: int) -> tuple[str, float | str]:
    """What the row's member achieved in the year before, from the five quantities of the book, and its value."""
    scope = "region" if node.kind == "blank" else node.kind
    year = xl_rowcol_to_cell(TOTAL_ROW, 1, row_abs=True, col_abs=True)
    tests = {
        "dimension": quoted(value_word("dimension", scope, build.lang)),
        "period": f'IF({year}="","",{year}-1&"")',
    }
    if scope != "company":
        tests["member"] = xl_rowcol_to_cell(row, 1 if scope == "salesperson" else 0, col_abs=True)
    listed = ",".join(f"{build.reference('five_quantities', column)},{test}" for column, test in tests.items())
    figures = build.reference("five_quantities", plan.measure)
    formula = f'=IF(COUNTIFS({listed},{figures},"<>")=0,"",SUMIFS({figures},{listed}))'
    return formula, _before(build, plan, node)


def _before(build: Build, plan: PlanOf, node: Node) -> float | str:
    five = build.frame("five_quantities")
    if five.empty or node.kind == "blank" or plan.measure not in five:
        return ""
    found = five[(five["dimension"] == node.kind) & (five["period"].astype("str") == str(plan.year - 1))]
    if node.kind != "company":
        found = found[found["member"].astype("str") == (node.salesperson or node.region)]
    values = pd.to_numeric(found[plan.measure]).dropna()
    return float(values.sum()) if len(values) else ""
