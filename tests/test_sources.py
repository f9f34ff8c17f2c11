"""Reading of folders, catalogues and workbooks, and the lock on queries."""

import datetime as dt
import io
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest
import xlsxwriter

from tests.errors.making import our_book, parquet, sheet
from xlsales import sources
from xlsales.labels import label, word
from xlsales.sources.csv_text import decimal_of, separator_of
from xlsales.sources.query import NO_REACH, lock, show
from xlsales.validate import Checked, validate_all

REAL = Path(__file__).parent / "data"
TEXT = "region,name\n001,华北大区\n002,华东大区\n"


def write(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_csv_in_any_usual_encoding_and_separator_reads_the_same(tmp_path: Path, encoding: str, separator: str) -> None:
    write(tmp_path, "regions.csv", TEXT.replace(",", separator).encode(encoding))
    raw = sources.read(tmp_path)
    assert raw.tables["regions"].to_dict("list") == {"region": ["001", "002"], "name": ["华北大区", "华东大区"]}
    assert raw.problems == []


def test_a_western_encoding_is_read_where_it_is_named(tmp_path: Path) -> None:
    write(tmp_path, "r.csv", "region,name\nM,München\n".encode("cp1252"))
    write(tmp_path, "sources.toml", '[regions]\nfile = "r.csv"\nencoding = "cp1252"\n')
    assert sources.read(tmp_path).tables["regions"]["name"].tolist() == ["München"]


def test_a_decimal_comma_is_found_from_the_numbers(tmp_path: Path) -> None:
    write(tmp_path, "budget.csv", "item;period;amount\nads;2026-01;1.234,50\nfair;2026-02;1.000\n")
    checked = validate_all(sources.read(tmp_path))
    assert checked.problems == []
    assert checked.tables["budget"]["amount"].tolist() == [1234.5, 1000.0]


@pytest.mark.parametrize(
    ("cells", "separator", "answer"),
    [
        (["1,5", "2,25"], ";", ","),
        (["1.5"], ";", "."),
        (["1,234.5", "1,234"], ",", "."),
        (["1.234", "2,5"], ";", ","),
        (["2026-01-05", "abc", "7"], ";", "."),
        (["31.12.2026", "3,5"], ";", ","),
        ([], ",", "."),
    ],
)
def test_the_decimal_mark_is_what_the_numbers_prove(cells: list[str], separator: str, answer: str) -> None:
    assert decimal_of(cells, separator) == (answer, "")


def test_a_separator_inside_quotes_does_not_count() -> None:
    assert separator_of('name;place\n"a, b, c";x\n"d, e, f";y\n') == ";"


def test_row_numbers_are_those_of_the_file_though_lines_are_blank(tmp_path: Path) -> None:
    write(tmp_path, "budget.csv", "\n\nitem,period,amount\n\nads,2026-01,many\n")
    (problem,) = validate_all(sources.read(tmp_path)).problems
    assert (problem.source, problem.row, problem.value) == ("budget.csv", 5, "many")


def test_tables_are_found_by_key_or_name_in_either_language(tmp_path: Path) -> None:
    write(tmp_path, word("table.regions", "zh") + ".csv", TEXT)
    write(tmp_path, "CUSTOMERS.csv", "customer\nC1\n")
    assert set(sources.read(tmp_path).tables) == {"regions", "customers"}


def test_results_are_not_read(tmp_path: Path) -> None:
    write(tmp_path, "regions.csv", TEXT)
    write(tmp_path, "ageing.csv", "customer\nC1\n")
    raw = sources.read(tmp_path)
    assert set(raw.tables) == {"regions"}
    assert [problem.code for problem in raw.problems] == ["file_unknown"]


def test_sheets_and_parquet_keep_their_types(tmp_path: Path) -> None:
    day = dt.date(2026, 1, 5)
    rows = [["", ""], ["item", "period", "amount"], ["ads", "2026-01", 12.5]]
    write(tmp_path, "budget.xlsx", sheet({"S": rows}))
    frame = pd.DataFrame({"currency": ["EUR"], "date": [day], "rate": [7.8]})
    write(tmp_path, "fx_rates.parquet", parquet(frame))
    checked = validate_all(sources.read(tmp_path))
    assert checked.problems == []
    assert checked.tables["budget"]["amount"].tolist() == [12.5]
    assert checked.tables["fx_rates"]["date"].dt.date.tolist() == [day]


def test_every_unreadable_file_is_named_at_once(tmp_path: Path) -> None:
    write(tmp_path, "regions.csv", "")
    write(tmp_path, "orders.xlsx", b"no")
    write(tmp_path, "customers.csv", "customer\nC1\n")
    with pytest.raises(sources.Unreadable) as caught:
        sources.read(tmp_path)
    assert {problem.source for problem in caught.value.problems} == {"regions.csv", "orders.xlsx"}


def test_a_book_of_ours_gives_tables_wherever_they_stand_and_problems_name_cells(tmp_path: Path) -> None:
    day = dt.date(2026, 1, 5)
    headings = [label("customers", *place) for place in (("customer", "en"), ("name", "zh"), ("credit_limit", "en"))]
    book = our_book(
        {
            "customers": [headings, ["C1", "=cmd|' /C calc'!A0", "lots"]],
            "holidays": [["date", "kind"], [day, "off"]],
            "ageing": [["customer"], ["C9"]],
            "settings": [["setting", "value", "label"], ["fiscal_year_start", 7, "x"]],
        },
        top=5,
        left=27,
    )
    raw = sources.read(write(tmp_path, "book.xlsx", book))
    assert set(raw.tables) == {"customers", "holidays", "settings"}
    checked = validate_all(raw)
    assert [(problem.sheet, problem.cell, problem.value) for problem in checked.problems] == [
        ("Customers", "AD7", "lots")
    ]
    assert checked.tables["holidays"]["date"].dt.date.tolist() == [day]
    assert checked.settings["fiscal_year_start"] == 7
    assert raw.tables["customers"].iloc[0, 1] == "=cmd|' /C calc'!A0"


def test_a_formula_typed_as_a_name_stays_text(tmp_path: Path) -> None:
    book = our_book({"customers": [["customer", "name"], ["C1", "x"]]})
    write(tmp_path, "customers.csv", "customer,name\nC1,=cmd|' /C calc'!A0\n")
    assert validate_all(sources.read(tmp_path)).tables["customers"]["name"].tolist() == ["=cmd|' /C calc'!A0"]
    assert validate_all(sources.read(write(tmp_path, "b.xlsx", book))).problems == []


def test_total_rows_of_a_book_are_no_data(tmp_path: Path) -> None:
    target = io.BytesIO()
    with xlsxwriter.Workbook(target) as book:
        page = book.add_worksheet("Budget")
        columns = [
            {"header": "item", "total_string": "Total"},
            {"header": "period"},
            {"header": "amount", "total_function": "sum", "total_value": 5},
        ]
        options = {"name": "xs_budget", "columns": columns, "total_row": True, "data": [["ads", "2026-01", 5]]}
        page.add_table(0, 0, 2, 2, options)
    checked = validate_all(sources.read(write(tmp_path, "book.xlsx", target.getvalue())))
    assert checked.tables["budget"]["amount"].tolist() == [5.0]
    assert checked.problems == []


def test_blank_rows_of_a_book_are_no_rows(tmp_path: Path) -> None:
    rows = [["customer", "name"], ["", ""], ["C1", "Acme"], ["", ""]]
    checked = validate_all(sources.read(write(tmp_path, "book.xlsx", our_book({"customers": rows}))))
    assert checked.tables["customers"]["customer"].tolist() == ["C1"]
    assert checked.problems == []


def test_a_catalogue_renames_columns_and_maps_values(tmp_path: Path) -> None:
    write(tmp_path, "r.csv", "Gebiet,Name,Farbe\n007,Nord,rot\n008,Sud,blau\n")
    text = '[settings]\ncurrency = "EUR"\nas_of = 2026-03-31\n[regions]\nfile = "r.csv"\n'
    text += 'columns = { region = "Gebiet", name = "Name" }\nmap.name = { Sud = "Süd" }\n'
    checked = validate_all(sources.read(write(tmp_path, "mine.toml", text)))
    assert checked.tables["regions"][["region", "name"]].to_numpy().tolist() == [["007", "Nord"], ["008", "Süd"]]
    assert (checked.settings["currency"], checked.settings["as_of"]) == ("EUR", dt.date(2026, 3, 31))
    assert [(problem.code, problem.facts["rows"]) for problem in checked.problems] == [("values_mapped", 1)]


def test_a_query_reads_files_as_text_so_that_codes_keep_zeros(tmp_path: Path) -> None:
    write(tmp_path, "a.csv", "id;wert\n007;1,5\n")
    write(tmp_path, "b.csv", "id;name\n007;华北\n".encode("gb18030"))
    write(tmp_path, "c.parquet", parquet(pd.DataFrame({"id": ["007"], "p": ["2026-01"]})))
    write(tmp_path, "d.xlsx", sheet({"S": [["id", "note"], ["007", "hello"]]}))
    query = """WITH a AS (SELECT * FROM 'a.csv') SELECT name AS item, p AS period, wert AS amount, note
    FROM a JOIN 'b.csv' USING (id) JOIN 'c.parquet' USING (id) JOIN 'd.xlsx' USING (id)"""
    write(tmp_path, "sources.toml", f'[budget]\nquery = """{query}"""\n')
    checked = validate_all(sources.read(tmp_path))
    assert checked.tables["budget"][["item", "period", "amount", "note"]].to_numpy().tolist() == [
        ["华北", "2026-01", 1.5, "hello"]
    ]


def test_a_query_bears_line_ends_inside_cells_and_short_rows(tmp_path: Path) -> None:
    write(tmp_path, "r.csv", 'region,name\nN,"North\nand east"\nS\n')
    write(tmp_path, "sources.toml", "[regions]\nquery = \"SELECT * FROM 'r.csv'\"\n")
    frame = sources.read(tmp_path).tables["regions"]
    assert frame["region"].tolist() == ["N", "S"]
    assert frame["name"].iloc[0] == "North\nand east"
    assert pd.isna(frame["name"].iloc[1])


def test_files_of_a_folder_below_may_be_named(tmp_path: Path) -> None:
    (tmp_path / "2026").mkdir()
    write(tmp_path / "2026", "r.csv", TEXT)
    write(tmp_path, "sources.toml", "[regions]\nquery = \"SELECT * FROM '2026/r.csv'\"\n")
    assert len(sources.read(tmp_path).tables["regions"]) == 2


HOSTILE = [
    "SELECT * FROM '{secret}'",
    "SELECT * FROM read_csv('{secret}')",
    "SELECT * FROM read_text('{secret}')",
    "SELECT * FROM read_blob('/etc/passwd')",
    "SELECT * FROM glob('/etc/*')",
    "SELECT * FROM sniff_csv('{secret}')",
    "SELECT * FROM 'https://example.com/a.csv'",
    "SELECT * FROM 's3://bucket/a.parquet'",
    "SELECT * FROM variable",
    "SELECT getenv('HOME')",
    "SELECT * FROM enable_logging(storage = 'file')",
    "ATTACH '{folder}/x.db'",
    "COPY (SELECT 1) TO '{folder}/out.csv'",
    "EXPORT DATABASE '{folder}/out'",
    "INSTALL httpfs",
    "LOAD httpfs",
    "SET enable_external_access = true",
    "SET allowed_directories = ['/']",
    "RESET enable_external_access",
    "CREATE SECRET s (TYPE s3)",
]


@pytest.mark.parametrize("query", HOSTILE)
def test_the_engine_itself_is_locked_should_a_query_pass_the_reading(tmp_path: Path, query: str) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    secret = write(tmp_path, "secret.csv", TEXT)
    write(folder, "r.csv", TEXT)
    variable = pd.DataFrame({"a": [1]})
    engine = duckdb.connect(":memory:", config=NO_REACH)
    path = show(engine, "r.csv", folder, "test")
    assert path is not None
    lock(engine, [path])
    assert engine.execute("SELECT count(*) FROM 'r.csv'").fetchone() == (2,)
    with pytest.raises(duckdb.Error):
        engine.execute(query.format(secret=secret, folder=tmp_path)).fetchall()
    assert {file.name for file in tmp_path.rglob("*")} == {"data", "secret.csv", "r.csv"}
    assert len(variable) == 1


def load(real_data: Path, name: str, folder: str) -> Checked:
    return validate_all(sources.read(REAL / f"{name}.toml", real_data / folder))


@pytest.mark.real_data
def test_adventureworks_loads_whole_and_clean(real_data: Path) -> None:
    checked = load(real_data, "adventureworks", "adventureworks")
    orders, targets = checked.tables["orders"], checked.tables["targets"]
    assert checked.problems == []
    assert checked.excluded.empty
    assert (len(orders), orders["order"].nunique(), orders["customer"].nunique()) == (60_855, 3_796, 635)
    assert (orders["salesperson"].nunique(), orders["product"].nunique()) == (17, 250)
    assert round(orders["amount"].sum(), 2) == 80_450_596.98
    assert orders["quantity"].sum() == 214_378
    assert round((orders["amount"] - orders["cost"]).sum(), 2) == 470_482.60
    assert (orders["amount"] < orders["cost"]).sum() == 21_829
    assert (len(targets), targets["target"].sum()) == (163, 95_714_000)
    assert set(targets["member"]) == set(orders["salesperson"])
    regions = checked.tables["regions"]
    assert set(regions.loc[regions["parent"].isna(), "region"]) == {"Europe", "North America", "Pacific"}
    by_person = orders.groupby("salesperson")["amount"].sum() / targets.groupby("member")["target"].sum()
    assert by_person[["281", "289"]].round(4).tolist() == [0.8326, 0.9267]


@pytest.mark.real_data
def test_maven_keeps_every_deal_and_says_what_is_dirty(real_data: Path) -> None:
    checked = load(real_data, "maven", "maven_crm")
    deals = checked.tables["opportunities"]
    assert len(deals) == 8_800
    assert checked.excluded.empty
    assert deals["stage"].value_counts().to_dict() == {"won": 4238, "lost": 2473, "qualified": 1589, "prospecting": 500}
    assert deals.loc[deals["stage"] == "won", "value"].sum() == 10_005_534
    assert deals["product"].isin(checked.tables["products"]["product"]).all()
    assert [len(checked.tables[key]) for key in ("salespeople", "customers", "products", "regions")] == [41, 85, 7, 3]
    found = pd.Series([problem.code for problem in checked.problems]).value_counts().to_dict()
    assert found == {"opportunity_without_customer": 1425, "values_mapped": 6}
    mapped = {problem.value: problem.facts["rows"] for problem in checked.problems if problem.code == "values_mapped"}
    assert mapped["GTXPro"] == (deals["product"] == "GTX Pro").sum() == 1480


@pytest.mark.real_data
@pytest.mark.parametrize("day", ["2012-06-30", "2013-01-31", "2013-06-30", "2014-01-31"])
def test_receivables_are_what_the_file_says_on_any_day(real_data: Path, day: str) -> None:
    checked = load(real_data, "receivables", "ibm_receivables")
    invoices, receipts = checked.tables["invoices"], checked.tables["receipts"]
    assert checked.problems == []
    assert (len(invoices), invoices["customer"].nunique(), invoices["disputed"].sum()) == (2466, 100, 561)
    assert invoices["invoice"].iloc[0] == "0000611365"
    late = receipts.set_index("invoice")["date"].reindex(invoices["invoice"]).to_numpy() > invoices["due_date"]
    assert late.sum() == 877
    at = pd.Timestamp(day)
    file = pd.read_csv(real_data / "ibm_receivables" / "receivables.csv")
    issued, settled = (pd.to_datetime(file[name], format="%m/%d/%Y") for name in ("InvoiceDate", "SettledDate"))
    truth = file.loc[(issued <= at) & (settled > at), "InvoiceAmount"].sum()
    ours = invoices.loc[invoices["date"] <= at, "amount"].sum() - receipts.loc[receipts["date"] <= at, "amount"].sum()
    assert np.isclose(ours, truth, atol=0.005)


@pytest.mark.parametrize("name", ['a"; DROP TABLE x; --.csv', "it's.csv", "a'); ATTACH 'b.db' --.csv", "[x] `y`.csv"])
def test_the_name_of_a_file_or_column_never_becomes_sql(tmp_path: Path, name: str) -> None:
    heading = 'net"; SELECT 1 --'
    quoted = heading.replace('"', '""')
    (tmp_path / name).write_text(f'no,"{quoted}"\nA1,5\n', "utf-8")
    query = "SELECT no AS invoice, \"{}\" AS amount FROM '{}'".format(quoted, name.replace("'", "''"))
    text = f"[invoices]\nquery = '''{query}'''\n[receipts]\nfile = '''{name}'''\n"
    text += f"columns = {{ receipt = 'no', amount = '''{heading}''' }}\n"
    (tmp_path / "sources.toml").write_text(text, "utf-8")
    raw = sources.read(tmp_path)
    assert raw.tables["invoices"].to_numpy().tolist() == [["A1", "5"]]
    assert raw.tables["receipts"].to_numpy().tolist() == [["A1", "5"]]
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([name, "sources.toml"])
