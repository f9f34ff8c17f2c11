"""Stage 3, chain and service: opportunity, quote and order in one line; the service cases that wait."""

from xlsales.core.deal_chain import deal_chain, open_cases
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
    people = names(cycle, PERSON, order[PERSON].astype("str")).where(order[PERSON].notna())
    customers = names(cycle, "customer", order["customer"].astype("str")).where(order["customer"].notna())
    return {"deal_chain": order.drop(columns="fine").assign(name=customers, salesperson=people)}


def service(cycle: Cycle) -> Frames:
    """`open_cases`: complaints, repairs and questions that are not closed, with age and the customer's owner."""
    cases = given(cycle, "service_cases")
    if cases is None:
        return {}
    owners = cycle.tables["customers"].drop_duplicates("customer").set_index("customer")[PERSON]
    table = open_cases(cases, cycle.as_of, owners)
    people = names(cycle, PERSON, table[PERSON].astype("str")).where(table[PERSON].notna())
    customers = names(cycle, "customer", table["customer"].astype("str"))
    return {"open_cases": table.assign(name=customers, salesperson=people)}
