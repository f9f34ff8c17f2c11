"""Look up visible words: `words/*.csv` with the columns key, en, zh, and help_en, help_zh where something has help."""

import csv
from functools import cache
from importlib.resources import files

LANGUAGES = ("en", "zh")
Words = dict[str, dict[str, str]]


def read_words(text: str, where: str, into: Words) -> None:
    """Add the rows of one CSV text to the words `into`; a key that is there already is our own mistake."""
    for row in csv.DictReader(text.splitlines()):
        key = row.pop("key")
        if key in into:
            raise KeyError(f"{key} stands twice in the words, the second time in {where}")
        into[key] = {name: cell or "" for name, cell in row.items() if name}


@cache
def words() -> Words:
    """All words by key: {"en": ..., "zh": ..., "help_en": ..., "help_zh": ...}."""
    found: Words = {}
    folder = files("xlsales.words")
    for entry in sorted(folder.iterdir(), key=lambda item: item.name):
        if entry.name.endswith(".csv"):
            read_words(entry.read_text("utf-8"), entry.name, found)
    return found


def word(key: str, lang: str, **facts: object) -> str:
    """The words of a key in a language, with its facts put in; an unknown key is our own mistake.

    >>> word("language.zh", "en")
    'Chinese'
    """
    text = words()[key][lang]
    return text.format(**facts) if facts else text


def known(key: str) -> bool:
    """Whether words exist for a key."""
    return key in words()


def label(table: str, column: str, lang: str) -> str:
    """The heading of a table's column: its own word if there is one, else the word of all columns of that name."""
    return _entry(table, column)[lang]


def column_help(table: str, column: str, lang: str) -> str:
    """The explanation shown beside a heading."""
    return _entry(table, column)["help_" + lang]


def _entry(table: str, column: str) -> dict[str, str]:
    found = words()
    own = f"{table}.{column}"
    return found[own] if own in found else found["column." + column]
