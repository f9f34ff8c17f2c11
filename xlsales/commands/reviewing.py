"""The page of a period's review: figures, bridge, alerts, scores, pay, actions and decisions, each a row in words."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import pandas as pd

from xlsales.commands.protocol import Book, Change, Replace
from xlsales.commands.reading import Work, compute
from xlsales.commands.sealing import calendar
from xlsales.core.calendar import last_day, period_days
from xlsales.labels import known, word
from xlsales.problems import InputError, Problem
from xlsales.schema import TABLES
from xlsales.schema.targets import QUANTITIES

FIGURES = [measure + end for measure in QUANTITIES for end in ("", "_target")]
KEYS = ["period", "scope", "member"]
DECIDED = ("decision", "decided_on")
TOP_ALERTS = 10
# What the page shows, beside the decisions.
STANDS_ON = ("review", "bridge", "alerts", "scores", "accruals", "action_tracking", "verdicts")
COLUMNS = [column.key for column in TABLES["review_page"].columns]
Row = tuple[object, object, object, object, object]  # item, about, target, actual, remark


@dataclass(frozen=True)
class Reviewed:
    """The reviews and the page with a period in them. counts: rows new, changed, decided; undecided: without either."""

    reviews: pd.DataFrame
    page: pd.DataFrame
    new: int
    changed: int
    decided: int
    undecided: int

    @property
    def changes(self) -> tuple[Change, ...]:
        """The writes."""
        return Replace("reviews", self.reviews), Replace("review_page", self.page)


def reviewed(book: Book, work: Work, period: str) -> Reviewed:
    """Review a period as it stood at its end, or stands on the day if it runs; what was decided stays as it is."""
    if any(problem.table == "reviews" and problem.severity == "error" for problem in work.problems):
        raise InputError(Problem("table_has_errors", table="reviews"))
    day = min(work.as_of, pd.Timestamp(last_day(period, calendar(work.settings))))
    then = replace(work, settings={**work.settings, "as_of": day, "review_period": period})
    results = compute(book, then, (), STANDS_ON)
    made = results["review"].reindex(columns=[*KEYS, *FIGURES])
    old = work.tables["reviews"]
    joined = old.assign(place=range(len(old)), key=_key(old)).merge(
        made.assign(key=_key(made))[["key", *FIGURES]], on="key", suffixes=("", "_now"), how="inner"
    )
    decided = joined[list(DECIDED)].notna().any(axis=1)
    table, changed = old.copy(), 0
    for row in joined[~decided].to_dict("records"):
        now = [row[figure + "_now"] for figure in FIGURES]
        before = [row[figure] for figure in FIGURES]
        if any(not _alike(one, two) for one, two in zip(before, now, strict=True)):
            changed += any(not pd.isna(one) and not _alike(one, two) for one, two in zip(before, now, strict=True))
            table.loc[row["place"], FIGURES] = now
    new = made[~_key(made).isin(_key(old))]
    rows = pd.concat([table, new.reindex(columns=table.columns).astype(table.dtypes)], ignore_index=True)
    counts = (len(new), changed, int(decided.sum()), len(made) - int(decided.sum()))
    return Reviewed(rows, paged(work, results, rows, period, book.lang), *counts)


def _key(table: pd.DataFrame) -> pd.Series:
    parts = [table[key].astype(object).where(table[key].notna(), "").astype(str) for key in KEYS]
    return parts[0] + "\n" + parts[1] + "\n" + parts[2]


def _alike(one: float, two: float) -> bool:
    return (pd.isna(one) and pd.isna(two)) or one == two


def paged(work: Work, results: dict[str, pd.DataFrame], reviews: pd.DataFrame, period: str, lang: str) -> pd.DataFrame:
    """The table `review_page` with the rows of a period in the place of those it had."""
    results = {**results, "reviews": reviews[reviews["period"] == period], "review_all": results["review"]}
    months = set(_inside(work, results.get("accruals"), period))
    rows = []
    for section, told in SECTIONS.items():
        for place, row in enumerate(told(results, lang, months), 1):
            target, actual = row[2], row[3]
            usable = section == "five" and not pd.isna(target) and not pd.isna(actual) and target  # type: ignore[call-overload]
            share = actual / target if usable else None  # type: ignore[operator]
            rows.append((period, section, float(place), row[0], row[1], target, actual, share, row[4]))
    page = pd.DataFrame(rows, columns=COLUMNS)
    kept = work.tables["review_page"]
    kept = kept[kept["period"] != period]
    return pd.concat([kept, page.astype(kept.dtypes)], ignore_index=True)


def _inside(work: Work, accruals: pd.DataFrame | None, period: str) -> Iterator[str]:
    """The periods of the accruals that lie in a period."""
    days = calendar(work.settings)
    first, last = period_days(period, days)
    for key in [] if accruals is None else accruals["period"].dropna().unique():
        begins, ends = period_days(key, days)
        if first <= begins and ends <= last:
            yield key


def _said(column: str, code: object, lang: str) -> str:
    """A code in words."""
    key = f"value.{column}.{code}"
    return word(key, lang) if isinstance(code, str) and known(key) else str(code or "")


def _table(results: dict[str, pd.DataFrame], key: str) -> list[dict[str, object]]:
    return (
        [{str(name): cell for name, cell in row.items()} for row in results[key].to_dict("records")]
        if key in results
        else []
    )


def _five(results: dict[str, pd.DataFrame], lang: str, months: set[str]) -> Iterator[Row]:
    """Each quantity of the company and its regions."""
    del months
    for row in _table(results, "review_all"):
        name = row["name"] if isinstance(row["name"], str) and row["name"] else _said("scope", row["scope"], lang)
        for measure in QUANTITIES:
            yield name, _said("measure", measure, lang), row[measure + "_target"], row[measure], None


def _bridge(results: dict[str, pd.DataFrame], lang: str, months: set[str]) -> Iterator[Row]:
    """What changed sales and margin since last year, fiscal year to date."""
    del months
    for row in _table(results, "bridge"):
        remark = f"{row['base_period']} → {row['period']}"
        yield _said("effect", row["effect"], lang), _said("measure", row["measure"], lang), None, row["amount"], remark


def _alert(results: dict[str, pd.DataFrame], lang: str, months: set[str]) -> Iterator[Row]:
    """The alerts with most money behind them."""
    del months
    for row in _table(results, "alerts")[:TOP_ALERTS]:
        yield row["name"], _said("alert", row["alert"], lang), None, row["money"], row["reason"]


def _score(results: dict[str, pd.DataFrame], lang: str, months: set[str]) -> Iterator[Row]:
    """Everybody's score and grade."""
    del months, lang
    for row in _table(results, "scores"):
        note = row["note"] if isinstance(row["note"], str) and row["note"] else ""
        grade = row["grade"] if isinstance(row["grade"], str) else ""
        yield row["name"], row["role"], None, row["score"], " · ".join(part for part in (grade, note) if part) or None


def _pay(results: dict[str, pd.DataFrame], lang: str, months: set[str]) -> Iterator[Row]:
    """What everybody's commission of the period is."""
    del lang
    table = results.get("accruals")
    if table is None:
        return
    mine = table[table["period"].isin(months)]
    for name, sums in mine.groupby("name", sort=False)[["accrued", "paid"]]:
        yield name, None, None, round(float(sums["accrued"].sum()), 2), None


def _action(results: dict[str, pd.DataFrame], lang: str, months: set[str]) -> Iterator[Row]:
    """Where every action stands, what it was to bring by month and what the figures say that it brought."""
    del months
    judged = {row["action_id"]: row for row in _table(results, "verdicts")}
    for row in _table(results, "action_tracking"):
        found = judged.get(row["action_id"], {})
        verdict = found.get("verdict") or row["verdict"]
        parts = [
            _said("state", row["state"], lang),
            _said("verdict", verdict, lang) if isinstance(verdict, str) else "",
        ]
        remark = " · ".join(part for part in parts if part)
        yield row["what"], row["where"], row["expected_gain"], found.get("monthly_effect"), remark


def _decision(results: dict[str, pd.DataFrame], lang: str, months: set[str]) -> Iterator[Row]:
    """What was found and decided."""
    del months
    for row in _table(results, "reviews"):
        texts = [row[key] for key in ("findings", "decision") if isinstance(row[key], str)]
        if texts:
            member = row["member"] if isinstance(row["member"], str) and row["member"] else ""
            who = row["decided_by"] if isinstance(row["decided_by"], str) else None
            yield member or _said("scope", row["scope"], lang), who, row["next_target"], None, " · ".join(texts)


SECTIONS: dict[str, Callable[[dict[str, pd.DataFrame], str, set[str]], Iterator[Row]]] = {
    "five": _five,
    "bridge": _bridge,
    "alert": _alert,
    "score": _score,
    "pay": _pay,
    "action": _action,
    "decision": _decision,
}
