"""A workbook file with macros and a ribbon: XlsxWriter's own package, with the parts that it does not write.

It leans on the inside of the XlsxWriter that pyproject pins to one version; tests check the parts of its files.
"""

import shutil
import zipfile
from collections.abc import Mapping
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any, BinaryIO

import xlsxwriter
from isal import isal_zlib
from xlsxwriter.packager import Packager

from xlsales.build import ribbon

BOOK_TYPE = "application/vnd.ms-excel.sheet.macroEnabled.main+xml"
ADDIN_TYPE = "application/vnd.ms-excel.addin.macroEnabled.main+xml"
LARGE = 16_000_000  # bytes of a part from which the faster packer is worth it
LEVEL = 2  # of four of isal's
BUFFER = 1 << 20
READABLE = 0o600 << 16
MADE = (1980, 1, 31, 0, 0, 0)  # as XlsxWriter dates its parts
CALCULATED_BY = 191029  # the engine of a current Excel: an older number makes it calculate everything when opening


class MacroBook(xlsxwriter.Workbook):
    """A workbook to which macros and a ribbon are added; everything else is XlsxWriter's."""

    def __init__(self, target: str | BinaryIO, options: Mapping[str, Any], *, addin: bool = False) -> None:
        super().__init__(target, dict(options))
        self.addin = addin
        self.ribbon: dict[str, bytes] = {}
        self.large: list[tuple[str, str]] = []

    def add_macros(self, project: bytes, parts: dict[str, bytes]) -> None:
        """Put in the VBA project and the files of the ribbon; every sheet has its code name already."""
        self.add_vba_project(BytesIO(project), is_stream=True)
        self.set_vba_name("ThisWorkbook")
        self.ribbon = parts

    def _store_workbook(self) -> None:
        """Write the file; very large sheets are packed afterwards, by a faster packer."""
        super()._store_workbook()
        if not self.large:
            return
        with zipfile.ZipFile(self.filename, "a", zipfile.ZIP_DEFLATED) as whole:
            for place, name in self.large:
                about = zipfile.ZipInfo(name, MADE)
                about.file_size = Path(place).stat().st_size
                about.compress_type, about.external_attr = zipfile.ZIP_DEFLATED, READABLE
                with whole.open(about, "w") as packed, Path(place).open("rb") as plain:
                    packed._compressor = isal_zlib.compressobj(LEVEL, isal_zlib.DEFLATED, -15)  # type: ignore[attr-defined]  # noqa: SLF001 - see the module
                    shutil.copyfileobj(plain, packed, BUFFER)
                Path(place).unlink()
        self.large = []

    def _get_packager(self) -> Packager:
        return MacroPackage(self)

    def _write_workbook_view(self) -> None:
        """Write how the window stands; an add-in has none."""
        if not self.addin:
            super()._write_workbook_view()
            return
        self._xml_empty_tag("workbookView", [("visibility", "hidden"), ("windowWidth", 16095), ("windowHeight", 9660)])


class MacroPackage(Packager):
    """The package of such a workbook."""

    def __init__(self, book: MacroBook) -> None:
        super().__init__()
        self.book = book

    def _create_package(self) -> Any:
        found = super()._create_package()
        for place, content in self.book.ribbon.items():
            write_text(self._filename(place), content.decode())
        self.book.large = [
            (place, name) for place, name, _ in found if isinstance(place, str) and Path(place).stat().st_size > LARGE
        ]
        return [each for each in found if (each[0], each[1]) not in self.book.large]

    def _write_root_rels_file(self) -> None:
        """Write the relationships of the whole file, with those of the ribbon."""
        super()._write_root_rels_file()
        added = "".join(
            f'<Relationship Id="xsRibbon{year}" Type="{kind}" Target="{place}"/>'
            for place, (year, kind) in ribbon.relations().items()
            if place in self.book.ribbon
        )
        self._replace("</Relationships>", added + "</Relationships>")

    def _write_content_types_file(self) -> None:
        """Write the kinds of the parts; the workbook of an add-in has one of its own."""
        super()._write_content_types_file()
        if self.book.addin:
            self._replace(BOOK_TYPE, ADDIN_TYPE)

    def _replace(self, old: str, new: str) -> None:
        """Change the part written last."""
        place = self.filenames[-1][0]
        text = read_text(place)
        if text.count(old) != 1:
            raise ValueError(f"the part written last should hold once: {old}")
        write_text(place, text.replace(old, new))


def read_text(place: str | StringIO) -> str:
    """What a part holds; XlsxWriter keeps it in a file or in memory."""
    return place.getvalue() if isinstance(place, StringIO) else Path(place).read_text("utf-8")


def write_text(place: str | StringIO, text: str) -> None:
    """Make a part hold a text."""
    if isinstance(place, StringIO):
        place.seek(0)
        place.truncate()
        place.write(text)
    else:
        Path(place).write_text(text, "utf-8", newline="")
