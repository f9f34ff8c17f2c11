"""Open the next period or year: the tables, results and words of the workbook that follows a closed one."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pandas as pd

from xlsales.commands.cycle import ran
from xlsales.commands.sealing import calendar, changed_closings
from xlsales.core.calendar import first_day, last_day, parse_period, period_keys
from xlsales.core.next_cycle import carried, proposed_targets
from xlsales.core.period_steps import parent_period, previous_period
from xlsales.labels import word
from xlsales.problems import InputError, Problem, from_run

Frames = dict[str, pd.DataFrame]
PROPOSED = ("measure", "scope", "member", "period", "old", "landing", "new", "reason")


@dataclass(frozen=True)
class Look:
    """In which language, when, and by whom."""

    lang: str
    now: datetime
    user: str


@dataclass
class Opened:
    """The workbook that follows. closed, period: the period that is over and the one that begins. facts: what to say.

    year: the new fiscal year, "" where the year goes on. results: in words.
    """

    closed: str
    period: str
    year: str
    tables: Frames
    settings: dict[str, Any]
    results: Frames = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    facts: dict[str, object] = field(default_factory=dict)


def open_next(
    tables: Mapping[str, pd.DataFrame],
    settings: Mapping[str, Any],
    look: Look,
    source: str,
    told: Callable[[str], None] = lambda _: None,
) -> Opened:
    """What the workbook after the last closed period holds. source: the name of the closed file, for the log.

    Refuses, saying what to do, where the last period that is over has no closed review.
    """
    closed = last_closed(tables, settings)
    days = calendar(settings)
    opens = pd.Timestamp(last_day(closed, days)) + pd.Timedelta(days=1)
    period = period_after(closed, settings)
    years = tuple(parent_period(key, "year", days) for key in (closed, period))
    turns = years[0] != years[1]
    whole = {key: frame.copy() for key, frame in tables.items()}
    proposals = _proposals(whole, settings, (closed, period, years[1] if turns else ""), look.lang, told)
    fresh = carried(whole, opens, (years[0], years[1]) if turns else None)
    unit = float(settings["rounding"])
    before = fresh["targets"]
    fresh["targets"] = proposed_targets(before, proposals, unit, word("said.roll_source", look.lang, period=closed))
    opened = Opened(
        closed, period, years[1] if turns else "", fresh, _settings(whole, settings, look, (opens, years[1]))
    )
    if turns:
        _plan_of_year(opened, look)
    _computed(opened, look, told)
    _begin_review(opened)
    _begin_log(opened, look, source)
    opened.facts = {
        "closed": closed,
        "period": period,
        "targets": len(fresh["targets"]) - len(before),
        "actions": len(fresh["actions"]),
        "open": str(opened.settings["as_of"]),
    }
    return opened


def period_after(period: str, settings: Mapping[str, Any]) -> str:
    """The period of the same length that follows one."""
    days = calendar(settings)
    opens = pd.Timestamp(last_day(period, days)) + pd.Timedelta(days=1)
    return str(period_keys(pd.Series([opens]), parse_period(period, days).level, days).iloc[0])


def last_closed(tables: Mapping[str, pd.DataFrame], settings: Mapping[str, Any]) -> str:
    """The closed period that ends last; refused where a later month is over on the day, or it has no page."""
    days = calendar(settings)
    as_of = pd.Timestamp(settings["as_of"])
    today = str(period_keys(pd.Series([as_of]), "month", days).iloc[0])
    over = today if pd.Timestamp(last_day(today, days)) <= as_of else previous_period(today, days)
    closed = tables["closed_periods"]["period"].dropna().tolist()
    ends = {period: (pd.Timestamp(last_day(period, days)), len(period)) for period in closed}
    last = max(ends, key=lambda period: (ends[period][0], -ends[period][1]), default="")
    if not last or ends[last][0] < pd.Timestamp(last_day(over, days)):
        raise InputError(Problem("roll_not_closed", facts={"period": over}))
    if not (tables["review_page"]["period"] == last).any():
        raise InputError(Problem("roll_no_review", facts={"period": last}))
    return last


def _proposals(
    tables: Frames,
    settings: Mapping[str, Any],
    periods: tuple[str, str, str],
    lang: str,
    told: Callable[[str], None],
) -> pd.DataFrame:
    """What the closed review proposes: of a new year every measure's next target, and what was decided for sales.

    periods: closed, next, the new year or "".
    """
    closed, period, year = periods
    parts = []
    if year:
        day = pd.Timestamp(last_day(closed, calendar(settings)))
        results = _run(tables, {**settings, "as_of": day}, lang, told, ("next_targets",))[0]
        found = results.get("next_targets")
        if found is not None:
            parts.append(found[found["period"].str.startswith(year).fillna(value=False)])
    reviews = tables["reviews"]
    decided = reviews[(reviews["period"] == closed) & reviews["next_target"].notna()]
    if len(decided):
        reason = word("said.roll_decided", lang, period=closed)
        rows = decided[["scope", "member", "sales_target", "sales", "next_target"]]
        rows = rows.rename(columns={"sales_target": "old", "sales": "landing", "next_target": "new"})
        parts.append(rows.assign(measure="sales", period=period, reason=reason))
    if not parts:
        return pd.DataFrame(columns=list(PROPOSED))
    table = pd.concat([part.reindex(columns=list(PROPOSED)) for part in parts], ignore_index=True)
    return table.drop_duplicates(["measure", "scope", "member", "period"], keep="last", ignore_index=True)


def _run(
    tables: Frames,
    settings: Mapping[str, Any],
    lang: str,
    told: Callable[[str], None],
    wanted: tuple[str, ...] | None = None,
) -> tuple[Frames, Frames, list[Problem]]:
    """The results of a run (wanted: of some only) in words and in codes, and what it could not give."""
    from xlsales.worded import worded  # noqa: PLC0415 - with the cycle, as late

    outcome = ran(tables, settings, told, wanted)
    return worded(outcome.results, lang), outcome.results, from_run(outcome.refused, outcome.notes)


def _settings(
    tables: Frames, settings: Mapping[str, Any], look: Look, begins: tuple[pd.Timestamp, str]
) -> dict[str, Any]:
    """The settings of the new workbook: its day is its first one where a day was typed, else today, never earlier."""
    typed = tables["settings"]
    fixed = (typed["setting"] == "as_of") & typed["value"].notna()
    first = begins[0].date()
    found = {**settings, "as_of": first if fixed.any() else max(first, look.now.date())}
    if not fixed.any():
        found["as_of_open"] = True
    if settings.get("last_year"):
        found["last_year"] = max(int(settings["last_year"]), int(begins[1]))
    return found


def _plan_of_year(opened: Opened, look: Look) -> None:
    """A version for the new year, drawn from its targets by last year's figures; the old version stays beside it."""
    tables, plan = opened.tables, opened.tables["plan"]
    start = pd.Timestamp(first_day(opened.year, calendar(opened.settings)))
    empty, settings = {**tables, "plan": plan.iloc[:0]}, {**opened.settings, "as_of": start}
    drawn = ran(empty, settings, wanted=("plan",)).results["plan"]
    if drawn.empty:
        return
    versions = tables["plan_versions"]
    used = set(versions["version"]) | set(plan["version"])
    base = (
        str(versions.sort_values("created", kind="stable", na_position="first")["version"].iloc[-1])
        if len(versions)
        else None
    )
    name, number = opened.year, 2
    while name in used:
        name, number = f"{opened.year}-{number}", number + 1
    note = word("said.roll_plan", look.lang, period=opened.closed)
    row = {"version": name, "base": base, "created": pd.Timestamp(look.now.date()), "by": look.user, "note": note}
    more = pd.DataFrame([row]).reindex(columns=versions.columns).astype(versions.dtypes)
    tables["plan"] = pd.concat([plan, drawn.assign(version=name).astype(plan.dtypes)], ignore_index=True)
    tables["plan_versions"] = pd.concat([versions, more], ignore_index=True)


def _computed(opened: Opened, look: Look, told: Callable[[str], None]) -> None:
    """The results of the new workbook on its first day."""
    settings = {**opened.settings, "review_period": opened.period}
    opened.results, raw, opened.problems = _run(opened.tables, settings, look.lang, told)
    opened.tables["plan"] = raw.get("plan", opened.tables["plan"])
    opened.problems += changed_closings(opened.tables, opened.settings, {})


def _begin_review(opened: Opened) -> None:
    """The review rows of the new period: its targets, no figures and no decisions yet."""
    made, old = opened.results.get("review"), opened.tables["reviews"]
    if made is None or (old["period"] == opened.period).any():
        return
    columns = [column for column in made if column.endswith("_target")]
    fresh = made[made[columns].notna().any(axis=1)][["period", "scope", "member", *columns]]
    fresh = fresh.reindex(columns=old.columns).astype(old.dtypes)
    opened.tables["reviews"] = pd.concat([old, fresh], ignore_index=True)


def _begin_log(opened: Opened, look: Look, source: str) -> None:
    """The first row of the new log says where the workbook comes from."""
    row = {
        "time": f"{look.now:%Y-%m-%d %H:%M:%S}",
        "user": look.user,
        "command": word("command.roll", look.lang),
        "parameters": f"{source}: {opened.closed} → {opened.period}",
        "rows": float(sum(len(frame) for frame in opened.tables.values())),
    }
    log = opened.tables["log"]
    opened.tables["log"] = pd.DataFrame([row]).reindex(columns=log.columns).astype(log.dtypes)
