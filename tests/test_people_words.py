"""Every code that the people core hands out has words in both languages."""

import ast
from pathlib import Path

import pytest

from xlsales.core import actions, causes, effect, playbook
from xlsales.labels import known, words

CORE = Path(actions.__file__).parent
ROOMS = (
    *("curves", "grades", "ratings", "scorecard", "score_cells", "activities", "contests", "approvals", "closing"),
    *("commission", "incentives", "statements", "causes", "improvement", "actions", "effect", "effect_data"),
)


def refusal_codes(module):
    """Codes that stand in Refusal(code, ...) and refuse_where(flags, code, ...)."""
    found = set()
    for node in ast.walk(ast.parse((CORE / f"{module}.py").read_text("utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            place = {"Refusal": 0, "refuse_where": 1}.get(node.func.id)
            if place is not None and isinstance(node.args[place], ast.Constant):
                found.add(node.args[place].value)
    return found


@pytest.mark.parametrize("module", ROOMS)
def test_every_refusal_has_words(module):
    for code in refusal_codes(module):
        assert known(f"refusal.{code}"), code
        assert words()[f"refusal.{code}"]["en"]
        assert words()[f"refusal.{code}"]["zh"]


def test_every_cause_has_a_word():
    measures = ("sales", "margin", "profit", "collections", "volume")
    named = {cause for measure in measures for cause in causes.drivers_of(measure)} | {causes.OTHER}
    assert not [cause for cause in named | set(playbook.playbook()["cause"]) if not known(f"cause.{cause}")]


def test_every_cause_that_can_be_found_has_an_action():
    measures = ("sales", "margin", "profit", "collections", "volume")
    named = {cause for measure in measures for cause in causes.drivers_of(measure)} | {causes.OTHER}
    answered = set(playbook.playbook()["cause"]) | set(playbook.SAME_CAUSE)
    assert named <= answered


def test_every_next_step_has_a_word():
    assert all(known(f"next_step.{step}") for step in actions.NEXT_STEP.values())
    assert effect.COLUMNS[-2:] == ["verdict", "note"]
