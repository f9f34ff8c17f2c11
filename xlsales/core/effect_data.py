"""The data of a difference in differences: rows of units and periods, turned into one figure per unit and side."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from xlsales.core.offending import refuse_where
from xlsales.core.ratio import Floats
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
    rows, missing = _checked(data)
    sides = rows.pivot_table(index="unit", columns="after", values="value", aggfunc="mean", sort=False)
    sides = sides.reindex(columns=[False, True])
    treated = rows.groupby("unit", sort=False)["treated"].first().reindex(sides.index).to_numpy(bool)
    both = sides.notna().all(axis=1).to_numpy()
    notes = [f"missing_values={missing}"] if missing else []
    if both.any() and not both.all():
        notes.append(f"one_sided_units={int((~both).sum())}")
    paired = bool(both.any())
    early = rows[~rows["after"]].pivot_table(index="unit", columns="period", values="value", aggfunc="mean")
    kept = sides.index[both]
    early = early.reindex(kept)
    late = rows[rows["after"] & rows["unit"].isin(kept)]
    if paired and (early.isna().any().any() or len(late) != len(kept) * late["period"].nunique()):
        notes.append("unbalanced")
    before, after = (sides[side].to_numpy(float) for side in (False, True))
    cells = tuple(side[who & ~np.isnan(side)] for who in (treated, ~treated) for side in (before, after))
    periods = [rows.loc[rows["after"] == side, "period"].nunique() for side in (False, True)]
    return Panel(
        paired,
        treated[both],
        (after - before)[both],
        before[both],
        early.ffill(axis=1).iloc[:, -1].to_numpy(float) if early.shape[1] else before[both],
        _slopes(early.to_numpy(float)),
        (cells[0], cells[1], cells[2], cells[3]),
        periods[0],
        periods[1],
        tuple(notes),
    )


def _checked(data: pd.DataFrame) -> tuple[pd.DataFrame, int]:
    """The rows with a value, flags as flags; and how many had none."""
    absent = [column for column in NEEDED if column not in data]
    if absent:
        raise Refusal("columns_missing", columns=", ".join(absent))
    rows = data[NEEDED].reset_index(drop=True)
    for flag in ("treated", "after"):
        number = pd.to_numeric(rows[flag], errors="coerce").astype("float64")
        refuse_where(~number.isin([0.0, 1.0]), "effect_flag", rows, "unit", "period", column=flag)
        rows[flag] = number == 1
    refuse_where(rows["unit"].isna() | rows["period"].isna(), "effect_unnamed", rows, "unit", "period")
    known = rows[rows["value"].notna()].reset_index(drop=True)
    for key, flag, code in (("unit", "treated", "effect_treated_varies"), ("period", "after", "effect_after_varies")):
        varies = known.groupby(key)[flag].transform("nunique") > 1
        refuse_where(varies, code, known, key)
    refuse_where(known.duplicated(["unit", "period"]), "effect_row_twice", known, "unit", "period")
    return known, len(rows) - len(known)


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
