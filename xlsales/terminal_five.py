"""`xlsales five DIR`: the five quantities of order lines of any size, grouped where they lie, by DuckDB or Spark."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from xlsales import sources, validate
from xlsales.commands.headings import places
from xlsales.core.order_lines import order_measures
from xlsales.core.quantities import PERIODS, five_quantities, mixed_units, without_cost
from xlsales.core.refusal import Refusal
from xlsales.labels import label, word
from xlsales.problems import InputError, Problem, from_refusal
from xlsales.schema import TABLES
from xlsales.schema.model import CODE
from xlsales.sources import engines
from xlsales.sources.folder import table_names
from xlsales.stages.cycle import Cycle
from xlsales.stages.lines import calendar, rules
from xlsales.terminal import say

SIDE = ("products", "unit_conversions", "cost_history", "fx_rates")  # what the measures of a line may stand on
ORDERS = TABLES["orders"]
NEEDED = ("date", "quantity")
CENT = 0.005


@dataclass(frozen=True)
class Wish:
    """What is asked. by: headings or keys of order lines, with commas; days: first and last, both included."""

    by: str
    period: str
    days: tuple[date | None, date | None]
    engine: str
    control: float | None


def five(folder: Path, wish: Wish, out: Path | None, lang: str) -> int:
    """Group the lines of a folder and write or show the rows; 1 where the total is not the one that was stated."""
    if wish.period not in PERIODS:
        raise InputError(Problem("five_period", value=wish.period, facts={"known": list(PERIODS)}))
    names = frozenset(name for name, key in table_names().items() if key == "orders")
    files = engines.large_files(folder, names)
    side, cycle = beside(folder)
    try:
        with engines.opened(files, wish.engine) as (raw, make):
            table, told = grouped(raw, make, side, (cycle, wish), files[0].parent.name)
    except Refusal as refusal:
        raise InputError(from_refusal(refusal)) from refusal
    said = word("cli.result.five_read", lang, rows=f"{told['rows']:,}", files=len(files), engine=wish.engine)
    say(said)
    for key in ("without_cost", "mixed_units"):
        if told[key]:
            say(word("cli.result.five_" + key, lang, rows=told[key]))
    shown = table.rename(columns={name: heading(name, lang) for name in table.columns})
    if out is None:
        say(shown.to_string(index=False))
    else:
        out.parent.mkdir(parents=True, exist_ok=True)
        shown.to_csv(out, index=False, encoding="utf-8-sig")
        say(word("cli.result.written", lang, path=out))
    return agreed(float(table["sales"].sum()), wish.control, lang)


def beside(folder: Path) -> tuple[dict[str, pd.DataFrame], Cycle]:
    """The small tables of the folder, checked, and the settings. InputError: a wrong row in one, which every line
    may stand on.
    """
    wanted = {*SIDE, "settings"}
    there = wanted & set(sources.listed(folder))
    checked = validate.validate_all(sources.read(folder, only=there) if there else {})
    wrong = [each for each in checked.problems if each.severity == "error" and each.table in wanted]
    if wrong:
        raise InputError(wrong[0])
    side = {key: checked.tables[key] for key in SIDE if len(checked.tables[key])}
    return side, Cycle(checked.tables, checked.settings, pd.Timestamp(0))


def grouped(
    raw: Any, make: Any, side: dict[str, pd.DataFrame], asked: tuple[Cycle, Wish], place: str
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """The grouped rows, and what there is to say of the lines: how many, without cost, of mixed units."""
    cycle, wish = asked
    names = [str(name).lstrip("\ufeff") for name in raw.columns]
    found = places("orders", names)
    headings = {key: str(raw.columns[at]) for key, at in found.items()}
    missing = [key for key in NEEDED if key not in headings]
    if missing:
        raise InputError(Problem("large_columns", table="orders", source=place, facts={"columns": missing}))
    by = dimensions(wish.by, headings)
    orders = engines.under_our_names(raw, headings)
    read = engines.counted(orders, place)
    lines = order_measures(
        orders,
        **{key: make(frame) for key, frame in side.items()},
        rules=rules(cycle),
    )
    table = five_quantities(lines, None, by, wish.period, *wish.days, calendar=calendar(cycle))
    table = table.drop(columns="collections")  # cash is attributed in a run; here there are order lines only
    blank = without_cost(lines, [])
    mixed = mixed_units(lines, by)
    rows = int(blank["lines"].sum()) if "lines" in blank else 0
    return table, {"rows": read, "without_cost": rows, "mixed_units": len(mixed)}


def dimensions(asked: str, headings: dict[str, str]) -> list[str]:
    """The keys of the columns to group by. InputError: no column of order lines, or none that the files have."""
    allowed = [column.key for column in ORDERS.columns if column.kind == CODE and column.key in headings]
    by = []
    for name in (each.strip() for each in asked.split(",") if each.strip()):
        key = next(iter(places("orders", [name])), name)
        if key not in allowed:
            raise InputError(Problem("five_by", value=name, facts={"known": allowed}))
        by.append(key)
    return by


def heading(name: str, lang: str) -> str:
    """The heading of a result column."""
    if name in {column.key for column in ORDERS.columns}:
        return label("orders", name, lang)
    return label("five_quantities", name, lang)


def agreed(total: float, control: float | None, lang: str) -> int:
    """Say the total beside the one that was stated; 1 where they differ."""
    if control is None:
        say(word("cli.result.five_total", lang, total=f"{total:,.2f}"))
        return 0
    gap = round(control - total, 2)
    code = "agrees" if abs(gap) < CENT else "differs"
    say(word("cli.result.five_" + code, lang, total=f"{total:,.2f}", control=f"{control:,.2f}", gap=f"{gap:,.2f}"))
    return int(code == "differs")
