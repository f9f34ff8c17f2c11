import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.examples import example
from xlsales.core.apportion import allocate
from xlsales.core.refusal import Refusal
from xlsales.core.spreading import (
    capacity_weights,
    factor_spread,
    growth,
    on_grid,
    pattern_weights,
    percent_of_profile,
    remainder,
    seasonal_indices,
    straight_line,
)
from xlsales.core.spreading_codes import parse_code, reach, spread


def code(call):
    with pytest.raises(Refusal) as no:
        call()
    return no.value.code


def typed(text, cells, **more):
    return spread(parse_code(text), cells, **more).amounts.tolist()


# Published examples


def test_tm1_proportional_spread_typed_as_a_code():
    inputs, expected = example("TM1 proportional spread")
    assert typed(f"P{inputs['value']}", list(inputs["existing"].values())) == list(expected.values())


def test_tm1_relative_percent_adjustment_is_minus_fifty_percent_here():
    inputs, expected = example("TM1 relative percent adjustment")
    reference = list(inputs["reference"].values())
    assert percent_of_profile(reference, -0.5).tolist() == list(expected.values())
    assert typed("R%-50", [None] * 3, reference=reference) == list(expected.values())


def test_tm1_equal_leaves_typed_as_a_code():
    inputs, expected = example("TM1 equal spread across leaves")
    assert typed(f"LS*{inputs['value']}", [0] * 4) == list(expected.values())


def test_tm1_repeat_on_leaves_that_hold_figures():
    inputs, expected = example("TM1 repeat across leaves, non-zero leaves only")
    assert typed(f"LR{inputs['value']}", list(inputs["existing"].values())) == list(expected.values())


@pytest.mark.parametrize("name", ["Prophix spread by factor", "Prophix spread, varying source"])
def test_prophix_factors(name):
    inputs, expected = example(name)
    assert factor_spread(inputs["source"], inputs["factor"]).tolist() == expected


@pytest.mark.parametrize("pattern", ["bell", "middle", "last (balance)", "first"])
def test_oracle_patterns(pattern):
    inputs, expected = example("Oracle bell and middle patterns")
    given_ = inputs["patterns"][pattern]
    text = given_ if isinstance(given_, str) else "-".join(map(str, given_))
    amounts = {"P": 100, "P/4": 25, "P/2": 50, 0: 0}
    wanted = [amounts[part] for part in expected[pattern.split(" ")[0]]]
    assert allocate(100, pattern_weights(text, 3)).tolist() == wanted


# TM1's documented codes


@pytest.mark.parametrize(
    ("text", "cells", "found"),
    [
        ("S1200", [1, 2, 3], [400, 400, 400]),
        ("S+200", [10, 20], [110, 120]),
        ("R50", [1, None], [50, 50]),
        ("R~50", [60, 70], [10, 20]),
        ("P%+10", [100, 200], [110, 220]),
        ("P%10", [100, 200], [10, 20]),
        ("P%~10", [100, 200], [90, 180]),
        ("SL100:200", [0] * 3, [100, 150, 200]),
        ("GR100:5", [0] * 3, [100, 105, 110.25]),
        ("GR300:25", [None] * 2, [300, 375]),
        ("P+100", [10, 30], [35, 105]),
        ("LR+*200", [0, 5], [200, 205]),
        ("LS1200", [0, 5, 7], [0, 600, 600]),
        ("120", [1, 2], [40, 80]),
        ("P1.2K", [1, 2], [400, 800]),
        ("p1,200", [1, 2], [400, 800]),
        ("Ｐ３００", [10, 30, 60], [30, 90, 180]),
    ],
)
def test_a_code_does_what_its_users_expect(text, cells, found):
    assert typed(text, cells) == pytest.approx(found)


def test_held_cells_keep_their_values_in_every_method():
    held = [True, False, False]
    for text in ("P300", "S300", "R50", "P%+10", "SL100:200", "GR100:5", "LR*9", "LS*9", "C", "P+60", "S~9"):
        assert typed(text, [10, 30, 60], held=held)[0] == 10
    assert typed("P300", [10, 30, 60], held=held) == pytest.approx([10, 290 / 3, 580 / 3])
    assert typed("S+60", [10, 30, 60], held=held) == [10, 60, 90]


def test_clear_makes_cells_blank_not_zero():
    assert np.isnan(typed("C", [1, 2])).all()


def test_holds_are_set_and_released():
    assert spread(parse_code("H"), [1, 2]).held.tolist() == [True, True]
    assert spread(parse_code("RH"), [1, 2], held=[True, True]).held.tolist() == [False, False]
    assert spread(parse_code("HC"), [1, 2]).total_held is True
    released = spread(parse_code("RA"), [1, 2], held=[True, False])
    assert (released.held.tolist(), released.total_held) == ([False, False], False)
    assert spread(parse_code("RC"), [1, 2], held=[True, False]).held.tolist() == [True, False]


def test_proportional_over_empty_cells_is_equal_and_announced():
    found = spread(parse_code("P12"), [0, None, 0])
    assert (found.amounts.tolist(), found.announced_equal) == ([4, 4, 4], True)


def test_directions_reach_from_a_cell():
    assert parse_code("P<>100").directions == "<>"
    assert reach((3, 3), (1, 1), "<>").sum() == 3
    assert reach((3, 3), (1, 1), "|^<>").all()
    assert reach((3, 3), (1, 1), "|").tolist()[2] == [False, True, False]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("", "code_unknown"),
        ("X12", "code_unknown"),
        ("P", "code_numbers"),
        ("SL100", "code_numbers"),
        ("H5", "code_numbers"),
        ("P+~5", "code_modifier"),
        ("C+", "code_modifier"),
        ("Pabc", "code_number"),
        ("P1..2", "code_number"),
        ("SL>|1:2", "code_rectangle"),
    ],
)
def test_a_code_that_is_none_is_refused(text, name):
    assert code(lambda: parse_code(text)) == name


def test_what_a_code_lacks_is_refused():
    assert code(lambda: spread(parse_code("RP9"), [1, 2])) == "code_reference"
    assert code(lambda: spread(parse_code("SL1:2"), [[1, 2], [3, 4]])) == "code_rectangle"


def test_methods_without_a_total_round_to_their_rounded_sum():
    found = typed("SL0:100", [0] * 4, unit=1)
    assert found == [0, 33, 67, 100]
    assert on_grid(np.array([0.4, 0.4, 0.4]), 1).tolist() == [1, 0, 0]


# Methods


def test_straight_line_of_one_cell_is_its_start():
    assert straight_line(5, 9, 1).tolist() == [5]


def test_growth_of_minus_hundred_percent_is_gone():
    assert growth(5, -1, 3).tolist() == [5, 0, 0]


def test_remainder_refuses_a_total_that_entries_miss():
    assert remainder(10, [4, 6]).tolist() == [4, 6]
    assert code(lambda: remainder(11, [4, 6])) == "all_held"


def test_seasons_are_shares_of_each_years_own_mean():
    found = seasonal_indices([[1, 3], [300, 100]])
    assert found.tolist() == [1, 1]


def test_working_days_move_an_index():
    found = seasonal_indices([[10, 10]], [[20, 20]], [10, 20])
    assert found.tolist() == pytest.approx([2 / 3, 4 / 3])


def test_incomplete_or_empty_years_are_refused():
    assert code(lambda: seasonal_indices([[1, None]])) == "history_incomplete"
    assert code(lambda: seasonal_indices([[0, 0]])) == "history_year_zero"


def test_patterns_must_fit():
    assert code(lambda: pattern_weights("4-4-5", 4)) == "pattern_length"
    assert code(lambda: pattern_weights("abc", 3)) == "pattern_unknown"


def test_capacity_weights_show_what_each_driver_adds():
    drivers = pd.DataFrame({"history": [10, 30], "heads": [1, 1]})
    found = capacity_weights(drivers, {"history": 0.8, "heads": 0.2})
    assert found.columns.tolist() == ["history", "heads", "weight"]
    assert found["weight"].tolist() == pytest.approx([0.3, 0.7])
    assert code(lambda: capacity_weights(drivers, {"history": 0.8})) == "driver_shares"


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda: capacity_weights(pd.DataFrame({"a": [1]}), {"b": 1}), "capacity_driver_unknown"),
        (lambda: capacity_weights(pd.DataFrame({"a": [1, None]}), {"a": 1}), "driver_missing"),
        (lambda: capacity_weights(pd.DataFrame({"a": [0, 0]}), {"a": 1}), "driver_sum"),
        (lambda: factor_spread([1, 2], [1, -1]), "factors_sum_zero"),
        (lambda: seasonal_indices([[1, 2]], [[20, 0]], [20, 20]), "days_missing"),
    ],
)
def test_drivers_and_factors_that_give_no_shares_are_refused(call, name):
    assert code(call) == name


@given(st.lists(st.lists(st.floats(1, 1e6), min_size=12, max_size=12), min_size=1, max_size=5), st.floats(0.01, 100))
def test_indices_add_to_the_periods_and_ignore_scale(years, factor):
    found = seasonal_indices(years)
    assert found.sum() == pytest.approx(12)
    np.testing.assert_allclose(seasonal_indices(np.array(years) * factor), found, rtol=1e-9)


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=20))
def test_rounding_to_the_grid_moves_no_cell_by_a_unit_and_keeps_the_sum(amounts):
    found = on_grid(np.array(amounts), 1)
    assert (np.abs(found - amounts) < 1 + 1e-6).all()
    assert abs(found.sum() - sum(amounts)) <= 0.5 + 1e-6
