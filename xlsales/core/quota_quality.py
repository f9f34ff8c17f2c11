"""Are quotas fair and reachable: against potential and history, their inequality, a simulation, whom to talk about."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from xlsales.core.hierarchy import Floats
from xlsales.core.refusal import Refusal
from xlsales.core.targets import column


@dataclass(frozen=True)
class QuotaQuality:
    """people: one row each; the Gini coefficient of quota/potential; the share of people expected to reach 100 %."""

    people: pd.DataFrame
    gini: float
    expected_share: float
    low_share: float
    high_share: float


def gini(values: Floats) -> float:
    """The Gini coefficient of values that are not negative: 0 all equal, near 1 one has all; NaN where unknown.

    >>> gini(np.array([1.0, 1.0])), gini(np.array([0.0, 1.0]))
    (0.0, 0.5)
    """
    known = np.sort(values[~np.isnan(values)])
    if len(known) == 0 or known.sum() <= 0:
        return float("nan")
    if known[0] < 0:
        raise Refusal("gini_negative", value=float(known[0]))
    rank = np.arange(1, len(known) + 1)
    return float(2 * (rank * known).sum() / (len(known) * known.sum()) - (len(known) + 1) / len(known))


def quota_quality(
    people: pd.DataFrame, past: Floats, seed: int, draws: int = 4000, stretch: float = 0.25
) -> QuotaQuality:
    """Each quota against potential and history, and its chance to be reached.

    people: salesperson, quota, and potential, history (last year's actual), expected (a forecast for the year; where
    blank, history) as far as known. past: attainments of past quotas (0.9 is 90 %), at least 8 of them; their spread
    around their median, drawn with the seed, multiplies what is expected. Returns in people: quota_to_potential,
    growth, relative (quota/potential against everybody's), chance, and talk: codes of what is odd, comma-separated
    (above_potential, burden_high, burden_low: relative off by more than stretch; growth_high: growth above the median
    by more than stretch; chance_low under 30 %, chance_high over 90 %, no_basis: nothing to judge by).

    >>> team = pd.DataFrame({"salesperson": ["a", "b"], "quota": [100.0, 300.0], "history": [100.0, 100.0]})
    >>> found = quota_quality(team, np.array([0.8, 0.9, 1, 1, 1, 1, 1.1, 1.2]), seed=1)
    >>> found.people["talk"].tolist()
    ['', 'growth_high, chance_low']
    """
    spread = past[~np.isnan(past)]
    if len(spread) < 8:
        raise Refusal("past_attainment_few", found=len(spread), wanted=8)
    if np.median(spread) <= 0:
        raise Refusal("past_attainment_zero")
    quota, potential, history, expected = (column(people, n) for n in ("quota", "potential", "history", "expected"))
    if (quota <= 0).any() or np.isnan(quota).any():
        row = int(np.argmax(~(quota > 0)))
        raise Refusal("quota_not_positive", salesperson=people["salesperson"].iloc[row])
    found = people[["salesperson", "quota"]].reset_index(drop=True)
    found["quota_to_potential"] = _ratio(quota, potential)
    found["growth"] = _ratio(quota, history) - 1
    has = ~np.isnan(potential) & (potential > 0)
    overall = quota[has].sum() / potential[has].sum() if has.any() else np.nan
    found["relative"] = found["quota_to_potential"] / overall
    likely = _ratio(np.where(np.isnan(expected), history, expected), quota)
    drawn = np.random.default_rng(seed).choice(spread / np.median(spread), size=(draws, len(quota)))
    reached = likely * drawn >= 1 - 1e-12
    known = ~np.isnan(likely)
    found["chance"] = np.where(known, reached.mean(axis=0), np.nan)
    found["talk"] = _talk(found, stretch)
    shares = reached[:, known].mean(axis=1) if known.any() else np.array([np.nan])
    low, high = (float(value) for value in np.quantile(shares, [0.1, 0.9]))
    return QuotaQuality(found, gini(found["quota_to_potential"].to_numpy()), float(shares.mean()), low, high)


def _talk(people: pd.DataFrame, stretch: float) -> list[str]:
    """The codes of each person's oddities."""
    relative, growth, chance = people["relative"], people["growth"], people["chance"]
    rules = {
        "above_potential": people["quota_to_potential"] > 1,
        "burden_high": relative > 1 + stretch,
        "burden_low": relative < 1 - stretch,
        "growth_high": growth > growth.median() + stretch,
        "chance_low": chance < 0.3,
        "chance_high": chance > 0.9,
        "no_basis": relative.isna() & chance.isna(),
    }
    return [", ".join(code for code, flags in rules.items() if flags.iloc[row]) for row in range(len(people))]


def _ratio(above: Floats, below: Floats) -> Floats:
    """A ratio, blank where the denominator is not positive or missing."""
    return np.asarray(np.divide(above, below, out=np.full(len(above), np.nan), where=np.nan_to_num(below) > 0))
