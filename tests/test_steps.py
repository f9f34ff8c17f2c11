"""The cycle in parts: what a button asks for is the same as in the whole, and no more is computed."""

from collections import Counter
from functools import cache

import pandas as pd
import pytest

from tests.toy_company import company
from xlsales import steps, validate
from xlsales.core.refusal import Refusal
from xlsales.schema import RESULTS, TABLES


@cache
def checked():
    return validate.validate_all(company(), lang="en")


@cache
def whole():
    return steps.run(checked().tables, checked().settings)


def part(*wanted):
    begun = []
    found = steps.run(checked().tables, checked().settings, begun.append, wanted=wanted)
    return found, begun


def test_every_result_of_the_schema_is_given_by_one_step() -> None:
    given = Counter(name for step in steps.STEPS for name in step.results)
    assert not {name: count for name, count in given.items() if count > 1}
    assert set(RESULTS) <= set(given), "no step says that it gives these: no button would ever compute them"


def test_steps_give_what_they_say_and_nothing_else() -> None:
    said = {name for step in steps.STEPS for name in step.results}
    assert set(whole().results) <= said
    assert len(whole().results) > 60


@pytest.mark.parametrize("sheet", sorted({TABLES[key].sheet for key in RESULTS}))
def test_a_part_of_the_cycle_gives_what_the_whole_gives(sheet: str) -> None:
    tables = [key for key in RESULTS if TABLES[key].sheet == sheet]
    found, begun = part(*tables)
    for key in tables:
        assert (key in found.results) == (key in whole().results), key
        if key in found.results:
            pd.testing.assert_frame_equal(found.results[key], whole().results[key])
    assert len(begun) == len(set(begun))
    assert {key for key, _ in found.refused} <= {key for key, _ in whole().refused}


def test_only_what_is_needed_runs() -> None:
    # each asks for the next one's result; beside margin stand other times, from the cube of lines and cash
    assert part("margin_report")[1] == ["margin", "expenses", "lines", "cash", "settlement"]
    assert part("plan")[1] == ["allocation"]
    assert "forecast" not in part("pace")[1]
    assert part("no such result")[1] == []


def test_a_step_sees_only_what_stands_before_it(monkeypatch) -> None:
    order = [step.key for step in steps.STEPS]
    early = order.index("margin")
    seen = []
    plain = steps.Step.run.fget

    def spied(step):
        function = plain(step)
        if step.key != "margin":
            return function

        def run(cycle):
            seen.extend([cycle.found.get("forecast"), cycle.found.get("review"), cycle.found.get("margin_report")])
            return function(cycle)

        return run

    monkeypatch.setattr(steps.Step, "run", property(spied))
    assert part("margin_report")[0].results.keys() >= {"margin_report"}
    assert seen == [None, None, None]
    assert early < order.index("forecast") < order.index("review")


def test_a_refusal_of_an_essential_step_ends_a_part_as_it_ends_the_whole(monkeypatch) -> None:
    def refuse(cycle):
        raise Refusal("no_numbers", what="test")

    plain = steps.Step.run.fget
    monkeypatch.setattr(steps.Step, "run", property(lambda step: refuse if step.key == "expenses" else plain(step)))
    with pytest.raises(Refusal):
        part("margin_report")
    with pytest.raises(Refusal):
        steps.run(checked().tables, checked().settings)
    assert "plan" in part("plan")[0].results
