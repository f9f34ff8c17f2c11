"""The first button of the group Improve."""

from xlsales.commands.answer import Answer
from xlsales.commands.protocol import Book
from xlsales.commands.reading import recomputed


def improve(book: Book) -> Answer:
    """Gaps in money, their causes, and what to do about them."""
    return recomputed(book, ("improvement_report",))
