"""Actions against gaps: made from the playbook, followed up, judged, and turned into the next targets."""

import numpy as np
import pandas as pd

from xlsales.core import playbook as book
from xlsales.core.curves import attainment
from xlsales.core.ratio import Floats

CHECK_AFTER = pd.Timedelta(days=30)  # an effect needs a month of figures after the last day of the action
OPEN = ("open", "running")
NEXT_STEP = {
    "effective": "standardise",
    "not_effective": "stop",
    "unclear": "next_cycle",
    "not_enough_data": "next_cycle",
}
COLUMNS = [
    *(
        "action_id",
        "what",
        "cause",
        "action",
        "why",
        "size",
        "gap",
        "who",
        "owner_role",
        "start",
        "end",
        "where",
        "how",
    ),
    *("cost", "expected_gain", "measure", "baseline", "goal", "check_date", "status"),
]


def improve(
    gaps: pd.DataFrame,
    playbook: pd.DataFrame | None = None,
    top: int | None = 10,
    start: pd.Timestamp | None = None,
    owners: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """The actions with the largest expected gain against the gaps, one row each, by 5W2H.

    gaps: as `improvement.gaps` returns them. playbook: cause, action, measure, owner_role, days, effect_share, cost
    (the built-in one by default); of a cause's actions those for the gap's measure are taken, or all if there are none.
    top: at most so many actions. start: the first day; without it the dates stay blank. owners: owner, and member or
    owner_role or both: the closest match takes the action. Returns COLUMNS: what and how are keys of the words
    (`playbook.<cause>.<action>` and with `.how`), why the cause's key with its size and gap beside it, who the owner
    or, unknown, the role; goal = baseline + expected_gain. Gains are damped: the second action on a cause works on what
    the first has left, (1 - share) of it, so no sum of gains exceeds the cause's size, nor the gap. An action without
    an effect share has a blank gain and comes last. Source: DEFINITIONS 11.

    >>> gap = pd.DataFrame({"member": ["North"], "measure": ["collections"], "target": [100.0], "actual": [80.0],
    ...                     "gap": [20.0], "cause": ["disputes"], "size": [10.0]})
    >>> improve(gap)[["action", "expected_gain", "goal"]].round(3).values.tolist()
    [['dispute_owner', 4.0, 84.0], ['invoice_quality', 1.5, 81.5], ['delivery_proof', 0.9, 80.9]]
    """
    plan = _damped(_matched(gaps, book.playbook() if playbook is None else playbook))
    plan = plan.sort_values("expected_gain", ascending=False, kind="stable", na_position="last")
    plan = plan.drop_duplicates(["member", "cause", "action"])  # one action is one piece of work for both its gaps
    plan = plan.head(len(plan) if top is None else top).reset_index(drop=True)
    first = pd.NaT if start is None else pd.Timestamp(start).normalize()
    plan["start"] = pd.Series(first, index=plan.index, dtype="datetime64[us]")
    plan["end"] = plan["start"] + pd.to_timedelta(plan["days"], unit="D")
    plan["check_date"] = plan["end"] + CHECK_AFTER
    stem = "A" if start is None else f"A{pd.Timestamp(start):%Y%m%d}"
    plan["action_id"] = pd.Series([f"{stem}-{number + 1:02d}" for number in plan.index], dtype="str")
    plan["what"] = "playbook." + plan["book_cause"] + "." + plan["action"]
    plan["how"] = plan["what"] + ".how"
    plan["who"] = _owner(plan, owners)
    plan["baseline"] = plan["actual"]
    plan["goal"] = plan["baseline"] + plan["expected_gain"]
    plan["status"] = pd.Series("open", index=plan.index, dtype="str")
    return plan.assign(why=plan["cause"], where=plan["member"])[COLUMNS]


def _matched(gaps: pd.DataFrame, playbook: pd.DataFrame) -> pd.DataFrame:
    """Every shortfall's cause beside each action that the playbook has for it."""
    cause = gaps["cause"].astype("str").fillna("").replace("", "other")
    rows = gaps.assign(cause=cause, book_cause=cause)[gaps["size"] > 0]
    listed = set(playbook["cause"])
    same = rows["cause"].map(book.SAME_CAUSE)
    rows["book_cause"] = rows["cause"].where(rows["cause"].isin(listed) | same.isna(), same)
    rows["row"] = np.arange(len(rows))
    actions = playbook.rename(columns={"cause": "book_cause", "measure": "for_measure"})
    pairs = rows.merge(actions, on="book_cause", how="inner")
    own = pairs["for_measure"].eq(pairs["measure"]).fillna(False)
    return pairs[own | ~own.groupby(pairs["row"]).transform("any")]


def _damped(pairs: pd.DataFrame) -> pd.DataFrame:
    """Expected gains, each action of a cause working on what the stronger ones have left."""
    pairs = pairs.sort_values(["row", "effect_share"], ascending=[True, False], kind="stable", na_position="last")
    share = pairs["effect_share"].clip(0, 1)
    left = (1 - share.fillna(0)).groupby(pairs["row"]).cumprod()
    before = left.groupby(pairs["row"]).shift(fill_value=1.0)
    return pairs.assign(expected_gain=pairs["size"] * share * before)


def _owner(plan: pd.DataFrame, owners: pd.DataFrame | None) -> pd.Series:
    """Who takes each action: the owner for member and role, else for the member, else for the role, else the role."""
    who = plan["owner_role"].astype("str")
    if owners is None:
        return who
    table = owners.reindex(columns=["member", "owner_role", "owner"]).astype("str").fillna("")
    for keys in (["owner_role"], ["member"], ["member", "owner_role"]):
        others = [key for key in ("member", "owner_role") if key not in keys]
        named = (table[keys] != "").all(axis=1) & (table[others] == "").all(axis=1) & (table["owner"] != "")
        found = plan[keys].merge(table[named].drop_duplicates(keys), on=keys, how="left")["owner"]
        who = found.set_axis(plan.index).fillna(who)
    return who


def tracked(actions: pd.DataFrame, as_of: pd.Timestamp) -> pd.DataFrame:
    """Where each action stands on a day.

    actions: the table `actions`. Returns it with state (planned, running, overdue, check_due, judged, stopped, done)
    and days_late (whole days past the end, or past the check date where the check is due; blank where nothing is
    late). An open action whose end has passed is overdue; a finished one whose check date has passed without a verdict
    is check_due.

    >>> one = pd.DataFrame({"status": ["running"], "start": pd.to_datetime(["2026-01-01"]),
    ...                     "end": pd.to_datetime(["2026-01-31"]), "check_date": pd.to_datetime(["2026-03-02"])})
    >>> tracked(one, pd.Timestamp("2026-02-10"))[["state", "days_late"]].values.tolist()
    [['overdue', 10.0]]
    """
    day = pd.Timestamp(as_of).normalize()
    status = actions["status"].astype("str").fillna("open")
    verdict = actions["verdict"].notna() if "verdict" in actions else pd.Series(False, index=actions.index)
    still = status.isin(OPEN)
    late = still & (actions["end"] < day)
    due = (status == "done") & ~verdict & (actions["check_date"] <= day)
    rules = [status == "stopped", verdict, late, due, status == "done", still & (actions["start"] > day)]
    codes = ["stopped", "judged", "overdue", "check_due", "done", "planned"]
    state = pd.Series(np.select(rules, codes, "running"), index=actions.index, dtype="str")
    since = actions["end"].where(late, actions["check_date"].where(due))
    return actions.assign(state=state, days_late=(day - since).dt.days.astype("float64"))


def progress(tracked_actions: pd.DataFrame) -> pd.DataFrame:
    """Number, cost and expected gain of the actions by state; blank sums where nothing is known.

    >>> progress(pd.DataFrame({"state": ["done", "done"], "cost": [1.0, 2.0], "expected_gain": [5.0, np.nan]})).values
    array([['done', 2, 3.0, 5.0]], dtype=object)
    """
    groups = tracked_actions.groupby("state", sort=False)
    sums = groups[["cost", "expected_gain"]].sum(min_count=1)
    return groups.size().rename("actions").to_frame().join(sums).reset_index()


def next_targets(
    attained: pd.DataFrame,
    growth: float = 0.0,
    proven: pd.DataFrame | None = None,
    excellent: float = 1.0,
    action: float = 0.7,
) -> pd.DataFrame:
    """Proposals for the next targets, old beside new, with the reasons; nothing is changed by them.

    attained: measure, [scope], member, target, actual of the period past. proven: measure, member, gain: what effective
    actions add in the next period. New = base x (1 + growth) + gain, where the base is the actual if the target was
    reached, the old target if at least `action` of it was, else half way between actual and target. Returns measure,
    [scope], member, old, actual, attainment, new, change, reason: codes joined by "; " of reached, within_reach,
    far_missed, growth, proven_effect, no_data (new stays blank). Source: DEFINITIONS 2 and 11; the rule is ours.

    >>> past = pd.DataFrame({"measure": "sales", "member": ["N", "S"], "target": 100.0, "actual": [120.0, 50.0]})
    >>> next_targets(past, 0.1)[["old", "new", "reason"]].round(2).values.tolist()
    [[100.0, 132.0, 'reached; growth'], [100.0, 82.5, 'far_missed; growth']]
    """
    keys = [key for key in ("measure", "scope", "member") if key in attained]
    table = attained[[*keys, "target", "actual"]].reset_index(drop=True).rename(columns={"target": "old"})
    table["attainment"] = attainment(table["actual"], table["old"])
    old, actual, share = (table[column].to_numpy(float) for column in ("old", "actual", "attainment"))
    bands = [share >= excellent, share >= action, share < action]
    base = np.select(bands, [actual, old, (actual + old) / 2], np.nan)
    gain = _gains(table, proven)
    table["new"] = base + np.abs(base) * growth + np.nan_to_num(gain)
    table["change"] = table["new"] - table["old"]
    codes = np.select(
        [share >= excellent, share >= action, share < action], ["reached", "within_reach", "far_missed"], ""
    )
    extra = "; growth" if growth else ""
    more = np.where(np.isnan(gain), "", "; proven_effect")
    reasons = [code + extra + plus if code else "no_data" for code, plus in zip(codes, more, strict=True)]
    table["reason"] = pd.Series(reasons, dtype="str")
    return table


def _gains(table: pd.DataFrame, proven: pd.DataFrame | None) -> Floats:
    """The proven gain of each row, NaN where there is none."""
    if proven is None:
        return np.full(len(table), np.nan)
    sums = proven.groupby(["measure", "member"])["gain"].sum(min_count=1).reset_index()
    return table[["measure", "member"]].merge(sums, on=["measure", "member"], how="left")["gain"].to_numpy(float)
