"""Around the commission statements: shared credit, claw-backs, what-if, what is due and what was paid."""

import numpy as np
import pandas as pd

from xlsales.core.calendar import CALENDAR, Calendar, PeriodLevel, parse_period, period_keys
from xlsales.core.incentives import Payout, Rules, pay
from xlsales.core.offending import refuse_where
from xlsales.core.period_steps import parent_period
from xlsales.core.ratio import ratio

LENGTHS = ("week", "month", "quarter", "half", "year")  # of periods, shortest first


def split_credit(lines: pd.DataFrame, shares: pd.DataFrame | None) -> pd.DataFrame:
    """The lines with one row per salesperson who shares in them.

    lines: document, line, salesperson, ... shares: document, line, salesperson, share; a line without a row there
    stays its own salesperson's. Refuses credit_shares where a line's shares do not add to 100 %.

    >>> line = pd.DataFrame({"document": ["O1"], "line": ["1"], "salesperson": ["Li"], "amount": [100.0]})
    >>> both = pd.DataFrame({"document": "O1", "line": "1", "salesperson": ["Li", "Wu"], "share": [0.7, 0.3]})
    >>> split_credit(line, both)[["salesperson", "share"]].values.tolist()
    [['Li', 0.7], ['Wu', 0.3]]
    """
    if shares is None or shares.empty:
        return lines.assign(share=1.0)
    keys = ["document", "line"]
    sums = shares.groupby(keys)["share"].sum().reset_index()
    sums["sum"] = (sums["share"] * 100).round(4)
    refuse_where((sums["share"] - 1).abs() > 1e-9, "credit_shares", sums, "document", "line", "sum")
    shared = shares[[*keys, "salesperson", "share"]].rename(columns={"salesperson": "_with"})
    rows = lines.drop(columns="share", errors="ignore").merge(shared, on=keys, how="left")
    rows["salesperson"] = rows["_with"].fillna(rows["salesperson"])
    return rows.assign(share=rows["share"].fillna(1.0)).drop(columns="_with")


def claw_back(paid_lines: pd.DataFrame, events: pd.DataFrame) -> pd.DataFrame:
    """Negative commission lines that take back a share of what a document has earned, linked to it.

    paid_lines: `Payout.lines` of the periods that paid. events: document, date, share (of the commission earned;
    1 = all), [note]. Returns salesperson, document (the original's with "/C" and the event's number), date, commission,
    original, note, plan, for `incentives.pay` of the period of the date. What a cap cut off was not earned: the cut is
    borne by the statement's lines in proportion. Earlier events and claw-backs already paid count: together no more
    than what was earned is taken. Refuses claw_back_unknown (nothing was paid on the document),
    claw_back_share, claw_back_early (dated before the commission).

    >>> earned = pd.DataFrame({"salesperson": ["Li"], "kind": ["line"], "document": ["R1"], "plan": ["p"],
    ...                        "date": pd.to_datetime(["2026-01-20"]), "commission": [10_000.0], "original": [None],
    ...                        "statement": pd.to_datetime(["2026-01-31"])})
    >>> event = pd.DataFrame({"document": ["R1"], "date": pd.to_datetime(["2026-03-01"]), "share": [0.5]})
    >>> claw_back(earned, event)["commission"].tolist()
    [-5000.0]
    """
    paid_lines = paid_lines.reset_index(drop=True)
    bad = ~events["share"].between(0, 1)
    refuse_where(bad, "claw_back_share", events, "document", "share")
    keys = ["document", "salesperson", "plan"]
    kept = _after_caps(paid_lines).groupby(keys, sort=False)
    base = kept.agg(earned=("commission", "sum"), paid_on=("date", "max")).reset_index()
    back = paid_lines[paid_lines["kind"] == "claw_back"].assign(document=paid_lines["original"])
    taken = back.groupby(keys)["commission"].sum().rename("taken").reset_index()
    base = base.merge(taken, on=keys, how="left")
    dated = events.sort_values("date", kind="stable", ignore_index=True)
    numbers = dated.groupby("document").cumcount() + 1
    before = paid_lines[paid_lines["kind"] == "claw_back"].groupby("original")["document"].nunique()
    numbers = numbers + dated["document"].map(before).fillna(0).astype(int)
    rows = dated.assign(_number=numbers).merge(base, on="document", how="left")
    refuse_where(rows["earned"].isna(), "claw_back_unknown", rows, "document")
    refuse_where(rows["date"] < rows["paid_on"], "claw_back_early", rows, "document", "date")
    asked = rows["share"] * rows["earned"]
    upto = asked.groupby([rows[key] for key in keys]).cumsum() - rows["taken"].fillna(0.0)
    limited = np.minimum(upto.abs(), rows["earned"].abs()) * np.sign(rows["earned"])
    earlier = np.minimum((upto - asked).abs(), rows["earned"].abs()) * np.sign(rows["earned"])
    result = rows.assign(commission=-(limited - earlier), original=rows["document"])
    result["document"] = result["original"] + "/C" + result["_number"].astype("str")
    return result.reindex(columns=["salesperson", "document", "date", "commission", "original", "note", "plan"])


def _after_caps(paid_lines: pd.DataFrame) -> pd.DataFrame:
    """The lines that earned, each with its share of the statement's cap taken off."""
    keys = ["salesperson", "plan", "statement"]
    cut = paid_lines[paid_lines["kind"] == "cap"].groupby(keys)["commission"].sum().rename("_cut").reset_index()
    rows = paid_lines[paid_lines["kind"] == "line"].merge(cut, on=keys, how="left")
    whole = rows.groupby(keys, dropna=False)["commission"].transform("sum")
    kept = 1 + ratio(rows["_cut"].fillna(0.0), whole)
    return rows.assign(commission=rows["commission"] * np.where(np.isnan(kept), 1.0, kept))


def what_if(
    lines: pd.DataFrame, extra: pd.DataFrame, rules: Rules, first: pd.Timestamp, last: pd.Timestamp
) -> pd.DataFrame:
    """What people would be paid if the lines `extra` came in the period too.

    lines, extra, rules, first, last: as for `incentives.pay`. Returns salesperson, payable, with_extra, difference for
    everybody whose payable changes or who has a line in extra.

    >>> plans = pd.DataFrame({"plan": "p", "valid_from": pd.to_datetime(["2026-01-01"] * 2), "from_level": [0.0, 100.0],
    ...                       "basis": "contract", "mode": "marginal", "rate": [0.1, 0.2]})
    >>> whose = pd.DataFrame({"salesperson": ["Li"], "valid_from": pd.to_datetime(["2026-01-01"]), "plan": ["p"]})
    >>> deal = pd.DataFrame({"salesperson": ["Li"], "document": ["C1"], "date": pd.to_datetime(["2026-01-20"]),
    ...                      "basis": ["contract"], "amount": [100.0]})
    >>> what_if(deal, deal.assign(document="C2"), Rules(plans, whose), *pd.to_datetime(["2026-01-01", "2026-01-31"]))
      salesperson  payable  with_extra  difference
    0          Li     10.0        30.0        20.0
    """
    now = pay(lines, rules, first, last).statements
    then = pay(pd.concat([lines, extra], ignore_index=True), rules, first, last).statements
    table = then[["salesperson", "payable"]].merge(now[["salesperson", "payable"]], on="salesperson", how="outer")
    table = table.set_axis(["salesperson", "with_extra", "payable"], axis=1).fillna({"with_extra": 0.0, "payable": 0.0})
    table["difference"] = (table["with_extra"] - table["payable"]).round(2)
    touched = (table["difference"] != 0) | table["salesperson"].isin(extra["salesperson"])
    return table.loc[touched, ["salesperson", "payable", "with_extra", "difference"]].reset_index(drop=True)


def accrual(statements: pd.DataFrame, payments: pd.DataFrame) -> pd.DataFrame:
    """What was earned, what was paid, what is still due, per person and period.

    statements: salesperson, period, payable. payments: salesperson, period, paid (several rows are summed). Returns
    salesperson, period, accrued, paid, outstanding, due_to_date (the person's outstanding up to that period); paid is
    blank where no payment is entered, accrued where no statement is.

    >>> earned = pd.DataFrame({"salesperson": "Li", "period": ["2026-01", "2026-02"], "payable": [100.0, 50.0]})
    >>> paid = pd.DataFrame({"salesperson": ["Li"], "period": ["2026-01"], "paid": [80.0]})
    >>> accrual(earned, paid)["due_to_date"].tolist()
    [20.0, 70.0]
    """
    keys = ["salesperson", "period"]
    due = statements.groupby(keys)["payable"].sum(min_count=1).rename("accrued")
    given = payments.groupby(keys)["paid"].sum(min_count=1)
    table = pd.concat([due, given], axis=1).sort_index().reset_index()
    table["outstanding"] = (table["accrued"].fillna(0.0) - table["paid"].fillna(0.0)).round(2)
    table["due_to_date"] = table.groupby("salesperson")["outstanding"].cumsum().round(2)
    return table


def accrued(
    lines: pd.DataFrame, payments: pd.DataFrame, level: PeriodLevel = "month", calendar: Calendar = CALENDAR
) -> pd.DataFrame:
    """What the lines of a payout earned, and what was paid, period by period.

    lines: as in `Payout.lines`; a line belongs to the period of its date, caps and floors to the last one. payments:
    salesperson, period, paid; of any length. level: the length of the periods; where somebody was paid for longer ones,
    the longest that was paid for is taken, so that both sides are of one length. Returns as `accrual`.

    >>> lines = pd.DataFrame({"salesperson": "Li", "date": pd.to_datetime(["2026-01-31", "2026-02-01", "2026-04-01"]),
    ...                       "paid": [10.0, 5.0, 1.0]})
    >>> paid = pd.DataFrame({"salesperson": ["Li"], "period": ["2026Q1"], "paid": [12.0]})
    >>> accrued(lines, paid)[["period", "accrued", "outstanding", "due_to_date"]].values.tolist()
    [['2026Q1', 15.0, 3.0, 3.0], ['2026Q2', 1.0, 1.0, 4.0]]
    """
    keys = {key: parse_period(key, calendar).level for key in payments["period"].dropna().unique()}
    level = max([level, *keys.values()], key=LENGTHS.index)
    earned = lines.assign(period=period_keys(lines["date"], level, calendar).to_numpy(), payable=lines["paid"])
    sums = earned.groupby(["salesperson", "period"])["payable"].sum().round(2).reset_index()
    place = {key: parent_period(key, level, calendar) for key in keys}
    return accrual(sums, payments.assign(period=payments["period"].map(place).astype("str")))


def by_plan(payout: Payout) -> pd.DataFrame:
    """The payout per person and plan: salesperson, plan, basis, base, attainment, rate, commission.

    commission is in whole cents and adds to the payout; a claw-back stands with the plan that had paid; rate is
    commission/base, attainment blank where levels are amounts.

    >>> lines = pd.DataFrame({"salesperson": "Li", "plan": "p", "basis": "cash", "credited": [100.0], "paid": [6.0],
    ...                       "attainment": [float("nan")]})
    >>> by_plan(Payout(lines, pd.DataFrame(), 6.0))[["base", "rate", "commission"]].values.tolist()
    [[100.0, 0.06, 6.0]]
    """
    groups = payout.lines.groupby(["salesperson", "plan"], sort=False, dropna=False)
    table = groups.agg(
        basis=("basis", "first"), base=("credited", "sum"), attainment=("attainment", "max"), commission=("paid", "sum")
    ).reset_index()
    table["commission"] = table["commission"].round(2)
    table["rate"] = ratio(table["commission"], table["base"])
    return table[["salesperson", "plan", "basis", "base", "attainment", "rate", "commission"]]
