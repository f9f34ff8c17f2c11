"""Credit limits, how far they are used, and to whom nothing more is shipped."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from xlsales.core.ratio import ratio
from xlsales.core.refusal import Refusal
from xlsales.core.settlement import Settlement

RISK_FACTORS: Mapping[str, float] = {"AAA": 1.5, "AA": 1.0, "A": 0.8, "B": 0.6, "C": 0.0}
STATES = ("ok", "near_limit", "over_limit", "stop_ship")
NEAR = 0.9  # from here on a customer is watched


def credit_limit(
    monthly_sales: float, term_months: float, risk_class: str, factors: Mapping[str, float] = RISK_FACTORS
) -> float:
    """Mean monthly sales (with tax) × payment term in months × risk factor.

    Raises Refusal `risk_class_unknown` for a class that factors does not hold, `credit_below_zero` for negative input.

    >>> credit_limit(100_000, 2, "A")
    160000.0
    """
    if risk_class not in factors:
        raise Refusal("risk_class_unknown", value=risk_class, choices=", ".join(factors))
    if monthly_sales < 0 or term_months < 0:
        raise Refusal("credit_below_zero", sales=monthly_sales, term=term_months)
    return float(monthly_sales * term_months * factors[risk_class])


def credit_limits(
    customers: pd.DataFrame, monthly_sales: pd.Series, factors: Mapping[str, float] = RISK_FACTORS
) -> pd.Series:
    """The limit of each customer: the stated credit_limit where given, else the formula, else blank.

    customers: customer, [credit_limit, terms_days, risk_class]; monthly_sales: mean monthly sales with tax by customer
    (index). A term of 30 days is a month. Returns a Series by customer.

    >>> customers = pd.DataFrame({"customer": ["C"], "terms_days": [60.0], "risk_class": ["AA"]})
    >>> credit_limits(customers, pd.Series({"C": 1000.0})).to_dict()
    {'C': 2000.0}
    """
    blank = pd.Series(np.nan, index=customers.index)
    classes = customers["risk_class"] if "risk_class" in customers else pd.Series(None, index=blank.index, dtype=object)
    unknown = classes.notna() & ~classes.isin(list(factors))
    if unknown.any():
        raise Refusal("risk_class_unknown", value=str(classes[unknown].iloc[0]), choices=", ".join(factors))
    term = customers["terms_days"].astype(float) / 30 if "terms_days" in customers else blank
    sold = customers["customer"].map(monthly_sales).astype(float).clip(lower=0.0)
    limit = sold * term * classes.map(dict(factors)).astype(float)
    if "credit_limit" in customers:
        stated = customers["credit_limit"].astype(float)
        limit = stated.where(stated.notna(), limit)
    return pd.Series(limit.to_numpy(), index=pd.Index(customers["customer"]))


def overdue_by_customer(done: Settlement, disputed: pd.Series | None = None) -> pd.DataFrame:
    """Per customer: outstanding (less unapplied), overdue, oldest_days, weight (Σ money × days overdue), disputed.

    done: a settlement with an as_of; disputed: flags of the invoices table, whose open money is shown apart and left
    out of overdue and weight but stays in outstanding.

    >>> from xlsales.core.settlement import settle
    >>> invoices = pd.DataFrame({"customer": "C", "invoice": ["I"], "amount": [40.0],
    ...     "due_date": pd.to_datetime(["2026-01-10"])})
    >>> none = pd.DataFrame({"customer": [], "date": pd.to_datetime([]), "amount": []})
    >>> overdue_by_customer(settle(invoices, none, pd.Timestamp("2026-01-20")))[["customer", "overdue", "weight"]]
      customer  overdue  weight
    0        C     40.0   400.0
    """
    if done.as_of is None:
        raise Refusal("as_of_missing")
    items, size = done.items, len(done.items.customers)
    left = (items.cents - done.settled) / 100
    late = np.maximum((done.as_of - items.due).astype(np.int64), 0)
    flags = np.zeros(len(left), dtype=bool)
    if disputed is not None:
        flags = disputed.iloc[items.row].fillna(False).to_numpy(dtype=bool)
    chased = np.where((late > 0) & ~flags, left, 0.0)
    oldest = np.zeros(size, dtype=np.int64)
    np.maximum.at(oldest, items.customer, np.where(chased > 0, late, 0))
    total = np.bincount(items.customer, left, size) - done.unapplied_by_customer / 100
    return pd.DataFrame(
        {
            "customer": items.customers,
            "outstanding": np.round(total, 2),
            "overdue": np.round(np.bincount(items.customer, chased, size), 2),
            "oldest_days": oldest,
            "weight": np.round(np.bincount(items.customer, chased * late, size), 2),
            "disputed": np.round(np.bincount(items.customer, np.where(flags, left, 0.0), size), 2),
        }
    )


def credit_watch(overdue: pd.DataFrame, limits: pd.Series, stop_days: int = 60) -> pd.DataFrame:
    """Utilisation of every credit limit, the worst first.

    overdue: `overdue_by_customer`; limits: by customer; stop_days: overdue longer than this stops shipment, and so does
    any debt above a limit of 0. Returns customer, credit_limit, outstanding, utilisation (blank without a limit above
    0), over_by, overdue, oldest_days, disputed, state (ok, near_limit from 90 %, over_limit, stop_ship).

    >>> owed = pd.DataFrame({"customer": ["C"], "outstanding": [120.0], "overdue": [0.0], "oldest_days": [0],
    ...     "weight": [0.0], "disputed": [0.0]})
    >>> credit_watch(owed, pd.Series({"C": 100.0}))[["utilisation", "over_by", "state"]]
       utilisation  over_by       state
    0          1.2     20.0  over_limit
    """
    table = overdue.drop(columns="weight")
    limit = table["customer"].map(limits).astype(float)
    used = pd.Series(ratio(table["outstanding"], limit), index=table.index)
    over = (table["outstanding"] - limit).clip(lower=0.0)
    stopped = (table["oldest_days"] > stop_days) | ((limit == 0) & (table["outstanding"] > 0))
    state = np.select([stopped, over > 0, used >= NEAR], ["stop_ship", "over_limit", "near_limit"], "ok")
    table = table.assign(credit_limit=limit, utilisation=used, over_by=over, state=state)
    rank = table["state"].map({name: place for place, name in enumerate(STATES)})
    table = table.assign(__rank=rank).sort_values(["__rank", "over_by", "outstanding"], ascending=False)
    columns = ["customer", "credit_limit", "outstanding", "utilisation", "over_by", "overdue", "oldest_days"]
    return table[[*columns, "disputed", "state"]].reset_index(drop=True)
