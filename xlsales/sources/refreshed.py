"""What a refresh took: rows read and rejected with their money, the source's own time and its control total."""

from collections.abc import Mapping

import pandas as pd

from xlsales.schema import TABLES
from xlsales.sources.raw import Raw

REPORT = {
    "table": "str",
    "source": "str",
    "rows": "Int64",
    "rejected": "Int64",
    "rejected_money": "float64",
    "total": "float64",
    "control": "float64",
    "difference": "float64",
    "time": "str",
    "seconds": "float64",
}


def report(raw: Raw, tables: Mapping[str, pd.DataFrame], excluded: pd.DataFrame) -> pd.DataFrame:
    """One row per table that came from a source, as REPORT says.

    tables, excluded: what the checks gave. total: money of the rows kept; difference: control − total − rejected money,
    what nobody can account for, NaN where the source states no control total or the table has no money.

    >>> from xlsales.sources.raw import Taken
    >>> raw = Raw(taken={"receipts": Taken("bank.csv", 3, 0.1, control=60.0)})
    >>> out = pd.DataFrame({"table": ["receipts"], "money": [10.0]})
    >>> found = report(raw, {"receipts": pd.DataFrame({"amount": [20.0, 25.0]})}, out)
    >>> found[["total", "difference"]].to_numpy().tolist()
    [[45.0, 5.0]]
    """
    rows = []
    for key, taken in raw.taken.items():
        out = excluded[excluded["table"] == key]
        money = TABLES[key].money
        kept = tables[key]
        total = float(kept[money].sum()) if money and money in kept else float("nan")
        lost = float(out["money"].sum())
        control = float("nan") if taken.control is None else taken.control
        rows.append(
            {
                "table": key,
                "source": taken.source,
                "rows": taken.rows,
                "rejected": len(out),
                "rejected_money": lost,
                "total": total,
                "control": control,
                "difference": round(control - total - lost, 2),
                "time": taken.time,
                "seconds": round(taken.seconds, 2),
            }
        )
    return pd.DataFrame(rows, columns=list(REPORT)).astype(REPORT)
