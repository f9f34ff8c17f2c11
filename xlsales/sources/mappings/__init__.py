"""Ready mappings of common exports, one file each: our columns to the headings that a program writes.

A file names its program (`title`), where in the program the export is made (`export`), what its headings were taken
from (`taken_from`), whether a public source was seen (`confirmed`), and for each of our tables `columns` (our key =
the heading, or several of which the first that stands there counts), `values` (a column's values as the program writes
them = ours), `once` (columns that the program fills on the first line of a document only; the first of them is its
number), `numbered` (a column that is counted within the document where the file has none of its headings) and
`moments` (our date column = hours east of Greenwich by which a day begins, for programs that write milliseconds since
1970).
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

from xlsales.labels import LANGUAGES, label
from xlsales.schema import TABLES
from xlsales.sources.raw import Unreadable, refuse

ALIKE = 80.0  # how alike, of 100, a heading must be to be suggested
Columns = dict[str, str]
Values = Mapping[str, Mapping[str, str]]


@cache
def mappings() -> dict[str, dict[str, Any]]:
    """Every ready mapping by its name."""
    folder = files("xlsales.sources.mappings")
    entries = sorted(folder.iterdir(), key=lambda entry: entry.name)
    return {
        entry.name.removesuffix(".toml"): tomllib.loads(entry.read_text("utf-8"))
        for entry in entries
        if entry.name.endswith(".toml")
    }


@dataclass(frozen=True)
class Ready:
    """A ready mapping for one file. columns: our key = its heading; words: by our key, a value there = ours;
    once, numbered, moments: by our keys, as in the file above.
    """

    columns: Columns
    words: Values
    once: tuple[str, ...] = ()
    numbered: str = ""
    moments: Mapping[str, int] = field(default_factory=dict)


def ready(name: str, table: str, headings: list[str], place: str) -> Ready:
    """What a ready mapping makes of a file with these headings.

    Raises Unreadable: no such mapping, one that does not know the table, a file without a column that a row needs.
    """
    known = mappings()
    if name not in known:
        raise refuse("mapping_unknown", place, value=name, known=sorted(known))
    entry = known[name].get(table)
    if entry is None:
        tables = [key for key in known[name] if key in TABLES]
        raise refuse("mapping_table", place, table, value=name, tables=tables)
    columns: Columns = {}
    counted = entry.get("numbered", "")
    for key, wanted in entry["columns"].items():
        found = next((heading for heading in _several(wanted) if heading in headings), None)
        if found is not None:
            columns[key] = found
        elif key in TABLES[table].required and key != counted:
            raise refuse("mapping_heading", place, table, value=name, wanted=_several(wanted), headings=headings)
    values = {key: pairs for key, pairs in entry.get("values", {}).items() if key in columns}
    once = tuple(key for key in entry.get("once", ()) if key in columns)
    moments = {key: hours for key, hours in entry.get("moments", {}).items() if key in columns}
    return Ready(columns, values, once, counted if counted not in columns else "", moments)


def fitting(table: str, headings: list[str]) -> str:
    """The ready mapping that knows the most headings of a file and misses none that a row needs; "" where none does.

    >>> fitting("orders", ["VBELN", "POSNR", "AUDAT", "KUNNR", "MATNR", "KWMENG", "NETWR"])
    'sap'
    """
    best, most = "", 0
    for name, program in mappings().items():
        if not isinstance(program.get(table), dict):
            continue
        try:
            known = len(ready(name, table, headings, "").columns)
        except Unreadable:
            continue
        best, most = (name, known) if known > most else (best, most)
    return best


def _several(wanted: str | list[str]) -> list[str]:
    return [wanted] if isinstance(wanted, str) else wanted


def suggested(table: str, headings: list[str]) -> Columns:
    """Which heading of a file each of our columns may mean, by name; each heading once, the likeliest first.

    >>> suggested("regions", ["Regions", "Parnt", "hue"])
    {'region': 'Regions', 'parent': 'Parnt'}
    """
    from rapidfuzz import fuzz  # reading a source suggests nothing

    names = {key: _names(table, key) for key in (column.key for column in TABLES[table].columns)}
    scores = sorted(
        ((max(fuzz.ratio(name, _plain(heading)) for name in known), key, heading)
         for key, known in names.items() for heading in headings),
        key=lambda score: -score[0],
    )  # fmt: skip
    found: Columns = {}
    for score, key, heading in scores:
        if score >= ALIKE and key not in found and heading not in found.values():
            found[key] = heading
    return {key: found[key] for key in names if key in found}


def _names(table: str, key: str) -> set[str]:
    """What a column is called: its key, and its headings in both languages."""
    return {_plain(key), *(_plain(label(table, key, lang)) for lang in LANGUAGES)}


def _plain(text: str) -> str:
    return re.sub(r"[\s_\-*]+", "", text).casefold()
