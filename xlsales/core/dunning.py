"""Whom to call today, for how much, and why."""

import numpy as np
import pandas as pd

from xlsales.core.ageing import BUCKETS, bucket_of
from xlsales.core.credit import overdue_by_customer
from xlsales.core.settlement import Settlement


def dunning_list(
    done: Settlement, disputed: pd.Series | None = None, credit: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Customers with overdue money, ranked by Σ money × days overdue.

    done: a settlement with an as_of; disputed: flags of the invoices table: their money is not chased; credit: what
    `credit_watch` returns. Returns rank, customer, overdue, oldest_days, weight, reason: codes joined by a comma, first
    the bucket of the oldest item (d1_30, ...), then refund (money was taken back, as by a dishonoured bill), disputed
    (some is, and not in overdue), over_limit or stop_ship.

    >>> from xlsales.core.settlement import settle
    >>> invoices = pd.DataFrame({"customer": ["C", "D"], "invoice": ["I", "J"], "amount": [40.0, 30.0],
    ...     "due_date": pd.to_datetime(["2026-01-10", "2026-01-01"])})
    >>> none = pd.DataFrame({"customer": [], "date": pd.to_datetime([]), "amount": []})
    >>> dunning_list(settle(invoices, none, pd.Timestamp("2026-01-20")))[["rank", "customer", "weight", "reason"]]
       rank customer  weight reason
    0     1        D   570.0  d1_30
    1     2        C   400.0  d1_30
    """
    owed = overdue_by_customer(done, disputed)
    back = np.zeros(len(done.items.customers), dtype=bool)
    back[done.moves.customer[(done.moves.cents < 0) & ~done.moves.credit]] = True
    owed = owed.assign(back=back)
    owed = owed[owed["overdue"] > 0].sort_values(["weight", "overdue"], ascending=False, kind="stable")
    states = {} if credit is None else dict(zip(credit["customer"], credit["state"], strict=True))
    reasons = []
    for row in owed.itertuples():
        codes = [BUCKETS[int(bucket_of(np.array([row.oldest_days]))[0])]]
        codes += ["refund"] if row.back else []
        codes += ["disputed"] if float(str(row.disputed)) > 0 else []
        codes += [state for state in [states.get(row.customer)] if state in {"over_limit", "stop_ship"}]
        reasons.append(",".join(codes))
    columns = ["rank", "customer", "overdue", "oldest_days", "weight", "reason"]
    table: pd.DataFrame = owed.assign(rank=range(1, len(owed) + 1), reason=reasons)[columns]
    return table.reset_index(drop=True)
