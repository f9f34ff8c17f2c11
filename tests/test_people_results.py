"""Results about targets and people on the demonstration company, and their sentences in both languages."""

from functools import cache

import pandas as pd
import pytest

from tests.test_golden import outcome as golden
from xlsales import demo, steps
from xlsales.labels import word
from xlsales.schema import RESULTS, TABLES
from xlsales.schema.model import FLAG
from xlsales.stages import comparing, following, paying, people
from xlsales.stages.cycle import Cycle
from xlsales.validate import validate_all
from xlsales.worded import worded

OURS = (
    *(key for key in RESULTS if TABLES[key].sheet in {"targets_report", "smart_report"}),
    "score_compared",
    "grade_shares",
    "rating_spread",
    "activity_effect",
    "contest_standings",
    "commission_lines",
    "accruals",
    "deal_earnings",
    "action_tracking",
    "action_progress",
    "verdicts",
    "next_targets",
    "training_needs",
    "training_record",
)
NOT_PEOPLE = {"forecast", "backtest"}


@cache
def company() -> tuple[dict[str, pd.DataFrame], steps.Outcome]:
    checked = validate_all(demo.tables("en"))
    return checked.tables, steps.run(checked.tables, checked.settings, wanted=set(RESULTS) - NOT_PEOPLE)


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


SETTINGS = {"fiscal_year_start": 1, "month_close_day": 31, "tax_rate": 0.13, "receivables_include_tax": True}


def paid(**more: pd.DataFrame) -> tuple[dict[str, pd.DataFrame], Cycle]:
    """The incentives of the company with more in some tables."""
    tables, outcome = company()
    cycle = Cycle({**tables, **more}, SETTINGS, pd.Timestamp("2026-09-30"), dict(outcome.results))
    return paying.incentives(cycle), cycle


def rows(table: str, *given: dict[str, object]) -> pd.DataFrame:
    """Typed rows of a table."""
    blank = company()[0][table]
    return pd.DataFrame(list(given)).reindex(columns=blank.columns).astype(blank.dtypes)


def test_a_claw_back_is_a_dated_negative_line_and_all_sums_follow_it() -> None:
    base, _ = paid(claw_backs=rows("claw_backs"))
    before = base["commission_lines"]
    line = before[(before["kind"] == "line") & (before["commission"] > 100)].iloc[0]
    day = pd.Timestamp("2026-09-15")
    asked = rows(
        "claw_backs", {"document": line["document"], "date": day, "share": 0.5, "salesperson": line["salesperson"]}
    )
    found, cycle = paid(claw_backs=asked)
    assert cycle.notes == []
    back = found["commission_lines"].query("kind == 'claw_back'")
    assert (back["date"] == day).all()
    own = before[(before["document"] == line["document"]) & (before["salesperson"] == line["salesperson"])]
    assert back["commission"].sum() == pytest.approx(-own["commission"].sum() / 2, abs=0.011)
    change = found["commissions"]["commission"].sum() - base["commissions"]["commission"].sum()
    assert change == pytest.approx(back["commission"].sum(), abs=0.011)
    assert found["accruals"]["accrued"].sum() == pytest.approx(found["commissions"]["commission"].sum())


def test_the_guideline_lies_beside_the_grades_given_and_changes_nobody() -> None:
    table, scores = result("grade_shares").set_index("grade"), result("scores")
    counted = scores["grade"].value_counts()
    assert table["given"].to_dict() == {grade: counted.get(grade, 0) for grade in "SABCD"}
    assert table["wished_share"].to_dict() == {"S": 0.1, "A": 0.25, "B": 0.45, "C": 0.15, "D": 0.05}
    assert table["wished"].sum() == pytest.approx(table["given"].sum())
    assert table["given_share"].sum() == pytest.approx(1)
    tables, outcome = company()
    checked = validate_all(demo.tables("en"))
    for shares, noted, columns in ((None, [], 0), (0.3, ["guideline_sum"], 0)):
        grades = tables["grades"].assign(wished_share=shares).astype(tables["grades"].dtypes)
        cycle = Cycle({**tables, "grades": grades}, checked.settings, pd.Timestamp("2026-09-30"), dict(outcome.results))
        found = people.scorecards(cycle)
        assert [note.code for note in cycle.notes] == noted
        assert found["scores"]["grade"].equals(scores["grade"])
        assert found["grade_shares"]["given"].tolist() == table["given"].tolist()
        assert found["grade_shares"].columns.isin(["wished"]).sum() == columns


def test_ratings_of_several_people_show_how_far_apart_they_lie() -> None:
    table, ratings = result("rating_spread"), company()[0]["ratings"]
    assert len(table) == len(ratings[["salesperson", "kpi"]].drop_duplicates())
    assert (table["raters"] >= 5).all()
    assert (table["dropped"] == 2).all()
    assert table["rating"].between(table["low"], table["high"]).all()
    assert (table["spread"] > 0).all()
    assert (table["corrected"] > 0).any()


def test_a_kpi_that_weighs_too_much_is_told_beside_the_scores() -> None:
    tables, outcome = company()
    checked = validate_all(demo.tables("en"))
    kpis = tables["kpis"].assign(max_weight=0.35)
    cycle = Cycle({**tables, "kpis": kpis}, checked.settings, pd.Timestamp("2026-09-30"), dict(outcome.results))
    found = people.scorecards(cycle)
    assert len(found["scores"]) == len(result("scores"))
    told = {(note.code, note.facts["role"], note.facts["kpi"], note.facts["weight"]) for note in cycle.notes}
    assert told == {
        ("kpi_overweight", "Sales director", "Profit", 40.0),
        ("kpi_overweight", "Sales representative", "Sales", 40.0),
    }


def test_the_demonstration_takes_back_and_answers_questions_and_its_courses_have_results() -> None:
    lines = result("commission_lines").query("kind == 'claw_back'")
    typed = company()[0]["claw_backs"]
    assert {document.rpartition("/")[0] for document in lines["document"]} == set(typed["document"])
    assert (lines["commission"] < 0).all()
    asked = result("deal_earnings").query("asked == 'typed'")
    assert asked["deal"].tolist() == company()[0]["what_if"]["deal"].tolist()
    assert (asked["earns"] > 0).all()
    stated = result("commissions").groupby("salesperson")["commission"].sum()
    table = result("deal_earnings").dropna(subset=["payable"])
    assert table["payable"].to_numpy() == pytest.approx(stated[table["salesperson"]].to_numpy(), abs=0.011)
    assert result("training_record")["result"].between(50, 100).all()
    assert (result("training_record")["ahead"] > 0).any()


def test_a_claw_back_of_an_earlier_year_is_typed_as_money_and_an_unknown_document_is_noted() -> None:
    day = pd.Timestamp("2026-09-15")
    typed = {"document": "OLD-7", "date": day, "salesperson": "S04", "amount": 1234.5}
    found, cycle = paid(claw_backs=rows("claw_backs", typed, {"document": "NOBODY", "date": day}))
    assert [note.code for note in cycle.notes] == ["claw_back_unknown"]
    back = found["commission_lines"].query("kind == 'claw_back'")
    assert back[["document", "salesperson", "commission"]].to_numpy().tolist() == [["OLD-7/C", "S04", -1234.5]]


def test_what_is_owed_for_last_year_is_not_forgotten() -> None:
    old = rows("payments", {"salesperson": "S04", "period": "2025-12", "paid": 10.0})
    payments = pd.concat([company()[0]["payments"], old], ignore_index=True)
    assigned = company()[0]["commission_assignment"].query("salesperson == 'S04'")  # others had no quota then
    months = paid(payments=payments, commission_assignment=assigned)[0]["accruals"].query("salesperson == 'S04'")
    assert months["period"].iloc[0] == "2025-01"
    december = months.set_index("period").loc["2025-12"]
    assert december["paid"] == 10.0
    assert december["outstanding"] == pytest.approx(december["accrued"] - 10.0)
    assert months["due_to_date"].iloc[-1] == pytest.approx(months["outstanding"].sum())
    assert result("accruals")["period"].min() >= "2026-01"


def test_what_a_deal_would_bring_is_what_the_statement_grows_by() -> None:
    asked = rows("what_if", {"deal": "mine", "salesperson": "S04", "amount": 2_000_000.0})
    found, _ = paid(what_if=asked)
    table = found["deal_earnings"]
    mine = table[table["asked"] == "typed"].iloc[0]
    assert (mine["deal"], mine["basis"], mine["amount"]) == ("mine", "cash", 2_000_000.0)
    stated = found["commissions"].query("salesperson == 'S04'")["commission"].sum()
    assert mine["payable"] == pytest.approx(stated, abs=0.011)
    assert mine["with_deal"] - mine["payable"] == pytest.approx(mine["earns"], abs=0.011)
    assert mine["earns"] + 0.011 >= 2_000_000 * 1.13 * 0.003  # the lowest rate of the plan, on money with tax
    deals = company()[0]["opportunities"]
    still = set(deals[~deals["stage"].isin(["won", "lost"]) & (deals["value"] > 0)]["opportunity"])
    assert set(table.loc[table["asked"] == "opportunity", "deal"]) == still
    assert (table["earns"].dropna() >= 0).all()


def test_a_manager_is_scored_by_the_targets_that_she_owns_the_widest_first() -> None:
    lines = result("score_lines").set_index(["salesperson", "kpi"])
    pace = result("pace").drop_duplicates(["measure", "scope", "member"]).set_index(["measure", "scope", "member"])
    for person, scope, member in (("S01", "company", "HENGYUAN"), ("S13", "region", "SOUTH")):
        for measure in ("sales", "profit", "collections"):
            owned = pace.loc[(measure, scope, member)]
            shown = lines.loc[(person, word("value.measure." + measure, "en"))]
            assert shown["target"] == pytest.approx(owned["expected"])
            assert shown["actual"] == pytest.approx(owned["actual"])
    scores = result("scores").set_index("salesperson")["score"]
    assert scores.notna().all()
    own = pace.loc[("sales", "salesperson", "S03")]
    assert lines.loc[("S03", "Sales")]["actual"] == pytest.approx(own["actual"])  # who leads nobody has her own


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


def test_few_regions_give_no_verdict_and_customers_drawn_by_lot_do() -> None:
    table = result("verdicts").set_index("action_id")
    assert table["verdict"].to_dict() == {"AC01": "not_enough_data", "AC02": "unclear"}
    assert table["treated_units"].to_dict() == {"AC01": 1, "AC02": 12}
    tried = table.loc["AC02"]
    assert tried["control_units"] == 12
    assert tried["low"] < 0 < tried["high"]  # nothing was planted there


def test_an_action_that_is_late_says_by_how_many_days() -> None:
    table = result("action_tracking").set_index("action_id")
    assert table.loc["AC03", ["state", "days_late"]].tolist() == ["overdue", 30]
    assert table.drop(index="AC03")["days_late"].isna().all()
    assert result("action_progress")["cost"].sum() == table["cost"].sum()


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
    then = steps.run(tables, checked.settings | {"as_of": pd.Timestamp("2026-08-31")}, wanted=("scores", "lines"))
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
