"""The measures of an order line: sales, sales with tax, volume, cost, margin, expense, profit. Defined once with
narwhals, so that the same lines of code run on pandas, DuckDB and Spark.
"""

from typing import Any

import narwhals as nw

from xlsales.core.dated_values import latest_on, only_once
from xlsales.core.engine_frames import names_of, native, need, refuse_any, table_like
from xlsales.core.exchange_rates import with_rate
from xlsales.core.money_rules import NO_RULES, MoneyRules
from xlsales.core.refusal import Refusal


def order_measures(
    orders: Any,
    products: Any = None,
    unit_conversions: Any = None,
    cost_history: Any = None,
    fx_rates: Any = None,
    rules: MoneyRules = NO_RULES,
) -> Any:
    """Add each line's measures in the reporting currency; the frame keeps its kind (pandas, DuckDB, Spark).

    orders: date, quantity, amount or unit_price [discount], and where known order, line, product, kind, unit, tax,
    cost, unit_cost, expense, currency, rate, share; products: product, [unit], [unit_cost]; unit_conversions: product,
    unit, factor (base units in one unit); cost_history: product, valid_from, unit_cost; fx_rates: currency, date, rate.
    Adds (or replaces) base_unit, rate, sales, sales_with_tax, volume, cost, margin, expense, profit.

    - The stated amount (net) wins over quantity × price × (1 − discount); prices lose their tax if they include it.
    - A line of kind return, or without kind and with a quantity below 0, counts below 0 whatever sign was typed.
    - Cost: the line's cost, the line's unit_cost × quantity, cost_history on the line's date × volume, the product's
      unit_cost × volume. The line's money is in its currency, the tables' in the reporting currency. Unknown cost:
      cost, margin and profit are blank. No expense on a line means none.
    - share (of a line that is split among salespeople) multiplies every measure.

    Raises Refusal where a line has no amount, no quantity to convert, no rate, no tax rate though prices include tax,
    or where a table has a key twice. Source: DEFINITIONS, the five quantities.

    >>> import pandas as pd
    >>> orders = pd.DataFrame({"date": pd.to_datetime(["2026-01-05"] * 2), "quantity": [2.0, 1.0],
    ...     "unit_price": [50.0, 50.0], "discount": [0.1, 0.0], "unit_cost": [30.0, None], "kind": ["sale", "return"]})
    >>> order_measures(orders)[["sales", "volume", "cost", "margin"]]
       sales  volume  cost  margin
    0   90.0     2.0  60.0    30.0
    1  -50.0    -1.0   NaN     NaN
    """
    lines = nw.from_native(orders).lazy()
    need(lines, "orders", ("date",))
    if not {"amount", "unit_price"} & set(names_of(lines)):
        raise Refusal("columns_missing", columns="orders.amount")
    lines = _with_sign(lines)
    lines = with_rate(lines, fx_rates, rules)
    lines = _with_sales(lines, rules)
    lines = _with_volume(lines, products, unit_conversions)
    lines = _with_cost(lines, cost_history)
    return native(_with_profit(lines))


def _with_sign(lines: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
    """__back: True where the line takes back."""
    names = names_of(lines)
    back = nw.lit(False)
    if "kind" in names:
        back = (nw.col("kind") == "return").fill_null(False)
    if "quantity" in names:
        unsaid = nw.col("kind").is_null() if "kind" in names else nw.lit(True)
        back = back | (unsaid & (nw.col("quantity") < 0).fill_null(False))
    return lines.with_columns(back.alias("__back"))


def _signed(value: nw.Expr) -> nw.Expr:
    return nw.when(nw.col("__back")).then(-value.abs()).otherwise(value)


def _with_sales(lines: nw.LazyFrame[Any], rules: MoneyRules) -> nw.LazyFrame[Any]:
    names = names_of(lines)
    tax = _signed(nw.col("tax").cast(nw.Float64)) if "tax" in names else None
    rate = rules.tax_rate
    ways = [_signed(nw.col("amount").cast(nw.Float64))] if "amount" in names else []
    if {"quantity", "unit_price"} <= set(names):
        keep = 1 - nw.col("discount").cast(nw.Float64).fill_null(0.0) if "discount" in names else nw.lit(1.0)
        priced = _signed(nw.col("quantity").cast(nw.Float64) * nw.col("unit_price").cast(nw.Float64) * keep)
        if rules.prices_include_tax:
            untaxed = [priced - tax] if tax is not None else []
            untaxed += [priced / (1 + rate)] if rate is not None else []
            if not untaxed:
                raise Refusal("tax_rate_missing", rows=None, order=None, line=None)
            priced = nw.coalesce(*untaxed)
        ways.append(priced)
    lines = lines.with_columns(nw.coalesce(*ways).alias("__net"))
    refuse_any(lines, nw.col("__net").is_null(), "line_without_amount", ("order", "line", "date"))
    levied = [tax] if tax is not None else []
    levied.append(nw.col("__net") * rate if rate is not None else nw.lit(0.0))
    share = nw.col("share").cast(nw.Float64).fill_null(1.0) if "share" in names else nw.lit(1.0)
    return lines.with_columns((nw.col("rate") * share).alias("__times"), share.alias("__share")).with_columns(
        (nw.col("__net") * nw.col("__times")).alias("sales"),
        ((nw.col("__net") + nw.coalesce(*levied)) * nw.col("__times")).alias("sales_with_tax"),
    )


def _with_volume(lines: nw.LazyFrame[Any], products: Any, unit_conversions: Any) -> nw.LazyFrame[Any]:
    names = names_of(lines)
    lines = _with_product(lines, products)
    line_unit = nw.col("unit") if "unit" in names else nw.lit(None, nw.String)
    base = nw.coalesce(nw.col("__unit"), line_unit)
    lines = lines.with_columns(base.alias("base_unit"), line_unit.alias("__line_unit"))
    same = nw.col("__line_unit").is_null() | (nw.col("__line_unit") == nw.col("base_unit"))
    factor: nw.Expr = nw.when(same).then(nw.lit(1.0))
    if unit_conversions is not None and {"product", "unit"} <= set(names):
        table = table_like(lines, unit_conversions).select("product", "unit", nw.col("factor").alias("__factor"))
        only_once(table, "unit_conversions", ("product", "unit"))
        lines = lines.join(table, on=["product", "unit"], how="left")
        factor = nw.when(same).then(nw.lit(1.0)).otherwise(nw.col("__factor").cast(nw.Float64))
    lines = lines.with_columns(factor.alias("__by"))
    quantity = _signed(nw.col("quantity").cast(nw.Float64)) if "quantity" in names else nw.lit(None, nw.Float64)
    lines = lines.with_columns((quantity * nw.col("__by") * nw.col("__share")).alias("volume"))
    if "quantity" in names:
        stuck = nw.col("__by").is_null() & ~nw.col("quantity").is_null()
        refuse_any(lines, stuck, "no_unit_conversion", ("product", "unit", "base_unit"))
    return lines


def _with_product(lines: nw.LazyFrame[Any], products: Any) -> nw.LazyFrame[Any]:
    """__unit and __product_cost of the line's product."""
    if products is None or "product" not in names_of(lines):
        return lines.with_columns(
            nw.lit(None, nw.String).alias("__unit"), nw.lit(None, nw.Float64).alias("__product_cost")
        )
    table = table_like(lines, products)
    have = names_of(table)
    table = table.select(
        "product",
        (nw.col("unit") if "unit" in have else nw.lit(None, nw.String)).alias("__unit"),
        (nw.col("unit_cost").cast(nw.Float64) if "unit_cost" in have else nw.lit(None, nw.Float64)).alias(
            "__product_cost"
        ),
    )
    only_once(table, "products", ("product",))
    return lines.join(table, on="product", how="left")


def _with_cost(lines: nw.LazyFrame[Any], cost_history: Any) -> nw.LazyFrame[Any]:
    names = names_of(lines)
    ways = [_signed(nw.col("cost").cast(nw.Float64)) * nw.col("__times")] if "cost" in names else []
    if {"unit_cost", "quantity"} <= set(names):
        quantity = _signed(nw.col("quantity").cast(nw.Float64))
        ways.append(nw.col("unit_cost").cast(nw.Float64) * quantity * nw.col("__times"))
    if cost_history is not None and "product" in names:
        table = table_like(lines, cost_history)
        only_once(table, "cost_history", ("product", "valid_from"))
        lines = latest_on(lines, table, ("product", "valid_from", "unit_cost"), "__dated_cost")
        ways.append(nw.col("__dated_cost").cast(nw.Float64) * nw.col("volume"))
    ways.append(nw.col("__product_cost") * nw.col("volume"))
    return lines.with_columns(nw.coalesce(*ways).alias("cost"))


def _with_profit(lines: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
    given = "expense" in names_of(lines)
    spent = nw.col("expense").cast(nw.Float64).fill_null(0.0) * nw.col("__times") if given else nw.lit(0.0)
    lines = lines.with_columns((nw.col("sales") - nw.col("cost")).alias("margin"), spent.alias("expense"))
    lines = lines.with_columns((nw.col("margin") - nw.col("expense")).alias("profit"))
    return lines.drop(*[name for name in names_of(lines) if name.startswith("__")])
