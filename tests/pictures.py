"""Pictures of every sheet in a real Calc window: `python -m tests.pictures [en] [zh] [--out DIR] [--zoom PERCENT]`.

The demonstration company, made small, is built, opened on a virtual screen with menu and toolbar of xlsales, and each
visible sheet is photographed as a user sees it first. One PNG a sheet: DIR/LANG/NN-name.png.
"""

import argparse
import contextlib
import io
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import xlwings as xw
from rich.progress import Progress

from tests.calc.company import small_company
from tests.calc.desk import quiet_profile
from tests.calc.office import start
from tests.calc.screen import screen
from tests.calc.window import Window
from xlsales.__main__ import main as xlsales
from xlsales.hosts.calc_uno import UnoMissing, uno

LANGUAGES = ("en", "zh")
PROGRAMS = {"soffice": "libreoffice-calc", "Xvfb": "xvfb"}
ZOOM = 75  # percent; shows what stands on two screens of a laptop
BY_VALUE = 3  # com.sun.star.view.DocumentZoomType
PAINTED = 1.0  # seconds a chart may take after the office is at rest
MISSING, BROKEN = 2, 1


def missing() -> str:
    """What is not there and how to get it, as a sentence; "" where everything is there."""
    absent = [name for name in PROGRAMS if shutil.which(name) is None]
    if absent:
        packages = " ".join(PROGRAMS[name] for name in absent)
        return f"Pictures need {' and '.join(absent)}. Install with: sudo apt install {packages}"
    try:
        uno()
    except UnoMissing as error:
        return f"LibreOffice's module for Python cannot be loaded ({error}). Install with: sudo apt install python3-uno"
    return ""


def profile_in(folder: Path) -> Path:
    """A profile of the office with the extension, put there by the command that users type."""
    profile = folder / "profile"
    os.environ["XDG_DATA_HOME"] = str(folder / "share")
    with contextlib.redirect_stdout(io.StringIO()):
        code = xlsales(["calc", "install", "--profile", str(profile)])
    if code:
        raise RuntimeError("the extension cannot be installed")
    quiet_profile(profile)
    return profile


@contextlib.contextmanager
def opened(path: Path, profile: Path, out: Path) -> Iterator[tuple[Window, xw.Book]]:
    """A workbook in a window that fills the screen, everything calculated."""
    with screen() as shown:
        office = start(profile, display=shown.name)
        try:
            office.connect()
            window = Window(office, shown, out)
            book = window.show(path)
            book.app.calculate()
            yield window, book
        finally:
            office.end()


def photograph(window: Window, book: xw.Book, out: Path, zoom: int) -> Iterator[Path]:
    """A picture of each sheet that can be seen, in their order."""
    view = book.impl.xl.getCurrentController()
    for number, sheet in enumerate(seen(book), 1):
        sheet.activate()
        view.setPropertyValue("ZoomType", BY_VALUE)
        view.setPropertyValue("ZoomValue", zoom)
        window.settle()
        time.sleep(PAINTED)
        window.settle()
        yield window.screen.picture(out / f"{number:02}-{sheet.name.replace('/', '-')}.png")


def seen(book: xw.Book) -> list[xw.Sheet]:
    """The sheets that are not hidden."""
    return [sheet for sheet in book.sheets if sheet.impl.xl.getPropertyValue("IsVisible")]


def main(arguments: list[str]) -> int:
    """Make the pictures; 0, or a sentence and another code."""
    parser = argparse.ArgumentParser(prog="python -m tests.pictures", description=__doc__.partition("\n")[0])
    parser.add_argument("languages", nargs="*", metavar="LANG", help="en, zh; both by default")
    parser.add_argument("--out", type=Path, default=Path("pictures"), metavar="DIR", help="by default ./pictures")
    parser.add_argument("--zoom", type=int, default=ZOOM, metavar="PERCENT", help=f"by default {ZOOM}")
    chosen = parser.parse_args(arguments)
    languages = chosen.languages or list(LANGUAGES)
    unknown = sorted(set(languages) - set(LANGUAGES))
    if unknown:
        parser.error(f"no language {', '.join(unknown)}; there are {', '.join(LANGUAGES)}")
    lacking = missing()
    if lacking:
        print(lacking, file=sys.stderr)
        return MISSING
    with tempfile.TemporaryDirectory(prefix="xlsales-pictures-", ignore_cleanup_errors=True) as name, Progress() as bar:
        folder = Path(name)
        try:
            take(languages, chosen.out, chosen.zoom, (folder, bar))
        except (AssertionError, RuntimeError, OSError) as error:
            print(f"No pictures: {error}", file=sys.stderr)
            return BROKEN
    return 0


def take(languages: list[str], out: Path, zoom: int, where: tuple[Path, Progress]) -> None:
    """The pictures of each language, with a bar that says which sheet is on the screen."""
    folder, bar = where
    step = bar.add_task("installing the extension", total=None)
    profile = profile_in(folder)
    for lang in languages:
        target = out / lang
        if target.exists():
            for old in target.glob("[0-9][0-9]-*.png"):
                old.unlink()
        target.mkdir(parents=True, exist_ok=True)
        bar.update(step, description=f"{lang}: building the workbook", total=None, completed=0)
        with contextlib.redirect_stdout(io.StringIO()):
            path = small_company(lang, folder)
        bar.update(step, description=f"{lang}: opening it")
        with opened(path, profile, target) as (window, book):
            bar.update(step, total=len(seen(book)))
            for picture in photograph(window, book, target, zoom):
                bar.update(step, advance=1, description=f"{lang}: {picture.stem}")
        bar.console.print(f"{len(list(target.glob('*.png')))} pictures in {target}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
