"""Every published example of allocation, hold, rounding and two-way fit: through the core, the function, the sheet."""

import ast
from pathlib import Path

import pytest

from tests.examples import names

HERE = Path(__file__).parent
TOPICS = {"allocation", "allocation-negative", "hold", "rounding", "ipf"}
WAYS = {
    "core": ("test_apportion.py", "test_apportion_tree.py", "test_spreading.py", "test_twoway.py"),
    "function": ("test_udfs_examples.py",),
    "sheet": ("test_examples_on_the_sheet.py",),
}
NAMES = names(TOPICS)


def named(files: tuple[str, ...]) -> set[str]:
    """The texts in the code of some test files."""
    trees = (ast.parse((HERE / file).read_text(encoding="utf-8")) for file in files)
    nodes = (node for tree in trees for node in ast.walk(tree))
    return {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}


def test_there_are_examples_of_every_topic() -> None:
    assert all(names({topic}) for topic in TOPICS)
    assert len(NAMES) == 14


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", NAMES)
def test_an_example_comes_out_this_way(name: str, way: str) -> None:
    assert name in named(WAYS[way])
