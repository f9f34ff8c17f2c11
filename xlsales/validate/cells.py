"""Raw cells of one column, parted by what they are: texts, numbers, dates, flags, blanks."""

import datetime as dt
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Mask = NDArray[np.bool_]
# What exports write where a figure is missing; in columns of words they may be words (NA is Namibia).
NULLS = frozenset({"null", "nan", "none", "n/a", "na", "nil", "\\n"})
SHEET_ERRORS = frozenset({"#N/A", "#REF!", "#DIV/0!", "#VALUE!", "#NAME?", "#NUM!", "#NULL!", "#SPILL!", "#CALC!"})
# Full-width letters, digits and signs of Chinese and Japanese keyboards, and their ordinary forms.
NARROW = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20, 0xA0: 0x20, 0x202F: 0x20}
NARROW_CODES = {
    code: plain for code, plain in NARROW.items() if chr(plain).isalnum() or chr(plain) in "-_/. "
}  # brackets and commas of a Chinese name stay as they are


@dataclass(frozen=True)
class Cells:
    """One column. texts: distinct trimmed texts; code: (n,) which text a cell holds, -1 if none. numbers: (n,), NaN
    where the cell is no number. dates: (n,), NaT likewise. flags: (n,), 1 or 0, -1 where it is no truth value.
    """

    texts: list[str]
    code: NDArray[np.int64]
    numbers: NDArray[np.float64]
    dates: NDArray[np.datetime64]
    flags: NDArray[np.int8]

    def __len__(self) -> int:
        return len(self.code)

    @property
    def blank(self) -> Mask:
        """Where there is nothing."""
        return (self.code < 0) & np.isnan(self.numbers) & np.isnat(self.dates) & (self.flags < 0)

    def where_text(self, wanted: list[bool]) -> Mask:
        """The cells whose text is one of those marked."""
        if not self.texts:
            return np.zeros(len(self), dtype=bool)
        return np.append(np.array(wanted, dtype=bool), False)[self.code]


def split(column: pd.Series) -> Cells:
    """Part a raw column by what its cells are.

    >>> split(pd.Series([" a ", 2.0, None, True, "a"], dtype=object)).texts
    ['a', 'a']
    """
    dtype, count = column.dtype, len(column)
    code = np.full(count, -1)
    numbers = np.full(count, np.nan)
    dates = np.full(count, "NaT", dtype="M8[s]")
    flags = np.full(count, -1, dtype=np.int8)
    texts: list[str] = []
    if pd.api.types.is_bool_dtype(dtype):
        flags[:] = column.astype("Int8").fillna(-1).to_numpy(dtype=np.int8)
    elif isinstance(dtype, pd.CategoricalDtype) and all(isinstance(text, str) for text in dtype.categories):
        code, texts = _coded(column.cat.codes.to_numpy(), dtype.categories.tolist())
    elif pd.api.types.is_numeric_dtype(dtype):
        numbers = column.to_numpy(dtype=float, na_value=np.nan)
    elif isinstance(dtype, pd.DatetimeTZDtype):
        dates = column.dt.tz_localize(None).to_numpy().astype("M8[s]")
    elif pd.api.types.is_datetime64_any_dtype(dtype):
        dates = column.to_numpy().astype("M8[s]")
    else:
        values = column.astype(object).to_numpy()
        if pd.api.types.infer_dtype(values, skipna=True) in {"string", "empty"}:
            code, texts = _texts(values)
        else:
            code, texts = _mixed(values, numbers, dates, flags)
    return Cells(texts, code, numbers, dates.astype("M8[D]").astype("M8[s]"), flags)


def _texts(values: NDArray[np.object_]) -> tuple[NDArray[np.int64], list[str]]:
    codes, unique = pd.factorize(values)
    return _coded(codes, unique.tolist())


def _coded(codes: NDArray[np.integer], unique: list[str]) -> tuple[NDArray[np.int64], list[str]]:
    """Codes of texts as they stand, -1 for none; trimmed texts, and -1 also where nothing is left of them."""
    texts = [text.strip() for text in unique]
    empty = [index for index, text in enumerate(texts) if not text]
    if empty:
        codes = np.where(np.isin(codes, empty), -1, codes)
    return codes.astype(np.int64), texts


def _mixed(
    values: NDArray[np.object_],
    numbers: NDArray[np.float64],
    dates: NDArray[np.datetime64],
    flags: NDArray[np.int8],
) -> tuple[NDArray[np.int64], list[str]]:
    """Cells of several kinds, as a sheet has them; numbers, dates and flags are filled in."""
    words = np.full(len(values), None, dtype=object)
    for index, value in enumerate(values):
        if value is None or value is pd.NaT or value is pd.NA:
            continue
        if isinstance(value, str):
            words[index] = value
        elif isinstance(value, (bool, np.bool_)):
            flags[index] = value
        elif isinstance(value, (dt.datetime, dt.date, np.datetime64)):
            dates[index] = value if isinstance(value, np.datetime64) else dt.date(value.year, value.month, value.day)
        elif isinstance(value, (dt.time, dt.timedelta)):
            words[index] = str(value)
        else:
            try:
                numbers[index] = float(value)
            except (TypeError, ValueError):
                words[index] = str(value)
    return _texts(words)


def narrow(text: str) -> str:
    """Full-width letters, digits and signs as ordinary ones.

    >>> narrow("１２３．５％")
    '123.5%'
    """
    return text if text.isascii() else text.translate(NARROW)
