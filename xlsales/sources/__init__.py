"""Read raw tables from a folder, a sources.toml or a workbook of ours; what is read is checked in `validate`."""

from collections.abc import Collection
from pathlib import Path

from xlsales.sources.book import areas_of, read_book
from xlsales.sources.catalog import Since, named_in, read_catalog, read_entries
from xlsales.sources.files import read_file
from xlsales.sources.folder import by_table, read_folder
from xlsales.sources.raw import READ, Raw, Unreadable, refuse, unopened

BOOKS = frozenset({".xlsx", ".xlsm"})
CATALOG = "sources.toml"


def read(
    location: Path | str,
    data: Path | str | None = None,
    since: Since | None = None,
    only: Collection[str] | None = None,
) -> Raw:
    """Raw tables of a folder, a TOML catalogue or a workbook, whichever the location is.

    data: the folder whose files a catalogue reads, by default its own. A folder with a `sources.toml` is read by it.
    since: for a catalogue, the day from which a table's rows are wanted where its entry allows that. only: the tables
    that are wanted, None for all.
    Raises Unreadable with everything that cannot be read; rows that are merely wrong are left to the checks.
    """
    path = Path(location)
    folder = Path(data) if data is not None else None
    try:
        there, whole = path.exists(), path.is_dir()
    except OSError as error:  # a share of the network that is gone
        raise unopened(path, error) from error
    if not there:
        raise refuse("source_missing", value=str(path))
    if whole:
        if (path / CATALOG).is_file():
            return read_catalog(path / CATALOG, folder or path, since, only)
        return read_folder(path, only)
    if path.suffix.lower() == ".toml":
        return read_catalog(path, folder, since, only)
    if path.suffix.lower() in BOOKS:
        return read_book(path)
    raise refuse("source_kind", path.name)


def listed(location: Path) -> dict[str, str]:
    """Which table is read from what, by the names alone: nothing is read. Raises Unreadable where nothing is there."""
    if not location.exists():
        raise refuse("source_missing", value=str(location))
    if location.is_dir() and not (location / CATALOG).is_file():
        return {table: ", ".join(file.name for file in files) for table, files in by_table(location, Raw()).items()}
    if location.is_dir() or location.suffix.lower() == ".toml":
        return named_in(location / CATALOG if location.is_dir() else location)
    if location.suffix.lower() in BOOKS:
        return {area.table: area.sheet for area in areas_of(location) if area.table in READ}
    raise refuse("source_kind", location.name)


def headings(path: Path) -> list[str]:
    """The headings of a file of data."""
    if not path.is_file():
        raise refuse("file_missing", path.name, folder=str(path.parent))
    return [str(name) for name in read_file(path)[0].columns]


read_sources = read

__all__ = [
    "Raw",
    "Unreadable",
    "headings",
    "listed",
    "read",
    "read_book",
    "read_catalog",
    "read_entries",
    "read_folder",
    "read_sources",
]
