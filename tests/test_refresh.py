"""A saved workbook refreshed without any program: lossless for all else, the old file kept, whole whatever happens."""

import multiprocessing
import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pandas as pd
import pytest
from python_calamine import CalamineWorkbook

from tests import ooxml
from xlsales import sources, terminal_refresh, validate
from xlsales.__main__ import main
from xlsales.build import workbook
from xlsales.commands import refresh_report
from xlsales.commands.protocol import Replace
from xlsales.hosts import kept_copy, xlsx_parts, xlsx_write
from xlsales.hosts.kept_copy import previous_of, replace_keeping
from xlsales.hosts.xlsx_parts import table_places
from xlsales.hosts.xlsx_values import revalued, sheet_parts
from xlsales.hosts.xlsx_write import write_tables
from xlsales.labels import word
from xlsales.problems import InputError, sentence
from xlsales.schema import TABLES
from xlsales.sources import folder as folder_of_sources

EXOTIC = Path(__file__).parent / "data" / "exotic.xlsm"
NOW = datetime(2026, 6, 30, 12)  # noqa: DTZ001 - a fixed moment
DAY = "2026-06-30"


def parts(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as book:
        return {name: book.read(name) for name in book.namelist()}


@pytest.fixture
def exotic(tmp_path: Path) -> Path:
    """The exotic workbook, whose one table bears a name of ours: orders."""
    path = tmp_path / "exotic.xlsm"
    with zipfile.ZipFile(EXOTIC) as old, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for member in old.infolist():
            data = old.read(member)
            if member.filename == "xl/tables/table1.xml":
                data = data.replace(b'displayName="tblSales"', b'displayName="xs_orders"')
                data = data.replace(b'name="Region"', b'name="Customer"').replace(b'name="SKU"', b'name="Product"')
                data = data.replace(b'name="Qty"', b'name="Quantity"').replace(b'name="Price"', b'name="Unit price"')
            new.writestr(member, data)
    return path


@pytest.mark.parametrize("rows", [0, 1, 150, 200, 5000])
def test_every_other_part_of_an_exotic_workbook_keeps_its_bytes(exotic: Path, tmp_path: Path, rows: int) -> None:
    frame = pd.DataFrame(
        {
            "date": pd.to_datetime(["2026-01-05"] * rows),
            "customer": [f"C<{number}>&" for number in range(rows)],
            "product": "=1+1",
            "quantity": [float(number) for number in range(rows)],
            "unit_price": 0.1,
        }
    )
    target = tmp_path / "new.xlsm"
    changed = write_tables(exotic, target, [Replace("orders", frame)], "en")
    assert changed == ["xl/tables/table1.xml", "xl/workbook.xml", "xl/worksheets/sheet2.xml"]
    before, after = parts(exotic), parts(target)
    assert list(before) == list(after)
    assert {name for name in before if before[name] != after[name]} <= set(changed)
    assert f'ref="A1:F{max(rows, 1) + 1}"'.encode() in after["xl/tables/table1.xml"]
    assert b'fullCalcOnLoad="1"' in after["xl/workbook.xml"]
    cells = CalamineWorkbook.from_path(target).get_sheet_by_name("Data").to_python()
    assert [row[1] for row in cells[1 : rows + 1]] == frame["customer"].tolist()
    assert [row[2] for row in cells[1 : rows + 1]] == frame["product"].tolist()
    assert [row[4] for row in cells[1 : rows + 1]] == frame["unit_price"].tolist()
    assert all(cell == "" for row in cells[rows + 2 :] for cell in row[:5])
    page = after["xl/worksheets/sheet2.xml"].decode()
    assert page.count("<f>") + page.count("<f ") >= min(rows, 200)  # the column that computes still does
    for kept in ("sparkline", "slicerList", "dataBar"):
        assert (kept in page) == (kept.encode() in before["xl/worksheets/sheet2.xml"])


def test_the_standard_finds_no_more_wrong_than_before(exotic: Path, tmp_path: Path) -> None:
    frame = pd.DataFrame({"date": pd.to_datetime(["2026-01-05"] * 300), "quantity": 1.5})
    write_tables(exotic, tmp_path / "new.xlsm", [Replace("orders", frame)], "en")
    assert ooxml.errors(tmp_path / "new.xlsm") == ooxml.errors(exotic)


def test_nothing_is_written_over_what_stands_below_a_table(exotic: Path, tmp_path: Path) -> None:
    place = table_places(exotic)["orders"]
    page = parts(exotic)[place.sheet_part].decode()
    page = page.replace("</sheetData>", '<row r="210"><c r="B210"><v>7</v></c></row></sheetData>')
    frame = pd.DataFrame({"quantity": [1.0] * 300})
    with pytest.raises(InputError) as caught:
        xlsx_write.edited(page, place, frame, "en")
    assert caught.value.problem.code == "book_no_room"
    assert xlsx_write.edited(page, place, frame.head(100), "en").count('r="B210"') == 1


def test_what_cannot_be_written_is_said(exotic: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place, frame = table_places(exotic)["orders"], pd.DataFrame({"quantity": [1.0] * 3})
    page = parts(exotic)[place.sheet_part].decode()

    def code(write: Callable[[], object]) -> str:
        with pytest.raises(InputError) as caught:
            write()
        for lang in ("en", "zh"):
            assert "{" not in sentence(caught.value.problem, lang)
        return caught.value.problem.code

    new = tmp_path / "new.xlsm"
    assert code(lambda: write_tables(exotic, new, [Replace("budget", frame)], "en")) == "refresh_no_table"
    assert code(lambda: xlsx_write.edited("<worksheet/>", place, frame, "en")) == "refresh_sheet"
    assert code(lambda: xlsx_write.edited(page, replace(place, totals=1), frame, "en")) == "refresh_totals"
    assert code(lambda: main_or_raise("weather")) == "refresh_only"
    monkeypatch.setattr(xlsx_parts, "BIG_ZIP", 1000)
    assert code(lambda: write_tables(exotic, new, [Replace("orders", frame)], "en")) == "refresh_too_large"


def main_or_raise(only: str) -> None:
    terminal_refresh.sheets_of(only, "en")


def small_company(lang: str = "en") -> dict[str, pd.DataFrame]:
    """Two months of orders, invoices and receipts."""
    return {
        "settings": pd.DataFrame(
            {"setting": ["as_of", "currency", "company", "language"], "value": [DAY, "CNY", "Acme", lang]}, dtype=object
        ),
        "products": pd.DataFrame({"product": ["P"], "name": ["Pump"], "unit": ["pcs"], "unit_cost": [6.0]}),
        "customers": pd.DataFrame({"customer": ["C", "D"], "name": ["Cee", "Dee"]}),
        "orders": pd.DataFrame(
            {
                "order": ["O1", "O2"],
                "line": ["1", "1"],
                "date": pd.to_datetime(["2026-05-05", "2026-06-05"]),
                "customer": ["C", "D"],
                "product": ["P", "P"],
                "quantity": [10.0, 20.0],
                "amount": [100.0, 220.0],
            }
        ),
        "invoices": pd.DataFrame(
            {
                "invoice": ["I1", "I2"],
                "customer": ["C", "D"],
                "date": pd.to_datetime(["2026-05-06", "2026-06-06"]),
                "due_date": pd.to_datetime(["2026-06-06", "2026-07-06"]),
                "amount": [113.0, 248.6],
            }
        ),
    }


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_of_many_tables_those_without_a_rejection_share_a_line(lang: str) -> None:
    keys = list(TABLES)[: refresh_report.SINGLY + 3]
    rows = pd.DataFrame({"table": keys, "source": "a.csv", "rows": 10, "rejected": 0, "rejected_money": 0.0})
    rows = rows.assign(time="", seconds=0.5, control=float("nan"), total=float("nan"), difference=float("nan"))
    rows.loc[0, ["rejected", "rejected_money"]] = [2, 77.0]
    rows.loc[1, ["control", "total", "difference"]] = [100.0, 90.0, 10.0]
    told = refresh_report.told(rows, lang)
    assert [apart for _, apart in told] == [False, False, True, False]
    assert "77.00" in told[0][0]
    assert told[-1][0] == word("refresh.whole", lang, tables=13, rows="130", seconds="6.50")
    assert len(refresh_report.told(rows.iloc[: refresh_report.SINGLY], lang)) == refresh_report.SINGLY + 1


def company_of_exports() -> validate.Checked:
    """The small company whose settings name the folder `exports` as its source."""
    tables = small_company()
    extra = pd.DataFrame({"setting": ["source"], "value": ["exports"]}, dtype=object)
    tables["settings"] = pd.concat([tables["settings"], extra], ignore_index=True)
    return validate.validate_all(tables)


def make(path: Path, lang: str) -> Path:
    """A workbook of ours with inputs and without any result."""
    checked = validate.validate_all(small_company(lang), lang=lang)
    workbook.build(path, checked.tables, {}, [], checked.settings, lang=lang, now=NOW)
    return path


def table(path: Path, key: str) -> pd.DataFrame:
    place = table_places(path)[key]
    rows = CalamineWorkbook.from_path(path).get_sheet_by_name(place.sheet).to_python(skip_empty_area=False)
    left, top, right, bottom = place.area
    cells = [row[left - 1 : right] for row in rows[top - 1 : bottom]]
    return pd.DataFrame(cells[1:], columns=cells[0])


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_refresh_writes_the_results_and_nothing_else(
    tmp_path: Path, lang: str, capsys: pytest.CaptureFixture[str]
) -> None:
    book = make(tmp_path / "book.xlsx", lang)
    before = parts(book)
    assert main(["refresh", str(book), "--lang", lang, "--now", "2026-07-01T08:00"]) == 0
    after = parts(book)
    assert list(before) == list(after)
    assert parts(previous_of(book)) == before
    places = table_places(book)
    written = {place.sheet_part for place in places.values()} | {place.table_part for place in places.values()}
    different = {name for name in before if before[name] != after[name]}
    with zipfile.ZipFile(book) as open_book:
        computed = {part for name, part in sheet_parts(open_book).items() if name in terminal_refresh.computed_sheets()}
    assert different - written - computed == {"xl/workbook.xml"}
    inputs = {"orders", "invoices", "customers", "products"}
    assert different & {places[key].table_part for key in inputs} == set()
    margin = table(book, "margin_report")
    assert 320.0 in margin.iloc[:, 3:].to_numpy().ravel().tolist()
    assert sum(cell for cell in table(book, "ageing").to_numpy().ravel() if cell == 113.0) >= 113.0
    assert len(table(book, "log")) == 1
    assert str(book) in capsys.readouterr().out.replace("\n", "")
    assert ooxml.errors(book) == []
    again = sources.read(book)
    assert again.tables["orders"].dropna(how="all").shape[0] == 2


HOME = re.compile(r"<c [^>]*>(<f>.*?</f>)(?:<v>(.*?)</v>)?</c>", re.DOTALL)


def test_what_formulas_show_is_of_the_refresh_or_nothing(tmp_path: Path) -> None:
    book = make(tmp_path / "book.xlsx", "en")
    with zipfile.ZipFile(book) as before:
        old = before.read(sheet_parts(before)["Home"]).decode()
    assert main(["refresh", str(book), "--lang", "en", "--now", "2026-07-01T08:00"]) == 0
    home = CalamineWorkbook.from_path(book).get_sheet_by_name("Home").to_python(skip_empty_area=False)
    shown = {row[0]: row[1:3] for row in home}
    assert shown["Sales"][1] == 320.0
    assert shown["3 Execute"][0] == 2.0
    assert shown["Note"][0] == len(table(book, "problems"))
    assert shown["Last run"][0] == "2026-07-01 08:00:00"
    with zipfile.ZipFile(book) as after:
        new = after.read(sheet_parts(after)["Home"]).decode()
        page = after.read(sheet_parts(after)["Dashboard"]).decode()
    assert [formula for formula, _ in HOME.findall(new)] == [formula for formula, _ in HOME.findall(old)]
    assert not [value for _, value in HOME.findall(page) if value]  # a member may be chosen there
    assert main(["refresh", str(book), "--only", "margin", "--lang", "en"]) == 0
    with zipfile.ZipFile(book) as after:
        assert not [value for _, value in HOME.findall(after.read(sheet_parts(after)["Home"]).decode()) if value]


def test_a_users_own_formulas_keep_what_they_show(exotic: Path, tmp_path: Path) -> None:
    assert not terminal_refresh.is_ours(exotic)
    page = '<sheetData><row r="1"><c r="A1" s="2"><f>SUM(B1)</f><v>7</v></c><c r="B1"><v>6</v></c></row></sheetData>'
    assert revalued(page, {"A1": ("<f>SUM(B1)</f>", "", "<v>8</v>")}).count("<v>8</v>") == 1
    assert "<v>7</v>" not in revalued(page, {"A1": ("<f>SUM(B2)</f>", "", "<v>8</v>")})


def test_only_writes_the_results_of_one_button(tmp_path: Path) -> None:
    book = make(tmp_path / "book.xlsx", "en")
    before = parts(book)
    assert main(["refresh", str(book), "--only", "margin", "--lang", "en"]) == 0
    different = {name for name in before if before[name] != parts(book)[name]}
    places = table_places(book)
    assert places["margin_report"].table_part in different
    assert places["ageing"].table_part not in different
    assert main(["refresh", str(book), "--only", "weather", "--lang", "en"]) == 2


def test_the_source_of_the_settings_stands_before_the_books_own_tables(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    checked = company_of_exports()
    book = tmp_path / "book.xlsx"
    workbook.build(book, checked.tables, {}, [], checked.settings, lang="en", now=NOW)
    folder = tmp_path / "exports"
    folder.mkdir()
    lines = "order,line,date,customer,product,quantity,amount\nO2,1,2026-06-05,D,P,20,1000\nO3,1,2026-06-09,X,P,1,77\n"
    (folder / "o.csv").write_text(lines)
    query = "SELECT * FROM 'o.csv'"
    text = f'[orders]\nquery = "{query}"\nsince = "date"\ncontrol = 1080\n'
    (folder / "sources.toml").write_text(text)
    assert main(["refresh", str(book), "--lang", "en"]) == 1  # customer X is not known
    said = " ".join(capsys.readouterr().out.split())
    assert "2 rows from o.csv" in said
    assert "1 rejected, worth 77.00" in said
    assert "1,080.00, the total here 1,000.00: 3.00 are not accounted for" in said
    assert 1000.0 in table(book, "margin_report").iloc[:, 3:].to_numpy().ravel().tolist()
    assert main(["refresh", str(book), "--lang", "en", "--since", "2026-06-01"]) == 1
    assert 1100.0 in table(book, "margin_report").iloc[:, 3:].to_numpy().ravel().tolist()  # May stays as it stood


@pytest.mark.slow
def test_the_sheets_of_inputs_follow_their_source_only_where_that_is_asked_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    checked = company_of_exports()
    own = checked.tables["orders"].assign(note=["kept", "mine"])  # a column of the user's own
    book = tmp_path / "book.xlsx"
    workbook.build(book, {**checked.tables, "orders": own}, {}, [], checked.settings, lang="en", now=NOW)
    (tmp_path / "exports").mkdir()
    lines = ["order,line,date,customer,product,quantity,amount", "O2,1,2026-06-05,D,P,20,1000"]
    lines += [f"N{number},1,2026-06-09,C,P,1,10" for number in range(40)]
    (tmp_path / "exports" / "orders.csv").write_text("\n".join(lines))
    before = parts(book)
    assert main(["refresh", str(book), "--lang", "en"]) == 0
    assert parts(book)[table_places(book)["orders"].sheet_part] == before[table_places(book)["orders"].sheet_part]
    assert main(["refresh", str(book), "--lang", "en", "--inputs"]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "1 rows changed, 1 removed, 40 new O2, 1: 220 → 1,000" in said
    after = parts(book)
    places = table_places(book)
    found = table(book, "orders")
    assert found["Order"].tolist() == ["O2", *(f"N{number}" for number in range(40))]
    assert found["Line amount"].tolist() == [1000.0, *[10.0] * 40]
    assert found["note"].tolist() == ["mine", *[""] * 40]
    written = {each.sheet_part for key, each in places.items() if TABLES[key].role in {"result", "kept"}}
    others = {each.sheet_part for each in places.values()} - written - {places["orders"].sheet_part}
    assert places["customers"].sheet_part in others
    assert {name for name in others if before[name] != after[name]} == set()
    assert main(["refresh", str(book), "--lang", "en", "--inputs", "--only", "margin"]) == 0
    assert parts(book)[places["orders"].sheet_part] == after[places["orders"].sheet_part]


@pytest.mark.slow
@pytest.mark.parametrize("room", [1_000, 60_000])
def test_a_disk_that_is_full_leaves_the_book_with_a_sentence(tmp_path: Path, room: int) -> None:
    """The system itself refuses to write more: first anywhere, then the workbook that is built for its values."""
    book = make(tmp_path / "book.xlsx", "en")
    data = book.read_bytes()
    code = f"""
import resource, signal, sys
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
from xlsales.__main__ import main
from xlsales import terminal_refresh, steps, hosts
resource.setrlimit(resource.RLIMIT_FSIZE, ({room}, {room}))
sys.exit(main(["refresh", {str(book)!r}, "--lang", "en"]))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 2, done.stdout + done.stderr
    assert "could not be written" in done.stderr or "File too large" in done.stderr
    assert "went wrong" not in done.stderr
    assert book.read_bytes() == data
    assert [path.name for path in tmp_path.iterdir()] == ["book.xlsx"]


@pytest.mark.parametrize("inputs", [False, True])
def test_a_folder_that_goes_away_in_the_middle_leaves_the_book_with_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], inputs: bool
) -> None:
    """A share of the network is lost when the first of its files is read and the second is not yet."""
    checked, book, folder = company_of_exports(), tmp_path / "book.xlsx", tmp_path / "exports"
    workbook.build(book, checked.tables, {}, [], checked.settings, lang="en", now=NOW)
    folder.mkdir()
    (folder / "invoices.csv").write_text("invoice,customer,date,due_date,amount\nI9,C,2026-06-01,2026-07-01,9\n")
    (folder / "orders.csv").write_text(
        "order,line,date,customer,product,quantity,amount\nO9,1,2026-06-05,D,P,20,1000\n"
    )
    data, read, real = book.read_bytes(), [], folder_of_sources.read_file

    def lost(path: Path, table: str, **how: str) -> object:
        found = real(path, table, **how)
        read.append(path.name)
        folder.rename(tmp_path / "gone")
        return found

    monkeypatch.setattr(folder_of_sources, "read_file", lost)
    assert main(["refresh", str(book), "--lang", "en", *(["--inputs"] if inputs else [])]) == 2
    assert len(read) == 1
    said = capsys.readouterr().err
    assert "orders.csv" in said or "invoices.csv" in said
    assert "Traceback" not in said
    assert book.read_bytes() == data
    assert sorted(each.name for each in tmp_path.iterdir()) == ["book.xlsx", "gone"]


def test_a_locked_book_is_refused_and_left_alone(tmp_path: Path) -> None:
    book = make(tmp_path / "book.xlsx", "en")
    (tmp_path / "~$book.xlsx").write_text("")
    data = book.read_bytes()
    assert main(["refresh", str(book), "--lang", "en"]) == 2
    assert book.read_bytes() == data


def test_a_book_that_somebody_saves_meanwhile_is_left_alone(tmp_path: Path) -> None:
    book = tmp_path / "book.xlsx"
    book.write_text("old")

    def write(target: Path) -> None:
        target.write_text("new")
        book.write_text("saved by somebody")

    with pytest.raises(InputError) as caught:
        replace_keeping(book, write)
    assert caught.value.problem.code == "refresh_changed"
    assert book.read_text() == "saved by somebody"
    assert [path.name for path in tmp_path.iterdir()] == ["book.xlsx"]


STEPS = [
    (kept_copy, "_beside"),
    (kept_copy, "_settle"),
    (shutil, "copyfile"),
    (shutil, "copymode"),
    (shutil, "copystat"),
    (Path, "replace"),
    (xlsx_write, "edited"),
    (xlsx_write, "copy_with"),
    (xlsx_parts, "_put"),
    (xlsx_parts, "_directory"),
]


def failing(real: Callable[..., object], turn: int, fail: Callable[[], object]) -> Callable[..., object]:
    """The real thing until its turn comes."""
    left = [turn]

    def step(*given: object, **named: object) -> object:
        left[0] -= 1
        if left[0] == 0:
            fail()
        return real(*given, **named)

    return step


@pytest.fixture
def old_and_new(tmp_path: Path) -> tuple[Path, bytes, bytes]:
    book = tmp_path / "book.xlsm"
    path = EXOTIC
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(book, "w") as new:
        for member in old.infolist():
            new.writestr(member, old.read(member).replace(b'displayName="tblSales"', b'displayName="xs_budget"'))
    whole = tmp_path / "whole"
    rewrite(book, whole)
    return book, book.read_bytes(), whole.read_bytes()


def rewrite(book: Path, target: Path) -> None:
    write_tables(book, target, [Replace("budget", pd.DataFrame({"note": ["x"] * 3}).iloc[:, :0])], "en")


@pytest.mark.parametrize("turn", [1, 2, 5])
@pytest.mark.parametrize(("where", "name"), STEPS, ids=lambda part: part if isinstance(part, str) else "")
@pytest.mark.parametrize("how", ["disk", "power"])
def test_a_crash_at_any_point_leaves_a_whole_file(
    how: str, where: object, name: str, turn: int, old_and_new: tuple[Path, bytes, bytes]
) -> None:
    book, old, new = old_and_new

    def full() -> None:
        raise OSError(28, "No space left on device")

    def run() -> None:
        fail = full if how == "disk" else lambda: os._exit(9)
        setattr(where, name, failing(getattr(where, name), turn, fail))
        try:
            replace_keeping(book, lambda target: rewrite(book, target))
        except InputError:
            os._exit(1)
        os._exit(0)

    child = multiprocessing.get_context("fork").Process(target=run)
    child.start()
    child.join(60)
    stands = book.read_bytes()
    assert stands in {old, new}
    assert (stands == new) == (child.exitcode == 0)
    if stands == new:
        assert previous_of(book).read_bytes() == old
    if how == "disk":
        assert not [path for path in book.parent.iterdir() if path.name.startswith(".")]


def test_names_that_end_with_a_table_follow_it(exotic: Path) -> None:
    place = table_places(exotic)["orders"]
    book = "<definedName>Data!$A$1:$F$201</definedName><definedName>Data!$A$1:$F$999</definedName>"
    assert re.findall(r"\d+<", xlsx_write.with_names(book, [(place, 9)])) == ["10<", "999<"]
