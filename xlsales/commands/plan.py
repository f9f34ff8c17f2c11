"""The buttons of the group Plan: allocate with a preview, confirm, discard, hold, release."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

import numpy as np

from xlsales.commands.plan_goals import allocated_view, goals_of, history_of, lines_on
from xlsales.commands.plan_limits import name_of
from xlsales.commands.plan_sheet import Planned, PlanSheet, by_key, code, fold
from xlsales.commands.plan_view import PlanView, as_shown, frame_of
from xlsales.commands.plan_view_fold import fold_view, merged, on_sheets
from xlsales.commands.planning import Allocated, Cells, Rules, allocated, cell_bounds, chosen_cells, locked_rows
from xlsales.commands.protocol import Book, Cell, Change, Replace, Selection
from xlsales.commands.reading import PLANNING, Answer, Work, load, results_named
from xlsales.core.refusal import Refusal
from xlsales.labels import LANGUAGES, label, word
from xlsales.problems import InputError, Problem, from_refusal

NUMBERS = 5  # old, new, change begin here


def allocate(book: Book) -> Answer:
    """Spread targets over the selected cells and show old and new values; clicked on the preview, write them."""
    selected = book.selection()
    if book.preview() is not None and selected is not None and selected.sheet.casefold() in _preview_names():
        return confirm(book)
    work = load(book, only=PLANNING)
    sheet, chosen = chosen_on(work, selected)
    if not _filled(sheet, chosen):
        work = load(book)
    try:
        done = worked_out(work, sheet, chosen)
    except Refusal as refusal:
        raise InputError(replace(from_refusal(refusal), table="plan")) from refusal
    if not done.cells:
        return Answer(says=word("said.plan_meets", book.lang), rows=0, undoable=False)
    show(book, sheet, done)
    says = word("said.previewed", book.lang, cells=len(done.cells))
    return Answer(says=says, parameters=sheet.measure, rows=len(done.cells), undoable=False)


def worked_out(work: Work, sheet: PlanSheet, chosen: Cells) -> Allocated:
    """The new values of the chosen cells."""
    rules = rules_of(work, sheet, chosen)
    if not isinstance(sheet, PlanView):
        return allocated(sheet, chosen, work.tables["targets"], rules)
    goals = goals_of(work.tables, sheet, lines_on(sheet))
    return allocated_view(sheet, chosen, goals, replace(rules, over=0.0))


def _preview_names() -> set[str]:
    return {word("sheet.preview", lang).casefold() for lang in ("en", "zh")} | {"preview", "xs_preview"}


def chosen_on(work: Work, selected: Selection | None) -> tuple[PlanSheet, Cells]:
    """The plan sheet that the selection is on, and its leaf cells; cells that hold no numbers are refused."""
    sheet = next((each for each in work.planned if selected and each.matrix.sheet == selected.sheet), None)
    if sheet is None or selected is None:
        raise InputError(Problem("plan_not_selected"))
    chosen = chosen_cells(sheet, selected.blocks)
    if not chosen:
        raise InputError(Problem("plan_not_selected"))
    wrong = [problem for problem in work.problems if problem.table == "plan" and problem.sheet == sheet.matrix.sheet]
    if wrong:
        raise InputError(wrong[0])
    return sheet, chosen


def rules_of(work: Work, sheet: PlanSheet, chosen: Cells) -> Rules:
    """What the book says an allocation of a sheet has to keep to; refused where every chosen row is locked."""
    locked = locked_rows(sheet, work.tables["targets"])
    if all(at in locked for at, _ in chosen):
        names = list(dict.fromkeys(name_of(sheet.rows[at]) for at, _ in chosen))
        raise InputError(Problem("plan_locked", table="plan", facts={"names": names, "year": sheet.year}))
    settings, plan = work.settings, work.tables["plan"]
    history = None if _filled(sheet, chosen) else drawn(work, sheet)
    over = float(settings["over_assignment"])
    return Rules(float(settings["rounding"]), over, cell_bounds(sheet, plan), locked, history)


def _filled(sheet: PlanSheet, chosen: Cells) -> bool:
    """Whether the plan has a shape of its own to keep."""
    return any(isinstance(sheet.cell(at, month)[0], float) and sheet.cell(at, month)[0] != 0 for at, month in chosen)


def drawn(work: Work, sheet: PlanSheet) -> dict[tuple[str, str, str], float]:
    """What the cycle would plan where nothing is planned yet: by last year's figures, by leaf and month."""
    if isinstance(sheet, PlanView):
        return history_of(results_named(work, "lines", "cash"), sheet)
    none = replace(work, tables={**work.tables, "plan": work.tables["plan"].iloc[:0]})
    plan = results_named(none, "plan").get("plan", work.tables["plan"].iloc[:0])
    plan = plan[plan["measure"] == sheet.measure]
    keys = zip(plan["region"].fillna(""), plan["salesperson"].fillna(""), plan["period"], strict=True)
    return dict(zip(keys, plan["value"].tolist(), strict=True))


def show(book: Book, sheet: PlanSheet, done: Allocated) -> None:
    """Lay the old and new values of an allocation on the sheet Preview."""
    facts = {
        "measure": sheet.title(book.lang),
        "version": sheet.version,
        "year": sheet.year,
        "target": f"{done.total:,.2f}",
    }
    key = "said.preview.equal" if done.equal else "said.preview.title"
    title = word(key, book.lang, **facts)
    if done.buffer:
        title += word("said.preview.buffer", book.lang, buffer=f"{-done.buffer:,.2f}")
    lay(book, sheet, title, done.cells)


def lay(
    book: Book,
    sheet: PlanSheet,
    title: str,
    cells: Mapping[tuple[int, int], float | None],
    more: Mapping[tuple[int, int], Sequence[Cell]] = MappingProxyType({}),
    heads_of: Sequence[str] = ("why",),
) -> None:
    """Lay old and new values on the sheet Preview. cells: the new ones by row and month, None for a cell emptied.

    more: what stands behind the change of each cell, under these headings: why it gets what it gets.
    """
    measure = sheet.title(book.lang)
    rows: list[list[Cell]] = []
    for (at, month), value in cells.items():
        row, old = sheet.rows[at], sheet.cell(at, month)[0]
        before = float(old) if isinstance(old, float) else None
        change = (value or 0.0) - (before or 0.0)
        names: list[Cell] = [row.region or None, row.salesperson or None, row.name or None]
        rows.append([measure, *names, sheet.months[month], before, value, change, *(more[at, month] if more else ())])
    cut = (*sheet.cut.columns, "")[:2] if isinstance(sheet, PlanView) else ("region", "salesperson")
    named = ("measure", *cut, "period")
    heads = [label("plan", key, book.lang) if key else "" for key in named]
    heads.insert(3, label("salespeople", "name", book.lang))
    heads += [word("said.preview." + key, book.lang) for key in ("old", "new", "change", *(heads_of if more else ()))]
    book.show_preview(title, heads, rows)


def confirm(book: Book) -> Answer:
    """Write what the preview shows; refused where the plan was changed since."""
    shown = book.preview()
    if shown is None:
        raise InputError(Problem("preview_missing"))
    from xlsales.commands.next_targets import confirm_targets, shows_targets  # noqa: PLC0415 - it stands on this group

    if shows_targets(shown):
        return confirm_targets(book, shown)
    from xlsales.commands.spread_presence import confirm_presence, shows_presence  # noqa: PLC0415 - as above

    if shows_presence(shown):
        return confirm_presence(book, shown)
    work = load(book, only=PLANNING)
    sheet, changes = from_preview(work, shown)
    says = word("said.allocated", book.lang, cells=len(changes))
    before = sum(cell for place in changes if isinstance(cell := sheet.cell(*place)[0], float))
    after = sum(value or 0.0 for value, _ in changes.values())
    parameters = f"{sheet.measure} {sheet.version} {sheet.year}: {before:,.2f} → {after:,.2f}"
    return replace(answer_of(work, sheet, changes, says), parameters=parameters)


def from_preview(work: Work, shown: Sequence[Sequence[Cell]]) -> tuple[PlanSheet, dict[tuple[int, int], Planned]]:
    """The cells that a preview is about, with their new values."""
    sheet = next((each for each in work.planned if str(shown[0][0]) in {each.title(lang) for lang in LANGUAGES}), None)
    if sheet is None:
        raise InputError(Problem("preview_stale"))
    places = {
        (row.region, row.salesperson, month): (row.at, step)
        for row in sheet.rows
        if row.leaf
        for step, month in enumerate(sheet.months)
    }
    changes: dict[tuple[int, int], Planned] = {}
    for line in shown:
        place = places.get((code(line[1]), code(line[2]), str(line[4])))
        old, new = line[NUMBERS], line[NUMBERS + 1]
        if place is None or not (new is None or isinstance(new, float)):
            raise InputError(Problem("preview_stale"))
        now, held = sheet.cell(*place)
        if not _alike(now, old):
            raise InputError(Problem("preview_stale", sheet=sheet.matrix.sheet, cell=sheet.address(*place)))
        changes[place] = (new, held)
    return sheet, changes


def _alike(one: Cell, two: Cell) -> bool:
    if isinstance(one, float) and isinstance(two, float):
        return bool(np.isclose(one, two, rtol=1e-12, atol=1e-9))
    return one == two


def discard(book: Book) -> Answer:
    """Drop the preview; nothing is written."""
    if book.preview() is None:
        raise InputError(Problem("preview_missing"))
    return Answer(says=word("said.discarded", book.lang), undoable=False, ends_preview=True)


def answer_of(work: Work, sheet: PlanSheet, changes: dict[tuple[int, int], Planned], says: str) -> Answer:
    """Cells of a matrix written, and the long table brought in line with them."""
    new = sheet.with_cells(changes)
    writes = merged(work.pending, written(work, new, [at for at, _ in changes]))
    return Answer(tuple(writes), says, parameters=sheet.measure, rows=len(changes), ends_preview=True)


def written(work: Work, new: PlanSheet, rows: Sequence[int]) -> list[Change]:
    """The writes of a sheet whose cells changed in some rows: the cells, the long table, and what shows the same."""
    raw, origin = work.raw.tables["plan"], work.raw.origins["plan"]
    patches: list[Change] = [*new.patches(rows)]
    if not isinstance(new, PlanView):
        return [*patches, Replace("plan", fold(raw, origin, [new]).raw)]
    found = fold_view(raw, origin, new, float(work.settings["rounding"]))
    if found.problems:
        raise InputError(found.problems[0])
    _, typed = by_key(found.raw, origin)
    shown = Replace("plan_shown", frame_of(as_shown(new, typed)))
    return [*patches, Replace("plan", found.raw), shown, *on_sheets(dict(work.sheets), typed)]


def hold(book: Book) -> Answer:
    """The selected cells keep their values in every allocation."""
    return _held(book, held=True)


def release(book: Book) -> Answer:
    """The selected cells may change again."""
    return _held(book, held=False)


def _held(book: Book, *, held: bool) -> Answer:
    work = load(book, only=PLANNING)
    sheet, chosen = chosen_on(work, book.selection())
    changes: dict[tuple[int, int], Planned] = {}
    for at, month in chosen:
        value, before = sheet.cell(at, month)
        if before != held and not (held and value is None):  # an empty cell has nothing to keep
            changes[at, month] = (float(value) if isinstance(value, (int, float)) else None, held)
    if not changes:
        return Answer(says=word("said.held_none", book.lang), undoable=False)
    says = word("said.held" if held else "said.released", book.lang, cells=len(changes))
    return replace(answer_of(work, sheet, changes, says), ends_preview=False)
