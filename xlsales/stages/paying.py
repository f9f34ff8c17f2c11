"""Stage 5: incentives."""

import numpy as np
import pandas as pd

from xlsales.core.calendar import first_day, last_day
from xlsales.core.deal_earnings import deal_earnings
from xlsales.core.incentives import Payout, Rules, pay
from xlsales.core.period_steps import parent_period, previous_period
from xlsales.core.ratio import ratio
from xlsales.core.refusal import Refusal
from xlsales.core.rule_locks import locked_rules, standing_lock
from xlsales.core.statements import accrual, accrued, by_plan, claw_back
from xlsales.core.target_sums import year_targets
from xlsales.stages.cycle import Cycle, Frames
from xlsales.stages.lines import calendar, given
from xlsales.stages.monitoring import this_year
from xlsales.stages.people import PERSON, named
from xlsales.stages.targets import running_targets

QUOTA_OF = {"contract": "sales", "invoice": "sales", "margin": "margin", "cash": "collections"}  # by basis
LOCKED = {"commission_plan": "locked_plans", "commission_assignment": "locked_assignments"}


def incentives(cycle: Cycle) -> Frames:
    """`commissions`, `commission_lines`, `accruals`: the statements of the fiscal year to date, with what was paid.

    `deal_earnings`: what a deal would bring its salesperson. Up to the last closed period the rules hold that were
    locked with it.
    """
    if given(cycle, "commission_plan") is None or given(cycle, "commission_assignment") is None:
        return {}
    start = pd.Timestamp(first_day(this_year(cycle), calendar(cycle)))
    plans, assigned = in_force(cycle, "commission_plan"), in_force(cycle, "commission_assignment")
    rules = Rules(plans, assigned, _quotas(cycle, this_year(cycle)))
    lines = _paying_lines(cycle, start)
    payout = pay(lines, rules, start, cycle.as_of)
    back = _taken_back(cycle, payout, assigned, (start, cycle.as_of))
    if len(back):
        payout = pay(lines, rules, start, cycle.as_of, back)
    table = by_plan(payout)
    paid = _payments(cycle, this_year(cycle))
    booked = accrual(payout.statements.assign(period=this_year(cycle)), paid.assign(period=this_year(cycle))).set_index(
        PERSON
    )
    first = ~table.duplicated(PERSON)
    table["paid"] = table[PERSON].map(booked["paid"]).where(first)
    table["outstanding"] = table[PERSON].map(booked["outstanding"]).where(first)
    # A line of the statement shows what it paid in whole cents; the exact commission stands behind it.
    stated = payout.lines.assign(commission=payout.lines["paid"])
    found = {
        "commissions": named(cycle, table),
        "commission_lines": named(cycle, stated.drop(columns="paid")),
        "accruals": named(cycle, _accrued(cycle, payout, paid, (plans, assigned))),
    }
    try:
        earned = _earnings(cycle, lines, rules, start, back)
    except Refusal as refusal:
        cycle.notes.append(refusal)
        earned = None
    return found | ({} if earned is None else {"deal_earnings": named(cycle, earned)})


def _payments(cycle: Cycle, year: str) -> pd.DataFrame:
    """What was paid for the periods of a fiscal year."""
    paid = cycle.tables["payments"]
    years = {key: parent_period(key, "year", calendar(cycle)) for key in paid["period"].dropna().unique()}
    return paid[paid["period"].map(years) == year]


def _accrued(
    cycle: Cycle, payout: Payout, paid: pd.DataFrame, rules_of: tuple[pd.DataFrame, pd.DataFrame]
) -> pd.DataFrame:
    """What was earned and paid by month; of the fiscal year before too, where its payments were entered."""
    days = calendar(cycle)
    year = previous_period(this_year(cycle), days)
    before = _payments(cycle, year)
    lines = payout.lines
    if len(before):
        first, last = (pd.Timestamp(day(year, days)) for day in (first_day, last_day))
        rules = Rules(*rules_of, _quotas(cycle, year))
        try:
            earlier = pay(_paying_lines(cycle, first), rules, first, last)
        except Refusal as refusal:
            cycle.notes.append(refusal)
        else:
            back = _taken_back(cycle, earlier, rules_of[1], (first, last))
            earlier = pay(_paying_lines(cycle, first), rules, first, last, back) if len(back) else earlier
            lines, paid = (pd.concat(parts, ignore_index=True) for parts in ((earlier.lines, lines), (before, paid)))
    return accrued(lines, paid, calendar=days)


def in_force(cycle: Cycle, key: str) -> pd.DataFrame:
    """The rules of a table as they are paid by: what was locked with a closed period holds up to its end."""
    closed = cycle.tables["closed_periods"]["period"].dropna()
    ends = {period: pd.Timestamp(last_day(period, calendar(cycle))) for period in closed}
    return locked_rules(cycle.tables[key], *standing_lock(cycle.tables[LOCKED[key]], ends), key)


def _taken_back(
    cycle: Cycle, payout: Payout, assigned: pd.DataFrame, window: tuple[pd.Timestamp, pd.Timestamp]
) -> pd.DataFrame:
    """The claw-backs dated in a window, as negative lines; one that cannot be told is noted."""
    events = cycle.tables["claw_backs"]
    events = events[(events["date"] >= window[0]) & (events["date"] <= window[1])]
    parts = []
    typed = events["amount"].notna() & events[PERSON].notna()
    for event in events[typed].to_dict("records"):
        held = assigned[(assigned[PERSON] == event[PERSON]) & (assigned["valid_from"] <= event["date"])]
        plan = held.sort_values("valid_from")["plan"].tail(1).tolist()
        fixed = {"document": f"{event['document']}/C", "original": event["document"], "plan": plan[0] if plan else None}
        parts.append(pd.DataFrame([{**event, **fixed, "commission": -float(event["amount"])}]))
    for _, event in events[~typed].iterrows():
        lines = payout.lines
        if isinstance(event[PERSON], str):
            lines = lines[lines[PERSON] == event[PERSON]]
        share = 1.0 if pd.isna(event["share"]) else float(event["share"])
        asked = pd.DataFrame([{key: event[key] for key in ("document", "date", "note")} | {"share": share}])
        earlier = [part for part in parts if part["original"].iloc[0] == event["document"]]
        try:
            # What was taken for the same document before counts: together no more than was earned.
            known = pd.concat([lines, *(part.assign(kind="claw_back") for part in earlier)], ignore_index=True)
            parts.append(claw_back(known.reindex(columns=lines.columns), asked))
        except Refusal as refusal:
            cycle.notes.append(refusal)
    found = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame({PERSON: []})
    return found.reindex(columns=[PERSON, "document", "date", "commission", "original", "note", "plan"])


def _earnings(
    cycle: Cycle, lines: pd.DataFrame, rules: Rules, start: pd.Timestamp, back: pd.DataFrame
) -> pd.DataFrame | None:
    """What each typed question and each open deal would bring its salesperson if it closed on the day."""
    asked = cycle.tables["what_if"].assign(asked="typed")
    deals = cycle.found.get("deals")
    if deals is not None:
        still = deals[deals["is_open"] & deals["value"].gt(0) & deals[PERSON].notna()]
        ours = pd.DataFrame({"deal": still["opportunity"], PERSON: still[PERSON], "amount": still["value"]})
        asked = pd.concat([asked, ours.assign(asked="opportunity")], ignore_index=True)
    if asked.empty:
        return None
    rates = lines[lines["basis"] == "invoice"].groupby(PERSON)["amount"].sum()
    margins = lines[lines["basis"] == "margin"].groupby(PERSON)["amount"].sum()
    own = asked[PERSON].map(pd.Series(ratio(margins.reindex(rates.index), rates), index=rates.index))
    asked["margin_rate"] = asked["margin_rate"].astype(float).fillna(own.astype(float))
    cash = 1 + float(cycle.settings["tax_rate"]) if cycle.settings["receivables_include_tax"] else 1.0
    return deal_earnings(lines, asked, rules, (start, cycle.as_of), cash, back if len(back) else None)


def _quotas(cycle: Cycle, year: str) -> pd.DataFrame:
    """The quota to date of each person for every basis that a plan may pay on: sales, margin, or cash."""
    start = pd.Timestamp(first_day(year, calendar(cycle)))
    rows = cycle.found["attainment"]
    rows = rows[(rows["level"] == "row") & (rows["scope"] == PERSON) & (rows["from"] >= start)]
    pace = running_targets(cycle)
    if pace is not None:  # of a quota that still runs, what the season lets expect by the day counts
        keys = ["measure", "scope", "member", "period"]
        due = pace.dropna(subset=["period"]).drop_duplicates(keys)[[*keys, "expected"]]
        rows = rows.merge(due, on=keys, how="left")
        rows["target"] = rows["expected"].fillna(rows["target"])
    own = year_targets(rows, year, calendar(cycle))
    bases = pd.DataFrame(QUOTA_OF.items(), columns=["basis", "measure"])
    quotas = own[["member", "measure", "target"]].merge(bases, on="measure")
    return quotas.rename(columns={"member": PERSON, "target": "quota"})[[PERSON, "basis", "quota"]]


def _paying_lines(cycle: Cycle, start: pd.Timestamp) -> pd.DataFrame:
    """Every line that a commission may stand on: contracts signed, sales billed, margin, cash; each by its basis."""
    lines, cash = cycle.found["lines"], cycle.found.get("cash")
    recent = lines[(lines["date"] >= start) & lines[PERSON].notna()]
    sold = pd.DataFrame(
        {
            PERSON: recent[PERSON],
            "document": recent["order"],
            "line": recent["line"],
            "date": recent["date"],
            "margin_rate": ratio(recent["margin"], recent["sales"]),
        },
        index=recent.index,
    )
    parts = [sold.assign(basis="invoice", amount=recent["sales"]), sold.assign(basis="margin", amount=recent["margin"])]
    contracts = cycle.tables["contracts"]
    contracts = contracts[(contracts["signed"] >= start) & (contracts["signed"] <= cycle.as_of)]
    contracts = contracts[contracts[PERSON].notna() & ~contracts["status"].isin(["draft", "cancelled"])]
    parts.append(
        pd.DataFrame(
            {
                PERSON: contracts[PERSON],
                "document": contracts["contract"],
                "date": contracts["signed"],
                "basis": "contract",
                "amount": contracts["amount"],
            }
        )
    )
    if cash is not None:
        got = cash[(cash["date"] >= start) & cash[PERSON].notna()]
        parts.append(
            pd.DataFrame(
                {
                    PERSON: got[PERSON],
                    "document": got["receipt"],
                    "line": got["order"],
                    "date": got["date"],
                    "basis": "cash",
                    "amount": got["collections"],
                }
            )
        )
    table = pd.concat(parts, ignore_index=True)
    table = table[np.isfinite(table["amount"].to_numpy(float))]
    return table.astype({PERSON: "str", "document": "str", "line": "str"})
