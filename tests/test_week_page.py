"""One week: a printed page for a salesperson and a week, by native formulas whose values Python finds as well."""

import io
import shutil
import subprocess

import openpyxl
import pandas as pd
import pytest

from tests.books import NOW, settings
from xlsales.build import workbook
from xlsales.build.sheets.week_page import PLAN_TOP, TASKS, TASKS_TOP
from xlsales.labels import word

WEEK = pd.Timestamp("2026-09-28")


def frames(tasks=3):
    plan = pd.DataFrame(
        {"salesperson": ["S1", "S1", "S2", "S1"], "name": ["Ann", "Ann", "Bo", "Ann"],
         "week": ["2026-W40"] * 3 + ["2026-W41"], "from": [WEEK] * 3 + [WEEK + pd.Timedelta(days=7)],
         "activity": ["visit", "call", "visit", "visit"], "planned": [4.0, 10.0, 3.0, 5.0],
         "done": [2.0, 7.0, 3.0, None],
         "tasks_due": [1.0, 2.0, 0.0, 1.0], "tasks_open": [1.0, 1.0, 0.0, 1.0]}
    )  # fmt: skip
    rows = [("S1", "Ann", "2026-W40", WEEK, f"T{number}", "visit", "Boda", "planned", None) for number in range(tasks)]
    rows.append(("S2", "Bo", "2026-W40", WEEK, "OTHER", "call", "Jiahe", "done", "met"))
    names = ["salesperson", "name", "week", "due", "task", "kind", "customer", "state", "result"]
    return {"week_plan": plan, "week_tasks": pd.DataFrame(rows, columns=names)}


def built(lang="en", tasks=3):
    buffer = io.BytesIO()
    people = pd.DataFrame({"salesperson": ["S1", "S2"], "name": ["Ann", "Bo"]})
    workbook.build(buffer, {"salespeople": people}, frames(tasks), [], settings(lang), lang=lang, now=NOW)
    return buffer.getvalue()


def page(book, lang="en"):
    return openpyxl.load_workbook(io.BytesIO(book), data_only=True)[word("sheet.week_page", lang)]


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_page_shows_the_person_her_week_and_her_tasks_only(lang):
    sheet = page(built(lang), lang)
    visit, call = (word("value.activity." + key, lang) for key in ("visit", "call"))
    shown = [[cell.value for cell in line[:5]] for line in sheet.iter_rows(min_row=PLAN_TOP + 3, max_row=PLAN_TOP + 5)]
    assert shown[:2] == [[visit, 4, 2, 1, 1], [call, 10, 7, 2, 1]]
    assert [sheet.cell(TASKS_TOP + 3 + step, 2).value for step in range(4)][:3] == ["T0", "T1", "T2"]
    assert "OTHER" not in [sheet.cell(TASKS_TOP + 3 + step, 2).value for step in range(TASKS)]
    assert sheet["C4"].value == "Ann"
    assert sheet.cell(TASKS_TOP + 1, 2).value == 3


def test_a_week_with_more_tasks_than_room_says_how_many_there_are():
    sheet = page(built(tasks=TASKS + 4))
    assert sheet.cell(TASKS_TOP + 1, 2).value == TASKS + 4
    assert sheet.cell(TASKS_TOP + 2 + TASKS, 2).value == f"T{TASKS - 1}"


def test_it_prints_on_one_page():
    sheet = page(built())
    assert sheet.sheet_properties.pageSetUpPr.fitToPage
    assert {sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight} <= {None, 1}  # one page each way is the default
    assert sheet.page_setup.orientation == "portrait"
    assert sheet.print_area.endswith(f"$F${TASKS_TOP + TASKS + 2}")


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("soffice") is None, reason="needs LibreOffice")
def test_another_choice_is_followed(tmp_path):
    path = tmp_path / "book.xlsx"
    path.write_bytes(built())
    book = openpyxl.load_workbook(path)
    book[word("sheet.week_page", "en")]["B4"] = "S2"
    book.save(path)
    own, form = f"-env:UserInstallation=file://{tmp_path}/user", "xlsx:Calc MS Excel 2007 XML"
    command = ["soffice", "--headless", own, "--convert-to", form, "--outdir", str(tmp_path / "out"), str(path)]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    sheet = page((tmp_path / "out" / "book.xlsx").read_bytes())
    assert sheet.cell(TASKS_TOP + 3, 2).value == "OTHER"
    assert sheet.cell(TASKS_TOP + 4, 2).value in {None, ""}
    assert sheet["C4"].value == "Bo"
