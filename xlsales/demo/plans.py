"""Targets that do not quite add up, the base plan by month, budget and expenses, hiring, strategies."""

import numpy as np
import pandas as pd

from xlsales.demo.contacting import visits_planned
from xlsales.demo.customers import Customers
from xlsales.demo.days import MONTHS, first_day, last_day, period, season, stamps
from xlsales.demo.dice import Dice, Whole
from xlsales.demo.figures import DRIVERS, ITEMS, MEASURES, Figures, budget_amounts, expenses_done
from xlsales.demo.market import Products
from xlsales.demo.names import listed, name
from xlsales.demo.people import CODES, COMPANY, PEOPLE, REGIONS, Ownership, position

RAISE = {"NORTH": 108, "EAST": 109, "SOUTH": 109, "WEST": 114, "EXPORT": 106}  # 2026 against 2025, percent
COMPANY_RAISE = 1018  # the company asks for more than its regions promised, in a thousand
SHORT = {"EAST": 97}  # a region whose people's targets do not reach its own, percent
LAST_YEAR_RAISE = 107
STRETCH = 106
TOP_PRODUCTS = 8
YEAR = slice(24, 36)
UNIT = {"volume": 10}  # targets are rounded to ten pieces and ten thousand yuan
HELD = ("SOUTH", 3)  # the first quarter of this region's margin is held in the plan


def rounded(amount: Whole, measure: str) -> Whole:
    """To the rounding unit of targets."""
    unit = UNIT.get(measure, 10_000)
    return (amount + unit // 2) // unit * unit


def region_targets(known: Figures) -> dict[str, Whole]:
    """Target of every region for 2026 by measure."""
    growth = np.array([RAISE[code] for code in REGIONS])
    return {
        measure: rounded(known.region[measure][:, 12:24].sum(axis=1) * growth // 100, measure) for measure in MEASURES
    }


def quota_base(known: Figures, owners: Ownership, measure: str) -> Whole:
    """Last year's figure of every customer, over 2026 by season, with who owns the customer then: (person, month).

    A quota follows the owner, so the heirs of a leaver carry her customers from the handover on.
    """
    months = np.arange(YEAR.start, YEAR.stop)
    source = known.customer["margin" if measure == "profit" else measure]
    year = source[:, 12:24].sum(axis=1) * (55 if measure == "profit" else 100) // 100
    everyone = np.repeat(np.arange(len(year)), len(months))
    owner = owners.at(everyone, np.tile(last_day(months), len(year)))
    base = np.zeros((len(PEOPLE), len(months)), dtype=np.int64)
    share = year[:, None] * season(months) // season(months).sum()
    np.add.at(base, (owner, np.tile(np.arange(len(months)), len(year))), share.ravel())
    return base


def row(measure: str, scope: str, member: str, when: str, base: int, target: int, **more: object) -> dict[str, object]:
    """One target."""
    stretch = None if scope == "product" else target * STRETCH / 100
    return {
        "measure": measure,
        "scope": scope,
        "member": member,
        "period": when,
        "valid_from": pd.NaT,
        "base": float(base),
        "target": float(target),
        "stretch": stretch,
        "status": "agreed",
        **more,
    }


def five_targets(known: Figures, owners: Ownership, goods: Products) -> list[dict[str, object]]:
    """The five measures for the company, its regions, salespeople and best products, 2025 and 2026."""
    goal, rows = region_targets(known), []
    boss = {entry[1]: entry[0] for entry in PEOPLE if entry[2] == "manager"}
    for measure in MEASURES:
        past = [known.region[measure][:, year : year + 12].sum(axis=1) for year in (0, 12)]
        before = rounded(past[0] * LAST_YEAR_RAISE // 100, measure)
        top = {"scope": "company", "member": COMPANY, "owner": "S01"}
        rows.append(row(measure, when="2025", base=past[0].sum(), target=before.sum(), **top) | {"status": "locked"})
        asked = rounded(goal[measure].sum() * COMPANY_RAISE // 1000, measure)
        rows.append(row(measure, when="2026", base=past[1].sum(), target=asked, **top))
        for place, code in enumerate(REGIONS):
            part = {"scope": "region", "member": code, "parent_member": COMPANY, "owner": boss[code]}
            rows.append(
                row(measure, when="2025", base=past[0][place], target=before[place], **part) | {"status": "locked"}
            )
            status = "countered" if code == "SOUTH" and measure == "sales" else "agreed"
            rows.append(
                row(measure, when="2026", base=past[1][place], target=goal[measure][place], **part) | {"status": status}
            )
        rows += people_targets(known, owners, measure)
    best = np.argsort(-known.product["sales"][:, 12:24].sum(axis=1), kind="stable")[:TOP_PRODUCTS]
    for measure in ("sales", "volume"):
        base = known.product[measure][:, 12:24].sum(axis=1)
        for which in best:
            goal_of = rounded(base[which] * 110 // 100, measure)
            rows.append(row(measure, "product", goods.code[which], "2026", base[which], goal_of, owner="S01"))
    return rows


def people_targets(known: Figures, owners: Ownership, measure: str) -> list[dict[str, object]]:
    """Targets of the salespeople for 2026, or for the half-year in which they came."""
    base, rows = quota_base(known, owners, measure).sum(axis=1), []
    for place, (code, region, _, hired, _, _) in enumerate(PEOPLE):
        target = rounded(base[place] * RAISE[region] * SHORT.get(region, 100) // 10_000, measure) if region else 0
        if target:
            when = "2026H2" if hired > "2026-06-30" else "2026"
            part = {"parent_member": region, "owner": code}
            rows.append(row(measure, "salesperson", code, when, base[place], target, **part))
    return rows


def other_targets(who: Customers, lang: str) -> list[dict[str, object]]:
    """Visits of everybody, satisfaction, number of customers, market share."""
    source = {key: name("source_text", key, lang) for key in ("market", "survey", "activity")}
    rows = []
    for code, region, *_ in PEOPLE[1:]:
        if visits_planned(code):
            more = {"parent_member": region, "owner": code, "source": source["activity"]}
            rows.append(row("visits", "salesperson", code, "2026", 0, visits_planned(code), **more) | {"base": None})
    top = {"scope": "company", "member": COMPANY, "when": "2026", "owner": "S01"}
    rows.append(row("satisfaction", base=8, target=9, source=source["survey"], **top) | {"stretch": None})
    rows.append(row("customers", base=(who.last > 24).sum(), target=400, **top) | {"stretch": None})
    rows.append(
        row("market_share", base=0, target=0, source=source["market"], **top)
        | {"base": 0.056, "target": 0.06, "stretch": None}
    )
    return rows


def targets(known: Figures, owners: Ownership, goods: Products, who: Customers, lang: str) -> pd.DataFrame:
    """The table `targets`."""
    frame = pd.DataFrame([*five_targets(known, owners, goods), *other_targets(who, lang)])
    frame["source"] = frame["source"].fillna(name("source_text", "history", lang))
    frame["reason"] = name("reason", "base", lang)
    note = listed("target_note", lang)[0]
    frame["comment"] = np.where(frame["status"] == "countered", note, None)
    return frame


def month_shares(total: int, weights: Whole) -> Whole:
    """A total over months in whole units; the parts add up to it."""
    edges = np.concatenate([[0], np.cumsum(weights)])
    return np.diff(total * edges // edges[-1])


def plan(known: Figures, owners: Ownership, lang: str) -> pd.DataFrame:
    """The table `plan`, version base, 2026: sales by salesperson, the others by region, month by month."""
    months, rows = np.arange(24, 36), []
    ordinary, cash = season(months), season(months - 2)
    quota = quota_base(known, owners, "sales")
    for target in people_targets(known, owners, "sales"):
        values = month_shares(int(target["target"]), quota[position(target["member"])])
        who = (target["parent_member"], target["member"])
        rows += [("sales", period(m), *who, v) for m, v in zip(months, values, strict=True) if v]
    for measure, goal in region_targets(known).items():
        if measure != "sales":
            for code, total in zip(REGIONS, goal, strict=True):
                values = month_shares(int(total), cash if measure == "collections" else ordinary)
                rows += [(measure, period(m), code, None, v) for m, v in zip(months, values, strict=True)]
    frame = pd.DataFrame(rows, columns=["measure", "period", "region", "salesperson", "value"])
    frame.insert(0, "version", "base")
    frame["value"] = frame["value"].astype(float)
    region, held_months = HELD
    frame["held"] = (
        (frame["measure"] == "margin")
        & (frame["region"] == region)
        & frame["period"].isin([period(m) for m in months[:held_months]])
    )
    frame["note"] = np.where(frame["held"], name("plan_note", "held", lang), None)
    return frame


def plan_versions(lang: str) -> pd.DataFrame:
    """The table `plan_versions`."""
    note = name("plan_note", "base", lang)
    return pd.DataFrame({"version": ["base"], "created": stamps(["2026-01-12"]), "by": ["S01"], "note": [note]})


def budget_and_expenses(known: Figures, dice: Dice, lang: str) -> dict[str, pd.DataFrame]:
    """The tables `budget` (2024 to 2026) and `expenses` (to the last day), by month, item and unit."""
    amounts = budget_amounts(known.region["sales"])
    done = expenses_done(amounts, MONTHS, dice)
    tables = {}
    for table, values in (("budget", amounts), ("expenses", done)):
        rows = []
        for month in range(values.shape[1]):
            for number, item in enumerate([*ITEMS, "overhead"]):
                label = name("item", item, lang)
                if item == "overhead":
                    rows.append((label, month, COMPANY, values[:, month, number].sum(), item))
                else:
                    rows += [
                        (label, month, code, values[place, month, number], item) for place, code in enumerate(REGIONS)
                    ]
        frame = pd.DataFrame(rows, columns=["item", "month", "unit", "amount", "which"])
        frame["amount"] = frame["amount"].astype(float)
        if table == "budget":
            frame["period"] = [period(month) for month in frame["month"]]
            frame["driver"] = frame["which"].map(DRIVERS)
        else:
            frame["date"] = stamps(first_day(frame["month"].to_numpy()) + 24)
        tables[table] = frame
    return tables


def hiring_plan(lang: str) -> pd.DataFrame:
    """The table `hiring_plan`."""
    rep, key = name("role", "rep", lang), name("role", "key", lang)
    rows = [
        (rep, "SOUTH", "2026Q3", 1.0),
        (key, "SOUTH", "2026Q4", 1.0),
        (rep, "SOUTH", "2026Q4", 1.0),
        (rep, "WEST", "2026Q4", 1.0),
    ]
    return pd.DataFrame(rows, columns=["role", "unit", "period", "heads"])


def strategies(lang: str) -> pd.DataFrame:
    """The table `strategies`: one for every region."""
    text, means = listed("strategy", lang), listed("strategy_resources", lang)
    segment, channel = listed("segment", lang), listed("channel", lang)
    rows = [
        (
            "region",
            code,
            "2026",
            segment[place % 4],
            channel[0 if place % 4 < 3 else 2],
            listed("competitor", lang)[place % 4],
            text[(1, 0, 2, 3, 4)[place]],
            means[place % 2],
            CODES[(1, 6, 12, 17, 21)[place]],
        )
        for place, code in enumerate(REGIONS)
    ]
    columns = ["scope", "member", "period", "segment", "channel", "competitors", "actions", "resources", "owner"]
    return pd.DataFrame(rows, columns=columns)
