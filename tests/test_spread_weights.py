"""Methods of the Plan sheets that no code says: patterns, seasons, capacity, the rest, nobody lowered."""

import numpy as np
import pandas as pd
import pytest

from tests.examples import example
from tests.test_commands_plan import JANUARY, plan, preview, said, select
from tests.test_examples_on_the_sheet import column_area, in_column, in_row, row_area, sheet_of
from tests.test_plan_limits import open_company
from tests.test_spread_command import people_of, spread
from tests.toy_company import company
from xlsales.core.calendar import Calendar
from xlsales.core.cell_weights import season_rows
from xlsales.core.refusal import Refusal
from xlsales.core.workdays import working_days_by_period
from xlsales.hosts.book import run

MONTHS = 12
NAMES = {
    "pattern": ("Pattern", "按模式"),
    "season": ("Season", "按季节比重"),
    "season_days": ("Season by days", "按季节与工作日"),
    "capacity": ("Capacity", "按能力"),
    "rest": ("Rest to blanks", "余额给空格"),
    "monotone": ("Nobody lowered", "只增不减"),
}


def spread_by(book, method, numbers, *areas, lang="en"):
    page = plan(book, lang)
    page.range("H5").value = NAMES[method][lang == "zh"]
    page.range("L5").value, page.range("N5").value = (*numbers, None, None)[:2]
    select(book, *areas, lang=lang)
    run("spread", book)
    return said(book)


def done(book, method, numbers, *areas, lang="en"):
    told = spread_by(book, method, numbers, *areas, lang=lang)
    run("confirm", book)
    assert "cells of the plan were written" in said(book), told


def why(book):
    return [line[8] for line in preview(book)[1:]]


def test_a_4_4_5_year_adds_up_in_every_quarter():
    book = sheet_of([[None]])
    done(book, "pattern", ("5200", "4-4-5"), row_area(book, MONTHS))
    assert in_row(book, MONTHS) == [400, 400, 500] * 4
    run("undo", book)
    assert in_row(book, MONTHS) == [None] * MONTHS


def test_the_preview_says_each_part_and_rows_keep_their_sizes():
    book = sheet_of([[10, 20, 30], [5, 5, 10]])
    spread_by(book, "pattern", ("1300", "4-4-5"), (people_of(book)[1][0], JANUARY, 2, 6))
    assert preview(book)[0][8] == "Why"
    assert why(book) == ["4 of 13 parts", "4 of 13 parts", "5 of 13 parts"] * 2
    run("confirm", book)
    said(book)
    assert [sum(in_row(book, 3, row)) for row in (0, 1)] == [975, 325]  # 60 : 20
    assert in_row(book, 3) == [300, 300, 375]


@pytest.mark.parametrize("pattern", ["bell", "middle", "last", "first"])
def test_oracle_patterns_by_their_names(pattern):
    _, expected = example("Oracle bell and middle patterns")
    book = sheet_of([[7, 8, 9]])
    done(book, "pattern", ("100", pattern), row_area(book, 3))
    share = {"P": 100.0, "P/2": 50.0, "P/4": 25.0}
    assert in_row(book, 3) == [share.get(part, part) for part in expected[pattern]]


def test_a_pattern_goes_down_the_rows_of_one_month():
    book = sheet_of([[1], [1], [1]])
    done(book, "pattern", ("130", "4-4-5"), column_area(book, 3))
    assert in_column(book, 3) == [40, 40, 50]


def test_a_held_cell_keeps_its_value_in_a_pattern():
    book = sheet_of([[100, 100, 100]])
    spread(book, "H", (people_of(book)[1][0], JANUARY, 1, 1))
    plan(book).range("D5").value = None
    done(book, "pattern", ("1000", "4-4-5"), row_area(book, 3))
    assert in_row(book, 3) == [100, 400, 500]


@pytest.mark.parametrize(
    ("numbers", "count", "told"),
    [
        (("100", "4-4-5"), 4, "does not fit 4 cells"),
        (("100", "4+4"), 2, "is no pattern"),
        (("100", None), 3, "needs 2 number(s), not 1"),
        (("much", "4-4-5"), 3, "much"),
    ],
)
def test_a_pattern_that_does_not_fit_changes_nothing(numbers, count, told):
    book = sheet_of([[1, 2, 3, 4]])
    assert told in spread_by(book, "pattern", numbers, row_area(book, count))
    assert in_row(book, 4) == [1, 2, 3, 4]


def test_the_rest_goes_to_the_blank_cells_alone():
    book = sheet_of([[30, None, None, 10]])
    done(book, "rest", ("100",), row_area(book, 4))
    assert in_row(book, 4) == [30, 30, 30, 10]
    assert "No selected cell is blank" in spread_by(book, "rest", ("200",), row_area(book, 4))


def test_raising_the_total_lowers_nobody():
    inputs, expected = example("Alabama paradox: raising the total by one unit takes a unit away")
    lowered = np.array(expected["26"]) < np.array(expected["25"])
    assert lowered.any()
    votes, found = list(inputs["weights"].values()), []
    for total in (25, 26):
        book = sheet_of([[vote] for vote in votes])
        done(book, "monotone", (str(total),), column_area(book, len(votes)))
        found.append(in_column(book, len(votes)))
        assert sum(found[-1]) == total
    assert all(now >= before for before, now in zip(*found, strict=True))


def seasonal(lang="en"):
    """A company of two years of orders of two people in NORTH: 100 each month, 400 in December, twice that in 2025."""
    frames = {key: frame.head(0) for key, frame in company(lang).items()}
    whole = company(lang)
    people = whole["salespeople"][whole["salespeople"]["region"] == "NORTH"].head(2)
    for key in ("regions", "org_units", "plan_versions", "products", "customers", "channels", "stages"):
        frames[key] = whole[key]
    frames["salespeople"] = people
    product, customer = whole["products"]["product"].iloc[0], whole["customers"]["customer"].iloc[0]
    orders = [
        {"order": f"{person}{year}{month:02d}", "line": 1, "date": f"{year}-{month:02d}-10", "customer": customer,
         "product": product, "salesperson": person, "region": "NORTH", "quantity": 1.0,
         "amount": (400.0 if month == MONTHS else 100.0) * (year - 2023) * times}
        for person, times in zip(people["salesperson"], (1, 2), strict=True)
        for year in (2024, 2025) for month in range(1, MONTHS + 1)
    ]  # fmt: skip
    frames["orders"] = pd.DataFrame(orders).reindex(columns=whole["orders"].columns)
    about = {"version": "base", "measure": "sales", "region": "NORTH", "value": 1.0, "held": False}
    cells = [{**about, "salesperson": person, "period": f"2026-{month:02d}"}
             for person in people["salesperson"] for month in range(1, MONTHS + 1)]  # fmt: skip
    frames["plan"] = pd.DataFrame(cells).reindex(columns=whole["plan"].columns)
    frames["settings"] = whole["settings"].head(0)
    frames["market"] = pd.DataFrame(
        [{"region": "NORTH", "period": "2026", "market_size": 5000.0}], columns=whole["market"].columns
    )
    book = open_company(lang, frames)
    for row in people_of(book, lang)[1][:2]:
        for step in range(MONTHS):
            plan(book, lang).impl.cells_[row, JANUARY + 2 * step] = None
    return book


def whole_rows(book, lang="en"):
    return people_of(book, lang)[1][0], JANUARY, 2, 2 * MONTHS


def test_a_season_lays_the_year_out_as_the_past_years_were_and_rows_as_last_year():
    book = seasonal()
    spread_by(book, "season", ("4500",), whole_rows(book))
    assert why(book)[0] == "season 0.80, whole years of its own: 2"
    assert why(book)[11] == "season 3.20, whole years of its own: 2"
    run("confirm", book)
    said(book)
    assert in_row(book, MONTHS, 0) == [100.0] * 11 + [400.0]
    assert in_row(book, MONTHS, 1) == [200.0] * 11 + [800.0]


def test_working_days_shift_the_season():
    book = seasonal()
    spread_by(book, "season_days", ("1500",), row_area(book, MONTHS))
    run("confirm", book)
    said(book)
    keys = [f"2026-{month:02d}" for month in range(1, MONTHS + 1)]
    days = working_days_by_period(keys, "CN", None, Calendar())
    past = np.mean(
        [working_days_by_period([f"{year}{key[4:]}" for key in keys], "CN") for year in (2024, 2025)], axis=0
    )
    weights = np.array([100.0] * 11 + [400.0]) * days / past
    assert in_row(book, MONTHS) == pytest.approx(1500 * weights / weights.sum(), abs=1)
    assert sum(in_row(book, MONTHS)) == 1500


def test_without_a_whole_year_there_is_no_season():
    book = sheet_of([[1, 2, 3]])
    assert "there is no season" in spread_by(book, "season", ("100",), row_area(book, 3))
    with pytest.raises(Refusal, match="season_no_year"):
        season_rows(np.full((1, 2, 12), np.nan))


def test_a_row_without_a_year_of_its_own_has_the_season_of_all():
    past = np.array([[[10.0, 30.0], [np.nan, 8.0]], [[20.0, 20.0], [-1.0, 5.0]]])
    found = season_rows(past)
    assert found.own.tolist() == [2, 0]
    assert found.indices[0].tolist() == [0.75, 1.25]
    assert found.years == 2
    assert found.indices[1].tolist() == pytest.approx([(10 / 24 + 19 / 22) / 2, (38 / 24 + 25 / 22) / 2])


def test_capacity_shows_what_made_the_weights():
    book = seasonal()
    spread_by(book, "capacity", ("1200", "50-0-0-50"), whole_rows(book))
    assert why(book)[0] == "weight 41.7% = history 16.7% + potential 25.0%"  # 1/3 of the past, half the market
    assert why(book)[12] == "weight 58.3% = history 33.3% + potential 25.0%"
    run("confirm", book)
    said(book)
    assert [sum(in_row(book, MONTHS, row)) for row in (0, 1)] == [500, 700]


@pytest.mark.parametrize(
    ("parts", "told"),
    [
        ("50-50", "are no four parts"),
        ("0-0-0-0", "are no four parts"),
        ("0-1-0-0", "The pipeline of"),
        ("a-1-0-0", "are no four parts"),
    ],
)
def test_capacity_without_its_parts_or_facts_is_refused(parts, told):
    book = seasonal()
    assert told in spread_by(book, "capacity", ("1200", parts), whole_rows(book))


def test_in_chinese():
    book = seasonal("zh")
    spread_by(book, "capacity", ("1200", "50-0-0-50"), whole_rows(book, "zh"), lang="zh")
    lines = [line[8] for line in book.sheets[-1].tables["xs_preview"].range.value]
    assert lines[:2] == ["依据", "权重 41.7% = 历史 16.7% + 市场潜力 25.0%"]
    log = spread_by(book, "pattern", ("1300", "4-4-6-1"), whole_rows(book, "zh"), lang="zh")
    assert "24" in log
