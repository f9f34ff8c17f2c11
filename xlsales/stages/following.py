"""Stage 6, after the actions: where they stand, whether they worked, what that means for targets and training."""

import re
from typing import Any

import pandas as pd

from xlsales.core.action_effect import action_panel, full_year_gain, sides
from xlsales.core.actions import NEXT_STEP, next_targets, progress, tracked
from xlsales.core.calendar import last_day, parse_period, period_keys
from xlsales.core.effect import effect
from xlsales.core.ratings import combined
from xlsales.core.refusal import Refusal
from xlsales.core.training import training_needs, training_record
from xlsales.stages.cycle import Cycle, Frames, names
from xlsales.stages.lines import calendar, given, tree_of
from xlsales.stages.quantities import by_months, with_names
from xlsales.stages.targets import QUANTITIES, running_targets

PERSON = "salesperson"
CALLED = (("salespeople", PERSON), ("org_units", "unit"), ("regions", "region"))  # whom an action may name
SEEN = ("effect", "low", "high", "p_value", "verdict", "note")


def tracking(cycle: Cycle) -> Frames:
    """`action_tracking` and `action_progress`: the state of every action, days late, cost; all by state."""
    table = given(cycle, "actions")
    if table is None:
        return {}
    found = tracked(table, cycle.as_of)
    sums = progress(found)
    people = names(cycle, PERSON, found["who"].astype("str"))
    return {
        "action_tracking": found.assign(who=people, where=_places(cycle, found["where"])),
        "action_progress": sums,
    }


def _places(cycle: Cycle, where: pd.Series) -> pd.Series:
    """Where actions take place, units and regions by their names."""
    return names(cycle, "region", names(cycle, "unit", where.astype("str")))


def verdicts(cycle: Cycle) -> Frames:
    """`verdicts`: whether the actions whose check is due worked, by difference in differences; and `proven`."""
    table = given(cycle, "actions")
    if table is None:
        return {}
    due = (table["status"] == "done") | (table["check_date"] <= cycle.as_of)
    started = table["start"].notna() & (table["start"] <= cycle.as_of)
    judged, proven = [], []
    for action in table[due & started & table["measure"].isin(QUANTITIES)].to_dict("records"):
        asked = _units(cycle, action)
        if asked is None:
            continue
        try:
            found, panel = _judged(cycle, action, *asked)
        except Refusal as refusal:
            cycle.notes.append(refusal)
            continue
        judged.append({"action_id": action["action_id"], "what": action["what"], "measure": action["measure"], **found})
        if found["verdict"] == "effective":
            proven += _proven(action, _regions_of(cycle, asked), panel, found)
    if not judged:
        return {}
    rows = pd.DataFrame(judged).rename(columns={"effect": "monthly_effect"})
    where = table.drop_duplicates("action_id").set_index("action_id")["where"]
    rows["where"] = _places(cycle, rows["action_id"].map(where))
    rows["next_step"] = rows["verdict"].map(NEXT_STEP)
    return {"verdicts": rows, "proven": pd.DataFrame(proven, columns=["measure", "member", "gain"])}


def _units(cycle: Cycle, action: dict[Any, Any]) -> tuple[str, dict[str, list[str]], list[str]] | None:
    """The scope of an action, the units under each member that it names, and the control; None where nobody can say.

    A region stands for the leaves below it; the control is who `control` lists, else every other unit of the scope.
    """
    listed, control = (_coded(cycle, _listed(action[key])) for key in ("where", "control"))
    tree = tree_of(cycle, "region")
    regions: dict[str, list[str]] = {}
    if tree is not None:
        leaves = [str(name) for name, leaf in zip(tree.members, tree.leaves, strict=True) if leaf]
        regions = {str(name): [leaf for leaf in leaves if leaf == name or name in tree.ancestors(leaf)]
                   for name in tree.members}  # fmt: skip
    people = {name: [name] for name in cycle.tables["salespeople"]["salesperson"].astype("str")}
    customers = {name: [name] for name in cycle.tables["customers"]["customer"].astype("str")}
    companies = cycle.tables["org_units"].loc[lambda units: units["kind"] == "company", "unit"]
    regions |= {str(name): [leaf for leaf in regions if regions[leaf] == [leaf]] for name in companies}
    for scope, known in (("region", regions), (PERSON, people), ("customer", customers)):
        if listed and set(listed) <= set(known):
            named = {name: known[name] for name in listed}
            treated = {unit for units in named.values() for unit in units}
            chosen = control if control and set(control) <= set(known) else list(known)
            others = {unit for name in chosen for unit in known[name]} - treated
            return scope, named, sorted(others)
    return None


def _coded(cycle: Cycle, listed: list[str]) -> list[str]:
    """Units and people by their codes, where an action names them as people call them."""
    codes: dict[str, str] = {}
    every: set[str] = set()
    for table, key in CALLED:
        known = cycle.tables[table]
        every |= set(known[key].astype("str"))
        known = known.dropna(subset=["name"])
        codes |= dict(zip(known["name"].astype("str"), known[key].astype("str"), strict=True))
    return [name if name in every else codes.get(name, name) for name in listed]


def _listed(text: Any) -> list[str]:
    """The members of a list between commas or semicolons."""
    parts = re.split(r"\s*[,;，；、]\s*", text.strip()) if isinstance(text, str) else []
    return [part for part in parts if part]


def _judged(
    cycle: Cycle, action: dict[Any, Any], scope: str, named: dict[str, list[str]], control: list[str]
) -> tuple[dict[str, Any], pd.DataFrame]:
    """What the figures of the units by month say of an action, and those figures."""
    treated = [unit for units in named.values() for unit in units]
    rows = by_months(cycle, scope)
    rows = rows[rows["member"].isin([*treated, *control])]
    values = pd.DataFrame({"unit": rows["member"], "period": rows["period"], "value": rows[action["measure"]]})
    spans = None
    if scope == PERSON:
        people = cycle.tables["salespeople"]
        spans = pd.DataFrame({"unit": people[PERSON], "first": people["hire_date"], "last": people["leave_date"]})
    panel = action_panel(values, treated, (action["start"], cycle.as_of), spans, calendar(cycle))
    found = effect(panel).iloc[0]
    return {**sides(panel), **{name: found[name] for name in SEEN}}, panel


def _regions_of(cycle: Cycle, asked: tuple[str, dict[str, list[str]], list[str]]) -> dict[str, list[str]]:
    """The units under each member whose target an effect belongs to: of customers their region."""
    scope, named, _ = asked
    if scope != "customer":
        return named
    home = cycle.tables["customers"].drop_duplicates("customer").set_index("customer")["region"]
    found: dict[str, list[str]] = {}
    for customer in named:
        if isinstance(home[customer], str):
            found.setdefault(str(home[customer]), []).append(customer)
    return found


def _proven(
    action: dict[Any, Any], named: dict[str, list[str]], panel: pd.DataFrame, found: dict[str, Any]
) -> list[dict[str, Any]]:
    """What a proven effect adds to the next year of each member that the action names."""
    seen = set(panel.loc[panel["value"].notna(), "unit"])
    return [
        {"measure": action["measure"], "member": member,
         "gain": full_year_gain(found["effect"], len(seen & set(units)), found["months_after"])}
        for member, units in named.items()
    ]  # fmt: skip


def proposals(cycle: Cycle) -> Frames:
    """`next_targets`: for every target that runs, what the period after it should bring, from where it will land."""
    pace = running_targets(cycle)
    if pace is None:
        return {}
    pace = pace[pace["scope"] != "manager"]  # a team's is the sum of its people's
    rows = pace.assign(length=pace["period_end"] - pace["period_start"], actual=pace["landing"])
    rows = rows.sort_values("length", ascending=False, kind="stable").drop_duplicates(["measure", "scope", "member"])
    rows = rows[rows["period"].notna()].sort_index().reset_index(drop=True)
    if rows.empty:
        return {}
    found = next_targets(
        rows,
        proven=cycle.found.get("proven"),
        excellent=float(cycle.settings["excellent"]),
        action=float(cycle.settings["action"]),
    ).rename(columns={"actual": "landing"})
    found["period"] = rows["period"].map({key: _following(cycle, key) for key in rows["period"].unique()})
    return {"next_targets": with_names(cycle, found, "scope")}


def _following(cycle: Cycle, period: str) -> str:
    """The period after one."""
    days = calendar(cycle)
    next_day = pd.Timestamp(last_day(period, days)) + pd.Timedelta(days=1)
    return str(period_keys(pd.Series([next_day]), parse_period(period, days).level, days).iloc[0])


def training(cycle: Cycle) -> Frames:
    """`training_needs` and `training_record`: who needs training in what; what the courses cost and came to."""
    found: Frames = {}
    cards, courses = cycle.found.get("score_lines"), given(cycle, "training")
    if cards is not None:
        ratings = given(cycle, "ratings")
        # A rating that is scored is on the card already; it would be told twice.
        rated = None if ratings is None else combined(ratings)
        if rated is not None:
            scored = cards.loc[cards["attainment"].notna(), [PERSON, "kpi"]].assign(scored=True)
            rated = rated.merge(scored, on=[PERSON, "kpi"], how="left")
            rated = rated[rated["scored"].isna() & rated[PERSON].isin(cards[PERSON])]
        needs = training_needs(cards, rated, attained_below=float(cycle.settings["action"]))
        found["training_needs"] = needs.assign(name=names(cycle, PERSON, needs[PERSON].astype("str")))
    if courses is not None:
        results = pd.to_numeric(courses["result"], errors="coerce")
        found["training_record"] = training_record(courses.assign(result=results), cycle.as_of)
    return found
