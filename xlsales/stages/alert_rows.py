"""Stage 4: in which rows of which result table each alert can be seen."""

import pandas as pd

from xlsales.stages.cycle import Cycle

# The table that shows an alert, and how its columns must read: a column of the alert, or a fixed value in quotes.
SEEN: dict[str, tuple[str, dict[str, str]]] = {
    "behind_pace": ("pace", {"measure": "measure", "scope": "scope", "member": "member"}),
    "margin_rate_falling": ("margin_report", {"dimension": "scope", "member": "member"}),
    "discount_over_limit": ("approvals", {"kind": "'discount", "salesperson": "name"}),
    "concentration": ("five_quantities", {"dimension": "scope", "member": "member"}),
    "overdue_over_limit": ("credit_watch", {"customer": "member"}),
    "pipeline_thin": ("coverage", {"salesperson": "member"}),
    "target_without_plan": ("attainment", {"measure": "measure", "scope": "scope", "member": "member"}),
    "activity_below_plan": ("attainment", {"measure": "measure", "scope": "scope", "member": "member"}),
    "satisfaction_falling": ("satisfaction_view", {"dimension": "scope", "member": "member"}),
}


def with_rows(cycle: Cycle, alerts: pd.DataFrame) -> pd.DataFrame:
    """The alerts with seen_in (a result table) and first_seen, last_seen: the run of its rows, from 0; blank for none.

    Where the rows of a member do not follow each other, the first run of them is taken.
    """
    found: list[tuple[str, float, float]] = []
    places: dict[str, dict[tuple[str, ...], list[int]]] = {}
    for row in alerts.to_dict("records"):
        table, keys = SEEN[row["alert"]]
        if table not in places:
            places[table] = _places(cycle, table, list(keys))
        wanted = tuple(value[1:] if value.startswith("'") else str(row[value]) for value in keys.values())
        at = places[table].get(wanted, [])
        if not at:  # the table is known, the rows are not
            found.append((table if cycle.found.get(table) is not None else "", float("nan"), float("nan")))
            continue
        last = next((here for here, after in zip(at, [*at[1:], -1], strict=True) if after != here + 1), at[-1])
        found.append((table, float(at[0]), float(last)))
    columns = pd.DataFrame(found, columns=["seen_in", "first_seen", "last_seen"], index=alerts.index)
    return pd.concat([alerts, columns.astype({"seen_in": "str"})], axis=1)


def _places(cycle: Cycle, table: str, keys: list[str]) -> dict[tuple[str, ...], list[int]]:
    """The rows of a result table by what their key columns hold."""
    frame = cycle.found.get(table)
    if frame is None or frame.empty or any(key not in frame for key in keys):
        return {}
    found: dict[tuple[str, ...], list[int]] = {}
    columns = [frame[key].astype("str") for key in keys]
    for at, key in enumerate(zip(*columns, strict=True)):
        found.setdefault(key, []).append(at)
    return found
