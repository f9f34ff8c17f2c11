"""What the texts and styles of a workbook mean, asked of the library that knows the whole format.

It reads a small workbook in memory: the original's styles and shared strings as they are, and a sheet in which each
style holds one number and each different value stands once.
"""

import datetime as dt
import io
import re
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from xlsales.sources.sheet_scan import Unusual
from xlsales.sources.workbook_parts import WORKBOOK, links_of, part_of

WIDE = 16  # cells in a row of the small sheet, so that no number of texts is too many for its rows
PROBE = 45_000.25  # a day and a time of day
NAMES = "http://schemas.openxmlformats.org/"
MAIN = f'xmlns="{NAMES}spreadsheetml/2006/main"'
LINK = f"{NAMES}officeDocument/2006/relationships"
PACKED = f'<Relationships xmlns="{NAMES}package/2006/relationships">'
LINKS = "xl/_rels/workbook.xml.rels"
TAKEN = ("styles", "sharedStrings")
FRAME = {
    "[Content_Types].xml": f'<Types xmlns="{NAMES}package/2006/content-types"/>',
    "_rels/.rels": f'{PACKED}<Relationship Id="r" Type="{LINK}/officeDocument" Target="{WORKBOOK}"/></Relationships>',
    WORKBOOK: f'<workbook {MAIN} xmlns:r="{LINK}"><sheets><sheet name="S" sheetId="1" r:id="r"/></sheets></workbook>',
    LINKS: f'{PACKED}<Relationship Id="r" Type="{LINK}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
}
EPOCH = re.compile(rb'date1904="(?!0"|false")')
Text = tuple[str, bytes]  # the type of a cell, and its value as XML with the start tag before it


def meanings(
    path: Path, styles: Sequence[int], strings: Sequence[int], texts: Sequence[Text]
) -> tuple[set[int], list[Any]]:
    """Which styles show a number as a day, and what the shared strings and then the texts are; blank ones are "".

    Raises Unusual where a style shows a number as anything but a number or a day, or days count from 1904.
    """
    probes = [f'<c s="{style}"><v>{PROBE}</v></c>' for style in styles]
    probes += [f'<c t="s"><v>{index}</v></c>' for index in strings]
    probes += [_cell(kind, text) for kind, text in texts]
    found = _asked(path, probes)
    dated = set()
    for style, value in zip(styles, found, strict=False):
        if isinstance(value, dt.datetime):
            dated.add(style)
        elif value != PROBE:
            raise Unusual
    return dated, found[len(styles) :]


def _cell(kind: str, text: bytes) -> str:
    value = text.decode("utf-8")
    whole = f"<is>{value}</t></is>" if value.startswith("<t") else f"{value}</v>"
    return f'<c t="{kind}">{whole}</c>'


def _asked(path: Path, cells: Sequence[str]) -> list[Any]:
    """What the library reads in these cells, in a workbook with the styles and shared strings of another."""
    from python_calamine import CalamineError, CalamineWorkbook

    rows = ["".join(cells[start : start + WIDE]) for start in range(0, len(cells), WIDE)]
    sheet = f"<worksheet {MAIN}><sheetData><row>{'</row><row>'.join(rows)}</row></sheetData></worksheet>"
    small = io.BytesIO()
    with zipfile.ZipFile(path) as parts, zipfile.ZipFile(small, "w") as made:
        if EPOCH.search(parts.read(WORKBOOK)):
            raise Unusual
        for name, text in {**FRAME, "xl/worksheets/sheet1.xml": sheet}.items():
            made.writestr(name, text)
        for name, part in _parts(parts).items():
            made.writestr(f"xl/{name}.xml", parts.read(part))
    small.seek(0)
    try:
        read = CalamineWorkbook.from_filelike(small).get_sheet_by_index(0).to_python(skip_empty_area=False)
    except CalamineError as error:
        raise Unusual from error
    found: list[Any] = []
    for row in read:
        found += [*row, *[""] * (WIDE - len(row))]
    return [*found, *[""] * (len(cells) - len(found))][: len(cells)]


def _parts(parts: zipfile.ZipFile) -> dict[str, str]:
    """Where a workbook keeps its styles and its shared strings."""
    links = links_of(parts, WORKBOOK, "")
    kinds = {link.get("Id", ""): link.get("Type", "").rpartition("/")[2] for link in part_of(parts, LINKS, "")}
    return {kinds[key]: part for key, part in links.items() if kinds[key] in TAKEN}
