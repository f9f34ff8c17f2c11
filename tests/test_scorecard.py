"""Scorecards: published examples, the rules of the card, and what must always hold."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.examples import example
from xlsales.core import curves
from xlsales.core.refusal import Refusal
from xlsales.core.scorecard import Rules, score_people


def kpi_set(weights, role="rep", **columns):
    return pd.DataFrame({"role": role, "kpi": list(weights), "weight": list(weights.values()), **columns})


def person(name, actual, target=100.0, role="rep"):
    return pd.DataFrame(
        {"salesperson": name, "role": role, "kpi": list(actual), "target": target, "actual": list(actual.values())}
    )


def test_peoplesoft_goals_matrix_comes_out_of_score_people():
    inputs, expected = example("PeopleSoft goals matrix")
    names = [goal[0] for goal in inputs["goals"]]
    kpis = kpi_set({name: weight for name, weight, _ in inputs["goals"]})
    actuals = person("Ann", {name: done for name, _, done in inputs["goals"]}, target=1.0)
    summary = score_people(actuals, Rules(kpis)).summary
    assert summary[names].iloc[0].tolist() == pytest.approx(expected["scores"], abs=1e-12)
    assert summary["score"].iloc[0] == pytest.approx(expected["total"], abs=1e-12)


def test_lower_is_better_is_two_minus_the_ratio_and_never_below_zero():
    assert curves.attainment([5, 30], [10, 10], True).tolist() == [1.5, 0.0]


def test_attainment_of_a_zero_target_is_blank_and_of_a_negative_one_by_difference():
    assert np.isnan(curves.attainment(5, 0))
    assert curves.attainment([-80, -120, 20], -100).tolist() == pytest.approx([1.2, 0.8, 2.2])


def test_step_bands_include_their_lower_end_only():
    table = [(0.0, 0.0), (0.6, 60.0), (0.7, 80.0)]
    assert curves.score([0.6, 0.6999, 0.7, 0.1 * 7], table, "step").tolist() == [60.0, 60.0, 80.0, 80.0]


def test_linear_curve_holds_its_floor_and_its_cap():
    assert curves.score([0.2, 0.85, 3.0], [(0.7, 60), (1.0, 100), (1.2, 120)]).tolist() == [60.0, 80.0, 120.0]


def test_weights_of_a_role_that_miss_100_percent_are_refused_with_role_and_sum():
    with pytest.raises(Refusal) as no:
        score_people(person("Ann", {"a": 1.0}), Rules(kpi_set({"a": 0.5, "b": 0.4})))
    assert (no.value.code, no.value.facts) == ("kpi_weights", {"role": "rep", "sum": 90.0})


def test_each_role_has_its_own_kpis():
    kpis = pd.concat([kpi_set({"sales": 1.0}), kpi_set({"team": 1.0}, role="lead")])
    actuals = pd.concat([person("Ann", {"sales": 90}), person("Bob", {"team": 80}, role="lead")])
    summary = score_people(actuals, Rules(kpis)).summary
    assert summary["score"].tolist() == [90.0, 80.0]
    assert np.isnan(summary.loc[0, "team"])
    with pytest.raises(Refusal, match="kpi_not_of_role"):
        score_people(person("Bob", {"sales": 80}, role="lead"), Rules(kpis))


def test_a_kpi_without_data_gives_its_weight_to_the_others_and_the_card_says_so():
    kpis = kpi_set({"a": 0.5, "b": 0.3, "c": 0.2})
    result = score_people(person("Ann", {"a": 100, "b": 80, "c": np.nan}), Rules(kpis))
    assert result.summary.loc[0, "score"] == pytest.approx((0.5 * 100 + 0.3 * 80) / 0.8)
    assert result.summary.loc[0, "note"] == "missing=c"
    assert result.cards["weight"].tolist()[:2] == pytest.approx([0.625, 0.375])
    assert result.cards["planned_weight"].tolist() == [0.5, 0.3, 0.2]


def test_a_person_without_any_data_has_no_score_no_grade_and_no_rank():
    both = pd.concat([person("Ann", {"a": np.nan}), person("Bob", {"a": 50})])
    summary = score_people(both, Rules(kpi_set({"a": 1.0}))).summary
    assert summary.loc[0, ["score", "grade", "coefficient", "rank"]].isna().all()
    assert summary["note"].tolist() == ["no_data", ""]
    assert summary.loc[1, "rank"] == 1


def test_a_weight_over_its_maximum_is_a_warning():
    kpis = kpi_set({"a": 0.7, "b": 0.3}, max_weight=[0.5, 0.5])
    assert score_people(person("Ann", {"a": 1, "b": 1}), Rules(kpis)).warnings["kpi"].tolist() == ["a"]


def test_a_red_line_caps_the_grade_but_neither_the_score_nor_the_rank_and_stays_visible():
    both = pd.concat([person("Ann", {"a": 110}), person("Bob", {"a": 90})])
    lines = pd.DataFrame({"salesperson": ["Ann"], "kind": ["bad_debt"], "cap_grade": ["C"]})
    summary = score_people(both, Rules(kpi_set({"a": 1.0})), red_lines=lines).summary
    assert summary["grade"].tolist() == ["C", "A"]
    assert summary["coefficient"].tolist() == [0.7, 1.2]
    assert summary["score"].tolist() == [110.0, 90.0]
    assert summary["rank"].tolist() == [1.0, 2.0]
    assert summary["note"].tolist() == ["red_line=bad_debt", ""]


def test_a_red_line_never_lifts_a_grade():
    lines = pd.DataFrame({"salesperson": ["Ann"], "kind": ["fraud"], "cap_grade": ["B"]})
    summary = score_people(person("Ann", {"a": 60}), Rules(kpi_set({"a": 1.0})), red_lines=lines).summary
    assert summary["grade"].tolist() == ["C"]


def test_flags_follow_the_lines_of_the_settings():
    kpis = kpi_set({"a": 0.25, "b": 0.25, "c": 0.25, "d": 0.25})
    cards = score_people(person("Ann", {"a": 100, "b": 70, "c": 69, "d": np.nan}), Rules(kpis)).cards
    assert cards["flag"].tolist() == ["excellent", "", "action", "missing"]


def test_a_rated_kpi_uses_the_combined_rating():
    kpis = kpi_set({"sales": 0.5, "service": 0.5})
    ratings = pd.DataFrame(
        {"salesperson": "Ann", "kpi": "service", "rater": list("abcde"), "score": [0, 80, 85, 90, 100]}
    )
    summary = score_people(person("Ann", {"sales": 100}), Rules(kpis), ratings).summary
    assert summary.loc[0, ["sales", "service"]].tolist() == [50.0, 42.5]
    with_target = person("Ann", {"sales": 100, "service": np.nan}, target=[100.0, 85.0])
    assert score_people(with_target, Rules(kpis), ratings).summary.loc[0, "service"] == 50.0
    with pytest.raises(Refusal, match="rated_and_measured"):
        score_people(person("Ann", {"sales": 100, "service": 80}), Rules(kpis), ratings)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda a, k: (pd.concat([a, a]), k), "actual_twice"),
        (lambda a, k: (a.assign(role="chief"), k), "role_without_kpis"),
        (lambda a, k: (a, k.assign(curve="nowhere")), "curve_unknown"),
        (lambda a, k: (a, pd.concat([k.assign(weight=0.5), k.assign(weight=0.5)])), "kpi_twice"),
        (lambda a, k: (a.assign(salesperson=None), k), "salesperson_missing"),
        (lambda a, k: (pd.concat([a, a.assign(role="lead")]), k), "two_roles"),
    ],
)
def test_what_would_score_wrongly_is_refused(change, code):
    actuals, kpis = change(person("Ann", {"a": 1.0}), kpi_set({"a": 1.0}))
    with pytest.raises(Refusal) as no:
        score_people(actuals, Rules(kpis))
    assert no.value.code == code


def test_inputs_are_left_as_they_are():
    actuals, kpis = person("Ann", {"b": 90.0, "a": np.nan}), kpi_set({"a": 0.5, "b": 0.5})
    before = actuals.copy(), kpis.copy()
    score_people(actuals, Rules(kpis))
    pd.testing.assert_frame_equal(actuals, before[0])
    pd.testing.assert_frame_equal(kpis, before[1])


@st.composite
def companies(draw):
    count = draw(st.integers(1, 5))
    raw = draw(st.lists(st.integers(1, 20), min_size=count, max_size=count))
    weights = {f"k{i}": part / sum(raw) for i, part in enumerate(raw)}
    figure = st.one_of(st.none(), st.floats(0, 300))
    people = draw(st.integers(1, 6))
    rows = [person(f"p{i}", {kpi: draw(figure) for kpi in weights}).astype({"actual": float}) for i in range(people)]
    return pd.concat(rows), kpi_set(weights)


@settings(deadline=None)
@given(companies())
def test_points_add_to_the_score_and_weights_in_use_to_one(company):
    actuals, kpis = company
    result = score_people(actuals, Rules(kpis))
    names = kpis["kpi"].tolist()
    scored = result.summary["score"].notna()
    assert result.summary.loc[scored, names].sum(axis=1).to_numpy() == pytest.approx(
        result.summary.loc[scored, "score"].to_numpy(), abs=1e-9
    )
    in_use = result.cards.groupby("salesperson")["weight"].sum()
    assert all(abs(total - 1) < 1e-9 or total == 0 for total in in_use)
    assert result.summary.loc[scored, "score"].between(0, 120 + 1e-9).all()


@settings(deadline=None)
@given(companies(), st.randoms())
def test_the_order_of_rows_does_not_matter(company, random):
    actuals, kpis = company
    order = list(range(len(actuals)))
    random.shuffle(order)
    first = score_people(actuals, Rules(kpis)).summary.set_index("salesperson")
    second = score_people(actuals.iloc[order], Rules(kpis)).summary.set_index("salesperson")
    pd.testing.assert_frame_equal(first, second.loc[first.index])


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.floats(0, 2), st.floats(0, 150)), min_size=1, max_size=6, unique_by=lambda p: round(p[0], 9))
)
def test_a_curve_passes_through_its_points_and_stays_between_its_lowest_and_highest(points):
    table = np.array(sorted(points))
    for kind in ("linear", "step"):
        assert curves.score(table[:, 0], table, kind) == pytest.approx(table[:, 1], abs=1e-6)
    anywhere = curves.score(np.linspace(-1, 3, 50), table)
    assert anywhere.min() >= table[:, 1].min() - 1e-6
    assert anywhere.max() <= table[:, 1].max() + 1e-6
