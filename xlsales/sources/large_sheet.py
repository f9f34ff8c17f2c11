"""A large worksheet as columns: its XML is scanned block by block while it is unpacked.

Any sheet that is written in an unusual way is left to the library that reads cell by cell; the answers are the same,
which a test holds.
"""

import os
import re
import struct
import zipfile
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from xlsales.sources.cell_meaning import Text, meanings
from xlsales.sources.sheet_columns import DAY, NUMBER, TEXT, Column, LargeSheet
from xlsales.sources.sheet_scan import Cells, Unusual, scan

LARGE = 4_000_000  # bytes of XML from which it is worth it
STEP = 2_000_000  # bytes of XML scanned at once: they stay in the processor's cache
PACKED_STEP = 256_000
STRINGS_MOST = 100_000_000
AHEAD = 4  # blocks unpacked before the first of them is scanned
LOCAL = struct.Struct("<26xHH")  # a member's own header, up to the lengths of its name and of what follows that
OPENED, CLOSED, ROW_CLOSED = b"<sheetData>", b"</sheetData>", b"</row>"
TAIL = re.compile(rb'(?: s="(?P<style>\d{1,6})"| t="(?P<type>\w+)"| cm="\d+")*\s*/?>')
DAYS = (61.0, 2_958_466.0)  # from 1900-03-01, behind the day that never was, to the end of 9999
NUMBERED = frozenset({"n", "s"})  # types of cells whose value is a number, or the number of a shared string
Kind = tuple[int, str]  # the style and the type of a cell
Part = tuple[NDArray[np.int32], NDArray[np.int16], NDArray[np.float64]]  # of a column: rows, kinds, values


def read_large(path: Path, part: str) -> LargeSheet | None:
    """The sheet in a part of a workbook that has been found honest; None where it is small or written unusually."""
    try:
        with zipfile.ZipFile(path) as parts:
            member = parts.getinfo(part)
        return _read(path, member) if member.file_size >= LARGE else None
    except (Unusual, KeyError, OSError, zipfile.BadZipFile, UnicodeDecodeError):
        return None


def _read(path: Path, member: zipfile.ZipInfo) -> LargeSheet:
    gathered = Gathered()
    waiting: deque[Future[Cells]] = deque()
    with ThreadPoolExecutor(max(1, min(4, (os.cpu_count() or 2) - 1))) as pool:
        for block in rows_of(path, member):
            waiting.append(pool.submit(scan, block, is_number))
            if len(waiting) > AHEAD:
                gathered.take(waiting.popleft().result())
        while waiting:
            gathered.take(waiting.popleft().result())
    return gathered.sheet(path)


class Gathered:
    """What the blocks of a sheet held, put together."""

    def __init__(self) -> None:
        """Nothing yet."""
        self.kinds: dict[Kind, int] = {}
        self.texts: dict[Text, int] = {}
        self.parts: dict[int, list[Part]] = {}

    def take(self, cells: Cells) -> None:
        """Add the cells of the next rows."""
        kinds = [kind_of(tail) for tail in cells.tails]
        which = np.array([self.kinds.setdefault(kind, len(self.kinds)) for kind in kinds], np.int16)
        value = cells.number
        for code, kind in enumerate(kinds):
            if kind[1] not in NUMBERED:
                here = np.flatnonzero(cells.tail == code)
                used = np.unique(cells.text[here]).tolist()
                place = np.zeros(len(cells.texts))
                for text in used:
                    place[text] = self.texts.setdefault((kind[1], cells.texts[text]), len(self.texts))
                value[here] = place[cells.text[here]]
        for number in np.flatnonzero(np.bincount(cells.column)).tolist():
            here = np.flatnonzero(cells.column == number)
            found = (cells.row[here], which[cells.tail[here]], value[here])
            self.parts.setdefault(number, []).append(found)

    def sheet(self, path: Path) -> LargeSheet:
        """The whole sheet, with what its texts and styles mean in the workbook."""
        raw = {number: tuple(map(np.concatenate, zip(*found, strict=True))) for number, found in self.parts.items()}
        if not raw:
            raise Unusual
        shared = np.array([kind == "s" for _, kind in self.kinds])
        indexes = np.unique(np.concatenate([value[shared[kind]] for _, kind, value in raw.values()]))
        if np.any(indexes != np.round(indexes)) or np.any((indexes < 0) | (indexes > STRINGS_MOST)):
            raise Unusual
        strings = indexes.astype(np.int64).tolist()
        position = np.zeros(strings[-1] + 1 if strings else 0)
        position[strings] = np.arange(len(strings))
        styles = sorted({style for style, kind in self.kinds if kind == "n"})
        dated, values = meanings(path, styles, strings, list(self.texts))
        what = np.array([_what(kind, dated) for kind in self.kinds], np.int8)
        first: dict[str, int] = {}
        same = [first.setdefault(each, at) if isinstance(each, str) else at for at, each in enumerate(values)]
        first_place = np.array(same, np.int64)
        columns = {}
        for number, (row, kind, value) in raw.items():
            cell = what[kind]
            text, own = cell == TEXT, shared[kind]
            value[own] = position[value[own].astype(np.int64)]
            value[text & ~own] += len(strings)
            value[text] = first_place[value[text].astype(np.int64)]
            columns[number] = _proper(Column(row, cell, value))
        known = np.array([None if each == "" else each for each in values], dtype=object)
        if all(kind == "s" for _, kind in self.kinds) and not any(each is not None for each in known.tolist()):
            raise Unusual
        return LargeSheet(columns, known)


def _what(kind: Kind, dated: set[int]) -> int:
    return TEXT if kind[1] != "n" else DAY if kind[0] in dated else NUMBER


def _proper(column: Column) -> Column:
    """The column, if its rows rise and its days are days."""
    days = column.value[column.what == DAY]
    if np.any(np.diff(column.row) <= 0) or np.any((days < DAYS[0]) | (days >= DAYS[1])):
        raise Unusual
    return column


@cache
def kind_of(tail: bytes) -> Kind:
    """The style and the type of a cell whose start tag ends so.

    >>> kind_of(b' s="12" t="s">'), kind_of(b">")
    ((12, 's'), (0, 'n'))
    """
    found = TAIL.fullmatch(tail)
    if not found:
        raise Unusual
    return int(found["style"] or 0), (found["type"] or b"n").decode()


def is_number(tail: bytes) -> bool:
    """Whether a cell whose start tag ends so holds a number, or the number of a shared string."""
    return kind_of(tail)[1] in NUMBERED


def rows_of(path: Path, member: zipfile.ZipInfo) -> Iterator[bytes]:
    """The rows of a sheet as XML, some whole rows at a time."""
    rest, started, ended = b"", False, False
    for data in unpacked(path, member):
        if ended:
            continue  # to the end all the same, where the check sum is
        rest += data
        if not started:
            head, found, behind = rest.partition(OPENED)
            if not found:
                continue
            if b"encoding=" in head[:200] and b"utf-8" not in head[:200].lower():
                raise Unusual
            rest, started = behind, True
        if CLOSED in rest:
            yield rest.partition(CLOSED)[0]
            ended = True
        elif len(rest) >= STEP:
            end = rest.rfind(ROW_CLOSED) + len(ROW_CLOSED)
            if end > len(ROW_CLOSED):
                yield rest[:end]
                rest = rest[end:]
    if not ended:
        raise Unusual


def unpacked(path: Path, member: zipfile.ZipInfo) -> Iterator[bytes]:
    """The bytes of a part, bit by bit; one that is not what the workbook says of it ends in Unusual."""
    from isal import isal_zlib

    if member.compress_type != zipfile.ZIP_DEFLATED or member.flag_bits & 1:
        raise Unusual
    unpack, size, check, todo = isal_zlib.decompressobj(-15), 0, 0, member.compress_size
    with path.open("rb") as file:
        file.seek(member.header_offset)
        file.seek(sum(LOCAL.unpack(file.read(LOCAL.size))), os.SEEK_CUR)
        while todo:
            packed = file.read(min(PACKED_STEP, todo))
            try:
                data = unpack.decompress(packed)
            except isal_zlib.error as error:
                raise Unusual from error
            size, check, todo = size + len(data), isal_zlib.crc32(data, check), todo - len(packed)
            if not packed or size > member.file_size:
                raise Unusual
            yield data
    if size != member.file_size or check != member.CRC:
        raise Unusual
