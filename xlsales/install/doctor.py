"""What may keep the functions and buttons from working in Excel, each looked for; what was found, and its cure."""

import shutil
import subprocess
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from xml.etree import ElementTree as ET

from xlsales.hosts.configuration import MAC, read
from xlsales.install.machine import Machine
from xlsales.install.steps import named

OK, WARNING, ERROR = "ok", "warning", "error"
WATCHED = frozenset({"temp", "tmp", "downloads", "desktop"})  # virus scanners stop programs that start from here
CLOUD = "onedrive"
QUARANTINE = "com.apple.quarantine"  # the attribute that macOS gives to what was downloaded
ANSWERS_WITHIN = 10.0  # seconds


@dataclass(frozen=True)
class Finding:
    """A thing looked for: words `doctor.<code>.<state>`, and `doctor.<code>.cure` where it is not in order."""

    code: str
    state: str = OK
    facts: dict[str, object] = field(default_factory=dict)


def examine(machine: Machine, book: Path | None = None) -> list[Finding]:
    """Everything looked for, in the order in which it should be put right."""
    found = [] if machine.system else [Finding("system", WARNING)]
    found += [configuration(machine), *interpreter(machine), *second_python(machine)]
    found.append(script(machine) if machine.system == MAC else library(machine))
    found += [addin(machine), *addin_version(machine), *twice(machine)]
    found += [watched(machine), cloud("cloud", machine, named(machine) or machine.python)]
    for path in (machine.addin, *([book] if book else [])):
        found += quarantined(path) if machine.system == MAC else marked(path)
    if book is not None:
        found += [*version_of("book", machine, book), cloud("book_cloud", machine, book)]
    return found


def configuration(machine: Machine) -> Finding:
    """Whether our settings are there, with the lasting Python that functions need."""
    facts = {"path": machine.configuration}
    settings = read(machine.configuration)
    if not settings:
        return Finding("configuration", ERROR, facts)
    if settings.get("USE UDF SERVER", "").casefold() != "true":
        return Finding("server", WARNING, facts)
    return Finding("configuration", OK, facts)


def interpreter(machine: Machine) -> Iterator[Finding]:
    """Whether the Python that Excel will start is there, and is this one."""
    path = named(machine)
    facts = {"path": path, "here": machine.python}
    if path is None:
        return
    if not path.is_file():
        yield Finding("interpreter", ERROR, facts)
    elif path == machine.python:
        yield Finding("interpreter", OK, facts)
    else:
        yield Finding("interpreter_other", WARNING, facts)


def second_python(machine: Machine) -> Iterator[Finding]:
    """Another Python that `pip install` might mean."""
    others = [path for path in machine.on_path if path != machine.python and not same_folder(path, machine.python)]
    if others:
        yield Finding("second_python", WARNING, {"path": others[0], "here": machine.python})


def same_folder(one: Path, other: Path) -> bool:
    """Whether two interpreters belong together, as python and python3 of one installation do."""
    return one.parent == other.parent


def library(machine: Machine) -> Finding:
    """Whether the libraries that VBA loads stand where it looks."""
    for name in machine.libraries:
        if not any((place / name).is_file() for place in machine.library_folders):
            return Finding("library", ERROR, {"name": name, "folder": machine.library_folders[0]})
    return Finding("library", OK, {"name": machine.libraries[0], "folder": machine.library_folders[0]})


def script(machine: Machine) -> Finding:
    """Whether the script of this xlwings is where Excel for Mac may run it."""
    return Finding("script", OK if machine.script.is_file() else ERROR, {"path": machine.script})


def addin(machine: Machine) -> Finding:
    """Whether the add-in is in the folder that Excel opens when it starts."""
    return Finding("addin", OK if machine.addin.is_file() else ERROR, {"path": machine.addin})


def addin_version(machine: Machine) -> Iterator[Finding]:
    """Whether the add-in's VBA belongs to the installed xlwings."""
    if machine.addin.is_file():
        yield from version_of("addin", machine, machine.addin)


def version_of(what: str, machine: Machine, path: Path) -> Iterator[Finding]:
    """Whether the VBA of a file belongs to the installed xlwings, by the properties that its builder wrote."""
    written = properties(path)
    facts = {"path": path, "written": written.get("xlwings", "?"), "installed": machine.xlwings_version}
    if not written:
        yield Finding(f"{what}_foreign", WARNING, facts)
    elif written.get("xlwings") != machine.xlwings_version:
        yield Finding(f"{what}_version", ERROR, facts)
    elif written.get("xlsales") != version("xlsales"):
        facts |= {"written": written.get("xlsales", "?"), "installed": version("xlsales")}
        yield Finding(f"{what}_old", WARNING, facts)
    else:
        yield Finding(f"{what}_version", OK, facts)


def properties(path: Path) -> dict[str, str]:
    """The custom properties of a workbook file; none where it has none or is no such file."""
    try:
        with zipfile.ZipFile(path) as file:
            root = ET.fromstring(file.read("docProps/custom.xml"))  # noqa: S314 - an own file; entities are not loaded
    except (OSError, KeyError, zipfile.BadZipFile, ET.ParseError):
        return {}
    return {each.get("name", ""): "".join(each.itertext()) for each in root}


def twice(machine: Machine) -> Iterator[Finding]:
    """A second copy of the add-in, for all users, which would show everything twice."""
    for variable in ("ProgramFiles", "ProgramFiles(x86)"):
        root = machine.variables.get(variable)
        if root:
            for path in sorted(Path(root).glob(f"Microsoft Office/root/Office*/XLSTART/{machine.addin.name}")):
                yield Finding("twice", WARNING, {"path": path})


def watched(machine: Machine) -> Finding:
    """Whether Python starts from a folder that virus scanners distrust."""
    path = named(machine) or machine.python
    below = path.relative_to(machine.home) if path.is_relative_to(machine.home) else path
    suspect = WATCHED & {part.casefold() for part in below.parts}
    return Finding("watched", WARNING if suspect else OK, {"path": path})


def cloud(code: str, machine: Machine, path: Path) -> Finding:
    """Whether a path is synchronised: files may be elsewhere, and the workbook's name is an address."""
    roots = [Path(machine.variables[name]) for name in machine.variables if name.casefold().startswith(CLOUD)]
    inside = any(path.is_relative_to(root) for root in roots)
    named_so = any(part.casefold().startswith(CLOUD) for part in path.parts)
    return Finding(code, WARNING if inside or named_so else OK, {"path": path})


def marked(path: Path) -> Iterator[Finding]:
    """Whether Windows keeps in mind that a file came from the internet; Excel then blocks its macros."""
    if path.is_file():
        mark = path.with_name(path.name + ":Zone.Identifier")
        yield Finding("marked", ERROR if mark.is_file() else OK, {"path": path})


def quarantined(path: Path) -> Iterator[Finding]:
    """Whether macOS keeps a file that was downloaded in quarantine; Excel may then refuse its macros."""
    program = shutil.which("xattr")  # of macOS; Python itself reads no such attributes there
    if program is None or not path.is_file():
        return
    command = [program, "-p", QUARANTINE, str(path)]
    done = subprocess.run(command, capture_output=True, timeout=ANSWERS_WITHIN, check=False)  # noqa: S603 - no shell
    yield Finding("quarantine", OK if done.returncode else WARNING, {"path": path})
