"""Export PDF: the dashboard as a file beside the workbook; the menu holds every command."""

from pathlib import Path

import pytest
import xlwings as xw
from pypdf import PdfReader

from tests.calc.window import SOON, Window
from xlsales.commands.registry import COMMANDS, GROUPS
from xlsales.labels import word

MOST_PAGES = 8  # pages that the dashboard never fills


def test_the_dashboard_becomes_a_pdf(window: Window, book: xw.Book, path: Path, lang: str) -> None:
    said = window.run("export_pdf")
    (made,) = path.parent.glob("*.pdf")
    assert str(made) in said
    pages = PdfReader(made).pages
    assert len(pages) < MOST_PAGES, "more than the dashboard"
    assert word("sheet.dashboard", lang) in pages[0].extract_text()
    assert book.name == path.name, "the workbook itself stays what it was"


@pytest.mark.parametrize("lang", ["en"])
def test_the_menu_has_every_command(window: Window, path: Path) -> None:
    window.show(path)
    window.click("xlsales")
    wanted = {word("group." + group, "en") for group in GROUPS}
    wanted |= {word("command." + each, "en") for each in COMMANDS}
    window.wait(lambda: wanted <= set(window.names()), SOON, f"a menu with {sorted(wanted)}")
    window.screen.tool("key", "Escape")
