"""What the people of a unit can sell: heads, how far they are ramped, what a full head brought last year."""

from collections.abc import Sequence

import pandas as pd

from xlsales.core.calendar import CALENDAR, Calendar
from xlsales.core.quotas import participation
from xlsales.core.ratio import ratio


def capacity(
    people: pd.DataFrame, keys: Sequence[str], past: Sequence[str], sales: pd.Series, calendar: Calendar = CALENDAR
) -> pd.DataFrame:
    """Heads, ramp and productivity of each member, as `targets.triangulate` takes them.

    people: salesperson, member (the unit that the person sells for), hire_date, leave_date, [ramp_months], [head_count]
    (blank = 1). keys, past: the periods of the year and of the year before. sales: by member, of the year before.
    Returns member, heads (mean number present in the year), ramp (share of them that is productive), productivity
    (sales of the year before per productive head of that year); blank where nobody was there.
    Source: DEFINITIONS 2, capacity.

    >>> team = pd.DataFrame({"salesperson": ["a", "b"], "member": "n", "hire_date": [None, "2026-07-01"],
    ...                      "leave_date": None, "ramp_months": 0})
    >>> capacity(team, ["2026H1", "2026H2"], ["2025"], pd.Series({"n": 100.0})).values.tolist()
    [['n', 1.5, 1.0, 100.0]]
    """
    now, before = (_present(people, periods, calendar) for periods in (keys, past))
    table = pd.DataFrame({"heads": now["active"], "ramp": ratio(now["factor"], now["active"])})
    table["productivity"] = ratio(sales.reindex(table.index), before["factor"].reindex(table.index))
    return table.rename_axis("member").reset_index()


def _present(people: pd.DataFrame, keys: Sequence[str], calendar: Calendar) -> pd.DataFrame:
    """Heads present and productive heads of each member, in the mean of the periods."""
    part = participation(people, keys, calendar)
    known = people.drop_duplicates("salesperson").set_index("salesperson")
    heads = known["head_count"].fillna(1.0) if "head_count" in known else pd.Series(1.0, index=known.index)
    part = part.assign(member=part["salesperson"].map(known["member"]))
    weighted = part[["active", "factor"]].mul(part["salesperson"].map(heads).astype(float), axis=0)
    sums: pd.DataFrame = weighted.groupby(part["member"]).sum() / len(keys)
    return sums
