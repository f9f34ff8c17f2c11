"""Workbooks for the tests: the demonstration company cut short, with results made by hand; and the empty template."""

import io
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd

from tests.made_results import made
from xlsales import demo, validate
from xlsales.build import workbook
from xlsales.problems import Problem

NOW = datetime(2026, 10, 8, 9, 30)  # noqa: DTZ001 - a fixed moment
WHOLE = ("plan", "plan_versions", "targets", "org_units", "regions", "salespeople")
INJECTION = "=cmd|' /C calc'!A0"
PROBLEMS = [
    Problem("target_locked", "error", "orders", "amount", 9, "1,2x", source="orders.csv", money=1234.5),
    Problem("not_found", "warning", "orders", "date", 12, "2026-13-01", source="orders.csv"),
    Problem("not_found", "note", "customers", "name", None, INJECTION, source="customers.csv"),
]


@cache
def tables(lang: str) -> dict[str, pd.DataFrame]:
    """The company's checked tables, the long ones cut to 25 rows; one customer is named like a formula."""
    raw = demo.tables(lang)
    cut = {key: frame if key in WHOLE else frame.head(25) for key, frame in raw.items()}
    cut["customers"] = cut["customers"].assign(name=[INJECTION, *cut["customers"]["name"].tolist()[1:]])
    cut["customers"]["loyalty"] = "gold"
    checked = {
        key: validate.validate(validate.TABLES[key], frame)[0] for key, frame in cut.items() if key != "settings"
    }
    held = checked["plan"]["held"].copy()
    held.iloc[0] = True
    return checked | {"plan": checked["plan"].assign(held=held)}


def settings(lang: str, unit: int = 1) -> dict[str, Any]:
    """Typed settings."""
    own = {"company": "Heng & Yuan", "as_of": date(2026, 9, 30), "unit": unit, "language": lang}
    return validate.read_settings()[0] | own


@cache
def filled(lang: str, unit: int = 1) -> bytes:
    """A book with something in every table."""
    buffer = io.BytesIO()
    rows = tables(lang)
    workbook.build(buffer, rows, made(rows), PROBLEMS, settings(lang, unit), lang=lang, now=NOW)
    return buffer.getvalue()


@cache
def empty(lang: str) -> bytes:
    """The template."""
    buffer = io.BytesIO()
    workbook.build(buffer, {}, {}, [], {}, lang=lang, now=NOW)
    return buffer.getvalue()


@cache
def opened(book: bytes, *, values: bool = False) -> openpyxl.Workbook:
    """A book as openpyxl reads it: formulas, or the cached values."""
    return openpyxl.load_workbook(io.BytesIO(book), data_only=values)


def saved(book: bytes, folder: Path, name: str) -> Path:
    """A book on disk."""
    path = folder / name
    path.write_bytes(book)
    return path


def table_frame(book: bytes, name: str) -> pd.DataFrame:
    """A table read back by its name, with its headings as they stand; rows without any value are left out."""
    for sheet in opened(book, values=True).worksheets:
        if name in sheet.tables:
            rows = [[cell.value for cell in row] for row in sheet[sheet.tables[name].ref]]
            return pd.DataFrame(rows[1:], columns=rows[0]).dropna(how="all").reset_index(drop=True)
    raise KeyError(name)
