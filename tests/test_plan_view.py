"""Plan by choice: any dimension, grain and measure; filled, allocated, held, spread, undone, kept as versions."""

from functools import cache

import pandas as pd
import pytest

from tests.toy_company import company, open_company, rows_of
from tests.toy_engine import Range
from xlsales import demo
from xlsales.commands.plan_cut import GRAINS, inside
from xlsales.commands.versions import once, scaled
from xlsales.core.attained import ADDITIVE
from xlsales.core.calendar import Calendar
from xlsales.hosts.book import run
from xlsales.labels import word
from xlsales.stages.focusing import _of_products

TOP = 8  # the first row under the headings
PERIODS = {"year": 1, "half": 2, "quarter": 4, "month": 12, "week": 53}


@cache
def small():
    """The company with its masters, targets and plan, and few orders."""
    kept = {
        "salespeople",
        "regions",
        "org_units",
        "channels",
        "products",
        "settings",
        "plan",
        "plan_versions",
        "targets",
    }
    frames = {key: frame if key in kept else frame.head(0) for key, frame in company().items()}
    customers = demo.tables("en")["customers"].groupby("region").head(6).reset_index(drop=True)
    products = frames["products"].groupby("product_line").head(3).reset_index(drop=True)
    targets = frames["targets"]
    gone = (targets["scope"] == "product") & ~targets["member"].isin(products["product"])
    return frames | {"customers": customers, "products": products, "targets": targets[~gone].reset_index(drop=True)}


@pytest.fixture
def book():
    return open_company("en", small())


def sheet(book, lang="en"):
    return book.sheets[word("sheet.plan_view", lang)]


def said(book):
    return book.app.impl.said.pop()


def choose(book, measure="sales", rows="product", then="", grain="quarter", only="", lang="en"):
    cells = {"D4": word("value.measure." + measure, lang), "H4": word("plan.rows." + rows, lang),
             "L4": word("plan.rows." + then, lang) if then else None, "P4": only or None,
             "T4": word("plan.grain." + grain, lang)}  # fmt: skip
    for place, text in cells.items():
        sheet(book, lang).range(place).value = text
    run("show_plan", book)
    return said(book)


def shown(book, lang="en"):
    """The rows: place, first code, second code, name, depth; and which are leaves."""
    cells, found = sheet(book, lang).impl.cells_, []
    row = TOP
    while cells.get((row, 3)):
        text = cells[row, 3]
        leaf = (row, 4) not in sheet(book, lang).impl.formulas
        found.append((row, cells.get((row, 1)) or "", cells.get((row, 2)) or "", text.strip(), leaf))
        row += 1
    return found


def leaves(book):
    return [line for line in shown(book) if line[4]]


def place_of(book, first, second=""):
    return next(line[0] for line in shown(book) if line[1:3] == (first, second))


def values(book, row, count):
    return [sheet(book).range((row, 4 + 2 * step)).value for step in range(count)]


def select(book, row, column, height=1, width=1, lang="en"):
    book.app.impl.selected = Range(sheet(book, lang).impl, row, column, height, width)


def allocate(book, row=TOP):
    select(book, row, 3)
    run("allocate", book)
    told = said(book)
    if "would change" not in told:
        return told
    run("confirm", book)
    return said(book)


def plan(book, measure="Sales", **dims):
    rows = rows_of(book, "plan")
    rows = rows[rows["measure"] == measure]
    for name in ("region", "salesperson", "product", "customer", "segment", "channel"):
        rows = rows[rows[name].notna()] if dims.get(name) else rows[rows[name].isna()]
    return rows


def base(book, measure="Sales", region=None, people=False):
    rows = rows_of(book, "plan")
    others = ["product", "customer", "segment", "channel"]
    rows = rows[
        (rows["measure"] == measure) & rows[others].isna().all(axis=1) & rows["period"].str.match(r"2026-\d\d$")
    ]
    rows = rows if region is None else rows[rows["region"] == region]
    rows = rows[rows["salesperson"].notna()] if people else rows
    return rows.groupby("period")["value"].sum()


def quarters(months):
    return [float(months[[f"2026-{3 * q + m:02d}" for m in (1, 2, 3)]].sum()) for q in range(4)]


def goal(book, row, count):
    return sheet(book).range((row, 4 + 2 * (count + 1))).value


@pytest.mark.parametrize("grain", GRAINS)
def test_every_grain_shows_its_periods_of_the_year(book, grain):
    told = choose(book, rows="product", grain=grain)
    heads = [sheet(book).impl.cells_.get((7, 4 + 2 * step)) for step in range(PERIODS[grain] + 1)]
    assert "rows" in told
    assert heads[-1] == word("plan.end.total", "en")
    assert len(leaves(book)) == len(small()["products"])
    assert str(heads[0]).startswith("2026")


def test_every_measure_with_activities_can_be_planned_by_week(book):
    for measure in ADDITIVE:
        choose(book, measure=measure, rows="region", grain="week")
        sheet(book).range((leaves(book)[0][0], 4)).value = 7.0
    choose(book, measure="sales", rows="region", grain="week")
    assert sheet(book).range((leaves(book)[0][0], 4)).value == 7.0
    weeks = rows_of(book, "plan").query("period == '2026-W01'")
    assert weeks["measure"].tolist() == [word("value.measure." + measure, "en") for measure in ADDITIVE]
    assert weeks["value"].tolist() == [7.0] * len(ADDITIVE)


@pytest.mark.parametrize(
    ("rows", "then"),
    [("product", ""), ("channel", ""), ("segment", ""), ("customer", ""), ("region", "product"), ("region", "channel"),
     ("region", "customer"), ("segment", "customer"), ("salesperson", "segment")],
)  # fmt: skip
@pytest.mark.parametrize("grain", ["quarter"])
def test_allocation_adds_exactly_at_every_level_and_period(book, rows, then, grain):
    choose(book, rows=rows, then=then, grain=grain)
    count = PERIODS[grain]
    told = allocate(book)
    assert "were written" in told
    got = pd.DataFrame([values(book, line[0], count) for line in leaves(book)]).sum()
    whole = base(book) if rows != "salesperson" else base(book, people=True)
    wanted = [float(whole.sum())] if grain == "year" else quarters(whole)
    assert got.tolist() == pytest.approx(wanted, abs=0.005)
    if rows == "region" and then != "":
        under = [line for line in leaves(book) if line[1] == "NORTH"]
        north = base(book, region="NORTH")
        wanted = [float(north.sum())] if grain == "year" else quarters(north)
        assert pd.DataFrame([values(book, line[0], count) for line in under]).sum().tolist() == pytest.approx(wanted)
    long = plan(book, **dict.fromkeys({rows, then} - {""}, True))
    assert float(long["value"].sum()) == pytest.approx(float(got.sum()), abs=0.005)
    assert set(long["version"]) == {"base"}


def test_an_allocation_can_be_undone(book):
    choose(book, rows="channel", grain="month")
    before = rows_of(book, "plan")
    allocate(book)
    assert len(rows_of(book, "plan")) > len(before)
    run("undo", book)
    assert rows_of(book, "plan").equals(before)
    assert all(value is None for line in leaves(book) for value in values(book, line[0], 12))


def test_a_held_cell_keeps_its_value_and_its_row_the_bounds(book):
    choose(book, rows="channel", grain="quarter")
    direct, online = place_of(book, "Direct"), place_of(book, "Online")
    sheet(book).range((direct, 4)).value = 1_000_000.0
    select(book, direct, 4, 1, 2)
    select(book, direct, 4, 1, 1)
    book.app.impl.selected = Range(sheet(book).impl, direct, 5, 1, 1)
    run("spread", book)
    said(book)
    sheet(book).range("D5").value = "H"
    book.app.impl.selected = Range(sheet(book).impl, direct, 4, 1, 1)
    run("spread", book)
    assert "held" in said(book)
    ends = 4 + 2 * 4
    sheet(book).range((online, ends + 6)).value = 4_000_000.0
    sheet(book).range((online, ends + 8)).value = 5_000_000.0
    assert "were written" in allocate(book)
    assert values(book, direct, 1) == [1_000_000.0]
    assert sheet(book).impl.cells_[direct, 5] == "H"
    year = sum(values(book, online, 4))
    assert 4_000_000 <= year <= 5_000_000
    assert pd.DataFrame([values(book, line[0], 4) for line in leaves(book)]).sum().tolist() == pytest.approx(
        quarters(base(book)), abs=0.005
    )
    choose(book, rows="product", grain="quarter")
    choose(book, rows="channel", grain="quarter")
    assert sheet(book).impl.cells_[direct, 5] == "H"
    assert sheet(book).range((online, ends + 6)).value == 4_000_000.0
    limits = rows_of(book, "plan_limits")
    assert limits["cut"].tolist() == ["channel//quarter"]


def test_a_coarser_view_shows_sums_and_an_edit_goes_down_to_the_months_and_the_plan_sheets(book):
    choose(book, rows="region", grain="quarter")
    row = place_of(book, "NORTH", "S02")
    months = rows_of(book, "plan")
    months = months[(months["measure"] == "Sales") & (months["salesperson"] == "S02")].set_index("period")["value"]
    assert values(book, row, 4) == pytest.approx(quarters(months))
    sheet(book).range((row, 4)).value = 6_000_000.0
    choose(book, rows="region", grain="quarter")
    new = rows_of(book, "plan")
    new = new[(new["measure"] == "Sales") & (new["salesperson"] == "S02")].set_index("period")["value"]
    first = ["2026-01", "2026-02", "2026-03"]
    assert new[first].sum() == 6_000_000.0
    assert (new[first] / new[first].sum()).tolist() == pytest.approx(
        (months[first] / months[first].sum()).tolist(), abs=1e-6
    )
    assert new.drop(first).equals(months.drop(first))
    tab = book.sheets["Plan sales"]
    at = next(row for (row, column), cell in tab.impl.cells_.items() if column == 2 and cell == "S02")
    assert [tab.range((at, 4 + 2 * step)).value for step in range(3)] == new[first].tolist()
    run("undo", book)
    assert [tab.range((at, 4 + 2 * step)).value for step in range(3)] == months[first].tolist()


def test_what_was_changed_elsewhere_is_never_overwritten(book):
    choose(book, rows="region", grain="month")
    row = place_of(book, "NORTH", "S02")
    tab = book.sheets["Plan sales"]
    at = next(line for (line, column), cell in tab.impl.cells_.items() if column == 2 and cell == "S02")
    tab.range((at, 4)).value = 55.0  # changed on the Plan sheet, while the other still shows the old figure
    choose(book, rows="region", grain="month")
    assert values(book, row, 1) == [55.0]
    sheet(book).range((row, 4)).value = 66.0
    tab.range((at, 4)).value = 77.0
    told = choose(book, rows="region", grain="month")
    assert "changed elsewhere" in told
    assert sheet(book).range((row, 4)).value == 66.0
    assert tab.range((at, 4)).value == 77.0


def test_a_figure_planned_for_the_year_is_the_goal_of_its_finer_periods_and_goes_once_they_are_there(book):
    choose(book, rows="segment", grain="year", measure="visits")
    row = leaves(book)[0][0]
    code = leaves(book)[0][1]
    sheet(book).range((row, 4)).value = 100.0
    choose(book, rows="segment", grain="quarter", measure="visits")
    assert goal(book, row, 4) == 100.0
    assert "were written" in allocate(book, row)
    assert values(book, row, 4) == [25.0] * 4
    mine = plan(book, "Visits", segment=True)
    assert mine[mine["segment"] == code]["period"].tolist() == ["2026Q1", "2026Q2", "2026Q3", "2026Q4"]
    choose(book, rows="segment", grain="half", measure="visits")
    assert values(book, row, 2) == [50.0, 50.0]


def test_a_version_takes_the_view_along_and_restore_brings_it_back(book):
    choose(book, rows="channel", grain="quarter")
    row = place_of(book, "Direct")
    sheet(book).range((row, 4)).value = 10.0
    sheet(book).range("D5").value = "SAVE Spring"
    select(book, row, 4)
    run("versions", book)
    assert sheet(book).range("B5").value == "Spring"
    sheet(book).range((row, 4)).value = 20.0
    sheet(book).range("D5").value = "RESTORE base"
    select(book, row, 4)
    run("versions", book)
    said(book)
    assert values(book, row, 1) == [10.0]
    rows = plan(book, channel=True)
    assert rows.groupby("version")["value"].sum().to_dict() == {"base": 10.0, "Spring": 10.0}


def test_spreading_codes_and_methods_work_here_too(book):
    choose(book, rows="channel", grain="quarter")
    row = place_of(book, "Direct")
    sheet(book).range("D5").value = "S1200"
    select(book, row, 4, 1, 8)
    run("spread", book)
    run("confirm", book)
    assert values(book, row, 4) == [300.0] * 4
    sheet(book).range("D5").value = None
    sheet(book).range("H5").value = word("plan.method.change", "en")
    sheet(book).range("L5").value = "10"
    select(book, row, 4, 1, 8)
    run("spread", book)
    run("confirm", book)
    assert values(book, row, 4) == [330.0] * 4


@pytest.mark.parametrize(
    ("cells", "told"),
    [({"H4": "Planet"}, "is not on the list"), ({"P4": "NOWHERE"}, "is no member of the rows"),
     ({"H4": "Product", "L4": "Product"}, "are the same")],
)  # fmt: skip
def test_a_wrong_choice_is_refused_in_words(book, cells, told):
    for place, text in cells.items():
        sheet(book).range(place).value = text
    run("show_plan", book)
    assert told in said(book)


def test_one_member_alone_with_all_below_it(book):
    choose(book, rows="region", then="channel", grain="quarter", only="NORTH")
    assert {line[1] for line in shown(book)} == {"NORTH"}
    assert "were written" in allocate(book)
    got = pd.DataFrame([values(book, line[0], 4) for line in leaves(book)]).sum()
    assert got.tolist() == pytest.approx(quarters(base(book, region="NORTH")), abs=0.005)


def test_in_chinese():
    frames = {key: frame for key, frame in company("zh").items() if key in small()}
    frames = {key: frame if len(small()[key]) else frame.head(0) for key, frame in frames.items()}
    book = open_company("zh", frames)
    choose(book, rows="channel", grain="quarter", lang="zh")
    select(book, TOP, 3, lang="zh")
    run("allocate", book)
    run("confirm", book)
    said(book)
    rows = rows_of(book, "plan", "zh")
    assert rows["channel"].notna().sum() > 10


def cuts():
    """One measure by salesperson and month, by product, by region and product; another by class only."""
    keys = ["measure", "period", "region", "salesperson", "product", "customer", "segment", "channel", "value"]
    rows = [
        ("sales", "2026-01", "N", "a", None, None, None, None, 10.0),
        ("sales", "2026-01", "N", None, None, None, None, None, 5.0),
        ("sales", "2026-01", None, None, "P", None, None, None, 15.0),
        ("sales", "2026-01", "N", None, "P", None, None, None, 15.0),
        ("visits", "2026", None, None, None, None, "K", None, 7.0),
    ]
    return pd.DataFrame(rows, columns=keys)


def test_cuts_of_one_plan_are_never_added_to_each_other():
    assert once(cuts()).groupby("measure")["value"].sum().to_dict() == {"sales": 15.0, "visits": 7.0}
    assert _of_products(cuts()).index.tolist() == [2]
    grown = scaled(cuts().assign(lower=float("nan"), upper=float("nan")), 1.1, 1.0)
    assert once(grown).groupby("measure")["value"].sum()["sales"] == 16.0
    assert grown["value"].tolist()[2:4] == [16.0, 16.0]


def test_a_longer_period_is_its_own_row_or_the_sum_of_its_parts():
    rows = {"2026-01": 0, "2026-02": 1, "2026Q2": 2, "2026-W01": 3}
    assert inside(rows, "2026Q1", Calendar()) == [0, 1]
    assert inside(rows, "2026", Calendar()) == [0, 1, 2]
    assert inside({"2026-W01": 3, "2026-W02": 4}, "2026", Calendar()) == [3, 4]
    assert inside({"2026": 5, **rows}, "2026", Calendar()) == [5]
