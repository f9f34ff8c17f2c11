"""Rules of commission that were locked when a period was closed: what was changed since holds from the day after."""

from collections.abc import Mapping

import pandas as pd

from xlsales.core.closing import fingerprint

OWNERS = {"commission_plan": "plan", "commission_assignment": "salesperson"}  # whose versions follow each other


def locked_rules(rules: pd.DataFrame, locked: pd.DataFrame, closed: pd.Timestamp | None, table: str) -> pd.DataFrame:
    """The rules to pay by, as the table `commission_plan` or `commission_assignment` would say them.

    rules: the table as it stands now. locked: the same columns (and others) as they held when the last period was
    closed; closed: its last day, None where nothing was closed. Up to that day the locked rows hold. What was changed
    in a row valid since before, or put in with an earlier date, holds from the day after: a change applies forward only
    and never reaches a closed period. Source: DEFINITIONS 10.

    >>> was = pd.DataFrame({"plan": ["p"], "valid_from": pd.to_datetime(["2026-01-01"]), "rate": [0.1]})
    >>> now = was.assign(rate=0.2)
    >>> found = locked_rules(now, was, pd.Timestamp("2026-03-31"), "commission_plan")
    >>> found["valid_from"].dt.strftime("%m-%d").tolist(), found["rate"].tolist()
    (['01-01', '04-01'], [0.1, 0.2])
    """
    if closed is None or locked.empty:
        return rules
    columns = [column for column in rules.columns if column in locked.columns]
    kept = locked[columns].reset_index(drop=True)
    last, after = pd.Timestamp(closed).normalize(), pd.Timestamp(closed).normalize() + pd.Timedelta(days=1)
    owner = OWNERS[table]
    early, late = rules[rules["valid_from"] <= last], rules[rules["valid_from"] > last]
    parts = [kept]
    taken = set(late.loc[late["valid_from"] == after, owner])
    for name, own in _newest(early, owner).groupby(owner, sort=False):
        before = _newest(kept[kept[owner] == name], owner)
        if name not in taken and not _same(own[columns], before):
            parts.append(own[columns].assign(valid_from=after))
    whole = pd.concat([*parts, late[columns]], ignore_index=True)
    return whole.astype({column: rules[column].dtype for column in columns})


def standing_lock(locked: pd.DataFrame, ends: Mapping[str, pd.Timestamp]) -> tuple[pd.DataFrame, pd.Timestamp | None]:
    """The rules locked with the period that ends last, and that end; no rows and None where nothing is closed.

    ends: the last day of every period that is closed now; what was locked with a period that was opened again is left.

    >>> both = pd.concat([pd.DataFrame({"period": [key], "plan": ["p"]}) for key in ("2026-01", "2026-02")])
    >>> standing_lock(both, {"2026-01": pd.Timestamp("2026-01-31")})[0]["period"].tolist()
    ['2026-01']
    """
    known = [period for period in locked["period"].dropna().unique() if period in ends]
    last = max(known, key=lambda period: ends[period], default=None)
    if last is None:
        return locked.iloc[:0], None
    return locked[locked["period"] == last], ends[last]


def _newest(rows: pd.DataFrame, owner: str) -> pd.DataFrame:
    """The rows of each owner's newest version."""
    return rows[rows["valid_from"] == rows.groupby(owner)["valid_from"].transform("max")]


def _same(one: pd.DataFrame, two: pd.DataFrame) -> bool:
    """Whether two versions say the same, whenever they began."""
    left, right = (side.drop(columns="valid_from") for side in (one, two))
    return fingerprint({"": left}) == fingerprint({"": right})
