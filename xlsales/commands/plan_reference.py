"""The reference slice of a Plan sheet, which RP and R% follow: last year's actuals, another year's, or a version."""

import re
from collections.abc import Mapping

import pandas as pd

from xlsales.commands.plan_goals import history_of
from xlsales.commands.plan_sheet import Key, PlanSheet, code
from xlsales.commands.plan_view import PlanView
from xlsales.commands.protocol import Book
from xlsales.commands.reading import Work, results_named
from xlsales.commands.sealing import calendar
from xlsales.core.calendar import Calendar, period_keys
from xlsales.problems import InputError, Problem
from xlsales.schema.targets import QUANTITIES

Reference = dict[tuple[int, int], float]
Results = Mapping[str, pd.DataFrame]


def named(book: Book, sheet: PlanSheet) -> str:
    """What the reference cell of a sheet names: a year or a version; the year before where it is blank or missing."""
    area = book.area("xs_reference_" + sheet.name)
    text = "" if area is None else code(area.cells[0][0])
    if text or not re.fullmatch(r"\d{4}", sheet.year):
        return text
    return str(int(sheet.year) - 1)


def reference_of(book: Book, work: Work, sheet: PlanSheet) -> Reference:
    """The reference's figure of each leaf and month, as far as it has one. Refuses where it has none at all."""
    name = named(book, sheet)
    versions = set(work.tables["plan"]["version"])
    if name in versions:
        found = of_version(work, sheet, name)
    elif re.fullmatch(r"\d{4}", name) and re.fullmatch(r"\d{4}", sheet.year):
        found = of_past(work, achieved(work), sheet, int(sheet.year) - int(name))
    else:
        facts = {"versions": sorted(versions)}
        raise InputError(Problem("plan_reference_unknown", table="plan", value=name, facts=facts))
    if not found:
        raise InputError(Problem("plan_reference_empty", table="plan", value=name))
    return found


def of_version(work: Work, sheet: PlanSheet, name: str) -> Reference:
    """The figures of a version of the plan."""
    mine = sheet.mine(work.tables["plan"], name)
    return placed(sheet, dict(zip(sheet.keys(mine), mine["value"].tolist(), strict=True)))


def placed(sheet: PlanSheet, known: Mapping[Key, float]) -> Reference:
    """The figures that are known of the sheet's leaves and periods, at their places."""
    return {
        (row.at, step): known[row.region, row.salesperson, period]
        for row in sheet.rows
        if row.leaf
        for step, period in enumerate(sheet.months)
        if (row.region, row.salesperson, period) in known
    }


def achieved(work: Work) -> Results:
    """The results that past years are read from."""
    return results_named(work, "five_quantities", "lines", "cash")


def pasts(work: Work, sheet: PlanSheet, years: int) -> dict[int, Reference]:
    """What the leaves achieved in the same periods one year before, two, ... as far as anything is known."""
    results = achieved(work)
    found = {before: of_past(work, results, sheet, before) for before in range(1, years + 1)}
    return {before: known for before, known in found.items() if known}


def of_past(work: Work, results: Results, sheet: PlanSheet, before: int) -> Reference:
    """What was achieved some years before in the same periods, by leaf and period."""
    if isinstance(sheet, PlanView):
        return placed(sheet, history_of(results, sheet, before))
    return of_year(results, sheet, before, calendar(work.settings))


def of_year(results: Results, sheet: PlanSheet, before: int, days: Calendar) -> Reference:
    """What was achieved in the same months some years before: of a person, of a person in a region, of a region."""
    months = [f"{int(month[:4]) - before}{month[4:]}" for month in sheet.months]
    five = results["five_quantities"]
    five = five[five["period"].isin(months)]
    rows = zip(five["dimension"], five["member"], five["period"], five[sheet.measure], strict=True)
    known = {(str(dimension), str(member), str(period)): float(value) for dimension, member, period, value in rows}
    people = [row.salesperson for row in sheet.rows if row.leaf and row.salesperson]
    shared = {person for person in people if people.count(person) > 1}
    split = of_parts(results, sheet.measure, months, days) if shared else {}
    found = {}
    for row in sheet.rows:
        for step, month in enumerate(months if row.leaf else ()):
            if row.salesperson in shared:
                value = split.get((row.region, row.salesperson, month))
            else:
                dimension = "salesperson" if row.salesperson else "region"
                value = known.get((dimension, row.salesperson or row.region, month))
            if value is not None and not pd.isna(value):
                found[row.at, step] = float(value)
    return found


def of_parts(results: Results, measure: str, months: list[str], days: Calendar) -> dict[tuple[str, str, str], float]:
    """Figures by region, person and month, for a person who stands in several regions."""
    rows = results.get("cash" if measure == QUANTITIES[-1] else "lines")
    if rows is None or rows.empty:
        return {}
    month = period_keys(rows["date"], "month", days)
    rows = rows.assign(month=month)[month.isin(months).to_numpy()]
    sums = rows.groupby(["region", "salesperson", "month"])[measure].sum(min_count=1)
    return {(str(key[0]), str(key[1]), str(key[2])): float(value) for key, value in sums.items()}  # type: ignore[index]
