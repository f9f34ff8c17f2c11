"""What the flows share: the languages, a workbook of their own, cells and tables by our names."""

from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
import xlwings as xw

from tests.calc.company import NOW, small_company
from tests.calc.window import Window
from xlsales.hosts.tables import PREFIX, Found, Tables, from_object
from xlsales.labels import label, word

LANGUAGES = ("en", "zh")


@pytest.fixture(params=LANGUAGES)
def lang(request: pytest.FixtureRequest) -> str:
    """The language of the workbook; menus of the office speak English."""
    return request.param


@pytest.fixture
def path(lang: str, tmp_path: Path) -> Path:
    """A copy of the small demonstration workbook in Calc's edition, beside it `data`, the folder of its sources."""
    return small_company(lang, tmp_path)


@pytest.fixture
def book(window: Window, path: Path) -> Iterator[xw.Book]:
    """The workbook open in the window, every formula calculated."""
    found = window.show(path)
    found.app.calculate()
    return found


def cells(area: xw.Range) -> list[list[object]]:
    """Values as rows; errors as their texts."""
    return area.options(ndim=2, err_to_str=True).value


def table(book: xw.Book, key: str) -> Found:
    """A table by its key, as it stands now."""
    name, places = PREFIX + key, book.impl.table_places()
    if name in places:  # to look through all tables of the book from outside takes as long as a click
        sheet = book.sheets[places[name]]
        return from_object(key, sheet, sheet.tables[name])
    found = Tables(book).find(key)
    assert found is not None, key
    return found


def body(book: xw.Book, key: str) -> pd.DataFrame:
    """The rows of a table by our keys."""
    found = table(book, key)
    names = {at: name for name, at in found.place.items()}
    return pd.DataFrame(found.values(), dtype=object).rename(columns=names)


def cell(found: Found, key: str, row: int) -> xw.Range:
    """A cell of a table; row from 0."""
    return found.block(row, found.place[key], 1, 1)


def sourced(book: xw.Book, lang: str, folder: str = "data") -> None:
    """Type where the data come from into the settings."""
    found = table(book, "settings")
    names = [str(line[found.place["setting"]]) for line in found.values()]
    cell(found, "value", names.index(word("setting.source", lang))).value = folder


def doubled(folder: Path) -> dict[str, float]:
    """Double the last order line and the last receipt of the source; what each was."""
    was = {}
    for name in ("orders", "receipts"):
        path = folder / f"{name}.csv"
        frame = pd.read_csv(path, dtype=str)
        heading = next(each for each in frame if each in {"amount", *(label(name, "amount", at) for at in LANGUAGES)})
        was[name] = float(frame.loc[frame.index[-1], heading])
        frame.loc[frame.index[-1], heading] = str(was[name] * 2)
        frame.to_csv(path, index=False)
    return was


__all__ = ["LANGUAGES", "NOW", "body", "book", "cell", "cells", "doubled", "lang", "path", "sourced", "table"]
