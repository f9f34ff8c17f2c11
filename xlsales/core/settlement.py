"""Which money settles which invoice: named first, then the oldest due; money that nobody invoiced stays unapplied.

The order of the passes, for everything known at as_of:
1. money that names an invoice, in date order, on that invoice's instalments by due date;
2. what is left of it, and money that names an order, on that order's invoices by due date;
3. the rest, in date order, on the customer's open items by due date and instalment.
Money below 0 (refund, dishonoured bill) walks the same way back: it reopens the latest first. What an invoice got from
money that did not name it is reopened in `reopening`. Credit notes settle like money but are not collections.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from xlsales.core.matching import net, offsets, sort_order, walk
from xlsales.core.money import Ints, from_cents
from xlsales.core.ratio import Day, day
from xlsales.core.reopening import Directed, replay
from xlsales.core.settlement_items import Items, Moves, items_and_moves

Pairs = tuple[Ints, Ints, Ints]  # move, item, cents


@dataclass(frozen=True)
class Settlement:
    """Items and the money that settled them, as arrays; `table` and `pairs` show them as frames.

    What the last pass settled is known without pairs; who settled what is worked out when first asked for.
    """

    items: Items
    moves: Moves
    named: Pairs  # of the named passes and the replay
    owed: Ints  # (items,) cents that the last pass may settle
    left: Ints  # (moves,) cents that it may use
    as_of: np.datetime64 | None

    @cached_property
    def all_pairs(self) -> Pairs:
        """Move, item and cents of every settled part, below 0 where it reopened."""
        last, _ = _pass(self.items, self.moves, (self.items.customer, self.owed), (self.moves.customer, self.left))
        move, item, cents = (np.concatenate(parts) for parts in zip(self.named, last, strict=True))
        return move, item, cents

    @property
    def move(self) -> Ints:
        """Pairs: which move."""
        return self.all_pairs[0]

    @property
    def item(self) -> Ints:
        """Pairs: which item."""
        return self.all_pairs[1]

    @property
    def cents(self) -> Ints:
        """Pairs: how much."""
        return self.all_pairs[2]

    @cached_property
    def unapplied(self) -> Ints:
        """Cents of each move that no item took."""
        return self.moves.cents - _sum(self.move, self.cents, len(self.moves.cents))

    @cached_property
    def _last(self) -> Ints:
        """Cents that the last pass settled of each item."""
        items = self.items
        which = sort_order(items.customer, offsets(items.due), items.rank)
        paid = _sum(self.moves.customer, self.left, len(items.customers))
        settled = np.empty(len(self.owed), dtype=np.int64)
        settled[which] = net((items.customer[which], self.owed[which]), paid)
        return settled

    @cached_property
    def settled(self) -> Ints:
        """Cents settled of each item."""
        return self._last + _sum(self.named[1], self.named[2], len(self.owed)) if len(self.named[0]) else self._last

    @cached_property
    def unapplied_by_customer(self) -> Ints:
        """Cents of each customer that no item took."""
        size = len(self.items.customers)
        used = _sum(self.items.customer, self._last, size)
        used += _sum(self.moves.customer[self.named[0]], self.named[2], size)
        return _sum(self.moves.customer, self.moves.cents, size) - used

    def table(self) -> pd.DataFrame:
        """Items in the order of the invoices, then one row per customer with unapplied money (open below 0).

        Columns customer, invoice, instalment, due_date, amount, settled, open, days_overdue. days_overdue is 0 for what
        is settled or not yet due, blank without as_of and for unapplied money.
        """
        items, settled = self.items, self.settled
        still = items.cents - settled
        late = np.full(len(still), np.nan)
        if self.as_of is not None:
            late = np.where(still > 0, np.maximum((self.as_of - items.due).astype(np.int64), 0), 0).astype(float)
        top = pd.DataFrame(
            {
                "customer": items.customers.take(items.customer),
                "invoice": _blankable(items.invoice).array,
                "instalment": _blankable(items.instalment).array,
                "due_date": items.due.astype("M8[s]"),
                "amount": from_cents(items.cents),
                "settled": from_cents(settled),
                "open": from_cents(still),
                "days_overdue": late,
            }
        )
        loose = self.unapplied_by_customer
        who = np.flatnonzero(loose)
        rest = pd.DataFrame({"customer": items.customers.take(who), "open": -from_cents(loose[who])})
        return pd.concat([top, rest.reindex(columns=top.columns).astype(top.dtypes)], ignore_index=True)

    def pairs(self) -> pd.DataFrame:
        """Every settled part, then what stayed unapplied (invoice blank).

        Columns kind (receipt or credit_note), receipt, customer (who paid), date, invoice, instalment, amount.
        Σ amount of the rows of kind receipt = Σ receipts that count.
        """
        loose = np.flatnonzero(self.unapplied)
        move = np.concatenate([self.move, loose])
        item = np.concatenate([self.item, np.full(len(loose), -1)])
        cents = np.concatenate([self.cents, self.unapplied[loose]])
        moves, items = self.moves, self.items
        return pd.DataFrame(
            {
                "kind": pd.Categorical.from_codes(
                    moves.credit[move].astype(np.int8), pd.Index(["receipt", "credit_note"])
                ),
                "receipt": moves.name.take(move).array,
                "customer": items.customers.take(moves.customer[move]),
                "date": moves.date[move].astype("M8[s]"),
                "invoice": _take(items.invoice, item),
                "instalment": _take(items.instalment, item),
                "amount": from_cents(cents),
            }
        )


def settle(
    invoices: pd.DataFrame, receipts: pd.DataFrame, as_of: Day | None = None, bill_counts_on: str = "receipt"
) -> Settlement:
    """Settle invoices and instalments with receipts and credit notes as known at the end of as_of.

    invoices: customer, invoice, due_date, amount, [instalment], [date], [order], [kind], [against], [currency];
    receipts: customer, date, amount, [receipt], [invoice], [order], [method], [maturity], [currency]. What is dated
    after as_of does not count. A bill of exchange counts on its receipt or on its maturity, as bill_counts_on says.
    Raises Refusal where an amount or date is missing or currencies are mixed. Source: DEFINITIONS, attribution of cash.

    >>> invoices = pd.DataFrame({"customer": "C", "invoice": ["A", "B"], "amount": [100.0, 50.0],
    ...     "due_date": pd.to_datetime(["2026-02-01", "2026-01-01"])})
    >>> receipts = pd.DataFrame({"customer": ["C"], "date": pd.to_datetime(["2026-01-15"]), "amount": [70.0]})
    >>> settle(invoices, receipts, pd.Timestamp("2026-03-03")).table()[["invoice", "settled", "open", "days_overdue"]]
      invoice  settled  open  days_overdue
    0       A     20.0  80.0          30.0
    1       B     50.0   0.0           0.0
    """
    limit = None if as_of is None else day(as_of)
    items, moves = items_and_moves(invoices, receipts, limit, bill_counts_on)
    found: list[Pairs] = []
    back: list[Directed] = []
    open_, rest = items.cents, moves.cents
    for item_group, move_group in ((items.invoice_code, moves.invoice_code), (items.order_code, moves.order_code)):
        if item_group is None or move_group is None:
            continue
        pairs, below = _pass(items, moves, (item_group, open_), (move_group, rest))
        found.append(pairs)
        asked = np.minimum(below, 0)
        open_ = open_ - _sum(pairs[1], pairs[2], len(open_))
        rest = rest - _sum(pairs[0], pairs[2], len(rest)) - asked
        if asked.any():
            back.append(Directed(item_group, move_group, asked))
    odd = _replayed(items, moves, back)
    if back:
        found.append(replay(items, moves, odd, open_, rest, back))
        open_, rest = np.where(odd[items.customer], 0, open_), np.where(odd[moves.customer], 0, rest)
    none = np.zeros(0, dtype=np.int64)
    move, item, cents = (np.concatenate(parts) for parts in zip((none, none, none), *found, strict=True))
    return Settlement(items, moves, (move, item, cents), open_, rest, limit)


def _pass(items: Items, moves: Moves, owed: tuple[Ints, Ints], money: tuple[Ints, Ints]) -> tuple[Pairs, Ints]:
    """Walk the moves of each group along its open items; returns the pairs and each move's part below."""
    item_group, open_ = owed
    move_group, rest = money
    which = np.flatnonzero((open_ > 0) & (item_group >= 0))
    moving = np.flatnonzero((rest != 0) & (move_group >= 0))
    which = which[sort_order(item_group[which], offsets(items.due[which]), items.rank[which])]
    moving = moving[sort_order(move_group[moving], offsets(moves.date[moving]), moves.credit[moving].astype(np.int64))]
    groups = 1 + int(max(item_group.max(initial=-1), move_group.max(initial=-1)))
    done = walk((item_group[which], open_[which]), (move_group[moving], rest[moving]), groups)
    below = np.zeros(len(rest), dtype=np.int64)
    below[moving] = done.below
    return (moving[done.move], which[done.item], done.amount), below


def _replayed(items: Items, moves: Moves, back: list[Directed]) -> NDArray[np.bool_]:
    """True for the customers whose money must be replayed: who asks back, and whose items are named."""
    odd = np.zeros(len(items.customers), dtype=bool)
    for wish in back:
        asking = np.flatnonzero(wish.cents)
        odd[moves.customer[asking]] = True
        odd[items.customer[np.isin(wish.item_group, wish.move_group[asking])]] = True
    return odd


def _sum(places: Ints, cents: Ints, size: int) -> Ints:
    """Cents added up by place; exact, as float64 holds every cent that `to_cents` lets through."""
    return np.bincount(places, cents, size).astype(np.int64)


def _take(names: pd.Series, places: Ints) -> pd.Series:
    """Names at places, blank at -1."""
    found: pd.Series = _blankable(names).reset_index(drop=True).reindex(places).reset_index(drop=True)
    return found


def _blankable(names: pd.Series) -> pd.Series:
    """Names in a type that can be blank without turning 1 into 1.0."""
    return names.astype("Int64") if pd.api.types.is_integer_dtype(names) else names
