"""The end of a month by the buttons: review, close, and what a later change of the closed period does and does not."""

import datetime as dt

import pandas as pd
import pytest

from tests.test_commands import click, log_file, said
from tests.toy_company import cell_of, open_company, rows_of
from tests.toy_engine import Range
from xlsales.core.closing import fingerprint
from xlsales.core.rule_locks import locked_rules, standing_lock

MONTH = "2026-09"
CLOSED = pd.Timestamp("2026-09-30")
__all__ = ["log_file"]  # the fixture that keeps failures in a folder of the test's own
SECTIONS = {"Five quantities", "Bridge", "Alert", "Score", "Pay", "Action", "Decision"}


def page_of(book):
    page = rows_of(book, "review_page")
    return page[page["period"] == MONTH].reset_index(drop=True)


def problems(book):
    return [text for text in rows_of(book, "problems")["what"] if isinstance(text, str) and MONTH in text]


@pytest.fixture(scope="module")
def closed():
    """The company's book with September reviewed, decided and closed."""
    book = open_company()
    click(book, "review")
    rows = rows_of(book, "reviews")
    mine = rows.index[(rows["period"] == MONTH) & (rows["scope"] == "Company")]
    assert len(mine) == 1
    cell_of(book, "reviews", "findings", mine[0]).value = "Prices fell"
    cell_of(book, "reviews", "sales", mine[0]).value = 1.0
    click(book, "review")
    asked = book.app.impl.asked[-1]
    again = rows_of(book, "reviews").loc[mine[0]]
    cell_of(book, "reviews", "decision", mine[0]).value = "Go on"
    click(book, "review")
    before = page_of(book)
    click(book, "close_period")
    return book, {
        "asked": asked,
        "again": again,
        "sales": rows.loc[mine[0], "sales"],
        "page": before,
        "said": said(book),
    }


@pytest.mark.slow
def test_what_was_typed_beside_the_figures_stays_and_overwritten_figures_are_asked_about(closed):
    _, seen = closed
    assert MONTH in seen["asked"]
    assert (seen["again"]["findings"], seen["again"]["sales"]) == ("Prices fell", seen["sales"])


@pytest.mark.slow
def test_the_page_holds_every_part_of_the_review(closed):
    book, seen = closed
    assert seen["said"] == f"The period {MONTH} is closed."
    page = page_of(book)
    assert set(page["section"]) == SECTIONS
    pd.testing.assert_frame_equal(page, seen["page"])
    sales = page[(page["section"] == "Five quantities") & (page["about"] == "Sales")].iloc[0]
    orders = rows_of(book, "orders")
    month = orders[orders["date"] >= dt.datetime(2026, 9, 1)]  # noqa: DTZ001 - returns are typed negative
    assert sales["actual"] == pytest.approx(month["amount"].sum())
    assert sales["attainment"] == pytest.approx(sales["actual"] / sales["target"])
    plan = rows_of(book, "plan")
    planned = plan[(plan["measure"] == "Sales") & (plan["period"] == MONTH) & (plan["version"] == "base")]
    assert sales["target"] == pytest.approx(planned["value"].sum())
    assert "Prices fell · Go on" in page.loc[page["section"] == "Decision", "remark"].tolist()
    paid = rows_of(book, "accruals")
    assert (page["section"] == "Pay").any()
    assert paid.empty or set(page.loc[page["section"] == "Pay", "item"]) <= set(paid["name"])


@pytest.mark.slow
def test_a_closed_period_cannot_be_changed_without_it_showing_and_its_figures_stay(closed):
    book, _ = closed
    page = page_of(book)
    click(book, "check")
    assert problems(book) == []
    orders = rows_of(book, "orders")
    row = orders.index[orders["date"] >= dt.datetime(2026, 9, 1)][0]  # noqa: DTZ001
    was = orders.loc[row, "amount"]
    cell_of(book, "orders", "amount", row).value = was + 4711.0
    click(book, "check")
    told = problems(book)
    assert len(told) == 1
    assert told[0].startswith(f"Order lines of {MONTH}, closed on 2026-10-01, have changed since:")
    rate = rows_of(book, "commission_plan").loc[0, "rate"]
    cell_of(book, "commission_plan", "rate", 0).value = 0.5
    click(book, "incentives")
    assert [text.split(" of ")[0] for text in problems(book)] == ["Order lines", "Commission plans"]
    pd.testing.assert_frame_equal(page_of(book), page)
    click(book, "review")
    assert "is closed, so its page stays" in said(book)
    pd.testing.assert_frame_equal(page_of(book), page)
    cell_of(book, "orders", "amount", row).value = was
    cell_of(book, "commission_plan", "rate", 0).value = rate
    click(book, "check")
    assert problems(book) == []


@pytest.mark.slow
def test_a_change_of_rules_never_reaches_the_closed_period(closed):
    book, _ = closed
    click(book, "incentives")
    before = rows_of(book, "commission_lines")
    plans = rows_of(book, "commission_plan")
    for row in plans.index:
        cell_of(book, "commission_plan", "rate", row).value = plans.loc[row, "rate"] * 10
    click(book, "incentives")
    after = rows_of(book, "commission_lines")
    pd.testing.assert_frame_equal(after, before)
    assert any(text.startswith("Commission plans of") for text in problems(book))
    for row in plans.index:
        cell_of(book, "commission_plan", "rate", row).value = plans.loc[row, "rate"]


@pytest.mark.slow
def test_a_closed_period_is_closed_once(closed):
    book, _ = closed
    click(book, "close_period")
    assert f"The period {MONTH} is closed already" in said(book)


@pytest.mark.slow
def test_a_quarter_is_reviewed_where_a_cell_names_it():
    book = open_company()
    sheet = book.sheets["Reviews"].impl
    sheet.formats[40, 1], sheet.cells_[40, 1] = "@", "2026Q3"
    book.app.impl.selected = Range(sheet, 40, 1, 1, 1)
    click(book, "review")
    page = rows_of(book, "review_page")
    assert set(page["period"]) == {"2026Q3"}
    sales = page[(page["section"] == "Five quantities") & (page["about"] == "Sales")].iloc[0]
    plan = rows_of(book, "plan")
    months = plan[(plan["measure"] == "Sales") & plan["period"].isin(["2026-07", "2026-08", "2026-09"])]
    assert sales["target"] == pytest.approx(months["value"].sum())
    assert sales["actual"] > 0


# What the review proposes


@pytest.mark.slow
def test_proposed_targets_are_previewed_confirmed_and_undone(closed):
    book, _ = closed
    before = rows_of(book, "targets")
    click(book, "take_targets")
    assert "targets are proposed" in said(book)
    shown = book.sheets["Preview"].tables[0].range.options(ndim=2).value
    assert shown[0][:2] == ["Measure", "Scope"]
    pd.testing.assert_frame_equal(rows_of(book, "targets"), before)
    click(book, "confirm")
    after = rows_of(book, "targets")
    new = after[after["period"] == "2027"]
    assert len(new) == len(shown) - 1 == len(after) - len(before)
    assert set(new["status"]) == {"Proposed"}
    assert "Preview" not in [sheet.name for sheet in book.sheets]
    click(book, "undo")
    pd.testing.assert_frame_equal(rows_of(book, "targets").dropna(how="all"), before.dropna(how="all"))


@pytest.mark.slow
def test_a_preview_of_targets_that_were_changed_since_is_refused(closed):
    book, _ = closed
    click(book, "take_targets")
    click(book, "confirm")
    click(book, "take_targets")
    assert "stand on Targets already" in said(book)
    rows = rows_of(book, "targets")
    mine = rows.index[(rows["period"] == "2027") & (rows["status"] == "Proposed")][0]
    proposed = rows.loc[mine, "target"]
    cell_of(book, "targets", "target", mine).value = proposed + 1000.0
    click(book, "take_targets")
    cell_of(book, "targets", "target", mine).value = proposed + 2000.0
    click(book, "confirm")
    assert "changed after the preview" in said(book)
    click(book, "discard")
    cell_of(book, "targets", "status", mine).value = "Agreed"
    click(book, "take_targets")
    assert "stand on Targets already" in said(book)


@pytest.mark.slow
def test_selected_proposals_become_actions_with_owner_dates_and_goal(closed):
    book, _ = closed
    click(book, "improve")
    proposed = rows_of(book, "proposed_actions")
    first = cell_of(book, "proposed_actions", "what", 1)
    book.app.impl.selected = Range(first.sheet.impl, first.row, first.column, 1, 1)
    before = rows_of(book, "actions")
    click(book, "take_actions")
    after = rows_of(book, "actions")
    assert len(after) == len(before) + 1
    taken = after.iloc[-1]
    for key in ("action_id", "what", "who", "where", "start", "end", "check_date", "expected_gain", "goal"):
        assert taken[key] == proposed.loc[1, key], key
    assert taken["status"] == "Open"
    book.app.impl.selected = Range(first.sheet.impl, first.row, first.column, 1, 1)
    click(book, "take_actions")
    assert "in your actions already" in said(book)
    book.app.impl.selected = None
    click(book, "take_actions")
    assert len(rows_of(book, "actions")) == len(before) + len(proposed)
    click(book, "undo")
    assert len(rows_of(book, "actions").dropna(how="all")) == len(before) + 1


# The rules that a closing locks


def plans(rate, since="2026-01-01"):
    return pd.DataFrame({"plan": ["p"], "valid_from": pd.to_datetime([since]), "from_level": 0.0, "rate": rate})


def test_rules_that_did_not_change_are_the_same_rules():
    found = locked_rules(plans(0.1), plans(0.1), CLOSED, "commission_plan")
    assert fingerprint({"": found}) == fingerprint({"": plans(0.1)})


def test_a_version_put_in_with_an_earlier_date_holds_from_the_day_after():
    now = pd.concat([plans(0.1), plans(0.3, "2026-06-01")], ignore_index=True)
    found = locked_rules(now, plans(0.1), CLOSED, "commission_plan")
    assert found[["valid_from", "rate"]].to_numpy().tolist() == [
        [pd.Timestamp("2026-01-01"), 0.1],
        [pd.Timestamp("2026-10-01"), 0.3],
    ]


def test_a_version_of_a_later_day_stands_as_it_is():
    now = pd.concat([plans(0.1), plans(0.3, "2026-10-01")], ignore_index=True)
    found = locked_rules(now, plans(0.1), CLOSED, "commission_plan")
    assert found["rate"].tolist() == [0.1, 0.3]


def test_a_period_that_was_opened_again_locks_nothing():
    both = pd.concat([plans(0.1).assign(period="2026-08"), plans(0.2).assign(period=MONTH)], ignore_index=True)
    ends = {"2026-08": pd.Timestamp("2026-08-31"), MONTH: CLOSED}
    rows, end = standing_lock(both, ends)
    assert (rows["rate"].tolist(), end) == ([0.2], CLOSED)
    rows, end = standing_lock(both, {"2026-08": ends["2026-08"]})
    assert (rows["rate"].tolist(), end) == ([0.1], ends["2026-08"])
    rows, end = standing_lock(both, {})
    assert (len(rows), end) == (0, None)
    assert locked_rules(plans(0.9), rows, end, "commission_plan").equals(plans(0.9))


@pytest.mark.slow
def test_a_period_opened_again_is_closed_again():
    book = open_company()
    click(book, "close_period")
    hashes = rows_of(book, "closed_content")
    sheet = cell_of(book, "closed_periods", "period", 0)
    sheet.value = None
    for key in ("closed_on", "closed_by", "hash"):
        cell_of(book, "closed_periods", key, 0).value = None
    cell_of(book, "commission_plan", "rate", 0).value = 0.25
    click(book, "close_period")
    assert said(book) == f"The period {MONTH} is closed."
    again = rows_of(book, "closed_content")
    assert again["sealed"].tolist() == hashes["sealed"].tolist()
    assert rows_of(book, "locked_plans")["rate"].iloc[0] == 0.25
    click(book, "check")
    assert problems(book) == []


def test_without_a_closed_period_the_rules_are_the_table():
    assert locked_rules(plans(0.1), plans(0.2).iloc[:0], None, "commission_plan").equals(plans(0.1))


def test_a_new_plan_of_a_salesperson_back_dated_holds_forward_only():
    was = pd.DataFrame(
        {"salesperson": ["a", "b"], "valid_from": pd.to_datetime(["2026-01-01"] * 2), "plan": ["x", "x"]}
    )
    now = was.assign(plan=["y", "x"])
    found = locked_rules(now, was, CLOSED, "commission_assignment")
    assert found[["salesperson", "plan"]].to_numpy().tolist() == [["a", "x"], ["b", "x"], ["a", "y"]]
    assert found["valid_from"].tolist()[2] == pd.Timestamp("2026-10-01")
