"""What a company has settled about its money: currency, tax, rates, when a bill counts."""

from dataclasses import dataclass


@dataclass(frozen=True)
class MoneyRules:
    """The settings that money depends on; names and choices are those of the settings table."""

    currency: str | None = None  # the reporting currency
    prices_include_tax: bool = False
    tax_rate: float | None = None  # None: no tax but what lines state
    fx: str = "line_date"  # or period_average
    bill_counts_on: str = "receipt"  # or maturity
    receivables_include_tax: bool = True


NO_RULES = MoneyRules()
