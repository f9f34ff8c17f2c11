"""Every broken input gives its code, and the sentences that were reviewed, in both languages."""

import csv
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.errors.cases import CASES
from tests.errors.making import Case, Problem, text_of, told
from xlsales.problems import sentence

GOLDEN = Path(__file__).parent / "golden"
WORDS = Path(__file__).parents[2] / "xlsales" / "words" / "problems.csv"
Answer = tuple[list[Problem], str]
by_name = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)


@pytest.fixture(scope="module")
def answer(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Case], Answer]:
    """The problems of a case and their text, made once."""
    known: dict[str, Answer] = {}

    def ask(case: Case) -> Answer:
        if case.name not in known:
            folder = tmp_path_factory.mktemp("case").resolve()
            problems = told(case, folder)
            known[case.name] = problems, text_of(problems, folder)
        return known[case.name]

    return ask


@by_name
def test_a_broken_input_is_told_as_reviewed(case: Case, answer: Callable[[Case], Answer]) -> None:
    problems, text = answer(case)
    assert case.code in {problem.code for problem in problems}
    assert text == (GOLDEN / f"{case.name}.txt").read_text("utf-8")


@by_name
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_sentence_is_whole_in_its_language(case: Case, lang: str, answer: Callable[[Case], Answer]) -> None:
    for problem in answer(case)[0]:
        text = sentence(problem, lang)
        assert any("\u4e00" <= letter <= "\u9fff" for letter in text) == (lang == "zh")
        assert "{" not in text
        assert "None" not in text
        assert "nan" not in text.split()
        assert text[-1] in ".。)）?"


def test_every_problem_that_has_words_has_a_broken_input(answer: Callable[[Case], Answer]) -> None:
    with WORDS.open(encoding="utf-8") as stream:
        worded = {row["key"].removeprefix("problem.") for row in csv.DictReader(stream) if row["key"][:8] == "problem."}
    assert worded == {problem.code for case in CASES for problem in answer(case)[0]}


def test_names_of_cases_are_unique_and_no_text_is_left_over() -> None:
    names = [case.name for case in CASES]
    assert len(set(names)) == len(names) >= 40
    assert {path.stem for path in GOLDEN.glob("*.txt")} == set(names)
