"""Write the workbooks of everybody, all or none."""

import re
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from xlsales.exchange.form import Look, write_form
from xlsales.exchange.parcels import DIMENSIONS, Frames, Key, Parcel, current_version, parcels
from xlsales.labels import word
from xlsales.problems import InputError, Problem

UNSAFE = re.compile(r'[\\/:*?"<>|\x00-\x1f\s]+')
NAMED = {"region": "regions", "salesperson": "salespeople", "product": "products", "customer": "customers"}


@dataclass(frozen=True)
class Sent:
    """What was written. unowned: rows of the plan that belong to nobody."""

    version: str
    by: str
    files: tuple[Path, ...]
    rows: int
    unowned: int


def distribute(
    folder: Path, tables: Frames, settings: Mapping[str, Any], how: tuple[str, str], look: tuple[str, datetime]
) -> Sent:
    """Write a workbook for each owner into a folder, which is made if need be; a file is never overwritten.

    how: by what to part (manager, region, salesperson) and the version, "" for the current one. look: language and
    time. Refuses where no row has an owner, or a file exists already: it may be an answer.
    """
    by, wanted = how
    version = wanted or current_version(tables)
    found, unowned = parcels(tables, version, by)
    if not found:
        named = word("exchange.by." + by, look[0])
        raise InputError(Problem("exchange_no_owner", facts={"version": version, "by": named}))
    paths = {owner: folder / file_name(version, owner, look[0]) for owner in found}
    for path in paths.values():
        if path.exists():
            raise InputError(Problem("exchange_exists", source=str(path)))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".xlsales-", dir=folder) as place:
            for owner, parcel in found.items():
                write_form(Path(place) / paths[owner].name, parcel, look_of(tables, settings, parcel, look))
            for path in paths.values():
                shutil.move(Path(place) / path.name, path)
    except OSError as error:
        facts = {"reason": error.strerror or str(error)}
        raise InputError(Problem("target_failed", source=str(folder), facts=facts)) from error
    return Sent(version, by, tuple(paths.values()), sum(len(parcel.keys) for parcel in found.values()), unowned)


def file_name(version: str, owner: str, lang: str) -> str:
    """The name of an owner's file, without signs that a file system refuses.

    >>> file_name("base", "S 02/x", "en")
    'plan-base-S_02_x.xlsx'
    """
    return UNSAFE.sub("_", word("exchange.file", lang, version=version, owner=owner)) + ".xlsx"


def look_of(tables: Frames, settings: Mapping[str, Any], parcel: Parcel, look: tuple[str, datetime]) -> Look:
    """What the form of an owner says beside its rows."""
    names = {}
    for name, table in NAMED.items():
        known = tables[table]
        if "name" in known:
            rows = known[known["name"].notna()]
            names |= {(name, code): said for code, said in zip(rows[name], rows["name"], strict=True)}
    company = settings.get("company")
    return Look(
        look[0],
        look[1],
        int(settings["unit"]),
        str(settings["currency"]),
        "" if company is None else str(company),
        names,
        targets_of(tables, parcel),
    )


def targets_of(tables: Frames, parcel: Parcel) -> dict[Key, float]:
    """The year's target of each row that is all of a salesperson, else all of a region; none for finer rows."""
    years = {period[:4] for period in parcel.periods}
    if len(years) > 1:
        return {}
    targets = tables["targets"]
    yearly = targets[targets["period"].isin(years) & targets["target"].notna()]
    sums = yearly.assign(member=yearly["member"].fillna("")).groupby(["measure", "scope", "member"])["target"].sum()
    found = {}
    for key in parcel.keys:
        parts = dict(zip(DIMENSIONS, key[1:], strict=True))
        if any(parts[name] for name in DIMENSIONS if name not in {"region", "salesperson"}):
            continue
        scope = "salesperson" if parts["salesperson"] else "region"
        place = 1 + DIMENSIONS.index(scope)
        whole = sum(other[0] == key[0] and other[place] == key[place] for other in parcel.keys) == 1
        target = sums.get((key[0], scope, parts[scope]))
        if target is not None and whole:
            found[key] = float(target)
    return found
