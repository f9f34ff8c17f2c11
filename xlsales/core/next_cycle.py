"""The tables with which the next period opens: what is carried, what starts empty, what the year before hands over."""

from collections.abc import Callable, Mapping
from functools import partial

import pandas as pd

EMPTY = ("undo", "log", "problems", "what_if")  # of the closed file only
EMPTY_IN_A_YEAR = ("ratings",)  # judgements of the year that is over
BASES = ("activity_plan", "budget")  # planned by period; a new year starts from those of the old one
OPEN = ("open", "running")
Frames = dict[str, pd.DataFrame]


def carried(tables: Mapping[str, pd.DataFrame], opens: pd.Timestamp, year: tuple[str, str] | None = None) -> Frames:
    """What the next period starts with.

    opens: its first day. year: the fiscal year that is over and the new one, None where the year goes on. Masters and
    everything dated stay: seasons, last year's figures, receivables and pay stand on them. Actions that are open, or
    done without a verdict, tasks that are not done and contests that are not over go on; the rest of them stays in the
    closed file. In a new year ratings start empty, and activity plan and budget with the rows of the old one.

    >>> actions = pd.DataFrame({"action_id": ["a", "b", "c"], "status": ["running", "done", "stopped"],
    ...                         "verdict": [None, "effective", None]})
    >>> carried({"actions": actions}, pd.Timestamp("2026-10-01"))["actions"]["action_id"].tolist()
    ['a']
    """
    found = dict(tables)
    for key in (*EMPTY, *(EMPTY_IN_A_YEAR if year else ())):
        if key in found:
            found[key] = found[key].iloc[:0]
    going_on: dict[str, Callable[[pd.DataFrame], pd.Series]] = {
        "actions": _going_on,
        "tasks": _not_done,
        "contests": partial(_not_over, opens=opens),
    }
    for key, rule in going_on.items():
        if key in found and len(found[key]):
            found[key] = found[key][rule(found[key])].reset_index(drop=True)
    for key in BASES if year else ():
        if key in found:
            found[key] = with_base(found[key], *year)  # type: ignore[misc]
    return found


def _going_on(actions: pd.DataFrame) -> pd.Series:
    """Actions that are open, or of which nobody knows yet whether they worked."""
    status = actions["status"].astype("str").fillna("open")
    return status.isin(OPEN) | ((status == "done") & actions["verdict"].isna())


def _not_done(tasks: pd.DataFrame) -> pd.Series:
    return ~tasks["done"].fillna(value=False).astype(bool)


def _not_over(contests: pd.DataFrame, opens: pd.Timestamp) -> pd.Series:
    return contests["to"] >= opens


def with_base(rows: pd.DataFrame, old: str, new: str) -> pd.DataFrame:
    """Rows planned by period, with those of the old year once more for the new one where it has none of its own.

    >>> rows = pd.DataFrame({"item": ["rent"], "period": ["2026-03"], "amount": [5.0]})
    >>> with_base(rows, "2026", "2027")["period"].tolist()
    ['2026-03', '2027-03']
    """
    later = rows["period"].map(lambda period: next_year(period) if isinstance(period, str) else None)
    own = set(rows["period"].dropna())
    inside = _in_year(rows["period"], old) & ~later.isin(list(own)) & ~rows["period"].str.contains("W", na=False)
    fresh = rows[inside].assign(period=later[inside].astype(rows["period"].dtype))
    del new
    return pd.concat([rows, fresh], ignore_index=True)


def _in_year(periods: pd.Series, year: str) -> pd.Series:
    """Whether a period bears the name of a year."""
    return periods.str.startswith(year).fillna(value=False).astype(bool)


def next_year(period: str) -> str:
    """The period of the same name a year later.

    >>> next_year("2026-03"), next_year("2026Q1"), next_year("2026")
    ('2027-03', '2027Q1', '2027')
    """
    return f"{int(period[:4]) + 1:04d}{period[4:]}"


def proposed_targets(
    targets: pd.DataFrame, proposals: pd.DataFrame, unit: float = 1.0, source: str | None = None
) -> pd.DataFrame:
    """The table `targets` with the proposals in it, as proposed ones; what was agreed or locked stays as it is.

    proposals: measure, scope, member, period, old, landing, new, reason. A new row takes owner and parent of the
    member's target before; base is where that one landed; new is rounded to whole units. Rows without a new value are
    left out. Source: DEFINITIONS 2 and 11.

    >>> past = pd.DataFrame({"measure": "sales", "scope": "region", "member": ["N"], "period": "2026", "target": 100.0,
    ...                      "owner": "Li", "status": "locked"})
    >>> next_one = past.assign(period="2027", old=100.0, landing=118.4, new=118.4, reason="reached")
    >>> found = proposed_targets(past, next_one)
    >>> found[["period", "target", "owner", "status"]].values.tolist()
    [['2026', 100.0, 'Li', 'locked'], ['2027', 118.0, 'Li', 'proposed']]
    """
    keys = ["measure", "scope", "member"]
    usable = proposals[proposals["new"].notna() & proposals["period"].notna()].reset_index(drop=True)
    before = targets.assign(member=targets["member"].fillna("")).drop_duplicates(keys, keep="last").set_index(keys)
    asked = pd.MultiIndex.from_frame(usable[keys].assign(member=usable["member"].fillna("")))
    known = before.reindex(asked).reset_index(drop=True)
    member = usable["member"].where(usable["member"].fillna("") != "", None)
    rows = pd.DataFrame({"measure": usable["measure"], "scope": usable["scope"], "member": member})
    rows = rows.assign(period=usable["period"], base=usable["landing"], target=(usable["new"] / unit).round() * unit)
    rows = rows.assign(status="proposed", reason=usable["reason"], source=source)
    for column in ("owner", "parent_member"):
        if column in known:
            rows[column] = known[column]
    where = [*keys, "period"]
    place = _named(targets, where)
    fixed = set(place[targets["status"].isin(["agreed", "locked"])])
    fresh = rows[~_named(rows, where).isin(list(fixed))]
    stays = targets[~place.isin(list(set(_named(fresh, where))))]
    more = fresh.reindex(columns=targets.columns).astype(targets.dtypes)
    return pd.concat([stays, more], ignore_index=True)


def _named(rows: pd.DataFrame, keys: list[str]) -> pd.Series:
    """The keys of each row as one text."""
    parts = [rows[key].astype(object).where(rows[key].notna(), "").astype(str) for key in keys]
    return parts[0].str.cat(pd.concat(parts[1:], axis=1), sep="\n")
