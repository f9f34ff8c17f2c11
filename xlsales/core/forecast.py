"""Forecast of a series of equal periods: seasonal naive unless another method has beaten it on the past."""

from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from xlsales.core.backtest import Predict, conformal_half_width, rolling_origins, seasonal_scale
from xlsales.core.forecast_methods import FLOOR, METHODS, predict, shortest_history
from xlsales.core.ratio import Floats, ratio
from xlsales.core.refusal import Refusal


@dataclass(frozen=True)
class Forecast:
    """A forecast and the backtest that speaks for its method.

    table: step, forecast, low, high, method. backtest: see `compare`.
    """

    table: pd.DataFrame
    backtest: pd.DataFrame


def forecast(
    history: ArrayLike, horizon: int, season: int = 12, confidence: float = 0.8, method: str = "auto"
) -> Forecast:
    """The next `horizon` periods with conformal intervals, and the visible backtest.

    history: (n,) one value per period, oldest first, no blanks. season: periods in a year (1 = none). confidence: of
    the interval, such as 0.8. method: auto, seasonal_naive, naive, mean, drift, ets. low and high are blank where the
    backtest has too few residuals at that step for the confidence.
    auto compares every method with seasonal naive at the same earlier origins and shows the one with the lowest
    relative error, seasonal naive where none is better. Refuses too little history, blanks, and an unknown method.
    Source: DEFINITIONS 5.

    >>> forecast([10.0, 20.0, 10.0, 20.0, 10.0, 20.0], 2, season=2).table["forecast"].tolist()
    [10.0, 20.0]
    """
    past = checked_history(history, horizon, season, method)
    names = METHODS if method == "auto" else tuple(dict.fromkeys((FLOOR, method)))
    trials = backtest(past, horizon, season, names)
    table = compare(trials, seasonal_scale(past, season))
    possible = {name: predict(past, horizon, season=season, method=name) for name in names}
    chosen = choose(table[[possible[name] is not None for name in table["method"]]]) if method == "auto" else method
    ahead = possible[chosen]
    if ahead is None:
        raise Refusal("forecast_failed", method=chosen, periods=len(past))
    width = half_widths(trials, chosen, horizon, confidence)
    rows = pd.DataFrame(
        {
            "step": np.arange(1, horizon + 1),
            "forecast": ahead,
            "low": ahead - width,
            "high": ahead + width,
            "method": chosen,
        }
    )
    return Forecast(rows, table.assign(chosen=table["method"] == chosen))


def checked_history(history: ArrayLike, horizon: int, season: int, method: str = "auto") -> Floats:
    """The history as an array, or a refusal that says what is missing.

    Refuses: an unknown method, a horizon or season under 1, blanks between the values, fewer values than the method
    needs (seasonal naive and auto: a season and one more, so that there is a backtest at all).
    """
    past = np.asarray(history, float).ravel()
    if method != "auto" and method not in METHODS:
        raise Refusal("forecast_method", method=method, methods=["auto", *METHODS])
    if horizon < 1 or season < 1:
        raise Refusal("forecast_horizon", horizon=horizon, season=season)
    blank = np.flatnonzero(~np.isfinite(past))
    if len(blank):
        raise Refusal("history_blank", periods=[int(at) + 1 for at in blank])
    needed = shortest_history(method, season) + 1
    if len(past) < needed:
        raise Refusal("history_short", periods=len(past), needed=needed, method=method)
    return past


def backtest(history: Floats, horizon: int, season: int, names: tuple[str, ...] = METHODS) -> pd.DataFrame:
    """Every method's forecasts at recent earlier origins (two seasons, 24 at least) where it has enough history.

    Returns the rows of `rolling_origins`: method, origin, step, actual, forecast, residual.
    """
    return _trials(history, horizon, season, names, len(history) - _recent(season))


def compare(trials: pd.DataFrame, scale: float = float("nan")) -> pd.DataFrame:
    """Each method against seasonal naive at the origins and steps that both have.

    trials: from `backtest`. scale: in-sample seasonal-naive MAE, for mase. Returns method, origins, points, mae, wape,
    mase, bias, mae_seasonal_naive (at the same points), relative = mae/mae_seasonal_naive.
    """
    floor = trials.loc[trials["method"] == FLOOR, ["origin", "step", "residual"]]
    pairs = trials.merge(floor, on=["origin", "step"], suffixes=("", "_floor"))
    pairs = pairs.assign(
        size=pairs["residual"].abs(), size_floor=pairs["residual_floor"].abs(), y=pairs["actual"].abs()
    )
    order = {name: rank for rank, name in enumerate(METHODS)}
    groups = pairs.groupby("method")
    sums = groups[["size", "size_floor", "y", "residual", "actual"]].sum()
    table = pd.DataFrame({"origins": groups["origin"].nunique(), "points": groups.size()})
    table["mae"] = sums["size"] / table["points"]
    table["wape"] = ratio(sums["size"], sums["y"])
    table["mase"] = ratio(table["mae"], scale)
    table["bias"] = ratio(sums["residual"], sums["actual"])
    table["mae_seasonal_naive"] = sums["size_floor"] / table["points"]
    table["relative"] = ratio(table["mae"], table["mae_seasonal_naive"])
    return table.sort_index(key=lambda index: index.map(order)).reset_index()


def choose(table: pd.DataFrame, fewest: int = 3) -> str:
    """The method with the lowest error relative to seasonal naive over at least `fewest` origins; else seasonal naive.

    table: from `compare`.
    """
    better = table[(table["relative"] < 1.0) & (table["origins"] >= fewest)]
    return FLOOR if better.empty else str(better["method"].iloc[int(better["relative"].to_numpy().argmin())])


def half_widths(trials: pd.DataFrame, method: str, horizon: int, confidence: float) -> Floats:
    """Conformal half-width at each step from one method's own backtest residuals; NaN where they are too few."""
    own = trials[trials["method"] == method]
    residuals, step = own["residual"].to_numpy(), own["step"].to_numpy()
    return np.array([conformal_half_width(residuals[step == k], confidence) for k in range(1, horizon + 1)])


def track_record(
    history: ArrayLike, horizon: int, season: int = 12, confidence: float = 0.8, origins: int = 4
) -> pd.DataFrame:
    """What `forecast` with method auto would have said at each of the last `origins` points, beside what came.

    history: as there. At each point the method is chosen, and the interval made, from what was known then. Returns
    origin (number of known values), step, actual, forecast, low, high, method, seasonal_naive (what the floor said),
    scale (for MASE).
    """
    past = checked_history(history, horizon, season)
    first = len(past) - origins
    checked_history(past[:first], horizon, season)
    trials = _trials(past, horizon, season, METHODS, first - _recent(season))
    records = []
    for origin in range(first, len(past)):
        early = trials["origin"] >= origin - _recent(season)
        known = trials[early & (trials["origin"] + trials["step"] <= origin)]
        now = trials[trials["origin"] == origin]
        chosen = choose(compare(known[known["method"].isin(now["method"])]))
        floor = now.loc[now["method"] == FLOOR, "forecast"].to_numpy()
        said = now.loc[now["method"] == chosen, ["origin", "step", "actual", "forecast", "method"]]
        width = half_widths(known, chosen, horizon, confidence)[: len(said)]
        records.append(
            said.assign(
                low=said["forecast"] - width,
                high=said["forecast"] + width,
                seasonal_naive=floor,
                scale=seasonal_scale(past[:origin], season),
            )
        )
    return pd.concat(records, ignore_index=True)


def _recent(season: int) -> int:
    """How many origins back a backtest looks: two seasons, and 24 at least so that a 95 % interval exists."""
    return max(2 * season, 24)


def _trials(history: Floats, horizon: int, season: int, names: tuple[str, ...], first: int) -> pd.DataFrame:
    methods: dict[str, Predict] = {name: partial(predict, season=season, method=name) for name in names}
    shortest = min(season, *(shortest_history(name, season) for name in names))
    return rolling_origins(history, horizon, methods, max(shortest, first))
