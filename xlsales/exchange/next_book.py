"""Write the workbook of the next period beside the closed one, which is never touched."""

import re
import shutil
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

from xlsales.commands.registry import COMMANDS
from xlsales.commands.rolling import Look, Opened
from xlsales.problems import InputError, Problem
from xlsales.schema import TABLES

MACROS, PLAIN = ".xlsm", ".xlsx"
VBA = "xl/vbaProject.bin"
OWN_MODULE = re.compile(rb"(?:Module|Class|BaseClass)=([^\r\n]+)\r\n")
SHEET_NAME = re.compile(rb'<sheetPr[^>]*\bcodeName="([^"]+)"')
YEAR_AT_END = re.compile(r"[-_ ]?\d{4}(?:H[12]|Q[1-4]|-\d{2})?$")


@dataclass(frozen=True)
class Written:
    """Where the workbook is. left: the user's own sheets, which stay in the closed file. macros: whether the user's own
    modules came along; None where there are none.
    """

    path: Path
    left: tuple[str, ...] = ()
    macros: bool | None = None


def next_path(book: Path, period: str) -> Path:
    """The file beside the closed one that is named after the period; a workbook of Calc's own kind gets an .xlsx.

    >>> next_path(Path("sales-2026-09.xlsm"), "2026-10").name, next_path(Path("book.ods"), "2027").name
    ('sales-2026-10.xlsm', 'book-2027.xlsx')
    """
    ending = MACROS if book.suffix.lower() == MACROS else PLAIN
    stem = YEAR_AT_END.sub("", book.stem) or book.stem
    return book.with_name(f"{stem}-{period}{ending}")


def write_next(target: Path, opened: Opened, look: Look, book: Path) -> Written:
    """Write the workbook, whole or not at all; a file that stands there already is refused.

    book: the closed file. Its own macros come along where the sheets that they belong to are the same; one of Calc
    is followed by one in its edition.
    """
    if target.exists():
        raise InputError(Problem("roll_exists", source=str(target)))
    from xlsales.build import workbook  # noqa: PLC0415 - the writer of workbooks is heavy
    from xlsales.build.calc_edition import calc_edition, needs_edition  # noqa: PLC0415

    buttons = list(COMMANDS.values()) if target.suffix.lower() == MACROS else []
    try:
        with tempfile.TemporaryDirectory(prefix=".xlsales-", dir=target.parent) as folder:
            fresh = Path(folder) / target.name
            workbook.build(
                fresh,
                opened.tables,
                opened.results,
                opened.problems,
                opened.settings,
                lang=look.lang,
                now=look.now,
                buttons=buttons,
            )
            macros = keep_macros(book, fresh) if buttons else None
            if not buttons and not needs_edition(book):
                made, fresh = fresh, fresh.with_name("calc" + PLAIN)
                calc_edition(made, fresh)
            shutil.move(fresh, target)
    except OSError as error:
        facts = {"reason": error.strerror or str(error)}
        raise InputError(Problem("target_failed", source=str(target), facts=facts)) from error
    return Written(target, own_sheets(book), macros)


def keep_macros(book: Path, fresh: Path) -> bool | None:
    """Put the closed book's macros into the new one where the user added modules; whether that could be done."""
    old, new = _part(book, VBA), _part(fresh, VBA)
    if not old or not set(OWN_MODULE.findall(old)) - set(OWN_MODULE.findall(new)):
        return None
    if _code_names(book) != _code_names(fresh):
        return False  # modules of sheets that are not there would break the project
    beside = fresh.with_suffix(".part")
    with zipfile.ZipFile(fresh) as source, zipfile.ZipFile(beside, "w", zipfile.ZIP_DEFLATED) as out:
        for member in source.infolist():
            out.writestr(member, old if member.filename == VBA else source.read(member))
    beside.replace(fresh)
    return True


def _part(book: Path, name: str) -> bytes:
    try:
        with zipfile.ZipFile(book) as parts:
            return parts.read(name) if name in parts.namelist() else b""
    except (zipfile.BadZipFile, FileNotFoundError):
        return b""


def _code_names(book: Path) -> set[bytes]:
    """The names under which macros know the sheets."""
    with zipfile.ZipFile(book) as parts:
        pages = [name for name in parts.namelist() if re.fullmatch(r"xl/worksheets/[^/]+\.xml", name)]
        found = [SHEET_NAME.search(parts.read(name)[:4096]) for name in pages]
    return {name[1] for name in found if name}


def own_sheets(book: Path) -> tuple[str, ...]:
    """The sheets of a workbook that are none of ours: they have no table of ours and no name that we give."""
    from xlsales.build.layout import SHEETS  # noqa: PLC0415 - known to the writer only
    from xlsales.labels import known, words  # noqa: PLC0415
    from xlsales.sources.book import areas_of  # noqa: PLC0415

    try:
        with zipfile.ZipFile(book) as parts:
            text = parts.read("xl/workbook.xml").decode("utf-8")
        tables = {area.sheet for area in areas_of(book) if area.table in TABLES}
    except (zipfile.BadZipFile, KeyError, FileNotFoundError):
        return ()
    keys = [f"sheet.{sheet.key}" for sheet in SHEETS] + ["sheet.preview"]
    ours = {words()[key][lang] for key in keys if known(key) for lang in ("en", "zh")} | tables
    names = re.findall(r'<sheet\b[^>]*\bname="([^"]+)"', text)
    return tuple(name for name in names if name not in ours and not name.startswith("xs_"))
