"""The data of a difference in differences: rows of units and periods, turned into one figure per unit and side."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from xlsales.core.offending import refuse_where
from xlsales.core.ratio import Floats, ratio
from xlsales.core.refusal import Refusal

Flags = np.ndarray[Any, np.dtype[np.bool_]]
NEEDED = ["unit", "period", "treated", "after", "value"]


@dataclass(frozen=True)
class Panel:
    """What is known of the units.

    paired: units are seen before and after; then treated, change, before_mean, before_last (the last period before the
    action), before_slope (per period) have one entry per such unit. cells: the unit means of treated before, treated
    after, control before, control after. notes: what was left out.
    """

    paired: bool
    treated: Flags
    change: Floats
    before_mean: Floats
    before_last: Floats
    before_slope: Floats
    cells: tuple[Floats, Floats, Floats, Floats]
    periods_before: int
    periods_after: int
    notes: tuple[str, ...]

    @property
    def cell_sizes(self) -> list[int]:
        """Units in each of the four cells."""
        return [len(cell) for cell in self.cells]

    @property
    def treated_units(self) -> int:
        """Treated units that count."""
        return int(self.treated.sum()) if self.paired else self.cell_sizes[0] + self.cell_sizes[1]

    @property
    def control_units(self) -> int:
        """Control units that count."""
        return int((~self.treated).sum()) if self.paired else self.cell_sizes[2] + self.cell_sizes[3]


def panel(data: pd.DataFrame) -> Panel:
    """The units of `data` (unit, period, treated, after, value); rows without a value are left out and counted.

    Refuses columns_missing, effect_flag (a flag that is not 0 or 1), effect_treated_varies (a unit both treated and
    not), effect_after_varies (a period both before and after), effect_row_twice.

    >>> rows = pd.DataFrame({"unit": ["a", "a"], "period": [1, 2], "treated": 1, "after": [0, 1], "value": [3.0, 5.0]})
    >>> panel(rows).change.tolist()
    [2.0]
    """
    table, treated, after, missing = _table(data)
    before_side, after_side = table[:, ~after], table[:, after]
    before, later = _row_means(before_side), _row_means(after_side)
    both = ~np.isnan(before) & ~np.isnan(later)
    paired = bool(both.any())
    notes = [f"missing_values={missing}"] if missing else []
    if paired and not both.all():
        notes.append(f"one_sided_units={int((~both).sum())}")
    kept = table[both] if paired else table
    periods = ~np.isnan(kept).all(axis=0)
    if paired and np.isnan(kept[:, periods]).any():
        notes.append("unbalanced")
    cells = [side[who & ~np.isnan(side)] for who in (treated, ~treated) for side in (before, later)]
    return Panel(
        paired,
        treated[both],
        (later - before)[both],
        before[both],
        _last(before_side[both]),
        _slopes(before_side[both]),
        (cells[0], cells[1], cells[2], cells[3]),
        int((periods & ~after).sum()),
        int((periods & after).sum()),
        tuple(notes),
    )


def _table(data: pd.DataFrame) -> tuple[Floats, Flags, Flags, int]:
    """Values by unit and period in order, treated by unit, after by period, and the number of rows without a value."""
    absent = [column for column in NEEDED if column not in data]
    if absent:
        raise Refusal("columns_missing", columns=", ".join(absent))
    rows = data[NEEDED].reset_index(drop=True)
    flags = {flag: pd.to_numeric(rows[flag], errors="coerce").to_numpy(float) for flag in ("treated", "after")}
    for flag, number in flags.items():
        refuse_where((number != 0) & (number != 1), "effect_flag", rows, "unit", "period", column=flag)
    refuse_where(rows["unit"].isna() | rows["period"].isna(), "effect_unnamed", rows, "unit", "period")
    value = rows["value"].to_numpy(float)
    known = ~np.isnan(value)
    unit, units = pd.factorize(rows["unit"][known])
    period, periods = pd.factorize(rows["period"][known], sort=True)
    named = rows[known]
    treated = _one_flag(flags["treated"][known], unit, len(units), "effect_treated_varies", named)
    after = _one_flag(flags["after"][known], period, len(periods), "effect_after_varies", named)
    cell = unit * len(periods) + period
    refuse_where(pd.Series(cell).duplicated(), "effect_row_twice", named, "unit", "period")
    table = np.full((len(units), len(periods)), np.nan)
    table[unit, period] = value[known]
    return table, treated, after, int((~known).sum())


def _one_flag(flag: Floats, code: np.ndarray[Any, Any], count: int, refusal: str, rows: pd.DataFrame) -> Flags:
    """The flag of each unit or period; refuses one that has both."""
    found = np.zeros(count, dtype=bool)
    found[code] = flag == 1
    refuse_where(found[code] != (flag == 1), refusal, rows, "unit" if "treated" in refusal else "period")
    return found


def _row_means(side: Floats) -> Floats:
    """The mean of each row's figures, NaN where it has none."""
    return ratio(np.nansum(side, axis=1), (~np.isnan(side)).sum(axis=1))


def _last(side: Floats) -> Floats:
    """The last figure of each row; every row has one."""
    place = np.where(np.isnan(side), -1, np.arange(side.shape[1])).max(axis=1, initial=0)
    found: Floats = side[np.arange(len(side)), place] if side.shape[1] else np.zeros(len(side))
    return found


def _slopes(early: Floats) -> Floats:
    """Least-squares slope per period of each row; NaN where a row has fewer than two figures."""
    known = ~np.isnan(early)
    place = np.where(known, np.arange(early.shape[1], dtype=float), np.nan)
    count = known.sum(axis=1)
    safe = np.maximum(count, 1)[:, None]
    x = place - np.nansum(place, axis=1, keepdims=True) / safe
    y = early - np.nansum(early, axis=1, keepdims=True) / safe
    spread = np.nansum(x * x, axis=1)
    slope: Floats = np.divide(np.nansum(x * y, axis=1), spread, out=np.full(len(early), np.nan), where=spread > 0)
    return slope
