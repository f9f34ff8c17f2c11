"""Which result tables show figures by period, and which other times stand beside each of their figures.

The one declaration: columns, what is computed, help and tests follow it.
"""

from dataclasses import dataclass

from xlsales.schema.model import MONEY, NUMBER, QUANTITY, SHARE, Column
from xlsales.schema.targets import QUANTITIES

TIMES = ("last_year", "change_last_year", "previous", "change_previous", "year_to_date", "rolling_12")
OF_A_YEAR = ("last_year", "change_last_year", "rolling_12")  # of figures that are the year to date themselves


@dataclass(frozen=True)
class Beside:
    """Figures of a table and the times beside each of them. figures: their columns; "" is the row's one figure."""

    table: str
    figures: tuple[str, ...]
    times: tuple[str, ...] = TIMES


BESIDE: dict[str, Beside] = {
    each.table: each
    for each in (
        Beside("five_quantities", QUANTITIES),
        Beside("attainment", ("",)),
        Beside("headline", ("",), OF_A_YEAR),
        Beside("pace", ("",)),
        Beside("margin_report", ("sales", "margin"), ("year_to_date", *OF_A_YEAR)),
        Beside("collections_report", ("collected",), OF_A_YEAR),
        Beside("dso_trend", ("collected",)),
        Beside("satisfaction_view", ("mean_score",), ("last_year", "previous")),
        Beside("market_view", ("market_share",), ("last_year",)),
    )
}
KINDS = {"": NUMBER, "volume": QUANTITY, "mean_score": NUMBER, "market_share": SHARE}


def beside(table: str) -> tuple[Column, ...]:
    """The columns of the other times of a table.

    >>> [column.key for column in beside("headline")], beside("headline")[1].kind
    (['last_year', 'change_last_year', 'rolling_12'], 'share')
    """
    declared = BESIDE[table]
    return tuple(
        Column(
            f"{figure}_{time}" if figure else time,
            SHARE if time.startswith("change") else KINDS.get(figure, MONEY),
        )
        for figure in declared.figures
        for time in declared.times
    )
