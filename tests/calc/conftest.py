"""Fixtures of the tests in a real office, a picture where one fails, and one more try where the office itself died."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from _pytest.runner import runtestprotocol

from tests.calc.desk import DESK, desk, equipped, extended, window
from tests.calc.flows import book, lang, path
from tests.calc.talk import talk

__all__ = ["book", "desk", "equipped", "extended", "lang", "path", "talk", "window"]
HERE = Path(__file__).parent


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """In every run but the quick one."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.slow)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[Any]) -> Iterator[None]:
    """Photograph the screen where a test fails."""
    report = yield
    found = item.config.stash.get(DESK, None)
    if report.failed and found is not None and call.when == "call":
        report.sections.append(("screen when it failed", str(found.picture())))
    return report


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
    """Try a test once more, and say so, where the office died under it; what fails twice fails."""
    if HERE not in item.path.parents:
        return None
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    reports = runtestprotocol(item, nextitem=nextitem, log=False)
    found = item.config.stash.get(DESK, None)
    if any(report.failed for report in reports) and found is not None and found.died:
        told = f"{item.nodeid} is tried again, {found.died}\n{reports[-2].longreprtext[-2000:]}"
        item._initrequest()
        reports = runtestprotocol(item, nextitem=nextitem, log=False)
        for report in reports[:1]:
            report.sections.append(("tried twice", told))
        reporter = item.config.pluginmanager.get_plugin("terminalreporter")
        if reporter is not None:
            reporter.write_line(told)
    for report in reports:
        item.ihook.pytest_runtest_logreport(report=report)
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True
