"""Cash by product, salesperson, region and channel: settled money split over the lines of what it settled."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from xlsales.core.matching import starts_of
from xlsales.core.money import Floats, Ints, from_cents, split_cents
from xlsales.core.owners import owner_on
from xlsales.core.refusal import Refusal
from xlsales.core.settlement import Settlement

DIMENSIONS = ("order", "line", "product", "salesperson", "region", "channel", "contract", "promotion")


def attribute_collections(
    done: Settlement,
    invoices: pd.DataFrame,
    invoice_lines: pd.DataFrame | None = None,
    order_lines: pd.DataFrame | None = None,
    owners: tuple[pd.DataFrame | None, pd.DataFrame | None] = (None, None),
    dimensions: Sequence[str] = DIMENSIONS,
) -> pd.DataFrame:
    """Split each settled receipt over its invoice's lines in proportion to their gross amount, exact to the cent.

    done: the settlement of invoices; invoice_lines: invoice, amount, [order, order_line, and dimensions]; order_lines:
    what `order_measures` returns (weights: sales_with_tax), reached through invoices.order where an invoice has no
    lines of its own; owners: (customer_owners, customers), who get what has neither. Returns one row per part: receipt,
    date (on which the money counts), customer, invoice, dimensions..., collections. Unapplied money is a row with blank
    invoice and dimensions. Σ collections over any column = Σ receipts that count. Credit notes are not collections.

    >>> from xlsales.core.settlement import settle
    >>> day = pd.to_datetime(["2026-01-01"])
    >>> invoices = pd.DataFrame({"customer": "C", "invoice": ["I"], "due_date": day, "amount": [100.0]})
    >>> receipts = pd.DataFrame({"receipt": ["R"], "customer": ["C"], "date": day, "amount": [120.0]})
    >>> lines = pd.DataFrame({"invoice": ["I", "I"], "product": ["P", "Q"], "amount": [75.0, 25.0]})
    >>> attribute_collections(settle(invoices, receipts), invoices, lines)[["invoice", "product", "collections"]]
      invoice product  collections
    0       I       P         75.0
    1       I       Q         25.0
    2     NaN     NaN         20.0
    """
    cash = np.flatnonzero(~done.moves.credit[done.move])
    move, item, cents = done.move[cash], done.item[cash], done.cents[cash]
    table = _lines_of_invoices(done, invoices, invoice_lines, order_lines, dimensions)
    code = _code_of(done.items.invoice, table["invoice"])
    order = np.argsort(code[1], kind="stable")
    table, line_code = table.iloc[order].reset_index(drop=True), code[1][order]
    pair, line, parts = _split(code[0][item], cents, line_code, table["__gross"].to_numpy(float))
    loose = np.flatnonzero((done.unapplied != 0) & ~done.moves.credit)
    none = np.full(len(loose), -1)
    moves = np.concatenate([move[pair], loose])
    items = np.concatenate([item[pair], none])
    lines = table.drop(columns=["invoice", "__gross"]).reindex(np.concatenate([line, none])).reset_index(drop=True)
    who = done.moves.customer[moves]
    who[: len(pair)] = done.items.customer[item[pair]]
    found = pd.DataFrame(
        {
            "receipt": done.moves.name.take(moves).array,
            "date": done.moves.date[moves].astype("M8[s]"),
            "customer": done.items.customers.take(who),
            "invoice": done.items.invoice.reset_index(drop=True).reindex(items).array,
        }
    )
    found = pd.concat([found, lines], axis=1)
    found["collections"] = from_cents(np.concatenate([parts, done.unapplied[loose]]))
    bare = np.concatenate([line, none]) < 0
    return _with_owner(found, done, items, bare & (items >= 0), owners)


def orders_as_invoices(order_lines: pd.DataFrame) -> pd.DataFrame:
    """Each order as an invoice that is due on its date, for books without invoices.

    order_lines: what `order_measures` returns, with order and customer. Returns customer, invoice, order, date,
    due_date, amount (with tax, to the cent), kind (an order below 0 is a credit note). Raises Refusal
    `columns_missing`.

    >>> lines = pd.DataFrame({"order": ["O", "O"], "customer": "C", "date": pd.to_datetime(["2026-01-05"] * 2),
    ...     "sales_with_tax": [60.0, 40.0]})
    >>> orders_as_invoices(lines)[["invoice", "amount", "kind"]]
      invoice  amount     kind
    0       O   100.0  invoice
    """
    missing = [name for name in ("order", "customer", "date") if name not in order_lines]
    if missing:
        raise Refusal("columns_missing", columns=", ".join(f"orders.{name}" for name in missing))
    sums = order_lines.groupby(["order", "customer"], sort=False, as_index=False).agg(
        date=("date", "min"), amount=("sales_with_tax", "sum")
    )
    kind = np.where(sums["amount"] < 0, "credit_note", "invoice")
    amount = sums["amount"].round(2)
    return sums.assign(invoice=sums["order"], due_date=sums["date"], amount=amount, kind=kind)


def _lines_of_invoices(
    done: Settlement,
    invoices: pd.DataFrame,
    invoice_lines: pd.DataFrame | None,
    order_lines: pd.DataFrame | None,
    dimensions: Sequence[str],
) -> pd.DataFrame:
    """invoice, dimensions..., __gross: the invoice's own lines, else the lines of its orders."""
    columns = ["invoice", *dimensions, "__gross"]
    parts = []
    if invoice_lines is not None and len(invoice_lines):
        own = invoice_lines.drop(columns="line", errors="ignore").rename(columns={"order_line": "line"})
        own = own.rename(columns={"amount": "__gross"})
        parts.append(_known_by_order(own, order_lines, dimensions).reindex(columns=columns))
    if order_lines is not None and "order" in invoices and "order" in order_lines:
        live = invoices.iloc[done.items.row]
        billed = live.loc[live["order"].notna(), ["invoice", "order"]].drop_duplicates()
        if parts:
            billed = billed[~billed["invoice"].isin(parts[0]["invoice"])]
        have = ["order", *[name for name in dimensions if name in order_lines and name != "order"]]
        gross = order_lines[have].assign(__gross=order_lines["sales_with_tax"].to_numpy())
        parts.append(billed.merge(gross, on="order").reindex(columns=columns))
    if not parts:
        return pd.DataFrame(columns=columns).astype({"__gross": float})
    return pd.concat(parts, ignore_index=True) if len(parts) > 1 else parts[0]


def _known_by_order(own: pd.DataFrame, order_lines: pd.DataFrame | None, dimensions: Sequence[str]) -> pd.DataFrame:
    """Fill an invoice line's blank dimensions from the order line that it names."""
    if order_lines is None or not {"order", "line"} <= set(own.columns) & set(order_lines.columns):
        return own
    wanted = [name for name in dimensions if name in order_lines and name not in {"order", "line"}]
    source = order_lines[["order", "line", *wanted]].drop_duplicates(["order", "line"])
    joined = own[["order", "line"]].merge(source, on=["order", "line"], how="left")
    filled = own.copy()
    for name in wanted:
        said = joined[name].set_axis(own.index)
        filled[name] = own[name].where(own[name].notna(), said) if name in own else said
    return filled


def _code_of(items: pd.Series, lines: pd.Series) -> tuple[Ints, Ints]:
    """Codes of invoices, the same for items and lines; lines of unknown invoices get the code -1."""
    code, names = pd.factorize(items)
    found = pd.Index(names).get_indexer(pd.Index(lines)) if len(lines) else np.zeros(0, dtype=np.int64)
    return code.astype(np.int64), found.astype(np.int64)


def _split(invoice: Ints, cents: Ints, line_code: Ints, gross: Floats) -> tuple[Ints, Ints, Ints]:
    """Pair, line (-1 where the invoice has none) and cents of every part."""
    size = 1 + int(max(invoice.max(initial=-1), line_code.max(initial=-1)))
    first, count = np.zeros(size, dtype=np.int64), np.zeros(size, dtype=np.int64)
    known = np.flatnonzero(line_code >= 0)
    runs = known[starts_of(line_code[known])] if len(known) else known
    first[line_code[runs]] = runs
    count += np.bincount(line_code[known], minlength=size)
    each = np.maximum(count[invoice], 1)
    starts = np.cumsum(each) - each
    pair = np.repeat(np.arange(len(invoice)), each)
    line = np.arange(len(pair)) - np.repeat(starts - first[invoice], each)
    bare = np.repeat(count[invoice] == 0, each)
    line = np.where(bare, -1, line)
    weights = np.where(bare, 1.0, gross[line] if len(gross) else 1.0)
    parts = split_cents(cents, starts, weights) if len(pair) else np.zeros(0, dtype=np.int64)
    kept = np.flatnonzero(parts != 0)
    return pair[kept], line[kept], parts[kept]


def _with_owner(
    found: pd.DataFrame,
    done: Settlement,
    items: Ints,
    bare: np.ndarray[tuple[int], np.dtype[np.bool_]],
    owners: tuple[pd.DataFrame | None, pd.DataFrame | None],
) -> pd.DataFrame:
    """Give what has neither invoice lines nor an order to the owner of the customer on the day the item fell due."""
    customer_owners, customers = owners
    if not bare.any() or "salesperson" not in found or (customer_owners is None and customers is None):
        return found
    some = found.loc[bare, ["customer"]].assign(date=done.items.due[items[bare]].astype("M8[s]"))
    held = owner_on(some["customer"], some["date"], customer_owners, customers)
    seller = found["salesperson"].astype(object)
    seller.loc[bare] = held
    found = found.assign(salesperson=seller)
    if customers is not None and {"region", "customer"} <= set(customers.columns) and "region" in found:
        region = found["region"].astype(object)
        region.loc[bare] = some["customer"].map(customers.set_index("customer")["region"])
        found = found.assign(region=region)
    return found
