"""Expense that no line carries, allocated to lines by a driver."""

from typing import Any

import numpy as np
import pandas as pd

from xlsales.core.ratio import Floats
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
    added = np.zeros(len(lines))
    homeless = []
    dates = pd.to_datetime(lines["date"]).to_numpy("M8[D]") if "date" in lines else None
    for row in expenses.to_dict("records"):
        if pd.isna(row["amount"]):
            raise Refusal("expense_missing", item=str(row["item"]))
        concerned = np.ones(len(lines), dtype=bool)
        for name in narrowing:
            if not pd.isna(row[name]):
                concerned &= (lines[name] == row[name]).to_numpy(dtype=bool, na_value=False)
        for name, late in (("first", False), ("last", True)):
            if name in row and not pd.isna(row[name]) and dates is not None:
                limit = np.datetime64(pd.Timestamp(row[name]).date(), "D")
                concerned &= (dates <= limit) if late else (dates >= limit)
        places = np.flatnonzero(concerned)
        if not len(places):
            homeless.append({str(name): row[name] for name in narrowing} | _when(row) | {"expense": row["amount"]})
            continue
        weights = _weights(lines.iloc[places], row, fixed_shares)
        added[places] += float(row["amount"]) * weights
    found = lines.assign(expense=lines["expense"] + added, profit=lines["profit"] - added)
    if not homeless:
        return found
    rows = pd.DataFrame(homeless)
    none = {name: 0.0 for name in ("sales", "sales_with_tax", "volume", "cost", "margin") if name in lines}
    rows = rows.assign(**none, profit=-rows["expense"])
    return pd.concat([found, rows.reindex(columns=found.columns)], ignore_index=True)


def _when(row: dict[Any, Any]) -> dict[Any, Any]:
    """The day of an expense that no line carries: the first of its days."""
    first = row.get("first")
    return {} if first is None or pd.isna(first) else {"date": first}


def _weights(lines: pd.DataFrame, row: dict[Any, Any], fixed_shares: pd.DataFrame | None) -> Floats:
    """Parts of 1 of each line."""
    driver = row.get("driver")
    driver = "sales" if driver is None or pd.isna(driver) else driver
    if driver not in DRIVERS:
        raise Refusal("unknown_choice", name="driver", value=driver, choices=", ".join(DRIVERS))
    if driver == "fixed":
        return _fixed(lines, row, fixed_shares)
    weights = lines[str(driver)].to_numpy(dtype=np.float64, na_value=np.nan)
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
