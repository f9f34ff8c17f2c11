"""Forecasts, their errors, and the interval that past errors justify."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.examples import example
from xlsales.core.backtest import conformal_half_width, forecast_errors
from xlsales.core.forecast import backtest, choose, compare, forecast, track_record
from xlsales.core.forecast_methods import METHODS, predict, shortest_history
from xlsales.core.refusal import Refusal

BEER = "Forecast accuracy: Australian beer, train 1992Q1-2007Q4, test 2008Q1-2010Q2"
MONTHS = np.arange(48)
SEASONAL = 100 + 30 * np.sin(MONTHS * np.pi / 6)


def wavy(noise: float, slope: float = 0.0, months: int = 48, seed: int = 1) -> np.ndarray:
    """A yearly wave with a trend and noise."""
    k = np.arange(months)
    return 100 + slope * k + 30 * np.sin(k * np.pi / 6) + np.random.default_rng(seed).normal(0, noise, months)


@pytest.mark.parametrize("method", ["mean", "naive"])
def test_published_accuracy_of_beer(method: str) -> None:
    given_, expected = example(BEER)
    train, test = given_["train"], given_["test"]
    ahead = forecast(train, len(test), given_["m"], method=method).table["forecast"]
    errors = forecast_errors(test, ahead, train, given_["m"])
    got = [errors[column.lower()] for column in given_["columns"]]
    assert got == pytest.approx(expected[method], abs=0.01)
    wape = {"mean": 0.0826, "naive": 0.1361}[method]
    assert errors["wape"] == pytest.approx(wape, abs=1e-4)


def test_published_seasonal_naive_wape_of_beer() -> None:
    given_, _ = example(BEER)
    ahead = forecast(given_["train"], 10, 4, method="seasonal_naive").table["forecast"]
    assert forecast_errors(given_["test"], ahead)["wape"] == pytest.approx(0.0318, abs=1e-4)


def test_each_method_says_what_its_name_says() -> None:
    known = np.array([1.0, 5.0, 2.0, 6.0])
    expected = {"seasonal_naive": [2, 6, 2], "naive": [6, 6, 6], "mean": [3.5] * 3, "drift": [23 / 3, 28 / 3, 11]}
    for method, ahead in expected.items():
        assert predict(known, 3, season=2, method=method) == pytest.approx(ahead)


def test_holt_winters_continues_a_clean_wave_with_a_trend() -> None:
    clean = wavy(0.0, slope=1.0, months=60)
    ahead = forecast(clean[:48], 6, method="ets").table["forecast"]
    assert ahead.to_numpy() == pytest.approx(clean[48:54], rel=0.03)


def test_multiplicative_seasons_are_followed() -> None:
    k = np.arange(60)
    y = (100 + 5 * k) * (1 + 0.4 * np.sin(k * np.pi / 6))
    ahead = predict(y[:48], 12, season=12, method="ets")
    additive_at_best = 30.0
    assert np.abs(ahead - y[48:]).max() < additive_at_best


def test_errors_by_hand() -> None:
    errors = forecast_errors([10.0, 20.0, np.nan], [12.0, 16.0, 5.0], [1.0, 2.0, 4.0], 1)
    assert errors["mae"] == 3
    assert errors["rmse"] == pytest.approx(np.sqrt(10))
    assert errors["mape"] == pytest.approx(20)
    assert errors["wape"] == pytest.approx(0.2)
    assert errors["bias"] == pytest.approx(2 / 30)  # actual above forecast
    assert errors["mase"] == pytest.approx(3 / 1.5)


def test_an_error_without_a_denominator_is_blank() -> None:
    assert np.isnan(forecast_errors([0.0, 2.0], [1.0, 2.0])["mape"])
    assert np.isnan(forecast_errors([0.0], [1.0])["wape"])
    assert np.isnan(forecast_errors([1.0], [1.0], [5.0, 5.0])["mase"])
    assert all(np.isnan(error) for error in forecast_errors([np.nan], [1.0]).values())


@pytest.mark.parametrize(
    ("n", "confidence", "rank"), [(4, 0.8, 4), (9, 0.8, 8), (10, 0.8, 9), (19, 0.95, 19), (12, 0.8, 11)]
)
def test_half_width_is_the_ranked_residual(n: int, confidence: float, rank: int) -> None:
    residuals = np.arange(1, n + 1) * np.where(np.arange(n) % 2, 1.0, -1.0)
    assert conformal_half_width(residuals, confidence) == rank


def test_too_few_residuals_give_no_interval() -> None:
    assert np.isnan(conformal_half_width([1.0, 2.0, 3.0], 0.8))
    table = forecast(SEASONAL[:14], 3).table
    assert table["low"].isna().all()
    assert table["forecast"].notna().all()


def test_interval_lies_around_the_forecast_by_the_residuals_of_its_step() -> None:
    y = wavy(5.0)
    table = forecast(y, 3, method="seasonal_naive").table
    trials = backtest(y, 3, 12, ("seasonal_naive",))
    for step in (1, 2, 3):
        width = conformal_half_width(trials.loc[trials["step"] == step, "residual"], 0.8)
        row = table.iloc[step - 1]
        assert (row["high"] - row["forecast"], row["forecast"] - row["low"]) == pytest.approx((width, width))


def test_seasonal_naive_is_shown_where_nothing_beats_it() -> None:
    result = forecast(np.tile([10.0, 50.0, 30.0, 90.0], 8), 4, season=4)
    assert result.table["method"].unique().tolist() == ["seasonal_naive"]
    assert result.backtest.loc[result.backtest["chosen"], "method"].tolist() == ["seasonal_naive"]


def test_another_method_is_shown_only_with_a_lower_backtest_error() -> None:
    result = forecast(wavy(5.0, slope=3.0), 3)
    shown = result.backtest.set_index("method").loc[result.table["method"][0]]
    assert result.table["method"][0] == "ets"
    assert shown["relative"] < 1
    assert shown["mae"] < shown["mae_seasonal_naive"]
    assert set(result.backtest["method"]) == set(METHODS)


def test_the_backtest_table_compares_at_common_origins() -> None:
    table = forecast(wavy(5.0, months=40), 2).backtest.set_index("method")
    assert table.loc["ets", "origins"] == 40 - 24
    assert table.loc["naive", "origins"] == 24
    assert table.loc["seasonal_naive", "relative"] == 1


def test_a_method_with_too_few_origins_is_not_chosen() -> None:
    table = pd.DataFrame({"method": ["seasonal_naive", "ets"], "relative": [1.0, 0.1], "origins": [9, 2]})
    assert choose(table) == "seasonal_naive"
    assert choose(table.assign(origins=[9, 3])) == "ets"


def test_the_future_does_not_reach_the_past() -> None:
    y = wavy(5.0, months=42)
    other = y.copy()
    other[40:] = 1e6
    one, two = (backtest(series, 2, 12).query("origin + step <= 40") for series in (y, other))
    pd.testing.assert_frame_equal(one, two)


def test_track_record_is_what_forecast_would_have_said() -> None:
    y = wavy(8.0, slope=0.5, months=40)
    record = track_record(y, 2, origins=3)
    for origin in (37, 38, 39):
        then = forecast(y[:origin], 2).table
        rows = record[record["origin"] == origin].reset_index(drop=True)
        for column in ("forecast", "low", "high", "method"):
            assert rows[column].tolist() == then[column].iloc[: len(rows)].tolist()
        assert rows["actual"].tolist() == y[origin : origin + 2].tolist()


def test_a_flat_series_is_continued() -> None:
    assert forecast(np.full(30, 7.0), 2).table[["forecast", "low", "high"]].to_numpy().tolist() == [[7.0] * 3] * 2


def test_input_is_not_changed() -> None:
    y = wavy(5.0, months=30)
    before = y.copy()
    forecast(y, 2)
    assert (y == before).all()


@pytest.mark.parametrize(
    ("call", "code"),
    [
        (lambda: forecast([1.0] * 12, 1), "history_short"),
        (lambda: forecast([1.0] * 24, 1, method="ets"), "history_short"),
        (lambda: forecast([1.0, np.nan, 2.0, 3.0], 1, 1), "history_blank"),
        (lambda: forecast(SEASONAL, 0), "forecast_horizon"),
        (lambda: forecast(SEASONAL, 1, 0), "forecast_horizon"),
        (lambda: forecast(SEASONAL, 1, method="magic"), "forecast_method"),
        (lambda: forecast(SEASONAL, 1, confidence=80, method="mean"), "confidence_outside"),
        (lambda: forecast_errors([1.0], [1.0, 2.0]), "lengths_differ"),
        (lambda: track_record(SEASONAL[:14], 1), "history_short"),
    ],
)
def test_refusals(call, code: str) -> None:
    with pytest.raises(Refusal) as caught:
        call()
    assert caught.value.code == code


def test_a_method_says_none_below_its_shortest_history() -> None:
    for method in METHODS:
        shortest = shortest_history(method, 4)
        y = wavy(3.0)[:shortest]
        assert predict(y, 1, season=4, method=method) is not None
        assert predict(y[1:], 1, season=4, method=method) is None


@given(st.lists(st.floats(-1e6, 1e6), min_size=6, max_size=20), st.integers(1, 5), st.floats(0.1, 1e3))
@settings(deadline=None, max_examples=40)
def test_a_change_of_unit_changes_the_forecast_alike(y: list[float], horizon: int, unit: float) -> None:
    for method in ("seasonal_naive", "naive", "mean", "drift"):
        one = forecast(y, horizon, 4, method=method).table[["forecast", "low", "high"]]
        two = forecast(np.array(y) * unit, horizon, 4, method=method).table[["forecast", "low", "high"]]
        np.testing.assert_allclose(one * unit, two, rtol=1e-7, atol=1e-4 * unit)


@settings(deadline=None)
@given(st.lists(st.floats(-100, 100), min_size=4, max_size=60), st.sampled_from([0.5, 0.8, 0.9]))
def test_at_least_the_promised_share_of_residuals_is_inside(residuals: list[float], confidence: float) -> None:
    width = conformal_half_width(residuals, confidence)
    if not np.isnan(width):
        assert np.mean(np.abs(residuals) <= width) >= confidence - 1e-12


def synthetic(count: int, seed: int) -> list[np.ndarray]:
    """Monthly series of 40 to 48 periods: multiplicative, additive, without trend, and wandering, a quarter each."""
    rng = np.random.default_rng(seed)
    found = []
    for number in range(count):
        k = np.arange(int(rng.integers(40, 49)))
        months = rng.uniform(0.02, 0.2) * rng.normal(0, 1, 12)[k % 12]
        noise = rng.normal(0, rng.uniform(0.03, 0.2), len(k))
        trend = 1 + rng.uniform(-0.01, 0.02) * k
        walk = np.exp(np.cumsum(rng.normal(0, 0.05, len(k))))
        shapes = (trend * (1 + months) * (1 + noise), trend + months + noise, 1 + months + noise)
        y = (*shapes, walk * (1 + months) * (1 + noise))[number % 4]
        found.append(rng.uniform(50, 500) * np.maximum(y, 0))
    return found


def regions(folder: Path) -> list[np.ndarray]:
    """Monthly sales of the sales territories that have 36 months; a month without an order is 0."""
    lines = pd.read_csv(
        folder / "adventureworks" / "FactResellerSales.csv", usecols=["SalesTerritoryKey", "OrderDate", "SalesAmount"]
    )
    lines["month"] = pd.to_datetime(lines["OrderDate"]).dt.to_period("M")
    table = lines.pivot_table(index="month", columns="SalesTerritoryKey", values="SalesAmount", aggfunc="sum")
    table = table.reindex(pd.period_range(table.index.min(), table.index.max(), freq="M"))
    whole = table.loc[:, table.iloc[0].notna()].fillna(0.0)
    return [whole[region].to_numpy() for region in whole]


@pytest.mark.slow
@pytest.mark.long
@pytest.mark.real_data
def test_forecast_beats_seasonal_naive_and_its_interval_holds(real_data: Path) -> None:
    real = regions(real_data)
    assert [len(y) for y in real] == [36] * 6
    groups = {"real": real, "synthetic": synthetic(200, seed=2026)}
    records = pd.concat(
        track_record(y, 3).assign(group=group, series=number)
        for group, many in groups.items()
        for number, y in enumerate(many)
    )
    error = (records["actual"] - records["forecast"]).abs()
    floor = (records["actual"] - records["seasonal_naive"]).abs()
    assert error.sum() / records["actual"].abs().sum() < floor.sum() / records["actual"].abs().sum()
    assert (error / records["scale"]).mean() < (floor / records["scale"]).mean()
    for _, rows in records.groupby("group"):  # the money of the real regions does not hide the synthetic ones
        assert error[records["group"].isin(rows["group"])].sum() < floor[records["group"].isin(rows["group"])].sum()
    assert records["low"].notna().all()
    inside = records["actual"].between(records["low"], records["high"])
    assert 0.75 <= inside.mean() <= 0.85


def test_compare_needs_no_row_of_other_methods() -> None:
    assert compare(backtest(SEASONAL[:20], 1, 12, ("seasonal_naive",)))["method"].tolist() == ["seasonal_naive"]
