"""The scorecard: each salesperson's KPIs of the role, scored, weighted, graded and ranked, with every number's way."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from xlsales.core import curves as curve
from xlsales.core.grades import graded, ranked
from xlsales.core.offending import refuse_where
from xlsales.core.ratings import combined
from xlsales.core.ratio import Floats
from xlsales.core.score_cells import WEIGHT_EXACT, Cells, curve_scores, laid_out, weights_in_use

EXCELLENT, ACTION = 1.0, 0.7  # the seeds' lines: reached is excellent, under 70 % asks for a cause and an action
REACHED = 1e-10  # an attainment this near a line has reached it


@dataclass(frozen=True)
class Rules:
    """What people are scored by.

    kpis: role (blank or absent = every role), kpi, weight (share), direction (higher, lower), curve, max_weight.
    curves: curve, attainment, score, kind. grades: grade, from_score, coefficient. excellent, action: attainments from
    which a KPI is flagged excellent, and under which it asks for an action.
    """

    kpis: pd.DataFrame
    curves: pd.DataFrame | None = None
    grades: pd.DataFrame | None = None
    excellent: float = EXCELLENT
    action: float = ACTION


@dataclass(frozen=True)
class Scorecards:
    """The result of `score_people`.

    cards: a row per salesperson and KPI of the role: salesperson, role, kpi, target, actual, attainment, curve,
    curve_score, planned_weight, weight (in use), points, flag (excellent, action, missing or empty). summary: a row per
    salesperson: salesperson, role, one column of points per KPI, score, grade, coefficient, rank, note. warnings: role,
    kpi, weight, max_weight of every KPI over its maximum. The note lists codes, "; " between them: no_data,
    missing=KPIs, red_line=kinds, corrected=KPIs (ratings moved for leniency).
    """

    cards: pd.DataFrame
    summary: pd.DataFrame
    warnings: pd.DataFrame


def score_people(
    actuals: pd.DataFrame, rules: Rules, ratings: pd.DataFrame | None = None, red_lines: pd.DataFrame | None = None
) -> Scorecards:
    """Score every salesperson of `actuals` on the KPIs of the role.

    actuals: salesperson, [role], kpi, target, actual; a KPI of the role without a row, or with a blank, has no data:
    its weight goes to the others in proportion. ratings: salesperson, kpi, rater, score: the combined rating is the
    actual; without a target it is the score as well. red_lines: salesperson, kind, cap_grade. Score = sum of points;
    points = weight x curve score. Refuses kpi_weights (role and sum), kpi_twice, actual_twice, role_without_kpis,
    kpi_not_of_role, two_roles, curve_unknown, rated_and_measured, and what curves and grades refuse.
    Source: DEFINITIONS 9.

    >>> kpis = pd.DataFrame({"role": "rep", "kpi": ["sales", "cash"], "weight": [0.6, 0.4]})
    >>> actuals = pd.DataFrame({"salesperson": "Li", "role": "rep", "kpi": ["sales", "cash"],
    ...                         "target": [100.0, 50.0], "actual": [90.0, 60.0]})
    >>> score_people(actuals, Rules(kpis)).summary[["sales", "cash", "score", "grade"]].values.tolist()
    [[54.0, 48.0, 102.0, 'S']]
    """
    cells = laid_out(actuals, rules.kpis)
    target, actual = _figures(actuals, cells)
    rated, moved = _rated(ratings, actual, cells)
    actual = np.where(np.isnan(rated), actual, rated)
    lower = (cells.plan["direction"] == "lower").to_numpy(bool)[cells.row]
    attained = curve.attainment(actual, target, lower)
    earned = curve_scores(attained, cells, rules.curves)
    earned = np.where(np.isnan(target), rated, earned)
    weight = weights_in_use(earned, cells)
    cards = pd.DataFrame(
        {
            "salesperson": cells.people["salesperson"].array.take(cells.person),
            "role": cells.people["role"].array.take(cells.person),
            "kpi": cells.plan["kpi"].array.take(cells.row),
            "target": target,
            "actual": actual,
            "attainment": attained,
            "curve": cells.plan["curve"].array.take(cells.row),
            "curve_score": earned,
            "planned_weight": cells.plan["weight"].to_numpy(float)[cells.row],
            "weight": weight,
            "points": weight * earned,
            "flag": _flags(earned, attained, rules),
        }
    )
    summary = _summary(cards, cells, rules.grades, red_lines)
    summary["note"] = _notes(cards, cells, moved, red_lines)
    over = cells.plan["weight"] > cells.plan["max_weight"].astype(float) + WEIGHT_EXACT
    warnings = cells.plan.loc[over, ["role", "kpi", "weight", "max_weight"]].reset_index(drop=True)
    return Scorecards(cards, summary, warnings)


def _figures(actuals: pd.DataFrame, cells: Cells) -> tuple[Floats, Floats]:
    """Target and actual of every cell, NaN where nobody entered them."""
    rows = actuals[actuals["kpi"].notna()]
    place = cells.of(rows["salesperson"], rows["kpi"], "kpi_not_of_role")
    target, actual = (np.full(len(cells.person), np.nan) for _ in range(2))
    target[place] = rows["target"].to_numpy(float)
    actual[place] = rows["actual"].to_numpy(float)
    return target, actual


def _rated(ratings: pd.DataFrame | None, actual: Floats, cells: Cells) -> tuple[Floats, np.ndarray]:
    """The combined rating of every cell, NaN where nobody rated, and whether leniency moved it."""
    rated, moved = np.full(len(cells.person), np.nan), np.zeros(len(cells.person), bool)
    if ratings is None or ratings["score"].notna().sum() == 0:
        return rated, moved
    table = combined(ratings)
    place = cells.of(table["salesperson"], table["kpi"], "kpi_not_of_role")
    refuse_where(~np.isnan(actual[place]), "rated_and_measured", table, "salesperson", "kpi")
    rated[place] = table["rating"].to_numpy(float)
    moved[place] = table["corrected"].to_numpy() > 0
    return rated, moved


def _flags(earned: Floats, attained: Floats, rules: Rules) -> pd.api.extensions.ExtensionArray:
    """What a reader should see first about a KPI."""
    codes = np.select(
        [np.isnan(earned), attained >= rules.excellent - REACHED, attained < rules.action - REACHED], [0, 1, 2], 3
    )
    return pd.array(["missing", "excellent", "action", ""], dtype="str").take(codes)


def _summary(
    cards: pd.DataFrame, cells: Cells, grades: pd.DataFrame | None, red_lines: pd.DataFrame | None
) -> pd.DataFrame:
    """A row per salesperson: points per KPI, score, grade, coefficient, rank."""
    points = cards["points"].to_numpy(float)
    matrix = np.full((len(cells.people), len(cells.kpis)), np.nan)
    matrix[cells.person, cells.column[cells.row]] = points
    known = ~np.isnan(points)
    some = np.bincount(cells.person[known], minlength=len(cells.people)) > 0
    scores = pd.Series(np.where(some, cells.per_person(np.where(known, points, 0.0)), np.nan))
    caps = None
    if red_lines is not None and len(red_lines):
        place = pd.Index(cells.people["salesperson"]).get_indexer(pd.Index(red_lines["salesperson"]))
        caps = pd.Series(red_lines["cap_grade"].to_numpy(object)[place >= 0], index=place[place >= 0])
    return pd.concat(
        [
            cells.people,
            pd.DataFrame(matrix, columns=cells.kpis),
            scores.rename("score"),
            graded(scores, grades, caps),
            ranked(scores).rename("rank"),
        ],
        axis=1,
    )


def _notes(cards: pd.DataFrame, cells: Cells, moved: np.ndarray, red_lines: pd.DataFrame | None) -> pd.Series:
    """The codes of what a reader of the card must know."""
    missing = cards["flag"].eq("missing").to_numpy()
    kpi = cards["kpi"].to_numpy(object)
    found: dict[int, dict[str, list[str]]] = {}
    for code, chosen in (("missing", missing), ("corrected", moved)):
        for cell in np.flatnonzero(chosen):
            found.setdefault(int(cells.person[cell]), {}).setdefault(code, []).append(str(kpi[cell]))
    blank = np.bincount(cells.person[missing], minlength=len(cells.people)) == np.bincount(cells.person)
    for empty in np.flatnonzero(blank):
        found[int(empty)] = {"no_data": []}
    if red_lines is not None and len(red_lines):
        place = pd.Index(cells.people["salesperson"]).get_indexer(pd.Index(red_lines["salesperson"]))
        for scored, kind in zip(place, red_lines["kind"], strict=True):
            if scored >= 0:  # somebody who is not scored here
                found.setdefault(int(scored), {}).setdefault("red_line", []).append(str(kind))
    notes = np.full(len(cells.people), "", dtype=object)
    for row, codes in found.items():
        notes[row] = "; ".join(f"{code}={', '.join(names)}" if names else code for code, names in codes.items())
    return pd.Series(notes, dtype="str")
