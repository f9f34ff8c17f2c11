"""Answers collected into the workbook itself: cells of the plan and its matrices change, every other byte stays."""

import os
import re
import shutil
import zipfile
from multiprocessing import get_context
from pathlib import Path

import openpyxl
import pytest

from tests import ooxml
from tests.test_exchange import edit, made_book
from tests.test_refresh import failing, parts
from xlsales import validate
from xlsales.__main__ import main
from xlsales.commands.protocol import Patch
from xlsales.exchange.book_file import read_plan_book
from xlsales.hosts import kept_copy, xlsx_parts, xlsx_patch, xlsx_write
from xlsales.hosts.kept_copy import previous_of
from xlsales.hosts.xlsx_cells import Area, cells_in, named_areas, shared_texts
from xlsales.hosts.xlsx_compare import Held, Saved, differing
from xlsales.hosts.xlsx_patch import patched
from xlsales.hosts.xlsx_write import Edit, write_tables
from xlsales.labels import word
from xlsales.problems import InputError, sentence

LANGUAGES = ("en", "zh")


@pytest.fixture(scope="module", params=LANGUAGES)
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, str]:
    """The workbook, the folder with Ann's answer (150 in January for A1, 180 in March for A2), the language."""
    folder, lang = tmp_path_factory.mktemp("made"), request.param
    book, sent = made_book(folder / "plan.xlsm", lang), folder / "sent"
    assert main(["distribute", str(book), "--out", str(sent), "--lang", lang]) == 0
    answer = next(path for path in sent.iterdir() if "ANN" in path.name)
    edit(answer, {"E7": 150, "G8": 180}, finished=word("value.flag.yes", lang))
    return book, sent, lang


@pytest.fixture
def case(made: tuple[Path, Path, str], tmp_path: Path) -> tuple[Path, Path, str]:
    """The same on a copy."""
    book, sent, lang = made
    return Path(shutil.copy(book, tmp_path)), sent, lang


def plan_of(book: Path, lang: str) -> dict[tuple[str, str], tuple[float, bool]]:
    plan = validate.validate_all(read_plan_book(book), lang=lang).tables["plan"]
    keys = zip(plan["salesperson"], plan["period"], strict=True)
    return dict(zip(keys, zip(plan["value"], plan["held"], strict=True), strict=True))


def test_the_answers_go_into_the_workbook_itself(
    case: tuple[Path, Path, str], capsys: pytest.CaptureFixture[str]
) -> None:
    book, sent, lang = case
    before, old = parts(book), plan_of(book, lang)
    assert main(["collect", str(sent), "--into", str(book), "--lang", lang]) == 0
    said = capsys.readouterr().out.replace("\n", "")
    assert previous_of(book).name in said
    assert "{" not in said
    assert parts(previous_of(book)) == before
    new = plan_of(book, lang)
    assert {key for key in old if old[key] != new[key]} == {("A1", "2026-01"), ("A2", "2026-03")}
    assert (new["A1", "2026-01"], new["A2", "2026-03"]) == ((150.0, False), (180.0, False))
    assert new["A2", "2026-02"] == (200.0, True), "the hold stays"
    log = validate.validate_all(read_plan_book(book), lang=lang).tables["log"]
    assert log["parameters"].tolist() == ["v1: ANN"]
    assert log["rows"].tolist() == [2]


def test_every_other_part_keeps_its_bytes_and_the_matrix_every_other_cell(case: tuple[Path, Path, str]) -> None:
    book, sent, lang = case
    before = parts(book)
    assert main(["collect", str(sent), "--into", str(book), "--lang", lang]) == 0
    after = parts(book)
    assert list(before) == list(after)
    saved = Saved(book)
    allowed = {each for place in saved.tables.values() for each in (place.sheet_part, place.table_part)}
    matrix = saved.areas["xs_plan_sales"].sheet_part
    changed = {name for name in before if before[name] != after[name]}
    assert changed - allowed == {"xl/workbook.xml", matrix}
    cells = re.compile(rb"<c\b[^>]*?(?:/>|>.*?</c>)", re.DOTALL)
    old, new = (cells.findall(page[matrix]) for page in (before, after))
    assert [cell for cell in new if cell not in old] == [
        old[at].replace(b"<v>100</v>", b"<v>150</v>").replace(b"<v>300</v>", b"<v>180</v>")
        for at in (step for step, (one, two) in enumerate(zip(old, new, strict=True)) if one != two)
    ]
    assert len([1 for one, two in zip(old, new, strict=True) if one != two]) == 2
    assert cells.sub(b"", before[matrix]) == cells.sub(b"", after[matrix])


def test_the_standard_finds_nothing_wrong(case: tuple[Path, Path, str]) -> None:
    book, sent, lang = case
    known = ooxml.errors(book)
    assert main(["collect", str(sent), "--into", str(book), "--lang", lang]) == 0
    assert ooxml.errors(book) == known


def test_looking_changes_nothing(case: tuple[Path, Path, str], capsys: pytest.CaptureFixture[str]) -> None:
    book, sent, lang = case
    before = book.read_bytes()
    assert main(["collect", str(sent), "--into", str(book), "--lang", lang, "--dry-run"]) == 0
    assert word("exchange.looked", lang, book=book) in capsys.readouterr().out.replace("\n", "")
    assert book.read_bytes() == before
    assert not previous_of(book).exists()


def test_a_workbook_that_is_open_is_left_alone(case: tuple[Path, Path, str]) -> None:
    book, sent, lang = case
    book.with_name(f".~lock.{book.name}#").write_text("")
    before = book.read_bytes()
    assert main(["collect", str(sent), "--into", str(book), "--lang", lang]) == 2
    assert book.read_bytes() == before


def test_columns_that_the_user_added_to_the_plan_stay_beside_their_rows(tmp_path: Path) -> None:
    book = made_book(tmp_path / "plan.xlsx")
    write = openpyxl.load_workbook(book)
    page = write[Saved(book).tables["plan"].sheet]
    table = page.tables["xs_plan"]
    first, last = table.ref.split(":")
    column, row = re.fullmatch(r"([A-Z]+)(\d+)", last).groups()
    wider = openpyxl.utils.get_column_letter(openpyxl.utils.column_index_from_string(column) + 1)
    head = int(re.search(r"\d+", first)[0])
    page[f"{wider}{head}"] = "Remark"
    for at in range(head + 1, head + 10):
        page[f"{wider}{at}"] = f"remark {at - head}"
    table.ref = f"{first}:{wider}{row}"
    table.autoFilter.ref = table.ref
    table.tableColumns.append(openpyxl.worksheet.table.TableColumn(id=99, name="Remark"))
    write.save(book)
    sent = tmp_path / "sent"
    assert main(["distribute", str(book), "--out", str(sent), "--lang", "en"]) == 0
    edit(sent / "plan-v1-ANN.xlsx", {"E7": 150})
    assert main(["collect", str(sent), "--into", str(book), "--lang", "en"]) == 0
    held = Saved(book).table("plan")
    assert held is not None
    assert [line[-1] for line in held.cells[:9]] == [f"remark {at}" for at in range(1, 10)]
    assert 150.0 in [cell for line in held.cells for cell in line]


STEPS = [(kept_copy, "_settle"), (xlsx_patch, "patched"), (xlsx_patch, "_row"), (xlsx_parts, "_put"), (Path, "replace")]


@pytest.mark.parametrize(("where", "name"), STEPS, ids=lambda part: part if isinstance(part, str) else "")
@pytest.mark.parametrize("turn", [1, 2])
def test_a_crash_at_any_point_leaves_a_whole_file(
    where: object, name: str, turn: int, case: tuple[Path, Path, str]
) -> None:
    book, _, lang = case
    old = book.read_bytes()

    def write(target: Path) -> None:
        write_tables(book, target, [Patch("xs_plan_sales", 4, 3, [[7.0, "H"]])], lang)

    write(book.with_name("whole.xlsm"))
    whole = book.with_name("whole.xlsm").read_bytes()

    def run() -> None:
        step = failing(getattr(where, name), turn, lambda: os._exit(9))
        setattr(where, name, step)
        xlsx_write.patched = xlsx_patch.patched
        kept_copy.replace_keeping(book, write)
        os._exit(0)

    child = get_context("fork").Process(target=run)
    child.start()
    child.join(60)
    assert book.read_bytes() == (whole if child.exitcode == 0 else old)


GROUPED = '<f t="shared" ref="B1:B3" si="0">A1*2&amp;"x"</f>'
PAGE = (
    f'<worksheet><sheetData><row r="1" spans="1:2"><c r="A1"><v>1</v></c><c r="B1" s="4">{GROUPED}<v>2</v></c></row>'
    '<row r="2"><c r="A2"><v>2</v></c><c r="B2"><f t="shared" si="0"/><v>4</v></c></row>'
    '<row r="3"><c r="B3"><f t="shared" si="0"/><v>6</v></c></row></sheetData></worksheet>'
)


def test_formulas_that_shared_a_replaced_one_keep_their_own() -> None:
    page = patched(PAGE, {(1, 2): 7.0, (5, 3): "a"}, "S")
    values, formulas = cells_in(page, (1, 1, 3, 5), [])
    assert [line[1] for line in formulas] == ["", '=A2*2&"x"', '=A3*2&"x"', "", ""]
    assert values[0] == [1.0, 7.0, None]
    assert values[4] == [None, None, "a"]
    assert '<c r="B1" s="4"><v>7</v></c>' in page
    assert '<c r="B2"><f>A2*2&amp;"x"</f><v>4</v></c>' in page


def test_a_formula_over_several_cells_is_not_torn() -> None:
    page = PAGE.replace('t="shared" ref="B1:B3" si="0"', 't="array" ref="B1:B3"')
    with pytest.raises(InputError) as caught:
        patched(page, {(2, 2): 7.0}, "S")
    assert caught.value.problem.code == "cells_torn"
    assert all("{" not in sentence(caught.value.problem, lang) for lang in LANGUAGES)
    assert "<v>8</v>" in patched(page, {(2, 1): 8.0}, "S")


def chained(book: Path, target: Path) -> Path:
    """The book as Excel saves it: with the list of the cells that compute."""
    with zipfile.ZipFile(book) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for member in old.infolist():
            data = old.read(member)
            if member.filename == "[Content_Types].xml":
                kind = b"application/vnd.openxmlformats-officedocument.spreadsheetml.calcChain+xml"
                data = data.replace(
                    b"</Types>", b'<Override PartName="/xl/calcChain.xml" ContentType="%s"/></Types>' % kind
                )
            if member.filename == "xl/_rels/workbook.xml.rels":
                data = data.replace(b"</Relationships>", b'<Relationship Id="rId999" Type="http://schemas.openxmlformats.org/'
                b'officeDocument/2006/relationships/calcChain" Target="calcChain.xml"/></Relationships>')  # fmt: skip
            new.writestr(member, data)
        new.writestr(
            "xl/calcChain.xml", '<calcChain xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"/>'
        )
    return target


def test_the_list_of_computing_cells_goes_only_with_a_formula(made: tuple[Path, Path, str], tmp_path: Path) -> None:
    book = chained(made[0], tmp_path / "chained.xlsm")
    saved = Saved(book)
    held = saved.area("xs_plan_sales")
    assert held is not None
    parent = next((row, at) for row, line in enumerate(held.formulas) for at, cell in enumerate(line) if cell)
    kept, without = tmp_path / "kept.xlsm", tmp_path / "without.xlsm"
    write_tables(book, kept, [Patch("xs_plan_sales", 4, 3, [[7.0]])], "en")
    assert "xl/calcChain.xml" in parts(kept)
    changed = write_tables(book, without, [Patch("xs_plan_sales", *parent, [[7.0]])], "en")
    assert "xl/calcChain.xml" not in parts(without)
    assert b"calcChain" not in parts(without)["[Content_Types].xml"] + parts(without)["xl/_rels/workbook.xml.rels"]
    assert {name for name in parts(book) if parts(book)[name] != parts(without).get(name)} == set(changed)
    assert ooxml.errors(without) == ooxml.errors(made[0])


@pytest.mark.parametrize(
    ("write", "code"),
    [
        (Patch("xs_plan_weather", 0, 0, [[1.0]]), "book_area_missing"),
        (Patch("xs_plan_sales", 10_000, 0, [[1.0]]), "cells_outside"),
        (Edit("weather", 1, {}), "refresh_no_table"),
        (Edit("plan", 2_000_000, {}), "book_too_long"),
    ],
)
def test_what_has_no_place_is_said(
    made: tuple[Path, Path, str], tmp_path: Path, write: Patch | Edit, code: str
) -> None:
    with pytest.raises(InputError) as caught:
        write_tables(made[0], tmp_path / "new.xlsm", [write], "en")
    assert caught.value.problem.code == code
    assert all("{" not in sentence(caught.value.problem, lang) for lang in LANGUAGES)
    assert not (tmp_path / "new.xlsm").exists()


def test_a_table_grows_and_shrinks_by_single_cells(made: tuple[Path, Path, str], tmp_path: Path) -> None:
    book, target = made[0], tmp_path / "new.xlsm"
    held = Saved(book).table("customers")
    assert held is not None
    rows, names = len(held.cells), [line[0] for line in held.cells]
    write_tables(book, target, [Edit("customers", rows + 2, {(rows, 0): "007", (rows + 1, 1): 0.5})], "en")
    grown = Saved(target).table("customers")
    assert grown is not None
    assert [line[0] for line in grown.cells] == [*names, "007", None]
    assert grown.cells[-1][1] == 0.5
    assert ooxml.errors(target) == ooxml.errors(book)
    again = tmp_path / "again.xlsm"
    write_tables(target, again, [Edit("customers", rows, {})], "en")
    shrunk = Saved(again).table("customers")
    assert shrunk is not None
    assert shrunk.cells == held.cells


def test_cells_of_a_file_are_read_as_a_spreadsheet_reads_them(made: tuple[Path, Path, str]) -> None:
    book = made[0]
    with zipfile.ZipFile(book) as archive:
        areas, texts = named_areas(archive), shared_texts(archive)
        area = areas["xs_plan_sales"]
        values, _ = cells_in(archive.read(area.sheet_part).decode(), area.box, texts)
    page = openpyxl.load_workbook(book, data_only=True)[area.sheet]
    left, top, right, bottom = area.box
    wanted = [[cell.value for cell in line] for line in page.iter_rows(top, bottom, left, right)]
    assert [[cell or None for cell in line] for line in values] == [[cell or None for cell in line] for line in wanted]


def test_a_formula_stays_where_the_other_side_computes_the_same() -> None:
    held = Held(Area("n", "S", "s.xml", (1, 1, 3, 1)), [[3.0, 4.0, 5.0]], [["=A1+1", "=A2", ""]])
    assert differing(held, [[9.0, 4.0, 5.0]], [["=a1 + 1", "", "=B9"]]) == {(0, 1): 4.0}
    assert differing(held, [[3.0, 4.5, 5.0]]) == {(0, 1): 4.5}
