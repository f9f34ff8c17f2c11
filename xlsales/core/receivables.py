"""Whether the receivables agree: with the ledger, and with what was reported when a month was closed."""

from collections.abc import Sequence
from typing import NamedTuple

import pandas as pd

from xlsales.core.refusal import Refusal
from xlsales.core.settlement import Settlement

HALF_CENT = 0.005


class Reconciliation(NamedTuple):
    """Receivables as counted from invoices and receipts beside the ledger's balance."""

    invoiced: float  # invoices that count
    credited: float  # credit notes that count
    received: float  # receipts that count
    outstanding: float  # invoiced - credited - received
    ledger: float
    difference: float  # ledger - outstanding; 0 when they agree to the cent


def reconcile(done: Settlement, ledger_balance: float) -> Reconciliation:
    """Compare the settlement's outstanding money with a ledger balance of the same day.

    >>> from xlsales.core.settlement import settle
    >>> day = pd.to_datetime(["2026-01-01"])
    >>> invoices = pd.DataFrame({"customer": "C", "invoice": ["I"], "due_date": day, "amount": [60.0]})
    >>> paid = pd.DataFrame({"customer": ["C"], "date": day, "amount": [20.0]})
    >>> reconcile(settle(invoices, paid), 45.0)[3:]
    (40.0, 45.0, 5.0)
    """
    invoiced = int(done.items.cents.sum())
    credited = int(done.moves.cents[done.moves.credit].sum())
    received = int(done.moves.cents[~done.moves.credit].sum())
    owed = invoiced - credited - received
    found = (invoiced / 100, credited / 100, received / 100, owed / 100)
    return Reconciliation(*found, ledger_balance, round(ledger_balance - owed / 100, 2))


def restatements(closed: pd.DataFrame, now: pd.DataFrame, keys: Sequence[str], value: str) -> pd.DataFrame:
    """Figures of closed periods that have changed since, as by a receipt entered late.

    closed, now: keys..., value; closed holds what was reported when the periods were closed. A key of closed that now
    lacks counts as 0 now; keys only in now are restatements from 0 where their period (first key) is closed. Returns
    keys..., closed, now, change for every change of a cent or more. Raises Refusal `key_twice`.

    >>> before = pd.DataFrame({"period": ["2026-01", "2026-02"], "collections": [100.0, 50.0]})
    >>> after = pd.DataFrame({"period": ["2026-01", "2026-02", "2026-03"], "collections": [130.0, 50.0, 10.0]})
    >>> restatements(before, after, ["period"], "collections")
        period  closed    now  change
    0  2026-01   100.0  130.0    30.0
    """
    for name, table in (("closed_periods", closed), ("collections_report", now)):
        twice = table.duplicated(list(keys))
        if twice.any():
            raise Refusal("key_twice", table=name, key=", ".join(map(str, table.loc[twice, list(keys)].iloc[0])))
    inside = now[now[keys[0]].isin(closed[keys[0]])]
    both = closed[[*keys, value]].merge(
        inside[[*keys, value]], on=list(keys), how="outer", suffixes=("_closed", "_now")
    )
    table = both[list(keys)].copy()
    table["closed"] = both[f"{value}_closed"].astype(float).fillna(0.0)
    table["now"] = both[f"{value}_now"].astype(float).fillna(0.0)
    table["change"] = (table["now"] - table["closed"]).round(2)
    changed: pd.DataFrame = table[table["change"].abs() >= HALF_CENT]
    return changed.reset_index(drop=True)


def unknown_names(done: Settlement, receipts: pd.DataFrame) -> pd.DataFrame:
    """Receipts that name an invoice which is not known: they settled the customer's oldest items instead.

    Returns the rows of receipts, so that nobody is misled in silence.

    >>> from xlsales.core.settlement import settle
    >>> day = pd.to_datetime(["2026-01-01"])
    >>> invoices = pd.DataFrame({"customer": "C", "invoice": ["I"], "due_date": day, "amount": [60.0]})
    >>> paid = pd.DataFrame({"customer": ["C"], "date": day, "amount": [20.0], "invoice": ["J"]})
    >>> unknown_names(settle(invoices, paid), paid)["invoice"].tolist()
    ['J']
    """
    if "invoice" not in receipts:
        return receipts.iloc[:0]
    named = receipts["invoice"].notna() & ~receipts["invoice"].isin(done.items.invoice)
    return receipts[named]
