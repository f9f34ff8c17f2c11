"""Statements: they add to the payout to the cent under every mode; rules change forward only."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.examples import example
from xlsales.core.incentives import Rules, pay
from xlsales.core.refusal import Refusal
from xlsales.core.rule_locks import locked_rules
from xlsales.core.statements import accrual, by_plan, claw_back, split_credit, what_if

JANUARY = (pd.Timestamp("2026-01-01"), pd.Timestamp("2026-01-31"))
MARCH = (pd.Timestamp("2026-03-01"), pd.Timestamp("2026-03-31"))


def plan_rows(plan="p", since="2026-01-01", tiers=((0.0, 0.1),), **columns):
    rows = {"plan": plan, "valid_from": pd.Timestamp(since), "basis": "cash", "mode": "marginal", **columns}
    return pd.DataFrame([{**rows, "from_level": level, "rate": rate} for level, rate in tiers])


def holds(salesperson="Li", plan="p", since="2025-01-01"):
    return pd.DataFrame({"salesperson": [salesperson], "valid_from": [pd.Timestamp(since)], "plan": [plan]})


def line(amount, day="2026-01-10", salesperson="Li", document=None, **columns):
    return pd.DataFrame(
        {
            "salesperson": [salesperson],
            "document": [document or f"D{day}-{amount}"],
            "date": [pd.Timestamp(day)],
            "basis": ["cash"],
            "amount": [amount],
            **columns,
        }
    )


def paid(lines, rules, period=JANUARY, claw_backs=None):
    return pay(pd.concat(lines, ignore_index=True), rules, *period, claw_backs)


def test_commission_on_cash_not_contract_comes_out_of_pay():
    inputs, expected = example("Commission on cash collected, not contract")
    rules = Rules(plan_rows(tiers=[(0.0, inputs["rate"])]), holds())
    lines = [line(inputs["contract"], basis=["contract"], document="C1"), line(inputs["collected"], document="R1")]
    payout = paid(lines, rules)
    assert payout.total == expected["commission"]
    assert payout.lines["document"].tolist() == ["R1"]


def test_claw_back_comes_out_of_claw_back_as_a_dated_negative_line_linked_to_the_original():
    inputs, expected = example("Clawback")
    rules = Rules(plan_rows(), holds())
    january = paid([line(inputs["earned"] * 10, document="R1")], rules)
    event = pd.DataFrame(
        {"document": ["R1"], "date": [pd.Timestamp("2026-03-05")], "share": [inputs["clawback_share"]]}
    )
    back = claw_back(january.lines, event)
    assert back["commission"].tolist() == [expected["adjustment"]]
    march = pay(line(0.0, "2026-03-01"), rules, *MARCH, back)
    row = march.lines[march.lines["kind"] == "claw_back"].iloc[0]
    assert (row["paid"], row["original"], row["date"]) == (expected["adjustment"], "R1", pd.Timestamp("2026-03-05"))
    assert january.total + march.total == expected["net"]


def test_never_more_is_clawed_back_than_was_earned():
    rules = Rules(plan_rows(), holds())
    lines = paid([line(1000.0, document="R1")], rules).lines
    twice = pd.DataFrame({"document": "R1", "date": pd.to_datetime(["2026-03-05", "2026-03-09"]), "share": [0.7, 0.7]})
    assert claw_back(lines, twice)["commission"].round(9).tolist() == [-70.0, -30.0]
    march = pay(line(0.0, "2026-03-01"), rules, *MARCH, claw_back(lines, twice.head(1)))
    later = claw_back(pd.concat([lines, march.lines]), twice.tail(1))
    assert later["commission"].round(9).tolist() == [-30.0]
    assert later["document"].tolist() == ["R1/C2"]


def test_what_a_cap_cut_off_is_not_clawed_back():
    capped = paid([line(1000.0, document="R1"), line(1000.0, document="R2")], Rules(plan_rows(cap=50.0), holds()))
    assert capped.total == 50.0
    event = pd.DataFrame({"document": ["R1"], "date": [pd.Timestamp("2026-03-05")], "share": [1.0]})
    assert claw_back(capped.lines, event)["commission"].tolist() == pytest.approx([-25.0])


@pytest.mark.parametrize(
    ("event", "code"),
    [
        ({"document": "R9", "date": "2026-03-05", "share": 0.5}, "claw_back_unknown"),
        ({"document": "R1", "date": "2026-03-05", "share": 1.5}, "claw_back_share"),
        ({"document": "R1", "date": "2026-01-05", "share": 0.5}, "claw_back_early"),
    ],
)
def test_claw_backs_that_cannot_be_meant_are_refused(event, code):
    lines = paid([line(1000.0, document="R1")], Rules(plan_rows(), holds())).lines
    with pytest.raises(Refusal, match=code):
        claw_back(lines, pd.DataFrame([event]).astype({"date": "datetime64[us]"}))


def test_a_change_of_rate_applies_forward_only():
    rules = Rules(pd.concat([plan_rows(), plan_rows(since="2026-01-15", tiers=[(0.0, 0.2)])]), holds())
    payout = paid([line(100.0, "2026-01-14"), line(100.0, "2026-01-15")], rules)
    assert payout.lines["commission"].tolist() == [10.0, 20.0]
    before = paid([line(100.0, "2026-01-14")], Rules(plan_rows(), holds()))
    assert before.lines["paid"].iloc[0] == payout.lines["paid"].iloc[0]


def test_a_change_of_plan_applies_from_its_day():
    plans = pd.concat([plan_rows(), plan_rows("q", tiers=[(0.0, 0.3)])])
    payout = paid(
        [line(100.0, "2026-01-14"), line(100.0, "2026-01-15")],
        Rules(plans, pd.concat([holds(), holds(plan="q", since="2026-01-15")])),
    )
    assert payout.lines[["plan", "commission"]].to_numpy().tolist() == [["p", 10.0], ["q", 30.0]]


def test_levels_count_on_over_the_period_whatever_the_order_of_rows():
    rules = Rules(plan_rows(tiers=[(0.0, 0.1), (100.0, 0.2)]), holds())
    lines = [line(80.0, "2026-01-20", document="B"), line(80.0, "2026-01-10", document="A")]
    assert paid(lines, rules).lines[["document", "commission"]].to_numpy().tolist() == [["A", 8.0], ["B", 14.0]]


def test_retroactive_pays_every_line_at_the_rate_that_the_period_reached():
    rules = Rules(plan_rows(tiers=[(0.0, 0.1), (100.0, 0.2)], mode="retroactive"), holds())
    assert paid([line(60.0), line(40.0, "2026-01-20")], rules).lines["commission"].tolist() == [12.0, 8.0]


def test_levels_on_attainment_need_a_quota():
    plans = plan_rows(tiers=[(0.0, 0.1), (1.0, 0.2)], level_kind="attainment", mode="retroactive")
    quotas = pd.DataFrame({"salesperson": ["Li"], "quota": [100.0]})
    payout = paid([line(100.0)], Rules(plans, holds(), quotas))
    assert (payout.total, payout.lines["attainment"].iloc[0]) == (20.0, 1.0)
    with pytest.raises(Refusal, match="commission_quota_missing"):
        paid([line(100.0)], Rules(plans, holds()))


def test_a_line_under_the_margin_gate_neither_pays_nor_counts_and_is_listed():
    rules = Rules(plan_rows(tiers=[(0.0, 0.1), (100.0, 0.2)], min_margin_rate=0.15), holds())
    payout = paid([line(100.0, margin_rate=[0.1]), line(50.0, "2026-01-20", margin_rate=[0.15])], rules)
    assert payout.lines[["commission", "note"]].to_numpy().tolist() == [[0.0, "margin_gate"], [5.0, ""]]
    with pytest.raises(Refusal, match="commission_margin_missing"):
        paid([line(100.0)], rules)


def test_cap_and_floor_are_lines_of_their_own():
    capped = paid([line(1000.0)], Rules(plan_rows(cap=60.0), holds()))
    assert capped.lines[["kind", "paid"]].to_numpy().tolist() == [["line", 100.0], ["cap", -40.0]]
    lifted = paid([line(10.0)], Rules(plan_rows(floor=60.0), pd.concat([holds(), holds("Wu")])))
    assert lifted.statements.set_index("salesperson")["payable"].to_dict() == {"Li": 60.0, "Wu": 60.0}
    assert lifted.lines["kind"].tolist() == ["line", "floor", "floor"]


def test_a_person_without_a_plan_is_listed_and_paid_nothing():
    payout = paid([line(100.0, salesperson="Wu")], Rules(plan_rows(), holds()))
    assert payout.lines[["note", "paid"]].to_numpy().tolist() == [["no_plan", 0.0]]


def test_returns_take_back_the_bands_that_they_empty():
    rules = Rules(plan_rows(tiers=[(0.0, 0.1), (100.0, 0.2)]), holds())
    payout = paid([line(150.0), line(-100.0, "2026-01-20")], rules)
    assert payout.lines["commission"].round(9).tolist() == [20.0, -15.0]


def test_an_empty_period_pays_nothing():
    payout = paid([line(100.0, "2026-02-10")], Rules(plan_rows(), holds()))
    assert (payout.total, len(payout.lines), len(payout.statements)) == (0.0, 0, 0)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda frame: frame.assign(amount=np.nan), "line_unusable"),
        (lambda frame: frame.assign(date=pd.NaT), "line_unusable"),
        (lambda frame: frame.assign(basis="wishes"), "line_basis"),
    ],
)
def test_lines_that_cannot_be_paid_are_refused(change, code):
    with pytest.raises(Refusal, match=code):
        paid([change(line(1.0))], Rules(plan_rows(), holds()))


def test_an_unknown_plan_is_refused():
    with pytest.raises(Refusal, match="plan_unknown"):
        paid([line(1.0)], Rules(plan_rows(), holds(plan="nowhere")))


def test_shared_credit_pays_each_by_share_and_must_add_to_100_percent():
    shares = pd.DataFrame({"document": "O1", "line": "1", "salesperson": ["Li", "Wu"], "share": [0.7, 0.3]})
    rows = split_credit(line(100.0, document="O1", line=["1"]), shares)
    payout = pay(rows, Rules(plan_rows(), pd.concat([holds(), holds("Wu")])), *JANUARY)
    assert payout.statements.set_index("salesperson")["payable"].to_dict() == {"Li": 7.0, "Wu": 3.0}
    with pytest.raises(Refusal, match="credit_shares"):
        split_credit(line(100.0, document="O1", line=["1"]), shares.assign(share=0.4))


def test_what_if_says_what_a_deal_would_add():
    rules = Rules(plan_rows(tiers=[(0.0, 0.1), (100.0, 0.2)], mode="retroactive"), holds())
    table = what_if(line(60.0), line(60.0, "2026-01-20"), rules, *JANUARY)
    assert table.to_numpy().tolist() == [["Li", 6.0, 24.0, 18.0]]


def test_accrued_paid_and_outstanding():
    earned = pd.DataFrame({"salesperson": "Li", "period": ["2026-01", "2026-02"], "payable": [100.0, 50.0]})
    payments = pd.DataFrame({"salesperson": ["Li", "Wu"], "period": ["2026-01", "2026-01"], "paid": [120.0, 10.0]})
    table = accrual(earned, payments)
    assert table["outstanding"].tolist() == [-20.0, 50.0, -10.0]
    assert table["due_to_date"].tolist() == [-20.0, 30.0, -10.0]
    assert table["paid"].isna().tolist() == [False, True, False]


@st.composite
def periods(draw):
    cents = st.integers(-500_000, 2_000_000).map(lambda n: n / 100)
    count = draw(st.integers(1, 12))
    people = ["Li", "Wu", "Xu"]
    rows = [
        line(
            draw(cents),
            f"2026-01-{draw(st.integers(1, 31)):02d}",
            draw(st.sampled_from(people)),
            f"D{i}",
            share=[draw(st.sampled_from([1.0, 0.5, 1 / 3]))],
            margin_rate=[draw(st.floats(0, 0.5))],
        )
        for i in range(count)
    ]
    kind = draw(st.sampled_from(["amount", "attainment"]))
    scale = 1.0 if kind == "attainment" else 5000.0
    tiers = [(i * scale, draw(st.floats(0, 0.3))) for i in range(draw(st.integers(1, 3)))]
    rules = {
        "mode": draw(st.sampled_from(["marginal", "retroactive"])),
        "level_kind": kind,
        "cap": draw(st.sampled_from([np.nan, 777.77])),
        "floor": draw(st.sampled_from([np.nan, 12.345])),
        "min_margin_rate": draw(st.sampled_from([np.nan, 0.2])),
    }
    later = [(level, rate / 2) for level, rate in tiers]
    plans = [plan_rows(tiers=tiers, **rules), plan_rows(since="2026-01-16", tiers=later, **rules)]
    quotas = pd.DataFrame({"salesperson": people, "quota": [1000.0, 5000.0, 3333.33]})
    assigned = pd.concat([holds(name) for name in people])
    return rows, Rules(pd.concat(plans[: draw(st.integers(1, 2))]), assigned, quotas)


@settings(max_examples=60, deadline=None)
@given(periods())
def test_lines_add_to_statements_and_statements_to_the_payout_to_the_cent(period):
    rows, rules = period
    payout = paid(rows, rules)
    lines, statements = payout.lines, payout.statements
    cents = (lines["paid"] * 100).round()
    assert (lines["paid"] * 100 - cents).abs().max() < 1e-6
    by_person = cents.groupby(lines["salesperson"]).sum()
    payable = (statements.set_index("salesperson")["payable"] * 100).round()
    assert by_person.astype(int).to_dict() == payable.astype(int).to_dict()
    assert payable.sum() == round(payout.total * 100)
    assert (lines["paid"] - lines["commission"]).abs().max() < 0.0101
    exact = statements[["commission", "cap", "floor", "claw_back"]].sum(axis=1)
    assert (statements["payable"] - exact).abs().max() <= 0.005 + 1e-6
    assert (by_plan(payout)["commission"] * 100).round().sum() == round(payout.total * 100)


@settings(max_examples=40, deadline=None)
@given(periods(), st.sampled_from(["contract", "invoice", "margin", "cash"]), st.lists(st.floats(0, 1), max_size=4))
def test_claw_backs_on_every_basis_leave_statements_adding_to_the_payout_to_the_cent(period, basis, shares):
    rows, rules = period
    rules = Rules(rules.plans.assign(basis=basis), rules.assignments, rules.quotas)
    rows = [row.assign(basis=basis) for row in rows]
    first = paid(rows, rules)
    earned = first.lines[first.lines["kind"] == "line"]["document"].unique()
    picked = [str(earned[place % len(earned)]) for place in range(len(shares))]
    events = pd.DataFrame({"document": picked, "date": pd.Timestamp("2026-01-31"), "share": shares})
    payout = paid(rows, rules, claw_backs=claw_back(first.lines, events) if len(events) else None)
    cents = (payout.lines["paid"] * 100).round()
    payable = (payout.statements.set_index("salesperson")["payable"] * 100).round()
    assert cents.groupby(payout.lines["salesperson"]).sum().astype(int).to_dict() == payable.astype(int).to_dict()
    assert payable.sum() == round(payout.total * 100)
    assert (by_plan(payout)["commission"] * 100).round().sum() == round(payout.total * 100)


@settings(max_examples=30, deadline=None)
@given(periods(), st.randoms())
def test_the_order_of_lines_does_not_change_what_is_paid(period, random):
    rows, rules = period
    first = paid(rows, rules).statements.set_index("salesperson")["payable"]
    random.shuffle(rows)
    second = paid(rows, rules).statements.set_index("salesperson")["payable"]
    pd.testing.assert_series_equal(first.sort_index(), second.sort_index())


def test_inputs_stay_as_they_are():
    lines, rules = line(100.0), Rules(plan_rows(), holds())
    before = lines.copy(), rules.plans.copy()
    pay(lines, rules, *JANUARY)
    pd.testing.assert_frame_equal(lines, before[0])
    pd.testing.assert_frame_equal(rules.plans, before[1])


def test_without_any_plan_everybody_is_listed_and_paid_nothing():
    payout = paid([line(100.0)], Rules(plan_rows().head(0), holds().head(0)))
    assert payout.lines[["note", "paid"]].to_numpy().tolist() == [["no_plan", 0.0]]


def test_documents_typed_as_numbers_keep_their_name():
    lines = line(100.0).assign(document=[1001])
    assert paid([lines], Rules(plan_rows(), holds())).lines["document"].tolist() == ["1001"]


def test_a_move_to_a_plan_on_another_basis_leaves_earlier_lines_with_the_quota_of_their_own():
    tiers = [(0.0, 0.1), (1.0, 0.2)]
    plans = pd.concat([plan_rows(tiers=tiers, level_kind="attainment"),
                       plan_rows("q", tiers=tiers, level_kind="attainment", basis="contract")])  # fmt: skip
    whose = pd.concat([holds(), holds(plan="q", since="2026-01-16")])
    quotas = pd.DataFrame({"salesperson": "Li", "basis": ["cash", "contract"], "quota": [1000.0, 50_000.0]})
    lines = [line(1500.0, "2026-01-10"), line(25_000.0, "2026-01-20", basis=["contract"])]
    found = paid(lines, Rules(plans, whose, quotas)).lines
    assert found["attainment"].tolist() == [1.5, 0.5]
    assert found["paid"].tolist() == [200.0, 2500.0]


CLOSED = pd.Timestamp("2026-01-31")
changes = st.tuples(
    st.sampled_from(["2025-12-01", "2026-01-01", "2026-01-16", "2026-02-01"]),
    st.sampled_from(["marginal", "retroactive"]),
    st.sampled_from(["cash", "contract"]),
    st.floats(0, 0.9),
    st.sampled_from([np.nan, 1.0]),
)


@settings(max_examples=60, deadline=None)
@given(periods(), changes, st.booleans(), st.booleans())
def test_whatever_is_done_to_the_rules_a_closed_period_pays_to_the_cent_what_it_paid(period, change, drop, moved):
    rows, rules = period
    before = paid(rows, rules)
    since, mode, basis, rate, cap = change
    now = plan_rows(since=since, tiers=[(0.0, rate)], mode=mode, basis=basis, cap=cap, level_kind="amount")
    kept = rules.plans.iloc[:0] if drop else rules.plans[rules.plans["valid_from"] != pd.Timestamp(since)]
    now = pd.concat([kept, now], ignore_index=True)
    other = plan_rows("q", since="2025-12-01", basis="contract", level_kind="amount", cap=np.nan)
    now = pd.concat([now, other.reindex(columns=now.columns)], ignore_index=True)
    whose = rules.assignments.assign(plan="q") if moved else rules.assignments
    plans = locked_rules(now, rules.plans, CLOSED, "commission_plan")
    assigned = locked_rules(whose, rules.assignments, CLOSED, "commission_assignment")
    after = paid(rows, Rules(plans, assigned, rules.quotas))
    assert after.total == before.total
    pd.testing.assert_frame_equal(after.lines, before.lines)
