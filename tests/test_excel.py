"""The module that Excel calls, through xlwings' own UDF code over a stand-in for pywin32."""

import datetime as dt
import importlib
import io
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from tests import win_stubs
from tests.win_stubs import MISSING, FakeRange, range_of
from xlsales.build import vba
from xlsales.udfs import CALLABLES, FUNCTIONS, SIGN, Function
from xlsales.udfs.cells import rows_out

NAMES = sorted(FUNCTIONS)


@pytest.fixture(scope="module")
def windows() -> Iterator[SimpleNamespace]:
    with win_stubs.windows() as found:
        yield found


@pytest.fixture(scope="module")
def entry(windows: SimpleNamespace) -> ModuleType:
    return importlib.import_module("xlsales.hosts.excel")


@pytest.fixture
def call(windows: SimpleNamespace, entry: ModuleType) -> Callable[..., Any]:
    server = windows.com_server.XLPython()

    def through_xlwings(name: str, *arguments: Any) -> Any:
        return server.CallUDF(entry.__name__, name, arguments, None, FakeRange(None, "$F$1"))

    return through_xlwings


def rows(result: Any) -> list[list[Any]]:
    """What CallUDF gives as rows: one value and one row arrive without their brackets."""
    if not isinstance(result, (list, tuple)):
        return [[result]]
    if not result or not isinstance(result[0], (list, tuple)):
        return [list(result)]
    return [list(row) for row in result]


def same(found: Any, expected: Any) -> bool:
    """Equal as a cell shows it: nothing is an empty text, times of COM are times."""
    if expected is None:
        return found in (None, "")
    if isinstance(expected, dt.datetime):
        return found.replace(tzinfo=None) == expected
    if isinstance(expected, float):
        return found == pytest.approx(expected)
    return bool(found == expected)


def agree(found: list[list[Any]], expected: list[list[Any]]) -> bool:
    return [len(row) for row in found] == [len(row) for row in expected] and all(
        same(one, other)
        for line, wanted in zip(found, expected, strict=True)
        for one, other in zip(line, wanted, strict=True)
    )


@pytest.mark.parametrize("name", NAMES)
def test_every_example_comes_out_through_xlwings(name: str, call: Callable[..., Any]) -> None:
    arguments = FUNCTIONS[name].example.arguments
    found = call(name, *(MISSING if each is None else range_of(each) for each in arguments))
    expected = CALLABLES[name](*arguments)
    assert agree(rows(found), rows_out(expected) if isinstance(expected, list) else [[expected]])


@pytest.mark.parametrize("name", NAMES)
def test_an_array_literal_counts_as_a_range(name: str, call: Callable[..., Any]) -> None:
    arguments = FUNCTIONS[name].example.arguments
    ranges = [MISSING if each is None else range_of(each) for each in arguments]
    literals = [each if each == MISSING else each.Value for each in ranges]
    assert rows(call(name, *literals)) == rows(call(name, *ranges))


SHAPES = {
    "scalar": 5.0,
    "single cell": range_of(5),
    "text": range_of("abc"),
    "row": range_of([1, 2, 3]),
    "column": range_of([[1], [2], [3]]),
    "block": range_of([[1, 2], [3, 4]]),
    "empty cell": range_of(None),
    "empty block": range_of([[None, None], [None, None]]),
    "error cells": range_of([["#N/A", "#DIV/0!"], [1, 2]]),
    "day": range_of(dt.date(2026, 1, 31)),
    "truth": range_of(True),
    "omitted": MISSING,
}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", NAMES)
def test_any_shape_gives_a_result_or_a_sentence(name: str, shape: str, call: Callable[..., Any]) -> None:
    count = len(FUNCTIONS[name].arguments)
    plain = (str, float, int, bool, dt.datetime, type(None))
    for given in ([SHAPES[shape]] * count, [SHAPES[shape], *[MISSING] * (count - 1)]):
        found = rows(call(name, *given))
        assert all(isinstance(cell, plain) for row in found for cell in row)
        assert len({len(row) for row in found}) == 1
        told = [cell for row in found for cell in row if isinstance(cell, str) and cell.startswith(SIGN)]
        assert not any("Traceback" in text or "Error" in text or "\n" in text for text in told)


def test_an_error_cell_is_refused_and_not_taken_for_an_empty_one(call: Callable[..., Any]) -> None:
    weights = range_of([[1], ["#N/A"], [3]])
    assert "#N/A" in call("XS_ALLOCATE", 100.0, weights, *[MISSING] * 5)
    assert rows(call("XS_ALLOCATE", 100.0, range_of([[1], [1], [2]]), *[MISSING] * 5)) == [[25], [25], [50]]


def test_money_cells_arrive_as_decimals_and_count(call: Callable[..., Any]) -> None:
    from decimal import Decimal

    weights = FakeRange(((Decimal("1.5"),), (Decimal("0.5"),)))
    assert rows(call("XS_ALLOCATE", Decimal(100), weights, *[MISSING] * 5)) == [[75], [25]]


def test_the_wrappers_are_those_that_xlwings_writes(windows: SimpleNamespace, entry: ModuleType) -> None:
    for workbook, book in (("ThisWorkbook", "xlsales.xlsm"), ("ActiveWorkbook", "xlsales.xlam")):
        text = io.StringIO()
        windows.udfs.generate_vba_wrapper(vba.ENTRY, entry, text, SimpleNamespace(Name=book))
        ours = re.sub(r"^Attribute .*\n", "", vba.wrappers(FUNCTIONS.values(), workbook), flags=re.MULTILINE)
        assert ours.split() == text.getvalue().split()
        assert ours.strip() == text.getvalue().strip()


def another_order(function: Function) -> Function:
    first, second, *others = function.arguments
    return replace(function, arguments=(second, first, *others))


def another_name(function: Function) -> Function:
    first, *others = function.arguments
    return replace(function, arguments=(replace(first, name="other"), *others))


def one_more(function: Function) -> Function:
    return replace(function, arguments=(*function.arguments, replace(function.arguments[-1], name="more")))


@pytest.mark.parametrize("fault", [another_order, another_name, one_more])
def test_a_wrapper_of_ours_that_differs_from_xlwings_is_found(
    fault: Callable[[Function], Function], windows: SimpleNamespace, entry: ModuleType
) -> None:
    text = io.StringIO()
    windows.udfs.generate_vba_wrapper(vba.ENTRY, entry, text, SimpleNamespace(Name="xlsales.xlsm"))
    wrong = [fault(each) if each.name == "XS_PACE" else each for each in FUNCTIONS.values()]
    ours = re.sub(r"^Attribute .*\n", "", vba.wrappers(wrong, "ThisWorkbook"), flags=re.MULTILINE)
    assert ours.split() != text.getvalue().split()


@pytest.mark.parametrize("name", NAMES)
def test_xlwings_knows_each_function_as_registered(name: str, entry: ModuleType) -> None:
    info = getattr(entry, name).__xlfunc__
    function = FUNCTIONS[name]
    assert [each["name"] for each in info["args"]] == [each.name for each in function.arguments]
    assert ["optional" in each for each in info["args"]] == [each.optional for each in function.arguments]
    assert all(each["options"] == {"ndim": 2, "err_to_str": True} for each in info["args"])
    assert info["ret"]["options"] == {}
    assert info["category"] == function.category_label("en")


def test_a_failure_of_our_own_is_one_sentence(
    call: Callable[..., Any], entry: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    from xlsales.udfs import calling

    def broken(*_: object) -> None:
        raise RuntimeError("inside")

    monkeypatch.setattr(calling, "run", broken)
    told = call("XS_HHI", range_of([1, 2]))
    assert told.startswith(SIGN)
    assert "inside" not in told


def test_a_button_runs_its_command_on_the_calling_book(entry: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    import xlwings

    from xlsales.hosts import book

    ran = []
    monkeypatch.setattr(book, "run", lambda command, caller: ran.append((command, caller)))
    monkeypatch.setattr(xlwings.Book, "caller", classmethod(lambda _: "the book"))
    entry.buttons.refresh_margin()
    assert ran == [("refresh_margin", "the book")]


def test_messages_speak_the_language_chosen_at_installation(
    windows: SimpleNamespace, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from xlsales.hosts import excel
    from xlsales.hosts.configuration import configuration_file

    monkeypatch.setattr("pathlib.Path.home", lambda: tmp_path)
    assert excel.users_language() == "en"
    place = configuration_file("Linux", tmp_path)
    place.parent.mkdir()
    place.write_text('"LANGUAGE","zh"\n')
    assert excel.users_language() == "zh"
