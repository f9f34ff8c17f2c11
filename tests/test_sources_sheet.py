"""The sheet Sources: files chosen and their columns remembered, what each refresh took, rows that no sheet can hold."""

import datetime as dt
import errno
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest
import sqlalchemy as sa
from python_calamine import CalamineWorkbook

from tests.toy_company import cell_of, company, open_company, rows_of, write_folder
from xlsales import steps
from xlsales.__main__ import main
from xlsales.commands import incoming
from xlsales.hosts.book import run
from xlsales.hosts.native import Com, Mac
from xlsales.labels import LANGUAGES, label, word
from xlsales.problems import InputError, table_name
from xlsales.schema import TABLES
from xlsales.schema.origin import Origin
from xlsales.sources.book import read_book
from xlsales.sources.raw import Raw
from xlsales.steps import Outcome

NOW = dt.datetime(2026, 9, 30, 18, 30)  # noqa: DTZ001 - a fixed moment
SMALL = 40
RUN = steps.run


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """These tests are about what is read; what is computed of it is left out."""
    monkeypatch.setattr("xlsales.steps.run", lambda *_, **__: Outcome({}, [], []))


def said(book):
    return book.app.impl.said.pop()


def click(book, command, *answers):
    book.app.impl.answers = list(answers)
    run(command, book, NOW)


def saved(tmp_path, lang="en", **settings):
    place = tmp_path / "company.xlsx"
    place.write_bytes(b"")
    return open_company(lang, name=str(place), **settings)


def picks(monkeypatch, path):
    asked = []
    monkeypatch.setattr(Com, "pick", lambda _self, _book, title: asked.append(title) or (str(path) if path else ""))
    return asked


def type_row(book, lang="en", key="sources", row=0, **cells):
    for column, value in cells.items():
        cell_of(book, key, column, row, lang).value = value


def receipts(rows):
    frame = company()["receipts"].head(rows)
    return frame[["receipt", "customer", "date", "amount"]].rename(
        columns={"receipt": "Voucher", "customer": "Customr", "date": "Paid on", "amount": "Amount"}
    )


# Choosing a file


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_file_is_chosen_its_columns_are_suggested_and_remembered(tmp_path, monkeypatch, lang):
    book = saved(tmp_path, lang)
    (tmp_path / "bank").mkdir()
    headings = {key: label("receipts", key, lang) for key in ("receipt", "customer", "date", "amount")}
    frame = company(lang)["receipts"][list(headings)].rename(columns=headings | {"customer": "Customr"})
    frame.to_csv(tmp_path / "bank" / f"{table_name('receipts', lang)}.csv", index=False, encoding="utf-8")
    picks(monkeypatch, tmp_path / "bank" / f"{table_name('receipts', lang)}.csv")
    click(book, "sources")
    first, second = book.app.impl.asked
    assert word("said.sources_none", lang) in first
    assert f"{label('receipts', 'customer', lang)} ← Customr" in second
    assert table_name("receipts", lang) in said(book)
    row = rows_of(book, "sources", lang).iloc[0]
    assert (row["table"], row["file"]) == (
        table_name("receipts", lang), f"bank/{table_name('receipts', lang)}.csv",
    )  # fmt: skip
    pairs = rows_of(book, "source_columns", lang).set_index("column")["heading"]
    assert pairs[label("receipts", "customer", lang)] == "Customr"
    click(book, "refresh_collections", "yes")
    told = rows_of(book, "refreshes", lang).iloc[0]
    assert told["rows"] == len(frame)
    assert told["at"] == "2026-09-30 18:30:00"
    assert told["reconciled"] == word("value.reconciled.unstated", lang)
    assert told["total"] == pytest.approx(frame[headings["amount"]].sum())
    click(book, "undo", "yes")
    assert rows_of(book, "refreshes", lang).dropna(how="all").empty


def test_nothing_is_remembered_without_a_yes(tmp_path, monkeypatch):
    book = saved(tmp_path)
    receipts(5).to_csv(tmp_path / "receipts.csv", index=False)
    before = book.impl.state()["sheets"]
    asked = picks(monkeypatch, tmp_path / "receipts.csv")
    click(book, "sources", "no")
    assert asked == []
    click(book, "sources", "yes", "no")
    assert len(asked) == 1
    assert said(book) == word("said.nothing_written", "en")
    picks(monkeypatch, None)
    click(book, "sources", "yes")
    after = book.impl.state()["sheets"]
    log = word("sheet.log", "en")
    assert {name: sheet for name, sheet in after.items() if name != log} == {
        name: sheet for name, sheet in before.items() if name != log
    }


def test_the_selected_row_says_for_which_table_the_file_is(tmp_path, monkeypatch):
    book = saved(tmp_path)
    receipts(5).to_csv(tmp_path / "x.csv", index=False)
    type_row(book, table="Receipts")
    cell_of(book, "sources", "file", 0).select()
    asked = picks(monkeypatch, tmp_path / "x.csv")
    click(book, "sources")
    assert asked == [word("said.pick_for", "en", table="Receipts")]
    rows = rows_of(book, "sources").dropna(subset="table")
    assert rows[["table", "file"]].to_numpy().tolist() == [["Receipts", "x.csv"]]
    pairs = rows_of(book, "source_columns").dropna(subset="table").set_index("column")["heading"]
    assert pairs[label("receipts", "amount", "en")] == "Amount"
    assert pd.isna(pairs[label("receipts", "date", "en")])  # “Paid on” is for the user to put beside it


def test_a_file_that_fits_no_table_is_said(tmp_path, monkeypatch):
    book = saved(tmp_path)
    (tmp_path / "x.csv").write_text("colour,size\nred,1\n")
    picks(monkeypatch, tmp_path / "x.csv")
    click(book, "sources")
    assert "colour" in said(book)
    assert rows_of(book, "sources").dropna(how="all").empty


def test_an_export_of_a_known_program_needs_no_columns(tmp_path, monkeypatch):
    book = saved(tmp_path)
    line = "4711,10,2026-01-05,C001,P1,2,100.5,CNY"
    (tmp_path / "se16n.csv").write_text(f"VBELN,POSNR,AUDAT,KUNNR,MATNR,KWMENG,NETWR,WAERK\n{line}\n")
    picks(monkeypatch, tmp_path / "se16n.csv")
    click(book, "sources")
    row = rows_of(book, "sources").iloc[0]
    assert (row["table"], row["mapping"]) == ("Order lines", "sap")
    assert rows_of(book, "source_columns").dropna(how="all").empty


def test_each_program_shows_its_own_window(monkeypatch):
    asked = []

    def opened(*given):
        asked.append(given)
        return answers.pop()

    excel = SimpleNamespace(app=SimpleNamespace(api=SimpleNamespace(GetOpenFilename=opened)))
    answers = [False, "C:\\data\\r.csv"]
    assert Com().pick(excel, "Choose") == "C:\\data\\r.csv"
    assert Com().pick(excel, "Choose") == ""  # closed
    kinds, number, title = asked[0]
    assert (number, title) == (1, "Choose")
    assert kinds.split(",")[0] == kinds.split(",")[1] == "*.csv;*.xlsx;*.parquet;*.txt;*.tsv"

    def system(command, **_how):
        asked.append(command)
        return SimpleNamespace(returncode=int("no" in command[-1]), stdout="/Volumes/data/r.csv\n")

    monkeypatch.setattr("xlsales.hosts.native.subprocess.run", system)
    assert Mac().pick(excel, 'a " title') == "/Volumes/data/r.csv"
    assert asked[-1][-1] == 'a " title'  # an argument, no part of the script
    assert Mac().pick(excel, "no") == ""


# What a refresh took


def test_a_difference_to_the_control_total_is_a_word_and_a_figure(tmp_path):
    book = saved(tmp_path, source="data")
    write_folder(tmp_path / "data", {key: company()[key] for key in ("invoices", "contracts")})
    frame = company()["receipts"]
    frame = pd.concat([frame, frame.iloc[[0]].assign(receipt="BAD", customer="NOBODY", amount=77.0)])
    frame.to_csv(tmp_path / "r.csv", index=False)
    type_row(book, table="receipts", file="r.csv", control=float(frame["amount"].sum()) + 3)
    click(book, "refresh_collections", "yes")
    told = rows_of(book, "refreshes").set_index("table").loc["Receipts"]
    assert (told["rows"], told["rejected"], told["rejected_money"]) == (len(frame), 1, 77.0)
    assert told["difference"] == pytest.approx(3.0)
    assert told["reconciled"] == word("value.reconciled.differs", "en")
    text = said(book)
    assert "1 rejected, worth 77.00" in text
    assert "3.00 are not accounted for" in text
    assert set(rows_of(book, "refreshes")["table"].dropna()) == {"Receipts", "Invoices", "Contracts"}
    type_row(book, control=float(frame["amount"].sum()))
    click(book, "refresh_collections", "yes")
    told = rows_of(book, "refreshes").set_index("table").loc["Receipts"]
    assert (told["difference"], told["reconciled"]) == (0.0, word("value.reconciled.agrees", "en"))
    click(book, "refresh_orders")  # of which no source gives anything
    assert len(rows_of(book, "refreshes").dropna(how="all")) == 3


def test_only_rows_of_a_day_and_later_are_read(tmp_path):
    book = saved(tmp_path)
    frame = company()["receipts"].sort_values("date", ignore_index=True)
    day = frame["date"].iloc[len(frame) // 2]
    changed = frame.assign(amount=frame["amount"] + 1)
    changed.to_csv(tmp_path / "r.csv", index=False)
    type_row(book, table="Receipts", file="r.csv", since=pd.Timestamp(day).to_pydatetime())
    click(book, "refresh_collections", "yes")
    new = rows_of(book, "receipts").set_index("receipt")["amount"]
    expected = frame["amount"] + (pd.to_datetime(frame["date"]) >= pd.Timestamp(day))
    assert new.reindex(frame["receipt"]).tolist() == pytest.approx(expected.tolist())


@pytest.mark.parametrize(
    ("cells", "code"),
    [
        ({"table": "Recepits", "file": "r.csv"}, "source_table_like"),
        ({"table": "Kittens", "file": "r.csv"}, "source_table"),
        ({"table": "settings", "file": "r.csv"}, "source_table"),
        ({"table": "receipts"}, "source_without_file"),
        ({"table": "receipts", "file": "none.csv"}, "file_not_there"),
        ({"table": "receipts", "file": "r.csv", "mapping": "odo"}, "mapping_unknown"),
        ({"table": "receipts", "file": "r.csv", "mapping": "sap"}, "mapping_table"),
        ({"table": "salespeople", "file": "r.csv", "since": dt.datetime(2026, 1, 1)}, "source_since"),  # noqa: DTZ001
    ],
)
def test_a_wrong_row_is_said_and_leaves_the_book_alone(tmp_path, cells, code):
    book = saved(tmp_path)
    (tmp_path / "r.csv").write_text("a\n1\n")
    type_row(book, **cells)
    before = book.impl.state()["sheets"]
    click(book, "refresh_all")
    text = word("problem." + code, "en").split("{")[0].split("“")[0].strip()
    assert text in said(book)
    assert book.impl.state()["sheets"] == before


def test_a_table_named_twice_and_an_unknown_column_are_said(tmp_path):
    book = saved(tmp_path)
    (tmp_path / "r.csv").write_text("a\n1\n")
    type_row(book, table="receipts", file="r.csv")
    type_row(book, row=1, table="Receipts", file="r.csv")
    click(book, "refresh_collections")
    assert "twice" in said(book)
    type_row(book, row=1, table=None, file=None)
    type_row(book, key="source_columns", table="receipts", column="Colour", heading="a")
    click(book, "refresh_collections")
    assert "Colour" in said(book)


# Rows that no sheet can hold


def test_rows_beyond_a_sheet_stay_in_the_source_and_every_command_counts_them(tmp_path, monkeypatch):
    from xlsales.build.layout import HEADER_ROW

    book = saved(tmp_path)
    frame = company()["receipts"].head(SMALL + 7)
    frame.to_csv(tmp_path / "r.csv", index=False)
    type_row(book, table="Receipts", file="r.csv")
    monkeypatch.setattr("xlsales.hosts.tables.MOST_ROWS", HEADER_ROW + 1 + SMALL)
    monkeypatch.setattr("xlsales.hosts.tables.Found.room", lambda *_: None)
    click(book, "refresh_collections", "yes")
    assert len(rows_of(book, "receipts")) == SMALL
    told = rows_of(book, "refreshes").iloc[0]
    assert (told["rows"], told["left"]) == (SMALL + 7, 7)
    assert "7 rows are more than the sheet holds" in said(book)
    seen = []
    monkeypatch.setattr(
        "xlsales.steps.run", lambda tables, *_, **__: seen.append(len(tables["receipts"])) or Outcome({}, [], [])
    )
    click(book, "pipeline")
    assert seen == [SMALL + 7]
    (tmp_path / "r.csv").unlink()
    click(book, "pipeline")
    assert seen == [SMALL + 7]  # no figure from a part of the rows
    type_row(book, table=None, file=None)
    click(book, "pipeline")
    assert seen == [SMALL + 7]
    assert "7 more rows of Receipts are left in its source" in said(book)


def test_a_book_that_is_cut_names_its_source_and_reads_it_again(tmp_path, monkeypatch, capsys):
    from xlsales.build.layout import FIRST_ROW

    folder = tmp_path / "data"
    folder.mkdir()
    lines = [f"O{number},1,2026-01-{number % 28 + 1:02d},C,P,1,10" for number in range(SMALL + 7)]
    (folder / "orders.csv").write_text("order,line,date,customer,product,quantity,amount\n" + "\n".join(lines) + "\n")
    (folder / "customers.csv").write_text("customer,name\nC,Cee\n")
    (folder / "products.csv").write_text("product,name,unit\nP,Pump,pcs\n")
    monkeypatch.setattr("xlsales.steps.run", RUN)
    for module in ("layout", "workbook"):
        monkeypatch.setattr(f"xlsales.build.{module}.MOST_ROWS", FIRST_ROW + SMALL)
    book = tmp_path / "book.xlsx"
    assert main(["run", str(folder), "--out", str(book), "--lang", "en", "--now", "2026-02-01"]) == 0
    assert "Order lines: 47 rows from orders.csv" in " ".join(capsys.readouterr().out.split())
    pages = CalamineWorkbook.from_path(book)
    orders = pages.get_sheet_by_name("Orders").to_python(skip_empty_area=False)
    assert orders[3][0] == word("build.left", "en", rows="7")
    assert sum(row[0] != "" for row in orders[7:]) == SMALL
    settings = {row[0]: row[1] for row in pages.get_sheet_by_name("Settings").to_python()}
    assert settings["Source"] == "data"
    assert main(["check", str(book), "--lang", "en"]) == 0
    assert len(terminal_rows(book)) == SMALL + 7
    (folder / "orders.csv").unlink()
    capsys.readouterr()
    assert main(["check", str(book), "--lang", "en"]) == 2
    assert "7 more rows of Order lines are left in its source" in capsys.readouterr().err


def terminal_rows(book):
    """The order lines with which the command line computes."""
    from xlsales import terminal

    return terminal.load(terminal.Request(book, None, "en", NOW), lambda *_: None).tables["orders"]


# Without a spreadsheet program


def test_a_saved_workbook_is_given_its_file_as_an_argument(tmp_path, capsys):
    book = tmp_path / "book.xlsx"
    assert main(["new", str(book), "--lang", "en"]) == 0
    receipts(3).rename(columns={"Paid on": "Date", "Voucher": "Receipt"}).to_csv(tmp_path / "bank.csv", index=False)
    assert main(["sources", str(book), "--lang", "en"]) == 0
    assert word("said.sources_none", "en") in capsys.readouterr().out
    how = ["--table", "Receipts", "--control", "12.5", "--lang", "en"]
    assert main(["sources", str(book), str(tmp_path / "bank.csv"), *how]) == 0
    assert "Customer ← Customr" in capsys.readouterr().out
    own = read_book(book)
    assert own.tables["sources"].iloc[0].tolist()[:6] == ["Receipts", None, "bank.csv", None, None, 12.5]
    found = incoming.gather(own, tmp_path, "en")
    assert (len(found.tables["receipts"]), found.taken["receipts"].control) == (3, 12.5)
    assert main(["sources", str(book), "--lang", "en"]) == 0
    assert "Receipts: bank.csv" in capsys.readouterr().out
    assert main(["sources", str(book), str(tmp_path / "bank.csv"), "--table", "Recepits", "--lang", "en"]) == 2
    assert main(["sources", str(book), str(tmp_path / "none.csv"), "--lang", "en"]) == 2
    assert main(["sources", str(book), str(tmp_path / "bank.csv"), "--mapping", "odo", "--lang", "en"]) == 2


# A source that fails


def held(**tables):
    """What a book holds, as small tables."""
    own = Raw()
    for key, rows in tables.items():
        frame = pd.DataFrame(rows, columns=[column.key for column in TABLES[key].columns], dtype=object)
        own.add(key, frame, Origin("", "Sources", 7, 1))
    return own


def test_a_share_of_the_network_that_is_gone_is_a_sentence(tmp_path, monkeypatch):
    book = saved(tmp_path, source="data")
    write_folder(tmp_path / "data", {"receipts": company()["receipts"]})
    before = book.impl.state()["sheets"]
    real = Path.stat

    def gone(path, **how):
        if "data" in path.parts:
            raise OSError(errno.EHOSTDOWN, "Host is down")
        return real(path, **how)

    monkeypatch.setattr(Path, "stat", gone)
    click(book, "refresh_collections")
    text = said(book)
    assert "Host is down" in text
    assert "inside xlsales" not in text
    monkeypatch.setattr(Path, "stat", real)
    assert book.impl.state()["sheets"] == before
    type_row(book, table="receipts", file="data/receipts.csv")
    before = book.impl.state()["sheets"]
    monkeypatch.setattr(Path, "stat", gone)
    click(book, "refresh_collections")
    assert "Host is down" in said(book)
    monkeypatch.setattr(Path, "stat", real)
    assert book.impl.state()["sheets"] == before


HOSTILE = ['x"; DROP TABLE pay; --', "pay' OR '1'='1", 'a" FROM sqlite_master --', "x`y", "[x]", "main.pay", "'; --"]


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("place", ["file", "heading", "connection", "table", "column", "worksheet", "mapping"])
def test_no_cell_of_the_sheet_becomes_sql(tmp_path, monkeypatch, name, place):
    base = tmp_path / "erp.db"
    engine = sa.create_engine(f"sqlite:///{base}")
    with engine.begin() as line:
        line.execute(sa.text("CREATE TABLE pay (no TEXT, amount REAL)"))
        line.execute(sa.text("INSERT INTO pay VALUES ('R1', 5.0)"))
    engine.dispose()
    monkeypatch.setenv("XLSALES_CONFIG", str(tmp_path))
    (tmp_path / "connections.toml").write_text(f'erp = "sqlite:///{base.as_posix()}"\n')
    row = {"table": "receipts", "connection": "erp", "file": "pay"}
    pair = {"table": "receipts", "column": "receipt", "heading": "no"}
    if place in {"worksheet", "mapping"}:
        row |= {"connection": None, "file": "f.csv"}
        (tmp_path / "f.csv").write_text("no\nR1\n")
    target = pair if place in {"heading", "column"} else row
    target[place] = name
    own = held(sources=[row], source_columns=[pair])
    before = base.read_bytes()
    try:
        found = incoming.gather(own, tmp_path, "en")
    except InputError:
        found = None
    assert found is None or found.tables["receipts"]["receipt"].tolist() == ["R1"]
    assert base.read_bytes() == before
