"""Organisation: the tree of units, regions, roles, salespeople, and who looked after which customer when."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from xlsales.demo.days import Days, day, stamps
from xlsales.demo.dice import Whole
from xlsales.demo.names import group, listed, name

REGIONS = ("NORTH", "EAST", "SOUTH", "WEST", "EXPORT")
COMPANY = "HENGYUAN"
LINES = ("PUMPS", "VALVES", "CONTROLS", "METERS", "PARTS")
TROUBLE = "SOUTH"
# salesperson, region, role, hired, left, ramp in months
PEOPLE = (
    ("S01", "", "director", "2012-03-01", "", 0),
    ("S02", "NORTH", "manager", "2014-07-01", "", 0),
    ("S03", "NORTH", "key", "2017-05-02", "", 6),
    ("S04", "NORTH", "rep", "2019-09-02", "", 6),
    ("S05", "NORTH", "rep", "2021-03-01", "", 6),
    ("S06", "NORTH", "rep", "2022-06-01", "", 6),
    ("S07", "EAST", "manager", "2013-04-01", "", 0),
    ("S08", "EAST", "key", "2016-08-01", "", 6),
    ("S09", "EAST", "rep", "2018-03-01", "", 6),
    ("S10", "EAST", "rep", "2020-10-12", "", 6),
    ("S11", "EAST", "rep", "2020-02-03", "2025-08-29", 6),
    ("S12", "EAST", "rep", "2025-09-01", "", 6),
    ("S13", "SOUTH", "manager", "2015-01-05", "", 0),
    ("S14", "SOUTH", "key", "2018-06-01", "2026-03-31", 6),
    ("S15", "SOUTH", "rep", "2019-11-01", "2026-04-15", 6),
    ("S16", "SOUTH", "rep", "2021-07-01", "", 6),
    ("S17", "SOUTH", "rep", "2026-08-03", "", 6),
    ("S18", "WEST", "manager", "2016-02-01", "", 0),
    ("S19", "WEST", "key", "2018-09-03", "", 6),
    ("S20", "WEST", "rep", "2020-05-06", "", 6),
    ("S21", "WEST", "rep", "2022-02-07", "", 6),
    ("S22", "EXPORT", "manager", "2017-10-09", "", 0),
    ("S23", "EXPORT", "key", "2019-04-01", "", 6),
    ("S24", "EXPORT", "rep", "2021-09-01", "", 6),
)
CODES = np.array([row[0] for row in PEOPLE], dtype=object)
ROLES = ("director", "manager", "key", "rep")
# Authority: contract limit (0 = none stated, unlimited), discount limit
LIMITS = {"director": (None, 0.30), "manager": (9_000_000, 0.16), "key": (7_000_000, 0.13), "rep": (2_000_000, 0.10)}
LEAVERS = tuple(row[0] for row in PEOPLE if row[1] == TROUBLE and row[4])


@dataclass(frozen=True)
class Handover:
    """Customers of one salesperson that go to others on a day; in turn where there are several."""

    when: str
    old: str
    new: tuple[str, ...]
    every: int = 1  # only every n-th of her customers


HANDOVERS = (
    Handover("2025-09-01", "S11", ("S12",)),
    Handover("2026-04-01", "S14", ("S13", "S16", "S13")),
    Handover("2026-04-16", "S15", ("S16", "S13")),
    Handover("2026-08-10", "S16", ("S17",), every=3),
)


def position(code: str) -> int:
    """The place of a salesperson in PEOPLE."""
    return int(code[1:]) - 1


def first_owners(regions: NDArray[np.object_], segments: Whole) -> Whole:
    """The first owner of every customer: managers and key account managers take key accounts, the rest is dealt out."""
    owner = np.zeros(len(regions), dtype=np.int64)
    for region in REGIONS:
        staff = [row for row in PEOPLE if row[1] == region and row[3] < "2024-01-01"]
        seniors = [position(row[0]) for row in staff if row[2] != "rep"]
        shares = [position(row[0]) for row in staff for _ in range({"manager": 1, "key": 3, "rep": 6}[row[2]])]
        here = regions == region
        large = np.flatnonzero(here & (segments == 0))
        owner[large] = np.resize(np.array([seniors[1], seniors[1], seniors[0]]), len(large))
        others = np.flatnonzero(here & (segments != 0))
        owner[others] = np.resize(np.array(shares)[np.arange(len(shares)) * 5 % len(shares)], len(others))
    return owner


class Ownership:
    """Who owned a customer on a date: positions in PEOPLE."""

    def __init__(self, first: Whole) -> None:
        self.steps: list[tuple[np.datetime64, Whole, Whole]] = []
        owner = first.copy()
        self.first = first
        for event in HANDOVERS:
            moved = np.flatnonzero(owner == position(event.old))[:: event.every]
            heirs = np.resize(np.array([position(code) for code in event.new]), len(moved))
            self.steps.append((day(event.when), moved, heirs))
            owner[moved] = heirs
        self.last = owner

    def at(self, customers: Whole, dates: Days) -> Whole:
        """The owner of each customer on each date."""
        owner = self.first[customers]
        for when, moved, heirs in self.steps:
            heir = np.full(len(self.first), -1)
            heir[moved] = heirs
            owner = np.where((dates >= when) & (heir[customers] >= 0), heir[customers], owner)
        return owner

    def table(self, codes: NDArray[np.object_]) -> pd.DataFrame:
        """The table `customer_owners`."""
        everyone = np.arange(len(self.first))
        parts = [(np.full(len(everyone), np.datetime64("2024-01-01")), everyone, self.first)]
        parts += [(np.full(len(moved), when), moved, heirs) for when, moved, heirs in self.steps]
        rows = pd.DataFrame(
            {
                "customer": np.concatenate([codes[who] for _, who, _ in parts]),
                "valid_from": stamps(np.concatenate([when for when, _, _ in parts])),
                "salesperson": np.concatenate([CODES[owner] for _, _, owner in parts]),
            }
        )
        later = rows["valid_from"] > rows["valid_from"].min()
        rows["keeps_quota"] = np.where(later, "new", None)
        rows["keeps_credit"] = np.where(later, "new", None)
        return rows.sort_values(["customer", "valid_from"], ignore_index=True)


def salespeople(lang: str) -> pd.DataFrame:
    """The table `salespeople`."""
    bosses = {row[1]: row[0] for row in PEOPLE if row[2] == "manager"}
    rows = [
        {
            "salesperson": code,
            "manager": None if role == "director" else "S01" if role == "manager" else bosses[region],
            "unit": region or COMPANY,
            "region": region or None,
            "role": name("role", role, lang),
            "hire_date": hired,
            "leave_date": left or None,
            "ramp_months": ramp,
            "head_count": 1,
        }
        for code, region, role, hired, left, ramp in PEOPLE
    ]
    frame = pd.DataFrame(rows)
    frame["hire_date"] = stamps(frame["hire_date"].to_numpy(dtype="datetime64[D]"))
    frame["leave_date"] = stamps([np.datetime64(row[4] or "NaT") for row in PEOPLE])
    frame.insert(1, "name", listed("person", lang))
    return frame


def organisation(lang: str) -> dict[str, pd.DataFrame]:
    """The tables `org_units`, `regions`, `roles`, `channels`."""
    regions, lines, channel = group("region", lang), group("line", lang), listed("channel", lang)
    units = [(COMPANY, None, "company", listed("company", lang)[0])]
    units += [
        (code, "CHINA" if code not in {"CHINA", "EXPORT"} else COMPANY, "region", regions[code]) for code in regions
    ]
    units += [(code, COMPANY, "product_line", lines[code]) for code in LINES]
    above = {"director": None, "manager": "director", "key": "manager", "rep": "manager"}
    return {
        "org_units": pd.DataFrame(units, columns=["unit", "parent", "kind", "name"]),
        "regions": pd.DataFrame(
            [(code, "CHINA" if code not in {"CHINA", "EXPORT"} else None, label) for code, label in regions.items()],
            columns=["region", "parent", "name"],
        ),
        "roles": pd.DataFrame(
            [
                (
                    name("role", role, lang),
                    name("duties", role, lang),
                    *LIMITS[role],
                    above[role] and name("role", above[role], lang),
                )
                for role in ROLES
            ],
            columns=["role", "duties", "contract_limit", "discount_limit", "approver_role"],
        ),
        "channels": pd.DataFrame({"channel": channel, "parent": [None, None, channel[1], channel[1], None]}),
    }
