"""The exchange rate of each order line: its own, the day's, or the mean of its month."""

from typing import Any

import narwhals as nw

from xlsales.core.dated_values import latest_on, month_mean, only_once
from xlsales.core.engine_frames import as_pandas, names_of, refuse_any, table_like
from xlsales.core.money_rules import MoneyRules
from xlsales.core.refusal import Refusal


def with_rate(lines: nw.LazyFrame[Any], fx_rates: Any, rules: MoneyRules) -> nw.LazyFrame[Any]:
    """Add (or fill) rate: reporting currency for one unit of the line's currency."""
    names = names_of(lines)
    if "currency" not in names:
        return lines if "rate" in names else lines.with_columns(nw.lit(1.0).alias("rate"))
    given = nw.col("rate").cast(nw.Float64) if "rate" in names else None
    foreign = ~nw.col("currency").is_null()
    if rules.currency is not None:
        foreign = foreign & (nw.col("currency") != rules.currency)
    if fx_rates is None:
        if given is not None:
            lines = lines.with_columns(nw.coalesce(given, nw.when(~foreign).then(nw.lit(1.0))).alias("rate"))
            refuse_any(lines, nw.col("rate").is_null(), "rate_missing", ("currency", "date"))
            return lines
        if rules.currency is not None:
            refuse_any(lines, foreign, "rate_missing", ("currency", "date"))
        else:
            _same_currency(lines)
        return lines.with_columns(nw.lit(1.0).alias("rate"))
    if rules.currency is None:
        raise Refusal("reporting_currency_missing")
    rates = table_like(lines, fx_rates)
    only_once(rates, "fx_rates", ("currency", "date"))
    if rules.fx == "period_average":
        lines = month_mean(lines, rates, "currency", "rate", "__rate")
    elif rules.fx == "line_date":
        lines = latest_on(lines, rates, ("currency", "date", "rate"), "__rate")
    else:
        raise Refusal("unknown_choice", name="fx", value=rules.fx, choices="line_date, period_average")
    found = nw.when(foreign).then(nw.col("__rate")).otherwise(nw.lit(1.0))
    lines = lines.with_columns((found if given is None else nw.coalesce(given, found)).alias("rate")).drop("__rate")
    refuse_any(lines, nw.col("rate").is_null(), "rate_missing", ("currency", "date"))
    return lines


def _same_currency(lines: nw.LazyFrame[Any]) -> None:
    found = as_pandas(lines.select("currency").unique())["currency"].dropna()
    if len(found) > 1:
        raise Refusal("currencies_mixed", currencies=", ".join(sorted(map(str, found))))
