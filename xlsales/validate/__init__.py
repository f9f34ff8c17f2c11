"""Check raw tables against their declaration: everything wrong is collected, nothing is left out in silence."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import pandas as pd

from xlsales.problems import Problem
from xlsales.schema import TABLES
from xlsales.schema.model import Table
from xlsales.schema.origin import NOWHERE, Origin
from xlsales.validate.references import Readings, check_references
from xlsales.validate.relations import check_rates, check_stages, check_sums, check_trees
from xlsales.validate.rules import Settings
from xlsales.validate.settings import check_settings, defaults, read_settings
from xlsales.validate.table import empty, read_table

EXCLUDED = {"table": "str", "row": "Int64", "sheet": "str", "source": "str", "key": "str", "money": "float64"}


class Read(Protocol):
    """What `sources` reads: raw tables, where each was found, and what was wrong on the way."""

    tables: dict[str, pd.DataFrame]
    origins: dict[str, Origin]
    problems: list[Problem]


@dataclass(frozen=True)
class Checked:
    """Checked tables (every table of the schema but results), typed settings, problems, and the rows left out.

    excluded: table, row, sheet, source, key (the row's identifying values), money (NaN where it does not say).
    """

    tables: dict[str, pd.DataFrame]
    settings: dict[str, Any]
    problems: list[Problem]
    excluded: pd.DataFrame


def validate(
    table: Table, raw: pd.DataFrame, *, origin: Origin = NOWHERE, settings: Settings | None = None
) -> tuple[pd.DataFrame, list[Problem]]:
    """One table checked by itself: its good rows with our columns and dtypes, and the problems.

    Codes, texts and periods are `str`, dates datetime64[s], numbers float64, flags boolean; columns that are none of
    ours stand behind, as they were. References to other tables are not looked at.

    >>> raw = pd.DataFrame({"Region": ["N", "S", "N"], "name": ["North", None, "Again"]})
    >>> frame, problems = validate(TABLES["regions"], raw)
    >>> frame["region"].tolist(), [(problem.code, problem.row) for problem in problems]
    (['N', 'S'], [('key_twice', 4)])
    """
    reading = read_table(table, raw, origin, defaults() if settings is None else settings)
    return reading.good, reading.findings.problems(reading.money)


def validate_all(
    raws: Read | Mapping[str, pd.DataFrame],
    origins: Mapping[str, Origin] | None = None,
    settings: Settings | None = None,
    *,
    lang: str = "",
) -> Checked:
    """All tables checked, each by itself and against the others; unknown references name what may be meant.

    raws: raw frames by table, or what `sources` read. settings: typed settings that hold instead of the table of
    settings. lang: the language that holds where no setting names one. A row with an error is left out and stands in
    `excluded`; a warning or a note keeps its row. A wrong reference in a column that a row can do without is a
    warning, and that cell is blank in the result.
    """
    given: Mapping[str, pd.DataFrame]
    problems: list[Problem] = []
    if isinstance(raws, Mapping):
        given, places = raws, dict(origins or {})
    else:
        given, places = raws.tables, {**raws.origins, **(origins or {})}
        problems = list(raws.problems)
    readings: Readings = {}
    own = defaults() | ({"language": lang} if lang else {})
    if "settings" in given:
        typed, readings["settings"] = check_settings(given["settings"], places.get("settings", NOWHERE))
        said = set(readings["settings"].good["setting"])
        own |= {key: value for key, value in typed.items() if key in said}
    own |= dict(settings or {})
    for key, table in TABLES.items():
        if key in given and key != "settings" and table.role != "result":
            readings[key] = read_table(table, given[key], places.get(key, NOWHERE), own)
    check_trees(readings)
    check_references(readings)
    check_stages(readings)
    check_rates(readings, own)
    check_sums(readings)
    tables = {
        key: readings[key].good if key in readings else empty(table)
        for key, table in TABLES.items()
        if table.role != "result"
    }
    for reading in readings.values():
        problems += reading.findings.problems(reading.money)
    return Checked(tables, own, problems, excluded(readings))


def excluded(readings: Readings) -> pd.DataFrame:
    """The rows that errors leave out, with what they are worth."""
    parts = []
    for key, reading in readings.items():
        findings = reading.findings
        out = findings.left_out
        if not out.any():
            continue
        rows = reading.frame[out]
        keys = rows[list(findings.table.keys)].astype(object)
        named = [", ".join(_word(value) for value in row if not pd.isna(value)) for row in keys.to_numpy()]
        numbers = [findings.number(place) for place in out.nonzero()[0].tolist()]
        origin = findings.origin
        parts.append(
            pd.DataFrame(
                {
                    "table": key,
                    "row": numbers,
                    "sheet": origin.sheet,
                    "source": origin.source,
                    "key": named,
                    "money": reading.money[out].to_numpy(),
                }
            ).astype(EXCLUDED)
        )
    if not parts:
        return pd.DataFrame({name: pd.Series(dtype=dtype) for name, dtype in EXCLUDED.items()})
    return pd.concat(parts, ignore_index=True)


def _word(value: object) -> str:
    return str(value.date()) if isinstance(value, pd.Timestamp) else str(value)


__all__: Sequence[str] = ["Checked", "Origin", "Read", "read_settings", "validate", "validate_all"]
