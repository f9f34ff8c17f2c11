"""The settings of a workbook: each one declared once, with its kind and what holds when it is left out."""

from dataclasses import dataclass

from xlsales.schema.model import CODE, DATE, FLAG, INTEGER, NUMBER, SHARE, TEXT


@dataclass(frozen=True)
class Setting:
    """One row of the table `settings`: its name, kind, default (None = there is none) and, if limited, its values."""

    key: str
    kind: str
    default: object
    domain: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None


SETTINGS: dict[str, Setting] = {
    setting.key: setting
    for setting in (
        Setting("company", CODE, ""),
        Setting("language", CODE, "en", ("en", "zh")),
        Setting("as_of", DATE, None),
        Setting("fiscal_year_start", INTEGER, 1, low=1, high=12),
        Setting("first_year", INTEGER, None, low=1990, high=2100),
        Setting("last_year", INTEGER, None, low=1990, high=2100),
        Setting("month_close_day", INTEGER, 31, low=1, high=31),
        Setting("currency", CODE, "CNY"),
        Setting("unit", INTEGER, 1, ("1", "1000", "10000")),
        Setting("rounding", NUMBER, 1.0, low=0.01),
        Setting("what_if_growth", SHARE, 0.1),
        Setting("what_if_price", SHARE, 0.05),
        Setting("what_if_heads", NUMBER, 1.0),
        Setting("over_assignment", SHARE, 0.0, low=0, high=1),
        Setting("prices_include_tax", FLAG, False),
        Setting("tax_rate", SHARE, 0.0, low=0, high=1),
        Setting("receivables_include_tax", FLAG, True),
        Setting("bill_counts_on", CODE, "receipt", ("receipt", "maturity")),
        Setting("ledger_balance", NUMBER, None),
        Setting("fx", CODE, "line_date", ("line_date", "period_average")),
        Setting("country", CODE, "CN"),
        Setting("excellent", SHARE, 1.0, low=0),
        Setting("action", SHARE, 0.7, low=0),
        Setting("case_days", INTEGER, 14, low=1, high=365),
        Setting("confidence", SHARE, 0.8, low=0.5, high=0.99),
        Setting("source", TEXT, ""),
    )
}
