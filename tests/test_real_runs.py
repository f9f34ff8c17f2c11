"""The whole cycle on real data: the totals that must come out."""

from pathlib import Path

import pandas as pd
import pytest

from tests.examples import example
from tests.ooxml import errors
from xlsales import sources, steps, validate
from xlsales.__main__ import main

TOMLS = Path(__file__).parent / "data"
pytestmark = [pytest.mark.real_data, pytest.mark.slow]


class Run:
    """One catalogue read, checked and run."""

    def __init__(self, name: str, data: Path) -> None:
        self.checked = validate.validate_all(sources.read(TOMLS / f"{name}.toml", data))
        self.outcome = steps.run(self.checked.tables, self.checked.settings)

    def rows(self, result: str, **where: object) -> pd.DataFrame:
        frame = self.outcome.results[result]
        for column, value in where.items():
            frame = frame[frame[column] == value]
        return frame


@pytest.fixture(scope="module")
def adventureworks(real_data: Path) -> Run:
    return Run("adventureworks", real_data / "adventureworks")


@pytest.fixture(scope="module")
def maven(real_data: Path) -> Run:
    return Run("maven", real_data / "maven_crm")


@pytest.fixture(scope="module")
def receivables(real_data: Path) -> Run:
    return Run("receivables", real_data / "ibm_receivables")


def test_adventureworks_totals(adventureworks: Run) -> None:
    total = adventureworks.rows("five_quantities", dimension="company", period="").iloc[0]
    assert round(total["sales"], 2) == 80_450_596.98
    assert total["volume"] == 214_378
    assert round(total["margin"], 2) == 470_482.60


@pytest.mark.parametrize(
    ("group", "sales"), [("Europe", 10_870_534.80), ("North America", 67_985_726.81), ("Pacific", 1_594_335.38)]
)
def test_adventureworks_by_territory_group(adventureworks: Run, group: str, sales: float) -> None:
    row = adventureworks.rows("five_quantities", dimension="region", period="", member=group)
    assert round(row["sales"].item(), 2) == sales


def test_adventureworks_quotas_match_from_their_day_to_the_next(adventureworks: Run) -> None:
    rows = adventureworks.rows("attainment", level="row")
    assert len(rows) == 163
    assert rows["actual"].notna().sum() == 163
    total = adventureworks.rows("attainment", level="scope").iloc[0]
    assert total["target"] == 95_714_000
    assert round(total["attainment"], 4) == 0.8405


def test_adventureworks_quota_attainment_by_salesperson(adventureworks: Run) -> None:
    _, expected = example("AdventureWorks quota attainment by salesperson")
    total = adventureworks.rows("attainment", level="scope").iloc[0]
    assert total["target"] == expected["quota_total"]
    assert total["attainment"] == pytest.approx(expected["attainment_total"], abs=0.0001, rel=0)
    for name in ("Pak", "Abbas"):
        target, actual, reached = expected[name]
        row = adventureworks.rows("attainment", level="member", target=target)
        assert row["actual"].item() == pytest.approx(actual, abs=0.01, rel=0)
        assert row["attainment"].item() == pytest.approx(reached, abs=0.0001, rel=0)


@pytest.mark.parametrize(("employee", "attainment"), [("281", 0.8326), ("289", 0.9267), ("291", 0.8088)])
def test_adventureworks_attainment_of_one_employee(adventureworks: Run, employee: str, attainment: float) -> None:
    row = adventureworks.rows("attainment", level="member", member=employee)
    assert round(row["attainment"].item(), 4) == attainment


def test_adventureworks_products_are_known_by_their_business_key(adventureworks: Run) -> None:
    products = adventureworks.checked.tables["products"]["product"]
    assert products.str.fullmatch(r"[A-Z]{2}-.+").all()
    assert adventureworks.checked.tables["orders"]["product"].isin(products).all()


def test_adventureworks_leaves_no_row_out(adventureworks: Run) -> None:
    assert [problem.code for problem in adventureworks.checked.problems if problem.severity == "error"] == []
    assert len(adventureworks.outcome.results["lines"]) == 60_855


def test_maven_won_deals_and_their_value(maven: Run) -> None:
    company = maven.rows("pipeline_summary", scope="company").iloc[0]
    assert (company["won_deals"], company["won"]) == (4_238, 10_005_534)
    assert company["lost_deals"] == 2_473
    assert round(company["win_rate_count"], 4) == 0.6315


def test_maven_dirty_names_are_mapped_and_blank_customers_reported(maven: Run) -> None:
    codes = [problem.code for problem in maven.checked.problems]
    assert codes.count("opportunity_without_customer") == 1_425
    assert "values_mapped" in codes
    assert len(maven.checked.tables["opportunities"]) == 8_800
    assert "GTX Pro" in set(maven.checked.tables["opportunities"]["product"])
    assert "GTXPro" not in set(maven.checked.tables["opportunities"]["product"])


def test_receivables_are_the_file_s_truth_at_any_day(receivables: Run, real_data: Path) -> None:
    table = pd.read_csv(real_data / "ibm_receivables" / "receivables.csv")
    for column in ("InvoiceDate", "SettledDate"):
        table[column] = pd.to_datetime(table[column], format="%m/%d/%Y")
    for day in pd.to_datetime(["2012-03-31", "2012-10-15", "2013-06-30"]):
        outcome = steps.run(receivables.checked.tables, {**receivables.checked.settings, "as_of": day})
        ageing = outcome.results["ageing"]
        truth = table[(table["InvoiceDate"] <= day) & (day < table["SettledDate"])]["InvoiceAmount"].sum()
        assert round(ageing["outstanding"].sum(), 2) == round(truth, 2)
        buckets = ageing.drop(columns=["customer", "name", "outstanding", "disputed"])
        assert round(buckets.to_numpy().sum(), 2) == round(ageing["outstanding"].sum(), 2)


def test_receivables_keep_every_invoice(receivables: Run) -> None:
    assert len(receivables.checked.tables["invoices"]) == 2_466


def test_the_command_writes_the_workbook(real_data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    book = tmp_path / "maven.xlsx"
    data = str(real_data / "maven_crm")
    assert main(["run", str(TOMLS / "maven.toml"), "--data", data, "--out", str(book), "--lang", "zh"]) == 0
    assert book.stat().st_size > 100_000
    assert "已写出" in capsys.readouterr().out
    assert errors(book) == []
