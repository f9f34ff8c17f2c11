"""Published worked examples: each must come out of the product."""

import json
from functools import cache
from pathlib import Path
from typing import Any


@cache
def _all() -> dict[str, dict[str, Any]]:
    rows = json.loads((Path(__file__).parent / "data" / "examples.json").read_text("utf-8"))
    return {row["name"]: row for row in rows}


def example(name: str) -> tuple[Any, Any]:
    """The inputs and the expected values of a published example."""
    row = _all()[name]
    return row["inputs"], row["expected"]


def names(topics: set[str]) -> list[str]:
    """The examples of some topics."""
    return [name for name, row in _all().items() if row["topic"] in topics]
