"""Every published example of allocation, hold, rounding and two-way fit, typed into a Plan sheet and confirmed."""

import pandas as pd
import pytest

from tests.examples import example
from tests.test_commands_plan import JANUARY, plan, said, select
from tests.test_spread_command import people_of, spread
from tests.toy_company import cell_of, company, open_company, rows_of
from xlsales.hosts.book import run

MONTHS = 12


def sheet_of(rows, goals=(), rounding=1.0, region=None):
    """A plan of sales: people in one region, their months as given; yearly targets of people, and of the region."""
    people = [f"P{number}" for number in range(1, len(rows) + 1)]
    kept = {"regions", "org_units", "plan_versions"}
    frames = {key: frame if key in kept else frame.head(0) for key, frame in company().items()}
    frames["salespeople"] = pd.DataFrame({"salesperson": people, "name": people, "region": "NORTH"})
    cells = [
        {"version": "base", "measure": "sales", "period": f"2026-{month:02d}", "region": "NORTH", "salesperson": person,
         "value": 1.0, "held": False}
        for person in people
        for month in range(1, MONTHS + 1)
    ]  # fmt: skip
    frames["plan"] = pd.DataFrame(cells).reindex(columns=company()["plan"].columns)
    about = {"measure": "sales", "period": "2026"}
    targets = [{**about, "scope": "salesperson", "member": person, "target": float(goal)}
               for person, goal in zip(people, goals, strict=False)]  # fmt: skip
    targets += [{**about, "scope": "region", "member": "NORTH", "target": float(region)}] if region is not None else []
    frames["targets"] = pd.DataFrame(targets, columns=company()["targets"].columns)
    frames["settings"] = company()["settings"].head(0)
    book = open_company("en", frames, rounding=rounding)
    _, places = people_of(book)
    for at, row in zip(places, rows, strict=True):
        for step in range(MONTHS):
            value = row[step] if step < len(row) else None
            plan(book).impl.cells_[at, JANUARY + 2 * step] = None if value is None else float(value)
    return book


def row_area(book, count, row=0):
    return people_of(book)[1][row], JANUARY, 1, 2 * count


def column_area(book, count):
    return people_of(book)[1][0], JANUARY, count, 1


def in_row(book, count, row=0):
    return [plan(book).range((people_of(book)[1][row], JANUARY + 2 * step)).value for step in range(count)]


def in_column(book, count, month=0):
    return [plan(book).range((row, JANUARY + 2 * month)).value for row in people_of(book)[1][:count]]


def do(book, text, area):
    told = spread(book, text, area)
    run("confirm", book)
    assert "were written" in said(book), told


def allocate(book, *areas):
    select(book, *areas)
    run("allocate", book)
    told = said(book)
    run("confirm", book)
    assert "were written" in said(book), told


def test_tm1_proportional_spread():
    inputs, expected = example("TM1 proportional spread")
    book = sheet_of([list(inputs["existing"].values())])
    do(book, f"P{inputs['value']}", row_area(book, 3))
    assert in_row(book, 3) == list(expected.values())


def test_tm1_relative_percent_adjustment():
    inputs, expected = example("TM1 relative percent adjustment")
    existing = list(inputs["reference"].values()) if "reference" in inputs else list(inputs["existing"].values())
    book = sheet_of([existing])
    plan(book).range("D5").value = "SAVE half"
    run("versions", book)
    said(book)
    plan(book).range("D6").value = "base"
    do(book, "R%-50", row_area(book, len(existing)))
    assert in_row(book, len(existing)) == pytest.approx(list(expected.values()))


def test_tm1_equal_spread_across_leaves():
    inputs, expected = example("TM1 equal spread across leaves")
    count = len(inputs["leaves"])
    book = sheet_of([[None]] * count)
    do(book, f"LS*{inputs['value']}", column_area(book, count))
    assert in_column(book, count) == list(expected.values())


def test_tm1_repeat_across_leaves_that_hold_figures():
    inputs, expected = example("TM1 repeat across leaves, non-zero leaves only")
    existing = list(inputs["existing"].values())
    book = sheet_of([[value] for value in existing])
    do(book, f"LR{inputs['value']}", column_area(book, len(existing)))
    assert in_column(book, len(existing)) == list(expected.values())


def test_tm1_default_entry_on_an_empty_consolidation():
    inputs, expected = example("TM1 default entry on an empty consolidation")
    count = inputs["leaves"]
    book = sheet_of([[None]] * count)
    region, _ = people_of(book)
    do(book, str(inputs["value"]), (region, JANUARY, 1, 1))
    assert in_column(book, count) == [expected["each"]] * count


def test_tm1_consolidation_hold():
    inputs, expected = example("TM1 consolidation hold: edit a leaf, siblings absorb")
    book = sheet_of([[value] for value in inputs["existing"].values()])
    region, people = people_of(book)
    spread(book, "HC", (region, JANUARY, 1, 1))
    do(book, f"R{inputs['edit']['Mar']}", (people[2], JANUARY, 1, 1))
    assert in_column(book, 3) == [expected["Jan"], expected["Feb"], expected["Mar"]]


def test_anaplan_hold_on_the_total():
    inputs, expected = example("Anaplan hold on the total")
    book = sheet_of([[value] for value in inputs["existing"].values()])
    region, people = people_of(book)
    spread(book, "HC", (region, JANUARY, 1, 1))
    do(book, f"R{inputs['edit']['Jan']}", (people[0], JANUARY, 1, 1))
    assert in_column(book, 3) == [expected["Jan"], expected["Feb"], expected["Mar"]]


def test_anaplan_breakback_refuses_leaves_that_cancel():
    inputs, _ = example("Anaplan breakback refuses: non-zero leaves that sum to zero")
    book = sheet_of([[value] for value in inputs["existing"]])
    told = spread(book, f"P{inputs['edit_total']}", column_area(book, 3))
    assert "cancel out to zero" in told
    assert in_column(book, 3) == inputs["existing"]


@pytest.mark.parametrize("name", ["Prophix spread by factor", "Prophix spread, varying source"])
def test_prophix_factors_as_percentages(name):
    inputs, expected = example(name)
    factors = inputs["factor"]
    book = sheet_of([[value] for value in inputs["source"]], rounding=0.01)
    for row, factor in zip(people_of(book)[1], factors, strict=True):
        do(book, f"P%{factor / sum(factors) * 100:.10f}", (row, JANUARY, 1, 1))
    assert in_column(book, 3) == pytest.approx(expected, abs=0.005)


@pytest.mark.parametrize("pattern", ["bell", "middle"])
def test_oracle_patterns(pattern):
    inputs, _ = example("Oracle bell and middle patterns")
    weights = inputs["patterns"][pattern]
    book = sheet_of([weights])
    do(book, "P100", row_area(book, 3))
    assert in_row(book, 3) == [100 * weight / sum(weights) for weight in weights]


def test_largest_remainder_ten_seats_as_a_region_s_target():
    inputs, expected = example("Largest remainder, Hare quota, 10 seats")
    votes = list(inputs["weights"].values())
    book = sheet_of([[vote] for vote in votes], region=inputs["total"])
    allocate(book, column_area(book, len(votes)))
    assert in_column(book, len(votes)) == list(expected.values())


def test_alabama_paradox_of_the_largest_remainder():
    inputs, expected = example("Alabama paradox: raising the total by one unit takes a unit away")
    votes = list(inputs["weights"].values())
    for total in inputs["totals"]:
        book = sheet_of([[vote] for vote in votes], region=total)
        allocate(book, column_area(book, len(votes)))
        assert in_column(book, len(votes)) == expected[str(total)]


def furness():
    """The trip matrix in three months of three people, the months' sums brought to their totals and held."""
    inputs, expected = example("Furness / IPF two-way fit (NPTEL trip matrix)")
    book = sheet_of(inputs["seed"], goals=inputs["row_totals"], rounding=0.01)
    region, _ = people_of(book)
    for step, total in enumerate(inputs["col_totals"]):
        do(book, f"P{total}", (region, JANUARY + 2 * step, 1, 1))
        spread(book, "HC", (region, JANUARY + 2 * step, 1, 1))
    plan(book).range("D5").value = None
    return book, inputs, expected


def test_furness_two_way_fit_by_targets_and_held_sums():
    book, inputs, expected = furness()
    _, people = people_of(book)
    allocate(book, (people[0], JANUARY, 3, 6))
    for row, wanted in enumerate(expected):
        assert in_row(book, 3, row) == pytest.approx(wanted, abs=0.011)  # the plan is kept to the cent
        assert sum(in_row(book, 3, row)) == pytest.approx(inputs["row_totals"][row], abs=1e-6)
    for step, total in enumerate(inputs["col_totals"]):
        assert sum(in_column(book, 3, step)) == pytest.approx(total, abs=1e-6)
    run("undo", book)
    assert sum(in_row(book, 3, 0)) != pytest.approx(inputs["row_totals"][0], abs=0.01)


def test_targets_and_held_sums_that_differ_are_refused():
    book, inputs, _ = furness()
    at = next(row for row, line in rows_of(book, "targets").iterrows() if line["member"] == "P1")
    cell_of(book, "targets", "target", at).value = inputs["row_totals"][0] + 5.0
    _, people = people_of(book)
    select(book, (people[0], JANUARY, 3, 6))
    run("allocate", book)
    assert "held by month leave" in said(book)
