"""Closed periods: a fingerprint of their content, so that no later change goes unseen."""

import hashlib
from collections.abc import Mapping

import numpy as np
import pandas as pd

DECIMALS = 6  # a figure that differs by less is the same figure after a round trip through a spreadsheet


def fingerprint(tables: Mapping[str, pd.DataFrame]) -> str:
    """SHA-256 of the content of tables, the same whatever the order of rows and columns and however cells are typed.

    tables: by name. Numbers count to 6 decimals (5 and 5.0 are the same), dates to the second, blanks of every kind
    (missing, NaN, empty text) alike; a column of nothing but blanks counts as absent, an empty table too.

    >>> one = pd.DataFrame({"a": [1, 2], "b": ["x", None]})
    >>> fingerprint({"t": one}) == fingerprint({"t": one.iloc[::-1][["b", "a"]].astype({"a": float})})
    True
    >>> fingerprint({"t": one}) == fingerprint({"t": one.assign(a=[1, 3])})
    False
    """
    digest = hashlib.sha256()
    for name in sorted(tables):
        lines = _lines(tables[name])
        if lines:
            digest.update(f"{len(name)}:{name};{len(lines)}\n".encode())
            digest.update("\n".join(lines).encode())
    return digest.hexdigest()


def changed_periods(closed: pd.DataFrame, contents: Mapping[str, Mapping[str, pd.DataFrame]]) -> pd.DataFrame:
    """Closed periods beside their content of now.

    closed: period, closed_on, closed_by, hash. contents: of each period its tables by name; a period that is not there
    has no content any more. Returns closed with now (the fingerprint of today's content) and changed.

    >>> table = {"scores": pd.DataFrame({"score": [90.0]})}
    >>> closed = pd.DataFrame({"period": ["2026-01"], "hash": [fingerprint(table)]})
    >>> changed_periods(closed, {"2026-01": {"scores": pd.DataFrame({"score": [91.0]})}})["changed"].tolist()
    [True]
    """
    now = [fingerprint(contents.get(period, {})) for period in closed["period"]]
    table = closed.assign(now=pd.Series(now, index=closed.index, dtype="str"))
    return table.assign(changed=(table["hash"].astype("str") != table["now"]).fillna(True))


def _lines(table: pd.DataFrame) -> list[str]:
    """The rows as text, each cell with the length of its own text before it, so that no two rows can look alike."""
    named = sorted(((str(column), column) for column in table.columns), key=lambda pair: pair[0])
    kept = [(name, cells) for name, column in named for cells in [_cells(table[column])] if cells is not None]
    rows = zip(*(cells for _, cells in kept), strict=True)
    lines = sorted("|".join(row) for row in rows)
    return ["|".join(f"{len(name)}:{name}" for name, _ in kept), *lines] if lines else []


def _cells(column: pd.Series) -> list[str] | None:
    """Each value as text in one form behind its length, made once per different value; None where all are blank."""
    if pd.api.types.is_bool_dtype(column) or pd.api.types.is_numeric_dtype(column):
        numbers, places = np.unique(column.to_numpy(dtype=float, na_value=np.nan), return_inverse=True)
        texts = ["" if np.isnan(number) else _number(number) for number in numbers.tolist()]
    else:
        places, values = pd.factorize(column, use_na_sentinel=False)
        texts = [_text(value) for value in values.tolist()]
    if not any(texts):
        return None
    told = [f"{len(text)}:{text}" for text in texts]
    return [told[place] for place in places.tolist()]


def _number(number: float) -> str:
    text = f"{number:.{DECIMALS}f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def _text(value: object) -> str:
    """A value of a mixed column as text."""
    if value is None or value is pd.NaT or (isinstance(value, float) and np.isnan(value)):
        return ""
    if isinstance(value, bool | int | float | np.number):
        return _number(float(value))
    stamp = getattr(value, "isoformat", None)
    if stamp is not None:
        return pd.Timestamp(str(stamp())).strftime("%Y-%m-%dT%H:%M:%S")
    return str(value).strip()
