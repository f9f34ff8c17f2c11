"""The button Take actions: proposed actions become actions of one's own, with owner, dates, goal and check date."""

import pandas as pd

from xlsales.commands.answer import Answer
from xlsales.commands.protocol import Append, Book, Selection
from xlsales.commands.reading import load
from xlsales.labels import word
from xlsales.problems import InputError, Problem
from xlsales.schema import TABLES
from xlsales.schema.origin import Origin
from xlsales.validate import validate

SOURCE = "proposed_actions"
SHOWN = 6  # actions named in the question


def take_actions(book: Book) -> Answer:
    """Put the selected proposals (all of them where none is selected) into the actions as open ones."""
    raw = book.read([SOURCE])
    if SOURCE not in raw.tables:
        raise InputError(Problem("actions_nothing_proposed"))
    rows = raw.tables[SOURCE].reset_index(drop=True)
    chosen = rows.iloc[selected_rows(book.selection(), raw.origins[SOURCE], len(rows))]
    proposed, _ = validate(TABLES[SOURCE], chosen, origin=raw.origins[SOURCE])
    if proposed.empty:
        raise InputError(Problem("actions_nothing_proposed"))
    work = load(book)
    own = work.tables["actions"]
    fresh = proposed[~proposed["action_id"].isin(own["action_id"])]
    if fresh.empty:
        return Answer(says=word("said.actions_stand", book.lang), undoable=False)
    frame = fresh.assign(status="open").reindex(columns=own.columns).astype(own.dtypes)
    lines = [f"{row['what']} ({row['who']}, {row['where']})" for row in frame.head(SHOWN).to_dict("records")]
    more = word("said.actions_more", book.lang, count=len(frame) - SHOWN) if len(frame) > SHOWN else ""
    asks = word("said.actions_asks", book.lang, rows=len(frame))
    gain = pd.to_numeric(frame["expected_gain"]).sum()
    says = word("said.actions_taken", book.lang, rows=len(frame))
    question = "\n".join(part for part in (asks, *lines, more) if part)
    changes = (*work.pending, Append("actions", frame))
    return Answer(changes, says, question, f"{len(frame)}: {gain:,.2f}", len(frame), table="actions")


def selected_rows(selected: Selection | None, origin: Origin, rows: int) -> list[int]:
    """The rows of a table, from 0, that a selection touches; all of them where it touches none."""
    every = list(range(rows))
    if selected is None or selected.sheet != origin.sheet:
        return every
    touched = {
        row - origin.header_row - 1
        for block in selected.blocks
        for row in range(block.row, min(block.row + block.height, origin.header_row + 1 + rows))
    }
    return sorted(touched & set(every)) or every
