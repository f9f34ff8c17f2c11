"""Customers: how recent, frequent and large their buying is, who has lapsed, and what to offer next."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from xlsales.core.ratio import Day, Ints, day, days, days_between, ratio
from xlsales.core.refusal import Refusal

LINE_COLUMNS = ("customer", "date", "sales")


def rfm(
    lines: pd.DataFrame, as_of: Day | None = None, classes: int = 5, customers: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Recency, frequency and monetary class of every customer, and the segment they make.

    lines: order lines from `order_measures`: customer, date, sales and, where known, order. as_of: lines after it do
    not count; None = the last date of the lines. customers: customer, for those who never bought. A purchase is a
    distinct order (without the column order a distinct day) with a line above 0; returns lower the money only.
    Returns customer, recency_days (since the last purchase), frequency, monetary (net sales), r, f, m (1 = worst,
    classes = best; 0 without a purchase), segment (a code), in the order of customer.
    Refuses missing columns, lines without customer, date or sales, and fewer than 2 classes. Source: DEFINITIONS 8.

    >>> lines = pd.DataFrame({"customer": ["a", "b", "b"], "date": pd.to_datetime(["2026-01-01", "2026-01-05",
    ...                       "2026-01-09"]), "sales": [10.0, 40.0, 50.0]})
    >>> rfm(lines, classes=2)[["customer", "recency_days", "r", "f", "m"]].values.tolist()
    [['a', 8.0, 1, 1, 1], ['b', 0.0, 2, 2, 2]]
    """
    known = checked_lines(lines)
    if as_of is None and known.empty:
        raise Refusal("as_of_missing")
    last = day(known["date"].max() if as_of is None else as_of)
    known = known[days(known["date"]) <= last]
    bought = known[known["sales"] > 0]
    groups = bought.groupby("customer")
    visit = "order" if "order" in known else "date"
    names = pd.Index(sorted(set(known["customer"]) | set([] if customers is None else customers["customer"].dropna())))
    table = pd.DataFrame(
        {
            "recency_days": pd.Series(days_between(groups["date"].max(), last), groups["date"].max().index),
            "frequency": groups[visit].nunique(),
            "monetary": known.groupby("customer")["sales"].sum(),
        }
    )
    table = table.reindex(names).rename_axis("customer").fillna({"frequency": 0.0, "monetary": 0.0}).reset_index()
    buyer = (table["frequency"] > 0).to_numpy()
    buyers = table[buyer]
    scores = np.zeros((len(table), 3), np.int64)
    scores[buyer] = rfm_classes(buyers["recency_days"], buyers["frequency"], buyers["monetary"], classes)
    table = table.assign(r=scores[:, 0], f=scores[:, 1], m=scores[:, 2])
    return table.assign(segment=segments(scores, classes))


def rfm_classes(recency: ArrayLike, frequency: ArrayLike, monetary: ArrayLike, classes: int = 5) -> Ints:
    """Classes of recency (fewer days are better), frequency and monetary (more is better), each by its own quantiles.

    recency, frequency, monetary: (n,). A value belongs to class k if it lies above k − 1 of the quantiles 1/classes,
    2/classes … (linear between neighbours), so that equal values always share a class. Returns (n, 3) classes from 1
    to `classes`.

    >>> rfm_classes([3, 6, 45], [6, 10, 1], [540, 940, 30], 3).tolist()
    [[3, 2, 2], [2, 3, 3], [1, 1, 1]]
    """
    if classes < 2:
        raise Refusal("rfm_classes", classes=classes)
    better = np.column_stack([-np.asarray(recency, float), np.asarray(frequency, float), np.asarray(monetary, float)])
    if not len(better):
        return np.zeros((0, 3), np.int64)
    cuts = np.quantile(better, np.arange(1, classes) / classes, axis=0)
    found: Ints = 1 + (better[:, None, :] > cuts[None, :, :] + 1e-9 * np.abs(cuts)).sum(axis=1)
    return found


def segments(scores: Ints, classes: int = 5) -> pd.Series:
    """The segment of each row of (r, f, m): champions, loyal, potential, new, attention, fading, cannot_lose, at_risk,
    hibernating, lost, none (no purchase).

    scores: (n, 3) classes; other numbers of classes are stretched to five. The rule is r against the mean of f and m.

    >>> segments(np.array([[5, 5, 5], [1, 5, 5], [1, 1, 1], [0, 0, 0]])).tolist()
    ['champions', 'cannot_lose', 'lost', 'none']
    """
    five = np.ceil(np.asarray(scores) * 5 / classes)
    r, fm = five[:, 0], (five[:, 1] + five[:, 2]) / 2
    rules = [
        (r == 0, "none"),
        ((r >= 4) & (fm >= 4), "champions"),
        ((r >= 4) & (fm >= 2), "potential"),
        (r >= 4, "new"),
        ((r == 3) & (fm >= 4), "loyal"),
        ((r == 3) & (fm >= 2), "attention"),
        (r == 3, "fading"),
        (fm >= 4.5, "cannot_lose"),
        (fm >= 3, "at_risk"),
        (r == 2, "hibernating"),
    ]
    return pd.Series(np.select([rule for rule, _ in rules], [name for _, name in rules], "lost"), dtype="str")


def lapsed(lines: pd.DataFrame, as_of: Day, k: float = 2.0) -> pd.DataFrame:
    """Customers who have not ordered for k times their own median gap.

    lines: customer, date, sales; a purchase is a day with a line above 0. Returns customer, purchases, last_date,
    median_gap (days), days_since, limit_days, is_lapsed, money (net sales of the 365 days up to the last purchase);
    gap, limit and is_lapsed are blank for a customer with a single purchase.

    >>> lines = pd.DataFrame({"customer": "a", "date": pd.to_datetime(["2026-01-01", "2026-01-11"]), "sales": 5.0})
    >>> lapsed(lines, pd.Timestamp("2026-02-01"))[["median_gap", "days_since", "is_lapsed"]].values.tolist()
    [[10.0, 21.0, True]]
    """
    known = checked_lines(lines)
    known = known.assign(date=days(known["date"]).astype("M8[s]"))
    known = known[days(known["date"]) <= day(as_of)]
    visits = known.loc[known["sales"] > 0, ["customer", "date"]].drop_duplicates().sort_values(["customer", "date"])
    gap = visits.groupby("customer")["date"].diff().dt.days
    groups = visits.groupby("customer")["date"]
    rows = pd.DataFrame({"purchases": groups.size(), "last_date": groups.max()})
    rows["median_gap"] = gap.groupby(visits["customer"]).median()
    rows["days_since"] = days_between(rows["last_date"], day(as_of))
    rows["limit_days"] = k * rows["median_gap"]
    rows["is_lapsed"] = (rows["days_since"] > rows["limit_days"]).astype("boolean").where(rows["median_gap"].notna())
    back = days_between(known["date"], known["customer"].map(rows["last_date"]))
    rows["money"] = known[(back >= 0) & (back < 365)].groupby("customer")["sales"].sum()
    return rows.rename_axis("customer").reset_index()


def product_pairs(lines: pd.DataFrame, min_support: float = 0.01) -> pd.DataFrame:
    """Pairs of products that the same customers buy, and how much more often than by chance.

    lines: customer, product, sales of the period that counts. min_support: least share of all buying customers who
    bought both. Returns product (bought), other, customers (who bought both), support, lift = share of both / (share of
    the one × share of the other); each pair in both directions.

    >>> lines = pd.DataFrame({"customer": list("aabbc"), "product": list("xyxyz"), "sales": 1.0})
    >>> product_pairs(lines)[["product", "other", "lift"]].values.tolist()
    [['x', 'y', 1.5], ['y', 'x', 1.5]]
    """
    from scipy.sparse import coo_matrix  # noqa: PLC0415 - slow to load

    if not 0 <= min_support <= 1:
        raise Refusal("support_outside", support=min_support)
    bought = _bought(lines)
    who, names = pd.factorize(bought["customer"])
    what, products = pd.factorize(bought["product"], sort=True)
    held = coo_matrix((np.ones(len(bought)), (who, what)), shape=(len(names), len(products))).tocsr()
    both = (held.T @ held).tocoo()
    one, other, count = both.row, both.col, both.data
    buyers = np.bincount(what, minlength=len(products)).astype(float)
    support = ratio(count, len(names))
    kept = (one != other) & (support >= min_support)
    one, other = one[kept], other[kept]
    rows = pd.DataFrame(
        {
            "product": products.take(one),
            "other": products.take(other),
            "customers": count[kept],
            "support": support[kept],
            "lift": ratio(count[kept] * len(names), buyers[one] * buyers[other]),
        }
    )
    return rows.sort_values(["product", "lift", "other"], ascending=[True, False, True], ignore_index=True)


def next_products(lines: pd.DataFrame, customer: str, top: int = 5, min_support: float = 0.01) -> pd.DataFrame:
    """What to offer a customer next: the products with the highest lift over what she bought, never one she has.

    lines, min_support: as in `product_pairs`. Returns product, lift, support, customers, because (the product that she
    bought and that leads there), at most `top` rows, the highest lift first. Refuses a customer without a purchase.

    >>> lines = pd.DataFrame({"customer": list("aabbcd"), "product": list("xyxyxz"), "sales": 1.0})
    >>> next_products(lines, "c")[["product", "customers", "because"]].values.tolist()
    [['y', 2.0, 'x']]
    """
    rows = offers(lines, [customer], top, min_support)
    if rows.empty and not (_bought(lines)["customer"] == customer).any():
        raise Refusal("customer_without_purchase", customer=customer)
    return rows.drop(columns="customer")


def offers(lines: pd.DataFrame, customers: Sequence[str], top: int = 5, min_support: float = 0.01) -> pd.DataFrame:
    """`next_products` for several customers at once: customer, then its columns; nothing for who bought nothing.

    >>> lines = pd.DataFrame({"customer": list("aabbcd"), "product": list("xyxyxz"), "sales": 1.0})
    >>> offers(lines, ["c", "a"])[["customer", "product", "because"]].values.tolist()
    [['c', 'y', 'x']]
    """
    bought = _bought(lines)
    own = bought[bought["customer"].isin(customers)]
    rows = own.merge(product_pairs(lines, min_support), on="product")
    rows = rows.rename(columns={"product": "because", "other": "product"})
    has = own.assign(has=True)
    rows = rows.merge(has, on=["customer", "product"], how="left")
    rows = rows[rows["has"].isna()]
    place = {customer: number for number, customer in enumerate(customers)}
    rows = rows.assign(place=rows["customer"].map(place)).sort_values(
        ["place", "lift", "support", "product", "because"], ascending=[True, False, False, True, True]
    )
    rows = rows.drop_duplicates(["customer", "product"]).groupby("place", sort=False).head(top)
    return rows[["customer", "product", "lift", "support", "customers", "because"]].reset_index(drop=True)


def checked_lines(lines: pd.DataFrame, columns: tuple[str, ...] = LINE_COLUMNS) -> pd.DataFrame:
    """The lines, or a refusal if a column or a cell of these columns is missing: no line is dropped in silence."""
    missing = [column for column in columns if column not in lines]
    if missing:
        raise Refusal("columns_missing", columns=missing)
    blank = int(lines[list(columns)].isna().any(axis=1).sum())
    if blank:
        raise Refusal("lines_blank", lines=blank, columns=list(columns))
    return lines


def _bought(lines: pd.DataFrame) -> pd.DataFrame:
    known = checked_lines(lines, ("customer", "product", "sales"))
    return known.loc[known["sales"] > 0, ["customer", "product"]].drop_duplicates()
