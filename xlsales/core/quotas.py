"""Quotas of people: who they cover when, cut and ramped for joiners and leavers, and whether they are fair."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from xlsales.core.apportion import allocate
from xlsales.core.calendar import CALENDAR, Calendar, day_numbers, period_days
from xlsales.core.hierarchy import Floats, Tree, gap, roll_up
from xlsales.core.refusal import Refusal


def coverage(quotas: pd.DataFrame, owner: Sequence[str], end: object = None) -> pd.DataFrame:
    """Dated quotas with the day to which they hold: until the next row of the same owner.

    quotas: valid_from and the owner columns (measure, scope, member, ...). end: the last day of each owner's last row
    (missing: open). Returns the rows sorted by owner and valid_from, with valid_to (last day included). Refuses
    quota_twice (two rows of one owner on a day) and quota_undated.

    >>> rows = pd.DataFrame({"member": ["ann", "ann"], "valid_from": ["2026-01-01", "2026-04-01"], "target": [5, 6]})
    >>> coverage(rows, ["member"])["valid_to"].astype("str").tolist()[0]
    '2026-03-31'
    """
    found = quotas.copy()
    found["valid_from"] = pd.to_datetime(found["valid_from"])
    if found["valid_from"].isna().any():
        raise Refusal("quota_undated", row=int(np.argmax(found["valid_from"].isna())) + 1)
    keys = list(owner)
    twice = found.duplicated([*keys, "valid_from"])
    if twice.any():
        row = found.loc[twice].iloc[0]
        raise Refusal("quota_twice", owner=[row[key] for key in keys], date=row["valid_from"].date())
    found = found.sort_values([*keys, "valid_from"], kind="stable", ignore_index=True)
    after = found.groupby(keys, sort=False, dropna=False)["valid_from"].shift(-1)
    found["valid_to"] = after - pd.Timedelta(days=1)
    if end is not None:
        found["valid_to"] = found["valid_to"].fillna(pd.Timestamp(end))  # type: ignore[arg-type]  # any date
    return found


def participation(people: pd.DataFrame, keys: Sequence[str], calendar: Calendar = CALENDAR) -> pd.DataFrame:
    """How far each person counts in each period: the share of its days employed, times the ramp of a joiner.

    people: salesperson, hire_date, leave_date (blank: there all the time; the leave date is the last day),
    ramp_months. In the k-th month since hiring a joiner counts k/(ramp_months + 1), afterwards 1, taken at each
    period's middle of employment. Returns salesperson, period, active, ramp, factor = active x ramp.

    >>> people = pd.DataFrame({"salesperson": ["ann"], "hire_date": ["2026-02-01"], "leave_date": [None]})
    >>> people["ramp_months"] = 1
    >>> participation(people, ["2026-01", "2026-02", "2026-03"])["factor"].tolist()
    [0.0, 0.5, 1.0]
    """
    spans = np.array([period_days(key, calendar) for key in keys], dtype="M8[D]").astype(np.int64)
    first, last = spans[:, 0], spans[:, 1]
    none = np.iinfo(np.int64).min
    hired, left = (day_numbers(pd.to_datetime(people[name]))[:, None] for name in ("hire_date", "leave_date"))
    begin = np.where(hired == none, first, np.maximum(first, hired))
    stop = np.where(left == none, last, np.minimum(last, left))
    days = np.maximum(stop - begin + 1, 0)
    active = days / (last - first + 1)
    months = people["ramp_months"].to_numpy(dtype=np.float64, na_value=0.0)[:, None] if "ramp_months" in people else 0.0
    middle = (begin + stop) / 2
    since = np.floor((middle - hired) / 30.4375) + 1
    ramp = np.where((hired == none) | (days == 0), 1.0, np.clip(since / (months + 1), 0.0, 1.0))
    return pd.DataFrame(
        {
            "salesperson": np.repeat(people["salesperson"].to_numpy(), len(keys)),
            "period": list(keys) * len(people),
            "active": active.ravel(),
            "ramp": ramp.ravel(),
            "factor": (active * ramp).ravel(),
        }
    )


def respread(quotas: Floats, factors: Floats, unit: float | None = None) -> Floats:
    """Quotas cut by participation, with what they lose spread over everybody who is there: the total stays.

    quotas, factors: one shape (people, or people x periods). Refuses nobody_takes_part.

    >>> respread(np.array([100.0, 100.0, 100.0]), np.array([1.0, 1.0, 0.5])).tolist()
    [120.0, 120.0, 60.0]
    """
    weights = np.asarray(quotas) * factors
    if not weights.any() and np.asarray(quotas).any():
        raise Refusal("nobody_takes_part", total=float(np.sum(quotas)))
    return allocate(float(np.sum(quotas)), weights, unit=unit)


def over_assign(total: float, weights: Floats, rate: float, unit: float | None = None) -> tuple[Floats, float]:
    """Children that add to total x (1 + rate), and the buffer line that says so: children + buffer = total.

    >>> children, buffer = over_assign(100, np.array([1.0, 1.0]), 0.1, 1)
    >>> children.tolist(), buffer
    ([55.0, 55.0], -10.0)
    """
    raised = total * (1 + rate)
    goal = raised if unit is None else float(np.rint(raised / unit) * unit)
    return allocate(goal, weights, unit=unit), round(total - goal, 9)


def over_assignment(tree: Tree, targets: Floats) -> pd.DataFrame:
    """Over-assignment level by level: by how much the children of each depth exceed their parents.

    targets: (members,) stated at every member. Returns depth, parents (sum of the parents' targets), children, buffer
    (parents - children) and rate; parents whose own or children's targets are missing do not count.

    >>> from xlsales.core.hierarchy import build_tree
    >>> tree = build_tree(["all", "a", "b"], [None, "all", "all"])
    >>> over_assignment(tree, np.array([100.0, 60.0, 50.0])).to_numpy().tolist()
    [[0.0, 100.0, 110.0, -10.0, 0.1]]
    """
    lack = gap(tree, targets)
    inner = ~tree.leaves & ~np.isnan(lack)
    frame = pd.DataFrame({"depth": tree.depth, "parents": targets, "buffer": lack})[inner]
    found = frame.groupby("depth", as_index=False).sum()
    found.insert(2, "children", found["parents"] - found["buffer"])
    found["rate"] = -found["buffer"] / found["parents"].where(found["parents"] != 0)
    return found


def bottom_up_gap(tree: Tree, targets: Floats, commitments: Floats) -> pd.DataFrame:
    """Targets from above against the children's commitments rolled up, at every member: member, target, committed, gap.

    >>> from xlsales.core.hierarchy import build_tree
    >>> tree = build_tree(["all", "a"], [None, "all"])
    >>> bottom_up_gap(tree, np.array([100.0, 100.0]), np.array([np.nan, 90.0]))["gap"].tolist()
    [10.0, 10.0]
    """
    committed = roll_up(tree, commitments)
    return pd.DataFrame({"member": tree.members, "target": targets, "committed": committed, "gap": targets - committed})


def equal_potential(home: pd.Series, sizes: pd.Series) -> pd.Series:
    """Each person's part of a region's market, the same for everybody there: a plain yardstick, where none is better.

    home: region by person, blank where unknown. sizes: market size by region. Returns money by person, blank where the
    region or its market is unknown.

    >>> equal_potential(pd.Series({"a": "n", "b": "n", "c": "s"}), pd.Series({"n": 90.0})).tolist()
    [45.0, 45.0, nan]
    """
    share: pd.Series = home.map(sizes).astype(float) / home.map(home.value_counts()).astype(float)
    return share
