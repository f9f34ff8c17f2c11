"""The cells of many rows of a worksheet at once, where its XML is written in the plain usual way.

Known is what spreadsheet programs and the usual libraries write: rows and cells with their places first, numbers,
shared strings, texts in the cell without runs, formulas with their values. Of anything else this reader lets go
(`Unusual`), and the library that knows the whole format reads the sheet.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

MARGIN = 64  # bytes behind a block, so that a look ahead stays inside
TAILS_MOST = 500  # ways in which the start tags of the cells of a block may end
TAIL_MOST = 24  # bytes from a cell's place to the end of its start tag
SPACED = b't xml:space="preserve">'
Bytes = NDArray[np.uint8]
Ints = NDArray[np.int64]
Words = NDArray[np.uint64]


def _word(text: bytes) -> int:
    return int.from_bytes(text, "little")


TWO, THREE = 0xFFFF, 0xFFFFFF
(OTHER, CELL, CELL_END, ROW, ROW_END, VALUE, VALUE_END, SPACED_VALUE, PASSED) = range(9)
# A tag is known by its first bytes; by how many of them, is known by the mask.
COMMON = (
    (0xFFFFFFFF, b"c r=", CELL),
    (THREE, b"/c>", CELL_END),
    (TWO, b"v>", VALUE),
    (THREE, b"/v>", VALUE_END),
    (0xFFFFFFFF, b"row ", ROW),
    (0xFFFFFFFF, b"/row", ROW_END),
)
RARE = (
    (TWO, b"t>", VALUE),
    (0xFFFFFFFF, b"t xm", SPACED_VALUE),
    (THREE, b"/t>", VALUE_END),
    (TWO, b"f>", PASSED),
    (TWO, b"f ", PASSED),
    (THREE, b"/f>", PASSED),
    (THREE, b"v/>", PASSED),
    (THREE, b"v /", PASSED),
    (THREE, b"is>", PASSED),
    (0xFFFFFFFF, b"/is>", PASSED),
)


class Unusual(Exception):
    """The sheet is written in a way that is not known here."""


@dataclass(frozen=True)
class Cells:
    """The cells of a block that hold a value.

    row, column: (n,) from 1. tail: (n,) which of `tails` the cell's start tag ends in. number: (n,) NaN where the
    value is no number. text: (n,) which of `texts` the value is, -1 for numbers; a text is XML as it stands, with the
    start tag before it.
    """

    row: NDArray[np.int32]
    column: NDArray[np.int16]
    tail: NDArray[np.int16]
    number: NDArray[np.float64]
    text: NDArray[np.int32]
    tails: list[bytes]
    texts: list[bytes]


def scan(block: bytes, numeric: Callable[[bytes], bool]) -> Cells:
    """The cells of whole rows, from `<row` to `</row>`.

    numeric: whether the value of a cell whose start tag ends in these bytes is a number. Raises Unusual.

    >>> found = scan(b'<row r="7"><c r="B7" s="1"><v>2.5</v></c></row>', lambda tail: b"t=" not in tail)
    >>> found.row.tolist(), found.column.tolist(), found.number.tolist(), found.tails
    ([7], [2], [2.5], [b' s="1">'])
    """
    data = np.frombuffer(block + bytes(MARGIN), np.uint8)
    tags = np.append(np.flatnonzero(data[: len(block)] == ord("<")), len(block))
    kinds = np.append(_kinds(data, tags[:-1]), ROW_END)
    cells = np.flatnonzero(kinds == CELL)
    starts, after = tags[cells], tags[cells + 1]
    rows = np.flatnonzero(kinds == ROW)
    numbers, digits = _rows(data, tags[rows])
    within = np.repeat(np.arange(len(rows)), np.diff(np.searchsorted(cells, np.append(rows, len(tags)))))
    if len(within) != len(cells):
        raise Unusual
    columns, behind = _places(data, starts, tags[rows][within], digits[within])
    tail, tails = _tails(data, behind, after - behind)
    opened, last, holds = _values(data, tags, kinds, cells)
    tail = tail[holds]
    is_number = np.array([numeric(each) for each in tails], bool)[tail]
    number = _floats(data, opened + len("<v>"), last, is_number)
    text, texts = _texts(data, opened, last, ~is_number)
    return Cells(numbers[within[holds]], columns[holds], tail, number, text, tails, texts)


def _kinds(data: Bytes, tags: Ints) -> NDArray[np.uint8]:
    """What each tag is."""
    four = _at(data, tags + 1, "<u4")
    kinds = np.zeros(len(tags), np.uint8)
    masked = {mask: four & np.uint32(mask) for mask in (0xFFFFFFFF, THREE, TWO)}
    for mask, start, kind in COMMON:
        kinds[masked[mask] == _word(start)] = kind
    rest = np.flatnonzero(kinds == OTHER)
    if len(rest):
        kinds[rest] = _rare_kinds(data, tags[rest], four[rest])
    return kinds


def _rare_kinds(data: Bytes, tags: Ints, four: NDArray[np.uint32]) -> NDArray[np.uint8]:
    kinds = np.zeros(len(tags), np.uint8)
    for mask, start, kind in RARE:
        kinds[four & np.uint32(mask) == _word(start)] = kind
    spaced = tags[kinds == SPACED_VALUE]
    wanted = np.frombuffer(SPACED, np.uint8)
    if not kinds.all() or (data[spaced[:, None] + 1 + np.arange(len(wanted))] != wanted).any():
        raise Unusual
    return kinds


def _at(data: Bytes, places: Ints, dtype: str) -> NDArray[np.uint64]:
    """The numbers that stand at any bytes of the data."""
    kind = np.dtype(dtype)
    found: NDArray[np.uint64] = np.ndarray(len(data) - kind.itemsize + 1, kind, data.data, 0, (1,))[places]
    return found


def _rows(data: Bytes, starts: Ints) -> tuple[NDArray[np.int32], Ints]:
    """The number of each row, and how many digits it has."""
    numbers, digits = np.zeros(len(starts), np.int32), np.zeros(len(starts), np.int64)
    going = np.ones(len(starts), bool)
    for place in range(8):
        sign = data[starts + 8 + place]
        going = going & (sign >= ord("0")) & (sign <= ord("9"))
        numbers[going] = numbers[going] * 10 + (sign[going] - ord("0"))
        digits += going
    named = _at(data, starts + 5, "<u4") & np.uint32(THREE) == _word(b'r="')
    if not (named & (digits > 0) & (data[starts + 8 + digits] == ord('"'))).all():
        raise Unusual
    return numbers, digits


def _places(data: Bytes, starts: Ints, rows: Ints, digits: Ints) -> tuple[NDArray[np.int16], Ints]:
    """The column of each cell, from 1, and where its place has ended. The row in it must be the row it stands in."""
    letters = np.ones(len(starts), np.int64)
    columns = data[starts + 6].astype(np.int16) - 64
    good = (data[starts + 5] == ord('"')) & (columns >= 1) & (columns <= 26)
    for more in (1, 2):
        sign = data[starts + 6 + more].astype(np.int16) - 64
        wide = (letters == more) & (sign >= 1) & (sign <= 26)
        if not wide.any():
            break
        columns[wide] = columns[wide] * 26 + sign[wide]
        letters[wide] += 1
    digits_at = starts + 6 + letters
    behind = digits_at + digits
    wanted = _low(_at(data, rows + 8, "<u8"), digits)
    good &= (_low(_at(data, digits_at, "<u8"), digits) == wanted) & (data[behind] == ord('"'))
    if not good.all():
        raise Unusual
    return columns, behind + 1


KEPT = np.array([2 ** (8 * count) - 1 for count in range(9)], np.uint64)  # the first bytes of a word


def _low(words: Words, count: Ints) -> Words:
    """Words of which only so many first bytes are kept."""
    return words & KEPT[count]


def _tails(data: Bytes, starts: Ints, lengths: Ints) -> tuple[NDArray[np.int16], list[bytes]]:
    """How the start tag of each cell ends: which of the ways, and the ways."""
    if not len(starts):
        return np.zeros(0, np.int16), []
    if lengths.max() > TAIL_MOST or lengths.min() < 1:
        raise Unusual
    parts = [
        _low(_at(data, starts + 8 * part, "<u8"), np.clip(lengths - 8 * part, 0, 8))
        for part in range(-(-int(lengths.max()) // 8))
    ]
    found = np.full(len(starts), -1, np.int16)
    tails: list[bytes] = []
    todo = np.arange(len(starts))
    while len(todo):
        if len(tails) == TAILS_MOST:
            raise Unusual
        same = np.ones(len(todo), bool)
        for part in parts:
            same &= part == part[0]
        found[todo[same]] = len(tails)
        begin = int(starts[todo[0]])
        tails.append(data[begin : begin + int(lengths[todo[0]])].tobytes())
        todo, parts = todo[~same], [part[~same] for part in parts]
    return found, tails


def _values(data: Bytes, tags: Ints, kinds: NDArray[np.uint8], cells: Ints) -> tuple[Ints, Ints, Ints]:
    """Where the tag before each value stands, where the value ends, and which of the cells have one."""
    passed = kinds == PASSED
    if passed.any():
        cells = cells - np.cumsum(passed)[cells]
        tags, kinds = tags[~passed], kinds[~passed]
    kinds = np.append(kinds, [ROW_END, ROW_END])
    follows = kinds[cells + 1]
    holds = (follows == VALUE) | (follows == SPACED_VALUE)
    filled = cells[holds]
    closed = cells[~holds & (follows == CELL_END)]
    whole = (kinds[filled + 2] == VALUE_END).all() and (kinds[filled + 3] == CELL_END).all()
    alone = cells[~holds & (follows != CELL_END)]
    ends = np.count_nonzero(kinds == CELL_END)
    values = np.count_nonzero((kinds == VALUE) | (kinds == SPACED_VALUE))
    if not whole or ends != len(filled) + len(closed) or values != len(filled):
        raise Unusual
    if np.count_nonzero(kinds == VALUE_END) != values or (data[tags[alone + 1] - 2] != ord("/")).any():
        raise Unusual
    opened, last = tags[filled + 1], tags[filled + 2]
    some = last > opened + len("<v>")  # a formula without a value may have an empty one
    return opened[some], last[some], np.flatnonzero(holds)[some]


def _between(data: Bytes, first: Ints, last: Ints, wanted: NDArray[np.bool_], kind: pa.DataType) -> pa.Array:
    """What stands between bytes, and at every second place what does not matter; null where it is not wanted.

    The data is not copied: an array of texts may share its bytes, if only its offsets rise.
    """
    offsets = np.empty(2 * len(first), np.int32)
    offsets[::2], offsets[1::2] = first, last
    valid = np.zeros(2 * len(first), bool)
    valid[::2] = wanted
    bits = pa.py_buffer(np.packbits(valid[:-1], bitorder="little"))
    return pa.Array.from_buffers(kind, len(offsets) - 1, [bits, pa.py_buffer(offsets), pa.py_buffer(data)])


def _floats(data: Bytes, first: Ints, last: Ints, wanted: NDArray[np.bool_]) -> NDArray[np.float64]:
    """The numbers that stand between bytes; NaN where none is wanted."""
    if not len(first):
        return np.zeros(0)
    try:
        read = _between(data, first, last, wanted, pa.string()).cast(pa.float64())
    except pa.ArrowInvalid as error:
        raise Unusual from error
    found: NDArray[np.float64] = read.to_numpy(zero_copy_only=False)[::2]
    if np.count_nonzero(np.isfinite(found)) != np.count_nonzero(wanted):
        raise Unusual
    return found


def _texts(data: Bytes, first: Ints, last: Ints, wanted: NDArray[np.bool_]) -> tuple[NDArray[np.int32], list[bytes]]:
    """Which of the different texts stands between bytes, -1 where none is wanted; and the texts."""
    if not wanted.any():
        return np.full(len(first), -1, np.int32), []
    coded = _between(data, first, last, wanted, pa.binary()).dictionary_encode()
    codes: NDArray[np.int32] = coded.indices.fill_null(-1).to_numpy()[::2]
    return codes, coded.dictionary.to_pylist()
