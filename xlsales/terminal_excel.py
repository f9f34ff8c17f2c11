"""`xlsales install | uninstall | doctor | selfcheck`: Excel as the host."""

from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from xlsales.install import doctor as examination
from xlsales.install import steps
from xlsales.install.machine import Machine, this_machine
from xlsales.labels import word
from xlsales.problems import InputError, Problem

if TYPE_CHECKING:
    from xlsales.hosts.selfcheck import Outcome

MADE = datetime(2026, 1, 1)  # noqa: DTZ001 - a fixed moment, so that the bytes stay the same


def build_addin(path: Path) -> None:
    """Write the add-in, whole or not at all."""
    from xlsales.build import macros
    from xlsales.commands.registry import COMMANDS
    from xlsales.hosts.file import write_whole

    properties = {"title": "xlsales", "author": "xlsales", "created": MADE}
    write_whole(path, lambda target: macros.build_addin(str(target), list(COMMANDS.values()), properties), force=True)


def install(lang: str, *, dry: bool, machine: Machine | None = None) -> int:
    """Put the add-in and its settings where Excel finds them."""
    machine = machine or this_machine()
    if not dry:
        steps.refuse_elsewhere(machine)
    carry_out(steps.install(machine, lang, build_addin), lang, dry=dry)
    print(word("install.dry" if dry else "install.done", lang))
    return 0


def uninstall(lang: str, *, dry: bool, machine: Machine | None = None) -> int:
    """Remove them."""
    machine = machine or this_machine()
    if not carry_out(steps.uninstall(machine), lang, dry=dry):
        print(word("install.nothing", lang))
    elif dry:
        print(word("install.dry", lang))
    return 0


def carry_out(work: Iterable[steps.Step], lang: str, *, dry: bool) -> int:
    """Do each step and tell it; in a dry run only tell it. Return their number."""
    count = 0
    for step in work:
        if not dry:
            step.do()
        print(word("install." + step.code, lang, path=step.path))
        count += 1
    return count


def doctor(book: Path | None, lang: str, machine: Machine | None = None) -> int:
    """Say of each thing looked for whether it is in order, and if not, the cure; 1 if something does not work."""
    if book is not None and not book.is_file():
        raise InputError(Problem("selfcheck_missing", source=str(book)))
    found = examination.examine(machine or this_machine(), book)
    for finding in found:
        says = word(f"doctor.{finding.code}.{finding.state}", lang, **finding.facts)
        if finding.state == examination.OK:
            print(f"{word('doctor.ok', lang)}: {says}")
        else:
            cure = word(f"doctor.{finding.code}.cure", lang).format(**finding.facts)
            print(f"{word('cli.severity.' + finding.state, lang)}: {says}{word('where.space', lang)}{cure}")
    if all(finding.state == examination.OK for finding in found):
        print(word("doctor.sound", lang))
    return int(any(finding.state == examination.ERROR for finding in found))


def selfcheck(book: Path, lang: str, compute: "Callable[[Path], list[Outcome]] | None" = None) -> int:
    """Let a program (Excel, unless another is given) compute a workbook's own checks; 1 if one does not hold."""
    from xlsales.hosts.selfcheck import selfcheck as in_excel

    outcomes = (compute or in_excel)(book)
    for each in outcomes:
        print(word("selfcheck.passed" if each.passed else "selfcheck.failed", lang, name=each.name, shown=each.shown))
    passed = sum(each.passed for each in outcomes)
    print(word("selfcheck.sum", lang, passed=passed, count=len(outcomes)))
    return int(passed < len(outcomes))
