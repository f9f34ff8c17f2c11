"""Talks about quotas: who may move a quota from which state to which, and what moved since it was last looked at."""

import pandas as pd

STATES = ("draft", "proposed", "countered", "agreed", "locked")
# From a state to the states that may follow it. Its figure may change only where talks are open.
MOVES: dict[str, tuple[str, ...]] = {
    "draft": ("proposed",),
    "proposed": ("countered", "agreed", "draft"),
    "countered": ("proposed", "agreed"),
    "agreed": ("locked", "proposed"),
    "locked": ("agreed",),
}
OPEN = ("draft", "proposed", "countered")
KEYS = ["measure", "scope", "member", "period", "valid_from"]


def moves(before: pd.DataFrame, now: pd.DataFrame) -> pd.DataFrame:
    """What changed in the talks: a row per quota whose state or figure is new, and whether that is allowed.

    before, now: measure, scope, member, period, valid_from (text, "" for blank), status (blank: draft), target; before
    holds the last known state. A quota seen for the first time may enter in any state. Returns the keys, row
    (place in now), was, status, target_was, target and verdict: new, moved, figure (a new figure while talks are open),
    not_allowed (the state does not follow), settled (the figure of an agreed or locked quota was changed).

    >>> keys = {"measure": "sales", "scope": "salesperson", "period": "2026", "valid_from": ""}
    >>> old = pd.DataFrame({**keys, "member": ["a", "b"], "status": ["agreed", "draft"], "target": [10.0, 5.0]})
    >>> new = pd.DataFrame({**keys, "member": ["a", "b"], "status": ["agreed", "locked"], "target": [9.0, 5.0]})
    >>> moves(old, new)[["member", "was", "status", "verdict"]].values.tolist()
    [['a', 'agreed', 'agreed', 'settled'], ['b', 'draft', 'locked', 'not_allowed']]
    """
    rows = now[KEYS].reset_index(drop=True)
    rows = rows.assign(row=range(len(rows)), status=state_of(now), target=now["target"].to_numpy(float))
    last = before[KEYS].assign(was=state_of(before), target_was=before["target"].to_numpy(float))
    both = rows.merge(last.drop_duplicates(KEYS, keep="last"), on=KEYS, how="left").sort_values("row", kind="stable")
    both["verdict"] = [
        _verdict(was, status, same=_same(old, new))
        for was, status, old, new in zip(both["was"], both["status"], both["target_was"], both["target"], strict=True)
    ]
    found = both[both["verdict"] != ""].reset_index(drop=True)
    return found[[*KEYS, "row", "was", "status", "target_was", "target", "verdict"]]


def as_keys(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows of targets, or of their recorded states, with the keys as text, "" for a blank.

    >>> as_keys(pd.DataFrame([["sales", "company", None, "2026", None]], columns=KEYS)).iloc[0].tolist()
    ['sales', 'company', '', '2026', '']
    """
    found = rows.copy()
    for key in KEYS:
        found[key] = rows[key].astype("str").where(rows[key].notna(), "")
    return found


def state_of(rows: pd.DataFrame) -> list[str]:
    """The state of each row; a blank one is a draft."""
    return [status if isinstance(status, str) and status else "draft" for status in rows["status"]]


def _same(old: float, new: float) -> bool:
    return bool(old == new or (pd.isna(old) and pd.isna(new)))


def _verdict(was: object, status: str, *, same: bool) -> str:
    if not isinstance(was, str):
        return "new"
    if was != status and status not in MOVES[was]:
        return "not_allowed"
    if not same and not (was in OPEN or status in OPEN):
        return "settled"
    if was != status:
        return "moved"
    return "" if same else "figure"
