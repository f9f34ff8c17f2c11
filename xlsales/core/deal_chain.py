"""From opportunity over quote to order in one line."""

import numpy as np
import pandas as pd

from xlsales.core.ratio import Day, day
from xlsales.core.refusal import Refusal

CHAIN = ("opportunity", "customer", "salesperson", "stage", "value", "quote", "date", "quoted", "status", "valid_until",
         "order_lines", "ordered", "state")  # fmt: skip
LINKED = ("order_lines", "ordered")


def deal_chain(deals: pd.DataFrame, quotes: pd.DataFrame, orders: pd.DataFrame | None, as_of: Day) -> pd.DataFrame:
    """Each opportunity with its quotes and what was ordered from them, a line a quote; without a quote one line.

    deals: from `read_deals` with opportunity, customer, salesperson. quotes: quote, opportunity, customer, date,
    valid_until, quantity, price, discount, status. orders: quote, sales (None, or no line with a quote: nobody says
    which order came of which quote, so order_lines and ordered are blank, not 0). Quotes without an opportunity stand
    at the end. Returns CHAIN: quoted = quantity × price × (1 − discount), blank where quantity or price is; state, the
    first that holds: won_not_quoted, quote_not_won (accepted, but the deal is lost or still open), not_ordered
    (accepted and linked orders are known, but none of this one), quote_expired (sent, valid_until passed, deal open),
    not_quoted (open deal whose stage counts as best case or commit); blank where the chain is in order.
    Refuses missing columns and a quote that stands twice. Source: DEFINITIONS 6.
    """
    wanted = ("quote", "opportunity", "customer", "date", "valid_until", "quantity", "price", "discount", "status")
    missing = [name for name in wanted if name not in quotes]
    missing += [name for name in ("opportunity", "customer", "salesperson") if name not in deals]
    if missing:
        raise Refusal("columns_missing", columns=missing)
    if quotes["quote"].duplicated().any():
        raise Refusal("quote_twice", quotes=quotes.loc[quotes["quote"].duplicated(), "quote"].tolist()[:3])
    rest = 1.0 - quotes["discount"].fillna(0.0).astype(float)
    offers = quotes.assign(quoted=quotes["quantity"].astype(float) * quotes["price"].astype(float) * rest)
    linked = None if orders is None or "quote" not in orders else orders[orders["quote"].notna()]
    if linked is None or linked.empty:
        offers = offers.assign(order_lines=np.nan, ordered=np.nan)
    else:
        sums = linked.groupby("quote")["sales"].agg(["size", "sum"])
        offers["order_lines"] = offers["quote"].map(sums["size"]).fillna(0.0).astype(float)
        offers["ordered"] = offers["quote"].map(sums["sum"]).where(offers["order_lines"] > 0)
    kept = ["opportunity", "customer", "salesperson", "stage", "value", "category", "is_open", "is_won"]
    rows = deals[kept].merge(offers.drop(columns="customer"), on="opportunity", how="left")
    loose = offers[~offers["opportunity"].isin(deals["opportunity"])]
    table = pd.concat([rows, loose], ignore_index=True) if len(loose) else rows
    return table.assign(state=_state(table, as_of))[list(CHAIN)]


def _state(rows: pd.DataFrame, as_of: Day) -> pd.Series:
    """What is out of order in each line."""
    is_open, is_won = (rows[name].fillna(value=False).astype(bool) for name in ("is_open", "is_won"))
    quoted, accepted = rows["quote"].notna(), rows["status"].eq("accepted").fillna(value=False)
    late = pd.to_datetime(rows["valid_until"]) < pd.Timestamp(day(as_of))
    cases = {
        "won_not_quoted": is_won & ~quoted,
        "quote_not_won": accepted & ~is_won & rows["stage"].notna(),
        "not_ordered": accepted & rows["order_lines"].eq(0.0),
        "quote_expired": is_open & rows["status"].eq("sent").fillna(value=False) & late,
        "not_quoted": is_open & ~quoted & rows["category"].isin(["best_case", "commit"]),
    }
    found = np.select([case.to_numpy(bool) for case in cases.values()], list(cases), "")
    return pd.Series(found, index=rows.index, dtype="str")
