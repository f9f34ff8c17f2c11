"""Where a target comes from: candidates from six sides, the decision, and whether the five quantities fit together."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from xlsales.core.hierarchy import Floats
from xlsales.core.refusal import Refusal

# method: the columns it needs (all of them; a blank leaves the candidate blank and is named)
CANDIDATES: dict[str, tuple[str, ...]] = {
    "last_year": ("last_year",),
    "growth": ("last_year", "growth_low", "growth_high"),
    "break_even": ("fixed_cost", "planned_profit", "marginal_rate"),
    "market_share": ("market_size", "share"),
    "capacity": ("heads", "ramp", "productivity"),
    "bottom_up": ("commitments",),
}
# relation: the quantity it derives, and the columns from which
RELATIONS: dict[str, tuple[str, tuple[str, ...]]] = {
    "sales_is_volume_times_price": ("sales", ("volume", "price")),
    "margin_is_sales_less_cost": ("margin", ("sales", "cost")),
    "profit_is_margin_less_expense": ("profit", ("margin", "expense")),
}
COLLECTIONS = "collections_follow_sales"


def triangulate(facts: pd.DataFrame) -> pd.DataFrame:
    """The candidates for each member's target: one row per member and method.

    facts: member and any of last_year, growth_low, growth_high (0.05 is 5 %), fixed_cost, planned_profit,
    marginal_rate, market_size, share, heads, ramp (mean ramped share of a head, 1 = all productive), productivity
    (per head and period), commitments (sum of the children's). Returns member, method, low, value, high (money) and
    missing (the columns that were blank, then the figures are blank). Break-even is
    (fixed cost + planned profit) / marginal rate; growth gives the middle of its band.

    >>> facts = pd.DataFrame({"member": ["n"], "last_year": [100.0], "growth_low": [0.0], "growth_high": [0.2]})
    >>> found = triangulate(facts)
    >>> found.loc[found["method"] == "growth", ["low", "value", "high"]].to_numpy().tolist()
    [[100.0, 110.0, 120.0]]
    """
    columns = {name: column(facts, name) for needs in CANDIDATES.values() for name in needs}
    rate = columns["marginal_rate"]
    if ((rate <= 0) | (rate > 1)).any():
        row = int(np.argmax((rate <= 0) | (rate > 1)))
        raise Refusal("marginal_rate", member=facts["member"].iloc[row], rate=float(rate[row]))
    low, high = (columns["last_year"] * (1 + columns[name]) for name in ("growth_low", "growth_high"))
    exact = {
        "last_year": columns["last_year"],
        "break_even": (columns["fixed_cost"] + columns["planned_profit"]) / rate,
        "market_share": columns["market_size"] * columns["share"],
        "capacity": columns["heads"] * columns["ramp"] * columns["productivity"],
        "bottom_up": columns["commitments"],
    }
    bands = {name: (value, value, value) for name, value in exact.items()} | {"growth": (low, (low + high) / 2, high)}
    parts = []
    for method, needs in CANDIDATES.items():
        part = pd.DataFrame(dict(zip(("low", "value", "high"), bands[method], strict=True)))
        part.insert(0, "member", facts["member"].to_numpy())
        part.insert(1, "method", method)
        part["missing"] = [
            ", ".join(name for name in needs if np.isnan(columns[name][row])) for row in range(len(part))
        ]
        parts.append(part)
    order = np.arange(len(facts) * len(CANDIDATES)).reshape(len(CANDIDATES), -1).T.ravel()
    return pd.concat(parts, ignore_index=True).iloc[order].reset_index(drop=True)


def decide(candidates: pd.DataFrame, decisions: pd.DataFrame) -> pd.DataFrame:
    """Each decision beside its candidates.

    decisions: member, target, reason (blank until somebody gives one). Returns member, target, reason, lowest, middle
    (median of the candidates), highest, growth (against last year), gap_bottom_up (target less commitments),
    covers_break_even and within_capacity (True, False, missing where unknown), and asks_reason: the target lies outside
    its candidates and nobody said why.

    >>> found = triangulate(pd.DataFrame({"member": ["n"], "last_year": [100.0], "commitments": [104.0]}))
    >>> decision = decide(found, pd.DataFrame({"member": ["n"], "target": [110.0], "reason": [None]}))
    >>> decision[["growth", "gap_bottom_up", "asks_reason"]].to_numpy().tolist()
    [[0.1, 6.0, True]]
    """
    unknown = set(decisions["member"]) - set(candidates["member"])
    if unknown:
        raise Refusal("decision_without_candidates", members=sorted(map(str, unknown))[:10])
    sides = candidates.groupby("member", sort=False).agg(
        lowest=("low", "min"), middle=("value", "median"), highest=("high", "max")
    )
    wide = candidates.pivot_table(index="member", columns="method", values="value", dropna=False)
    wide = wide.reindex(columns=list(CANDIDATES))
    found = decisions[["member", "target", "reason"]].reset_index(drop=True)
    found = found.join(sides, on="member")
    target = found["target"].astype("float64")
    side = wide.reindex(found["member"]).reset_index(drop=True)
    last = side["last_year"].where(side["last_year"] > 0)
    found["growth"] = ((target - last) / last).round(12)
    found["gap_bottom_up"] = target - side["bottom_up"]
    found["covers_break_even"] = _known(target >= side["break_even"], side["break_even"])
    found["within_capacity"] = _known(target <= side["capacity"], side["capacity"])
    outside = (target < found["lowest"]) | (target > found["highest"])
    silent = found["reason"].isna() | (found["reason"].astype("str").str.strip() == "")
    found["asks_reason"] = outside & silent
    return found


def growth_band(values: Floats, low: float = 0.1, high: float = 0.9) -> tuple[float, float]:
    """The quantiles (P10, P90) of year-over-year growth; years in a row, oldest first; NaN, NaN under three growths.

    >>> growth_band(np.array([100.0, 110.0, 121.0, 133.1]))
    (0.1, 0.1)
    """
    before, after = values[:-1], values[1:]
    known = ~np.isnan(before) & ~np.isnan(after) & (before > 0)
    rates = after[known] / before[known] - 1
    if len(rates) < 3:
        return np.nan, np.nan
    return round(float(np.quantile(rates, low)), 12), round(float(np.quantile(rates, high)), 12)


def coherence(plan: pd.DataFrame, profile: Sequence[float] | None = None, unit: float = 1.0) -> pd.DataFrame:
    """Whether a target set's quantities fit together, relation by relation, within one rounding unit.

    plan: member, period (in order of time within a member) and any of sales, volume, price, cost, margin, expense,
    profit, collections, opening (cash that receivables from before bring in the period; type 0 for none). profile: the
    share of a period's sales collected k periods later (k = 0, 1, ...). Returns member, period, relation, stated,
    derived, difference and fits; a relation with a blank is left out. Refuses profile_sum: more than 1 together.

    >>> plan = pd.DataFrame({"member": ["n"], "period": ["2026"], "sales": [100.0], "cost": [60.0], "margin": [45.0]})
    >>> coherence(plan)[["relation", "difference", "fits"]].to_numpy().tolist()
    [['margin_is_sales_less_cost', 5.0, False]]
    """
    parts = []
    for relation, (stated, (left, right)) in RELATIONS.items():
        first, second = column(plan, left), column(plan, right)
        derived = first * second if relation == "sales_is_volume_times_price" else first - second
        parts.append(_relation(plan, relation, column(plan, stated), derived))
    if profile is not None:
        shares = np.asarray(profile, dtype=np.float64)
        if (shares < 0).any() or shares.sum() > 1 + 1e-9:
            raise Refusal("profile_sum", sum=float(shares.sum()))
        sales = pd.Series(column(plan, "sales"))
        members = plan["member"].reset_index(drop=True)
        derived = column(plan, "opening")
        for lag, part in enumerate(shares):
            earlier = sales.groupby(members, sort=False).shift(lag)
            before = (members.groupby(members, sort=False).cumcount() < lag).to_numpy()  # in the opening receivables
            derived = derived + part * np.where(before, 0.0, earlier.to_numpy())
        parts.append(_relation(plan, COLLECTIONS, column(plan, "collections"), derived))
    found = pd.concat(parts, ignore_index=True)
    found["difference"] = found["stated"] - found["derived"]
    found["fits"] = found["difference"].abs() <= unit * (1 + 1e-9)
    return found


def _relation(plan: pd.DataFrame, relation: str, stated: Floats, derived: Floats) -> pd.DataFrame:
    """The rows of one relation whose figures are all known."""
    rows = plan[["member", "period"]].reset_index(drop=True)
    rows["relation"], rows["stated"], rows["derived"] = relation, stated, derived
    return rows.dropna(subset=["stated", "derived"])


def column(frame: pd.DataFrame, name: str) -> Floats:
    """A column as numbers; all blank where the frame has none."""
    if name not in frame:
        return np.full(len(frame), np.nan)
    return frame[name].to_numpy(dtype=np.float64, na_value=np.nan)


def _known(flags: pd.Series, needed: pd.Series) -> pd.Series:
    """Flags, missing where the figure behind them is."""
    return flags.astype("boolean").mask(needed.isna().to_numpy())
