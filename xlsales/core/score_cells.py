"""The cells of a scorecard: which KPI counts for whom, with which weight, and where its figures stand."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from xlsales.core import curves as curve
from xlsales.core.offending import refuse_where
from xlsales.core.ratio import Floats
from xlsales.core.refusal import Refusal

WEIGHT_EXACT = 1e-9
PLAN = ["role", "kpi", "weight", "direction", "curve", "max_weight"]

Ints = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True)
class Cells:
    """One cell per salesperson and KPI of the role, salesperson by salesperson.

    people: salesperson, role. plan: PLAN, role by role. person, row: of each cell the position in people and plan.
    column: of each plan row the position of its KPI in kpis.
    """

    people: pd.DataFrame
    plan: pd.DataFrame
    kpis: pd.Index
    person: Ints
    row: Ints
    column: Ints

    def of(self, salesperson: pd.Series, kpi: pd.Series, code: str) -> Ints:
        """The cell of each pair; refuses `code` with the pair that has none, and actual_twice for a pair met twice."""
        who = pd.Index(self.people["salesperson"]).get_indexer(pd.Index(salesperson))
        what = self.kpis.get_indexer(pd.Index(kpi))
        place = np.full((len(self.people) + 1, len(self.kpis) + 1), -1)  # a last row and column for what is unknown: -1
        place[self.person, self.column[self.row]] = np.arange(len(self.person))
        found: Ints = place[who, what]
        pairs = pd.DataFrame({"salesperson": salesperson.array, "kpi": kpi.array}, copy=False)
        refuse_where(found < 0, code, pairs, "salesperson", "kpi")
        refuse_where(np.bincount(found, minlength=1)[found] > 1, "actual_twice", pairs, "salesperson", "kpi")
        return found

    def per_person(self, figures: Floats) -> Floats:
        """The sum over each salesperson's cells."""
        sums: Floats = np.bincount(self.person, weights=figures, minlength=len(self.people)).astype(float)
        return sums


def laid_out(actuals: pd.DataFrame, kpis: pd.DataFrame) -> Cells:
    """The cells for the salespeople of `actuals` (salesperson, [role]) under the KPI sets of `kpis`.

    Refuses kpi_twice, kpi_weights, two_roles, role_without_kpis.
    """
    who, names = pd.factorize(actuals["salesperson"])
    if (who < 0).any():
        raise Refusal("salesperson_missing", rows=int((who < 0).sum()))
    roles = actuals["role"] if "role" in actuals else pd.Series("", index=actuals.index, dtype="str")
    role_codes, role_names = pd.factorize(roles.fillna(""))
    role_of = np.full(len(names), -1)
    role_of[who[::-1]] = role_codes[::-1]  # the first row of a person wins
    refuse_where(role_of[who] != role_codes, "two_roles", actuals, "salesperson")
    people = pd.DataFrame({"salesperson": names, "role": role_names.take(role_of)})
    plan = _plan(kpis, pd.Index(role_names))
    starts, sizes = _sets(plan, pd.Index(role_names))
    size = sizes[role_of]
    person = np.repeat(np.arange(len(names)), size)
    within = np.arange(int(size.sum())) - np.repeat(np.cumsum(size) - size, size)
    column, kpi_names = pd.factorize(plan["kpi"])
    return Cells(people, plan, pd.Index(kpi_names), person, np.repeat(starts[role_of], size) + within, column)


def _plan(kpis: pd.DataFrame, roles: pd.Index) -> pd.DataFrame:
    """The KPI sets role by role; a KPI without a role belongs to every role."""
    plan = kpis.reindex(columns=PLAN).reset_index(drop=True)
    plan["role"] = plan["role"].astype("str").fillna("")
    common = plan["role"] == ""
    if common.any():
        named = pd.DataFrame({"role": pd.unique(np.append(plan.loc[~common, "role"].to_numpy(object), roles))})
        every = plan[common].drop(columns="role").merge(named.astype("str"), how="cross")
        plan = pd.concat([plan[~common], every[PLAN]], ignore_index=True)
    plan["curve"] = plan["curve"].astype("str").fillna(curve.DEFAULT)
    plan = plan.sort_values("role", kind="stable", ignore_index=True)
    refuse_where(plan.duplicated(["role", "kpi"]), "kpi_twice", plan, "role", "kpi")
    refuse_where(~(plan["weight"] >= 0), "kpi_weight_unusable", plan, "role", "kpi")
    sums = plan.groupby("role")["weight"].sum().reset_index()
    sums["sum"] = (sums["weight"] * 100).round(4)
    refuse_where((sums["weight"] - 1).abs() > WEIGHT_EXACT, "kpi_weights", sums, "role", "sum")
    return plan


def _sets(plan: pd.DataFrame, roles: pd.Index) -> tuple[Ints, Ints]:
    """Of each role the first row of the plan and the number of rows."""
    sets = pd.Index(plan["role"])
    names = roles.astype("str")
    starts = np.searchsorted(sets.to_numpy(object), names.to_numpy(object), side="left")
    sizes = np.searchsorted(sets.to_numpy(object), names.to_numpy(object), side="right") - starts
    refuse_where(sizes == 0, "role_without_kpis", pd.DataFrame({"role": names}), "role")
    return starts, sizes


def curve_scores(attained: Floats, cells: Cells, curves: pd.DataFrame | None) -> Floats:
    """The curve's points of each cell; refuses curve_unknown."""
    known = curve.curve_points(curves)
    codes, names = pd.factorize(cells.plan["curve"])
    of_cell = codes[cells.row]
    earned = np.full(len(attained), np.nan)
    for code, name in enumerate(names):
        if name not in known:
            raise Refusal("curve_unknown", curve=name, kpi=cells.plan["kpi"].iloc[int(np.argmax(codes == code))])
        chosen = slice(None) if len(names) == 1 else np.flatnonzero(of_cell == code)
        earned[chosen] = curve.score(attained[chosen], *known[name])
    return earned


def weights_in_use(earned: Floats, cells: Cells) -> Floats:
    """The weights where a KPI without data has given its own to the others in proportion; blank where it has none."""
    planned = cells.plan["weight"].to_numpy(float)[cells.row]
    known = np.where(np.isnan(earned), 0.0, planned)
    total = cells.per_person(known)[cells.person]
    full = np.abs(total - 1) <= WEIGHT_EXACT  # nothing is missing: the planned weights, to the last bit
    spread = np.divide(known, total, out=np.full(len(known), np.nan), where=total > 0)
    return np.where(np.isnan(earned), np.nan, np.where(full, planned, spread))
