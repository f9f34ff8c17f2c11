"""Native checks above the tables: sums that must agree, said in one sentence, with the right cached value."""

from collections.abc import Callable
from typing import Any

import pandas as pd

from xlsales.build.context import Build, quoted
from xlsales.build.layout import CHECK_ROW
from xlsales.build.wording import table_name, value_word
from xlsales.schema.model import Table
from xlsales.schema.results import BUCKETS

EXACT = 0.005
SIDES = ("customer", "company")
WALK = ("opening", "invoiced", "collected", "closing")
Check = tuple[str, str]  # formula, cached value


def write_checks(build: Build, sheet: str, page: Any) -> None:
    """Write the checks of a sheet above the tables that they belong to."""
    for table, check in CHECKS.items():
        block = build.blocks[table]
        if block.table.sheet != sheet:
            continue
        formula, value = check(build)
        if formula:
            page.write_formula(CHECK_ROW, block.first_column, formula, build.styles.caption, value)
    for block in build.blocks.values():
        if block.table.sheet == sheet and goes_on(block.table):
            formula, value = left_check(build, block.table.key)
            page.write_formula(CHECK_ROW, block.first_column, formula, build.styles.caption, value)


def goes_on(table: Table) -> bool:
    """Whether a table may have more rows in its source than a sheet holds: a ledger, whose rows bear a day."""
    return table.role == "input" and bool(table.dated)


def left_check(build: Build, key: str) -> Check:
    """How many rows of a table stay in its source, as the last refresh found; blank for none."""
    frame, name = build.frame("refreshes"), table_name(key, build.lang)
    left, table = build.reference("refreshes", "left"), build.reference("refreshes", "table")
    count = f"SUMIFS({left},{table},{quoted(name)})"
    before, after = build.says("left", rows="\n").split("\n")
    formula = f'=IF({count}=0,"",{quoted(before)}&TEXT({count},"#,##0")&{quoted(after)})'
    rows = float(frame.loc[frame["table"] == name, "left"].sum()) if "left" in frame else 0.0
    return formula, build.says("left", rows=f"{rows:,.0f}") if rows else ""


def compared(
    build: Build, key: str, left: tuple[str, float], right: tuple[str, float], there: tuple[str, bool]
) -> Check:
    """A check that two sums agree: OK, or the difference; blank while there is nothing to check."""
    good, bad = build.says(f"check.{key}.ok"), build.says(f"check.{key}.bad")
    difference = f"{left[0]}-{right[0]}"
    formula = (
        f'=IF({there[0]}=0,"",IF(ABS({difference})<{EXACT},{quoted(good)},'
        f'{quoted(bad)}&TEXT({difference},"#,##0.00;-#,##0.00")))'
    )
    if not there[1]:
        return formula, ""
    gap = left[1] - right[1]
    return formula, good if abs(gap) < EXACT else bad + f"{gap:,.2f}"


def added(frame: pd.DataFrame, columns: list[str]) -> float:
    """The sum of some columns."""
    return float(sum(pd.to_numeric(frame[column], errors="coerce").sum() for column in columns if column in frame))


def five_check(build: Build) -> Check:
    """The customers' sales of all dates add up to the company's: customers are flat, while regions hold each other."""
    frame = build.frame("five_quantities")
    sales, dimension, period = (build.reference("five_quantities", key) for key in ("sales", "dimension", "period"))
    parts, whole = (f'{dimension},{quoted(value_word("dimension", key, build.lang))},{period},"="' for key in SIDES)
    left, right = f"SUMIFS({sales},{parts})", f"SUMIFS({sales},{whole})"
    there = f"COUNTIFS({parts})*COUNTIFS({whole})"
    if frame.empty:
        return compared(build, "five", (left, 0.0), (right, 0.0), (there, False))
    rows = frame[frame["period"].fillna("").astype("str") == ""]
    customers, company = (rows[rows["dimension"] == key] for key in SIDES)
    sums = (added(customers, ["sales"]), added(company, ["sales"]))
    shown = not customers.empty and not company.empty
    return compared(build, "five", (left, sums[0]), (right, sums[1]), (there, shown))


def ageing_check(build: Build) -> Check:
    """The buckets add up to what is outstanding."""
    frame = build.frame("ageing")
    listed = ",".join(build.reference("ageing", bucket) for bucket in BUCKETS)
    outstanding = build.reference("ageing", "outstanding")
    left, right = f"SUM({listed})", f"SUM({outstanding})"
    sums = (added(frame, list(BUCKETS)), added(frame, ["outstanding"]))
    return compared(build, "ageing", (left, sums[0]), (right, sums[1]), (f"COUNT({outstanding})", not frame.empty))


def bridge_check(build: Build) -> Check:
    """The effects add up to the difference, for each measure and so for all."""
    frame = build.frame("bridge")
    effect, amount = build.reference("bridge", "effect"), build.reference("bridge", "amount")
    total, *levels = (quoted(value_word("effect", kind, build.lang)) for kind in ("total", "base", "actual"))
    outside = "".join(f"-SUMIFS({amount},{effect},{kind})" for kind in (total, *levels))
    left, right = f"(SUM({amount}){outside})", f"SUMIFS({amount},{effect},{total})"
    if frame.empty:
        return compared(build, "bridge", (left, 0.0), (right, 0.0), (f"COUNTIF({effect},{total})", False))
    kinds = frame["effect"].astype("str")
    parts = added(frame[~kinds.isin(["total", "base", "actual"])], ["amount"])
    whole = frame[kinds == "total"]
    there = f"COUNTIF({effect},{total})"
    return compared(build, "bridge", (left, parts), (right, added(whole, ["amount"])), (there, not whole.empty))


def walk_check(build: Build) -> Check:
    """Opening plus billed less all cash received is closing: no receipt is lost, none counted twice."""
    frame = build.frame("collections_report")
    dimension = build.reference("collections_report", "dimension")
    whole = f"{dimension},{quoted(value_word('dimension', 'company', build.lang))}"
    opening, invoiced, collected, closing = (
        f"SUMIFS({build.reference('collections_report', key)},{whole})" for key in WALK
    )
    left, there = f"({opening}+{invoiced}-{collected})", f"COUNTIFS({whole})"
    if frame.empty:
        return compared(build, "walk", (left, 0.0), (closing, 0.0), (there, False))
    company = frame[frame["dimension"] == "company"]
    sums = [added(company, [key]) for key in WALK]
    start = sums[0] + sums[1] - sums[2]
    return compared(build, "walk", (left, start), (closing, sums[3]), (there, not company.empty))


CHECKS: dict[str, Callable[[Build], Check]] = {
    "five_quantities": five_check,
    "bridge": bridge_check,
    "collections_report": walk_check,
    "ageing": ageing_check,
}
