"""Who buys how, who has lapsed, what to offer next."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.examples import example
from xlsales.core.customer_care import market_share, satisfaction
from xlsales.core.customers import lapsed, next_products, product_pairs, rfm, rfm_classes, segments
from xlsales.core.refusal import Refusal

AS_OF = pd.Timestamp("2026-06-30")


def bought(*rows: tuple) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["customer", "date", "sales"])
    return frame.assign(date=pd.to_datetime(frame["date"]), sales=frame["sales"].astype(float))


def test_published_rfm_of_five_customers_from_their_orders() -> None:
    given_, expected = example("RFM five customers")
    rows = []
    for name, (recency, frequency, monetary) in given_["customers"].items():
        for number in range(frequency):
            when = AS_OF - pd.Timedelta(days=recency + 7 * number)
            rows.append((name, f"{name}-{number}", when, monetary / frequency))
    lines = pd.DataFrame(rows, columns=["customer", "order", "date", "sales"])
    table = rfm(lines, AS_OF, 5).set_index("customer")
    for name, values in given_["customers"].items():
        assert table.loc[name, ["recency_days", "frequency"]].tolist() == values[:2]
        assert table.loc[name, "monetary"] == pytest.approx(values[2])
        assert table.loc[name, ["r", "f", "m"]].tolist() == expected[name]


def test_equal_values_share_a_class() -> None:
    scores = rfm_classes([10] * 6 + [1, 2], [1] * 6 + [2, 3], [5.0] * 8)
    assert len({tuple(row) for row in scores[:6].tolist()}) == 1
    assert scores[:, 2].tolist() == [1] * 8
    assert scores[:, 0].tolist() == [1] * 6 + [5, 5]


def test_a_customer_without_a_purchase_is_000() -> None:
    lines = bought(("a", "2026-06-01", 10), ("b", "2026-06-02", 20), ("r", "2026-06-02", -5))
    table = rfm(lines, AS_OF, customers=pd.DataFrame({"customer": ["a", "z"]})).set_index("customer")
    assert table.loc["z", ["r", "f", "m"]].tolist() == [0, 0, 0]
    assert table.loc["z", "segment"] == "none"
    assert np.isnan(table.loc["z", "recency_days"])
    assert table.loc["r", ["frequency", "monetary", "r"]].tolist() == [0, -5, 0]


def test_returns_lower_the_money_and_are_no_purchase() -> None:
    lines = bought(("a", "2026-06-01", 10), ("a", "2026-06-20", -4), ("a", "2026-07-20", 100))
    row = rfm(lines, AS_OF).iloc[0]
    assert row[["recency_days", "frequency", "monetary"]].tolist() == [29, 1, 6]


def test_lines_of_one_order_are_one_purchase() -> None:
    lines = bought(("a", "2026-06-01", 10), ("a", "2026-06-02", 4)).assign(order=["o1", "o1"])
    assert rfm(lines, AS_OF)["frequency"].tolist() == [1]


def test_every_class_combination_has_a_segment() -> None:
    grid = np.array([(r, f, m) for r in range(1, 6) for f in range(1, 6) for m in range(1, 6)])
    assert set(segments(grid)) == {
        "champions",
        "loyal",
        "potential",
        "new",
        "attention",
        "fading",
        "cannot_lose",
        "at_risk",
        "hibernating",
        "lost",
    }
    assert segments(np.array([[3, 3, 3]]), 3).tolist() == ["champions"]


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 50), st.integers(1, 9), st.integers(1, 99)), min_size=1, max_size=40))
def test_more_is_never_a_lower_class(rows: list[tuple[int, int, int]]) -> None:
    recency, frequency, monetary = (np.array(column) for column in zip(*rows, strict=True))
    scores = rfm_classes(recency, frequency, monetary)
    assert scores.min() >= 1
    assert scores.max() <= 5
    for measure, score in ((-recency, scores[:, 0]), (frequency, scores[:, 1]), (monetary, scores[:, 2])):
        order = np.argsort(measure, kind="stable")
        assert (np.diff(score[order]) >= 0).all()
        for value in np.unique(measure):
            assert len(set(score[measure == value])) == 1


def test_lapsed_by_the_customers_own_rhythm() -> None:
    weekly = [("a", f"2026-05-{number:02}", 10.0) for number in (1, 8, 15)]
    yearly = [("b", "2024-06-01", 10.0), ("b", "2025-06-01", 10.0)]
    lines = bought(*weekly, *yearly, ("c", "2020-01-01", 10.0), ("a", "2026-05-15", -3.0))
    rows = lapsed(lines, AS_OF).set_index("customer")
    assert rows["median_gap"].tolist()[:2] == [7, 365]
    assert rows.loc["a", "is_lapsed"]
    assert not rows.loc["b", "is_lapsed"]
    assert pd.isna(rows.loc["c", "is_lapsed"])
    assert rows.loc["a", "money"] == 27
    assert rows.loc["a", "limit_days"] == 14


def baskets() -> pd.DataFrame:
    held = {"a": "xy", "b": "xy", "c": "x", "d": "xz", "e": "z", "f": "zw"}
    rows = [(customer, product, 1.0) for customer, products in held.items() for product in products]
    return pd.DataFrame(rows, columns=["customer", "product", "sales"])


def test_lift_by_hand() -> None:
    pairs = product_pairs(baskets()).set_index(["product", "other"])
    assert pairs.loc[("x", "y"), "lift"] == pytest.approx((2 / 6) / ((4 / 6) * (2 / 6)))
    assert pairs.loc[("x", "y"), ["customers", "support"]].tolist() == [2, 2 / 6]
    assert pairs.loc[("z", "w"), "lift"] == pytest.approx(2)
    assert len(pairs) == 6


def test_next_product_is_never_one_that_the_customer_has() -> None:
    rows = next_products(baskets(), "d")
    assert rows["product"].tolist() == ["w", "y"]
    assert rows["because"].tolist() == ["z", "x"]
    assert next_products(baskets(), "d", min_support=0.3)["product"].tolist() == ["y"]
    assert next_products(baskets(), "d", top=1)["product"].tolist() == ["w"]


def test_satisfaction_with_n_and_without_mixing_scales() -> None:
    scores = pd.DataFrame(
        {
            "customer": ["a", "a", "a", "b", "b"],
            "score": [5.0, 3.0, np.nan, 9.0, 10.0],
            "scale_max": [np.nan, 5.0, 5.0, 10.0, 10.0],
        }
    )
    rows = satisfaction(scores, ["customer"])
    assert rows[["scale_max", "n", "mean_score", "top2_share"]].to_numpy().tolist() == [[5, 2, 4, 0.5], [10, 2, 9.5, 1]]
    assert satisfaction(scores)["n"].tolist() == [2, 2]


def test_market_share_against_target_with_all_products_as_blank() -> None:
    market = pd.DataFrame(
        {
            "region": ["N", "N", None, "W", "N"],
            "product": ["x", None, None, "x", "x"],
            "period": ["2026"] * 4 + ["2027"],
            "market_size": [100.0, 200.0, 1000.0, 50.0, 80.0],
        }
    )
    sales = pd.DataFrame(
        {"region": ["N", "N", "S"], "product": ["x", "y", "x"], "period": ["2026"] * 3, "sales": [10.0, 30.0, 60.0]}
    )
    targets = pd.DataFrame({"region": ["N"], "product": ["x"], "period": ["2026"], "target": [0.25]})
    rows = market_share(market, sales, targets)
    assert rows["share"].iloc[:4].tolist() == [0.1, 0.2, 0.1, 0.0]
    assert np.isnan(rows["share"].iloc[4])  # nothing is known of 2027: not a share of nothing
    assert rows["gap"].iloc[0] == pytest.approx(0.15)
    assert rows["money"].iloc[0] == pytest.approx(15)
    assert rows["gap"].iloc[1:].isna().all()


@pytest.mark.parametrize(
    ("call", "code"),
    [
        (lambda: rfm(bought(("a", None, 1))), "lines_blank"),
        (lambda: rfm(bought(("a", "2026-01-01", None))), "lines_blank"),
        (lambda: rfm(bought(("a", "2026-01-01", 1)).drop(columns="sales")), "columns_missing"),
        (lambda: rfm(bought(("a", "2026-01-01", 1)), classes=1), "rfm_classes"),
        (lambda: rfm(bought(("a", "2026-01-01", 1)).iloc[:0]), "as_of_missing"),
        (lambda: product_pairs(baskets(), 2), "support_outside"),
        (lambda: next_products(baskets(), "nobody"), "customer_without_purchase"),
        (lambda: satisfaction(pd.DataFrame({"score": [6.0]})), "score_over_scale"),
        (lambda: satisfaction(pd.DataFrame({"score": [5.0]}), ["region"]), "columns_missing"),
        (lambda: market_share(pd.DataFrame(), pd.DataFrame()), "columns_missing"),
    ],
)
def test_refusals(call, code: str) -> None:
    with pytest.raises(Refusal) as caught:
        call()
    assert caught.value.code == code


def test_a_market_stands_once() -> None:
    market = pd.DataFrame({"region": ["N"] * 2, "product": ["x"] * 2, "period": ["2026"] * 2, "market_size": 1.0})
    sales = pd.DataFrame({"region": ["N"], "product": ["x"], "period": ["2026"], "sales": [1.0]})
    with pytest.raises(Refusal, match="market_twice"):
        market_share(market, sales)
