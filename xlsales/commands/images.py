"""Images of cells as texts that fit the table `undo`, so that they outlive saving and reopening."""

import base64
import hashlib
import json
import zlib
from collections.abc import Iterable
from datetime import datetime

from xlsales.commands.protocol import Cell, Grid, Image

CHUNK = 8_000  # longer texts do not pass in an array on every version of Excel
SIGN = "z"  # so that no part looks like a number or a formula


def pack(image: Image) -> list[str]:
    """An image as texts.

    >>> unpack(pack(Image("orders", 0, 0, 2, [["007", 1.5], [None, True]])))
    Image(target='orders', row=0, column=0, rows=2, cells=[['007', 1.5], [None, True]], formulas={})
    """
    content = {
        "target": image.target,
        "at": [image.row, image.column],
        "rows": image.rows,
        "cells": [[_out(cell) for cell in line] for line in image.cells],
        "formulas": [[row, column, formula] for (row, column), formula in image.formulas.items()],
    }
    data = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
    text = base64.b64encode(zlib.compress(data)).decode("ascii")
    return [SIGN + text[start : start + CHUNK] for start in range(0, len(text), CHUNK)]


def unpack(parts: Iterable[str]) -> Image:
    """The image of texts; ValueError where they are not whole."""
    text = "".join(part.removeprefix(SIGN) for part in parts)
    try:
        content = json.loads(zlib.decompress(base64.b64decode(text, validate=True)))
    except zlib.error as error:
        raise ValueError("the image is not whole") from error
    cells = [[_in(cell) for cell in line] for line in content["cells"]]
    formulas = {(row, column): formula for row, column, formula in content["formulas"]}
    return Image(content["target"], *content["at"], content["rows"], cells, formulas)


def _out(cell: Cell) -> object:
    return {"t": cell.isoformat()} if isinstance(cell, datetime) else cell


def _in(cell: object) -> Cell:
    return datetime.fromisoformat(cell["t"]) if isinstance(cell, dict) else cell  # type: ignore[return-value]


def seal(cells: Grid) -> str:
    """A short mark of what cells hold, rows of nothing at the end left out."""
    lines = [[_out(cell) for cell in line] for line in cells]
    while lines and all(cell is None for cell in lines[-1]):
        lines.pop()
    return hashlib.sha256(json.dumps(lines, ensure_ascii=False).encode()).hexdigest()[:32]
