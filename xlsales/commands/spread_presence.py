"""Who joins or leaves in the year: cells cut or ramped by presence, the rest to the colleagues, quotas moved along."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from xlsales.commands.plan import NUMBERS, answer_of, from_preview
from xlsales.commands.plan_sheet import HELD, PlanSheet, code
from xlsales.commands.planning import Cells, Place, number_at
from xlsales.commands.protocol import Book, Cell, Replace
from xlsales.commands.reading import PLANNING, Answer, Work, load
from xlsales.commands.sealing import calendar
from xlsales.commands.talking import check_clean
from xlsales.core.apportion import allocation
from xlsales.core.plan_down import grid_unit
from xlsales.core.quotas import participation
from xlsales.labels import word
from xlsales.problems import InputError, Problem

WAY = "presence"
BESIDE = ("why", "hold", "quota_old", "quota_new")  # headings behind old, new and change
WHOLE = NUMBERS + 3 + len(BESIDE)
HOLD, OLD, NEW = NUMBERS + 4, NUMBERS + 5, NUMBERS + 6
SAME = 0.005
Said = Mapping[Place, tuple[str, bool]]  # why, and whether the cell is held from now on


def by_presence(work: Work, sheet: PlanSheet, cells: Cells, lang: str) -> tuple[dict[Place, float | None], Said]:
    """New values of the chosen cells by presence and ramp; each region keeps its sum of every period.

    A row without any figure counts as the mean of the others of its region. Held cells keep their values.
    """
    if not sheet.people:
        raise InputError(Problem("spread_capacity_rows", table="plan"))
    people = work.tables["salespeople"].drop_duplicates("salesperson").reset_index(drop=True)
    part = participation(people, sheet.months, calendar(work.settings))
    factor = dict(zip(zip(part["salesperson"], part["period"], strict=True), part["factor"], strict=True))
    empty = {at for at, _ in cells} - {at for at, step in cells if number_at(sheet, (at, step)) is not None}
    groups: dict[tuple[str, int], Cells] = {}
    for at, step in cells:
        groups.setdefault((sheet.rows[at].region, step), []).append((at, step))
    new: dict[Place, float | None] = {}
    said: dict[Place, tuple[str, bool]] = {}
    for (region, step), group in groups.items():
        counts = np.array([factor.get((sheet.rows[at].salesperson, sheet.months[step]), 1.0) for at, _ in group])
        now = np.array([number_at(sheet, place) or 0.0 for place in group])
        known = np.array([at not in empty for at, _ in group])
        kept = np.array([sheet.cell(*place)[1] for place in group])
        total = round(float(now.sum()), 2)
        base = np.where(known, now, now[known].mean() if known.any() else 0.0)
        weights = np.where(kept, 0.0, base * counts)
        if (counts[known] == 1).all() and known.all():
            continue  # everybody is there
        if not weights.any():
            if round(float(now[~kept].sum()), 2):
                facts = {"name": region, "period": sheet.months[step]}
                raise InputError(Problem("spread_nobody_there", table="plan", facts=facts))
            continue
        held = np.where(kept, now, np.where(counts == 0, 0.0, np.nan))
        shares = allocation(total, weights, held=held, unit=grid_unit(total, float(work.settings["rounding"]))).amounts
        for place, share, count, there, fixed in zip(group, shares.tolist(), counts, known, kept, strict=True):
            if not fixed:
                new[place] = share
                key = "presence_rest" if count == 1 and there else "presence" if there else "presence_new"
                said[place] = (word("said.why." + key, lang, factor=f"{count:.0%}"), bool(count < 1))
    return new, said


def quotas_with(work: Work, sheet: PlanSheet, new: Mapping[Place, float | None]) -> dict[str, tuple[float, float]]:
    """The year's quota of each person before and after: it changes as the person's cells do."""
    rows = _rows(work.tables["targets"], sheet)
    found = {}
    for person, mine in rows.groupby("member"):
        places = [place for place in new if sheet.rows[place[0]].salesperson == person]
        change = sum((new[place] or 0.0) - (number_at(sheet, place) or 0.0) for place in places)
        if len(mine) == 1 and not pd.isna(mine["target"].iloc[0]) and abs(change) >= SAME:
            before = float(mine["target"].iloc[0])
            found[str(person)] = (before, round(before + change, 2))
    return found


def _rows(targets: pd.DataFrame, sheet: PlanSheet) -> pd.DataFrame:
    """The quotas of people for the whole year and the measure of a sheet."""
    mine = (targets["measure"] == sheet.measure) & (targets["period"] == sheet.year)
    return targets[mine & (targets["scope"] == "salesperson")]


def beside(work: Work, sheet: PlanSheet, new: Mapping[Place, float | None], said: Said) -> dict[Place, list[Cell]]:
    """What the preview shows behind each cell: why, whether it is held from now on, the quota before and after."""
    quotas = quotas_with(work, sheet, new)
    none = (None, None)
    return {
        place: [said[place][0], HELD if said[place][1] else None, *quotas.get(sheet.rows[place[0]].salesperson, none)]
        for place in new
    }


def shows_presence(shown: Sequence[Sequence[Cell]]) -> bool:
    """Whether a preview is one of joiners and leavers."""
    return bool(shown) and len(shown[0]) == WHOLE


def confirm_presence(book: Book, shown: Sequence[Sequence[Cell]]) -> Answer:
    """Write the cells with their holds, and the quotas that move along; refused where anything was changed since."""
    work = load(book, only=PLANNING)
    check_clean(work, ("targets",))
    sheet, changes = from_preview(work, shown)
    held = [line[HOLD] == HELD for line in shown]
    changes = {
        place: (value, before or hold)
        for (place, (value, before)), hold in zip(changes.items(), held, strict=True)
    }  # fmt: skip
    quotas = {code(line[2]): (line[OLD], line[NEW]) for line in shown if line[OLD] is not None}
    targets = work.tables["targets"].copy()
    for at, row in _rows(targets, sheet).iterrows():
        old, new = quotas.pop(str(row["member"]), (None, None))
        if old is None:
            continue
        if not isinstance(old, float) or not isinstance(new, float) or abs(float(row["target"]) - old) >= SAME:
            raise InputError(Problem("preview_stale"))
        note = word("said.presence_note", book.lang, day=book.now.date(), change=f"{new - old:+,.2f}")
        targets.loc[at, "target"] = new
        targets.loc[at, "reason"] = note if pd.isna(row["reason"]) else f"{row['reason']}; {note}"
        if row["status"] in {"agreed", "countered"}:
            targets.loc[at, "status"] = "proposed"  # what was agreed is another figure now
    if quotas:
        raise InputError(Problem("preview_stale"))
    people = len({code(line[2]) for line in shown if line[OLD] is not None})
    says = word("said.presence", book.lang, cells=len(changes), people=people)
    answer = answer_of(work, sheet, changes, says)
    if not people:
        return answer
    return replace(answer, changes=(*answer.changes, Replace("targets", targets)))
