"""Every visible word: there in both languages, nowhere twice, no heading ambiguous, none missing and none dead."""

import csv
import re
import string
import unicodedata
from collections import Counter
from importlib.resources import files

import pytest

from xlsales.core.ageing import BUCKETS
from xlsales.core.causes import drivers_of
from xlsales.core.comparing import SPANS
from xlsales.core.credit import STATES
from xlsales.core.deals import CATEGORIES
from xlsales.core.forecast_methods import METHODS
from xlsales.core.playbook import ACTIONS
from xlsales.labels import LANGUAGES, column_help, label, words
from xlsales.schema import RESULTS, TABLES
from xlsales.schema.model import FLAG, Column, Table
from xlsales.schema.settings import SETTINGS
from xlsales.schema.targets import MEASURES, QUANTITIES, SCOPES
from xlsales.validate.codes import plain

NAMES = sorted(entry.name for entry in files("xlsales.words").iterdir() if entry.name.endswith(".csv"))
HELPED = ("columns.csv", "tables.csv", "sheets.csv", "settings.csv", "functions.csv", "commands.csv")
HEADERS = (["key", "en", "zh"], ["key", "en", "zh", "help_en", "help_zh"])
HAN = re.compile(r"[\u4e00-\u9fff]")
MARK = {"en": (".", "?"), "zh": ("。", "？")}

# Words that are the same in Chinese: names and codes, not sentences.
CODES = {"LibreOffice", "AAA", "AA", "A", "B", "C", "xlsales"}
LAYOUT = {  # these join words or stand before a figure, so their spaces are meant
    "where.join",
    "where.list",
    "argparse.usage",
    "where.space",
    "build.footer",
    "build.plan.over",
    "build.plan.short",
    "build.check.five.bad",
    "build.check.ageing.bad",
    "build.check.bridge.bad",
    "build.check.walk.bad",
}

# Sheets that hold no table of the schema; the rest of the sheets follow from the tables.
OTHER_SHEETS = {
    "focus",
    "plan_view",
    "week_page",
    "functions",
    "home",
    "plan",
    "preview",
    "dashboard",
    "help",
    "sources",
    "chart_data",
    "lists",
}

# The contract of the in-cell functions: names and arguments in their order; a table function ends with two more.
FUNCTIONS = {
    "XS_ALLOCATE": "total weights method held lower upper unit",
    "XS_FIT": "seed row_totals column_totals held unit",
    "XS_BREAKBACK": "values index new_value held total unit",
    "XS_SEASONALITY": "history",
    "XS_FIVE": "orders receipts by period first last invoices settings lang",
    "XS_BRIDGE": "base actual measure settings lang",
    "XS_PACE": "target actual period_start period_end as_of weights settings lang",
    "XS_FORECAST": "history horizon season confidence method settings lang",
    "XS_FORECAST_ERROR": "actual forecast history season settings lang",
    "XS_PIPELINE": "opportunities as_of first last target_left stages settings lang",
    "XS_SETTLE": "invoices receipts as_of settings lang",
    "XS_AGEING": "invoices receipts as_of by settings lang",
    "XS_DSO": "receivable sales days method current",
    "XS_CEI": "opening sales closing_total closing_current",
    "XS_CREDIT": "monthly_sales term_months risk_class",
    "XS_SCORE": "attainment curve interpolate lower_is_better",
    "XS_SCORECARD": "actuals kpis red_lines curves grades ratings settings lang",
    "XS_COMMISSION": "amount tiers quota mode cap floor",
    "XS_SMART": "targets history settings lang",
    "XS_GAPS": "targets actuals by drivers settings lang",
    "XS_IMPROVE": "gaps playbook top start owners settings lang",
    "XS_EFFECT": "data min_units settings lang",
    "XS_RFM": "orders as_of classes customers settings lang",
    "XS_ABC": "values a b",
    "XS_HHI": "values",
    "XS_NEXT": "orders customer top min_support settings lang",
    "XS_WORKDAYS": "first last country holidays",
}

BUTTONS = {
    "check",
    "sources",
    "refresh_orders",
    "refresh_all",
    "undo",
    "show_plan",
    "allocate",
    "confirm",
    "discard",
    "spread",
    "hold",
    "release",
    "versions",
    "distribute",
    "collect",
    "negotiate",
    "handover",
    "refresh_margin",
    "refresh_collections",
    "pipeline",
    "snapshot",
    "monitor",
    "dashboard",
    "score",
    "incentives",
    "improve",
    "review",
    "close_period",
    "roll",
    "take_targets",
    "take_actions",
    "language",
    "export_pdf",
    "help",
    "about",
    "copy_for_excel",
}

# What the calculation writes into result columns: codes that a reader sees as words.
WRITTEN = {
    "measure": (*MEASURES, "margin_rate", "profit_rate"),
    "scope": SCOPES,
    "dimension": (*SCOPES, "total", "product_line", "category", "segment", "manager", "unit", "aspect"),
    "level": ("row", "member", "scope"),
    "effect": ("base", "price", "volume", "mix", "new", "lost", "cost", "fx", "other", "total", "actual"),
    "span": SPANS,
    "timing": ("due", "slipped", "undated"),
    "band": ("not_stated", "dearer", "from_0", "from_5", "from_10", "from_15", "from_20", "from_30"),
    "stage_then": ("prospecting", "qualified", "proposal", "negotiation", "won", "lost"),
    "stage_now": ("prospecting", "qualified", "proposal", "negotiation", "won", "lost", "gone"),
    "problem": (
        "owner_missing",
        "value_missing",
        "close_date_missing",
        "closed_in_future",
        "closed_before_created",
        "exit_requirement",
    ),
    "source": ("leads", "interactions", "tasks", "opportunities"),
    "stage": ("prospecting", "qualified", "proposal", "negotiation", "won", "lost"),
    "state": STATES,
    "method": METHODS,
    "category": CATEGORIES,
    "reason": (*BUCKETS[1:], "refund", "disputed", "over_limit", "stop_ship", "slipped", "stale", "overdue", "no_next"),
    "cause": ("price", "volume", "mix", "cost", "expense", "coverage", "win_rate", "overdue", "terms", "other"),
    "alert": (
        "behind_pace",
        "margin_rate_falling",
        "discount_over_limit",
        "concentration",
        "overdue_over_limit",
        "pipeline_thin",
        "target_without_plan",
        "activity_below_plan",
        "satisfaction_falling",
    ),
}


def rows_of(name: str) -> list[list[str]]:
    text = (files("xlsales.words") / name).read_text("utf-8")
    return list(csv.reader(text.splitlines()))


def own(prefix: str) -> dict[str, dict[str, str]]:
    """The words whose key begins with a prefix, by the rest of the key."""
    return {key.removeprefix(prefix): row for key, row in words().items() if key.startswith(prefix)}


def keys_of(name: str) -> list[str]:
    return [row[0] for row in rows_of(name)[1:]]


def as_read(heading: str) -> str:
    """A heading as a reader compares it: width and case do not count."""
    return unicodedata.normalize("NFKC", heading).casefold().strip()


def placeholders(text: str) -> Counter[str]:
    return Counter(field for _, field, _, _ in string.Formatter().parse(text) if field is not None)


def all_columns() -> list[tuple[Table, Column]]:
    return [(table, column) for table in TABLES.values() for column in table.columns]


def duplicates(found: list[str]) -> list[str]:
    return [item for item, count in Counter(found).items() if count > 1]


# Every file


def test_no_key_stands_twice_in_all_files() -> None:
    assert duplicates([key for name in NAMES for key in keys_of(name)]) == []


@pytest.mark.parametrize("name", NAMES)
def test_a_file_is_a_regular_table(name: str) -> None:
    text = (files("xlsales.words") / name).read_bytes()
    assert text.endswith(b"\n")
    assert b"\r" not in text
    assert not text.startswith(b"\xef\xbb\xbf")
    header, *rows = rows_of(name)
    assert header in HEADERS
    assert [row for row in rows if len(row) != len(header)] == []


@pytest.mark.parametrize("name", NAMES)
def test_both_languages_are_there(name: str) -> None:
    assert [row for row in rows_of(name)[1:] if row[0] not in LAYOUT and not (row[1] and row[2])] == []


@pytest.mark.parametrize("name", NAMES)
def test_no_stray_whitespace(name: str) -> None:
    stray = [
        cell
        for row in rows_of(name)[1:]
        for cell in row
        if row[0] not in LAYOUT and (cell != cell.strip() or re.search(r"\s\s|\t|\u3000", cell))
    ]
    assert stray == []


@pytest.mark.parametrize("name", NAMES)
def test_both_languages_name_the_same_facts(name: str) -> None:
    different = [
        row
        for row in rows_of(name)[1:]
        for en, zh in zip(row[1::2], row[2::2], strict=True)
        if set(placeholders(en)) != set(placeholders(zh))
    ]
    assert different == []


@pytest.mark.parametrize("name", NAMES)
def test_chinese_is_chinese_and_english_is_not(name: str) -> None:
    wrong = []
    for row in rows_of(name)[1:]:
        for en, zh in zip(row[1::2], row[2::2], strict=True):
            bare = re.sub(r"\{[^{}]*\}|&[A-Z]", "", zh)  # facts and the codes of a page's footer are no words
            if re.search("[A-Za-z]", bare) and not HAN.search(bare) and bare not in CODES:
                wrong.append((row[0], zh))
            if HAN.search(re.sub(r"\([\u4e00-\u9fff]+\)", "", en)):  # a Chinese term may stand in brackets
                wrong.append((row[0], en))
    assert wrong == []


@pytest.mark.parametrize("name", NAMES)
def test_no_word_could_be_taken_for_a_formula(name: str) -> None:
    assert [row for row in rows_of(name)[1:] if any(cell.startswith(("=", "+", "@", "-")) for cell in row)] == []


@pytest.mark.parametrize("name", HELPED)
def test_help_is_a_sentence_in_both_languages(name: str) -> None:
    for key, _, _, *helps in rows_of(name)[1:]:
        assert bool(helps[0]) == bool(helps[1]), f"{key} has help in one language only"
        for lang, text in zip(LANGUAGES, helps, strict=True):
            assert not text or text.endswith(MARK[lang]), f"{key}: {text}"
            assert len(text) <= 255, f"{key}: longer than an input message may be"


@pytest.mark.parametrize("name", [*HELPED, "values.csv"])
def test_chinese_has_chinese_punctuation(name: str) -> None:
    mixed = re.compile(r"[\u4e00-\u9fff][,;:?!()]|[,;:?!()][\u4e00-\u9fff]")
    cells = [cell for row in rows_of(name)[1:] for cell in row[2::2]]
    # inside an example formula the comma is the formula's own
    assert [cell for cell in cells if mixed.search(re.sub(r"=XS_\w+\((?:[^()]|\([^()]*\))*\)", "", cell))] == []


# Columns


def test_every_column_has_a_heading_and_help() -> None:
    for table, column in all_columns():
        for lang in LANGUAGES:
            assert label(table.key, column.key, lang)
            assert column_help(table.key, column.key, lang), f"{table.key}.{column.key}"


def test_every_column_key_has_a_general_word_and_every_word_a_column() -> None:
    assert set(own("column.")) == {column.key for _, column in all_columns()}
    known = {f"{table.key}.{column.key}" for table, column in all_columns()}
    assert [key for key in keys_of("columns.csv") if not key.startswith("column.") and key not in known] == []


def test_an_own_word_says_more_than_the_general_one() -> None:
    found = words()
    same = [
        key
        for key in keys_of("columns.csv")
        if not key.startswith("column.") and found[key] == found["column." + key.split(".")[1]]
    ]
    assert same == []


def test_a_general_word_is_shown_somewhere() -> None:
    found = words()
    shown = {column.key for table, column in all_columns() if f"{table.key}.{column.key}" not in found}
    several = {key for key, count in Counter(column.key for _, column in all_columns()).items() if count > 1}
    assert several | shown == set(own("column."))


@pytest.mark.parametrize("table", TABLES.values(), ids=lambda table: table.key)
def test_a_heading_names_one_column(table: Table) -> None:
    """Headings recognise columns in either language or by key, so none may stand for two columns of a table."""
    meant: dict[str, set[str]] = {}
    for column in table.columns:
        heard = {column.key, column.key.replace("_", " ")} | {label(table.key, column.key, lang) for lang in LANGUAGES}
        for heading in heard:
            meant.setdefault(as_read(heading), set()).add(column.key)
    assert {heading: columns for heading, columns in meant.items() if len(columns) > 1} == {}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_headings_fit_a_column_and_need_no_escape(lang: str) -> None:
    limit = {"en": 32, "zh": 16}[lang]  # an input message's title holds 32
    for table, column in all_columns():
        heading = label(table.key, column.key, lang)
        assert len(heading) <= limit, heading
        assert not set(heading) & set("[]#'@{}\"|"), heading
        assert not heading[0].isdigit() or re.search("[A-Za-z\u4e00-\u9fff]", heading), heading


def test_where_sales_meet_cash_the_heading_says_so() -> None:
    rates = "rate_period rate_cumulative rate_due"
    taxed = {
        "collections_report": "opening invoiced collected due due_collected closing " + rates,
        "ageing": "outstanding disputed",
        "credit_watch": "credit_limit outstanding utilisation overdue",
        "dunning": "overdue",
        "dso_trend": "receivable invoiced collected rate_period rate_cumulative rate_due",
        "contract_ledger": "delivered invoiced collected open",
    }
    for table, columns in taxed.items():
        for column in columns.split():
            assert "incl. tax" in label(table, column, "en"), f"{table}.{column}"
            assert "含税" in label(table, column, "zh"), f"{table}.{column}"
    for table in ("collections_report", "ageing", "credit_watch", "dunning"):
        assert "incl. tax" in words()["table." + table]["en"]
        assert "含税" in words()["table." + table]["zh"]


def test_columns_are_sorted_general_first_then_as_in_the_schema() -> None:
    keys = keys_of("columns.csv")
    general = [key for key in keys if key.startswith("column.")]
    assert general == sorted(general)
    place = {f"{table.key}.{column.key}": at for at, (table, column) in enumerate(all_columns())}
    special = keys[len(general) :]
    assert special == sorted(special, key=lambda key: place[key])


# Tables, sheets, settings


def test_tables_are_named_once_in_the_order_of_the_schema() -> None:
    assert keys_of("tables.csv") == ["table." + key for key in TABLES]
    for lang in LANGUAGES:
        names = [row[lang] for row in own("table.").values()]
        assert duplicates([as_read(name) for name in names]) == []
        assert all(row["help_" + lang] for row in own("table.").values())


def test_every_sheet_has_a_name_and_every_name_a_sheet() -> None:
    expected = {table.sheet for table in TABLES.values()} | {"plan_" + key for key in QUANTITIES} | OTHER_SHEETS
    assert set(own("sheet.")) == expected


@pytest.mark.parametrize("lang", LANGUAGES)
def test_sheet_names_are_legal_and_unique(lang: str) -> None:
    names = [row[lang] for row in own("sheet.").values()]
    assert duplicates([as_read(name) for name in names]) == []
    for name in names:
        assert 0 < len(name) <= 31
        assert not set(name) & set("[]:*?/\\'\"")
        assert as_read(name) != "history"  # Excel keeps this name for itself
    assert all(row["help_" + lang] for row in own("sheet.").values())


def test_settings_are_named_once_in_their_order() -> None:
    assert keys_of("settings.csv") == ["setting." + key for key in SETTINGS]
    for lang in LANGUAGES:
        assert duplicates([as_read(row[lang]) for row in own("setting.").values()]) == []
        assert all(row["help_" + lang] for row in own("setting.").values())


# Values


def domains() -> list[tuple[str, str, tuple[str, ...]]]:
    """Where a value may stand: the place, the key of its words, the values."""
    found = [(f"{table.key}.{column.key}", column.key, column.domain) for table, column in all_columns()]
    found += [("setting " + setting.key, setting.key, setting.domain) for setting in SETTINGS.values()]
    found += [("result " + key, key, values) for key, values in WRITTEN.items()]
    return [(place, key, values) for place, key, values in found if values]


@pytest.mark.parametrize(("place", "key", "values"), domains(), ids=lambda part: part if isinstance(part, str) else "")
def test_every_value_has_its_own_word(place: str, key: str, values: tuple[str, ...]) -> None:
    found = own(f"value.{key}.")
    assert [value for value in values if value not in found] == []
    for lang in LANGUAGES:
        assert duplicates([as_read(found[value][lang]) for value in values]) == []
        for value in values:  # a word is never the code of another value
            assert as_read(found[value][lang]) not in set(values) - {value}


def test_every_word_of_a_value_has_a_place() -> None:
    inputs: dict[str, set[str]] = {}
    written = {column.key for table, column in all_columns() if table.role == "kept" or table.key in RESULTS}
    for _, key, values in domains():
        inputs.setdefault(key, set()).update(values)
    free = written | {"stage", "kind", "flag"}  # stages and red lines are typed by people, with names of ours to start
    dead = [
        key
        for key in own("value.")
        if key.split(".")[0] not in free and key.split(".")[1] not in inputs[key.split(".")[0]]
    ]
    assert dead == []


def test_yes_and_no_have_words() -> None:
    assert any(column.kind == FLAG for _, column in all_columns())
    assert {key: (row["en"], row["zh"]) for key, row in own("value.flag.").items()} == {
        "yes": ("Yes", "是"),
        "no": ("No", "否"),
    }


def test_every_cause_and_every_owner_of_the_playbook_has_a_word() -> None:
    causes = {action[0] for action in ACTIONS} | {cause for measure in MEASURES for cause in drivers_of(measure)}
    assert causes - set(own("value.cause.")) == set()
    assert {action[3] for action in ACTIONS} == set(own("value.who."))


def test_values_stand_together_by_column() -> None:
    groups = [key.split(".")[1] for key in keys_of("values.csv")]
    starts = [group for at, group in enumerate(groups) if at == 0 or groups[at - 1] != group]
    assert duplicates(starts) == []


# Functions and buttons


def test_every_function_and_argument_has_words_in_the_order_of_the_contract() -> None:
    expected = []
    for name, arguments in FUNCTIONS.items():
        expected += ["function." + name, *(f"function.{name}.{argument}" for argument in arguments.split())]
    assert [key for key in keys_of("functions.csv") if key.startswith("function.")] == expected


def test_texts_of_functions_fit_the_wizard_and_its_source() -> None:
    for key, row in {**own("function."), **own("function_category.")}.items():
        for lang in LANGUAGES:
            assert len(row[lang]) <= 200, key
            assert '"' not in row[lang], key


def test_an_example_calls_its_function_with_no_more_arguments_than_it_has() -> None:
    for name, arguments in FUNCTIONS.items():
        for lang in LANGUAGES:
            text = words()["function." + name]["help_" + lang]
            call = re.search(rf"={name}\(((?:[^()]|\([^()]*\))*)\)", text)
            assert call, f"{name}: no example in {lang}"
            given = re.sub(r"\([^()]*\)", "", call.group(1)).split(",")
            assert len(given) <= len(arguments.split()), text


def test_every_button_has_label_and_tip() -> None:
    assert set(own("command.")) == BUTTONS
    limits = {"en": 24, "zh": 10}
    for lang in LANGUAGES:
        labels = [row[lang] for row in own("command.").values()]
        assert duplicates([as_read(text) for text in labels]) == []
        assert [text for text in labels if len(text) > limits[lang]] == []
        assert all(row["help_" + lang] for row in own("command.").values())


def test_groups_of_buttons_have_names() -> None:
    assert list(own("group.")) == ["data", "plan", "finance", "monitor", "evaluate", "improve", "book"]


@pytest.mark.parametrize("table", TABLES.values(), ids=lambda table: table.key)
def test_no_heading_of_a_table_means_two_columns(table: Table) -> None:
    """A heading that is another column's key would be read as that column, and the table could not be written."""
    meant: dict[str, set[str]] = {}
    for column in table.columns:
        for name in (column.key, *(label(table.key, column.key, lang) for lang in LANGUAGES)):
            meant.setdefault(plain(name), set()).add(column.key)
    assert {name: keys for name, keys in meant.items() if len(keys) > 1} == {}
