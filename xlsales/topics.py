"""Help in the terminal: a table with its columns, a setting, a function, a command; found by key or by its word."""

from collections.abc import Iterator

from xlsales.labels import LANGUAGES, column_help, known, label, word, words
from xlsales.problems import InputError, Problem
from xlsales.schema import TABLES
from xlsales.schema.model import FLAG, Column, Table

KINDS = ("table.", "setting.", "function.", "command.")


def text(topic: str, lang: str) -> str:
    """What is known of a topic, or, without one, which topics there are; InputError with the nearest for an unknown."""
    if not topic:
        return "\n".join(contents(lang))
    found = find(topic)
    if found is None:
        raise InputError(unknown(topic))
    kind, _, key = found.partition(".")
    if kind == "table":
        return "\n".join(of_table(TABLES[key], lang))
    return f"{key}: {word(found, lang)}\n{words()[found].get('help_' + lang, '')}".rstrip()


def contents(lang: str) -> Iterator[str]:
    """Every topic with its name, a line each, under its kind."""
    for kind in KINDS:
        yield word("cli.help." + kind.rstrip("."), lang)
        for key in words():
            if key.startswith(kind) and key.count(".") == 1:
                yield f"  {key.removeprefix(kind):<24}{word(key, lang)}"


def find(topic: str) -> str | None:
    """The words key of a topic named by its key or its word in either language, whatever the case."""
    asked = topic.strip().casefold()
    for kind in KINDS:
        for key, entry in words().items():
            if not key.startswith(kind) or key.count(".") != 1:
                continue
            if asked in {key.removeprefix(kind).casefold(), *(entry[lang].casefold() for lang in LANGUAGES)}:
                return key
    return None


def unknown(topic: str) -> Problem:
    """An unknown topic, with the topics that may be meant."""
    from rapidfuzz import process

    names = {key.partition(".")[2] for key in words() if key.startswith(KINDS) and key.count(".") == 1}
    near = [name for name, _, _ in process.extract(topic, sorted(names), limit=3, score_cutoff=60)]
    return Problem("topic_unknown_near" if near else "topic_unknown", value=topic, facts={"names": near})


def of_table(table: Table, lang: str) -> Iterator[str]:
    """A table's name and purpose, then a line per column."""
    yield f"{table.key}: {word('table.' + table.key, lang)}"
    yield words()["table." + table.key]["help_" + lang]
    yield ""
    for column in table.columns:
        yield f"  {column.key:<16}{label(table.key, column.key, lang):<24}{'; '.join(_facts(table, column, lang))}"


def _facts(table: Table, column: Column, lang: str) -> Iterator[str]:
    yield column_help(table.key, column.key, lang).rstrip(".。")
    if column.required:
        yield word("cli.help.required", lang)
    if column.key in table.keys:
        yield word("cli.help.key", lang)
    if column.domain and column.kind != FLAG:
        yield word("cli.help.values", lang, values=", ".join(column.domain))
    if known("table." + column.refs):
        yield word("cli.help.refers", lang, table=word("table." + column.refs, lang))
