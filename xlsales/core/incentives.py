"""Commission statements: every line that paid, rounded once per person, adding to the payout to the cent."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from xlsales.core.commission import BASES, MARGINAL, Version, earned_on, rate_reached, versions
from xlsales.core.money import from_cents, to_cents
from xlsales.core.offending import refuse_where
from xlsales.core.ratio import Floats, ratio

LINES = [
    *("salesperson", "kind", "document", "line", "date", "plan", "valid_from", "basis", "amount", "share", "credited"),
    *("attainment", "rate", "commission", "paid", "original", "note", "statement"),
]
TEXTS = ["salesperson", "kind", "document", "line", "plan", "basis", "original", "note"]
DATES = ["date", "valid_from", "statement"]


@dataclass(frozen=True)
class Rules:
    """By what people are paid: the tables `commission_plan` and `commission_assignment`, and quotas of the period.

    quotas: salesperson, quota, [basis]; needed where levels are attainments. With a basis a quota is of that basis
    only, so that somebody who moves to a plan on another basis keeps the quota that earlier lines are measured by.
    """

    plans: pd.DataFrame
    assignments: pd.DataFrame
    quotas: pd.DataFrame | None = None


@dataclass(frozen=True)
class Payout:
    """A period's statements.

    lines: LINES, a row per line that made a statement (kind line, cap, floor, claw_back); commission is not rounded,
    paid is in whole cents and adds to the statement. statements: salesperson, commission, cap, floor, claw_back (not
    rounded), payable. total: the sum of payable.
    """

    lines: pd.DataFrame
    statements: pd.DataFrame
    total: float


def pay(
    lines: pd.DataFrame,
    rules: Rules,
    first: pd.Timestamp,
    last: pd.Timestamp,
    claw_backs: pd.DataFrame | None = None,
) -> Payout:
    """The statements of a period, from the lines of every basis dated from first to last.

    lines: salesperson, document, date, basis (contract, invoice, margin, cash), amount, [line], [share] (blank = 1),
    [margin_rate]. A line pays by the plan that its salesperson has on its date, in the version valid on that date, if
    it is of that version's basis; so a change of rules or of plan applies forward only. Levels count what the person
    is credited on one basis in the period, in order of date; marginal: the line earns the bands that it fills;
    retroactive: it earns the rate that the period's total reaches. A line under the version's min_margin_rate pays
    nothing and does not count (note margin_gate); a line of a person without a plan pays nothing (note no_plan). cap:
    of a plan, per person; floor: of the plan held on the last day, on the person's commission. claw_backs: as
    `statements.claw_back` makes them; those dated in the period come off after cap and floor.
    Refuses commission_quota_missing, commission_margin_missing, line_unusable, and what plans refuse.
    Source: DEFINITIONS 10.

    >>> plans = pd.DataFrame({"plan": "p", "valid_from": pd.to_datetime(["2026-01-01"]), "from_level": 0.0,
    ...                       "basis": "cash", "mode": "marginal", "rate": 0.06})
    >>> whose = pd.DataFrame({"salesperson": ["Li"], "valid_from": pd.to_datetime(["2026-01-01"]), "plan": ["p"]})
    >>> cash = pd.DataFrame({"salesperson": ["Li"], "document": ["R1"], "date": pd.to_datetime(["2026-01-20"]),
    ...                      "basis": ["cash"], "amount": [80_000.0]})
    >>> pay(cash, Rules(plans, whose), pd.Timestamp("2026-01-01"), pd.Timestamp("2026-01-31")).total
    4800.0
    """
    plans = versions(rules.plans)
    rows = _in_period(lines, first, last)
    version = _version_of(rows, rules.assignments, plans)
    rows = _credited(rows, version, plans)
    rows["commission"] = _earned(rows, rules.quotas, plans)
    capped = pd.concat([rows, *_caps(rows, plans, last)], ignore_index=True)
    whole = [capped, *_floors(capped, rules.assignments, plans, last)]
    if claw_backs is not None and len(claw_backs):
        whole.append(_in_period(claw_backs, first, last).assign(kind="claw_back"))
    return _stated(pd.concat(whole, ignore_index=True).reindex(columns=LINES), last)


def _in_period(lines: pd.DataFrame, first: pd.Timestamp, last: pd.Timestamp) -> pd.DataFrame:
    """The lines dated in the period, each with all columns, in order of date."""
    wanted = ("salesperson", "document", "date")
    blank = lines[list(wanted)].isna().any(axis=1)
    refuse_where(blank, "line_unusable", lines, *wanted)
    day = lines["date"].dt.normalize()
    rows = lines[(day >= pd.Timestamp(first).normalize()) & (day <= pd.Timestamp(last).normalize())]
    rows = rows.reindex(columns=[*LINES, "margin_rate"]).assign(kind="line")
    rows = _typed(rows)
    return rows.sort_values(["salesperson", "date", "document", "line"], kind="stable", ignore_index=True)


def _typed(rows: pd.DataFrame) -> pd.DataFrame:
    """The columns in their types; a text column that nobody gave is made blank at once, which casting does slowly."""
    blank = pd.array([None], dtype="str").take(np.zeros(len(rows), dtype=np.int64))
    absent = {column: blank for column in TEXTS if rows[column].isna().all()}
    present = dict.fromkeys((column for column in TEXTS if column not in absent), "str")
    return rows.assign(**absent).astype({**present, **dict.fromkeys(DATES, "datetime64[us]")})


def _place(rows: pd.DataFrame, table: pd.DataFrame, by: str, value: str) -> pd.Series:
    """The value of the newest row of the table on or before each row's date; blank where there is none."""
    known = table[[by, "valid_from", value]].dropna().astype({by: "str", "valid_from": "datetime64[us]"})
    known = known.rename(columns={"valid_from": "_from", value: "_value"}).sort_values("_from", kind="stable")
    refuse_where(known.duplicated([by, "_from"]), "valid_from_twice", known, by, key=by)
    asked = pd.DataFrame({by: rows[by].array, "date": rows["date"].array.astype("datetime64[us]")})
    asked = asked.reset_index(names="_row")
    found = pd.merge_asof(asked.sort_values("date", kind="stable"), known, left_on="date", right_on="_from", by=by)
    return found.set_index("_row")["_value"].reindex(range(len(rows))).set_axis(rows.index)


def _version_of(rows: pd.DataFrame, assignments: pd.DataFrame, plans: list[Version]) -> np.ndarray[Any, Any]:
    """For each line the position of its plan's version, -1 where its salesperson has no plan on its date."""
    held = rows.assign(plan=_place(rows, assignments, "salesperson", "plan").astype("str"))
    strange = held["plan"].notna() & ~held["plan"].isin([version.plan for version in plans])
    refuse_where(strange, "plan_unknown", held, "plan", "salesperson")
    table = pd.DataFrame({"plan": [version.plan for version in plans], "place": range(len(plans))})
    table["valid_from"] = pd.array([version.valid_from for version in plans], dtype="datetime64[us]")
    place: np.ndarray[Any, Any] = _place(held, table, "plan", "place").fillna(-1).to_numpy(int)
    return place


def _credited(rows: pd.DataFrame, version: np.ndarray[Any, Any], plans: list[Version]) -> pd.DataFrame:
    """The lines on their plan's basis with what they count for, and those of nobody's plan with a note."""
    refuse_where(~rows["basis"].isin(BASES), "line_basis", rows, "salesperson", "document", "basis")
    names = np.array([*(plan.plan for plan in plans), None], dtype=object)
    bases = np.array([*(plan.basis for plan in plans), None], dtype=object)
    gates = np.array([*(plan.min_margin_rate for plan in plans), np.nan])[version]
    rows = rows.assign(_version=version, plan=pd.array(names[version], dtype="str"))
    rows["valid_from"] = pd.array([*(plan.valid_from for plan in plans), pd.NaT], dtype="datetime64[us]").take(version)
    counts = (version < 0) | (rows["basis"].to_numpy(object) == bases[version])
    rows, gates = rows[counts].reset_index(drop=True), gates[counts]
    refuse_where(rows["amount"].isna(), "line_unusable", rows, "salesperson", "document", "date")
    rows["share"] = rows["share"].astype(float).fillna(1.0)
    gated = ~np.isnan(gates)
    unknown = gated & rows["margin_rate"].isna().to_numpy()
    refuse_where(unknown, "commission_margin_missing", rows, "salesperson", "document", "plan")
    shut = gated & (rows["margin_rate"].to_numpy(float) < gates - 1e-12)
    rows["note"] = pd.array(np.select([rows["_version"] < 0, shut], ["no_plan", "margin_gate"], ""), dtype="str")
    rows["credited"] = rows["amount"].astype(float) * rows["share"] * np.where(rows["note"] == "", 1.0, 0.0)
    return rows


def _earned(rows: pd.DataFrame, quotas: pd.DataFrame | None, plans: list[Version]) -> Floats:
    """The commission of each line; attainment and rate are put into the rows."""
    groups = rows.groupby(["salesperson", "basis"], sort=False)["credited"]
    after, total = groups.cumsum().to_numpy(float), groups.transform("sum").to_numpy(float)
    credited = rows["credited"].to_numpy(float)
    earned, reached = np.zeros(len(rows)), np.full(len(rows), np.nan)
    for place, plan in enumerate(plans):
        at = np.flatnonzero((rows["_version"] == place) & (rows["note"] == ""))
        if not len(at):
            continue
        levels = plan.levels
        if plan.by_attainment:
            quota = _quota(rows.iloc[at], quotas, plan)
            levels = quota[:, None] * levels
            reached[at] = total[at] / quota
        if plan.mode == MARGINAL:
            upper = earned_on(after[at], levels, plan.rates, plan.mode)
            earned[at] = upper - earned_on(after[at] - credited[at], levels, plan.rates, plan.mode)
        else:
            first = np.broadcast_to(levels[..., 0], len(at))
            rate = rate_reached(total[at], levels, plan.rates)
            earned[at] = credited[at] * np.where((total[at] < 0) & (first <= 0), plan.rates[0], rate)
    rows["attainment"] = reached
    rows["rate"] = ratio(earned, credited)
    return earned


def _quota(rows: pd.DataFrame, quotas: pd.DataFrame | None, plan: Version) -> Floats:
    """The quota of each line's salesperson."""
    known = {}
    if quotas is not None:
        own = quotas[quotas["basis"] == plan.basis] if "basis" in quotas else quotas
        known = dict(zip(own["salesperson"], own["quota"], strict=True))
    quota = rows["salesperson"].map(known).to_numpy(float)
    refuse_where(~(quota > 0), "commission_quota_missing", rows, "salesperson", plan=plan.plan)
    return quota


def _caps(rows: pd.DataFrame, plans: list[Version], last: pd.Timestamp) -> list[pd.DataFrame]:
    """A line for each person whose commission on a plan lies over its cap."""
    held = {plan.plan: plan for plan in plans if plan.valid_from <= last}  # the newest version wins
    sums = rows.groupby(["salesperson", "plan"], as_index=False)["commission"].sum()
    cap = sums["plan"].map({name: plan.cap for name, plan in held.items()}).to_numpy(float)
    over = sums["commission"].to_numpy(float) > cap
    cut = sums[over].assign(commission=cap[over] - sums["commission"].to_numpy(float)[over])
    return [_adjustment(cut, "cap", last)] if len(cut) else []


def _floors(
    rows: pd.DataFrame, assignments: pd.DataFrame, plans: list[Version], last: pd.Timestamp
) -> list[pd.DataFrame]:
    """A line for each person whose commission lies under the floor of the plan held on the last day."""
    held = {plan.plan: plan.floor for plan in plans if plan.valid_from <= last}
    people = pd.DataFrame({"salesperson": assignments["salesperson"].dropna().unique()})
    people["plan"] = _place(people.assign(date=pd.Timestamp(last)), assignments, "salesperson", "plan")
    floor = people["plan"].map(held).to_numpy(float)
    earned = people["salesperson"].map(rows.groupby("salesperson")["commission"].sum()).fillna(0.0).to_numpy(float)
    under = earned < floor
    lift = people[under].assign(commission=floor[under] - earned[under])
    return [_adjustment(lift, "floor", last)] if len(lift) else []


def _adjustment(rows: pd.DataFrame, kind: str, last: pd.Timestamp) -> pd.DataFrame:
    """Rows of salesperson, plan, commission as lines dated on the last day."""
    return _typed(rows.assign(kind=kind, date=pd.Timestamp(last).normalize()).reindex(columns=LINES))


def _stated(lines: pd.DataFrame, last: pd.Timestamp) -> Payout:
    """The lines in whole cents per person, and the persons' statements."""
    lines = lines.sort_values("salesperson", kind="stable", ignore_index=True)
    lines["note"] = lines["note"].fillna("")
    lines["statement"] = pd.Series(pd.Timestamp(last).normalize(), index=lines.index, dtype="datetime64[us]")
    commission = lines["commission"].to_numpy(float)
    refuse_where(~np.isfinite(commission), "line_unusable", lines, "salesperson", "document", "date")
    kinds = lines.pivot_table(index="salesperson", columns="kind", values="commission", aggfunc="sum", sort=False)
    table = kinds.reindex(columns=["line", "cap", "floor", "claw_back"]).fillna(0.0).reset_index()
    table = table.rename(columns={"line": "commission"}).rename_axis(columns=None)
    person, names = pd.factorize(lines["salesperson"])
    sums = pd.Series(np.bincount(person, weights=commission, minlength=len(names)))
    cents = to_cents(sums, "commissions", "commission")
    lines["paid"] = from_cents(_in_cents(commission, person, cents))
    table["payable"] = table["salesperson"].map(dict(zip(names, from_cents(cents), strict=True))).astype(float)
    return Payout(lines[LINES], table, float(cents.sum()) / 100)


def _in_cents(amounts: Floats, person: np.ndarray[Any, Any], cents: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Amounts as whole cents that add to each person's cents: largest remainder."""
    exact = amounts * 100
    floors = np.floor(exact + 1e-7)
    left = cents - np.bincount(person, weights=floors, minlength=len(cents)).astype(np.int64)
    order = np.lexsort((floors - exact, person))
    sizes = np.bincount(person, minlength=len(cents))
    rank = np.empty(len(amounts), dtype=np.int64)
    rank[order] = np.arange(len(amounts)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    parts: np.ndarray[Any, Any] = floors.astype(np.int64) + (rank < left[person])
    return parts
