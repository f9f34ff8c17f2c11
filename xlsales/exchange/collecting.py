"""Take what came back into the plan: whole files or nothing of them, and a row for everybody who was asked."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from xlsales.exchange.manifest import Manifest
from xlsales.exchange.parcels import DIMENSIONS, Frames, Key, Parcel, Planned, current_version, parcels
from xlsales.exchange.returned import MOST, Returned, address, alike, problem, read_returned
from xlsales.problems import InputError, Problem
from xlsales.sources.raw import Unreadable

STATES = ("taken", "agreed", "unfinished", "refused", "missing")


@dataclass(frozen=True)
class Answered:
    """What became of one owner. changed: cells that her file changes. old, new: their sums by measure."""

    owner: str
    name: str
    state: str
    file: str = ""
    changed: int = 0
    old: Mapping[str, float] = field(default_factory=dict)
    new: Mapping[str, float] = field(default_factory=dict)
    comment: str = ""


@dataclass
class Collected:
    """The plan with what was taken, what became of everybody, and everything that was wrong."""

    plan: pd.DataFrame
    version: str
    answers: list[Answered]
    problems: list[Problem]

    @property
    def changed(self) -> int:
        """How many cells of the plan are new."""
        return sum(answer.changed for answer in self.answers if answer.state == "taken")


def collect(folder: Path, tables: Frames, version: str = "") -> Collected:
    """Read every workbook of a folder into the plan of a version (by default the current one).

    A file with anything wrong is left out whole. One whose owner has not marked it as finished is left out too. Nothing
    in `tables` is changed. Refuses a folder that does not exist.
    """
    if not folder.is_dir():
        raise InputError(Problem("exchange_no_folder", source=str(folder)))
    version = version or current_version(tables)
    came, problems = read_all(folder)
    kinds = sorted({one.manifest.by for one in came})
    if len(kinds) > 1:  # their rows would overlap
        raise InputError(Problem("exchange_mixed", source=str(folder)))
    asked, _ = parcels(tables, version, kinds[0] if kinds else "manager")
    single, twins = without_twins(came)
    problems += twins
    answers = [
        Answered(owner, asked[owner].name if owner in asked else owner, "refused") for owner in map(owner_of, twins)
    ]
    taken: list[tuple[Parcel, Returned]] = []
    for one in single:
        parcel = asked.get(one.manifest.owner)
        check_parcel(one, parcel, version)
        answer = answered(one, parcel)
        problems += one.problems
        answers.append(answer)
        if answer.state == "taken" and parcel is not None:
            taken.append((parcel, one))
        elif answer.state == "unfinished":
            where = {"cell": address(one.manifest.finished), "changed": len(one.typed)}
            problems.append(Problem("exchange_unfinished", "warning", source=one.path.name, facts=where))
    heard = {answer.owner for answer in answers}
    answers += [Answered(owner, parcel.name, "missing") for owner, parcel in asked.items() if owner not in heard]
    order = {owner: number for number, owner in enumerate(asked)}
    answers.sort(key=lambda answer: order.get(answer.owner, len(order)))
    return Collected(with_numbers(tables["plan"], taken), version, answers, problems)


def read_all(folder: Path) -> tuple[list[Returned], list[Problem]]:
    """Every workbook of the folder; those that cannot be read, or are not ours, are said."""
    came: list[Returned] = []
    problems: list[Problem] = []
    for path in sorted(folder.glob("*.xls*")):
        if path.name.startswith(("~$", ".")):  # an open file's shadow
            continue
        try:
            found = read_returned(path)
        except Unreadable as error:
            problems += error.problems
            continue
        if isinstance(found, Problem):
            problems.append(found)
        else:
            came.append(found)
    return came, problems


def without_twins(came: Iterable[Returned]) -> tuple[list[Returned], list[Problem]]:
    """The only files of their owners; two of one owner are both left out, since nobody knows which holds."""
    by_owner: dict[tuple[str, str], list[Returned]] = {}
    for one in came:
        by_owner.setdefault((one.manifest.by, one.manifest.owner), []).append(one)
    single, problems = [], []
    for group in by_owner.values():
        if len(group) == 1:
            single += group
            continue
        manifest = group[0].manifest
        files = [one.path.name for one in group]
        facts = {"name": manifest.name, "files": files}
        problems.append(Problem("exchange_twice", value=manifest.owner, facts=facts))
    return single, problems


def owner_of(twins: Problem) -> str:
    """The owner of whom more than one file came."""
    return str(twins.value)


def check_parcel(one: Returned, parcel: Parcel | None, version: str) -> None:
    """The file against the plan as it stands: version, owner, rows, values changed meanwhile, bounds."""
    manifest = one.manifest
    if manifest.version != version:
        one.problems.append(problem(one, "exchange_version", None, manifest.version, version=version))
        return
    if parcel is None:
        one.problems.append(problem(one, "exchange_stranger", None, manifest.owner))
        return
    gone = [key for key in manifest.keys if tuple(key) not in set(parcel.keys)]
    more = [key for key in parcel.keys if key not in {tuple(key) for key in manifest.keys}]
    if gone or more:
        row = " ".join(part for part in (gone or more)[0] if part)
        one.problems.append(problem(one, "exchange_rows", None, row, issued=manifest.issued))
        return
    check_stale(one, parcel)
    check_bounds(one, parcel)


def check_stale(one: Returned, parcel: Parcel) -> None:
    """No cell of the plan changed since the file was sent, but for numbers that were taken from it already."""
    manifest, found = one.manifest, 0
    for row, key in enumerate(manifest.keys):
        for step, period in enumerate(manifest.periods):
            here = parcel.cells.get((tuple(key), period))
            now, old = here.value if here else None, manifest.old[row][step]
            typed = one.typed.get((tuple(key), period))
            held = here is not None and here.held and typed is not None and not alike(now, typed[0])
            if (alike(now, old) or (typed is not None and alike(now, typed[0]))) and not held:
                continue
            found += 1
            if found <= MOST:
                facts = {"issued": manifest.issued, "was": "–" if old is None else old}
                code = "exchange_held" if alike(now, old) else "exchange_stale"
                one.problems.append(problem(one, code, manifest.place(row, step), "–" if now is None else now, **facts))


def check_bounds(one: Returned, parcel: Parcel) -> None:
    """Every number inside the bounds of its cell."""
    for place, (value, where) in one.typed.items():
        here = parcel.cells.get(place, Planned(0.0))
        low, high = here.lower, here.upper
        facts = {"cell": where, "low": "–" if low is None else low, "high": "–" if high is None else high}
        if (low is not None and value < low - 1e-9) or (high is not None and value > high + 1e-9):
            one.problems.append(Problem("exchange_bounds", value=value, source=one.path.name, facts=facts))


def answered(one: Returned, parcel: Parcel | None) -> Answered:
    """What becomes of a file."""
    manifest = one.manifest
    old: dict[str, float] = {}
    new: dict[str, float] = {}
    changed = 0
    for (key, period), (value, _) in one.typed.items():
        here = None if parcel is None else parcel.cells.get((key, period))
        if here is None or not alike(here.value, value):
            changed += 1
            old[key[0]] = old.get(key[0], 0.0) + (here.value if here else 0.0)
            new[key[0]] = new.get(key[0], 0.0) + value
    if one.problems:
        state = "refused"
    elif not one.finished:
        state = "unfinished" if one.typed else "missing"
    else:
        state = "taken" if changed else "agreed"
    return Answered(manifest.owner, manifest.name, state, one.path.name, changed, old, new, one.comment)


def with_numbers(plan: pd.DataFrame, taken: Iterable[tuple[Parcel, Returned]]) -> pd.DataFrame:
    """The plan with the numbers of some files; a cell that had no row gets one."""
    found, new = plan.copy(), []
    for parcel, one in taken:
        for (key, period), (value, _) in one.typed.items():
            here = parcel.cells.get((key, period))
            if here is not None:
                found.loc[here.row, "value"] = value
            else:
                new.append(new_row(one.manifest, key, period, value))
    if not new:
        return found
    rows = pd.DataFrame(new).reindex(columns=found.columns).astype(found.dtypes)
    return pd.concat([found, rows], ignore_index=True)


def new_row(manifest: Manifest, key: Key, period: str, value: float) -> dict[str, object]:
    """A row of the plan for a cell that had none."""
    named = {name: part or None for name, part in zip(DIMENSIONS, key[1:], strict=True)}
    return {"version": manifest.version, "measure": key[0], "period": period, **named, "value": value, "held": False}
