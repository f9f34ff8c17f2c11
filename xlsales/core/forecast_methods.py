"""The forecasting methods, each from a history alone."""

import warnings
from functools import lru_cache
from itertools import product

import numpy as np

from xlsales.core.ratio import Floats

FLOOR = "seasonal_naive"
METHODS = (FLOOR, "naive", "mean", "drift", "ets")
ETS_SHORTEST = 10  # the start values of Holt-Winters need ten values beyond half a season on both sides


def shortest_history(method: str, season: int) -> int:
    """How many values a method must know before its first forecast.

    >>> [shortest_history(method, 12) for method in METHODS]
    [12, 1, 1, 2, 24]
    """
    simple = {"naive": 1, "mean": 1, "drift": 2}
    if method == "ets":
        return max(2 * season, ETS_SHORTEST + 2 * (season // 2))
    return simple.get(method, season)


def predict(history: Floats, horizon: int, *, season: int, method: str) -> Floats | None:
    """One method's forecast from a history; None where the history is too short for it or the fit fails.

    >>> predict(np.array([1.0, 3.0, 5.0]), 2, season=1, method="drift")
    array([7., 9.])
    """
    n = len(history)
    if n < shortest_history(method, season):
        return None
    steps = np.arange(1, horizon + 1)
    if method == FLOOR:
        return history[n - season + (steps - 1) % season]
    if method == "naive":
        return np.repeat(history[-1], horizon)
    if method == "mean":
        return np.repeat(history.mean(), horizon)
    if method == "drift":
        return np.asarray(history[-1] + steps * (history[-1] - history[0]) / (n - 1))
    return _holt_winters(history, horizon, season)


def _holt_winters(history: Floats, horizon: int, season: int) -> Floats | None:
    """Exponential smoothing with the seasonal shape and trend that fit best by AICc; None where no fit succeeds."""
    found = _fitted(history.tobytes(), horizon, season)
    return None if found is None else np.frombuffer(found, dtype=np.float64).copy()


@lru_cache(maxsize=4096)
def _fitted(series: bytes, horizon: int, season: int) -> bytes | None:
    """`_holt_winters` of a series, remembered: the next refresh knows most of a backtest's histories already."""
    from statsmodels.tsa.holtwinters import ExponentialSmoothing  # noqa: PLC0415 - slow to load

    history = np.frombuffer(series, dtype=np.float64)
    if np.ptp(history) == 0:
        return np.repeat(history[-1], horizon).tobytes()
    shapes: list[str | None] = [None] if season == 1 else ["add", "mul"] if history.min() > 0 else ["add"]
    # A fit that stops early is still judged by its AICc, so its warnings carry no news.
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        fits = []
        for shape, trend in product(shapes, (None, "add")):
            model = ExponentialSmoothing(
                history,
                trend=trend,
                damped_trend=trend is not None,
                seasonal=shape,
                seasonal_periods=season if shape else None,
                initialization_method="heuristic",
            )
            # No search for starting values: it costs eightfold and ends at the same fit. SLSQP, as an optimiser,
            # starts no threads, which cost more than they bring for so few parameters.
            fits.append(model.fit(use_brute=False, method="SLSQP"))
        for fit in sorted((fit for fit in fits if fit.aicc < np.inf), key=lambda fit: float(fit.aicc)):
            ahead = np.asarray(fit.forecast(horizon), float)
            if np.all(np.isfinite(ahead)):
                return ahead.tobytes()
    return None
