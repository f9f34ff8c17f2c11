"""Carry out a button: recover, run, ask, write everything or nothing, log, and say what was done."""

from time import perf_counter

import pandas as pd

from xlsales.commands.answer import Answer
from xlsales.commands.protocol import Append, Book
from xlsales.commands.registry import CALC_COMMANDS, COMMANDS, label
from xlsales.commands.transaction import commit, recall
from xlsales.core.refusal import Refusal
from xlsales.labels import word
from xlsales.problems import InputError, from_refusal


def carry_out(command_id: str, book: Book) -> None:
    """Run a command from reading to the last word; whatever stops it leaves the book as it was.

    Raises InputError for what the user can put right.
    """
    start = perf_counter()
    command = (COMMANDS | CALC_COMMANDS)[command_id]
    try:
        if offer_recovery(book, command_id):
            return
        answer = command.function(book)
        if answer.question and not book.confirm(answer.question):
            book.tell(word("said.nothing_written", book.lang))
            return
        write(book, command_id, answer, start)
    except Refusal as refusal:
        raise InputError(from_refusal(refusal)) from refusal
    finally:
        book.progress("")
    follow(book, answer)


def offer_recovery(book: Book, command_id: str) -> bool:
    """Offer to put back what an interrupted command left half done; whether that was done instead of the command."""
    if command_id in {"undo", "help", "about"}:
        return False
    memory = recall(book)
    if memory is None or memory.finished:
        return False
    says = word("said.interrupted", book.lang, command=label(memory.command, book.lang))
    if not book.confirm(says):
        return False
    carry_out("undo", book)
    return True


def write(book: Book, command_id: str, answer: Answer, start: float) -> None:
    """Write the answer's changes and the row of the log."""
    if not answer.changes and not can_log(book):
        return
    if answer.changes:
        book.progress(word("said.writing", book.lang))
    log = pd.DataFrame(
        {
            "time": [f"{book.now:%Y-%m-%d %H:%M:%S}"],
            "user": [book.user],
            "command": [label(command_id, book.lang)],
            "parameters": [answer.parameters],
            "rows": [float(answer.rows)],
            "duration": [round(perf_counter() - start, 2)],
        }
    )
    commit(book, command_id, answer.changes, log, undoable=answer.undoable)


def can_log(book: Book) -> bool:
    """Whether a row of the log can be written; where it cannot, a command that only shows something goes on."""
    try:
        book.check([Append("log", pd.DataFrame({"time": [""]}))])
    except InputError:
        return False
    return True


def follow(book: Book, answer: Answer) -> None:
    """Go where the answer leads, and say what was done."""
    if answer.ends_preview:
        book.drop_preview()
    if answer.lang:
        book.switched(answer.lang)
    if answer.table:
        book.go(answer.table)
    elif answer.sheet:
        book.go_sheet(answer.sheet)
    if answer.says:
        book.tell(answer.says)
