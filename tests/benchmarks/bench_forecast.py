"""One forecast of a monthly series with its backtest, and what `auto` costs beside its parts.

Rival: Holt-Winters as its library fits it by default (a brute search for starting values before the optimiser), at the
same origins and shapes.
"""

import statistics
import time
import warnings
from collections.abc import Callable

import numpy as np
from statsmodels.tsa.holtwinters import ExponentialSmoothing

from xlsales.core.forecast import backtest, forecast
from xlsales.core.forecast_methods import _fitted, predict, shortest_history


def series(months: int, seed: int = 1) -> np.ndarray:
    k = np.arange(months)
    rng = np.random.default_rng(seed)
    return (200 + k) * (1 + 0.3 * np.sin(k * np.pi / 6)) * (1 + rng.normal(0, 0.1, months))


def by_default(history: np.ndarray, horizon: int) -> np.ndarray:
    """The best of the same four shapes by AICc, fitted as the library does it unasked."""
    fits = []
    for shape in ("add", "mul"):
        for trend in (None, "add"):
            with warnings.catch_warnings(), np.errstate(all="ignore"):
                warnings.simplefilter("ignore")
                model = ExponentialSmoothing(
                    history, trend=trend, damped_trend=trend is not None, seasonal=shape, seasonal_periods=12
                )
                fits.append(model.fit())
    return min(fits, key=lambda fit: fit.aicc).forecast(horizon)


def seconds(call: Callable[[], object], repeats: int = 3) -> float:
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def main() -> None:
    y = series(48)
    origins = range(shortest_history("ets", 12), len(y))

    def anew(work: Callable[[], object]) -> object:
        _fitted.cache_clear()
        return work()

    whole = seconds(lambda: anew(lambda: forecast(y, 6)))
    again = seconds(lambda: forecast(y, 6))
    simple = seconds(lambda: backtest(y, 6, 12, ("seasonal_naive", "naive", "mean", "drift")))
    ours = seconds(lambda: anew(lambda: [predict(y[:origin], 6, season=12, method="ets") for origin in origins]))
    theirs = seconds(lambda: [by_default(y[:origin], 6) for origin in origins], repeats=1)
    print(
        f"48 months, 6 ahead, {len(origins)} origins, medians: auto {whole:.2f} s, "
        f"of it simple methods {simple:.3f} s, asked again {again:.3f} s"
    )
    print(f"Holt-Winters at all origins: ours {ours:.2f} s, library default {theirs:.2f} s, ratio {theirs / ours:.1f}")


if __name__ == "__main__":
    main()
