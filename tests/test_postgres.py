"""A real PostgreSQL with AdventureWorks and the receivables: the same figures as from their files, and its failures."""

import re
import threading
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from tests.postgres import PASSWORD, USER, Server, postgres
from tests.test_refresh import parts
from xlsales import sources, steps, validate
from xlsales.problems import sentence
from xlsales.sources.database import Wanted, read_database
from xlsales.sources.raw import Unreadable

DATA = Path(__file__).parent / "data"
pytestmark = [pytest.mark.real_data, pytest.mark.slow]


@pytest.fixture(scope="module")
def server(real_data: Path) -> Iterator[Server]:
    """The server with every CSV file as a table of texts, named as the file is."""
    with postgres() as made:
        import psycopg

        with psycopg.connect(made.owner) as line:
            for path in [*(real_data / "adventureworks").glob("*.csv"), *(real_data / "ibm_receivables").glob("*.csv")]:
                load(line, path)
        yield made


def load(line: object, path: Path) -> None:
    frame = pd.read_csv(path, dtype="str", keep_default_na=False, encoding="utf-8-sig", nrows=0)
    columns = ", ".join(f'"{name.lower()}" text' for name in frame.columns)  # as names without quotes are read
    line.execute(f'CREATE TABLE "{path.name}" ({columns})')  # type: ignore[attr-defined]
    cursor = line.cursor()  # type: ignore[attr-defined]
    with cursor.copy(f"COPY \"{path.name}\" FROM STDIN (FORMAT csv, HEADER true, NULL '')") as copy:
        copy.write(path.read_text("utf-8-sig").encode())


@pytest.fixture
def erp(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Server:
    (tmp_path / "connections.toml").write_text(f'[erp]\nurl = "{server.url}"\n')
    monkeypatch.setenv("XLSALES_CONFIG", str(tmp_path))
    monkeypatch.setenv("XLSALES_SECRET_ERP", PASSWORD)
    return server


def for_postgres(text: str) -> str:
    """A catalogue over files as one over the connection: the files are tables of the same names."""
    text = re.sub(r"(FROM|JOIN) '([\w.]+)'", r'\1 "\2"', text)
    text = re.sub(r'(?m)^query = "(?!"")(.*)"', r'query = """\1"""', text)
    return re.sub(r"(?m)^query = ", 'connection = "erp"\nquery = ', text)


LATEST = """
SELECT DISTINCT ON (ProductAlternateKey) ProductAlternateKey AS product, EnglishProductName AS name,
  EnglishProductSubcategoryName AS category, EnglishProductCategoryName AS product_line, 'piece' AS unit,
  ListPrice AS list_price, StandardCost AS unit_cost
FROM "DimProduct.csv" AS item
JOIN "DimProductSubcategory.csv" AS kind
  ON CAST(item.ProductSubcategoryKey AS float) = CAST(kind.ProductSubcategoryKey AS float)
JOIN "DimProductCategory.csv" USING (ProductCategoryKey)
WHERE FinishedGoodsFlag = 'True'
ORDER BY ProductAlternateKey, StartDate DESC
"""


def in_postgres_words(text: str) -> str:
    """What DuckDB says shorter than PostgreSQL."""
    text = re.sub(r"SELECT ProductAlternateKey AS product, English.*?ORDER BY product\n", LATEST, text, flags=re.DOTALL)
    return text.replace(
        "SELECT * REPLACE (CAST(CAST(ParentEmployeeKey AS DOUBLE) AS BIGINT) AS ParentEmployeeKey) FROM",
        "SELECT EmployeeKey, FirstName, LastName, SalesPersonFlag, SalesTerritoryKey, HireDate, "
        "CAST(CAST(ParentEmployeeKey AS float) AS bigint) AS ParentEmployeeKey FROM",
    )


@pytest.fixture(scope="module")
def from_files(real_data: Path) -> dict[str, steps.Outcome]:
    return {
        name: outcome(DATA / f"{name}.toml", real_data / folder)
        for name, folder in (("adventureworks", "adventureworks"), ("receivables", "ibm_receivables"))
    }


def outcome(place: Path, folder: Path | None = None) -> steps.Outcome:
    checked = validate.validate_all(sources.read(place, folder))
    return steps.run(checked.tables, checked.settings)


@pytest.mark.parametrize("name", ["adventureworks", "receivables"])
def test_the_same_figures_as_from_the_files(
    name: str, erp: Server, tmp_path: Path, from_files: dict[str, steps.Outcome]
) -> None:
    place = tmp_path / "sources.toml"
    place.write_text(in_postgres_words(for_postgres((DATA / f"{name}.toml").read_text("utf-8"))), "utf-8")
    ours, theirs = outcome(place), from_files[name]
    assert set(ours.results) == set(theirs.results)
    for key, frame in theirs.results.items():
        columns = list(frame.columns)
        order = [column for column in columns if frame[column].dtype != object]
        one, other = (each[columns].sort_values(order, ignore_index=True) for each in (ours.results[key], frame))
        pd.testing.assert_frame_equal(one, other, check_dtype=False, atol=0.005, rtol=0)


def test_the_control_total_and_only_new_rows(erp: Server, tmp_path: Path) -> None:
    import datetime as dt

    query = """
SELECT SalesOrderNumber AS "order", SalesOrderLineNumber AS line, CAST(OrderDate AS date) AS date,
  CAST(SalesAmount AS numeric) AS amount FROM "FactResellerSales.csv" WHERE '50%' <> ':x' """
    place = tmp_path / "sources.toml"
    control = 'SELECT SUM(CAST(SalesAmount AS numeric)) FROM "FactResellerSales.csv"'
    text = f"[orders]\nconnection = \"erp\"\nsince = \"date\"\nquery = '''{query}'''\ncontrol = '''{control}'''\n"
    place.write_text(text)
    whole = sources.read(place)
    assert len(whole.tables["orders"]) == whole.taken["orders"].rows == 60_855
    assert round(whole.tables["orders"]["amount"].sum(), 2) == round(whole.taken["orders"].control or 0, 2)
    part = sources.read(place, since={"orders": dt.date(2013, 1, 1)}).tables["orders"]
    expected = whole.tables["orders"][whole.tables["orders"]["date"] >= "2013-01-01"]
    assert len(part) == len(expected) > 1000


def code_of(query: str) -> str:
    with pytest.raises(Unreadable) as caught:
        read_database("erp", Wanted(query), "")
    for lang in ("en", "zh"):
        text = sentence(caught.value.problem, lang)
        assert PASSWORD not in text
        assert "127.0.0.1" not in text
        assert USER not in text
    return caught.value.problem.code


def test_what_the_server_refuses_is_said_without_address_and_secret(
    erp: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert code_of('SELECT nothing FROM "DimReseller.csv"') == "query_failed"
    assert code_of("SELECT 1/0") == "query_failed"
    assert code_of("SELECT current_user || 1/0") == "query_failed"
    monkeypatch.setenv("XLSALES_SECRET_ERP", "wrong")
    assert code_of("SELECT 1") == "connection_password"
    monkeypatch.delenv("XLSALES_SECRET_ERP")
    assert code_of("SELECT 1") == "connection_no_secret"
    monkeypatch.setenv("XLSALES_SECRET_ERP", PASSWORD)
    (tmp_path / "connections.toml").write_text(f'[erp]\nurl = "{erp.url}-none"\n')
    assert code_of("SELECT 1") == "connection_database"


def test_the_transaction_is_read_only(erp: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("xlsales.sources.database.one_select", lambda query, *_: query)
    assert code_of("CREATE TEMP TABLE t AS SELECT 1") == "query_failed"
    assert code_of("SELECT nextval('pg_catalog.x')") == "query_failed"


def test_a_database_that_stops_in_the_middle_gives_a_sentence_and_nothing_else(
    erp: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    from xlsales.sources import database

    real, stopped = database._frame, threading.Event()

    def pulled(names: list[str], rows: list[tuple[object, ...]]) -> pd.DataFrame:
        if not stopped.is_set():
            stopped.set()
            erp.stop()
        return real(names, rows)

    monkeypatch.setattr(database, "_frame", pulled)
    try:
        assert code_of("SELECT a, repeat('x', 200) FROM generate_series(1, 3000000) AS a") == "connection_lost"
        assert stopped.is_set()
        assert code_of("SELECT 1") == "connection_no_route"
    finally:
        erp.start()


def test_a_refresh_whose_database_stops_leaves_the_workbook_and_tells_no_secret(
    erp: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import psycopg

    from tests.test_refresh import NOW, small_company, table
    from xlsales.__main__ import main
    from xlsales.build import workbook
    from xlsales.sources import database

    with psycopg.connect(erp.owner, autocommit=True) as line:
        line.execute('CREATE TABLE IF NOT EXISTS "Pay; --" (no text, who text, day date, "net""amount" numeric(12,2))')
        line.execute('TRUNCATE "Pay; --"')
        line.execute("""INSERT INTO "Pay; --" VALUES ('R1', 'C', '2026-06-01', 100), ('R2', 'X', '2026-06-02', 7.5)""")
    tables = small_company()
    names = {"receipt": "no", "customer": "who", "date": "day", "amount": 'net"amount'}
    tables["sources"] = pd.DataFrame({"table": ["receipts"], "connection": ["erp"], "file": ["Pay; --"]})
    tables["source_columns"] = pd.DataFrame(
        {"table": "receipts", "column": list(names), "heading": list(names.values())}, dtype="str"
    )
    checked = validate.validate_all(tables)
    book = tmp_path / "book.xlsx"
    workbook.build(book, checked.tables, {}, [], checked.settings, lang="en", now=NOW)
    assert main(["refresh", str(book), "--lang", "en"]) == 1  # customer X is not known
    told = table(book, "refreshes").iloc[0]
    assert (told["Rows read"], told["Money rejected"], told["Total here"]) == (2, 7.5, 100)
    assert (told["Control total"], told["Difference"], told["Reconciled"]) == (107.5, 0, "Agrees")
    capsys.readouterr()
    data, real, stopped = book.read_bytes(), database._frame, threading.Event()

    def pulled(found: list[str], rows: list[tuple[object, ...]]) -> pd.DataFrame:
        stopped.set()
        erp.stop()
        return real(found, rows)

    monkeypatch.setattr(database, "_frame", pulled)
    try:
        assert main(["refresh", str(book), "--lang", "en"]) == 2
        assert stopped.is_set()
    finally:
        erp.start()
    said = "".join(capsys.readouterr())
    assert "erp" in said
    for secret in (PASSWORD, "127.0.0.1", str(erp.port), "Traceback"):
        assert secret not in said
        assert secret.encode() not in b"".join(parts(book).values())
    assert book.read_bytes() == data
