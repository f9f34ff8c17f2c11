"""Stage 3, pipeline: what it is worth, its funnel, and which deals to follow up."""

import pandas as pd

from xlsales.core.concentration import abc
from xlsales.core.customers import lapsed, rfm
from xlsales.core.deal_watch import watch
from xlsales.core.deals import default_stages, read_deals
from xlsales.core.pipeline import funnel, pipeline
from xlsales.stages.cycle import Cycle, Frames, names
from xlsales.stages.lines import given
from xlsales.stages.quantities import with_names

REASONS = (("is_slipped", "slipped"), ("is_overdue", "overdue"), ("is_stale", "stale"), ("has_no_next", "no_next"))


def deals(cycle: Cycle) -> pd.DataFrame | None:
    """The opportunities as their stage says, at the day; None where there are none."""
    table = given(cycle, "opportunities")
    if table is None:
        return None
    known = table[table["created"].isna() | (table["created"] <= cycle.as_of)]
    return read_deals(known.reset_index(drop=True), stages(cycle), cycle.as_of)


def stages(cycle: Cycle) -> pd.DataFrame:
    """The company's stages, or the usual six."""
    own = given(cycle, "stages")
    return default_stages() if own is None else own


def pipeline_summary(cycle: Cycle) -> Frames:
    """`pipeline_summary`, `funnel`, `follow_up`: by company, region and salesperson; by stage; deal by deal."""
    read = deals(cycle)
    if read is None:
        return {}
    left = _target_left(cycle)
    whole = left.get("company")
    parts = [
        pipeline(read, target_left=None if whole is None else float(whole.iloc[0])).assign(scope="company", member="")
    ]
    for scope in ("region", "salesperson"):
        mine = left.get(scope)
        rows = pipeline(read, [scope], target_left=mine).rename(columns={scope: "member"})
        parts.append(rows.assign(scope=scope).astype({"member": "str"}))
    seen = watch(read, cycle.as_of, stages(cycle))
    stale = seen.groupby("stage")["is_stale"].sum()
    steps = funnel(read, stages(cycle))
    kinds = stages(cycle).drop_duplicates("stage").set_index("stage")["category"]
    steps["category"] = steps["stage"].map(kinds)
    steps["stale_deals"] = steps["stage"].map(stale).astype(float).fillna(0.0)
    return {
        "deals": read,
        "pipeline_summary": with_names(cycle, pd.concat(parts, ignore_index=True), "scope"),
        "funnel": steps,
        "follow_up": _follow_up(cycle, seen),
    }


def _target_left(cycle: Cycle) -> dict[str, pd.Series]:
    """What is left of the running sales targets, by scope and member; of several periods the longest counts."""
    rows = cycle.found["attainment"]
    running = (rows["level"] == "row") & (rows["from"] <= cycle.as_of) & (rows["to"] >= cycle.as_of)
    rows = rows[running & (rows["measure"] == "sales")]
    longest = rows.assign(length=rows["to"] - rows["from"]).sort_values("length", ascending=False, kind="stable")
    longest = longest.drop_duplicates(["scope", "member"])
    return {str(scope): part.set_index("member")["gap"] for scope, part in longest.groupby("scope")}


def _follow_up(cycle: Cycle, seen: pd.DataFrame) -> pd.DataFrame:
    """The open deals that need somebody today, dearest first, with every reason's code."""
    reasons = pd.Series("", index=seen.index, dtype="str")
    for flag, code in REASONS:
        marked = seen[flag].astype(bool)
        reasons = reasons.where(~marked, (reasons + "," + code).str.removeprefix(","))
    found = seen.assign(reason=reasons)[reasons != ""]
    found = found.assign(
        name=names(cycle, "customer", found["customer"].astype("str")),
        salesperson=names(cycle, "salesperson", found["salesperson"].astype("str")),
    )
    return found.sort_values("value", ascending=False, ignore_index=True)


def customer_segments(cycle: Cycle) -> Frames:
    """`customer_segments`: recency, frequency, money, classes and what they say."""
    lines = cycle.found["whole_lines"]
    if lines.empty:
        return {}
    table = rfm(lines, cycle.as_of, customers=given(cycle, "customers"))
    gone = lapsed(lines, cycle.as_of).set_index("customer")
    table = table.assign(
        abc=abc(table["monetary"].fillna(0.0).clip(lower=0.0).to_numpy()),
        lapsed=table["customer"].map(gone["is_lapsed"]),
        name=names(cycle, "customer", table["customer"].astype("str")),
    )
    return {"customer_segments": table}
