import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from tests.examples import example
from xlsales.core.refusal import Refusal
from xlsales.core.twoway import fit, margins_left


def refusal(call):
    with pytest.raises(Refusal) as no:
        call()
    return no.value.code, no.value.facts


def test_furness_trip_matrix():
    inputs, expected = example("Furness / IPF two-way fit (NPTEL trip matrix)")
    seed = np.array(inputs["seed"], dtype=float)
    found = fit(seed, inputs["row_totals"], inputs["col_totals"])
    np.testing.assert_allclose(found, expected, atol=5e-5)
    odds = lambda t: t[:-1, :-1] * t[1:, 1:] / (t[:-1, 1:] * t[1:, :-1])  # noqa: E731
    np.testing.assert_allclose(odds(found), odds(seed), rtol=1e-9)


def test_whole_units_stay_at_floor_or_ceiling_with_exact_margins():
    inputs, expected = example("Furness / IPF two-way fit (NPTEL trip matrix)")
    found = fit(inputs["seed"], inputs["row_totals"], inputs["col_totals"], unit=1)
    assert found.sum(axis=1).tolist() == inputs["row_totals"]
    assert found.sum(axis=0).tolist() == inputs["col_totals"]
    assert (np.abs(found - expected) < 1).all()


def test_held_cells_are_taken_out_of_both_margins():
    found = fit([[1, 1], [1, 1]], [10, 20], [12, 18], held=[[7, None], [None, None]], unit=1)
    assert found.tolist() == [[7, 3], [5, 15]]


def test_structural_zeros_stay():
    found = fit([[0, 1, 1], [1, 0, 1], [1, 1, 0]], [4, 5, 6], [5, 5, 5])
    assert np.diag(found).tolist() == [0, 0, 0]
    for left in margins_left(found, np.array([4, 5, 6]), np.array([5, 5, 5])):
        assert np.abs(left).max() < 1e-8


def test_unequal_margins_are_refused_with_both_sums():
    code, facts = refusal(lambda: fit([[1, 1]], [10], [4, 5]))
    assert (code, facts) == ("margins_differ", {"rows": 10, "columns": 9, "difference": 1})


def test_an_impossible_pattern_is_proven_not_looped_on():
    code, facts = refusal(lambda: fit([[1, 0], [1, 1]], [10, 5], [4, 11]))
    assert (code, facts) == ("twoway_infeasible", {"rows": [1], "columns": [1], "need": 10, "most": 4})


def test_a_row_without_any_open_cell_is_proven_impossible():
    code, facts = refusal(lambda: fit([[0, 0], [1, 1]], [1, 5], [3, 3]))
    assert (code, facts["rows"], facts["columns"]) == ("twoway_infeasible", [1], [])


def test_cells_that_margins_force_to_zero_are_zero():
    found = fit([[1, 1], [0, 1]], [1, 2], [1, 2])
    np.testing.assert_allclose(found, [[1, 0], [0, 2]], atol=1e-9)


def test_a_margin_below_its_held_cells_is_refused():
    code, facts = refusal(lambda: fit([[1, 1], [1, 1]], [5, 5], [5, 5], held=[[7, None], [None, None]]))
    assert (code, facts["side"], facts["cell"], facts["excess"]) == ("held_exceed_margin", "row", 1, 2)


def test_negative_margins_mirror():
    table = [[1, 2], [3, 4]]
    np.testing.assert_array_equal(fit(table, [-3, -7], [-5, -5], unit=1), -fit(table, [3, 7], [5, 5], unit=1))


def test_units_of_a_cent():
    found = fit(np.ones((3, 3)), [1.0, 1.0, 1.0], [1.0, 1.0, 1.0], unit=0.01)
    assert set(found.ravel().tolist()) == {0.33, 0.34}
    assert np.rint(found.sum(axis=0) * 100).tolist() == [100] * 3


@pytest.mark.parametrize(
    ("call", "code"),
    [
        (lambda: fit([[1, -1]], [1], [1, 0]), "seed_negative"),
        (lambda: fit([[1, None]], [1], [1, 0]), "seed_missing"),
        (lambda: fit([[1, 1]], [1, 2], [1, 0]), "shape_differs"),
        (lambda: fit([[1, 1]], [None], [1, 0]), "margin_missing"),
        (lambda: fit([[1, 1]], [1.5], [1, 0.5], unit=1), "total_off_grid"),
    ],
)
def test_what_has_no_answer_is_refused(call, code):
    assert refusal(call)[0] == code


@st.composite
def tables(draw):
    """A pattern of open and closed cells with whole margins of equal sums, whether or not it has an answer."""
    rows, columns = draw(st.integers(1, 5)), draw(st.integers(1, 5))
    seed = np.array([[draw(st.integers(0, 6)) for _ in range(columns)] for _ in range(rows)], dtype=float)
    across = [draw(st.integers(0, 20)) for _ in range(rows)]
    down = [0] * columns
    for _ in range(sum(across)):
        down[draw(st.integers(0, columns - 1))] += 1
    return seed, across, down


def has_answer(seed, across, down):
    count, width = seed.shape
    rows = [np.repeat(np.eye(count)[i], width) for i in range(count)]
    columns = [np.tile(np.eye(width)[j], count) for j in range(width)]
    spans = [(0, None if cell else 0) for cell in seed.ravel()]
    found = linprog(np.zeros(seed.size), A_eq=np.array(rows + columns), b_eq=[*across, *down], bounds=spans)
    return found.status == 0


@given(tables())
@settings(max_examples=80, deadline=None)
def test_refused_when_and_only_when_no_table_fits_else_exact(task):
    seed, across, down = task
    if not has_answer(*task):
        with pytest.raises(Refusal, match="twoway_infeasible"):
            fit(seed, across, down)
        return
    exact, whole = fit(seed, across, down), fit(seed, across, down, unit=1)
    assert np.abs(exact.sum(axis=1) - across).max() <= 1e-8 * max(across) + 1e-12
    assert np.abs(exact.sum(axis=0) - down).max() <= 1e-8 * max(down) + 1e-12
    assert whole.sum(axis=1).tolist() == across
    assert whole.sum(axis=0).tolist() == down
    assert (exact[seed == 0] == 0).all()
    assert (np.abs(whole - exact) < 1 + 1e-6).all()


@given(tables(), st.floats(0.001, 1000))
@settings(max_examples=40, deadline=None)
def test_scaled_margins_give_the_scaled_table(task, factor):
    seed, across, down = task
    assume(has_answer(*task))
    found = fit(seed * 3, np.array(across) * factor, np.array(down) * factor)
    np.testing.assert_allclose(found, fit(seed, across, down) * factor, rtol=1e-6, atol=1e-6 * factor)


@given(tables())
@settings(max_examples=40, deadline=None)
def test_fitting_the_fitted_table_changes_nothing(task):
    seed, across, down = task
    assume(has_answer(*task))
    found = fit(seed, across, down)
    np.testing.assert_allclose(fit(found, across, down), found, atol=1e-7)


@given(tables(), st.randoms())
@settings(max_examples=40, deadline=None)
def test_the_order_of_rows_and_columns_does_not_matter(task, chance):
    seed, across, down = task
    assume(has_answer(*task))
    rows, columns = list(range(len(across))), list(range(len(down)))
    chance.shuffle(rows)
    chance.shuffle(columns)
    mixed = fit(seed[np.ix_(rows, columns)], np.array(across)[rows], np.array(down)[columns])
    np.testing.assert_allclose(mixed, fit(seed, across, down)[np.ix_(rows, columns)], atol=1e-6)


@given(tables(), st.data())
@settings(max_examples=40, deadline=None)
def test_held_cells_are_untouched(task, data):
    seed, across, down = task
    assume(has_answer(*task))
    whole = fit(seed, across, down, unit=1)
    held = [[value if data.draw(st.booleans()) else None for value in row] for row in whole.tolist()]
    found = fit(seed, across, down, held, unit=1)
    for row, line in enumerate(held):
        for column, value in enumerate(line):
            assert value is None or found[row, column] == value
    assert found.sum(axis=1).tolist() == across
    assert found.sum(axis=0).tolist() == down
