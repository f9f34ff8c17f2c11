"""What do I earn if this deal closes: each deal by itself, beside all that the period holds already."""

import pandas as pd

from xlsales.core.incentives import Rules, pay

APART = "\n"  # between a salesperson and the number of the deal: no code holds it


def deal_earnings(
    lines: pd.DataFrame,
    deals: pd.DataFrame,
    rules: Rules,
    window: tuple[pd.Timestamp, pd.Timestamp],
    cash_factor: float = 1.0,
    claw_backs: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """What each deal would add to its salesperson's statement if it closed on the last day, was billed and paid.

    lines, rules: as for `incentives.pay`. deals: salesperson, deal, amount (net of tax), [margin_rate], and any other
    columns. window: the period's first day and the day asked about. cash_factor: money received per net amount (1 and
    the tax). claw_backs: as for `incentives.pay`; they come off with the deal and without it. A plan on margin counts
    amount x margin_rate; a deal under the plan's least margin rate earns nothing.
    Returns the deals' columns with basis, payable (without the deal), with_deal, earns; blank for a salesperson without
    a plan on the day or a margin that nobody knows. Source: DEFINITIONS 10.

    >>> plans = pd.DataFrame({"plan": "p", "valid_from": pd.to_datetime(["2026-01-01"] * 2), "from_level": [0.0, 100.0],
    ...                       "basis": "contract", "mode": "marginal", "rate": [0.1, 0.2]})
    >>> whose = pd.DataFrame({"salesperson": ["Li"], "valid_from": pd.to_datetime(["2026-01-01"]), "plan": ["p"]})
    >>> done = pd.DataFrame({"salesperson": ["Li"], "document": ["C1"], "date": pd.to_datetime(["2026-01-20"]),
    ...                      "basis": ["contract"], "amount": [100.0]})
    >>> asked = pd.DataFrame({"salesperson": ["Li", "Li"], "deal": ["D1", "D2"], "amount": [50.0, 100.0]})
    >>> days = (pd.Timestamp("2026-01-01"), pd.Timestamp("2026-01-31"))
    >>> deal_earnings(done, asked, Rules(plans, whose), days)[["payable", "with_deal", "earns"]].values.tolist()
    [[10.0, 20.0, 10.0], [10.0, 30.0, 20.0]]
    """
    asked = deals.reset_index(drop=True)
    last = pd.Timestamp(window[1]).normalize()
    asked["basis"] = _bases(asked["salesperson"], rules, last)
    rate = asked["margin_rate"].astype(float) if "margin_rate" in asked else pd.Series(float("nan"), asked.index)
    factor = pd.Series(1.0, asked.index).mask(asked["basis"] == "cash", cash_factor)
    factor = factor.mask(asked["basis"] == "margin", rate)
    usable = asked["basis"].notna() & factor.notna()
    own = asked["salesperson"].astype("str") + APART + asked.index.astype("str")
    extra = pd.DataFrame({"salesperson": own, "document": asked["deal"], "date": last, "basis": asked["basis"]})
    extra = extra.assign(amount=asked["amount"].astype(float) * factor, margin_rate=rate)[usable]
    known = pd.DataFrame({"salesperson": asked["salesperson"], "own": own})[usable]
    copied = _copies(lines, known)
    copies = Rules(
        rules.plans,
        _copies(rules.assignments, known),
        None if rules.quotas is None else _copies(rules.quotas, known),
    )
    back = None if claw_backs is None else _copies(claw_backs, known)
    then = pay(pd.concat([copied, extra], ignore_index=True), copies, *window, back).statements
    now = pay(lines, rules, *window, claw_backs).statements.set_index("salesperson")["payable"]
    asked["payable"] = asked["salesperson"].map(now).astype(float).fillna(0.0).where(usable)
    asked["with_deal"] = own.map(then.set_index("salesperson")["payable"]).astype(float)
    asked["earns"] = (asked["with_deal"] - asked["payable"]).round(2)
    return asked


def _bases(people: pd.Series, rules: Rules, last: pd.Timestamp) -> pd.Series:
    """The basis of the plan that each person has on a day; blank without one."""
    held = rules.assignments[rules.assignments["valid_from"] <= last].sort_values("valid_from", kind="stable")
    plan = held.drop_duplicates("salesperson", keep="last").set_index("salesperson")["plan"]
    valid = rules.plans[rules.plans["valid_from"] <= last].sort_values("valid_from", kind="stable")
    basis = valid.drop_duplicates("plan", keep="last").set_index("plan")["basis"]
    return people.map(plan).map(basis).astype("str")


def _copies(rows: pd.DataFrame, known: pd.DataFrame) -> pd.DataFrame:
    """The rows of a salesperson once for each of the deals asked about."""
    return rows.merge(known, on="salesperson").drop(columns="salesperson").rename(columns={"own": "salesperson"})
