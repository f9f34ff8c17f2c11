"""Spreading by weights: a pattern, the season of past years, capacity, the rest to blank cells, nobody lowered."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from xlsales.commands.plan_limits import name_of
from xlsales.commands.plan_reference import pasts
from xlsales.commands.plan_sheet import PlanSheet, Row
from xlsales.commands.planning import Cells, Place, number_at
from xlsales.commands.reading import Work, results_named
from xlsales.commands.sealing import calendar
from xlsales.commands.spread_method import Method
from xlsales.core.apportion_cells import Bools
from xlsales.core.apportion_tree import TreeCells, allocate_tree
from xlsales.core.cell_weights import levels, pattern_cells, season_rows, tiled
from xlsales.core.hierarchy import Floats, build_tree
from xlsales.core.period_steps import children
from xlsales.core.quotas import equal_potential, participation
from xlsales.core.spreading import capacity_weights
from xlsales.core.workdays import working_days_by_period
from xlsales.labels import word
from xlsales.problems import InputError, Problem

FROM_PAST = frozenset({"season", "season_days", "capacity"})  # these read the whole book
DRIVERS = ("history", "pipeline", "heads", "potential")
YEARS = 5  # as far back as a season is looked for


@dataclass(frozen=True)
class Weighed:
    """Weights of the chosen cells, why each is what it is, and whether rows share equally for want of anything."""

    weights: Floats
    reasons: Mapping[Place, str] = field(default_factory=dict)
    equal: bool = False


@dataclass(frozen=True)
class _Field:
    """The chosen cells as a rectangle of rows and all periods of the sheet. present: their values, else blank."""

    sheet: PlanSheet
    rows: list[int]
    chosen: Bools
    present: Floats

    @property
    def names(self) -> list[str]:
        return [name_of(self.sheet.rows[at]) for at in self.rows]

    def cells(self, table: Floats, cells: Cells) -> Floats:
        """The figures of the chosen cells, in their order."""
        place = {at: row for row, at in enumerate(self.rows)}
        return np.array([table[place[at], step] for at, step in cells])


def weighed(work: Work, sheet: PlanSheet, cells: Cells, method: Method, lang: str) -> Weighed:
    """The weights that a method gives the chosen cells."""
    rows = list(dict.fromkeys(at for at, _ in cells))
    shape = (len(rows), len(sheet.months))
    chosen, present = np.zeros(shape, dtype=bool), np.full(shape, np.nan)
    for at, step in cells:
        chosen[rows.index(at), step] = True
        value = number_at(sheet, (at, step))
        present[rows.index(at), step] = np.nan if value is None else value
    area = _Field(sheet, rows, chosen, present)
    if method.way == "pattern":
        return _pattern(area, cells, method.detail, lang)
    if method.way == "capacity":
        return _capacity(work, area, cells, method.detail, lang)
    if method.way in {"season", "season_days"}:
        return _season(work, area, cells, lang, days=method.way == "season_days")
    return Weighed(np.ones(len(cells)) if method.way == "rest" else area.cells(np.nan_to_num(present), cells))


def shared(
    sheet: PlanSheet, method: Method, amount: float, found: Weighed, cells: tuple[Cells, Floats, Bools], unit: float
) -> tuple[Floats, bool]:
    """The amount over the cells by their weights, rows exact first; and whether anything is equal for want of weights.

    cells: their places, what they hold, and which are held; held ones keep theirs, with `rest` all that hold a figure.
    """
    places, before, kept = cells
    fixed = kept | ~np.isnan(before) if method.way == "rest" else kept
    if method.way == "rest" and fixed.all():
        raise InputError(Problem("spread_no_blank", table="plan", value=method.text))
    rows = list(dict.fromkeys(at for at, _ in places))
    names = [name_of(sheet.rows[at]) for at in rows]
    told = {at: name if names.count(name) == 1 else f"{name} ({sheet.rows[at].region})"
            for at, name in zip(rows, names, strict=True)}  # fmt: skip
    members = [method.text, *told.values(), *(f"{told[at]} {sheet.months[step]}" for at, step in places)]
    above = [None, *([method.text] * len(rows)), *(told[at] for at, _ in places)]
    inner = 1 + len(rows)
    weights = np.concatenate([np.zeros(inner), found.weights])
    held = np.concatenate([np.full(inner, np.nan), np.where(fixed, np.nan_to_num(before), np.nan)])
    tree, parts = build_tree(members, above), TreeCells(weights, held)
    done = allocate_tree(tree, amount, parts, "divisor" if method.way == "monotone" else "proportional", unit)
    return done.amounts[inner:], found.equal or bool(done.announced_equal)


def _pattern(area: _Field, cells: Cells, pattern: str, lang: str) -> Weighed:
    """A pattern along the months of each row, or down the rows of one month; rows among each other by their sums."""
    parts = pattern_cells(pattern, area.chosen)
    down = len(area.rows) > 1 and area.chosen.any(axis=0).sum() == 1
    level, equal = (parts.sum(axis=1), False) if down else levels(area.present, area.names)
    whole = np.full(len(parts), parts.sum()) if down else parts.sum(axis=1)
    reasons = {}
    for (at, step), part in zip(cells, area.cells(parts, cells), strict=True):
        facts = {"part": f"{part:g}", "whole": f"{whole[area.rows.index(at)]:g}"}
        reasons[at, step] = word("said.why.pattern", lang, **facts)
    weights = parts if down else tiled(level, parts, area.chosen)
    return Weighed(area.cells(weights, cells), reasons, equal)


def _season(work: Work, area: _Field, cells: Cells, lang: str, *, days: bool) -> Weighed:
    """Each row's months by the season of its past years; rows by their sums, where blank by last year's."""
    known = pasts(work, area.sheet, YEARS)
    history = np.full((len(known), *area.chosen.shape), np.nan)
    for year, found in enumerate(known.values()):
        for row, at in enumerate(area.rows):
            history[year, row] = [found.get((at, step), np.nan) for step in area.sheet.places]
    worked = _days(work, area.sheet, list(known)) if days else (None, None)
    seasons = season_rows(history, *worked)
    level, equal = levels(area.present, area.names)
    if not np.nansum(area.present):
        last = np.nansum(history[0], axis=1) if len(known) else np.zeros(len(area.rows))
        level, equal = (last, False) if last.any() and (last >= 0).all() else (level, equal)
    reasons = {}
    for at, step in cells:
        row = area.rows.index(at)
        own = int(seasons.own[row])
        facts = {"index": f"{seasons.indices[row, step]:.2f}", "years": own or seasons.years}
        reasons[at, step] = word("said.why.season" if own else "said.why.season_all", lang, **facts)
    return Weighed(area.cells(tiled(level, seasons.indices, area.chosen), cells), reasons, equal)


def _days(work: Work, sheet: PlanSheet, before: list[int]) -> tuple[Floats, Floats]:
    """Working days of the same periods some years before, and of the sheet's own."""
    told = (str(work.settings["country"]), work.tables["holidays"], calendar(work.settings))
    own = working_days_by_period(list(sheet.months), *told)
    past = [
        working_days_by_period([f"{int(key[:4]) - back:04d}{key[4:]}" for key in sheet.months], *told)
        for back in before
    ]
    return np.array(past, dtype=float), own.astype(float)


def _capacity(work: Work, area: _Field, cells: Cells, typed: str, lang: str) -> Weighed:
    """Rows by their history, pipeline, ramped heads and market; months of a row by what it holds, else alike."""
    parts = re.split(r"[-–—:：,，/ ]+", typed.strip().replace("%", ""))
    numbers = [float(part) for part in parts if re.fullmatch(r"\d+(\.\d+)?", part)]
    if len(numbers) != len(DRIVERS) or len(parts) != len(DRIVERS) or not sum(numbers):
        raise InputError(Problem("plan_method_parts", table="plan", value=typed))
    shares = {name: part / sum(numbers) for name, part in zip(DRIVERS, numbers, strict=True) if part}
    table = drivers(work, area.sheet, [area.sheet.rows[at] for at in area.rows])[list(shares)]
    for name in shares:
        blank = [each for each, value in zip(area.names, table[name], strict=True) if pd.isna(value)]
        if blank:
            facts = {"driver": word("plan.driver." + name, lang), "names": blank[:10]}
            raise InputError(Problem("spread_driver_missing", table="plan", facts=facts))
    found = capacity_weights(table, shares)
    profile = np.where(area.chosen, np.nan_to_num(area.present), 0.0)
    blank_rows = ~profile.any(axis=1)
    profile[blank_rows] = 1.0
    weights = tiled(found["weight"].to_numpy(float), profile, area.chosen)
    told = [_told(row, lang) for row in found.to_dict("records")]
    reasons = {(at, step): told[area.rows.index(at)] for at, step in cells}
    return Weighed(area.cells(weights, cells), reasons)


def _told(row: Mapping[str, float], lang: str) -> str:
    """A row's weight with what each driver adds to it."""
    parts = [f"{word('plan.driver.' + name, lang)} {row[name]:.1%}" for name in row if name != "weight"]
    return word("said.why.capacity", lang, weight=f"{row['weight']:.1%}", parts=" + ".join(parts))


def drivers(work: Work, sheet: PlanSheet, rows: list[Row]) -> pd.DataFrame:
    """What speaks for the capacity of each row; blank where it is not known.

    history: last year's actuals. pipeline: open deals by their chances. heads: heads in the year, as far as ramped.
    potential: the market of the region, of a person an equal part of it. Refuses rows that are no regions or people.
    """
    if not sheet.people:
        raise InputError(Problem("spread_capacity_rows", table="plan"))
    known = pasts(work, sheet, 1).get(1, {})
    history = [_sum([known.get((row.at, step)) for step in sheet.places]) for row in rows]
    found = {
        "history": history,
        "pipeline": _pipeline(work, sheet, rows),
        "heads": _heads(work, sheet, rows),
        "potential": _potential(work, sheet, rows),
    }
    return pd.DataFrame(found, dtype=float)


def _sum(values: list[float | None]) -> float:
    """The sum of what is known; blank where nothing is."""
    known = [value for value in values if value is not None]
    return float(sum(known)) if known else np.nan


def _pipeline(work: Work, sheet: PlanSheet, rows: list[Row]) -> list[float]:
    """The weighted open deals of each row; nothing where a row has none."""
    deals = results_named(work, "pipeline_summary", "deals").get("deals")
    if deals is None:
        return [np.nan] * len(rows)
    deals = deals[deals["is_open"]]
    everywhere = [row.salesperson for row in sheet.rows if row.leaf and row.salesperson]
    found = []
    for row in rows:
        mine = deals[deals["salesperson"] == row.salesperson] if row.salesperson else deals
        if not row.salesperson or everywhere.count(row.salesperson) > 1:
            mine = mine[mine["region"] == row.region]
        found.append(float(mine["weighted"].sum(min_count=1)) if len(mine) else 0.0)
    return found


def _heads(work: Work, sheet: PlanSheet, rows: list[Row]) -> list[float]:
    """The heads of each row in the mean of the year, as far as they are ramped."""
    people = work.tables["salespeople"].drop_duplicates("salesperson").reset_index(drop=True)
    keys = children(sheet.year, "month", calendar(work.settings))
    part = participation(people, keys, calendar(work.settings)).groupby("salesperson")["factor"].mean()
    part = part * people.set_index("salesperson")["head_count"].fillna(1.0).astype(float)
    region = people.set_index("salesperson")["region"]
    everywhere = [row.salesperson for row in sheet.rows if row.leaf and row.salesperson]
    found = []
    for row in rows:
        if row.salesperson:  # who stands in several regions is there with an equal part of himself
            found.append(float(part.get(row.salesperson, np.nan)) / everywhere.count(row.salesperson))
        else:
            found.append(_sum(part[region.eq(row.region).fillna(value=False).reindex(part.index)].tolist()))
    return found


def _potential(work: Work, sheet: PlanSheet, rows: list[Row]) -> list[float]:
    """The market of each row's region in the year, in equal parts where people stand in it."""
    market = work.tables["market"]
    sizes = market[market["period"] == sheet.year].groupby("region")["market_size"].sum(min_count=1)
    leaves = [row for row in sheet.rows if row.leaf and (row.region or row.salesperson)]
    home = pd.Series([row.region for row in leaves], index=[row.at for row in leaves], dtype="str")
    return [float(value) for value in equal_potential(home, sizes).reindex([row.at for row in rows])]
