"""Read raw tables from a folder, a sources.toml or a workbook of ours; what is read is checked in `validate`."""

from collections.abc import Collection
from pathlib import Path

from xlsales.sources.book import read_book
from xlsales.sources.catalog import Since, read_catalog, read_entries
from xlsales.sources.folder import read_folder
from xlsales.sources.raw import Raw, Unreadable, refuse

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
    if not path.exists():
        raise refuse("source_missing", value=str(path))
    if path.is_dir():
        if (path / CATALOG).is_file():
            return read_catalog(path / CATALOG, folder or path, since, only)
        return read_folder(path, only)
    if path.suffix.lower() == ".toml":
        return read_catalog(path, folder, since, only)
    if path.suffix.lower() in BOOKS:
        return read_book(path)
    raise refuse("source_kind", path.name)


read_sources = read

__all__ = ["Raw", "Unreadable", "read", "read_book", "read_catalog", "read_entries", "read_folder", "read_sources"]
