"""The rows of a plan matrix: the tree of regions and salespeople, and what is typed on its leaves."""

from dataclasses import dataclass, field

import pandas as pd

from xlsales.build.context import Build
from xlsales.build.fiscal import is_month, months_of, shown_year

OTHER_DIMENSIONS = ("product", "customer", "segment", "channel")
Leaf = tuple[str, str]  # region, salesperson; "" where the plan names none


@dataclass
class Node:
    """A row of the matrix. kind: company, region, salesperson, or direct (typed on a parent, of no child of it)."""

    kind: str
    region: str = ""
    salesperson: str = ""
    name: str = ""
    level: int = 0
    children: list["Node"] = field(default_factory=list)

    @property
    def leaf(self) -> Leaf:
        """What the row is in the long table."""
        return self.region, self.salesperson


@dataclass
class PlanOf:
    """What a plan sheet shows: one measure, one version, one fiscal year.

    elsewhere: the number of planned cells that the matrix has no place for (by product, by quarter, ...). held: sums
    that are held, by row and month. bounds: lower and upper of a row's year.
    """

    measure: str
    version: str
    year: int
    months: list[str]
    typed: dict[tuple[Leaf, str], tuple[float | None, bool]]
    rows: list[Node]
    elsewhere: int = 0
    held: frozenset[tuple[Leaf, str]] = frozenset()
    bounds: dict[Leaf, tuple[float | None, float | None]] = field(default_factory=dict)

    def holds(self, node: Node, month: str) -> bool:
        """Whether the sum of a row that adds up is held in a month."""
        return bool(node.children) and (node.leaf, month) in self.held


def plan_of(build: Build, measure: str) -> PlanOf:
    """The plan of a measure in the current version and fiscal year."""
    plan = build.frame("plan")
    version = current_version(build, plan)
    shown, whole = plan, 0
    if not plan.empty:
        shown = plan[(plan["measure"] == measure) & (plan["version"].astype("str") == version)]
        whole = len(shown)
        for other in OTHER_DIMENSIONS:
            if other in shown:
                shown = shown[shown[other].isna() | (shown[other].astype("str") == "")]
        shown = shown[is_month(shown["period"])]
    year = shown_year(build, None if shown.empty else shown["period"])
    months = months_of(year, int(build.setting("fiscal_year_start")))
    values = {} if shown.empty else cells_of(shown[shown["period"].isin(months)])
    rows = preorder(tree(build, {leaf for leaf, _ in values}))
    limits = limits_of(build, measure, version)
    held = frozenset(key for key, (on, _, _) in limits.items() if on)
    bounds = {leaf: (low, high) for (leaf, period), (_, low, high) in limits.items() if period == str(year)}
    return PlanOf(measure, version, year, months, values, rows, whole - len(shown), held, bounds)


Limit = tuple[bool, float | None, float | None]  # held, lower, upper


def limits_of(build: Build, measure: str, version: str) -> dict[tuple[Leaf, str], Limit]:
    """Held sums and bounds of a version, by row and period."""
    limits = build.frame("plan_limits")
    if limits.empty:
        return {}
    if "cut" in limits:  # those of a plan by choice have no place here
        limits = limits[limits["cut"].isna() | (limits["cut"].astype("str") == "")]
    found = {}
    for _, row in limits[(limits["measure"] == measure) & (limits["version"].astype("str") == version)].iterrows():
        low, high = (None if pd.isna(row.get(side)) else float(row[side]) for side in ("lower", "upper"))
        held = not pd.isna(row.get("held")) and bool(row["held"])
        found[(code(row.get("region")), code(row.get("salesperson"))), code(row["period"])] = (held, low, high)
    return found


def current_version(build: Build, plan: pd.DataFrame) -> str:
    """The version last made; without a list of versions the last in the plan; "" for none."""
    versions = build.frame("plan_versions")
    if not versions.empty:
        if "created" in versions and versions["created"].notna().any():
            versions = versions.sort_values("created", kind="stable", na_position="first")
        return str(versions["version"].iloc[-1])
    return "" if plan.empty else str(plan["version"].iloc[-1])


def cells_of(shown: pd.DataFrame) -> dict[tuple[Leaf, str], tuple[float | None, bool]]:
    """The typed cells by leaf and month: value and whether it is held."""

    def column(key: str) -> list[object]:
        return shown[key].tolist() if key in shown else [None] * len(shown)

    found = {}
    rows = zip(*(column(key) for key in ("region", "salesperson", "period", "value", "held")), strict=True)
    for region, person, month, value, held in rows:
        number = None if pd.isna(value) else float(value)
        found[(code(region), code(person)), str(month)] = (number, not pd.isna(held) and bool(held))
    return found


def code(value: object) -> str:
    """A code, "" for none."""
    return "" if value is None or pd.isna(value) else str(value)


def tree(build: Build, typed: set[Leaf]) -> Node:
    """The tree under the company: regions as their parents say, salespeople in their regions, and every typed leaf."""
    nodes, roots = region_nodes(build)
    names = people_names(build)
    leaves = {leaf for leaf in typed if leaf[1]} if typed else people_leaves(build)
    order = {person: number for number, person in enumerate(names)}
    for region, person in sorted(leaves, key=lambda leaf: (leaf[0], order.get(leaf[1], len(order)), leaf[1])):
        node = Node("salesperson", region, person, names.get(person, person))
        if region and region not in nodes:
            nodes[region] = Node("region", region, name=region)
            roots.append(nodes[region])
        (nodes[region].children if region else roots).append(node)
    for region, person in sorted(typed):
        if not person and region not in nodes and region:
            nodes[region] = Node("region", region, name=region)
            roots.append(nodes[region])
        elif not person and (not region or nodes[region].children):
            direct = Node("direct", region, name=build.says("plan.direct"))
            (nodes[region].children if region else roots).append(direct)
    if len(roots) == 1 and roots[0].kind == "region" and roots[0].children:
        roots[0].kind = "company"
        return roots[0]
    return Node("company", name=build.company or build.says("company"), children=roots)


def region_nodes(build: Build) -> tuple[dict[str, Node], list[Node]]:
    """The regions by code, hung under their parents, and those without one. The organisation's tree comes first."""
    units, regions = build.frame("org_units"), build.frame("regions")
    known: dict[str, tuple[str, str]] = {}
    if not units.empty:
        wanted = units[units["kind"].isin(["company", "region"])] if "kind" in units else units
        known |= {code(row["unit"]): parent_and_name(row, "unit") for _, row in wanted.iterrows()}
    for _, row in regions.iterrows():
        known.setdefault(code(row["region"]), parent_and_name(row, "region"))
    nodes = {key: Node("region", key, name=name) for key, (_, name) in known.items()}
    roots = []
    for key, (parent, _) in known.items():
        if parent in nodes and not in_own_line(key, known):
            nodes[parent].children.append(nodes[key])
        else:
            roots.append(nodes[key])
    return nodes, roots


def in_own_line(key: str, known: dict[str, tuple[str, str]]) -> bool:
    """Whether a region is its own ancestor; such a tree is reported elsewhere and is shown flat here."""
    seen: set[str] = set()
    at = known[key][0]
    while at in known and at not in seen:
        if at == key:
            return True
        seen.add(at)
        at = known[at][0]
    return False


def parent_and_name(row: pd.Series, key: str) -> tuple[str, str]:
    """A unit's parent and name; its code where it has no name."""
    return code(row.get("parent")), code(row.get("name")) or code(row[key])


def people_names(build: Build) -> dict[str, str]:
    """The salespeople's names by code."""
    people = build.frame("salespeople")
    return {code(row["salesperson"]): code(row.get("name")) or code(row["salesperson"]) for _, row in people.iterrows()}


def people_leaves(build: Build) -> set[Leaf]:
    """Where nothing is planned yet: everybody who has not left, in his region."""
    people = build.frame("salespeople")
    if "leave_date" in people:
        people = people[people["leave_date"].isna()]
    return {(code(row.get("region")), code(row["salesperson"])) for _, row in people.iterrows()}


def preorder(root: Node, level: int = 0) -> list[Node]:
    """A tree as rows: each parent before its children."""
    root.level = level
    return [root, *(row for child in root.children for row in preorder(child, level + 1))]
