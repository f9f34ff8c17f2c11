"""The buttons Distribute and Collect: files for the managers beside the workbook, answers back into the plan."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from xlsales.commands.plan_fill import refilled
from xlsales.commands.protocol import Book, Change, Replace
from xlsales.commands.reading import Answer, Work, load
from xlsales.commands.versions import matrix_patches
from xlsales.labels import word
from xlsales.problems import InputError, Problem, sentence

if TYPE_CHECKING:
    from xlsales.exchange.collecting import Collected

MOST = 15  # problems told at once


@dataclass(frozen=True)
class Place:
    """Where the files of a version go, and what the book holds."""

    folder: Path
    version: str
    work: Work


def at_hand(book: Book) -> Place:
    """The folder of the current version beside the workbook; refused for a workbook never saved, or a wrong plan."""
    if book.place is None:
        raise InputError(Problem("book_unsaved"))
    work = load(book)
    wrong = [problem for problem in work.problems if problem.table == "plan" and problem.severity == "error"]
    if wrong:
        raise InputError(wrong[0])
    shown = list(dict.fromkeys(sheet.version for sheet in work.sheets.values()))
    if len(shown) != 1:
        raise InputError(Problem("exchange_versions", facts={"versions": shown}))
    name = word("exchange.folder", book.lang, book=book.place.stem, version=shown[0])
    return Place(book.place.with_name(name), shown[0], work)


def send(book: Book) -> Answer:
    """Write one small workbook per manager into the folder beside the workbook."""
    from xlsales.exchange.sending import distribute  # noqa: PLC0415 - a writer of workbooks; no other button needs it

    here = at_hand(book)
    found = here.work
    sent = distribute(here.folder, found.tables, found.settings, ("manager", here.version), (book.lang, book.now))
    facts = {"version": sent.version, "files": len(sent.files), "rows": sent.rows, "folder": here.folder}
    says = [word("exchange.sent", book.lang, **facts)]
    if sent.unowned:
        by = word("exchange.by." + sent.by, book.lang)
        says.append(word("exchange.unowned", book.lang, rows=sent.unowned, by=by))
    return Answer(
        says="\n".join(says), parameters=f"{sent.version}: {here.folder.name}", rows=sent.rows, undoable=False
    )


def take(book: Book) -> Answer:
    """Read the files of that folder, say what they change and what is wrong, ask, and write the plan."""
    from xlsales.exchange.collecting import collect  # noqa: PLC0415 - a reader of workbooks

    here = at_hand(book)
    found = collect(here.folder, here.work.tables, here.version)
    told = summary(found, book.lang)
    if not found.changed:
        return Answer(says=told, parameters=found.version, undoable=False)
    mine = found.plan[found.plan["version"] == found.version]
    changes: list[Change] = [Replace("plan", found.plan)]
    for sheet in here.work.sheets.values():
        changes += matrix_patches(sheet, mine)
    changes += refilled(book, here.work, found.plan)
    taken = [answer.owner for answer in found.answers if answer.state == "taken"]
    parameters = f"{found.version}: {', '.join(taken)}"
    question = f"{told}\n{word('exchange.asks', book.lang, changed=found.changed)}"
    says = word("exchange.written", book.lang, changed=found.changed, version=found.version)
    return Answer(tuple(changes), says, question, parameters, found.changed)


def summary(found: "Collected", lang: str) -> str:
    """Who answered what, who has not, and what was wrong."""
    answered = sum(answer.state in {"taken", "agreed"} for answer in found.answers)
    facts = {"answered": answered, "asked": len(found.answers), "changed": found.changed}
    lines = [word("exchange.collected", lang, version=found.version, **facts)]
    for answer in found.answers:
        parts = [word("exchange.state." + answer.state, lang)]
        parts += [
            f"{word('value.measure.' + measure, lang)} {answer.old[measure]:,.2f} → {new:,.2f}"
            for measure, new in answer.new.items()
        ]
        parts += [answer.comment] if answer.comment else []
        lines.append(f"{answer.name}: {word('where.list', lang).join(parts)}")
    lines += [sentence(problem, lang) for problem in found.problems[:MOST]]
    if len(found.problems) > MOST:
        lines.append(word("exchange.more", lang, count=len(found.problems) - MOST))
    return "\n".join(lines)
