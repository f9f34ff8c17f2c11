"""Expense that no line carries, allocated to lines by a driver."""

from typing import Any

import numpy as np
import pandas as pd

from xlsales.core.ratio import DayArray as Days
from xlsales.core.ratio import Floats, Ints
from xlsales.core.refusal import Refusal

DRIVERS = ("sales", "volume", "margin", "fixed")


def allocate_expense(
    lines: pd.DataFrame, expenses: pd.DataFrame, fixed_shares: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Add each expense to the lines it concerns, in proportion to its driver; profit falls by the same money.

    lines: what `order_measures` returns; expenses: item, amount, [driver, default sales], [first, last: days both
    included], and any column of lines (order, salesperson, product, region, ...) that narrows it down where filled;
    fixed_shares: item, a column of lines, share: the members' parts for driver fixed, spread inside a member by sales.
    Returns lines with expense and profit changed. Where no line is concerned, a row with the expense's own columns and
    no sales carries it, so that Σ expense = Σ amounts. Raises Refusal where a driver cannot carry the expense.
    Source: DEFINITIONS, profit.

    >>> lines = pd.DataFrame({"product": ["P", "Q"], "sales": [75.0, 25.0], "expense": 0.0, "profit": [10.0, 5.0]})
    >>> allocate_expense(lines, pd.DataFrame({"item": ["freight"], "amount": [8.0]}))["profit"].tolist()
    [4.0, 3.0]
    """
    narrowing = [name for name in expenses if name in lines and name not in {"item", "amount", "expense", "date"}]
    seek = _Concerned(lines, narrowing)
    added = np.zeros(len(lines))
    homeless = []
    for row in expenses.to_dict("records"):
        if pd.isna(row["amount"]):
            raise Refusal("expense_missing", item=str(row["item"]))
        places = seek.places(row)
        if not len(places):
            homeless.append({str(name): row[name] for name in narrowing} | _when(row) | {"expense": row["amount"]})
            continue
        added[places] += float(row["amount"]) * _weights(seek, places, row, fixed_shares)
    found = lines.assign(expense=lines["expense"] + added, profit=lines["profit"] - added)
    if not homeless:
        return found
    rows = pd.DataFrame(homeless)
    none = {name: 0.0 for name in ("sales", "sales_with_tax", "volume", "cost", "margin") if name in lines}
    rows = rows.assign(**none, profit=-rows["expense"])
    return pd.concat([found, rows.reindex(columns=found.columns)], ignore_index=True)


class _Concerned:
    """Which lines an expense concerns, found without comparing every line with every expense.

    The lines are sorted by day once, and each column that narrows is turned into codes once.
    """

    def __init__(self, lines: pd.DataFrame, narrowing: list[Any]) -> None:
        self.lines = lines
        self.days: Days | None = None
        self.order = np.arange(len(lines))
        if "date" in lines:
            when = pd.to_datetime(lines["date"]).to_numpy("M8[D]")
            self.order = np.argsort(when, kind="stable")  # a line without a date comes last
            self.days = when[self.order]
        self.dated = len(lines) if self.days is None else int((~np.isnat(self.days)).sum())
        self.codes = {name: pd.factorize(lines[name]) for name in narrowing}
        self.spans: dict[tuple[int, int], Ints] = {}
        self.drivers: dict[str, Floats] = {}

    def places(self, row: dict[Any, Any]) -> Ints:
        """The places of the lines, rising."""
        first, last = (_day_of(row, name) for name in ("first", "last"))
        low, high = 0, len(self.order)
        if self.days is not None and (first is not None or last is not None):
            known = self.days[: self.dated]
            low = 0 if first is None else int(np.searchsorted(known, first, "left"))
            high = self.dated if last is None else int(np.searchsorted(known, last, "right"))
        if (low, high) not in self.spans:
            self.spans[low, high] = np.sort(self.order[low:high])
        found = self.spans[low, high]
        for name, (codes, names) in self.codes.items():
            if not pd.isna(row[name]):
                wanted = pd.Index(names).get_indexer(pd.Index([row[name]]))[0]
                found = found[codes[found] == wanted] if wanted >= 0 else found[:0]
        return found

    def driver(self, name: str) -> Floats:
        """A driver's column as numbers."""
        if name not in self.drivers:
            self.drivers[name] = self.lines[name].to_numpy(dtype=np.float64, na_value=np.nan)
        return self.drivers[name]


def _day_of(row: dict[Any, Any], name: str) -> np.datetime64 | None:
    """The first or last day of an expense, None where it has none."""
    moment = row.get(name)
    return None if moment is None or pd.isna(moment) else np.datetime64(pd.Timestamp(moment).date(), "D")


def _when(row: dict[Any, Any]) -> dict[Any, Any]:
    """The day of an expense that no line carries: the first of its days."""
    first = row.get("first")
    return {} if first is None or pd.isna(first) else {"date": first}


def _weights(seek: _Concerned, places: Ints, row: dict[Any, Any], fixed_shares: pd.DataFrame | None) -> Floats:
    """Parts of 1 of each line concerned."""
    driver = row.get("driver")
    driver = "sales" if driver is None or pd.isna(driver) else driver
    if driver not in DRIVERS:
        raise Refusal("unknown_choice", name="driver", value=driver, choices=", ".join(DRIVERS))
    if driver == "fixed":
        return _fixed(seek.lines.iloc[places], row, fixed_shares)
    weights = seek.driver(str(driver))[places]
    if np.isnan(weights).any():
        raise Refusal("expense_driver_unknown", item=str(row["item"]), driver=driver, rows=int(np.isnan(weights).sum()))
    if weights.sum() <= 0:
        raise Refusal("driver_not_positive", item=str(row["item"]), driver=driver, total=round(float(weights.sum()), 2))
    parts: Floats = weights / weights.sum()
    return parts


def _fixed(lines: pd.DataFrame, row: dict[Any, Any], fixed_shares: pd.DataFrame | None) -> Floats:
    """Each member's fixed share, inside it by sales."""
    shares = None if fixed_shares is None else fixed_shares[fixed_shares["item"] == row["item"]]
    if shares is None or shares.empty:
        raise Refusal("fixed_shares_missing", item=str(row["item"]))
    if abs(shares["share"].sum() - 1) > 1e-6:
        raise Refusal("shares_not_whole", key=str(row["item"]), total=round(float(shares["share"].sum()), 6), rows=1)
    column = next((str(name) for name in shares if name in lines and name != "share"), None)
    if column is None:
        raise Refusal("fixed_shares_missing", item=str(row["item"]))
    sales = lines["sales"].to_numpy(dtype=np.float64)
    parts = np.zeros(len(lines))
    for member, share in zip(shares[column], shares["share"], strict=True):
        mine = (lines[column] == member).to_numpy(dtype=bool, na_value=False)
        total = sales[mine].sum()
        if total <= 0 and share:
            raise Refusal(
                "driver_not_positive", item=f"{row['item']} / {member}", driver="sales", total=round(total, 2)
            )
        parts[mine] = share * sales[mine] / total if share else 0.0
    return parts
