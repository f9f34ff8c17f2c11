"""Distribute and Collect as buttons: files beside the workbook, a question, the plan and its matrix, undo."""

import pytest

from tests.test_commands_plan import plan, said
from tests.test_exchange import edit
from tests.test_spread_command import january, people_of, small, typed_in
from tests.toy_company import rows_of
from xlsales.hosts.book import run


def in_folder(tmp_path, lang):
    book = typed_in(small(lang), lang)
    path = tmp_path / "company.xlsx"
    path.write_bytes(b"the workbook")
    book.impl.fullname = str(path)
    return book


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_files_go_out_and_the_answer_comes_back(tmp_path, lang):
    book = in_folder(tmp_path, lang)
    run("distribute", book)
    said(book)
    folder = tmp_path / {"en": "company-plan-base", "zh": "company-计划-base"}[lang]
    names = sorted(path.name for path in folder.iterdir())
    assert len(names) == 6
    before = book.impl.state()["sheets"][plan(book, lang).name]
    run("collect", book)
    assert {"en": "0 of 6 answered", "zh": "6 份中已回复 0 份"}[lang] in said(book)
    assert book.impl.state()["sheets"][plan(book, lang).name] == before

    mine = folder / {"en": "plan-base-S02.xlsx", "zh": "计划-base-S02.xlsx"}[lang]
    people = people_of(book, lang)[1]
    first = plan(book, lang).range((people[0], 2)).value  # S02's own row is in the file of S01
    assert first == "S02"
    edit(mine, {"E7": 35}, finished={"en": "Yes", "zh": "是"}[lang])
    run("collect", book)
    assert "30.00 → 35.00" in book.app.impl.asked.pop()
    assert january(book, lang) == [10, 35, 60]
    long = rows_of(book, "plan", lang)
    assert long.loc[long["salesperson"] == "S03", "value"].tolist() == [35]
    run("undo", book)
    assert january(book, lang) == [10, 30, 60]


def test_no_means_nothing_is_written_and_a_book_never_saved_is_refused(tmp_path):
    book = in_folder(tmp_path, "en")
    run("distribute", book)
    edit(tmp_path / "company-plan-base" / "plan-base-S02.xlsx", {"E7": 35})
    book.app.impl.answers = ["no"]
    run("collect", book)
    assert january(book) == [10, 30, 60]
    run("distribute", book)
    assert "it may hold an answer" in said(book)
    book.impl.fullname = "company.xlsx"
    run("distribute", book)
    assert said(book).startswith("The workbook was never saved")
