"""`python -m tests.pictures` says plainly what it lacks; the pictures themselves are looked at by people."""

import shutil
from pathlib import Path

import pytest

from tests import pictures


@pytest.mark.parametrize(
    ("absent", "package"),
    [("soffice", "libreoffice-calc"), ("Xvfb", "xvfb"), ("soffice Xvfb", "libreoffice-calc xvfb")],
)
def test_what_is_missing_is_said_with_its_cure(
    absent: str, package: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None if name in absent.split() else f"/bin/{name}")
    assert pictures.main(["en", "--out", str(tmp_path / "out")]) == pictures.MISSING
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert said.strip().endswith(f"sudo apt install {package}")
    assert not (tmp_path / "out").exists()


def test_a_language_that_is_none_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        pictures.main(["fr"])
    assert "there are en, zh" in capsys.readouterr().err


def test_an_office_that_does_not_work_is_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("the extension cannot be installed")

    monkeypatch.setattr(pictures, "missing", str)
    monkeypatch.setattr(pictures, "take", broken)
    assert pictures.main(["--out", str(tmp_path)]) == pictures.BROKEN
    assert "No pictures: the extension cannot be installed" in capsys.readouterr().err
