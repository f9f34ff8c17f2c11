"""The button Dashboard: it computes anew whatever the dashboard draws, and goes there."""

import datetime as dt
import io
import re
import zipfile
from xml.etree import ElementTree as ET

from tests import books
from tests.toy_company import open_company, rows_of
from xlsales.commands.registry import COMMANDS, DASHBOARD
from xlsales.hosts.book import run
from xlsales.labels import word
from xlsales.schema import RESULTS, TABLES

NOW = dt.datetime(2026, 10, 1, 9, 30)  # noqa: DTZ001 - cells know no time zones
MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
LINK = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"


def formulas(key: str) -> str:
    """All formulas of a sheet of a built book."""
    with zipfile.ZipFile(io.BytesIO(books.filled("en"))) as book:
        places = {each.get("Id"): each.get("Target") for each in ET.fromstring(book.read("xl/_rels/workbook.xml.rels"))}
        sheets = ET.fromstring(book.read("xl/workbook.xml")).iter(MAIN + "sheet")
        (place,) = [places[each.get(LINK)] for each in sheets if each.get("name") == word("sheet." + key, "en")]
        return " ".join(each.text or "" for each in ET.fromstring(book.read(f"xl/{place}")).iter(MAIN + "f"))


def test_every_table_that_the_dashboard_reads_is_computed_by_its_button() -> None:
    drawn = set(re.findall(r"\bxs_(\w+)\[", formulas("dashboard") + formulas("chart_data")))
    results = {TABLES[key].sheet for key in drawn if key in RESULTS}
    assert len(results) >= 6
    assert results <= set(DASHBOARD)
    assert set(COMMANDS["dashboard"].writes) == {"sheet:" + key for key in DASHBOARD}


def test_a_click_computes_and_goes_to_the_dashboard() -> None:
    book = open_company()
    run("dashboard", book, NOW)
    assert book.impl.front.name == word("sheet.dashboard", "en")
    for key in ("five_quantities", "pace", "funnel", "ageing", "dso_trend"):
        assert len(rows_of(book, key)), key
    assert rows_of(book, "log").iloc[-1]["command"] == word("command.dashboard", "en")
