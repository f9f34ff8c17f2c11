"""`xlsales calc install` and `doctor` with a real LibreOffice; what a Calc says whose environment has gone."""

import json
import zipfile
from pathlib import Path

import pytest
import xlwings as xw

from tests.calc.office import need, running
from xlsales import terminal_calc
from xlsales.__main__ import main
from xlsales.hosts import calc_office
from xlsales.labels import word
from xlsales.problems import InputError, Problem

pytestmark = pytest.mark.slow
LANGUAGES = ("en", "zh")
PARTS = ("office", "python", "bridge", "extension")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home, so that nothing of the user's own is read or written."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "share"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return tmp_path


def doctor(home: Path, lang: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, dict[str, str]]:
    """What the doctor answers, and what it says of each part."""
    capsys.readouterr()
    code = main(["calc", "doctor", "--profile", str(home / "profile"), "--lang", lang])
    lines = capsys.readouterr().out.splitlines()
    return code, {key: line for key in PARTS for line in lines if line.startswith(word(f"calc.doctor.{key}", lang))}


def test_installed_is_what_the_doctor_says_once_it_is(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    need("soffice")
    code, said = doctor(home, "en", capsys)
    assert code == 1
    assert [part for part, line in said.items() if not line.endswith(word("calc.doctor.good", "en"))] == ["extension"]
    assert "xlsales calc install" in said["extension"]
    assert main(["calc", "install", "--profile", str(home / "profile"), "--lang", "en"]) == 0
    for lang in LANGUAGES:
        code, said = doctor(home, lang, capsys)
        assert code == 0
        assert tuple(said) == PARTS
        assert all(line.endswith(word("calc.doctor.good", lang)) for line in said.values())


@pytest.mark.parametrize("lang", LANGUAGES)
def test_without_libreoffice_nothing_else_is_looked_for(
    home: Path, lang: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def absent(name: str) -> Path:
        raise InputError(Problem("calc_missing", facts={"program": name}))

    monkeypatch.setattr(calc_office, "program", absent)
    code, said = doctor(home, lang, capsys)
    assert (code, list(said)) == (1, ["office"])
    assert main(["calc", "install", "--lang", lang]) == 2
    assert "libreoffice-calc" in capsys.readouterr().err


@pytest.mark.parametrize("lang", LANGUAGES)
def test_another_python_is_named_and_nothing_is_installed(
    home: Path, lang: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    need("soffice")
    monkeypatch.setattr(calc_office, "office_python", lambda: "3.99")
    code, said = doctor(home, lang, capsys)
    assert code == 1
    assert "3.99" in said["python"]
    assert main(["calc", "install", "--profile", str(home / "profile"), "--lang", lang]) == 2
    assert "3.99" in capsys.readouterr().err
    assert not (home / "profile").exists()


def in_cell(app: xw.App) -> str:
    """What a cell shows that asks for the share of the largest."""
    book = app.books.add()
    book.sheets[0]["A1"].formula = "=XLSALES.HHI({1;1})"
    app.calculate()
    shown = str(book.sheets[0]["A1"].value)
    book.close()
    return shown


@pytest.mark.parametrize(
    ("environment", "key", "fact"),
    [
        ({"folders": ["/nowhere/xlsales"]}, "calc.gone", "/nowhere/xlsales"),
        ({"version": "3.1"}, "calc.version", "3.1"),
    ],
)
def test_a_cell_says_what_to_do_where_the_environment_is_no_use(
    tmp_path: Path, environment: dict[str, object], key: str, fact: str
) -> None:
    need("soffice")
    made, spoilt, profile = terminal_calc.make_extension(tmp_path), tmp_path / "spoilt" / "xlsales.oxt", tmp_path / "p"
    spoilt.parent.mkdir()
    with zipfile.ZipFile(made) as old, zipfile.ZipFile(spoilt, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            if name.endswith("environment.json"):
                data = json.dumps(json.loads(data) | environment).encode()
            new.writestr(name, data)
    calc_office.add_extension(spoilt, profile)
    with running(profile) as office:
        assert office.app is not None
        shown = in_cell(office.app)
    begins = word(key, "en").split("{")[0]
    assert begins in shown
    assert fact in shown
