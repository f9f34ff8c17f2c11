"""Stage 5, beside the scores: last month and the peers, what activities bring, who leads the contests."""

import re
from functools import partial
from typing import Any

import pandas as pd

from xlsales.core.activities import effectiveness
from xlsales.core.calendar import first_day, last_day, period_keys
from xlsales.core.contests import standings
from xlsales.core.grades import compared
from xlsales.core.period_steps import previous_period
from xlsales.core.refusal import Refusal
from xlsales.stages.cycle import Cycle, Frames, names
from xlsales.stages.lines import calendar, given
from xlsales.stages.monitoring import this_year, to_date
from xlsales.stages.people import leaders, scorecards
from xlsales.stages.quantities import with_names
from xlsales.stages.targets import ACTIVITY, QUANTITIES, activities, of_scope, targets

PERSON = "salesperson"


def scores_compared(cycle: Cycle) -> Frames:
    """`score_compared`: each score beside that of the end of the month before and those of the peers, unnamed."""
    scores = cycle.found.get("scores")
    if scores is None:
        return {}
    days = calendar(cycle)
    month = previous_period(str(period_keys(pd.Series([cycle.as_of]), "month", days).iloc[0]), days)
    table = compared(scores, _scores_at(cycle, pd.Timestamp(last_day(month, days))))
    table = table.assign(role=scores["role"].to_numpy(), last_period=month)
    return {"score_compared": table.assign(name=names(cycle, PERSON, table[PERSON].astype("str")))}


def _scores_at(cycle: Cycle, day: pd.Timestamp) -> pd.DataFrame | None:
    """The scores at the end of an earlier day, from what is known now; None where nothing could be scored then."""
    rows = cycle.tables["targets"]
    counting = (rows["scope"] == PERSON) | rows["owner"].isin(list(leaders(cycle)))
    tables = {**cycle.tables, "targets": rows[counting].reset_index(drop=True)}
    known = {key: cycle.found[key] for key in ("lines", "cash", "five_quantities") if key in cycle.found}
    earlier = Cycle(tables, cycle.settings, day, known)
    try:
        for step in (partial(targets, beside=False), to_date, scorecards):
            earlier.found.update(step(earlier))
    except Refusal:
        return None
    return earlier.found.get("scores")


def activity_effect(cycle: Cycle) -> Frames:
    """`activity_effect`: visits, the opportunities that came of them and the deals won, fiscal year to date."""
    log, deals = given(cycle, "interactions"), given(cycle, "opportunities")
    if log is None or deals is None:
        return {}
    start = pd.Timestamp(first_day(this_year(cycle), calendar(cycle)))
    table = effectiveness(log, deals, start, cycle.as_of)
    table = table.rename(columns={PERSON: "member", "won": "won_deals", "won_value": "won"})
    scope = pd.Series(PERSON, index=table.index, dtype="str").mask(table["member"] == "", "company")
    return {"activity_effect": with_names(cycle, table.assign(scope=scope), "scope")}


def contests(cycle: Cycle) -> Frames:
    """`contest_standings`: the places and prizes of every contest that has begun, up to the day."""
    rows = cycle.tables["contests"]
    parts = []
    for contest in rows[rows["from"] <= cycle.as_of].to_dict("records"):
        scope = _played_by(cycle, contest["members"])
        try:
            part = standings(pd.DataFrame([contest]), _results(cycle, contest, scope))
        except Refusal as refusal:
            cycle.notes.append(refusal)
            continue
        about = {key: contest[key] for key in ("measure", "from", "to")}
        parts.append(part.assign(scope=scope, **about).rename(columns={"prize": "prize_share"}))
    if not parts:
        return {}
    table = pd.concat(parts, ignore_index=True).astype({"member": "str"})
    return {"contest_standings": with_names(cycle, table, "scope")}


def _played_by(cycle: Cycle, members: Any) -> str:
    """Whether regions or salespeople compete; everybody means the salespeople."""
    text = members if isinstance(members, str) else ""
    listed = [part for part in re.split(r"\s*[,;，；、]\s*", text.strip()) if part]
    regions = {*cycle.tables["regions"]["region"], *cycle.tables["org_units"]["unit"]}
    return "region" if listed and set(listed) <= regions else PERSON


def _results(cycle: Cycle, contest: dict[Any, Any], scope: str) -> pd.DataFrame:
    """What everybody of the scope reached day by day: member, measure, date, value."""
    measure = str(contest["measure"])
    rows: pd.DataFrame | None = None
    if measure == "collections":
        rows, column = cycle.found.get("cash"), measure
    elif measure in QUANTITIES:
        rows, column = cycle.found["lines"], measure
    elif measure in ACTIVITY:
        rows, column = activities(cycle, measure), "count"
    if rows is None:
        return pd.DataFrame({"member": [], "measure": [], "date": pd.to_datetime([]), "value": []})
    inside = (rows["date"] >= contest["from"]) & (rows["date"] < contest["to"] + pd.Timedelta(days=1))
    seen, dates = of_scope(cycle, rows[inside], scope)
    found = pd.DataFrame({"member": seen[scope], "measure": measure, "date": dates, "value": seen[column]})
    return found[found["member"].notna()]
