"""Lists that help typing: references by defined name, domains in words, bounds of numbers, days."""

from datetime import date
from typing import Any

from xlsales.build.context import Build
from xlsales.build.layout import FIRST_ROW, Block, column_reference, list_name, referenced
from xlsales.build.wording import domain_words
from xlsales.labels import label
from xlsales.schema import TABLES
from xlsales.schema.model import DATE, FLAG, NUMERIC, SHARE, Column

INLINE_LIMIT = 255
AHEAD = 1000  # rows under a table that are ready for what is typed or pasted later


def define_lists(build: Build) -> None:
    """One name for the key column of each table that others refer to; validation cannot take the column itself."""
    for key in referenced():
        column = TABLES[key].keys[0]
        build.book.define_name(list_name(key), "=" + column_reference(key, label(key, column, build.lang)))


def validate_column(build: Build, page: Any, block: Block, column: Column) -> None:
    """Offer or check what is typed into a column. It warns only: the check of the data says more."""
    rule = rule_of(build, column)
    if rule:
        at = block.column(column.key)
        warns = {"error_type": "warning", "error_title": build.says("list.title"), "ignore_blank": True}
        page.data_validation(FIRST_ROW, at, block.last_row + AHEAD, at, {**rule, **warns})


def rule_of(build: Build, column: Column) -> dict[str, Any] | None:
    """The rule of a column, None where anything goes."""
    if column.refs and not column.refs.startswith("@"):
        return {"validate": "list", "source": "=" + list_name(column.refs), "error_message": build.says("list.refs")}
    if column.domain or column.kind == FLAG:
        words = domain_words(column, build.lang)
        if len(",".join(words)) > INLINE_LIMIT or any("," in each for each in words):
            raise ValueError(f"the values of {column.key} do not fit a list in {build.lang}")
        return {"validate": "list", "source": words, "error_message": build.says("list.domain")}
    if column.kind == DATE:
        first = date(1990, 1, 1)
        return {"validate": "date", "criteria": ">=", "value": first, "error_message": build.says("list.date")}
    if column.kind in NUMERIC and (column.low is not None or column.high is not None):
        return bounds(build, column)
    return None


def bounds(build: Build, column: Column) -> dict[str, Any]:
    """The rule of a bounded number."""
    low, high = column.low, column.high
    says = build.says("list.bounds", low=bound(low, column), high=bound(high, column))
    if low is not None and high is not None:
        return {"validate": "decimal", "criteria": "between", "minimum": low, "maximum": high, "error_message": says}
    criteria, value = (">=", low) if low is not None else ("<=", high)
    return {"validate": "decimal", "criteria": criteria, "value": value, "error_message": says}


def bound(value: float | None, column: Column) -> str:
    """A bound in words; an open side is a dash."""
    if value is None:
        return "–"
    return f"{value:.0%}" if column.kind == SHARE else f"{value:g}"
