"""The in-cell functions as a whole: the registry against the contract, and every argument in every shape."""

import datetime as dt
import math
import re
import subprocess
import sys
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import xlsales
from tests.test_words import FUNCTIONS as CONTRACT
from xlsales.labels import LANGUAGES, words
from xlsales.problems import InputError
from xlsales.udfs import CALLABLES, FUNCTIONS, SIGN, Function, in_cell, registry
from xlsales.udfs.cells import as_range
from xlsales.udfs.registry import VBA_WORDS, Argument

# The names of the contract, in its order.
NAMES = """XS_ALLOCATE XS_FIT XS_BREAKBACK XS_SEASONALITY XS_FIVE XS_BRIDGE XS_PACE XS_FORECAST XS_FORECAST_ERROR
XS_PIPELINE XS_SETTLE XS_AGEING XS_DSO XS_CEI XS_CREDIT XS_SCORE XS_SCORECARD XS_COMMISSION XS_SMART XS_GAPS XS_IMPROVE
XS_EFFECT XS_RFM XS_ABC XS_HHI XS_NEXT XS_WORKDAYS""".split()  # noqa: SIM905 - a list of quotes reads worse
EVERY = list(FUNCTIONS.values())
PLAIN = (int, float, str, bool, dt.datetime, type(None))


def plain(result: Any) -> bool:
    """Whether a result holds nothing but what every host takes."""
    if isinstance(result, list):
        return bool(result) and all(isinstance(row, list) for row in result) and all(plain_row(row) for row in result)
    return type(result) in PLAIN


def plain_row(row: list[Any]) -> bool:
    return all(type(cell) in PLAIN and not (isinstance(cell, float) and math.isnan(cell)) for cell in row)


def call(function: Function, arguments: list[Any]) -> Any:
    return CALLABLES[function.name](*arguments)


def full(function: Function) -> list[Any]:
    """The example's arguments, filled up with what is left out."""
    given_ = list(function.example.arguments)
    return given_ + [None] * (len(function.arguments) - len(given_))


def places(*kinds: str) -> list[Any]:
    """Every argument of these kinds that its function's example gives, with its place."""
    return [
        pytest.param(function, at, id=f"{function.name}.{argument.name}")
        for function in EVERY
        for at, argument in enumerate(function.arguments)
        if argument.kind in kinds and full(function)[at] is not None
    ]


def chosen(fits: Callable[[Function, int], bool], *kinds: str) -> list[Any]:
    """The places that fit."""
    return [param for param in places(*kinds) if fits(*param.values)]  # noqa: PD011 - a parameter set, no frame


def is_line(function: Function, at: int) -> bool:
    """Whether the example gives one row or one column there: only that has several shapes."""
    return min(as_range(full(function)[at]).size) == 1


def has_numbers(function: Function, at: int) -> bool:
    """Whether the example gives a table with numbers there."""
    argument = function.arguments[at]
    assert argument.table is not None
    heads = full(function)[at][0]
    return not argument.raw and any(argument.table.column(key).kind not in {"text", "code"} for key in heads)


def same(found: Any, wanted: Any) -> bool:
    """Equal, numbers to the last bits."""
    if isinstance(wanted, (list, tuple)):
        return len(found) == len(wanted) and all(map(same, found, wanted))
    if isinstance(wanted, float) and found is not None and not isinstance(found, str):
        return bool(found == pytest.approx(wanted, rel=1e-9))
    return bool(found == wanted)


# The registry


def test_every_function_of_the_contract_is_there_and_no_other() -> None:
    assert sorted(FUNCTIONS) == sorted(NAMES)
    assert sorted(CALLABLES) == sorted(NAMES)
    for name in NAMES:
        assert getattr(xlsales.udfs, name) is CALLABLES[name]


@pytest.mark.parametrize("function", EVERY, ids=lambda function: function.name)
def test_arguments_stand_in_the_order_of_the_contract(function: Function) -> None:
    names = [argument.name for argument in function.arguments]
    assert names == CONTRACT[function.name].split()
    assert list(function.signature.parameters) == names


@pytest.mark.parametrize("function", EVERY, ids=lambda function: function.name)
def test_words_of_a_function_are_those_of_its_arguments(function: Function) -> None:
    stem = "function." + function.name
    said = {key.removeprefix(stem + ".") for key in words() if key.startswith(stem + ".")}
    assert said == {argument.name for argument in function.arguments}
    for lang in LANGUAGES:
        assert function.label(lang)
        assert function.help(lang)
        assert function.category_label(lang)
        assert all(function.argument_help(argument.name, lang) for argument in function.arguments)


@pytest.mark.parametrize("function", EVERY, ids=lambda function: function.name)
def test_the_example_gives_what_it_says(function: Function) -> None:
    assert same(call(function, list(function.example.arguments)), function.example.result)


@pytest.mark.parametrize("function", EVERY, ids=lambda function: function.name)
def test_optional_arguments_come_last(function: Function) -> None:
    optional = [argument.optional for argument in function.arguments]
    assert optional == sorted(optional)


@pytest.mark.parametrize("name", ["end", "To", "DATE", "type", "next", "Select"])
def test_words_of_vba_are_refused_as_argument_names(name: str) -> None:
    with pytest.raises(ValueError, match="VBA"):
        Argument(name, registry.NUMBER)
    assert name.lower() in VBA_WORDS


def test_input_error_is_exported_and_a_value_error() -> None:
    assert xlsales.InputError is InputError
    assert issubclass(xlsales.InputError, ValueError)
    with pytest.raises(AttributeError):
        _ = xlsales.no_such_name


def test_importing_the_package_loads_no_frames() -> None:
    code = "import sys, xlsales; assert 'pandas' not in sys.modules and 'xlsales.problems' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


# Arguments in every shape


@pytest.mark.parametrize(("function", "at"), places(*registry.SCALARS))
def test_one_cell_may_come_as_a_value_or_as_a_range(function: Function, at: int) -> None:
    wanted = call(function, full(function))
    for shape in (lambda cell: [[cell]], lambda cell: [cell], lambda cell: ((cell,),), lambda cell: np.array([[cell]])):
        arguments = full(function)
        arguments[at] = shape(arguments[at])
        assert same(call(function, arguments), wanted)


@pytest.mark.parametrize(("function", "at"), places(*(kind for kind in registry.SCALARS if kind != registry.LANG)))
def test_more_than_one_cell_is_refused_where_one_is_meant(function: Function, at: int) -> None:
    arguments = full(function)
    arguments[at] = [[arguments[at], arguments[at]]]
    with pytest.raises(InputError, match=rf"{function.arguments[at].name} takes one cell, but 1 × 2"):
        call(function, arguments)


@pytest.mark.parametrize(("function", "at"), chosen(is_line, registry.NUMBERS))
def test_a_row_a_column_and_a_flat_list_mean_the_same(function: Function, at: int) -> None:
    cells = as_range(full(function)[at])
    flat = [cell for row in cells.rows for cell in row]
    found = []
    for shape in (flat, tuple(flat), [flat], [[cell] for cell in flat], np.array(flat, dtype=object), pd.Series(flat)):
        arguments = full(function)
        arguments[at] = shape
        result = call(function, arguments)
        assert plain(result)
        found.append(result)
    ravelled = [np.array(result, dtype=object).ravel().tolist() for result in found]
    assert all(same(result, ravelled[0]) for result in ravelled)


@pytest.mark.parametrize("name", ["XS_ALLOCATE", "XS_BREAKBACK", "XS_ABC"])
def test_a_result_has_the_shape_of_its_range(name: str) -> None:
    for rows, columns in ((1, 3), (3, 1)):
        cells = np.arange(1.0, 4.0).reshape(rows, columns).tolist()
        arguments = {"XS_ALLOCATE": [60, cells], "XS_BREAKBACK": [cells, 1, 2], "XS_ABC": [cells]}[name]
        found = CALLABLES[name](*arguments)
        assert [len(found), len(found[0])] == [rows, columns]
    assert CALLABLES["XS_ABC"]([[1, 2], [3, 4]]) == [["C", "B"], ["A", "A"]]
    assert CALLABLES["XS_ABC"](7) == "A"
    assert CALLABLES["XS_ABC"]([[7]]) == [["A"]]
    assert CALLABLES["XS_ALLOCATE"](5, 1) == 5.0


@pytest.mark.parametrize("function", EVERY, ids=lambda function: function.name)
def test_results_are_plain(function: Function) -> None:
    for lang in ("en", "zh", "key"):
        arguments = full(function)
        if function.arguments[-1].kind == registry.LANG:
            arguments[-1] = lang
        assert plain(call(function, arguments))


@pytest.mark.parametrize("function", EVERY, ids=lambda function: function.name)
def test_arguments_are_not_changed(function: Function) -> None:
    arguments = full(function)
    before = repr(arguments)
    call(function, arguments)
    assert repr(arguments) == before


@pytest.mark.parametrize("function", EVERY, ids=lambda function: function.name)
@pytest.mark.parametrize("blank", [None, "", [], [[None]]], ids=repr)
def test_a_required_argument_left_out_is_said_and_never_a_traceback(function: Function, blank: Any) -> None:
    for at, argument in enumerate(function.arguments):
        if argument.optional or (argument.kind in {registry.NUMBERS, registry.PAIRS} and blank == [[None]]):
            continue  # one blank cell is a range without a number, not an argument left out
        arguments = full(function)
        arguments[at] = blank
        with pytest.raises(InputError, match=argument.name):
            call(function, arguments)


@pytest.mark.parametrize("function", EVERY, ids=lambda function: function.name)
def test_an_optional_argument_may_be_none_blank_or_missing(function: Function) -> None:
    wanted = call(function, full(function))
    for at, argument in enumerate(function.arguments):
        if argument.optional and full(function)[at] is None:
            for blank in (None, "", [[None]], [[None], [""]], [], float("nan")):
                arguments = full(function)
                arguments[at] = blank
                assert same(call(function, arguments), wanted), (argument.name, blank)


@pytest.mark.parametrize(
    ("function", "at"), places(registry.NUMBERS, registry.PAIRS, *(registry.SCALARS - {registry.LANG}))
)
@pytest.mark.parametrize("error", ["#N/A", "#REF!", "#XS! weights is left out."])
def test_an_error_cell_is_named(function: Function, at: int, error: str) -> None:
    arguments = full(function)
    cells = [list(row) for row in as_range(arguments[at]).rows]
    cells[-1][-1] = error
    arguments[at] = cells
    name = function.arguments[at].name
    with pytest.raises(InputError, match=rf"^{name}\b.*error {error}"):
        call(function, arguments)


@pytest.mark.parametrize(("function", "at"), chosen(has_numbers, registry.TABLE))
def test_an_error_cell_in_a_table_is_refused_in_both_languages(function: Function, at: int) -> None:
    table = function.arguments[at].table
    assert table is not None
    for lang, sign in (("en", "row 2"), ("zh", "第 2 行")):
        arguments = full(function)
        rows = [list(row) for row in arguments[at]]
        numeric = [place for place, key in enumerate(rows[0]) if table.column(key).kind not in {"text", "code"}]
        rows[1][numeric[-1]] = "#DIV/0!"
        arguments[at] = rows
        if function.arguments[-1].kind == registry.LANG:
            arguments[-1] = lang
        with pytest.raises(InputError, match=sign):
            call(function, arguments)


CELLS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-1000, 10**7),
    st.floats(),
    st.text(max_size=6),
    st.sampled_from(["#N/A", "won", "2026-01-05", "5/1/2026", "12%", "1,5", "key"]),
    st.dates(dt.date(1990, 1, 1), dt.date(2050, 1, 1)),
    st.just(pd.Timestamp("2026-03-31 17:30")),
    st.just(Decimal("1.25")),
    st.just(pd.NaT),
    st.just(np.float64(2)),
    st.just(np.bool_(True)),
)
RANGES = st.one_of(
    CELLS,
    st.lists(CELLS, max_size=4),
    st.integers(1, 3).flatmap(lambda width: st.lists(st.lists(CELLS, min_size=width, max_size=width), max_size=4)),
    st.lists(st.lists(CELLS, max_size=3), max_size=3),
)


def one_cell_changed(data: st.DataObject, value: Any) -> Any:
    """The argument with one of its cells changed: a table stays a table."""
    rows = [list(row) for row in as_range(value).rows]
    row = data.draw(st.integers(0, len(rows) - 1))
    rows[row][data.draw(st.integers(0, len(rows[row]) - 1))] = data.draw(CELLS)
    return rows


@pytest.mark.parametrize("function", EVERY, ids=lambda function: function.name)
@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_whatever_comes_in_a_cell_shows_a_result_or_a_sentence(function: Function, data: st.DataObject) -> None:
    arguments = full(function)
    at = data.draw(st.integers(0, len(arguments) - 1))
    whole = data.draw(st.booleans()) or arguments[at] is None
    arguments[at] = data.draw(RANGES) if whole else one_cell_changed(data, arguments[at])
    try:
        direct = call(function, arguments)
    except InputError as error:
        direct = error
    shown = in_cell(CALLABLES[function.name])(*arguments)
    if isinstance(direct, InputError):
        assert isinstance(shown, str)
        assert shown.startswith(SIGN)
        assert len(shown) <= 250
        assert not re.search(r"\{[a-z_]+\}", str(direct))
    else:
        assert plain(direct)
        assert plain(shown)
