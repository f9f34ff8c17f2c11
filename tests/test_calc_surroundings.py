"""What an office is started with, so that the Python inside it is its own."""

import os

import pytest

from xlsales.hosts.calc_office import surroundings


@pytest.mark.skipif(os.name != "posix", reason="elsewhere LibreOffice brings its own Python and finds it")
def test_a_virtual_environment_does_not_mislead_the_python_of_the_office(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/venvs/mine/bin:/usr/local/bin:/usr/bin")
    monkeypatch.setenv("VIRTUAL_ENV", "/venvs/mine")
    monkeypatch.setenv("PYTHONHOME", "/opt/python")
    monkeypatch.setenv("PYTHONPATH", "/opt/modules")
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")
    found = surroundings()
    assert found["PATH"].split(os.pathsep)[:3] == ["/usr/bin", "/bin", "/venvs/mine/bin"]
    assert not {"VIRTUAL_ENV", "PYTHONHOME", "PYTHONPATH"} & set(found)
    assert found["LANG"] == "zh_CN.UTF-8"
