"""Names and texts of the demonstration company in one language."""

from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from xlsales.labels import Words, read_words

PREFIX = "demo."


@cache
def demo_words() -> Words:
    """The words of `words/demo.csv`."""
    found: Words = {}
    read_words((files("xlsales.words") / "demo.csv").read_text("utf-8"), "demo.csv", found)
    return found


@cache
def group(name: str, lang: str) -> dict[str, str]:
    """The words of one group (`demo.NAME.KEY`) by their key, in file order."""
    start = f"{PREFIX}{name}."
    return {key.removeprefix(start): row[lang] for key, row in demo_words().items() if key.startswith(start)}


def name(of: str, key: str, lang: str) -> str:
    """One word of a group."""
    return group(of, lang)[key]


def listed(of: str, lang: str) -> NDArray[np.object_]:
    """The words of a group as an array, to be picked by position."""
    return np.array(list(group(of, lang).values()), dtype=object)
