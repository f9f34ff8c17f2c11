"""Every in-cell function, declared once: name, arguments, category, example; wrappers, help and hosts read it here."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from inspect import Parameter, Signature
from typing import Any

from xlsales.labels import word, words
from xlsales.schema.model import Table

# What an argument takes; the host hands every one of them over as a range.
NUMBER = "number"  # one cell
INTEGER = "integer"
DAY = "day"
FLAG = "flag"
TEXT = "text"
CHOICE = "choice"
NUMBERS = "numbers"  # a range of numbers, blank = not given
PAIRS = "pairs"  # two columns of numbers: from and what holds from there
TABLE = "table"  # a range with its header row
SETTINGS = "settings"
LANG = "lang"
MOST = 1_048_576  # rows of a sheet: nothing that is counted is more
SCALARS = frozenset({NUMBER, INTEGER, DAY, FLAG, TEXT, CHOICE, LANG})

# Argument names go into VBA as they are, in any case. (Words of one statement only, like Base, are names elsewhere.)
VBA_WORDS = frozenset(
    """addressof alias and any as attribute boolean byref byte byval call case cbool cbyte ccur cdate cdbl cdec
    cint class clng close compare const csng cstr currency cvar date debug decimal declare default defbool defbyte
    defdate defdbl defint deflng defobj defsng defstr defvar dim do double each else elseif empty end endif enum eqv
    erase error event exit explicit false fix for friend function get global gosub goto if imp implements in input
    integer is let lib like line load lock long longlong longptr loop lset me mid mod module name new next not nothing
    null object on open option optional or output paramarray preserve print private property public put raiseevent
    random read redim rem resume return rset seek select set shared single spc static step stop string sub tab then
    time to true type typeof unload unlock until variant wend while width with withevents write xor""".split()  # noqa: SIM905 - a page of words reads better than a page of quotes
)


@dataclass(frozen=True)
class Argument:
    """One argument of a function.

    kind: one of the kinds above. default: what holds when it is left out; `setting` names the setting that holds
    instead, if there. choices: the values of a CHOICE. word: the group of words that name these values. table: the
    declaration of a TABLE; needed: its columns that the function cannot do without; free: columns that may have blank
    cells although they are needed or the declaration requires them; raw: columns whose cells count as they are where
    they cannot be read. line: a NUMBERS argument that is one row or one column. least, most: bounds of an INTEGER,
    both allowed.
    """

    name: str
    kind: str
    optional: bool = False
    default: object = None
    setting: str = ""
    choices: tuple[str, ...] = ()
    word: str = ""
    table: Table | None = None
    needed: tuple[str, ...] = ()
    free: tuple[str, ...] = ()
    raw: tuple[str, ...] = ()
    line: bool = False
    least: int | None = None
    most: int = MOST

    def __post_init__(self) -> None:
        if self.name.lower() in VBA_WORDS:
            raise ValueError(f"{self.name} is a word of VBA and cannot be an argument")


@dataclass(frozen=True)
class Example:
    """A call that shows the function, and what it gives."""

    arguments: tuple[object, ...]
    result: object


@dataclass(frozen=True)
class Function:
    """An in-cell function. compute: what it does with arguments that are read already."""

    name: str
    arguments: tuple[Argument, ...]
    category: str
    example: Example
    compute: Callable[[Any], Any]

    def label(self, lang: str) -> str:
        """One sentence about the function."""
        return word("function." + self.name, lang)

    def help(self, lang: str) -> str:
        """What a user must know, with an example."""
        return words()["function." + self.name]["help_" + lang]

    def argument_help(self, argument: str, lang: str) -> str:
        """One sentence about an argument."""
        return word(f"function.{self.name}.{argument}", lang)

    def category_label(self, lang: str) -> str:
        """The category under which the function wizard lists it."""
        return word("function_category." + self.category, lang)

    @property
    def signature(self) -> Signature:
        """The arguments in their order; Python lets all of them be left out: a sentence says what lacks."""
        kind = Parameter.POSITIONAL_OR_KEYWORD
        return Signature([Parameter(argument.name, kind, default=None) for argument in self.arguments])


FUNCTIONS: dict[str, Function] = {}

number = partial(Argument, kind=NUMBER)
integer = partial(Argument, kind=INTEGER)
day = partial(Argument, kind=DAY)
flag = partial(Argument, kind=FLAG)
text = partial(Argument, kind=TEXT)
numbers = partial(Argument, kind=NUMBERS)
pairs = partial(Argument, kind=PAIRS)


def choice(name: str, *choices: str, word: str = "") -> Argument:
    """An optional argument that takes one of a few values, the first if left out."""
    return Argument(name, CHOICE, optional=True, default=choices[0], choices=choices, word=word or name)


def table(name: str, declared: Table, *needed: str, **more: Any) -> Argument:
    """A range with a header row, read as a table is."""
    return Argument(name, TABLE, table=declared, needed=needed, **more)


LAST = (Argument("settings", SETTINGS, optional=True), Argument("lang", LANG, optional=True))


def function(
    name: str, category: str, *arguments: Argument, example: Example, tabular: bool = False
) -> Callable[[Callable[[Any], Any]], Callable[[Any], Any]]:
    """Register what follows as the in-cell function of that name; tabular: it ends with settings and language."""

    def register(compute: Callable[[Any], Any]) -> Callable[[Any], Any]:
        if name in FUNCTIONS:
            raise ValueError(f"{name} is registered twice")
        everything = (*arguments, *LAST) if tabular else arguments
        FUNCTIONS[name] = Function(name, everything, category, example, compute)
        return compute

    return register
