"""Stage 3, cash: settlement, ageing, the collections report, credit watch, whom to call, contracts and approvals."""

import numpy as np
import pandas as pd

from xlsales.core.ageing import ageing_of
from xlsales.core.approvals import LIMITS, for_approval
from xlsales.core.beside import changes
from xlsales.core.calendar import first_day, period_keys
from xlsales.core.collections_report import collection_report, receivables_walk
from xlsales.core.comparing import spans
from xlsales.core.contracts import contract_ledger
from xlsales.core.credit import credit_limits, credit_watch, overdue_by_customer
from xlsales.core.dunning import dunning_list
from xlsales.core.ratio import day
from xlsales.core.settlement import settle
from xlsales.stages.beside import known_from
from xlsales.stages.cycle import Cycle, Frames, names
from xlsales.stages.lines import Settled, calendar, given
from xlsales.stages.quantities import with_names

SECONDS_A_DAY = 86400
CASH_TIMES = ("collected_last_year", "collected_rolling_12")


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
    cash = _cash_beside(cycle)
    parts = []
    for dimension in ("company", "region", "salesperson", "customer"):
        rows = collection_report(walk, _members(dimension, walk["customer"], masters), length)
        beside = cash.groupby(_members(dimension, cash["customer"], masters))[list(CASH_TIMES)].sum(min_count=1)
        rows = rows.astype({"member": "str"}).join(beside, on="member").assign(dimension=dimension)
        some = cash[list(CASH_TIMES)].notna().any()
        rows[list(CASH_TIMES)] = rows[list(CASH_TIMES)].fillna(some.map({True: 0.0, False: np.nan}))
        parts.append(rows)
    return {"collections_report": with_names(cycle, changes(pd.concat(parts, ignore_index=True), ["collected"]))}


def _members(dimension: str, customers: pd.Series, masters: pd.DataFrame) -> pd.Series:
    """The member of a dimension to which each customer belongs."""
    if dimension == "company":
        return pd.Series("", index=customers.index, dtype="str")
    return customers if dimension == "customer" else customers.map(masters[dimension])


def _cash_beside(cycle: Cycle) -> pd.DataFrame:
    """What each customer paid in the same days of last year and in the twelve months to the day; blank if not known."""
    cash = cycle.found.get("cash")
    if cash is None or cash.empty:
        return pd.DataFrame({"customer": pd.Series(dtype="str"), **dict.fromkeys(CASH_TIMES, pd.Series(dtype=float))})
    found = {span.key: span for span in spans(cycle.as_of, calendar(cycle))}
    windows = (found["year_to_date"].last_year, found["rolling_12"].now)
    start, paid = known_from(cycle, "collections"), cash["date"].dt.normalize()
    table = pd.DataFrame(index=pd.Index(cash["customer"].dropna().unique(), name="customer"))
    for name, (first, last) in zip(CASH_TIMES, windows, strict=True):
        sums = cash[(paid >= first) & (paid <= last)].groupby("customer")["collections"].sum()
        full = start is not None and first >= start
        table[name] = sums.reindex(table.index).fillna(0.0) if full else np.nan
    return table.reset_index()


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
    contracts = contracts[(contracts["signed"] <= cycle.as_of) & (contracts["status"] != "cancelled").fillna(True)]
    contracts = contracts.rename(columns={"contract": "document"})
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
    limits = {name: table["limit"].where(table["what"] == what) for what, name in LIMITS.items()}
    table = table.assign(**limits, authority=table["reason"])
    table = table.assign(salesperson=names(cycle, "salesperson", table["salesperson"].astype("str")))
    return table.sort_values(["kind", "amount"], ascending=[True, False], ignore_index=True)
