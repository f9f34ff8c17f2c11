"""What a sent workbook knows of itself: whose it is, of which plan, and what its locked cells held."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from xlsales.exchange.parcels import Key

FORMAT = 1
SHEET = "xlsales_manifest"
CHUNK = 30_000  # a cell holds 32 767 letters
Place = tuple[int, int]  # row and column, from 0


@dataclass(frozen=True)
class Manifest:
    """The facts of one sent workbook.

    sheet: the tab to fill in. first: the cell of the first row and period. finished, comment: the cells of the answer.
    old: what the plan held, None where it had nothing. locked: the texts and numbers of the cells that nobody edits.
    """

    owner: str
    name: str
    by: str
    version: str
    issued: str
    lang: str
    sheet: str
    first: Place
    finished: Place
    comment: Place
    keys: tuple[Key, ...]
    periods: tuple[str, ...]
    old: tuple[tuple[float | None, ...], ...]
    held: tuple[tuple[bool, ...], ...]
    locked: tuple[tuple[int, int, str | float], ...]

    def place(self, row: int, period: int) -> Place:
        """The cell of a row and period."""
        return self.first[0] + row, self.first[1] + period


def pack(manifest: Manifest) -> list[str]:
    """The manifest as texts for cells: a mark of the whole, then its parts."""
    text = json.dumps({"format": FORMAT, **asdict(manifest)}, ensure_ascii=False, separators=(",", ":"))
    return [seal(text), *(text[at : at + CHUNK] for at in range(0, len(text), CHUNK))]


def unpack(cells: Sequence[object]) -> Manifest | None:
    """The manifest of texts; None where they are not whole, or of a format that this version does not know."""
    text = "".join(str(cell) for cell in cells[1:])
    if not cells or seal(text) != cells[0]:
        return None
    found = json.loads(text)
    if found.pop("format") != FORMAT:
        return None
    return Manifest(**{key: _fixed(value) for key, value in found.items()})


def _fixed(value: object) -> object:
    """Lists as tuples, at every depth."""
    return tuple(_fixed(item) for item in value) if isinstance(value, list) else value


def seal(text: str) -> str:
    """A mark that shows when a text was changed by mistake; it is no proof against a forger."""
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()
