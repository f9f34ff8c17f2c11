"""Columns as small whole numbers: text is read as machine words, which are far faster to tell apart."""

from collections.abc import Sequence
from dataclasses import dataclass

import narwhals as nw
import numpy as np
import pandas as pd
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Codes = NDArray[np.int32]
Words = NDArray[np.uint64]

WORD = 8
LONGEST = 64  # longer texts go the plain way
SAMPLE = 1 << 15  # rows that are looked at first
BLOCK = 1 << 14  # rows whose steps stay in the cache
SPARSE = 16  # places for each value expected
SPREAD = np.uint64(0x9E3779B97F4A7C15)  # an odd number whose product scatters neighbours


@dataclass(frozen=True)
class Encoded:
    """codes: (n,) which of the names each row has; names: the distinct values, rising, blank last if it occurs."""

    codes: Codes
    names: pd.Series
    size: int

    def followed_by_blanks(self, rows: int) -> "Encoded":
        """The column with blank rows after it."""
        names, has = self.names, bool(self.names.isna().any())
        blank = len(names) - 1 if has else len(names)
        if not has:
            names = pd.concat([names, pd.Series([None], dtype=names.dtype)], ignore_index=True)
        return Encoded(np.append(self.codes, np.full(rows, blank, dtype=np.int32)), names, len(names))


def encode(*columns: pd.Series) -> Encoded:
    """Encode a column of any type, or several of one meaning, the rows of one after those of the other.

    >>> found = encode(pd.Series(["S", "N", None]), pd.Series(["N"]))
    >>> found.codes.tolist(), found.names.isna().tolist()
    ([1, 0, 2, 0], [False, False, True])
    """
    texts = _texts(columns)
    if texts is not None:
        codes, names = _encode_texts(columns, texts)
    else:
        column = columns[0] if len(columns) == 1 else pd.concat(columns, ignore_index=True)
        if isinstance(column.dtype, pd.CategoricalDtype):
            codes, names = column.cat.codes.to_numpy().astype(np.int32), pd.Series(column.cat.categories)
            if (codes < 0).any():
                codes = np.where(codes < 0, len(names), codes).astype(np.int32)
                names = pd.concat([names.astype(object), pd.Series([None])], ignore_index=True)
        else:
            plain, distinct = pd.factorize(column, use_na_sentinel=False)
            codes, names = plain.astype(np.int32), pd.Series(distinct)
    return _in_order(codes, names)


def _in_order(codes: Codes, names: pd.Series) -> Encoded:
    """Names rising, blank last."""
    order = names.sort_values(kind="stable", na_position="last").index.to_numpy()
    if (order[1:] < order[:-1]).any():
        rank = np.empty(len(order), dtype=np.int32)
        rank[order] = np.arange(len(order), dtype=np.int32)
        codes, names = rank[codes], names.iloc[order]
    return Encoded(codes, names.reset_index(drop=True), max(len(names), 1))


@dataclass(frozen=True)
class _Text:
    """A text column as Arrow holds it: letters one after another, (n + 1) places where texts begin and end."""

    places: Ints
    letters: NDArray[np.uint8]
    blank: NDArray[np.bool_] | None
    even: bool  # all of them are as long as the longest
    longest: int


def _texts(columns: Sequence[pd.Series]) -> list[_Text] | None:
    """The columns' texts; None where one is no text or its texts are too long to be read as words."""
    found = []
    for column in columns:
        if not len(column):
            continue
        text = _text(column) if column.dtype == "str" else None
        if text is None or text.longest > LONGEST:
            return None
        found.append(text)
    return found or None


def _text(column: pd.Series) -> _Text | None:
    arrow = nw.from_native(column, series_only=True).to_arrow()
    arrow = arrow.combine_chunks() if hasattr(arrow, "combine_chunks") else arrow
    kind = np.int64 if "large" in str(arrow.type) else np.int32
    _, places, letters = arrow.buffers()
    if letters is None or letters.size == 0:
        return None
    size = len(column)
    at = np.frombuffer(places, dtype=kind)[arrow.offset : arrow.offset + size + 1].astype(np.int64, copy=False)
    blank = np.asarray(column.isna()) if arrow.null_count else None
    blocks = (at[start : start + BLOCK + 1] for start in range(0, size, BLOCK))
    longest = max(int((block[1:] - block[:-1]).max()) for block in blocks)
    even = int(at[-1] - at[0]) == size * longest
    return _Text(at, np.frombuffer(letters, dtype=np.uint8), blank, even, longest)


def _encode_texts(columns: Sequence[pd.Series], texts: list[_Text]) -> tuple[Codes, pd.Series]:
    """Codes and names of texts; blank rows are kept apart from the empty text."""
    words = _words(texts)
    blank = None
    if any(text.blank is not None for text in texts):
        blanks = [np.zeros(len(text.places) - 1, bool) if text.blank is None else text.blank for text in texts]
        blank = np.concatenate(blanks)
        words = [[np.concatenate(parts)[~blank]] for parts in words]
    codes, first = _distinct(words[0])
    for more in words[1:]:
        other, distinct = _distinct(more)
        pair = codes.astype(np.int64) * len(distinct) + other
        codes, first = _distinct([pair.view(np.uint64)])
    rows = first if blank is None else np.flatnonzero(~blank)[first]
    names = _at_rows([column for column in columns if len(column)], rows)
    if blank is None:
        return codes, names
    whole = np.full(len(blank), len(names), dtype=np.int32)
    whole[~blank] = codes
    return whole, pd.concat([names, pd.Series([None], dtype="str")], ignore_index=True)


def _at_rows(columns: Sequence[pd.Series], rows: Ints) -> pd.Series:
    """The values at rows that count on from one column to the next."""
    starts = np.cumsum([0, *map(len, columns)])
    part = np.searchsorted(starts, rows, "right") - 1
    picked = [column.iloc[rows[part == place] - starts[place]] for place, column in enumerate(columns)]
    order = np.argsort(part, kind="stable")
    names = pd.concat(picked, ignore_index=True)
    back = np.empty(len(rows), dtype=np.int64)
    back[order] = np.arange(len(rows))
    ordered: pd.Series = names.iloc[back].reset_index(drop=True)
    return ordered


def _words(texts: list[_Text]) -> list[list[Words]]:
    """Machine words that together tell the texts apart; each word as one array per column."""
    longest = max(text.longest for text in texts)
    if longest >= WORD and all(text.even and text.longest == longest for text in texts):
        return _even_words(texts, longest)
    found = [[_cut_words(text, at) for text in texts] for at in range(0, max(longest, 1), WORD)]
    if any((text.letters[text.places[0] : text.places[-1]] == 0).any() for text in texts):
        # Behind a text's end a word is filled with zeros: where zeros occur inside texts, their length must speak too.
        found.append([np.diff(text.places).astype(np.uint64) for text in texts])
    return found


def _even_words(texts: list[_Text], length: int) -> list[list[Words]]:
    """Words of texts that all have one length, read in place; what is the same in all of them is left out."""
    found = [_strided(texts, length, length - WORD, WORD)]
    at = 0
    while at < length - WORD:
        size = max(width for width in (1, 2, 4, 8) if width <= length - WORD - at)
        parts = _strided(texts, length, at, size)
        if _varies(parts):
            found.append([part.astype(np.uint64) for part in parts])
        at += size
    return found


def _strided(texts: list[_Text], length: int, at: int, size: int) -> list[Words]:
    """The letters from a place on as numbers of a size, without a copy."""
    return [
        np.ndarray((len(text.places) - 1,), f"<u{size}", text.letters.data, int(text.places[0]) + at, (length,))
        for text in texts
    ]


def _varies(parts: list[Words]) -> bool:
    first = parts[0][0]
    starts = ((part, start) for part in parts for start in range(0, len(part), BLOCK))
    return any(bool((part[start : start + BLOCK] != first).any()) for part, start in starts)


def _cut_words(text: _Text, at: int) -> Words:
    """The eight letters of each text from a place on, zeros behind its end."""
    begin, end = int(text.places[0]), int(text.places[-1])
    raw = np.zeros(end - begin + at + WORD, dtype=np.uint8)
    raw[: end - begin] = text.letters[begin:end]
    view = np.ndarray((len(raw) - WORD + 1,), dtype="<u8", buffer=raw.data, strides=(1,))
    found = np.empty(len(text.places) - 1, dtype=np.uint64)
    for start in range(0, len(found), BLOCK):
        here = text.places[start : start + BLOCK + 1] - (begin - at)
        word = view[here[:-1]]
        if not text.even or text.longest < at + WORD:
            cut = (np.clip(WORD + at + here[:-1] - here[1:], 0, WORD) * 8).astype(np.uint64)
            shift = cut & np.uint64(63)
            word = np.where(cut >= 64, np.uint64(0), (word << shift) >> shift)
        found[start : start + BLOCK] = word
    return found


def _distinct(parts: Sequence[Words]) -> tuple[Codes, Ints]:
    """A code of each value, and the first row known of each code.

    A sample tells the values to expect; they stand in a table of hashed places, where each row finds its value or not.
    What is not found (a new value, or one whose place another took) goes the plain way.
    """
    sizes = [len(part) for part in parts]
    known = _expected(parts[int(np.argmax(sizes))])
    if known is None:
        plain, distinct = pd.factorize(np.concatenate(parts))
        return plain.astype(np.int32), _first_rows(plain, len(distinct))
    bits = min(18, max(10, (len(known) * SPARSE).bit_length()))
    home = np.zeros(1 << bits, dtype=np.int32)
    home[_places(known, bits)] = np.arange(len(known), dtype=np.int32)
    value = known[home]  # of the code that holds the place, so that the two can never differ
    codes = np.empty(sum(sizes), dtype=np.int32)
    lost: list[Ints] = []
    strange: list[Words] = []
    words, homes, values = (np.empty(BLOCK, dtype=np.uint64) for _ in range(3))
    at = 0
    for part in parts:
        for start in range(0, len(part), BLOCK):
            size = min(BLOCK, len(part) - start)
            word, place, found = words[:size], homes[:size], values[:size]
            word[:] = part[start : start + size]
            index = _places(word, bits, place)
            home.take(index, out=codes[at : at + size], mode="clip")
            value.take(index, out=found, mode="clip")
            if (found != word).any():
                missed = np.flatnonzero(found != word)
                lost.append(missed + at)
                strange.append(word[missed])
            at += size
    if lost:
        rows, plain_, new = np.concatenate(lost), *pd.factorize(np.concatenate(strange))
        code = pd.Index(known).get_indexer(pd.Index(new))
        fresh = code < 0
        code[fresh] = len(known) + np.arange(int(fresh.sum()))
        codes[rows] = code[plain_]
        size = len(known) + int(fresh.sum())
    else:
        size = len(known)
    return codes, _first_rows(codes, size)


def _expected(words: Words) -> Words | None:
    """The values of a sample, in the order of their letters; None where nearly every row has its own."""
    for size in (SAMPLE, 8 * SAMPLE):
        sample = np.ascontiguousarray(words[:: max(1, len(words) // size)])
        bits = size.bit_length() - 1
        row = np.full(1 << bits, -1, dtype=np.int32)
        row[_places(sample, bits)] = np.arange(len(sample), dtype=np.int32)
        known = sample[row[row >= 0]]
        if len(known) * 8 < size:
            return known[np.argsort(known.byteswap())]
    return None


def _places(words: Words, bits: int, out: Words | None = None) -> Ints:
    spread = np.multiply(words, SPREAD, out=out)
    return np.right_shift(spread, np.uint64(64 - bits), out=spread).view(np.int64)


def _first_rows(codes: NDArray[np.integer], size: int) -> Ints:
    """A row of each code."""
    found = np.full(size, -1, dtype=np.int64)
    for start in range(0, len(codes), BLOCK):
        here = codes[start : start + BLOCK]
        found[here] = np.arange(start, start + len(here))
        if start % (8 * BLOCK) == 0 and (found >= 0).all():
            break
    return found
