"""What a table and a column are: one declaration from which template, checks, reading, help and docs are derived."""

from dataclasses import dataclass, replace
from functools import partial

# A column's kind says how a cell is read, checked and shown.
TEXT = "text"  # free words
CODE = "code"  # an identifier: 1001.0 and "1001 " are the code 1001
NUMBER = "number"  # a plain number
INTEGER = "integer"
MONEY = "money"  # currency's base unit
PRICE = "price"  # money for one unit of volume
QUANTITY = "quantity"
SHARE = "share"  # 0.15, shown 15 %; "15%" and 15 with a % format are read as 0.15
DATE = "date"
FLAG = "flag"  # yes or no
PERIOD = "period"  # 2026, 2026H1, 2026Q1, 2026-01, 2026-W05, as text
NUMERIC = frozenset({NUMBER, INTEGER, MONEY, PRICE, QUANTITY, SHARE})


@dataclass(frozen=True)
class Column:
    """A column of a table.

    key: English snake_case. required: a row without it is an error. refs: the table whose key the cell must name, or
    "@scope" where the row's own scope names that table. domain: the only values allowed. low, high: bounds, both
    allowed.
    """

    key: str
    kind: str
    required: bool = False
    refs: str = ""
    domain: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Table:
    """A table of the workbook (one ListObject) or of a source folder.

    key: its name. sheet: the sheet that holds it. keys: the identifying columns. columns: in the order shown.
    role: master, input, kept (by xlsales) or result. money: the column that says how much an excluded row is worth.
    dated: the column by which a row belongs to a fiscal year.
    """

    key: str
    sheet: str
    keys: tuple[str, ...]
    columns: tuple[Column, ...]
    role: str = "input"
    money: str = ""
    dated: str = ""

    @property
    def required(self) -> tuple[str, ...]:
        """Keys of the columns that a row cannot do without."""
        return tuple(column.key for column in self.columns if column.required)

    def column(self, key: str) -> Column:
        """The column of that key; KeyError if there is none."""
        for column in self.columns:
            if column.key == key:
                return column
        raise KeyError(f"{self.key}.{key}")


def must(column: Column) -> Column:
    """The same column, required."""
    return replace(column, required=True)


text = partial(Column, kind=TEXT)
code = partial(Column, kind=CODE)
number = partial(Column, kind=NUMBER)
integer = partial(Column, kind=INTEGER)
money = partial(Column, kind=MONEY)
price = partial(Column, kind=PRICE)
quantity = partial(Column, kind=QUANTITY)
share = partial(Column, kind=SHARE)
date = partial(Column, kind=DATE)
flag = partial(Column, kind=FLAG)
period = partial(Column, kind=PERIOD)


def ref(key: str, table: str = "") -> Column:
    """A code that must stand in another table (by default the table named with the plural)."""
    return Column(key, CODE, refs=table or key + "s")


def choice(key: str, *values: str) -> Column:
    """A code out of a fixed list."""
    return Column(key, CODE, domain=values)
