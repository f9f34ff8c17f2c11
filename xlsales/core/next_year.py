"""A coming year's quotas from history: company, regions, people and months in one allocation that adds up."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from xlsales.core.apportion import whole_units
from xlsales.core.apportion_tree import TreeCells, allocate_tree
from xlsales.core.hierarchy import Floats, Tree, build_tree
from xlsales.core.refusal import Refusal
from xlsales.core.rounding import from_units
from xlsales.core.spreading import seasonal_indices

Node = tuple[str, str, str]  # region, salesperson, month; "" where the member has none
ROOT: Node = ("", "", "")
ALONE = "\x00"  # stands for the salesperson of a region that has none


@dataclass(frozen=True)
class YearPlan:
    """quotas: region, salesperson, month and value of every leaf. sums: value of every region and the company ("")."""

    quotas: pd.DataFrame
    sums: pd.Series


def next_year(
    base: pd.DataFrame,
    season: Floats,
    months: Sequence[str],
    total: float,
    regions: Tree | None = None,
    unit: float = 1.0,
) -> YearPlan:
    """The total down to regions, their people and the months, by their base and the season, in whole units.

    base: region, salesperson (blank: the region itself) and value, what each leaf brought so far, not negative; a leaf
    of 0 gets 0. season: (m,) weights of the months. regions: the tree that the regions stand in. Every region, person
    and month adds up to the total. Refuses plan_base_negative, plan_base_none and a total off the grid.

    >>> base = pd.DataFrame({"region": ["n", "s"], "salesperson": ["a", "b"], "value": [30.0, 10.0]})
    >>> found = next_year(base, np.array([1.0, 3.0]), ["2027-01", "2027-02"], 100.0)
    >>> found.quotas["value"].tolist(), found.sums.to_dict()
    ([19.0, 56.0, 6.0, 19.0], {'': 100.0, 'n': 75.0, 's': 25.0})
    """
    rows = base.assign(region=_text(base["region"]), salesperson=_text(base["salesperson"]))
    rows = rows.groupby(["region", "salesperson"], sort=False)["value"].sum().reset_index()
    wrong = rows["value"] < 0
    if wrong.any():
        first = rows[wrong].iloc[0]
        raise Refusal("plan_base_negative", name=first["salesperson"] or first["region"], value=float(first["value"]))
    rows = rows[rows["value"] > 0].reset_index(drop=True)
    if rows.empty:
        raise Refusal("plan_base_none")
    nodes: list[Node] = [ROOT]
    above: list[Node | None] = [None]
    weights = [0.0]
    for region, parent in _regions(rows["region"], regions).items():
        nodes.append((region, "", ""))
        above.append((parent, "", ""))
        weights.append(0.0)
    for region, person, value in zip(rows["region"], rows["salesperson"], rows["value"], strict=True):
        holder = (region, person or ALONE, "")
        nodes.append(holder)
        above.append((region, "", ""))
        weights.append(0.0)
        for month, heft in zip(months, season, strict=True):
            nodes.append((region, holder[1], month))
            above.append(holder)
            weights.append(value * float(heft))
    tree = build_tree([_name(node) for node in nodes], [None if node is None else _name(node) for node in above])
    found = allocate_tree(tree, total, TreeCells(weights), unit=unit).amounts
    table = pd.DataFrame(nodes, columns=["region", "salesperson", "month"]).assign(value=found)
    leaves = table[table["month"] != ""].reset_index(drop=True)
    leaves["salesperson"] = leaves["salesperson"].mask(leaves["salesperson"] == ALONE, "")
    sums = table[(table["month"] == "") & (table["salesperson"] == "")].set_index("region")["value"]
    return YearPlan(leaves, sums)


def _name(node: Node) -> str:
    """A member of the tree as one text; * keeps the company's from being blank."""
    return "\x1f".join(("*", *node))


def _text(cells: pd.Series) -> pd.Series:
    return cells.astype("str").where(cells.notna(), "")


def _regions(named: pd.Series, regions: Tree | None) -> dict[str, str]:
    """Every region that is needed with the one above it, parents first."""
    found: dict[str, str] = {}
    known = set() if regions is None else set(regions.members)
    for region in dict.fromkeys(named):
        line = [region, *(regions.ancestors(region) if regions is not None and region in known else [])]
        for name, parent in reversed(list(zip(line, [*line[1:], ""], strict=True))):
            if name:
                found.setdefault(name, parent)
    return found


def month_weights(history: pd.DataFrame, years: Sequence[Sequence[str]]) -> tuple[Floats, int]:
    """The season of the months from the complete years of a history, and how many of them there are.

    history: month, value. years: the month keys of each past fiscal year. A year with a missing month or without a
    positive sum does not count; without any year all months weigh the same, and 0 is returned beside.

    >>> past = pd.DataFrame({"month": ["2025-01", "2025-02"], "value": [10.0, 30.0]})
    >>> month_weights(past, [["2025-01", "2025-02"], ["2026-01", "2026-02"]])
    (array([0.5, 1.5]), 1)
    """
    values = history.groupby("month")["value"].sum()
    rows = [values.reindex(list(keys)).to_numpy(float) for keys in years]
    whole = [row for row in rows if not np.isnan(row).any() and row.sum() > 0 and (row >= 0).all()]
    if not whole:
        return np.ones(len(years[0]) if years else 12), 0
    return seasonal_indices(np.array(whole)), len(whole)


def handed_on(base: pd.DataFrame, gone: Sequence[str]) -> pd.DataFrame:
    """The base with that of people who are gone spread over the others of their region; alone it stays the region's.

    >>> base = pd.DataFrame({"region": ["n", "n", "s"], "salesperson": ["a", "b", "c"], "value": [6.0, 2.0, 4.0]})
    >>> handed_on(base, ["b", "c"]).values.tolist()
    [['n', 'a', 8.0], ['s', '', 4.0]]
    """
    rows = base.assign(left=base["salesperson"].isin(list(gone)), whole=base["value"])
    kept = rows[~rows["left"]]
    stays = kept.groupby("region")["value"].sum()
    lost = rows[rows["left"]].groupby("region")["value"].sum()
    factor = 1 + lost.reindex(stays.index).fillna(0.0) / stays.where(stays > 0)
    found = kept.assign(value=kept["value"] * kept["region"].map(factor).fillna(1.0).astype(float))
    alone = lost[~lost.index.isin(stays.index[stays > 0])]
    more = pd.DataFrame({"region": alone.index, "salesperson": "", "value": alone.to_numpy()})
    return pd.concat([found[["region", "salesperson", "value"]], more], ignore_index=True)


def on_unit(amount: float, unit: float) -> float:
    """An amount rounded to whole units.

    >>> on_unit(1234.5, 10.0)
    1230.0
    """
    return float(from_units(whole_units(np.round(np.array([amount]) / unit) * unit, unit, "total"), unit)[0])
