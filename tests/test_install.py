"""Installing, removing and examining, over made-up trees of a Windows computer and of a Mac."""

import dataclasses
import zipfile
from pathlib import Path

import pytest

from xlsales import terminal_excel
from xlsales.__main__ import main
from xlsales.hosts.configuration import MAC, WINDOWS, read
from xlsales.install import doctor, steps
from xlsales.install.machine import Machine
from xlsales.labels import LANGUAGES, known, word, words
from xlsales.problems import InputError

VERSION = "0.37.8"


def put(path: Path, text: str = "") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


@pytest.fixture
def windows(tmp_path: Path) -> Machine:
    home = tmp_path / "Users" / "li"
    python = put(home / "venv" / "Scripts" / "python.exe")
    for bits in (64, 32):
        put(home / "venv" / f"xlwings{bits}-{VERSION}.dll")
    return machine(WINDOWS, home, python, tmp_path)


@pytest.fixture
def mac(tmp_path: Path) -> Machine:
    home = tmp_path / "Users" / "li"
    return machine(MAC, home, put(home / "venv" / "bin" / "python3"), tmp_path)


def machine(system: str, home: Path, python: Path, root: Path) -> Machine:
    package = root / "site-packages" / "xlwings"
    put(package / f"xlwings-{VERSION}.applescript", "script")
    variables = {"APPDATA": str(home / "AppData" / "Roaming")} if system == WINDOWS else {}
    return Machine(system, home, variables, python, (python,), package, VERSION)


def install(on: Machine, lang: str = "en") -> None:
    assert terminal_excel.install(lang, dry=False, machine=on) == 0


def states(on: Machine, book: Path | None = None) -> dict[str, str]:
    return {finding.code: finding.state for finding in doctor.examine(on, book)}


@pytest.fixture(autouse=True)
def no_compiling(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("compileall.compile_dir", lambda *_, **__: True)


def test_windows_gets_the_addin_and_the_settings_where_xlwings_looks(windows: Machine) -> None:
    install(windows, "zh")
    addin = windows.home / "AppData" / "Roaming" / "Microsoft" / "Excel" / "XLSTART" / "xlsales.xlam"
    with zipfile.ZipFile(addin) as file:
        assert "xl/vbaProject.bin" in file.namelist()
    settings = read(windows.home / ".xlsales" / "xlsales.conf")
    assert settings == {
        "INTERPRETER_WIN": r"%USERPROFILE%\venv\Scripts\python.exe",
        "PYTHONPATH": "",
        "UDF MODULES": "xlsales.hosts.excel",
        "USE UDF SERVER": "True",
        "ADD_WORKBOOK_TO_PYTHONPATH": "False",
        "SHOW CONSOLE": "False",
        "LANGUAGE": "zh",
    }


def test_the_settings_read_line_by_line_as_vba_reads_them(windows: Machine) -> None:
    install(windows)
    lines = windows.configuration.read_text().splitlines()
    assert lines[0] == r'"INTERPRETER_WIN","%USERPROFILE%\venv\Scripts\python.exe"'
    assert all(line.count('"') == 4 for line in lines)


def test_a_mac_gets_the_script_too_and_the_settings_in_excels_own_folder(mac: Machine) -> None:
    install(mac)
    assert mac.script.read_text() == "script"
    assert mac.script.parent == mac.home / "Library" / "Application Scripts" / "com.microsoft.Excel"
    assert mac.addin.is_file()
    assert "Startup.localized" in str(mac.addin)
    settings = read(mac.home / "Library" / "Containers" / "com.microsoft.Excel" / "Data" / "xlsales.conf")
    assert settings["INTERPRETER_MAC"] == str(mac.python)


def test_settings_that_the_user_added_stay(windows: Machine) -> None:
    put(windows.configuration, '"SHOW CONSOLE","True"\n"ONEDRIVE_CONSUMER_WIN","D:\\Cloud"\n')
    install(windows)
    assert read(windows.configuration)["ONEDRIVE_CONSUMER_WIN"] == "D:\\Cloud"
    assert read(windows.configuration)["SHOW CONSOLE"] == "False"


def test_a_dry_run_changes_nothing_and_says_everything(windows: Machine, capsys: pytest.CaptureFixture[str]) -> None:
    before = sorted(windows.home.rglob("*"))
    assert terminal_excel.install("en", dry=True, machine=windows) == 0
    assert sorted(windows.home.rglob("*")) == before
    told = capsys.readouterr().out
    assert str(windows.addin) in told
    assert str(windows.configuration) in told
    assert word("install.dry", "en") in told


@pytest.mark.parametrize("system", [WINDOWS, MAC])
def test_removing_leaves_nothing_of_ours(system: str, windows: Machine, mac: Machine) -> None:
    on = windows if system == WINDOWS else mac
    install(on)
    assert terminal_excel.uninstall("en", dry=False, machine=on) == 0
    assert not on.addin.exists()
    assert not on.configuration.exists()
    assert on.script.exists() == (system == MAC)


def test_removing_where_nothing_is_says_so(windows: Machine, capsys: pytest.CaptureFixture[str]) -> None:
    terminal_excel.uninstall("en", dry=False, machine=windows)
    assert capsys.readouterr().out.strip() == word("install.nothing", "en")


def test_an_addin_that_excel_holds_open_is_a_sentence(windows: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    install(windows)

    def held(*_: object, **__: object) -> None:
        raise PermissionError(13, "in use")

    monkeypatch.setattr(Path, "replace", held)
    with pytest.raises(InputError) as refused:
        install(windows)
    assert refused.value.problem.code == "target_locked"
    monkeypatch.setattr(Path, "unlink", held)
    with pytest.raises(InputError) as refused:
        terminal_excel.uninstall("en", dry=False, machine=windows)
    assert refused.value.problem.code == "install_locked"


def test_a_path_that_the_code_page_lacks_is_refused(windows: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    elsewhere = put(windows.home.parent / "李" / "python.exe")
    monkeypatch.setattr("locale.getencoding", lambda: "cp1252")
    with pytest.raises(InputError) as refused:
        steps.configure(dataclasses.replace(windows, python=elsewhere), "en")
    assert refused.value.problem.code == "install_letters"
    home = put(windows.home.parent / "李" / "venv" / "python.exe")
    steps.configure(dataclasses.replace(windows, home=home.parent.parent, python=home), "en")


def test_a_computer_without_excel_is_refused_but_for_a_dry_run(capsys: pytest.CaptureFixture[str]) -> None:
    machine = terminal_excel.this_machine()
    if machine.system:
        pytest.skip("this computer may have Excel")
    assert main(["install", "--lang", "en"]) == 2
    assert word("problem.install_system", "en") in capsys.readouterr().err
    assert main(["install", "--dry-run", "--lang", "zh"]) == 0
    assert word("install.dry", "zh") in capsys.readouterr().out


@pytest.mark.parametrize("system", [WINDOWS, MAC])
def test_a_sound_installation_is_found_sound(
    system: str, windows: Machine, mac: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    on = windows if system == WINDOWS else mac
    install(on)
    assert set(states(on).values()) == {"ok"}
    capsys.readouterr()
    assert terminal_excel.doctor(None, "en", machine=on) == 0
    assert word("doctor.sound", "en") in capsys.readouterr().out


def other_version(on: Machine) -> Machine:
    newer = dataclasses.replace(on, xlwings_version="0.38.0")
    for name in newer.libraries:
        put(newer.library_folders[1] / name)
    return newer


def second_python(on: Machine) -> Machine:
    return dataclasses.replace(on, on_path=(put(on.home / "Anaconda" / "python.exe"),))


def in_onedrive(on: Machine) -> Machine:
    return dataclasses.replace(on, variables={**on.variables, "OneDriveCommercial": str(on.home)})


def for_all_users(on: Machine) -> Machine:
    programs = on.home.parent / "Program Files"
    put(programs / "Microsoft Office" / "root" / "Office16" / "XLSTART" / "xlsales.xlam")
    return dataclasses.replace(on, variables={**on.variables, "ProgramFiles": str(programs)})


def in_downloads(on: Machine) -> Machine:
    python = put(on.home / "Downloads" / "py" / "python.exe")
    moved = dataclasses.replace(on, python=python, on_path=(python,))
    for name in on.libraries:
        put(python.parent / name)
    steps.configure(moved, "en")
    return moved


def changed(**names: str) -> object:
    """A fault that is a file gone or changed: the property that names it, and its new text or None."""

    def fault(on: Machine) -> Machine:
        for name, text in names.items():
            path = on.libraries if name == "library" else getattr(on, name)
            if name == "library":
                (on.library_folders[1] / path[1]).unlink()
            elif text is None:
                path.unlink()
            else:
                path.write_text(text)
        return on

    return fault


FAULTS = {
    "configuration": ("error", changed(configuration=None)),
    "server": ("warning", changed(configuration='"INTERPRETER_WIN","%USERPROFILE%\\venv\\Scripts\\python.exe"\n')),
    "interpreter": ("error", changed(python=None)),
    "interpreter_other": ("warning", lambda on: dataclasses.replace(on, python=put(on.home / "venv" / "p.exe"))),
    "second_python": ("warning", second_python),
    "library": ("error", changed(library=None)),
    "addin": ("error", changed(addin=None)),
    "addin_foreign": ("warning", changed(addin="no workbook")),
    "addin_version": ("error", other_version),
    "twice": ("warning", for_all_users),
    "watched": ("warning", in_downloads),
    "cloud": ("warning", in_onedrive),
    "marked": ("error", lambda on: (put(on.addin.with_name(on.addin.name + ":Zone.Identifier")), on)[1]),
    "system": ("warning", lambda on: dataclasses.replace(on, system="")),
}


@pytest.mark.parametrize("code", FAULTS)
def test_every_fault_is_found_and_its_cure_said_in_both_languages(
    code: str, windows: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    install(windows)
    state, fault = FAULTS[code]
    on = fault(windows)  # type: ignore[operator]
    assert states(on)[code] == state
    for lang in LANGUAGES:
        capsys.readouterr()
        assert terminal_excel.doctor(None, lang, machine=on) == int("error" in states(on).values())
        cure = words()[f"doctor.{code}.cure"][lang].split("{")[0]
        assert cure in capsys.readouterr().out


def test_a_missing_script_on_a_mac_is_found(mac: Machine) -> None:
    install(mac)
    mac.script.unlink()
    assert states(mac)["script"] == "error"


def test_what_a_mac_holds_in_quarantine_is_found_with_its_cure(
    mac: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The program `xattr` of macOS is asked; here one that says yes of files with a mark beside them."""
    install(mac)
    book = put(tmp_path / "book 1.xlsm")
    answers = put(
        tmp_path / "bin" / "xattr", '#!/bin/sh\ntest "$1 $2" = "-p com.apple.quarantine" && test -e "$3.mark"\n'
    )
    answers.chmod(0o755)
    monkeypatch.setenv("PATH", str(answers.parent), prepend=":")
    assert states(mac, book)["quarantine"] == "ok"
    put(tmp_path / "book 1.xlsm.mark")
    assert [each.state for each in doctor.examine(mac, book) if each.code == "quarantine"] == ["ok", "warning"]
    for lang in LANGUAGES:
        capsys.readouterr()
        terminal_excel.doctor(book, lang, machine=mac)
        assert f'xattr -d com.apple.quarantine "{book}"' in capsys.readouterr().out


def test_a_workbook_is_examined_too(windows: Machine, tmp_path: Path) -> None:
    install(windows)
    book = tmp_path / "OneDrive - Firm" / "book.xlsm"
    put(book)
    assert states(windows, book)["book_foreign"] == "warning"
    assert states(windows, book)["book_cloud"] == "warning"
    book.write_bytes(windows.addin.read_bytes())
    assert states(windows, book)["book_version"] == "ok"
    put(book.with_name(book.name + ":Zone.Identifier"))
    assert [finding.state for finding in doctor.examine(windows, book) if finding.code == "marked"] == ["ok", "error"]


def test_every_finding_has_its_words() -> None:
    source = Path(doctor.__file__).read_text("utf-8")
    for key in words():
        if key.startswith("doctor.") and key.count(".") == 2:
            code, state = key.split(".")[1:]
            stem = code.removeprefix("addin_").removeprefix("book_")
            assert stem in source, key
            assert known(f"doctor.{code}.cure"), key
            assert state in {"ok", "warning", "error", "cure"}
