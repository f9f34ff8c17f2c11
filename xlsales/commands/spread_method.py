"""Spreading without a code: a method chosen from a list and its numbers, which say the same as a code or more."""

from dataclasses import dataclass

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
    "pattern": "P{0}",
    "season": "P{0}",
    "season_days": "P{0}",
    "capacity": "P{0}",
    "rest": "P{0}",
    "monotone": "P{0}",
    "presence": "P0",
    "clear": "C",
    "hold": "H",
    "release": "RH",
    "hold_sum": "HC",
    "release_sum": "RC",
    "release_all": "RA",
}
# methods that no code says, with what is typed beside the amount; the others are the code alone
WAYS = {
    "pattern": True,
    "season": False,
    "season_days": False,
    "capacity": True,
    "rest": False,
    "monotone": False,
    "presence": False,
}


@dataclass(frozen=True)
class Method:
    """A chosen method. code: what it says as a code. way: "" or how the amount is shared, with its detail.

    text: it in words, with its numbers.
    """

    code: str
    way: str
    detail: str
    text: str


def chosen_method(book: Book, measure: str) -> Method | None:
    """The method and the numbers beside it; None where no method is chosen."""
    said = _text(book, "xs_method_" + measure)
    if not said:
        return None
    names = {word("plan.method." + key, lang).casefold(): key for key in METHODS for lang in ("en", "zh")}
    key = names.get(said.casefold())
    if key is None:
        listed = [word("plan.method." + each, book.lang) for each in METHODS]
        raise InputError(Problem("plan_method_unknown", table="plan", value=said, facts={"methods": listed}))
    wanted = METHODS[key].count("{") + WAYS.get(key, False)
    area = book.area("xs_numbers_" + measure)
    given = [] if area is None else [code(cell) for cell in area.cells[0]]
    numbers = [number for number in given if number]
    if len(numbers) != wanted:
        facts = {"wanted": wanted, "found": len(numbers)}
        raise InputError(Problem("plan_method_numbers", table="plan", value=said, facts=facts))
    written = METHODS[key].format(*numbers)
    if key not in WAYS:
        return Method(written, "", "", written)
    return Method(written, key, numbers[1] if WAYS[key] else "", " ".join([said, *numbers]))


def _text(book: Book, name: str) -> str:
    area = book.area(name)
    return "" if area is None else code(area.cells[0][0])
