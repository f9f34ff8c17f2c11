"""Service cases that wait: how old they are, who answers for them, which are late."""

import numpy as np
import pandas as pd

from xlsales.core.ratio import Day, day, days_between
from xlsales.core.refusal import Refusal

COMPLAINT = "complaint"


def open_cases(cases: pd.DataFrame, as_of: Day, owners: pd.Series | None = None, days: float = 14) -> pd.DataFrame:
    """Service cases that are open at the end of as_of, with age, owner and lateness: complaints first, oldest first.

    cases: case, customer, opened, closed, kind, perhaps due and salesperson. owners: salesperson by customer, who
    answers for a case that names nobody. days: within so many days a case without a due day should be closed. A case
    that was closed later counts as open; one without its day of opening has no age. Returns the rows with age_days,
    salesperson, due and days_overdue (0 = not late). Refuses days below 1.

    >>> one = pd.DataFrame({"case": ["a"], "customer": ["c"], "opened": [pd.Timestamp("2026-01-01")],
    ...                     "closed": [pd.NaT], "kind": ["complaint"]})
    >>> open_cases(one, pd.Timestamp("2026-01-31"))[["age_days", "days_overdue"]].values.tolist()
    [[30.0, 16.0]]
    """
    if not days >= 1:
        raise Refusal("case_days", days=days)
    end = pd.Timestamp(day(as_of))
    begun = ~(pd.to_datetime(cases["opened"]) > end)
    rows = cases[begun & ~(pd.to_datetime(cases["closed"]) <= end)]
    blank = pd.Series(np.nan, index=rows.index, dtype="object")
    keeper = blank if owners is None else rows["customer"].map(owners).astype("object")
    own = rows["salesperson"].astype("object") if "salesperson" in rows else blank
    opened = pd.to_datetime(rows["opened"])
    due = pd.to_datetime(rows["due"]) if "due" in rows else opened.where(np.zeros(len(rows), bool))
    due = due.fillna(opened + pd.Timedelta(days=days))
    rows = rows.assign(
        age_days=days_between(opened, as_of),
        salesperson=own.where(own.notna(), keeper),
        due=due,
        days_overdue=np.maximum(days_between(due, as_of), 0.0),
        later=rows["kind"] != COMPLAINT,
    )
    ordered = rows.sort_values(["later", "age_days"], ascending=[True, False], kind="stable", ignore_index=True)
    return ordered.drop(columns="later")


def case_owners(waiting: pd.DataFrame) -> pd.DataFrame:
    """How many cases wait at each owner, who has most complaints first; cases of nobody in a row of their own.

    waiting: from `open_cases`. Returns owner (blank: nobody), cases, complaints, overdue_cases, oldest_days, mean_age.

    >>> two = pd.DataFrame({"salesperson": ["Ann", "Ann"], "kind": ["complaint", "repair"], "age_days": [30.0, 10.0],
    ...                     "days_overdue": [16.0, 0.0]})
    >>> case_owners(two).values.tolist()
    [['Ann', 2.0, 1.0, 1.0, 30.0, 20.0]]
    """
    rows = pd.DataFrame(
        {
            "owner": waiting["salesperson"],
            "cases": 1.0,
            "complaints": (waiting["kind"] == COMPLAINT).astype(float),
            "overdue_cases": (waiting["days_overdue"] > 0).astype(float),
            "oldest_days": waiting["age_days"],
            "mean_age": waiting["age_days"],
        }
    )
    how = {"cases": "sum", "complaints": "sum", "overdue_cases": "sum", "oldest_days": "max", "mean_age": "mean"}
    table = rows.groupby("owner", dropna=False).agg(how).reset_index()
    order = ["complaints", "overdue_cases", "cases"]
    return table.sort_values(order, ascending=False, kind="stable", ignore_index=True)
