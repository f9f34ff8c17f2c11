"""The buttons of the group Improve."""

import pandas as pd

from xlsales.commands.closing import calendar, content, seal_of
from xlsales.commands.protocol import Append, Book, Change, Replace
from xlsales.commands.reading import Answer, Work, compute, load, recomputed
from xlsales.core.calendar import last_day, period_keys
from xlsales.core.period_steps import previous_period
from xlsales.labels import word
from xlsales.problems import InputError, Problem
from xlsales.schema.targets import QUANTITIES
from xlsales.validate.codes import GOOD_PERIOD

FIGURES = [measure + end for measure in QUANTITIES for end in ("", "_target")]
KEYS = ["period", "scope", "member"]


def improve(book: Book) -> Answer:
    """Gaps in money, their causes, and what to do about them."""
    return recomputed(book, ("improvement_report",))


def review(book: Book) -> Answer:
    """Fill the review page of the fiscal year to date; a page that was decided stays as it is."""
    work = load(book)
    if any(problem.table == "reviews" and problem.severity == "error" for problem in work.problems):
        raise InputError(Problem("table_has_errors", table="reviews"))
    made = compute(book, work, ())["review"].reindex(columns=[*KEYS, *FIGURES])
    old = work.tables["reviews"]
    joined = old.assign(place=range(len(old)), key=_key(old)).merge(
        made.assign(key=_key(made))[["key", *FIGURES]], on="key", suffixes=("", "_now"), how="inner"
    )
    decided = joined["decision"].notna() | joined["decided_on"].notna()
    table = old.copy()
    changed = 0
    for row in joined[~decided].to_dict("records"):
        now = [row[figure + "_now"] for figure in FIGURES]
        before = [row[figure] for figure in FIGURES]
        if any(not _alike(one, two) for one, two in zip(before, now, strict=True)):
            changed += sum(not pd.isna(one) and not _alike(one, two) for one, two in zip(before, now, strict=True)) > 0
            table.loc[row["place"], FIGURES] = now
    new = made[~_key(made).isin(_key(old))]
    rows = pd.concat([table, new.reindex(columns=table.columns).astype(table.dtypes)], ignore_index=True)
    period = str(made["period"].iloc[0])
    facts = {"period": period, "rows": len(new), "decided": int(decided.sum()), "changed": changed}
    changes: list[Change] = [*work.pending, Replace("reviews", rows)]
    question = word("said.review_asks", book.lang, **facts) if changed else ""
    says = word("said.reviewed", book.lang, **facts)
    return Answer(tuple(changes), says, question, period, len(made), table="reviews")


def _key(table: pd.DataFrame) -> pd.Series:
    parts = [table[key].astype(object).where(table[key].notna(), "").astype(str) for key in KEYS]
    return parts[0] + "\n" + parts[1] + "\n" + parts[2]


def _alike(one: float, two: float) -> bool:
    return (pd.isna(one) and pd.isna(two)) or one == two


def close_period(book: Book) -> Answer:
    """Keep the fingerprint of a period: of the selected cell, else of the last whole month; later changes then show."""
    work = load(book)
    period = chosen_period(book, work)
    closed = work.tables["closed_periods"]
    if (closed["period"] == period).any():
        raise InputError(Problem("period_closed", facts={"period": period}))
    if pd.Timestamp(last_day(period, calendar(work))) > work.as_of:
        raise InputError(Problem("period_running", facts={"period": period, "day": str(work.as_of.date())}))
    held = content(work, period)
    rows = sum(len(frame) for frame in held.values())
    if not rows:
        raise InputError(Problem("period_empty", facts={"period": period}))
    row = {"period": period, "closed_on": pd.Timestamp(book.now.date()), "closed_by": book.user or "-"}
    frame = pd.DataFrame([row | {"hash": seal_of(work, period)}])
    question = word("said.close_asks", book.lang, period=period, rows=f"{rows:,}")
    says = word("said.closed", book.lang, period=period)
    return Answer(
        (*work.pending, Append("closed_periods", frame)), says, question, period, rows, table="closed_periods"
    )


def chosen_period(book: Book, work: Work) -> str:
    """The period in the selected cell, if one stands there; else the last month that is over on the day."""
    selected = book.selection()
    text = str(selected.value).strip() if selected and selected.value is not None else ""
    if GOOD_PERIOD.fullmatch(text) and len(text) > 4:
        return text
    days = calendar(work)
    month = str(period_keys(pd.Series([work.as_of]), "month", days).iloc[0])
    return month if pd.Timestamp(last_day(month, days)) <= work.as_of else previous_period(month, days)
