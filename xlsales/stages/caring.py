"""Stage 4, customers and markets: who went quiet, what to offer, satisfaction, market share, promotions."""

import pandas as pd

from xlsales.core.calendar import first_day, last_day, parse_period, period_keys
from xlsales.core.comparing import compared, spans
from xlsales.core.customer_care import market_share, satisfaction
from xlsales.core.customers import lapsed, offers
from xlsales.core.promotions import promotion_effects
from xlsales.core.ratio import ratio
from xlsales.stages.beside import same_period_before
from xlsales.stages.cycle import Cycle, Frames, names
from xlsales.stages.lines import calendar, given, tree_of
from xlsales.stages.quantities import cube_of, from_every_level, with_names
from xlsales.stages.teams import MANAGER, PERSON, by_manager

COMPARED = ("company", "region", "salesperson", "product_line", "product")
TOP_CUSTOMERS, OFFERS = 50, 3
KEYS = ["region", "product", "period"]
MARKET_WORDS = {"share": "market_share", "target": "target_share", "gap": "share_gap", "money": "missing_sales"}


def comparisons(cycle: Cycle) -> Frames:
    """`comparisons`: the five against last year and the period before, of every member that can be looked at."""
    lines, cash = cycle.found["lines"], cycle.found.get("cash")
    first = cycle.found["whole_lines"]["date"].min()
    paid = None if cash is None or cash.empty else cash["date"].min()
    if pd.isna(first) and paid is None:
        return {}
    days = calendar(cycle)
    known = (
        None if lines.empty or pd.isna(first) else _month_start(cycle, first),
        None if paid is None else _month_start(cycle, paid),
    )
    parts = []
    for dimension in COMPARED:
        by = None if dimension == "company" else dimension
        table = compared(cube_of(cycle, dimension), by, spans(cycle.as_of, days), known)
        parts.append(table.assign(dimension=dimension))
        if dimension == PERSON:
            parts.append(_of_managers(cycle, table).assign(dimension=MANAGER))
    return {"comparisons": with_names(cycle, pd.concat(parts, ignore_index=True))}


def _of_managers(cycle: Cycle, people: pd.DataFrame) -> pd.DataFrame:
    """The comparisons of teams: sums of their people's, the changes from the sums."""
    sums = by_manager(cycle, people, ["measure", "span", "from", "to"], ["actual", "last_year", "previous"])
    for name in ("last_year", "previous"):
        base = sums[name].where(sums[name] > 0)
        sums["change_" + name] = ratio(sums["actual"] - base, base)
    return sums


def _month_start(cycle: Cycle, moment: pd.Timestamp) -> pd.Timestamp:
    """The first day of a month: the first month that has anything counts as known."""
    key = str(period_keys(pd.Series([moment]), "month", calendar(cycle)).iloc[0])
    return pd.Timestamp(first_day(key, calendar(cycle)))


def quiet_customers(cycle: Cycle) -> Frames:
    """`lapsed_customers`: who has not ordered for twice their usual gap, the dearest first."""
    lines = cycle.found["whole_lines"]
    if lines.empty:
        return {}
    table = lapsed(lines, cycle.as_of)
    table = table[table["is_lapsed"].fillna(value=False)].sort_values("money", ascending=False, ignore_index=True)
    owner = cycle.tables["customers"].drop_duplicates("customer").set_index("customer")["salesperson"]
    people = names(cycle, "salesperson", table["customer"].map(owner).astype("str"))
    table = table.rename(columns={"money": "yearly_sales"})
    return {"lapsed_customers": table.assign(name=names(cycle, "customer", table["customer"]), salesperson=people)}


def next_offers(cycle: Cycle) -> Frames:
    """`next_products`: what to offer the customers with the largest sales of the last twelve months."""
    lines = cycle.found["whole_lines"]
    recent = lines[lines["date"] > cycle.as_of - pd.DateOffset(years=1)]
    if recent.empty:
        return {}
    top = recent.groupby("customer")["sales"].sum().nlargest(TOP_CUSTOMERS)
    table = offers(recent, top.index.tolist(), OFFERS).rename(columns={"customers": "buyers"})
    return {
        "next_products": table.assign(
            name=names(cycle, "customer", table["customer"].astype("str")),
            product_name=names(cycle, "product", table["product"].astype("str")),
            because_name=names(cycle, "product", table["because"].astype("str")),
        )
    }


def contentment(cycle: Cycle) -> Frames:
    """`satisfaction_view`: mean score and top-2-box share by quarter, of the company, regions and aspects."""
    scores = given(cycle, "satisfaction")
    if scores is None:
        return {}
    scores = scores[scores["date"] <= cycle.as_of]
    home = cycle.tables["customers"].drop_duplicates("customer").set_index("customer")["region"]
    scores = scores.assign(
        region=scores["customer"].map(home).astype("str"),
        company="",
        period=period_keys(scores["date"], "quarter", calendar(cycle)),
    )
    parts = []
    for dimension in ("company", "region", "aspect"):
        tree = tree_of(cycle, dimension)
        seen = scores if tree is None else from_every_level(scores, dimension, tree)
        rows = satisfaction(seen[seen[dimension].notna()], [dimension, "period"])
        parts.append(rows.rename(columns={dimension: "member"}).assign(dimension=dimension).astype({"member": "str"}))
    table = pd.concat(parts, ignore_index=True).rename(columns={"n": "answers"})
    keys = ["dimension", "member", "scale_max"]
    before = table.sort_values("period", kind="stable").groupby(keys)["mean_score"].shift(1)
    table["mean_score_last_year"] = same_period_before(table, keys, "mean_score", cycle)
    table["mean_score_previous"] = before.reindex(table.index)
    return {"satisfaction_view": with_names(cycle, table)}


def markets(cycle: Cycle) -> Frames:
    """`market_view`: our share of each market whose period is over, against the target; a running one is left blank."""
    market = given(cycle, "market")
    lines = cycle.found["whole_lines"]
    if market is None or lines.empty:
        return {}
    days = calendar(cycle)
    ends = pd.to_datetime(market["period"].map({key: last_day(key, days) for key in market["period"].unique()}))
    over = (ends <= cycle.as_of).to_numpy()
    goals = _share_targets(cycle)
    parts = []
    for named in (True, False):
        rows = market[market["region"].notna() == named]
        tree = tree_of(cycle, "region") if named else None
        seen = lines if tree is None else from_every_level(lines, "region", tree)
        parts.append(market_share(rows, _market_sales(cycle, seen, rows["period"].unique().tolist()), goals))
    table = pd.concat(parts, ignore_index=True).merge(market.assign(over=over)[[*KEYS, "over"]], on=KEYS, how="left")
    for figure in ("sales", "share", "gap", "money"):
        table[figure] = table[figure].where(table["over"])
    table = table.rename(columns=MARKET_WORDS)
    table["market_share_last_year"] = same_period_before(table, ["region", "product"], "market_share", cycle)
    return {
        "market_view": table.assign(
            name=names(cycle, "region", table["region"].astype("str")).where(table["region"].notna()),
            product_name=names(cycle, "product", table["product"].astype("str")).where(table["product"].notna()),
        )
    }


def _market_sales(cycle: Cycle, lines: pd.DataFrame, periods: list[str]) -> pd.DataFrame:
    """Sales by region and product in periods of any level."""
    days = calendar(cycle)
    parts = [pd.DataFrame({**{key: pd.Series(dtype="str") for key in KEYS}, "sales": pd.Series(dtype="float64")})]
    for level in dict.fromkeys(parse_period(key, days).level for key in periods):
        keyed = lines.assign(period=period_keys(lines["date"], level, days))
        keyed = keyed[keyed["period"].isin(periods)]
        parts.append(keyed.groupby(KEYS, dropna=False)["sales"].sum().reset_index())
    return pd.concat(parts, ignore_index=True)


def _share_targets(cycle: Cycle) -> pd.DataFrame:
    """Targets of market share in the shape of markets."""
    goals = cycle.tables["targets"]
    goals = goals[(goals["measure"] == "market_share") & goals["scope"].isin(["company", "region", "product"])]
    rows = pd.DataFrame(
        {
            "region": goals["member"].where(goals["scope"] == "region"),
            "product": goals["member"].where(goals["scope"] == "product"),
            "period": goals["period"],
            "target": goals["target"],
        }
    )
    return rows.dropna(subset=["period"]).drop_duplicates(KEYS)


def campaigns(cycle: Cycle) -> Frames:
    """`promotion_effects`: what each promotion sold beyond the days before it, and what its cost returned."""
    promotions, lines = given(cycle, "promotions"), cycle.found["whole_lines"]
    if promotions is None or lines.empty:
        return {}
    begun = promotions[promotions["from"] <= cycle.as_of].reset_index(drop=True)
    if begun.empty:
        return {}
    lines = lines.assign(region=lines["region"].fillna(""))
    tree = tree_of(cycle, "region")
    above = lines if tree is None else from_every_level(lines, "region", tree)
    # A promotion of a region also concerns the regions below it; one of all regions counts every line once.
    whole, local = (promotion_effects(begun, seen, cycle.as_of) for seen in (lines, above))
    everywhere = begun["region"].isna()
    table = pd.concat([whole[everywhere], local[~everywhere]]).sort_index()
    kept = begun[["promotion", "kind", "product", "region", "from", "to"]]
    table = kept.merge(table, on="promotion")
    return {"promotion_effects": table.rename(columns={"days": "elapsed_days", "return": "return_rate"})}
