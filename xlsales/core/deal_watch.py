"""The deals to talk about: incomplete, slipped, stale, overdue."""

import re

import numpy as np
import pandas as pd

from xlsales.core.ratio import Day, Flags, Floats, days_between
from xlsales.core.refusal import Refusal

# From this stage on a deal must have a value and a close date (TABLES: opportunities).
REQUIRED_FROM = "proposal"
PROBLEMS = ("opportunity", "salesperson", "stage", "column", "problem", "value")


def deal_problems(deals: pd.DataFrame, stages: pd.DataFrame, as_of: Day) -> pd.DataFrame:
    """Deals that lack what their stage requires, one row per thing that is missing or cannot be.

    deals: from `read_deals`. stages: stage, order, category and perhaps exit_requirement (names of columns of the
    opportunities, separated by commas). Returns opportunity, salesperson, stage, column, problem, value (what is at
    stake, may be blank). Problems: owner_missing; value_missing, close_date_missing (from proposal on and once won or
    lost; where no stage is called proposal, from the first stage beyond category pipeline); exit_requirement (a later
    stage than the one whose exit asks for the column); closed_in_future; closed_before_created.
    """
    rows = _with_blanks(deals, ("opportunity", "salesperson"))
    due = _required(rows, stages)
    active = rows["is_open"] | rows["is_won"] | rows["is_lost"]
    closed = rows["is_won"] | rows["is_lost"]
    found = [
        _listed(rows, active & _blank(rows["salesperson"]), "salesperson", "owner_missing"),
        _listed(rows, due & rows["value"].isna(), "value", "value_missing"),
        _listed(rows, due & rows["close_date"].isna(), "close_date", "close_date_missing"),
        _listed(rows, closed & (days_between(rows["close_date"], as_of) < 0), "close_date", "closed_in_future"),
        _listed(rows, days_between(rows["created"], rows["close_date"]) < 0, "close_date", "closed_before_created"),
        *_exit_problems(rows, stages),
    ]
    return pd.concat(found, ignore_index=True)[list(PROBLEMS)]


def watch(
    deals: pd.DataFrame, as_of: Day, stages: pd.DataFrame | None = None, won_days: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Every open deal with its age against what won deals needed, and why it is on the watch list.

    deals: from `read_deals` with the same as_of. stages: for max_days. won_days: from `won_percentiles` (the 75th
    percentile of won deals' days by stage). Returns opportunity, customer, salesperson, stage, value, close_date,
    next_step, next_date, age_days (since created), stage_days (since stage_since), limit_days and limit_basis:
    stage_won (stage_days against won_days), else stage_max (against the stage's max_days), else cycle_won (age_days
    against the 75th percentile of the won deals' cycle), blank where nothing is known; is_slipped, is_stale (over the
    limit), is_overdue (next_date before as_of), has_no_next (neither step nor date), days_overdue.
    Refuses deals read without as_of. Source: DEFINITIONS 6.
    """
    columns = ("opportunity", "customer", "salesperson", "stage", "next_step", "next_date", "stage_since")
    rows = _with_blanks(deals[deals["is_open"]], columns)
    if rows["is_slipped"].isna().any():
        raise Refusal("as_of_missing")
    age, in_stage = days_between(rows["created"], as_of), days_between(_dates(rows["stage_since"]), as_of)
    won = deals[deals["is_won"]]
    cycle = days_between(won["created"], won["close_date"])
    cycle = cycle[cycle >= 0]
    by_stage = _looked_up(rows["stage"], won_days, "days")
    by_rule = _looked_up(rows["stage"], stages, "max_days")
    by_cycle = np.full(len(rows), float(np.quantile(cycle, 0.75)) if len(cycle) else np.nan)
    known = ~np.isnan(in_stage)
    cases = [known & ~np.isnan(by_stage), known & ~np.isnan(by_rule), ~np.isnan(age) & ~np.isnan(by_cycle)]
    limit = np.select(cases, [by_stage, by_rule, by_cycle], np.nan)
    measured = np.select(cases, [in_stage, in_stage, age], np.nan)
    overdue = days_between(_dates(rows["next_date"]), as_of)
    kept = ["opportunity", "customer", "salesperson", "stage", "value", "close_date", "next_step", "next_date"]
    return rows[kept].assign(
        age_days=age,
        stage_days=in_stage,
        limit_days=limit,
        limit_basis=pd.Series(
            np.select(cases, ["stage_won", "stage_max", "cycle_won"], ""), rows.index, dtype="str"
        ).replace("", None),
        is_slipped=rows["is_slipped"].astype(bool),
        is_stale=measured > limit,
        is_overdue=overdue > 0,
        has_no_next=_blank(rows["next_step"]) & _dates(rows["next_date"]).isna(),
        days_overdue=np.where(overdue > 0, overdue, np.nan),
    )


def follow_ups_due(as_of: Day, **tables: pd.DataFrame) -> pd.DataFrame:
    """Every contact that was due by the end of as_of, the longest overdue first.

    tables: any of leads (lead, next_contact, status), opportunities as read by `read_deals` (opportunity, next_date),
    interactions (party, at, next_date: only the last contact with a party counts, and a party's own later contact
    settles it), tasks (task, due, done). Returns table, key, salesperson, due, days_overdue (0 = due today).
    """
    readers = {"leads": _leads, "opportunities": _opportunities, "interactions": _interactions, "tasks": _tasks}
    strange = [name for name in tables if name not in readers]
    if strange:
        raise Refusal("follow_up_table", tables=strange, known=list(readers))
    empty = pd.DataFrame({"table": [], "key": [], "salesperson": [], "due": pd.to_datetime([])})
    parts = [readers[name](_with_blanks(frame, ("salesperson",))).assign(table=name) for name, frame in tables.items()]
    rows = pd.concat([part[list(empty.columns)] for part in parts], ignore_index=True) if parts else empty
    rows = rows.assign(days_overdue=days_between(rows["due"], as_of))
    rows = rows[rows["days_overdue"] >= 0]
    return rows.sort_values(["days_overdue", "table", "key"], ascending=[False, True, True], ignore_index=True)


def _leads(frame: pd.DataFrame) -> pd.DataFrame:
    rows = _with_blanks(frame, ("status",))
    return rows[~rows["status"].isin(["converted", "dropped"])].rename(columns={"lead": "key", "next_contact": "due"})


def _opportunities(frame: pd.DataFrame) -> pd.DataFrame:
    return frame[frame["is_open"]].rename(columns={"opportunity": "key", "next_date": "due"})


def _interactions(frame: pd.DataFrame) -> pd.DataFrame:
    last = frame.sort_values("at", kind="stable").drop_duplicates("party", keep="last")
    return last.rename(columns={"party": "key", "next_date": "due"})


def _tasks(frame: pd.DataFrame) -> pd.DataFrame:
    rows = _with_blanks(frame, ("done",))
    return rows[rows["done"].isna() | (rows["done"] == False)].rename(columns={"task": "key"})  # noqa: E712 - a column


def _with_blanks(frame: pd.DataFrame, columns: tuple[str, ...]) -> pd.DataFrame:
    return frame.assign(**{column: None for column in columns if column not in frame})


def _blank(column: pd.Series) -> pd.Series:
    return column.isna() | (column.astype("str").str.strip() == "")


def _dates(column: pd.Series) -> pd.Series:
    return pd.to_datetime(column)


def _looked_up(stage: pd.Series, table: pd.DataFrame | None, column: str) -> Floats:
    if table is None or column not in table:
        return np.full(len(stage), np.nan)
    limits: Floats = stage.map(table.set_index("stage")[column]).to_numpy(float)
    return limits


def _required(rows: pd.DataFrame, stages: pd.DataFrame) -> pd.Series:
    """Which deals must have a value and a close date."""
    named = stages.loc[stages["stage"] == REQUIRED_FROM, "order"]
    later = stages.loc[stages["category"].isin(["best_case", "commit"]), "order"]
    start = float((named if len(named) else later).min())
    return (rows["is_open"] & (rows["order"] >= start)) | rows["is_won"] | rows["is_lost"]


def _exit_problems(rows: pd.DataFrame, stages: pd.DataFrame) -> list[pd.DataFrame]:
    if "exit_requirement" not in stages:
        return []
    found = []
    for order, asked in zip(stages["order"], stages["exit_requirement"], strict=True):
        for column in re.split(r"[\s,;、，；]+", asked) if isinstance(asked, str) else []:
            if column not in rows:
                continue
            empty = _blank(rows[column]) | (rows[column].astype("object") == False)  # noqa: E712 - a column of flags
            found.append(_listed(rows, rows["is_open"] & (rows["order"] > order) & empty, column, "exit_requirement"))
    return found


def _listed(rows: pd.DataFrame, which: pd.Series | Flags, column: str, problem: str) -> pd.DataFrame:
    return rows.loc[np.asarray(which, bool)].assign(column=column, problem=problem)
