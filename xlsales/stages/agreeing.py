"""Stage 3, agreement: receivables against the ledger's balance, and closed periods against what they hold now."""

import pandas as pd

from xlsales.core.calendar import period_days
from xlsales.core.receivables import reconcile, restatements
from xlsales.stages.cycle import Cycle, Frames
from xlsales.stages.lines import Settled, calendar

SEALED = {"orders": "amount", "invoices": "amount", "receipts": "amount"}  # what of a closed period has money and a day


def agreement(cycle: Cycle) -> Frames:
    """`reconciliation`, `restatements`: do the receivables agree with the ledger, and closed periods with themselves.

    reconciliation: balance_part (invoiced, credited, received, outstanding, ledger, difference), amount; ledger and
    difference only where Settings hold the ledger's balance. restatements: a row for each closed period and table whose
    sum is no longer what it was when the period was closed, as by a receipt that was entered late.
    """
    found: Frames = {}
    settled: Settled | None = cycle.found.get("settled")
    if settled is not None:
        ledger = cycle.settings.get("ledger_balance")
        told = reconcile(settled.done, 0.0 if ledger is None else float(ledger))._asdict()
        if ledger is None:
            del told["ledger"], told["difference"]
        found["reconciliation"] = pd.DataFrame({"balance_part": list(told), "amount": list(told.values())})
    sealed = cycle.tables["closed_content"]
    sealed = sealed[sealed["period"].isin(cycle.tables["closed_periods"]["period"])]  # not of one opened again
    return found | {"restatements": _restated(cycle, sealed)}


def _restated(cycle: Cycle, sealed: pd.DataFrame) -> pd.DataFrame:
    """Sums when the periods were closed beside the sums of now, where they differ by a cent or more."""
    sealed = sealed[sealed["sealed"].isin(list(SEALED))].rename(columns={"sealed": "restated"})
    closed = sealed[["period", "restated", "total"]].dropna(subset=["total"])
    rows = []
    for period in sealed["period"].unique():
        first, last = (pd.Timestamp(day) for day in period_days(period, calendar(cycle)))
        for table, column in SEALED.items():
            frame = cycle.tables[table]
            inside = (frame["date"] >= first) & (frame["date"] < last + pd.Timedelta(days=1))
            rows.append((period, table, float(frame.loc[inside.fillna(value=False), column].sum())))
    now = pd.DataFrame(rows, columns=["period", "restated", "total"])
    names = {"closed": "closed_sum", "now": "sum_now", "change": "restated_by"}
    changed = restatements(closed, now, ["period", "restated"], "total").rename(columns=names)
    days = cycle.tables["closed_periods"][["period", "closed_on"]].drop_duplicates("period")
    return changed.astype({"period": "str"}).merge(days, on="period", how="left")
