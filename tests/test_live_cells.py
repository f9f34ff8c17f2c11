"""Live cells: what stands in them is what their formulas give, computed here from the cells that they name."""

import re
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest

from tests.packages import packages  # noqa: F401 - a fixture
from xlsales import templates, validate
from xlsales.build import workbook
from xlsales.commands.registry import COMMANDS
from xlsales.core.workdays import working_days
from xlsales.labels import LANGUAGES, word
from xlsales.udfs import CALLABLES, FUNCTIONS, in_cell

CALL = re.compile(r"=(XS_[A-Z_]+)\((.*)\)", re.DOTALL)


def given(text: str, page: Any) -> Any:
    """What an argument of a formula holds: cells of the sheet, a text, nothing."""
    if text.startswith('"'):
        return text[1:-1]
    if not text:
        return None
    cells = page[text.replace("$", "")]
    if not isinstance(cells, tuple):
        return cells.value
    return [[cell.value for cell in row] for row in cells]


def shown(value: Any) -> Any:
    """A computed value as a cell keeps it: nothing is an empty text; a day is read back as a day."""
    return "" if value is None else value


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_example_on_the_sheet_comes_out_again_from_its_cells(lang: str, packages: dict[str, Path]) -> None:  # noqa: F811
    formulas = openpyxl.load_workbook(packages[lang])[word("sheet.functions", lang)]
    values = openpyxl.load_workbook(packages[lang], data_only=True)[word("sheet.functions", lang)]
    seen = set()
    for row in formulas.iter_rows():
        for cell in row:
            found = CALL.fullmatch(getattr(cell.value, "text", "") or "")
            if found is None:
                continue
            arguments = [given(text, values) for text in found[2].split(",")]
            result = in_cell(CALLABLES[found[1]], lang)(*arguments)
            rows = result if isinstance(result, list) else [[result]]
            for down, line in enumerate(rows):
                for across, value in enumerate(line):
                    kept = values.cell(cell.row + down, cell.column + across).value
                    wanted = shown(value)
                    if isinstance(wanted, float):
                        assert kept == pytest.approx(wanted), (found[1], down, across)
                    else:
                        assert ("" if kept is None else kept) == wanted, (found[1], down, across)
            seen.add(found[1])
    assert seen == set(FUNCTIONS)


def built(path: Path, lang: str, holidays: list[tuple[str, str]], as_of: date | None) -> Any:
    """The sheet of functions of a book with nothing in it but holidays of its own and a day."""
    frame = pd.DataFrame(holidays, columns=["date", "kind"], dtype="str")
    checked = validate.validate_all({"holidays": frame}, lang=lang)
    settings = {**checked.settings, "as_of": as_of, "language": lang}
    buttons = list(COMMANDS.values())
    workbook.build(path, checked.tables, {}, [], settings, lang=lang, now=templates.MADE, buttons=buttons)
    return openpyxl.load_workbook(path, data_only=True)[word("sheet.functions", lang)]


def below(page: Any, caption: str) -> Any:
    """The first cell of the result under a caption."""
    (row,) = [row for row in range(1, 40) if page.cell(row, 1).value == caption]
    return page.cell(row + 1, 2).value


@pytest.mark.slow
@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_working_days_left_count_the_companys_own_holidays(lang: str, tmp_path: Path) -> None:
    caption, day = word("build.live.workdays", lang), date(2026, 9, 14)
    own = [("2026-09-21", "off"), ("2026-09-26", "workday")]
    page = built(tmp_path / "own.xlsm", lang, own, day)
    frame = pd.DataFrame({"date": pd.to_datetime(["2026-09-21", "2026-09-26"]), "kind": ["off", "workday"]})
    wanted = working_days(date(2026, 9, 15), date(2026, 9, 30), "CN", frame)
    assert below(page, caption) == wanted
    plain = built(tmp_path / "none.xlsm", lang, own[:1], day)
    assert below(plain, caption) == wanted - 1
    assert below(built(tmp_path / "empty.xlsm", lang, [], None), caption) in (None, "")
