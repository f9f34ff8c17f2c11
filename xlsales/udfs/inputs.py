"""Ranges that only functions take, declared as tables are; and order lines with what the template keeps elsewhere."""

from dataclasses import replace

from xlsales.schema import TABLES
from xlsales.schema.model import Column, Table, code, date, flag, money, must, number, period, price, quantity, share
from xlsales.schema.model import text as words
from xlsales.schema.targets import MEASURES, SCOPES

INVOICE_NEEDS = ("customer", "invoice", "due_date", "amount")
RECEIPT_NEEDS = ("customer", "date", "amount")
MEMBERS = tuple(code(key) for key in SCOPES if key != "company")

# Split credit and the rate of the currency stand in tables of their own; in a cell they are columns of the lines.
ORDERS = replace(
    TABLES["orders"], columns=(*TABLES["orders"].columns, number("rate", low=0), share("share", low=0, high=1))
)


def _range(key: str, *columns: Column) -> Table:
    """A range without a place in the workbook, and without columns that tell its rows apart."""
    return Table(key, "", (), columns)


BRIDGE_SIDE = _range(
    "bridge_side",
    must(code("item")),
    must(quantity("quantity")),
    price("price"),
    price("cost"),
    number("rate", low=0),
    code("unit"),
    money("amount"),
)
SCORE_ACTUALS = _range(
    "score_actuals",
    must(code("salesperson")),
    code("role"),
    must(code("kpi")),
    number("target"),
    number("actual"),
)
SMART_TARGETS = _range(
    "smart_targets",
    code("measure"),
    code("scope"),
    code("member"),
    period("period"),
    date("valid_from"),
    number("target"),
    number("base"),
    words("owner"),
    words("source"),
    code("parent_member"),
    words("unit"),
    number("capacity"),
    number("pipeline"),
)
SMART_HISTORY = _range(
    "smart_history", must(code("measure")), must(code("member")), must(period("period")), number("value")
)
GAP_TARGETS = _range(
    "gap_targets",
    must(code("measure")),
    code("scope"),
    code("member"),
    period("period"),
    *MEMBERS,
    number("target"),
)
GAP_ACTUALS = _range(
    "gap_actuals",
    code("measure"),
    code("scope"),
    code("member"),
    period("period"),
    *MEMBERS,
    number("actual"),
    *(number(key) for key in MEASURES),
)
GAP_DRIVERS = _range(
    "gap_drivers",
    must(code("measure")),
    code("member"),
    *MEMBERS,
    must(code("driver")),
    number("target"),
    number("actual"),
)
OWNERS = _range("action_owners", code("member"), code("owner_role"), must(words("owner")))
EFFECT_DATA = _range(
    "effect_data",
    must(code("unit")),
    must(words("period")),
    must(flag("treated")),
    must(flag("after")),
    number("value"),
)
RANGES = (
    BRIDGE_SIDE,
    SCORE_ACTUALS,
    SMART_TARGETS,
    SMART_HISTORY,
    GAP_TARGETS,
    GAP_ACTUALS,
    GAP_DRIVERS,
    OWNERS,
    EFFECT_DATA,
)
