"""The buttons of the group Data: check, sources, refresh from the sources, undo."""

from xlsales.commands.images import seal
from xlsales.commands.problem_rows import problem_table
from xlsales.commands.protocol import Book, Change, Replace
from xlsales.commands.reading import Answer, load, of_closed
from xlsales.commands.registry import ORDERS, label
from xlsales.commands.transaction import UNDO, nothing, recall
from xlsales.labels import word
from xlsales.problems import InputError, Problem, table_name
from xlsales.schema import INPUTS, TABLES


def check(book: Book) -> Answer:
    """List everything that is wrong, each with its cell; a closed period that was changed is among it."""
    work = load(book)
    problems = work.problems
    counts = {severity: sum(problem.severity == severity for problem in problems) for severity in ("error", "warning")}
    says = word("said.checked", book.lang, errors=f"{counts['error']:,}", warnings=f"{counts['warning']:,}")
    says = "\n".join([says, *of_closed(problems, book.lang)])
    listed = problem_table(problems, book.lang)
    return Answer((listed,), says, rows=len(problems), undoable=False, table="problems")


def sources(book: Book) -> Answer:
    """Say from where each table is read; let the user choose a file for a table, and remember its columns."""
    from xlsales.commands import picking  # noqa: PLC0415 - Check data and Undo last read no source

    return picking.sources(book)


def refresh_orders(book: Book) -> Answer:
    """Read the order lines anew; sales and volume follow."""
    from xlsales.commands.refreshing import refreshed  # noqa: PLC0415 - Check data and Undo last read no source

    return refreshed(book, ORDERS, ("five", "customer_report"))


def refresh_all(book: Book) -> Answer:
    """Read every table that has a source anew; every result follows."""
    from xlsales.commands.refreshing import refreshed  # noqa: PLC0415 - as above

    return refreshed(book, INPUTS, None)


def undo(book: Book) -> Answer:
    """Put back what the last command overwrote; where somebody typed there since, ask first."""
    memory = recall(book)
    if memory is None or not memory.images:
        raise InputError(Problem("undo_nothing"))
    touched = [image.target for image, mark in memory.images if mark and seal(book.present(image)) != mark]
    names = word("where.list", book.lang).join(dict.fromkeys(_target(target, book.lang) for target in touched))
    question = word("said.undo_changed", book.lang, tables=names) if touched else ""
    name = label(memory.command, book.lang)
    back: list[Change] = [image for image, _ in reversed(memory.images)]
    back.append(Replace(UNDO, nothing()))
    says = word("said.undone", book.lang, command=name)
    return Answer(tuple(back), says, question, parameters=name, rows=len(memory.images), undoable=False)


def _target(target: str, lang: str) -> str:
    """A table's name, or the plan's of a measure."""
    if target in TABLES:
        return table_name(target, lang)
    return word("sheet." + target.removeprefix("xs_"), lang)
