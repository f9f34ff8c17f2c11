"""The line above a table: its name, and while nothing stands there, what would and which button brings it."""

import pytest

from tests.books import empty, filled, opened
from xlsales.build.captions import KEPT, SILENT, UNSEEN, empty_note, filled_by
from xlsales.build.layout import CAPTION_ROW, SHEETS, list_object
from xlsales.commands.registry import COMMANDS
from xlsales.labels import LANGUAGES, word
from xlsales.schema import RESULTS, TABLES

SEEN = [key for key in TABLES if key not in SILENT and TABLES[key].sheet not in UNSEEN]


def captions(book):
    """What stands above each table, and whether anything stands in it."""
    found = {}
    for sheet in book.worksheets:
        for name, table in dict.items(sheet.tables):
            rows = list(sheet[table.ref])
            there = any(cell.value is not None for row in rows[1:] for cell in row)
            found[name] = (sheet.cell(CAPTION_ROW + 1, rows[0][0].column).value, there)
    return found


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("kind", [empty, filled], ids=lambda kind: kind.__name__)
def test_an_empty_table_says_what_would_stand_there_and_a_filled_one_only_its_name(kind, lang):
    found = captions(opened(kind(lang), values=True))
    silent = []
    for key in SEEN:
        told, there = found[list_object(key)]
        name, note = word("table." + key, lang), empty_note(TABLES[key], lang)
        if not note:
            silent.append(key)
        assert told == (name if there or not note else name + note), key
    assert set(silent) == {"refreshes", "log", "locked_plans", "locked_assignments"}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_result_names_a_button_that_writes_it(lang):
    for key in RESULTS:
        if TABLES[key].sheet in UNSEEN:
            continue
        button = filled_by(TABLES[key])
        assert {"all", "sheet:" + TABLES[key].sheet} & set(COMMANDS[button].writes), key
        assert word("command." + button, lang) in empty_note(TABLES[key], lang)
    assert filled_by(TABLES["scores"]) == "score"
    assert filled_by(TABLES["review_page"]) == "review"


def test_what_the_buttons_keep_is_named_by_its_button():
    for key, button in KEPT.items():
        assert key in COMMANDS[button].writes or key == "closed_content", key


def test_the_formula_counts_the_first_keys_and_turns_grey():
    book = opened(empty("en"))
    sheet = book[word("sheet.review_page", "en")]
    cell = sheet.cell(CAPTION_ROW + 1, 1)
    assert "COUNTA(xs_review_page[Period])+COUNTA(xs_review_page[" in cell.value
    rules = [rule for area in sheet.conditional_formatting if cell.coordinate in area.sqref for rule in area.rules]
    assert [rule.formula for rule in rules] == [[f"LEN($A${CAPTION_ROW + 1})>{len(word('table.review_page', 'en'))}"]]
    assert rules[0].dxf.font.italic


def test_tables_that_a_program_fills_without_computing_keep_their_plain_name():
    own = {table.key for sheet in SHEETS if sheet.key == "sources" for table in sheet.tables}
    assert all(not empty_note(TABLES[key], "en") for key in own)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_differences_that_must_be_nothing_are_red(lang):
    book = opened(empty(lang))
    balance = book[word("sheet.collection_trend", lang)]
    rules = [rule for area in balance.conditional_formatting for rule in area.rules if rule.dxf.font is not None]
    red = [rule for rule in rules if rule.dxf.font.color is not None and rule.dxf.font.color.rgb == "FFC00000"]
    assert len(red) == 1
    for each in LANGUAGES:
        assert word("value.balance_part.difference", each) in red[0].formula[0]
    sources = book[word("sheet.sources", lang)]
    heading = word("refreshes.difference", lang)
    below = [cell.offset(row=1) for row in sources.iter_rows() for cell in row if cell.value == heading]
    assert any(cell.number_format.startswith("[Red]") for cell in below)
