"""The opportunities, read with what their stage says about them."""

import numpy as np
import pandas as pd

from xlsales.core.ratio import Day, Flags, day, days
from xlsales.core.refusal import Refusal

OPEN = ("pipeline", "best_case", "commit")
CATEGORIES = (*OPEN, "won", "lost", "omitted")


def default_stages() -> pd.DataFrame:
    """The stages of a book that declares none: stage, order, probability, category.

    >>> default_stages().set_index("stage").loc["proposal"].to_dict()
    {'order': 3.0, 'probability': 0.5, 'category': 'best_case'}
    """
    return pd.DataFrame(
        {
            "stage": ["prospecting", "qualified", "proposal", "negotiation", "won", "lost"],
            "order": [1.0, 2.0, 3.0, 4.0, 5.0, 6.0],
            "probability": [0.1, 0.25, 0.5, 0.75, 1.0, 0.0],
            "category": ["pipeline", "pipeline", "best_case", "commit", "won", "lost"],
        }
    )


def read_deals(
    opportunities: pd.DataFrame, stages: pd.DataFrame | None = None, as_of: Day | None = None
) -> pd.DataFrame:
    """The opportunities with what their stage says about them.

    opportunities: stage and, where there are any, value, probability, created, close_date; further columns stay.
    stages: stage, order, probability, category; None = `default_stages`. Returns the frame with missing ones of those
    columns added blank, and order, category, is_open, is_won, is_lost, chance (the deal's own probability where given,
    else its stage's), weighted (value × chance of an open deal, blank without a value), is_slipped (open and the close
    date before as_of; unknown without as_of).
    Refuses a stage, category or probability that is not declared or not possible. Source: DEFINITIONS 6.

    >>> deal = pd.DataFrame({"stage": ["proposal"], "value": [1000.0], "close_date": [pd.Timestamp("2026-01-31")]})
    >>> read_deals(deal, as_of=pd.Timestamp("2026-02-01"))[["weighted", "is_slipped"]].values.tolist()
    [[500.0, True]]
    """
    if "stage" not in opportunities:
        raise Refusal("columns_missing", columns=["stage"])
    table = _checked_stages(default_stages() if stages is None else stages)
    codes, names = pd.factorize(opportunities["stage"])
    place = table.index.get_indexer(pd.Index(names))
    if (place < 0).any() or (codes < 0).any():
        unknown = [str(name) for name, at in zip(names, place, strict=True) if at < 0]
        raise Refusal("stage_unknown", stages=unknown, blank=int((codes < 0).sum()))
    at = place[codes]
    frame = opportunities.assign(**{column: _column(opportunities, column) for column in ("value", "probability")})
    for column in ("created", "close_date"):
        frame[column] = opportunities[column] if column in opportunities else np.datetime64("NaT", "us")
    own = frame["probability"].to_numpy(float)
    if np.any((own < 0) | (own > 1)):
        raise Refusal("probability_outside", deals=int(np.sum((own < 0) | (own > 1))))
    category = table["category"].to_numpy(object)[at]
    is_open = np.isin(category, OPEN)
    chance = np.where(np.isnan(own), table["probability"].to_numpy(float)[at], own)
    late = pd.Series(pd.NA, index=frame.index, dtype="boolean")
    if as_of is not None:
        late = pd.Series(is_open & (days(frame["close_date"]) < day(as_of)), index=frame.index, dtype="boolean")
    return frame.assign(
        order=table["order"].to_numpy(float)[at],
        category=pd.Series(category, index=frame.index, dtype="str"),
        is_open=is_open,
        is_won=category == "won",
        is_lost=category == "lost",
        chance=np.where(is_open, chance, np.where(category == "won", 1.0, 0.0)),
        weighted=np.where(is_open, frame["value"].to_numpy(float) * chance, np.nan),
        is_slipped=late,
    )


def within(dates: pd.Series, first: Day | None, last: Day | None) -> Flags:
    """Which dates lie in [first, last], both ends counted; with neither end every row does, with one a blank does not.

    >>> within(pd.Series(pd.to_datetime(["2026-01-31", None])), pd.Timestamp("2026-01-01"), None).tolist()
    [True, False]
    """
    if first is None and last is None:
        return np.ones(len(dates), bool)
    when = days(dates)
    inside = ~np.isnat(when)
    if first is not None:
        inside &= when >= day(first)
    if last is not None:
        inside &= when <= day(last)
    return inside


def _checked_stages(stages: pd.DataFrame) -> pd.DataFrame:
    missing = [column for column in ("stage", "order", "probability", "category") if column not in stages]
    if missing:
        raise Refusal("columns_missing", columns=missing)
    twice = stages.loc[stages["stage"].duplicated(), "stage"].tolist()
    if twice:
        raise Refusal("stage_twice", stages=twice)
    strange = stages.loc[~stages["category"].isin(CATEGORIES), "stage"].tolist()
    if strange:
        raise Refusal("stage_category", stages=strange, categories=list(CATEGORIES))
    if not stages["probability"].between(0, 1).all():
        raise Refusal("probability_outside", deals=int((~stages["probability"].between(0, 1)).sum()))
    return stages.set_index("stage")


def _column(frame: pd.DataFrame, column: str) -> pd.Series:
    return frame[column].astype(float) if column in frame else pd.Series(np.nan, frame.index, dtype=float)
