"""Refunds that name an invoice which other money had settled: those customers are replayed move by move."""

from collections import defaultdict
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from xlsales.core.matching import offsets, sort_order
from xlsales.core.money import Ints
from xlsales.core.settlement_items import Items, Moves


@dataclass(frozen=True)
class Directed:
    """Money asked back from named items that got less from money naming them."""

    item_group: Ints
    move_group: Ints
    cents: Ints  # (moves,) at most 0


@dataclass
class _Pool:
    """One replay: what each item still owes and got, what each customer holds unapplied, and the pairs so far."""

    open: Ints
    got: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    loose: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    pairs: list[tuple[int, int, int]] = field(default_factory=list)

    def pay(self, move: int, customer: int, cents: int, items: list[int]) -> None:
        """Settle the oldest open items; money first meets what the customer had got back too much."""
        debt = min(max(-self.loose[customer], 0), cents)
        self.loose[customer] += debt
        cents -= debt
        for item in items:
            part = min(cents, int(self.open[item]))
            if part:
                self._book(move, item, part)
                cents -= part
            if not cents:
                return
        self.loose[customer] += cents

    def reopen(self, move: int, customer: int, cents: int, items: list[int]) -> None:
        """Take unapplied money first, then reopen items in the order given."""
        spare = min(max(self.loose[customer], 0), cents)
        self.loose[customer] -= spare
        cents -= spare
        for item in items:
            part = min(cents, self.got[item])
            if part:
                self._book(move, item, -part)
                cents -= part
            if not cents:
                return
        self.loose[customer] -= cents

    def _book(self, move: int, item: int, cents: int) -> None:
        self.open[item] -= cents
        self.got[item] += cents
        self.pairs.append((move, item, cents))


def replay(
    items: Items, moves: Moves, odd: NDArray[np.bool_], open_: Ints, rest: Ints, wishes: list[Directed]
) -> tuple[Ints, Ints, Ints]:
    """Replay the odd customers' money in date order: pay the oldest due, give back what a refund names.

    open_: (items,) cents still owed after the named passes; rest: (moves,) cents not yet used; wishes: the refunds.
    A refund takes the customer's unapplied money, then what its named items got in this pass (latest due first), then
    the customer's other items (latest due first). Returns pairs (move, item, cents).
    """
    order = sort_order(items.customer, offsets(items.due), items.rank)
    own: dict[int, list[int]] = defaultdict(list)
    for item in order[odd[items.customer[order]]].tolist():
        own[int(items.customer[item])].append(item)
    named = [_by_group(wish.item_group, wish.move_group[wish.cents != 0], items) for wish in wishes]
    pool = _Pool(open_.copy())
    mine = np.flatnonzero(odd[moves.customer])
    when = sort_order(offsets(moves.date[mine]), moves.credit[mine].astype(np.int64))
    for move in mine[when].tolist():
        customer, cents = int(moves.customer[move]), int(rest[move])
        if cents > 0:
            pool.pay(move, customer, cents, own[customer])
        elif cents < 0:
            pool.reopen(move, customer, -cents, own[customer][::-1])
        for wish, groups in zip(wishes, named, strict=True):
            if wish.cents[move]:
                first = groups[int(wish.move_group[move])][::-1]
                others = [item for item in own[customer][::-1] if item not in set(first)]
                pool.reopen(move, customer, -int(wish.cents[move]), first + others)
    found = np.array(pool.pairs, dtype=np.int64).reshape(-1, 3)
    return found[:, 0], found[:, 1], found[:, 2]


def _by_group(item_group: Ints, wanted: Ints, items: Items) -> dict[int, list[int]]:
    found: dict[int, list[int]] = defaultdict(list)
    chosen = np.flatnonzero(np.isin(item_group, wanted) & (item_group >= 0))
    order = sort_order(offsets(items.due[chosen]), items.rank[chosen])
    for item in chosen[order].tolist():
        found[int(item_group[item])].append(item)
    return found
