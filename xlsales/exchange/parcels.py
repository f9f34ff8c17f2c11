"""Whose rows of the plan are whose: one parcel per manager, region or salesperson."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd

from xlsales.problems import InputError, Problem
from xlsales.schema.targets import MEASURES

BY = ("manager", "region", "salesperson")
DIMENSIONS = ("region", "salesperson", "product", "customer", "segment", "channel")
Key = tuple[str, ...]  # measure, then the dimensions; "" where the plan names none
Frames = Mapping[str, pd.DataFrame]


@dataclass(frozen=True)
class Planned:
    """A cell of the plan. row: its place in the plan's frame."""

    value: float
    held: bool = False
    lower: float | None = None
    upper: float | None = None
    row: int = -1


@dataclass(frozen=True)
class Parcel:
    """The rows of one owner. cells: by row and period; a period that a row does not plan is not there."""

    owner: str
    name: str
    by: str
    version: str
    keys: tuple[Key, ...]
    periods: tuple[str, ...]
    cells: Mapping[tuple[Key, str], Planned] = field(repr=False)


def current_version(tables: Frames) -> str:
    """The version made last; without a list of versions the last of the plan. Refuses a plan without rows."""
    plan, versions = tables["plan"], tables["plan_versions"]
    if plan.empty:
        raise InputError(Problem("exchange_no_plan"))
    known = versions[versions["version"].isin(plan["version"])]
    if known.empty:
        return str(plan["version"].iloc[-1])
    return str(known.sort_values("created", kind="stable", na_position="first")["version"].iloc[-1])


def parcels(tables: Frames, version: str, by: str) -> tuple[dict[str, Parcel], int]:
    """The parcels of a version by owner, and how many rows of the plan belong to nobody.

    by manager: a row goes to the manager of its salesperson, who has none keeps the own row. Each row of the plan is in
    one parcel at most. Refuses a version that the plan does not have.
    """
    plan = tables["plan"]
    mine = plan[plan["version"] == version]
    if mine.empty:
        raise InputError(Problem("exchange_no_version", value=version))
    owners = owners_of(tables, mine, by)
    lost = owners == ""
    unowned = len(mine.loc[lost, ["measure", *DIMENSIONS]].drop_duplicates())
    names = names_of(tables, by)
    return {
        owner: parcel(mine[owners == owner], (owner, names.get(owner, owner)), version, by)
        for owner in dict.fromkeys(owner for owner in owners if owner)
    }, unowned


def owners_of(tables: Frames, rows: pd.DataFrame, by: str) -> pd.Series:
    """Who answers for each row of the plan; "" for nobody."""
    if by != "manager":
        return rows[by].fillna("").astype("str")
    people = tables["salespeople"]
    managers = people["manager"].where(people["manager"].notna(), people["salesperson"])
    above = dict(zip(people["salesperson"], managers, strict=True))
    return rows["salesperson"].map(lambda person: "" if pd.isna(person) else above.get(person, "")).astype("str")


def names_of(tables: Frames, by: str) -> dict[str, str]:
    """The owners' names by code."""
    table, key = ("regions", "region") if by == "region" else ("salespeople", "salesperson")
    known = tables[table][tables[table]["name"].notna()]
    return dict(zip(known[key], known["name"], strict=True))


def parcel(rows: pd.DataFrame, owner: tuple[str, str], version: str, by: str) -> Parcel:
    """The rows of the plan that one owner answers for."""
    order = {measure: number for number, measure in enumerate(MEASURES)}
    parts = [rows[name].astype(object).where(rows[name].notna(), "") for name in ("measure", *DIMENSIONS)]
    keys = list(zip(*(part.tolist() for part in parts), strict=True))
    columns = ("period", "value", "held", "lower", "upper")
    cells = {
        (key, str(period)): Planned(float(value), _yes(held), _number(lower), _number(upper), int(at))
        for key, at, period, value, held, lower, upper in zip(
            keys, rows.index, *(rows[name].tolist() for name in columns), strict=True
        )
    }
    ordered = sorted(dict.fromkeys(keys), key=lambda key: order[key[0]])
    periods = tuple(sorted(dict.fromkeys(str(period) for period in rows["period"])))
    return Parcel(*owner, by, version, tuple(ordered), periods, cells)


def _yes(cell: object) -> bool:
    return not pd.isna(cell) and bool(cell)  # type: ignore[call-overload]


def _number(cell: object) -> float | None:
    return None if pd.isna(cell) else float(cell)  # type: ignore[call-overload, arg-type]
