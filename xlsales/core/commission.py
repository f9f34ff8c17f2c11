"""What an amount earns on a plan of tiers."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from xlsales.core.ratio import Floats
from xlsales.core.refusal import Refusal

MARGINAL, RETROACTIVE = "marginal", "retroactive"
BASES = ("contract", "invoice", "margin", "cash")
EXACT = 6  # decimals; a level of 1.1 x quota is reached at 1.1 x quota, whatever the last bit


def commission(
    amount: ArrayLike,
    tiers: ArrayLike,
    quota: ArrayLike | None = None,
    mode: str = MARGINAL,
    cap: float | None = None,
    floor: float | None = None,
) -> Floats:
    """Commission on amounts, not rounded.

    amount: money, any shape. tiers: (n, 2) rows of from (included) and rate; each band ends where the next begins, so
    there is no gap. quota: then `from` is an attainment (1.0 = quota), quota broadcasting with amount. mode marginal:
    each band at its own rate; retroactive: the whole at the rate reached. Under the first `from` nothing is earned; a
    negative amount (more returned than sold) takes back at the first rate where that starts at 0. cap, floor: bounds of
    the result. NaN where the amount is blank, or the quota blank or not above 0. Refuses tiers_empty, tiers_incomplete,
    tiers_twice, commission_mode, cap_below_floor. Source: DEFINITIONS 10.

    >>> commission([15_000.0, 10_000.0], [(0, 0.1), (10_000, 0.2)]).tolist()
    [2000.0, 1000.0]
    >>> commission([15_000.0, 10_000.0], [(0, 0.1), (10_000, 0.2)], mode="retroactive").tolist()
    [3000.0, 2000.0]
    """
    levels, rates = checked_tiers(tiers)
    if cap is not None and floor is not None and cap < floor:
        raise Refusal("cap_below_floor", cap=cap, floor=floor)
    amounts = np.asarray(amount, float)
    if quota is None:
        earned = earned_on(amounts, levels, rates, mode)
    else:
        amounts, goal = np.broadcast_arrays(amounts, np.asarray(quota, float))
        usable = np.where(goal > 0, goal, np.nan)
        earned = earned_on(amounts, usable[..., None] * levels, rates, mode)
    return np.asarray(np.clip(earned, floor, cap), dtype=np.float64)


def checked_tiers(tiers: ArrayLike) -> tuple[Floats, Floats]:
    """Levels in rising order and their rates."""
    table = np.asarray(tiers, float)
    if table.size == 0:
        raise Refusal("tiers_empty")
    table = table.reshape(-1, 2)
    if not np.isfinite(table).all():
        raise Refusal("tiers_incomplete", tiers=len(table))
    levels, rates = table[np.argsort(table[:, 0])].T
    if (np.diff(levels) == 0).any():
        raise Refusal("tiers_twice", level=float(levels[int(np.argmax(np.diff(levels) == 0))]))
    return levels, rates


def earned_on(amounts: Floats, levels: Floats, rates: Floats, mode: str) -> Floats:
    """Commission on amounts; levels in money, (tiers,) or one row per amount."""
    rounded = np.round(levels, EXACT)
    x = amounts[..., None]
    below = (rounded[..., 0] <= 0) & (amounts < 0)
    if mode == MARGINAL:
        upper = np.concatenate([rounded[..., 1:], np.full((*rounded.shape[:-1], 1), np.inf)], axis=-1)
        earned = (np.maximum(np.minimum(x, upper) - rounded, 0.0) * rates).sum(axis=-1)
    elif mode == RETROACTIVE:
        earned = amounts * rate_reached(amounts, rounded, rates)
    else:
        raise Refusal("commission_mode", mode=mode)
    usable = ~np.isnan(amounts) & ~np.isnan(rounded[..., 0])
    return np.where(usable, np.where(below, amounts * rates[0], earned), np.nan)


def rate_reached(amounts: Floats, levels: Floats, rates: Floats) -> Floats:
    """The rate of the highest level reached (the lower end included), 0 under the first one."""
    reached = (np.round(amounts, EXACT)[..., None] >= np.round(levels, EXACT)).sum(axis=-1)
    found: Floats = np.concatenate([[0.0], rates])[reached]
    return found


@dataclass(frozen=True)
class Version:
    """A plan as it holds from a date on."""

    plan: str
    valid_from: pd.Timestamp
    basis: str
    mode: str
    by_attainment: bool
    levels: Floats
    rates: Floats
    cap: float
    floor: float
    min_margin_rate: float


def versions(plans: pd.DataFrame) -> list[Version]:
    """The versions of the table `commission_plan`, oldest first.

    plans: plan, valid_from, from_level, basis, mode, [level_kind], rate, [cap], [floor], [min_margin_rate]; what all
    rows of a version share may stand in any of them. Refuses plan_rows_differ, commission_basis, commission_mode, and
    what tiers refuse.

    >>> table = pd.DataFrame({"plan": "p", "valid_from": pd.to_datetime(["2026-01-01"]), "from_level": 0.0,
    ...                       "basis": "cash", "mode": "marginal", "rate": 0.06})
    >>> versions(table)[0].basis
    'cash'
    """
    found = []
    for _, rows in plans.groupby(["plan", "valid_from"], sort=False):
        name = str(rows["plan"].iloc[0])
        basis, mode = (str(_shared(rows, column, name)) for column in ("basis", "mode"))
        if basis not in BASES:
            raise Refusal("commission_basis", plan=name, basis=basis)
        if mode not in (MARGINAL, RETROACTIVE):
            raise Refusal("commission_mode", mode=mode)
        bounds = [_shared(rows, column, name) for column in ("cap", "floor", "min_margin_rate")]
        cap, floor, gate = (np.nan if bound is None else float(bound) for bound in bounds)
        if cap < floor:
            raise Refusal("cap_below_floor", cap=cap, floor=floor)
        by_attainment = _shared(rows, "level_kind", name) == "attainment"
        levels, rates = checked_tiers(rows[["from_level", "rate"]].to_numpy(float))
        day = pd.Timestamp(rows["valid_from"].iloc[0])
        found.append(Version(name, day, basis, mode, by_attainment, levels, rates, cap, floor, gate))
    return sorted(found, key=lambda version: (version.plan, version.valid_from))


def _shared(rows: pd.DataFrame, column: str, plan: str) -> str | float | None:
    """The one value of a column in a version's rows, None where it is blank in all."""
    values: list[str | float] = list(rows[column].dropna().unique()) if column in rows else []
    if len(values) > 1:
        raise Refusal("plan_rows_differ", plan=plan, column=column, values=", ".join(map(str, values)))
    return values[0] if len(values) else None
