"""The demonstration company, made small, as a workbook on disk with its source folder, for the end-to-end tests."""

import atexit
import shutil
from datetime import datetime
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

from tests.toy_company import company, write_folder
from xlsales import terminal
from xlsales.build.calc_edition import calc_edition

NOW = datetime(2026, 10, 8, 9, 30)  # noqa: DTZ001 - a fixed moment


@cache
def _made(lang: str) -> Path:
    """The folder with the sources and the workbook, made once for all tests of a run."""
    folder = Path(mkdtemp(prefix="xlsales-calc-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    write_folder(folder / "data", company(lang))
    request = terminal.Request(folder / "data", None, lang, NOW)
    assert terminal.run(request, folder / "sales.xlsm", strict=False, force=True) == 0
    calc_edition(folder / "sales.xlsm", folder / "sales.calc.xlsx")
    return folder


def small_company(lang: str, folder: Path) -> Path:
    """A copy of it to work on; the path of Calc's edition."""
    shutil.copytree(_made(lang), folder / lang)
    return folder / lang / "sales.calc.xlsx"
