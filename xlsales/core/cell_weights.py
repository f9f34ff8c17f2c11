"""Weights for a rectangle of plan cells: rows by what they hold, periods by a pattern or by past seasons."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from xlsales.core.apportion_cells import Bools
from xlsales.core.hierarchy import Floats, Ints
from xlsales.core.refusal import Refusal
from xlsales.core.spreading import pattern_weights, seasonal_indices


class Seasons(NamedTuple):
    """Indices (rows, periods) of each row, and how many years of its own they stand on (0: those of all rows)."""

    indices: Floats
    own: Ints
    years: int


def levels(present: Floats, names: Sequence[str] = ()) -> tuple[Floats, bool]:
    """How much of a total each row gets: by what it holds; equally (True) where the rows hold nothing.

    present: (rows, periods), blank counts as nothing. names: of the rows. Refuses level_below_zero: a row that adds to
    less than nothing.

    >>> levels(np.array([[10.0, 20.0], [np.nan, 10.0]]))
    (array([30., 10.]), False)
    """
    sums = np.nansum(present, axis=1)
    if (sums < 0).any():
        at = int(np.argmax(sums < 0))
        raise Refusal("level_below_zero", name=names[at] if names else at + 1, sum=float(sums[at]))
    return (sums, False) if sums.any() else (np.ones(len(sums)), len(sums) > 1)


def tiled(level: Floats, profile: Floats, chosen: Bools) -> Floats:
    """Weights of the chosen cells: each row's level over its chosen periods as its profile says.

    level: (rows). profile, chosen: (rows, periods); what is not chosen weighs nothing.

    >>> chosen = np.array([[True, True], [True, False]])
    >>> tiled(np.array([9.0, 3.0]), np.array([[1.0, 2.0], [1.0, 2.0]]), chosen).tolist()
    [[3.0, 6.0], [3.0, 0.0]]
    """
    parts = np.where(chosen, profile, 0.0)
    sums = parts.sum(axis=1, keepdims=True)
    return np.asarray(level[:, None] * np.divide(parts, sums, out=np.zeros_like(parts), where=sums != 0))


def pattern_cells(pattern: str, chosen: Bools) -> Floats:
    """A pattern along the chosen periods of each row; down the rows where one period is chosen.

    >>> pattern_cells("4-4-5", np.array([[True, False, True, True]])).tolist()
    [[4.0, 0.0, 4.0, 5.0]]
    >>> pattern_cells("1-2", np.array([[True], [True]])).tolist()
    [[1.0], [2.0]]
    """
    if chosen.any(axis=0).sum() == 1:
        return pattern_cells(pattern, chosen.T).T if len(chosen) > 1 else np.where(chosen, 1.0, 0.0)
    found = np.zeros(chosen.shape)
    for row, places in enumerate(chosen):
        found[row, places] = pattern_weights(pattern, int(places.sum()))
    return found


def season_rows(history: Floats, days: Floats | None = None, next_days: Floats | None = None) -> Seasons:
    """The seasonal indices of each row from its whole past years; a row without one has those of all rows together.

    history: (years, rows, periods), blank where nothing is known. A year counts where no period is blank or below 0
    and the year is above 0. days: working days of the past years (years, periods) and next_days of the coming one
    (periods) adjust the indices. Refuses season_no_year where all rows together have no whole year either.

    >>> past = np.array([[[1.0, 3.0], [np.nan, 4.0]]])
    >>> season_rows(past)
    Seasons(indices=array([[0.5 , 1.5 ],
           [0.25, 1.75]]), own=array([1, 0]), years=1)
    """
    every = np.where(np.isnan(history).all(axis=1), np.nan, np.nansum(history, axis=1))
    shared, years = _season(every, days, next_days)
    found = [_season(history[:, row], days, next_days) for row in range(history.shape[1])]
    if not years and not all(own for _, own in found):
        raise Refusal("season_no_year", years=len(history))
    indices = np.array([index if own else shared for index, own in found])
    return Seasons(indices, np.array([own for _, own in found], dtype=np.int64), years)


def _season(rows: Floats, days: Floats | None, next_days: Floats | None) -> tuple[Floats, int]:
    """The indices of the whole years among some, and how many these are."""
    whole = ~np.isnan(rows).any(axis=1) & ~(rows < 0).any(axis=1) & (np.nansum(rows, axis=1) > 0)
    if not whole.any():
        return np.ones(rows.shape[1]), 0
    past = None if days is None else days[whole]
    return seasonal_indices(rows[whole], past, next_days), int(whole.sum())
