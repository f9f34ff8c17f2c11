"""CSV as people export it: any usual encoding, comma, semicolon or tab, decimal point or comma; read as text."""

import codecs
import csv
import io
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from xlsales.sources.raw import refuse, unopened

SEPARATORS = (",", ";", "\t", "|")
SAMPLE = 200  # lines looked at to find the separator
MARKS = 5000  # lines looked at to find the decimal mark
COMMA = re.compile(r"[-+(]?(?:\d{1,3}(?:\.\d{3})+|\d+),(?:\d{1,2}|\d{4,})\)?|[-+(]?\d{1,3}(?:\.\d{3})+,\d+\)?")
POINT = re.compile(r"[-+(]?(?:\d{1,3}(?:,\d{3})+|\d+)\.(?:\d{1,2}|\d{4,})\)?|[-+(]?\d{1,3}(?:,\d{3})+\.\d+\)?")
VOID = re.compile(r"(?:[ \t,;|]*\r?\n)*")  # lines above the heading in which nothing stands
UNCLEAR = re.compile(r"[-+(]?\d{1,3}(?:[.,]\d{3})\)?")


@dataclass(frozen=True)
class Dialect:
    """How a text file is written. unclear: a number that reads both ways where nothing else decides, else ""."""

    encoding: str
    separator: str
    decimal: str
    unclear: str = ""


def decode(data: bytes, name: str, encoding: str = "") -> tuple[str, str]:
    """The text of a file and its encoding: by its mark, else UTF-8, else GB18030; anything else is refused."""
    if encoding:
        try:
            return data.decode(encoding), encoding
        except (UnicodeDecodeError, LookupError) as error:
            raise refuse("encoding_named", name, encoding=encoding) from error
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        tries = ["utf-16"]
    elif b"\0" in data[:4096]:
        raise refuse("file_binary", name)
    else:
        tries = ["utf-8-sig", "gb18030"]
    for attempt in tries:
        try:
            text = data.decode(attempt)
        except UnicodeDecodeError:
            continue
        if attempt != "gb18030" or _chinese(text):
            return text, attempt
    raise refuse("encoding_unknown", name)


def _chinese(text: str) -> bool:
    """Whether what GB18030 made of the bytes is Chinese, and not Western letters read in pairs.

    A Western file has single accented letters between ASCII letters; read as GB18030 such a letter swallows its
    neighbour and gives rare characters. True Chinese text is nearly all among the common characters.
    """
    beyond = [letter for letter in text[:200_000] if letter > "\x7f"]
    common = sum(1 for letter in beyond if _common(letter))
    return common >= 0.9 * len(beyond)


def _common(letter: str) -> bool:
    """A character of GB2312: the 6763 usual Chinese characters, Chinese punctuation and full-width forms."""
    try:
        return len(letter.encode("gb2312")) == 2
    except UnicodeEncodeError:
        return letter in "·€￥—～"


def separator_of(text: str) -> str:
    r"""The separator that cuts the first lines into equally many, and most, columns.

    >>> separator_of("a;b;c\n1,5;2;3\n2,5;2;3")
    ';'
    """
    lines = text[:200_000].splitlines()[:SAMPLE]
    best, most = ",", 0.0
    for mark in SEPARATORS:
        counts = [len(row) for row in csv.reader(io.StringIO("\n".join(lines)), delimiter=mark) if row]
        if not counts or counts[0] < 2:
            continue
        regular = sum(count == counts[0] for count in counts) / len(counts)
        score = regular * 1000 + counts[0]
        if score > most:
            best, most = mark, score
    return best


def decimal_of(cells: Iterable[str], separator: str) -> tuple[str, str]:
    """The decimal mark that the numbers prove, and an unclear number where they prove nothing ("" if all is clear).

    >>> decimal_of(["1.234,50", "7"], ";"), decimal_of(["1,234.5"], ","), decimal_of(["1,234"], ";")
    ((',', ''), ('.', ''), (',', '1,234'))
    """
    comma = point = 0
    unclear = ""
    for cell in cells:
        if COMMA.fullmatch(cell):
            comma += 1
        elif POINT.fullmatch(cell):
            point += 1
        elif not unclear and UNCLEAR.fullmatch(cell):
            unclear = cell
    if comma and not point:
        return ",", ""
    if point or not unclear or separator == ",":
        # Where both marks occur the point holds; numbers with a comma are then reported one by one.
        return ".", ""
    # Semicolons are used because the comma is taken by the numbers.
    return (",", unclear) if separator == ";" else (".", unclear)


def read_csv(path: Path, encoding: str = "", separator: str = "", decimal: str = "") -> tuple[pd.DataFrame, Dialect]:
    """A CSV file as texts, blank cells missing, blank lines kept so that row numbers are the file's own."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise unopened(path, error) from error
    if data[:4] == b"PK\x03\x04":
        raise refuse("csv_is_workbook", path.name)
    text, found = decode(data, path.name, encoding)
    if not text.strip():
        raise refuse("file_empty", path.name)
    mark = separator or separator_of(text)
    frame = parse(text, mark, path.name)
    sample = frame.head(MARKS)
    unclear = ""
    if not decimal:
        cells = (cell.strip() for name in range(sample.shape[1]) for cell in sample.iloc[:, name].dropna())
        decimal, unclear = decimal_of(cells, mark)
    return frame, Dialect(found, mark, decimal, unclear)


def parse(text: str, separator: str, name: str) -> pd.DataFrame:
    """Text to a frame of texts; rows with more cells than the heading are refused with their line."""
    above = void_above(text)
    top = text.count("\n", 0, above)
    try:
        frame = pd.read_csv(
            io.StringIO(text[above:]),
            sep=separator,
            dtype="str",
            header=None,
            keep_default_na=False,
            na_values=[""],
            skip_blank_lines=False,
            encoding_errors="strict",
            index_col=False,
        )
    except pd.errors.ParserError as error:
        line = re.search(r"Expected (\d+) fields in line (\d+), saw (\d+)", str(error))
        if line:
            raise refuse(
                "row_too_long", name, wanted=int(line[1]), line=int(line[2]) + top, found=int(line[3])
            ) from error
        raise refuse("csv_broken", name) from error
    headings = [("" if heading != heading else str(heading).strip()) for heading in frame.iloc[0]]  # noqa: PLR0124
    frame = frame.iloc[1:].reset_index(drop=True)
    frame.columns = pd.Index(headings)
    frame.attrs["header_row"] = top + 1
    return frame


def void_above(text: str) -> int:
    """How many letters stand in lines above the heading in which nothing stands."""
    found = VOID.match(text)
    return found.end() if found else 0
