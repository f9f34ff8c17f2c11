"""Named connections: configuration, secrets, one SELECT, sentences; on SQLite and on failing drivers."""

import csv
import datetime as dt
import re
import socket
import sqlite3
import sys
import types
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from xlsales import sources
from xlsales.problems import Problem, sentence
from xlsales.schema import TABLES
from xlsales.sources.connections import connection, variable
from xlsales.sources.database import Wanted, read_database, typed
from xlsales.sources.one_select import one_select
from xlsales.sources.raw import Unreadable
from xlsales.validate import validate

WORDS = Path(__file__).parent.parent / "xlsales" / "words" / "connections.csv"
SECRET = "hush/hush:very@secret%1"


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's own configuration, with a small SQLite database called erp."""
    folder = tmp_path / "config"
    folder.mkdir()
    monkeypatch.setenv("XLSALES_CONFIG", str(folder))
    monkeypatch.setitem(sys.modules, "keyring", None)
    with sqlite3.connect(tmp_path / "erp.db") as base:
        base.execute(
            'CREATE TABLE "Sales Lines" (no TEXT, pos INT, day TEXT, part TEXT, qty REAL, "net;amount" REAL, cust TEXT)'
        )
        rows = [
            ("A1", 1, "2026-01-05", "P1", 2, 100.5, "C"),
            ("A1", 2, "2026-02-06", "P1", 1, 50, "C"),
            ("A2", 1, "2026-03-01", "P2", 1, 7, "C"),
        ]
        base.executemany('INSERT INTO "Sales Lines" VALUES (?, ?, ?, ?, ?, ?, ?)', rows)
    (folder / "connections.toml").write_text(f'[erp]\nurl = "sqlite:///{tmp_path}/erp.db"\n')
    return folder


def add(config: Path, text: str) -> None:
    path = config / "connections.toml"
    path.write_text(path.read_text() + text)


def catalogue(folder: Path, text: str) -> Path:
    path = folder / "sources.toml"
    path.write_text(text, "utf-8")
    return path


ASKED = """
[orders]
connection = "erp"
query = '''SELECT no AS "order", pos AS line, day AS date, part AS product, qty AS quantity,
  "net;amount" AS amount, cust AS customer FROM "Sales Lines" -- all of them; really
'''
since = "date"
control = 'SELECT SUM("net;amount") FROM "Sales Lines"'
"""
NAMED = """
[orders]
connection = "erp"
table = "Sales Lines"
columns.order = "no"
columns.line = "pos"
columns.date = "day"
columns.customer = "cust"
columns.product = "part"
columns.quantity = "qty"
columns.amount = "net;amount"
since = "date"
"""


@pytest.mark.parametrize("text", [ASKED, NAMED])
def test_a_named_connection_gives_the_rows_and_its_own_control_total(config: Path, tmp_path: Path, text: str) -> None:
    raw = sources.read(catalogue(tmp_path, text))
    orders, problems = validate(TABLES["orders"], raw.tables["orders"])
    assert orders["amount"].tolist() == [100.5, 50.0, 7.0]
    assert [problem.code for problem in problems if problem.severity == "error"] == []
    taken = raw.taken["orders"]
    assert (taken.source, taken.rows) == ("erp", 3)
    assert taken.control == 157.5  # of a table the database is asked for the sum itself
    assert taken.time[:2] == "20"


@pytest.mark.parametrize("text", [ASKED, NAMED])
def test_only_rows_from_a_day_on_are_asked_for(config: Path, tmp_path: Path, text: str) -> None:
    raw = sources.read(catalogue(tmp_path, text), since={"orders": dt.date(2026, 2, 6)})
    assert raw.tables["orders"]["amount"].tolist() == [50.0, 7.0]
    assert raw.taken["orders"].since == ("date", dt.date(2026, 2, 6))


def test_conditions_are_parameters(config: Path, tmp_path: Path) -> None:
    raw = sources.read(catalogue(tmp_path, NAMED + 'where = { part = "P2\' OR 1=1 --" }\n'))
    assert raw.tables["orders"].empty
    raw = sources.read(catalogue(tmp_path, NAMED + 'where = { no = ["A1"], pos = 2 }\n'))
    assert raw.tables["orders"]["amount"].tolist() == [50.0]


HOSTILE = """
x"; DROP TABLE "Sales Lines"; --
Sales Lines' OR '1'='1
a" FROM sqlite_master --
x`y
[x]
x)--
Sales Lines" WHERE 1=0 UNION SELECT sql FROM sqlite_master --
main"."Sales Lines
a;b
x\\
:since
%s
""".strip().splitlines()
hostile = st.one_of(st.sampled_from(HOSTILE), st.text(alphabet="\"'`;.-[]()%:\\ axy", min_size=1, max_size=20))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(hostile, st.sampled_from(["table", "column", "filter", "heading", "value"]))
def test_no_name_and_no_value_becomes_sql(config: Path, name: str, place: str) -> None:
    good = {"order": "no", "amount": "net;amount"}
    wanted = {
        "table": Wanted(table=name, columns=good),
        "column": Wanted(table="Sales Lines", columns={"order": name}),
        "filter": Wanted(table="Sales Lines", columns=good, where={name: "A1"}),
        "heading": Wanted(table="Sales Lines", columns={name: "no"}),
        "value": Wanted(table="Sales Lines", columns=good, where={"no": name}),
    }[place]
    if place in {"heading", "value"}:
        frame = read_database("erp", wanted, "").frame
        assert (frame.columns.tolist(), len(frame)) == (([name], 3) if place == "heading" else (list(good), 0))
    else:
        with pytest.raises(Unreadable) as caught:
            read_database("erp", wanted, "")
        assert caught.value.problem.code == "query_failed"  # no such table or column
    assert read_database("erp", Wanted('SELECT COUNT(*) FROM "Sales Lines"'), "").frame.iloc[0, 0] == 3


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("", "sql_empty"),
        ("-- nothing", "sql_empty"),
        ("SELECT 1; SELECT 2", "sql_several"),
        ("DELETE FROM x", "sql_not_select"),
        ("WITH a AS (DELETE FROM x RETURNING *) SELECT * FROM a", "sql_writes"),
        ("SELECT * INTO y FROM x", "sql_writes"),
        ("SELECT * FROM x FOR UPDATE", "sql_writes"),
        ("SELECT 'a", "sql_open_quote"),
        ("SELECT 1 /* never", "sql_open_quote"),
        ("SELECT 1 /*! ; DROP TABLE x */", "sql_several"),
        ("SELECT pg_read_file('/etc/passwd')", "sql_function"),
        ("SELECT load_extension('x')", "sql_function"),
    ],
)
@pytest.mark.parametrize("dialect", ["postgresql", "mysql", "mssql", "sqlite", "oracle"])
def test_all_but_one_select_is_refused(query: str, code: str, dialect: str) -> None:
    with pytest.raises(Unreadable) as caught:
        one_select(query, dialect, "")
    assert caught.value.problem.code == code


@pytest.mark.parametrize(
    ("dialect", "query"),
    [
        ("mysql", r"SELECT 'a\'' ; DROP TABLE t; -- '"),
        ("mysql", "SELECT 1--1; DROP TABLE t"),
        ("postgresql", r"SELECT E'a\'' ; DROP TABLE t; -- '"),
        ("postgresql", "SELECT $$a$$; DROP TABLE t; SELECT $$b$$"),
        ("sqlite", "SELECT [a]; DROP TABLE t; SELECT [b]"),
    ],
)
def test_quotes_of_each_database_hide_nothing(dialect: str, query: str) -> None:
    with pytest.raises(Unreadable) as caught:
        one_select(query, dialect, "")
    assert caught.value.problem.code in {"sql_several", "sql_writes"}


@pytest.mark.parametrize(
    "query",
    [
        "SELECT 'x; DROP TABLE y' AS mark",
        'SELECT a AS "update" FROM b',
        "SELECT 1 /* insert */ -- delete ;",
        "(SELECT 1) UNION (SELECT 2)",
        "WITH a AS (SELECT 1) SELECT * FROM a;",
        "SELECT REPLACE(a, 'b', 'c') FROM created_orders",
    ],
)
def test_an_honest_select_is_left_as_it_is(query: str) -> None:
    assert one_select(query, "postgresql", "") in {query, query.rstrip(";")}


def test_nothing_is_written_though_the_words_would_pass(config: Path, tmp_path: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("xlsales.sources.database.one_select", lambda query, *_: query)
        with pytest.raises(Unreadable) as caught:
            read_database("erp", Wanted('DELETE FROM "Sales Lines"'), "")
    assert caught.value.problem.code == "query_failed"
    with sqlite3.connect(tmp_path / "erp.db") as base:
        assert base.execute('SELECT COUNT(*) FROM "Sales Lines"').fetchone() == (3,)


def test_types_of_a_database_become_those_the_checks_read() -> None:
    assert typed([1, None, 2]).tolist()[::2] == [1.0, 2.0]
    assert typed([12345678901234567890, None]).tolist()[0] == "12345678901234567890"
    assert typed([Decimal("NaN"), Decimal(2**60)]).tolist()[1] == str(2**60)
    assert typed([dt.date(2026, 1, 5), None]).tolist()[0] == pd.Timestamp("2026-01-05")
    aware = dt.datetime(2026, 1, 5, 23, tzinfo=dt.timezone(dt.timedelta(hours=8)))
    assert typed([aware]).tolist() == [pd.Timestamp("2026-01-05 23:00")]
    assert typed([b"\x01"]).tolist() == ["01"]
    assert str(typed([True, None]).dtype) == "boolean"


def test_a_secret_comes_from_the_environment_else_from_keyring(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    add(config, '[big-erp]\nurl = "postgresql+psycopg://reader@db.example/erp"\n')
    kept = types.ModuleType("keyring")
    kept.get_password = lambda service, name: f"{service}/{name}"  # type: ignore[attr-defined]
    errors = types.ModuleType("keyring.errors")
    errors.KeyringError = type("KeyringError", (Exception,), {})  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "keyring", kept)
    monkeypatch.setitem(sys.modules, "keyring.errors", errors)
    assert connection("big-erp", "").secret == "xlsales/big-erp"
    monkeypatch.setenv(variable("big-erp"), "other")
    assert connection("big-erp", "").secret == "other"
    assert "other" not in repr(connection("big-erp", ""))


# Every sentence of this room, made by what makes it.


def said(config: Path, tmp_path: Path, text: str) -> list[Problem]:
    with pytest.raises(Unreadable) as caught:
        sources.read(catalogue(tmp_path, text))
    return caught.value.problems


def on(name: str, query: str = "SELECT 1 AS region") -> str:
    return f'[regions]\nconnection = "{name}"\nquery = """{query}"""\n'


BROKEN: dict[str, tuple[str, str]] = {  # the code: what the user's configuration adds, the catalogue
    "connection_unknown_of": ("", on("other")),
    "connection_broken": ('[bad]\nurl = "no address"\n', on("bad")),
    "connection_secret_in_file": (f'[bad]\nurl = "postgresql://me:{SECRET}@db.example/x"\n', on("bad")),
    "connection_file": (f'[bad]\nurl = "postgresql://me:{SECRET}', on("bad")),
    "connection_file_missing": ('[bad]\nurl = "sqlite:////nowhere/at/all.db"\n', on("bad")),
    "connection_driver": ('[bad]\nurl = "oracle+nodriver://db.example/x"\n', on("bad")),
    "sql_open_quote": ("", on("erp", "SELECT 'a")),
    "sql_writes": ("", on("erp", "SELECT 1 INTO x")),
    "toml_one_question": ("", '[regions]\nconnection = "erp"\n'),
    "toml_since": ("", on("erp") + 'since = "region"\n'),
    "control_shape": ("", on("erp") + 'control = "SELECT 1, 2"\n'),
    "control_of_file": ("", '[regions]\nfile = "r.csv"\ncontrol = "SELECT 1"\n'),
    "mapping_unknown": ("", '[regions]\nfile = "r.csv"\nmapping = "nobody"\n'),
    "mapping_table": ("", '[regions]\nfile = "r.csv"\nmapping = "odoo"\n'),
    "mapping_heading": ("", '[orders]\nfile = "r.csv"\nmapping = "odoo"\n'),
}


@pytest.mark.parametrize("code", BROKEN)
def test_what_is_wrong_is_said_without_the_secret(code: str, config: Path, tmp_path: Path) -> None:
    added, text = BROKEN[code]
    add(config, added)
    (tmp_path / "r.csv").write_text("region\nN\n")
    problems = said(config, tmp_path, text)
    assert [problem.code for problem in problems] == [code]
    check_words(problems)


def check_words(problems: list[Problem]) -> None:
    for problem in problems:
        english, chinese = sentence(problem, "en"), sentence(problem, "zh")
        for text in (english, chinese, str(problem)):
            for part in ("hush", SECRET, "db.example"):
                assert part not in text
        assert "{" not in english
        assert any("\u4e00" <= letter <= "\u9fff" for letter in chinese)
        assert english.endswith((".", ")", "?"))


def test_without_any_configuration_the_sentence_says_where_it_belongs(config: Path, tmp_path: Path) -> None:
    (config / "connections.toml").unlink()
    problems = said(config, tmp_path, on("erp"))
    assert [problem.code for problem in problems] == ["connection_unknown"]
    assert "connections.toml" in sentence(problems[0], "en")
    check_words(problems)


def test_without_sqlalchemy_the_sentence_says_what_to_install(
    config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("sqlalchemy", "sqlalchemy.engine", "sqlalchemy.exc"):
        monkeypatch.setitem(sys.modules, name, None)
    problems = said(config, tmp_path, on("erp"))
    assert [problem.code for problem in problems] == ["connection_library"]
    check_words(problems)


def test_rows_without_the_date_by_which_new_ones_are_found(config: Path, tmp_path: Path) -> None:
    (tmp_path / "o.csv").write_text("order,amount\nA,1\n")
    place = catalogue(tmp_path, '[orders]\nfile = "o.csv"\nsince = "date"\n')
    with pytest.raises(Unreadable) as caught:
        sources.read(place, since={"orders": dt.date(2026, 1, 1)})
    assert [problem.code for problem in caught.value.problems] == ["since_column"]
    check_words(caught.value.problems)


def test_no_way_to_the_database(config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    add(config, f'[far]\nurl = "postgresql+psycopg://reader@127.0.0.1:{port}/erp"\n')
    monkeypatch.setenv(variable("far"), SECRET)
    problems = said(config, tmp_path, on("far"))
    assert [problem.code for problem in problems] == ["connection_no_route"]
    check_words(problems)


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ("password authentication failed for user", "connection_password"),
        (f"Access denied for user 'reader' using {SECRET}", "connection_password"),
        ("Unknown database 'erp'", "connection_database"),
        ("too many clients", "connection_refused"),
    ],
)
def test_what_drivers_say_at_the_door(
    message: str, code: str, config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import psycopg

    def refuse(*_: object, **__: object) -> None:
        raise psycopg.OperationalError(message)

    monkeypatch.setattr("psycopg.connect", refuse)
    monkeypatch.setattr("psycopg.Connection.connect", refuse)
    with socket.socket() as open_door:
        open_door.bind(("127.0.0.1", 0))
        open_door.listen()
        add(config, f'[far]\nurl = "postgresql+psycopg://reader@127.0.0.1:{open_door.getsockname()[1]}/erp"\n')
        if code == "connection_password" and "Access" not in message:
            problems = said(config, tmp_path, on("far"))
            assert [problem.code for problem in problems] == ["connection_no_secret"]
            check_words(problems)
        monkeypatch.setenv(variable("far"), SECRET)
        problems = said(config, tmp_path, on("far"))
    assert [problem.code for problem in problems] == [code]
    check_words(problems)


def test_a_driver_that_repeats_the_secret_is_silenced(
    config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = connection("erp", "")
    add(config, '[far]\nurl = "postgresql+psycopg://reader@db.example/erp"\n')
    monkeypatch.setenv(variable("far"), SECRET)
    made = connection("far", "")
    text = made.plain(f"no column x ({SECRET}, hush%2Fhush%3Avery%40secret%251, reader@db.example)")
    assert text == "no column x (***, ***, ***@***)"


def test_every_sentence_of_this_room_is_tried() -> None:
    with WORDS.open(encoding="utf-8") as stream:
        worded = {row["key"].removeprefix("problem.") for row in csv.DictReader(stream) if row["key"][:8] == "problem."}
    rooms = ("test_connections.py", "test_engines.py", "test_postgres.py", "test_refresh.py")
    tried = "".join((Path(__file__).parent / name).read_text("utf-8") for name in rooms)
    assert {code for code in worded if not re.search(rf'"{code}"', tried)} == set()
