"""The whole cycle by buttons: targets, plan, monitor, score, pay, improve, review, close, roll, and targets again."""

from pathlib import Path

import xlwings as xw

from tests.calc.flows import body, cell, cells, table
from tests.calc.window import Window
from xlsales.build.sheets.home import NEXT_ROW
from xlsales.labels import word

PERIOD, NEXT = "2026-09", "2026-10"


def next_step(book: xw.Book, lang: str) -> str:
    """What Home says is to be done next."""
    return str(book.sheets[word("sheet.home", lang)].range(f"B{NEXT_ROW + 1}").value)


def allocate(window: Window, book: xw.Book) -> float:
    """Allocate the plan of sales after its first leaf was changed; returns what the leaf holds then."""
    matrix = book.names["xs_plan_sales"].refers_to_range
    leaf = next(row for row in range(1, matrix.rows.count) if not str(matrix[row, 3].formula).startswith("="))
    matrix.sheet.activate()
    matrix[leaf, 3].value = 1_000_000
    matrix[0:2, 3].select()
    window.run("allocate")
    window.run("confirm")
    return float(cells(book.names["xs_plan_sales"].refers_to_range)[leaf][3])


def test_the_cycle_goes_round(window: Window, book: xw.Book, lang: str, path: Path) -> None:
    before = path.read_bytes()
    assert allocate(window, book) > 0
    for command, result in (("monitor", "pace"), ("score", "scores"), ("incentives", "commissions")):
        window.run(command)
        assert len(body(book, result).dropna(how="all")), command
    window.run("improve")
    assert len(body(book, "proposed_actions").dropna(how="all"))
    own = len(body(book, "actions").dropna(how="all"))
    window.run("take_actions")
    assert len(body(book, "actions").dropna(how="all")) > own

    assert next_step(book, lang) == word("build.next.review", lang)
    said = window.run("roll")
    assert PERIOD in said  # not yet: the review is not closed
    window.run("review")
    assert next_step(book, lang) == word("build.next.close", lang)
    reviews = body(book, "reviews")
    mine = reviews.index[(reviews["period"] == PERIOD) & reviews["decision"].isna()]
    assert len(mine)
    cell(table(book, "reviews"), "decision", int(mine[0])).value = "Go on"
    window.run("close_period")
    assert PERIOD in body(book, "closed_periods")["period"].tolist()
    assert next_step(book, lang) == word("build.next.roll", lang)
    page = body(book, "review_page")
    assert set(page["period"].dropna()) == {PERIOD}
    changed = word("said.closed_changed", lang, periods=PERIOD)
    orders = table(book, "orders")
    amount = cell(orders, "amount", int(body(book, "orders")["date"].astype("datetime64[s]").idxmax()))
    was = amount.value
    amount.value = was + 1.0
    assert changed in window.run("check")  # whatever is done to a closed period shows
    amount.value = was
    assert changed not in window.run("check")

    said = window.run("roll")
    following = next(found for found in path.parent.glob("*.xlsx") if NEXT in found.stem)
    assert following.name in said
    assert path.read_bytes() == before
    opened = window.show(following)
    opened.app.calculate()
    assert len(body(opened, "orders")) == len(body(book, "orders"))
    log = body(opened, "log").dropna(how="all")
    assert log["command"].tolist() == [word("command.roll", lang)]

    window.run("take_targets")
    window.run("confirm")
    targets = body(opened, "targets")
    assert (targets["status"] == word("value.status.proposed", lang)).any()
    assert allocate(window, opened) > 0
