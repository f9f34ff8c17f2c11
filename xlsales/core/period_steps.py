"""Steps between periods: children, previous, the same period last year, year to date, ranges."""

from xlsales.core.calendar import (
    CALENDAR,
    LEVELS,
    MONTHS,
    Calendar,
    Period,
    PeriodLevel,
    day_numbers,
    parse_period,
    period_days,
    period_key,
    period_numbers,
)
from xlsales.core.refusal import Refusal


def children(key: str, level: PeriodLevel, calendar: Calendar = CALENDAR) -> list[str]:
    """The periods of a finer level inside a period, in order.

    Weeks lie inside a year always, inside other periods only where a week pattern makes them nest; refuses
    period_not_inside.

    >>> children("2026Q1", "month", Calendar(fiscal_year_start=7))
    ['2026-07', '2026-08', '2026-09']
    >>> len(children("2026", "week"))
    53
    """
    outer = parse_period(key, calendar)
    if level not in LEVELS or LEVELS.index(level) < LEVELS.index(outer.level):
        raise Refusal("period_not_inside", key=key, level=level)
    if level == outer.level:
        return [period_key(outer, calendar)]
    if level == "week":
        if outer.level == "year":
            first = parse_period(f"{outer.number:04d}-W01", calendar).number
            after = parse_period(f"{outer.number + 1:04d}-W01", calendar).number
        elif calendar.week_pattern is None:
            raise Refusal("period_not_inside", key=key, level=level)
        else:
            days = period_days(key, calendar)
            first, last = period_numbers(_days(days), "week", calendar).tolist()
            after = last + 1
        return [period_key(Period("week", number), calendar) for number in range(first, after)]
    ratio = MONTHS[outer.level] // MONTHS[level]
    return [period_key(Period(level, outer.number * ratio + step), calendar) for step in range(ratio)]


def parent_period(key: str, level: PeriodLevel, calendar: Calendar = CALENDAR) -> str:
    """The period of a coarser level in which a period lies; a week only in its year unless a week pattern nests it.

    >>> parent_period("2027-06", "year", Calendar(fiscal_year_start=7))
    '2026'
    """
    inner = parse_period(key, calendar)
    if level not in LEVELS or LEVELS.index(level) > LEVELS.index(inner.level):
        raise Refusal("period_not_around", key=key, level=level)
    if level == inner.level:
        return period_key(inner, calendar)
    if inner.level == "week":
        if level == "year":
            return period_key(inner, calendar)[:4]
        if calendar.week_pattern is None:
            raise Refusal("period_not_around", key=key, level=level)
        number = int(period_numbers(_days(period_days(key, calendar)), level, calendar)[0])
        return period_key(Period(level, number), calendar)
    return period_key(Period(level, inner.number * MONTHS[inner.level] // MONTHS[level]), calendar)


def previous_period(key: str, calendar: Calendar = CALENDAR) -> str:
    """The period before, of the same level (环比).

    >>> previous_period("2026-01"), previous_period("2026Q1")
    ('2025-12', '2025Q4')
    """
    return later(key, -1, calendar)


def later(key: str, steps: int, calendar: Calendar = CALENDAR) -> str:
    """The period of the same level so many after one; before it where steps is below 0.

    >>> later("2026-11", 2), later("2026-W01", -1)
    ('2027-01', '2025-W52')
    """
    period = parse_period(key, calendar)
    return period_key(Period(period.level, period.number + steps), calendar)


def same_period_last_year(key: str, calendar: Calendar = CALENDAR) -> str:
    """The period of the same name a year before (同比); week 53 of a year after one of 52 weeks has none: refused.

    >>> same_period_last_year("2026-02"), same_period_last_year("2026H1"), same_period_last_year("2026-W05")
    ('2025-02', '2025H1', '2025-W05')
    """
    period = parse_period(key, calendar)
    if period.level == "week":
        name = period_key(period, calendar)
        return period_key(parse_period(f"{int(name[:4]) - 1:04d}{name[4:]}", calendar), calendar)
    return period_key(Period(period.level, period.number - 12 // MONTHS[period.level]), calendar)


def year_to_date(key: str, calendar: Calendar = CALENDAR) -> list[str]:
    """The periods of the same level from the start of the fiscal year through this one.

    >>> year_to_date("2026-02", Calendar(fiscal_year_start=12))
    ['2025-12', '2026-01', '2026-02']
    """
    period = parse_period(key, calendar)
    siblings = children(parent_period(key, "year", calendar), period.level, calendar)
    return siblings[: siblings.index(period_key(period, calendar)) + 1]


def period_range(first: str, last: str, calendar: Calendar = CALENDAR) -> list[str]:
    """All periods of one level from first through last.

    >>> period_range("2025Q4", "2026Q2")
    ['2025Q4', '2026Q1', '2026Q2']
    """
    begin, end = parse_period(first, calendar), parse_period(last, calendar)
    if begin.level != end.level:
        raise Refusal("period_levels_differ", first=first, last=last)
    if begin.number > end.number:
        raise Refusal("period_range_backwards", first=first, last=last)
    return [period_key(Period(begin.level, number), calendar) for number in range(begin.number, end.number + 1)]


def _days(days: tuple[object, ...]) -> object:
    """Dates as an array of day values."""
    return day_numbers(list(days)).astype("M8[D]")
