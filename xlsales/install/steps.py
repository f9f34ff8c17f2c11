"""Installing and removing, step by step; in a dry run the steps are only told."""

import compileall
import locale
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from xlsales.hosts.configuration import MAC, WINDOWS, read, written
from xlsales.install.machine import Machine
from xlsales.problems import InputError, Problem


@dataclass(frozen=True)
class Step:
    """One thing done: words `install.<code>`, what it was done to, and the doing."""

    code: str
    path: Path
    do: Callable[[], object] = field(compare=False)


def install(machine: Machine, lang: str, build_addin: Callable[[Path], None]) -> Iterator[Step]:
    """The steps of installing. build_addin: writes the add-in to a path, whole or not at all.

    The add-in is built here, out of the xlwings that is installed: its VBA cannot be of another version.
    """
    yield Step("addin", machine.addin, lambda: (folder(machine.startup), build_addin(machine.addin)))
    yield Step("configuration", machine.configuration, lambda: configure(machine, lang))
    if machine.system == MAC:
        yield Step("script", machine.script, lambda: copy(machine.script_source, machine.script))
    package = Path(__file__).resolve().parent.parent
    # Excel starts Python with -B, which keeps nothing: without this every click would compile everything again.
    yield Step("compiled", package, lambda: compileall.compile_dir(package, quiet=2))


def uninstall(machine: Machine) -> Iterator[Step]:
    """The steps of removing; xlwings' own script stays, other add-ins may use it."""
    for code, path in (("addin_removed", machine.addin), ("configuration_removed", machine.configuration)):
        if path.exists():
            yield Step(code, path, lambda path=path: remove(path))


def folder(path: Path) -> None:
    """Make a folder; say plainly where that cannot be."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(Problem("target_folder_unmade", source=str(path))) from error


def remove(path: Path) -> None:
    """Delete a file; on Windows a file that Excel holds open cannot be."""
    try:
        path.unlink()
    except OSError as error:
        raise InputError(Problem("install_locked", source=str(path))) from error


def copy(source: Path, target: Path) -> None:
    """Copy a file."""
    folder(target.parent)
    try:
        shutil.copyfile(source, target)
    except OSError as error:
        raise InputError(Problem("install_locked", source=str(target))) from error


def configure(machine: Machine, lang: str) -> None:
    """Write our settings; others that the user added to the file stay."""
    text = written(read(machine.configuration) | settings(machine, lang))
    try:
        stored = text.encode(locale.getencoding())
    except UnicodeEncodeError as error:
        raise InputError(Problem("install_letters", source=str(machine.python))) from error
    folder(machine.configuration.parent)
    try:
        machine.configuration.write_bytes(stored)
    except OSError as error:
        raise InputError(Problem("install_locked", source=str(machine.configuration))) from error


def settings(machine: Machine, lang: str) -> dict[str, str]:
    """What xlwings and our VBA read."""
    name = "INTERPRETER_MAC" if machine.system == MAC else "INTERPRETER_WIN"
    return {
        name: interpreter(machine),
        "PYTHONPATH": "",
        "UDF MODULES": "xlsales.hosts.excel",
        "USE UDF SERVER": "True",
        "ADD_WORKBOOK_TO_PYTHONPATH": "False",
        "SHOW CONSOLE": "False",
        "LANGUAGE": lang,
    }


def interpreter(machine: Machine) -> str:
    """The interpreter as the configuration names it; below the home folder without the user's name.

    VBA reads the file in the system's code page, which may lack the letters of a name; Windows expands the variable.
    """
    if machine.system == MAC or not machine.python.is_relative_to(machine.home):
        return str(machine.python)
    return "\\".join(("%USERPROFILE%", *machine.python.relative_to(machine.home).parts))


def named(machine: Machine) -> Path | None:
    """The interpreter that the configuration names, None where it names none."""
    found = read(machine.configuration).get("INTERPRETER_MAC" if machine.system == MAC else "INTERPRETER_WIN", "")
    if not found:
        return None
    parts = found.split("\\")
    return machine.home.joinpath(*parts[1:]) if parts[0].upper() == "%USERPROFILE%" else Path(found)


def refuse_elsewhere(machine: Machine) -> None:
    """Excel is on Windows and Mac only."""
    if machine.system not in {WINDOWS, MAC}:
        raise InputError(Problem("install_system"))
