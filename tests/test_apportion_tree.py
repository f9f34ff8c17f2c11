"""A total down a tree: exact at every level, holds and bounds at any member, refused only when nothing fits."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from tests.test_hierarchy import forests
from xlsales.core.apportion import allocate
from xlsales.core.apportion_tree import TreeCells, allocate_frame, allocate_tree
from xlsales.core.hierarchy import build_tree, gap
from xlsales.core.refusal import Refusal

SALES = build_tree(["all", "n", "s", "n1", "n2", "s1"], [None, "all", "all", "n", "n", "s"])


def refusal(call):
    with pytest.raises(Refusal) as no:
        call()
    return no.value.code, no.value.facts


def test_a_held_leaf_is_taken_out_before_its_region_gets_its_share():
    cells = TreeCells([0, 0, 0, 50, 10, 10], held=[None, None, None, 50, None, None])
    assert allocate_tree(SALES, 100, cells).amounts.tolist() == [100, 75, 25, 50, 25, 25]


def test_a_held_region_keeps_its_value_and_is_spread_within():
    cells = TreeCells([0, 0, 0, 1, 3, 9], held=[None, 40, None, None, None, None])
    assert allocate_tree(SALES, 100, cells, unit=1).amounts.tolist() == [100, 40, 60, 10, 30, 60]


def test_bounds_of_leaves_are_felt_at_the_top():
    cells = TreeCells([0, 0, 0, 1, 1, 1], upper=[None, None, None, 10, 10, None])
    assert allocate_tree(SALES, 100, cells, unit=1).amounts.tolist() == [100, 20, 80, 10, 10, 80]


def test_an_empty_tree_shares_per_leaf_and_names_the_parents():
    found = allocate_tree(SALES, 9, TreeCells([0] * 6), unit=1)
    assert found.amounts.tolist() == [9, 6, 3, 3, 3, 3]
    assert found.announced_equal == ["all", "n", "s"]


def test_two_roots_have_their_own_totals():
    tree = build_tree(["a", "b", "a1"], [None, None, "a"])
    assert allocate_tree(tree, [5, 7], TreeCells([1, 1, 1])).amounts.tolist() == [5, 7, 5]
    assert refusal(lambda: allocate_tree(tree, 5, TreeCells([1, 1, 1])))[0] == "root_totals"


@pytest.mark.parametrize(
    ("total", "limits", "code", "facts"),
    [
        (100, {"upper": [None, None, None, 10, 10, 10]}, "member_above_upper", {"member": "all", "excess": 70}),
        (1, {"lower": [None, None, None, 2, 0, 1]}, "member_below_lower", {"member": "all", "short": 2}),
        (100, {"held": [None, 30, None, 10, 10, None]}, "member_all_held", {"member": "n", "rest": 10}),
        (
            9,
            {"lower": [None, None, None, 3, 3, None], "upper": [None, 5, None, None, None, None]},
            "member_bounds_against_children",
            {"member": "n", "least": 6, "upper": 5},
        ),
        (9.5, {}, "total_off_grid", {"below": 9, "above": 10}),
    ],
)
def test_refusals_name_the_member_and_the_amount(total, limits, code, facts):
    found = refusal(lambda: allocate_tree(SALES, total, TreeCells([0, 0, 0, 1, 1, 1], **limits), unit=1))
    assert found[0] == code
    assert found[1].items() >= facts.items()


def test_a_frame_says_whose_children_got_equal_shares():
    plan = pd.DataFrame({"member": SALES.members, "parent": [None, "all", "all", "n", "n", "s"]})
    plan["weight"] = [None, None, None, 0.0, 0.0, 2.0]
    plan["held"] = [None, 4.0, None, None, None, None]
    found = allocate_frame(plan, 10, unit=1)
    assert found["value"].tolist() == [10, 4, 6, 2, 2, 6]
    assert found.loc[found["equal"], "member"].tolist() == ["n"]
    assert list(found.columns) == ["member", "parent", "value", "equal"]


def test_some_missing_leaf_weights_are_refused_by_name():
    code, facts = refusal(lambda: allocate_tree(SALES, 1, TreeCells([0, 0, 0, 1, None, 1])))
    assert (code, facts["members"]) == ("tree_weights_missing", ["n2"])


@st.composite
def tree_tasks(draw):
    """A forest with a few holds and bounds at any depth, in whole units, whether or not it has an answer."""
    tree = build_tree(*draw(forests(10)))
    count = len(tree.members)
    weights = [draw(st.integers(0, 9)) for _ in range(count)]
    rare = lambda low, high: [  # noqa: E731
        draw(st.one_of(st.none(), st.none(), st.none(), st.integers(low, high))) for _ in range(count)
    ]
    held, lower, upper = rare(0, 20), rare(-2, 6), rare(0, 25)
    upper = [u if u is None or lo is None else max(u, lo) for lo, u in zip(lower, upper, strict=True)]
    totals = [draw(st.integers(-5, 60)) for _ in range(tree.levels[0].end)]
    return tree, totals, weights, held, lower, upper


def has_answer(tree, totals, weights, held, lower, upper):
    """Whether any values fit the tree, asked of a linear program; zero weights are kept out of this check."""
    count = len(tree.members)
    spans = list(zip(lower, upper, strict=True))
    for i, h in enumerate(held):
        spans[i] = (h, h) if h is not None else spans[i]
    rows, right = [], []
    for member in range(count):
        inside = np.flatnonzero(tree.parent == member)
        if len(inside):
            row = np.zeros(count)
            row[member], row[inside] = 1, -1
            rows.append(row)
            right.append(0)
    for root, total in zip(np.flatnonzero(tree.parent < 0), totals, strict=True):
        row = np.zeros(count)
        row[root] = 1
        rows.append(row)
        right.append(total)
    return linprog(np.zeros(count), A_eq=np.array(rows), b_eq=right, bounds=spans).status == 0


@pytest.mark.parametrize("method", ["proportional", "divisor"])
@given(tree_tasks())
@settings(max_examples=120, deadline=None)
def test_exact_at_every_level_held_bounded_or_refused_when_nothing_fits(method, task):
    tree, totals, weights, held, lower, upper = task
    weights = [w + 1 for w in weights]  # zero stays zero is proven below
    cells = TreeCells(weights, held, lower, upper)
    if not has_answer(tree, totals, weights, held, lower, upper):
        with pytest.raises(Refusal):
            allocate_tree(tree, totals, cells, method, 1)
        return
    found = allocate_tree(tree, totals, cells, method, 1).amounts
    assert not gap(tree, found).any()
    assert (found == np.rint(found)).all()
    for value, h, lo, u in zip(found, held, lower, upper, strict=True):
        if h is not None:
            assert value == h
        else:
            assert lo is None or value >= lo
            assert u is None or value <= u


@given(tree_tasks())
@settings(max_examples=80, deadline=None)
def test_with_leaf_holds_and_no_bounds_a_tree_gives_what_one_flat_allocation_gives(task):
    tree, totals, weights, held, *_ = task
    assume(len(totals) == 1)
    leaf = tree.leaves
    held = [h if is_leaf else None for h, is_leaf in zip(held, leaf, strict=True)]
    flat_held = [h for h, is_leaf in zip(held, leaf, strict=True) if is_leaf]
    assume(None in flat_held)
    flat = allocate(totals[0], np.array(weights)[leaf], held=flat_held)
    found = allocate_tree(tree, totals, TreeCells(weights, held)).amounts
    np.testing.assert_allclose(found[leaf], flat, atol=1e-9)


@given(tree_tasks())
@settings(max_examples=80, deadline=None)
def test_a_leaf_of_weight_zero_beside_a_weight_gets_nothing(task):
    tree, totals, weights, *_ = task
    found = allocate_tree(tree, totals, TreeCells(weights), unit=1).amounts
    for index in np.flatnonzero(tree.leaves & (tree.parent >= 0)):
        siblings = np.flatnonzero((tree.parent == tree.parent[index]) & tree.leaves)
        if weights[index] == 0 and any(weights[i] for i in siblings):
            assert found[index] == 0


@given(tree_tasks())
@settings(max_examples=100, deadline=None)
def test_spreading_the_result_down_again_changes_nothing(task):
    tree, totals, weights, *_ = task
    first = allocate_tree(tree, [abs(t) for t in totals], TreeCells(weights), unit=1).amounts
    assume((first[tree.leaves] > 0).all())
    again = allocate_tree(tree, [abs(t) for t in totals], TreeCells(first), unit=1).amounts
    np.testing.assert_array_equal(again, first)


@given(tree_tasks(), st.sampled_from([0.01, 0.5, 7, 10_000]))
@settings(max_examples=60, deadline=None)
def test_a_scaled_task_has_the_scaled_answer(task, unit):
    """万元 or cents: everything times the unit gives the answer times the unit, and any scale of weights the same."""
    tree, totals, weights, held, lower, upper = task
    weights = [w + 1 for w in weights]
    try:
        found = allocate_tree(tree, totals, TreeCells(weights, held, lower, upper), unit=1).amounts
    except Refusal as refused:
        assume(refused.code != "too_many_units")
        assume(False)
    held, lower, upper = ([None if x is None else round(x * unit, 2) for x in side] for side in (held, lower, upper))
    goals = [round(total * unit, 2) for total in totals]
    scaled = allocate_tree(tree, goals, TreeCells([w * 3 for w in weights], held, lower, upper), unit=unit).amounts
    np.testing.assert_allclose(scaled, found * unit, rtol=1e-12, atol=1e-9)


@given(tree_tasks(), st.randoms())
@settings(max_examples=60, deadline=None)
def test_the_order_of_members_does_not_matter(task, chance):
    tree, totals, weights, held, lower, upper = task
    assume(len(totals) == 1)
    weights = [w + 1 for w in weights]
    names, cells = [f"m{i}" for i in range(len(weights))], TreeCells(weights, held, lower, upper)
    parents = [None if p < 0 else f"m{p}" for p in tree.parent]
    try:
        found = allocate_tree(build_tree(names, parents), totals, cells).amounts
    except Refusal:
        assume(False)
    order = list(range(len(names)))
    chance.shuffle(order)
    mixed = build_tree([names[i] for i in order], [parents[i] for i in order])
    parts = TreeCells(*([side[i] for i in order] for side in (weights, held, lower, upper)))
    again = allocate_tree(mixed, totals, parts).amounts
    np.testing.assert_allclose(again, found[order], rtol=1e-9, atol=1e-9)
