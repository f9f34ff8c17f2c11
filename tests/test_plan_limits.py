"""What an allocation keeps to: bounds of cells and rows, held sums, locked quotas, over-assignment, a reference."""

import pandas as pd
import pytest

from tests.test_commands_plan import FIRST, JANUARY, plan, preview, said, select
from tests.test_spread_command import january, people_of, small, spread, typed_in
from tests.test_versions import versions
from tests.toy_company import cell_of, company, open_company, rows_of
from xlsales.hosts.book import run

LOWER, UPPER = 34, 35  # the columns of a row's bounds
MONTHS = 12


def with_targets(lang="en", **settings):
    """The small company with its targets: 10, 30, 60 in January of three people, nothing else planned for them."""
    kept = {"salespeople", "regions", "org_units", "settings", "plan_versions", "targets"}
    frames = {key: frame if key in kept else frame.head(0) for key, frame in company(lang).items()}
    goals = frames["targets"]
    mine = (goals["measure"] == "sales") & (goals["period"] == "2026")
    north = goals[mine & (goals["member"] == "NORTH")]
    frames["targets"] = pd.concat([north, north.assign(period="2025")], ignore_index=True)
    rows = company(lang)["plan"]
    frames["plan"] = rows[rows["measure"] == "sales"].reset_index(drop=True)
    return typed_in(open_company(lang, frames, **settings), lang)


@pytest.fixture
def book():
    return with_targets()


def only_three(book):
    """Further people of the region hold nothing and are held there, so that a region means the first three."""
    _, people = people_of(book)
    for row in people[3:]:
        for step in range(MONTHS):
            plan(book).impl.cells_[row, JANUARY + 2 * step] = 0.0
            plan(book).impl.cells_[row, JANUARY + 2 * step + 1] = "H"


def goal(book, amount, status=None):
    cell_of(book, "targets", "target", 0).value = float(amount)
    if status:
        cell_of(book, "targets", "status", 0).value = status


def allocate(book, *areas):
    select(book, *areas)
    run("allocate", book)
    return said(book)


def region_january(book):
    region, _ = people_of(book)
    return region, JANUARY, 1, 1


def january_column(book):
    _, people = people_of(book)
    return people[0], JANUARY, 3, 1


def confirmed(book, *areas):
    told = allocate(book, *areas)
    run("confirm", book)
    assert "were written" in said(book), told
    return told


# Bounds


def test_a_row_s_year_stays_within_its_bounds(book):
    _, people = people_of(book)
    goal(book, 200)
    plan(book).impl.cells_[people[2], UPPER] = 100.0
    select(book, *[(row, JANUARY, 1, 1) for row in people[:3]])
    run("allocate", book)
    run("confirm", book)
    assert january(book) == [25, 75, 100]
    kept = rows_of(book, "plan_limits")
    assert kept[["version", "period", "salesperson", "upper"]].to_numpy().tolist()[0][1] == "2026"
    assert kept["upper"].tolist() == [100]


def test_a_cell_s_bounds_of_the_long_table_are_kept(book):
    at = next(
        row
        for row, line in rows_of(book, "plan").iterrows()
        if line["salesperson"] == "S02" and line["period"] == "2026-01"
    )
    cell_of(book, "plan", "upper", at).value = 12.0
    goal(book, 200)
    _, people = people_of(book)
    assert rows_of(book, "plan").iloc[at]["salesperson"] == plan(book).impl.cells_[people[0], 2]
    confirmed(book, january_column(book))
    found = january(book)
    assert found[0] == 12
    assert sum(found) == 200
    assert found[2] == pytest.approx(2 * found[1], abs=1)


def test_bounds_that_leave_no_room_are_refused_by_name(book):
    _, people = people_of(book)
    goal(book, 300)
    for row in people[:3]:
        plan(book).impl.cells_[row, UPPER] = 90.0
    before = january(book)
    told = allocate(book, january_column(book))
    assert "30" in told
    assert january(book) == before


def test_a_code_that_leaves_the_bounds_is_refused(book):
    _, people = people_of(book)
    plan(book).impl.cells_[people[0], UPPER] = 15.0
    assert "outside its bounds" in spread(book, "R20", january_column(book))
    plan(book).impl.cells_[people[0], UPPER] = "much"
    assert "“much” is not a number" in spread(book, "R20", january_column(book))
    plan(book).impl.cells_[people[0], UPPER] = 15.0
    plan(book).impl.cells_[people[0], LOWER] = 16.0
    assert "more than its most" in spread(book, "R20", january_column(book))


# Held sums


def test_a_held_sum_survives_allocate_save_and_restore(book):
    only_three(book)
    region, people = people_of(book)
    for row, value in zip(people[:3], (1.0, 2.0, 3.0), strict=True):
        plan(book).impl.cells_[row, JANUARY + 2] = value
    spread(book, "HC", (region, JANUARY, 1, 1))
    kept = rows_of(book, "plan_limits")
    assert kept[["period", "region", "held"]].to_numpy().tolist() == [["2026-01", "NORTH", "Yes"]]
    goal(book, 200)
    confirmed(book, (people[0], JANUARY, 3, 3))
    assert sum(january(book)) == 100  # the held sum; the rest went to February
    february = [plan(book).range((row, JANUARY + 2)).value for row in people[:3]]
    assert sum(february) == 100
    plan(book).range("D5").value = None
    versions(book, "SAVE March")
    marks = rows_of(book, "plan_limits")
    assert sorted(marks["version"]) == ["March", "base"]
    plan(book).impl.cells_[region, JANUARY + 1] = None  # released by hand in the new version
    versions(book, "RESTORE base")
    assert plan(book).range((region, JANUARY + 1)).value == "H"


def test_a_held_sum_that_cannot_be_kept_is_refused(book):
    only_three(book)
    region, people = people_of(book)
    spread(book, "HC", (region, JANUARY, 1, 1))
    goal(book, 200)
    told = allocate(book, january_column(book))  # January is all that may move, and its sum is held
    assert "cannot be spread" in told
    assert january(book) == [10, 30, 60]
    assert people


# Locked quotas


def test_a_locked_quota_is_left_alone(book):
    only_three(book)
    _, people = people_of(book)
    goal(book, 200)
    first = plan(book).impl.cells_[people[0], 2]
    own = {
        "measure": "Sales",
        "scope": "Salesperson",
        "member": first,
        "period": "2026",
        "target": 10.0,
        "status": "Locked",
    }
    for column, value in own.items():
        cell_of(book, "targets", column, 1).value = value
    assert f"The quota of {plan(book).impl.cells_[people[0], 3]}" in allocate(book, (people[0], JANUARY, 1, 1))
    confirmed(book, (people_of(book)[0], JANUARY, 1, 1), (people[0], JANUARY, 3, 1))
    found = january(book)
    assert found[0] == 10
    assert found[1:] == [63, 127]  # 190 by 30 : 60
    assert "is locked" in spread(book, "R20", january_column(book))


# Over-assignment


def test_people_may_be_assigned_more_than_their_region(book):
    book = with_targets(over_assignment=0.05)
    only_three(book)
    goal(book, 200)
    confirmed(book, january_column(book))
    assert sum(january(book)) == 210
    log = [text for text in rows_of(book, "log")["parameters"].dropna() if "→" in text]
    assert log[-1].endswith("100.00 → 210.00")


def test_the_preview_names_the_buffer():
    book = with_targets(over_assignment=0.05)
    only_three(book)
    goal(book, 200)
    allocate(book, january_column(book))
    assert "buffer -10.00" in str(book.sheets["Preview"].range("A1").value) + str(
        book.sheets["Preview"].range("A2").value
    )
    assert len(preview(book)) == 4


# The reference, and methods without codes


def referred(book, name):
    plan(book).range("D6").value = name


@pytest.mark.parametrize(("text", "wanted"), [("RP50", [5, 15, 30]), ("R%50", [15, 45, 90]), ("R%-50", [5, 15, 30])])
def test_a_version_is_followed(text, wanted):
    book = typed_in(small())
    versions(book, "SAVE March")
    _, people = people_of(book)
    for row in people[:3]:
        plan(book).impl.cells_[row, JANUARY] = 1.0
    referred(book, "base")
    spread(book, text, january_column(book))
    run("confirm", book)
    assert january(book) == wanted


def test_last_year_s_actuals_are_followed():
    book = open_company()
    sheet = plan(book).impl.cells_
    rows = [row for (row, column), cell in sheet.items() if column == 2 and cell == "S03"]
    orders = company()["orders"]
    last = orders[(orders["salesperson"] == "S03") & orders["date"].astype(str).str.startswith("2025-")]
    assert len(last)
    spread(book, "R%0", (rows[0], 3, 1, 1))
    changed = {line[4]: line[6] for line in preview(book)[1:]}
    run("confirm", book)
    assert set(changed) <= {f"2026-{month:02d}" for month in range(1, 13)}
    assert changed


def test_an_unknown_reference_is_refused():
    book = typed_in(small())
    referred(book, "spring")
    assert "neither a year nor a version" in spread(book, "RP50", january_column(book))


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize(
    ("method", "numbers", "wanted"),
    [
        (("In proportion", "按现有比例"), ("300", ""), [30, 90, 180]),
        (("Equally", "平均分摊"), ("1200", ""), [400, 400, 400]),
        (("Change by %", "按百分比调整"), ("10%", ""), [11, 33, 66]),
        (("straight line", "直线变化"), ("100", "200"), [100, 150, 200]),
        (("Clear", "清空"), ("", ""), [None, None, None]),
    ],
)
def test_a_method_does_what_its_code_does(lang, method, numbers, wanted):
    book = typed_in(small(lang), lang)
    sheet = plan(book, lang)
    sheet.range("H5").value = method[lang == "zh"]
    sheet.range("L5").value, sheet.range("N5").value = (text or None for text in numbers)
    _, people = people_of(book, lang)
    select(book, (people[0], JANUARY, 3, 1), lang=lang)
    run("spread", book)
    said(book)
    run("confirm", book)
    assert january(book, lang) == wanted


def test_a_method_lacks_its_number_or_stands_beside_a_code():
    book = typed_in(small())
    plan(book).range("H5").value = "Growth"
    plan(book).range("L5").value = 100.0
    assert "needs 2 number(s), not 1" in spread(book, None, january_column(book))
    plan(book).range("N5").value = 10.0
    assert "are both given" in spread(book, "P300", january_column(book))
    plan(book).range("H5").value = "Guess"
    assert "is no method" in spread(book, None, january_column(book))
    assert FIRST
