"""Stage 5: scorecards."""

import pandas as pd

from xlsales.core.calendar import first_day, period_days
from xlsales.core.grades import DEFAULT_GRADES, guideline
from xlsales.core.pacing import elapsed_weight
from xlsales.core.ratings import combined
from xlsales.core.ratio import ratio
from xlsales.core.refusal import Refusal
from xlsales.core.scorecard import Rules, score_people
from xlsales.stages.cycle import Cycle, Frames, names
from xlsales.stages.lines import calendar, given
from xlsales.stages.monitoring import this_year
from xlsales.stages.targets import ACTIVITY, running_targets

PERSON = "salesperson"
OWNED = ("company", "region", "channel", "product", "customer")  # scopes of a leader's targets, the widest first


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
    for row in cards.warnings.to_dict("records"):
        shares = {key: round(100 * float(row[key]), 1) for key in ("weight", "max_weight")}
        cycle.notes.append(Refusal("kpi_overweight", role=row["role"], kpi=row["kpi"], **shares))
    return {
        "grade_shares": _grades_given(cycle, cards.summary["grade"]),
        "rating_spread": named(cycle, combined(ratings)) if len(ratings) else ratings.iloc[:0],
        "scores": named(cycle, cards.summary),
        "score_lines": named(cycle, cards.cards[cards.cards["planned_weight"].notna()]),
        "score_warnings": cards.warnings,
    }


def _grades_given(cycle: Cycle, grades: pd.Series) -> pd.DataFrame:
    """How many have each grade, beside what the guideline wishes where one is typed; it changes nobody's grade."""
    table = given(cycle, "grades")
    table = (DEFAULT_GRADES.assign(wished_share=float("nan")) if table is None else table).sort_values(
        "from_score", ascending=False, ignore_index=True
    )
    found = table[["grade"]].assign(given=table["grade"].map(grades.value_counts()).fillna(0.0).astype(float))
    if table["wished_share"].notna().any():
        try:  # a grade that a whole guideline does not name is wished for nobody
            shares = dict(zip(table["grade"], table["wished_share"].astype(float).fillna(0.0), strict=True))
            found = guideline(grades.dropna(), shares)
        except Refusal as refusal:
            cycle.notes.append(refusal)
    return found.assign(given_share=ratio(found["given"], pd.Series(found["given"].sum(), index=found.index)))


def named(cycle: Cycle, table: pd.DataFrame) -> pd.DataFrame:
    """The table with the salespeople's names."""
    return table.assign(name=names(cycle, PERSON, table[PERSON].astype("str")))


def _figures(cycle: Cycle) -> pd.DataFrame:
    """Target to date and actual of the running targets of each person, and of the planned activities.

    Whoever leads others is judged by the widest targets that she owns, so a manager by those of her region.
    """
    pace = running_targets(cycle)
    parts = []
    if pace is not None:
        parts.append(_owned(cycle, pace))
        mine = pace[pace["scope"] == PERSON].drop_duplicates(["member", "measure"])
        mine = mine.rename(columns={"member": PERSON}).assign(target=mine["expected"])
        parts.append(mine[[PERSON, "measure", "target", "actual"]])
    open_ended = cycle.found["attainment"]
    dated = (open_ended["level"] == "row") & (open_ended["scope"] == PERSON) & open_ended["to"].isna()
    parts.append(open_ended[dated].rename(columns={"member": PERSON})[[PERSON, "measure", "target", "actual"]])
    parts.append(activities_to_date(cycle))
    table = pd.concat(parts, ignore_index=True)
    return table.drop_duplicates([PERSON, "measure"])


def leaders(cycle: Cycle) -> dict[str, str]:
    """Whoever leads others, by code and by name."""
    people = cycle.tables["salespeople"]
    lead = people[people[PERSON].isin(people["manager"].dropna())]
    names_of = dict(zip(lead["name"].fillna(""), lead[PERSON], strict=True))
    return names_of | dict(zip(lead[PERSON], lead[PERSON], strict=True))


def _owned(cycle: Cycle, pace: pd.DataFrame) -> pd.DataFrame:
    """The figures of the targets that leaders own: salesperson, measure, target to date, actual."""
    codes = leaders(cycle)
    rows = pace[pace["scope"].isin(OWNED)]
    if "owner" not in rows:
        keys = ["measure", "scope", "member", "period"]
        owners = cycle.tables["targets"].drop_duplicates(keys).set_index(keys)["owner"]
        rows = rows.assign(owner=owners.reindex(pd.MultiIndex.from_frame(rows[keys])).to_numpy())
    rows = rows.assign(**{PERSON: rows["owner"].astype("str").map(codes), "rank": rows["scope"].map(OWNED.index)})
    rows = rows[rows[PERSON].notna()].drop_duplicates(["measure", "scope", "member"])
    widest = rows.groupby([PERSON, "measure"])["rank"].transform("min")
    groups = rows[rows["rank"] == widest].groupby([PERSON, "measure"], sort=False)
    sums = groups[["expected", "actual"]].agg(lambda part: part.sum(skipna=False)).reset_index()
    return sums.rename(columns={"expected": "target"})[[PERSON, "measure", "target", "actual"]]


def activities_to_date(cycle: Cycle) -> pd.DataFrame:
    """Planned and done activities of the fiscal year to the day, by person and measure.

    Of a period that still runs the plan counts by the days that are over: half a month asks for half its visits.
    """
    plan, log = cycle.tables["activity_plan"], cycle.tables["interactions"]
    year = this_year(cycle)
    start = pd.Timestamp(first_day(year, calendar(cycle)))
    spans = {key: period_days(key, calendar(cycle)) for key in plan["period"].dropna().unique()}
    first, last = (
        pd.to_datetime(plan["period"].map({key: days[end] for key, days in spans.items()})) for end in (0, 1)
    )
    wanted = (first >= start) & (first <= cycle.as_of)
    over = elapsed_weight(first[wanted], last[wanted], cycle.as_of)
    due = plan[wanted].assign(planned=plan.loc[wanted, "planned"] * over)
    done = log[(log["at"] >= start) & (log["at"] <= cycle.as_of)]
    measures = {kind: measure for measure, kind in ACTIVITY.items()}
    planned = due.assign(measure=due["activity"].map(measures)).groupby([PERSON, "measure"])["planned"].sum()
    counted = done.assign(measure=done["kind"].map(measures)).groupby([PERSON, "measure"]).size()
    table = pd.DataFrame({"target": planned, "actual": counted.reindex(planned.index).astype(float)})
    # A person with a plan of visits and no visit on record made none: the log is the record of activities.
    recorded = len(log) > 0
    table["actual"] = table["actual"].fillna(0.0) if recorded else table["actual"]
    return table.reset_index()
