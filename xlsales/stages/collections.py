"""Stage 3, cash: settlement, ageing, the collections report, credit watch, whom to call, contracts and approvals."""

import pandas as pd

from xlsales.core.ageing import ageing_of
from xlsales.core.approvals import for_approval
from xlsales.core.calendar import first_day, period_keys
from xlsales.core.collections_report import collection_report, receivables_walk
from xlsales.core.contracts import contract_ledger
from xlsales.core.credit import credit_limits, credit_watch, overdue_by_customer
from xlsales.core.dunning import dunning_list
from xlsales.core.ratio import day
from xlsales.core.settlement import settle
from xlsales.stages.cycle import Cycle, Frames, names
from xlsales.stages.lines import Settled, calendar, given
from xlsales.stages.quantities import with_names

SECONDS_A_DAY = 86400


def receivables(cycle: Cycle) -> Frames:
    """`settlement`, `ageing`, `credit_watch`, `dunning`: who owes what, since when, and whom to call."""
    settled: Settled | None = cycle.found.get("settled")
    if settled is None:
        return {}
    done, invoices = settled.done, settled.invoices
    disputed = invoices.get("disputed")
    overdue = overdue_by_customer(done, disputed)
    aged = ageing_of(done, invoices, day(cycle.as_of)).merge(overdue[["customer", "disputed"]], on="customer")
    limits = credit_limits(cycle.tables["customers"], monthly_sales(cycle, settled))
    watch = credit_watch(overdue, limits)
    classes = cycle.tables["customers"].drop_duplicates("customer").set_index("customer")["risk_class"]
    calls = dunning_list(done, disputed, watch)
    return {
        "settlement": done.table(),
        "ageing": _named(cycle, aged.sort_values("outstanding", ascending=False, ignore_index=True)),
        "credit_watch": _named(cycle, watch).assign(risk_class=watch["customer"].map(classes)),
        "dunning": _named(cycle, calls).assign(salesperson=_sellers(cycle, calls["customer"])),
    }


def monthly_sales(cycle: Cycle, settled: Settled) -> pd.Series:
    """Mean monthly billing of each customer over the twelve months up to the day, with tax."""
    bills = settled.invoices
    recent = bills[bills["date"] > cycle.as_of - pd.DateOffset(years=1)]
    return recent.groupby("customer")["amount"].sum() / 12


def _named(cycle: Cycle, table: pd.DataFrame) -> pd.DataFrame:
    return table.assign(name=names(cycle, "customer", table["customer"]))


def _sellers(cycle: Cycle, customers: pd.Series) -> pd.Series:
    """The name of who looks after each customer."""
    owner = cycle.tables["customers"].drop_duplicates("customer").set_index("customer")["salesperson"]
    return names(cycle, "salesperson", customers.map(owner).astype("str"))


def collections(cycle: Cycle) -> Frames:
    """`collections_report`: receivables walked from the fiscal year's first day to the day, by four dimensions."""
    settled: Settled | None = cycle.found.get("settled")
    if settled is None:
        return {}
    year = period_keys(pd.Series([cycle.as_of]), "year", calendar(cycle)).iloc[0]
    first = pd.Timestamp(first_day(year, calendar(cycle)))
    rule = cycle.settings["bill_counts_on"]
    opening = settle(settled.invoices, settled.receipts, first - pd.Timedelta(days=1), rule)
    issued = settled.invoices["date"]
    walk = receivables_walk(opening, settled.done, issued, first)
    length = (cycle.as_of - first).total_seconds() / SECONDS_A_DAY + 1
    masters = cycle.tables["customers"].drop_duplicates("customer").set_index("customer")
    parts = []
    for dimension in ("company", "region", "salesperson", "customer"):
        if dimension == "company":
            members = pd.Series("", index=walk.index, dtype="str")
        elif dimension == "customer":
            members = walk["customer"]
        else:
            members = walk["customer"].map(masters[dimension])
        parts.append(collection_report(walk, members, length).assign(dimension=dimension).astype({"member": "str"}))
    return {"collections_report": with_names(cycle, pd.concat(parts, ignore_index=True))}


def contracts(cycle: Cycle) -> Frames:
    """`contract_ledger` and `approvals`: what was signed and has come of it, and what exceeds someone's authority."""
    table = given(cycle, "contracts")
    if table is None:
        return {"approvals": approvals(cycle)}
    table = table[table["signed"] <= cycle.as_of].reset_index(drop=True)
    settled: Settled | None = cycle.found.get("settled")
    found: Frames = {"approvals": approvals(cycle)}
    if settled is not None:
        ledger = contract_ledger(table, cycle.found["whole_lines"], settled.invoices, settled.done)
        ledger = ledger.rename(columns={"signed": "signed_amount"})
        found["contract_ledger"] = _named(cycle, ledger)
    return found


def discounted_documents(cycle: Cycle) -> pd.DataFrame:
    """Order lines up to the day as documents: document, customer, salesperson, date, amount, discount."""
    lines = cycle.found["whole_lines"]
    document = lines["order"] + "/" + lines["line"]
    columns = ["customer", "salesperson", "date", "discount"]
    return lines[columns].assign(document=document, amount=lines["sales"])


def approvals(cycle: Cycle) -> pd.DataFrame:
    """Contracts above the limit of the salesperson's role, and order lines above its discount limit."""
    roles, people = cycle.tables["roles"], cycle.tables["salespeople"]
    if roles.empty:
        return pd.DataFrame()
    contracts = cycle.tables["contracts"]
    contracts = contracts[contracts["signed"] <= cycle.as_of].rename(columns={"contract": "document"})
    lines = discounted_documents(cycle).astype({"document": "str"})
    parts = []
    for kind, documents, limited in (
        ("contract", contracts, ["amount", "discount"]),
        ("discount", lines, ["discount"]),
    ):
        asked = documents[[name for name in ("document", "salesperson", *limited, "status") if name in documents]]
        found = for_approval(asked, roles, people.drop_duplicates("salesperson"))
        said = documents.drop(columns=["salesperson", "status"], errors="ignore")
        parts.append(found.merge(said, on="document").assign(kind=kind))
    table = pd.concat(parts, ignore_index=True)
    table = table[table["reason"] != "role_unknown"]
    table = table.assign(salesperson=names(cycle, "salesperson", table["salesperson"].astype("str")))
    return table.sort_values(["kind", "amount"], ascending=[True, False], ignore_index=True)
