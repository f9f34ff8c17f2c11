"""Running and finished actions, and the reviews of past quarters."""

import numpy as np
import pandas as pd

from xlsales.demo.days import season, stamps
from xlsales.demo.dice import Dice, Whole
from xlsales.demo.figures import MEASURES, Figures
from xlsales.demo.names import listed, name
from xlsales.demo.people import COMPANY, REGIONS, TROUBLE
from xlsales.demo.plans import LAST_YEAR_RAISE, region_targets

# cause, owner, start, end, check, where
ACTIONS = (
    ("overdue", "S07", "2026-02-02", "2026-05-29", "2026-06-30", "EAST"),
    ("lost", "S02", "2026-03-02", "2026-06-30", "2026-07-31", "NORTH"),
    ("price", "S18", "2026-04-01", "2026-08-31", "2026-10-31", "WEST"),
    ("activities", "S13", "2026-06-15", "2026-12-31", "2026-10-31", "SOUTH"),
    ("cost", "S01", "2026-07-01", "2026-12-31", "2026-12-31", COMPANY),
    ("activities", "S18", "2026-10-12", "2026-11-30", "2026-12-15", "WEST"),
)
# cost, expected gain, measure, baseline, goal, status, verdict
WORTH = (
    (20_000.0, 1_200_000.0, "collections", 0.86, 0.93, "done", "unclear"),
    (35_000.0, 600_000.0, "sales", 0.94, 1.0, "done", "unclear"),
    (0.0, 450_000.0, "margin", 0.97, 1.0, "running", None),
    (60_000.0, 2_500_000.0, "sales", 0.62, 0.85, "running", None),
    (150_000.0, 1_800_000.0, "margin", 0.94, 1.0, "running", None),
    (80_000.0, 700_000.0, "sales", 1.0, 1.04, "open", None),
)
TRIED, DRAWN = 1, 12  # the action that was tried with some customers first, and with how many
QUARTERS = (("2025Q4", 21, "2026-01-15"), ("2026Q1", 24, "2026-04-14"), ("2026Q2", 27, "2026-07-14"))


def actions(drawn: tuple[str, str], lang: str) -> pd.DataFrame:
    """The table `actions`. drawn: the customers of TRIED with the action and without it, drawn by lot."""
    frame = pd.DataFrame(ACTIONS, columns=["cause", "who", "start", "end", "check_date", "where"])
    for column in ("start", "end", "check_date"):
        frame[column] = stamps(frame[column].to_numpy(dtype="datetime64[D]"))
    worth = ["cost", "expected_gain", "measure", "baseline", "goal", "status", "verdict"]
    frame[worth] = pd.DataFrame(WORTH, columns=worth)
    frame.insert(0, "action_id", [f"AC{number + 1:02d}" for number in range(len(frame))])
    frame["control"] = listed("control", lang)[0]
    frame.loc[TRIED, ["where", "control"]] = drawn
    return frame.assign(what=listed("action", lang), why=listed("why", lang), how=listed("how", lang))


def by_lot(customers: pd.DataFrame, dice: Dice) -> tuple[str, str]:
    """Customers of the region of TRIED drawn by lot, and as many others, each as a list."""
    there = customers.loc[customers["region"] == ACTIONS[TRIED][-1], "customer"].to_numpy()
    chosen = there[dice.order(len(there))[: 2 * DRAWN]]
    treated, others = ("; ".join(sorted(part)) for part in (chosen[:DRAWN], chosen[DRAWN:]))
    return treated, others


def quarter_targets(known: Figures, month: int) -> dict[str, Whole]:
    """Targets of the regions for the quarter that starts in a month, by the season's weight."""
    year = month // 12 * 12
    weight, whole = season(np.arange(month, month + 3)).sum(), season(np.arange(year, year + 12)).sum()
    if year == 24:
        goal = region_targets(known)
    else:
        goal = {measure: known.region[measure][:, :12].sum(axis=1) * LAST_YEAR_RAISE // 100 for measure in MEASURES}
    return {measure: goal[measure] * weight // whole for measure in MEASURES}


def reviews(known: Figures, lang: str) -> pd.DataFrame:
    """The table `reviews`: three quarters, the company and its regions."""
    rows = []
    for quarter, month, decided in QUARTERS:
        goal, following = quarter_targets(known, month), quarter_targets(known, month + 3)
        for place, code in enumerate((*REGIONS, COMPANY)):
            pick = slice(None) if code == COMPANY else slice(place, place + 1)
            actual = {measure: float(known.region[measure][pick, month : month + 3].sum()) for measure in MEASURES}
            wanted = {measure + "_target": float(goal[measure][pick].sum()) for measure in MEASURES}
            bad = code == TROUBLE and quarter == "2026Q2"
            finding = "south" if bad else "ok" if actual["sales"] > 0.95 * wanted["sales_target"] else "below"
            rows.append(
                {"period": quarter, "scope": "company" if code == COMPANY else "region", "member": code}
                | actual
                | wanted
                | {
                    "findings": name("finding", finding, lang),
                    "decision": name("decision", "hire" if bad else "keep", lang),
                    "next_target": float(following["sales"][pick].sum()),
                    "decided_by": "S01",
                    "decided_on": pd.Timestamp(decided),
                }
            )
    return pd.DataFrame(rows)
