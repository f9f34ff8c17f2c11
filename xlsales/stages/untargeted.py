"""Stage 4: members without a target, who still land somewhere and did something last year."""

import numpy as np
import pandas as pd

from xlsales.core.beside import WINDOWS, changes, named
from xlsales.core.calendar import first_day, last_day, period_keys
from xlsales.stages.cycle import Cycle
from xlsales.stages.lines import calendar
from xlsales.stages.quantities import with_names
from xlsales.stages.targets import QUANTITIES
from xlsales.stages.teams import MANAGER, PERSON, by_manager

SCOPES = ("company", "region", PERSON, "product")
MOST = 60  # members of a scope without a target: those with the largest sales of the year, as many as can be chosen
KEYS = ["measure", "scope", "member"]


def untargeted(cycle: Cycle, targeted: pd.DataFrame) -> pd.DataFrame:
    """The fiscal year to the day of everybody who has no running target of a quantity, with its other times.

    targeted: measure, scope, member of those who have one. Returns the columns of `attainment` with period_start and
    period_end, target and gap blank.
    """
    year = str(period_keys(pd.Series([cycle.as_of]), "year", calendar(cycle)).iloc[0])
    five = cycle.found["five_quantities"]
    five = five[(five["period"] == year) & five["dimension"].isin(SCOPES) & five["member"].notna()]
    if five.empty:
        return pd.DataFrame(columns=[*KEYS, "actual"])
    rows = _long(five)
    rows = pd.concat([rows, _of_managers(cycle, rows)], ignore_index=True)
    rows = rows[rows["actual"].notna()]
    # The company is known by its kind: targets name it as they like.
    rows["known"] = rows["member"].mask(rows["scope"] == "company", "")
    have = targeted[KEYS].assign(member=targeted["member"].mask(targeted["scope"] == "company", ""))
    asked = pd.MultiIndex.from_arrays([rows["measure"], rows["scope"], rows["known"]])
    rows = rows[~asked.isin(pd.MultiIndex.from_frame(have))].drop(columns="known")
    place = rows.groupby(["measure", "scope"])["sold"].rank(method="first", ascending=False)
    rows = rows[place <= MOST].drop(columns="sold").reset_index(drop=True)
    first, last = (pd.Timestamp(day(year, calendar(cycle))) for day in (first_day, last_day))
    rows = rows.assign(period=year, period_start=first, period_end=last, level="row", target=np.nan, gap=np.nan)
    return with_names(cycle, changes(rows, [""]), "scope")


def _long(five: pd.DataFrame) -> pd.DataFrame:
    """A row for each quantity of a member. sold: the sales by which members are chosen."""
    parts = [
        pd.DataFrame(
            {
                "measure": measure,
                "scope": five["dimension"].astype("str"),
                "member": five["member"].astype("str"),
                "actual": five[measure],
                "sold": five["sales"].fillna(0.0),
                **{time: five[named(measure, time)] for time in WINDOWS},
            }
        )
        for measure in QUANTITIES
    ]
    return pd.concat(parts, ignore_index=True)


def _of_managers(cycle: Cycle, rows: pd.DataFrame) -> pd.DataFrame:
    """The same of every team, over its people."""
    people = rows[rows["scope"] == PERSON]
    return by_manager(cycle, people, ["measure"], ["actual", "sold", *WINDOWS]).assign(scope=MANAGER)
