"""Versions of the plan: save, compare, restore, scenarios; every one logged and undone like any command."""

import numpy as np
import pandas as pd
import pytest

from tests.test_commands_plan import JANUARY, plan, said, select
from tests.test_spread_command import january, people_of, small, typed_in
from tests.toy_company import rows_of
from xlsales.commands.versions import compared, factor_of, parsed, scaled
from xlsales.hosts.book import run
from xlsales.problems import InputError


def versions(book, text, lang="en"):
    plan(book, lang).range("D5").value = text
    select(book, (people_of(book, lang)[1][0], JANUARY, 1, 1), lang=lang)
    run("versions", book)
    return said(book)


def type_january(book, values, lang="en"):
    for row, value in zip(people_of(book, lang)[1], values, strict=False):
        plan(book, lang).impl.cells_[row, JANUARY] = float(value)


def sums(book, lang="en"):
    rows = rows_of(book, "plan", lang)
    mine = rows[(rows["region"] == "NORTH") & (rows["period"] == "2026-01")]
    return mine.groupby("version")["value"].sum().to_dict()


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_save_change_compare_restore_undo(lang):
    book = typed_in(small(lang), lang)
    verbs = {"en": ("SAVE", "Compare", "restore"), "zh": ("保存", "比较", "恢复")}[lang]
    versions(book, f"{verbs[0]} March", lang)
    assert plan(book, lang).range("B5").value == "March"
    assert sums(book, lang) == {"base": 100, "March": 100}
    kept = rows_of(book, "plan_versions", lang)
    assert kept[["version", "base", "by"]].iloc[-1].tolist()[:2] == ["March", "base"]
    type_january(book, (20, 30, 60), lang)
    told = versions(book, f"{verbs[1]} base March", lang).splitlines()
    assert "NORTH" in told[2]
    assert told[2].endswith("10.00 → 20.00")
    assert told[1].endswith("(+10.00)")
    versions(book, f"{verbs[2]} base", lang)
    assert "10.00" in book.app.impl.asked.pop()
    assert january(book, lang) == [10, 30, 60]
    assert sums(book, lang) == {"base": 100, "March": 100}
    run("undo", book)
    assert january(book, lang) == [20, 30, 60]
    log = rows_of(book, "log", lang)["parameters"].dropna().tolist()
    assert [text.partition(":")[0] for text in log if "→" in text] == ["save base → March", "restore base → March"]


def test_a_restore_that_is_refused_writes_nothing():
    book = typed_in(small())
    versions(book, "SAVE B")
    type_january(book, (20, 30, 60))
    book.app.impl.answers = ["no"]
    versions(book, "RESTORE base")
    assert january(book) == [20, 30, 60]


def test_a_scenario_stands_beside_the_current_version():
    book = typed_in(small())
    told = versions(book, "SCENARIO stretch 110%")
    assert "base times 1.1" in told
    assert plan(book).range("B5").value == "base"
    assert sums(book) == {"base": 100, "stretch": 110}
    made = rows_of(book, "plan_versions").set_index("version")
    assert pd.isna(made.loc["stretch", "created"])
    run("undo", book)
    said(book)
    assert set(rows_of(book, "plan")["version"]) <= {"base"}


def test_what_cannot_be_done_says_why():
    book = typed_in(small())
    assert "base" in versions(book, "")
    for text, wanted in {
        "SAVE base": "exists already",
        "SAVE": "is no command",
        "RESTORE base": "is the current version",
        "RESTORE gone": "no version gone",
        "SCENARIO low zero": "is no factor",
    }.items():
        assert wanted in versions(book, text), text


def rows(*values):
    frame = pd.DataFrame({"measure": "sales", "period": "2026-01", "value": values, "lower": np.nan, "upper": 10.0})
    frame = frame.assign(version="a", salesperson=[f"S{number}" for number in range(len(values))])
    return frame.assign(**dict.fromkeys(("region", "product", "customer", "segment", "channel")))


def test_a_scenario_adds_up_to_the_scaled_sum():
    found = scaled(rows(1.0, 1.0, 1.0), 1.5, 1.0)
    assert sorted(found["value"]) == [1, 1, 2]  # 4.5 is rounded to the even 4
    assert found["upper"].tolist() == [15.0] * 3
    assert scaled(rows(100.0, 200.0), 0.9, 1.0)["value"].tolist() == [90, 180]


def test_commands_and_factors():
    assert parsed("  scenario low　0.9 ").names == ("low", "0.9")
    assert parsed("hello") is None
    assert (factor_of("1.1"), factor_of("90%")) == (1.1, 0.9)
    for wrong in ("0", "-1", "nan", "x", "inf"):
        with pytest.raises(InputError, match="no factor"):
            factor_of(wrong)


def test_a_comparison_names_what_only_one_has():
    both = pd.concat([rows(5.0, 6.0), rows(5.0).assign(version="b")], ignore_index=True)
    told = compared(both, "a", "b", "en").splitlines()
    assert told == ["a against b: 1 cells differ.", "Sales: 11.00 → 5.00 (-6.00)", "    Sales 2026-01 S1: 6.00 → –"]
