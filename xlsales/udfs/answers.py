"""Results on their way out: frames become rows under a heading, codes become words in the language asked for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from xlsales.labels import known, label, word
from xlsales.udfs.cells import Cell, plain_out, rows_out
from xlsales.udfs.setup import KEY, Setup


@dataclass(frozen=True)
class Answer:
    """A table to show.

    table: whose headings its columns have. columns: which columns, in their order (all by default). words: columns
    that hold codes, with the group of words in which those are found.
    """

    frame: pd.DataFrame
    table: str
    columns: Sequence[str] = ()
    words: Mapping[str, str] = field(default_factory=dict)


def shown(answer: Answer, setup: Setup) -> list[list[Cell]]:
    """The rows of an answer under its headings; keys and codes as they are where the language is "key"."""
    columns = list(answer.columns) or [str(name) for name in answer.frame]
    frame = answer.frame[columns]
    if setup.shown == KEY:
        heads = columns
    else:
        heads = [heading(answer.table, name, setup.shown) for name in columns]
        frame = frame.assign(
            **{name: [said(group, code, setup.shown) for code in frame[name]] for name, group in answer.words.items()}
        )
    return [list(heads), *rows_out(frame.astype(object).to_numpy(object).tolist())]


def heading(table: str, column: str, lang: str) -> str:
    """The heading of a result's column; the user's own words stay as they are."""
    try:
        return label(table, column, lang)
    except KeyError:
        return column


def said(group: str, code: Any, lang: str) -> Cell:
    """A code in words: of `value.<group>`, else of `cell.<group>`, else the code itself."""
    text = plain_out(code)
    if not isinstance(text, str):
        return text
    for stem in ("value", "cell"):
        key = f"{stem}.{group}.{text}"
        if known(key):
            return word(key, lang)
    return text


def noted(notes: Any, lang: str) -> Cell:
    """Notes as the calculation writes them (codes, perhaps "=" and what it is about, "; " between) in words."""
    text = plain_out(notes)
    if not isinstance(text, str) or lang == KEY:
        return text
    parts = []
    for note in text.split("; "):
        code, _, what = note.partition("=")
        key = "note." + code
        parts.append(word(key, lang, what=what or None) if known(key) else note)
    return "; ".join(parts)
