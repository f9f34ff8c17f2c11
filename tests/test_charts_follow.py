"""Charts, the dashboard and the sheet of one member follow the tables, and the cell in which a member is chosen."""

import io
import re
import zipfile
from datetime import datetime
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from tests.rendering import missing, recalculated
from xlsales.build import workbook
from xlsales.build.sheets.focus import CHOICE, FIVE
from xlsales.build.wording import sheet_name
from xlsales.commands.protocol import Replace
from xlsales.hosts.xlsx_write import write_tables
from xlsales.schema.targets import QUANTITIES
from xlsales.worded import worded

NOW = datetime(2026, 10, 8, 9, 30)  # noqa: DTZ001 - a fixed moment
SHEETS = ("chart_data", "dashboard", "focus")
spreadsheet = pytest.mark.skipif(bool(missing()), reason=f"not installed: {missing()}")


def results(regions: dict[str, float], done: int, lang: str = "en") -> dict[str, pd.DataFrame]:
    """A small company: regions with their sales a month, and so many months of the year behind it."""
    periods = [f"2026-{month:02d}" for month in range(1, 13)]
    owners = [("company", "CO", sum(regions.values())), *(("region", name, size) for name, size in regions.items())]
    owners += [("salesperson", "P-" + name, size / 2) for name, size in regions.items()]
    listed, months, pace = [], [], []
    for scope, member, size in owners:
        first = len(months) + 1
        sold = [size * (1 + at / 10) if at < done else None for at in range(12)]
        home = member[2:] if scope == "salesperson" else None
        reached = sum(value or 0 for value in sold)
        listed.append((scope, member, member.title(), home, reached / (size * 14), first))
        for at, period in enumerate(periods):
            months.append((scope, member, period, sold[at], 1.0, size * 0.9, size * 1.1, size * 1.2 * (at + 1)))
        for measure in QUANTITIES:
            pace.append((measure, scope, member, "2026", size * 14, reached, reached / (size * 14), size * 7,
                         size * 15, size * 14.5, size * 15.75))  # fmt: skip
    members = pd.DataFrame(listed, columns=["scope", "member", "name", "region", "attainment", "first_row"])
    table = pd.DataFrame(months, columns=["scope", "member", "period", "sales", "volume", "last_year", "planned",
                                          "expected"])  # fmt: skip
    running = pd.DataFrame(pace, columns=["measure", "scope", "member", "period", "target", "actual", "attainment",
                                          "expected", "landing_blended", "landing_low", "landing_high"])  # fmt: skip
    effects = {"base": 100.0, "price": 5.0 * done, "mix": -130.0, "new": 0.0, "total": 5.0 * done - 130,
               "actual": 5.0 * done - 30}  # fmt: skip
    stages = pd.DataFrame({"stage": ["first", "won", "second"], "category": ["pipeline", "won", "commit"],
                           "value": [50.0 * done, 70.0, 30.0]})  # fmt: skip
    debts = pd.DataFrame({"customer": ["a", "b", "c"], "name": ["Ann", None, "Cy"], "not_due": [1.0, 5.0, 2.0],
                          "outstanding": [4.0, 5.0, 4.0]})  # fmt: skip
    ahead = pd.DataFrame({"measure": "sales", "period": periods[done:], "forecast": 9.0, "low": 7.0, "high": 12.0})
    alerts = pd.DataFrame({"rank": [1, 2], "alert": "behind_pace", "measure": "sales", "scope": ["region", "company"],
                           "member": ["SOUTH", ""], "money": [5.0, 3.0], "reason": ["because", "why"]})  # fmt: skip
    trend = pd.DataFrame({"period": periods[:done], "dso": 60.0 + done, "dso_best": 50.0, "invoiced": 10.0})
    deals = pd.DataFrame({"scope": ["company", "region"], "member": ["", "SOUTH"], "open": [9.0 * done, 4.0]})
    found = {"members": members, "member_months": table, "pace": running, "funnel": stages, "ageing": debts,
             "forecast": ahead, "dso_trend": trend, "pipeline_summary": deals, "alerts": alerts,
             "headline": running[running["scope"] == "company"],
             "bridge": pd.DataFrame({"measure": "margin", "effect": list(effects), "amount": list(effects.values())}),
             "comparisons": pd.DataFrame({"dimension": "region", "member": "SOUTH", "measure": "sales",
                                          "span": ["month", "quarter"], "actual": [1.0 * done, 2.0],
                                          "last_year": [4.0, 5.0]})}  # fmt: skip
    return {**found, "members": worded({"members": members}, lang)["members"]}


def built(found: dict[str, pd.DataFrame], lang: str = "en") -> bytes:
    buffer = io.BytesIO()
    settings = {"as_of": datetime(2026, 9, 30)}  # noqa: DTZ001 - cells have no zone
    workbook.build(buffer, {}, found, [], settings, lang=lang, now=NOW)
    return buffer.getvalue()


def chosen(book: Path, target: Path, sheet: str, cell: str, choice: str) -> Path:
    """A copy in which another member is chosen."""
    part = f"xl/worksheets/sheet{openpyxl.load_workbook(book).sheetnames.index(sheet) + 1}.xml"
    with zipfile.ZipFile(book) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            if name == part:
                typed = rf'(<c r="{cell}"[^>]*?) t="s"><v>\d+</v></c>'.encode()
                put = rb'\1 t="inlineStr"><is><t>' + choice.encode() + b"</t></is></c>"
                data, count = re.subn(typed, put, data)
                assert count == 1
            new.writestr(name, data)
    return target


def grids(book: openpyxl.Workbook, lang: str) -> dict[str, list[list[object]]]:
    """The cells of the sheets that follow; of the chart data those behind the tables."""
    return {key: [list(row) for row in book[sheet_name(key, lang)].iter_rows(values_only=True)] for key in SHEETS}


def same(left: object, right: object) -> bool:
    if isinstance(left, (int, float)) and isinstance(right, (int, float)):
        return left == pytest.approx(right, rel=1e-9, abs=1e-9)
    return (left or "") == (right or "")


@spreadsheet
@pytest.mark.slow
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_what_rewrites_the_tables_moves_every_chart_and_page(lang: str, tmp_path: Path) -> None:
    """A book whose tables were rewritten shows, once computed, what a book shows that was built from the new tables."""
    before, after = results({"EAST": 10.0}, 3, lang), results({"SOUTH": 30.0, "EAST": 12.0, "WEST": 8.0}, 9, lang)
    old, new = tmp_path / "old.xlsx", tmp_path / "new.xlsx"
    old.write_bytes(built(before, lang))
    write_tables(old, new, [Replace(key, frame) for key, frame in after.items()], lang)
    choice = after["members"]["choice"].iloc[1]
    moved = chosen(new, tmp_path / "moved.xlsx", sheet_name("dashboard", lang), "F44", choice)
    fresh = openpyxl.load_workbook(recalculated(moved, tmp_path / "out"), data_only=True)
    wanted = openpyxl.load_workbook(io.BytesIO(built(after, lang)), data_only=True)
    count = 0
    for key, grid in grids(wanted, lang).items():
        page = fresh[sheet_name(key, lang)]
        for at, line in enumerate(grid, 1):
            for column, value in enumerate(line, 1):
                cell = page.cell(at, column)
                assert same(cell.value, value), (key, cell.coordinate, cell.value, value)
                count += value is not None
    assert count > 600


@spreadsheet
@pytest.mark.slow
def test_everything_on_the_sheet_follows_the_member_that_is_chosen(tmp_path: Path) -> None:
    found = results({"SOUTH": 30.0, "EAST": 12.0}, 9)
    book = tmp_path / "book.xlsx"
    book.write_bytes(built(found))
    sheet = sheet_name("focus", "en")
    cell = openpyxl.utils.get_column_letter(CHOICE[1] + 1) + str(CHOICE[0] + 1)
    choice = found["members"].query("member == 'SOUTH'")["choice"].item()
    moved = chosen(book, tmp_path / "moved.xlsx", sheet, cell, choice)
    page = openpyxl.load_workbook(recalculated(moved, tmp_path / "out"), data_only=True)[sheet]
    texts = {value for row in page.iter_rows(values_only=True) for value in row if isinstance(value, str)}
    numbers = {round(value, 6) for row in page.iter_rows(values_only=True) for value in row if isinstance(value, float)}
    assert page.cell(FIVE + 3, 3).value == pytest.approx(30 * 14)  # target of the year
    assert page.cell(FIVE + 3, 8).value == pytest.approx(30 * 15)  # landing
    assert "because" in texts
    assert "why" not in texts
    assert {30 * 0.9, 30 * 1.1} <= {round(value, 6) for value in numbers | {float(each) for each in _whole(page)}}


def _whole(page: object) -> set[int]:
    return {value for row in page.iter_rows(values_only=True) for value in row if isinstance(value, int)}  # type: ignore[attr-defined]


def test_a_blank_choice_shows_nobody() -> None:
    page = openpyxl.load_workbook(io.BytesIO(built({})), data_only=True)[sheet_name("focus", "en")]
    assert page.cell(FIVE + 3, 3).value in {None, ""}


def test_the_walk_of_the_bridge_crosses_zero_on_both_sides() -> None:
    """100, then +15 to 115, then −130 to −15: the fall is drawn down to zero and below it."""
    book = openpyxl.load_workbook(io.BytesIO(built(results({"EAST": 10.0}, 3))), data_only=True)
    place = book.defined_names["xs_chart_bridge"].attr_text.rpartition("!")[2].replace("$", "")
    rows = [[cell.value for cell in row] for row in book[sheet_name("chart_data", "en")][place]][1:]
    shown = [row for row in rows if row[0]]
    assert [[None if value == "" else value for value in row[1:]] for row in shown] == [
        [None, 100, None, None],
        [100, None, 15, None],
        [None, None, -15, 115],
        [None, -15, None, None],
    ]


def test_links_that_a_program_made_formulas_are_written_anew(tmp_path: Path) -> None:
    """A click on Monitor leaves HYPERLINK formulas; a refresh of the file must not keep them beside new rows."""
    book, target = tmp_path / "book.xlsx", tmp_path / "new.xlsx"
    book.write_bytes(built(results({"SOUTH": 30.0}, 9)))
    page = openpyxl.load_workbook(book)
    sheet = page[sheet_name("monitor", "en")]
    left, top, right, _ = openpyxl.utils.range_boundaries(sheet.tables["xs_alerts"].ref)
    place = next(at for at in range(left, right + 1) if sheet.cell(top, at).value == "Rows")
    for row in (1, 2):
        sheet.cell(top + row, place).value = '=HYPERLINK("#\'Old\'!A1","Old!A1")'
    page.save(book)
    frame = results({"SOUTH": 30.0}, 9)["alerts"].assign(place=["Monitor!A8:B8", "Monitor!A9:B9"])
    write_tables(book, target, [Replace("alerts", frame, ["Monitor!A8:B8", "Monitor!A9:B9"], "place")], "en")
    found = openpyxl.load_workbook(target)[sheet_name("monitor", "en")]
    assert [found.cell(top + row, place).value for row in (1, 2)] == ["Monitor!A8:B8", "Monitor!A9:B9"]
    assert [found.cell(top + row, place).hyperlink.location for row in (1, 2)] == ["'Monitor'!A8:B8", "'Monitor'!A9:B9"]
