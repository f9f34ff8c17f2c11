"""Which raw column is which of ours: by key or by the heading in either language, whatever case, width or spaces."""

from dataclasses import dataclass, field
from functools import cache

import pandas as pd

from xlsales.labels import LANGUAGES, words
from xlsales.schema.model import Table
from xlsales.validate.codes import plain

ALIKE = 70.0  # how alike two names must be, of 100, to be worth asking "did you mean"


@dataclass(frozen=True)
class Headers:
    """What the headings of a raw table mean.

    position: our key to the place of its raw column. twice: our keys that two raw columns claim with different cells,
    as key to the headings. extra: headings that are none of ours, as place to heading.
    """

    position: dict[str, int]
    twice: dict[str, list[str]] = field(default_factory=dict)
    extra: dict[int, str] = field(default_factory=dict)


@cache
def names(table: Table) -> dict[str, str]:
    """Every accepted heading of a table's columns, in plain form, to the column's key.

    A column may be called by its own word in this table or by the word of all columns of that name.
    """
    found: dict[str, str] = {}
    for stem in (table.key + ".", "column."):
        for column in table.columns:
            entry = words().get(stem + column.key, {})
            for lang in LANGUAGES:
                if entry.get(lang):
                    found.setdefault(plain(entry[lang]), column.key)
    # A key always means itself, even where another column's heading reads the same.
    return found | {plain(column.key): column.key for column in table.columns}


def recognise(table: Table, raw: pd.DataFrame) -> Headers:
    """Match the raw headings with the table's columns.

    >>> from xlsales.schema import TABLES
    >>> recognise(TABLES["regions"], pd.DataFrame(columns=["REGION ", "Parent", "hue"]))
    Headers(position={'region': 0, 'parent': 1}, twice={}, extra={2: 'hue'})
    """
    accepted = names(table)
    position: dict[str, int] = {}
    twice: dict[str, list[str]] = {}
    extra: dict[int, str] = {}
    for place, heading in enumerate(raw.columns):
        text = "" if heading is None or heading != heading else str(heading).strip()  # noqa: PLR0124 - NaN
        key = accepted.get(plain(text))
        if key is None:
            extra[place] = text
        elif key not in position:
            position[key] = place
        elif not raw.iloc[:, place].equals(raw.iloc[:, position[key]]):
            twice.setdefault(key, [str(raw.columns[position[key]])]).append(text)
    for key in twice:
        del position[key]
    return Headers(position, twice, extra)


def alike(text: str, known: list[str]) -> str:
    """The known name most like a text; empty where none is.

    >>> alike("Custmer", ["customer", "product"])
    'customer'
    """
    from rapidfuzz import fuzz, process  # noqa: PLC0415 - only a slip of the pen needs it

    found = process.extractOne(text, known, scorer=fuzz.ratio, score_cutoff=ALIKE, processor=plain)
    return found[0] if found else ""
