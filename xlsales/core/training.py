"""Training: who needs it in what, what it cost and what came of it."""

import pandas as pd

NEEDS = ["salesperson", "kpi", "reason", "value", "course", "cost"]


def training_needs(
    cards: pd.DataFrame,
    ratings: pd.DataFrame | None = None,
    courses: pd.DataFrame | None = None,
    attained_below: float = 0.7,
    rated_below: float = 60.0,
) -> pd.DataFrame:
    """Who needs training in what: weak KPIs and low skill ratings, the weakest first.

    cards: salesperson, kpi, attainment. ratings: as `ratings.combined` returns them. courses: kpi, course, cost.
    Returns salesperson, kpi, reason (weak_kpi, low_rating), value (attainment or rating), course, cost; course and cost
    are blank where no course is listed for the KPI.

    >>> training_needs(pd.DataFrame({"salesperson": ["Li"], "kpi": ["visits"], "attainment": [0.6]}))["reason"].tolist()
    ['weak_kpi']
    """
    weak = cards.loc[cards["attainment"] < attained_below, ["salesperson", "kpi", "attainment"]]
    weak = weak.rename(columns={"attainment": "value"}).assign(reason="weak_kpi", short=weak["attainment"])
    parts = [weak]
    if ratings is not None:
        low = ratings.loc[ratings["rating"] < rated_below, ["salesperson", "kpi", "rating"]]
        low = low.rename(columns={"rating": "value"}).assign(reason="low_rating", short=low["rating"] / rated_below)
        parts.append(low)
    needs = pd.concat(parts, ignore_index=True).sort_values("short", kind="stable")
    listed = pd.DataFrame({"kpi": [], "course": [], "cost": []}) if courses is None else courses
    listed = listed[["kpi", "course", "cost"]].astype({"kpi": "str", "course": "str", "cost": "float64"})
    return needs.merge(listed, on="kpi", how="left")[NEEDS].reset_index(drop=True)


def training_record(training: pd.DataFrame, as_of: pd.Timestamp) -> pd.DataFrame:
    """What each course cost and what came of it up to a day.

    training: salesperson, course, date, planned, cost, result. Returns course, people (with a date up to as_of), ahead
    (dated later, or without a date), rated (people with a result), cost (of those up to as_of), result (mean of the
    results entered); cost and result blank where none is entered.

    >>> table = pd.DataFrame({"salesperson": ["Li", "Wu"], "course": "pricing", "cost": [300.0, None],
    ...                       "date": pd.to_datetime(["2026-01-10", "2026-01-10"]), "result": [80.0, None]})
    >>> training_record(table, pd.Timestamp("2026-02-01"))[["people", "rated", "cost", "result"]].values.tolist()
    [[2.0, 1.0, 300.0, 80.0]]
    """
    held = training["date"] <= pd.Timestamp(as_of)
    rows = training.assign(
        _held=held, _ahead=~held, _rated=held & training["result"].notna(), _cost=training["cost"].where(held)
    )
    groups = rows.groupby("course", sort=False)
    table = groups[["_held", "_ahead", "_rated"]].sum().astype(float)
    table["cost"] = groups["_cost"].sum(min_count=1)
    table["result"] = rows["result"].where(held).groupby(rows["course"], sort=False).mean()
    return table.rename(columns={"_held": "people", "_ahead": "ahead", "_rated": "rated"}).reset_index()
