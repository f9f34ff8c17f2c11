"""The edition of a workbook for LibreOffice Calc: no macros, functions called XLSALES.NAME; the rest as it is."""

import re
import zipfile
from collections.abc import Callable
from pathlib import Path

from xlsales.udfs import FUNCTIONS

MACRO_BOOK = b"application/vnd.ms-excel.sheet.macroEnabled.main+xml"
PLAIN_BOOK = b"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
DROPPED = re.compile(r"xl/vbaProject.*|customUI/.*|.*/ctrlProp\d+\.xml")
NAMES = "|".join(sorted((name.removeprefix("XS_") for name in FUNCTIONS), key=len, reverse=True))
CALL = re.compile(rf"\bXS_({NAMES})\(".encode(), re.IGNORECASE)
FORMULA = re.compile(rb"(<(f|formula|formula1|formula2|definedName)\b[^>]*>)([^<]*)(</)")
OVERRIDE = re.compile(rb'<Override PartName="/([^"]*)"[^>]*/>')
RELATION = re.compile(rb'<Relationship [^>]*Target="([^"]*)"[^>]*/>')
BUTTON = re.compile(rb'<v:shape\b(?:(?!</v:shape>).)*?ObjectType="Button".*?</v:shape>', re.DOTALL)


def calc_edition(source: Path, target: Path) -> None:
    """Write the edition of a workbook; every part that does not speak of macros or of our functions is copied."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for info in old.infolist():
            if DROPPED.fullmatch(info.filename):
                continue
            content = old.read(info)
            kept = zipfile.ZipInfo(info.filename, info.date_time)
            kept.compress_type, kept.external_attr = zipfile.ZIP_DEFLATED, info.external_attr
            new.writestr(kept, edition_of(info.filename, content))


def needs_edition(book: Path) -> bool:
    """Whether a workbook was made for Excel: it has macros, or calls a function by its name in Excel."""
    if book.suffix.lower() not in {".xlsx", ".xlsm"} or not zipfile.is_zipfile(book):
        return False
    with zipfile.ZipFile(book) as archive:
        names = archive.namelist()
        if "xl/vbaProject.bin" in names:
            return True
        sheets = [name for name in names if re.fullmatch(r"xl/worksheets/[^/]+\.xml", name)]
        return any(CALL.search(found[3]) for name in sheets for found in FORMULA.finditer(archive.read(name)))


def edition_of(name: str, content: bytes) -> bytes:
    """One part as the edition has it."""
    if name == "[Content_Types].xml":
        content = content.replace(MACRO_BOOK, PLAIN_BOOK)
        return OVERRIDE.sub(without(lambda found: found[1].decode()), content)
    if name.endswith(".rels"):
        folder = name.rpartition("_rels/")[0]
        return RELATION.sub(without(lambda found: resolved(folder, found[1].decode())), content)
    if name.endswith(".vml"):
        return BUTTON.sub(b"", content)
    if name == "xl/workbook.xml" or name.startswith("xl/worksheets/"):
        return FORMULA.sub(in_calc, content)
    return content


def without(place: Callable[[re.Match[bytes]], str]) -> Callable[[re.Match[bytes]], bytes]:
    """Remove what names a dropped part."""
    return lambda found: b"" if DROPPED.fullmatch(place(found)) else found[0]


def resolved(folder: str, target: str) -> str:
    """The part that a relationship leads to.

    >>> resolved("xl/worksheets/", "../ctrlProps/ctrlProp1.xml"), resolved("", "/customUI/customUI.xml")
    ('xl/ctrlProps/ctrlProp1.xml', 'customUI/customUI.xml')
    """
    if target.startswith("/"):
        return target[1:]
    parts = folder.strip("/").split("/") if folder else []
    for part in target.split("/"):
        parts = parts[:-1] if part == ".." else [*parts, part]
    return "/".join(parts)


def in_calc(found: re.Match[bytes]) -> bytes:
    """A formula with the names of Calc."""
    return found[1] + CALL.sub(rb"XLSALES.\1(", found[3]) + found[4]
