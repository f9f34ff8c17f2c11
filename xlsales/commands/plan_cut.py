"""What a plan by choice is cut by: its rows, a tree of one dimension with members of another below, and its periods."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pandas as pd

from xlsales.core.attained import ADDITIVE
from xlsales.core.calendar import Calendar, PeriodLevel, parse_period
from xlsales.core.period_steps import children
from xlsales.labels import word
from xlsales.problems import InputError, Problem

DIMENSIONS = ("region", "salesperson", "product", "customer", "segment", "channel")
GRAINS: tuple[PeriodLevel, ...] = ("year", "half", "quarter", "month", "week")
PEOPLE = ("region", "salesperson")
MEASURES = ADDITIVE  # only what adds up can be planned in parts
GROUP = "*"  # what a row that only groups others has for its second code
GROUPED = {"product": ("products", "product_line"), "customer": ("customers", "segment")}
TREES = {"region": ("regions", "org_units"), "channel": ("channels", "")}
# where the members of one dimension lie in another
INSIDE = {
    ("region", "salesperson"): "salespeople",
    ("region", "customer"): "customers",
    ("salesperson", "customer"): "customers",
    ("segment", "customer"): "customers",
}
Frames = Mapping[str, pd.DataFrame]
Leaf = tuple[str, str]


@dataclass(frozen=True)
class Cut:
    """The dimensions of the rows, "" for no second one, and the grain of the periods."""

    first: str
    second: str
    grain: PeriodLevel

    @property
    def people(self) -> bool:
        """Whether it is cut as the Plan sheets are: regions and their salespeople."""
        return (self.first, self.second) == PEOPLE

    @property
    def key(self) -> str:
        """One text for the whole.

        >>> Cut("region", "product", "quarter").key, cut_of("region/product/quarter")
        ('region/product/quarter', Cut(first='region', second='product', grain='quarter'))
        """
        return f"{self.first}/{self.second}/{self.grain}"

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of the plan that its cells fill."""
        return (self.first, self.second) if self.second else (self.first,)

    def rows(self, plan: pd.DataFrame) -> pd.DataFrame:
        """The rows of the plan that are cut so, whatever their period."""
        others = [name for name in DIMENSIONS if name not in self.columns]
        found = plan[plan[others].isna().all(axis=1)]
        given = found[list(self.columns)].notna()
        return found[given.any(axis=1) if self.people else given.all(axis=1)]

    def leaves(self, rows: pd.DataFrame) -> list[Leaf]:
        """The codes of some rows of the plan."""
        first = rows[self.first].fillna("").astype("str")
        second = rows[self.second].fillna("").astype("str") if self.second else [""] * len(rows)
        return list(zip(first, second, strict=True))

    def periods(self, year: str, calendar: Calendar) -> tuple[str, ...]:
        """The periods of a fiscal year."""
        return tuple(children(year, self.grain, calendar))


def cut_of(key: str) -> Cut:
    """The cut of its one text."""
    first, second, grain = key.split("/")
    return Cut(first, second, parse_grain(grain))


def parse_grain(text: str) -> PeriodLevel:
    """A grain by its key."""
    return next(grain for grain in GRAINS if grain == text)


def chosen_cut(first: str, second: str, grain: str) -> Cut:
    """The cut that three keys amount to; regions or salespeople alone are the tree of both. Refuses a pair of one."""
    if first in PEOPLE and (not second or second in PEOPLE):
        return Cut(*PEOPLE, parse_grain(grain))
    if first == second:
        raise InputError(Problem("plan_view_same", table="plan", facts={"name": first}))
    return Cut(first, second, parse_grain(grain))


@dataclass(frozen=True)
class Line:
    """A row of a plan by choice. above: the place of the row that adds it up, -1 for none."""

    first: str
    second: str
    name: str
    above: int


@dataclass(frozen=True)
class Member:
    """A member of a dimension. above: the key of what it lies in. group: a name that only gathers members.

    parent: whether other members lie below it.
    """

    code: str
    name: str
    above: str = ""
    group: bool = False
    parent: bool = False


def lines_of(tables: Frames, cut: Cut, planned: Iterable[Leaf], only: str, company: str) -> list[Line]:
    """The rows of a cut, each above those that it adds up; of one member of the first dimension with all below it.

    planned: the leaves that the plan has, which all get a row. company: the name of the row above all. Refuses a member
    that is not there.
    """
    taken: dict[str, list[str]] = {}
    for first, second in planned:
        taken.setdefault(first, []).append(second)
    nodes = {node.code if not node.group else GROUP + node.code: node for node in first_nodes(tables, cut.first)}
    for code in taken:
        if code:
            nodes.setdefault(code, Member(code, code))
    below: dict[str, list[str]] = {}
    for key, node in nodes.items():
        below.setdefault(_above(node, nodes), []).append(key)
    only = GROUP + only if only and only not in nodes else only
    if only and only not in nodes:
        facts = {"members": [node.code for node in nodes.values()][:10]}
        raise InputError(Problem("plan_view_member", table="plan", value=only.removeprefix(GROUP), facts=facts))
    found: list[Line] = []
    if not only:
        found.append(Line("", "", company, -1))
        for key in below.get("", []):
            _grow(found, key, 0, (tables, cut, nodes, below, taken))
        _seconds(found, "", 0, (tables, cut, {}, {}, {"": taken.get("", [])}))
    else:
        _grow(found, only, -1, (tables, cut, nodes, below, taken))
    return found


def _above(node: Member, nodes: Mapping[str, Member]) -> str:
    """The key of the node above; "" for none, and for one that stands in its own line."""
    seen, at = {node.code}, node.above
    while at in nodes:
        if nodes[at].code in seen and not nodes[at].group:
            return ""
        seen.add(nodes[at].code)
        at = nodes[at].above
    return node.above if node.above in nodes else ""


Facts = tuple[Frames, Cut, Mapping[str, Member], Mapping[str, list[str]], Mapping[str, list[str]]]


def _grow(found: list[Line], key: str, above: int, facts: Facts) -> None:
    """Put a member of the first dimension under the rows, then what is below it."""
    _, cut, nodes, below, taken = facts
    node, at = nodes[key], len(found)
    under = below.get(key, [])
    found.append(Line(node.code, GROUP if node.group else "", node.name, above))
    for child in under:
        _grow(found, child, at, facts)
    if cut.second:
        _seconds(found, node.code, at, facts)
    elif under and node.code in taken and not node.group:
        found.append(Line(node.code, "", node.name, at))  # planned on the parent itself
    if len(found) == at + 1 and cut.second and not cut.people:
        del found[at]  # nothing of the second dimension lies here


def _seconds(found: list[Line], first: str, above: int, facts: Facts) -> None:
    """The members of the second dimension under one of the first: those that belong there and those planned there."""
    tables, cut, _, below, taken = facts
    if not cut.second:
        return
    known = members(tables, cut.second)
    all_of = first and not below.get(first) and not (cut.people and taken)  # the people who are planned, if any are
    wanted = dict.fromkeys(_belonging(tables, cut, first, known) if all_of else ())
    wanted |= dict.fromkeys(taken.get(first, ()))
    if cut.people and list(wanted) == [""]:
        return  # a region that is planned as a whole is a leaf itself
    for code in wanted:
        name = known.get(code, code) or found[above].name
        found.append(Line(first, code, name, above))


def _belonging(tables: Frames, cut: Cut, first: str, known: Mapping[str, str]) -> list[str]:
    """The members of the second dimension that lie in one of the first; all where nothing says so."""
    table = INSIDE.get((cut.first, cut.second))
    if table is None:
        return list(known)
    rows = tables[table]
    inside = set(rows.loc[rows[cut.first].eq(first).fillna(value=False), cut.second])
    return [code for code in known if code in inside]


def members(tables: Frames, dimension: str) -> dict[str, str]:
    """The members of a dimension that nothing lies below, with their names; people who left only if planned."""
    return {node.code: node.name for node in first_nodes(tables, dimension) if not node.group and not node.parent}


def first_nodes(tables: Frames, dimension: str) -> list[Member]:
    """The members of a dimension with their groups or parents."""
    if dimension in GROUPED:
        return _grouped(tables, dimension)
    if dimension in TREES:
        return _parented(tables, dimension)
    if dimension == "segment":
        codes = tables["customers"]["segment"].dropna().drop_duplicates().sort_values()
        return [Member(str(code), str(code)) for code in codes]
    people = tables["salespeople"].drop_duplicates("salesperson")
    people = people[people["leave_date"].isna() | people["salesperson"].isin(tables["plan"]["salesperson"].dropna())]
    return [Member(str(row.salesperson), _text(row.name) or str(row.salesperson)) for row in people.itertuples()]


def _text(value: object) -> str:
    return "" if value is None or pd.isna(value) else str(value)


def _grouped(tables: Frames, dimension: str) -> list[Member]:
    """Products under their lines, customers under their classes; those without one stand for themselves."""
    table, group = GROUPED[dimension]
    rows = tables[table].drop_duplicates(dimension)
    names = list(dict.fromkeys(_text(value) for value in rows[group].sort_values() if _text(value)))
    found = [Member(name, name, group=True) for name in names]
    for code, name, line in zip(rows[dimension], rows["name"], rows[group], strict=True):
        found.append(Member(str(code), _text(name) or str(code), GROUP + _text(line) if _text(line) else ""))
    return found


def _parented(tables: Frames, dimension: str) -> list[Member]:
    """Regions (those of the organisation first) or channels under their parents."""
    known: dict[str, tuple[str, str]] = {}
    own, other = TREES[dimension]
    if other:
        units = tables[other][tables[other]["kind"].eq("region").fillna(value=False)]
        known |= {str(row.unit): (_text(row.parent), _text(row.name)) for row in units.itertuples(index=False)}
    for row in tables[own].to_dict("records"):
        code = str(row[dimension])
        known.setdefault(code, (_text(row["parent"]), _text(row.get("name"))))
    parents = {parent for parent, _ in known.values()}
    return [Member(code, name or code, parent, parent=code in parents) for code, (parent, name) in known.items()]


def worded_cut(cut: Cut, lang: str) -> str:
    """A cut in words."""
    parts = [word("plan.rows." + name, lang) for name in (cut.columns[:1] if cut.people else cut.columns)]
    return " › ".join([*parts, word("plan.grain." + cut.grain, lang)])


def inside(rows: Mapping[str, int], period: str, calendar: Calendar) -> list[int]:
    """The plan's rows that make up a period: its own, else those of halves, quarters, months in it; else weeks.

    rows: the places of one leaf's rows by period.

    >>> inside({"2026Q1": 0, "2026-04": 1, "2026-05": 2, "2026-W01": 3}, "2026H1", Calendar())
    [0, 1, 2]
    """
    if period in rows:
        return [rows[period]]
    level = parse_period(period, calendar).level
    if level in {"month", "week"}:
        return []
    finer = GRAINS[GRAINS.index(level) + 1]
    found = [at for child in children(period, finer, calendar) for at in inside(rows, child, calendar)]
    if not found and level == "year":
        found = [rows[week] for week in children(period, "week", calendar) if week in rows]
    return found
