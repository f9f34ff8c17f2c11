"""Ratios of collection and concentration as published."""

import numpy as np
import pytest

from tests.examples import example
from xlsales.core.collection_ratios import cei, dso_balance, dso_countback
from xlsales.core.concentration import abc, hhi
from xlsales.core.credit import credit_limit
from xlsales.core.refusal import Refusal


def test_dso_by_balance_as_jd_edwards_publishes() -> None:
    given, expected = example("DSO balance method (JD Edwards)")
    assert dso_balance(given["balance"], sum(given["sales_3m"]), given["days"]) == pytest.approx(
        expected["dso"], abs=0.01
    )


def test_dso_by_countback_as_qlik_publishes() -> None:
    given, expected = example("Countback DSO (Qlik community)")
    sales, days = zip(*given["sales_latest_first"], strict=True)
    found = dso_countback(given["receivables"], sales, days)
    assert found == pytest.approx(expected["exact"], abs=0.01)
    assert round(found) == expected["days"]


def test_countback_says_how_far_the_sales_reach() -> None:
    with pytest.raises(Refusal) as refused:
        dso_countback(100, [30, 20], [31, 28])
    assert refused.value.facts == {"days": 59, "left": 50.0}


def test_countback_without_receivable_is_nothing() -> None:
    assert dso_countback(0, [], []) == 0


def test_cei_as_credit_guru_publishes() -> None:
    given, expected = example("CEI (Credit Guru)")
    monthly = given["credit_sales_3m"] / given["months"]
    found = cei(given["beginning"], monthly, given["ending_total"], given["ending_current"])
    assert found / 100 == pytest.approx(expected["cei"], abs=0.001)


def test_hhi_as_investopedia_publishes() -> None:
    given, expected = example("HHI eight participants (Investopedia)")
    assert hhi(given["shares_pct"]) == pytest.approx(expected["hhi"])


def test_hhi_leaves_blanks_out_and_refuses_below_zero() -> None:
    assert hhi([1, None, np.nan]) == 10_000
    assert np.isnan(hhi([0, 0]))
    with pytest.raises(Refusal):
        hhi([1, -1])


def test_abc_keeps_shape_blanks_and_ties() -> None:
    assert abc([[90, 5], [None, 5]]).tolist() == [["A", "B"], [None, "B"]]
    assert abc([0, -1]).tolist() == ["C", "C"]


def test_credit_needs_a_known_class() -> None:
    assert credit_limit(1000, 3, "C") == 0
    with pytest.raises(Refusal) as refused:
        credit_limit(1000, 3, "D")
    assert refused.value.code == "risk_class_unknown"
