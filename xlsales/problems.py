"""What is wrong with an input, as a value; and its sentence: where, what, and the cure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from xlsales.core.refusal import Refusal
from xlsales.labels import known, label, word


@dataclass(frozen=True)
class Problem:
    """One thing wrong with one place of the input.

    code: words `problem.<code>` (what) and `cure.<code>`. severity: error (the row is left out, in the open), warning
    or note. row: counted as a person counts in the file (the header is row 1) or the sheet's row. sheet, cell: where
    the input is a workbook. source: the file where it is not. argument: of an in-cell function, where it is a range.
    money: what the row is worth, None where nobody can say. refused: it is a calculation's refusal, whose words are
    `refusal.<code>`, what and cure in one.
    """

    code: str
    severity: str = "error"
    table: str = ""
    column: str = ""
    row: int | None = None
    value: object = None
    sheet: str = ""
    cell: str = ""
    source: str = ""
    money: float | None = None
    facts: Mapping[str, object] = field(default_factory=dict)
    refused: bool = False
    argument: str = ""


class InputError(ValueError):
    """Wrong input that stops the work; its sentence says where, what and the cure."""

    def __init__(self, problem: Problem, lang: str = "en") -> None:
        self.problem = problem
        self.lang = lang
        super().__init__(sentence(problem, lang))


def from_refusal(refusal: Refusal, table: str = "") -> Problem:
    """The problem that a calculation's refusal is for a reader."""
    return Problem(refusal.code, table=table, facts=dict(refusal.facts), refused=True)


def from_run(refused: Iterable[tuple[str, Refusal]], notes: Iterable[tuple[str, Refusal]]) -> list[Problem]:
    """What a run could not give: a step that refused is a warning, a single figure a note."""
    found = [replace(from_refusal(refusal), severity="warning") for _, refusal in refused]
    return found + [replace(from_refusal(refusal), severity="note") for _, refusal in notes]


def what(problem: Problem, lang: str) -> str:
    """What is wrong, in words."""
    key = "problem." + problem.code
    refused = problem.refused or not known(key)
    return word("refusal." + problem.code if refused else key, lang, **_facts(problem, lang))


def cure(problem: Problem, lang: str) -> str:
    """What to do about it; empty where the first sentence says it already (a refusal's does)."""
    key = "cure." + problem.code
    return word(key, lang, **_facts(problem, lang)) if known(key) and not problem.refused else ""


def where(problem: Problem, lang: str) -> str:
    """The place: sheet and cell, or file or table, row and column."""
    parts = []
    if problem.sheet:
        parts.append(word("where.cell", lang, sheet=problem.sheet, cell=problem.cell))
    elif problem.source:
        parts.append(word("where.source", lang, source=problem.source))
    elif problem.argument:
        parts.append(word("where.argument", lang, argument=problem.argument))
    elif problem.table:
        parts.append(word("where.table", lang, table=table_name(problem.table, lang)))
    if problem.row is not None and not problem.sheet:
        parts.append(word("where.row", lang, row=problem.row))
    if problem.column:
        parts.append(word("where.column", lang, column=column_name(problem, lang)))
    return word("where.join", lang).join(parts)


def sentence(problem: Problem, lang: str) -> str:
    """Where, what and the cure in one line."""
    place = where(problem, lang)
    says = [what(problem, lang), cure(problem, lang)]
    text = word("where.space", lang).join(part for part in says if part)
    return word("where.says", lang, place=place, text=text) if place else text


def table_name(table: str, lang: str) -> str:
    """A table's name in words; its key where it is no table of ours."""
    return word("table." + table, lang) if known("table." + table) else table


def column_name(problem: Problem, lang: str) -> str:
    """A column's heading in words; as it stands where it is no column of ours."""
    try:
        return label(problem.table, problem.column, lang)
    except KeyError:
        return problem.column


def _facts(problem: Problem, lang: str) -> dict[str, Any]:
    """All that a sentence may name: the facts, the value as typed, the table's and the column's names."""
    return {
        "value": shown(problem.value),
        "table": table_name(problem.table, lang),
        "column": column_name(problem, lang) if problem.column else "",
        **{key: shown(_in_words(problem, key, fact, lang)) for key, fact in problem.facts.items()},
    }


def _in_words(problem: Problem, key: str, fact: object, lang: str) -> object:
    """A fact that is a key of ours in words: other_table(s), other_column, setting, allowed and choices (values)."""
    if isinstance(fact, (list, tuple)):
        return word("where.list", lang).join(shown(_in_words(problem, key.rstrip("s"), item, lang)) for item in fact)
    if not isinstance(fact, str):
        return fact
    if key == "other_table":
        return table_name(fact, lang)
    if key == "other_column":
        return column_name(Problem(problem.code, table=problem.table, column=fact), lang)
    if key == "setting":
        name = "setting." + fact
    else:
        owner = {"allowed": problem.column, "choice": problem.facts.get("setting"), "near": problem.column}.get(key)
        name = f"value.{owner}.{fact}"
    return word(name, lang) if known(name) else fact


def shown(value: object) -> str:
    """A value in a sentence: lists joined, whole numbers without decimals, days without time, long texts cut."""
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:,.2f}".removesuffix(".00")
    if isinstance(value, (list, tuple, set, frozenset)):
        return ", ".join(shown(item) for item in value)
    text = str(value).removesuffix(" 00:00:00")
    return text if len(text) <= 80 else text[:79] + "…"
