"""SMART verdicts on targets: each letter pass, warn or fail, with reason codes and their facts."""

from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from xlsales.core.calendar import CALENDAR, Calendar, parse_period
from xlsales.core.period_steps import children, same_period_last_year
from xlsales.core.refusal import Refusal
from xlsales.core.targets import growth_band

LETTERS = ("S", "M", "A", "R", "T")
_phases = lru_cache(maxsize=64)(children)  # every target of a year asks for the same periods
# A measure is given in money, in a product's unit, as a share, a score or a count: then its unit is known.
_FIVE = ("sales", "volume", "margin", "profit", "collections")
MEASURES = frozenset((*_FIVE, "market_share", "satisfaction", "customers", "visits", "calls", "demos"))
_RANK = {"pass": 0, "warn": 1, "fail": 2}


_Known = dict[tuple[Any, str, Any], dict[Any, dict[str, Any]]]  # measure, period, member -> scope -> target, children


class Reason(NamedTuple):
    """Why a letter did not pass: a code of the words `smart.<code>` and the facts that its sentence names."""

    letter: str
    verdict: str
    code: str
    facts: dict[str, Any]


def smart(
    targets: pd.DataFrame, history: pd.DataFrame | None = None, calendar: Calendar = CALENDAR, unit: float = 1.0
) -> pd.DataFrame:
    """A verdict per target and letter.

    targets: measure, member, period (or valid_from), target, and scope, owner, base, source, parent_member, unit,
    capacity, pipeline as far as the table has them. history: measure, member, period, value: the past actuals.
    unit: children may miss their parent by that much. Returns measure, member, period, S, M, A, R, T (pass, warn or
    fail) and reasons (a list of Reason), in the order of targets.

    S: measure, scope, member, owner present (fail), unit of the measure known (warn). M: a number (fail), base and
    source present (warn). A: growth not above the 90th percentile of the member's past growth and capacity or pipeline
    at least the target; one of the two is a warning, neither a failure. R: belongs to a parent that has a target,
    children add up to it. T: the period lies in one fiscal year and a year is phased completely.

    >>> one = pd.DataFrame({"measure": ["sales"], "member": ["n"], "period": ["2026"], "target": [None]})
    >>> smart(one)[["S", "M", "T"]].to_numpy().tolist()
    [['fail', 'fail', 'warn']]
    """
    for name in ("measure", "member"):
        if name not in targets:
            raise Refusal("smart_column", column=name)
    table = targets.reset_index(drop=True)
    for name in ("scope", "owner", "period", "valid_from", "target", "base", "source", "parent_member", "unit"):
        if name not in table:
            table[name] = None
    rows = [{str(name): value for name, value in row.items()} for row in table.to_dict("records")]
    known = _by_key(rows)
    past = _by_member(history)
    found = []
    for row in rows:
        reasons = [*_specific(row), *_measurable(row), *_achievable(row, past, calendar)]
        reasons += [*_relevant(row, known, unit), *_timed(row, known, calendar, unit)]
        worst = dict.fromkeys(LETTERS, "pass")
        for reason in reasons:
            worst[reason.letter] = max(worst[reason.letter], reason.verdict, key=_RANK.__getitem__)
        found.append(
            {"measure": row["measure"], "member": row["member"], "period": _when(row), **worst, "reasons": reasons}
        )
    return pd.DataFrame(found, columns=["measure", "member", "period", *LETTERS, "reasons"])


def _specific(row: dict[str, Any]) -> list[Reason]:
    """S: measure, scope, member, owner; the measure's unit."""
    lacking = [name for name in ("measure", "scope", "member", "owner") if _blank(row[name])]
    found = [Reason("S", "fail", "lacks", {"columns": lacking})] if lacking else []
    if not _blank(row["measure"]) and row["measure"] not in MEASURES and _blank(row["unit"]):
        found.append(Reason("S", "warn", "unit_unknown", {"measure": row["measure"]}))
    return found


def _measurable(row: dict[str, Any]) -> list[Reason]:
    """M: a number, and what it is measured against."""
    if np.isnan(_number(row["target"])):
        return [Reason("M", "fail", "target_no_number", {"target": row["target"]})]
    lacking = [name for name in ("base", "source") if _blank(row[name])]
    return [Reason("M", "warn", "lacks", {"columns": lacking})] if lacking else []


def _achievable(row: dict[str, Any], past: dict[Any, dict[str, float]], calendar: Calendar) -> list[Reason]:
    """A: growth within the history band, and backed by capacity or pipeline."""
    target = _number(row["target"])
    if np.isnan(target):
        return [Reason("A", "fail", "target_no_number", {"target": row["target"]})]
    values = past.get((row["measure"], row["member"]), {})
    series = _past_years(values, row["period"], calendar)
    base = _number(row["base"])
    base = series[-1] if np.isnan(base) and len(series) else base
    _, most = growth_band(np.array(series))
    found, within = [], None
    if np.isnan(base) or base <= 0 or np.isnan(most):
        found.append(Reason("A", "warn", "history_short", {"years": len(series)}))
    else:
        growth = target / base - 1
        within = growth <= most + 1e-12
        if not within:
            found.append(Reason("A", "warn", "growth_above_history", {"growth": growth, "most": most}))
    backing = [_number(row.get(name)) for name in ("capacity", "pipeline")]
    backing = [value for value in backing if not np.isnan(value)]
    if not backing:
        found.append(Reason("A", "warn", "backing_unknown", {}))
        backed = None
    else:
        backed = max(backing) >= target * (1 - 1e-12)
        if not backed:
            found.append(Reason("A", "warn", "backing_short", {"backing": max(backing), "target": target}))
    if found and not within and not backed and (within is False or backed is False):
        found = [reason._replace(verdict="fail") for reason in found]
    return found


def _relevant(row: dict[str, Any], known: _Known, unit: float) -> list[Reason]:
    """R: a parent with a target, and children that add up to it."""
    found: list[Reason] = []
    parent = row["parent_member"]
    if _blank(parent):
        if row["scope"] != "company":
            found.append(Reason("R", "warn", "no_parent", {}))
    else:
        above = _find(known, row, parent)
        if above is None:
            found.append(Reason("R", "warn", "parent_without_target", {"parent": parent}))
        else:
            found += _sum_reason(parent, above, unit)
    own = _find(known, row, row["member"])
    return found + (_sum_reason(row["member"], own, unit) if own else [])


def _sum_reason(parent: object, above: dict[str, Any], unit: float) -> list[Reason]:
    """Whether the children's targets add up to the parent's."""
    parts = above["children"]
    if not parts or np.isnan(above["target"]):
        return []
    if any(np.isnan(part) for part in parts):
        return [Reason("R", "fail", "child_without_number", {"parent": parent})]
    total = float(sum(parts))
    if abs(total - above["target"]) <= unit * (1 + 1e-9):
        return []
    facts = {"parent": parent, "target": above["target"], "children": total, "difference": above["target"] - total}
    return [Reason("R", "fail", "children_differ", facts)]


def _timed(row: dict[str, Any], known: _Known, calendar: Calendar, unit: float) -> list[Reason]:
    """T: a period inside one fiscal year; a year's phasing complete and adding up."""
    if _blank(row["period"]):
        return [] if not _blank(row["valid_from"]) else [Reason("T", "fail", "no_period", {})]
    try:
        period = parse_period(str(row["period"]), calendar)
    except Refusal:
        return [Reason("T", "fail", "period_unreadable", {"period": row["period"]})]
    if period.level != "year":
        return []
    year, goal = str(row["period"]), _number(row["target"])
    for level in ("half", "quarter", "month", "week"):
        keys = _phases(year, level, calendar)
        parts = [_find(known, row, row["member"], key) for key in keys]
        given = [part["target"] for part in parts if part is not None]
        if not given:
            continue
        if len(given) < len(keys) or np.isnan(given).any():
            lacking = [key for key, part in zip(keys, parts, strict=True) if part is None or np.isnan(part["target"])]
            return [Reason("T", "fail", "phasing_incomplete", {"periods": lacking[:12]})]
        if abs(sum(given) - goal) > unit * (1 + 1e-9):
            facts = {"target": goal, "phased": float(sum(given)), "difference": goal - float(sum(given))}
            return [Reason("T", "fail", "phasing_differs", facts)]
        return []
    return [Reason("T", "warn", "not_phased", {"period": year})]


def _by_key(rows: list[dict[str, Any]]) -> _Known:
    """Every target with its children's; refuses the same target twice."""
    known: _Known = {}
    for row in rows:
        scopes = known.setdefault((row["measure"], _when(row), row["member"]), {})
        if row["scope"] in scopes:
            raise Refusal("smart_twice", measure=row["measure"], period=_when(row), member=row["member"])
        scopes[row["scope"]] = {"target": _number(row["target"]), "children": []}
    for row in rows:
        above = None if _blank(row["parent_member"]) else _find(known, row, row["parent_member"])
        if above is not None:
            above["children"].append(_number(row["target"]))
    return known


def _find(known: _Known, row: dict[str, Any], member: object, period: str | None = None) -> dict[str, Any] | None:
    """A member's target for the row's measure and period: of the row's scope, else of the only scope that has it."""
    scopes = known.get((row["measure"], _when(row) if period is None else period, member), {})
    if row["scope"] in scopes:
        return scopes[row["scope"]]
    return next(iter(scopes.values())) if len(scopes) == 1 else None


def _by_member(history: pd.DataFrame | None) -> dict[Any, dict[str, float]]:
    """(measure, member) -> period -> value."""
    found: dict[Any, dict[str, float]] = {}
    if history is not None:
        columns = (history[name] for name in ("measure", "member", "period", "value"))
        for measure, member, period, value in zip(*columns, strict=True):
            found.setdefault((measure, member), {})[str(period)] = _number(value)
    return found


def _past_years(values: dict[str, float], period: object, calendar: Calendar) -> list[float]:
    """The same period of the years before, oldest first, as long as they are known."""
    found: list[float] = []
    if not values or _blank(period):
        return found
    try:
        key = str(period)
        while True:
            key = same_period_last_year(key, calendar)
            if np.isnan(values.get(key, np.nan)):
                return found[::-1]
            found.append(values[key])
    except Refusal:  # not a period, or week 53: nothing to compare with
        return found[::-1]


def _when(row: dict[str, Any]) -> str:
    """The period, or the date from which a dated quota holds."""
    if not _blank(row["period"]):
        return str(row["period"])
    return "" if _blank(row["valid_from"]) else str(pd.Timestamp(row["valid_from"]).date())


def _number(value: object) -> float:
    """A number, NaN for anything else."""
    if value is None or value is pd.NA or isinstance(value, (bool, str)):
        return float("nan")
    return float(value)  # type: ignore[arg-type]  # a cell's number


def _blank(value: object) -> bool:
    """Whether a cell says nothing."""
    return value is None or value == "" or bool(pd.isna(value))  # type: ignore[call-overload]  # any scalar
