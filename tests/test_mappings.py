"""Ready mappings of common exports, on files made to their layout; suggestions by name."""

import datetime as dt
import sqlite3
from pathlib import Path

import pandas as pd
import pytest

from xlsales import sources
from xlsales.schema import TABLES
from xlsales.sources.mappings import fitting, mappings, suggested
from xlsales.validate import validate

CELLS = {  # what a file of that program holds in each column of ours, as typed, and what must come out
    "order": ("SO-1", "SO-1"),
    "receipt": ("R-1", "R-1"),
    "line": ("10", "10"),
    "date": ("2026-03-05", "2026-03-05"),
    "customer": ("C1", "C1"),
    "product": ("P1", "P1"),
    "salesperson": ("Ann", "Ann"),
    "quantity": ("1,000.5", 1000.5),
    "unit": ("pcs", "pcs"),
    "unit_price": ("12.50", 12.5),
    "amount": ("12,506.25", 12506.25),
    "tax": ("1,625.81", 1625.81),
    "currency": ("CNY", "CNY"),
    "opportunity": ("O-7", "O-7"),
    "stage": ("Closed Won", "won"),
    "value": ("50000", 50000.0),
    "created": ("2026-01-02 08:30", "2026-01-02"),
    "close_date": ("2026-06-30", "2026-06-30"),
}
LAYOUTS = [(name, table) for name, entry in mappings().items() for table in entry if table in TABLES]


def test_the_programs_that_were_promised() -> None:
    assert set(mappings()) == {"erpnext", "fxiaoke", "kingdee", "odoo", "salesforce", "sap", "yonyou", "zoho"}
    for entry in mappings().values():
        assert entry["title"]
        assert entry["export"]
        assert entry["taken_from"]
        assert entry["confirmed"] in {True, False}


@pytest.mark.parametrize(("name", "table"), LAYOUTS)
@pytest.mark.parametrize("choice", [0, -1])
def test_a_file_of_its_layout_is_read(name: str, table: str, choice: int, tmp_path: Path) -> None:
    entry = mappings()[name][table]
    headings = {key: [wanted] if isinstance(wanted, str) else wanted for key, wanted in entry["columns"].items()}
    assert set(TABLES[table].required) <= set(headings)
    cells = {key: CELLS[key] for key in headings}
    if name == "fxiaoke" and "stage" in cells:
        cells["stage"] = ("赢单", "won")
    lines = [[names[choice] for names in headings.values()], [typed for typed, _ in cells.values()]]
    text = "\n".join(",".join(f'"{cell}"' for cell in ["extra", *line]) for line in lines)
    (tmp_path / "export.csv").write_text(text + "\n", "utf-8")
    (tmp_path / "sources.toml").write_text(f'[{table}]\nfile = "export.csv"\nmapping = "{name}"\n', "utf-8")
    frame, problems = validate(TABLES[table], sources.read(tmp_path).tables[table])
    assert [problem.code for problem in problems if problem.severity == "error"] == []
    for key, (_, expected) in cells.items():
        found = frame[key].iloc[0]
        assert (str(found)[:10] if key in {"date", "created", "close_date"} else found) == expected


def test_an_own_column_wins_over_the_mapping(tmp_path: Path) -> None:
    (tmp_path / "e.csv").write_text("VBELN,POSNR,AUDAT,KUNNR,MATNR,KWMENG,NETWR,ZNET\n1,1,2026-01-05,C,P,1,9,7\n")
    text = '[orders]\nfile = "e.csv"\nmapping = "sap"\ncolumns = { amount = "ZNET" }\n'
    (tmp_path / "sources.toml").write_text(text)
    assert sources.read(tmp_path).tables["orders"]["amount"].tolist() == ["7"]


def test_suggestions_take_each_heading_once() -> None:
    found = suggested("orders", ["Order no", "订单日期", "客户", "Ammount", "colour"])
    assert found["amount"] == "Ammount"
    assert found["customer"] == "客户"
    assert len(set(found.values())) == len(found)
    assert "colour" not in found.values()


HEAD = "Activities,Company,Customer,Order Date,Order Reference,Pricelist,Order Lines/Product Template"
ODOO = (
    HEAD
    + """,Order Lines/Quantity,Order Lines/Unit Price,Order Lines/Discount (%),Order Lines/Taxes
Answer questions,Mine,Ready Mat,2025-12-01 10:37:22,S00003,Public,Design,10,30.75,0,Tax 10%
,,,,,,[F7] Chair,1,70,0,Tax 10%
,,,,,,Deposit,5,150,0,
,Mine,Other,2025-11-01 11:37:00,S00002,Public,Design,24,75,0,Tax 10%
,,,,,,Staging,30,38.25,0,Tax 10%
"""
)
FRAPPE = """ID,Date,Customer,ID (Items),Item Code (Items),Quantity (Items),Net Amount (Items)
SO-2,2026-02-01,C2,row-b,P1,2,20
,,,row-c,P2,3,30
SO-1,2026-01-01,,row-a,P1,1,10
"""


ZOHO = """Record Id,Deal Owner.id,Deal Owner,Amount,Deal Name,Closing Date,Account Name.id,Account Name,Stage,\
Created Time
zcrm_41,zcrm_2,Ann Lee,50000,Pumps 2026,2026-06-30,zcrm_9,Ready Mat,Closed Won,2026-01-02 08:30:00
zcrm_42,zcrm_3,Bo Chen,,Valves,2026-09-01,,,Qualification,2026-02-03 10:00:00
"""


def test_the_deals_of_zoho_are_read_by_name_though_numbers_stand_beside(tmp_path: Path) -> None:
    (tmp_path / "Deals.csv").write_text(ZOHO, "utf-8")
    (tmp_path / "sources.toml").write_text('[opportunities]\nfile = "Deals.csv"\nmapping = "zoho"\n', "utf-8")
    good, _ = validate(TABLES["opportunities"], sources.read(tmp_path).tables["opportunities"])
    first = good.iloc[0]
    assert good["opportunity"].tolist()[0] == "zcrm_41"
    assert (first["customer"], first["salesperson"], first["stage"]) == ("Ready Mat", "Ann Lee", "won")
    assert (first["value"], str(first["close_date"])[:10]) == (50000.0, "2026-06-30")


# The example of its open interface for one sales invoice, as its maker documents it, and a second line.
U8_INVOICES = """invoiceno,vouchertype,date,personcode,customercode,foreigncurrency,inventorycode,quantity,\
originalprice,originaltaxedprice,originalmoney,originaltax,originalsum,price,money,tax,sum
0000000001,27,2015-01-29,00024,00000006,人民币,010211,2,85.47,100,170.94,29.06,200,85.47,170.94,29.06,200
0000000001,27,2015-01-29,00024,00000006,人民币,010212,1,10,11.7,10,1.7,11.7,10,10,1.7,11.7
"""


def test_the_sales_invoices_of_u8_s_open_interface(tmp_path: Path) -> None:
    good, problems = validate(TABLES["orders"], read_as(tmp_path, "yonyou", U8_INVOICES))
    assert [problem.code for problem in problems if problem.severity == "error"] == []
    assert good[["order", "customer", "product", "salesperson"]].to_numpy().tolist() == [
        ["0000000001", "00000006", "010211", "00024"],
        ["0000000001", "00000006", "010212", "00024"],
    ]
    assert good["line"].tolist() == ["1", "2"]
    assert good["amount"].tolist() == [170.94, 10.0]  # without tax
    assert good["tax"].tolist() == [29.06, 1.7]
    assert good["currency"].tolist() == ["CNY", "CNY"]


U8_BASE = """
CREATE TABLE SO_SOMain (ID INTEGER, cSOCode TEXT, dDate TEXT, cCusCode TEXT, cPersonCode TEXT, cexch_name TEXT);
CREATE TABLE SO_SODetails (ID INTEGER, iRowNo INTEGER, cInvCode TEXT, iQuantity REAL, iUnitPrice REAL, iMoney REAL,
  iTax REAL, iNatMoney REAL);
INSERT INTO SO_SOMain VALUES (7, 'XS001', '2026-03-05', 'C1', 'P1', '人民币'),
  (8, 'XS002', '2026-03-09', 'C2', 'P1', '美元');
INSERT INTO SO_SODetails VALUES (7, 1, 'A', 2, 50, 100, 13, 100), (7, 2, 'B', 1, 9, 9, 1.17, 9),
  (8, 1, 'A', 4, 10, 40, 0, 288);
CREATE VIEW v_orders AS SELECT m.*, iRowNo, cInvCode, iQuantity, iUnitPrice, iMoney, iTax, iNatMoney
  FROM SO_SOMain m JOIN SO_SODetails d ON d.ID = m.ID;
"""
JOINED = "query = 'SELECT * FROM SO_SOMain m JOIN SO_SODetails d ON d.ID = m.ID'"


@pytest.mark.parametrize("asked", ["table = 'v_orders'", JOINED])
def test_u8_s_own_tables_are_read_by_their_columns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, asked: str) -> None:
    with sqlite3.connect(tmp_path / "u8.db") as base:
        base.executescript(U8_BASE)
    base.close()
    monkeypatch.setenv("XLSALES_CONFIG", str(tmp_path))
    (tmp_path / "connections.toml").write_text(f'u8 = "sqlite:///{(tmp_path / "u8.db").as_posix()}"\n')
    text = f"[orders]\nconnection = 'u8'\n{asked}\nmapping = 'yonyou'\nsince = 'date'\n"
    (tmp_path / "sources.toml").write_text(text, "utf-8")
    raw = sources.read(tmp_path)
    good, problems = validate(TABLES["orders"], raw.tables["orders"])
    assert [problem.code for problem in problems if problem.severity == "error"] == []
    assert [f"{order} {line}" for order, line in zip(good["order"], good["line"], strict=True)] == [
        "XS001 1", "XS001 2", "XS002 1",
    ]  # fmt: skip
    assert good["amount"].tolist() == [100.0, 9.0, 40.0]  # the order's own currency, which stands beside it
    assert good["currency"].tolist() == ["CNY", "CNY", "USD"]
    assert raw.taken["orders"].control == (149.0 if "v_orders" in asked else None)
    late = sources.read(tmp_path, since={"orders": dt.date(2026, 3, 9)})
    assert late.tables["orders"]["order"].tolist() == ["XS002"]
    assert (late.taken["orders"].rows, late.taken["orders"].since) == (1, ("date", dt.date(2026, 3, 9)))


def test_lines_of_a_database_are_never_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with sqlite3.connect(tmp_path / "u8.db") as base:
        base.executescript(U8_BASE)
    base.close()
    monkeypatch.setenv("XLSALES_CONFIG", str(tmp_path))
    (tmp_path / "connections.toml").write_text(f'u8 = "sqlite:///{(tmp_path / "u8.db").as_posix()}"\n')
    query = "SELECT m.*, cInvCode, iQuantity, iMoney FROM SO_SOMain m JOIN SO_SODetails d ON d.ID = m.ID"
    text = f"[orders]\nconnection = 'u8'\nquery = '{query}'\nmapping = 'yonyou'\n"
    (tmp_path / "sources.toml").write_text(text, "utf-8")
    _, problems = validate(TABLES["orders"], sources.read(tmp_path).tables["orders"])
    assert ("column_missing", "line") in {(problem.code, problem.column) for problem in problems}


def test_a_query_over_files_may_be_read_by_a_mapping(tmp_path: Path) -> None:
    (tmp_path / "e.csv").write_text(U8_INVOICES, "utf-8")
    text = "[orders]\nquery = \"SELECT * FROM 'e.csv'\"\nmapping = 'yonyou'\nsince = 'date'\n"
    (tmp_path / "sources.toml").write_text(text, "utf-8")
    assert sources.read(tmp_path).tables["orders"]["amount"].tolist() == ["170.94", "10"]
    late = sources.read(tmp_path, since={"orders": dt.date(2015, 1, 30)})
    assert late.tables["orders"].empty
    assert late.taken["orders"].rows == 0


def test_columns_beside_a_query_are_not_passed_over(tmp_path: Path) -> None:
    (tmp_path / "r.csv").write_text("no,who,day,sum\nR1,C,2026-01-05,7\nR2,C,2026-02-05,8\n")
    text = "[receipts]\nquery = \"SELECT * FROM 'r.csv'\"\nsince = 'date'\n"
    text += "columns = { receipt = 'no', customer = 'who', date = 'day', amount = 'sum' }\n"
    (tmp_path / "sources.toml").write_text(text)
    assert sources.read(tmp_path).tables["receipts"]["receipt"].tolist() == ["R1", "R2"]
    late = sources.read(tmp_path, since={"receipts": dt.date(2026, 2, 1)})
    assert late.tables["receipts"]["amount"].tolist() == ["8"]


def test_the_open_interface_of_fxiaoke_begins_its_days_in_beijing(tmp_path: Path) -> None:
    """The figures of the documented answers: a payment of 31 January 2018 and a deal that closes on 4 April 2020."""
    (tmp_path / "p.csv").write_text(
        "_id,name,account_id__r,payment_time,payment_amount,life_status\n"
        "5f3a3de57c604a00017dc5ee,20200817-000023,002测试,1517328000000,1.00,normal\n",
        "utf-8",
    )
    (tmp_path / "d.csv").write_text(
        "name,account_id__r,sales_stage,expected_deal_amount,expected_deal_closed_date,create_time\n"
        "泵站,新建客户,赢单,5000,1585929600000,1587988330715\n",
        "utf-8",
    )
    text = '[receipts]\nfile = "p.csv"\nmapping = "fxiaoke"\n[opportunities]\nfile = "d.csv"\nmapping = "fxiaoke"\n'
    (tmp_path / "sources.toml").write_text(text, "utf-8")
    raw = sources.read(tmp_path).tables
    paid, deal = (validate(TABLES[key], raw[key])[0].iloc[0] for key in ("receipts", "opportunities"))
    assert (paid["receipt"], paid["customer"], paid["amount"]) == ("20200817-000023", "002测试", 1.0)
    assert str(paid["date"])[:10] == "2018-01-31"
    assert (deal["stage"], deal["value"], str(deal["close_date"])[:10]) == ("won", 5000.0, "2020-04-04")
    assert str(deal["created"])[:10] == "2020-04-27"


def read_as(folder: Path, mapping: str, text: str) -> pd.DataFrame:
    (folder / "export.csv").write_text(text, "utf-8")
    (folder / "sources.toml").write_text(f'[orders]\nfile = "export.csv"\nmapping = "{mapping}"\n', "utf-8")
    return sources.read(folder).tables["orders"]


def test_what_stands_on_the_first_line_of_an_order_holds_for_its_other_lines(tmp_path: Path) -> None:
    frame = read_as(tmp_path, "odoo", ODOO)
    assert frame["order"].tolist() == ["S00003"] * 3 + ["S00002"] * 2
    assert frame["line"].tolist() == [1, 2, 3, 1, 2]
    assert frame["customer"].tolist() == ["Ready Mat"] * 3 + ["Other"] * 2
    good, problems = validate(TABLES["orders"], frame)
    assert len(good) == 5
    assert [problem.code for problem in problems if problem.severity == "error"] == []


def test_what_an_order_leaves_blank_is_not_taken_from_the_order_above(tmp_path: Path) -> None:
    frame = read_as(tmp_path, "erpnext", FRAPPE)
    assert frame["line"].tolist() == ["row-b", "row-c", "row-a"]
    assert frame["customer"].fillna("").tolist() == ["C2", "C2", ""]
    good, problems = validate(TABLES["orders"], frame)
    assert len(good) == 2
    assert [(problem.code, problem.column) for problem in problems if problem.severity == "error"] == [
        ("value_missing", "customer")
    ]


@pytest.mark.parametrize(("name", "table"), LAYOUTS)
def test_the_mapping_of_a_program_is_known_by_its_headings(name: str, table: str) -> None:
    columns = mappings()[name][table]["columns"].values()
    assert fitting(table, [wanted if isinstance(wanted, str) else wanted[0] for wanted in columns]) == name
    assert fitting(table, ["colour", "size"]) == ""
