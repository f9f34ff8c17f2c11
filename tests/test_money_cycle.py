"""What finance sees after a run: every claim on the money sheets, checked on the demonstration company."""

from functools import cache

import numpy as np
import pandas as pd
import pytest

from tests.test_report_steps import found
from xlsales import demo, steps, validate
from xlsales.commands.sealing import content, seals
from xlsales.core.ageing import BUCKETS
from xlsales.labels import LANGUAGES, word
from xlsales.schema import TABLES

MONEY = ("lines", "cash", "reconciliation", "restatements", "dso_trend")
CLOSED = "2026-06"


@cache
def checked() -> validate.Checked:
    return validate.validate_all(demo.tables("en"))


def run_money(tables: dict[str, pd.DataFrame], **settings: object) -> dict[str, pd.DataFrame]:
    outcome = steps.run(tables, {**checked().settings, **settings}, wanted=MONEY)
    assert outcome.refused == []
    return outcome.results


def closed_month() -> dict[str, pd.DataFrame]:
    """The company's tables with one month closed."""
    tables = dict(checked().tables)
    held = content(tables, checked().settings, CLOSED)
    row = {"period": CLOSED, "closed_on": pd.Timestamp("2026-07-05"), "closed_by": "Li", "hash": "-"}
    return tables | {"closed_periods": pd.DataFrame([row]), "closed_content": seals(held, CLOSED)}


def test_a_late_receipt_of_a_closed_month_is_a_restatement_and_moves_that_month_of_the_trend() -> None:
    tables = closed_month()
    before = run_money(tables)
    assert before["restatements"].empty
    late = (
        tables["receipts"]
        .iloc[[0]]
        .assign(
            receipt="LATE", date=pd.Timestamp("2026-06-20"), amount=12_345.67, invoice=None, order=None, method="cash"
        )
    )
    late["currency"] = "CNY"
    receipts = pd.concat([tables["receipts"], late.astype(tables["receipts"].dtypes.to_dict())], ignore_index=True)
    after = run_money(tables | {"receipts": receipts})
    row = after["restatements"].iloc[0]
    assert len(after["restatements"]) == 1
    assert (row["period"], row["restated"], row["restated_by"]) == (CLOSED, "receipts", 12_345.67)
    assert row["sum_now"] - row["closed_sum"] == pytest.approx(12_345.67)
    assert row["closed_on"] == pd.Timestamp("2026-07-05")
    collected = [each["dso_trend"].set_index("period").loc[CLOSED, "collected"] for each in (before, after)]
    assert collected[1] - collected[0] == pytest.approx(12_345.67, abs=0.005)


def test_receivables_are_set_beside_the_ledger_s_balance() -> None:
    parts = found("reconciliation").set_index("balance_part")["amount"]
    assert parts["outstanding"] == pytest.approx(found("ageing")["outstanding"].sum(), abs=0.05)
    assert parts["invoiced"] - parts["credited"] - parts["received"] == pytest.approx(parts["outstanding"], abs=0.005)
    assert "ledger" not in parts  # nobody typed a balance: that is not a balance of 0
    stated = round(parts["outstanding"] + 100.0, 2)
    told = run_money(dict(checked().tables), ledger_balance=stated)["reconciliation"].set_index("balance_part")[
        "amount"
    ]
    assert told["ledger"] == stated
    assert told["difference"] == pytest.approx(100.0, abs=0.005)


def test_whom_to_call_is_ranked_by_money_times_days_and_disputed_money_is_not_chased() -> None:
    calls, aged = found("dunning"), found("ageing").set_index("customer")
    assert calls["weight"].is_monotonic_decreasing
    assert calls["rank"].tolist() == list(range(1, len(calls) + 1))
    assert (calls["overdue"] > 0).all()
    assert calls["reason"].str.len().gt(0).all()
    items = found("settlement")
    late = items[items["invoice"].notna() & (items["days_overdue"] > 0)]
    invoices = checked().tables["invoices"]
    flags = invoices.set_index(["invoice", "instalment"])["disputed"].fillna(value=False)
    flagged = pd.MultiIndex.from_frame(late[["invoice", "instalment"]]).map(flags.astype(bool).to_dict()).to_numpy(bool)
    assert flagged.any()
    weights = (late["open"] * late["days_overdue"])[~flagged].groupby(late["customer"]).sum()
    assert calls.set_index("customer")["weight"].sort_index().to_numpy() == pytest.approx(
        weights[weights > 0].sort_index().to_numpy(), abs=0.1
    )
    assert aged["disputed"].sum() > 0
    assert (aged[[*BUCKETS, "unapplied"]].sum(axis=1) - aged["outstanding"]).abs().max() < 0.01


def test_stop_ship_and_over_limit_are_those_whose_debt_or_delay_says_so() -> None:
    watch = found("credit_watch")
    stopped = (watch["oldest_days"] > 60) | ((watch["credit_limit"] == 0) & (watch["outstanding"] > 0))
    assert stopped.any()
    assert ((watch["state"] == "stop_ship") == stopped).all()
    over = ~stopped & (watch["outstanding"] > watch["credit_limit"])
    assert ((watch["state"] == "over_limit") == over).all()
    assert watch["over_by"].to_numpy() == pytest.approx(
        (watch["outstanding"] - watch["credit_limit"]).clip(lower=0).to_numpy(), nan_ok=True
    )


def test_the_contract_ledger_goes_from_signature_to_cash_with_retention_apart() -> None:
    ledger = found("contract_ledger")
    contracts = checked().tables["contracts"].set_index("contract")
    assert len(ledger)
    assert ledger["retention"].to_numpy() == pytest.approx(
        contracts.loc[ledger["contract"], "retention"].to_numpy(float), nan_ok=True
    )
    assert (ledger["retention"] > 0).any()
    owed = ledger["invoiced"] - ledger["collected"] - ledger["retention"].fillna(0.0)
    assert ledger["open"].to_numpy() == pytest.approx(owed.to_numpy(), abs=0.01)
    assert (ledger["signed_amount"] - ledger["delivered"]).to_numpy() == pytest.approx(
        ledger["to_deliver"].to_numpy(), abs=0.01
    )


def test_every_contract_above_its_role_s_limit_is_listed_for_approval_and_no_other() -> None:
    tables = checked().tables
    people = tables["salespeople"].drop_duplicates("salesperson").set_index("salesperson")["role"]
    limits = tables["roles"].set_index("role")["contract_limit"]
    signed = tables["contracts"]
    limit = signed["salesperson"].map(people).map(limits)
    wanted = set(
        signed.loc[
            (signed["amount"] > limit) & (signed["signed"] <= pd.Timestamp(checked().settings["as_of"])), "contract"
        ]
    )
    assert wanted
    listed = found("approvals").query("kind == 'contract' and what == 'amount' and reason == 'over_limit'")
    assert set(listed["document"]) == wanted
    assert (listed["status"] == "open").all()
    assert listed["approver_role"].notna().any()
    assert listed["contract_limit"].notna().all()
    assert listed["discount_limit"].isna().all()
    given = found("approvals").query("what == 'discount' and reason == 'over_limit'")
    assert given["contract_limit"].isna().all()
    assert (given["discount_limit"] < given["discount"]).all()


def test_a_large_contract_of_nobody_is_listed_and_a_cancelled_one_is_not() -> None:
    tables = dict(checked().tables)
    contracts = tables["contracts"].copy()
    largest = contracts["amount"].nlargest(2).index
    contracts.loc[largest[0], "salesperson"] = None
    contracts.loc[largest[1], "status"] = "cancelled"
    contracts.loc[largest, "signed"] = pd.Timestamp("2026-01-05")
    outcome = steps.run(tables | {"contracts": contracts}, checked().settings, wanted=["approvals"])
    listed = outcome.results["approvals"].set_index("document")
    assert listed.loc[contracts.loc[largest[0], "contract"], "authority"] == "role_unknown"
    assert contracts.loc[largest[1], "contract"] not in listed.index


def test_bills_of_exchange_go_through_all_their_states() -> None:
    bills = found("bills")
    assert set(bills["state"]) == {"held", "discounted", "matured", "dishonoured"}
    assert (bills["state"].eq("discounted") <= bills["discounted"].notna()).all()
    assert (bills["state"].eq("dishonoured") == bills["dishonoured"].notna()).all()
    typed = checked().tables["receipts"]
    typed = typed[(typed["method"] == "bill") & (typed["amount"] > 0)]
    assert bills["amount"].clip(lower=0).sum() == pytest.approx(
        found("bills").loc[bills["amount"] > 0, "amount"].sum(), abs=0.01
    )
    assert (bills["amount"] > 0).sum() == len(typed)


def test_the_exchange_effect_stands_apart_in_the_bridge_and_only_where_foreign_money_is() -> None:
    whole = found("bridge").set_index(["measure", "effect"])["amount"]
    parts = found("bridge_by").query("dimension == 'region' and measure == 'sales'").set_index("member")["effect_fx"]
    assert whole["sales", "fx"] != 0
    assert parts.sum() == pytest.approx(whole["sales", "fx"], abs=0.1)
    assert parts[parts.abs() > 0].index.tolist() == ["EXPORT"]
    for measure in ("sales", "margin"):
        one = whole[measure]
        effects = one.drop(["base", "total", "actual"])
        assert round(effects.sum() * 100) == round(one["total"] * 100)
        assert one["base"] + one["total"] == pytest.approx(one["actual"], abs=0.005)


@pytest.mark.parametrize("dimension", ["region", "channel", "salesperson", "product_line", "product", "customer"])
def test_the_sum_over_any_dimension_is_the_total(dimension: str) -> None:
    five = found("five_quantities").query("period == ''")
    whole = five[five["dimension"] == "company"].iloc[0]
    own = five[five["dimension"] == dimension]
    if dimension in {"region", "channel"}:  # a tree: the top members and what is not assigned
        tree = checked().tables["regions" if dimension == "region" else "channels"]
        below = set(tree.loc[tree["parent"].notna(), dimension])
        own = own[~own["member"].isin(below)]
    for measure in ("sales", "margin", "profit", "collections"):
        assert own[measure].sum() == pytest.approx(whole[measure], abs=0.05), measure


SHEETS = {
    "five": ["five_quantities"],
    "contracts_report": ["contract_ledger", "approvals"],
    "margin": ["margin_report", "bridge"],
    "margin_details": ["bridge_by", "below_cost", "unknown_cost"],
    "collections": ["collections_report", "ageing", "credit_watch", "dunning", "settlement"],
    "collection_trend": ["dso_trend", "bills", "reconciliation", "restatements"],
}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_each_table_of_finance_has_its_sheet_and_its_headings(lang: str) -> None:
    for sheet, tables in SHEETS.items():
        assert word("sheet." + sheet, lang)
        for key in tables:
            assert TABLES[key].sheet == sheet
            assert word("table." + key, lang)
    for value in found("reconciliation")["balance_part"]:
        assert word("value.balance_part." + value, lang)


def test_margin_of_a_loss_is_listed_line_by_line() -> None:
    """The demonstration sells nothing below cost, so one line is made to."""
    tables = dict(checked().tables)
    orders = tables["orders"].copy()
    orders.loc[5, "unit_cost"] = np.nan
    orders.loc[5, "cost"] = orders.loc[5, "amount"] + 10.0
    below = steps.run(tables | {"orders": orders}, checked().settings, wanted=["below_cost"]).results["below_cost"]
    assert below["order"].tolist() == [orders.loc[5, "order"]]
    assert below["margin"].iloc[0] < 0
