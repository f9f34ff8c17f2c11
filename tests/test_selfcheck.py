"""`xlsales selfcheck` and what it rests on: the checks that a workbook brings along."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from xlsales.hosts import selfcheck
from xlsales.problems import InputError


class App:
    """A spreadsheet program with one workbook whose names show given values."""

    def __init__(self, names: dict[str, Any], full: bool = True) -> None:
        self.done: list[str] = []
        cells = [
            SimpleNamespace(name=name, refers_to_range=SimpleNamespace(value=shown)) for name, shown in names.items()
        ]
        book = SimpleNamespace(name="book.xlsm", names=cells, app=self, close=lambda: self.done.append("closed"))
        self.books = SimpleNamespace(open=lambda _: book)
        self.api = SimpleNamespace(CalculateFull=lambda: self.done.append("all")) if full else SimpleNamespace()

    def calculate(self) -> None:
        self.done.append("changed")

    def quit(self) -> None:
        self.done.append("quit")


@pytest.fixture
def book(tmp_path: Path) -> Path:
    path = tmp_path / "book.xlsm"
    path.write_text("")
    return path


def test_every_check_is_read_after_everything_was_computed(book: Path) -> None:
    app = App({"test_XS_HHI": "OK", "test_two": True, "test_three": "?", "xs_language": "en", "test_four": None})
    found = selfcheck.selfcheck(book, lambda: app)
    assert [(each.name, each.passed) for each in found] == [
        ("XS_HHI", True),
        ("two", True),
        ("three", False),
        ("four", False),
    ]
    assert app.done == ["all", "closed", "quit"]


def test_a_program_without_full_calculation_computes_in_its_own_way(book: Path) -> None:
    app = App({"test_a": 1.0}, full=False)
    assert [each.passed for each in selfcheck.selfcheck(book, lambda: app)] == [False]
    assert app.done[0] == "changed"


def test_the_program_is_closed_even_where_there_is_nothing_to_check(book: Path) -> None:
    app = App({"xs_language": "en"})
    with pytest.raises(InputError) as refused:
        selfcheck.selfcheck(book, lambda: app)
    assert refused.value.problem.code == "selfcheck_none"
    assert app.done[-2:] == ["closed", "quit"]


def test_no_file_and_no_program_are_sentences(tmp_path: Path, book: Path) -> None:
    def none() -> Any:
        raise OSError("no Excel here")

    for path, start, code in ((tmp_path / "no.xlsm", App, "missing"), (book, none, "no_program")):
        with pytest.raises(InputError) as refused:
            selfcheck.selfcheck(path, start)  # type: ignore[arg-type]
        assert refused.value.problem.code == "selfcheck_" + code


@pytest.mark.parametrize("outcomes", [{"test_a": "OK"}, {"test_a": "?", "test_b": "OK"}])
def test_the_command_says_each_outcome_and_counts(
    outcomes: dict[str, str], book: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from xlsales import terminal_excel

    monkeypatch.setattr(selfcheck.selfcheck, "__defaults__", (lambda: App(outcomes),))
    failed = sum(shown != "OK" for shown in outcomes.values())
    assert terminal_excel.selfcheck(book, "en") == int(failed > 0)
    told = capsys.readouterr().out.splitlines()
    assert len(told) == len(outcomes) + 1
    assert told[-1].startswith(str(len(outcomes) - failed))
