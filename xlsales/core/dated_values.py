"""Values that hold from a date on: a product's cost, a currency's rate. Joined by equality: every engine has it."""

from collections.abc import Sequence
from typing import Any

import narwhals as nw
import pandas as pd

from xlsales.core.refusal import Refusal


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
    table = table.select(key, nw.col(start).cast(nw.Date()).alias("__from"), nw.col(value).alias(name))
    table = table.filter(~nw.col(key).is_null() & ~nw.col("__from").is_null())
    lines = lines.with_columns(nw.col("date").cast(nw.Date()).alias("__day"))
    asked = lines.filter(~nw.col(key).is_null()).select(key, "__day").unique()
    if lines.implementation.is_pandas():
        found = nw.from_native(_latest(asked.collect().to_native(), table.collect().to_native(), key, name)).lazy()
    else:
        valid = asked.join(table, on=key).filter(nw.col("__from") <= nw.col("__day"))
        newest = valid.group_by(key, "__day").agg(nw.col("__from").max())
        found = newest.join(table, on=[key, "__from"]).select(key, "__day", name)
    return lines.join(found, on=[key, "__day"], how="left").drop("__day")


def _latest(asked: pd.DataFrame, table: pd.DataFrame, key: str, name: str) -> pd.DataFrame:
    asked = asked.sort_values("__day")
    table = table.rename(columns={"__from": "__day"}).sort_values("__day")
    return pd.merge_asof(asked, table, on="__day", by=key)[[key, "__day", name]]


def month_mean(
    lines: nw.LazyFrame[Any], table: nw.LazyFrame[Any], key: str, value: str, name: str
) -> nw.LazyFrame[Any]:
    """Add column name: the mean of the table's values of the line's key in the calendar month of the line's date."""
    month = nw.col("date").dt.year() * 12 + nw.col("date").dt.month()
    means = table.with_columns(month.alias("__month")).group_by(key, "__month").agg(nw.col(value).mean().alias(name))
    return lines.with_columns(month.alias("__month")).join(means, on=[key, "__month"], how="left").drop("__month")
