"""The five quantities and their ratios by any dimensions and period: the one definition, for every engine."""

from collections.abc import Sequence
from typing import Any, cast

import narwhals as nw
import numpy as np
import pandas as pd

from xlsales.core.calendar import CALENDAR, LEVELS, Calendar, PeriodLevel, period_keys
from xlsales.core.engine_frames import as_pandas, names_of, need
from xlsales.core.ratio import Day, day, ratio
from xlsales.core.refusal import Refusal

MEASURES = ("sales", "volume", "margin", "profit", "collections")
PERIODS = ("none", *LEVELS)
WHOLE_MONTHS = frozenset({"month", "quarter", "half", "year"})
SHARED = ("sales", "sales_with_tax", "volume", "cost", "margin", "expense", "profit")  # what a share divides


def five_quantities(
    lines: Any,
    receipts_by_line: Any = None,
    by: Sequence[str] = (),
    period: str = "none",
    first: Day | None = None,
    last: Day | None = None,
    calendar: Calendar = CALENDAR,
) -> pd.DataFrame:
    """Sales, volume, margin, profit, collections and the two rates per combination of the by columns and period.

    lines: what `order_measures` returns (pandas, DuckDB relation, Spark), by columns included; receipts_by_line: what
    `attribute_collections` returns, any kind; first, last: days, both included. Only grouped rows leave the engine.
    Returns by..., [period], sales, volume, margin, profit, collections, margin_rate, profit_rate, sorted, blanks of a
    dimension last (the row of what is not assigned), so that Σ over any dimension is the total.

    - volume is blank where base units differ in a row (`mixed_units` names them).
    - A line of unknown cost has no margin: it is left out of margin and profit and of the sales they are divided by
      (`without_cost` says how many and how much); a row without any known cost is blank.
    - collections is blank without receipts_by_line. A rate with denominator 0 is blank.

    Raises Refusal `columns_missing`, `unknown_choice`. Source: DEFINITIONS, the five quantities.

    >>> lines = pd.DataFrame({"date": pd.to_datetime(["2026-01-05", "2026-02-01"]), "product": ["P", "P"],
    ...     "sales": [100.0, 50.0], "volume": [2.0, 1.0], "margin": [40.0, None], "profit": [30.0, None]})
    >>> five_quantities(lines, by=["product"])[["product", "sales", "margin", "margin_rate"]]
      product  sales  margin  margin_rate
    0       P  150.0    40.0          0.4
    """
    grain = grain_of(period, calendar)
    sums = line_sums(lines, by, grain, first, last)
    cash = None if receipts_by_line is None else cash_sums(receipts_by_line, by, grain, first, last)
    return finish(sums, cash, by, period, calendar)


def grain_of(period: str, calendar: Calendar) -> str:
    """What the engine groups by: nothing, whole months where the period is made of them, else days.

    >>> grain_of("quarter", CALENDAR), grain_of("quarter", Calendar(month_close_day=25)), grain_of("week", CALENDAR)
    ('month', 'day', 'day')
    """
    if period not in PERIODS:
        raise Refusal("unknown_choice", name="period", value=period, choices=", ".join(PERIODS))
    plain = calendar.month_close_day in (None, 31) and calendar.week_pattern is None
    return period if period == "none" else "month" if plain and period in WHOLE_MONTHS else "day"


def line_sums(
    lines: Any, by: Sequence[str], grain: str, first: Day | None = None, last: Day | None = None
) -> pd.DataFrame:
    """What has to be added up, by the by columns and __key (a day, see `_dated`), from the engine of the lines."""
    frame = nw.from_native(lines).lazy()
    need(frame, "orders", ("sales", "volume", "margin", "profit", *by))
    frame = _dated(frame, grain, first, last)
    known = ~nw.col("margin").is_null()
    unit = nw.col("base_unit").fill_null("") if "base_unit" in names_of(frame) else nw.lit("")
    frame = frame.with_columns(
        nw.when(known).then(nw.col("sales")).otherwise(nw.lit(0.0)).alias("known_sales"),
        nw.when(known).then(nw.lit(1)).otherwise(nw.lit(0)).alias("known"),
        nw.when(nw.col("volume").is_null()).then(nw.lit(0)).otherwise(nw.lit(1)).alias("counted"),
        unit.alias("__unit"),
    )
    summed = [nw.col(name).sum() for name in ("sales", "volume", "margin", "profit", "known_sales", "known", "counted")]
    units = [nw.col("__unit").min().alias("low_unit"), nw.col("__unit").max().alias("high_unit")]
    return as_pandas(frame.group_by(*by, "__key").agg(*summed, nw.len().alias("lines"), *units))


def cash_sums(
    receipts_by_line: Any, by: Sequence[str], grain: str, first: Day | None = None, last: Day | None = None
) -> pd.DataFrame:
    """Collections by the by columns and __key; a by column that cash does not know is blank."""
    frame = nw.from_native(receipts_by_line).lazy()
    need(frame, "receipts_by_line", ("collections",))
    have = set(names_of(frame))
    unknown = [nw.lit(None, nw.String).alias(name) for name in by if name not in have]
    frame = frame.with_columns(*unknown) if unknown else frame
    frame = _dated(frame, grain, first, last)
    return as_pandas(frame.group_by(*by, "__key").agg(nw.col("collections").sum()))


def _dated(frame: nw.LazyFrame[Any], grain: str, first: Day | None, last: Day | None) -> nw.LazyFrame[Any]:
    """Keep first to last; add __key: 0, or the day (of a month the first one) as year * 1000 + day of the year."""
    date = nw.col("date")
    if grain != "none" or first is not None or last is not None:
        need(frame, "orders", ("date",))
    if first is not None:
        frame = frame.filter(date >= nw.lit(pd.Timestamp(day(first)).to_pydatetime()))
    if last is not None:
        frame = frame.filter(date < nw.lit(pd.Timestamp(day(last) + 1).to_pydatetime()))
    if grain == "none":
        return frame.with_columns(nw.lit(0).alias("__key"))
    key = date.dt.year() * 1000 + date.dt.ordinal_day()
    if grain == "month":
        key = key - date.dt.day() + 1
    return frame.with_columns(key.alias("__key"))


def finish(
    sums: pd.DataFrame, cash: pd.DataFrame | None, by: Sequence[str], period: str, calendar: Calendar = CALENDAR
) -> pd.DataFrame:
    """The table of `five_quantities` from sums by the by columns and __key; the cube ends here too."""
    keys = list(by) if period == "none" else [*by, "period"]
    parts = [sums] if cash is None else [sums, cash]
    stacked = pd.concat(parts, ignore_index=True)
    if period != "none":
        stacked["period"] = period_keys(_days(stacked["__key"]), cast("PeriodLevel", period), calendar).array
    numbers = ["sales", "volume", "margin", "profit", "known_sales", "known", "counted", "lines"]
    plan: dict[str, Any] = {name: (name, "sum") for name in numbers}
    plan |= {"collections": ("collections", "sum")} if cash is not None else {}
    plan |= {"low_unit": ("low_unit", "min"), "high_unit": ("high_unit", "max")}
    whole = stacked.assign(__all=0)
    found = whole.groupby(keys or ["__all"], dropna=False, sort=True, observed=True).agg(**plan)
    table = found.reset_index() if keys else found.reset_index(drop=True)
    if not keys and not len(table):
        table = table.reindex([0]).fillna({name: 0.0 for name in [*numbers, "collections"] if name in table})
    blank = (table["lines"] > 0) & (table["known"] == 0)
    uncounted = (table["lines"] > 0) & (table["counted"] == 0)
    mixed = table["low_unit"].notna() & (table["low_unit"] != table["high_unit"])
    table["volume"] = table["volume"].mask(uncounted | mixed)
    table["margin"] = table["margin"].mask(blank)
    table["profit"] = table["profit"].mask(blank)
    table["collections"] = table["collections"] if cash is not None else np.nan
    table["margin_rate"] = ratio(table["margin"], table["known_sales"])
    table["profit_rate"] = ratio(table["profit"], table["known_sales"])
    shown: pd.DataFrame = table[[*keys, *MEASURES, "margin_rate", "profit_rate"]]
    return shown


def _days(keys: pd.Series) -> np.ndarray[Any, np.dtype[np.datetime64]]:
    """Days from year * 1000 + day of the year, NaT where the date was missing."""
    number = keys.to_numpy(dtype=np.float64, na_value=np.nan)
    known = np.nan_to_num(number, nan=1970001).astype(np.int64)
    days = (known // 1000 - 1970).astype("M8[Y]").astype("M8[D]") + (known % 1000 - 1)
    return np.where(np.isnan(number), np.datetime64("NaT"), days).astype("M8[D]")


def without_cost(lines: Any, by: Sequence[str] = ()) -> pd.DataFrame:
    """The lines whose cost nobody entered: by..., lines, sales; empty where every cost is known.

    >>> lines = pd.DataFrame({"product": ["P", "Q"], "sales": [100.0, 50.0], "margin": [40.0, None]})
    >>> without_cost(lines, ["product"])
      product  lines  sales
    0       Q      1   50.0
    """
    frame = nw.from_native(lines).lazy().filter(nw.col("margin").is_null()).with_columns(nw.lit(0).alias("__all"))
    found = frame.group_by("__all", *by).agg(nw.len().alias("lines"), nw.col("sales").sum())
    table = as_pandas(found).drop(columns="__all")
    return table.sort_values(list(by), ignore_index=True) if by else table


def mixed_units(lines: Any, by: Sequence[str] = ()) -> pd.DataFrame:
    """The rows whose volume is blank because base units differ: by..., units (joined by a comma).

    >>> lines = pd.DataFrame({"region": ["N", "N", "S"], "base_unit": ["pcs", "kg", "kg"]})
    >>> mixed_units(lines, ["region"])
      region    units
    0      N  kg, pcs
    """
    frame = nw.from_native(lines).lazy().select(*by, nw.col("base_unit").fill_null("")).unique()
    found = as_pandas(frame).sort_values("base_unit").assign(__all=0)
    joined = found.groupby([*by, "__all"], dropna=False)["base_unit"].agg(["size", ", ".join]).reset_index()
    table = joined[joined["size"] > 1].rename(columns={"join": "units"})
    kept: pd.DataFrame = table[[*by, "units"]]
    return kept.reset_index(drop=True)


def split_credit(lines: pd.DataFrame, order_credits: pd.DataFrame) -> pd.DataFrame:
    """Divide each credited line among its salespeople; a line without credits stays as it is.

    lines: what `order_measures` returns, with order and line; order_credits: order, line, salesperson, share. Returns
    lines with one row per line and salesperson and the column share. Raises Refusal `shares_not_whole` where the
    shares of a line do not add to 1. Source: DEFINITIONS, split credit.

    >>> lines = pd.DataFrame({"order": ["O"], "line": [1], "salesperson": ["X"], "sales": [100.0]})
    >>> credits = pd.DataFrame({"order": "O", "line": 1, "salesperson": ["A", "B"], "share": [0.7, 0.3]})
    >>> split_credit(lines, credits)[["salesperson", "sales", "share"]]
      salesperson  sales  share
    0           A   70.0    0.7
    1           B   30.0    0.3
    """
    whole_shares(order_credits, ["order", "line"])
    named = order_credits[["order", "line", "salesperson", "share"]]
    named = named.rename(columns={"salesperson": "__who", "share": "__share"})
    joined = lines.merge(named, on=["order", "line"], how="left")
    split = joined["__share"].notna()
    share = joined.pop("__share").fillna(1.0)
    who = joined.pop("__who")
    for name in SHARED:
        if name in joined:
            joined[name] = joined[name] * share
    own = joined["salesperson"] if "salesperson" in joined else pd.Series(None, index=joined.index, dtype=object)
    joined["salesperson"] = who.where(split, own)
    joined["share"] = share * joined["share"] if "share" in joined else share
    return joined


def whole_shares(shares: pd.DataFrame, keys: Sequence[str]) -> None:
    """Refuse shares that do not add to 1 per key, naming the first key and its sum."""
    if shares["share"].isna().any():
        raise Refusal(
            "money_missing",
            table="order_credits",
            column="share",
            rows=int(shares["share"].isna().sum()),
            row=int(shares["share"].isna().to_numpy().argmax()) + 1,
        )
    sums = shares.groupby(list(keys), dropna=False)["share"].sum()
    bad = sums[(sums - 1).abs() > 1e-6]
    if len(bad):
        key = bad.index[0] if isinstance(bad.index[0], tuple) else (bad.index[0],)
        raise Refusal(
            "shares_not_whole", key=", ".join(map(str, key)), total=round(float(bad.iloc[0]), 6), rows=len(bad)
        )
