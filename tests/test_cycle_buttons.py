"""The whole loop by buttons outside an office: targets, plan, monitor, score, pay, improve, review, close, roll, again.

The same commands in the same order as in a real Calc (tests/calc/test_flow_cycle.py), in both languages.
"""

import pandas as pd
import pytest

from tests.test_commands import NOW, log_file
from tests.toy_company import cell_of, open_company, rows_of
from tests.toy_engine import Range
from xlsales.commands.running import carry_out
from xlsales.exchange.book_file import read_plan_book
from xlsales.hosts.open_book import HostBook
from xlsales.labels import word
from xlsales.problems import InputError
from xlsales.validate import validate_all

__all__ = ["log_file"]  # the fixture that keeps failures in a folder of the test's own
PERIOD, NEXT, PERSON, GOAL = "2026-09", "2026-10", "S02", 24_000_000.0
RESULTS = {
    "pipeline": "funnel",
    "monitor": "pace",
    "score": "scores",
    "incentives": "commissions",
    "improve": "proposed_actions",
}


class Desk:
    """A workbook of the toy engine, and how its buttons are clicked."""

    def __init__(self, book, lang):
        self.book, self.lang = book, lang

    def click(self, command):
        """Click a button; what was said last."""
        carry_out(command, HostBook(self.book, self.lang, NOW, "Li"))
        return self.book.app.impl.said[-1] if self.book.app.impl.said else ""

    def rows(self, table):
        return rows_of(self.book, table, self.lang)

    def type(self, table, column, row, value):
        cell_of(self.book, table, column, row, self.lang).value = value

    def value(self, column, code):
        return word(f"value.{column}.{code}", self.lang)

    def target(self, member, period):
        """The row and the figure of a target of sales."""
        rows = self.rows("targets")
        mine = rows[(rows["measure"] == self.value("measure", "sales")) & (rows["member"] == member)]
        mine = mine[mine["period"] == period]
        return mine.index[0], mine["target"].iloc[0]

    def planned(self, year):
        """The plan of a person's sales in a year of the version that its sheet shows."""
        rows = self.rows("plan")
        mine = rows[(rows["measure"] == self.value("measure", "sales")) & (rows["salesperson"] == PERSON)]
        mine = mine[mine["version"] == "base"]
        return mine.loc[mine["period"].str.startswith(year), "value"].sum()

    def allocate(self, goal):
        """Change a person's target and allocate it over the months, by preview and confirmation."""
        self.type("targets", "target", self.target(PERSON, "2026")[0], goal)
        sheet = self.book.sheets[word("sheet.plan_sales", self.lang)].impl
        row = min(row for (row, column), cell in sheet.cells_.items() if column == 2 and cell == PERSON)
        self.book.app.impl.selected = Range(sheet, row, 3, 1, 1)
        self.click("allocate")
        self.click("confirm")
        self.book.app.impl.selected = None


def planned_and_computed(desk):
    """Targets to plan to results to actions; how many actions stand then."""
    desk.allocate(GOAL)
    assert desk.planned("2026") == GOAL
    for command, result in RESULTS.items():
        desk.click(command)
        assert len(desk.rows(result)), command
    before, proposed = desk.rows("actions"), desk.rows("proposed_actions")
    desk.click("take_actions")
    after = desk.rows("actions")
    assert len(after) == len(before) + len(proposed)
    return len(proposed)


def reviewed_and_closed(desk):
    """Review, decide, close; a later change of the closed month shows."""
    with pytest.raises(InputError) as refused:
        desk.click("roll")
    assert (refused.value.problem.code, refused.value.problem.facts) == ("roll_not_closed", {"period": PERIOD})
    desk.click("review")
    reviews = desk.rows("reviews")
    mine = reviews.index[(reviews["period"] == PERIOD) & reviews["decision"].isna()]
    desk.type("reviews", "decision", mine[0], "Go on")
    assert PERIOD in desk.click("close_period")
    assert desk.rows("closed_periods")["period"].tolist() == [PERIOD]
    assert set(desk.rows("review_page")["period"]) == {PERIOD}
    changed = word("said.closed_changed", desk.lang, periods=PERIOD)
    assert changed not in desk.click("check")
    orders = desk.rows("orders")
    row = orders.index[pd.to_datetime(orders["date"]) >= "2026-09-01"][0]
    desk.type("orders", "amount", row, orders.loc[row, "amount"] + 1.0)
    assert changed in desk.click("check")
    desk.type("orders", "amount", row, orders.loc[row, "amount"])
    assert changed not in desk.click("check")


def targets_again(desk):
    """The next targets taken into the new workbook, and its plan allocated."""
    before = len(desk.rows("targets"))
    desk.click("take_targets")
    desk.click("confirm")
    rows = desk.rows("targets")
    assert len(rows) > before
    assert (rows["status"] == desk.value("status", "proposed")).any()
    desk.allocate(GOAL + 1_000_000)
    assert desk.planned("2026") == GOAL + 1_000_000
    desk.click("monitor")
    assert len(desk.rows("pace"))


@pytest.mark.long  # the same loop is clicked in a real Calc in every run (tests/calc/test_flow_cycle.py)
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_button_of_the_loop_does_its_part(lang, tmp_path):
    place = tmp_path / "company.xlsx"
    place.write_bytes(b"as it was")
    desk = Desk(open_company(lang, name=str(place)), lang)
    taken = planned_and_computed(desk)
    reviewed_and_closed(desk)
    file = tmp_path / "company-2026-10.xlsx"
    assert str(file) in desk.click("roll")
    assert place.read_bytes() == b"as it was"
    tables = validate_all(read_plan_book(file), lang=lang).tables
    assert len(tables["orders"]) == len(desk.rows("orders"))
    assert {"open", "running"} >= set(tables["actions"]["status"])
    assert len(tables["actions"]) >= taken
    assert tables["closed_periods"]["period"].tolist() == [PERIOD]
    assert (tables["reviews"]["period"] == NEXT).any()
    targets_again(Desk(open_company(lang, tables, name=str(file)), lang))
