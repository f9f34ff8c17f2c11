"""Checks over many rows: trees without circles, weights and shares that make a whole, what a stage asks for, rates."""

import numpy as np
import pandas as pd

from xlsales.validate.cells import Mask
from xlsales.validate.findings import ERROR, NOTE, WARNING
from xlsales.validate.references import STAGES, Readings
from xlsales.validate.rules import Settings
from xlsales.validate.table import Reading

TREES = (
    ("org_units", "unit", "parent"),
    ("regions", "region", "parent"),
    ("channels", "channel", "parent"),
    ("salespeople", "salesperson", "manager"),
)
WHOLE = 1e-6  # shares and weights add up to 1 but for the last digits of a float


def check_trees(readings: Readings) -> None:
    """Leave out rows that are their own ancestors; a row that is its own parent becomes a top."""
    for table, key, parent in TREES:
        reading = readings.get(table)
        if reading is None or not len(reading.frame):
            continue
        frame, findings = reading.frame, reading.findings
        own = (frame[key] == frame[parent]).fillna(False).to_numpy(dtype=bool)
        if own.any():
            findings.rows("tree_self", parent, own, WARNING)
            frame.loc[own, parent] = None
        used = np.flatnonzero(~findings.left_out & frame[key].notna().to_numpy())
        names = pd.Index(frame[key].iloc[used])
        up = names.get_indexer(frame[parent].iloc[used].fillna(""))
        circle = in_circle(up)
        chains = [_chain(names, up, place) for place in np.flatnonzero(circle).tolist()]
        findings.rows("tree_circle", parent, used[circle], ERROR, {"chain": chains})


def in_circle(up: np.ndarray) -> Mask:
    """Which members are their own ancestors. up: (n,) place of each member's parent, -1 for none.

    >>> in_circle(np.array([1, 2, 1, 0, -1])).tolist()
    [False, True, True, False, False]
    """
    count = len(up)
    far = np.append(np.where(up < 0, count, up), count)
    # After at least as many steps as there are members, whoever has not reached the top is inside a circle.
    for _ in range(max(count, 1).bit_length()):
        far = far[far]
    circle = np.zeros(count + 1, dtype=bool)
    circle[far[:count]] = True
    return circle[:count]


def _chain(names: pd.Index, up: np.ndarray, place: int) -> str:
    """The circle in words, cut when it is long."""
    chain, here = [str(names[place])], int(up[place])
    while here != place and len(chain) < 6:
        chain.append(str(names[here]))
        here = int(up[here])
    return " → ".join([*chain, "…" if here != place else str(names[place])])


def check_sums(readings: Readings) -> None:
    """Shares of a line and weights of a role make a whole; plan weights are not all nothing."""
    shares = readings.get("order_credits")
    if shares is not None and len(shares.frame):
        _whole(shares, ["order", "line"], "share", "credits_not_whole")
        _lines(shares, readings.get("orders"))
    kpis = readings.get("kpis")
    if kpis is not None and len(kpis.frame):
        _whole(kpis, ["role"], "weight", "weights_not_whole", "weights_zero")
    plan = readings.get("plan")
    if plan is not None and plan.frame["weight"].notna().any():
        good = plan.good
        given = good.dropna(subset=["weight"])
        sums = given.groupby(["version", "measure", "period"])["weight"].sum()
        if (sums == 0).any():
            plan.findings.table_wide("plan_weights_zero", "weight", NOTE, count=int((sums == 0).sum()))


def _whole(reading: Reading, keys: list[str], column: str, code: str, zero: str = "") -> None:
    """Leave out the rows of each group whose column does not add up to 1."""
    frame, findings = reading.frame, reading.findings
    used = ~findings.left_out
    sums = frame[column].where(used).groupby([frame[key] for key in keys]).transform("sum").to_numpy()
    wrong = used & (np.abs(sums - 1) > WHOLE)
    if not wrong.any():
        return
    nothing = wrong & (sums == 0) if zero else np.zeros(len(frame), dtype=bool)
    names = frame[keys].agg(" / ".join, axis=1) if len(keys) > 1 else frame[keys[0]]
    for name, where in ((code, wrong & ~nothing), (zero, nothing)):
        if name and where.any():
            shown = [f"{value * 100:.6g}%" for value in sums[where]]
            findings.rows(name, column, where, ERROR, {"member": names[where].tolist(), "total": shown})


def _lines(shares: Reading, orders: Reading | None) -> None:
    """Split credit of lines that no order has."""
    if orders is None or not len(orders.frame):
        return
    lines = pd.MultiIndex.from_frame(orders.frame[["order", "line"]])
    named = pd.MultiIndex.from_frame(shares.frame[["order", "line"]])
    lost = ~named.isin(lines) & shares.frame[["order", "line"]].notna().all(axis=1).to_numpy()
    values = [" / ".join(pair) for pair in named[lost]]
    shares.findings.rows("credit_of_no_line", "order", lost, ERROR, {}, values)


def check_stages(readings: Readings) -> None:
    """From proposal on an opportunity needs a value and a close date; lost without a value is only worth a word."""
    deals = readings.get("opportunities")
    if deals is None or not len(deals.frame):
        return
    order, category = _stages(readings.get("stages"))
    frame, findings = deals.frame, deals.findings
    rank = frame["stage"].map(order).astype(float)
    kind = frame["stage"].map(category).fillna("")
    closed = kind.isin(["won", "lost"]).to_numpy()
    due = (rank >= order.get("proposal", np.inf)).to_numpy() | closed
    lost = (kind == "lost").to_numpy(dtype=bool)
    valueless = frame["value"].isna().to_numpy()
    for code, column, where, severity in (
        ("stage_needs_value", "value", due & ~lost & valueless, ERROR),
        ("lost_without_value", "value", lost & valueless, WARNING),
        ("stage_needs_date", "close_date", due & frame["close_date"].isna().to_numpy(), ERROR),
    ):
        wanted = where & ~_noted(deals, column)
        findings.rows(code, column, wanted, severity, {"stage": frame["stage"][wanted].tolist()})


def _noted(reading: Reading, column: str) -> Mask:
    """Rows of whose column an error is noted already."""
    noted = np.zeros(len(reading.frame), dtype=bool)
    for entry in reading.findings.entries:
        if entry.column == column and entry.severity == ERROR:
            noted[entry.rows] = True
    return noted


def _stages(stages: Reading | None) -> tuple[dict[str, float], dict[str, str]]:
    """The order and the category of each stage."""
    if stages is None or not len(stages.good):
        return {stage: float(rank) for rank, stage in enumerate(STAGES)}, {"won": "won", "lost": "lost"}
    frame = stages.good
    return dict(zip(frame["stage"], frame["order"], strict=True)), dict(
        zip(frame["stage"], frame["category"], strict=True)
    )


def check_rates(readings: Readings, settings: Settings) -> None:
    """Order lines in a currency for which no rate was known on their day cannot be counted."""
    orders = readings.get("orders")
    if orders is None or not orders.frame["currency"].notna().any():
        return
    frame = orders.frame
    foreign = (frame["currency"].notna() & (frame["currency"] != settings.get("currency"))).to_numpy()
    if not foreign.any():
        return
    rates = readings.get("fx_rates")
    known = rates.good.groupby("currency")["date"].min() if rates is not None else pd.Series(dtype="datetime64[s]")
    since = known.reindex(frame["currency"]).to_numpy()
    missing = foreign & ~(since <= frame["date"].to_numpy()) & frame["date"].notna().to_numpy()
    facts = {"currency": settings.get("currency"), "day": [str(day)[:10] for day in frame["date"][missing]]}
    orders.findings.rows("rate_missing", "currency", missing, ERROR, facts)
