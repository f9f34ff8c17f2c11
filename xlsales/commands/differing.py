"""How the rows of a table differ from those that are to take their place."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from xlsales.schema import TABLES

EXAMPLES = 3


@dataclass(frozen=True)
class Difference:
    """How the rows of a table differ: how many are new, changed, gone, and what to show of it."""

    added: int
    changed: int
    removed: int
    examples: tuple[str, ...] = ()

    @property
    def loses(self) -> bool:
        """Whether anything that stands in the book would be overwritten."""
        return bool(self.changed or self.removed)


def differences(key: str, old: pd.DataFrame, new: pd.DataFrame, blank: int = 0) -> Difference:
    """Compare the rows of a table by their keys; rows with equal keys by their order. blank: rows that had errors."""
    keys = list(TABLES[key].keys)
    columns = [column.key for column in TABLES[key].columns]
    before, after = (_keyed(frame, keys) for frame in (old, new))
    both = before.index.intersection(after.index)
    left, right = before.loc[both, columns], after.loc[both, columns]
    unlike = ~_same(left, right)
    rows = np.flatnonzero(unlike.any(axis=1))
    examples = []
    for row in rows[:EXAMPLES]:
        column = int(np.flatnonzero(unlike[row])[0])
        named = ", ".join(str(part) for part in both[row][:-1] if not pd.isna(part) and part != "")
        examples.append(f"{named}: {_shown(left.iloc[row, column])} → {_shown(right.iloc[row, column])}")
    return Difference(len(after) - len(both), len(rows), len(before) - len(both) + max(blank, 0), tuple(examples))


def _keyed(frame: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Rows under their keys and a number that tells rows of the same keys apart."""
    plain = frame[keys].astype(object).where(frame[keys].notna(), "")
    number = plain.groupby(keys, sort=False).cumcount()
    return frame.set_index(pd.MultiIndex.from_arrays([*(plain[key] for key in keys), number]))


def _same(left: pd.DataFrame, right: pd.DataFrame) -> np.ndarray:
    """Cell by cell; blank equals blank, and numbers that differ by what a spreadsheet rounds are the same."""
    found = np.zeros(left.shape, dtype=bool)
    for place, column in enumerate(left.columns):
        one, two = left[column], right[column]
        if pd.api.types.is_float_dtype(one) and pd.api.types.is_float_dtype(two):
            found[:, place] = np.isclose(one, two, rtol=1e-12, atol=1e-9, equal_nan=True)
        else:
            equal = (
                one.astype(object).where(one.notna(), None).to_numpy()
                == two.astype(object).where(two.notna(), None).to_numpy()
            )
            found[:, place] = equal | (one.isna().to_numpy() & two.isna().to_numpy())
    return found


def _shown(value: object) -> str:
    if value is None or pd.isna(value):
        return "–"
    if isinstance(value, pd.Timestamp):
        return str(value.date())
    return f"{value:,.2f}".removesuffix(".00") if isinstance(value, float) else str(value)
