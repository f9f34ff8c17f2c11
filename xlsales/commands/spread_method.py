"""Spreading without a code: a method chosen from a list and its numbers, which say the same as a code."""

from xlsales.commands.plan_sheet import code
from xlsales.commands.protocol import Book
from xlsales.labels import word
from xlsales.problems import InputError, Problem

# method: how its code is written; {0} and {1} are its numbers
METHODS = {
    "proportional": "P{0}",
    "equal": "S{0}",
    "repeat": "R{0}",
    "change": "P%+{0}",
    "straight": "SL{0}:{1}",
    "growth": "GR{0}:{1}",
    "like": "RP{0}",
    "like_change": "R%{0}",
    "clear": "C",
    "hold": "H",
    "release": "RH",
    "hold_sum": "HC",
    "release_sum": "RC",
    "release_all": "RA",
}


def code_of(book: Book, measure: str) -> str:
    """The code that the method and the numbers beside it amount to; "" where no method is chosen."""
    said = _text(book, "xs_method_" + measure)
    if not said:
        return ""
    names = {word("plan.method." + key, lang).casefold(): key for key in METHODS for lang in ("en", "zh")}
    method = names.get(said.casefold())
    if method is None:
        listed = [word("plan.method." + key, book.lang) for key in METHODS]
        raise InputError(Problem("plan_method_unknown", table="plan", value=said, facts={"methods": listed}))
    pattern = METHODS[method]
    wanted = pattern.count("{")
    area = book.area("xs_numbers_" + measure)
    given = [] if area is None else [code(cell) for cell in area.cells[0]]
    numbers = [number for number in given if number]
    if len(numbers) != wanted:
        facts = {"wanted": wanted, "found": len(numbers)}
        raise InputError(Problem("plan_method_numbers", table="plan", value=said, facts=facts))
    return pattern.format(*numbers)


def _text(book: Book, name: str) -> str:
    area = book.area(name)
    return "" if area is None else code(area.cells[0][0])
