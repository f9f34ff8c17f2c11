"""The buttons Review and Close period: fill the page of a period; keep it, its seals and its rules."""

import pandas as pd

from xlsales.commands.answer import Answer
from xlsales.commands.protocol import Append, Book, Replace
from xlsales.commands.reading import Work, load, of_closed
from xlsales.commands.reviewing import reviewed
from xlsales.commands.sealing import calendar, content, empty, seals
from xlsales.core.calendar import last_day, period_keys
from xlsales.core.closing import fingerprint
from xlsales.core.period_steps import previous_period
from xlsales.core.rule_locks import locked_rules, standing_lock
from xlsales.labels import word
from xlsales.problems import InputError, Problem
from xlsales.schema.closing import LOCKED
from xlsales.validate.codes import GOOD_PERIOD


def review(book: Book) -> Answer:
    """Fill the review page of a period: of the selected cell, else of the last whole month; a closed one stays."""
    work = load(book)
    period = chosen_period(book, work)
    if (work.tables["closed_periods"]["period"] == period).any():
        raise InputError(Problem("review_closed", facts={"period": period}))
    found = reviewed(book, work, period)
    facts = {"period": period, "rows": found.new, "decided": found.decided, "changed": found.changed}
    question = word("said.review_asks", book.lang, **facts) if found.changed else ""
    says = "\n".join([word("said.reviewed", book.lang, **facts), *of_closed(work.problems, book.lang)])
    rows = len(found.page[found.page["period"] == period])
    return Answer((*work.pending, *found.changes), says, question, period, rows, table="reviews")


def close_period(book: Book) -> Answer:
    """Keep a period's page, the seals of its tables and the rules it is paid by; later changes then show."""
    work = load(book)
    period = chosen_period(book, work)
    closed = work.tables["closed_periods"]
    if (closed["period"] == period).any():
        raise InputError(Problem("period_closed", facts={"period": period}))
    if pd.Timestamp(last_day(period, calendar(work.settings))) > work.as_of:
        raise InputError(Problem("period_running", facts={"period": period, "day": str(work.as_of.date())}))
    if empty(content(work.tables, work.settings, period)):
        raise InputError(Problem("period_empty", facts={"period": period}))
    found = reviewed(book, work, period)
    tables = {**work.tables, "reviews": found.reviews, "review_page": found.page}
    held = content(tables, work.settings, period)
    sealed = work.tables["closed_content"]
    row = {"period": period, "closed_on": pd.Timestamp(book.now.date()), "closed_by": book.user or "-"}
    changes = [
        *work.pending,
        *found.changes,
        Append("closed_periods", pd.DataFrame([row | {"hash": fingerprint(held)}])),
        Replace("closed_content", replaced(sealed, seals(held, period).astype(sealed.dtypes), period)),
        *locks(work, period),
    ]
    rows = sum(len(frame) for frame in held.values())
    asked = "said.close_undecided" if found.undecided else "said.close_asks"
    question = word(asked, book.lang, period=period, rows=f"{rows:,}", undecided=found.undecided)
    says = word("said.closed", book.lang, period=period)
    return Answer(tuple(changes), says, question, period, rows, table="closed_periods")


def locks(work: Work, period: str) -> list[Replace]:
    """The rules of commission as they hold up to the end of a period."""
    days = calendar(work.settings)
    last = pd.Timestamp(last_day(period, days))
    ends = {key: pd.Timestamp(last_day(key, days)) for key in work.tables["closed_periods"]["period"].dropna()}
    found = []
    for key, lock in LOCKED.items():
        before = work.tables[lock]
        rules = locked_rules(work.tables[key], *standing_lock(before, ends), key)
        rules = rules[rules["valid_from"] <= last].assign(period=period).reindex(columns=before.columns)
        found.append(Replace(lock, replaced(before, rules.astype(before.dtypes), period)))
    return found


def replaced(table: pd.DataFrame, rows: pd.DataFrame, period: str) -> pd.DataFrame:
    """A table with these rows of a period in the place of those it had: it may have been closed before."""
    return pd.concat([table[table["period"] != period], rows], ignore_index=True)


def chosen_period(book: Book, work: Work) -> str:
    """The period in the selected cell, if one stands there; else the last month that is over on the day."""
    selected = book.selection()
    text = str(selected.value).strip() if selected and selected.value is not None else ""
    if GOOD_PERIOD.fullmatch(text) and "W" not in text:
        return text
    days = calendar(work.settings)
    month = str(period_keys(pd.Series([work.as_of]), "month", days).iloc[0])
    return month if pd.Timestamp(last_day(month, days)) <= work.as_of else previous_period(month, days)
