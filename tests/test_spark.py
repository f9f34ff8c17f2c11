"""The five quantities on Spark: the one definition gives the figures that pandas, DuckDB and the cube give."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest

from xlsales import sources, validate
from xlsales.core.cube import Cube
from xlsales.core.money_rules import MoneyRules
from xlsales.core.order_lines import order_measures
from xlsales.core.quantities import five_quantities, mixed_units, without_cost

DATA = Path(__file__).parent / "data"
pytestmark = pytest.mark.slow
QUIET = {
    "spark.ui.enabled": "false",
    "spark.sql.shuffle.partitions": "2",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.execution.arrow.pyspark.enabled": "true",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.host": "127.0.0.1",
}


@pytest.fixture(scope="module")
def spark() -> Iterator[Any]:
    """A Spark of two cores on this computer; skips the test without pyspark or Java."""
    reason = ""
    try:
        from pyspark.sql import SparkSession
    except ImportError:
        reason = "no pyspark: pip install xlsales[spark]"
    if not shutil.which("java") and not os.environ.get("JAVA_HOME"):
        reason = "no Java for Spark: apt-get install openjdk-17-jre-headless"
    if reason:
        if os.environ.get("CI_MUST_NOT_SKIP") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    builder = SparkSession.builder.master("local[2]").appName("xlsales")
    for key, value in QUIET.items():
        builder = builder.config(key, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    yield session
    session.stop()


def on_spark(session: Any, frame: pd.DataFrame) -> Any:
    """A frame of checked columns as Spark holds it: null for missing."""
    import pyarrow as pa

    return session.createDataFrame(pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata())


def engines_of(spark: Any, tables: dict[str, pd.DataFrame], rules: MoneyRules) -> tuple[Any, Any, Any]:
    """The measured lines on pandas, DuckDB and Spark."""
    orders, side = tables["orders"], {key: frame for key, frame in tables.items() if key != "orders" and len(frame)}
    in_duckdb = {key: duckdb.from_df(frame) for key, frame in side.items()}
    in_spark = {key: on_spark(spark, frame) for key, frame in side.items()}
    return (
        order_measures(orders, **side, rules=rules),
        order_measures(duckdb.from_df(orders), **in_duckdb, rules=rules),
        order_measures(on_spark(spark, orders), **in_spark, rules=rules).cache(),  # it is asked several times
    )


def check(engines: tuple[Any, Any, Any], by: list[str], period: str, cash: pd.DataFrame | None = None) -> None:
    frames = [five_quantities(lines, cash, by, period) for lines in engines]
    frames.append(Cube(engines[0], cash).table(by, period))
    for frame in frames[1:]:
        pd.testing.assert_frame_equal(frames[0], frame, check_dtype=False, atol=0.005, rtol=0)


@pytest.mark.real_data
def test_adventure_works_on_spark(spark: Any, real_data: Path) -> None:
    raw = sources.read(DATA / "adventureworks.toml", real_data / "adventureworks")
    checked = validate.validate_all(raw).tables
    tables = {key: checked[key] for key in ("orders", "products", "cost_history")}
    engines = engines_of(spark, tables, MoneyRules(currency="USD"))
    total = five_quantities(engines[2]).iloc[0]
    assert [round(total[name], 2) for name in ("sales", "volume", "margin")] == [80_450_596.98, 214_378, 470_482.60]
    check(engines, ["product"], "month")
    check(engines, ["salesperson", "region"], "year")


def test_what_is_odd_is_odd_in_the_same_way_on_spark(spark: Any) -> None:
    chance = np.random.default_rng(3)
    rows = 400
    days = np.datetime64("2025-01-01", "s") + chance.integers(0, 500, rows) * np.timedelta64(86_400, "s")

    def some(*values: object) -> Any:
        return pd.array(np.array(values, dtype=object)[chance.integers(0, len(values), rows)], dtype="str")

    amount = np.round(chance.normal(1000, 800, rows), 2)
    orders = pd.DataFrame(
        {
            "order": [f"O{number}" for number in range(rows)],
            "line": "1",
            "date": days,
            "product": some("A", "B", "C", None),
            "region": some("N", "S", None),
            "kind": some("sale", "return", None),
            "unit": some("kg", "box"),
            "currency": some("CNY", "USD", None),
            "quantity": chance.integers(-5, 20, rows).astype(float),
            "amount": amount,
            "cost": np.where(chance.random(rows) < 0.5, np.nan, np.abs(np.round(amount * 0.7, 2))),
            "expense": np.where(chance.random(rows) < 0.5, np.nan, 3.0),
        }
    )
    tables = {
        "orders": orders,
        "products": pd.DataFrame(
            {"product": ["A", "B", "C"], "unit": ["kg", "kg", "box"], "unit_cost": [2.0, None, 3]}
        ),
        "unit_conversions": pd.DataFrame(
            {"product": ["A", "B", "C"], "unit": ["box", "box", "kg"], "factor": [12.0, 6, 0.5]}
        ),
        "cost_history": pd.DataFrame({"product": "B", "valid_from": days[:1], "unit_cost": [4.0]}),
        "fx_rates": pd.DataFrame({"currency": "USD", "date": [np.datetime64("2024-12-01", "s")], "rate": [7.2]}),
    }
    tables = {
        key: frame.astype({name: "str" for name in frame if frame[name].dtype == object})
        for key, frame in tables.items()
    }
    engines = engines_of(spark, tables, MoneyRules(currency="CNY", tax_rate=0.13))
    cash = pd.DataFrame({"date": days, "product": orders["product"], "collections": amount})
    check(engines, ["product"], "week", cash)
    check(engines, ["region", "product"], "none")
    for told in (without_cost, mixed_units):
        one, *others = [told(lines, ["product"]) for lines in engines]
        for other in others:
            pd.testing.assert_frame_equal(one, other, check_dtype=False, atol=0.005, rtol=0)
