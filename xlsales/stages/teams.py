"""Who sells for whom: every manager with all salespeople below her, and figures added up over them."""

from collections.abc import Sequence

import pandas as pd

from xlsales.stages.cycle import Cycle

PERSON, MANAGER = "salesperson", "manager"


def teams(cycle: Cycle) -> pd.DataFrame:
    """manager, salesperson: each manager with herself and everybody below her, however deep.

    Somebody who stands below herself by mistake is counted once.

    >>> people = pd.DataFrame({"salesperson": ["A", "B", "C"], "manager": [None, "A", "B"]})
    >>> found = teams(Cycle({"salespeople": people}, {}, pd.Timestamp("2026-01-31")))
    >>> [manager + person for manager, person in found.itertuples(index=False)]
    ['AA', 'AB', 'AC', 'BB', 'BC']
    """
    people = cycle.tables["salespeople"].drop_duplicates(PERSON)
    above = {
        person: boss
        for person, boss in zip(people[PERSON].astype(object), people[MANAGER].astype(object), strict=True)
        if isinstance(boss, str) and boss != person
    }
    pairs = {(boss, boss) for boss in above.values()}
    for person in people[PERSON].astype(object):
        boss, seen = above.get(person), {person}
        while boss is not None and boss not in seen:
            pairs.add((boss, person))
            seen.add(boss)
            boss = above.get(boss)
    return pd.DataFrame(sorted(pairs), columns=[MANAGER, PERSON], dtype="str")


def by_manager(cycle: Cycle, rows: pd.DataFrame, keys: Sequence[str], values: Sequence[str]) -> pd.DataFrame:
    """Rows of salespeople (column member) added up to their managers: member, keys, values.

    A sum is blank where a part of it is: half a team's figure is no figure.
    """
    joined = rows.merge(teams(cycle), left_on="member", right_on=PERSON).drop(columns="member")
    groups = joined.rename(columns={MANAGER: "member"}).groupby([*keys, "member"], dropna=False, sort=False)
    return groups[list(values)].agg(lambda parts: parts.sum(skipna=False)).reset_index()
