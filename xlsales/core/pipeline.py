"""What the pipeline is worth, how often deals are won, and how fast; its funnel; why deals are lost."""

import numpy as np
import pandas as pd

from xlsales.core.deals import within
from xlsales.core.ratio import Day, Floats, days_between, ratio
from xlsales.core.refusal import Refusal

SUMMARY = (
    "open",
    "weighted",
    "commit",
    "best_case",
    "slipped",
    "win_rate_count",
    "win_rate_value",
    "mean_value",
    "cycle_days",
    "velocity_per_day",
    "coverage",
)


def pipeline(
    deals: pd.DataFrame,
    by: list[str] | None = None,
    first: Day | None = None,
    last: Day | None = None,
    target_left: float | pd.Series | None = None,
) -> pd.DataFrame:
    """One row of pipeline measures per member of `by` (None: one row for all).

    deals: from `read_deals`. first, last: the period. target_left: target − won of the period, a number for all rows or
    a Series by member. Money in the deals' currency, days in calendar days. Returns, after the columns of `by`:
    deals, open, weighted, commit, best_case: open deals due in the period (close date inside it; all open deals if no
    period is given), slipped ones among them included; unvalued: those without a value, in no sum;
    slipped, slipped_deals: every open deal whose close date has passed, whatever the period;
    won_deals, won, lost_deals, mean_value, cycle_days (created to close): deals closed in the period;
    win_rate_count, win_rate_value: closed basis, won/(won + lost) of the deals closed in the period;
    cohort_win_rate_count, cohort_win_rate_value: cohort basis, won so far/all of the deals created in the period;
    velocity_per_day: deals × mean_value × win_rate_count / cycle_days; coverage: open / target_left.
    Blank: a sum whose deals have no value at all, and every ratio without a denominator. Source: DEFINITIONS 6.

    >>> from xlsales.core.deals import read_deals
    >>> deals = read_deals(pd.DataFrame({"stage": ["proposal", "won", "lost"], "value": [400.0, 300.0, 100.0]}))
    >>> pipeline(deals)[["open", "weighted", "win_rate_count", "win_rate_value"]].values.tolist()
    [[400.0, 200.0, 0.5, 0.75]]
    """
    keys = by or []
    missing = [column for column in keys if column not in deals]
    if missing:
        raise Refusal("columns_missing", columns=missing)
    parts = _parts(deals, first, last)
    if keys:
        sums = parts.groupby([deals[key] for key in keys], dropna=False, sort=True).sum()
    else:
        sums = parts.sum().to_frame().T
    rows = _measures(sums)
    given = target_left.reindex(rows.index) if isinstance(target_left, pd.Series) else target_left
    left = np.full(len(rows), np.nan) if given is None else np.asarray(given, float)
    rows["coverage"] = np.where(left > 0, ratio(rows["open"], left), np.nan)
    return rows.reset_index() if keys else rows.reset_index(drop=True)


def velocity(deals: float, mean_value: float, win_rate: float, cycle_days: float) -> float:
    """Money that the pipeline brings per day: deals × mean value × win rate / cycle days; NaN for a cycle of 0 days.

    >>> round(velocity(40, 25000, 0.25, 90), 2)
    2777.78
    """
    return float(ratio(deals * mean_value * win_rate, cycle_days))


def _parts(deals: pd.DataFrame, first: Day | None, last: Day | None) -> pd.DataFrame:
    """What each deal adds to every sum of `pipeline`, so that one grouped sum gives them all."""
    value = deals["value"].to_numpy(float)
    worth, valued = np.nan_to_num(value), ~np.isnan(value)
    in_period = within(deals["close_date"], first, last)
    due = deals["is_open"].to_numpy() & in_period
    won, lost = deals["is_won"].to_numpy() & in_period, deals["is_lost"].to_numpy() & in_period
    cohort = within(deals["created"], first, last) & (deals["category"] != "omitted").to_numpy()
    slipped = deals["is_slipped"].fillna(False).to_numpy(bool)
    cycle = days_between(deals["created"], deals["close_date"])
    timed = won & (cycle >= 0)
    weighted = np.nan_to_num(deals["weighted"].to_numpy(float))
    category = deals["category"].to_numpy(object)
    parts = {
        "deals": due,
        "unvalued": due & ~valued,
        "open": due * worth,
        "weighted": due * weighted,
        "commit": (due & (category == "commit")) * worth,
        "best_case": (due & (category == "best_case")) * worth,
        "slipped_deals": slipped,
        "slip_unknown": deals["is_slipped"].isna().to_numpy(),
        "slipped": slipped * worth,
        "slipped_valued": slipped & valued,
        "won_deals": won,
        "won_valued": won & valued,
        "won": won * worth,
        "lost_deals": lost,
        "lost": lost * worth,
        "cohort": cohort,
        "cohort_value": cohort * worth,
        "cohort_won": cohort & deals["is_won"].to_numpy(),
        "cohort_won_value": (cohort & deals["is_won"].to_numpy()) * worth,
        "timed": timed,
        "cycle": np.where(timed, cycle, 0.0),
    }
    return pd.DataFrame({name: np.asarray(part, float) for name, part in parts.items()}, index=deals.index)


def known(amount: pd.Series, of: pd.Series, valued: pd.Series) -> Floats:
    """A sum, blank where there are deals and none of them has a value.

    >>> known(pd.Series([0.0, 5.0]), pd.Series([2, 2]), pd.Series([0, 1]))
    array([nan,  5.])
    """
    sums: Floats = np.where((of > 0) & (valued == 0), np.nan, amount)
    return sums


def _measures(sums: pd.DataFrame) -> pd.DataFrame:
    valued = sums["deals"] - sums["unvalued"]
    rows = pd.DataFrame({"deals": sums["deals"], "unvalued": sums["unvalued"]}, index=sums.index)
    for name in ("open", "weighted", "commit", "best_case"):
        rows[name] = known(sums[name], sums["deals"], valued)
    dated = sums["slip_unknown"] == 0
    rows["slipped"] = np.where(dated, known(sums["slipped"], sums["slipped_deals"], sums["slipped_valued"]), np.nan)
    rows["slipped_deals"] = sums["slipped_deals"].where(dated)
    rows["won_deals"], rows["lost_deals"] = sums["won_deals"], sums["lost_deals"]
    rows["won"] = known(sums["won"], sums["won_deals"], sums["won_valued"])
    rows["win_rate_count"] = ratio(sums["won_deals"], sums["won_deals"] + sums["lost_deals"])
    rows["win_rate_value"] = ratio(sums["won"], sums["won"] + sums["lost"])
    rows["cohort_win_rate_count"] = ratio(sums["cohort_won"], sums["cohort"])
    rows["cohort_win_rate_value"] = ratio(sums["cohort_won_value"], sums["cohort_value"])
    rows["mean_value"] = ratio(sums["won"], sums["won_valued"])
    rows["cycle_days"] = ratio(sums["cycle"], sums["timed"])
    rows["velocity_per_day"] = ratio(rows["deals"] * rows["mean_value"] * rows["win_rate_count"], rows["cycle_days"])
    return rows


def funnel(deals: pd.DataFrame, stages: pd.DataFrame, by: list[str] | None = None) -> pd.DataFrame:
    """Deals and value at every stage, stages without deals included.

    deals: from `read_deals`. stages: as there. by: further columns, before the stage. Returns the columns of by, stage
    (in its order), deals, value, weighted, slipped_deals; value and weighted blank where deals have none.
    """
    keys = [*(by or []), "stage"]
    parts = deals[keys].assign(
        deals=1.0,
        valued=deals["value"].notna().astype(float),
        value=deals["value"].fillna(0.0),
        weighted=deals["weighted"].fillna(0.0),
        slipped_deals=deals["is_slipped"].fillna(False).astype(float),
    )
    sums = parts.groupby(keys, dropna=False).sum().reset_index()
    full = stages.sort_values("order")[["stage"]].astype({"stage": deals["stage"].dtype})
    if by:
        full = deals[by].drop_duplicates().sort_values(by).merge(full, how="cross")
    full = full.merge(sums, how="left", on=keys)
    measures = ["deals", "valued", "value", "weighted", "slipped_deals"]
    full[measures] = full[measures].fillna(0.0)
    for name in ("value", "weighted"):
        full[name] = known(full[name], full["deals"], full["valued"])
    return full.drop(columns="valued")


def losses(deals: pd.DataFrame, reason: str) -> pd.DataFrame:
    """Lost deals by reason or competitor, the dearest first.

    deals: from `read_deals` with the column named by reason (lost_reason or competitor); blank is its own row.
    Returns that column, deals, value (blank where none is known), share_count, share_value.

    >>> from xlsales.core.deals import read_deals
    >>> lost = pd.DataFrame({"stage": ["lost", "lost"], "value": [30.0, 10.0], "competitor": ["Acme", "Bolt"]})
    >>> losses(read_deals(lost), "competitor")["share_value"].tolist()
    [0.75, 0.25]
    """
    if reason not in deals:
        raise Refusal("columns_missing", columns=[reason])
    lost = deals[deals["is_lost"]]
    name = lost[reason].where(lost[reason].astype("str").str.strip() != "")
    groups = lost.groupby(name, dropna=False)["value"]
    table = pd.DataFrame({"deals": groups.size(), "value": groups.sum(min_count=1)})
    rows = table.reset_index().sort_values(["value", "deals"], ascending=False, kind="stable", ignore_index=True)
    return rows.assign(
        share_count=ratio(rows["deals"], rows["deals"].sum()), share_value=ratio(rows["value"], rows["value"].sum())
    )
