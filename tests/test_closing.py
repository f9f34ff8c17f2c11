"""A closed period cannot be changed without it showing."""

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from xlsales.core.closing import changed_periods, fingerprint

TABLE = pd.DataFrame(
    {
        "salesperson": ["Li", "Wu"],
        "payable": [100.10, np.nan],
        "date": pd.to_datetime(["2026-01-31", None]),
        "note": ["", None],
    }
)


def test_the_fingerprint_of_a_small_table_never_changes_between_versions():
    small = pd.DataFrame({"salesperson": ["Li"], "payable": [100.1]})
    assert fingerprint({"statements": small}) == "32eb437bf270533865833e7c4e3e89f80bb681c03402e2f29854e187f4ae7ece"


def test_how_cells_are_typed_and_ordered_does_not_matter():
    other = pd.DataFrame(
        {
            "note": [None, ""],
            "date": [None, pd.Timestamp("2026-01-31")],
            "payable": [None, 100.1],
            "salesperson": pd.Series(["Wu", "Li"], dtype=object),
        }
    )
    assert fingerprint({"a": TABLE}) == fingerprint({"a": other})
    assert fingerprint({"a": TABLE}) == fingerprint({"a": TABLE, "empty": TABLE.head(0)})
    assert fingerprint({"a": pd.DataFrame({"n": [5]})}) == fingerprint({"a": pd.DataFrame({"n": [5.0]}, dtype=object)})


def test_every_change_of_a_cell_a_row_a_heading_or_a_table_shows():
    base = fingerprint({"a": TABLE})
    changed = [
        {"a": TABLE.assign(payable=[100.11, np.nan])},
        {"a": TABLE.assign(payable=[np.nan, 100.10])},
        {"a": TABLE.assign(payable=[100.10, 0.0])},
        {"a": TABLE.head(1)},
        {"a": pd.concat([TABLE, TABLE.head(1)])},
        {"a": TABLE.rename(columns={"payable": "paid"})},
        {"b": TABLE},
        {"a": TABLE.assign(date=pd.to_datetime(["2026-02-01", None]))},
    ]
    assert base not in [fingerprint(tables) for tables in changed]
    assert len({fingerprint(tables) for tables in changed}) == len(changed)


def test_cells_cannot_be_moved_across_their_borders():
    one = pd.DataFrame({"a": ["x|1:y", "z"], "b": ["w", "v"]})
    two = pd.DataFrame({"a": ["x", "z"], "b": ["1:y|w", "v"]})
    assert fingerprint({"t": one}) != fingerprint({"t": two})


def test_a_closed_period_that_was_changed_or_has_gone_shows():
    closed = pd.DataFrame({"period": ["2026-01", "2026-02", "2026-03"], "hash": [fingerprint({"a": TABLE})] * 3})
    contents = {"2026-01": {"a": TABLE}, "2026-02": {"a": TABLE.head(1)}}
    assert changed_periods(closed, contents)["changed"].tolist() == [False, True, True]


@settings(deadline=None)
@given(st.lists(st.tuples(st.text(max_size=4), st.floats(-1e6, 1e6)), min_size=1, max_size=5), st.integers(0, 4))
def test_a_figure_moved_by_a_cent_shows(rows, place):
    table = pd.DataFrame(rows, columns=["name", "paid"]).astype({"name": "str", "paid": "float64"})
    other = table.copy()
    other.loc[place % len(rows), "paid"] += 0.01
    assert fingerprint({"t": table}) != fingerprint({"t": other})
    assert fingerprint({"t": table}) == fingerprint({"t": table.sample(frac=1, random_state=1)})
