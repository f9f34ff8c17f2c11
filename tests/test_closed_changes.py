"""A closed period that was changed shows in every way in which a workbook is looked at: each button, each command."""

import datetime as dt

import pandas as pd
import pytest

from tests.test_commands import click, log_file
from tests.toy_company import company, open_company, rows_of, write_folder
from xlsales.__main__ import main
from xlsales.build import workbook
from xlsales.commands.reading import of_closed
from xlsales.commands.sealing import changed_closings, content, seals
from xlsales.core.closing import fingerprint
from xlsales.exchange.book_file import read_plan_book
from xlsales.labels import LANGUAGES, label, word
from xlsales.schema.closing import SEALED
from xlsales.validate import validate_all

__all__ = ["log_file"]  # the fixture that keeps failures in a folder of the test's own
MONTH = "2026-08"
NOW = dt.datetime(2026, 10, 1, 9, 30)  # noqa: DTZ001 - cells know no time zones
MORE = 4711.0


def closed_company(lang="en", more=0.0):
    """The small company with August closed; more: by how much one of its order lines was raised since."""
    frames = dict(company(lang))
    checked = validate_all(frames, lang=lang)
    held = content(checked.tables, checked.settings, MONTH)
    row = {"period": MONTH, "closed_on": pd.Timestamp("2026-09-03"), "closed_by": "Li", "hash": fingerprint(held)}
    frames |= {"closed_periods": pd.DataFrame([row]), "closed_content": seals(held, MONTH)}
    orders = frames["orders"].copy()
    inside = orders.index[(orders["date"] >= "2026-08-01") & (orders["date"] < "2026-09-01")]
    orders.loc[inside[0], "amount"] += more
    return frames | {"orders": orders}


def told(frames):
    checked = validate_all(frames)
    return [problem.code for problem in changed_closings(checked.tables, checked.settings, {})]


def saved(folder, lang="en", more=0.0):
    """The same as a workbook."""
    frames = closed_company(lang, more)
    checked = validate_all(frames, lang=lang)
    path = folder / "book.xlsx"
    workbook.build(path, checked.tables, {}, [], checked.settings, lang=lang, now=NOW)
    return path


def sentence(lang="en"):
    return word("said.closed_changed", lang, periods=MONTH)


def problems(tables, lang="en"):
    start = word("table.orders", lang) if lang == "en" else "2026-09-03"
    return [what for what in tables["what"].dropna() if what.startswith(start) and MONTH in what]


# What is told


def test_an_unchanged_period_is_not_told():
    assert told(closed_company()) == []


def test_a_changed_line_a_removed_seal_and_a_forged_one_are_told():
    assert told(closed_company(more=MORE)) == ["closed_sum_changed"]
    frames = closed_company()
    seal = frames["closed_content"]
    assert told(frames | {"closed_content": seal[seal["sealed"] != "orders"]}) == []  # the period itself is what it was
    forged = closed_company(more=MORE)
    checked = validate_all(forged)
    now = seals(content(checked.tables, checked.settings, MONTH), MONTH)
    assert told(forged | {"closed_content": now}) == ["closed_changed"]
    none = forged["closed_content"].iloc[:0]
    assert told(forged | {"closed_content": none}) == ["closed_changed"]


@pytest.mark.parametrize(
    ("table", "column"),
    [("order_credits", "share"), ("cost_history", "unit_cost"), ("fx_rates", "rate")],
)
def test_what_the_figures_of_a_closed_period_stand_on_is_sealed_with_it(table, column):
    frames = closed_company()
    checked = validate_all(frames)
    inside = content(checked.tables, checked.settings, MONTH)[table].index
    raised = {column: frames[table][column].where(frames[table].index != inside[0], frames[table][column] + 0.25)}
    changed = frames | {table: frames[table].assign(**raised)}
    checked = validate_all(changed)
    found = changed_closings(checked.tables, checked.settings, {})
    assert [problem.facts["other_table"] for problem in found] == [table]


@pytest.mark.parametrize("table", ["budget", "targets", "activity_plan"])
def test_what_was_planned_for_a_closed_period_is_sealed_with_it(table):
    frames = closed_company()
    late = frames[table].head(1).assign(period=MONTH)
    after = frames[table].head(1).assign(period="2026-12")
    for more, seen in ((late, [table]), (after, [])):
        changed = frames | {table: pd.concat([frames[table], more], ignore_index=True)}
        assert [facts["other_table"] for facts in facts_of(changed)] == seen


def facts_of(frames):
    checked = validate_all(frames)
    return [problem.facts for problem in changed_closings(checked.tables, checked.settings, {})]


def test_a_setting_that_changes_figures_is_sealed_and_one_of_looks_is_not():
    frames = closed_company()
    for name, value, seen in (("tax_rate", "0.06", ["settings"]), ("unit", "10000", []), ("confidence", "0.9", [])):
        rows = frames["settings"][frames["settings"]["setting"] != name]
        extra = pd.DataFrame({"setting": [name], "value": [value]}, dtype=object)
        changed = frames | {"settings": pd.concat([rows, extra], ignore_index=True)}
        assert [facts["other_table"] for facts in facts_of(changed)] == seen, name


def test_every_table_that_may_be_sealed_has_its_seal_named():
    checked = validate_all(company())
    assert set(content(checked.tables, checked.settings, MONTH)) <= set(SEALED)


def test_seals_name_their_table_in_the_users_language_and_are_read_back(tmp_path):
    raw = read_plan_book(saved(tmp_path, "zh"))
    shown = set(raw.tables["closed_content"][label("closed_content", "sealed", "zh")])
    assert word("table.orders", "zh") in shown
    assert "orders" not in shown
    checked = validate_all(raw, lang="zh")
    assert "orders" in set(checked.tables["closed_content"]["sealed"])
    assert changed_closings(checked.tables, checked.settings, {}) == []


def test_a_period_whose_row_was_deleted_is_told():
    frames = closed_company()
    assert told(frames | {"closed_periods": frames["closed_periods"].iloc[:0]}) == ["closed_opened"]


# Buttons


@pytest.mark.parametrize("lang", LANGUAGES)
def test_check_data_says_it_and_lists_it(lang):
    book = open_company(lang, closed_company(lang, MORE))
    click(book, "check")
    assert sentence(lang) in book.app.impl.said[-1]
    assert len(problems(rows_of(book, "problems", lang), lang)) == 1


@pytest.mark.slow
@pytest.mark.parametrize("command", ["monitor", "pipeline", "score", "incentives", "improve", "dashboard"])
def test_every_button_that_computes_says_it_and_lists_it(command):
    book = open_company("en", closed_company(more=MORE))
    click(book, command)
    assert sentence() in book.app.impl.said[-1]
    assert len(problems(rows_of(book, "problems"))) == 1


@pytest.mark.slow
@pytest.mark.parametrize("command", ["refresh_orders", "refresh_margin", "refresh_collections", "refresh_all"])
def test_every_button_that_reads_sources_says_what_they_changed(command, tmp_path):
    place = tmp_path / "company.xlsx"
    place.write_bytes(b"")
    book = open_company("en", closed_company(), name=str(place), source="data")
    frames = closed_company(more=MORE)
    key = "receipts" if command == "refresh_collections" else "orders"
    if key == "receipts":
        frames["receipts"] = frames["receipts"].assign(amount=frames["receipts"]["amount"] + 1)
    write_folder(tmp_path / "data", {key: frames[key]})
    click(book, command)
    assert sentence() in book.app.impl.said[-1]
    listed = [what for what in rows_of(book, "problems")["what"].dropna() if f"of {MONTH}, closed on" in what]
    assert [what.split(" of ")[0] for what in listed] == [word("table." + key, "en")]


# The command line


@pytest.mark.slow
@pytest.mark.parametrize("lang", LANGUAGES)
def test_check_tells_it_of_a_workbook(lang, tmp_path, capsys):
    assert main(["check", str(saved(tmp_path, lang)), "--lang", lang]) == 0
    assert "2026-09-03" not in capsys.readouterr().out
    assert main(["check", str(saved(tmp_path, lang, MORE)), "--lang", lang]) == 0
    out = capsys.readouterr().out
    assert any(MONTH in line and "2026-09-03" in line for line in out.splitlines())


@pytest.mark.slow
def test_run_and_refresh_tell_it_and_list_it_in_the_book(tmp_path, capsys):
    book = saved(tmp_path, more=MORE)
    out = tmp_path / "out.xlsx"
    for command, result in ((["run", str(book), "--out", str(out)], out), (["refresh", str(book)], book)):
        assert main([*command, "--lang", "en", "--now", NOW.isoformat()]) == 0
        assert f"Order lines of {MONTH}, closed on 2026-09-03, have changed since" in capsys.readouterr().out
        listed = read_plan_book(result).tables["problems"].rename(columns={label("problems", "what", "en"): "what"})
        assert len(problems(listed)) == 1


def test_nothing_is_said_where_nothing_changed():
    assert of_closed([], "en") == []
