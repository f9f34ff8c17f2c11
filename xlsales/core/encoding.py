"""Columns as small whole numbers: text is packed into machine words, which are far faster to tell apart."""

from dataclasses import dataclass

import narwhals as nw
import numpy as np
import pandas as pd
from numpy.typing import NDArray

WORD = 8
LONGEST = 64  # longer texts go the plain way


@dataclass(frozen=True)
class Encoded:
    """codes: (n,) which of the names each row has; names: the distinct values, blank among them if it occurs."""

    codes: NDArray[np.int64]
    names: pd.Series
    size: int

    @classmethod
    def blank(cls, rows: int) -> "Encoded":
        """Nothing but blanks."""
        return cls(np.zeros(rows, dtype=np.int64), pd.Series([None], dtype="str"), 1)


def encode(column: pd.Series) -> Encoded:
    """Encode a column of any type; names are in order of first appearance.

    >>> found = encode(pd.Series(["N", "S", None, "N"]))
    >>> found.codes.tolist(), found.names.isna().tolist()
    ([0, 1, 2, 0], [False, False, True])
    """
    packed = _packed(column) if column.dtype == "str" else None
    if packed is not None:
        codes, first = packed
        names = column.iloc[first].reset_index(drop=True)
    elif isinstance(column.dtype, pd.CategoricalDtype):
        codes = column.cat.codes.to_numpy().astype(np.int64)
        names = pd.Series(column.cat.categories)
        if (codes < 0).any():
            codes = np.where(codes < 0, len(names), codes)
            names = pd.concat([names.astype(object), pd.Series([None])], ignore_index=True)
    else:
        codes, found = pd.factorize(column, use_na_sentinel=False)
        names = pd.Series(found)
    return Encoded(codes.astype(np.int64, copy=False), names, max(len(names), 1))


def _packed(column: pd.Series) -> tuple[NDArray[np.int64], NDArray[np.int64]] | None:
    """Codes and first rows of a text column that Arrow holds, None where the texts are too long to pack."""
    arrow = nw.from_native(column, series_only=True).to_arrow()
    arrow = arrow.combine_chunks() if hasattr(arrow, "combine_chunks") else arrow
    wide = "large" in str(arrow.type)
    validity, places, letters = arrow.buffers()
    size = len(column)
    if not size or letters is None or letters.size == 0:
        return None
    ends = np.frombuffer(places, dtype=np.int64 if wide else np.int32)[arrow.offset : arrow.offset + size + 1]
    length = np.diff(ends)
    longest = int(length.max())
    if longest > LONGEST:
        return None
    begin = ends[:-1].astype(np.int64)
    raw = np.zeros(int(ends[-1]) + max(longest, WORD) + WORD, dtype=np.uint8)
    raw[: int(ends[-1])] = np.frombuffer(letters, dtype=np.uint8, count=int(ends[-1]))
    view = np.ndarray((len(raw) - WORD + 1,), dtype="<u8", buffer=raw.data, strides=(1,))
    shortest = int(length.min())
    words = []
    for at in range(0, max(longest, 1), WORD):
        ends_at = shortest if shortest == longest else length  # one number where all texts are of one length
        words.append(_word(view[at:], begin, None if shortest >= at + WORD else np.asarray(ends_at - at)))
    key = words[0].copy()
    for word in words[1:]:
        key = (key ^ (key >> np.uint64(29))) * np.uint64(0xBF58476D1CE4E5B9) + word
    key += length.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    blank = np.asarray(column.isna()) if validity is not None and arrow.null_count else None
    if blank is not None:
        key[blank] = np.uint64(0x6A09E667F3BCC909)
    codes, distinct = pd.factorize(key)
    first = np.empty(len(distinct), dtype=np.int64)
    first[codes[::-1]] = np.arange(size - 1, -1, -1)
    same = np.ones(size, dtype=bool) if shortest == longest else length[first][codes] == length
    for word in words:
        same &= word[first][codes] == word
    if blank is not None:
        same = np.where(blank, blank[first][codes], same & ~blank[first][codes])
    # Two texts of one key are possible in theory: then the plain way it is.
    return (codes.astype(np.int64), first) if same.all() else None


def _word(view: NDArray[np.uint64], at: NDArray[np.int64], left: NDArray[np.int64] | None) -> NDArray[np.uint64]:
    """The next eight letters of each text, those behind its end cut off (left: how many it still has, None: enough)."""
    word = view[at]
    if left is None:
        return word
    cut = np.clip(WORD - left, 0, WORD).astype(np.uint64) * np.uint64(8)
    shift = cut & np.uint64(63)
    kept: NDArray[np.uint64] = np.where(cut >= 64, np.uint64(0), (word << shift) >> shift)
    return kept
