"""Codes that must stand in another table, with "did you mean"."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from xlsales.schema import TABLES
from xlsales.schema.model import Column
from xlsales.validate.cells import Mask
from xlsales.validate.codes import meanings, plain
from xlsales.validate.findings import ERROR, NOTE, WARNING
from xlsales.validate.table import REPEATABLE, Reading

STAGES = ("prospecting", "qualified", "proposal", "negotiation", "won", "lost")  # where no table says otherwise
SCOPE_TABLES = {
    "region": "regions",
    "product": "products",
    "customer": "customers",
    "channel": "channels",
    "salesperson": "salespeople",
}
# A product's target may stand for its group; a region may stand in the one tree of the organisation.
ALSO = {"regions": (("org_units", "unit"),), "products": (("products", "category"), ("products", "product_line"))}
# Links that are worth a word when they lead nowhere, though older documents may simply not be loaded.
LINKS = (
    ("invoices", "order", "orders"),
    ("invoices", "against", "invoices"),
    ("invoice_lines", "order", "orders"),
    ("receipts", "order", "orders"),
    ("expenses", "order", "orders"),
    ("commission_assignment", "plan", "commission_plan"),
)
LIKENESSES = 2_000_000  # comparisons spent on "did you mean" in one column
ALIKE = 75.0

Readings = dict[str, Reading]


@dataclass
class Known:
    """The codes of a table: every one that was typed, those of rows that are used, and names that lead to a code."""

    typed: frozenset[str]
    used: frozenset[str]
    names: dict[str, str]

    def like(self, codes: list[str]) -> list[str]:
        """For each unknown code the one that may be meant, or "". Beyond a budget only spelling is compared."""
        spelling = {plain(code).lstrip("0"): code for code in self.typed} | self.names
        found = [spelling.get(plain(code).lstrip("0"), "") for code in codes]
        open_ones = [index for index, near in enumerate(found) if not near and any(map(str.isalpha, codes[index]))]
        known = list(self.typed)
        if open_ones:
            from rapidfuzz import fuzz, process  # noqa: PLC0415 - only a slip of the pen needs it
        for index in open_ones[: LIKENESSES // max(len(known), 1)]:
            near = process.extractOne(codes[index], known, scorer=fuzz.ratio, score_cutoff=ALIKE)
            found[index] = near[0] if near else ""
        return found


Lookup = Callable[[str, bool], Known | None]  # the codes of a table, with or without its groups


def known_codes(readings: Readings, table: str, *, groups: bool = False) -> Known | None:
    """The codes that a reference to the table may name; None where nothing was given to check against."""
    sources = [(table, TABLES[table].keys[0])]
    sources += [pair for pair in ALSO.get(table, ()) if groups or pair[0] != table]
    typed: set[str] = set()
    used: set[str] = set()
    names: dict[str, str] = {}
    for key, column in sources:
        reading = readings.get(key)
        if reading is None or not len(reading.frame):
            continue
        codes = reading.frame[column]
        typed |= set(codes.dropna().unique())
        used |= set(codes[~reading.findings.left_out].dropna().unique())
        if "name" in reading.frame and column in TABLES[key].keys:
            named = reading.frame[[column, "name"]].dropna()
            names |= {plain(name): code for code, name in named.itertuples(index=False)}
    if not typed and table == "stages":
        typed = used = set(STAGES)
    return Known(frozenset(typed), frozenset(used), names) if typed else None


def check_references(readings: Readings) -> None:
    """Check every reference of every table; where the other table was not given at all, say so once."""
    absent: dict[str, list[str]] = {}
    cache: dict[tuple[str, bool], Known | None] = {}

    def codes(table: str, groups: bool) -> Known | None:
        if (table, groups) not in cache:
            cache[table, groups] = known_codes(readings, table, groups=groups)
        return cache[table, groups]

    # Errors first: they leave rows out, and a row left out cannot be named by others.
    for strict in (True, False):
        cache.clear()
        for key, reading in readings.items():
            if not len(reading.frame):
                continue
            for column in reading.findings.table.columns:
                if column.refs and _strict(key, column) == strict and reading.frame[column.key].notna().any():
                    if column.refs == "@scope":
                        _by_scope(reading, column, codes)
                    elif (known := codes(column.refs, False)) is None:
                        absent.setdefault(column.refs, []).append(key)
                    else:
                        _stage_words(reading, column, known)
                        _check(reading, column.key, column.refs, known, strict=strict)
    _links(readings, codes)
    for table, users in absent.items():
        first = readings[users[0]].findings
        first.table_wide("reference_unchecked", "", NOTE, other_table=table, other_tables=sorted(set(users)))


def _strict(table: str, column: Column) -> bool:
    """Whether a row without this reference would mean something else, so that a wrong one must leave it out."""
    return column.required or column.refs == "@scope" or (column.key in TABLES[table].keys and table not in REPEATABLE)


def _stage_words(reading: Reading, column: Column, known: Known) -> None:
    """A stage may be typed by its word: Won, 赢单."""
    if column.refs == "stages":
        words = meanings("stage", tuple(known.typed))
        texts = reading.frame[column.key]
        reading.frame[column.key] = texts.where(
            texts.isin(known.typed), texts.map(lambda text: words.get(plain(text), text), na_action="ignore")
        )


def _check(reading: Reading, column: str, table: str, known: Known, *, strict: bool, among: Mask | None = None) -> None:
    """Note the codes that are not known. A strict one leaves its row out; another is blanked, and the row counts."""
    texts = reading.frame[column]
    good = known.typed if strict else known.used
    where = (texts.notna() & ~texts.isin(good)).to_numpy()
    if among is not None:
        where = where & among
    if not where.any():
        return
    places = np.flatnonzero(where)
    codes, unique = pd.factorize(texts.iloc[places])
    absent = np.array([text not in known.typed for text in unique])
    near = np.array([*known.like([text for text in unique if text not in known.typed])], dtype=object)
    hints = np.full(len(unique), "", dtype=object)
    hints[absent] = near
    each, hint = absent[codes], hints[codes]
    severity = ERROR if strict else WARNING
    stem = "reference_unknown" if strict else "reference_blanked"
    facts = {"other_table": table}
    like = each & (hint != "")
    notes = reading.findings
    notes.rows(stem + "_like", column, places[like], severity, {**facts, "near": hint[like].tolist()})
    notes.rows(stem, column, places[each & (hint == "")], severity, facts)
    # A row that is left out itself needs no word on whom it names.
    notes.rows("reference_left_out", column, places[~each & ~notes.left_out[places]], severity, facts)
    if not strict:
        reading.frame.loc[where, column] = None


def _by_scope(reading: Reading, column: Column, codes: Lookup) -> None:
    """A member is a region, a product and so on, as the row's own scope says."""
    scope = reading.frame["scope"]
    for value, table in SCOPE_TABLES.items():
        among = (scope == value).fillna(False).to_numpy(dtype=bool)
        if among.any():
            known = codes(table, True)
            if known is not None:
                _check(reading, column.key, table, known, strict=True, among=among)
            else:
                reading.findings.table_wide(
                    "reference_unchecked", "", NOTE, other_table=table, other_tables=[reading.findings.table.key]
                )


def _links(readings: Readings, codes: Lookup) -> None:
    for key, column, table in LINKS:
        reading = readings.get(key)
        if reading is None or not reading.frame[column].notna().any():
            continue
        if (known := codes(table, False)) is not None:
            _check(reading, column, table, known, strict=column == "plan")
    talks = readings.get("interactions")
    if talks is None or not len(talks.frame):
        return
    parties = [known for table in ("leads", "opportunities", "customers") if (known := codes(table, False))]
    if parties:
        typed = frozenset[str]().union(*(known.typed for known in parties))
        party = talks.frame["party"]
        talks.findings.rows("party_unknown", "party", (party.notna() & ~party.isin(typed)).to_numpy(), WARNING)
