"""The ribbon, the buttons on sheets, the whole file with macros: our lint, Microsoft's, and the faults they find."""

import re
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree as ET

import openpyxl
import pytest

from tests import ooxml, xlsx_lint
from tests.packages import ENDS, changed, empty_book, packages  # noqa: F401 - a fixture
from tests.toy_company import company
from xlsales import templates, terminal, validate
from xlsales.build import ribbon
from xlsales.build.sheets.functions import AGREES
from xlsales.commands.registry import CALC_COMMANDS, COMMANDS
from xlsales.hosts.selfcheck import PREFIX
from xlsales.labels import LANGUAGES, label, word, words
from xlsales.udfs import FUNCTIONS

BOOKS = list(ENDS)
EDITIONS = list(ribbon.EDITIONS)


@pytest.mark.parametrize("edition", EDITIONS)
@pytest.mark.parametrize("addin", [False, True])
def test_every_command_has_its_button_in_each_language(edition: str, addin: bool) -> None:
    root = ET.fromstring(ribbon.parts(COMMANDS.values(), addin=addin)[edition])
    end = "_addin" if addin else ""
    for lang in LANGUAGES:
        (tab,) = [each for each in root.iter() if each.get("id") == f"xs_tab{end}_{lang}"]
        buttons = {each.get("id", ""): each for each in tab.iter() if each.tag.endswith("}button")}
        assert list(buttons) == [
            f"xs_button{end}_{lang}_{each.id}"
            for group in dict.fromkeys(command.group for command in COMMANDS.values())
            for each in COMMANDS.values()
            if each.group == group
        ]
        for command in COMMANDS.values():
            button = buttons[f"xs_button{end}_{lang}_{command.id}"]
            assert button.get("label") == word("command." + command.id, lang)
            assert button.get("supertip") == words()["command." + command.id]["help_" + lang]
            assert button.get("imageMso") == command.icon
            assert button.get("onAction") == f"xs_ribbon_{command.id}{end}"


def test_every_icon_is_a_picture_that_office_has() -> None:
    lines = (Path(__file__).parent / "data" / "image_mso.txt").read_text("utf-8").splitlines()
    known = {line for line in lines if line and not line.startswith("#")}
    used = [command.icon for command in (*COMMANDS.values(), *CALC_COMMANDS.values())]
    assert [icon for icon in used if icon not in known] == []
    assert len(set(used)) == len(used)


@pytest.mark.parametrize("book", BOOKS)
def test_the_lint_finds_nothing(book: str, packages: dict[str, Path]) -> None:  # noqa: F811
    assert xlsx_lint.faults(packages[book]) == []


@pytest.mark.parametrize("book", BOOKS)
def test_the_file_passes_microsofts_validator(book: str, packages: dict[str, Path]) -> None:  # noqa: F811
    assert ooxml.errors(packages[book]) == []


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_same_input_gives_the_same_bytes(lang: str, packages: dict[str, Path], tmp_path: Path) -> None:  # noqa: F811
    again = empty_book(tmp_path / f"again.{lang}.xlsm", lang)
    assert again.read_bytes() == packages[lang].read_bytes()


def test_nothing_is_calculated_when_the_file_opens(packages: dict[str, Path]) -> None:  # noqa: F811
    book = xlsx_lint.Package(packages["en"]).parts["xl/workbook.xml"].decode()
    assert "fullCalcOnLoad" not in book
    assert int(re.findall(r'calcId="(\d+)"', book)[0]) >= 191_029  # an older engine's number makes Excel calculate


@pytest.mark.parametrize("lang", LANGUAGES)
def test_home_says_how_to_install_and_what_a_mac_lacks(lang: str, packages: dict[str, Path]) -> None:  # noqa: F811
    home = openpyxl.load_workbook(packages[lang])[word("sheet.home", lang)]
    cells = [str(cell.value) for row in home["A1:A12"] for cell in row]
    assert cells.count(word("build.home.install", lang)) == 1
    assert sum(word("build.home.mac", lang) in cell and 'INFO("system")' in cell for cell in cells) == 1


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_function_has_a_live_example_that_came_out(lang: str, packages: dict[str, Path]) -> None:  # noqa: F811
    values = openpyxl.load_workbook(packages[lang], data_only=True)
    formulas = openpyxl.load_workbook(packages[lang])
    page = word("sheet.functions", lang)
    called = "".join(cell.value.text for row in formulas[page] for cell in row if hasattr(cell.value, "text"))
    checks = {name.removeprefix(PREFIX) for name in values.defined_names if name.startswith(PREFIX)}
    assert checks == set(FUNCTIONS)
    for name in FUNCTIONS:
        assert f"={name}(" in called.replace("IF(", "="), name
        ((sheet, place),) = values.defined_names[PREFIX + name].destinations
        assert values[sheet][place.replace("$", "")].value == AGREES


@pytest.mark.parametrize("lang", LANGUAGES)
def test_live_cells_over_the_workbooks_own_tables_agree_with_its_reports(lang: str, tmp_path: Path) -> None:
    checked = validate.validate_all(company(lang), lang=lang)
    loaded, results = terminal.compute(
        terminal.Loaded(checked.tables, checked.settings, checked.problems), lambda *_: None
    )
    path = tmp_path / "company.xlsm"
    terminal.write(path, loaded, results, (lang, templates.MADE), force=False)
    assert xlsx_lint.faults(path) == []
    page = openpyxl.load_workbook(path, data_only=True)[word("sheet.functions", lang)]
    summary = results["pipeline_summary"]
    row = summary[summary["scope"] == "company"].iloc[0]
    shown = {page.cell(8, column).value: page.cell(9, column).value for column in range(2, 13)}
    keys = ("open", "weighted", "commit", "best_case", "slipped", "win_rate_count", "win_rate_value", "mean_value")
    for key in (*keys, "cycle_days", "velocity_per_day"):
        assert shown[label("pipeline_summary", key, lang)] == pytest.approx(row[key]), key


Fault = tuple[str, Callable[[bytes], bytes | None]]


def swap(old: bytes, new: bytes) -> Callable[[bytes], bytes]:
    return lambda content: content.replace(old, new, 1)


def drop(pattern: bytes, new: bytes = b"") -> Callable[[bytes], bytes]:
    return lambda content: re.sub(pattern, new, content)


FAULTS: dict[str, Fault] = {
    "no VBA project": ("xl/vbaProject.bin", lambda _: None),
    "a broken VBA project": ("xl/vbaProject.bin", lambda content: content[:-700]),
    "a type of no macros": (
        r"\[Content_Types\].xml",
        swap(b"application/vnd.ms-excel.sheet.macroEnabled.main+xml", xlsx_lint.BOOKS[".xlsx"].encode()),
    ),
    "a part without type": (r"\[Content_Types\].xml", swap(b'Extension="vml"', b'Extension="vmx"')),
    "a relationship into nothing": (r"_rels/\.rels", swap(b"customUI/customUI14.xml", b"customUI/customUI15.xml")),
    "a relationship of the other edition": (r"_rels/\.rels", swap(b"office/2007/rel", b"office/2006/rel")),
    "a callback without macro": ("customUI/customUI.xml", swap(b"xs_ribbon_check", b"xs_ribbon_chek")),
    "a callback of another kind": ("customUI/customUI14.xml", swap(b"xs_ribbon_tab", b"xs_ribbon_loaded")),
    "an id twice": ("customUI/customUI14.xml", swap(b"xs_button_en_check", b"xs_button_en_undo")),
    "a button without words": ("customUI/customUI14.xml", drop(rb'label="[^"]*" (?=screen)')),
    "a button on a sheet without macro": (r"xl/drawings/vmlDrawing1.vml", swap(b"[0]!xs_", b"[0]!ys_")),
    "a code name without module": ("xl/worksheets/sheet1.xml", swap(b'codeName="sheet_home"', b'codeName="home"')),
    "a cached value of no kind": (
        r"xl/worksheets/sheet1.xml",
        lambda content: re.sub(rb"(<c r=\"\w+\" s=\"\d+\"><f>[^<]*</f><v>)[^<]*", rb"\1True", content, count=1),
    ),
    "a text that is not there": ("xl/worksheets/sheet1.xml", drop(rb'(?<=t="s"><v>)\d+', b"999999")),
    "calculation on opening": ("xl/workbook.xml", swap(b"<calcPr ", b'<calcPr fullCalcOnLoad="1" ')),
    "a name twice": ("xl/workbook.xml", swap(b'name="xs_function_help"', b'name="xs_language"')),
    "a lost reference": ("xl/workbook.xml", swap(b"xs_functions!$A$1<", b"#REF!<")),
    "a formula cut short": (r"xl/worksheets/sheet1.xml", lambda content: content.replace(b")</f>", b"</f>", 1)),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_the_lint_finds(fault: str, packages: dict[str, Path], tmp_path: Path) -> None:  # noqa: F811
    part, change = FAULTS[fault]
    assert xlsx_lint.faults(changed(packages["en"], tmp_path / "broken.xlsm", part, change))


def test_an_addin_that_says_it_is_a_workbook_is_found(packages: dict[str, Path], tmp_path: Path) -> None:  # noqa: F811
    new = swap(xlsx_lint.BOOKS[".xlam"].encode(), xlsx_lint.BOOKS[".xlsm"].encode())
    assert xlsx_lint.faults(changed(packages["addin"], tmp_path / "x.xlam", r"\[Content_Types\].xml", new))


SCHEMA_FAULTS: dict[str, Fault] = {
    "an element that nobody knows": ("xl/workbook.xml", swap(b"<calcPr ", b"<calcPrX/><calcPr ")),
    "a wrong attribute": ("xl/worksheets/sheet1.xml", swap(b"<sheetData>", b'<sheetData odd="1">')),
}


@pytest.mark.parametrize("fault", SCHEMA_FAULTS)
def test_microsofts_validator_finds(fault: str, packages: dict[str, Path], tmp_path: Path) -> None:  # noqa: F811
    part, change = SCHEMA_FAULTS[fault]
    assert ooxml.errors(changed(packages["en"], tmp_path / "broken.xlsm", part, change))
