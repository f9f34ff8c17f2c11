"""Ready mappings of common exports, on files made to their layout; suggestions by name."""

from pathlib import Path

import pytest

from xlsales import sources
from xlsales.schema import TABLES
from xlsales.sources.mappings import mappings, suggested
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
