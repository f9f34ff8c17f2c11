"""Activity effectiveness."""

import numpy as np
import pandas as pd

from xlsales.core.activities import effectiveness

JANUARY = pd.to_datetime(["2026-01-01", "2026-01-31"])


def test_counts_and_ratios_of_people_and_of_all():
    log = pd.DataFrame(
        {
            "salesperson": ["Li", "Li", "Li", "Wu", "Wu"],
            "at": pd.to_datetime(
                ["2026-01-05", "2026-01-31 18:00", "2026-02-01", "2026-01-07", "2026-01-08"], format="mixed"
            ),
            "kind": ["visit", "visit", "visit", "call", "visit"],
        }
    )
    deals = pd.DataFrame(
        {
            "salesperson": ["Li", "Wu", "Wu"],
            "created": pd.to_datetime(["2026-01-10", "2026-01-11", "2025-11-11"]),
            "stage": ["proposal", "lost", "won"],
            "value": [100.0, 50.0, 300.0],
            "close_date": pd.to_datetime([None, "2026-01-20", "2026-01-25"]),
        }
    )
    table = effectiveness(log, deals, *JANUARY).set_index("salesperson")
    assert table.loc["Li", ["visits", "calls", "opportunities", "won", "won_value"]].tolist() == [2, 0, 1, 0, 0]
    assert table.loc["Wu", ["visits", "calls", "opportunities", "won", "won_value"]].tolist() == [1, 1, 1, 1, 300]
    assert table.loc["", "visits_per_won"] == 3.0
    assert table.loc["", "value_per_visit"] == 100.0
    assert np.isnan(table.loc["Li", "visits_per_won"])


def test_a_won_deal_without_a_value_leaves_the_value_blank():
    log = pd.DataFrame({"salesperson": ["Li"], "at": JANUARY[:1], "kind": ["visit"]})
    deals = pd.DataFrame(
        {"salesperson": ["Li"], "created": JANUARY[:1], "stage": ["won"], "value": [np.nan], "close_date": JANUARY[1:]}
    )
    assert np.isnan(effectiveness(log, deals, *JANUARY).loc[0, "won_value"])
