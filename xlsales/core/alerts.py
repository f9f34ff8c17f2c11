"""What needs attention: each rule gives rows of alert, measure, scope, member, money, facts; `ranked` orders them.

money is what is at stake in the reporting currency, blank where a rule cannot say it. facts are the figures that the
sentence of the alert names (words `alert.<alert>`).
"""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from xlsales.core.ratio import ratio
from xlsales.core.refusal import Refusal

COLUMNS = ("alert", "measure", "scope", "member", "money", "facts")
MISSED = ("behind_pace", "pipeline_thin", "activity_below_plan", "target_without_plan")
Owner = tuple[str, str]  # scope, member
MONEY_MEASURES = ("sales", "margin", "profit", "collections")


def behind_pace(paced: pd.DataFrame, under: float = 0.95, without: tuple[str, ...] = ("company",)) -> pd.DataFrame:
    """Targets whose pace index is under `under` and that will land short of the target.

    paced: from `pace`, with measure, scope, member. without: scopes left out (the whole company is the headline, an
    alert names whom to talk to). Money: target − landing for the measures in money; blank for others.

    >>> row = {"measure": "sales", "scope": "region", "member": "N", "target": 100.0, "actual": 40.0, "pace_index": 0.8,
    ...        "landing": 80.0}
    >>> behind_pace(pd.DataFrame([row]))["money"].tolist()
    [20.0]
    """
    rows = _with(paced, "measure", "scope", "member", "target", "actual", "pace_index", "landing")
    rows = rows[(rows["pace_index"] < under) & (rows["landing"] < rows["target"]) & ~rows["scope"].isin(without)]
    short = (rows["target"] - rows["landing"]).where(rows["measure"].isin(MONEY_MEASURES))
    return _rows("behind_pace", rows.assign(money=short), ("pace_index", "target", "actual", "landing"))


def margin_rate_falling(now: pd.DataFrame, before: pd.DataFrame, drop: float = 0.02) -> pd.DataFrame:
    """Members whose margin rate fell by at least `drop` (0.02 = two points) against the earlier period.

    now, before: scope, member, sales, margin. Money: the fall × sales now. Members without sales above 0 in both
    periods say nothing.
    """
    keys = ["scope", "member"]
    rows = _with(now, *keys, "sales", "margin").merge(
        _with(before, *keys, "sales", "margin"), on=keys, suffixes=("", "_before")
    )
    rows = rows[(rows["sales"] > 0) & (rows["sales_before"] > 0)]
    rows = rows.assign(
        rate=ratio(rows["margin"], rows["sales"]), rate_before=ratio(rows["margin_before"], rows["sales_before"])
    )
    fall = rows["rate_before"] - rows["rate"]
    rows = rows.assign(money=fall * rows["sales"], measure="margin")[fall >= drop - 1e-12]
    return _rows("margin_rate_falling", rows, ("rate", "rate_before", "sales"))


def discount_over_limit(documents: pd.DataFrame) -> pd.DataFrame:
    """Salespeople who gave more discount than their role allows.

    documents: salesperson, amount (net), discount, limit (shares). Money: what the discount beyond the limit cost, Σ
    amount/(1 − discount) × (discount − limit). A document without discount or limit says nothing.

    >>> offer = pd.DataFrame({"salesperson": ["Ann"], "amount": [80.0], "discount": [0.2], "limit": [0.1]})
    >>> discount_over_limit(offer)["money"].tolist()
    [10.0]
    """
    rows = _with(documents, "salesperson", "amount", "discount", "limit")
    rows = rows[(rows["discount"] > rows["limit"]) & (rows["discount"] < 1)]
    given = rows["amount"] / (1 - rows["discount"]) * (rows["discount"] - rows["limit"])
    parts = rows.assign(money=given, documents=1, highest=rows["discount"], limit=rows["limit"])
    groups = parts.groupby("salesperson")
    found = groups.agg({"money": "sum", "documents": "sum", "highest": "max", "limit": "min"})
    found = found.rename_axis("member").reset_index().assign(scope="salesperson", measure="margin")
    return _rows("discount_over_limit", found, ("documents", "highest", "limit"))


def concentration(customers: pd.DataFrame, limit: float = 0.3, of: str = "company") -> pd.DataFrame:
    """Customers that make more than `limit` of the sales of what they belong to.

    customers: customer, sales and the column named by of (company: all together). Money: the customer's sales.
    """
    keys = [] if of == "company" else [of]
    rows = _with(customers, "customer", "sales", *keys)
    whole = rows.groupby(keys)["sales"].transform("sum") if keys else rows["sales"].sum()
    rows = rows.assign(share=ratio(rows["sales"], whole), part_of=rows[of] if keys else "")
    rows = rows[rows["share"] > limit]
    rows = rows.assign(scope="customer", measure="sales", member=rows["customer"], money=rows["sales"], limit=limit)
    return _rows("concentration", rows, ("share", "limit", "part_of"))


def overdue_over_limit(receivables: pd.DataFrame, limit: float = 0.2) -> pd.DataFrame:
    """Customers whose overdue share of what they owe is above `limit`.

    receivables: customer, outstanding, overdue, [oldest_days]. Money: the overdue amount. A customer whose unapplied
    cash covers everything owes nothing and is left out.
    """
    rows = _with(receivables, "customer", "outstanding", "overdue")
    rows = rows.assign(oldest_days=rows.get("oldest_days", np.nan))
    rows = rows.assign(share=ratio(rows["overdue"], rows["outstanding"]))
    rows = rows[(rows["overdue"] > 0) & (rows["share"] > limit)]
    rows = rows.assign(scope="customer", measure="collections", member=rows["customer"], money=rows["overdue"])
    return _rows("overdue_over_limit", rows, ("share", "outstanding", "oldest_days"))


def pipeline_thin(coverage: pd.DataFrame, scope: str, at_least: float = 3.0) -> pd.DataFrame:
    """Members whose open pipeline covers what is left of the target less than `at_least` times.

    coverage: member, open, weighted, target_left. Money: target_left − weighted, what will probably be missing (not
    below 0). A member with nothing left to reach says nothing; without any deal her coverage is 0.
    """
    rows = _with(coverage, "member", "open", "weighted", "target_left")
    rows = rows[rows["target_left"] > 0]
    rows = rows.assign(coverage=ratio(rows["open"], rows["target_left"]), at_least=at_least)
    rows = rows[rows["coverage"] < at_least]
    rows = rows.assign(scope=scope, measure="sales", money=(rows["target_left"] - rows["weighted"]).clip(lower=0))
    return _rows("pipeline_thin", rows, ("coverage", "at_least", "open", "weighted", "target_left"))


def target_without_plan(targets: pd.DataFrame, plan: pd.DataFrame) -> pd.DataFrame:
    """Targets above 0 for whose measure, member and period nothing is planned.

    targets: measure, scope, member, period, target. plan: measure, scope, member, period, value. Money: the target,
    for measures in money.
    """
    keys = ["measure", "scope", "member", "period"]
    planned = _with(plan, *keys, "value").groupby(keys, dropna=False)["value"].sum(min_count=1).rename("planned")
    rows = _with(targets, *keys, "target").merge(planned.reset_index(), on=keys, how="left")
    rows = rows[(rows["target"] > 0) & rows["planned"].isna()]
    rows = rows.assign(money=rows["target"].where(rows["measure"].isin(MONEY_MEASURES)))
    return _rows("target_without_plan", rows, ("period", "target"))


def activity_below_plan(activities: pd.DataFrame, under: float = 0.6) -> pd.DataFrame:
    """Salespeople who did less than `under` of the activities planned up to now.

    activities: salesperson, activity, planned, done (blank = nothing logged, which counts as 0 done), [money] = what
    the missing activities are worth, if anybody can say.
    """
    rows = _with(activities, "salesperson", "activity", "planned", "done")
    rows = rows.assign(done=rows["done"].fillna(0.0), money=rows.get("money", np.nan))
    rows = rows.assign(share=ratio(rows["done"], rows["planned"]))
    rows = rows[rows["share"] < under]
    rows = rows.assign(scope="salesperson", measure=rows["activity"], member=rows["salesperson"])
    return _rows("activity_below_plan", rows, ("planned", "done", "share"))


def satisfaction_falling(now: pd.DataFrame, before: pd.DataFrame, drop: float = 0.3, fewest: int = 5) -> pd.DataFrame:
    """Members whose mean score fell by at least `drop` points of a five-point scale, with `fewest` answers both times.

    now, before: scope, member, scale_max, n, mean_score (from `satisfaction`), now with [sales]. Money: the sales of
    the member, blank without them.
    """
    keys = ["scope", "member", "scale_max"]
    rows = _with(now, *keys, "n", "mean_score").merge(
        _with(before, *keys, "n", "mean_score"), on=keys, suffixes=("", "_before")
    )
    fall = (rows["mean_score_before"] - rows["mean_score"]) * 5 / rows["scale_max"]
    rows = rows[(fall >= drop - 1e-12) & (rows["n"] >= fewest) & (rows["n_before"] >= fewest)]
    rows = rows.assign(measure="satisfaction", money=rows.get("sales", np.nan))
    return _rows("satisfaction_falling", rows, ("mean_score", "mean_score_before", "n"))


def ranked(alerts: Iterable[pd.DataFrame], above: Mapping[Owner, Sequence[Owner]] | None = None) -> pd.DataFrame:
    """All alerts in one list: the troubles by their money, then what each of them is made of: rank from 1, part_of.

    above: for (scope, member) those above it, the nearest first, as a salesperson's region and its parents. The same
    missing money is seen from several sides: a region that lands short, its salesperson who lands short, her margin,
    the pipeline that is too thin for it. Counted as troubles of their own, the parts would stand before their whole:
    what a person still has to reach is more than what her region will miss, since colleagues make up for some of it.
    So alerts about a result that will be missed (behind_pace, pipeline_thin, activity_below_plan, target_without_plan)
    are one trouble where they concern one line of members: its head is the dearest alert of the topmost member that is
    behind pace; part_of names the head's rank at all others. Cash is a trouble of its own, because it also fails where
    sales do not. Other alerts (margin rate, discounts, overdue customers ...) stand for themselves, and so do other
    cuts of the same sales (by product), which no line of members holds. Heads come first, most money first, those
    without money last; then the parts, in the order of their heads, most money first.

    >>> rows = pd.DataFrame({"alert": "behind_pace", "measure": "sales", "scope": ["salesperson", "region"],
    ...                      "member": ["Ann", "N"], "money": [9.0, 8.0], "facts": [{}, {}]})
    >>> ranked([rows], {("salesperson", "Ann"): [("region", "N")]})[["rank", "member", "part_of"]].values.tolist()
    [[1, 'N', nan], [2, 'Ann', 1.0]]
    """
    parts = [part for part in alerts if len(part)]
    rows = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(COLUMNS))
    rows = rows.sort_values("money", ascending=False, na_position="last", kind="stable", ignore_index=True)
    head = _heads(rows, above or {})
    order = np.lexsort((np.arange(len(rows)), head, head != np.arange(len(rows))))
    rank = np.empty(len(rows), np.int64)
    rank[order] = np.arange(1, len(rows) + 1)
    own = head == np.arange(len(rows))
    found = (
        rows.assign(rank=rank, part_of=np.where(own, np.nan, rank[head]))
        if len(rows)
        else rows.assign(rank=rank, part_of=np.empty(0))
    )
    return found.iloc[order].reset_index(drop=True)[["rank", *COLUMNS, "part_of"]]


def _heads(rows: pd.DataFrame, above: Mapping[Owner, Sequence[Owner]]) -> NDArray[np.int64]:
    """For each alert, dearest first, the place of the alert that heads its trouble; its own where it stands alone."""
    owners = list(zip(rows["scope"], rows["member"], strict=True))
    of_cash = (rows["measure"] == "collections").tolist()
    missed = rows["alert"].isin(MISSED).tolist()
    behind = {(owner, cash) for owner, cash, alert in zip(owners, of_cash, rows["alert"], strict=True)
              if alert == "behind_pace"}  # fmt: skip
    tops = [
        next((each for each in reversed([owner, *above.get(owner, ())]) if (each, cash) in behind), owner)
        for owner, cash in zip(owners, of_cash, strict=True)
    ]
    first: dict[tuple[Owner, bool], int] = {}
    for at, (owner, cash) in enumerate(zip(owners, of_cash, strict=True)):
        if (
            missed[at]
            and tops[at] == owner
            and (rows["alert"].iloc[at] == "behind_pace" or (owner, cash) not in behind)
        ):
            first.setdefault((owner, cash), at)
    heads = [first.get((tops[at], of_cash[at]), at) if missed[at] else at for at in range(len(rows))]
    return np.array(heads, dtype=np.int64)


def _with(frame: pd.DataFrame, *columns: str) -> pd.DataFrame:
    missing = [column for column in columns if column not in frame]
    if missing:
        raise Refusal("columns_missing", columns=missing)
    return frame


def _rows(alert: str, rows: pd.DataFrame, facts: tuple[str, ...]) -> pd.DataFrame:
    told = rows[list(facts)].to_dict("records")
    table = rows.assign(alert=alert, facts=pd.Series(told, index=rows.index, dtype=object))
    return table.reset_index(drop=True)[list(COLUMNS)]
