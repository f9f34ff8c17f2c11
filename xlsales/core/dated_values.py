"""Values that hold from a date on: a product's cost, a currency's rate. Joined by equality: every engine has it."""

from collections.abc import Sequence
from typing import Any

import narwhals as nw
import numpy as np
import pandas as pd

from xlsales.core.ratio import Floats, days
from xlsales.core.refusal import Refusal

DAYS = 1 << 24  # more days than any date has


def only_once(table: nw.LazyFrame[Any], name: str, keys: Sequence[str]) -> None:
    """Refuse a table that has a key twice: joined lines would count twice."""
    counted = table.group_by(*keys).agg(nw.len().alias("__rows")).filter(nw.col("__rows") > 1)
    twice = counted.head(1).collect("pandas").to_native()
    if len(twice):
        raise Refusal("key_twice", table=name, key=", ".join(str(twice[key].iloc[0]) for key in keys))


def latest_on(
    lines: nw.LazyFrame[Any], table: nw.LazyFrame[Any], columns: tuple[str, str, str], name: str
) -> nw.LazyFrame[Any]:
    """Add column name: the table's value with the latest start on or before the line's date, blank where there is none.

    columns: the key (in both frames), the table's start date, the table's value.
    """
    key, start, value = columns
    if lines.implementation.is_pandas():
        frame = lines.collect().to_native()
        found = _latest(frame[key], frame["date"], table.collect().to_native()[list(columns)])
        dated: nw.LazyFrame[Any] = nw.from_native(frame.assign(**{name: found})).lazy()
        return dated
    table = table.select(key, nw.col(start).cast(nw.Date()).alias("__from"), nw.col(value).alias(name))
    table = table.filter(~nw.col(key).is_null() & ~nw.col("__from").is_null())
    lines = lines.with_columns(nw.col("date").cast(nw.Date()).alias("__day"))
    asked = lines.filter(~nw.col(key).is_null()).select(key, "__day").unique()
    valid = asked.join(table, on=key).filter(nw.col("__from") <= nw.col("__day"))
    newest = valid.group_by(key, "__day").agg(nw.col("__from").max())
    best = newest.join(table, on=[key, "__from"]).select(key, "__day", name)
    return lines.join(best, on=[key, "__day"], how="left").drop("__day")


def _latest(keys: pd.Series, dates: pd.Series, table: pd.DataFrame) -> Floats:
    """`latest_on` for arrays: key and day packed into one number, found by bisection."""
    table = table[table.iloc[:, 0].notna() & table.iloc[:, 1].notna()]
    names = pd.Index(table.iloc[:, 0].unique())
    code, known = names.get_indexer(pd.Index(keys)).astype(np.int64), names.get_indexer(pd.Index(table.iloc[:, 0]))
    packed = known.astype(np.int64) * DAYS + days(table.iloc[:, 1]).astype(np.int64)
    order = np.argsort(packed, kind="stable")
    asked = days(dates)
    place = np.searchsorted(packed[order], code * DAYS + asked.astype(np.int64), "right") - 1
    good = (code >= 0) & (place >= 0) & ~np.isnat(asked)
    chosen = order[np.where(good, place, 0)] if len(order) else np.zeros(0, dtype=np.int64)
    good &= known[chosen] == code if len(order) else False
    found = np.full(len(keys), np.nan)
    found[good] = table.iloc[:, 2].to_numpy(dtype=np.float64, na_value=np.nan)[chosen[good]] if good.any() else 0.0
    return found


def month_mean(
    lines: nw.LazyFrame[Any], table: nw.LazyFrame[Any], key: str, value: str, name: str
) -> nw.LazyFrame[Any]:
    """Add column name: the mean of the table's values of the line's key in the calendar month of the line's date."""
    month = nw.col("date").dt.year() * 12 + nw.col("date").dt.month()
    means = table.with_columns(month.alias("__month")).group_by(key, "__month").agg(nw.col(value).mean().alias(name))
    return lines.with_columns(month.alias("__month")).join(means, on=[key, "__month"], how="left").drop("__month")
