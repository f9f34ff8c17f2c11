"""`xlsales calc install | open BOOK | doctor`, and `selfcheck` there: LibreOffice Calc as the second host."""

import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from xlsales import __version__
from xlsales.labels import word
from xlsales.problems import InputError, Problem

if TYPE_CHECKING:
    from xlsales.hosts.selfcheck import Outcome

EXTENSION = "xlsales.oxt"


def environment() -> dict[str, object]:
    """What the Python of Calc must know of this one: its version, and the folders of its libraries."""
    root = str(Path(__file__).resolve().parent.parent)
    paths = sysconfig.get_paths()
    folders = dict.fromkeys([paths["purelib"], paths["platlib"], root])
    return {"version": f"{sys.version_info.major}.{sys.version_info.minor}", "folders": list(folders)}


def install(lang: str, profile: Path | None) -> int:
    """Make the extension for this environment and put it into LibreOffice."""
    from xlsales.hosts import calc_office

    refuse_other_python()
    path = make_extension()
    calc_office.add_extension(path, profile)
    print(word("calc.installed", lang, path=path))
    return 0


def refuse_other_python() -> None:
    """InputError where LibreOffice is not installed, or runs another Python than this one."""
    from xlsales.hosts import calc_office

    calc_office.program("soffice")
    needed, own = calc_office.office_python(), str(environment()["version"])
    if needed and needed != own:
        raise InputError(Problem("calc_python", facts={"needed": needed, "own": own}))


def selfcheck(book: Path) -> "list[Outcome]":
    """Let a Calc of our own compute a workbook's checks, with the functions of this environment."""
    from xlsales.build.calc_edition import calc_edition, needs_edition
    from xlsales.hosts import calc_office, calc_start
    from xlsales.hosts.selfcheck import selfcheck as compute

    if not book.is_file():
        raise InputError(Problem("selfcheck_missing", source=str(book)))
    refuse_other_python()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder, profile = Path(name), Path(name) / "profile"
        shown = folder / f"{book.stem}.xlsx"
        if needs_edition(book):
            calc_edition(book, shown)
        else:
            shown = folder / book.name
            shutil.copyfile(book, shown)
        calc_office.add_extension(make_extension(folder), profile)
        return compute(shown, lambda: calc_start.start(profile))


def make_extension(folder: Path | None = None) -> Path:
    """Write the extension into a folder, by default the user's own for xlsales."""
    from platformdirs import user_data_path

    from xlsales.build.calc_addin import extension
    from xlsales.commands.registry import CALC_COMMANDS, COMMANDS

    target = (folder or user_data_path("xlsales", appauthor=False)) / EXTENSION
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(extension([*COMMANDS.values(), *CALC_COMMANDS.values()], __version__, environment()))
    return target


def open_book(book: Path, lang: str, profile: Path | None) -> int:
    """Open a workbook in Calc; one made for Excel as a copy without macros, with the functions' names for Calc."""
    from xlsales.build.calc_edition import needs_edition
    from xlsales.hosts import calc_office

    if not book.is_file():
        raise InputError(Problem("calc_no_book", source=str(book)))
    soffice = calc_office.program("soffice")
    shown = calc_copy(book, lang) if needs_edition(book) else book
    command = [str(soffice), *calc_office.profile_argument(profile), "--calc", str(shown)]
    own = calc_office.surroundings()
    subprocess.Popen(  # noqa: S603 - no shell
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True, env=own
    )
    return 0


def calc_copy(book: Path, lang: str) -> Path:
    """The copy of a workbook for Calc; one that was saved in Calc stays, since something may be typed there."""
    from xlsales.build.calc_edition import calc_edition
    from xlsales.hosts.file import write_whole

    fresh = book.with_name(f"{book.stem}.calc.xlsx")
    ods = fresh.with_suffix(".ods")
    for saved in (ods, fresh):
        if saved.exists() and (saved is ods or by_office(saved)):
            print(word("calc.opened_copy", lang, path=saved, book=book.name))
            if book.stat().st_mtime > saved.stat().st_mtime:
                print(word("calc.older_copy", lang, path=saved.name, book=book.name))
            return saved
    write_whole(fresh, lambda target: calc_edition(book, target), force=True)
    print(word("calc.copied", lang, path=fresh, ods=ods.name))
    return fresh


def by_office(book: Path) -> bool:
    """Whether LibreOffice saved a workbook last, as the file itself says."""
    try:
        with zipfile.ZipFile(book) as parts:
            return b"LibreOffice" in parts.read("docProps/app.xml")
    except (zipfile.BadZipFile, KeyError):
        return False


def doctor(lang: str, profile: Path | None) -> int:
    """Say what is there, what is missing and its cure; 1 if anything is missing."""
    wrong = 0
    for key, problem in findings(profile):
        print(word(f"calc.doctor.{key}", lang), end=": ")
        if problem is None:
            print(word("calc.doctor.good", lang))
        else:
            wrong += 1
            from xlsales.problems import sentence

            print(sentence(problem, lang))
    return int(wrong > 0)


def findings(profile: Path | None) -> Iterator[tuple[str, Problem | None]]:
    """Each thing that Calc needs, and what is wrong with it."""
    from xlsales.hosts import calc_office
    from xlsales.hosts.calc_uno import UnoMissing, uno

    try:
        calc_office.program("soffice")
    except InputError as error:
        yield "office", error.problem
        return
    yield "office", None
    needed, own = calc_office.office_python(), str(environment()["version"])
    same = not needed or needed == own
    yield "python", None if same else Problem("calc_python", facts={"needed": needed, "own": own})
    try:
        uno()
        yield "bridge", None
    except UnoMissing as error:
        yield "bridge", Problem("calc_bridge", facts={"reason": str(error)})
    yield "extension", None if installed(profile) else Problem("calc_not_installed")


def installed(profile: Path | None) -> bool:
    """Whether the profile holds the extension."""
    config = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    folder = profile or config / "libreoffice" / "4"
    return any((folder / "user" / "uno_packages" / "cache" / "uno_packages").glob(f"*/{EXTENSION}"))
