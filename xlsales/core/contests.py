"""Team contests: ranked by what was reached, ties sharing place and prize."""

import re
from collections.abc import Hashable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from xlsales.core.money import from_cents, split_cents, to_cents
from xlsales.core.refusal import Refusal

PLACES = 9  # decimals to which results count as equal


def standings(contests: pd.DataFrame, results: pd.DataFrame) -> pd.DataFrame:
    """The places and prizes of contests.

    contests: contest, measure, from, to, [members] (names between commas or semicolons; blank = everybody), [prize]
    (money for the first, or for several places, as "5000; 3000; 1000"; other words are no money). results: member,
    measure, date, value (several rows of a member are summed over the days from..to). Returns contest, member, value,
    rank, prize: equal values share the better rank and the prizes of the places that they fill, together to the cent; a
    member without a result has a blank value, rank and prize. Source: DEFINITIONS 10.

    >>> contest = pd.DataFrame({"contest": ["spring"], "measure": ["sales"], "from": pd.to_datetime(["2026-03-01"]),
    ...                         "to": pd.to_datetime(["2026-05-31"]), "prize": ["500; 300"]})
    >>> done = pd.DataFrame({"member": list("abc"), "measure": "sales", "date": pd.to_datetime(["2026-04-01"] * 3),
    ...                      "value": [9.0, 9.0, 5.0]})
    >>> standings(contest, done)[["member", "rank", "prize"]].values.tolist()
    [['a', 1.0, 400.0], ['b', 1.0, 400.0], ['c', 3.0, 0.0]]
    """
    frames = [_one(contest, results) for contest in contests.to_dict("records")]
    columns = ["contest", "member", "value", "rank", "prize"]
    return pd.concat(frames, ignore_index=True)[columns] if frames else pd.DataFrame(columns=columns)


def _one(contest: Mapping[Hashable, Any], results: pd.DataFrame) -> pd.DataFrame:
    """The standing of one contest."""
    first, last = (pd.Timestamp(str(contest[end])).normalize() for end in ("from", "to"))
    if last < first:
        raise Refusal("contest_dates", contest=contest["contest"])
    day = results["date"].dt.normalize()
    rows = results[(results["measure"] == contest["measure"]) & (day >= first) & (day <= last)]
    values = rows.groupby("member")["value"].sum(min_count=1)
    listed = contest.get("members")
    if isinstance(listed, str) and listed.strip():
        values = values.reindex(list(dict.fromkeys(re.split(r"\s*[,;，；、]\s*", listed.strip(" ,;，；、")))))
    table = pd.DataFrame({"member": values.index.astype("str"), "value": values.to_numpy(float)})
    table["rank"] = table["value"].round(PLACES).rank(method="min", ascending=False)
    table = table.sort_values(["rank", "member"], kind="stable", ignore_index=True)
    table["prize"] = _prizes(table["rank"], contest.get("prize"))
    table["contest"] = contest["contest"]
    return table


def _prizes(rank: pd.Series, prize: object) -> np.ndarray:
    """The prize of each place in order of rank; blank without a rank, or where the prize is not money."""
    given = _amounts(prize)
    share = np.full(len(rank), np.nan)
    placed = int(rank.notna().sum())
    if given is None or not placed:
        return share
    places = np.zeros(placed)
    places[: len(given)] = given[:placed]
    starts = np.flatnonzero(np.diff(rank.to_numpy(float)[:placed], prepend=-1.0))
    pools = to_cents(pd.Series(np.add.reduceat(places, starts)), "contests", "prize")
    share[:placed] = from_cents(split_cents(pools, starts, np.ones(placed)))
    return share


def _amounts(prize: object) -> list[float] | None:
    """The prizes of the places, None where they are not amounts."""
    if isinstance(prize, int | float):
        return None if np.isnan(prize) else [float(prize)]
    try:
        return [float(part) for part in str(prize).split(";")] if isinstance(prize, str) else None
    except ValueError:
        return None
