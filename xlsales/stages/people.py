"""Stage 5: scorecards and incentives."""

import numpy as np
import pandas as pd

from xlsales.core.calendar import first_day
from xlsales.core.incentives import Rules as PayRules
from xlsales.core.incentives import pay
from xlsales.core.period_steps import parent_period
from xlsales.core.ratio import ratio
from xlsales.core.scorecard import Rules, score_people
from xlsales.core.statements import accrual, accrued, by_plan
from xlsales.core.target_sums import year_targets
from xlsales.stages.cycle import Cycle, Frames, names
from xlsales.stages.lines import calendar, given
from xlsales.stages.monitoring import this_year
from xlsales.stages.targets import ACTIVITY

PERSON = "salesperson"
QUOTA_OF = {"contract": "sales", "invoice": "sales", "margin": "margin", "cash": "collections"}  # by a plan's basis


def scorecards(cycle: Cycle) -> Frames:
    """`scores` and `score_lines`: each active salesperson on the KPIs of the role, against the target to date."""
    kpis = given(cycle, "kpis")
    people = cycle.tables["salespeople"]
    if kpis is None or people.empty:
        return {}
    working = people["leave_date"].isna() | (people["leave_date"] > cycle.as_of)
    staff = people[working & people["role"].isin(kpis["role"])]
    asked = staff[[PERSON, "role"]].merge(kpis[["role", "kpi", "measure"]], on="role")
    figures = _figures(cycle)
    actuals = asked.merge(figures, on=[PERSON, "measure"], how="left")[[PERSON, "role", "kpi", "target", "actual"]]
    if actuals.empty:
        return {}
    ratings = cycle.tables["ratings"]
    ratings = ratings[ratings[PERSON].isin(staff[PERSON])]
    lines = cycle.tables["red_lines"]
    start = pd.Timestamp(first_day(this_year(cycle), calendar(cycle)))
    lines = lines[lines[PERSON].isin(staff[PERSON]) & (lines["date"] >= start) & (lines["date"] <= cycle.as_of)]
    rules = Rules(
        kpis,
        given(cycle, "curves"),
        given(cycle, "grades"),
        float(cycle.settings["excellent"]),
        float(cycle.settings["action"]),
    )
    cards = score_people(actuals, rules, ratings if len(ratings) else None, lines if len(lines) else None)
    return {
        "scores": _named(cycle, cards.summary),
        "score_lines": _named(cycle, cards.cards[cards.cards["planned_weight"].notna()]),
        "score_warnings": cards.warnings,
    }


def _named(cycle: Cycle, table: pd.DataFrame) -> pd.DataFrame:
    return table.assign(name=names(cycle, PERSON, table[PERSON].astype("str")))


def _figures(cycle: Cycle) -> pd.DataFrame:
    """Target to date and actual of the running targets of each person, and of the planned activities."""
    pace = cycle.found.get("pace")
    parts = []
    if pace is not None:
        mine = pace[pace["scope"] == PERSON].drop_duplicates(["member", "measure"])
        mine = mine.rename(columns={"member": PERSON}).assign(target=mine["expected"])
        parts.append(mine[[PERSON, "measure", "target", "actual"]])
    open_ended = cycle.found["attainment"]
    dated = (open_ended["level"] == "row") & (open_ended["scope"] == PERSON) & open_ended["to"].isna()
    parts.append(open_ended[dated].rename(columns={"member": PERSON})[[PERSON, "measure", "target", "actual"]])
    parts.append(activities_to_date(cycle))
    table = pd.concat(parts, ignore_index=True)
    return table.drop_duplicates([PERSON, "measure"])


def activities_to_date(cycle: Cycle) -> pd.DataFrame:
    """Planned and done activities of the fiscal year's complete months and the running one, by person and measure."""
    plan, log = cycle.tables["activity_plan"], cycle.tables["interactions"]
    year = this_year(cycle)
    start = pd.Timestamp(first_day(year, calendar(cycle)))
    begun = {key: pd.Timestamp(first_day(key, calendar(cycle))) for key in plan["period"].dropna().unique()}
    first = plan["period"].map(begun)
    due = plan[(first >= start) & (first <= cycle.as_of)]
    done = log[(log["at"] >= start) & (log["at"] <= cycle.as_of)]
    measures = {kind: measure for measure, kind in ACTIVITY.items()}
    planned = due.assign(measure=due["activity"].map(measures)).groupby([PERSON, "measure"])["planned"].sum()
    counted = done.assign(measure=done["kind"].map(measures)).groupby([PERSON, "measure"]).size()
    table = pd.DataFrame({"target": planned, "actual": counted.reindex(planned.index).astype(float)})
    # A person with a plan of visits and no visit on record made none: the log is the record of activities.
    recorded = len(log) > 0
    table["actual"] = table["actual"].fillna(0.0) if recorded else table["actual"]
    return table.reset_index()


def incentives(cycle: Cycle) -> Frames:
    """`commissions`, `commission_lines`, `accruals`: the statements of the fiscal year to date, with what was paid."""
    plans, assigned = given(cycle, "commission_plan"), given(cycle, "commission_assignment")
    if plans is None or assigned is None:
        return {}
    start = pd.Timestamp(first_day(this_year(cycle), calendar(cycle)))
    rules = PayRules(plans, assigned, _quotas(cycle, start))
    payout = pay(_paying_lines(cycle, start), rules, start, cycle.as_of)
    table = by_plan(payout)
    paid = cycle.tables["payments"]
    years = {key: parent_period(key, "year", calendar(cycle)) for key in paid["period"].dropna().unique()}
    paid = paid[paid["period"].map(years) == this_year(cycle)]
    booked = accrual(payout.statements.assign(period=this_year(cycle)), paid.assign(period=this_year(cycle))).set_index(
        PERSON
    )
    first = ~table.duplicated(PERSON)
    table["paid"] = table[PERSON].map(booked["paid"]).where(first)
    table["outstanding"] = table[PERSON].map(booked["outstanding"]).where(first)
    # A line of the statement shows what it paid in whole cents; the exact commission stands behind it.
    stated = payout.lines.assign(commission=payout.lines["paid"])
    return {
        "commissions": _named(cycle, table),
        "commission_lines": _named(cycle, stated.drop(columns="paid")),
        "accruals": _named(cycle, accrued(payout.lines, paid, calendar=calendar(cycle))),
    }


def _quotas(cycle: Cycle, start: pd.Timestamp) -> pd.DataFrame:
    """The quota to date of each person on what the plan held at the day is paid on: margin, cash, or sales."""
    rows = cycle.found["attainment"]
    rows = rows[(rows["level"] == "row") & (rows["scope"] == PERSON) & (rows["from"] >= start)]
    pace = cycle.found.get("pace")
    if pace is not None:  # of a quota that still runs, what the season lets expect by the day counts
        keys = ["measure", "scope", "member", "period"]
        due = pace.dropna(subset=["period"]).drop_duplicates(keys)[[*keys, "expected"]]
        rows = rows.merge(due, on=keys, how="left")
        rows["target"] = rows["expected"].fillna(rows["target"])
    own = year_targets(rows, this_year(cycle), calendar(cycle))
    sums = own[["member", "measure", "target"]].rename(columns={"target": "quota"})
    held = cycle.tables["commission_assignment"]
    held = held[held["valid_from"] <= cycle.as_of].sort_values("valid_from").drop_duplicates(PERSON, keep="last")
    basis = cycle.tables["commission_plan"].drop_duplicates("plan").set_index("plan")["basis"]
    measure = held["plan"].map(basis).map(QUOTA_OF)
    asked = pd.DataFrame({"member": held[PERSON], "measure": measure})
    return asked.merge(sums, on=["member", "measure"]).rename(columns={"member": PERSON})[[PERSON, "quota"]]


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
