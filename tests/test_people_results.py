"""Results about targets and people on the demonstration company, and their sentences in both languages."""

from functools import cache

import pandas as pd
import pytest

from tests.test_golden import outcome as golden
from xlsales import demo, steps
from xlsales.schema import RESULTS, TABLES
from xlsales.schema.model import FLAG
from xlsales.stages import comparing, following
from xlsales.stages.cycle import Cycle
from xlsales.validate import validate_all
from xlsales.worded import worded

OURS = (
    *(key for key in RESULTS if TABLES[key].sheet in {"targets_report", "smart_report"}),
    "score_compared",
    "activity_effect",
    "contest_standings",
    "commission_lines",
    "accruals",
    "action_tracking",
    "action_progress",
    "verdicts",
    "next_targets",
    "training_needs",
    "training_record",
)
SCORING = {"lines", "settlement", "cash", "expenses", "five_quantities", "targets", "pace", "scorecard"}
REST = {step.key for step in steps.STEPS} - SCORING


@cache
def company() -> tuple[dict[str, pd.DataFrame], steps.Outcome]:
    checked = validate_all(demo.tables("en"))
    return checked.tables, steps.run(checked.tables, checked.settings, without={"forecast"})


def result(key: str) -> pd.DataFrame:
    return company()[1].results[key]


@pytest.mark.parametrize("key", OURS)
def test_every_column_of_the_table_is_there_in_words(key: str) -> None:
    frame = worded(company()[1].results, "zh")[key]
    assert len(frame)
    assert [column.key for column in TABLES[key].columns if column.key not in frame] == []
    for column in TABLES[key].columns:
        if column.kind == FLAG:
            assert set(frame[column.key].dropna().astype(bool)) <= {True, False}


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_no_code_is_left_in_a_sentence(lang: str) -> None:
    told = worded(company()[1].results, lang)
    for key, column in (("smart", "reason"), ("quota_quality", "reason"), ("target_candidates", "missing"),
                        ("next_targets", "reason"), ("verdicts", "note")):  # fmt: skip
        texts = told[key][column].dropna().astype("str")
        assert not texts.str.contains(r"[a-z]_[a-z]|\{", regex=True).any(), key


def test_statement_lines_add_up_to_the_statements_and_the_months_do_too() -> None:
    lines, months = result("commission_lines"), result("accruals")
    people = result("commissions").groupby("salesperson")["commission"].sum()
    assert lines.groupby("salesperson")["commission"].sum().round(2).to_dict() == people.round(2).to_dict()
    accrued = months.groupby("salesperson")["accrued"].sum(min_count=1).dropna().round(2)
    assert accrued.to_dict() == people.round(2).to_dict()


def test_what_is_due_to_date_is_what_the_statement_says_is_outstanding() -> None:
    last = result("accruals").drop_duplicates("salesperson", keep="last").set_index("salesperson")["due_to_date"]
    stated = result("commissions").dropna(subset=["outstanding"]).set_index("salesperson")["outstanding"]
    assert last.reindex(stated.index).round(2).to_dict() == stated.round(2).to_dict()


def test_an_attainment_plan_is_paid_on_the_quota_to_date() -> None:
    table = result("commissions").dropna(subset=["attainment"]).set_index("salesperson")
    pace = result("pace").query("scope == 'salesperson' and measure == 'margin'").set_index("member")["expected"]
    people = table.index.intersection(pace.index)
    assert len(people) > 3
    expected = table.loc[people, "base"] / pace[people]
    assert table.loc[people, "attainment"].to_numpy() == pytest.approx(expected.to_numpy())


def test_the_planted_trouble_is_visits_not_price() -> None:
    south = result("gaps").query("member == 'SOUTH' and measure == 'sales'")
    assert south.iloc[0]["cause"] == "visits"
    assert "price" not in set(south["cause"])


def test_causes_still_add_up_to_their_gap() -> None:
    gaps = result("gaps")
    sums = gaps.groupby(["member", "measure"]).agg(gap=("gap", "first"), size=("size", "sum"))
    assert sums["size"].to_numpy() == pytest.approx(sums["gap"].to_numpy())


def test_few_regions_give_no_verdict() -> None:
    table = result("verdicts")
    assert set(table["verdict"]) == {"not_enough_data"}
    assert (table["treated_units"] == 1).all()


def test_a_parent_s_gap_is_its_target_less_its_children() -> None:
    row = result("target_gaps").query("measure == 'sales' and scope == 'company'").iloc[0]
    targets = company()[0]["targets"].query("measure == 'sales' and period == '2026'")
    regions = targets.loc[targets["scope"] == "region", "target"].sum()
    assert row["committed"] == regions
    assert row["gap"] == targets.loc[targets["scope"] == "company", "target"].item() - regions


def test_whoever_left_has_no_quota_to_talk_about_and_a_joiner_no_history() -> None:
    people = company()[0]["salespeople"].set_index("salesperson")
    table = result("quota_quality").set_index("salesperson")
    assert people.loc[table.index, "leave_date"].isna().all()
    joined = people.index[people["hire_date"] > pd.Timestamp("2025-01-01")].intersection(table.index)
    assert len(joined)
    assert table.loc[joined, "history"].isna().all()


def test_last_month_s_scores_are_those_of_a_run_at_its_end() -> None:
    tables, _ = company()
    checked = validate_all(demo.tables("en"))
    then = steps.run(tables, checked.settings | {"as_of": pd.Timestamp("2026-08-31")}, without=REST)
    before = then.results["scores"].set_index("salesperson")["score"]
    compared = result("score_compared").set_index("salesperson")["last_score"].dropna()
    # Cash that came later may settle what was open then; all else is the same.
    assert compared.to_numpy() == pytest.approx(before.reindex(compared.index).to_numpy(), abs=0.5)


def test_a_contest_of_regions_is_ranked_among_regions_and_one_refused_does_not_stop_the_others() -> None:
    tables, outcome = company()
    wrong = tables["contests"].iloc[[0]].assign(contest="backwards", to=pd.Timestamp("2026-01-01"))
    more = {**tables, "contests": pd.concat([wrong, tables["contests"]], ignore_index=True)}
    cycle = Cycle(more, {"fiscal_year_start": 1, "month_close_day": 31}, pd.Timestamp("2026-09-30"),
                  {"lines": outcome.results["lines"]})  # fmt: skip
    table = comparing.contests(cycle)["contest_standings"]
    assert set(table["contest"]) == set(tables["contests"]["contest"])
    assert set(table.loc[table["contest"] == "Autumn sprint", "scope"]) == {"region"}
    assert [note.code for note in cycle.notes] == ["contest_dates"]


def test_a_company_without_any_of_it_has_no_tables_and_no_refusal() -> None:
    tables, _ = company()
    bare = {key: frame.iloc[:0] for key, frame in tables.items()}
    cycle = Cycle(bare, {"fiscal_year_start": 1, "month_close_day": 31}, pd.Timestamp("2026-09-30"))
    for stage in (following.tracking, following.verdicts, following.proposals, following.training, comparing.contests):
        assert stage(cycle) == {}
    assert cycle.notes == []


def test_golden_reasons_read_as_sentences() -> None:
    told = worded(golden().results, "en")["smart"]
    assert told.loc[0, "reason"].startswith("Specific: Missing: Owner. Measurable: Missing: Base, Source.")
