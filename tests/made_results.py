"""Small result frames made by hand and by the schema, so that the builder is tested without the calculation."""

import numpy as np
import pandas as pd

from xlsales.schema import RESULTS, TABLES
from xlsales.schema.model import DATE, FLAG, INTEGER, NUMERIC, PERIOD, SHARE
from xlsales.schema.results import BUCKETS
from xlsales.schema.targets import QUANTITIES

ROWS = 12
EFFECTS = {"price": -120_000.5, "volume": 340_000.25, "mix": -45_000.0, "new": 80_000.0, "lost": -60_000.0,
           "cost": -150_000.0, "other": 1_000.25}  # fmt: skip
WORDS = {
    "measure": QUANTITIES,
    "scope": ("region", "salesperson"),
    "dimension": ("product", "customer"),
    "alert": ("behind_pace", "margin_falling", "concentration"),
    "stage": ("prospecting", "qualified", "proposal", "negotiation"),
    "method": ("ets", "seasonal_naive"),
    "effect": tuple(EFFECTS),
    "state": ("ok", "watch", "over", "stop"),
    "cause": ("volume", "price", "coverage"),
    "basis": ("invoice",),
    "kind": ("contract", "discount"),
    "segment": ("champions", "at_risk"),
    "abc": ("A", "B", "C"),
    "grade": ("S", "A", "B"),
    "level": ("row", "member", "scope"),
    "risk_class": ("AAA", "C"),
}


def made(tables: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """A frame for every result table; those that a check or a chart reads are consistent."""
    results = {key: from_schema(key, tables) for key in RESULTS}
    results["five_quantities"] = five()
    results["bridge"] = bridge()
    results["ageing"] = ageing(results["ageing"])
    results["headline"] = headline()
    results["pace"]["scope"] = "company"
    results["attainment"] = attainment(results["attainment"])
    return results


def from_schema(key: str, tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """A frame with values of the right kind in every column, a missing one among the numbers."""
    dice = np.random.default_rng(len(key))
    columns: dict[str, object] = {}
    for column in TABLES[key].columns:
        if column.refs in tables:
            known = tables[column.refs][TABLES[column.refs].keys[0]]
            columns[column.key] = [known.iloc[row % len(known)] for row in range(ROWS)]
        elif column.key in WORDS:
            columns[column.key] = [WORDS[column.key][row % len(WORDS[column.key])] for row in range(ROWS)]
        elif column.kind in NUMERIC:
            high = 1 if column.kind == SHARE else 100 if column.kind == INTEGER else 5_000_000
            numbers = np.round(dice.uniform(0, high, ROWS), 0 if column.kind == INTEGER else 4)
            numbers[3] = np.nan
            columns[column.key] = numbers
        elif column.kind == DATE:
            columns[column.key] = pd.date_range("2026-01-31", periods=ROWS, freq="ME")
        elif column.kind == FLAG:
            columns[column.key] = [row % 2 == 0 for row in range(ROWS)]
        elif column.kind == PERIOD:
            columns[column.key] = ["2026"] * ROWS
        else:
            columns[column.key] = [f"{column.key[:2].upper()}-{row:03d}" for row in range(ROWS)]
    return pd.DataFrame(columns)


def five() -> pd.DataFrame:
    """The company by month over two years, and two customers that add up to it."""
    months = [f"{year}-{month:02d}" for year in (2025, 2026) for month in range(1, 13)][:21]
    base = 40_000_000 + 6_000_000 * np.sin(np.arange(21))
    company = pd.DataFrame({"dimension": "company", "member": "", "period": months, "sales": base})
    whole = pd.DataFrame({"dimension": "company", "member": "", "period": "", "sales": [base.sum()]})
    split = [base.sum() * 0.25, base.sum() - base.sum() * 0.25]
    parts = pd.DataFrame({"dimension": "customer", "member": ["C0001", "C0002"], "period": "", "sales": split})
    rows = pd.concat([company, whole, parts], ignore_index=True)
    rows["name"] = rows["member"]
    for number, key in enumerate(("volume", "margin", "profit", "collections")):
        rows[key] = rows["sales"] * (0.5 - 0.1 * number)
    return rows.assign(margin_rate=0.4, profit_rate=0.3)


def bridge() -> pd.DataFrame:
    """Effects that add up to their total, in two measures."""
    rows = [
        {"measure": measure, "effect": effect, "base_period": "2025", "period": "2026", "amount": amount * factor}
        for measure, factor in (("sales", 2.0), ("margin", 1.0))
        for effect, amount in {**EFFECTS, "total": sum(EFFECTS.values())}.items()
    ]
    return pd.DataFrame(rows)


def ageing(rows: pd.DataFrame) -> pd.DataFrame:
    """Buckets that add up to what is outstanding; unapplied cash is negative."""
    rows = rows.copy()
    rows[list(BUCKETS)] = rows[list(BUCKETS)].fillna(0.0).round(2)
    rows["unapplied"] = -rows["unapplied"] / 10
    return rows.assign(outstanding=rows[list(BUCKETS)].sum(axis=1))


def headline() -> pd.DataFrame:
    """The five against target; one without a target."""
    target = [598_900_000.0, 1_200_000.0, 180_000_000.0, np.nan, 560_000_000.0]
    actual = [431_234_567.89, 912_345.0, 121_000_000.5, 60_000_000.0, 398_000_000.25]
    rows = pd.DataFrame({"measure": QUANTITIES, "scope": "company", "period": "2026", "target": target})
    rows = rows.assign(actual=actual)
    return rows.assign(gap=rows["actual"] - rows["target"], attainment=rows["actual"] / rows["target"])


def attainment(rows: pd.DataFrame) -> pd.DataFrame:
    """Regions with an attainment each, for the chart of regions."""
    rows = rows.assign(level="row", measure="sales", scope="region", period="2026", name=rows["member"])
    return rows.assign(attainment=np.linspace(0.55, 1.12, len(rows)))
