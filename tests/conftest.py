"""Shared fixtures."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
OFFICES = "calc"  # in the path of every test that starts an office


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests of a file run in one process; those with an office all in one, so that never two offices run at a time."""
    for item in items:
        own = item.path.relative_to(ROOT).as_posix() if item.path.is_relative_to(ROOT) else item.path.name
        offices = own.startswith((f"tests/{OFFICES}/", f"tests/test_{OFFICES}_"))
        item.add_marker(pytest.mark.xdist_group(OFFICES if offices else own))


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real data: XLSALES_REAL_DATA, else ../shared/data beside the repository."""
    folder = Path(os.environ.get("XLSALES_REAL_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        reason = f"no real data at {folder}: set XLSALES_REAL_DATA"
        if os.environ.get("CI_MUST_NOT_SKIP") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    return folder
