"""What reading gives: raw tables, where each was found, and what was said on the way."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from xlsales.problems import InputError, Problem, sentence
from xlsales.schema import TABLES
from xlsales.schema.origin import Origin

READ = frozenset(key for key, table in TABLES.items() if table.role != "result")  # results are written, never read


@dataclass(frozen=True)
class Taken:
    """How one table was read: from where, how many rows, in how many seconds, and what the source says of itself.

    time: when the source was changed last (a file) or asked (a database), by its own clock. control: the total of the
    table's money that the source states, None where it states none. since: the date column, and the day from which
    rows were asked for.
    """

    source: str
    rows: int
    seconds: float
    time: str = ""
    control: float | None = None
    since: tuple[str, dt.date] | None = None


@dataclass
class Raw:
    """Raw frames by table, the origin of each, how it was read, and notes; nothing in it is checked yet."""

    tables: dict[str, pd.DataFrame] = field(default_factory=dict)
    origins: dict[str, Origin] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    taken: dict[str, Taken] = field(default_factory=dict)

    def add(self, table: str, frame: pd.DataFrame, origin: Origin) -> None:
        """Keep a table that was read."""
        self.tables[table] = frame
        self.origins[table] = origin


class Unreadable(InputError):
    """Something could not be read at all, so that any figure would be wrong; `problems` has everything found."""

    def __init__(self, problems: Iterable[Problem], lang: str = "en") -> None:
        self.problems = list(problems)
        super().__init__(self.problems[0], lang)
        self.args = ("\n".join(sentence(problem, lang) for problem in self.problems),)


def refuse(code: str, source: str = "", table: str = "", value: object = None, **facts: Any) -> Unreadable:
    """The refusal of one file or query."""
    return Unreadable([Problem(code, "error", table, value=value, source=source, facts=facts)])


def finish(raw: Raw, failed: list[Problem]) -> Raw:
    """The raw tables, or a refusal that names everything that could not be read."""
    if failed:
        raise Unreadable(failed)
    return raw


def changed(files: list[Path]) -> str:
    """When the newest of some files was changed, in the computer's own time; "" without files."""
    times = [file.stat().st_mtime for file in files if file.is_file()]
    return dt.datetime.fromtimestamp(max(times)).isoformat(" ", "seconds") if times else ""  # noqa: DTZ006 - local


def size_of(path: Path) -> int:
    """The file's size; a file that cannot be seen is refused with a sentence."""
    try:
        return path.stat().st_size
    except OSError as error:
        raise unopened(path, error) from error


def unopened(path: Path, error: OSError) -> Unreadable:
    """The refusal of a file that the system does not let us read."""
    if isinstance(error, FileNotFoundError):
        return refuse("file_missing", path.name, folder=str(path.parent))
    if isinstance(error, PermissionError):
        return refuse("file_locked", path.name)
    return refuse("file_failed", path.name, reason=error.strerror or type(error).__name__)
