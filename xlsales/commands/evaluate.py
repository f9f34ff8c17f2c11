"""The buttons of the group Evaluate."""

from xlsales.commands.protocol import Book
from xlsales.commands.reading import Answer, recomputed


def score(book: Book) -> Answer:
    """Every scorecard of the period."""
    return recomputed(book, ("scorecard_report",))


def incentives(book: Book) -> Answer:
    """Commission, and the statement of each person."""
    return recomputed(book, ("incentives_report",))
