"""What lies above a role's authority: listed for approval, never taken as approved."""

import numpy as np
import pandas as pd

from xlsales.core.refusal import Refusal

LIMITS = {"amount": "contract_limit", "discount": "discount_limit"}
COLUMNS = ["document", "salesperson", "role", "what", "value", "limit", "over", "approver_role", "reason", "status"]


def for_approval(documents: pd.DataFrame, roles: pd.DataFrame, salespeople: pd.DataFrame) -> pd.DataFrame:
    """Contracts and quotes whose amount or discount is above the limit of their salesperson's role.

    documents: document, salesperson, [amount], [discount], [status]. roles: role, contract_limit, discount_limit,
    approver_role. salespeople: salesperson, role. Returns COLUMNS, one row per document and limit: what (amount,
    discount), value, limit, over (value - limit), approver_role (the first one up the line whose limit suffices; blank
    where none does), reason, status (approved only where the document says so, else open). reason: over_limit;
    limit_missing, where a role with a superior has no limit typed; role_unknown, where nobody can say whose limit
    counts and the value is above the lowest limit that any role has. A role without a superior and without a limit may
    sign anything. Refuses approver_circle.
    Source: DEFINITIONS 10.

    >>> roles = pd.DataFrame({"role": ["rep", "head"], "contract_limit": [100.0, None], "discount_limit": [0.1, None],
    ...                       "approver_role": ["head", None]})
    >>> who = pd.DataFrame({"salesperson": ["Li"], "role": ["rep"]})
    >>> deal = pd.DataFrame({"document": ["C1"], "salesperson": ["Li"], "amount": [100.0], "discount": [0.2]})
    >>> for_approval(deal, roles, who)[["what", "value", "limit", "approver_role", "status"]].values.tolist()
    [['discount', 0.2, 0.1, 'head', 'open']]
    """
    above = _superiors(roles)
    rows = documents.merge(salespeople[["salesperson", "role"]], on="salesperson", how="left")
    found = []
    for what, column in LIMITS.items():
        if what not in rows:
            continue
        limits = _limits(roles, column)
        part = rows[rows[what].notna()].assign(what=what)
        part = part.assign(value=part[what].astype(float), limit=part["role"].map(limits).astype(float))
        known = part["role"].isin(list(limits))
        over = part["value"] > part["limit"] + 1e-9
        lowest = min((limit for limit in limits.values() if np.isfinite(limit)), default=np.inf)
        reasons = [~known & (part["value"] > lowest + 1e-9), known & part["limit"].isna(), over]
        part["reason"] = pd.Series(np.select(reasons, ["role_unknown", "limit_missing", "over_limit"], ""), part.index)
        part = part[part["reason"] != ""]
        approvers = [
            _approver(role, value, limits, above) if reason != "role_unknown" else None
            for role, value, reason in zip(part["role"], part["value"], part["reason"], strict=True)
        ]
        found.append(part.assign(approver_role=pd.Series(approvers, index=part.index, dtype="str")))
    table = pd.concat(found, ignore_index=True) if found else rows.iloc[:0]
    table = table.reindex(columns=[*COLUMNS])
    status = table["status"].astype("str").str.lower()
    return table.assign(
        over=table["value"].astype(float) - table["limit"].astype(float),
        status=pd.Series(np.where(status.eq("approved").fillna(False), "approved", "open"), table.index, dtype="str"),
    )


def _superiors(roles: pd.DataFrame) -> dict[str, str | None]:
    """The approver of each role; refuses a line of approvers that leads back to itself."""
    above: dict[str, str | None] = {
        role: approver if isinstance(approver, str) and approver else None
        for role, approver in zip(roles["role"], roles["approver_role"], strict=True)
    }
    for role, first in above.items():
        seen, step = {role}, first
        while step is not None:
            if step in seen:
                raise Refusal("approver_circle", role=role)
            seen.add(step)
            step = above.get(step)
    return above


def _limits(roles: pd.DataFrame, column: str) -> dict[str, float]:
    """The limit of each role; infinite at the top of a line where none is typed, NaN where one is missing."""
    top = roles["approver_role"].isna() | (roles["approver_role"] == "")
    limit = roles[column].astype(float).to_numpy()
    limit = np.where(np.isnan(limit) & top.to_numpy(bool), np.inf, limit)
    return dict(zip(roles["role"], limit.tolist(), strict=True))


def _approver(role: str, value: float, limits: dict[str, float], above: dict[str, str | None]) -> str | None:
    """The first role up the line whose limit suffices."""
    step = above.get(role)
    while step is not None and not value <= limits.get(step, np.nan) + 1e-9:
        step = above.get(step)
    return step
