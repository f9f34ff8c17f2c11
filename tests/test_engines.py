"""Order lines of any size, grouped where they lie: DuckDB and Spark give what pandas gives, through the command."""

import os
import re
import shutil
import sys
from pathlib import Path

import pandas as pd
import pytest

from xlsales import sources, validate
from xlsales.__main__ import main
from xlsales.core.order_lines import order_measures
from xlsales.core.quantities import five_quantities
from xlsales.labels import word

DATA = Path(__file__).parent / "data"
HEAD = "订单号,行号,日期,客户,产品,区域,数量,行金额,类型\n"
PARTS = {
    "2026-01.csv": HEAD + "O1,1,2026-01-05,C,P,N,2,100,\nO1,2,2026-01-06,C,Q,S,1,50,销售\n",
    "2026-02.csv": HEAD + "O2,1,2026-02-05,C,P,N,1,50,退货\n",
}
FACT = re.compile(r"\{\w+\}")
PRODUCTS = "product,name,unit,unit_cost\nP,Pump,pcs,30\nQ,Quill,pcs,\n"


def folder_of(place: Path, parts: dict[str, str] = PARTS) -> Path:
    (place / "orders").mkdir(parents=True)
    for name, text in parts.items():
        (place / "orders" / name).write_text(text, "utf-8")
    (place / "products.csv").write_text(PRODUCTS, "utf-8")
    return place


def asked(folder: Path, *words: str) -> tuple[int, pd.DataFrame]:
    out = folder / "five.csv"
    code = main(["five", str(folder), "--out", str(out), "--lang", "en", *words])
    return code, pd.read_csv(out) if code != 2 else pd.DataFrame()


def check(table: pd.DataFrame) -> None:
    """The return counts below 0, and the line without a cost has no margin."""
    assert table["Region"].tolist() == ["N", "N", "S"]
    assert table["Period"].tolist() == ["2026-01", "2026-02", "2026-01"]
    assert table["Sales"].tolist() == [100.0, -50.0, 50.0]
    assert table["Volume"].tolist() == [2.0, -1.0, 1.0]
    assert table["Margin"].fillna(-1).tolist() == [40.0, -20.0, -1]


def test_a_folder_of_parts_is_grouped_by_duckdb(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = folder_of(tmp_path)
    before = {path: path.read_bytes() for path in folder.rglob("*.csv")}
    code, table = asked(folder, "--by", "Region", "--period", "month", "--control", "100")
    assert code == 0
    check(table)
    said = " ".join(capsys.readouterr().out.split())
    assert "3 order lines in 2 files" in said
    assert "1 lines have no known cost" in said
    assert "100.00, as the control total says" in said
    assert {path: path.read_bytes() for path in before} == before
    code, _ = asked(folder, "--control", "99.5")
    assert code == 1
    assert "-0.50 are not accounted for" in capsys.readouterr().out
    code, table = asked(folder, "--first", "2026-01-06", "--last", "2026-01-31")
    assert table["Sales"].tolist() == [50.0]


@pytest.mark.slow
def test_spark_gives_the_same(tmp_path: Path) -> None:
    if not (shutil.which("java") or os.environ.get("JAVA_HOME")):
        if os.environ.get("CI_MUST_NOT_SKIP") == "1":
            pytest.fail("no Java for Spark")
        pytest.skip("no Java for Spark")
    code, table = asked(folder_of(tmp_path), "--by", "region", "--period", "month", "--engine", "spark")
    assert code == 0
    check(table)
    wrong = folder_of(tmp_path / "wrong", {"a.csv": HEAD + "O1,1,2026-01-05,C,P,N,2,1 00 0,\n"})
    assert asked(wrong, "--engine", "spark")[0] == 2


@pytest.mark.real_data
def test_adventure_works_in_parquet_gives_its_totals(tmp_path: Path, real_data: Path) -> None:
    raw = sources.read(DATA / "adventureworks.toml", real_data / "adventureworks", only={"orders", "settings"})
    orders = validate.validate_all(raw).tables["orders"]
    (tmp_path / "orders").mkdir()
    for year, part in orders.groupby(orders["date"].dt.year):
        part.to_parquet(tmp_path / "orders" / f"{year}.parquet", index=False)
    code, table = asked(tmp_path, "--by", "region", "--period", "year", "--control", "80450596.98")
    assert code == 0
    whole = five_quantities(order_measures(orders), None, ["region"], "year")
    for name, heading in {"sales": "Sales", "volume": "Volume", "margin": "Margin"}.items():
        assert table[heading].to_numpy() == pytest.approx(whole[name].to_numpy(), abs=0.005)


@pytest.mark.parametrize(
    ("parts", "options", "code", "said"),
    [
        ({"a.csv": HEAD + "O1,1,2026-01-05,C,P,N,2,ten,\n"}, [], "engine_failed", "ten"),
        ({"a.csv": HEAD + "O1,1,5 Jan,C,P,N,2,10,\n"}, [], "engine_failed", "5 Jan"),
        ({"a.csv": HEAD + 'O1,1,2026-01-05,C,P,N,2,"1.234,5",\n'}, [], "engine_failed", "1.234,5"),
        ({"a.csv": HEAD + "O1,1,2026-01-05,C,P,N,2,10,gift\n"}, [], "large_kind", "gift"),
        ({"a.csv": HEAD + "O1,1,2026-01-05,C,P,N,2,,\n"}, [], "", "O1"),  # neither an amount nor a price
        ({"a.csv": HEAD + "O1,1,,C,P,N,2,10,\n"}, [], "large_undated", "1"),
        ({"a.csv": "order,line,product\nO1,1,P\n"}, [], "large_columns", "date, quantity"),
        ({"a.csv": HEAD, "b.parquet": ""}, [], "large_mixed", "a.csv"),
        ({"a.txt": HEAD}, [], "large_none", "orders"),
        (PARTS, ["--by", "amount"], "five_by", "amount"),
        (PARTS, ["--by", 'x"; DROP TABLE orders; --'], "five_by", "DROP TABLE"),
        (PARTS, ["--period", "decade"], "five_period", "decade"),
    ],
)
def test_what_cannot_be_read_stops_with_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], parts: dict[str, str], options: list[str], code: str, said: str
) -> None:
    assert asked(folder_of(tmp_path, parts), *options)[0] == 2
    found = " ".join(capsys.readouterr().err.split())
    assert said in found
    if code:
        assert all(part in found for part in FACT.split(" ".join(word("problem." + code, "en").split())))
    assert "Traceback" not in found
    assert not (tmp_path / "five.csv").exists()


def test_without_spark_its_installation_is_the_cure(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyspark.sql", None)
    assert asked(folder_of(tmp_path), "--engine", "spark")[0] == 2
    found, code = " ".join(capsys.readouterr().err.split()), "spark_library"
    assert word("problem." + code, "en") in found
    assert "pip install" in found


def test_the_name_of_a_file_is_no_sql_and_no_pattern(tmp_path: Path) -> None:
    name = "a'); DROP TABLE x; --.csv"
    code, table = asked(folder_of(tmp_path, {name: PARTS["2026-01.csv"]}))
    assert code == 0
    assert table["Sales"].tolist() == [150.0]
