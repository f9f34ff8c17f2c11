"""Replace a file in one step and keep the one that stood there; whatever happens on the way, a whole file stands."""

import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from xlsales.hosts.file import check_target
from xlsales.problems import InputError, Problem


def previous_of(book: Path) -> Path:
    """Where the copy of the file before is kept.

    >>> previous_of(Path("sales.xlsm")).name
    'sales.previous.xlsm'
    """
    return book.with_name(f"{book.stem}.previous{book.suffix}")


def replace_keeping(book: Path, write: Callable[[Path], None]) -> Path:
    """Let `write` fill a new file, keep a copy of the present one, then put the new one in its place.

    Returns where the copy is. Raises InputError, and leaves the book as it was, if it cannot be written, is open
    elsewhere, or was changed by somebody while the new one was made.
    """
    check_target(book, force=True)
    before = _seal(book)
    previous = previous_of(book)
    made: list[Path] = []
    try:
        for _ in range(2):
            made.append(_beside(book))
        fresh, copy = made
        write(fresh)
        _settle(fresh)
        shutil.copyfile(book, copy)
        shutil.copymode(book, fresh)
        shutil.copystat(book, copy)
        _settle(copy)
        if _seal(book) != before:
            raise InputError(Problem("refresh_changed", source=str(book)))
        copy.replace(previous)
        fresh.replace(book)
    except PermissionError as error:  # on Windows an open file cannot be replaced
        raise InputError(Problem("target_locked", source=str(book))) from error
    except OSError as error:
        facts = {"reason": error.strerror or str(error)}
        raise InputError(Problem("target_failed", source=str(book), facts=facts)) from error
    finally:
        for path in made:
            path.unlink(missing_ok=True)
    return previous


def _beside(book: Path) -> Path:
    try:
        handle, name = tempfile.mkstemp(prefix=f".{book.stem}-", suffix=book.suffix, dir=book.parent)
    except OSError as error:
        facts = {"folder": str(book.parent)}
        raise InputError(Problem("target_folder_readonly", source=str(book), facts=facts)) from error
    os.close(handle)
    return Path(name)


def _settle(path: Path) -> None:
    """Wait until the disk has it: a power cut must not leave an empty file under a good name."""
    with path.open("rb+") as stream:
        os.fsync(stream.fileno())


def _seal(path: Path) -> tuple[int, int]:
    about = path.stat()
    return about.st_size, about.st_mtime_ns
