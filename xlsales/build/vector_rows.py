"""Large tables as sheet XML: whole columns at once, without a step for each cell."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from xlsxwriter.utility import xl_col_to_name

from xlsales.build.cells import Value

LARGE = 20_000  # rows from which a column is worth it
STEP = 32_768  # rows made at once


@dataclass(frozen=True)
class Vector:
    """A column of a large table. cells: numbers as text, or indexes of shared strings as text; null for blank."""

    first_row: int
    column: int
    look: Callable[[], int]
    cells: Any
    shared: bool

    @property
    def last_row(self) -> int:
        """Its last row on the sheet."""
        return self.first_row + len(self.cells) - 1

    @property
    def filled(self) -> bool:
        """Whether anything stands in it."""
        return bool(self.cells.null_count < len(self.cells))

    def cell(self, row: int) -> str:
        """One cell as XML."""
        value = self.cells[row - self.first_row].as_py()
        start = f'<c r="{xl_col_to_name(self.column)}{row + 1}" s="{self.look()}"'
        kind = ' t="s"' if self.shared else ""
        return f"{start}/>" if value is None else f"{start}{kind}><v>{value}</v></c>"


def vector(place: tuple[int, int], values: list[Value], look: Callable[[], int], strings: Any) -> Vector | None:
    """A column as a vector; None where numbers and texts are mixed. strings: the book's table of shared strings."""
    try:
        found = pa.array(values)
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        return None
    row, column = place
    if pa.types.is_floating(found.type):
        return Vector(row, column, look, pc.cast(found, pa.string()), shared=False)
    if not (pa.types.is_string(found.type) or pa.types.is_null(found.type)):
        return None
    coded = pc.dictionary_encode(pc.cast(found, pa.string()))
    indexes = [str(strings._get_shared_string_index(text)) for text in coded.dictionary.to_pylist()]  # noqa: SLF001 - see FastSheet
    strings.count += len(found) - found.null_count - len(indexes)
    return Vector(row, column, look, pc.take(pa.array(indexes, pa.string()), coded.indices), shared=True)


def rows_xml(vectors: list[Vector], first: int, last: int) -> Iterator[str]:
    """The rows from first to last, in which nothing stands but these columns (in their order)."""
    for start in range(first, last + 1, STEP):
        count = min(STEP, last + 1 - start)
        yield _rows(vectors, start, count)


def _rows(vectors: list[Vector], start: int, count: int) -> str:
    numbers = pc.cast(pa.array(np.arange(start + 1, start + 1 + count, dtype=np.int32)), pa.string())
    parts: list[Any] = [pa.scalar('<row r="'), numbers]
    before = '">'
    for each in vectors:
        begin, end = start - each.first_row, start - each.first_row + count
        if end <= 0 or begin >= len(each.cells):
            continue
        cells = each.cells.slice(max(begin, 0), min(end, len(each.cells)) - max(begin, 0))
        kind = ' t="s"' if each.shared else ""
        parts += [pa.scalar(f'{before}<c r="{xl_col_to_name(each.column)}'), numbers]
        if cells.null_count:
            filled = pc.binary_join_element_wise(pa.scalar(f"{kind}><v>"), cells, pa.scalar("</v></c>"), "")
            parts += [pa.scalar(f'" s="{each.look()}"'), pc.fill_null(filled, "/>")]
            before = ""
        else:
            parts += [pa.scalar(f'" s="{each.look()}"{kind}><v>'), cells]
            before = "</v></c>"
    parts.append(pa.scalar(before + "</row>"))
    lines = pc.binary_join_element_wise(*parts, "")
    offsets = np.frombuffer(lines.buffers()[1], np.int32)[lines.offset : lines.offset + len(lines) + 1]
    return bytes(memoryview(lines.buffers()[2])[offsets[0] : offsets[-1]]).decode("ascii")
