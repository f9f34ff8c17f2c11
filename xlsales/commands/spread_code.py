"""The button Spread: a spreading code typed into the Plan sheet's command cell, over the selected cells."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from xlsales.commands.plan import chosen_on, lay, written
from xlsales.commands.plan_limits import TABLE, fold_limits, held_sums, name_of, replaced, year_bounds
from xlsales.commands.plan_reference import reference_of
from xlsales.commands.plan_sheet import FIRST_MONTH, HELD, Planned, PlanSheet, code
from xlsales.commands.plan_view_fold import merged
from xlsales.commands.planning import SAME, Cells, cell_bounds, chosen_cells, locked_rows
from xlsales.commands.protocol import Block, Book, Change, Patch
from xlsales.commands.reading import PLANNING, Answer, Work, load
from xlsales.commands.spread_method import Method, chosen_method
from xlsales.commands.spread_presence import BESIDE, WAY, beside, by_presence
from xlsales.commands.spread_weights import FROM_PAST, Weighed, shared, weighed
from xlsales.core.apportion import allocation
from xlsales.core.plan_down import grid_unit
from xlsales.core.refusal import Refusal
from xlsales.core.spreading_codes import HOLDS, SpreadCode, parse_code, reach, spread
from xlsales.labels import word
from xlsales.problems import InputError, Problem, from_refusal
from xlsales.schema.origin import letters

TOTALS = ("HC", "RC")
LINES = ("SL", "GR")
FOLLOWING = ("RP", "R%")
Place = tuple[int, int]  # row and month


@dataclass(frozen=True)
class Wanted:
    """What a code is asked to do. cells: leaves by month, row by row. totals: the rows that add up, by month.

    method: the method that was chosen instead of a code, where no code says the same.
    """

    sheet: PlanSheet
    code: SpreadCode
    text: str
    cells: Cells
    totals: Cells
    method: Method | None = None


def typed_code(book: Book, measure: str) -> str:
    """What stands in the command cell of a measure's plan; "" for nothing. Refuses a book that has no such cell."""
    area = book.area("xs_command_" + measure)
    if area is None:
        raise InputError(Problem("book_area_missing", facts={"name": "xs_command_" + measure}))
    return code(area.cells[0][0])


def spread_over(book: Book) -> Answer:
    """Show what the code makes of the selected cells; holds are set and released at once."""
    work = load(book, only=PLANNING)
    wanted = asked(book, work)
    method, by = wanted.method, None
    if wanted.code.method in FOLLOWING or (method and method.way in FROM_PAST):
        work = load(book)
    if method and method.way == WAY:
        return by_presence_previewed(book, work, wanted)
    try:
        if wanted.code.method in HOLDS:
            return held(book, work, wanted)
        reference = reference_of(book, work, wanted.sheet) if wanted.code.method in FOLLOWING else None
        by = weighed(work, wanted.sheet, wanted.cells, method, book.lang) if method else None
        new, equal = spread_cells(wanted, float(work.settings["rounding"]), reference, by)
    except Refusal as refusal:
        raise InputError(replace(from_refusal(refusal), table="plan")) from refusal
    if not new:
        return Answer(says=word("said.spread_same", book.lang), rows=0, undoable=False)
    sheet = wanted.sheet
    check_allowed(work, sheet, new)
    facts = {
        "measure": sheet.title(book.lang),
        "version": sheet.version,
        "code": wanted.text,
    }
    title = word("said.preview.spread_equal" if equal else "said.preview.spread", book.lang, year=sheet.year, **facts)
    lay(book, sheet, title, new, {place: [by.reasons[place]] for place in new} if by and by.reasons else {})
    parameters = f"{sheet.measure} {sheet.version} {sheet.year}: {wanted.text}"
    says = word("said.previewed", book.lang, cells=len(new))
    return Answer(says=says, parameters=parameters, rows=len(new), undoable=False)


def by_presence_previewed(book: Book, work: Work, wanted: Wanted) -> Answer:
    """Show what cells and quotas become when who joins or leaves counts as far as he is there."""
    sheet = wanted.sheet
    try:
        every, said = by_presence(work, sheet, wanted.cells, book.lang)
    except Refusal as refusal:
        raise InputError(replace(from_refusal(refusal), table="plan")) from refusal
    new = {place: value for place, value in every.items() if differs(amount(sheet, place), value)}
    if not new:
        return Answer(says=word("said.spread_same", book.lang), rows=0, undoable=False)
    check_allowed(work, sheet, new)
    facts = {"measure": sheet.title(book.lang), "version": sheet.version, "year": sheet.year, "code": wanted.text}
    lay(book, sheet, word("said.preview.spread", book.lang, **facts), new, beside(work, sheet, new, said), BESIDE)
    says = word("said.previewed", book.lang, cells=len(new))
    parameters = f"{sheet.measure} {sheet.version} {sheet.year}: {wanted.text}"
    return Answer(says=says, parameters=parameters, rows=len(new), undoable=False)


def asked(book: Book, work: Work) -> Wanted:
    """The code and the cells that it is for."""
    selected = book.selection()
    sheet, _ = chosen_on(work, selected)
    text, chosen = typed_code(book, sheet.name), chosen_method(book, sheet.name)
    if text and chosen:
        raise InputError(Problem("spread_two_ways", table="plan", value=text, facts={"method": chosen.text}))
    text = chosen.code if chosen else text
    if not text:
        raise InputError(Problem("spread_no_code", sheet=sheet.matrix.sheet, cell=_command_cell(book, sheet.name)))
    try:
        parsed = parse_code(text)
    except Refusal as refusal:
        raise InputError(replace(from_refusal(refusal), table="plan")) from refusal
    blocks = selected.blocks if selected else ()
    cells, totals = selected_cells(sheet, blocks), selected_totals(sheet, blocks)
    if parsed.directions:
        cells = directed(sheet, cells, totals, parsed.directions)
    return Wanted(
        sheet, parsed, chosen.text if chosen else text, cells, totals, chosen if chosen and chosen.way else None
    )


def check_allowed(work: Work, sheet: PlanSheet, new: Mapping[Place, float | None]) -> None:
    """Refuse new values that change a locked quota or leave the bounds of a cell or of a row's year."""
    locked = locked_rows(sheet, work.tables["targets"], met=False)
    names = list(dict.fromkeys(name_of(sheet.rows[at]) for at, _ in new if at in locked))
    if names:
        raise InputError(Problem("plan_locked", table="plan", facts={"names": names, "year": sheet.year}))
    cells = cell_bounds(sheet, work.tables["plan"])
    for place, value in new.items():
        name = f"{name_of(sheet.rows[place[0]])} {sheet.months[place[1]]}"
        _inside(name, value or 0.0, cells.get(place, (None, None)))
    for at, bounds in year_bounds(sheet).items():
        places = [(leaf, month) for leaf in sheet.leaves(at) for month in sheet.places]
        if any(place in new for place in places):
            year = sum(float(np.nan_to_num(new.get(place, amount(sheet, place)) or 0.0)) for place in places)
            _inside(f"{name_of(sheet.rows[at])} {sheet.year}", year, bounds)


def _inside(name: str, value: float, bounds: tuple[float | None, float | None]) -> None:
    low, high = bounds
    if (low is not None and value < low - SAME) or (high is not None and value > high + SAME):
        said = {"lower": "–" if low is None else low, "upper": "–" if high is None else high}
        raise InputError(Problem("spread_outside_bounds", table="plan", value=value, facts={"name": name, **said}))


def _command_cell(book: Book, measure: str) -> str:
    area = book.area("xs_command_" + measure)
    return "" if area is None else f"{letters(area.left)}{area.top}"


def selected_cells(sheet: PlanSheet, blocks: Sequence[Block]) -> Cells:
    """The leaf cells that are meant; unlike an allocation, a single month's cell means itself."""
    return chosen_cells(sheet, blocks, whole_year=False)


def selected_totals(sheet: PlanSheet, blocks: Sequence[Block]) -> Cells:
    """The selected rows that add up, by selected month."""
    top, found = sheet.matrix.top + 1, {}
    for block in blocks:
        rows = range(max(block.row - top, 0), min(block.row - top + block.height, len(sheet.rows)))
        parents = [at for at in rows if not sheet.rows[at].leaf]
        found |= dict.fromkeys((at, month) for at in parents for month in months_of(sheet, block))
    return list(found)


def months_of(sheet: PlanSheet, block: Block) -> list[int]:
    """The months that a block covers; all of them where it stands beside the months."""
    first = block.column - sheet.matrix.left - FIRST_MONTH
    inside = {column // 2 for column in range(first, first + block.width) if 0 <= column < 2 * len(sheet.months)}
    return sorted(inside) or list(sheet.places)


def directed(sheet: PlanSheet, cells: Cells, totals: Cells, directions: str) -> Cells:
    """The leaves that directions reach from the one selected cell."""
    if len(cells) != 1 or totals:
        raise InputError(Problem("spread_directions", table="plan", facts={"directions": directions}))
    leaves = [row.at for row in sheet.rows if row.leaf and (row.region or row.salesperson)]
    at, month = cells[0]
    reached = reach((len(leaves), len(sheet.months)), (leaves.index(at), month), directions)
    return [(leaves[row], int(column)) for row, column in zip(*np.nonzero(reached), strict=True)]


def amount(sheet: PlanSheet, place: Place) -> float:
    """What a cell holds; NaN for nothing."""
    cell = sheet.cell(*place)[0]
    return float(cell) if isinstance(cell, (int, float)) and not isinstance(cell, bool) else np.nan


def spread_cells(
    wanted: Wanted, rounding: float, reference: Mapping[Place, float] | None = None, by: Weighed | None = None
) -> tuple[dict[Place, float | None], bool]:
    """New values of the cells that change, and whether shares are equal for want of anything to go by.

    reference: what RP and R% follow; a cell that has none gets nothing by RP and stays as it is by R%. by: the weights
    of a method that no code says.

    Months of rows that add up and are held (HC) keep their sums: the leaves under them that were not selected give way.
    """
    sheet, cells = wanted.sheet, wanted.cells
    if wanted.code.method in LINES and len({at for at, _ in cells}) > 1 and len({month for _, month in cells}) > 1:
        raise Refusal("code_rectangle", text=wanted.text)
    before = np.array([amount(sheet, place) for place in cells])
    kept = np.array([sheet.cell(*place)[1] for place in cells])
    figures = (*wanted.code.numbers, *before[kept & ~np.isnan(before)].tolist())
    exact = figures if wanted.code.method in {"P", "S", "R", "LS", "LR", "RP"} else ()
    unit = min((grid_unit(figure, rounding) for figure in exact), default=rounding)
    other = None
    if reference is not None:
        other = np.array([reference.get(place, np.nan) for place in cells])
        if np.isnan(other).all():
            raise InputError(Problem("plan_reference_empty", table="plan", value=sheet.year))
        other = np.nan_to_num(other) if wanted.code.method == "RP" else other
    if by is not None and wanted.method is not None:
        amount_of, held_too = wanted.code.numbers[0], (cells, before, kept)
        amounts, equal = shared(sheet, wanted.method, amount_of, by, held_too, unit)
        amounts = np.where(kept, before, amounts)
    else:
        done = spread(wanted.code, before, kept, other, unit)
        amounts, equal = done.amounts, done.announced_equal
    values: dict[Place, float | None] = {
        place: None if np.isnan(value) else float(value) for place, value in zip(cells, amounts, strict=True)
    }
    values |= given_way(sheet, values, unit)
    changed = {place: value for place, value in values.items() if differs(amount(sheet, place), value)}
    return changed, equal


def differs(old: float, new: float | None) -> bool:
    """Whether a cell changes by a cent or more, or between blank and not."""
    if np.isnan(old) or new is None:
        return np.isnan(old) != (new is None)
    return abs(old - new) >= SAME


def given_way(sheet: PlanSheet, values: Mapping[Place, float | None], unit: float) -> dict[Place, float]:
    """Break-back under held sums, the deepest first: the free leaves that were not selected, in proportion."""
    found: dict[Place, float] = {}
    for at, month in held_sums(sheet):
        leaves = [(leaf, month) for leaf in sheet.leaves(at)]
        if not any(place in values for place in leaves):
            continue
        total = float(np.nansum([amount(sheet, place) for place in leaves]))
        now = {place: found.get(place, values.get(place, amount(sheet, place))) for place in leaves}
        free = [place for place in leaves if place not in values and place not in found and not sheet.cell(*place)[1]]
        fixed = sum(value or 0.0 for place, value in now.items() if place not in free and not _blank(value))
        rest = round(total - fixed, 2)
        if abs(rest - np.nansum([amount(sheet, place) for place in free])) < SAME:
            continue
        if not free or rest < 0 <= total:
            facts = {"name": name_of(sheet.rows[at]), "month": sheet.months[month], "total": total, "fixed": fixed}
            raise InputError(Problem("spread_total_held", table="plan", facts=facts))
        weights = np.nan_to_num(np.array([amount(sheet, place) for place in free]))
        shared = allocation(rest, weights, unit=grid_unit(rest, unit))
        found |= dict(zip(free, shared.amounts.tolist(), strict=True))
    return found


def _blank(value: float | None) -> bool:
    return value is None or bool(np.isnan(value))


def held(book: Book, work: Work, wanted: Wanted) -> Answer:
    """Holds of leaves (H, RH), of sums (HC, RC), or all holds released (RA), written at once."""
    sheet, method = wanted.sheet, wanted.code.method
    leaves, sums = held_places(wanted)
    on = method in {"H", "HC"}
    changes: dict[Place, Planned] = {}
    for place in leaves:
        value = amount(sheet, place)
        if sheet.cell(*place)[1] != on and not (on and np.isnan(value)):  # an empty cell has nothing to keep
            changes[place] = (None if np.isnan(value) else value, on)
    marks = [place for place in sums if sheet.cell(*place)[1] != on]
    if not changes and not marks:
        return Answer(says=word("said.held_none", book.lang), undoable=False)
    new = sheet.with_cells(changes)
    writes: list[Change] = written(work, new, [at for at, _ in changes])
    column = FIRST_MONTH + 1
    writes += [Patch(sheet.area, at + 1, column + 2 * month, [[HELD if on else None]]) for at, month in marks]
    if marks and TABLE in work.raw.tables:
        marked = new.with_marks(marks, held=on)
        limits = fold_limits(work.raw.tables[TABLE], work.raw.origins[TABLE], [marked])
        writes += replaced(work.raw.tables, limits.raw)
    count = len(changes) + len(marks)
    says = word("said.held" if on else "said.released", book.lang, cells=count)
    parameters = f"{sheet.measure} {sheet.version} {sheet.year}: {wanted.text}"
    return Answer(tuple(merged(work.pending, writes)), says, parameters=parameters, rows=count)


def held_places(wanted: Wanted) -> tuple[Cells, Cells]:
    """The leaves and the sums whose hold is set or released."""
    sheet, method = wanted.sheet, wanted.code.method
    if method == "RA":
        every = [(row, month) for row in sheet.rows for month in sheet.places]
        places = [((row.at, month), row.leaf) for row, month in every]
        return [place for place, leaf in places if leaf], [place for place, leaf in places if not leaf]
    if method in TOTALS:
        if not wanted.totals:
            raise InputError(Problem("spread_no_total", table="plan", facts={"code": method}))
        return [], wanted.totals
    return wanted.cells, []
