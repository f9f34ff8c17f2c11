"""Did an action work: difference in differences, honest about few units and about how the units were chosen."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from xlsales.core.effect_data import Panel, panel
from xlsales.core.permutation import shuffled
from xlsales.core.ratio import Floats

PERMUTE_UNDER = 15  # units a side; below it a normal interval is too short
FEWEST_PERIODS = 2  # before, and after
SELECTED = -1.645  # rank z-value of the treated before the action, one-sided 5 %: chosen because they did badly
TREND = 0.05  # p-value of different slopes before the action
COLUMNS = ["effect", "se", "low", "high", "p_value", "units", "verdict", "note"]


@dataclass
class _Found:
    """An estimate and what must be said about it."""

    effect: float = np.nan
    se: float = np.nan
    low: float = np.nan
    high: float = np.nan
    p: float = np.nan
    notes: list[str] = field(default_factory=list)


def effect(
    data: pd.DataFrame,
    min_units: int = 5,
    *,
    confidence: float = 0.95,
    control_chosen_badly_performing: bool = False,
    seed: int = 0,
) -> pd.DataFrame:
    """The effect of an action by difference in differences, and whether it may be called one.

    data: unit, period, treated (of the unit), after (of the period), value; a row per unit and period. Where units are
    seen before and after, each unit's mean change counts once: effect = mean change of the treated - mean change of
    the control, clustered by unit (each unit one change, unequal variances, Welch's degrees of freedom); under 15 units
    a side interval and p-value by shuffling who was treated. Where no unit is seen on both sides (other shops each
    time), the four means count, errors robust, N - 4 degrees of freedom. control_chosen_badly_performing: the control
    was chosen for having done as badly before. Returns one row: effect, se, low, high, p_value, units, verdict, note.
    Verdict not_enough_data under `min_units` (never fewer than 5) treated or control units or 2 periods on a side;
    effective where the interval lies above 0; not_effective where it lies below; else unclear; and unclear at best
    where the treated did worse than the control before (the mean of the periods before, or the last one: they would
    have recovered anyway) unless the control was chosen so, or where their trend was another one. The note lists
    codes, "; " between them: few_units, few_periods, permutation, worst_performers, best_performers,
    control_badly_performing, pre_trend, unbalanced, one_sided_units=n, missing_values=n, separate_samples.
    Refuses columns_missing, effect_flag, effect_treated_varies, effect_after_varies, effect_row_twice.
    Source: DEFINITIONS 11; Card and Krueger 1994; Bell and McCaffrey 2002 for means; Fisher 1935.

    >>> months = pd.DataFrame([(kind + str(i), month, kind == "t", month > 2, float(i + month))
    ...                        for kind in "tc" for i in range(6) for month in (1, 2, 3, 4)],
    ...                       columns=["unit", "period", "treated", "after", "value"])
    >>> months.loc[months["treated"] & months["after"], "value"] += 5
    >>> effect(months)[["effect", "units", "verdict", "note"]].values.tolist()
    [[5.0, 12, 'effective', 'permutation']]
    """
    seen = panel(data)
    least = max(min_units, 5)
    found = _Found(notes=list(seen.notes))
    enough_units = min(seen.treated_units, seen.control_units) >= least
    if seen.paired:
        _paired(found, seen, confidence, seed, enough=enough_units)
    else:
        _separate(found, seen, confidence)
        enough_units = min(seen.cell_sizes) >= max(least, PERMUTE_UNDER)
    enough_periods = min(seen.periods_before, seen.periods_after) >= FEWEST_PERIODS
    found.notes += [] if enough_units else ["few_units"]
    found.notes += [] if enough_periods else ["few_periods"]
    warnings = selection(seen) if seen.paired else []
    chosen = control_chosen_badly_performing and "worst_performers" in warnings
    found.notes += [*warnings, *(["control_badly_performing"] if chosen else [])]
    verdict = _verdict(found, warnings, chosen=chosen) if enough_units and enough_periods else "not_enough_data"
    values = (found.effect, found.se, found.low, found.high, found.p)
    units = seen.treated_units + seen.control_units
    row = dict(zip(COLUMNS, (*values, units, verdict, "; ".join(found.notes)), strict=True))
    return pd.DataFrame([row], columns=COLUMNS).astype({"verdict": "str", "note": "str"})


def selection(seen: Panel) -> list[str]:
    """How the treated differed from the control before the action: worst_performers, best_performers, pre_trend.

    Ranks are compared, of the mean and of the last period before the action: figures of sales are too skewed for means.
    """
    if min(seen.treated_units, seen.control_units) < FEWEST_PERIODS:
        return []
    z = [_rank_z(part, seen.treated) for part in (seen.before_mean, seen.before_last)]
    found = ["worst_performers"] if min(z) < SELECTED else []
    found += ["best_performers"] if max(z) > -SELECTED else []
    return found + (["pre_trend"] if pre_trend(seen)["p_value"] < TREND else [])


def pre_trend(seen: Panel) -> dict[str, float]:
    """Slopes per period before the action: treated, control, difference, p_value (NaN with one period before).

    seen: what `effect_data.panel` makes of the data.
    """
    treated, control = seen.before_slope[seen.treated], seen.before_slope[~seen.treated]
    treated, control = treated[~np.isnan(treated)], control[~np.isnan(control)]
    if min(len(treated), len(control)) < FEWEST_PERIODS:
        return dict.fromkeys(("treated", "control", "difference", "p_value"), np.nan)
    difference, se, degrees = _two_means(treated, control)
    slopes = {"treated": float(treated.mean()), "control": float(control.mean()), "difference": difference}
    return {**slopes, "p_value": _p_value(difference, se, degrees)}


def from_cells(means: Floats, sizes: Floats, spread: float, confidence: float = 0.95) -> dict[str, float]:
    """Difference in differences from published cell means: effect, se, t, p_value, low, high.

    means, sizes: treated before, treated after, control before, control after. spread: the standard deviation that the
    cells share. Every observation counts as independent (ordinary least squares, N - 4 degrees of freedom), as in the
    regression tables that print only these figures; for a verdict the units' own rows are needed (`effect`).

    >>> found = from_cells(np.array([20.4, 21.0, 23.3, 21.2]), np.array([100.0, 100, 100, 100]), 9.0)
    >>> round(found["effect"], 6), round(found["se"], 6)
    (2.7, 1.8)
    """
    signs = np.array([-1.0, 1.0, 1.0, -1.0])
    value = float(np.dot(signs, means))
    se = float(spread * np.sqrt(np.sum(1 / sizes)))
    degrees = float(np.sum(sizes) - 4)
    half = _t_quantile(confidence, degrees) * se
    p = _p_value(value, se, degrees)
    return {"effect": value, "se": se, "t": value / se, "p_value": p, "low": value - half, "high": value + half}


def _paired(found: _Found, seen: Panel, confidence: float, seed: int, *, enough: bool) -> None:
    """Units seen on both sides: the mean change of the treated less that of the control."""
    treated, control = seen.change[seen.treated], seen.change[~seen.treated]
    if not len(treated) or not len(control):
        return
    found.effect = float(treated.mean() - control.mean())
    if min(len(treated), len(control)) < FEWEST_PERIODS:
        return
    _, found.se, degrees = _two_means(treated, control)
    if min(len(treated), len(control)) < PERMUTE_UNDER:
        if enough:  # with fewer units no shuffle could say anything at this confidence
            found.low, found.high, found.p = shuffled(treated, control, confidence, seed)
            found.notes.append("permutation")
        return
    _intervals(found, degrees, confidence)


def _separate(found: _Found, seen: Panel, confidence: float) -> None:
    """Other units on each side: four means, errors clustered by unit (each has one mean), corrected by N/(N - 4)."""
    found.notes.append("separate_samples")
    if min(seen.cell_sizes) == 0:
        return
    means = [float(cell.mean()) for cell in seen.cells]
    found.effect = (means[1] - means[0]) - (means[3] - means[2])
    degrees = float(sum(seen.cell_sizes) - 4)
    if min(seen.cell_sizes) < FEWEST_PERIODS:
        return
    variance = sum(float(np.sum((cell - cell.mean()) ** 2)) / len(cell) ** 2 for cell in seen.cells)
    found.se = float(np.sqrt(variance * (degrees + 4) / degrees))
    _intervals(found, degrees, confidence)


def _intervals(found: _Found, degrees: float, confidence: float) -> None:
    half = _t_quantile(confidence, degrees) * found.se
    found.low, found.high = found.effect - half, found.effect + half
    found.p = _p_value(found.effect, found.se, degrees)


def _verdict(found: _Found, warnings: list[str], *, chosen: bool) -> str:
    """What may be said once there are units and periods enough."""
    if "pre_trend" in warnings:
        return "unclear"
    if found.low > 0:
        return "unclear" if "worst_performers" in warnings and not chosen else "effective"
    if found.high < 0:
        return "unclear" if "best_performers" in warnings else "not_effective"
    return "unclear"


def _two_means(first: Floats, second: Floats) -> tuple[float, float, float]:
    """Difference of two means, its standard error and Welch's degrees of freedom."""
    parts = [float(side.var(ddof=1)) / len(side) for side in (first, second)]
    total = sum(parts)
    rest = sum(part**2 / (len(side) - 1) for part, side in zip(parts, (first, second), strict=True))
    degrees = total**2 / rest if rest > 0 else float(len(first) + len(second) - 2)
    return float(first.mean() - second.mean()), float(np.sqrt(total)), degrees


def _rank_z(figures: Floats, treated: np.ndarray) -> float:
    """Mean rank of the treated among all, as a z-value under no selection; below 0 they did worse."""
    _, place, counts = np.unique(figures, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[place]  # equal figures share the mean of their ranks
    count, total = int(treated.sum()), len(ranks)
    spread = float(np.sqrt(ranks.var(ddof=1) * (1 / count - 1 / total)))
    return (float(ranks[treated].mean()) - float(ranks.mean())) / spread if spread > 0 else 0.0


def _t_quantile(confidence: float, degrees: float) -> float:
    from scipy.special import stdtrit  # noqa: PLC0415 - scipy is loaded only where it is used

    return float(stdtrit(degrees, 0.5 + confidence / 2))


def _p_value(value: float, se: float, degrees: float) -> float:
    from scipy.special import stdtr  # noqa: PLC0415 - scipy is loaded only where it is used

    if se == 0:
        return 1.0 if value == 0 else 0.0
    return float(2 * stdtr(degrees, -abs(value) / se))
