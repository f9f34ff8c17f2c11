"""Who joins or leaves in the year: the plan's cells and the quotas, the region's sums as they were."""

import pandas as pd
import pytest

from tests.test_commands_plan import JANUARY, plan, preview, said, select
from tests.test_examples_on_the_sheet import in_row
from tests.test_spread_command import people_of
from tests.toy_company import cell_of, company, open_company, rows_of
from xlsales.core.quotas import participation
from xlsales.hosts.book import run

MONTHS = 12
QUOTA = 1200.0


def team(lang="en", joins="2026-07-01", leaves=pd.NaT, status="agreed", blank=False):
    """Three people of NORTH with 100 a month each: P2 joins (ramp 1 month) or leaves, P3 is there all the year."""
    whole = company(lang)
    frames = {key: frame.head(0) for key, frame in whole.items()}
    for key in ("regions", "org_units", "plan_versions"):
        frames[key] = whole[key]
    people = ["P1", "P2", "P3"]
    frames["salespeople"] = pd.DataFrame(
        {"salesperson": people, "name": people, "region": "NORTH", "ramp_months": [None, 1, None],
         "hire_date": pd.to_datetime([None, joins, None]), "leave_date": pd.to_datetime([None, leaves, None])}
    )  # fmt: skip
    cells = [{"version": "base", "measure": "sales", "region": "NORTH", "value": 100.0, "held": False,
              "salesperson": person, "period": f"2026-{month:02d}"}
             for person in people for month in range(1, MONTHS + 1)]  # fmt: skip
    frames["plan"] = pd.DataFrame(cells).reindex(columns=whole["plan"].columns)
    targets = [{"measure": "sales", "scope": "salesperson", "member": person, "period": "2026", "target": QUOTA,
                "status": status} for person in people]  # fmt: skip
    frames["targets"] = pd.DataFrame(targets).reindex(columns=whole["targets"].columns)
    frames["settings"] = whole["settings"].head(0)
    book = open_company(lang, frames)
    if blank:
        for step in range(MONTHS):
            plan(book, lang).impl.cells_[people_of(book, lang)[1][1], JANUARY + 2 * step] = None
    return book


def present(book, lang="en"):
    plan(book, lang).range("H5").value = {"en": "By presence", "zh": "按在岗时间"}[lang]
    select(book, (people_of(book, lang)[1][0], JANUARY, 3, 2 * MONTHS), lang=lang)
    run("spread", book)
    return said(book)


def quotas(book, lang="en"):
    return dict(rows_of(book, "targets", lang)[["member", "target"]].to_numpy().tolist())


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_joiner_is_cut_and_ramped_and_the_others_take_the_rest(lang):
    book = team(lang)
    present(book, lang)
    head, first = book.sheets[-1].tables["xs_preview"].range.value[:2]
    assert head[8:] == {
        "en": ["Why", "Held", "Quota before", "Quota after"], "zh": ["依据", "锁定", "原配额", "新配额"],
    }[lang]  # fmt: skip
    assert first[5:8] == [100, 150, 50]
    run("confirm", book)
    told = said(book)
    joiner = [plan(book, lang).range((people_of(book, lang)[1][1], JANUARY + 2 * at)).value for at in range(MONTHS)]
    assert joiner == [0] * 6 + [60] + [100] * 5  # in her first month she counts one half: 0.5 of 2.5 heads
    assert "3" in told
    after = quotas(book, lang)
    assert after == {"P1": QUOTA + 320, "P2": QUOTA - 640, "P3": QUOTA + 320}
    assert sum(after.values()) == 3 * QUOTA


def test_every_month_of_the_region_and_the_holds_stay_and_a_second_time_changes_nothing():
    book = team()
    present(book)
    run("confirm", book)
    said(book)
    assert [sum(in_row(book, MONTHS, row)[at] for row in range(3)) for at in range(MONTHS)] == [300.0] * MONTHS
    page, row = plan(book), people_of(book)[1][1]
    assert [page.range((row, JANUARY + 1 + 2 * at)).value for at in range(MONTHS)] == ["H"] * 7 + [None] * 5
    assert "hold these values already" in present(book)
    run("undo", book)
    said(book)
    assert in_row(book, MONTHS, 1) == [100.0] * MONTHS
    assert quotas(book) == dict.fromkeys(("P1", "P2", "P3"), QUOTA)


def test_a_leaver_hands_on_what_comes_after_the_last_day_and_an_agreed_quota_is_proposed_again():
    book = team(joins=None, leaves="2026-09-30")
    present(book)
    run("confirm", book)
    said(book)
    assert in_row(book, MONTHS, 1) == [100.0] * 9 + [0.0] * 3
    assert quotas(book) == {"P1": QUOTA + 150, "P2": QUOTA - 300, "P3": QUOTA + 150}
    rows = rows_of(book, "targets")
    assert set(rows["status"]) == {"Proposed"}
    assert rows["reason"].str.contains("Joined or left").all()


def test_a_joiner_without_a_plan_counts_as_the_mean_of_the_others():
    book = team(blank=True)
    present(book)
    run("confirm", book)
    said(book)
    assert in_row(book, MONTHS, 1) == pytest.approx([0] * 6 + [40] + [200 / 3] * 5, abs=1)
    assert [sum(in_row(book, MONTHS, row)[at] for row in range(3)) for at in range(MONTHS)] == [200.0] * MONTHS


def test_locked_quotas_nobody_there_and_a_quota_changed_meanwhile_are_refused():
    assert "locked" in present(team(status="locked"))
    book = team(leaves="2026-09-30", joins=None)
    select(book, (people_of(book)[1][1], JANUARY, 1, 2 * MONTHS))
    plan(book).range("H5").value = "By presence"
    run("spread", book)
    assert "Nobody of the selected rows of NORTH is there in 2026-10" in said(book)
    book = team()
    present(book)
    assert len(preview(book)) > 1
    cell_of(book, "targets", "target", 0).value = 5.0
    before = in_row(book, MONTHS, 1)
    run("confirm", book)
    assert "preview" in said(book).casefold()
    assert in_row(book, MONTHS, 1) == before


def test_the_whole_team_there_needs_nothing():
    assert "hold these values already" in present(team(joins=None))
    assert participation(pd.DataFrame({"salesperson": ["a"], "hire_date": [None], "leave_date": [None]}), ["2026-01"])[
        "factor"
    ].tolist() == [1.0]
