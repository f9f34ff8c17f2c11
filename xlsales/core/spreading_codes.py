"""Spreading codes as TM1 users type them: P300, S+1200, R~50, P%+10, SL100:200, GR100:5, LR*25, H, RH, HC, RC, RA, C.

A code is method, then in any order an action (none: replace, +: add, ~: subtract), directions (< left, > right, ^ up,
| down) and * (all leaves, not only those that hold a figure), then one number or two with a colon; 1.5K is 1500,
2M two million. A number alone spreads in proportion, as typing into a total does. Percentages are numbers: 10 is 10 %.

R%20 gives the reference raised by 20 %: 1.2 times (DEFINITIONS); P%20 replaces each value by 20 % of it, P%+20 raises
it by 20 %, as in TM1.
"""

import re
import unicodedata
from dataclasses import dataclass
from typing import Literal

import numpy as np

from xlsales.core.apportion import Cells, aligned, allocation, numbers
from xlsales.core.apportion_cells import Bools
from xlsales.core.hierarchy import Floats
from xlsales.core.refusal import Refusal
from xlsales.core.spreading import growth, on_grid, percent_of_profile, straight_line

Action = Literal["replace", "add", "subtract"]

NUMBERS = {"P": 1, "S": 1, "R": 1, "P%": 1, "R%": 1, "RP": 1, "LS": 1, "LR": 1, "SL": 2, "GR": 2}
NO_NUMBERS = ("C", "H", "RH", "HC", "RC", "RA")
HOLDS = ("H", "RH", "HC", "RC", "RA")
ACTIONS: dict[str, Action] = {"": "replace", "+": "add", "~": "subtract"}
_CODE = re.compile(r"(P%|R%|RP|RH|RC|RA|LS|LR|SL|GR|HC|P|S|R|C|H|)([+~*|^<>]*)(.*)", re.DOTALL)
_NUMBER = re.compile(r"([+-]?(?:\d[\d,]*)?(?:\.\d+)?(?:(?<=\d)\.)?)([KM]?)%?")


@dataclass(frozen=True)
class SpreadCode:
    """A parsed code."""

    method: str
    action: Action
    directions: str
    all_leaves: bool
    numbers: tuple[float, ...]


@dataclass(frozen=True)
class Spread:
    """What a code makes of the cells: new values, which cells are held, whether the total is held (None: as before)."""

    amounts: Floats
    held: Bools
    total_held: bool | None = None
    announced_equal: bool = False


def parse_code(text: str) -> SpreadCode:
    """The parts of a spreading code; refuses code_unknown, code_numbers and code_modifier.

    >>> parse_code("s+|^1.2k")
    SpreadCode(method='S', action='add', directions='^|', all_leaves=False, numbers=(1200.0,))
    """
    plain = unicodedata.normalize("NFKC", text).replace("～", "~").upper().replace(" ", "")
    found = _CODE.fullmatch(plain)
    assert found, "the pattern takes any text"
    method, signs, rest = found.groups()
    if not plain or (not method and not _NUMBER.fullmatch(rest)):
        raise Refusal("code_unknown", text=text)
    wanted = NUMBERS.get(method or "P", 0)
    figures = tuple(_number(part, text) for part in rest.split(":")) if rest else ()
    if len(figures) != wanted:
        raise Refusal("code_numbers", text=text, wanted=wanted, found=len(figures))
    action = "".join(sign for sign in signs if sign in "+~")
    if len(action) > 1 or (method in NO_NUMBERS and (action or "*" in signs)) or (not method and signs):
        raise Refusal("code_modifier", text=text)
    directions = "".join(sorted(set(signs) & set("<>^|")))
    if method in ("SL", "GR") and set(directions) & set("<>") and set(directions) & set("^|"):
        raise Refusal("code_rectangle", text=text)
    return SpreadCode(method or "P", ACTIONS[action], directions, "*" in signs, figures)


def reach(shape: tuple[int, int], at: tuple[int, int], directions: str) -> Bools:
    """The cells that directions reach from a cell: along its row (< >) and column (^ |); both make a rectangle.

    >>> reach((2, 3), (0, 1), ">").tolist()
    [[False, True, True], [False, False, False]]
    """
    row, column = at
    rows = np.arange(shape[0])
    columns = np.arange(shape[1])
    in_rows = (rows == row) | (("^" in directions) & (rows < row)) | (("|" in directions) & (rows > row))
    in_columns = (columns == column) | (("<" in directions) & (columns < column))
    in_columns |= (">" in directions) & (columns > column)
    return np.asarray(in_rows[:, None] & in_columns[None, :])


def spread(
    code: SpreadCode, cells: Cells, held: Cells | None = None, reference: Cells | None = None, unit: float | None = None
) -> Spread:
    """Apply a code to the selected cells; held cells (True) keep their values and count in the total of P and S.

    cells, held, reference: one shape; a blank cell counts as no figure. RP and R% need the reference. SL and GR fill
    one row or column. With a unit, results are whole units that add to their rounded sum; the total of P, S, LS and RP
    must itself be whole. Refuses code_reference, code_rectangle, and what `allocate` refuses.

    >>> spread(parse_code("P300"), [10, 30, 60]).amounts
    array([ 30.,  90., 180.])
    >>> spread(parse_code("LR400"), [5, 0, 7, 0]).amounts
    array([400.,   0., 400.,   0.])
    """
    present = numbers(cells, "values")
    flat, shape = present.ravel(), present.shape
    kept = np.zeros(len(flat), dtype=bool) if held is None else np.array(held, dtype=bool).ravel()
    if kept.shape != flat.shape:
        raise Refusal("shape_differs", name="held", found=[len(kept)], wanted=list(shape))
    if code.method in HOLDS:
        return _holds(code.method, present, kept)
    if code.method == "C":
        return Spread(np.where(kept, flat, np.nan).reshape(shape), kept.reshape(shape))
    if code.method in ("SL", "GR") and present.ndim > 1 and min(shape) > 1:
        raise Refusal("code_rectangle", text=code.method)
    other = None if reference is None else aligned(reference, shape, "reference")
    if code.method in ("RP", "R%") and other is None:
        raise Refusal("code_reference", text=code.method)
    if code.method in ("P", "S", "LS", "RP"):
        values, equal = _shared(code, flat, kept, other, unit)
    else:
        values, equal = _each(code, flat, kept, other, unit), False
    return Spread(values.reshape(shape), kept.reshape(shape), announced_equal=equal)


def _shared(
    code: SpreadCode, flat: Floats, kept: Bools, other: Floats | None, unit: float | None
) -> tuple[Floats, bool]:
    """A number shared out over the free cells; added and subtracted shares leave held cells alone."""
    figures = np.nan_to_num(flat)
    weights = {"P": figures, "S": np.ones(len(flat)), "RP": other}.get(code.method)
    if code.method == "LS":
        chosen = np.ones(len(flat), dtype=bool) if code.all_leaves or not figures.any() else figures != 0
        weights = chosen.astype(np.float64)
    assert weights is not None, "RP has its reference"
    amount = code.numbers[0]
    if code.action == "replace":
        still = np.where(kept, figures, np.nan)
        found = allocation(amount, weights, held=still, unit=unit)
        values = np.where(kept, flat, found.amounts)
    else:
        signed = amount if code.action == "add" else -amount
        found = allocation(signed, weights, held=np.where(kept, 0.0, np.nan), unit=unit)
        values = np.where(kept, flat, figures + found.amounts)
    return values, found.announced_equal or (code.method == "LS" and not code.all_leaves and not figures.any())


def _each(code: SpreadCode, flat: Floats, kept: Bools, other: Floats | None, unit: float | None) -> Floats:
    """A figure of its own for each free cell; the total follows."""
    figures, first = np.nan_to_num(flat), code.numbers[0]
    free = ~kept
    if code.method == "SL":
        made = straight_line(first, code.numbers[1], len(flat))
    elif code.method == "GR":
        made = growth(first, code.numbers[1] / 100, len(flat))
    elif code.method == "P%":
        made, free = flat * first / 100, free & ~np.isnan(flat)
    elif code.method == "R%":
        assert other is not None, "checked by the caller"
        made, free = percent_of_profile(other, first / 100), free & ~np.isnan(other)
    else:
        made = np.full(len(flat), first)
        if code.method == "LR" and not code.all_leaves:
            free &= figures != 0
    made = {"replace": made, "add": figures + made, "subtract": figures - made}[code.action]
    return np.where(free, on_grid(np.where(free, made, np.nan), unit), flat)


def _holds(method: str, present: Floats, kept: Bools) -> Spread:
    """Holds set and released."""
    on = np.ones_like(kept) if method == "H" else np.zeros_like(kept) if method in ("RH", "RA") else kept
    total = {"HC": True, "RC": False, "RA": False}.get(method)
    return Spread(present.copy(), on.reshape(present.shape), total)


def _number(text: str, code: str) -> float:
    """A number of a code, with K for thousand and M for million."""
    found = _NUMBER.fullmatch(text)
    if not found or not any(sign.isdigit() for sign in text):
        raise Refusal("code_number", text=code, number=text)
    return float(found[1].replace(",", "")) * {"": 1.0, "K": 1e3, "M": 1e6}[found[2]]
