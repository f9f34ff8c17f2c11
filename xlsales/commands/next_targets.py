"""The button Take proposals: the next targets as a preview of old and new, written by Confirm preview."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from xlsales.commands.answer import Answer
from xlsales.commands.protocol import Book, Cell, Grid, Replace
from xlsales.commands.reading import compute, load
from xlsales.core.next_cycle import proposed_targets
from xlsales.labels import LANGUAGES, label, word
from xlsales.problems import InputError, Problem
from xlsales.schema.targets import MEASURES, SCOPES

# measure, scope, member, name, period, then the running target, where it lands, the proposal, the reason
HEADS = ("measure", "scope", "member", "name", "period", "old", "landing", "new", "change", "reason")
TEXTS = 5
CHANGE = HEADS.index("change")
EXACT = 1e-9


def take_targets(book: Book) -> Answer:
    """Show what the review proposes as the next targets, old beside new; Confirm preview writes them."""
    work = load(book)
    found = compute(book, work, (), ("next_targets",)).get("next_targets")
    if found is None or found["new"].isna().all():
        raise InputError(Problem("targets_nothing_proposed"))
    before = work.tables["targets"]
    unit = float(work.settings["rounding"])
    after = proposed_targets(before, found, unit)
    place = ["measure", "scope", "member", "period"]
    known = found.assign(member=found["member"].fillna("")).drop_duplicates(place).set_index(place)
    new = after.merge(before[[*place, "target"]], on=place, how="left", suffixes=("", "_was"))
    new = new[(new["status"] == "proposed") & ~np.isclose(new["target"], new["target_was"].astype(float), rtol=EXACT)]
    rows: list[list[Cell]] = []
    for row in new.to_dict("records"):
        key = (row["measure"], row["scope"], _text(row["member"]), row["period"])
        if key not in known.index:
            continue
        asked = known.loc[key]
        words: list[Cell] = [
            word("value.measure." + row["measure"], book.lang),
            word("value.scope." + row["scope"], book.lang),
            _text(row["member"]) or None,
            _text(asked["name"]) or None,
            row["period"],
        ]
        old = row["target_was"] if not pd.isna(row["target_was"]) else asked["old"]
        goal = float(row["target"])
        numbers: list[Cell] = [float(old), float(asked["landing"]), goal, goal - float(old)]
        rows.append([*words, *numbers, _text(asked["reason"]) or None])
    if not rows:
        return Answer(says=word("said.targets_stand", book.lang), undoable=False)
    periods = word("where.list", book.lang).join(dict.fromkeys(str(row[4]) for row in rows))
    title = word("said.preview.targets", book.lang, period=periods)
    book.show_preview(title, [label("next_targets", key, book.lang) for key in HEADS], rows)
    says = word("said.targets_previewed", book.lang, rows=len(rows))
    return Answer(says=says, parameters=periods, rows=len(rows), undoable=False)


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def shows_targets(shown: Sequence[Sequence[Cell]]) -> bool:
    """Whether a preview is one of targets."""
    return bool(shown) and len(shown[0]) == len(HEADS)


def confirm_targets(book: Book, shown: Grid) -> Answer:
    """Write the targets that a preview shows; refused where one of them was changed since."""
    work = load(book)
    table = work.tables["targets"]
    rows = [_read(line) for line in shown]
    proposals = pd.DataFrame(rows, columns=[*HEADS[:3], "period", "old", "landing", "new", "reason"])
    place = ["measure", "scope", "member", "period"]
    standing = table[place].assign(member=table["member"].fillna(""), target=table["target"]).drop_duplicates(place)
    both = proposals.merge(standing, on=place, how="left")
    moved = both["target"].notna() & ~np.isclose(both["target"].astype(float), both["old"].astype(float), rtol=EXACT)
    if moved.any():
        raise InputError(Problem("preview_stale"))
    found = proposed_targets(
        table, proposals, float(work.settings["rounding"]), word("said.proposal_source", book.lang)
    )
    says = word("said.targets_written", book.lang, rows=len(rows))
    total = f"{len(rows)}: {proposals['new'].sum():,.2f}"
    changes = (*work.pending, Replace("targets", found))
    return Answer(changes, says, parameters=total, rows=len(rows), table="targets", ends_preview=True)


def _read(line: Sequence[Cell]) -> tuple[object, ...]:
    """A row of the preview: its codes and numbers."""
    measures = {word("value.measure." + key, lang): key for key in MEASURES for lang in LANGUAGES}
    scopes = {word("value.scope." + key, lang): key for key in SCOPES for lang in LANGUAGES}
    measure, scope = measures.get(str(line[0])), scopes.get(str(line[1]))
    numbers = line[TEXTS:CHANGE]
    if measure is None or scope is None or not all(isinstance(cell, (int, float)) for cell in numbers):
        raise InputError(Problem("preview_stale"))
    return measure, scope, str(line[2] or ""), str(line[4]), *numbers, line[CHANGE + 1]
