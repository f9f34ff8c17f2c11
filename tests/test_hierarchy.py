import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from xlsales.core.hierarchy import build_tree, gap, path_tree, roll_up
from xlsales.core.refusal import Refusal


def test_members_may_come_before_their_parents():
    tree = build_tree(["oslo", "north", "company"], ["north", "company", None])
    assert tree.depth.tolist() == [2, 1, 0]
    assert [tree.members[i] for i in tree.layout] == ["company", "north", "oslo"]
    assert tree.ancestors("oslo") == ["north", "company"]
    assert tree.below("north") == ["north", "oslo"]


@pytest.mark.parametrize("blank", [None, "", float("nan"), pd.NA])
def test_a_blank_parent_is_a_root(blank):
    assert build_tree(["a", "b"], [blank, "a"]).depth.tolist() == [0, 1]


def test_a_cycle_is_refused_with_its_members_only():
    with pytest.raises(Refusal) as no:
        build_tree(["root", "a", "b", "c", "tail"], [None, "c", "a", "b", "a"])
    assert no.value.code == "tree_cycle"
    assert sorted(no.value.facts["members"]) == ["a", "b", "c"]


def test_its_own_parent_is_a_cycle():
    with pytest.raises(Refusal) as no:
        build_tree(["a"], ["a"])
    assert no.value.facts["members"] == ["a"]


def test_an_unknown_parent_is_named():
    with pytest.raises(Refusal) as no:
        build_tree(["a", "b"], [None, "x"])
    assert (no.value.code, no.value.facts) == ("tree_unknown_parent", {"parents": ["x"], "members": ["b"]})


def test_a_member_named_twice_is_refused():
    with pytest.raises(Refusal, match="tree_duplicate"):
        build_tree(["a", "a"], [None, None])


def test_a_row_without_a_member_or_a_parent_cell_is_refused():
    with pytest.raises(Refusal, match="tree_missing_member"):
        build_tree([None], [None])
    with pytest.raises(Refusal, match="tree_lengths"):
        build_tree(["a"], [])


def test_a_parent_of_missing_leaves_is_missing_not_zero():
    tree = build_tree(["all", "n", "s", "n1", "s1"], [None, "all", "all", "n", "s"])
    found = roll_up(tree, np.array([99, 99, 99, np.nan, 4.0]))
    np.testing.assert_array_equal(found, [4, np.nan, 4, np.nan, 4])


def test_paths_make_a_tree_in_the_order_of_their_rows():
    frame = pd.DataFrame({"region": ["S", "N", "S"], "month": ["2026-02", "2026-01", "2026-01"]})
    tree = path_tree(frame, ["region", "month"])
    assert tree.members == [(), ("S",), ("N",), ("S", "2026-02"), ("N", "2026-01"), ("S", "2026-01")]
    assert tree.parent.tolist() == [-1, 0, 0, 1, 2, 1]


def test_a_path_named_twice_is_refused():
    with pytest.raises(Refusal, match="tree_duplicate"):
        path_tree(pd.DataFrame({"region": ["N", "N"]}), ["region"])


@st.composite
def forests(draw, most=25):
    """Parents by index: member i hangs below an earlier one, then all are shuffled."""
    count = draw(st.integers(1, most))
    parents = [draw(st.integers(-1, i - 1)) if i else -1 for i in range(count)]
    order = draw(st.permutations(range(count)))
    names = [f"m{i}" for i in range(count)]
    return [names[i] for i in order], [None if parents[i] < 0 else names[parents[i]] for i in order]


@given(forests(), st.randoms())
def test_every_parent_is_the_sum_of_its_children(forest, chance):
    tree = build_tree(*forest)
    values = np.array([float(chance.randint(-50, 50)) for _ in tree.members])
    assert not gap(tree, roll_up(tree, values)).any()


@given(forests())
def test_layout_puts_parents_first_and_siblings_side_by_side(forest):
    tree = build_tree(*forest)
    rank = {int(index): place for place, index in enumerate(tree.layout)}
    assert sorted(rank) == list(range(len(tree.members)))
    for index, parent in enumerate(tree.parent):
        assert parent < 0 or rank[int(parent)] < rank[index]
    along = [int(tree.parent[i]) for i in tree.layout]
    runs = [p for place, p in enumerate(along) if place == 0 or along[place - 1] != p]
    assert len(runs) == len(set(runs))
