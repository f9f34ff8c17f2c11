"""What closing a period keeps: its page, a seal of every table that it holds, and the rules that it was paid by."""

from xlsales.schema.evaluation import TABLES as EVALUATION
from xlsales.schema.model import Column, Table, choice, code, integer, must, number, period, share, text

SECTIONS = ("five", "bridge", "alert", "score", "pay", "action", "decision")
SEALED = (
    *("orders", "order_credits", "invoices", "invoice_lines", "receipts", "contracts", "expenses", "targets"),
    *("interactions", "satisfaction", "red_lines", "claw_backs", "commission_plan", "commission_assignment"),
    *("products", "cost_history", "fx_rates", "customer_owners", "region_owners", "reviews", "review_page"),
    *("settings", "budget", "activity_plan"),
)
LOCKED = {"commission_plan": "locked_plans", "commission_assignment": "locked_assignments"}  # by what is locked


def plain(column: Column) -> Column:
    """The same column without its reference: what was locked stays, whatever becomes of the masters."""
    return Column(column.key, column.kind, column.required, domain=column.domain)


def locked(table: str) -> Table:
    """The rules of a table as they were when a period was closed."""
    own = next(each for each in EVALUATION if each.key == table)
    columns = (must(period("period")), *(plain(column) for column in own.columns))
    return Table(LOCKED[table], own.sheet, ("period", *own.keys), columns, role="kept")


TABLES = (
    Table(
        "review_page",
        "review_page",
        ("period", "section", "place"),
        (
            must(period("period")),
            must(choice("section", *SECTIONS)),
            must(integer("place")),
            text("item"),
            text("about"),
            number("target"),
            number("actual"),
            share("attainment"),
            text("remark"),
        ),
        role="kept",
    ),
    Table(
        "closed_content",
        "reviews",
        ("period", "sealed"),
        (must(period("period")), must(choice("sealed", *SEALED)), integer("rows"), number("total"), must(code("hash"))),
        role="kept",
    ),
    *(locked(table) for table in LOCKED),
)
