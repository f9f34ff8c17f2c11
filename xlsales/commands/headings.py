"""Which heading of a sheet is which of our columns; the rules of reading, for those who only know cells."""

from collections.abc import Sequence

import pandas as pd

from xlsales.schema import TABLES
from xlsales.validate.headers import recognise


def places(table: str, headings: Sequence[object]) -> dict[str, int]:
    """Our keys to the places of their headings, from 0; headings in either language or keys.

    >>> places("regions", ["名称", "Region", "hue"])
    {'name': 0, 'region': 1}
    """
    texts = ["" if heading is None else str(heading) for heading in headings]
    return dict(recognise(TABLES[table], pd.DataFrame([[None] * len(texts)], columns=texts)).position)
