"""The cycle in a real Calc: functions recalculate, commands read and write, what is broken is told."""

import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pandas as pd
import pytest
import xlwings as xw

from tests.calc.company import small_company
from tests.calc.talk import Talk
from xlsales.hosts.book import run
from xlsales.hosts.tables import Found, Tables
from xlsales.labels import label, word
from xlsales.schema.targets import QUANTITIES
from xlsales.udfs import FUNCTIONS

NOW = datetime(2026, 10, 8, 9, 30)  # noqa: DTZ001 - a fixed moment
LANGUAGES = ("en", "zh")


def cells(area: xw.Range) -> list[list[object]]:
    return area.options(ndim=2, err_to_str=True).value


def table(book: xw.Book, key: str) -> Found:
    found = Tables(book).find(key)
    assert found is not None, key
    return found


def body(book: xw.Book, key: str) -> pd.DataFrame:
    """A table as it stands, by our keys."""
    found = table(book, key)
    names = {at: name for name, at in found.place.items()}
    return pd.DataFrame(found.values(), dtype=object).rename(columns=names)


def column(found: Found, key: str, row: int) -> xw.Range:
    return found.block(row, found.place[key], 1, 1)


@pytest.fixture(params=LANGUAGES)
def lang(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def path(lang: str, tmp_path: Path) -> Path:
    return small_company(lang, tmp_path)


@pytest.fixture
def book(equipped: xw.App, path: Path) -> Iterator[xw.Book]:
    found = equipped.books.open(str(path))
    found.app.calculate()
    yield found
    found.close()


def sourced(book: xw.Book, lang: str, folder: str = "data") -> None:
    """Type where the data come from into the settings."""
    found = table(book, "settings")
    names = [str(line[found.place["setting"]]) for line in found.values()]
    column(found, "value", names.index(word("setting.source", lang))).value = folder


def test_every_function_gives_in_calc_what_python_computes(book: xw.Book) -> None:
    marks = {name: cells(book.names["test_" + name].refers_to_range) for name in FUNCTIONS}
    assert {name: mark for name, mark in marks.items() if mark != [["OK"]]} == {}


def test_the_live_cells_give_what_stood_there(equipped: xw.App, path: Path, lang: str) -> None:
    name = word("sheet.functions", lang)
    found = equipped.books.open(str(path))
    try:
        before = cells(found.sheets[name].used_range)
        found.app.calculate()
        after = cells(found.sheets[name].used_range)
    finally:
        found.close()
    for old, new in zip(before, after, strict=True):
        assert new == pytest.approx(old, rel=1e-9, nan_ok=True) if all(isinstance(x, float) for x in old) else True
        assert [x for x in new if not isinstance(x, float)] == [x for x in old if not isinstance(x, float)]


def test_no_native_formula_shows_an_error(book: xw.Book) -> None:
    wrong = []
    for sheet in book.sheets:
        used = sheet.used_range
        for row, line in enumerate(cells(used)):
            wrong += [
                (sheet.name, used[row, at].address, cell)
                for at, cell in enumerate(line)
                if isinstance(cell, str) and re.fullmatch(r"#(N/A|REF!|VALUE!|NAME\?|NUM!|NULL!|DIV/0!)", cell)
            ]
    assert wrong == []


def test_a_bad_quantity_is_listed_with_a_link(book: xw.Book, lang: str, talk: Talk) -> None:
    orders = table(book, "orders")
    place = column(orders, "quantity", 1)
    place.value = "twelve"
    run("check", book, NOW)
    listed = body(book, "problems")
    address = f"{orders.sheet.name}!{place.get_address(row_absolute=False, column_absolute=False)}"
    assert address in listed["cell"].tolist()
    problems = table(book, "problems")
    line = listed["cell"].tolist().index(address)
    formula = column(problems, "cell", line).formula
    assert formula.upper().startswith("=HYPERLINK(")
    assert word("said.checked", lang, errors=1, warnings=0).split("1")[0] in talk.last
    assert book.sheets.active.name == problems.sheet.name


def test_allocate_confirm_undo(book: xw.Book, lang: str, talk: Talk) -> None:
    matrix = book.names["xs_plan_sales"].refers_to_range
    before = cells(matrix)
    year = str(cells(book.names["xs_year_sales"].refers_to_range)[0][0]).removesuffix(".0")
    targets, sales = table(book, "targets"), word("value.measure.sales", lang)
    raw = body(book, "targets")
    mine = raw[(raw["measure"] == sales) & (raw["period"] == year) & raw["valid_from"].isna()]
    people = {line[1]: at for at, line in enumerate(before) if at and line[1] and "H" not in line[4:27:2]}
    chosen = mine[mine["member"].isin(people)].iloc[0]
    goal = float(chosen["target"]) * 1.25
    column(targets, "target", int(chosen.name)).value = goal
    at = people[chosen["member"]]
    matrix.sheet.activate()
    matrix[at, 3].select()  # one cell of the year means the whole year
    run("allocate", book, NOW)
    assert book.sheets.active.name == word("sheet.preview", lang), talk.said
    assert cells(matrix) == before, "a preview writes nothing"
    run("confirm", book, NOW)
    assert word("sheet.preview", lang) not in [sheet.name for sheet in book.sheets]
    after = cells(matrix)
    assert sum(after[at][3:27:2]) == pytest.approx(goal, abs=0.005)
    assert sum(after[1][3:27:2]) - sum(before[1][3:27:2]) == pytest.approx(goal - sum(before[at][3:27:2]), abs=0.01)
    children_add_up(book)
    run("undo", book, NOW)
    assert cells(matrix) == before, talk.said


def children_add_up(book: xw.Book) -> None:
    """The native sums and check cells of every plan sheet are right, as Calc computes them."""
    from xlsales.commands.plan_sheet import rows_of
    from xlsales.hosts.open_book import HostBook

    for measure in QUANTITIES:
        matrix = HostBook(book, "en", NOW).area("xs_plan_" + measure)
        assert matrix is not None
        for row in rows_of(matrix):
            if row.children:
                for month in range(12):
                    at = 3 + 2 * month
                    parts = sum(matrix.cells[child + 1][at] or 0.0 for child in row.children)
                    assert matrix.cells[row.at + 1][at] == pytest.approx(parts, abs=1e-6)


def doubled(folder: Path) -> None:
    """The last order line of the source doubles, and the last receipt too."""
    for name, key in (("orders", "amount"), ("receipts", "amount")):
        path = folder / f"{name}.csv"
        frame = pd.read_csv(path, dtype=str)
        heading = next(each for each in frame if each in {key, *(label(name, key, lang) for lang in LANGUAGES)})
        frame.loc[frame.index[-1], heading] = str(float(frame.loc[frame.index[-1], heading]) * 2)
        frame.to_csv(path, index=False)


def test_refresh_save_reopen(book: xw.Book, path: Path, lang: str, talk: Talk, tmp_path: Path) -> None:
    sourced(book, lang)
    run("refresh_margin", book, NOW)
    run("refresh_collections", book, NOW)
    margin, aged = body(book, "margin_report"), body(book, "ageing")
    doubled(path.parent / "data")
    run("refresh_margin", book, NOW)
    assert not body(book, "margin_report").equals(margin), talk.said
    run("refresh_collections", book, NOW)
    assert not body(book, "ageing").equals(aged), talk.said
    kept = {key: body(book, key) for key in ("margin_report", "ageing", "orders", "log")}
    book.save(str(tmp_path / "kept.ods"))
    again = book.app.books.open(str(tmp_path / "kept.ods"))
    try:
        for key, frame in kept.items():
            pd.testing.assert_frame_equal(body(again, key), frame)
        talk.said.clear()
        run("undo", again, NOW)
        pd.testing.assert_frame_equal(body(again, "ageing"), aged)
    finally:
        again.close()
