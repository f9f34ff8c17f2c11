"""Settlement against published tables, a slow oracle and what must always hold."""

from collections import Counter, defaultdict

import numpy as np
import pandas as pd
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from tests.examples import example
from xlsales.core.matching import walk
from xlsales.core.refusal import Refusal
from xlsales.core.settlement import settle

START = pd.Timestamp("2026-01-01")


def dates(days: list[int]) -> pd.Series:
    return pd.Series([START + pd.Timedelta(days=day) for day in days], dtype="datetime64[s]")


def frame(rows: list[dict[str, object]], columns: list[str]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=columns)
    for name in ("date", "due_date", "maturity"):
        if name in table:
            table[name] = pd.Series(table[name].tolist(), dtype="datetime64[s]", index=table.index)
    table["amount"] = table["amount"].astype(float)
    return table


INVOICE = ["customer", "invoice", "instalment", "date", "due_date", "amount", "order", "kind", "against"]
RECEIPT = ["receipt", "customer", "date", "amount", "invoice", "order"]


def on(day: int) -> pd.Timestamp:
    return START + pd.Timedelta(days=day)


def test_payment_then_credit_note_over_instalments_as_erpnext_publishes() -> None:
    given_, expected = example("AR instalments: payment then credit note, FIFO by due date (ERPNext)")
    terms = np.array(given_["schedule"])
    invoices = pd.DataFrame(
        {
            "customer": "C",
            "invoice": "I",
            "instalment": [1, 2, 3],
            "date": START,
            "due_date": dates(terms[:, 0].tolist()),
            "amount": terms[:, 1].astype(float),
        }
    )
    receipts = pd.DataFrame({"receipt": "R", "customer": "C", "date": [on(1)], "amount": [float(given_["payment"])]})
    receipts["invoice"] = "I"  # ERPNext's payment names its invoice
    after = settle(invoices, receipts).table()
    assert after[["amount", "settled", "open"]].to_numpy().tolist() == expected["after_payment"]

    note = pd.DataFrame(
        [
            {
                "customer": "C",
                "invoice": "N",
                "date": on(2),
                "due_date": on(2),
                "amount": given_["credit_note"],
                "kind": "credit_note",
                "against": "I",
            }
        ]
    )
    done = settle(pd.concat([invoices.assign(kind="invoice"), note]), receipts)
    pairs = done.pairs()
    by_kind = pairs.pivot_table(index="instalment", columns="kind", values="amount", aggfunc="sum", observed=False)
    shown = done.table().set_index("instalment").join(by_kind.fillna(0.0))
    rows = shown.fillna(0.0)[["amount", "receipt", "credit_note", "open"]].to_numpy().tolist()
    assert rows == expected["after_credit_note"]


class Oracle:
    """Cent by cent, invoice by invoice, in plain loops; written from the definition, not from the code."""

    def __init__(self, invoices: pd.DataFrame, receipts: pd.DataFrame, as_of: pd.Timestamp) -> None:
        live = invoices[invoices["date"] <= as_of]
        self.items = live[live["kind"] != "credit_note"].to_dict("records")
        self.items.sort(key=lambda item: (item["due_date"], item["instalment"]))
        self.moves = []
        for row in receipts[receipts["date"] <= as_of].to_dict("records"):
            self.moves.append({**row, "credit": False, "left": round(row["amount"] * 100)})
        for row in live[live["kind"] == "credit_note"].to_dict("records"):
            self.moves.append(
                {
                    **row,
                    "receipt": row["invoice"],
                    "invoice": row["against"],
                    "credit": True,
                    "left": abs(round(row["amount"] * 100)),
                }
            )
        self.moves.sort(key=lambda move: (move["date"], move["credit"]))
        self.pairs: dict[tuple[object, object, object], int] = defaultdict(int)
        for item in self.items:
            item["cents"] = item["open"] = round(item["amount"] * 100)
            item["pooled"] = 0
        self.directed: dict[int, list[tuple[str, object, int]]] = defaultdict(list)
        for key in ("invoice", "order"):
            self.named(key)
        self.pool()

    def book(self, move: dict[str, object], item: dict[str, object], cents: int) -> None:
        item["open"] -= cents
        self.pairs[move["receipt"], item["invoice"], item["instalment"]] += cents

    def named(self, key: str) -> None:
        """Each name has a purse; its level, cut to what its items owe, says how much of them is settled."""
        names = {item[key] for item in self.items if isinstance(item[key], str)}
        for name in sorted(names):
            owed = [(item, item["open"]) for item in self.items if item[key] == name]
            level, top = 0, sum(cents for _, cents in owed)
            for number, move in enumerate(self.moves):
                if move[key] != name:
                    continue
                step = 1 if move["left"] > 0 else -1
                used = asked = 0
                for _ in range(abs(move["left"])):
                    cell = level if step > 0 else level - 1
                    level += step
                    if 0 <= cell < top:
                        self.book(move, self._at(owed, cell), step)
                        used += step
                    elif cell < 0 and step < 0:
                        asked += 1
                move["left"] -= used - asked
                if asked:
                    self.directed[number].append((key, name, asked))

    @staticmethod
    def _at(owed: list[tuple[dict[str, object], int]], cell: int) -> dict[str, object]:
        for item, cents in owed:
            if cell < cents:
                return item
            cell -= cents
        raise AssertionError

    def pool(self) -> None:
        self.loose: dict[object, int] = defaultdict(int)
        for number, move in enumerate(self.moves):
            mine = [item for item in self.items if item["customer"] == move["customer"]]
            for _ in range(max(move["left"], 0)):
                self.one_in(move, mine)
            for _ in range(max(-move["left"], 0)):
                self.one_out(move, mine[::-1])
            for key, name, cents in self.directed[number]:
                first = [item for item in self.items if item[key] == name][::-1]
                for _ in range(cents):
                    self.one_out(move, first + [item for item in mine[::-1] if item not in first])

    def one_in(self, move: dict[str, object], items: list[dict[str, object]]) -> None:
        if self.loose[move["customer"]] >= 0:
            for item in items:
                if item["open"] > 0:
                    item["pooled"] += 1
                    self.book(move, item, 1)
                    return
        self.loose[move["customer"]] += 1

    def one_out(self, move: dict[str, object], items: list[dict[str, object]]) -> None:
        if self.loose[move["customer"]] <= 0:
            for item in items:
                if item["pooled"] > 0:
                    item["pooled"] -= 1
                    self.book(move, item, -1)
                    return
        self.loose[move["customer"]] -= 1


customers = st.sampled_from(["C1", "C2"])
names = st.sampled_from([None, None, "I0", "I1", "I2", "I9"])
orders = st.sampled_from([None, None, "O1", "O2"])


@st.composite
def ledgers(draw: st.DrawFn) -> tuple[pd.DataFrame, pd.DataFrame]:
    rows: list[dict[str, object]] = []
    for number in range(draw(st.integers(0, 4))):
        customer, order, day = draw(customers), draw(orders), draw(st.integers(0, 20))
        for part in range(draw(st.integers(1, 3))):
            rows.append(
                {
                    "customer": customer,
                    "invoice": f"I{number}",
                    "instalment": part + 1,
                    "date": on(day),
                    "due_date": on(day + draw(st.integers(0, 30))),
                    "amount": draw(st.integers(0, 9)) / 100,
                    "order": order,
                    "kind": "invoice",
                    "against": None,
                }
            )
    for number in range(draw(st.integers(0, 2))):
        day = on(draw(st.integers(0, 30)))
        rows.append(
            {
                "customer": draw(customers),
                "invoice": f"N{number}",
                "instalment": 1,
                "date": day,
                "due_date": day,
                "amount": draw(st.integers(-9, 9)) / 100,
                "order": None,
                "kind": "credit_note",
                "against": draw(names),
            }
        )
    paid = [
        {
            "receipt": f"R{number}",
            "customer": draw(customers),
            "date": on(draw(st.integers(0, 40))),
            "amount": draw(st.integers(-12, 20)) / 100,
            "invoice": draw(names),
            "order": draw(orders),
        }
        for number in range(draw(st.integers(0, 6)))
    ]
    return frame(rows, INVOICE), frame(paid, RECEIPT)


@settings(max_examples=400, deadline=None)
@given(ledgers(), st.integers(0, 45))
def test_settlement_equals_a_slow_oracle(ledger: tuple[pd.DataFrame, pd.DataFrame], day: int) -> None:
    invoices, receipts = ledger
    done, oracle = settle(invoices, receipts, on(day)), Oracle(invoices, receipts, on(day))
    pairs = done.pairs()
    applied = pairs[pairs["invoice"].notna()]
    found: dict[tuple[object, object, object], int] = defaultdict(int)
    for row in applied.to_dict("records"):
        found[row["receipt"], row["invoice"], row["instalment"]] += round(row["amount"] * 100)
    assert {key: cents for key, cents in found.items() if cents} == {k: c for k, c in oracle.pairs.items() if c}
    loose = dict(zip(done.items.customers, done.unapplied_by_customer.tolist(), strict=True))
    assert {key: cents for key, cents in loose.items() if cents} == {k: c for k, c in oracle.loose.items() if c}
    table = done.table()
    owed = table[table["invoice"].notna()]
    shown = {(r["invoice"], r["instalment"]): round(r["open"] * 100) for r in owed.to_dict("records")}
    assert shown == {(item["invoice"], item["instalment"]): item["open"] for item in oracle.items}


def kinds_of(invoices: pd.DataFrame, receipts: pd.DataFrame) -> set[str]:
    """What kinds of money a ledger holds: see the names."""
    done = settle(invoices, receipts)
    table, pairs = done.table(), done.pairs().astype({"kind": "str"})
    used = pairs[pairs["invoice"].notna()]
    issued = invoices[invoices["kind"] == "invoice"].drop_duplicates("invoice").set_index("invoice")["date"]
    paid = used[used["kind"] == "receipt"]
    held = {
        "partial payment": ((table["settled"] > 0) & (table["open"] > 0)).any(),
        "credit note": (used["kind"] == "credit_note").any(),
        "refund": (used["amount"] < 0).any(),
        # unapplied until its invoice came
        "advance": (paid["date"] < pd.to_datetime(paid["invoice"].map(issued.to_dict()))).any(),
        "instalments": (table["settled"] > 0).groupby(table["invoice"]).sum().ge(2).any(),
    }
    return {kind for kind, there in held.items() if there}


def test_the_oracle_is_asked_about_every_kind_of_money() -> None:
    seen: Counter[str] = Counter()

    @settings(max_examples=150, deadline=None, derandomize=True, database=None, phases=[Phase.generate])
    @given(ledgers())
    def look(ledger: tuple[pd.DataFrame, pd.DataFrame]) -> None:
        seen.update(kinds_of(*ledger))

    look()
    assert set(seen) == {"partial payment", "credit note", "refund", "advance", "instalments"}
    assert min(seen.values()) >= 5, seen


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 4), st.integers(1, 30)), max_size=25),
    st.lists(st.tuples(st.integers(0, 4), st.integers(1, 30)), max_size=25),
)
def test_money_that_only_goes_up_pairs_as_money_of_either_sign_does(
    owed: list[tuple[int, int]], money: list[tuple[int, int]]
) -> None:
    sides = [np.array(sorted(side, key=lambda each: each[0]), np.int64).reshape(-1, 2).T for side in (owed, money)]
    # Money asked back that a sixth group never had sends all of it the general way, and pairs with nothing.
    general = [np.concatenate([sides[0], [[5], [9]]], axis=1), np.concatenate([sides[1], [[5], [-9]]], axis=1)]
    plain, other = (walk((item[0], item[1]), (move[0], move[1]), 6) for item, move in (sides, general))
    for name in ("move", "item", "amount"):
        assert getattr(plain, name).tolist() == getattr(other, name).tolist()
    assert not plain.below.any()
    assert other.below.tolist() == [0] * len(money) + [-9]


@settings(max_examples=200, deadline=None)
@given(ledgers(), st.integers(0, 45))
def test_money_is_neither_lost_nor_made(ledger: tuple[pd.DataFrame, pd.DataFrame], day: int) -> None:
    invoices, receipts = ledger
    done = settle(invoices, receipts, on(day))
    pairs, table = done.pairs(), done.table()
    counted = receipts[receipts["date"] <= on(day)].groupby("receipt")["amount"].sum()
    cash = pairs[pairs["kind"] == "receipt"].groupby("receipt")["amount"].sum()
    assert (counted - cash.reindex(counted.index).fillna(0.0)).abs().max() < 1e-9 or counted.empty
    items = table[table["invoice"].notna()]
    assert ((items["open"] > -1e-9) & (items["open"] <= items["amount"] + 1e-9)).all()
    live = invoices[invoices["date"] <= on(day)]
    noted = live.loc[live["kind"] == "credit_note", "amount"].abs().sum()
    owed = live.loc[live["kind"] == "invoice", "amount"].sum()
    assert table["open"].sum() == pytest.approx(owed - noted - counted.sum(), abs=1e-9)


def test_a_refund_naming_an_invoice_reopens_that_invoice() -> None:
    invoices = frame(
        [
            {
                "customer": "C",
                "invoice": name,
                "instalment": 1,
                "date": on(0),
                "due_date": on(day),
                "amount": 1.0,
                "kind": "invoice",
            }
            for name, day in (("I1", 5), ("I2", 9))
        ],
        INVOICE,
    )
    receipts = frame(
        [
            {"receipt": "R1", "customer": "C", "date": on(1), "amount": 2.0},
            {"receipt": "R2", "customer": "C", "date": on(2), "amount": -1.0, "invoice": "I1"},
        ],
        RECEIPT,
    )
    assert settle(invoices, receipts).table()["open"].tolist() == [1.0, 0.0]


def test_inputs_are_not_changed() -> None:
    invoices = frame(
        [
            {
                "customer": "C",
                "invoice": "I",
                "instalment": 1,
                "date": on(0),
                "due_date": on(1),
                "amount": 1.0,
                "kind": "invoice",
            }
        ],
        INVOICE,
    )
    receipts = frame([{"receipt": "R", "customer": "C", "date": on(0), "amount": 3.0}], RECEIPT)
    before = invoices.copy(), receipts.copy()
    table = settle(invoices, receipts, on(3)).table()
    pd.testing.assert_frame_equal(invoices, before[0])
    pd.testing.assert_frame_equal(receipts, before[1])
    assert table["open"].tolist() == [0.0, -2.0]
    assert pd.isna(table["invoice"].iloc[1])


def test_a_bill_counts_on_its_maturity_if_settings_say_so() -> None:
    invoices = frame(
        [
            {
                "customer": "C",
                "invoice": "I",
                "instalment": 1,
                "date": on(0),
                "due_date": on(1),
                "amount": 1.0,
                "kind": "invoice",
            }
        ],
        INVOICE,
    )
    bill = pd.DataFrame({"customer": ["C"], "date": [on(1)], "amount": [1.0], "method": ["bill"], "maturity": [on(90)]})
    assert settle(invoices, bill, on(10)).table()["open"].tolist() == [0.0]
    assert settle(invoices, bill, on(10), "maturity").table()["open"].tolist() == [1.0]
    with pytest.raises(Refusal) as refused:
        settle(invoices, bill.drop(columns="maturity"), on(10), "maturity")
    assert refused.value.code == "bill_without_maturity"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"amount": [np.nan]}, "money_missing"),
        ({"due_date": [pd.NaT]}, "date_missing"),
        ({"amount": [-1.0]}, "invoice_below_zero"),
        ({"customer": [None]}, "customer_missing"),
    ],
)
def test_what_cannot_be_settled_is_refused(change: dict[str, object], code: str) -> None:
    invoices = pd.DataFrame({"customer": ["C"], "invoice": ["I"], "due_date": [on(1)], "amount": [1.0]}).assign(
        **change
    )
    receipts = pd.DataFrame({"customer": ["C"], "date": [on(1)], "amount": [1.0]})
    with pytest.raises(Refusal) as refused:
        settle(invoices, receipts)
    assert refused.value.code == code
