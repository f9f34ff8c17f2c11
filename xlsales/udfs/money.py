"""In-cell functions of the five quantities and of receivables."""

from typing import Any

import numpy as np
import pandas as pd

from xlsales.core.ageing import BUCKETS, ageing
from xlsales.core.attribution import DIMENSIONS, attribute_collections, orders_as_invoices
from xlsales.core.collection_ratios import cei, dso_balance, dso_best, dso_countback
from xlsales.core.credit import credit_limit
from xlsales.core.settlement import settle
from xlsales.core.variance import bridge
from xlsales.schema import TABLES
from xlsales.udfs.answers import Answer
from xlsales.udfs.inputs import BRIDGE_SIDE, INVOICE_NEEDS, ORDERS, RECEIPT_NEEDS
from xlsales.udfs.registry import Example, choice, day, function, number, numbers, table, text
from xlsales.udfs.setup import Given, Setup
from xlsales.udfs.tables import Asked, as_codes, columns_of

ORDERS_ARGUMENT = table("orders", ORDERS, "date")
INVOICES = table("invoices", TABLES["invoices"], *INVOICE_NEEDS)
RECEIPTS = table("receipts", TABLES["receipts"], *RECEIPT_NEEDS)
ORDER_ROWS = [["date", "region", "quantity", "amount", "cost"], ["2026-01-05", "N", 2, 100, 60]]
INVOICE_ROWS = [
    ["customer", "invoice", "date", "due_date", "amount"],
    ["C", "A", "2026-01-01", "2026-02-01", 100],
    ["C", "B", "2025-12-01", "2026-01-01", 50],
]
RECEIPT_ROWS = [["receipt", "customer", "date", "amount"], ["R", "C", "2026-01-15", 70]]
SETTLED = ("customer", "invoice", "instalment", "due_date", "amount", "settled", "open", "days_overdue")
FIVE = ("sales", "volume", "margin", "profit", "collections", "margin_rate", "profit_rate")


@function(
    "XS_FIVE",
    "quantities",
    ORDERS_ARGUMENT,
    table("receipts", TABLES["receipts"], *RECEIPT_NEEDS, optional=True),
    text("by", optional=True),
    choice("period", "none", "week", "month", "quarter", "half", "year", word="cut"),
    day("first", optional=True),
    day("last", optional=True),
    table("invoices", TABLES["invoices"], *INVOICE_NEEDS, optional=True),
    tabular=True,
    example=Example(
        (ORDER_ROWS, None, "region", None, None, None, None, None, "key"),
        [["region", *FIVE], ["N", 100.0, 2.0, 40.0, 40.0, None, 0.4, 0.4]],
    ),
)
def five(given: Given) -> Answer:
    """The five quantities and their rates."""
    from xlsales.core.order_lines import order_measures  # noqa: PLC0415 - narwhals; no other function needs it
    from xlsales.core.quantities import five_quantities  # noqa: PLC0415

    setup, orders = given.setup, given["orders"]
    by = columns_of(given["by"], orders, "orders", setup)
    lines = order_measures(as_codes(known_by(orders.frame, setup), by), rules=setup.rules)
    cash = None
    if given["receipts"] is not None:
        bills = orders_as_invoices(lines) if given["invoices"] is None else known_by(given["invoices"].frame, setup)
        receipts = known_by(given["receipts"].frame, setup)
        done = settle(bills, receipts, setup.as_of, setup.rules.bill_counts_on)
        own = [name for name in by if name not in {*DIMENSIONS, "customer", "date"}]
        cash = attribute_collections(done, bills, None, lines, dimensions=(*DIMENSIONS, *own))
    found = five_quantities(lines, cash, by, given["period"], given["first"], given["last"], setup.calendar)
    return Answer(found, "five_quantities")


def known_by(frame: pd.DataFrame, setup: Setup) -> pd.DataFrame:
    """The rows dated up to the day that the settings name; all where they name none."""
    if setup.as_of is None or "date" not in frame:
        return frame
    return frame[(frame["date"] <= setup.as_of).fillna(value=False)].reset_index(drop=True)


@function(
    "XS_BRIDGE",
    "quantities",
    table("base", BRIDGE_SIDE, "item", "quantity"),
    table("actual", BRIDGE_SIDE, "item", "quantity"),
    choice("measure", "sales", "margin"),
    tabular=True,
    example=Example(
        (
            [["item", "quantity", "price"], ["A", 500, 5], ["B", 500, 10]],
            [["item", "quantity", "price"], ["A", 550, 5], ["B", 650, 10]],
            None,
            None,
            "key",
        ),
        [
            ["effect", "amount"],
            *(["price", 0.0], ["volume", 1500.0], ["mix", 250.0], ["new", 0.0], ["lost", 0.0], ["other", 0.0]),
            ["total", 1750.0],
        ],
    ),
)
def bridge_table(given: Given) -> Answer:
    """What changed sales or margin."""
    found = bridge(given["base"].frame, given["actual"].frame, given["measure"])
    return Answer(found, "bridge", ("effect", "amount"), {"effect": "effect"})


@function(
    "XS_SETTLE",
    "receivables",
    INVOICES,
    RECEIPTS,
    day("as_of", optional=True, setting="as_of"),
    tabular=True,
    example=Example(
        (INVOICE_ROWS, RECEIPT_ROWS, "2026-03-03", None, "key"),
        [
            list(SETTLED),
            ["C", "A", None, pd.Timestamp("2026-02-01").to_pydatetime(), 100.0, 20.0, 80.0, 30.0],
            ["C", "B", None, pd.Timestamp("2026-01-01").to_pydatetime(), 50.0, 50.0, 0.0, 0.0],
        ],
    ),
)
def settle_table(given: Given) -> Answer:
    """Which money settled which invoice."""
    rule = given.setup.rules.bill_counts_on
    done = settle(given["invoices"].frame, given["receipts"].frame, given["as_of"], rule)
    found = done.table()
    if "instalment" not in given["invoices"].frame:
        found["instalment"] = None
    return Answer(found, "settlement", SETTLED)


@function(
    "XS_AGEING",
    "receivables",
    INVOICES,
    RECEIPTS,
    day("as_of", setting="as_of"),
    text("by", optional=True),
    tabular=True,
    example=Example(
        (INVOICE_ROWS, RECEIPT_ROWS, "2026-01-31", None, None, "key"),
        [
            ["customer", *BUCKETS, "unapplied", "outstanding"],
            ["C", 80.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 80.0],
        ],
    ),
)
def ageing_table(given: Given) -> Answer:
    """Open receivables by days overdue."""
    invoices: Asked = given["invoices"]
    by = columns_of(given["by"], invoices, "invoices", given.setup) or ["customer"]
    rule = given.setup.rules.bill_counts_on
    found = ageing(as_codes(invoices.frame, by), given["receipts"].frame, given["as_of"], by, rule)
    return Answer(found, "ageing")


@function(
    "XS_DSO",
    "receivables",
    number("receivable"),
    numbers("sales", line=True),
    numbers("days", line=True),
    choice("method", "balance", "countback", "best", word="dso"),
    number("current", optional=True),
    example=Example((10869, 17674, 90), 10869 / 17674 * 90),
)
def dso(given: Given) -> Any:
    """Days sales outstanding."""
    if given["method"] == "countback":
        for name in ("sales", "days"):
            if np.isnan(given[name]).any():
                given.setup.refuse("cells_blank", argument=name)
        return dso_countback(given["receivable"], given["sales"].tolist(), given["days"].tolist())
    sales, days = (_one(given, name) for name in ("sales", "days"))
    if given["method"] == "balance":
        return dso_balance(given["receivable"], sales, days)
    if given["current"] is None:
        given.setup.refuse("cell_missing", argument="current")
    return dso_best(given["current"], sales, days)


def _one(given: Given, name: str) -> float:
    """The one number of an argument that takes several with another method."""
    found = given[name]
    if len(found) != 1:
        rows, columns = given.ranges[name].size
        given.setup.refuse("cell_one", argument=name, rows=rows, columns=columns)
    if np.isnan(found[0]):
        given.setup.refuse("cell_missing", argument=name)
    return float(found[0])


@function(
    "XS_CEI",
    "receivables",
    number("opening"),
    number("sales"),
    number("closing_total"),
    number("closing_current"),
    example=Example((6200, 3630, 6340, 3590), 3490 / 6240 * 100),
)
def cei_number(given: Given) -> Any:
    """Collection effectiveness index in percent."""
    return cei(given["opening"], given["sales"], given["closing_total"], given["closing_current"])


@function(
    "XS_CREDIT",
    "receivables",
    number("monthly_sales"),
    number("term_months"),
    text("risk_class"),
    example=Example((100_000, 2, "A"), 160_000.0),
)
def credit(given: Given) -> Any:
    """Credit limit."""
    return credit_limit(given["monthly_sales"], given["term_months"], given["risk_class"].upper())
