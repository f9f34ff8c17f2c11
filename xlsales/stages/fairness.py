"""Stage 1, people: whether quotas are fair and can be reached, and which of them to talk about."""

import pandas as pd

from xlsales.core.calendar import first_day
from xlsales.core.quota_quality import quota_quality
from xlsales.core.quotas import equal_potential
from xlsales.core.ratio import Floats
from xlsales.core.refusal import Refusal
from xlsales.core.target_sums import year_targets
from xlsales.stages.cycle import Cycle, Frames, names
from xlsales.stages.lines import calendar
from xlsales.stages.monitoring import this_year
from xlsales.stages.targeting import Past, all_targets, planned_year
from xlsales.stages.targets import running_targets

PERSON = "salesperson"
ENOUGH = 8  # past attainments from which a spread can be told
SEED = 20  # any fixed number: the same data give the same chances


def quotas(cycle: Cycle) -> Frames:
    """`quota_quality` and `quota_summary`: each salesperson's sales quota of the planned year, and all together."""
    year = planned_year(cycle)
    goals = year_targets(all_targets(cycle), year, calendar(cycle))
    goals = goals[(goals["measure"] == "sales") & (goals["scope"] == PERSON) & goals["whole"]]
    people = cycle.tables["salespeople"].drop_duplicates(PERSON).set_index(PERSON)
    gone = people["leave_date"].reindex(goals["member"]).le(cycle.as_of).to_numpy(bool)
    unusable = ~(goals["target"] > 0)
    for member in goals.loc[unusable & ~gone, "member"]:
        cycle.notes.append(Refusal("quota_not_positive", salesperson=member))
    goals = goals[~unusable & ~gone].reset_index(drop=True)
    if goals.empty:
        return {}
    facts = pd.DataFrame({PERSON: goals["member"], "quota": goals["target"]})
    past = Past(cycle, year)
    # Whoever joined in the year before has no full year to compare with.
    joined = people["hire_date"].reindex(goals["member"]).gt(pd.Timestamp(first_day(past.year, calendar(cycle))))
    history = facts[PERSON].map(past.last(PERSON, "sales")).astype(float)
    facts["history"] = history.mask(joined.to_numpy(bool))
    facts["potential"] = facts[PERSON].map(_potential(cycle, year, facts[PERSON]))
    facts["expected"] = facts[PERSON].map(_landing(cycle, year))
    try:
        found = quota_quality(facts, _attained(cycle), seed=SEED)
    except Refusal as refusal:
        cycle.notes.append(refusal)
        return {}
    table = found.people.join(facts[["history", "potential", "expected"]])
    summary = {"people": len(table), "quota": table["quota"].sum(), "gini": found.gini}
    shares = {"expected_share": found.expected_share, "low_share": found.low_share, "high_share": found.high_share}
    return {
        "quota_quality": table.assign(name=names(cycle, PERSON, table[PERSON].astype("str"))),
        "quota_summary": pd.DataFrame([{"period": year, **summary, **shares}]),
    }


def _potential(cycle: Cycle, year: str, people: pd.Series) -> pd.Series:
    """Each person's part of the market of the region: the same for all who have a quota there."""
    market = cycle.tables["market"]
    sizes = market[market["period"] == year].groupby("region")["market_size"].sum(min_count=1)
    home = cycle.tables["salespeople"].drop_duplicates(PERSON).set_index(PERSON)["region"]
    return equal_potential(pd.Series(people.map(home).to_numpy(), index=people.to_numpy(), dtype="str"), sizes)


def _landing(cycle: Cycle, year: str) -> pd.Series:
    """Where each person's sales of the running year are going to land; of a year ahead nobody knows."""
    pace = running_targets(cycle)
    if pace is None or year != this_year(cycle):
        return pd.Series(dtype=float)
    mine = pace[(pace["scope"] == PERSON) & (pace["measure"] == "sales") & (pace["period"] == year)]
    return mine.drop_duplicates("member").set_index("member")["landing"]


def _attained(cycle: Cycle) -> Floats:
    """How past sales quotas were attained; where there are too few, also how the running ones stand against pace."""
    rows = cycle.found["attainment"]
    mine = rows[(rows["level"] == "row") & (rows["scope"] == PERSON) & (rows["measure"] == "sales")]
    over = mine.loc[mine["to"] <= cycle.as_of, "attainment"].dropna()
    pace = running_targets(cycle)
    if len(over) >= ENOUGH or pace is None:
        return over.to_numpy(float)
    running = pace.loc[(pace["scope"] == PERSON) & (pace["measure"] == "sales"), "pace_index"].dropna()
    return pd.concat([over, running]).to_numpy(float)
