"""The buttons Record quota talks and Hand over quotas: allowed moves only, kept step by step, shown before written."""

from typing import Any

import pandas as pd

from xlsales.commands.protocol import Append, Book, Change, Replace
from xlsales.commands.reading import Answer, Work, load, results_named
from xlsales.core.calendar import Calendar, period_keys
from xlsales.core.handover import after_handover
from xlsales.core.negotiation import MOVES, as_keys, moves, state_of
from xlsales.core.target_sums import year_targets
from xlsales.labels import word
from xlsales.problems import InputError, Problem

TABLE = "quota_moves"
PERSON = "salesperson"
LAST_DAY = 31  # a month that closes on the 31st closes on its last day
WRONG = {"not_allowed": "talks_not_allowed", "settled": "talks_settled"}
KEPT = ("measure", "scope", "member", "period", "valid_from", "status", "target", "comment", "answer")


def negotiate(book: Book) -> Answer:
    """Check what moved in the talks since they were recorded last, and record it; one wrong move and nothing is."""
    work = load(book)
    targets = work.tables["targets"]
    mine = targets[targets["status"].notna()].reset_index(drop=True)
    found = moves(as_keys(work.tables[TABLE]), as_keys(mine))
    for row in found[found["verdict"].isin(WRONG)].to_dict("records"):
        raise InputError(Problem(WRONG[row["verdict"]], table="targets", column="status", facts=told(row, book.lang)))
    waiting = waits(work, mine, book.lang)
    if found.empty:
        return Answer(says=word("said.talks_none", book.lang, waiting=waiting), undoable=False)
    chosen = mine.iloc[found["row"]]
    rows = chosen[list(KEPT)].assign(status=found["status"].to_numpy(), by=book.user)
    rows.insert(0, "time", f"{book.now:%Y-%m-%d %H:%M:%S}")
    counts = found["status"].value_counts(sort=False)
    states = [f"{word('value.status.' + state, book.lang)} {count}" for state, count in counts.items()]
    facts = {"rows": len(rows), "states": word("where.list", book.lang).join(states), "waiting": waiting}
    says = word("said.talks", book.lang, **facts)
    return Answer((*work.pending, Append(TABLE, rows)), says, rows=len(rows), table="targets")


def told(row: dict[Any, Any], lang: str) -> dict[str, object]:
    """The facts of a move that is not allowed."""
    allowed = word("where.list", lang).join(word("value.status." + state, lang) for state in MOVES[row["was"]])
    parts = (row["member"], word("value.measure." + row["measure"], lang), row["period"])
    name = " ".join(part for part in parts if part)
    states = {key: word("value.status." + row[key], lang) for key in ("was", "status")}
    return {"name": name, **states, "allowed": allowed, "old": row["target_was"], "new": row["target"]}


def waits(work: Work, rows: pd.DataFrame, lang: str) -> str:
    """Whose quotas are still talked about."""
    state = pd.Series(state_of(rows), index=rows.index, dtype="str")
    still = rows[state.isin(["draft", "proposed", "countered"])]
    if still.empty:
        return word("said.talks_done", lang)
    people = work.tables["salespeople"].drop_duplicates(PERSON).set_index(PERSON)["name"]
    who = still["owner"].fillna(still["member"])
    names = list(dict.fromkeys(who.map(people).fillna(who).dropna().astype(str)))
    return word("said.talks_waiting", lang, names=word("where.list", lang).join(names))


def hand_over(book: Book) -> Answer:
    """Move the quota of customers that changed hands from the old to the new owner's target, once, asked before.

    A region that was handed over as a whole becomes rows of its customers, so that later customers keep their own.
    """
    work = load(book)
    check_clean(work, ("targets", "customer_owners", "region_owners"))
    results = results_named(work, "quota_handover")
    table = results.get("quota_handover", pd.DataFrame())
    table = table[table["valid_from"] <= work.as_of] if len(table) else table
    due = table[~table["applied"] & table["moved"].gt(0)] if len(table) else table
    goals, year = year_goals(work)
    known = set(goals["member"])
    if len(due):
        due = due[due["old_code"].isin(known) & due["new_code"].isin(known)]
    if not len(due):
        return Answer(says=word("said.handover_none", book.lang), undoable=False)
    moved = pd.DataFrame({"old": due["old_code"], "new": due["new_code"], "moved": due["moved"]})
    quotas = goals.set_index("member")["target"]
    changed = after_handover(quotas, moved)
    changed = changed[changed["before"] != changed["after"]].set_index(PERSON)
    return written(book, work, (year, changed, due), by_customer(work, table, due))


def check_clean(work: Work, tables: tuple[str, ...]) -> None:
    """Refuse where a table that is to be written again has problems: rows or cells would be lost."""
    wrong = [each for each in work.problems if each.table in tables and each.severity in {"error", "warning"}]
    if wrong:
        raise InputError(wrong[0])


def year_goals(work: Work) -> tuple[pd.DataFrame, str]:
    """The sales quotas that salespeople have for the whole running fiscal year, and the year."""
    close = int(work.settings["month_close_day"])
    days = Calendar(int(work.settings["fiscal_year_start"]), None if close >= LAST_DAY else close)
    year = str(period_keys(pd.Series([work.as_of]), "year", days).iloc[0])
    goals = year_targets(work.tables["targets"], year, days)
    mine = goals[(goals["measure"] == "sales") & (goals["scope"] == PERSON) & (goals["period"] == year)]
    return mine.drop_duplicates("member"), year


def by_customer(work: Work, table: pd.DataFrame, due: pd.DataFrame) -> list[Change]:
    """The writes that carry out handovers of regions: the rows of their customers, and what each region moved."""
    mine = table[table["place"].notna()]
    if mine.empty:
        return []
    regions = work.tables["region_owners"].copy()
    place = mine["place"].astype(int)
    rows = mine[["customer", "valid_from"]].assign(salesperson=mine["new_code"])
    for name in ("keeps_quota", "keeps_credit"):
        rows[name] = regions[name].to_numpy()[place]
    rows["quota_moved"] = due["moved"].reindex(mine.index)
    moved = rows["quota_moved"].fillna(0.0).groupby(place.to_numpy()).sum()
    regions["quota_moved"] = pd.Series(regions.index.map(moved), index=regions.index).fillna(regions["quota_moved"])
    return [Replace("region_owners", regions), Append("customer_owners", rows)]


def written(
    book: Book, work: Work, what: tuple[str, pd.DataFrame, pd.DataFrame], regions: list[Change] | None = None
) -> Answer:
    """The answer that changes the quotas and marks the handovers."""
    year, changed, due = what
    targets, owners = work.tables["targets"].copy(), work.tables["customer_owners"].copy()
    mine = (targets["measure"] == "sales") & (targets["scope"] == PERSON) & (targets["period"] == year)
    rows = targets.index[mine & targets["member"].isin(changed.index)]
    locked = targets.loc[rows[targets.loc[rows, "status"].eq("locked").fillna(value=False)], "member"].tolist()
    if locked:
        raise InputError(Problem("handover_locked", table="targets", facts={"names": locked}))
    people = work.tables["salespeople"].drop_duplicates(PERSON).set_index(PERSON)["name"]
    lines = []
    for row in rows:
        member = targets.loc[row, "member"]
        before, after = (float(changed.loc[member, side]) for side in ("before", "after"))
        with_customers = due[(due["old_code"] == member) | (due["new_code"] == member)]["customer"].tolist()
        facts = {"customers": word("where.list", book.lang).join(with_customers), "day": book.now.date()}
        note = word("said.handover_note", book.lang, change=f"{after - before:+,.2f}", **facts)
        said = targets.loc[row, "reason"]
        targets.loc[row, "reason"] = note if pd.isna(said) else f"{said}; {note}"
        targets.loc[row, "target"] = after
        name = people.get(member, member)
        lines.append(word("said.handover_line", book.lang, name=name, before=f"{before:,.2f}", after=f"{after:,.2f}"))
    amounts = due.set_index(["customer", "valid_from"])["moved"]
    marks = amounts.reindex(pd.MultiIndex.from_frame(owners[["customer", "valid_from"]])).to_numpy()
    owners["quota_moved"] = pd.Series(marks, index=owners.index).where(~pd.isna(marks), owners["quota_moved"])
    changes: tuple[Change, ...] = (*work.pending, Replace("targets", targets), Replace("customer_owners", owners))
    changes += tuple(regions or ())
    question = "\n".join([word("said.handover_asks", book.lang), *lines])
    says = word("said.handover", book.lang, rows=len(rows), customers=due["customer"].nunique())
    return Answer(changes, says, question, parameters=year, rows=len(rows), table="targets")
