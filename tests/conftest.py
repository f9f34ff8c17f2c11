"""Shared fixtures."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


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
