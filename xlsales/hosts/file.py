"""Write files whole or not at all, and say plainly why a file could not be written."""

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from xlsales.problems import InputError, Problem


def check_target(target: Path, *, force: bool) -> None:
    """Refuse a target that is a folder, has no folder, exists already (unless `force`), or cannot be written to."""
    name = str(target)
    if target.is_dir():
        raise InputError(Problem("target_is_folder", source=name))
    if not target.parent.is_dir():
        raise InputError(Problem("target_folder_missing", source=name, facts={"folder": str(target.parent)}))
    if target.exists() and not force:
        raise InputError(Problem("target_exists", source=name))
    if (target.exists() and not os.access(target, os.W_OK)) or _open_elsewhere(target):
        raise InputError(Problem("target_locked", source=name))
    if not os.access(target.parent, os.W_OK):
        raise InputError(Problem("target_folder_readonly", source=name, facts={"folder": str(target.parent)}))


def _open_elsewhere(target: Path) -> bool:
    """Whether an office program holds the file open: both leave an owner file beside it."""
    beside = (target.with_name("~$" + target.name), target.with_name(f".~lock.{target.name}#"))
    return any(path.exists() for path in beside)


def write_whole(target: Path, write: Callable[[Path], None], *, force: bool) -> None:
    """Let `write` fill a temporary file beside the target, then put it in the target's place in one step.

    target: a path; `force` allows to replace it. InputError if it cannot be written; the old file then stays as it was.
    """
    check_target(target, force=force)
    try:
        handle, name = tempfile.mkstemp(prefix=f".{target.stem}-", suffix=target.suffix, dir=target.parent)
    except OSError as error:
        raise InputError(
            Problem("target_folder_readonly", source=str(target), facts={"folder": str(target.parent)})
        ) from error
    os.close(handle)
    temporary = Path(name)
    try:
        write(temporary)
        temporary.chmod(0o644)
        temporary.replace(target)
    except PermissionError as error:  # on Windows an open file cannot be replaced
        raise InputError(Problem("target_locked", source=str(target))) from error
    except OSError as error:
        raise InputError(
            Problem("target_failed", source=str(target), facts={"reason": error.strerror or str(error)})
        ) from error
    finally:
        temporary.unlink(missing_ok=True)
