"""What the charts draw, as small tidy tables; each has a place of its own on the sheet of chart data."""

from dataclasses import dataclass

import pandas as pd

from xlsales.build.context import Build
from xlsales.build.facts import headlines, monthly, months_shown
from xlsales.build.fiscal import shown_year
from xlsales.build.plan_tree import plan_of
from xlsales.build.wording import value_word
from xlsales.labels import label
from xlsales.schema.results import BUCKETS
from xlsales.schema.targets import QUANTITIES

TOP = 8
OWED = tuple(bucket for bucket in BUCKETS if bucket != "unapplied")


@dataclass(frozen=True)
class ChartBlock:
    """The data of one chart: categories in the first column, a series in each other one."""

    key: str
    headings: list[str]
    rows: list[list[str | float | None]]
    room: int  # rows kept free for it in an empty book


def chart_blocks(build: Build) -> list[ChartBlock]:
    """The data of all charts in the order in which they stand."""
    return [
        attainment(build),
        months(build),
        bridge(build),
        funnel(build),
        ageing(build),
        regions(build),
        pace(build),
    ]


def heads(build: Build, *keys: str) -> list[str]:
    """Headings of a block."""
    return [build.says("chart." + key) for key in keys]


def attainment(build: Build) -> ChartBlock:
    """Attainment of the five quantities."""
    rows: list[list[str | float | None]] = []
    for line in headlines(build):
        share = line.actual / line.target if line.target and line.actual is not None else None
        rows.append([value_word("measure", line.measure, build.lang), share, 1.0])
    return ChartBlock("attainment", heads(build, "measure", "attained", "goal"), rows, 5)


def months(build: Build) -> ChartBlock:
    """Sales by month: this year, last year, plan."""
    this, last = months_shown(build)
    actual = monthly(build, "sales")
    plan = plan_of(build, "sales")
    planned: dict[str, float] = {}
    for (_, month), (value, _) in plan.typed.items():
        if value is not None:
            planned[month] = planned.get(month, 0.0) + value
    rows: list[list[str | float | None]] = [
        [now[-2:], actual.get(now), actual.get(before), planned.get(now)]
        for now, before in zip(this, last, strict=True)
    ]
    return ChartBlock("months", heads(build, "month", "this_year", "last_year", "plan"), rows, 12)


def bridge(build: Build) -> ChartBlock:
    """The walk from last year's margin: a hidden base under each step, rises and falls apart."""
    found = build.frame("bridge")
    rows: list[list[str | float | None]] = []
    if not found.empty:
        measure = "margin" if (found["measure"] == "margin").any() else "sales"
        found = found[(found["measure"] == measure) & found["amount"].notna()]
        amounts = dict(zip(found["effect"].astype("str"), found["amount"].astype("float64"), strict=True))
        rows = walk(build, amounts)
    return ChartBlock("bridge", heads(build, "effect", "base", "level", "rise", "fall"), rows, 10)


def walk(build: Build, amounts: dict[str, float]) -> list[list[str | float | None]]:
    """The steps of a waterfall: starting level if there is one, every effect, and where it ends.

    A step that crosses zero cannot stand on a hidden base; it is drawn from zero on both sides.
    """
    at = amounts.get("base", 0.0)
    rows: list[list[str | float | None]] = []
    if "base" in amounts:
        rows.append([value_word("effect", "base", build.lang), None, at, None, None])
    for effect, amount in amounts.items():
        if effect in {"base", "actual", "total"} or amount == 0:
            continue
        low, high = min(at, at + amount), max(at, at + amount)
        name = value_word("effect", effect, build.lang)
        size: list[float | None] = [amount, None] if amount >= 0 else [None, -amount]
        if low >= 0:
            rows.append([name, low, None, *size])
        elif high <= 0:
            rows.append([name, high, None, *(None if part is None else -part for part in size)])
        else:
            rows.append([name, None, None, *crossing(low, high, amount)])
        at += amount
    end = "actual" if "base" in amounts else "total"
    rows.append([value_word("effect", end, build.lang), None, at, None, None])
    return rows


def crossing(low: float, high: float, amount: float) -> list[float | None]:
    """A step over zero in the two series of rises and falls: the part above in its own, the part below negative."""
    return [high, low] if amount >= 0 else [low, high]


def funnel(build: Build) -> ChartBlock:
    """The open pipeline's value by stage; what is won or lost is no part of it."""
    found, stages = build.frame("funnel"), build.frame("stages")
    over = {"won", "lost"}
    if "category" in stages:
        over |= set(stages.loc[stages["category"].isin(["won", "lost", "omitted"]), "stage"].astype("str"))
    rows: list[list[str | float | None]] = []
    if not found.empty:
        shown = found[~found["stage"].astype("str").isin(over)]
        for stage, value in zip(shown["stage"].astype("str"), shown["value"], strict=True):
            rows.append([value_word("stage", stage, build.lang), None if pd.isna(value) else float(value)])
    return ChartBlock("funnel", heads(build, "stage", "value"), rows, TOP)


def ageing(build: Build) -> ChartBlock:
    """What the customers who owe most owe, by how late it is."""
    found = build.frame("ageing")
    rows: list[list[str | float | None]] = []
    if not found.empty:
        for _, row in found.nlargest(TOP, "outstanding").iterrows():
            name = str(row["name"]) if "name" in row and not pd.isna(row["name"]) else str(row["customer"])
            rows.append([name, *(None if pd.isna(row[bucket]) else float(row[bucket]) for bucket in OWED)])
    return ChartBlock("ageing", [build.says("chart.customer"), *(label("ageing", key, build.lang) for key in OWED)],
                      rows, TOP)  # fmt: skip


def regions(build: Build) -> ChartBlock:
    """Attainment of sales by region in the fiscal year, the worst first."""
    found = build.frame("attainment")
    rows: list[list[str | float | None]] = []
    if not found.empty:
        found = found[(found["measure"] == "sales") & (found["scope"] == "region") & found["attainment"].notna()]
        if "level" in found:
            found = found[found["level"] != "scope"]  # their sum
        year = str(shown_year(build))
        periods = found["period"].fillna("").astype("str")
        found = found[periods == (year if (periods == year).any() else periods.max())] if len(found) else found
        for _, row in found.drop_duplicates("member").nsmallest(TOP, "attainment").iterrows():
            name = row["member"] if pd.isna(row["name"]) else row["name"]
            rows.append([str(name), float(row["attainment"])])
    return ChartBlock("regions", heads(build, "region", "attained"), rows, TOP)


def pace(build: Build) -> ChartBlock:
    """How far each of the five quantities is, and how far it should be by now."""
    found = build.frame("pace")
    rows: list[list[str | float | None]] = []
    if not found.empty:
        found = found[(found["scope"] == "company") & found["measure"].isin(QUANTITIES)]
        for _, row in found.drop_duplicates("measure", keep="last").iterrows():
            known = not (pd.isna(row["expected"]) or pd.isna(row["target"])) and row["target"] != 0
            name = value_word("measure", str(row["measure"]), build.lang)
            attained = None if pd.isna(row["attainment"]) else float(row["attainment"])
            rows.append([name, attained, float(row["expected"] / row["target"]) if known else None])
    return ChartBlock("pace", heads(build, "measure", "attained", "expected"), rows, 5)
