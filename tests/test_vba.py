"""The VBA of workbook and add-in: the container, the sources, what analysers say, what the macros do when run."""

import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
import pyvbaanalysis
from olefile import OleFileIO
from pyopenvba.exceptions import VBACompileError

from tests import vba_lint
from tests.macro_run import Macros
from tests.packages import ENDS, packages  # noqa: F401 - a fixture
from xlsales.build import compound, ovba, vba
from xlsales.commands.registry import COMMANDS
from xlsales.labels import LANGUAGES, word
from xlsales.udfs import FUNCTIONS

BOOKS = list(ENDS)
WORDS_OF_WORKBOOK = ["ThisWorkbook", "xlwings", "Dictionary", "xlwings_udfs", "xs_buttons"]


@pytest.mark.parametrize("book", BOOKS)
def test_the_container_and_every_source_keep_the_rules(book: str, packages: dict[str, Path]) -> None:  # noqa: F811
    data = vba_lint.project_of(packages[book])
    assert vba_lint.project_faults(data) == []
    assert set(WORDS_OF_WORKBOOK) <= set(vba_lint.sources(data))


@cache
def findings(book: Path, only: str = "") -> list[tuple[str, str, str]]:
    """What a static analysis of VBA says: module, how bad, what."""
    found = pyvbaanalysis.analyze_workbook(book, only=[only] if only else None)
    return [(name, each.severity.name.lower(), each.message) for name, all_ in found.items() for each in all_]


@pytest.mark.parametrize("book", ["en", "addin"])
def test_the_analyser_finds_no_error_and_in_our_own_modules_no_warning(
    book: str,
    packages: dict[str, Path],  # noqa: F811
) -> None:
    found = findings(packages[book])
    others = {"xlwings", "xlwings_udfs", "Dictionary"}
    assert [each for each in found if each[1] == "error"] == []
    assert [each for each in found if each[1] == "warning" and each[0] not in others] == []


def test_the_modules_of_both_languages_are_the_same(packages: dict[str, Path]) -> None:  # noqa: F811
    one, other = (vba_lint.sources(vba_lint.project_of(packages[lang])) for lang in LANGUAGES)
    assert one == other


def test_olevba_reads_the_sources_that_were_written(packages: dict[str, Path]) -> None:  # noqa: F811
    command = [sys.executable, "-m", "oletools.olevba", "--code", str(packages["en"])]
    shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    for command_id in COMMANDS:
        assert f"Public Sub xs_ribbon_{command_id}(control As Object)" in shown


@pytest.mark.parametrize("command", COMMANDS)
def test_a_click_on_the_ribbon_runs_the_command_by_a_constant_text(
    command: str,
    workbook_macros: Macros,
    addin_macros: Macros,
) -> None:
    text = f"import xlsales.hosts.excel; xlsales.hosts.excel.buttons.{command}()"
    workbook_macros.run("Press", "xs_ribbon_" + command)
    assert workbook_macros.recorded == [text]
    workbook_macros.run("xs_" + command)
    assert workbook_macros.recorded == [text]
    addin_macros.run("Press", f"xs_ribbon_{command}_addin")
    assert addin_macros.recorded == [text]


@pytest.fixture(scope="module")
def workbook_macros(packages: dict[str, Path]) -> Macros:  # noqa: F811
    return Macros(packages["en"])


@pytest.fixture(scope="module")
def addin_macros(packages: dict[str, Path]) -> Macros:  # noqa: F811
    return Macros(packages["addin"])


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_tab_of_the_language_is_shown(lang: str, packages: dict[str, Path]) -> None:  # noqa: F811
    macros = Macros(packages[lang])
    assert {each: macros.run("Shown", "xs_tab_" + each) for each in LANGUAGES} == {
        each: each == lang for each in LANGUAGES
    }


def test_the_tab_of_the_addin_speaks_the_installed_language(addin_macros: Macros) -> None:
    assert addin_macros.run("Shown", "xs_tab_addin_zh") is True
    assert addin_macros.run("Shown", "xs_tab_addin_en") is False


def test_the_addin_stands_back_where_a_workbook_brings_its_own(packages: dict[str, Path]) -> None:  # noqa: F811
    macros = Macros(packages["addin"])
    macros.app.add_named_range("xs_language", "=xs_functions!$A$1")  # the mark of a workbook of ours
    assert [macros.run("Shown", "xs_tab_addin_" + lang) for lang in LANGUAGES] == [False, False]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_opening_describes_every_function_in_the_language(lang: str, packages: dict[str, Path]) -> None:  # noqa: F811
    macros = Macros(packages[lang])
    macros.run("ThisWorkbook.Workbook_Open")
    told = [line.split("|") for line in macros.recorded]
    name = packages[lang].name
    assert [line[0] for line in told] == [f"'{name}'!{each}" for each in FUNCTIONS]
    assert [line[1] for line in told] == [each.category_label(lang) for each in FUNCTIONS.values()]
    assert [line[2] for line in told] == [each.label(lang) for each in FUNCTIONS.values()]
    assert [int(line[3]) for line in told] == [len(each.arguments) - 1 for each in FUNCTIONS.values()]


def test_a_workbook_whose_help_is_gone_opens_all_the_same(packages: dict[str, Path]) -> None:  # noqa: F811
    macros = Macros(packages["en"])
    macros.app.remove_named_range("xs_function_help")
    macros.run("ThisWorkbook.Workbook_Open")
    assert macros.recorded == []


def test_xlwings_own_module_is_changed_in_its_project_name_and_path_only() -> None:
    for name in vba.CHANGES:
        before = (vba.xlwings_folder() / name).read_text("ascii").splitlines()
        after = vba.xlwings_module(name).splitlines()
        differing = [(old, new) for old, new in zip(before, after, strict=True) if old != new]
        assert [new.strip() for _, new in differing] == [
            'Public Const PROJECT_NAME As String = "xlsales"',
            'AddExcelDir = GetConfig("ADD_WORKBOOK_TO_PYTHONPATH", "false")',
            'AddExcelDir = GetConfig("ADD_WORKBOOK_TO_PYTHONPATH", "false")',
        ]


def test_another_xlwings_that_reads_otherwise_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "xlwings.bas").write_text('Public Const PROJECT_NAME As String = "other"\n', "ascii")
    monkeypatch.setattr(vba, "xlwings_folder", lambda: tmp_path)
    with pytest.raises(ValueError, match="does not read as expected"):
        vba.xlwings_module("xlwings.bas")


def test_every_description_is_there_in_plain_letters() -> None:
    for function in FUNCTIONS.values():
        text = vba.wrapper(function, "ThisWorkbook")
        assert f'Attribute {function.name}.VB_Description = "' in text
        assert text.isascii()


# The writer of the project file


@pytest.mark.parametrize("size", [0, 1, 2, 3, 4095, 4096, 4097, 8192, 20_000])
@pytest.mark.parametrize("kind", ["noise", "text", "zeros"])
def test_what_is_compressed_comes_back(size: int, kind: str) -> None:
    import random

    from oletools.olevba import decompress_stream

    texts = {
        "noise": random.Random(size).randbytes(size),
        "text": b"Public Sub xs_a()\r\n" * size,
        "zeros": bytes(size),
    }
    plain = texts[kind][:size]
    found = bytes(decompress_stream(bytearray(ovba.compressed(plain))))
    assert found[: len(plain)] == plain
    assert not found[len(plain) :].strip(b"\0")


@pytest.mark.parametrize("count", [1, 2, 3, 7, 8, 40])
@pytest.mark.parametrize("size", [0, 63, 64, 4095, 4096, 70_000])
def test_a_container_gives_back_its_streams(count: int, size: int) -> None:
    import io

    tree = {f"stream{number}": bytes([number]) * size for number in range(count)}
    data = compound.compound({"store": tree, "beside": b"x"})
    assert vba_lint.container_faults(data) == []
    with OleFileIO(io.BytesIO(data)) as file:
        assert {name: file.openstream(["store", name]).read() for name in tree} == tree


def test_the_same_text_gives_the_same_bytes() -> None:
    made = [vba.workbook_project(FUNCTIONS.values(), list(COMMANDS), ["sheet_home"]) for _ in range(2)]
    assert made[0] == made[1]


def test_letters_that_a_code_page_may_lack_are_refused() -> None:
    with pytest.raises(UnicodeEncodeError):
        ovba.project([ovba.standard("one", "' " + word("ribbon.tab", "zh") + "目标\n")], "x")


# Each gate finds its fault


def with_source(book: Path, target: Path, module: str, old: str, new: str) -> Path:
    """A copy of a workbook in which a module reads otherwise."""
    from tests.packages import changed

    def change(data: bytes) -> bytes:
        modules = []
        for name, source in vba_lint.sources(data).items():
            text = source.decode("ascii").replace("\r\n", "\n")
            if name == module:
                assert old in text
                text = text.replace(old, new, 1)
            base = 'VB_Base = "0{000208'
            kind = ovba.DOCUMENT if base in text else ovba.CLASSES if "VB_Base" in text else ovba.STANDARD
            modules.append(ovba.Module(name, kind, text))
        return ovba.project(modules, "x")

    return changed(book, target, "xl/vbaProject.bin", change)


MISTAKES = {
    "an undeclared name": ("xs_buttons", "ribbon_shown.Invalidate", "ribbon_shwon.Invalidate"),
    "a Sub that is not there": ("xs_buttons", "    draw_ribbon\n", "    draw_the_ribbon\n"),
    "too many arguments": ("xs_buttons", 'is_here("xs_check")', 'is_here("xs_check", 1)'),
}


@pytest.mark.parametrize("fault", MISTAKES)
def test_the_analyser_finds(fault: str, packages: dict[str, Path], tmp_path: Path) -> None:  # noqa: F811
    broken = with_source(packages["en"], tmp_path / "broken.xlsm", *MISTAKES[fault])
    assert "error" in {each[1] for each in findings(broken, "xs_buttons")}


def test_the_run_finds_a_sub_without_its_end(packages: dict[str, Path], tmp_path: Path) -> None:  # noqa: F811
    broken = with_source(packages["en"], tmp_path / "b.xlsm", "xs_buttons", "End Function", "")
    with pytest.raises(VBACompileError):
        Macros(broken)


def test_the_run_finds_a_text_that_names_another_command(packages: dict[str, Path], tmp_path: Path) -> None:  # noqa: F811
    broken = with_source(packages["en"], tmp_path / "b.xlsm", "xs_buttons", "buttons.check()", "buttons.chekc()")
    macros = Macros(broken)
    macros.run("Press", "xs_ribbon_check")
    assert macros.recorded != ["import xlsales.hosts.excel; xlsales.hosts.excel.buttons.check()"]


def test_the_container_lint_finds_broken_structures() -> None:
    sound = compound.compound({"b": b"x" * 5000, "aa": b"y", "c": {"d": b"z"}})
    assert vba_lint.container_faults(sound) == []
    directory = 512
    order = bytearray(sound)
    order[directory + 128 : directory + 130] = "z".encode("utf-16le")
    red = bytearray(sound)
    red[directory + 67 + 128 * 1] ^= 1
    size = bytearray(sound)
    size[directory + 128 * 3 + 120] ^= 0xFF
    for broken in (order, red, size, sound[:-100]):
        assert vba_lint.container_faults(bytes(broken))


def test_the_source_lint_finds_what_vba_cannot_read() -> None:
    head = b'Attribute VB_Name = "one"\r\n'
    assert vba_lint.source_faults("one", head + b"Sub a()\r\nEnd Sub\r\n") == []
    for broken in (
        head + b"Sub a()\nEnd Sub\r\n",
        head + "' 目标\r\n".encode(),
        head + b"' " + b"x" * 1100,
        b"Sub a()\r\n",
    ):
        assert vba_lint.source_faults("one", broken)
