"""Ready mappings of common exports, one file each: our columns to the headings that a program writes.

A file names its program (`title`), where in the program the export is made (`export`), what its headings were taken
from (`taken_from`), and for each of our tables `columns` (our key = the heading, or several of which the first that
stands there counts) and `values` (a column's values as the program writes them = ours).
"""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from xlsales.schema import TABLES
from xlsales.sources.raw import refuse

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


def ready(name: str, table: str, headings: list[str], place: str) -> tuple[Columns, Values]:
    """Our columns and their headings in a file with these headings, and the values to be changed.

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
    for key, wanted in entry["columns"].items():
        found = next((heading for heading in _several(wanted) if heading in headings), None)
        if found is not None:
            columns[key] = found
        elif key in TABLES[table].required:
            raise refuse("mapping_heading", place, table, value=name, wanted=_several(wanted), headings=headings)
    return columns, {key: pairs for key, pairs in entry.get("values", {}).items() if key in columns}


def _several(wanted: str | list[str]) -> list[str]:
    return [wanted] if isinstance(wanted, str) else wanted
