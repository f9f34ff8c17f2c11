"""The parts of a saved workbook: which sheet and which part a table stands in, and a copy with some parts changed."""

import posixpath
import re
import struct
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from typing import BinaryIO

import isal.isal_zlib as fast

from xlsales.problems import InputError, Problem

PREFIX = "xs_"
AREA = re.compile(r"([A-Z]{1,3})(\d+):([A-Z]{1,3})(\d+)")
LOCAL_HEADER = 30  # bytes before the name of a member
BIG_ZIP = 2**32 - 1  # a member beyond it would need another format
LEVEL = 3  # of four of isal's: small enough, and fast


@dataclass(frozen=True)
class Place:
    """A table in a saved workbook. area: first column, heading row, last column, last row, all counted from 1."""

    key: str
    sheet: str
    sheet_part: str
    table_part: str
    area: tuple[int, int, int, int]
    headings: tuple[str, ...]
    totals: int
    computed: Mapping[int, str]


def number_of(column: str) -> int:
    """A column's number, counted from 1.

    >>> number_of("AB")
    28
    """
    number = 0
    for letter in column:
        number = number * 26 + ord(letter) - 64
    return number


def attribute(tag: str, name: str) -> str:
    """An attribute of a start tag, with its signs written out; "" where it has none.

    >>> attribute('<a name="A &amp; B" id="2"/>', "name")
    'A & B'
    """
    found = re.search(rf"""[\s]{name}\s*=\s*(?:"([^"]*)"|'([^']*)')""", tag)
    return unescape(found[1] if found[1] is not None else found[2]) if found else ""


def table_places(book: Path) -> dict[str, Place]:
    """Every table object of ours in a saved workbook, by its key. Raises InputError for a damaged file."""
    try:
        with zipfile.ZipFile(book) as parts:
            return places(parts)
    except (zipfile.BadZipFile, KeyError, UnicodeDecodeError) as error:
        raise InputError(Problem("workbook_broken", source=book.name)) from error


def places(parts: zipfile.ZipFile) -> dict[str, Place]:
    """Every table object of ours, by its key."""
    names = set(parts.namelist())
    book = parts.read("xl/workbook.xml").decode("utf-8")
    links = related(parts, "xl/workbook.xml")
    found = {}
    for tag in re.findall(r"<(?:\w+:)?sheet\s[^>]*>", book):
        part = links.get(attribute(tag, r"\w+:id"), "")
        if part not in names:
            continue
        for target in related(parts, part).values():
            if target in names and "/tables/" in target:
                place = _place(parts.read(target).decode("utf-8"), target, attribute(tag, "name"), part)
                if place:
                    found[place.key] = place
    return found


def _place(xml: str, part: str, sheet: str, sheet_part: str) -> Place | None:
    tag = re.search(r"<(?:\w+:)?table\s[^>]*>", xml)
    area = AREA.fullmatch(attribute(tag[0], "ref")) if tag else None
    name = attribute(tag[0], "displayName") if tag else ""
    if not tag or not area or not name.startswith(PREFIX) or attribute(tag[0], "headerRowCount") == "0":
        return None
    columns = re.findall(r"<(?:\w+:)?tableColumn\s[^>]*?(?:/>|>.*?</(?:\w+:)?tableColumn>)", xml, re.DOTALL)
    headings = tuple(attribute(column[: column.index(">") + 1], "name") for column in columns)
    formulas = {}
    for at, column in enumerate(columns):
        formula = re.search(r"<(?:\w+:)?calculatedColumnFormula[^>]*>(.*?)</", column, re.DOTALL)
        if formula:
            formulas[at] = formula[1]
    corners = (number_of(area[1]), int(area[2]), number_of(area[3]), int(area[4]))
    totals = int(attribute(tag[0], "totalsRowCount") or 0)
    return Place(name.removeprefix(PREFIX), sheet, sheet_part, part, corners, headings, totals, formulas)


def related(parts: zipfile.ZipFile, part: str) -> dict[str, str]:
    """The parts that a part refers to, by their id."""
    folder, name = posixpath.split(part)
    rels = f"{folder}/_rels/{name}.rels"
    if rels not in parts.namelist():
        return {}
    found = {}
    for tag in re.findall(r"<(?:\w+:)?Relationship\s[^>]*>", parts.read(rels).decode("utf-8")):
        target = attribute(tag, "Target")
        whole = target[1:] if target.startswith("/") else posixpath.normpath(posixpath.join(folder, target))
        found[attribute(tag, "Id")] = whole
    return found


def copy_with(source: Path, target: Path, changed: Mapping[str, bytes | None]) -> None:
    """Copy a workbook: every part as it is, packed bytes and all, but those given anew; None leaves a part out."""
    with zipfile.ZipFile(source) as old, source.open("rb") as raw, target.open("wb") as out:
        entries = []
        for member in old.infolist():
            if member.filename not in changed:
                raw.seek(member.header_offset)
                header = raw.read(LOCAL_HEADER)
                name, extra = struct.unpack("<HH", header[26:30])
                raw.seek(name + extra, 1)
                packed = raw.read(member.compress_size)
                entries.append(_put(out, member, packed, (member.CRC, member.file_size)))
                continue
            data = changed[member.filename]
            if data is None:
                continue
            if len(data) > BIG_ZIP:
                raise InputError(Problem("refresh_too_large", source=source.name))
            packer = fast.compressobj(LEVEL, fast.DEFLATED, -15)
            packed = packer.compress(data) + packer.flush()
            fresh = zipfile.ZipInfo(member.filename, member.date_time)
            fresh.compress_type, fresh.external_attr = zipfile.ZIP_DEFLATED, member.external_attr
            fresh.create_system = member.create_system
            entries.append(_put(out, fresh, packed, (fast.crc32(data), len(data))))
        _directory(out, entries, old.comment)


def _put(out: BinaryIO, member: zipfile.ZipInfo, packed: bytes, facts: tuple[int, int]) -> bytes:
    """One member and its bytes; returns its row of the directory."""
    name = member.filename.encode("utf-8")
    flags = 0x800 if not member.filename.isascii() else 0
    date = (member.date_time[0] - 1980) << 9 | member.date_time[1] << 5 | member.date_time[2]
    time = member.date_time[3] << 11 | member.date_time[4] << 5 | member.date_time[5] // 2
    crc, size = facts
    about = struct.pack(
        "<HHHHHLLLHH", 20, flags, member.compress_type, time, date, crc, len(packed), size, len(name), 0
    )
    offset = out.tell()
    out.write(b"PK\x03\x04" + about + name)
    out.write(packed)
    ends = struct.pack("<HHHLL", 0, 0, member.internal_attr, member.external_attr, offset)
    return b"PK\x01\x02" + struct.pack("<BB", 20, member.create_system) + about + ends + name


def _directory(out: BinaryIO, entries: list[bytes], comment: bytes) -> None:
    start = out.tell()
    out.writelines(entries)
    size, count = out.tell() - start, len(entries)
    out.write(b"PK\x05\x06" + struct.pack("<HHHHLLH", 0, 0, count, count, size, start, len(comment)) + comment)
