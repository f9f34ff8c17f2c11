"""Frames into cells: what each kind of column becomes, blank for missing, text always as text."""

import numpy as np
import pandas as pd

from xlsales.build.wording import speaks, value_word
from xlsales.labels import word
from xlsales.schema.model import DATE, FLAG, NUMERIC, Column, Table

TEXT_LIMIT = 32767  # a cell holds no more
EPOCH = np.datetime64("1899-12-30")
FIRST_DAY = np.datetime64("1900-03-01")  # Excel's days before it are off by one
DAY_NS = 86_400 * 10**9

Value = float | str | None


def frame_of(frames: dict[str, pd.DataFrame], key: str) -> pd.DataFrame:
    """The frame of a table; an absent one is an empty one."""
    return frames[key] if key in frames else pd.DataFrame()


def column_values(table: Table, column: Column, frame: pd.DataFrame, lang: str) -> list[Value]:
    """The values of a column as they go into cells: numbers (dates as serial numbers), texts, None for blank."""
    if column.key not in frame.columns:
        return [None] * len(frame)
    series = frame[column.key]
    if column.kind in NUMERIC:
        return numbers(series, f"{table.key}.{column.key}")
    if column.kind == DATE:
        return dates(series)
    if column.kind == FLAG:
        return flags(series, lang)
    return texts(series, column.key if speaks(table, column) else "", lang)


def numbers(series: pd.Series, where: str) -> list[Value]:
    """Numbers, None where missing; an infinite one is our own mistake, since a ratio over 0 is blank."""
    try:
        found = series.to_numpy(dtype="float64", na_value=np.nan)
    except (TypeError, ValueError):
        return plain_values(series)
    if np.isinf(found).any():
        raise ValueError(f"{where} holds an infinite number")
    return np.where(np.isnan(found), None, found.astype(object)).tolist()


def plain_values(series: pd.Series) -> list[Value]:
    """A column that is none of ours: numbers as numbers, everything else as text."""
    return [plain(value) for value in series.tolist()]


def plain(value: object) -> Value:
    """One value of a column of mixed kinds: a number stays one, anything else is text."""
    if value is None or value is pd.NA or value is pd.NaT:
        return None
    if isinstance(value, (bool, np.bool_)):
        return str(bool(value)).upper()
    if isinstance(value, (int, float, np.integer, np.floating)):
        number = float(value)
        return number if np.isfinite(number) else None
    return cut(str(value)) or None


def dates(series: pd.Series) -> list[Value]:
    """Days as serial numbers; a day that the spreadsheet cannot count is written out."""
    days = pd.to_datetime(series, errors="coerce")
    if getattr(days.dtype, "tz", None) is not None:
        days = days.dt.tz_localize(None)
    stamps = days.to_numpy(dtype="datetime64[ns]")
    missing, early = np.isnat(stamps), stamps < FIRST_DAY
    serial = (stamps - EPOCH) / np.timedelta64(DAY_NS, "ns")
    found: list[Value] = np.where(missing | early, None, serial.astype(object)).tolist()
    for position in np.flatnonzero(early & ~missing):
        found[position] = str(stamps[position].astype("datetime64[D]"))
    for position in np.flatnonzero(missing & series.notna().to_numpy()):
        found[position] = cut(str(series.iloc[position]))
    return found


def flags(series: pd.Series, lang: str) -> list[Value]:
    """Yes and no in words."""
    says = {True: word("value.flag.yes", lang), False: word("value.flag.no", lang)}
    return [None if pd.isna(value) else says[value] if value in says else cut(str(value)) for value in series]


def texts(series: pd.Series, column: str, lang: str) -> list[Value]:
    """Texts; codes of ours in words where the column may hold such codes."""
    codes, unique = pd.factorize(series)
    spoken = np.empty(len(unique) + 1, dtype=object)  # the last one is blank
    spoken[:-1] = [one_text(value, column, lang) for value in unique]
    found: list[Value] = spoken[codes].tolist()
    return found


def one_text(value: object, column: str, lang: str) -> Value:
    """One text; None for nothing. A code read as 1001.0 is the code 1001."""
    if value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and np.isnan(value)):
        return None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = str(value)
    return cut(value_word(column, text, lang) if column else text) or None


def cut(text: str) -> str:
    """A text that fits a cell."""
    return text if len(text) <= TEXT_LIMIT else text[: TEXT_LIMIT - 1] + "…"
