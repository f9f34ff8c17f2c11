"""Gaps against target, sized by cause and ranked."""

from collections.abc import Sequence

import pandas as pd

from xlsales.core.causes import BRIDGED, EFFECT, NEGLIGIBLE, OTHER, UNIT_PRICED, Drivers, drivers_of, shortfall_causes
from xlsales.core.curves import attainment
from xlsales.core.offending import refuse_where
from xlsales.core.refusal import Refusal

MONEY = ("sales", "margin", "profit", "collections")
ADDITIVE = (*MONEY, "volume", "visits", "calls", "demos")  # several rows of one member are summed
COLUMNS = ["member", "measure", "target", "actual", "gap", "attainment", "cause", "size", "rank"]


def gaps(
    targets: pd.DataFrame,
    actuals: pd.DataFrame,
    by: str | Sequence[str] = "",
    drivers: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Target against actual, the shortfall split into its causes, the largest first.

    targets: measure, target; actuals: measure, actual, or one column per measure; drivers: measure, driver, target,
    actual; each with the member in the columns of `by`, or in `member`. by: a scope ("region": a column of that name,
    or the rows of that scope), or several columns, whose values are joined with " / ". Several rows of a member and
    measure are summed where the measure may be. Returns member, measure, target, actual, gap (target - actual, above 0
    a shortfall), attainment, cause, size, rank: one row per cause. The sizes of a shortfall add to it and none exceeds
    it; the part that the drivers do not explain has the cause "other"; without drivers the cause is blank; a target
    that is reached has size 0; without an actual gap, size and rank are blank. Ranks: money first, by size; then other
    measures by share of target. Source: DEFINITIONS 11.
    Refuses columns_missing, measure_not_additive, driver_unknown, driver_twice, driver_negative.

    >>> goal = pd.DataFrame({"member": ["North"], "measure": ["sales"], "target": [100.0]})
    >>> done = pd.DataFrame({"member": ["North"], "measure": ["sales"], "actual": [80.0]})
    >>> why = pd.DataFrame({"member": ["North"], "measure": ["sales"], "driver": ["mix_effect"],
    ...                     "target": [0.0], "actual": [-15.0]})
    >>> gaps(goal, done, drivers=why)[["gap", "cause", "size", "rank"]].values.tolist()
    [[20.0, 'mix', 15.0, 1.0], [20.0, 'other', 5.0, 2.0]]
    """
    keys = ["member", "measure"]
    wanted = _summed(_with_member(targets, by, ("measure", "target")), "target")
    reached = _summed(_long(_with_member(actuals, by, ()), wanted["measure"]), "actual")
    table = wanted.merge(reached, on=keys, how="left", validate="one_to_one")
    table["gap"] = table["target"] - table["actual"]
    table["attainment"] = attainment(table["actual"], table["target"])
    rows = _causes(table, drivers if drivers is None else _with_member(drivers, by, ("measure", "driver")))
    result = table.merge(rows, on=keys, how="left", validate="one_to_many")
    result["cause"] = result["cause"].astype("str").fillna("")
    whole = result["cause"] == ""
    result["size"] = result["size"].where(~whole, result["gap"].clip(lower=0))
    return _ranked(result)[COLUMNS]


def _with_member(frame: pd.DataFrame, by: str | Sequence[str], needed: tuple[str, ...]) -> pd.DataFrame:
    """The frame with the member in one column."""
    columns = [by] if isinstance(by, str) and by else list(by)
    if len(columns) == 1 and columns[0] not in frame and {"scope", "member"} <= set(frame):
        frame = frame[frame["scope"] == columns[0]]
        columns = ["member"]
    columns = columns or ["member"]
    missing = [column for column in (*columns, *needed) if column not in frame]
    if missing:
        raise Refusal("columns_missing", columns=", ".join(missing))
    parts = [frame[column].astype("str").fillna("") for column in columns]
    member = parts[0]
    for part in parts[1:]:
        member = member + " / " + part
    texts = {column: "str" for column in ("measure", "driver") if column in frame}
    return frame.assign(member=member).astype(texts)


def _long(actuals: pd.DataFrame, measures: pd.Series) -> pd.DataFrame:
    """One row per measure, also where the actuals come with one column per measure."""
    if "measure" in actuals:
        return actuals
    present = [measure for measure in pd.unique(measures) if measure in actuals]
    long = actuals.melt(id_vars="member", value_vars=present, var_name="measure", value_name="actual")
    return long.astype({"measure": "str", "actual": "float64"})


def _summed(frame: pd.DataFrame, value: str) -> pd.DataFrame:
    """One row per member and measure; blanks are left out, and nothing but blanks stays blank."""
    if value not in frame:
        raise Refusal("columns_missing", columns=value)
    known = frame[frame[value].notna()]
    twice = known.duplicated(["member", "measure"]) & ~known["measure"].isin(ADDITIVE)
    refuse_where(twice, "measure_not_additive", known, "member", "measure")
    sums = frame.groupby(["member", "measure"], sort=False)[value].sum(min_count=1)
    return sums.reset_index()


def _causes(table: pd.DataFrame, drivers: pd.DataFrame | None) -> pd.DataFrame:
    """The sized causes of every shortfall that has drivers: member, measure, cause, size."""
    found = [pd.DataFrame({"member": [], "measure": [], "cause": []}, dtype="str").assign(size=0.0)]
    if drivers is not None:
        short = table[table["gap"] > 0]
        for measure, rows in short.groupby("measure", sort=False):
            known = drivers[(drivers["measure"] == measure) & drivers["member"].isin(rows["member"])]
            rows = rows[rows["member"].isin(known["member"])]  # noqa: PLW2901 - only shortfalls with drivers have causes
            if len(rows):
                aligned = _aligned(str(measure), rows, known) | _volume_beside(str(measure), rows, known, table)
                found.append(_causes_of(str(measure), rows, aligned))
    return pd.concat(found, ignore_index=True)


def _aligned(measure: str, rows: pd.DataFrame, drivers: pd.DataFrame) -> Drivers:
    """Each driver's target and actual, one per row, NaN where it has none."""
    allowed = drivers_of(measure)
    strange = ~drivers["driver"].isin(allowed) & ~drivers["driver"].str.endswith(EFFECT)
    listed = ", ".join(sorted(allowed))
    refuse_where(strange, "driver_unknown", drivers, "driver", "measure", known=listed)
    refuse_where(drivers.duplicated(["member", "driver"]), "driver_twice", drivers, "member", "measure", "driver")
    in_money = drivers["driver"].str.endswith(EFFECT) | drivers["driver"].isin([*BRIDGED, "margin"])
    below = (drivers["target"] < 0) | (drivers["actual"] < 0)
    refuse_where(below & ~in_money, "driver_negative", drivers, "member", "measure", "driver")
    aligned: Drivers = {}
    for name, part in drivers.groupby("driver", sort=False):
        cells = part.set_index("member").reindex(rows["member"])
        aligned[str(name)] = (cells["target"].to_numpy(float), cells["actual"].to_numpy(float))
    return aligned


def _volume_beside(measure: str, rows: pd.DataFrame, drivers: pd.DataFrame, table: pd.DataFrame) -> Drivers:
    """The volume that a price or cost needs, from the members' own volume targets where no driver gives it."""
    named = set(drivers["driver"])
    if measure not in UNIT_PRICED or "volume" in named or not named & {"price", "cost"}:
        return {}
    cells = table[table["measure"] == "volume"].set_index("member").reindex(rows["member"])
    return {"volume": (cells["target"].to_numpy(float), cells["actual"].to_numpy(float))}


def _causes_of(measure: str, rows: pd.DataFrame, drivers: Drivers) -> pd.DataFrame:
    """The sized causes of the shortfalls of one measure."""
    sizes = shortfall_causes(measure, rows["target"].to_numpy(float), rows["actual"].to_numpy(float), drivers)
    gap = rows["gap"].to_numpy(float)
    frames = []
    for cause, size in sizes.items():
        counts = size > NEGLIGIBLE * gap
        members = rows["member"].array[counts]
        frames.append(pd.DataFrame({"member": members, "measure": measure, "cause": cause, "size": size[counts]}))
    return pd.concat(frames, ignore_index=True).astype({"measure": "str", "cause": "str"})


def _ranked(result: pd.DataFrame) -> pd.DataFrame:
    """Largest first: money by size, then the rest by share of target; rank blank where the gap is."""
    money = result["measure"].isin(MONEY)
    share = result["size"] / result["target"].abs().where(result["target"] != 0)
    order = result.assign(_later=~money, _weight=share.where(~money, result["size"]), _rest=result["cause"] == OTHER)
    order = order.sort_values(["_later", "_weight", "_rest"], ascending=[True, False, True], kind="stable")
    known = order["size"].notna()
    order["rank"] = known.cumsum().where(known).astype(float)
    return order.reset_index(drop=True)
