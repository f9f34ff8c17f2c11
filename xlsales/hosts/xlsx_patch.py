"""Replace single cells of a saved sheet; every other cell keeps its bytes."""

import re
import zipfile
from collections import deque
from collections.abc import Collection, Mapping
from html import escape, unescape

from xlsales.commands.protocol import Cell
from xlsales.hosts.calc_formulas import shifted
from xlsales.hosts.xlsx_cells import DATA, NUMBER, ROW, row_cells, style_of, xml_cell
from xlsales.hosts.xlsx_parts import attribute, number_of
from xlsales.problems import InputError, Problem
from xlsales.schema.origin import letters

PLAIN: Mapping[int, str] = {}
CHAIN = "xl/calcChain.xml"
SPREAD = re.compile(
    r'<c\b[^>]*?\br="([A-Z]+)(\d+)"[^>]*?>\s*<f\b([^>]*\bt="(shared|array|dataTable)"[^>]*)>([^<]*)</f>'
)
MEMBER = re.compile(r'(<c\b[^>]*?\br="([A-Z]+)(\d+)"[^>]*?>\s*)<f\b([^>]*\bt="shared"[^>]*?)(?:/>|>[^<]*</f>)')


def patched(page: str, cells: Mapping[tuple[int, int], Cell], sheet: str, styles: Mapping[int, str] = PLAIN) -> str:
    """The sheet with some cells replaced, or added where there were none. cells: by row and column.

    A cell keeps its format; styles: the formats of new ones by column. Raises InputError where a formula over several
    cells would be torn.
    """
    body = DATA.search(page)
    if body is None:
        raise InputError(Problem("refresh_sheet", sheet=sheet))
    inside = _ungrouped(body[1] or "", cells, sheet)
    by_row: dict[int, dict[int, Cell]] = {}
    for row, column in sorted(cells):
        by_row.setdefault(row, {})[column] = cells[row, column]
    ahead = deque(by_row)
    lines, end = [], 0
    for found in ROW.finditer(inside):
        number = NUMBER.search(found[1])
        if number is None:
            raise InputError(Problem("refresh_sheet", sheet=sheet))
        row = int(number[1])
        lines.append(inside[end : found.start()])
        end = found.end()
        while ahead and ahead[0] < row:
            lines.append(_row(ahead[0], f' r="{ahead[0]}"', {}, by_row[ahead.popleft()], styles))
        if ahead and ahead[0] == row:
            lines.append(_row(row, found[1], row_cells(found[2] or ""), by_row[ahead.popleft()], styles))
        else:
            lines.append(found[0])
    lines += [_row(row, f' r="{row}"', {}, by_row[row], styles) for row in ahead]
    return f"{page[: body.start()]}<sheetData>{''.join(lines)}{inside[end:]}</sheetData>{page[body.end() :]}"


def _row(row: int, about: str, have: dict[int, str], fresh: Mapping[int, Cell], styles: Mapping[int, str]) -> str:
    """A row as XML with some cells in the place of those that it has."""
    about = about if have.keys() >= fresh.keys() else re.sub(r'\s*\bspans="[^"]*"', "", about)
    made = {
        at: xml_cell(cell, f"{letters(at)}{row}", style_of(have[at]) if at in have else styles.get(at, ""))
        for at, cell in fresh.items()
    }
    cells = have | made
    return f"<row{about}>{''.join(cells[at] for at in sorted(cells))}</row>"


def _ungrouped(inside: str, cells: Collection[tuple[int, int]], sheet: str) -> str:
    """The rows, where a formula that goes with a cell to be replaced is written out for those that shared it."""
    gone: dict[str, tuple[str, int, int]] = {}
    for found in SPREAD.finditer(inside):
        place = (int(found[2]), number_of(found[1]))
        span = attribute(f"<f {found[3]}>", "ref")
        if found[4] != "shared" and any(_within(each, span) for each in cells):
            raise InputError(Problem("cells_torn", sheet=sheet, cell=span))
        if found[4] == "shared" and found[5] and place in cells:
            gone[attribute(f"<f {found[3]}>", "si")] = (unescape(found[5]), *place)
    if not gone:
        return inside

    def own(found: re.Match[str]) -> str:
        group = attribute(f"<f {found[4]}>", "si")
        if group not in gone:
            return found[0]
        text, row, column = gone[group]
        formula = shifted("=" + text, int(found[3]) - row, number_of(found[2]) - column)[1:]
        return f"{found[1]}<f>{escape(formula, quote=False)}</f>"

    return MEMBER.sub(own, inside)


def _within(place: tuple[int, int], span: str) -> bool:
    first, _, last = span.partition(":")
    corners = [re.fullmatch(r"([A-Z]+)(\d+)", corner) for corner in (first, last or first)]
    if not corners[0] or not corners[1]:
        return False
    rows, columns = sorted(int(each[2]) for each in corners), sorted(number_of(each[1]) for each in corners)  # type: ignore[index]
    return rows[0] <= place[0] <= rows[1] and columns[0] <= place[1] <= columns[1]


def without_chain(parts: zipfile.ZipFile, pages: Mapping[str, str]) -> dict[str, bytes | None]:
    """The parts that change where a sheet loses a formula: the list of cells that compute is left out, and made anew.

    A list that names a cell without a formula counts as damage. pages: the changed sheets.
    """
    if CHAIN not in parts.namelist():
        return {}
    if not any(computing(parts.read(part).decode("utf-8")) - computing(page) for part, page in pages.items()):
        return {}
    types = parts.read("[Content_Types].xml").decode("utf-8")
    rels = parts.read("xl/_rels/workbook.xml.rels").decode("utf-8")
    return {
        CHAIN: None,
        "[Content_Types].xml": re.sub(r'<Override\b[^>]*PartName="/xl/calcChain.xml"[^>]*/>', "", types).encode(),
        "xl/_rels/workbook.xml.rels": re.sub(
            r'<Relationship\b[^>]*Target="(?:/xl/)?calcChain.xml"[^>]*/>', "", rels
        ).encode(),
    }


def computing(page: str) -> set[str]:
    """The addresses of the cells that compute."""
    return set(re.findall(r'<c\b[^>]*?\br="([A-Z]+\d+)"[^>]*?>\s*<f\b', page))
