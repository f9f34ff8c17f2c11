"""Rows out of a database: read-only, one SELECT, streamed in parts; names are quoted, values are parameters."""

import datetime as dt
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd

from xlsales.sources.connections import Connection, connection, open_engine, refused
from xlsales.sources.one_select import one_select
from xlsales.sources.raw import Unreadable, refuse

PART = 50_000  # rows fetched at once
EXACT = 2**53  # a float holds every whole number up to it
READ_ONLY = {
    "sqlite": ("PRAGMA query_only = ON",),
    "mysql": ("SET SESSION TRANSACTION READ ONLY",),
    "mariadb": ("SET SESSION TRANSACTION READ ONLY",),
    "oracle": ("SET TRANSACTION READ ONLY",),
}  # PostgreSQL has an option of its own; SQL Server has no such thing, there the account decides
# Rows and their total are read from one state of the database, whatever others write meanwhile.
READING = {"postgresql": {"postgresql_readonly": True, "isolation_level": "REPEATABLE READ"}}
ASKED_TIME = "SELECT CURRENT_TIMESTAMP"


@dataclass(frozen=True)
class Wanted:
    """What is asked of a database: a query, or a table with columns (our name to its name) and equal-to conditions.

    since: a day, and the column (of the answer, or of the table) that must not be before it. total: the table's column
    whose sum over all its rows, whatever their day, the database is to state itself; "" for none.
    """

    query: str = ""
    table: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)
    where: Mapping[str, Any] = field(default_factory=dict)
    since: tuple[str, dt.date] | None = None
    total: str = ""


@dataclass(frozen=True)
class Answer:
    """What a database gave: the rows, its own clock when it was asked ("" where it does not tell), its own total."""

    frame: pd.DataFrame
    time: str = ""
    total: float | None = None


def read_database(name: str, wanted: Wanted, place: str) -> Answer:
    """Rows of a named connection. Raises Unreadable: cannot be opened, a query that is no single SELECT or fails, or a
    database that goes away in the middle; then there is no answer at all, never a part of one.
    """
    made = connection(name, place)
    statement = _statement(made, wanted, place)
    engine = open_engine(made, place)
    try:
        return _ask(made, engine, statement, wanted, place)
    finally:
        engine.dispose()


def headings(name: str, table: str, place: str) -> list[str]:
    """The names of a table's columns, without its rows. Raises Unreadable as `read_database` does."""
    import sqlalchemy as sa

    made, wanted = connection(name, place), Wanted(table=table)
    engine = open_engine(made, place)
    try:
        statement = sa.select(sa.text("*")).select_from(_table(wanted, [])).where(sa.false())
        return [str(each) for each in _ask(made, engine, statement, wanted, place).frame.columns]
    finally:
        engine.dispose()


def _ask(made: Connection, engine: Any, statement: Any, wanted: Wanted, place: str) -> Answer:
    """Open, lock, ask, fetch; never commit."""
    from sqlalchemy.exc import DBAPIError, SQLAlchemyError

    try:
        line = engine.connect()
    except (SQLAlchemyError, OSError, UnicodeError) as error:
        raise refused(made, error, place) from None
    try:
        line = line.execution_options(**READING.get(made.dialect, {}))
        for lock in READ_ONLY.get(made.dialect, ()):
            line.exec_driver_sql(lock)
        asked = "" if made.dialect == "oracle" else str(line.exec_driver_sql(ASKED_TIME).scalar())
        streamed = line.execution_options(stream_results=True, yield_per=PART)
        if isinstance(statement, str):
            found = streamed.execution_options(no_parameters=True).exec_driver_sql(statement)
        else:
            found = streamed.execute(statement)
        names = [str(key) for key in found.keys()]  # noqa: SIM118 - a result, no dict
        parts = [_frame(names, rows) for rows in found.partitions(PART)]
        frame = _whole(names, parts)
        summed = _total_of(wanted, frame)
        stated = line.execute(summed).scalar() if summed is not None else None
        return Answer(frame, asked[:19], float(stated or 0) if summed is not None else None)
    except (SQLAlchemyError, OSError) as error:
        raise _failed(made, error, place) from None
    except UnicodeDecodeError:
        raise refuse("query_failed", place, value=made.name, reason="UTF-8") from None
    finally:
        try:
            line.rollback()
            line.close()
        except (DBAPIError, OSError):  # it is gone already
            line.invalidate()


def _failed(made: Connection, error: Exception, place: str) -> Unreadable:
    """A query that fails, or a database that went away; in the driver's words without secret and address."""
    from sqlalchemy.exc import DBAPIError

    if isinstance(error, DBAPIError):
        state = getattr(error.orig, "sqlstate", None) or ""
        if error.connection_invalidated or str(state).startswith(("08", "57P")) or not (state or _alive(error)):
            return refuse("connection_lost", place, value=made.name)
    said = str(getattr(error, "orig", None) or error).strip().splitlines()
    return refuse("query_failed", place, value=made.name, reason=made.plain(said[0]) if said else type(error).__name__)


def _alive(error: Any) -> bool:
    """Whether the driver complains about the query rather than the connection, where it gives no state."""
    import sqlalchemy.exc as kinds

    said = str(error.orig).lower()
    gone = re.search(r"connection|server closed|gone away|broken pipe|network|socket|terminat", said)
    return not (isinstance(error, (kinds.OperationalError, kinds.InterfaceError)) and gone)


def _statement(made: Connection, wanted: Wanted, place: str) -> Any:
    """The query as it stands, or one built from names that are quoted and values that are parameters.

    Every column is named together with its table: alone, SQLite would take an unknown name for a text.
    """
    import sqlalchemy as sa

    column, day = wanted.since or ("", None)
    if wanted.query:
        query = one_select(wanted.query, made.dialect, place)
        if day is None:
            return query
        inner = sa.text(COLON.sub(r"\\:", query) + "\n").columns(sa.column(name(column))).subquery("xs_part")
        return sa.select(sa.text("*")).select_from(inner).where(inner.c[column] >= sa.bindparam("since", day))
    theirs = wanted.columns.get(column, column)
    source = _table(wanted, [*wanted.columns.values(), *([theirs] if day else [])])
    chosen = [source.c[each].label(name(ours)) for ours, each in wanted.columns.items()]
    statement = _where(sa.select(*(chosen or [sa.text("*")])).select_from(source), source, wanted)
    return statement if day is None else statement.where(source.c[theirs] >= sa.bindparam("since", day))


def name(text: str) -> Any:
    """A name that is always quoted."""
    from sqlalchemy.sql import quoted_name

    return quoted_name(text, quote=True)


def _table(wanted: Wanted, columns: Sequence[str]) -> Any:
    import sqlalchemy as sa

    schema, _, table = wanted.table.rpartition(".")
    needed = dict.fromkeys([*columns, *wanted.where])
    return sa.table(name(table), *(sa.column(name(each)) for each in needed), schema=name(schema) if schema else None)


def _where(statement: Any, source: Any, wanted: Wanted) -> Any:
    for each, value in wanted.where.items():
        cell = source.c[each]
        statement = statement.where(cell.in_(value) if isinstance(value, list) else cell == value)
    return statement


def _total_of(wanted: Wanted, frame: pd.DataFrame) -> Any:
    """The query for the database's own total; None where nothing can be added: a query, or a column of texts."""
    import sqlalchemy as sa

    ours = next((key for key, theirs in wanted.columns.items() if theirs == wanted.total), wanted.total)
    if not (wanted.table and wanted.total and ours in frame.columns and len(frame)):
        return None
    if not pd.api.types.is_numeric_dtype(frame[ours]):
        return None
    source = _table(wanted, [wanted.total])
    return _where(sa.select(sa.func.sum(source.c[wanted.total])).select_from(source), source, wanted)


COLON = re.compile(r"(?<![:\w\\]):(?=\w)")  # where SQLAlchemy would see a parameter


def _frame(names: Sequence[str], rows: Sequence[Sequence[Any]]) -> pd.DataFrame:
    """Fetched rows as columns with the kinds that the checks read fast."""
    columns = list(zip(*rows, strict=True))
    return pd.concat([typed(column) for column in columns], axis=1).set_axis(list(names), axis=1)


def _whole(names: Sequence[str], parts: list[pd.DataFrame]) -> pd.DataFrame:
    """All parts as one; a column whose kind differs from part to part becomes one of objects."""
    if not parts:
        return pd.DataFrame({place: pd.Series(dtype=object) for place in range(len(names))}).set_axis(names, axis=1)
    if len(parts) == 1:
        return parts[0]
    for place in range(len(names)):
        kinds = {part.dtypes.iloc[place] for part in parts}
        if len(kinds) > 1:
            parts = [part.isetitem(place, part.iloc[:, place].astype(object)) or part for part in parts]
    return pd.concat(parts, ignore_index=True)


def typed(values: Sequence[Any]) -> pd.Series:
    """A column of a database: numbers as float64 (whole ones too large for that as text), days, flags, else objects.

    >>> typed([Decimal("1.50"), None]).tolist(), typed([9007199254740993, 1]).tolist()
    ([1.5, nan], ['9007199254740993', '1'])
    """
    kinds = {type(value) for value in values} - {type(None)}
    for group, make in MADE:
        if kinds and kinds <= group:
            return make(values)
    return pd.Series([_plain(value) for value in values], dtype=object)


def _numbers(values: Sequence[Any]) -> pd.Series:
    numbers = np.array([np.nan if value is None else value for value in values], dtype=float)
    given = np.isfinite(numbers)
    whole = numbers[given] == np.round(numbers[given])
    if (np.abs(numbers[given]) >= EXACT).any() and whole.all():  # identifiers: a float would change their last digits
        return pd.Series([str(int(value)) if known else None for value, known in zip(values, given, strict=True)])
    return pd.Series(numbers)


def _days(values: Sequence[Any]) -> pd.Series:
    return pd.Series(np.array(values, dtype="M8[D]").astype("M8[s]"))


def _moments(values: Sequence[Any]) -> pd.Series:
    """Moments as the database states them: its own clock, whatever the zone."""
    plain = [value.replace(tzinfo=None) if value is not None else None for value in values]
    return pd.Series(np.array(plain, dtype="M8[us]").astype("M8[s]"))


def _plain(value: Any) -> Any:
    if isinstance(value, (bytes, memoryview)):
        return bytes(value).hex()
    return value.replace(tzinfo=None) if isinstance(value, dt.datetime) else value


MADE: tuple[tuple[set[type], Callable[[Sequence[Any]], pd.Series]], ...] = (
    ({str}, lambda values: pd.Series(values, dtype="str")),
    ({bool}, lambda values: pd.Series(values, dtype="boolean")),
    ({int, float, Decimal}, _numbers),
    ({dt.date}, _days),
    ({dt.datetime}, _moments),
)
