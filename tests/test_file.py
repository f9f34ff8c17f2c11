"""A file is written whole or not at all."""

import tempfile
from pathlib import Path

import pytest

from xlsales.hosts.file import check_target, write_whole
from xlsales.problems import InputError, sentence

LANGUAGES = ("en", "zh")


def code_of(error: pytest.ExceptionInfo[InputError]) -> str:
    assert all(sentence(error.value.problem, lang) for lang in LANGUAGES)
    return error.value.problem.code


def test_a_new_file_is_written(tmp_path: Path) -> None:
    write_whole(tmp_path / "a.xlsx", lambda path: path.write_bytes(b"new") and None, force=False)
    assert (tmp_path / "a.xlsx").read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [tmp_path / "a.xlsx"]


def test_a_failure_in_the_middle_leaves_the_old_file(tmp_path: Path) -> None:
    target = tmp_path / "a.xlsx"
    target.write_bytes(b"old")

    def half(path: Path) -> None:
        path.write_bytes(b"ha")
        raise OSError(28, "No space left on device")

    with pytest.raises(InputError) as error:
        write_whole(target, half, force=True)
    assert code_of(error) == "target_failed"
    assert "No space left on device" in str(error.value)
    assert target.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize("owner", ["~$a.xlsx", ".~lock.a.xlsx#"])
def test_a_file_open_elsewhere_is_refused(tmp_path: Path, owner: str) -> None:
    target = tmp_path / "a.xlsx"
    target.write_bytes(b"old")
    (tmp_path / owner).touch()
    with pytest.raises(InputError) as error:
        check_target(target, force=True)
    assert code_of(error) == "target_locked"


def test_an_existing_file_needs_force(tmp_path: Path) -> None:
    (tmp_path / "a.xlsx").touch()
    with pytest.raises(InputError) as error:
        check_target(tmp_path / "a.xlsx", force=False)
    assert code_of(error) == "target_exists"


def test_a_folder_and_a_missing_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError) as error:
        check_target(tmp_path, force=True)
    assert code_of(error) == "target_is_folder"
    with pytest.raises(InputError) as error:
        check_target(tmp_path / "no" / "a.xlsx", force=True)
    assert code_of(error) == "target_folder_missing"


def test_a_read_only_folder_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Permissions do not bind every user (root), so the system's answer is given here.
    def refuse(**_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(tempfile, "mkstemp", refuse)
    with pytest.raises(InputError) as error:
        write_whole(tmp_path / "a.xlsx", lambda _: None, force=False)
    assert code_of(error) == "target_folder_readonly"


def test_windows_refusing_to_replace_an_open_file_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "a.xlsx"
    target.write_bytes(b"old")

    def refuse(*_: object) -> None:
        raise PermissionError(13, "being used by another process")

    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(InputError) as error:
        write_whole(target, lambda path: path.write_bytes(b"new") and None, force=True)
    assert code_of(error) == "target_locked"
    assert target.read_bytes() == b"old"
