"""Everything or nothing: a write that fails leaves the book as it was; what was written can be taken back."""

import datetime as dt

import pandas as pd
import pytest

from tests.toy_company import cell_of, company, open_company, rows_of
from tests.toy_engine import ComError
from xlsales.commands import transaction
from xlsales.commands.images import pack, seal, unpack
from xlsales.commands.protocol import Append, Image, Patch, Replace
from xlsales.commands.transaction import commit, recall
from xlsales.hosts.book import run
from xlsales.hosts.open_book import HostBook

NOW = dt.datetime(2026, 10, 1, 9, 30)  # noqa: DTZ001 - cells know no time zones


def made():
    return open_company(frames={key: frame.head(6) for key, frame in company().items()} | {"plan": company()["plan"]})


def host(book):
    return HostBook(book, "en", NOW, "me")


def log():
    return pd.DataFrame({"time": ["2026-10-01 09:30:00"], "user": ["me"], "command": ["Test"]})


def changes(book):
    """A table that grows, one that shrinks, a protected one, an appended one, cells of the plan."""
    orders = company()["orders"].head(20)
    bridge = pd.DataFrame(
        {"measure": ["sales"] * 4, "effect": ["price", "mix", "new", "total"], "amount": [1.0, 2, 3, 6]}
    )
    return [
        Replace("orders", orders),
        Replace("customers", company()["customers"].head(2)),
        Replace("bridge", bridge),
        Append("tasks", company()["tasks"].head(9)),
        Patch("xs_plan_sales", 3, 3, [[5.0, "H"]]),
    ]


def test_whichever_write_fails_the_book_is_as_it_was():
    book = made()
    for sheet in book.sheets:
        for table in sheet.tables:
            if table.name in {"xs_customers", "xs_orders"}:
                table.show_totals = True
                row, column, height, _ = table.range.impl.place
                sheet.impl.cells_[row + height - 1, column] = "Total"
    before = book.impl.state()
    for number in range(200):  # each time one more write succeeds
        one = host(book)
        book.impl.fails = number
        try:
            commit(one, "test", changes(book), log(), undoable=True)
        except ComError:
            assert book.impl.state() == before, number
        else:
            break
    book.impl.fails = None
    assert number > 20
    after = book.impl.state()
    assert after != before
    assert len(rows_of(book, "orders")) == 20
    run("undo", book)
    left = {name: parts[:3] for name, parts in book.impl.state()["sheets"].items() if name not in {"Log", "Undo"}}
    assert left == {name: parts[:3] for name, parts in before["sheets"].items() if name not in {"Log", "Undo"}}


def test_a_check_that_fails_writes_nothing():
    book = made()
    before = book.impl.state()
    book.sheets["Margin"].impl.password = "secret"
    number = book.impl.changes
    with pytest.raises(ValueError, match="password"):
        commit(host(book), "test", changes(book), log(), undoable=True)
    assert book.impl.changes == number
    assert book.impl.state() == before


def test_undo_only_once():
    book = made()
    commit(host(book), "monitor", [Replace("orders", company()["orders"].head(9))], log(), undoable=True)
    run("undo", book)
    assert book.app.impl.said.pop() == "Monitor was undone."
    assert len(rows_of(book, "orders")) == 6
    run("undo", book)
    assert book.app.impl.said.pop().startswith("There is nothing to undo.")


def test_undo_asks_where_something_was_typed_since():
    book = made()
    commit(host(book), "monitor", [Replace("orders", company()["orders"].head(9))], log(), undoable=True)
    cell_of(book, "orders", "quantity", 2).value = 77.0
    book.app.impl.answers = ["no"]
    run("undo", book)
    assert "Order lines" in book.app.impl.asked.pop()
    assert len(rows_of(book, "orders")) == 9
    run("undo", book)
    assert len(rows_of(book, "orders")) == 6


def test_an_interrupted_command_is_noticed_and_put_back(monkeypatch):
    book = made()
    before = rows_of(book, "orders")
    monkeypatch.setattr(transaction, "put_back", lambda *_: None)  # the process is gone
    book.impl.fails = 14
    with pytest.raises(Exception, match="injected"):
        commit(host(book), "refresh_margin", changes(book), log(), undoable=True)
    monkeypatch.undo()
    for sheet in book.sheets:
        sheet.impl.locked = sheet.name == "Margin"
    assert len(rows_of(book, "orders")) == 20
    memory = recall(host(book))
    assert (memory.command, memory.finished) == ("refresh_margin", False)
    run("check", book)
    assert "Refresh margin was interrupted" in book.app.impl.asked.pop().replace("command ", "")
    pd.testing.assert_frame_equal(rows_of(book, "orders"), before)
    assert recall(host(book)) is None


def test_an_interrupted_command_may_be_left_as_it_is(monkeypatch):
    book = made()
    monkeypatch.setattr(transaction, "put_back", lambda *_: None)
    book.impl.fails = 14
    with pytest.raises(Exception, match="injected"):
        commit(host(book), "refresh_margin", changes(book), log(), undoable=True)
    monkeypatch.undo()
    book.app.impl.answers = ["no"]
    run("language", book)
    assert len(rows_of(book, "orders")) == 20
    assert book.app.impl.said == ["从现在起，提示和新结果使用中文。"]


def test_an_image_survives_as_text():
    day = dt.datetime(2026, 1, 31, 8)  # noqa: DTZ001 - cells know no time zones
    image = Image("orders", 2, 0, 9, [["007", 1.5, None, True], [day, "=x", "中文", 2.0]], {(1, 1): "=A1"})
    parts = pack(image)
    assert unpack(parts) == image
    assert all(part[0].isalpha() for part in parts)
    with pytest.raises(ValueError, match=r".+"):
        unpack([parts[0][: len(parts[0]) // 2]])


def test_a_large_image_has_parts_that_fit():
    image = Image("orders", 0, 0, 2, [[f"{number * 7919 % 10007}-{number}" for number in range(9000)]])
    parts = pack(image)
    assert len(parts) > 3
    assert max(map(len, parts)) < 8_100
    assert unpack(parts) == image


def test_a_seal_ignores_blank_rows_at_the_end():
    assert seal([["a"], [None]]) == seal([["a"]])
    assert seal([["a"]]) != seal([["b"]])
