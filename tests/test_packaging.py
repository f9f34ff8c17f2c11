"""What an installed xlsales must bring along, and what the repository must never say."""

import re
import subprocess
import tomllib
from fnmatch import fnmatch
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
TOP = {
    *("pyproject.toml", "README.md", "CHANGES.md", "LICENSE"),
    *("xlsales", "workbook_templates", "tests"),
    *(".ci", ".gitignore"),
}


def tracked() -> list[str]:
    """The files that are committed; skips outside a checkout."""
    found = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    if found.returncode:
        pytest.skip("not a git checkout")
    return found.stdout.splitlines()


def test_every_data_file_is_in_the_wheel() -> None:
    patterns = PROJECT["tool"]["setuptools"]["package-data"]["xlsales"]
    data = [name.removeprefix("xlsales/") for name in tracked() if name.startswith("xlsales/")]
    data = [name for name in data if not name.endswith(".py")]
    assert data
    assert [name for name in data if not any(fnmatch(name, pattern) for pattern in patterns)] == []


def test_every_package_is_found_by_the_builder() -> None:
    folders = {Path(name).parent for name in tracked() if name.startswith("xlsales/") and name.endswith(".py")}
    assert [str(folder) for folder in folders if not (ROOT / folder / "__init__.py").exists()] == []


def test_the_top_level_is_fixed() -> None:
    assert {name.partition("/")[0] for name in tracked()} <= TOP


def test_no_path_of_a_machine_is_committed() -> None:
    private = re.compile(r"/(?:home|root|work|Users)/[a-z]+/|/opt/pypi")
    for name in tracked():
        path = ROOT / name
        if path.suffix in {".py", ".md", ".toml", ".csv", ".txt", ".bas", ".cls", ".json", ""} and path.is_file():
            text = path.read_text("utf-8", errors="replace")
            if name != "tests/test_packaging.py":
                assert not private.search(text), f"{name}: {private.search(text)}"


@pytest.mark.parametrize("readme_command", ["demo", "test"])
def test_the_readme_s_commands_are_the_ones_that_are_run(readme_command: str) -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    assert f"python3 xlsales/bootstrap.py {readme_command}" in readme
    if readme_command == "test":
        assert "python3 xlsales/bootstrap.py test" in (ROOT / ".ci" / "run").read_text("utf-8")
