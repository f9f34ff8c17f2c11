"""Pictures of every sheet of a workbook, as a spreadsheet program draws them: `python -m tests.rendering BOOK OUT`."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

LIMIT = 300  # seconds
FORMULA = re.compile(rb"<f\b[^>]*?/>|<f\b[^>]*>.*?</f>", re.DOTALL)
HIDDEN = re.compile(rb' state="(?:hidden|veryHidden)"')


def missing() -> str:
    """What is missing for pictures, "" for nothing. In continuous tests nothing may be missing."""
    absent = [name for name in ("soffice", "pdftoppm") if shutil.which(name) is None]
    if absent and os.environ.get("CI_MUST_NOT_SKIP") == "1":
        raise RuntimeError(f"not installed: {absent}")
    return ", ".join(absent)


def soffice(book: Path, out: Path, target: str) -> Path:
    """Convert a workbook with a profile of its own, so that runs do not disturb each other."""
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as profile:
        command = ["soffice", "--headless", "--norestore", f"-env:UserInstallation=file://{profile}"]
        command += ["--convert-to", target, "--outdir", str(out), str(book)]
        done = subprocess.run(command, capture_output=True, timeout=LIMIT, check=False)
    found = out / (book.stem + "." + target.partition(":")[0])
    if not found.exists():
        raise RuntimeError(f"{book.name} was not converted: {done.stderr.decode(errors='replace')}")
    return found


def frozen(book: Path, to: Path, *, show_hidden: bool = False) -> Path:
    """A copy with every formula dropped and its cached value kept, so that the pictures show what Excel would show."""
    with zipfile.ZipFile(book) as source, zipfile.ZipFile(to, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            part = source.read(name)
            if name.startswith("xl/worksheets/sheet"):
                part = FORMULA.sub(b"", part)
            if name == "xl/workbook.xml" and show_hidden:
                part = HIDDEN.sub(b"", part)
            target.writestr(name, part)
    return to


def pictures(book: Path, out: Path, *, resolution: int = 70, show_hidden: bool = False) -> list[Path]:
    """One picture a printed page, in the order of the sheets."""
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        copy = frozen(book, Path(folder) / book.name, show_hidden=show_hidden)
        pdf = soffice(copy, out, "pdf")
    stem = out / book.stem
    subprocess.run(["pdftoppm", "-r", str(resolution), "-png", str(pdf), str(stem)], check=True, timeout=LIMIT)
    return sorted(out.glob(book.stem + "-*.png"))


def recalculated(book: Path, out: Path) -> Path:
    """The workbook after a real spreadsheet program has computed every formula anew."""
    stripped = out / ("uncached_" + book.name)
    out.mkdir(parents=True, exist_ok=True)
    value = re.compile(rb"(</f>)<v>[^<]*</v>")
    with zipfile.ZipFile(book) as source, zipfile.ZipFile(stripped, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            part = source.read(name)
            if name.startswith("xl/worksheets/sheet"):
                part = value.sub(rb"\1", part)
            target.writestr(name, part)
    return soffice(stripped, out / "recalculated", "xlsx")


if __name__ == "__main__":
    for picture in pictures(Path(sys.argv[1]), Path(sys.argv[2])):
        print(picture)
