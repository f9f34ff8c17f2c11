"""In-cell functions of the pipeline and of customers."""

from typing import Any

import pandas as pd

from xlsales.core.concentration import abc, hhi
from xlsales.core.customers import next_products, rfm
from xlsales.core.deals import default_stages, read_deals
from xlsales.core.pipeline import SUMMARY, pipeline
from xlsales.schema import TABLES
from xlsales.udfs.answers import Answer
from xlsales.udfs.cells import shaped
from xlsales.udfs.inputs import ORDERS
from xlsales.udfs.registry import Example, day, function, integer, number, numbers, table, text
from xlsales.udfs.setup import Given
from xlsales.udfs.tables import meant

DEALS = [["opportunity", "stage", "value"], ["a", "proposal", 400], ["b", "won", 300], ["c", "lost", 100]]
BUYERS = [
    ["customer", "date", "product", "quantity", "amount"],
    ["a", "2026-01-01", "x", 1, 10],
    ["b", "2026-01-05", "x", 1, 40],
    ["b", "2026-01-09", "y", 1, 50],
    ["c", "2025-12-01", "z", 1, 5],
]
RFM = {"r": "R", "f": "F", "m": "M"}


@function(
    "XS_PIPELINE",
    "pipeline",
    table("opportunities", TABLES["opportunities"], "stage"),
    day("as_of", optional=True, setting="as_of"),
    day("first", optional=True),
    day("last", optional=True),
    number("target_left", optional=True),
    table("stages", TABLES["stages"], "stage", "order", "probability", "category", optional=True),
    tabular=True,
    example=Example(
        (DEALS, "2026-03-31", None, None, 800, None, None, "key"),
        [list(SUMMARY), [400.0, 200.0, 0.0, 400.0, 0.0, 0.5, 0.75, 300.0, None, None, 0.5]],
    ),
)
def pipeline_row(given: Given) -> Answer:
    """What the pipeline is worth and how it moves."""
    deals = given["opportunities"].frame
    stages = None if given["stages"] is None else given["stages"].frame
    known = default_stages() if stages is None else stages
    deals = deals.assign(stage=meant(deals["stage"], "stage", tuple(known["stage"])))
    read = read_deals(deals, stages, given["as_of"])
    found = pipeline(read, first=given["first"], last=given["last"], target_left=given["target_left"])
    return Answer(found, "pipeline_summary", SUMMARY)


def measured(given: Given) -> pd.DataFrame:
    """The order lines with their sales."""
    from xlsales.core.order_lines import order_measures  # noqa: PLC0415 - narwhals; few functions need it

    return order_measures(given["orders"].frame, rules=given.setup.rules)


@function(
    "XS_RFM",
    "customers",
    table("orders", ORDERS, "date", "customer"),
    day("as_of", optional=True, setting="as_of"),
    integer("classes", optional=True, default=5, most=100),
    table("customers", TABLES["customers"], "customer", optional=True),
    tabular=True,
    example=Example(
        (BUYERS, "2026-01-09", 2, None, None, "key"),
        [
            ["customer", "recency_days", "frequency", "monetary", "R", "F", "M", "segment"],
            ["a", 8.0, 1.0, 10.0, 1, 1, 1, "attention"],
            ["b", 0.0, 2.0, 90.0, 2, 2, 2, "champions"],
            ["c", 39.0, 1.0, 5.0, 1, 1, 1, "attention"],
        ],
    ),
)
def rfm_table(given: Given) -> Answer:
    """Customers by recency, frequency and money."""
    customers = None if given["customers"] is None else given["customers"].frame
    found = rfm(measured(given), given["as_of"], given["classes"], customers).rename(columns=RFM)
    return Answer(found, "xs_rfm", words={"segment": "segment"})


@function(
    "XS_ABC",
    "customers",
    numbers("values"),
    number("a", optional=True, default=0.8),
    number("b", optional=True, default=0.95),
    example=Example(([[50], [5], [30], [15]],), [["A"], ["C"], ["A"], ["B"]]),
)
def abc_classes(given: Given) -> Any:
    """ABC class of each value."""
    return shaped(abc(given["values"], given["a"], given["b"]), given.ranges["values"])


@function("XS_HHI", "customers", numbers("values"), example=Example(([10, 9, 12, 15, 12, 11, 15, 16],), 1296.0))
def hhi_number(given: Given) -> Any:
    """Concentration, 0 to 10 000."""
    return hhi(given["values"])


@function(
    "XS_NEXT",
    "customers",
    table("orders", ORDERS, "customer", "product"),
    text("customer"),
    integer("top", optional=True, default=5, least=1),
    number("min_support", optional=True, default=0.01),
    tabular=True,
    example=Example(
        (BUYERS, "a", None, None, None, "key"),
        [["product", "lift", "support", "customers"], ["y", 1.5, 1 / 3, 1.0]],
    ),
)
def next_table(given: Given) -> Answer:
    """What a customer may buy next."""
    found = next_products(measured(given), given["customer"], given["top"], given["min_support"])
    return Answer(found, "xs_next", ("product", "lift", "support", "customers"))
