"""What promotions brought, and what prices were paid against the list."""

import numpy as np
import pandas as pd

from xlsales.core.customers import checked_lines
from xlsales.core.ratio import Day, DayArray, day, days, ratio, single
from xlsales.core.refusal import Refusal

FEWEST_DAYS = 7  # a baseline of fewer days free of other promotions is no baseline
BANDS = (0.0, 0.05, 0.10, 0.15, 0.20, 0.30)


def promotion_effects(
    promotions: pd.DataFrame, lines: pd.DataFrame, as_of: Day, baseline: str = "before", baseline_days: int = 28
) -> pd.DataFrame:
    """Sales and margin of each promotion's days and products against a baseline, and what its cost returned.

    promotions: promotion, from, to, [product], [region] (blank = all), [cost]. lines: date, sales, margin, and product
    and region where a promotion names one. baseline: before = the daily mean of the baseline_days days before the
    start; last_year = the daily mean of the same days 364 days earlier (the same days of the week). Days on which
    another promotion ran for the same products and region are left out of the baseline.
    Returns promotion, days (elapsed by as_of), sales, baseline_days, baseline_sales (for the same number of days),
    uplift, uplift_share, uplift_margin, cost, return = (uplift_margin − cost)/cost. Baseline, uplift and return are
    blank with fewer than 7 baseline days inside the time that the lines cover, or before the start.
    Refuses an unknown baseline, missing columns and blank cells. Source: DEFINITIONS 8 (promotions, price lists).
    """
    if baseline not in {"before", "last_year"}:
        raise Refusal("promotion_baseline", baseline=baseline)
    missing = [column for column in ("promotion", "from", "to") if column not in promotions]
    if missing:
        raise Refusal("columns_missing", columns=missing)
    offers = promotions.assign(**{name: None for name in ("product", "region") if name not in promotions})
    named = [name for name in ("product", "region") if offers[name].notna().any()]
    known = checked_lines(lines, ("date", "sales", *named))
    when = days(known["date"])
    money = known["sales"].to_numpy(float)
    margin = known["margin"].to_numpy(float) if "margin" in known else np.full(len(known), np.nan)
    rows = []
    for number, offer in enumerate(offers.to_dict("records")):
        start, end = day(offer["from"]), min(day(offer["to"]), day(as_of))
        inside = np.ones(len(known), bool)
        for name in named:
            inside &= known[name].to_numpy() == offer[name] if pd.notna(offer[name]) else True
        quiet = _baseline_days(offers, number, (start, end), baseline, baseline_days)
        quiet = quiet[(quiet >= when.min()) & (quiet <= when.max())] if len(when) else quiet[:0]
        run = inside & (when >= start) & (when <= end)
        calm = inside & np.isin(when, quiet)
        length = max(int((end - start).astype(int)) + 1, 0)
        usual = length / len(quiet) if len(quiet) >= FEWEST_DAYS and length else np.nan
        sales, before = float(money[run].sum()), float(money[calm].sum()) * usual
        gained = float(margin[run].sum()) - float(margin[calm].sum()) * usual
        cost = float(offer["cost"]) if pd.notna(offer.get("cost")) else np.nan
        rows.append(
            {
                "promotion": offer["promotion"],
                "days": length,
                "sales": sales if length else np.nan,
                "baseline_days": len(quiet),
                "baseline_sales": before,
                "uplift": sales - before,
                "uplift_share": single(sales - before, before),
                "uplift_margin": gained,
                "cost": cost,
                "return": single(gained - cost, cost),
            }
        )
    return pd.DataFrame(rows)


def discount_bands(lines: pd.DataFrame, by: list[str] | None = None, edges: tuple[float, ...] = BANDS) -> pd.DataFrame:
    """Sales and margin by band of discount; a band holds its lower end.

    lines: discount (share), sales, margin and the columns of by. edges: rising lower ends. Returns the columns of by,
    from_discount (blank: the line states no discount; −inf: dearer than the list), lines, sales, margin, margin_rate,
    share of the sales of the by columns. Refuses edges that do not rise.

    >>> lines = pd.DataFrame({"discount": [0.0, 0.05, 0.04], "sales": [50.0, 30.0, 20.0], "margin": [20.0, 6.0, 5.0]})
    >>> discount_bands(lines)[["from_discount", "sales", "margin_rate"]].values.tolist()
    [[0.0, 70.0, 0.35714285714285715], [0.05, 30.0, 0.2]]
    """
    keys = by or []
    if np.any(np.diff(edges) <= 0):
        raise Refusal("bands_not_rising", edges=list(edges))
    known = checked_lines(lines, ("sales", *keys))
    if "discount" not in known:
        raise Refusal("columns_missing", columns=["discount"])
    discount = known["discount"].to_numpy(float)
    ends = np.array([-np.inf, *edges])
    band = np.where(np.isnan(discount), np.nan, ends[np.searchsorted(edges, discount + 1e-9, side="right")])
    margin = known["margin"] if "margin" in known else pd.Series(np.nan, known.index)
    parts = known[keys].assign(from_discount=band, lines=1.0, sales=known["sales"], margin=margin)
    groups = parts.groupby([*keys, "from_discount"], dropna=False)
    rows = groups[["lines", "sales"]].sum()
    rows["margin"] = groups["margin"].sum(min_count=1).where(groups["margin"].count() == rows["lines"])
    rows["margin_rate"] = ratio(rows["margin"], rows["sales"])
    whole = rows.groupby(level=keys, dropna=False)["sales"].transform("sum") if keys else rows["sales"].sum()
    rows["share"] = ratio(rows["sales"], whole)
    return rows.reset_index()


def price_against_list(lines: pd.DataFrame, products: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """Average price against the list price, by channel, region, customer or what by names.

    lines: product, volume, sales (net) and the columns of by. products: product, list_price (net, per base unit).
    Returns the columns of by, sales, list_value = Σ volume × list price, price_index = sales of the priced lines /
    list_value, discount = 1 − price_index, average_price and average_list_price (per unit; meaningful within one
    product only, so blank where the group holds several), sales_without_list (lines of products without list price, in
    no other figure but sales). Refuses missing columns, blank cells and products that stand twice.

    >>> lines = pd.DataFrame({"product": ["x", "x"], "volume": [1.0, 3.0], "sales": [10.0, 26.0], "channel": "shop"})
    >>> price_against_list(lines, pd.DataFrame({"product": ["x"], "list_price": [10.0]}), ["channel"])["price_index"][0]
    np.float64(0.9)
    """
    known = checked_lines(lines, ("product", "volume", "sales"))
    missing = [column for column in by if column not in known]
    missing += [column for column in ("product", "list_price") if column not in products]
    if missing:
        raise Refusal("columns_missing", columns=missing)
    if products["product"].duplicated().any():
        raise Refusal(
            "product_twice", products=products.loc[products["product"].duplicated(), "product"].head(5).tolist()
        )
    price = known["product"].map(products.set_index("product")["list_price"]).astype(float)
    priced = price.notna()
    parts = known[by].assign(
        sales=known["sales"],
        list_value=(known["volume"] * price).fillna(0.0),
        priced=known["sales"].where(priced, 0.0),
        volume=known["volume"].where(priced, 0.0),
        sales_without_list=known["sales"].where(~priced, 0.0),
    )
    rows = parts.groupby(by, dropna=False).sum()
    kinds = known.groupby(by, dropna=False)["product"].nunique()
    volume = np.where(kinds.reindex(rows.index) == 1, rows["volume"], 0.0)
    rows["price_index"] = ratio(rows["priced"], rows["list_value"])
    rows["discount"] = 1.0 - rows["price_index"]
    rows["average_price"] = ratio(rows["priced"], volume)
    rows["average_list_price"] = ratio(rows["list_value"], volume)
    return rows.drop(columns=["priced", "volume"]).reset_index()


def _baseline_days(
    offers: pd.DataFrame, number: int, window: tuple[np.datetime64, np.datetime64], baseline: str, count: int
) -> DayArray:
    """The days that a promotion is compared with, without those of another promotion for the same things."""
    start, end = window
    asked = np.arange(start - count, start) if baseline == "before" else np.arange(start - 364, end - 364 + 1)
    own = offers.iloc[number]
    for other in range(len(offers)):
        row = offers.iloc[other]
        same = all(pd.isna(row[name]) or pd.isna(own[name]) or row[name] == own[name] for name in ("product", "region"))
        if other != number and same:
            asked = asked[(asked < day(row["from"])) | (asked > day(row["to"]))]
    return asked
