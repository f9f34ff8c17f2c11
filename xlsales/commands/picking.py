"""The button Sources: from where each table is read, and a file chosen for a table with its columns matched by name."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from xlsales import sources as reader
from xlsales.commands.answer import Answer
from xlsales.commands.incoming import GIVEN, NEEDED, checked, known_table, named_place, rows_of
from xlsales.commands.protocol import Book, Replace
from xlsales.labels import label, word
from xlsales.problems import InputError, Problem, table_name
from xlsales.schema import TABLES
from xlsales.sources.folder import alike, table_names
from xlsales.sources.mappings import Columns, fitting, mappings, ready, suggested
from xlsales.validate import Read


@dataclass(frozen=True)
class Match:
    """What a file is for. mapping: a ready one that fits it better than the names. columns: our key to its heading."""

    table: str
    mapping: str
    columns: Columns

    @property
    def missing(self) -> list[str]:
        """Columns that a row needs and for which no heading was found."""
        return [key for key in TABLES[self.table].required if key not in self.columns and not self.mapping]


def sources(book: Book) -> Answer:
    """Say from where each table is read; let the user choose a file for a table, and remember its columns."""
    own = book.read(NEEDED)
    beside = book.place and book.place.parent
    told = listing(own, beside, book.lang)
    if "sources" not in own.tables:  # an older book has no such sheet
        return Answer(says=told, rows=told.count("\n"), table="settings")
    if not book.confirm("\n".join([told, word("said.pick_asks", book.lang)])):
        return Answer(table="sources")
    wanted = selected(book, own)
    title = word("said.pick_for", book.lang, table=table_name(wanted, book.lang)) if wanted else ""
    path = book.pick(title or word("said.pick", book.lang))
    if path is None:
        return Answer(table="sources")
    found = matched(path, wanted)
    says = word("said.picked", book.lang, table=table_name(found.table, book.lang), file=path.name)
    changes = remembered(own, found, shortened(path, beside), book.lang)
    return Answer(changes, says, described(found, path, book.lang), parameters=path.name, rows=1, table="sources")


def listing(own: Read, beside: Path | None, lang: str) -> str:
    """A line for each table that has a source: what it is, and when it was read last."""
    lines = []
    last = {str(line.table): line for line in checked(own, "refreshes").itertuples()}
    place = named_place(own, beside)
    found = {key: (named, place.name) for key, named in reader.listed(place).items()} if place is not None else {}
    for table, row in rows_of(own, beside, lang, unfinished=True).items():
        found[table] = (str(row.entry.get("file") or row.entry["table"]), str(row.entry.get("connection", row.folder)))
    for table, (named, where) in found.items():
        name = table_name(table, lang)
        facts = {"table": name, "source": named, "place": where}
        read = last.get(name)
        if read is None:
            lines.append(word("said.source_new", lang, **facts))
        else:
            facts |= {"rows": f"{read.rows:,.0f}", "at": read.at}
            lines.append(word("said.source_read", lang, **facts))
    if not lines:
        return word("said.sources_none", lang)
    return "\n".join([word("said.sources", lang), *lines])


def selected(book: Book, own: Read) -> str:
    """The table that the selected row of the sheet Sources names; "" where none is selected."""
    chosen, origin = book.selection(), own.origins["sources"]
    if chosen is None or chosen.sheet != origin.sheet or not chosen.blocks:
        return ""
    raw = own.tables["sources"]
    at = chosen.blocks[0].row - origin.header_row - 1
    name = raw.iloc[at, 0] if 0 <= at < len(raw) else None
    return known_table(str(name).strip(), origin.sheet) if isinstance(name, str) and name.strip() else ""


def matched(path: Path, wanted: str = "", mapping: str = "") -> Match:
    """Which table a file is for, if it is not said, and which of its headings are which of our columns.

    By the file's name, else the table that finds most of its columns and all that a row needs. Refused where none does.
    """
    headings = [str(name) for name in reader.headings(path) if str(name).strip()]
    if mapping:
        table = wanted or next((key for key in mappings().get(mapping, ()) if key in GIVEN), GIVEN[0])
        return Match(table, mapping, ready(mapping, table, headings, path.name).columns)
    named = table_names().get(path.stem.casefold(), "")
    near = table_names().get(alike(path.stem, sorted(table_names())), "")
    for table in (wanted, named, near):
        if table in GIVEN:
            return best(table, headings, path.name)
    found = [match for match in (best(table, headings, path.name) for table in GIVEN) if not match.missing]
    if not found:
        raise InputError(Problem("pick_unknown", source=path.name, facts={"headings": headings}))
    return max(found, key=lambda match: len(match.columns))


def best(table: str, headings: list[str], place: str) -> Match:
    """The columns by name, or a ready mapping where that knows more of them."""
    columns, name = suggested(table, headings), fitting(table, headings)
    if name:
        known = ready(name, table, headings, place)
        if len(known.columns) > len(columns):
            return Match(table, name, known.columns)
    return Match(table, "", columns)


def matches(found: Match, path: Path, lang: str) -> list[str]:
    """What a file is read as, and which of its headings are which of our columns."""
    pairs = [f"{label(found.table, key, lang)} ← {heading}" for key, heading in found.columns.items()]
    lines = [word("said.pick_columns", lang, table=table_name(found.table, lang), file=path.name), *pairs]
    if found.mapping:
        lines.append(word("said.pick_mapping", lang, mapping=found.mapping))
    if found.missing:
        names = word("where.list", lang).join(label(found.table, key, lang) for key in found.missing)
        lines.append(word("said.pick_missing", lang, columns=names))
    return lines


def described(found: Match, path: Path, lang: str) -> str:
    """What would be remembered, as a question."""
    return "\n".join([*matches(found, path, lang), word("said.pick_keep", lang)])


def shortened(path: Path, beside: Path | None) -> str:
    """A path relative to the book's folder where it lies inside of it, with slashes that every system reads."""
    if beside is not None and path.resolve().is_relative_to(beside.resolve()):
        return path.resolve().relative_to(beside.resolve()).as_posix()
    return str(path)


def remembered(own: Read, found: Match, file: str, lang: str, control: float | None = None) -> tuple[Replace, Replace]:
    """The rows of the sheet Sources with this file, and the columns with its headings."""
    name, names = table_name(found.table, lang), table_names()

    def others(key: str) -> pd.DataFrame:
        frame = checked(own, key)
        return frame[[names.get(str(each).casefold(), "") != found.table for each in frame["table"]]]

    row: dict[str, object] = {"table": name, "file": file, "mapping": found.mapping or None, "control": control}
    lines = [(name, label(found.table, key, lang), heading) for key, heading in found.columns.items()]
    lines += [(name, label(found.table, key, lang), None) for key in found.missing]
    pairs = pd.DataFrame([] if found.mapping else lines, columns=["table", "column", "heading"], dtype=object)
    return (
        Replace("sources", joined("sources", others("sources"), pd.DataFrame([row], dtype=object))),
        Replace("source_columns", joined("source_columns", others("source_columns"), pairs)),
    )


def joined(key: str, old: pd.DataFrame, new: pd.DataFrame) -> pd.DataFrame:
    """Old rows, then new ones, with every column of the table."""
    columns = [column.key for column in TABLES[key].columns]
    parts = [frame.reindex(columns=columns).astype(object) for frame in (old, new) if len(frame)]
    whole = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns, dtype=object)
    return whole.astype({"control": "float64", "since": "datetime64[s]"} if key == "sources" else {})
