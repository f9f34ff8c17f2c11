"""What every table function is told at its end: the settings range and the language."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, NoReturn

import pandas as pd

from xlsales.core.calendar import Calendar
from xlsales.core.money_rules import MoneyRules
from xlsales.labels import LANGUAGES, words
from xlsales.problems import InputError, Problem
from xlsales.schema import TABLES
from xlsales.schema.origin import Origin
from xlsales.schema.settings import SETTINGS
from xlsales.udfs.cells import Range, as_range
from xlsales.validate import read_settings
from xlsales.validate.codes import plain
from xlsales.validate.headers import recognise

KEY = "key"
MONTH_END = 31  # a month that closes on the 31st closes on its last day
# What messages are written in where nobody says: a host sets the language of its user.
SPOKEN: ContextVar[str] = ContextVar("SPOKEN", default="en")
ALIKE = "setting_unknown_like"  # a setting that looks like one of ours is a slip, any other is the user's own


@dataclass(frozen=True)
class Setup:
    """Typed settings, which of them the range states, the language of messages, and that of headings (or "key")."""

    settings: Mapping[str, Any]
    stated: frozenset[str] = frozenset()
    lang: str = "en"
    shown: str = "en"

    def refuse(self, code: str, **facts: object) -> NoReturn:
        """Raise the error of that code in the language of messages."""
        raise InputError(Problem(code, facts=facts), self.lang)

    @property
    def calendar(self) -> Calendar:
        """How the company cuts its days."""
        close = int(self.settings["month_close_day"])
        return Calendar(int(self.settings["fiscal_year_start"]), None if close >= MONTH_END else close)

    @property
    def rules(self) -> MoneyRules:
        """The settings that money depends on."""
        names = ("currency", "prices_include_tax", "tax_rate", "fx", "bill_counts_on", "receivables_include_tax")
        return MoneyRules(**{name: self.settings[name] for name in names})

    @property
    def as_of(self) -> pd.Timestamp | None:
        """The day that the settings name."""
        day = self.settings["as_of"]
        return None if day is None else pd.Timestamp(day)


@dataclass(frozen=True)
class Given:
    """The arguments of one call, read; and as what ranges they came."""

    values: Mapping[str, Any]
    ranges: Mapping[str, Range]
    setup: Setup

    def __getitem__(self, name: str) -> Any:
        return self.values[name]


@contextmanager
def speaking(lang: str) -> Iterator[None]:
    """Write messages in that language while this lasts, where no argument says otherwise."""
    token = SPOKEN.set(lang)
    try:
        yield
    finally:
        SPOKEN.reset(token)


def read_setup(settings: Any = None, lang: Any = None) -> Setup:
    """Read the last two arguments; either may be left out.

    >>> read_setup([["currency", "EUR"]], "zh").settings["currency"]
    'EUR'
    """
    spoken = SPOKEN.get()
    wanted = _language(lang, spoken)
    given = as_range(settings)
    if given.empty:
        typed, problems = read_settings(None)
        stated: frozenset[str] = frozenset()
    else:
        frame, origin = _settings_frame(given, spoken if wanted in (None, KEY) else wanted)
        typed, problems = read_settings(frame, origin)
        stated = frozenset(_stated(frame))
    if "language" in stated:
        spoken = typed["language"]
    shown = wanted or spoken
    heard = spoken if shown == KEY else shown
    for problem in problems:
        if problem.severity == "error" or problem.code == ALIKE:
            raise InputError(problem, heard)
    return Setup(typed, stated, heard, shown)


def _language(lang: Any, spoken: str) -> str | None:
    """The language that the argument names: en, zh, key, or the languages' own names."""
    cells = as_range(lang)
    if cells.empty:
        return None
    known = {plain(word): name for name in LANGUAGES for word in _names("language." + name)}
    known |= {plain(name): name for name in (*LANGUAGES, KEY)} | {"中文": "zh", "汉语": "zh"}
    text = ", ".join(str(cell) for row in cells.rows for cell in row if cell is not None)
    found = known.get(plain(text)) if len(cells.rows) == 1 else None
    if found is None:
        raise InputError(Problem("cell_lang", facts={"found": text}), spoken)
    return found


def _names(key: str) -> list[str]:
    return [words()[key][lang] for lang in LANGUAGES]


def _settings_frame(given: Range, lang: str) -> tuple[pd.DataFrame, Origin]:
    """The settings range as a frame; its header row may be there or not."""
    heads = {plain(name) for name in (*_names("column.setting"), "setting")}
    widths = {len(row) for row in given.rows}
    if len(widths) == 1 and any(plain(str(cell)) in heads for cell in given.rows[0]):
        names = [str(cell or "") for cell in given.rows[0]]
        return pd.DataFrame(given.rows[1:], columns=names, dtype=object), Origin()
    if widths != {2}:
        raise InputError(Problem("cell_settings", facts={"columns": max(widths)}), lang)
    return pd.DataFrame(given.rows, columns=["setting", "value"], dtype=object), Origin(header_row=0)


def _stated(frame: pd.DataFrame) -> Iterator[str]:
    """The settings for which the range holds a value."""
    place = recognise(TABLES["settings"], frame).position
    if {"setting", "value"} - set(place):
        return
    names = {plain(name): key for key in SETTINGS for name in (*_names("setting." + key), key)}
    for name, value in frame.iloc[:, [place["setting"], place["value"]]].to_numpy(object).tolist():
        if value is not None and plain(str(name)) in names:
            yield names[plain(str(name))]
