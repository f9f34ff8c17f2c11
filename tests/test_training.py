"""Training needs and record."""

import numpy as np
import pandas as pd

from xlsales.core.training import training_needs, training_record


def test_training_goes_to_weak_kpis_and_low_ratings():
    cards = pd.DataFrame({"salesperson": ["Li", "Wu"], "kpi": ["visits", "visits"], "attainment": [0.69, 0.7]})
    ratings = pd.DataFrame({"salesperson": ["Wu"], "kpi": ["service"], "rating": [30.0]})
    courses = pd.DataFrame({"kpi": ["visits"], "course": ["planning"], "cost": [500.0]})
    needs = training_needs(cards, ratings, courses)
    assert needs[["salesperson", "reason"]].to_numpy().tolist() == [["Wu", "low_rating"], ["Li", "weak_kpi"]]
    assert needs["cost"].tolist()[1] == 500.0
    assert np.isnan(needs["cost"].tolist()[0])


def test_a_course_to_come_is_not_counted_as_held_and_blank_costs_stay_blank():
    table = pd.DataFrame(
        {
            "salesperson": ["Li", "Wu", "Xu"],
            "course": ["pricing", "pricing", "service"],
            "date": pd.to_datetime(["2026-01-10", "2026-03-10", "2026-01-10"]),
            "cost": [300.0, 300.0, np.nan],
            "result": [80.0, np.nan, np.nan],
        }
    )
    record = training_record(table, pd.Timestamp("2026-02-01")).set_index("course")
    assert record.loc["pricing", ["people", "ahead", "rated", "cost", "result"]].tolist() == [1, 1, 1, 300, 80]
    assert record.loc["service", ["cost", "result"]].isna().all()
