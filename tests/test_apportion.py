"""Allocation of one total: published examples, refusals, and what must hold for any input."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from tests.examples import example
from xlsales.core.apportion import allocate, allocation, breakback, residual
from xlsales.core.refusal import Refusal


def refusal(call):
    with pytest.raises(Refusal) as no:
        call()
    return no.value.code, no.value.facts


# Published examples


def test_tm1_proportional_spread():
    inputs, expected = example("TM1 proportional spread")
    assert allocate(inputs["value"], list(inputs["existing"].values())).tolist() == list(expected.values())


def test_tm1_equal_spread_across_leaves():
    inputs, expected = example("TM1 equal spread across leaves")
    found = allocate(inputs["value"], [None] * len(inputs["leaves"]), "equal")
    assert found.tolist() == list(expected.values())


def test_tm1_default_entry_on_an_empty_consolidation_is_announced():
    inputs, expected = example("TM1 default entry on an empty consolidation")
    found = allocation(inputs["value"], [inputs["existing"]] * inputs["leaves"])
    assert found.amounts.tolist() == [expected["each"]] * inputs["leaves"]
    assert found.announced_equal


def test_tm1_consolidation_hold():
    inputs, expected = example("TM1 consolidation hold: edit a leaf, siblings absorb")
    found = breakback(list(inputs["existing"].values()), 2, inputs["edit"]["Mar"])
    assert [*found, found.sum()] == list(expected.values())


def test_anaplan_hold_on_the_total():
    inputs, expected = example("Anaplan hold on the total")
    found = breakback(list(inputs["existing"].values()), 0, inputs["edit"]["Jan"], total=60)
    assert [*found, found.sum()] == list(expected.values())


def test_anaplan_breakback_refuses_leaves_that_cancel():
    inputs, _ = example("Anaplan breakback refuses: non-zero leaves that sum to zero")
    code, _ = refusal(lambda: allocate(inputs["edit_total"], inputs["existing"]))
    assert code == "weights_sum_zero"


@pytest.mark.parametrize("name", ["Prophix spread by factor", "Prophix spread, varying source"])
def test_prophix_spread_by_factor(name):
    inputs, expected = example(name)
    factor = inputs["factor"]
    found = [allocate(s, factor)[i] for i, s in enumerate(inputs["source"])]
    assert found == expected


@pytest.mark.parametrize("name", ["bell", "middle"])
def test_oracle_patterns_as_weights(name):
    inputs, _ = example("Oracle bell and middle patterns")
    shares = {"bell": [0.25, 0.5, 0.25], "middle": [0, 1, 0]}
    assert allocate(100, inputs["patterns"][name]).tolist() == [100 * s for s in shares[name]]


def test_largest_remainder_ten_seats():
    inputs, expected = example("Largest remainder, Hare quota, 10 seats")
    assert allocate(inputs["total"], list(inputs["weights"].values()), unit=1).tolist() == list(expected.values())


def test_alabama_paradox_of_largest_remainder_and_none_of_divisor():
    inputs, expected = example("Alabama paradox: raising the total by one unit takes a unit away")
    votes = list(inputs["weights"].values())
    for total in inputs["totals"]:
        assert allocate(total, votes, unit=1).tolist() == expected[str(total)]
    low, high = (allocate(total, votes, "divisor", unit=1) for total in inputs["totals"])
    assert (high >= low).all()


def test_split_credit_of_target_and_achievement():
    inputs, expected = example("ERPNext salesperson target variance with split credit")
    achieved = allocate(inputs["order"]["qty"], list(inputs["split"].values()))[0]
    assert achieved == expected["P1"]["achieved"]
    assert achieved - inputs["target_qty"] == expected["P1"]["variance"]


# Rules of the definitions


def test_zero_stays_zero_beside_a_weight():
    assert allocate(10, [0, 1, 1], unit=1).tolist() == [0, 5, 5]


def test_free_cells_without_weight_beside_a_held_one_share_equally_and_it_is_announced():
    found = allocation(10, [5, 0, 0], held=[4, None, None])
    assert (found.amounts.tolist(), found.announced_equal) == ([4, 3, 3], True)


def test_a_cell_without_weight_counts_as_its_range_when_that_excludes_zero():
    assert allocate(10, [1, 0, 0], lower=[None, 2, None]).tolist() == [8, 2, 0]
    assert allocate(10, [1, 0], lower=[None, 2], upper=[5, 10]).tolist() == [5, 5]
    code, facts = refusal(lambda: allocate(16, [1, 0], lower=[None, 2], upper=[5, 10]))
    assert (code, facts["excess"]) == ("above_upper_bounds", 1)


def test_a_weightless_cell_cannot_take_what_bounds_leave():
    code, facts = refusal(lambda: allocate(10, [1, 0], upper=[8, None]))
    assert (code, facts) == ("above_upper_bounds", {"rest": 10, "most": 8, "excess": 2})


def test_lower_bounds_refuse_with_the_amount():
    code, facts = refusal(lambda: allocate(10, [1, 1], lower=[6, 7]))
    assert (code, facts["short"]) == ("below_lower_bounds", 3)


def test_everything_held_names_the_cells():
    code, facts = refusal(lambda: allocate(10, [1, 1], held=[4, 5]))
    assert (code, facts) == ("all_held", {"total": 10, "held": 9, "cells": [1, 2]})
    assert allocate(9, [1, 1], held=[4, 5]).tolist() == [4, 5]


def test_a_total_off_the_grid_names_its_neighbours():
    code, facts = refusal(lambda: allocate(1234.567, [1, 1], unit=0.01))
    assert (code, facts["below"], facts["above"]) == ("total_off_grid", 1234.56, 1234.57)


def test_a_held_value_off_the_grid_names_its_neighbours():
    code, facts = refusal(lambda: allocate(100000, [1, 1], held=[15000, None], unit=10000))
    assert (code, facts["cell"], facts["below"], facts["above"]) == ("held_off_grid", 1, 10000, 20000)


def test_bounds_tighten_inward_to_the_grid():
    assert allocate(10, [1, 1], lower=[5.2, None], unit=1).tolist() == [6, 4]
    code, _ = refusal(lambda: allocate(10, [1, 1], lower=[5.2, None], upper=[5.8, None], unit=1))
    assert code == "bounds_between_units"


def test_ties_go_to_the_larger_weight_then_to_the_earlier_cell():
    assert allocate(5, [1, 3, 1, 3, 2], unit=1).tolist() == [0, 2, 0, 2, 1]
    assert allocate(2, [1, 1, 1], unit=1).tolist() == [1, 1, 0]


def test_units_of_a_cent_are_the_decimal_numbers():
    found = allocate(100.0, [1, 1, 1], unit=0.01)
    assert found.tolist() == [33.34, 33.33, 33.33]
    assert residual(100.0, found, 0.01) == 0


def test_a_negative_total_mirrors():
    assert allocate(-10, [1, 1, 1], unit=1).tolist() == [-4, -3, -3]


def test_a_turned_rest_is_said():
    found = allocation(10, [1, 1], held=[15, None])
    assert (found.amounts.tolist(), found.turned) == ([15, -5], True)


def test_all_blank_weights_are_equal_and_some_blank_are_refused():
    assert allocation(6, [None, None]).announced_equal
    assert refusal(lambda: allocate(6, [1, None]))[0] == "weights_missing"


def test_matrices_keep_their_shape():
    assert allocate(8, [[1, 1], [1, 1]], unit=1).tolist() == [[2, 2], [2, 2]]


@pytest.mark.parametrize(
    ("call", "code"),
    [
        (lambda: allocate(1, [1], "median"), "allocation_method"),
        (lambda: allocate(1, ["x"]), "not_numbers"),
        (lambda: allocate(1, []), "no_cells"),
        (lambda: allocate(float("nan"), [1]), "total_missing"),
        (lambda: allocate(1, [1, 2], held=[1]), "shape_differs"),
        (lambda: allocate(1, [1], unit=0), "unit_not_positive"),
        (lambda: allocate(1e17, [1], unit=0.01), "too_many_units"),
        (lambda: allocate(5, [1], lower=[4], upper=[3]), "bounds_crossed"),
        (lambda: allocate(5, [3, -1], upper=[5, None]), "weights_mixed_bounds"),
        (lambda: allocate(5, [3, -1], "divisor", unit=1), "divisor_mixed_weights"),
        (lambda: breakback([0, 0, 5], 2, 3), "breakback_no_room"),
        (lambda: breakback([1, None], 0, 3), "values_missing"),
        (lambda: breakback([1, 2], 2, 3), "index_outside"),
        (lambda: breakback([1, 2], 0, 3, held=[1, None]), "edited_cell_held"),
    ],
)
def test_what_has_no_answer_is_refused(call, code):
    assert refusal(call)[0] == code


def test_a_bound_far_away_does_not_stop_mixed_weights():
    assert allocate(4, [3, -1], upper=[7, None]).tolist() == [6, -2]


def test_weights_near_the_smallest_number_are_shares_all_the_same():
    assert allocate(3, [5e-324, 1e-323], unit=1).tolist() == [1, 2]


def test_inputs_are_not_changed():
    weights, held = np.array([1.0, 2.0]), np.array([1.0, np.nan])
    allocate(9, weights, held=held, unit=1)
    assert weights.tolist() == [1, 2]
    assert held[0] == 1


# What must hold for any input


@st.composite
def tasks(draw, most=8):
    """A total over a few cells, some held, some bounded, in whole units; whether or not it has an answer."""
    count = draw(st.integers(1, most))
    cells = st.lists(st.integers(0, 12), min_size=count, max_size=count)
    weights = draw(cells)
    held = [draw(st.one_of(st.none(), st.none(), st.integers(-5, 30))) for _ in range(count)]
    lower = [draw(st.one_of(st.none(), st.none(), st.integers(-5, 10))) for _ in range(count)]
    upper = [draw(st.one_of(st.none(), st.integers(0, 20))) for _ in range(count)]
    upper = [u if u is None or lo is None else max(u, lo) for lo, u in zip(lower, upper, strict=True)]
    return draw(st.integers(-40, 120)), weights, held, lower, upper


def ranges(total, weights, held, lower, upper):
    """Each cell's range by the definitions: a point where held, [0, 0] where zero stays zero."""
    free = [h is None for h in held]
    weighty = any(f and w for f, w in zip(free, weights, strict=True))
    found = []
    for w, h, lo, u in zip(weights, held, lower, upper, strict=True):
        low, high = -np.inf if lo is None else lo, np.inf if u is None else u
        if h is not None:
            low = high = h
        elif not w and weighty and low <= 0 <= high:
            low = high = 0
        found.append((low, high))
    return found


def has_answer(task):
    """Whether any whole table lies in the ranges, asked of a linear program (totals of whole ranges are whole)."""
    spans = [(None if lo == -np.inf else lo, None if hi == np.inf else hi) for lo, hi in ranges(*task)]
    count = len(spans)
    return linprog(np.zeros(count), A_eq=np.ones((1, count)), b_eq=[task[0]], bounds=spans).status == 0


@pytest.mark.parametrize("method", ["proportional", "divisor", "equal"])
@given(tasks())
@settings(max_examples=120, deadline=None)
def test_refused_when_and_only_when_nothing_fits_else_exact_held_and_bounded(method, task):
    total, weights, held, lower, upper = task
    seen = (total, [1] * len(weights), held, lower, upper) if method == "equal" else task
    if not has_answer(seen):
        with pytest.raises(Refusal):
            allocate(total, weights, method, held, lower, upper, 1)
        return
    found = allocate(total, weights, method, held, lower, upper, 1)
    assert found.sum() == total
    assert (found == np.rint(found)).all()
    for value, (low, high) in zip(found, ranges(*seen), strict=True):
        assert low <= value <= high


@given(tasks())
@settings(max_examples=80, deadline=None)
def test_unrounded_shares_are_one_factor_clipped(task):
    total, weights, held, lower, upper = task
    assume(has_answer(task))
    found = allocate(total, weights, "proportional", held, lower, upper)
    assert abs(found.sum() - total) < 1e-9 * max(1, abs(total))
    inner = [
        v / w
        for v, w, h, (lo, hi) in zip(found, weights, held, ranges(*task), strict=True)
        if h is None and w and lo + 1e-9 < v < hi - 1e-9
    ]
    assert not inner or max(inner) - min(inner) < 1e-9 * max(1, abs(inner[0]))
    if inner:  # a cell at its lower bound would be below it at the common factor, one at its upper bound above
        for v, w, h, (lo, hi) in zip(found, weights, held, ranges(*task), strict=True):
            if h is None and w:
                assert v == pytest.approx(min(max(inner[0] * w, lo), hi), abs=1e-7)


@given(tasks())
@settings(max_examples=80, deadline=None)
def test_rounded_cells_lie_at_floor_or_ceiling(task):
    assume(has_answer(task))
    exact = allocate(*task[:2], "proportional", *task[2:])
    whole = allocate(*task[:2], "proportional", *task[2:], 1)
    assert (np.abs(whole - exact) < 1 + 1e-7).all()


@given(tasks(), st.sampled_from([0.01, 0.5, 7, 10_000]))
@settings(max_examples=80, deadline=None)
def test_a_scaled_task_has_the_scaled_answer(task, unit):
    assume(has_answer(task))
    total, weights, *limits = task
    scaled = [[None if v is None else v * unit for v in cells] for cells in limits]
    found = allocate(total * unit, [w * 0.37 for w in weights], "proportional", *scaled, unit)
    np.testing.assert_allclose(found, allocate(total, weights, "proportional", *limits, 1) * unit, rtol=1e-12)


@given(tasks(), st.randoms())
@settings(max_examples=80, deadline=None)
def test_the_order_of_cells_matters_only_in_ties(task, chance):
    assume(has_answer(task))
    order = list(range(len(task[1])))
    chance.shuffle(order)
    shuffled = [task[0], *([cells[i] for i in order] for cells in task[1:])]
    plain = allocate(*task[:2], "proportional", *task[2:], 1)
    mixed = allocate(*shuffled[:2], "proportional", *shuffled[2:], 1)
    assert sorted(zip(task[1], plain, strict=True)) == sorted(zip(shuffled[1], mixed, strict=True))


@given(tasks())
@settings(max_examples=80, deadline=None)
def test_spreading_the_result_again_changes_nothing(task):
    assume(has_answer(task))
    total, weights, held, lower, upper = task
    found = allocate(total, weights, "proportional", held, lower, upper, 1)
    free = np.array([h is None for h in held])
    assume((found[free] > 0).all() and free.any())
    np.testing.assert_array_equal(allocate(total, found, "proportional", held, lower, upper, 1), found)


@given(tasks())
@settings(max_examples=80, deadline=None)
def test_the_negative_task_mirrors_the_positive_one(task):
    assume(has_answer(task))
    total, weights, held, lower, upper = task
    turned = [[None if v is None else -v for v in cells] for cells in (held, upper, lower)]
    found = allocate(-total, weights, "proportional", *turned, 1)
    np.testing.assert_array_equal(found, -allocate(total, weights, "proportional", held, lower, upper, 1))


@given(st.lists(st.integers(1, 10_000), min_size=1, max_size=8), st.integers(0, 300))
def test_raising_the_total_lowers_nobody_with_divisor(weights, total):
    low, high = (allocate(t, weights, "divisor", unit=1) for t in (total, total + 1))
    assert (high >= low).all()


@given(st.lists(st.integers(0, 10_000), min_size=1, max_size=8), st.integers(0, 300))
def test_largest_remainder_equals_exact_fractions(weights, total):
    assume(sum(weights))
    exact = [Fraction(total * w, sum(weights)) for w in weights]
    floors = [int(x) for x in exact]
    order = sorted(range(len(weights)), key=lambda i: (floors[i] - exact[i], -weights[i], i))
    for i in order[: total - sum(floors)]:
        floors[i] += 1
    assert allocate(total, weights, unit=1).tolist() == floors


@given(st.lists(st.floats(0.001, 1e6), min_size=2, max_size=50), st.integers(-(10**14), 10**14))
def test_large_totals_are_exact(weights, cents):
    found = allocate(cents / 100, weights, unit=0.01)
    assert sum(round(v * 100) for v in found.tolist()) == cents


@given(st.lists(st.integers(1, 99), min_size=2, max_size=8), st.integers(0, 200), st.data())
def test_breakback_keeps_the_total_and_the_edit(values, new, data):
    index = data.draw(st.integers(0, len(values) - 1))
    found = breakback(values, index, new, unit=1)
    assert found.sum() == sum(values)
    assert found[index] == new
