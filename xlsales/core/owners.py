"""Who owns a customer on a day, and who keeps quota and credit after a handover."""

from collections.abc import Mapping, Sequence
from typing import Literal

import pandas as pd

from xlsales.core.refusal import Refusal

Kind = Literal["owner", "credit", "quota"]
HANDED = ("valid_from", "salesperson", "keeps_quota", "keeps_credit", "place")  # what a region's row says of a customer


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


def with_regions(
    customer_owners: pd.DataFrame,
    region_owners: pd.DataFrame,
    customers: pd.DataFrame,
    below: Mapping[str, Sequence[str]],
) -> pd.DataFrame:
    """The customers' owners with the handovers of whole regions as rows of their customers; those come last.

    region_owners: region, valid_from, salesperson, replaces (blank: everybody), [keeps_quota, keeps_credit,
    quota_moved]. A row means every customer of the region and of the regions below it whose owner on the eve is the one
    who is replaced. customers: customer, region, salesperson. below: a region with all regions in it. A customer's own
    row of that day goes before its region's, a smaller region's before a larger one's; a row whose quota_moved is known
    was carried out and stands by customer already. Returns customer_owners' rows, then the new ones with place (the row
    of region_owners, counted from 0; NaN for the others).

    >>> owners = pd.DataFrame(columns=["customer", "valid_from", "salesperson"])
    >>> regions = pd.DataFrame({"region": ["N"], "valid_from": pd.to_datetime(["2026-07-01"]), "salesperson": ["b"],
    ...                         "replaces": ["a"]})
    >>> who = pd.DataFrame({"customer": ["C", "D"], "region": ["N", "N"], "salesperson": ["a", "x"]})
    >>> with_regions(owners, regions, who, {"N": ["N"]})[["customer", "salesperson"]].values.tolist()
    [['C', 'b']]
    """
    done = region_owners.get("quota_moved")
    due = region_owners.reset_index(drop=True).assign(place=range(len(region_owners)))
    due = due if done is None else due[done.isna().to_numpy()]
    size = due["region"].map(lambda region: len(below.get(region, [region])))
    due = due.assign(size=size).sort_values(["valid_from", "size"], kind="stable")
    whole = customer_owners.assign(place=float("nan"))
    for row in due.to_dict("records"):
        inside = customers[customers["region"].isin(list(below.get(row["region"], [row["region"]])))]
        named = inside["customer"]
        taken = whole.loc[whole["valid_from"] == row["valid_from"], "customer"]
        named = named[~named.isin(taken)].drop_duplicates().reset_index(drop=True)
        if not pd.isna(row["replaces"]):
            eve = pd.Series(row["valid_from"] - pd.Timedelta(days=1), index=named.index)
            named = named[(owner_on(named, eve, whole, customers, "owner") == row["replaces"]).to_numpy(dtype=bool)]
        facts = {key: row[key] for key in HANDED if key in row}
        new = pd.DataFrame({"customer": named}).assign(**facts)
        whole = pd.concat([whole, new.astype(object)], ignore_index=True) if len(new) else whole
    return whole.astype({"valid_from": "datetime64[s]", "place": "float64"})


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
