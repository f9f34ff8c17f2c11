"""What needs attention, and in which order."""

import inspect
import re

import numpy as np
import pandas as pd
import pytest

from xlsales.core import alerts
from xlsales.core.refusal import Refusal
from xlsales.labels import known, words

ALL = (
    "behind_pace",
    "margin_rate_falling",
    "discount_over_limit",
    "concentration",
    "overdue_over_limit",
    "pipeline_thin",
    "target_without_plan",
    "activity_below_plan",
    "satisfaction_falling",
)


def told(rows: pd.DataFrame) -> list[tuple]:
    return list(zip(rows["scope"], rows["member"], rows["money"], strict=True))


def paced(**columns: list) -> pd.DataFrame:
    n = len(columns["member"])
    plain = {"measure": ["sales"] * n, "scope": ["region"] * n, "target": [100.0] * n, "actual": [40.0] * n}
    return pd.DataFrame(plain | columns)


def test_behind_pace() -> None:
    rows = paced(
        member=["N", "S", "W", "E", ""],
        pace_index=[0.8, 0.96, np.nan, 0.9, 0.5],
        landing=[80.0, 96.0, np.nan, 90.0, 50.0],
        measure=["sales", "sales", "sales", "volume", "sales"],
        scope=["region", "region", "region", "product", "company"],
    )
    found = alerts.behind_pace(rows)
    assert found["member"].tolist() == ["N", "E"]
    assert found["money"].tolist()[0] == 20
    assert np.isnan(found["money"].tolist()[1])  # volume is not money
    assert found["facts"][0] == {"pace_index": 0.8, "target": 100, "actual": 40, "landing": 80}
    assert len(alerts.behind_pace(rows, without=())) == 3


def test_margin_rate_falling() -> None:
    before = pd.DataFrame({"scope": "region", "member": ["N", "S", "W"], "sales": [100.0, 100.0, 0.0], "margin": 30.0})
    now = before.assign(sales=[200.0, 100.0, 50.0], margin=[40.0, 29.0, 1.0])
    assert told(alerts.margin_rate_falling(now, before)) == [("region", "N", pytest.approx(20))]


def test_discount_over_limit_adds_up_by_salesperson() -> None:
    rows = pd.DataFrame(
        {
            "salesperson": ["Ann", "Ann", "Bo", "Bo"],
            "amount": [80.0, 70.0, 100.0, 50.0],
            "discount": [0.2, 0.3, 0.1, np.nan],
            "limit": [0.1] * 4,
        }
    )
    found = alerts.discount_over_limit(rows)
    assert told(found) == [("salesperson", "Ann", pytest.approx(30))]
    assert found["facts"][0] == {"documents": 2, "highest": 0.3, "limit": 0.1}


def test_concentration_in_the_company_and_in_a_region() -> None:
    rows = pd.DataFrame({"customer": ["a", "b", "c"], "sales": [30.0, 60.0, 10.0], "region": ["N", "S", "N"]})
    assert told(alerts.concentration(rows)) == [("customer", "b", 60)]
    assert alerts.concentration(rows, of="region")["member"].tolist() == ["a", "b"]


def test_overdue_over_limit() -> None:
    rows = pd.DataFrame(
        {"customer": ["a", "b", "c"], "outstanding": [100.0, 100.0, -5.0], "overdue": [30.0, 10.0, 5.0]}
    )
    assert told(alerts.overdue_over_limit(rows)) == [("customer", "a", 30)]


def test_pipeline_too_thin() -> None:
    rows = pd.DataFrame(
        {
            "member": ["Ann", "Bo", "Cy", "Di"],
            "open": [300.0, 100.0, 0.0, 0.0],
            "weighted": [90.0, 40.0, 0.0, 0.0],
            "target_left": [100.0, 100.0, 50.0, -10.0],
        }
    )
    assert told(alerts.pipeline_thin(rows, "salesperson")) == [("salesperson", "Bo", 60), ("salesperson", "Cy", 50)]


def test_target_without_plan() -> None:
    targets = pd.DataFrame(
        {
            "measure": ["sales", "sales", "visits", "sales"],
            "scope": "region",
            "member": ["N", "S", "N", None],
            "period": "2026",
            "target": [100.0, 100.0, 10.0, 50.0],
        }
    )
    plan = pd.DataFrame(
        {
            "measure": ["sales", "sales"],
            "scope": "region",
            "member": ["N", None],
            "period": "2026",
            "value": [0.0, 50.0],
        }
    )
    found = alerts.target_without_plan(targets, plan)
    assert found["member"].tolist() == ["S", "N"]  # a plan of 0 is a plan
    assert found["money"].tolist()[0] == 100
    assert np.isnan(found["money"].tolist()[1])


def test_activity_far_below_plan() -> None:
    rows = pd.DataFrame(
        {
            "salesperson": ["Ann", "Bo", "Cy"],
            "activity": "visits",
            "planned": [10.0, 10.0, 0.0],
            "done": [7.0, np.nan, 0.0],
        }
    )
    found = alerts.activity_below_plan(rows)
    assert found["member"].tolist() == ["Bo"]
    assert found["facts"][0] == {"planned": 10, "done": 0, "share": 0}


def test_satisfaction_falling_needs_answers() -> None:
    before = pd.DataFrame(
        {"scope": "region", "member": ["N", "S", "W"], "scale_max": [5.0, 5.0, 10.0], "n": [9, 9, 9], "mean_score": 4.5}
    )
    now = before.assign(n=[9, 4, 9], mean_score=[4.2, 1.0, 4.2], sales=[700.0, 1.0, 1.0])
    assert told(alerts.satisfaction_falling(now, before)) == [("region", "N", 700)]


def test_the_most_money_comes_first_and_the_unknown_last() -> None:
    one = alerts.behind_pace(
        paced(member=["N", "E"], pace_index=[0.5, 0.5], landing=[50.0, 40.0], measure=["volume", "sales"])
    )
    two = alerts.overdue_over_limit(pd.DataFrame({"customer": ["a"], "outstanding": [100.0], "overdue": [90.0]}))
    rows = alerts.ranked([one, two])
    assert rows["rank"].tolist() == [1, 2, 3]
    assert rows["member"].tolist() == ["a", "E", "N"]
    assert alerts.ranked([]).empty
    assert list(alerts.ranked([]).columns) == ["rank", *alerts.COLUMNS, "part_of"]


def missed(alert: str, scope: str, member: str, money: float, measure: str = "sales") -> dict[str, object]:
    return {"alert": alert, "measure": measure, "scope": scope, "member": member, "money": money, "facts": {}}


ABOVE = {("salesperson", "Ann"): [("region", "N"), ("region", "ALL")], ("salesperson", "Bo"): [("region", "W")],
         ("region", "N"): [("region", "ALL")]}  # fmt: skip


def order(*rows: dict[str, object]) -> list[tuple]:
    found = alerts.ranked([pd.DataFrame(list(rows))], ABOVE)
    return [(row.rank, row.alert, row.member, None if np.isnan(row.part_of) else row.part_of)
            for row in found.itertuples()]  # fmt: skip


def test_a_part_never_stands_before_the_trouble_that_holds_it() -> None:
    assert order(
        missed("pipeline_thin", "salesperson", "Ann", 42.0),
        missed("behind_pace", "region", "N", 41.0),
        missed("behind_pace", "salesperson", "Ann", 36.0),
        missed("behind_pace", "region", "N", 13.0, "margin"),
        missed("overdue_over_limit", "customer", "c", 20.0, "collections"),
    ) == [
        (1, "behind_pace", "N", None),
        (2, "overdue_over_limit", "c", None),
        (3, "pipeline_thin", "Ann", 1),
        (4, "behind_pace", "Ann", 1),
        (5, "behind_pace", "N", 1),
    ]


def test_cash_is_a_trouble_of_its_own() -> None:
    rows = missed("behind_pace", "region", "N", 9.0), missed("behind_pace", "region", "N", 8.0, "collections")
    assert [part for *_, part in order(*rows)] == [None, None]


def test_the_topmost_member_that_is_behind_holds_the_trouble_and_other_lines_stand_alone() -> None:
    assert order(
        missed("behind_pace", "salesperson", "Ann", 5.0),
        missed("behind_pace", "region", "ALL", 4.0),
        missed("behind_pace", "salesperson", "Bo", 3.0),
    ) == [(1, "behind_pace", "ALL", None), (2, "behind_pace", "Bo", None), (3, "behind_pace", "Ann", 1)]


def test_what_speaks_of_one_member_on_pace_is_one_trouble() -> None:
    rows = missed("pipeline_thin", "salesperson", "Bo", 6.0), missed("activity_below_plan", "salesperson", "Bo", np.nan)
    assert order(*rows) == [(1, "pipeline_thin", "Bo", None), (2, "activity_below_plan", "Bo", 1)]


def test_a_missing_column_is_refused() -> None:
    with pytest.raises(Refusal, match="columns_missing"):
        alerts.behind_pace(pd.DataFrame({"member": ["N"]}))


@pytest.mark.parametrize("alert", ALL)
def test_every_alert_has_a_rule_a_name_and_a_sentence_in_both_languages(alert: str) -> None:
    assert callable(getattr(alerts, alert))
    assert known(f"value.alert.{alert}")
    sentence = words()[f"says.{alert}"]
    named = [set(re.findall(r"\{(\w+)", sentence[lang])) for lang in ("en", "zh")]
    assert named[0] == named[1]
    asked = re.findall(rf'_rows\("{alert}", \w+(?:\.assign\(.*\))?, \((.*)\)\)', inspect.getsource(alerts))
    assert named[0]
    assert named[0] <= set(re.findall(r'"(\w+)"', asked[0]))
