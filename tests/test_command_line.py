"""The command line: what a person types, right and wrong, and what she is told."""

import os
import sys
from pathlib import Path

import pytest

from xlsales import __version__
from xlsales.__main__ import main, users_language

LANGUAGES = ("en", "zh")


@pytest.fixture(autouse=True)
def plain_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LC_ALL", "LC_MESSAGES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", "C.UTF-8")
    monkeypatch.setenv("COLUMNS", "200")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A tiny source: two regions, one of them with an order too many."""
    (tmp_path / "regions.csv").write_text("region,name\nN,North\nS,South\n", "utf-8")
    (tmp_path / "customers.csv").write_text("customer,name,region\nC1,First,N\n", "utf-8")
    (tmp_path / "products.csv").write_text("product,name,unit_cost\nP1,Pump,6\n", "utf-8")
    rows = "order,line,date,customer,product,quantity,unit_price\nA,1,2026-01-05,C1,P1,2,10\n"
    (tmp_path / "orders.csv").write_text(rows, "utf-8")
    return tmp_path


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.strip() == f"xlsales {__version__}"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["run"], {"en": "the following arguments are required", "zh": "缺少必需的参数"}),
        (["fly"], {"en": "invalid choice: 'fly'", "zh": "无效的选项 'fly'"}),
        (["new", "a.xlsx", "--shout"], {"en": "unrecognized arguments: --shout", "zh": "无法识别的参数：--shout"}),
        (["new", "a.xlsx", "--now"], {"en": "expected one argument", "zh": "需要一个值"}),
    ],
)
@pytest.mark.parametrize("lang", LANGUAGES)
def test_wrong_use_is_one_line_in_the_language(
    arguments: list[str],
    said: dict[str, str],
    lang: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("LANG", "zh_CN.UTF-8" if lang == "zh" else "C.UTF-8")
    assert main(arguments) == 2
    told = capsys.readouterr().err
    assert said[lang] in told
    assert told.count("\n") == 1


@pytest.mark.parametrize(
    ("system", "arguments", "lang"),
    [("zh_CN.UTF-8", [], "zh"), ("de_DE", [], "en"), ("zh_CN", ["--lang", "en"], "en"), ("C", ["--lang=zh"], "zh")],
)
def test_the_language_is_the_user_s(
    system: str, arguments: list[str], lang: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LANG", system)
    assert users_language(arguments) == lang


@pytest.mark.parametrize("lang", LANGUAGES)
def test_new_writes_a_workbook_and_will_not_replace_it(
    lang: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    book = tmp_path / "mine.xlsx"
    assert main(["new", str(book), "--lang", lang]) == 0
    before = book.read_bytes()
    assert main(["new", str(book), "--lang", lang]) == 2
    told = capsys.readouterr().err
    assert str(book) in told
    assert {"en": "--force", "zh": "加上 --force"}[lang] in told
    assert book.read_bytes() == before
    assert main(["new", str(book), "--lang", lang, "--force"]) == 0


def test_the_same_now_gives_the_same_bytes(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    out = tmp_path_factory.mktemp("out")
    moment = ["--now", "2026-03-01T08:00:00", "--as-of", "2026-02-28"]
    for name in ("a.xlsx", "b.xlsx"):
        assert main(["run", str(folder), "--out", str(out / name), *moment]) == 0
    assert (out / "a.xlsx").read_bytes() == (out / "b.xlsx").read_bytes()


def test_run_tells_the_five_quantities_and_the_file(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    book = tmp_path / "out.xlsx"
    assert main(["run", str(folder), "--out", str(book), "--as-of", "2026-02-28"]) == 0
    told = capsys.readouterr().out
    assert "20.00" in told  # two pumps of 10
    assert "8.00" in told  # less a cost of 6 each
    assert f"Written: {book}" in told


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_wrong_row_is_left_out_in_the_open(
    lang: str, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with (folder / "orders.csv").open("a", encoding="utf-8") as file:
        file.write("B,1,2026-01-06,C1,P1,three,10\n")
    book = tmp_path / "out.xlsx"
    assert main(["run", str(folder), "--out", str(book), "--as-of", "2026-02-28", "--lang", lang]) == 0
    told = capsys.readouterr().out
    assert "three" in told
    assert {"en": "1 errors", "zh": "错误 1 个"}[lang] in told


@pytest.mark.parametrize("lang", LANGUAGES)
def test_strict_stops_and_writes_nothing(
    lang: str, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with (folder / "orders.csv").open("a", encoding="utf-8") as file:
        file.write("B,1,2026-01-06,C1,P1,three,10\n")
    book = tmp_path / "out.xlsx"
    assert main(["run", str(folder), "--out", str(book), "--strict", "--lang", lang]) == 1
    assert not book.exists()
    assert "--strict" in capsys.readouterr().out


def test_check_says_0_for_good_data_and_1_for_an_error(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(folder)]) == 0
    assert "No problems found." in capsys.readouterr().out
    (folder / "regions.csv").write_text("region,name\nN,North\nN,Again\n", "utf-8")
    assert main(["check", str(folder)]) == 1


def test_check_lists_so_many_and_all_on_demand(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = "".join(f"X{number},1,2026-01-06,C1,P1,many,10\n" for number in range(30))
    with (folder / "orders.csv").open("a", encoding="utf-8") as file:
        file.write(rows)
    assert main(["check", str(folder)]) == 1
    assert "and 29 more like it" in capsys.readouterr().out
    assert main(["check", str(folder), "--all"]) == 1
    assert capsys.readouterr().out.count("many") == 30


def test_a_filled_in_workbook_can_be_checked(folder: Path, tmp_path: Path) -> None:
    book = tmp_path / "out.xlsx"
    assert main(["run", str(folder), "--out", str(book), "--as-of", "2026-02-28"]) == 0
    assert main(["check", str(book)]) == 0


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["check", "nowhere"], {"en": "nowhere", "zh": "nowhere"}),
        (["run", "{folder}", "--out", "x.txt"], {"en": "not a name of a workbook", "zh": "不是工作簿的文件名"}),
        (["run", "{folder}", "--out", "gone/x.xlsx"], {"en": "does not exist", "zh": "不存在"}),
        (
            ["run", "{folder}", "--out", "x.xlsx", "--as-of", "soon"],
            {"en": "soon is not a date", "zh": "soon 不是日期"},
        ),
        (["demo", "--out", "regions.csv/out"], {"en": "could not be made", "zh": "无法建立该文件夹"}),
        (["help", "ordres"], {"en": "orders", "zh": "orders"}),
    ],
)
def test_a_mistake_gets_a_sentence_and_no_traceback(
    arguments: list[str],
    said: dict[str, str],
    lang: str,
    folder: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(folder)
    code = main([argument.format(folder=folder) for argument in arguments] + ["--lang", lang])
    told = capsys.readouterr()
    assert code == 2
    assert said[lang] in told.err
    assert "Traceback" not in told.err


def test_our_own_failure_is_one_line_unless_debug_asks(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from xlsales import sources

    def broken(*_: object) -> None:
        raise RuntimeError("boom")

    monkeypatch.setattr(sources, "read", broken)
    assert main(["check", str(folder)]) == 2
    told = capsys.readouterr().err
    assert "RuntimeError: boom" in told
    assert "Traceback" not in told
    assert main(["check", str(folder), "--debug"]) == 2
    assert "Traceback" in capsys.readouterr().err


@pytest.mark.parametrize("lang", LANGUAGES)
def test_help_explains_every_topic(lang: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["help", "--lang", lang]) == 0
    assert "orders" in capsys.readouterr().out
    assert main(["help", "orders", "--lang", lang]) == 0
    told = capsys.readouterr().out
    assert {"en": "Quantity", "zh": "数量"}[lang] in told


@pytest.mark.skipif(sys.platform == "win32", reason="a bar is drawn with other letters there")
def test_progress_goes_to_the_error_stream(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", str(folder), "--out", str(tmp_path / "o.xlsx"), "--as-of", "2026-02-28"]) == 0
    assert "Reading" not in capsys.readouterr().out
    assert os.environ["COLUMNS"] == "200"
