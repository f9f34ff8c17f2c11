"""Stage 3, deals: what is due when and covers what, what is lost to whom, what is missing, whom to contact."""

import numpy as np
import pandas as pd

from xlsales.core.attained import target_windows
from xlsales.core.calendar import first_day, last_day, period_keys
from xlsales.core.deal_watch import deal_problems, follow_ups_due
from xlsales.core.period_steps import children
from xlsales.core.pipeline import losses
from xlsales.core.pipeline_due import by_month, coverage_by_month
from xlsales.core.probability import win_chances
from xlsales.core.refusal import Refusal
from xlsales.core.snapshots import stage_conversion
from xlsales.stages.cycle import Cycle, Frames, names
from xlsales.stages.lines import calendar, given
from xlsales.stages.monitoring import this_year
from xlsales.stages.selling import stages
from xlsales.stages.targets import actuals

GONE = "gone"


def due(cycle: Cycle) -> Frames:
    """`pipeline_months` and `coverage`: open deals by month, and by salesperson against what is left of the target."""
    deals = cycle.found.get("deals")
    if deals is None:
        return {}
    days = calendar(cycle)
    months = by_month(deals, days)
    found: Frames = {
        "pipeline_months": months.assign(period=_month_key(months["month"])).rename(columns={"line": "timing"})
    }
    left = target_left(cycle)
    if left is None:
        cycle.notes.append(Refusal("target_left_missing"))
        return found
    table = coverage_by_month(deals, left, days)
    today = period_keys(pd.Series([cycle.as_of]), "month", days).iloc[0]
    table = table[table["month"] >= pd.Timestamp(today)]
    people = table["salesperson"].astype("str")
    found["coverage"] = table.assign(name=names(cycle, "salesperson", people), period=_month_key(table["month"]))
    return found


def _month_key(months: pd.Series) -> pd.Series:
    return months.dt.strftime("%Y-%m").astype("str")


def target_left(cycle: Cycle) -> pd.DataFrame | None:
    """What is left of each salesperson's sales target in the months to come: month targets, else the plan's months.

    The running month counts less what was sold in it; a month that is overfulfilled has nothing left.
    """
    days = calendar(cycle)
    year = children(this_year(cycle), "month", days)
    today = str(period_keys(pd.Series([cycle.as_of]), "month", days).iloc[0])
    ahead = [key for key in year if key >= today and pd.Timestamp(last_day(key, days)) > cycle.as_of]
    rows = _month_targets(cycle, ahead)
    if rows.empty:
        rows = _planned(cycle, ahead)
    if rows.empty:
        return None
    spans = {key: (pd.Timestamp(first_day(key, days)), pd.Timestamp(last_day(key, days))) for key in ahead}
    windows = rows.assign(
        **{"from": rows["period"].map({key: span[0] for key, span in spans.items()})},
        to=rows["period"].map({key: span[1] for key, span in spans.items()}),
    )
    running = windows["from"] <= cycle.as_of
    sold = np.zeros(len(rows))
    if running.any():
        sold[running.to_numpy()] = np.nan_to_num(actuals(cycle, "sales", "salesperson", windows[running]))
    left = (rows["target"] - sold).clip(lower=0.0)
    month = pd.to_datetime(rows["period"], format="%Y-%m")  # a day of it, whatever day it closes on
    return pd.DataFrame({"salesperson": rows["member"], "month": month, "target_left": left})


def _month_targets(cycle: Cycle, ahead: list[str]) -> pd.DataFrame:
    goals = cycle.tables["targets"]
    goals = goals[(goals["measure"] == "sales") & (goals["scope"] == "salesperson")]
    windows = target_windows(goals, calendar(cycle))
    return windows.loc[windows["period"].isin(ahead), ["member", "period", "target"]].reset_index(drop=True)


def _planned(cycle: Cycle, ahead: list[str]) -> pd.DataFrame:
    plan = cycle.found.get("plan")
    if plan is None or plan.empty:
        return pd.DataFrame(columns=["member", "period", "target"])
    mine = plan[(plan["measure"] == "sales") & plan["salesperson"].notna() & plan["period"].isin(ahead)]
    mine = mine[mine[["product", "customer", "segment", "channel"]].isna().all(axis=1)]  # other cuts say the same again
    sums = mine.groupby(["salesperson", "period"])["value"].sum(min_count=1)
    return sums.reset_index().rename(columns={"salesperson": "member", "value": "target"})


def lost(cycle: Cycle) -> Frames:
    """`lost_reasons` and `competitors`: why deals were lost, and to whom."""
    deals = cycle.found.get("deals")
    if deals is None:
        return {}
    return {"lost_reasons": losses(deals, "lost_reason"), "competitors": losses(deals, "competitor")}


def conversion(cycle: Cycle) -> Frames:
    """`stage_conversion`: what became of the deals of each snapshot up to the day."""
    shots, deals = given(cycle, "opportunity_snapshots"), cycle.found.get("deals")
    if shots is None or deals is None:
        return {}
    table = stage_conversion(shots[shots["as_of"] <= cycle.as_of], deals)
    return {
        "stage_conversion": table.rename(columns={"share": "converted"}).assign(
            stage_now=table["stage_now"].fillna(GONE).astype("str")
        )
    }


def chances(cycle: Cycle) -> Frames:
    """`win_chances` and `calibration`: what closed deals say of the open ones, and how far that can be trusted."""
    deals = cycle.found.get("deals")
    if deals is None:
        return {}
    history = win_chances(deals)
    bands = history.calibration.rename(columns={"low": "from_chance", "high": "to_chance"})
    known = deals.set_index("opportunity")
    table = history.table
    if not history.skill > 0:  # no better than the plain win rate: a chance made from it would mislead
        cycle.notes.append(Refusal("history_without_skill", closed=history.closed, skill=round(history.skill, 2)))
        table = table.assign(history_chance=np.nan)
    of = table["opportunity"]
    table = table.assign(
        customer=of.map(known["customer"]),
        name=names(cycle, "customer", of.map(known["customer"]).astype("str")),
        salesperson=names(cycle, "salesperson", of.map(known["salesperson"]).astype("str")),
        stage=of.map(known["stage"]),
        value=of.map(known["value"]),
    )
    return {"win_chances": table, "calibration": bands.assign(skill=history.skill)}


def problems(cycle: Cycle) -> Frames:
    """`deal_problems`: what deals lack that their stage requires."""
    deals = cycle.found.get("deals")
    if deals is None:
        return {}
    table = deal_problems(deals, stages(cycle), cycle.as_of).rename(columns={"column": "missing"})
    people = names(cycle, "salesperson", table["salesperson"].astype("str"))
    table = table.assign(salesperson=people.where(table["salesperson"].notna()))
    return {"deal_problems": table.sort_values("value", ascending=False, kind="stable", ignore_index=True)}


def contacts(cycle: Cycle) -> Frames:
    """`follow_ups`: every contact that was due by the day."""
    tables = {
        "leads": given(cycle, "leads"),
        "interactions": given(cycle, "interactions"),
        "tasks": given(cycle, "tasks"),
        "opportunities": cycle.found.get("deals"),
    }
    if tables["interactions"] is not None:
        log = tables["interactions"]
        tables["interactions"] = log[log["at"] <= cycle.as_of]
    there = {name: frame for name, frame in tables.items() if frame is not None}
    if not there:
        return {}
    found = follow_ups_due(cycle.as_of, **there)
    table = found.rename(columns={"table": "source", "key": "about", "due": "due_on"}).astype(
        {"about": "str", "salesperson": "str"}
    )
    return {
        "follow_ups": table.assign(
            name=_about(cycle, table), salesperson=names(cycle, "salesperson", table["salesperson"])
        )
    }


def _about(cycle: Cycle, table: pd.DataFrame) -> pd.Series:
    """Whom each contact is about: the lead's or customer's name; of a deal or task its customer's."""
    known = {}
    for source, key, column in (
        ("leads", "lead", "customer_name"),
        ("tasks", "task", "customer"),
        ("opportunities", "opportunity", "customer"),
    ):
        who = cycle.tables[source].drop_duplicates(key).set_index(key)[column].dropna()
        known[source] = who if source == "leads" else names(cycle, "customer", who.astype("str"))
    said = table["about"].copy()
    for source, who in known.items():
        rows = table["source"] == source
        said[rows] = said[rows].map(who)
    # A contact's party is a customer, else a lead or a deal.
    rows = table["source"] == "interactions"
    party = table.loc[rows, "about"]
    customer = names(cycle, "customer", party)
    other = party.map(known["leads"]).fillna(party.map(known["opportunities"]))
    said[rows] = customer.where(customer != party, other.fillna(party))
    return said.astype("str")
