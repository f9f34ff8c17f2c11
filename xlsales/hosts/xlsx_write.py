"""Write tables of ours into a saved workbook without any spreadsheet program; all else in the file stays as it is.

Changed are the sheets that are written, their tables, the names that end where a table ended, and the flag that lets
the program calculate when it opens the file; every other part keeps its bytes.
"""

import re
import zipfile
from collections.abc import Sequence
from datetime import datetime
from html import escape
from pathlib import Path

import numpy as np
import pandas as pd

from xlsales.commands.headings import places as columns_of
from xlsales.commands.protocol import Cell, Replace
from xlsales.hosts.cells import column_cells, plain
from xlsales.hosts.xlsx_parts import Place, attribute, copy_with, number_of, places
from xlsales.problems import InputError, Problem
from xlsales.schema import TABLES
from xlsales.schema.origin import letters

MOST_ROWS = 1_048_576
MOST_LINKS = 20_000  # a sheet holds 65 530
EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001 - cells have no zone
SECONDS = 86_400
FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
DATA = re.compile(r"<sheetData\s*/>|<sheetData[^>]*>(.*?)</sheetData>", re.DOTALL)
ROW = re.compile(r"<row\b([^>]*?)(?:/>|>(.*?)</row>)", re.DOTALL)
CELL = re.compile(r"<c\b([^>]*?)(?:/>|>(.*?)</c>)", re.DOTALL)
NUMBER, ADDRESS, STYLE = re.compile(r'\br="(\d+)"'), re.compile(r'\br="([A-Z]+)\d+"'), re.compile(r'\bs="(\d+)"')
SPAN = re.compile(r"([A-Z]{1,3})(\d+)(?::([A-Z]{1,3})(\d+))?")
Grid = dict[int, list[Cell]]  # cells of a table by the place of their column


def write_tables(source: Path, target: Path, writes: Sequence[Replace], lang: str) -> list[str]:
    """Copy the workbook `source` to `target` with the rows of some tables replaced; returns the parts that changed.

    A column that is not in a frame, or that computes in the sheet, is left alone. Raises InputError: a table that the
    book does not have, more rows than fit (`fitting`), something below a table that would have to grow over it, a
    sheet in which this cannot be done.
    """
    try:
        with zipfile.ZipFile(source) as parts:
            known = places(parts)
            pages: dict[str, str] = {}
            changed: dict[str, bytes | None] = {}
            moved: list[tuple[Place, int]] = []
            for write in writes:
                place = known.get(write.table)
                if place is None:
                    raise InputError(Problem("refresh_no_table", table=write.table, source=source.name))
                page = pages.get(place.sheet_part) or parts.read(place.sheet_part).decode("utf-8")
                rows = max(len(write.frame), 1)
                pages[place.sheet_part] = linked(edited(page, place, write.frame, lang), place, write)
                changed[place.table_part] = resized(parts.read(place.table_part).decode("utf-8"), place, rows).encode()
                moved.append((place, rows))
            book = parts.read("xl/workbook.xml").decode("utf-8")
            changed |= {part: page.encode("utf-8") for part, page in pages.items()}
            changed["xl/workbook.xml"] = calculated(with_names(book, moved)).encode("utf-8")
    except (zipfile.BadZipFile, KeyError, UnicodeDecodeError) as error:
        raise InputError(Problem("workbook_broken", source=source.name)) from error
    copy_with(source, target, changed)
    return sorted(changed)


def fitting(place: Place) -> int:
    """How many rows a table can have before its sheet ends."""
    return MOST_ROWS - place.area[1] - place.totals


def edited(page: str, place: Place, frame: pd.DataFrame, lang: str) -> str:
    """The sheet with the table's rows replaced; what stands beside the table stays."""
    body = DATA.search(page)
    if body is None:
        raise InputError(Problem("refresh_sheet", table=place.key, sheet=place.sheet))
    left, top, right, bottom = place.area
    bottom -= place.totals
    rows = max(len(frame), 1)
    if rows > fitting(place):
        raise InputError(Problem("book_too_long", table=place.key, facts={"rows": rows}))
    if place.totals and rows != bottom - top:
        raise InputError(Problem("refresh_totals", table=place.key, sheet=place.sheet))
    old = {int(NUMBER.search(about)[1]): (about, cells or "") for about, cells in ROW.findall(body[1] or "")}  # type: ignore[index]
    first = _cells(old.get(top + 1, ("", ""))[1])
    styles = {at: _style(first[at]) for at in range(left, right + 1) if at in first}
    computed = {left + at for at in place.computed} | {at for at in range(left, right + 1) if "<f" in first.get(at, "")}
    grid = cells_of(place, frame, lang)
    texts = {
        left + at: xml_column(values, left + at, top + 1, styles.get(left + at, "")) for at, values in grid.items()
    }
    for row in range(top + 1, max(bottom, top + rows) + 1):
        about, cells = old.get(row, (f' r="{row}"', ""))
        have = _cells(cells)
        step = row - top - 1
        for at in range(left, right + 1):
            if at in computed:
                if row > bottom:
                    have[at] = _computed(place, at, row, styles.get(at, ""))
                elif step >= rows:
                    have.pop(at, None)
                continue
            if row > bottom and at in have and "<v" in have[at] + have[at].replace("<is", "<v"):
                raise InputError(Problem("book_no_room", table=place.key, facts={"rows": rows, "below": row}))
            if at in texts and step < len(texts[at]):
                have[at] = texts[at][step]
            elif step >= rows or at in texts:
                have.pop(at, None)
        about = re.sub(r'\s*\bspans="[^"]*"', "", about)
        old[row] = (about, "".join(have[at] for at in sorted(have)))
    lines = [f"<row{about}>{cells}</row>" if cells else f"<row{about}/>" for _, (about, cells) in sorted(old.items())]
    page = f"{page[: body.start()]}<sheetData>{''.join(lines)}</sheetData>{page[body.end() :]}"
    return stretched(page, place, rows)


def cells_of(place: Place, frame: pd.DataFrame, lang: str) -> Grid:
    """The columns of a frame by their place in the table; the user's own by their headings."""
    table, at = TABLES[place.key], columns_of(place.key, place.headings)
    own = {heading: step for step, heading in enumerate(place.headings) if step not in at.values()}
    found: Grid = {}
    for column in table.columns:
        if column.key not in frame:
            continue
        if column.key in at:
            found[at[column.key]] = column_cells(table, column, frame[column.key], lang)
        elif frame[column.key].notna().any():
            raise InputError(Problem("book_header_missing", table=place.key, column=column.key))
    for name in frame.columns:
        if str(name) in own:
            found[own[str(name)]] = [plain(value) for value in frame[name].tolist()]
    return found


def xml_column(values: list[Cell], column: int, first_row: int, style: str) -> list[str]:
    """Cells of a column as XML, from a row on."""
    letter = letters(column)
    return [xml_cell(value, f"{letter}{row}", style) for row, value in enumerate(values, first_row)]


def xml_cell(value: Cell, address: str, style: str) -> str:
    """A cell as XML, text as text whatever it looks like.

    >>> xml_cell("=1<2", "B2", "3")
    '<c r="B2" s="3" t="inlineStr"><is><t>=1&lt;2</t></is></c>'
    """
    start = f'<c r="{address}"' + (f' s="{style}"' if style else "")
    if value is None or (isinstance(value, float) and not np.isfinite(value)):
        return start + "/>"
    if isinstance(value, bool):
        return f'{start} t="b"><v>{int(value)}</v></c>'
    if isinstance(value, datetime):
        return f"{start}><v>{(value - EPOCH).total_seconds() / SECONDS:.16G}</v></c>"
    if isinstance(value, (int, float)):
        return f"{start}><v>{value:.17G}</v></c>"
    text = escape(FORBIDDEN.sub("", str(value)), quote=False)
    space = ' xml:space="preserve"' if text != text.strip() or "\n" in text else ""
    return f'{start} t="inlineStr"><is><t{space}>{text}</t></is></c>'


def _cells(row: str) -> dict[int, str]:
    """The cells of a row by their column."""
    found = {}
    for cell in CELL.finditer(row):
        address = ADDRESS.search(cell[1])
        if address is None:
            raise InputError(Problem("refresh_sheet"))
        found[number_of(address[1])] = cell[0]
    return found


def _style(cell: str) -> str:
    found = STYLE.search(cell[: cell.index(">")])
    return found[1] if found else ""


def _computed(place: Place, column: int, row: int, style: str) -> str:
    """A cell of a column that computes, in a new row."""
    formula = place.computed.get(column - place.area[0])
    start = f'<c r="{letters(column)}{row}"' + (f' s="{style}"' if style else "")
    return f"{start}><f>{formula}</f></c>" if formula else start + "/>"


def resized(xml: str, place: Place, rows: int) -> str:
    """The table's own part with its new last row."""
    left, top, right, bottom = place.area
    old = f"{letters(left)}{top}:{letters(right)}"
    for last in {bottom, bottom - place.totals}:
        xml = xml.replace(f'ref="{old}{last}"', f'ref="{old}{last - bottom + place.totals + top + rows}"')
    return xml


def stretched(page: str, place: Place, rows: int) -> str:
    """Formats, lists and the sheet's own size follow the table's last row."""
    left, top, right, bottom = place.area
    bottom -= place.totals

    def follow(found: re.Match[str]) -> str:
        first, above, last, below = found[1], int(found[2]), found[3] or found[1], int(found[4] or found[2])
        inside = left <= number_of(first) and number_of(last) <= right
        if inside and above == top + 1 and below == bottom:
            end = f"{last}{top + rows}"
            return end if (first, above) == (last, top + rows) else f"{first}{above}:{end}"
        return found[0]

    def each(found: re.Match[str]) -> str:
        return found[1] + " ".join(SPAN.sub(follow, area) for area in found[2].split(" ")) + found[3]

    page = re.sub(r'(<(?:conditionalFormatting|dataValidation)\b[^>]*?\bsqref=")([^"]*)(")', each, page)
    page = re.sub(r"(<xm:sqref>)([^<]*)(</xm:sqref>)", each, page)
    size = re.search(r'<dimension ref="([A-Z]+)(\d+):([A-Z]+)(\d+)"/>', page)
    if size and int(size[4]) < top + rows:
        grown = f'<dimension ref="{size[1]}{size[2]}:{size[3]}{top + rows}"/>'
        page = page[: size.start()] + grown + page[size.end() :]
    return page


def linked(page: str, place: Place, write: Replace) -> str:
    """The sheet with the links of the table's rows: the old ones are gone, the new ones lead where the write says."""
    left, top, right, _ = place.area
    block = re.search(r"<hyperlinks>(.*?)</hyperlinks>", page, re.DOTALL)
    if block is None:
        return page
    kept = []
    for link in re.findall(r"<hyperlink\b[^>]*/>", block[1]):
        at = SPAN.fullmatch(attribute(link, "ref"))
        if at is None or not (left <= number_of(at[1]) <= right and int(at[2]) > top):
            kept.append(link)
    column = columns_of(place.key, place.headings).get(write.linked)
    for row, target in enumerate(write.links or (), top + 1):
        if target and column is not None and len(kept) < MOST_LINKS:
            sheet, _, cell = target.rpartition("!")
            where = escape("'" + sheet.replace("'", "''") + "'!" + cell)
            kept.append(f'<hyperlink ref="{letters(left + column)}{row}" location="{where}"/>')
    links = f"<hyperlinks>{''.join(kept)}</hyperlinks>" if kept else ""
    return page[: block.start()] + links + page[block.end() :]


def with_names(book: str, moved: list[tuple[Place, int]]) -> str:
    """Names, such as print areas, that cover a table and end with it follow its last row."""
    for place, rows in moved:
        left, top, right, bottom = place.area
        for quoted in {
            escape("'" + place.sheet.replace("'", "''") + "'", quote=False),
            escape(place.sheet, quote=False),
        }:
            area = re.compile(rf"(?<![\w']){re.escape(quoted)}!\$([A-Z]+)\$(\d+):\$([A-Z]+)\$(\d+)")

            def follow(found: re.Match[str], edges: tuple[int, ...] = (left, top, right, bottom, rows)) -> str:
                first, head, last, end, count = edges
                covers = number_of(found[1]) <= first and last <= number_of(found[3]) and int(found[2]) <= head + 1
                if not covers or int(found[4]) != end:
                    return found[0]
                return found[0][: found.start(4) - found.start()] + str(head + count)

            book = area.sub(follow, book)
    return book


def calculated(book: str) -> str:
    """The workbook's part with the flag that lets the program calculate everything when it opens the file."""
    if re.search(r"<calcPr\b[^>]*\bfullCalcOnLoad=", book):
        return re.sub(r'(<calcPr\b[^>]*\bfullCalcOnLoad=")[^"]*', r"\g<1>1", book)
    if re.search(r"<calcPr\b", book):
        return re.sub(r"<calcPr\b", '<calcPr fullCalcOnLoad="1"', book, count=1)
    return re.sub(
        r"(</definedNames>|</sheets>)(?!.*</definedNames>)",
        r'\1<calcPr fullCalcOnLoad="1"/>',
        book,
        count=1,
        flags=re.DOTALL,
    )
