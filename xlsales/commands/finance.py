"""The buttons of the group Finance."""

from xlsales.commands.answer import Answer
from xlsales.commands.protocol import Book
from xlsales.commands.registry import CASH, COSTS


def refresh_margin(book: Book) -> Answer:
    """Read orders and costs anew; the sheet Margin follows."""
    from xlsales.commands.refreshing import refreshed  # noqa: PLC0415 - sources and what reads them

    return refreshed(book, COSTS, ("margin", "five"))


def refresh_collections(book: Book) -> Answer:
    """Read invoices and receipts anew; the sheet Collections follows."""
    from xlsales.commands.refreshing import refreshed  # noqa: PLC0415 - as above

    return refreshed(book, CASH, ("collections", "contracts_report", "five"))
