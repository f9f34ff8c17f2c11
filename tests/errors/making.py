"""How broken inputs are made: small files in a folder, read and checked as the command line does it."""

import io
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

import pandas as pd
import xlsxwriter

from xlsales import sources, validate
from xlsales.problems import Problem, sentence

Content = str | bytes
Make = Callable[[Path], list[Problem]]


@dataclass(frozen=True)
class Case:
    """A broken input: its name, the code that it must give, and how it is made and read in an empty folder."""

    name: str
    code: str
    make: Make


def told(case: Case, folder: Path) -> list[Problem]:
    """All problems of a case; it must give its code."""
    place = folder / "data"
    place.mkdir()
    return case.make(place)


def text_of(problems: list[Problem], folder: Path) -> str:
    """What the catalogue keeps: severity, code, money left out, then the sentence in English and Chinese."""
    lines = []
    for problem in problems:
        money = "" if problem.money is None else f" {problem.money:.2f}"
        lines.append(f"{problem.severity} {problem.code}{money}")
        lines += [sentence(problem, lang).replace(str(folder), "FOLDER") for lang in ("en", "zh")]
        lines.append("")
    return "\n".join(lines)


def write(folder: Path, files: Mapping[str, Content]) -> None:
    for name, content in files.items():
        (folder / name).write_bytes(content.encode("utf-8") if isinstance(content, str) else content)


def read(place: Path, data: Path | None = None) -> list[Problem]:
    try:
        return validate.validate_all(sources.read(place, data)).problems
    except sources.Unreadable as error:
        return error.problems


def files(name: str, code: str, contents: Mapping[str, Content]) -> Case:
    """A folder of files."""

    def make(folder: Path) -> list[Problem]:
        write(folder, contents)
        return read(folder)

    return Case(name, code, make)


def csv(name: str, code: str, table: str, content: Content, **others: Content) -> Case:
    """One CSV file for a table, with others beside it."""
    return files(name, code, {f"{table}.csv": content, **{f"{key}.csv": text for key, text in others.items()}})


def toml(name: str, code: str, content: Content, contents: Mapping[str, Content] | None = None) -> Case:
    """A sources.toml with files beside it."""
    return files(name, code, {"sources.toml": content, **(contents or {})})


def denied(name: str, code: str, method: str, error: OSError | None = None) -> Case:
    """A folder in which the system does not do what the named method of a path asks for."""

    def make(folder: Path) -> list[Problem]:
        write(folder, {"regions.csv": "region\nN\n"})
        with mock.patch.object(Path, method, side_effect=error or PermissionError(13, "denied")):
            return read(folder)

    return Case(name, code, make)


def sheet(tables: Mapping[str, list[list[object]]]) -> bytes:
    """A workbook with one sheet per entry."""
    target = io.BytesIO()
    with xlsxwriter.Workbook(target) as book:
        for title, rows in tables.items():
            page = book.add_worksheet(title)
            for row, cells in enumerate(rows):
                page.write_row(row, 0, cells)
    return target.getvalue()


def our_book(tables: Mapping[str, list[list[object]]], *, top: int = 3, left: int = 1) -> bytes:
    """A workbook of ours: table objects named xs_<table>, each on its own sheet, not in the corner."""
    target = io.BytesIO()
    with xlsxwriter.Workbook(target, {"default_date_format": "yyyy-mm-dd", "strings_to_formulas": False}) as book:
        for key, rows in tables.items():
            page = book.add_worksheet(key.title())
            page.write(0, 0, "not part of any table")
            columns = [{"header": str(heading)} for heading in rows[0]]
            last = (top + len(rows) - 1, left + len(columns) - 1)
            page.add_table(top, left, *last, {"name": "xs_" + key, "columns": columns, "data": rows[1:]})
    return target.getvalue()


def bomb(megabytes: int) -> bytes:
    """A file named .xlsx that unpacks to so many megabytes of nothing."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as parts:
        parts.writestr("xl/workbook.xml", "<workbook/>")
        with parts.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as part:
            for _ in range(megabytes):
                part.write(bytes(1_000_000))
    return target.getvalue()


def parquet(frame: pd.DataFrame) -> bytes:
    target = io.BytesIO()
    frame.to_parquet(target)
    return target.getvalue()
