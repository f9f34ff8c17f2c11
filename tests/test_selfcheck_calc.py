"""`xlsales selfcheck` in a real Calc: it computes the book anew, and says which of its own checks hold."""

from pathlib import Path

import pytest

from tests.calc.office import need
from tests.packages import changed, packages  # noqa: F401 - a fixture
from xlsales import __main__, terminal_calc
from xlsales.build.calc_edition import calc_edition
from xlsales.problems import InputError
from xlsales.udfs import FUNCTIONS

pytestmark = pytest.mark.slow


def test_every_check_of_a_workbook_holds_when_calc_computes_it(
    packages: dict[str, Path],  # noqa: F811
    capsys: pytest.CaptureFixture[str],
) -> None:
    need("soffice")
    assert __main__.main(["selfcheck", str(packages["en"]), "--in", "calc"]) == 0
    told = capsys.readouterr().out.splitlines()
    assert sorted(told[:-1]) == sorted(f"ok: {name}" for name in FUNCTIONS)
    assert told[-1] == f"{len(FUNCTIONS)} of {len(FUNCTIONS)} checks hold."


def test_a_formula_that_gives_something_else_than_what_stands_there_is_found(
    packages: dict[str, Path],  # noqa: F811
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The values in the file are still right: only a program that computes can see it."""
    need("soffice")
    edition, wrong = tmp_path / "book.xlsx", tmp_path / "wrong.xlsx"
    calc_edition(packages["zh"], edition)
    changed(
        edition, wrong, r"xl/worksheets/sheet\d+\.xml", lambda page: page.replace(b">XLSALES.HHI(", b">2*XLSALES.HHI(")
    )
    assert __main__.main(["selfcheck", str(wrong), "--in", "calc", "--lang", "zh"]) == 1
    told = capsys.readouterr().out.splitlines()
    assert [line for line in told[:-1] if not line.startswith("通过")] == ["未通过：XS_HHI 显示 ?"]


def test_a_file_that_is_not_there_is_said_before_anything_is_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(terminal_calc, "refuse_other_python", lambda: pytest.fail("started"))
    with pytest.raises(InputError) as refused:
        terminal_calc.selfcheck(tmp_path / "no.xlsm")
    assert refused.value.problem.code == "selfcheck_missing"
