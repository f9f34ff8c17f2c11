"""What every stage is given: the tables, the settings, the day, and what earlier stages found."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from xlsales.core.refusal import Refusal

Frames = dict[str, pd.DataFrame]


@dataclass(frozen=True)
class Cycle:
    """One run of the cycle.

    tables: every table of the schema, checked, empty where nothing was given. settings: typed values by key. as_of: the
    day at whose end the figures stand. found: results of earlier stages, and what later stages build on. notes: figures
    that could not be given, and why.
    """

    tables: Mapping[str, pd.DataFrame]
    settings: Mapping[str, Any]
    as_of: pd.Timestamp
    found: dict[str, Any] = field(default_factory=dict)
    notes: list[Refusal] = field(default_factory=list)

    @property
    def year_start(self) -> int:
        """The month in which the fiscal year begins."""
        return int(self.settings["fiscal_year_start"])


def names(cycle: Cycle, dimension: str, members: pd.Series) -> pd.Series:
    """The name of each member of a dimension; its code where no name is given.

    >>> regions = pd.DataFrame({"region": ["E"], "name": ["East"]})
    >>> cycle = Cycle({"regions": regions}, {}, pd.Timestamp("2026-01-31"))
    >>> names(cycle, "region", pd.Series(["E", "W"])).tolist()
    ['East', 'W']
    """
    known = _known_names(cycle, dimension)
    return members.astype("str") if known is None else members.map(known).fillna(members).astype("str")


def _known_names(cycle: Cycle, dimension: str) -> pd.Series | None:
    """The names of a dimension by member, looked up once in a run; None where it has none."""
    read: dict[str, pd.Series | None] = cycle.found.setdefault("names", {})
    if dimension not in read:
        table, key = NAMED.get(dimension), KEYS.get(dimension, dimension)
        frame = cycle.tables.get(table, pd.DataFrame()) if table else pd.DataFrame()
        there = key in frame and "name" in frame and len(frame)
        read[dimension] = frame.dropna(subset=["name"]).drop_duplicates(key).set_index(key)["name"] if there else None
    return read[dimension]


NAMED = {
    "company": "org_units",
    "manager": "salespeople",
    "region": "regions",
    "product": "products",
    "customer": "customers",
    "salesperson": "salespeople",
    "unit": "org_units",
}
KEYS = {"company": "unit", "manager": "salesperson"}
