"""Shared fixtures."""

import os
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent
OFFICES = "calc"  # in the path of every test that starts an office


def together(test: str) -> str:
    """What a test shares a process with: its file; those with an office all one, so that never two run at a time.

    >>> together("tests/test_tax.py::a"), together("tests/calc/test_b.py::c"), together("tests/test_calc_d.py::e")
    ('tests/test_tax.py', 'calc', 'calc')
    """
    path = test.partition("::")[0]
    return OFFICES if path.startswith((f"tests/{OFFICES}/", f"tests/test_{OFFICES}_")) else path


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Spread the tests over processes; pytest-xdist's own groups are lost with pytest 9.2, whose ids take no suffix."""
    from xdist.scheduler import LoadScopeScheduling

    class Together(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return together(nodeid)

    return Together(config, log)


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
