"""Write tables of ours into a saved workbook without any spreadsheet program; all else in the file stays as it is.

Changed are the sheets that are written, their tables, the names that end where a table ended, and the flag that lets
the program calculate when it opens the file; every other part keeps its bytes.
"""

import re
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from xlsales.commands.headings import places as columns_of
from xlsales.commands.protocol import Cell, Patch, Replace
from xlsales.hosts.cells import column_cells, plain
from xlsales.hosts.xlsx_cells import DATA, NUMBER, ROW, Area, Formula, named_areas, row_cells, style_of, xml_cell
from xlsales.hosts.xlsx_follow import calculated, linked, resized, stretched, with_names
from xlsales.hosts.xlsx_parts import Place, copy_with, places
from xlsales.hosts.xlsx_patch import patched, without_chain
from xlsales.problems import InputError, Problem
from xlsales.schema import TABLES
from xlsales.schema.origin import letters

MOST_ROWS = 1_048_576
Grid = dict[int, list[Cell]]  # cells of a table by the place of their column


@dataclass(frozen=True)
class Edit:
    """Single cells of a table, by row and column from its first body cell, and how many body rows it has then."""

    table: str
    rows: int
    cells: Mapping[tuple[int, int], Cell]


Write = Replace | Edit | Patch  # a patch here is one of a named area


def write_tables(source: Path, target: Path, writes: Sequence[Write], lang: str) -> list[str]:
    """Copy the workbook `source` to `target` with rows of some tables, or cells, replaced; returns the changed parts.

    A column that is not in a frame, or that computes in the sheet, is left alone. Raises InputError: a table or area
    that the book does not have, more rows than fit (`fitting`), something below a table that would have to grow over
    it, a sheet in which this cannot be done.
    """
    try:
        with zipfile.ZipFile(source) as parts:
            pages, changed, moved = _written(parts, writes, lang, source.name)
            book = parts.read("xl/workbook.xml").decode("utf-8")
            changed |= without_chain(parts, pages)
            changed |= {part: page.encode("utf-8") for part, page in pages.items()}
            changed["xl/workbook.xml"] = calculated(with_names(book, moved)).encode("utf-8")
    except (zipfile.BadZipFile, KeyError, UnicodeDecodeError) as error:
        raise InputError(Problem("workbook_broken", source=source.name)) from error
    copy_with(source, target, changed)
    return sorted(changed)


def _written(
    parts: zipfile.ZipFile, writes: Sequence[Write], lang: str, name: str
) -> tuple[dict[str, str], dict[str, bytes | None], list[tuple[Place, int]]]:
    """The sheets with everything written, the tables with their new ends, and how many rows each table then has."""
    known, areas = places(parts), named_areas(parts)
    pages: dict[str, str] = {}
    changed: dict[str, bytes | None] = {}
    moved: list[tuple[Place, int]] = []
    patches: dict[str, dict[tuple[int, int], Cell]] = {}

    def page(part: str) -> str:
        if part not in pages:
            pages[part] = parts.read(part).decode("utf-8")
        return pages[part]

    for write in writes:
        if isinstance(write, Patch):
            area = areas.get(write.name)
            if area is None:
                raise InputError(Problem("book_area_missing", source=name, facts={"name": write.name}))
            patches.setdefault(area.sheet_part, {}).update(_placed(write, area))
            continue
        place = known.get(write.table)
        if place is None:
            raise InputError(Problem("refresh_no_table", table=write.table, source=name))
        before, rows = page(place.sheet_part), write.rows if isinstance(write, Edit) else max(len(write.frame), 1)
        if isinstance(write, Edit):
            after = changed_cells(before, place, write)
        else:
            after = edited(before, place, write.frame, lang, write.linked if write.links is not None else "")
        pages[place.sheet_part] = linked(after, place, write) if isinstance(write, Replace) else after
        changed[place.table_part] = resized(parts.read(place.table_part).decode("utf-8"), place, rows).encode()
        moved.append((place, rows))
    sheets = {area.sheet_part: area.sheet for area in areas.values()}
    for part, cells in patches.items():
        pages[part] = patched(page(part), cells, sheets[part])
    return pages, changed, moved


def _placed(patch: Patch, area: Area) -> dict[tuple[int, int], Cell]:
    """The cells of a patch by row and column of the sheet; refused where they lie outside of the area."""
    left, top, right, bottom = area.box
    cells = {
        (top + patch.row + row, left + patch.column + column): cell
        for row, line in enumerate(patch.cells)
        for column, cell in enumerate(line)
    }
    if any(row > bottom or column > right for row, column in cells):
        raise InputError(Problem("cells_outside", sheet=area.sheet, facts={"name": area.name}))
    return cells


def changed_cells(page: str, place: Place, edit: Edit) -> str:
    """The sheet with some cells of a table replaced, and with its new end; a new row is formatted as the first one."""
    left, top, right, bottom = place.area
    bottom -= place.totals
    if edit.rows > fitting(place):
        raise InputError(Problem("book_too_long", table=place.key, facts={"rows": edit.rows}))
    if place.totals and edit.rows != bottom - top:
        raise InputError(Problem("refresh_totals", table=place.key, sheet=place.sheet))
    end, columns = top + edit.rows, range(left, right + 1)
    have = rows_between(page, {top + 1, *range(min(bottom, end) + 1, max(bottom, end) + 1)})
    first = have.get(top + 1, {})
    cells: dict[tuple[int, int], Cell] = {}
    for row in range(bottom + 1, end + 1):
        for at in columns:
            if holds(have.get(row, {}).get(at, "")):
                raise InputError(Problem("book_no_room", table=place.key, facts={"rows": edit.rows, "below": row}))
            cells[row, at] = Formula(place.computed[at - left]) if at - left in place.computed else None
    cells |= {(row, at): None for row in range(end + 1, bottom + 1) for at in columns}
    cells |= {(top + 1 + row, left + at): cell for (row, at), cell in edit.cells.items()}
    styles = {at: style_of(first[at]) for at in columns if at in first}
    return stretched(patched(page, cells, place.sheet, styles), place, edit.rows)


def rows_between(page: str, wanted: set[int]) -> dict[int, dict[int, str]]:
    """The cells of some rows."""
    body = DATA.search(page)
    if body is None:
        raise InputError(Problem("refresh_sheet"))
    rows = ((int(found[1]), cells) for about, cells in ROW.findall(body[1] or "") if (found := NUMBER.search(about)))
    return {row: row_cells(cells or "") for row, cells in rows if row in wanted}


def holds(cell: str) -> bool:
    """Whether a cell has something in it."""
    return "<v" in cell or "<is" in cell or "<f" in cell


def fitting(place: Place) -> int:
    """How many rows a table can have before its sheet ends."""
    return MOST_ROWS - place.area[1] - place.totals


def edited(page: str, place: Place, frame: pd.DataFrame, lang: str, leading: str = "") -> str:
    """The sheet with the table's rows replaced; what stands beside the table stays.

    leading: the column that leads to other cells; it is written anew, though a program made formulas of its links.
    """
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
    first = row_cells(old.get(top + 1, ("", ""))[1])
    styles = {at: style_of(first[at]) for at in range(left, right + 1) if at in first}
    computed = {left + at for at in place.computed} | {at for at in range(left, right + 1) if "<f" in first.get(at, "")}
    computed -= {left + at for key, at in columns_of(place.key, place.headings).items() if key == leading}
    grid = cells_of(place, frame, lang)
    texts = {
        left + at: xml_column(values, left + at, top + 1, styles.get(left + at, "")) for at, values in grid.items()
    }
    for row in range(top + 1, max(bottom, top + rows) + 1):
        about, cells = old.get(row, (f' r="{row}"', ""))
        have = row_cells(cells)
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


def _computed(place: Place, column: int, row: int, style: str) -> str:
    """A cell of a column that computes, in a new row."""
    formula = place.computed.get(column - place.area[0])
    start = f'<c r="{letters(column)}{row}"' + (f' s="{style}"' if style else "")
    return f"{start}><f>{formula}</f></c>" if formula else start + "/>"
