"""Ready mappings of common exports, on files made to their layout; suggestions by name."""

from pathlib import Path

import pandas as pd
import pytest

from xlsales import sources
from xlsales.schema import TABLES
from xlsales.sources.mappings import fitting, mappings, suggested
from xlsales.validate import validate

CELLS = {  # what a file of that program holds in each column of ours, as typed, and what must come out
    "order": ("SO-1", "SO-1"),
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
    if name == "fxiaoke":
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
