"""A folder with one file per table: TABLE.csv, TABLE.xlsx or TABLE.parquet."""

import time
from collections.abc import Collection
from pathlib import Path

from xlsales.labels import LANGUAGES, words
from xlsales.problems import Problem
from xlsales.sources.files import ENDINGS, read_file
from xlsales.sources.raw import READ, Raw, Taken, Unreadable, changed, finish, refuse, unopened

ALIKE = 80.0


def table_names() -> dict[str, str]:
    """Every accepted name of a table that is read, in small letters: its key, or its name in either language."""
    found: dict[str, str] = {}
    for key in READ:
        entry = words().get("table." + key, {})
        found |= {entry[lang].casefold(): key for lang in LANGUAGES if entry.get(lang)}
    return found | {key: key for key in READ}


def alike(text: str, known: list[str]) -> str:
    """The known name most like a text; empty where none is."""
    from rapidfuzz import fuzz, process  # only a slip of the pen needs it

    found = process.extractOne(text.casefold(), known, scorer=fuzz.ratio, score_cutoff=ALIKE)
    return found[0] if found else ""


def read_folder(path: Path, only: Collection[str] | None = None) -> Raw:
    """Read every table of a folder, or those in `only`; files that are no table of ours are named in a note.

    Raises Unreadable where a file cannot be read, where two files claim one table, or where there is no table at all.
    """
    raw, failed = Raw(), []
    found = by_table(path, raw)
    for table, files in found.items():
        if only is not None and table not in only:
            continue
        start = time.perf_counter()
        if len(files) > 1:
            names = [file.name for file in files]
            failed.append(Problem("files_several", "error", table, source=path.name, facts={"files": names}))
            continue
        try:
            frame, origin, notes = read_file(files[0], table)
        except Unreadable as error:
            failed += error.problems
        else:
            raw.add(table, frame, origin)
            raw.problems += notes
            seconds = time.perf_counter() - start
            raw.taken[table] = Taken(files[0].name, len(frame), seconds, changed([files[0]]))
    if not found and not failed:
        none = refuse("folder_without_tables", path.name).problems
        raise Unreadable([*none, *raw.problems])  # a misnamed file is named with what it may be meant for
    return finish(raw, failed)


def by_table(path: Path, raw: Raw) -> dict[str, list[Path]]:
    """The files of each table; a note for each file that is none."""
    names = table_names()
    found: dict[str, list[Path]] = {}
    for file in files_in(path):
        table = names.get(file.stem.casefold())
        if table:
            found.setdefault(table, []).append(file)
            continue
        near = alike(file.stem, sorted(READ))
        code = "file_unknown_like" if near else "file_unknown"
        raw.problems.append(Problem(code, "note", source=file.name, facts={"near": near, "ending": file.suffix}))
    return found


def files_in(path: Path) -> list[Path]:
    """The data files of a folder; hidden ones and the lock files of spreadsheet programs are not data."""
    try:
        entries = sorted(path.iterdir())
    except NotADirectoryError as error:
        raise refuse("source_kind", path.name) from error
    except PermissionError as error:
        raise refuse("folder_locked", path.name) from error
    except OSError as error:
        raise unopened(path, error) from error
    return [file for file in entries if file.suffix.lower() in ENDINGS and file.name[0] not in ".~"]
