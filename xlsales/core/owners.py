"""Who owns a customer on a day, and who keeps quota and credit after a handover."""

from typing import Literal

import pandas as pd

from xlsales.core.refusal import Refusal

Kind = Literal["owner", "credit", "quota"]


def owner_on(
    customer: pd.Series,
    date: pd.Series,
    customer_owners: pd.DataFrame | None,
    customers: pd.DataFrame | None = None,
    kind: Kind = "credit",
) -> pd.Series:
    """The salesperson who holds each customer on its date, blank where nobody does.

    customer, date: aligned. customer_owners: customer, valid_from, salesperson, [keeps_quota, keeps_credit]: from
    valid_from on the salesperson owns the customer; where keeps_credit (keeps_quota) is "old", the credit (quota) stays
    with who held it before. Before the first row, and without rows, customers.salesperson holds. Returns a Series with
    the index of customer.

    >>> owners = pd.DataFrame({"customer": ["C"], "valid_from": pd.to_datetime(["2026-03-01"]), "salesperson": ["New"]})
    >>> old = pd.DataFrame({"customer": ["C"], "salesperson": ["Old"]})
    >>> days = pd.Series(pd.to_datetime(["2026-02-28", "2026-03-01"]))
    >>> owner_on(pd.Series(["C", "C"]), days, owners, old).tolist()
    ['Old', 'New']
    """
    known = customers is not None and "salesperson" in customers
    master = customers.set_index("customer")["salesperson"] if customers is not None and known else None
    if master is not None and not master.index.is_unique:
        raise Refusal("key_twice", table="customers", key=str(master.index[master.index.duplicated()][0]))
    held = customer.map(master) if master is not None else pd.Series(None, index=customer.index, dtype=object)
    if customer_owners is None or not len(customer_owners):
        return held
    chain = _holders(customer_owners, master, kind)
    asked = pd.DataFrame({"customer": customer.to_numpy(), "at": _stamp(date), "place": range(len(customer))})
    asked = asked[asked["customer"].notna() & asked["at"].notna()].sort_values("at", kind="stable")
    asked["customer"] = asked["customer"].astype(object)
    found = pd.merge_asof(asked, chain, left_on="at", right_on="valid_from", by="customer").set_index("place")["holder"]
    placed = found.reindex(range(len(customer)))
    placed.index = customer.index
    return placed.where(placed.notna(), held)


def _holders(owners: pd.DataFrame, master: pd.Series | None, kind: Kind) -> pd.DataFrame:
    """customer, valid_from, holder; sorted by valid_from."""
    chain = owners.assign(valid_from=_stamp(owners["valid_from"])).sort_values("valid_from", kind="stable")
    twice = chain.duplicated(["customer", "valid_from"])
    if twice.any():
        raise Refusal("key_twice", table="customer_owners", key=str(chain.loc[twice, "customer"].iloc[0]))
    holder = chain["salesperson"].astype(object)
    column = f"keeps_{kind}"
    if kind != "owner" and column in chain:
        keeps = chain[column] == "old"
        before = chain["customer"].map(master) if master is not None else None
        first = ~chain.duplicated("customer")
        holder = holder.mask(keeps)
        if before is not None:
            holder = holder.mask(keeps & first, before)
        holder = holder.groupby(chain["customer"]).ffill()
    return pd.DataFrame(
        {"customer": chain["customer"].astype(object), "valid_from": chain["valid_from"], "holder": holder}
    )


def _stamp(dates: pd.Series) -> pd.Series:
    stamped: pd.Series = pd.to_datetime(dates).dt.normalize().astype("datetime64[s]")
    return stamped.reset_index(drop=True) if not stamped.index.is_unique else stamped


def with_owner(
    lines: pd.DataFrame, customer_owners: pd.DataFrame | None, customers: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Fill the blank salesperson of lines (customer, date) with who holds the customer's credit on the line's date.

    >>> lines = pd.DataFrame({"customer": ["C", "C"], "date": pd.to_datetime(["2026-01-01"] * 2),
    ...     "salesperson": ["A", None]})
    >>> with_owner(lines, None, pd.DataFrame({"customer": ["C"], "salesperson": ["B"]}))["salesperson"].tolist()
    ['A', 'B']
    """
    own = lines["salesperson"] if "salesperson" in lines else pd.Series(None, index=lines.index, dtype=object)
    if not own.isna().any():
        return lines
    held = owner_on(lines["customer"], lines["date"], customer_owners, customers)
    return lines.assign(salesperson=own.where(own.notna(), held))
