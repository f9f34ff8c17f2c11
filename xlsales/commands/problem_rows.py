"""Problems as rows of the table `problems`: in words, each with a link to its cell."""

from collections.abc import Sequence

import pandas as pd

from xlsales.commands.protocol import Replace
from xlsales.problems import Problem, column_name, cure, shown, table_name, what

ORDER = {"error": 0, "warning": 1, "note": 2}
COLUMNS = ("severity", "table", "row", "cell", "column", "value", "what", "cure", "money")


def problem_table(problems: Sequence[Problem], lang: str) -> Replace:
    """The write of all problems, errors first.

    >>> one = Problem("value_missing", table="orders", column="date", row=9, sheet="Orders", cell="C9")
    >>> write = problem_table([one], "en")
    >>> write.links, write.frame["cell"].tolist(), write.frame["table"].tolist()
    (['Orders!C9'], ['Orders!C9'], ['Order lines'])
    """
    ranked = sorted(problems, key=lambda problem: ORDER[problem.severity])
    return Replace("problems", problem_frame(ranked, lang), links=[linked(problem) for problem in ranked])


def problem_frame(problems: Sequence[Problem], lang: str) -> pd.DataFrame:
    """The problems in words, in their order; the button and the builder write the same rows."""
    rows = [
        (
            problem.severity,
            table_name(problem.table, lang) if problem.table else None,
            problem.row,
            place(problem) or None,
            column_name(problem, lang) if problem.column else None,
            shown(problem.value) or None,
            what(problem, lang),
            cure(problem, lang) or None,
            problem.money,
        )
        for problem in problems
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype({"row": "Float64", "money": "Float64"})


def place(problem: Problem) -> str:
    """Where to look: sheet and cell of a workbook, else the file."""
    return linked(problem) or problem.cell or problem.source


def linked(problem: Problem) -> str:
    """The address in the workbook; empty where there is none to go to."""
    return f"{problem.sheet}!{problem.cell}" if problem.sheet and problem.cell else ""
