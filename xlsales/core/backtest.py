"""How wrong a forecast was: error measures, rolling-origin backtest, conformal half-widths."""

from collections.abc import Callable
from math import ceil

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from xlsales.core.ratio import Floats, single
from xlsales.core.refusal import Refusal

Predict = Callable[[Floats, int], Floats | None]
ERRORS = ("rmse", "mae", "mape", "wape", "mase", "bias")


def forecast_errors(
    actual: ArrayLike, forecast: ArrayLike, history: ArrayLike | None = None, season: int = 1
) -> dict[str, float]:
    """Error measures of a forecast; the error is actual − forecast, so a positive bias means too low a forecast.

    actual, forecast: (n,) in one unit; pairs with a blank are left out. history: what was known before, for MASE.
    Returns rmse, mae (in the unit), mape (percent), wape = Σ|e|/Σ|y| (share), mase = MAE/in-sample seasonal-naive MAE
    of history, bias = Σe/Σy (share). NaN: mape where an actual is 0, mase without history longer than a season, every
    measure without a pair. Refuses lengths that differ. Source: DEFINITIONS 5; Hyndman and Koehler 2006.

    >>> forecast_errors([100.0, 200.0], [110.0, 190.0])["wape"] == 20 / 300
    True
    """
    y, f = np.asarray(actual, float).ravel(), np.asarray(forecast, float).ravel()
    if len(y) != len(f):
        raise Refusal("lengths_differ", first=len(y), second=len(f))
    both = ~(np.isnan(y) | np.isnan(f))
    y, e = y[both], y[both] - f[both]
    if not len(y):
        return dict.fromkeys(ERRORS, float("nan"))
    mae = float(np.mean(np.abs(e)))
    return {
        "rmse": float(np.sqrt(np.mean(e**2))),
        "mae": mae,
        "mape": float(100.0 * np.mean(np.abs(e / y))) if np.all(y != 0) else float("nan"),
        "wape": single(float(np.abs(e).sum()), float(np.abs(y).sum())),
        "mase": single(mae, seasonal_scale(history, season)) if history is not None else float("nan"),
        "bias": single(float(e.sum()), float(y.sum())),
    }


def seasonal_scale(history: ArrayLike, season: int = 1) -> float:
    """In-sample MAE of seasonal naive: what MASE divides by; NaN where the history is not longer than a season.

    >>> seasonal_scale([1.0, 2.0, 3.0, 5.0], 2)
    2.5
    """
    past = np.asarray(history, float).ravel()
    return float(np.mean(np.abs(past[season:] - past[:-season]))) if len(past) > season else float("nan")


def conformal_half_width(residuals: ArrayLike, confidence: float) -> float:
    """The ⌈(n + 1)(1 − α)⌉-th smallest absolute residual, 1 − α = confidence; NaN where n is too small to have one.

    residuals: (n,) blanks left out. Returns the half-width of the interval, in the residuals' unit.
    Refuses a confidence outside (0, 1). Source: DEFINITIONS 5; split conformal prediction, Vovk.

    >>> conformal_half_width([-5.0, 1.0, 2.0, 3.0], 0.8)
    5.0
    >>> conformal_half_width([1.0, 2.0], 0.8)
    nan
    """
    if not 0 < confidence < 1:
        raise Refusal("confidence_outside", confidence=confidence)
    sizes = np.abs(np.asarray(residuals, float).ravel())
    sizes = np.sort(sizes[~np.isnan(sizes)])
    # The nudge keeps (9 + 1) × 0.8 at 8 where the product comes out as 8.000000000000002.
    rank = ceil((len(sizes) + 1) * confidence - 1e-9)
    return float(sizes[rank - 1]) if rank <= len(sizes) else float("nan")


def rolling_origins(history: Floats, horizon: int, methods: dict[str, Predict], shortest: int) -> pd.DataFrame:
    """What each method would have forecast at earlier points of the history, beside what came.

    history: (n,). methods: name → function (known history, horizon) → (horizon,) forecasts, None where it cannot.
    shortest: the first origin (how many values are known there). Returns method, origin, step (1 …), actual, forecast,
    residual (actual − forecast); at each origin a method sees history[:origin] only.

    >>> last = lambda known, horizon: np.repeat(known[-1], horizon)
    >>> rolling_origins(np.array([1.0, 2.0, 4.0]), 1, {"naive": last}, 1)["residual"].tolist()
    [1.0, 2.0]
    """
    tables = []
    for origin in range(shortest, len(history)):
        steps = min(horizon, len(history) - origin)
        for name, predict in methods.items():
            ahead = predict(history[:origin].copy(), horizon)
            if ahead is not None:
                tables.append((name, origin, history[origin : origin + steps], ahead[:steps]))
    sizes = [len(actual) for _, _, actual, _ in tables]
    empty = np.empty(0)
    frame = pd.DataFrame(
        {
            "method": pd.Series(np.repeat([name for name, *_ in tables], sizes), dtype="str"),
            "origin": np.repeat(np.array([origin for _, origin, _, _ in tables], np.int64), sizes),
            "step": np.array([step for size in sizes for step in range(1, size + 1)], np.int64),
            "actual": np.concatenate([actual for *_, actual, _ in tables] or [empty]),
            "forecast": np.concatenate([ahead for *_, ahead in tables] or [empty]),
        }
    )
    return frame.assign(residual=frame["actual"] - frame["forecast"])
