"""How people are judged and paid: KPIs by role, curves, grades, ratings, commission plans, contests."""

import numpy as np
import pandas as pd

from xlsales.demo.days import MONTHS, first_day, period, stamps
from xlsales.demo.dice import Dice, Whole
from xlsales.demo.names import listed, name
from xlsales.demo.people import CODES, PEOPLE
from xlsales.labels import word

# role: (kpi and measure, weight, curve)
KPIS = {
    "director": (("sales", 30, "default"), ("profit", 40, "default"), ("collections", 30, "cash_steps")),
    "manager": (
        ("sales", 35, "default"),
        ("margin", 15, "default"),
        ("profit", 20, "default"),
        ("collections", 20, "cash_steps"),
        ("teamwork", 10, "default"),
    ),
    "key": (
        ("sales", 35, "default"),
        ("margin", 25, "accelerated"),
        ("collections", 30, "cash_steps"),
        ("teamwork", 10, "default"),
    ),
    "rep": (
        ("sales", 40, "accelerated"),
        ("margin", 15, "default"),
        ("collections", 25, "cash_steps"),
        ("visits", 10, "default"),
        ("teamwork", 10, "default"),
    ),
}
CURVES = (
    *(("accelerated", level, score, "linear") for level, score in ((0.5, 0), (0.8, 70), (1.0, 100), (1.2, 130))),
    *(
        ("cash_steps", level, score, "step")
        for level, score in ((0.0, 0), (0.7, 60), (0.85, 80), (0.95, 100), (1.05, 110))
    ),
)
# grade, from score, coefficient, wished share
GRADES = (("S", 110, 1.5, 0.1), ("A", 95, 1.2, 0.25), ("B", 80, 1.0, 0.45), ("C", 60, 0.7, 0.15), ("D", 0, 0.0, 0.05))
# plan, valid from, from level, basis, mode, level kind, rate, cap, floor, least margin rate
COMMISSION = (
    ("FIELD", "2024-01-01", 0, "cash", "marginal", "amount", 0.0035, None, None, None),
    ("FIELD", "2026-01-01", 0, "cash", "marginal", "amount", 0.003, None, None, None),
    ("FIELD", "2026-01-01", 8_000_000, "cash", "marginal", "amount", 0.005, None, None, None),
    ("FIELD", "2026-01-01", 15_000_000, "cash", "marginal", "amount", 0.008, None, None, None),
    ("KEY", "2024-01-01", 0, "margin", "retroactive", "attainment", 0.008, 400_000, None, 0.2),
    ("KEY", "2024-01-01", 0.8, "margin", "retroactive", "attainment", 0.012, 400_000, None, 0.2),
    ("KEY", "2024-01-01", 1.0, "margin", "retroactive", "attainment", 0.018, 400_000, None, 0.2),
    ("LEAD", "2024-01-01", 0, "invoice", "marginal", "amount", 0.0008, None, None, None),
    ("LEAD", "2024-01-01", 60_000_000, "invoice", "marginal", "amount", 0.0012, None, None, None),
    ("START", "2024-01-01", 0, "contract", "retroactive", "amount", 0.004, None, 24_000, None),
    ("START", "2024-01-01", 1_500_000, "contract", "retroactive", "amount", 0.006, None, 24_000, None),
)
PLAN_OF = {"manager": "LEAD", "key": "KEY", "rep": "FIELD"}
PAID_PERMILLE = {"manager": 1, "key": 4, "rep": 4}


def scoring(dice: Dice, lang: str) -> dict[str, pd.DataFrame]:
    """The tables `kpis`, `curves`, `grades`, `ratings`, `red_lines`."""
    team = listed("teamwork", lang)[0]
    kpis = [
        (
            name("role", role, lang),
            team if kpi == "teamwork" else word("value.measure." + kpi, lang),
            "rating" if kpi == "teamwork" else kpi,
            weight / 100,
            "higher",
            curve,
            0.4,
        )
        for role, rows in KPIS.items()
        for kpi, weight, curve in rows
    ]
    raters = ("S01", "S02", "S07", "S13", "S18", "S22")
    rated = [row[0] for row in PEOPLE if row[2] != "director" and not row[4]]
    pairs = [(who, rater) for who in rated for rater in raters if who != rater]
    return {
        "kpis": pd.DataFrame(kpis, columns=["role", "kpi", "measure", "weight", "direction", "curve", "max_weight"]),
        "curves": pd.DataFrame(CURVES, columns=["curve", "attainment", "score", "kind"]),
        "grades": pd.DataFrame(GRADES, columns=["grade", "from_score", "coefficient", "wished_share"]),
        "ratings": pd.DataFrame(
            {
                "salesperson": [who for who, _ in pairs],
                "kpi": team,
                "rater": [rater for _, rater in pairs],
                "score": dice.between(72, 104, len(pairs)),
            }
        ),
        "red_lines": pd.DataFrame(
            {
                "salesperson": ["S10"],
                "date": stamps(["2026-03-20"]),
                "kind": listed("red_line", lang),
                "cap_grade": ["C"],
                "note": listed("red_line_note", lang),
            }
        ),
    }


def paying(sales: Whole, lang: str) -> dict[str, pd.DataFrame]:
    """The tables `commission_plan`, `commission_assignment`, `payments`, `contests`. sales: yuan (person, month)."""
    columns = [
        "plan",
        "valid_from",
        "from_level",
        "basis",
        "mode",
        "level_kind",
        "rate",
        "cap",
        "floor",
        "min_margin_rate",
    ]
    rules = pd.DataFrame(COMMISSION, columns=columns)
    for column in ("valid_from",):
        rules[column] = stamps(rules[column].to_numpy(dtype="datetime64[D]"))
    for column in ("from_level", "cap", "floor", "min_margin_rate"):
        rules[column] = rules[column].astype(float)
    starters = [(code, hired, "START") for code, _, _, hired, _, _ in PEOPLE if hired > "2025"]
    assigned = [
        (code, max(hired, "2024-01-01"), PLAN_OF[role]) for code, _, role, hired, *_ in PEOPLE[1:] if hired < "2025"
    ]
    assigned += [*starters, ("S12", "2026-03-01", "FIELD")]
    paid = [
        (CODES[person], period(month), int(sales[person, month]) * PAID_PERMILLE[PEOPLE[person][2]] // 100_000 * 100)
        for month in range(24, MONTHS - 1)
        for person in range(1, len(PEOPLE))
        if sales[person, month] > 100_000
    ]
    payments = pd.DataFrame(paid, columns=["salesperson", "period", "paid"])
    return {
        "commission_plan": rules,
        "commission_assignment": pd.DataFrame(
            {
                "salesperson": [row[0] for row in assigned],
                "valid_from": stamps([row[1] for row in assigned]),
                "plan": [row[2] for row in assigned],
            }
        ).sort_values(["salesperson", "valid_from"], ignore_index=True),
        "payments": payments.assign(paid=payments["paid"].astype(float)),
        "contests": pd.DataFrame(
            {
                "contest": listed("contest", lang),
                "measure": ["sales", "margin"],
                "from": stamps(first_day([32, 29])),
                "to": stamps(["2026-10-31", "2026-08-31"]),
                "members": ["NORTH;EAST;SOUTH;WEST;EXPORT", "S03;S08;S19;S23"],
                "prize": listed("prize", lang),
            }
        ),
    }


def asked_and_taken_back(receipts: pd.DataFrame, owner: pd.Series, lang: str) -> dict[str, pd.DataFrame]:
    """The tables `claw_backs` and `what_if`: goods that came back, a bad debt, two questions.

    owner: the salesperson of each customer.
    """
    field = [code for code, _, role, hired, left, _ in PEOPLE if role == "rep" and hired < "2025" and not left]
    spring = receipts["date"].between(pd.Timestamp("2026-03-01"), pd.Timestamp("2026-05-31"))
    paid = receipts[spring & receipts["customer"].map(owner).isin(field) & receipts["invoice"].notna()]
    largest = paid.sort_values(["amount", "receipt"], ascending=[False, True])["receipt"].iloc[0]
    return {
        "claw_backs": pd.DataFrame(
            {
                "document": [largest, "HT-2025-0147"],
                "date": stamps(["2026-08-14", "2026-07-20"]),
                "salesperson": [None, field[0]],
                "share": [0.5, None],
                "amount": [None, 1_860.0],
                "note": listed("claw_back", lang),
            }
        ),
        "what_if": pd.DataFrame(
            {
                "deal": listed("what_if", lang),
                "salesperson": [field[1], "S03"],
                "amount": [1_200_000.0, 3_000_000.0],
                "margin_rate": [None, 0.28],
            }
        ),
    }


def person_sales(customer_sales: Whole, owner_in: Whole) -> Whole:
    """Sales by person and month from sales and owners by customer and month."""
    total = np.zeros((len(PEOPLE), customer_sales.shape[1]), dtype=np.int64)
    month = np.broadcast_to(np.arange(customer_sales.shape[1]), customer_sales.shape)
    np.add.at(total, (owner_in, month), customer_sales)
    return total
