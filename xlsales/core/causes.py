"""Why a target was missed: drivers turned into money, so that the causes of a shortfall add up to it exactly."""

import numpy as np

from xlsales.core.ratio import Floats

Driver = tuple[Floats, Floats]  # target and actual, one per shortfall, NaN where nobody knows
Drivers = dict[str, Driver]
Sizes = dict[str, Floats]

OTHER = "other"  # the part of a shortfall that the given drivers do not explain
EFFECT = "_effect"  # a driver of this ending is an effect in money as the bridge gives it (price_effect)
BRIDGED = ("mix", "lost", "new", "fx")  # effects in money, favourable ones positive
FACTORS = {  # what sales multiply from, and the direction in which more of it helps
    "coverage": 1,
    "opportunities": 1,
    "leads": 1,
    "win_rate": 1,
    "deal_size": 1,
    "cycle": -1,
    "retention": 1,
    "customers": 1,
    "head_count": 1,
    "productivity": 1,
}
ACTIVITIES = ("activities", "visits", "calls", "demos")  # what coverage comes from
BY_MEASURE: dict[str, dict[str, int]] = {  # amounts in money; 1 where less than planned hurts, -1 where more hurts
    "profit": {"margin": 1, "expense": -1},
    "collections": {"sales": 1, "overdue": -1, "terms": -1, "disputes": -1},
}
UNIT_PRICED = {"sales": ("price", "volume"), "margin": ("price", "cost", "volume")}
NEGLIGIBLE = 1e-9  # relative to the shortfall; below it a size is the noise of float64


def drivers_of(measure: str) -> set[str]:
    """The drivers that can explain a shortfall of a measure, besides effects in money (any name ending in _effect).

    >>> sorted(drivers_of("profit"))[:3]
    ['expense', 'fx', 'lost']
    """
    upstream = set() if measure in BY_MEASURE else {*FACTORS, *ACTIVITIES}
    return {*UNIT_PRICED.get(measure, ()), *BY_MEASURE.get(measure, ()), *BRIDGED, *upstream}


def like_for_like(value: Floats, effect: Floats, volume: Floats) -> Floats:
    """What a unit brought (or cost) a year ago of exactly what is sold now: then price and cost do not carry the mix.

    value: price or cost per unit of what is sold. effect: how the bridge sizes its change in money, higher values
    positive; NaN where not known. volume: units sold. Returns the value a year ago, NaN where the effect is not known.

    >>> like_for_like(np.array([9.0]), np.array([-50.0]), np.array([100.0])).tolist()
    [9.5]
    """
    return value - np.divide(effect, volume, out=np.full_like(value, np.nan), where=volume > 0)


def mix_left(planned: Floats, actual: Floats, effect: Floats, volume: Floats) -> Floats:
    """How far another mix than planned moved the mean value of a unit, in money: what like-for-like changes leave.

    planned, actual: mean value per unit. effect: like-for-like changes in money (price, or price and cost of a margin).

    >>> mix_left(np.array([10.0]), np.array([9.0]), np.array([-30.0]), np.array([100.0])).tolist()
    [-70.0]
    """
    return (actual - planned) * volume - effect


def settled(parent: Floats, parts: Sizes) -> tuple[Sizes, Floats]:
    """The unfavourable parts of a shortfall, scaled so that they and the unexplained rest add up to it.

    parent: shortfalls, not negative. parts: signed contributions, positive where they hurt; NaN counts as not known.
    What went well is set off against everything that hurt, in proportion. Returns the sizes and the rest, none
    negative, none above the parent.

    >>> sizes, rest = settled(np.array([100.0]), {"price": np.array([150.0]), "volume": np.array([-50.0])})
    >>> sizes["price"].tolist(), sizes["volume"].tolist(), rest.tolist()
    ([100.0], [0.0], [0.0])
    """
    known = {cause: np.nan_to_num(part) for cause, part in parts.items()}
    unexplained = parent - sum(known.values(), np.zeros_like(parent))
    rest = np.where(unexplained > NEGLIGIBLE * parent, unexplained, 0.0)
    hurt = {cause: np.maximum(part, 0.0) for cause, part in known.items()}
    total = sum(hurt.values(), rest)
    scale = np.divide(parent, total, out=np.zeros_like(parent), where=total > 0)
    return {cause: part * scale for cause, part in hurt.items()}, rest * scale


def factor_losses(target: Floats, ratios: Sizes) -> Sizes:
    """What each factor of a product took from the target: logarithmic mean split, exact in any order.

    target: above 0. ratios: actual/target of each factor turned so that more is better; NaN where not known counts as
    1. The losses add to target x (1 - product of ratios). Source: Ang 2005, LMDI-I.

    >>> losses = factor_losses(np.array([100.0]), {"win_rate": np.array([0.8]), "deal_size": np.array([0.9])})
    >>> {cause: loss.round(2).tolist() for cause, loss in losses.items()}
    {'win_rate': [19.02], 'deal_size': [8.98]}
    """
    known = {cause: np.where(np.isnan(ratio), 1.0, ratio) for cause, ratio in ratios.items()}
    gone = {cause: ratio == 0 for cause, ratio in known.items()}  # a factor of nothing took everything
    how_many = sum((flag.astype(float) for flag in gone.values()), np.zeros_like(target))
    logs = {cause: np.log(np.where(gone[cause], 1.0, ratio)) for cause, ratio in known.items()}
    change = sum(logs.values(), np.zeros_like(target))
    flat = np.abs(change) < 1e-12
    mean = target * np.where(flat, 1.0, np.expm1(change) / np.where(flat, 1.0, change))
    nothing = how_many > 0
    return {
        cause: np.where(nothing, gone[cause] * target / np.maximum(how_many, 1), -mean * log)
        for cause, log in logs.items()
    }


def shortfall_causes(measure: str, target: Floats, actual: Floats, drivers: Drivers) -> Sizes:
    """The causes of shortfalls of one measure, sized in the measure's own unit; they add to target - actual.

    target, actual: one per shortfall, target above actual. drivers: by name, see `drivers_of`. Price (at actual
    volume), cost and volume (at the target's value per unit) as in the bridge; mix, lost, new, fx and ..._effect in
    money; coverage, win rate, deal size, cycle, activities and the like multiply, and explain volume where volume is
    given; activities explain coverage where coverage is given. Source: DEFINITIONS 4 and 11.

    >>> one = np.array
    >>> causes = shortfall_causes("sales", one([1000.0]), one([810.0]),
    ...                           {"price": (one([10.0]), one([9.0])), "volume": (one([100.0]), one([90.0]))})
    >>> {cause: size.round(2).tolist() for cause, size in causes.items()}
    {'price': [90.0], 'volume': [100.0], 'other': [0.0]}
    """
    direct = {**_unit_priced(measure, target, actual, drivers), **_in_money(measure, drivers)}
    upstream = _upstream(target, drivers) if measure not in BY_MEASURE else {}
    nested = "volume" in direct
    sizes, rest = settled(target - actual, direct if nested else direct | upstream)
    if nested and upstream:
        sizes = _explained(sizes, "volume", direct["volume"], upstream)
    if "coverage" in sizes:
        sizes = _explained(sizes, "coverage", upstream["coverage"], _activities(target, drivers))
    return sizes | {OTHER: rest}


def _explained(sizes: Sizes, parent: str, whole: Floats, parts: Sizes) -> Sizes:
    """The sizes where a cause is replaced by what explains it; what stays unexplained stays with it."""
    whole = np.maximum(np.nan_to_num(whole), 0.0)
    inner, rest = settled(whole, parts)
    scale = np.divide(sizes[parent], whole, out=np.zeros_like(whole), where=whole > 0)
    return sizes | {cause: part * scale for cause, part in inner.items()} | {parent: rest * scale}


def _unit_priced(measure: str, target: Floats, actual: Floats, drivers: Drivers) -> Sizes:
    """Price, cost and volume, as the bridge has them."""
    names = [name for name in UNIT_PRICED.get(measure, ()) if name in drivers]
    blank = np.full_like(target, np.nan)
    planned, sold = drivers.get("volume", (blank, blank))
    price = drivers.get("price", (blank, blank))
    cost = drivers.get("cost", (blank, blank)) if measure == "margin" else (np.zeros_like(target),) * 2
    # the value of a unit is price less cost, so where the volume is not given the total tells it
    planned, sold = (
        np.where(np.isnan(volume), np.divide(total, value, out=blank.copy(), where=value > 0), volume)
        for volume, total, value in ((planned, target, price[0] - cost[0]), (sold, actual, price[1] - cost[1]))
    )
    found: Sizes = {}
    for name in names:
        plan, real = drivers[name]
        if name == "volume":
            found[name] = (plan - real) * np.divide(target, planned, out=blank.copy(), where=planned > 0)
        else:
            found[name] = (plan - real) * sold * (-1 if name == "cost" else 1)
    return found


def _in_money(measure: str, drivers: Drivers) -> Sizes:
    """Drivers that are amounts already."""
    found: Sizes = {}
    signs = BY_MEASURE.get(measure, {})
    for name, (plan, real) in drivers.items():
        if name.endswith(EFFECT):
            found[name.removesuffix(EFFECT)] = plan - real
        elif name == "lost":
            found[name] = np.abs(real) - np.abs(plan)  # lost business is typed with either sign and always hurts
        elif name in BRIDGED:
            found[name] = plan - real
        elif name in signs:
            found[name] = signs[name] * (plan - real)
    return found


def _ratio(driver: Driver, direction: int = 1) -> Floats:
    """Actual to target of a factor, turned so that more is better; NaN where it cannot be had."""
    above, below = (driver[1], driver[0]) if direction > 0 else (driver[0], driver[1])
    return np.divide(above, below, out=np.full_like(above, np.nan), where=below > 0)


def _upstream(target: Floats, drivers: Drivers) -> Sizes:
    """What the factors of the pipeline took; activities stand among them only where no coverage is known."""
    ratios = {name: _ratio(drivers[name], way) for name, way in FACTORS.items() if name in drivers}
    if "coverage" not in ratios:
        ratios |= _activity_ratios(drivers)
    return factor_losses(np.maximum(target, 0.0), ratios)


def _activities(target: Floats, drivers: Drivers) -> Sizes:
    """What too few activities took."""
    return factor_losses(np.maximum(target, 0.0), _activity_ratios(drivers))


def _activity_ratios(drivers: Drivers) -> Sizes:
    """Kinds of activity stand beside each other, not in a row: together they are their geometric mean."""
    ratios = {name: _ratio(drivers[name]) for name in ACTIVITIES if name in drivers}
    known = sum((~np.isnan(ratio) for ratio in ratios.values()), np.zeros(1))
    return {name: ratio ** (1 / np.maximum(known, 1)) for name, ratio in ratios.items()}
