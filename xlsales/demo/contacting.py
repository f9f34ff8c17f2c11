"""What salespeople do: planned and logged activities, tasks, training; what customers say: service cases, surveys."""

import numpy as np
import pandas as pd

from xlsales.demo.customers import Customers
from xlsales.demo.days import AS_OF, MONTHS, dates_in, day, last_day, month_of, period, stamps
from xlsales.demo.dice import Dice, Whole
from xlsales.demo.names import listed
from xlsales.demo.people import CODES, PEOPLE, TROUBLE, Ownership, position
from xlsales.demo.selling import TROUBLE_MONTH

PLANNED = ("visit", "call", "demo")
KINDS = (*PLANNED, "mail", "service")
# Planned contacts of a month by role
LOAD = {"director": (0, 0, 0), "manager": (6, 7, 1), "key": (12, 14, 3), "rep": (15, 18, 3)}
UNPLANNED = (3, 1)  # mails and service visits that are logged
FIRST_MONTH = 18  # July 2025, when the log began
YEAR_END = 36
DONE = {"NORTH": 95, "EAST": 99, "SOUTH": 97, "WEST": 104, "EXPORT": 96}  # percent of the plan
COMPLAINT_DAYS = 10  # within which a complaint is promised an answer
DONE_TROUBLE = 70  # of those who stayed: they look after the others' customers too, mostly in the office


def planned(person: int, month: int) -> tuple[int, int, int]:
    """Visits, calls and demonstrations planned for a person in a month.

    The year's plan is made in January; in the region in trouble nobody took the leavers out of it.
    """
    _, region, role, hired, left, _ = PEOPLE[person]
    visits, calls, demos = LOAD[role]
    start = int(month_of(day(hired)))
    plan_made = month // 12 * 12
    gone = int(month_of(day(left))) if left else YEAR_END
    if start > month or gone < plan_made or (gone < month and region != TROUBLE):
        return 0, 0, 0
    if month % 12 == 1:
        visits = visits * 7 // 10
    return (visits // 2, calls // 2, demos // 2) if 0 <= month - start < 3 else (visits, calls, demos)


def activity_plan() -> pd.DataFrame:
    """The table `activity_plan`: July 2025 to December 2026."""
    rows = [
        (CODES[person], kind, period(month), number)
        for month in range(FIRST_MONTH, YEAR_END)
        for person in range(1, len(PEOPLE))
        for kind, number in zip(PLANNED, planned(person, month), strict=True)
        if number
    ]
    return pd.DataFrame(rows, columns=["salesperson", "activity", "period", "planned"])


def contact_counts(dice: Dice) -> tuple[Whole, Whole, Whole]:
    """Person, month and kind (positions), one entry per contact that took place."""
    cells = [(person, month) for month in range(FIRST_MONTH, MONTHS) for person in range(1, len(PEOPLE))]
    person, month = np.array(cells).T
    plan = np.array([(*planned(*cell), *UNPLANNED) for cell in cells])
    region = np.array([PEOPLE[who][1] for who in person], dtype=object)
    done = np.array([DONE[code] for code in region])
    done = np.where((region == TROUBLE) & (month >= TROUBLE_MONTH), DONE_TROUBLE, done)
    left = np.array([int(month_of(day(PEOPLE[who][4] or "2099-01-01"))) for who in person])
    start = np.array([int(month_of(day(PEOPLE[who][3]))) for who in person])
    done = np.where(month > left, 0, np.where(month == left, done // 2, done)) * (start <= month)
    number = (plan * done[:, None] + dice.below(100, plan.shape)) // 100
    cell, kind = np.indices(number.shape)
    return tuple(np.repeat(axis.ravel(), number.ravel()) for axis in (person[cell], month[cell], kind))


def contact_dates(person: Whole, month: Whole, dice: Dice) -> np.ndarray:
    """A working day for every contact, while the person is with the company."""
    dates = dates_in(month, dice, AS_OF)
    first = np.array([day(row[3]) for row in PEOPLE])[person]
    last = np.array([day(row[4] or "2099-01-01") for row in PEOPLE])[person]
    return np.clip(dates, first, last)


def interactions(who: Customers, owners: Ownership, deals: pd.DataFrame, dice: Dice, lang: str) -> pd.DataFrame:
    """The table `interactions`: the log of contacts with customers, a fifth of them about an opportunity."""
    person, month, kind = contact_counts(dice)
    date = contact_dates(person, month, dice)
    count = len(person)
    weight = np.array([9, 4, 2, 4])[who.segment]
    party = np.empty(count, dtype=object)
    for when in range(FIRST_MONTH, MONTHS):
        owner = owners.at(np.arange(len(who.code)), np.full(len(who.code), last_day(when)))
        for salesperson in range(1, len(PEOPLE)):
            rows = np.flatnonzero((person == salesperson) & (month == when))
            mine = weight * (owner == salesperson)
            if not mine.any():  # left or joined within the month: customers of the region
                mine = weight * (who.region == PEOPLE[salesperson][1])
            party[rows] = who.code[dice.pick(mine, len(rows))]
    deal_of = deals.groupby("customer")["opportunity"].first().reindex(party).to_numpy(dtype=object)
    born = deals.groupby("customer")["created"].first().reindex(party).to_numpy()
    about = dice.chance(200, count) & (born <= date)
    order = np.lexsort((kind, person, date))
    texts = [listed(f"{which}_text", lang) for which in KINDS]
    words = np.array(
        [texts[which][number % len(texts[which])] for which, number in zip(kind, dice.below(60, count), strict=True)]
    )
    again = np.where(dice.chance(300, count), date + dice.between(7, 45, count), np.datetime64("NaT"))
    frame = (
        pd.DataFrame(
            {
                "party": np.where(about, deal_of, party),
                "salesperson": CODES[person],
                "at": stamps(date),
                "kind": np.array(KINDS, dtype=object)[kind],
                "text": words.astype(object),
                "next_date": stamps(again),
            }
        )
        .iloc[order]
        .reset_index(drop=True)
    )
    frame.insert(0, "interaction", [f"A{number + 1:05d}" for number in range(count)])
    return frame


def tasks(who: Customers, owners: Ownership, dice: Dice, lang: str, count: int = 300) -> pd.DataFrame:
    """The table `tasks`: most of the past ones are done, the region in trouble is behind."""
    customer = dice.below(len(who.code), count)
    due = np.sort(AS_OF + dice.between(-120, 40, count))
    late = np.where(who.region[customer] == TROUBLE, 480, 900)
    done = (due <= AS_OF) & dice.chance(late, count)
    return pd.DataFrame(
        {
            "task": [f"T{number + 1:04d}" for number in range(count)],
            "salesperson": CODES[owners.at(customer, np.full(count, AS_OF))],
            "customer": who.code[customer],
            "kind": np.array(KINDS, dtype=object)[dice.pick([5, 5, 1, 2, 1], count)],
            "due": stamps(due),
            "done": done,
            "result": np.where(done, listed("task_result", lang)[dice.below(3, count)], None),
        }
    )


def service_cases(who: Customers, dice: Dice, lang: str, count: int = 260) -> pd.DataFrame:
    """The table `service_cases`."""
    customer = dice.pick(who.size, count)
    opened = np.sort(AS_OF - dice.between(0, 620, count))
    closed = opened + dice.spread((1, 3, 7, 16, 50), count)
    kind = dice.pick([4, 3, 3], count)
    text = np.array([[1, 4], [0, 3], [2, 2]])[kind, dice.below(2, count)]
    return pd.DataFrame(
        {
            "case": [f"SC{number + 1:04d}" for number in range(count)],
            "customer": who.code[customer],
            "opened": stamps(opened),
            "closed": stamps(np.where(closed <= AS_OF, closed, np.datetime64("NaT"))),
            "kind": np.array(["complaint", "repair", "question"], dtype=object)[kind],
            "severity": dice.pick([3, 5, 4, 2, 1], count) + 1,
            "text": listed("case_text", lang)[text],
            "salesperson": pd.Series([None] * count, dtype="object"),
            "due": stamps(np.where(kind == 0, opened + COMPLAINT_DAYS, np.datetime64("NaT"))),
        }
    )


def satisfaction(who: Customers, owners: Ownership, dice: Dice, lang: str) -> pd.DataFrame:
    """The table `satisfaction`: a survey in May and November; the region in trouble feels left alone."""
    parts = []
    for when in ("2024-05-15", "2024-11-15", "2025-05-15", "2025-11-14", "2026-05-15"):
        asked = np.flatnonzero(dice.chance(330, len(who.code)))
        count, date = len(asked), np.full(len(asked), day(when))
        low = (who.region[asked] == TROUBLE) & (date >= day("2026-04-01"))
        score = dice.pick([1, 2, 6, 14, 10], count) + 6 - low * dice.between(1, 3, count)
        parts.append(
            pd.DataFrame(
                {
                    "customer": who.code[asked],
                    "date": stamps(date),
                    "score": score,
                    "scale_max": 10,
                    "aspect": listed("aspect", lang)[np.where(low, 3, dice.below(4, count))],
                    "salesperson": CODES[owners.at(asked, date)],
                    "comment": listed("comment", lang)[
                        np.where(low, 1, np.where(score >= 9, 0, np.where(score >= 8, 2, 3)))
                    ],
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def training(dice: Dice, lang: str) -> pd.DataFrame:
    """The table `training`: four courses, held and planned."""
    held = (("2025-03-12", 3), ("2025-10-15", 1), ("2026-03-11", 0), ("2026-06-17", 2), ("2026-11-11", 0))
    parts = []
    for when, course in held:
        there = [row[0] for row in PEOPLE[1:] if row[3] < when and not (row[4] and row[4] < when)]
        chosen = [code for code, goes in zip(there, dice.chance(600, len(there)), strict=True) if goes]
        result = dice.between(58, 98, len(chosen)).astype(str).astype(object)
        future = day(when) > AS_OF
        parts.append(
            pd.DataFrame(
                {
                    "salesperson": chosen,
                    "course": listed("course", lang)[course],
                    "date": stamps([day(when)] * len(chosen)),
                    "planned": True,
                    "cost": 1_800.0,
                    "result": None if future else result,
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def visits_planned(code: str) -> int:
    """Visits planned for a salesperson in 2026."""
    return sum(planned(position(code), month)[0] for month in range(24, 36))
