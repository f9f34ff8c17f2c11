"""Opportunity, quote and order in one line."""

import numpy as np
import pandas as pd
import pytest

from xlsales.core.deal_chain import deal_chain
from xlsales.core.deals import read_deals
from xlsales.core.refusal import Refusal

AS_OF = pd.Timestamp("2026-06-30")


def deals() -> pd.DataFrame:
    frame = pd.DataFrame({"opportunity": list("abcde"), "customer": "C", "salesperson": "P", "value": 100.0,
                          "stage": ["won", "won", "proposal", "proposal", "prospecting"]})  # fmt: skip
    return read_deals(frame, as_of=AS_OF)


def quotes(**columns: list[object]) -> pd.DataFrame:
    plain = {
        "quote": ["q1", "q2", "q3"],
        "opportunity": ["a", "c", "zz"],
        "customer": "C",
        "date": pd.Timestamp("2026-05-01"),
        "valid_until": pd.Timestamp("2026-06-01"),
        "quantity": 10.0,
        "price": [8.0, 9.0, np.nan],
        "discount": [0.25, np.nan, 0.0],
        "status": ["accepted", "sent", "draft"],
    }
    return pd.DataFrame(plain | columns)


def told(orders: pd.DataFrame | None = None, **columns: list[object]) -> pd.DataFrame:
    return deal_chain(deals(), quotes(**columns), orders, AS_OF)


def test_each_opportunity_stands_with_its_quote_and_the_loose_quote_at_the_end() -> None:
    found = told()
    assert found["opportunity"].tolist() == ["a", "b", "c", "d", "e", "zz"]
    assert found["quoted"].tolist()[::2][:2] == [60, 90]
    assert np.isnan(found["quoted"].iloc[-1])


def test_what_does_not_fit_is_named() -> None:
    assert told()["state"].tolist() == ["", "won_not_quoted", "quote_expired", "not_quoted", "", ""]
    accepted = told(status=["accepted", "accepted", "draft"])
    assert accepted["state"].tolist()[2] == "quote_not_won"


def test_orders_are_joined_by_the_quote_that_they_name() -> None:
    orders = pd.DataFrame({"quote": ["q1", "q1", None], "sales": [30.0, 20.0, 99.0]})
    found = told(orders, opportunity=["a", "b", "zz"], status=["accepted", "accepted", "draft"])
    assert found["ordered"].tolist()[0] == 50
    assert found["order_lines"].tolist()[:2] == [2, 0]
    assert np.isnan(found["ordered"].iloc[1])
    assert found["state"].tolist()[:2] == ["", "not_ordered"]


def test_where_no_order_names_a_quote_nothing_is_known_of_orders() -> None:
    found = told(pd.DataFrame({"quote": [None], "sales": [5.0]}))
    assert found[["order_lines", "ordered"]].isna().all(axis=None)
    assert "not_ordered" not in found["state"].tolist()


def test_inputs_stay_as_they_were() -> None:
    before = quotes()
    same = before.copy()
    deal_chain(deals(), before, None, AS_OF)
    pd.testing.assert_frame_equal(before, same)


@pytest.mark.parametrize(("call", "code"), [
    (lambda: deal_chain(deals(), quotes().drop(columns="price"), None, AS_OF), "columns_missing"),
    (lambda: deal_chain(deals(), pd.concat([quotes(), quotes()]), None, AS_OF), "quote_twice"),
])  # fmt: skip
def test_refusals(call, code: str) -> None:
    with pytest.raises(Refusal) as caught:
        call()
    assert caught.value.code == code
