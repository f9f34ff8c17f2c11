"""The row that a refusal names."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from xlsales.core.refusal import Refusal


def refuse_where(bad: ArrayLike, code: str, frame: pd.DataFrame, *columns: str, **facts: object) -> None:
    """Refuse with the values of `columns` in the first row of the frame that is bad; nothing if none is.

    bad: one flag per row. facts: further facts of the refusal.

    >>> refuse_where([False, True], "kpi_twice", pd.DataFrame({"kpi": ["visits", "calls"]}), "kpi")
    Traceback (most recent call last):
    xlsales.core.refusal.Refusal: kpi_twice {'kpi': 'calls'}
    """
    flags: np.ndarray[Any, Any] = np.asarray(bad, dtype=bool)
    if flags.any():
        row = int(np.argmax(flags))
        raise Refusal(code, **{column: frame[column].iloc[row] for column in columns}, **facts)
