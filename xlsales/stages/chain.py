"""Stage 3, chain and service: opportunity, quote and order in one line; the service cases that wait."""

import pandas as pd

from xlsales.core.deal_chain import deal_chain
from xlsales.core.service import case_owners, open_cases
from xlsales.stages.cycle import Cycle, Frames, names
from xlsales.stages.lines import given

PERSON = "salesperson"


def chain(cycle: Cycle) -> Frames:
    """`deal_chain`: every opportunity with its quotes and orders, what is out of order first, the dearest first."""
    deals, quotes = cycle.found.get("deals"), given(cycle, "quotes")
    if deals is None or quotes is None:
        return {}
    known = quotes[quotes["date"].isna() | (quotes["date"] <= cycle.as_of)]
    table = deal_chain(deals, known, cycle.found["whole_lines"], cycle.as_of)
    table = table.rename(columns={"date": "quote_date", "status": "quote_status", "state": "chain_state"})
    order = table.assign(fine=table["chain_state"] == "").sort_values(
        ["fine", "value"], ascending=[True, False], kind="stable", ignore_index=True
    )
    customers = names(cycle, "customer", order["customer"].astype("str")).where(order["customer"].notna())
    return {"deal_chain": order.drop(columns="fine").assign(name=customers, salesperson=_people(cycle, order[PERSON]))}


def service(cycle: Cycle) -> Frames:
    """`open_cases`: what is not closed, with age, owner and lateness; `case_owners`: how much of it waits at whom."""
    cases = given(cycle, "service_cases")
    if cases is None:
        return {}
    keepers = cycle.tables["customers"].drop_duplicates("customer").set_index("customer")[PERSON]
    table = open_cases(cases, cycle.as_of, keepers, float(cycle.settings["case_days"]))
    owners = case_owners(table)
    customers = names(cycle, "customer", table["customer"].astype("str"))
    return {
        "open_cases": table.assign(name=customers, salesperson=_people(cycle, table[PERSON])),
        "case_owners": owners.assign(name=_people(cycle, owners["owner"])),
    }


def _people(cycle: Cycle, people: pd.Series) -> pd.Series:
    """Names of salespeople; blank where there is nobody."""
    return names(cycle, PERSON, people.astype("str")).where(people.notna())
