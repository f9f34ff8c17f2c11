"""Frames of any engine (pandas, DuckDB, Spark) seen through narwhals: their columns, their joins, what they refuse."""

from typing import Any

import narwhals as nw
import pandas as pd

from xlsales.core.refusal import Refusal


def names_of(frame: nw.LazyFrame[Any]) -> list[str]:
    """Names of the columns."""
    return frame.collect_schema().names()


def need(frame: nw.LazyFrame[Any], table: str, columns: tuple[str, ...]) -> None:
    """Refuse a frame without these columns."""
    missing = [f"{table}.{name}" for name in columns if name not in names_of(frame)]
    if missing:
        raise Refusal("columns_missing", columns=", ".join(missing))


def native(frame: nw.LazyFrame[Any]) -> Any:
    """The frame in its own kind: pandas stays pandas, a relation stays lazy."""
    return (frame.collect() if frame.implementation.is_pandas() else frame).to_native()


def as_pandas(frame: nw.LazyFrame[Any]) -> pd.DataFrame:
    """What the engine computed, as a pandas frame."""
    found: pd.DataFrame = frame.collect("pandas").to_native()
    return found


def table_like(lines: nw.LazyFrame[Any], table: Any) -> nw.LazyFrame[Any]:
    """A side table as a lazy frame; of the kind of the lines, so that joins are done where they lie."""
    side: nw.LazyFrame[Any] = nw.from_native(table).lazy()
    if side.implementation is not lines.implementation:
        raise Refusal("tables_of_two_engines", first=str(lines.implementation), second=str(side.implementation))
    return side


def refuse_any(lines: nw.LazyFrame[Any], bad: nw.Expr, code: str, facts: tuple[str, ...]) -> None:
    """Raise Refusal(code) naming the first bad line's facts and how many there are."""
    found = lines.filter(bad)
    have = [name for name in facts if name in names_of(found)]
    count = int(as_pandas(found.select(nw.len().alias("rows")))["rows"].iloc[0])
    if count:
        first = as_pandas(found.select(*have).head(1)) if have else pd.DataFrame()
        raise Refusal(code, rows=count, **{name: first[name].iloc[0] if name in have else None for name in facts})
