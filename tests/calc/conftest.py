"""Fixtures of the tests in a real office."""

import pytest

from tests.calc.office import equipped, extended
from tests.calc.talk import talk

__all__ = ["equipped", "extended", "talk"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The end-to-end tests in a real window belong to the long run until they are quick enough for every one."""
    for item in items:
        if "calc" in item.path.parent.name:
            item.add_marker(pytest.mark.long)
